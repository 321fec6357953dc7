"""The `Spec`: a model as it was written, its values with their places and its layers not yet looked up."""

import os

import msgspec

from lstmcalc.errors import ModelError, Place, Problem, Problems, Source, did_you_mean, is_name, shown
from lstmcalc.formats.text import checked
from lstmcalc.formats.values import Call, Mapping, Scalar, Sequence, Value, kind_of
from lstmcalc.formats.variables import Scope, Variables, read_variables, variable_value
from lstmcalc.limits import LAYERS, PROBLEMS

TOP_LEVEL = ("name", "kind", "input", "inputs", "layers", "outputs", "vars", "budget", "dtype")
INSIDE = tuple(key for key in TOP_LEVEL if key not in ("vars", "budget"))
SIBLINGS = ("name", "from", "initial_state", "trainable", "repeat")
BESIDE_THE_CLASS = ("from", "initial_state", "repeat", "reuse")
INPUTS = ("Input", "InputLayer")
ITEM_HELP = "write '- Flatten', '- LSTM: 5', '- LSTM: {units: 5}' or '- \"LSTM(5)\"'"


class Item(msgspec.Struct, frozen=True, eq=False, gc=False):
    """One item of `layers`: a class with its arguments, or `reuse` with none, and the keys beside it.

    An item with `problems` could not be read: its class is a guess, and it has no arguments.
    """

    class_name: str
    place: Place
    args: tuple[Value, ...] = ()
    kwargs: tuple[tuple[Scalar, Value], ...] = ()
    siblings: dict[str, Value] = {}
    reuse: Value | None = None
    problems: tuple[Problem, ...] = ()


class Input(msgspec.Struct, frozen=True, eq=False):
    """One input as it was written: a shape, or a mapping with `shape`, `dtype` and `batch`."""

    name: Scalar | None
    value: Value


class Spec(msgspec.Struct, frozen=True, eq=False):
    """A model as it was written; `problems` are those of its top level, those of an item are in the item."""

    place: Place
    items: tuple[Item, ...]
    inputs: tuple[Input, ...] = ()
    name: str | None = None
    kind: str | None = None
    names_inputs: bool = False
    outputs: Value | None = None
    budget: Value | None = None
    dtype: Value | None = None
    directory: str = ""
    scope: Scope = Scope({})
    problems: tuple[Problem, ...] = ()


def spec_of_expression(source: Source, given: Variables) -> Spec:
    """The Spec of a one-line expression; its variables are those given with `--set`. Raises ModelError."""
    return spec_of_stages(source, stages_of(source), given)


def stages_of(source: Source) -> tuple[Value, ...]:
    """The layers of a one-line expression as they were written. Raises ModelError."""
    from lstmcalc.formats.expression import read_expression

    return tuple(read_expression(checked(source).text, source.place))


def spec_of_stages(source: Source, stages: tuple[Value, ...], given: Variables) -> Spec:
    """The Spec of the layers of an expression, with the values of its variables. Raises ModelError."""
    problems = Problems()
    faulty: dict[str, ModelError] = {}
    for name, value in given.items():
        try:
            variable_value(value)
        except ModelError as error:
            faulty[name] = error
            problems.found.extend(error.problems)
    scope = Scope(given, faulty)
    items = _read_all(stages, scope, problems)
    for item in items[1:]:
        if item.class_name in INPUTS:
            problems.add("an Input stands before every layer, not after one", item.place)
    _refuse_unused(given, scope.used, Place(source), problems)
    return Spec(Place(source), items, scope=scope, problems=tuple(problems.found))


def spec_of_document(root: Value, given: Variables, directory: str = "", scope: Scope | None = None) -> Spec:
    """The Spec of a YAML document, of `from_dict`'s dictionary, or of a model inside a model, which sees `scope`.

    Raises ModelError for what is no mapping; other mistakes are kept in the Spec, so that
    those of its layers can be found too.
    """
    if not isinstance(root, Mapping):
        message = f"a spec is a mapping with 'input' and 'layers', not {kind_of(root)}"
        is_expression = isinstance(root, Scalar) and "(" in root.text
        help = "an expression stands on the command line itself, in quotes" if is_expression else None
        raise ModelError(Problem(message, root.place, help=help))
    problems = Problems()
    if scope is None:
        scope = read_variables(root.get("vars"), given, problems)
        _refuse_unused(given, (*scope.known, *scope.faulty), root.place, problems)
        _refuse_keys(root, TOP_LEVEL, problems)
    else:
        _refuse_keys(root, INSIDE, problems)
    return _Document(root, scope, problems, directory).spec()


def _refuse_keys(root: Mapping, taken: tuple[str, ...], problems: Problems) -> None:
    for key, _ in root.entries:
        if problems.are_enough:
            break
        if key.value in taken:
            continue
        if key.value in TOP_LEVEL:
            message = f"{shown(key.value)} stands at the top of a file, not in a model inside another"
            problems.add(message, key.place)
            continue
        name = key.text if key.value is None else str(key.value)
        help = did_you_mean(name, taken) or f"taken are: {', '.join(taken)}"
        problems.add(f"a spec has no key {shown(name)}", key.place, help=help)


