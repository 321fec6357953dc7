"""The `Spec`: a model as it was written, its values with their places and its layers not yet looked up."""

import os

import msgspec

from lstmcalc.errors import ModelError, Place, Problem, Problems, Source, did_you_mean
from lstmcalc.spec.values import Call, Mapping, Scalar, Sequence, Value, kind_of
from lstmcalc.spec.variables import Scope, Variables, read_variables

TOP_LEVEL = ("name", "kind", "input", "inputs", "layers", "outputs", "vars", "budget", "dtype")
SIBLINGS = ("name", "from", "initial_state", "trainable", "repeat")
BESIDE_THE_CLASS = ("from", "initial_state", "repeat", "reuse")


class Item(msgspec.Struct, frozen=True, eq=False):
    """One item of `layers`: a class with its arguments, or `reuse` with none, and the keys beside it."""

    class_name: str
    place: Place
    args: tuple[Value, ...] = ()
    kwargs: tuple[tuple[Scalar, Value], ...] = ()
    siblings: dict[str, Value] = {}
    reuse: Value | None = None


class Input(msgspec.Struct, frozen=True, eq=False):
    """One input as it was written: a shape, or a mapping with `shape`, `dtype` and `batch`."""

    name: Scalar | None
    value: Value


class Spec(msgspec.Struct, frozen=True, eq=False):
    """A model as it was written."""

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


def spec_of_expression(source: Source, given: Variables) -> Spec:
    """The Spec of a one-line expression; its variables are those given with `--set`."""
    from lstmcalc.spec.expression import read_expression

    place = Place(source)
    stages = read_expression(source.text, place)
    scope = Scope(given)
    problems = Problems()
    items = []
    for stage in stages:
        with problems.caught():
            items.append(read_item(scope.replace(stage)))
    _refuse_unused(given, scope.used, place, problems)
    problems.raise_found()
    return Spec(place, tuple(items))


def spec_of_document(root: Value, given: Variables, directory: str = "", is_nested: bool = False) -> Spec:
    """The Spec of a YAML document, of `from_dict`'s dictionary, or of a `Model:` inside a model.

    Raises ModelError with every mistake of the document's own grammar.
    """
    if not isinstance(root, Mapping):
        message = f"a spec is a mapping with 'input' and 'layers', not {kind_of(root)}"
        raise ModelError(Problem(message, root.place))
    problems = Problems()
    for key, _ in root.entries:
        if key.value not in TOP_LEVEL:
            help = did_you_mean(str(key.value), TOP_LEVEL) or f"taken are: {', '.join(TOP_LEVEL)}"
            problems.add(f"a spec has no key '{key.value}'", key.place, help=help)
    known: Variables = {}
    with problems.caught():
        known = read_variables(root.get("vars"), given)
    if not is_nested:
        _refuse_unused(given, known, root.place, problems)
    scope = Scope(known)
    document = _Document(root, scope, problems, directory)
    spec = document.spec()
    problems.raise_found()
    return spec


def _refuse_unused(given: Variables, known: "Variables | set[str]", place: Place, problems: Problems) -> None:
    for name in given:
        if name not in known:
            names = ", ".join(sorted(known)) or "none"
            help = did_you_mean(name, known)
            problems.add(
                f"--set gives '{name}', which is no variable of this model (it has: {names})", place, help=help
            )


