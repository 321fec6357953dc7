"""The nodes of saved graphs, in the three forms that Kerases wrote: what a layer was called on, and with what."""

from collections.abc import Iterator

import msgspec

from lstmcalc.errors import ModelError, Problem
from lstmcalc.formats.values import CallOutput, Mapping, Scalar, Sequence, Value, kind_of

TENSOR = "__keras_tensor__"
CONSTANT = "_CONSTANT_VALUE"
# Arguments of a call that change nothing in inference.
WITHOUT_EFFECT = ("training",)


class NodeTensor(CallOutput, frozen=True, eq=False, gc=False):
    """An output of a call, by the name of the layer and the number of the call among its own."""

    layer: str
    node: int
    shape: Value | None = None


class NodeData(msgspec.Struct, frozen=True, eq=False):
    """What one call was given: values, in which Tensors stand."""

    value: Value
    arguments: dict[str, Value] = {}

    @property
    def tensors(self) -> tuple[NodeTensor, ...]:
        """All tensors in it."""
        return tuple(each for value in (self.value, *self.arguments.values()) for each in tensors_in(value))


def tensors_in(value: Value) -> Iterator[NodeTensor]:
    """The tensors that stand in a value, in their order."""
    waiting: list[Value] = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, NodeTensor):
            yield each
        elif isinstance(each, Sequence):
            waiting += reversed(each.items)
        elif isinstance(each, Mapping):
            waiting += (value for _, value in reversed(each.entries))


def holds_tensors(value: Value) -> bool:
    """Whether there is a tensor in a value."""
    return next(tensors_in(value), None) is not None


def read_tensors(value: Value, names: set[str]) -> NodeData:
    """The tensors of `input_layers` or `output_layers`: one, a list of them, or names with them."""
    return NodeData(_with_tensors(value, names))


def read_node(value: Value, names: set[str]) -> NodeData:
    """What a node says, whichever Keras wrote it. Raises ModelError for what is none."""
    if isinstance(value, Mapping) and value.get("args") is not None:
        return _of_keras_3(value, names)
    if isinstance(value, Sequence) and value.items:
        is_flat = _is_name(value.items[0], names) or _text(value.items[0]) == CONSTANT
        return _of_keras_2(Sequence((value,), value.place) if is_flat else value, names)
    if isinstance(value, Mapping) and value.entries:
        return NodeData(_with_tensors(value, names))
    raise ModelError(Problem(f"a node of a saved graph is a list of tensors, not {kind_of(value)}", value.place))


def _of_keras_3(value: Mapping, names: set[str]) -> NodeData:
    args, kwargs = value.get("args"), value.get("kwargs")
    if not isinstance(args, Sequence):
        raise ModelError(Problem("the args of a node are no list", value.place))
    found = tuple(_with_tensors(each, names) for each in args.items)
    inputs = found[0] if len(found) == 1 else Sequence(found, args.place)
    entries = kwargs.entries if isinstance(kwargs, Mapping) else ()
    return NodeData(inputs, _arguments(entries, names))


def _of_keras_2(value: Sequence, names: set[str]) -> NodeData:
    arguments: dict[str, Value] = {}
    found: list[Value] = []
    for each in value.items:
        if isinstance(each, Sequence) and len(each.items) > 3 and isinstance(each.items[3], Mapping):
            arguments |= _arguments(each.items[3].entries, names)
        found.append(_with_tensors(each, names))
    inputs = found[0] if len(found) == 1 else Sequence(tuple(found), value.place)
    return NodeData(inputs, arguments)


def _arguments(entries: tuple[tuple[Scalar, Value], ...], names: set[str]) -> dict[str, Value]:
    """The arguments of a call that say something: none that are null, and none of training."""
    found = {str(key.value): _with_tensors(value, names) for key, value in entries}
    return {key: value for key, value in found.items() if key not in WITHOUT_EFFECT and not _is_null(value)}


def _is_null(value: Value) -> bool:
    return isinstance(value, Scalar) and value.value is None


def _with_tensors(value: Value, names: set[str]) -> Value:
    """A value whose references to tensors are Tensors."""
    if isinstance(value, Mapping):
        found = _of_history(value)
        if found is not None:
            return found
        if _text(value.get("class_name")) == "__tuple__" and isinstance(items := value.get("items"), Sequence):
            return _with_tensors(items, names)
        if value.get("class_name") is not None:
            return value
        # Inputs by name stand in the order of their names, as Keras lists them.
        named = sorted(value.entries, key=lambda entry: str(entry[0].value))
        listed = Sequence(tuple(_with_tensors(each, names) for _, each in named), value.place)
        return listed if holds_tensors(listed) else value
    if not isinstance(value, Sequence):
        return value
    if value.items and _is_name(value.items[0], names):
        found = _of_list(value)
        if found is not None:
            return found
    if value.items and _text(value.items[0]) == CONSTANT and len(value.items) > 2:
        return value.items[2]
    return Sequence(tuple(_with_tensors(each, names) for each in value.items), value.place)


def _of_history(value: Mapping) -> NodeTensor | None:
    """A tensor as Keras 3 writes it."""
    config = value.get("config")
    if _text(value.get("class_name")) != TENSOR or not isinstance(config, Mapping):
        return None
    history = config.get("keras_history")
    found = _of_list(history) if isinstance(history, Sequence) else None
    if found is None:
        raise ModelError(Problem("a tensor does not say which layer gives it", value.place))
    return NodeTensor(-1, found.index, found.place, found.layer, found.node, config.get("shape"))


def _of_list(value: Sequence) -> NodeTensor | None:
    """A tensor as Keras 1 and 2 write it: `[layer, node, output]`, with or without arguments of the call."""
    if len(value.items) not in (3, 4):
        return None
    layer, node, index = (each.value if isinstance(each, Scalar) else None for each in value.items[:3])
    if not isinstance(layer, str) or type(node) is not int or type(index) is not int:
        return None
    return NodeTensor(-1, index, value.place, layer, node)


def _is_name(value: Value, names: set[str]) -> bool:
    return isinstance(value, Scalar) and isinstance(value.value, str) and value.value in names


def _text(value: Value | None) -> str | None:
    return value.value if isinstance(value, Scalar) and isinstance(value.value, str) else None