def _refuse_unused(given: Variables, known: "tuple[str, ...] | set[str]", place: Place, problems: Problems) -> None:
    for name, value in given.items():
        if name not in known:
            option = value.place.source.name.partition(" ")[0]  # --set, or --var of a search
            names = ", ".join(sorted(known)[:20]) or "none"
            message = f"{option} gives {shown(name)}, which is no variable of this model (it has: {names})"
            file = place.source.name if place.source.is_file else None
            problems.found.append(Problem(message, help=did_you_mean(name, known), file=file))


class _Document:
    """The top level of a spec, key by key."""

    def __init__(self, root: Mapping, scope: Scope, problems: Problems, directory: str) -> None:
        self.root, self.scope, self.problems, self.directory = root, scope, problems, directory

    def spec(self) -> Spec:
        inputs, items = self._inputs(), self._items()
        name, kind = self._text("name"), self._kind()
        outputs, budget, dtype = self._value("outputs"), self._value("budget"), self._value("dtype")
        return Spec(
            self.root.place,
            items,
            inputs,
            name,
            kind,
            self.root.get("inputs") is not None,
            outputs,
            budget,
            dtype,
            self.directory,
            self.scope,
            tuple(self.problems.found),
        )

    def _value(self, key: str) -> Value | None:
        value = self.root.get(key)
        if value is None:
            return None
        with self.problems.caught():
            return self.scope.replace(value)
        return None

    def _text(self, key: str) -> str | None:
        value = self._value(key)
        if value is None or (isinstance(value, Scalar) and value.value is None):
            return None
        if isinstance(value, Scalar) and isinstance(value.value, str) and is_name(value.value):
            return value.value
        help = "put it in quotes" if isinstance(value, Scalar) and not isinstance(value.value, str) else None
        self.problems.add(f"'{key}' must be a name without '/', not {kind_of(value)}", value.place, help=help)
        return None

    def _kind(self) -> str | None:
        kind, value = self._text("kind"), self.root.get("kind")
        if kind is None or value is None:
            return None
        if kind.lower() not in ("sequential", "functional"):
            help = did_you_mean(kind, ("sequential", "functional"))
            self.problems.add(f"'kind' must be sequential or functional, not {shown(kind)}", value.place, help=help)
            return None
        return kind.lower()

    def _inputs(self) -> tuple[Input, ...]:
        single, several = self._value("input"), self._value("inputs")
        if single is not None and several is not None:
            help = "state one input in 'input', several in 'inputs'"
            self.problems.add("'input' and 'inputs' cannot stand together", several.place, help=help)
        if several is not None:
            if not isinstance(several, Mapping) or not several.entries:
                message = f"'inputs' must be a mapping from names to inputs, not {kind_of(several)}"
                help = "write 'inputs: {a: [5, 1], b: [3]}'; one input without a name is 'input: [5, 1]'"
                self.problems.add(message, several.place, help=help)
                return ()
            return tuple(Input(key, value) for key, value in several.entries)
        return () if single is None else (Input(None, single),)

    def _items(self) -> tuple[Item, ...]:
        layers = self.root.get("layers")
        if layers is None or (isinstance(layers, Scalar) and layers.value is None):
            if not any("'layers'" in str(problem.help) for problem in self.problems.found):  # did you mean 'layers'?
                help = f"write 'layers:' and below it {ITEM_HELP.removeprefix('write ')}"
                place = self.root.place if layers is None else layers.place
                self.problems.add("a spec needs 'layers', the list of its layers", place, help=help)
            return ()
        if not isinstance(layers, Sequence):
            message = f"'layers' must be a list, one item a layer, not {kind_of(layers)}"
            self.problems.add(message, layers.place, help="begin each layer with '- '")
            return ()
        if not layers.items:
            self.problems.add("'layers' is empty: a model has at least one layer", layers.place, help=ITEM_HELP)
        if len(layers.items) > LAYERS:
            message = f"a model has at most {LAYERS:,} layers, but this has {len(layers.items):,}"
            self.problems.add(message, layers.place)
            return ()
        return _read_all(layers.items, self.scope, self.problems)


def _read_all(values: "tuple[Value, ...]", scope: Scope, problems: Problems) -> tuple[Item, ...]:
    """The items of a list of layers; an item at fault holds its problems. Stops when there are enough."""
    items: list[Item] = []
    found = len(problems.found)
    for value in values:
        item = _read_or_faulty(value, scope)
        items.append(item)
        found += len(item.problems)
        if found > PROBLEMS:
            break
    return tuple(items)


