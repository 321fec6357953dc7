"""Variables of a spec: `$units`, `$(units // 2)`, and what `--set` and `vars` make of them."""

import re
from collections.abc import Mapping as MappingType

from lstmcalc.errors import ModelError, Place, Problem, Refusal, did_you_mean, shown
from lstmcalc.limits import DIGITS
from lstmcalc.spec.values import Call, Mapping, Scalar, Sequence, Sum, Value, kind_of

NAME = r"\$([A-Za-z_][A-Za-z0-9_]*)\Z"
LARGEST = 10**DIGITS

Variables = dict[str, Value]


def variable(text: str, place: Place) -> Scalar:
    """The scalar of a text that begins with `$`: `$name`, `$(arithmetic)`, or `$$` for a plain dollar.

    Raises Refusal for another use of `$`.
    """
    if text.startswith("$$"):
        return Scalar(text[1:], place, text)
    if re.match(NAME, text) or (text.startswith("$(") and text.endswith(")")):
        return Scalar(text, place, text, variable=True)
    raise Refusal(
        f"{shown(text)} is no variable: '$name' or '$(name // 2)' stands alone",
        "write '$$' for a plain dollar",
    )


def is_variable(value: Value) -> bool:
    """Whether a scalar waits for its variable."""
    return isinstance(value, Scalar) and value.variable and str(value.text).startswith("$")


class Scope:
    """The variables that one spec sees, and which of them were used."""

    def __init__(self, known: MappingType[str, Value], sign: str = "$") -> None:
        self.known = known
        self.sign = sign
        self.used: set[str] = set()

    def replace(self, value: Value) -> Value:
        """The value with its variables replaced. Raises ModelError for one that is not known."""
        match value:
            case Scalar():
                return self._scalar(value) if is_variable(value) else value
            case Sequence():
                return Sequence(tuple(map(self.replace, value.items)), value.place)
            case Mapping():
                entries = tuple((key, self.replace(item)) for key, item in value.entries)
                return Mapping(entries, value.place)
            case Call():
                args = tuple(map(self.replace, value.args))
                kwargs = tuple((key, self.replace(item)) for key, item in value.kwargs)
                return Call(value.name, args, kwargs, value.place)
            case Sum():
                return self._sum(value)

    def _scalar(self, scalar: Scalar) -> Value:
        name = re.match(NAME, scalar.text)
        if name:
            return self._known(name[1], scalar.place)
        from lstmcalc.spec.expression import read_arithmetic

        return self.replace(read_arithmetic(scalar.text[1:], scalar.place.later(1)))

    def _known(self, name: str, place: Place) -> Value:
        self.used.add(name)
        found = self.known.get(name)
        if found is None:
            known = ", ".join(self.known) or "none"
            help = did_you_mean(name, self.known) or f"give it a value: --set {name}=..., or under 'vars'"
            raise ModelError(Problem(f"the variable '{name}' has no value (known: {known})", place, help=help))
        return _moved(found, place)

    def _sum(self, value: Sum) -> Scalar:
        left, right = self._integer(value.left), self._integer(value.right)
        if value.operator in ("//", "%") and right == 0:
            raise ModelError(Problem("division by zero", value.place))
        operations = {"+": int.__add__, "-": int.__sub__, "*": int.__mul__}
        operations |= {"//": int.__floordiv__, "%": int.__mod__}
        result = operations[value.operator](left, right)
        if abs(result) >= LARGEST:
            raise ModelError(Problem(f"the result has more than {DIGITS} digits", value.place))
        return Scalar(result, value.place, str(result))

    def _integer(self, value: Value) -> int:
        found = self.replace(value)
        if isinstance(found, Scalar) and type(found.value) is int:
            return found.value
        raise ModelError(Problem(f"arithmetic takes whole numbers, not {kind_of(found)}", value.place))


def _moved(value: Value, place: Place) -> Value:
    """The variable's value as if it had been written where the variable stands."""
    if isinstance(value, Scalar):
        return Scalar(value.value, place, value.text)
    if isinstance(value, Sequence):
        return Sequence(tuple(_moved(item, place) for item in value.items), place)
    return value


def read_variables(written: Value | None, given: MappingType[str, Value]) -> Variables:
    """The variables of `vars`, each seeing those above it, with `--set`'s values in their place.

    Raises ModelError for a value that is no scalar and no list, and for a `--set` of a
    variable that the spec does not have.
    """
    known: Variables = {}
    entries = () if written is None else _entries(written)
    for key, value in entries:
        name = str(key.value)
        if not name.isidentifier():
            raise ModelError(Problem(f"{shown(name)} cannot be a variable's name: letters, digits and _", key.place))
        chosen = given.get(name, value)
        if isinstance(chosen, Mapping):
            raise ModelError(Problem("a variable is a number, a string, a boolean or a list", value.place))
        known[name] = Scope(known).replace(chosen)
    return known


def _entries(written: Value) -> tuple[tuple[Scalar, Value], ...]:
    if isinstance(written, Scalar) and written.value is None:
        return ()
    if not isinstance(written, Mapping):
        raise ModelError(Problem(f"'vars' is a mapping from names to values, not {kind_of(written)}", written.place))
    return written.entries
