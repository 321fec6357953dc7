"""Variables of a spec: `$units`, `$(units // 2)`, and what `--set` and `vars` make of them."""

import re
from collections.abc import Mapping as MappingType

from lstmcalc.errors import ModelError, Place, Problem, Problems, Refusal, did_you_mean, shown
from lstmcalc.formats.values import CallOutput, Constructor, Mapping, Scalar, Sequence, Sum, Value, kind_of
from lstmcalc.limits import DIGITS, NESTING, NODES

NAME = r"\$([^\W\d]\w*)\Z"
LARGEST = 10**DIGITS
TAKEN = "a variable is a number, a string, true, false, null or a list of these"

Variables = dict[str, Value]


def variable(text: str, place: Place, is_plain: bool) -> Scalar:
    """The scalar of a text that begins with `$`: `$name`, `$(arithmetic)`, or `$$` for a plain dollar.

    Raises Refusal for another use of `$`.
    """
    if text.startswith("$$"):
        return Scalar(text[1:], place, text, is_plain)
    if re.match(NAME, text) or (text.startswith("$(") and text.endswith(")")):
        return Scalar(text, place, text, is_plain, is_variable=True)
    raise Refusal(
        f"{shown(text)} is no variable: '$name' or '$(name // 2)' stands alone",
        "write '$$' for a plain dollar",
    )


class Scope:
    """The variables that one spec sees, which of them were used, and which have no value because they are at fault."""

    def __init__(self, known: MappingType[str, Value], faulty: MappingType[str, ModelError] | None = None) -> None:
        self.known = known
        self.faulty = {} if faulty is None else faulty
        self.below: set[str] = set()
        self.used: set[str] = set()
        self._sizes: dict[str, int] = {}
        self._copied = 0
        self._exceeded: ModelError | None = None

    def replace(self, value: Value) -> Value:
        """The value with its variables replaced. Raises ModelError with every one that has no value."""
        try:
            return self._replaced(value)
        except ModelError:
            problems = Problems()
            self._collect(value, problems)
            problems.raise_found()
            raise

    def _collect(self, value: Value, problems: Problems) -> None:
        """What is wrong with the variables anywhere in a value."""
        for part in _parts(value):
            self._collect(part, problems)
        if isinstance(value, Scalar | Sum) and not problems.are_enough:
            with problems.caught():
                self._replaced(value)

    def _replaced(self, value: Value) -> Value:
        match value:
            case Scalar():
                return self._scalar(value) if value.is_variable else value
            case Sequence():
                items = tuple(map(self._replaced, value.items))
                return Sequence(items, value.place) if _differ(items, value.items) else value
            case Mapping():
                entries = tuple((key, self._replaced(item)) for key, item in value.entries)
                changed = any(new is not old for (_, new), (_, old) in zip(entries, value.entries, strict=True))
                return Mapping(entries, value.place) if changed else value
            case Constructor():
                args = tuple(map(self._replaced, value.args))
                kwargs = tuple((key, self._replaced(item)) for key, item in value.kwargs)
                return Constructor(value.name, args, kwargs, value.place)
            case CallOutput():
                return value
            case Sum():
                return self._sum(value)

    def _scalar(self, scalar: Scalar) -> Value:
        text = str(scalar.value)
        name = re.match(NAME, text)
        if name:
            return self._known(name[1], scalar.place, is_bare=not scalar.text.startswith("$"))
        from lstmcalc.formats.expression import places_in, read_arithmetic

        number = self._integer(read_arithmetic(text[1:], places_in(scalar, 1)))
        return Scalar(number, scalar.place, str(number))

    def _known(self, name: str, place: Place, is_bare: bool) -> Value:
        self.used.add(name)
        if name in self.faulty:
            raise self.faulty[name]
        if name in self.below:
            message = f"a variable sees those above it, and {shown(name)} is none of them"
            raise ModelError(Problem(message, place))
        found = self.known.get(name)
        if found is None:
            known = f" (known: {', '.join(list(self.known)[:20])})" if self.known else ""
            help = did_you_mean(name, self.known) or _value_help(name, is_bare)
            raise ModelError(Problem(f"the variable {shown(name)} has no value{known}", place, help=help))
        if isinstance(found, Scalar):
            return _moved(found, place)
        self._copied += self._size(name, found)
        if self._copied > NODES:
            message = f"the variables multiply to more than {NODES:,} values"
            self._exceeded = self._exceeded or ModelError(Problem(message, place))
            raise self._exceeded
        return _moved(found, place)

    def _size(self, name: str, value: Value) -> int:
        if name not in self._sizes:
            self._sizes[name] = _size(value)
        return self._sizes[name]

    def _sum(self, value: Sum) -> Scalar:
        left, right = self._integer(value.left), self._integer(value.right)
        if value.operator in ("//", "%") and right == 0:
            raise ModelError(Problem("division by zero", value.right.place))
        operations = {"+": int.__add__, "-": int.__sub__, "*": int.__mul__}
        operations |= {"//": int.__floordiv__, "%": int.__mod__}
        result = operations[value.operator](left, right)
        if abs(result) >= LARGEST:
            raise ModelError(Problem(f"the result has more than {DIGITS} digits", value.place))
        return Scalar(result, value.place, str(result))

    def _integer(self, value: Value) -> int:
        found = self._replaced(value)
        if isinstance(found, Scalar) and type(found.value) is int:
            return found.value
        raise ModelError(Problem(f"arithmetic takes whole numbers, not {kind_of(found)}", value.place))