def _read_or_faulty(value: Value, scope: Scope) -> Item:
    try:
        return read_item(scope.replace(value), scope)
    except ModelError as error:
        entries = value.entries if isinstance(value, Mapping) else ()
        siblings = {str(key.value): item for key, item in entries if key.value in SIBLINGS}
        class_name = next((str(key.value) for key, _ in entries if key.value not in SIBLINGS), "")
        reuse = value.get("reuse") if isinstance(value, Mapping) else None
        return Item(class_name, value.place, siblings=siblings, reuse=reuse, problems=error.problems)


def read_item(value: Value, scope: Scope) -> Item:
    """One item in any of its four forms; a string that is an expression sees `scope`. Raises ModelError."""
    match value:
        case Call():
            _refuse_siblings(value.name, value.kwargs)
            return Item(value.name, value.place, value.args, value.kwargs)
        case Scalar(value=str()):
            return _short_item(value, scope)
        case Mapping():
            return _mapping_item(value)
    message = f"a layer must be a class name or a mapping with one, not {kind_of(value)}"
    raise ModelError(Problem(message, value.place, help=ITEM_HELP))


def _short_item(value: Scalar, scope: Scope) -> Item:
    text = str(value.value)
    if "(" not in text and "|" not in text:
        return Item(text, value.place)
    from lstmcalc.formats.expression import places_in, read_expression

    stages = read_expression(text, places_in(value))
    if len(stages) != 1:
        help = "begin each layer with '- '"
        raise ModelError(Problem("one item is one layer, but here is a second one", stages[1].place, help=help))
    stage = stages[0]
    if isinstance(stage, Scalar):
        return Item(str(stage.value), stage.place)
    return read_item(scope.replace(stage), scope)


def _mapping_item(value: Mapping) -> Item:
    classes = [(key, item) for key, item in value.entries if _is_class(key)]
    others = [(key, item) for key, item in value.entries if not _is_class(key) and key.value not in SIBLINGS]
    reuse = next((key for key, _ in others if key.value == "reuse"), None)
    if not classes and reuse is None and len(others) == 1:
        classes, others = others, []  # a class that nobody knows, in lower case
    problems = Problems()
    unknown = [key for key, _ in others if key is not reuse]
    if not classes and reuse is None:
        problems.add("an item has a class key, like 'LSTM', or 'reuse'", value.place, help=ITEM_HELP)
        problems.raise_found()
    first = classes[0][0] if classes else reuse
    assert first is not None
    for key in unknown[:10]:
        _unknown_sibling(key, first, problems)
    for second in [key for key, _ in classes[1:]] + ([reuse] if classes and reuse else []):
        message = f"an item is one layer, but {shown(second.value)} stands beside {shown(first.value)}"
        problems.add(message, second.place, help="begin each layer with '- '")
    problems.raise_found()
    siblings = {str(key.value): item for key, item in value.entries if key.value in SIBLINGS}
    if not classes:
        return Item("", first.place, siblings=siblings, reuse=value.get("reuse"))
    args, kwargs = _class_arguments(str(first.value), classes[0][1])
    return Item(str(first.value), first.place, args, kwargs, siblings)


def _is_class(key: Scalar) -> bool:
    return isinstance(key.value, str) and key.value[:1].isupper()


def _unknown_sibling(key: Scalar, beside: Scalar, problems: Problems) -> None:
    name, first = str(key.value), str(beside.value)
    help = did_you_mean(name, SIBLINGS)
    if first == "reuse":
        help = help or "'reuse' calls the layer above as it is: it takes no arguments"
    help = help or f"arguments of {first} stand inside it: '{first}: {{{name}: ...}}'"
    problems.add(f"a layer has no key {shown(name)} beside {shown(first)}", key.place, help=help)


def _class_arguments(name: str, value: Value) -> tuple[tuple[Value, ...], tuple[tuple[Scalar, Value], ...]]:
    """Positional and named arguments of the value after a class key; a capitalised key is the wrapped layer."""
    if isinstance(value, Scalar) and value.value is None:
        return (), ()
    if not isinstance(value, Mapping) or name == "Model":
        return (value,), ()
    wrapped = [(key, item) for key, item in value.entries if _is_class(key)]
    named = tuple((key, item) for key, item in value.entries if not _is_class(key))
    if len(wrapped) > 1:
        second = wrapped[1][0]
        raise ModelError(Problem(f"{name} takes one layer, but {shown(second.value)} is a second one", second.place))
    _refuse_siblings(name, named)
    return tuple(Mapping(((key, item),), key.place) for key, item in wrapped), named


def _refuse_siblings(name: str, kwargs: tuple[tuple[Scalar, Value], ...]) -> None:
    problems = Problems()
    for key, _ in kwargs:
        if key.value in BESIDE_THE_CLASS and name != "Model":
            message = f"'{key.value}' is no argument of {name}: it stands beside the class key"
            help = f"write '- {name}: ...' and below it, in line with '{name}', '{key.value}: ...'"
            problems.add(message, key.place, help=help)
    problems.raise_found()


def stem(path: str) -> str:
    """A file's name without folder and suffix."""
    return os.path.splitext(os.path.basename(path))[0]