class _Document:
    """The top level of a spec, key by key."""

    def __init__(self, root: Mapping, scope: Scope, problems: Problems, directory: str) -> None:
        self.root, self.scope, self.problems, self.directory = root, scope, problems, directory

    def spec(self) -> Spec:
        inputs = self._inputs()
        return Spec(
            self.root.place,
            self._items(),
            inputs,
            self._text("name"),
            self._kind(),
            self.root.get("inputs") is not None,
            self._value("outputs"),
            self._value("budget"),
            self._value("dtype"),
            self.directory,
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
        if isinstance(value, Scalar) and isinstance(value.value, str) and value.value:
            return value.value
        self.problems.add(f"'{key}' takes a string, not {kind_of(value)}", value.place, help="put it in quotes")
        return None

    def _kind(self) -> str | None:
        kind = self._text("kind")
        value = self.root.get("kind")
        if kind is None or value is None:
            return None
        if kind.lower() not in ("sequential", "functional"):
            self.problems.add(f"'kind' is sequential or functional, not '{kind}'", value.place)
        return kind.lower()

    def _inputs(self) -> tuple[Input, ...]:
        single, several = self._value("input"), self._value("inputs")
        if single is not None and several is not None:
            self.problems.add("'input' and 'inputs' cannot stand together", several.place, help="name both in 'inputs'")
        if several is not None:
            if not isinstance(several, Mapping) or not several.entries:
                message = f"'inputs' is a mapping from names to inputs, not {kind_of(several)}"
                self.problems.add(message, several.place, help="one input without a name is 'input: [5, 1]'")
                return ()
            return tuple(Input(key, value) for key, value in several.entries)
        return () if single is None else (Input(None, single),)

    def _items(self) -> tuple[Item, ...]:
        layers = self.root.get("layers")
        if layers is None or (isinstance(layers, Scalar) and layers.value is None):
            self.problems.add("'layers' is missing: a spec lists its layers", self.root.place)
            return ()
        if not isinstance(layers, Sequence):
            message = f"'layers' is a list, one item a layer, not {kind_of(layers)}"
            self.problems.add(message, layers.place, help="begin each layer with '- '")
            return ()
        if not layers.items:
            self.problems.add("'layers' is empty: a model has at least one layer", layers.place)
        return read_items(layers, self.scope, self.problems)


def read_items(layers: Sequence, scope: Scope, problems: Problems) -> tuple[Item, ...]:
    """The items of a list of layers; mistakes go to `problems`, and the item at fault is left out."""
    items = []
    for value in layers.items:
        with problems.caught():
            items.append(read_item(scope.replace(value)))
    return tuple(items)


def read_item(value: Value) -> Item:
    """One item in any of its four forms. Raises ModelError."""
    match value:
        case Call():
            return Item(value.name, value.place, value.args, _arguments(value.name, value.kwargs))
        case Scalar(value=str()):
            return _short_item(value)
        case Mapping():
            return _mapping_item(value)
    raise ModelError(
        Problem(f"a layer is a class name or a mapping with one, not {kind_of(value)}", value.place, help=ITEM_HELP)
    )


ITEM_HELP = "write '- Flatten', '- LSTM: 5', '- LSTM: {units: 5}' or '- \"LSTM(5)\"'"


def _short_item(value: Scalar) -> Item:
    text = str(value.value)
    if "(" not in text and "|" not in text:
        return Item(text, value.place)
    from lstmcalc.spec.expression import read_expression

    is_quoted = value.text == text and not value.variable
    stages = read_expression(text, value.place.later(1) if is_quoted else value.place)
    if len(stages) != 1:
        raise ModelError(Problem("one item is one layer: '|' joins layers on the command line", value.place))
    stage = stages[0]
    if isinstance(stage, Scalar):
        return Item(str(stage.value), stage.place)
    return read_item(stage)


def _mapping_item(value: Mapping) -> Item:
    classes = [(key, item) for key, item in value.entries if _is_class(key)]
    siblings = {str(key.value): item for key, item in value.entries if not _is_class(key) and key.value != "reuse"}
    reuse = value.get("reuse")
    problems = Problems()
    for key, _ in value.entries:
        if not _is_class(key) and key.value != "reuse" and key.value not in SIBLINGS:
            _unknown_sibling(key, classes[0][0] if classes else None, problems)
    if len(classes) + (reuse is not None) > 1:
        names = " and ".join(f"'{key.value}'" for key, _ in classes) + (" and 'reuse'" if reuse is not None else "")
        problems.add(f"an item is one layer, but this has {names}", value.place, help="begin each layer with '- '")
    elif not classes and reuse is None and not problems.found:
        problems.add("an item has a class key, like 'LSTM', or 'reuse'", value.place, help=ITEM_HELP)
    problems.raise_found()
    if reuse is not None:
        return Item("", value.place, siblings=siblings, reuse=reuse)
    key, arguments = classes[0]
    args, kwargs = _class_arguments(str(key.value), arguments)
    return Item(str(key.value), key.place, args, kwargs, siblings)


def _is_class(key: Scalar) -> bool:
    return isinstance(key.value, str) and key.value[:1].isupper()


def _unknown_sibling(key: Scalar, class_key: Scalar | None, problems: Problems) -> None:
    name = str(key.value)
    if class_key is None:
        message = f"'{name}' is no layer: a class name begins with a capital letter, as in Keras"
        problems.add(message, key.place, help=_capitalised(name))
        return
    help = did_you_mean(name, SIBLINGS)
    if not help:
        help = f"arguments of {class_key.value} stand inside it: '{class_key.value}: {{{name}: ...}}'"
    problems.add(f"a layer has no key '{name}' beside '{class_key.value}'", key.place, help=help)


def _capitalised(name: str) -> str:
    known = {"lstm": "LSTM", "gru": "GRU", "simplernn": "SimpleRNN", "timedistributed": "TimeDistributed"}
    return f"did you mean '{known.get(name.lower(), name[:1].upper() + name[1:])}'?"


def _class_arguments(name: str, value: Value) -> tuple[tuple[Value, ...], tuple[tuple[Scalar, Value], ...]]:
    """Positional and named arguments of the value after a class key; a capitalised key is the wrapped layer."""
    if isinstance(value, Scalar) and value.value is None:
        return (), ()
    if not isinstance(value, Mapping) or name == "Model":
        return (value,), ()
    wrapped = [(key, item) for key, item in value.entries if _is_class(key)]
    if len(wrapped) > 1:
        second = wrapped[1][0]
        raise ModelError(Problem(f"{name} wraps one layer, but '{second.value}' is a second one", second.place))
    args = tuple(Mapping(((key, item),), key.place) for key, item in wrapped)
    named = tuple((key, item) for key, item in value.entries if not _is_class(key))
    return args, _arguments(name, named)


def _arguments(name: str, kwargs: tuple[tuple[Scalar, Value], ...]) -> tuple[tuple[Scalar, Value], ...]:
    for key, _ in kwargs:
        if key.value in BESIDE_THE_CLASS and name != "Model":
            message = f"'{key.value}' is no argument of {name}: it stands beside the class key"
            help = f"write '- {name}: ...' and below it, in line with '{name}', '{key.value}: ...'"
            raise ModelError(Problem(message, key.place, help=help))
    return kwargs


def stem(path: str) -> str:
    """A file's name without folder and suffix."""
    return os.path.splitext(os.path.basename(path))[0]