def _value_help(name: str, is_bare: bool) -> str:
    if is_bare and name[:1].isupper():
        return f"a layer inside another has its parentheses: {name}(...)"
    string = f"; a string stands in quotes: '{name}'" if is_bare else ""
    return f"give it a value: --set {name}=..., or under 'vars'{string}"


def _parts(value: Value) -> tuple[Value, ...]:
    match value:
        case Sequence():
            return value.items
        case Mapping():
            return tuple(item for _, item in value.entries)
        case Constructor():
            return (*value.args, *(item for _, item in value.kwargs))
    return ()


def _differ(new: tuple[Value, ...], old: tuple[Value, ...]) -> bool:
    return any(each is not other for each, other in zip(new, old, strict=True))


def _size(value: Value) -> int:
    return 1 + sum(map(_size, _parts(value)))


def _height(value: Value) -> int:
    return 1 + max(map(_height, _parts(value)), default=0)


def _moved(value: Value, place: Place) -> Value:
    """The variable's value as if it had been written where the variable stands."""
    if isinstance(value, Scalar):
        return Scalar(value.value, place, value.text)
    if isinstance(value, Sequence):
        return Sequence(tuple(_moved(item, place) for item in value.items), place)
    return value


def read_variables(written: Value | None, given: MappingType[str, Value], problems: Problems) -> Scope:
    """The variables of `vars`, each seeing those above it, with `--set`'s values in their place.

    A variable that is no scalar and no list of them is a problem; so is one that has no name.
    """
    known: Variables = {}
    faulty: dict[str, ModelError] = {}
    entries: tuple[tuple[Scalar, Value], ...] = ()
    with problems.caught():
        entries = _entries(written)
    scope = Scope(known, faulty)
    scope.below = {str(key.value) for key, _ in entries}
    for key, value in entries:
        if problems.are_enough:
            break
        name = str(key.value)
        try:
            if not name.isidentifier():
                raise ModelError(
                    Problem(f"{shown(name)} cannot be a variable's name: letters, digits and _", key.place)
                )
            known[name] = variable_value(scope.replace(given.get(name, value)))
        except ModelError as error:
            faulty[name] = error
            problems.found.extend(error.problems)
        scope.below.discard(name)
    scope.used.clear()
    return scope


def variable_value(value: Value) -> Value:
    """The value itself. Raises ModelError for what no variable can be."""
    if not _is_taken(value):
        raise ModelError(Problem(f"{TAKEN}, not {kind_of(value)}", value.place))
    if _height(value) > NESTING:
        raise ModelError(Problem(f"nested more than {NESTING} levels deep", value.place))
    return value


def _is_taken(value: Value) -> bool:
    return isinstance(value, Scalar) or (isinstance(value, Sequence) and all(map(_is_taken, value.items)))


def _entries(written: Value | None) -> tuple[tuple[Scalar, Value], ...]:
    if written is None or (isinstance(written, Scalar) and written.value is None):
        return ()
    if not isinstance(written, Mapping):
        raise ModelError(
            Problem(f"'vars' must be a mapping from names to values, not {kind_of(written)}", written.place)
        )
    return written.entries
