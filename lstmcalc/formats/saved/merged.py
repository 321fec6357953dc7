"""A Sequential of Keras 1 that begins with a Merge of other models: a graph, whose branches are its first layers."""

from lstmcalc.errors import ModelError, Place, Problem
from lstmcalc.formats.saved.layers import read_layer
from lstmcalc.formats.spec import Call, Definition, Spec
from lstmcalc.formats.values import CallOutput, Mapping, Scalar, Sequence, Value
from lstmcalc.limits import LAYERS, NESTING
from lstmcalc.reference.keys import INPUTS

SHAPES = ("batch_input_shape", "input_shape", "input_dim", "input_length", "input_dtype")


def has_branches(layers: Sequence) -> bool:
    """Whether the first of these layers merges other models, or is a Sequential that does."""
    first = layers.items[0] if layers.items else None
    return isinstance(first, Mapping) and _branches_of(first) is not None


def _branches_of(layer: Mapping) -> Sequence | None:
    """The models that a Merge holds."""
    class_name, config = layer.get("class_name"), layer.get("config")
    if not isinstance(class_name, Scalar) or class_name.value != "Merge" or not isinstance(config, Mapping):
        return None
    branches = config.get("layers")
    return branches if isinstance(branches, Sequence) and branches.items else None


def read_branches(layers: Sequence, name: str | None, dialect: str | None, place: Place) -> Spec:
    """The graph of a Sequential that begins with a Merge. Raises ModelError."""
    branches = _Branches()
    last = branches.chain(layers, 0)
    calls = tuple(Call(each.layer, each.place, len(branches.definitions), each.inputs) for each in branches.calls)
    return Spec(
        place, tuple(branches.definitions), calls, (), name, "functional", outputs=last, dialect=dialect, is_saved=True
    )


class _Branches:
    """Definitions and calls so far; a model that is a branch is its layers, as Keras 1 counted and showed them."""

    def __init__(self) -> None:
        self.definitions: list[Definition] = []
        self.calls: list[Call] = []

    def chain(self, layers: Sequence, depth: int) -> CallOutput:
        """The output of layers that are called one after another."""
        if depth > NESTING:
            raise ModelError(Problem(f"models inside models are more than {NESTING} levels deep", layers.place))
        if not layers.items:
            raise ModelError(Problem("a branch of a Merge has no layers", layers.place))
        current: CallOutput | None = None
        for layer in layers.items:
            current = self._first(layer, depth) if current is None else self._call(read_layer(layer), current)
        assert current is not None
        return current

    def _first(self, layer: Value, depth: int) -> CallOutput:
        """The output of the first layer of a branch, which says its input, or merges branches of its own."""
        branches = _branches_of(layer) if isinstance(layer, Mapping) else None
        if isinstance(layer, Mapping) and branches is not None:
            outputs = tuple(self._branch(each, depth) for each in branches.items)
            definition = read_layer(layer)
            kwargs = tuple((key, value) for key, value in definition.kwargs if key.value != "layers")
            merge = Definition(definition.class_name, layer.place, (), kwargs, definition.name, saved=definition.saved)
            return self._call(merge, Sequence(outputs, layer.place))
        definition = read_layer(layer)
        if definition.class_name in INPUTS:
            return self._add(definition, None)
        if definition.class_name in ("Sequential", "Model"):
            inner = _layers_of(layer)
            if inner is not None:
                return self.chain(inner, depth + 1)
        stated = tuple((key, value) for key, value in definition.kwargs if key.value in SHAPES)
        shape = next((value for key, value in stated if key.value == "batch_input_shape"), None)
        if not isinstance(shape, Sequence):
            message = "a branch of a Merge does not say its input: its first layer has no batch_input_shape"
            raise ModelError(Problem(message, definition.place))
        key = Scalar("batch_shape", shape.place, "batch_shape")
        return self._call(definition, self._add(Definition("InputLayer", definition.place, (), ((key, shape),)), None))

    def _branch(self, branch: Value, depth: int) -> CallOutput:
        layers = _layers_of(branch)
        if layers is not None:
            return self.chain(layers, depth + 1)
        return self._first(branch, depth + 1)

    def _call(self, definition: Definition, inputs: Value) -> CallOutput:
        return self._add(definition, inputs)

    def _add(self, definition: Definition, inputs: Value | None) -> CallOutput:
        if len(self.definitions) >= LAYERS:
            raise ModelError(Problem(f"a model has at most {LAYERS:,} layers", definition.place))
        self.definitions.append(definition)
        self.calls.append(Call(len(self.definitions) - 1, definition.place, 0, inputs))
        return CallOutput(len(self.calls) - 1, 0, definition.place)


def _layers_of(model: Value) -> Sequence | None:
    """The layers of a Sequential."""
    config = model.get("config") if isinstance(model, Mapping) else None
    class_name = model.get("class_name") if isinstance(model, Mapping) else None
    if not isinstance(class_name, Scalar) or class_name.value != "Sequential":
        return None
    layers = config.get("layers") if isinstance(config, Mapping) else config
    return layers if isinstance(layers, Sequence) else None
