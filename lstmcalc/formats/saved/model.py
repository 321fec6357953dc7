"""A saved model as a `Spec`: all of its layers, then a call for each of their nodes, as Keras itself reads them."""

import msgspec

from lstmcalc.errors import ModelError, Problem, Problems, shown
from lstmcalc.formats.saved.dialect import dialect_of
from lstmcalc.formats.saved.graph import read_graph
from lstmcalc.formats.saved.layers import kind_of_model, read_layer
from lstmcalc.formats.saved.merged import has_branches, read_branches
from lstmcalc.formats.spec import Call, Definition, Input, Spec
from lstmcalc.formats.values import Mapping, Scalar, Sequence, Value, kind_of
from lstmcalc.limits import LAYERS
from lstmcalc.reference.keys import INPUTS


def spec_of_saved(root: Value, version: str | None = None) -> Spec:
    """The Spec of a saved model; `version` is that of the Keras that saved it, where the file says it elsewhere.

    Raises ModelError for what is no saved model.
    """
    if not isinstance(root, Mapping):
        raise ModelError(Problem(f"a saved model is a mapping with its class_name, not {kind_of(root)}", root.place))
    return spec_of_model(root, dialect_of(root, version))


def spec_of_model(root: Mapping, dialect: str | None) -> Spec:
    """The Spec of a saved model, or of one inside another. Raises ModelError."""
    definition = read_layer(root)
    config = root.get("config")
    assert isinstance(config, Mapping | Sequence)
    kind = kind_of_model(definition.class_name, config)
    if kind is None:
        message = f"{shown(definition.class_name)} is no model whose layers are saved"
        help = "a subclassed model is code, which no file holds: save its layers as a Sequential or Functional model"
        raise ModelError(Problem(message, root.place, help=help))
    name = _name_of(config)
    if kind == "Model":
        assert isinstance(config, Mapping)
        return read_graph(config, name, dialect, root.place)
    layers = config if isinstance(config, Sequence) else config.get("layers")
    if not isinstance(layers, Sequence):
        raise ModelError(Problem("a saved Sequential has no list of layers", root.place))
    if len(layers.items) > LAYERS:
        message = f"a model has at most {LAYERS:,} layers, but this has {len(layers.items):,}"
        raise ModelError(Problem(message, layers.place))
    if has_branches(layers):
        return read_branches(layers, name, dialect, root.place)
    return _chain(layers, config, name, dialect, root)


def _chain(layers: Sequence, config: Value, name: str | None, dialect: str | None, root: Mapping) -> Spec:
    problems = Problems()
    definitions: list[Definition] = []
    for each in layers.items:
        with problems.caught():
            definitions.append(read_layer(each))
    definitions = _with_outputs(definitions)
    calls = tuple(Call(number, each.place, len(definitions)) for number, each in enumerate(definitions))
    inputs: tuple[Input, ...] = ()
    stated = _built_on(config, root)
    has_input = bool(definitions) and (definitions[0].class_name in INPUTS or _says_shape(definitions[0]))
    if stated is not None and not has_input:
        inputs = (Input(None, stated),)
    return Spec(
        root.place,
        tuple(definitions),
        calls,
        inputs,
        name,
        "sequential",
        dialect=dialect,
        problems=tuple(problems.found),
        is_saved=True,
    )


def _with_outputs(definitions: list[Definition]) -> list[Definition]:
    """The layers of a chain, each with the shape of its output, on which the next says that it was built."""
    found = list(definitions)
    for number, after in enumerate(definitions[1:]):
        saved, built_on = definitions[number].saved, None if after.saved is None else after.saved.built_on
        if saved is not None and built_on is not None:
            saved = msgspec.structs.replace(saved, gives=built_on)
            found[number] = msgspec.structs.replace(definitions[number], saved=saved)
    return found


def _says_shape(definition: Definition) -> bool:
    """Whether a first layer says the input itself."""
    return any(key.value == "batch_input_shape" and isinstance(each, Sequence) for key, each in definition.kwargs)


def _built_on(config: Value, root: Mapping) -> Value | None:
    """The input of a Sequential that was built without one, as its config says it: samples first."""
    if not isinstance(config, Mapping):
        return None
    shape = config.get("build_input_shape")
    if shape is None and isinstance(build := root.get("build_config"), Mapping):
        shape = build.get("input_shape")
    if not isinstance(shape, Sequence) or not shape.items or not all(isinstance(each, Scalar) for each in shape.items):
        return None
    first, rest = shape.items[0], Sequence(shape.items[1:], shape.place)
    entries = (("shape", rest), ("batch", first))
    return Mapping(tuple((Scalar(key, shape.place, key), value) for key, value in entries), shape.place)


def _name_of(config: Value) -> str | None:
    name = config.get("name") if isinstance(config, Mapping) else None
    return name.value if isinstance(name, Scalar) and isinstance(name.value, str) and name.value else None
