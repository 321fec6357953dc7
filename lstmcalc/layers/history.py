"""What Keras 1 and 2 wrote that Keras 3 does not: older arguments, each with its effect or its refusal."""

from collections.abc import Mapping
from typing import Any

from lstmcalc.errors import Refusal
from lstmcalc.layers.arguments import INTEGER, POSITIVE, SHAPE
from lstmcalc.layers.base import Layer, arguments_of
from lstmcalc.shapes import Shape

# Arguments that change nothing here, or cannot be taken: see `refuse_older`.
OLDER = ("weights", "implementation", "time_major")
# Arguments of a first layer that stand for the model's input.
FIRST_SHAPES = ("input_shape", "batch_input_shape", "input_dim", "input_length", "batch_size")


def first_shape(layer: type[Layer], given: Mapping[str, Any]) -> Shape | None:
    """The input that a first layer's own arguments mean, samples first; None when it has none.

    As in Keras 1 and 2: `input_dim` is the features of a sequence with `input_length`
    timesteps where the layer takes one, and the features alone where it does not.
    Raises Refusal for arguments that contradict each other.
    """
    stated = [name for name in FIRST_SHAPES if given.get(name) is not None]
    if "input_shape" in stated and "batch_input_shape" in stated:
        raise Refusal("input_shape and batch_input_shape cannot stand together", argument="batch_input_shape")
    shape = _stated_shape(layer, given)
    if shape is None:
        return None
    samples = given.get("batch_size")
    if samples is not None and "batch_input_shape" not in stated:
        return (_read(POSITIVE, samples, "batch_size"), *shape[1:])
    return shape


def _stated_shape(layer: type[Layer], given: Mapping[str, Any]) -> Shape | None:
    if given.get("batch_input_shape") is not None:
        shape: Shape = _read(SHAPE, given["batch_input_shape"], "batch_input_shape")
        if not shape:
            raise Refusal("batch_input_shape must have the samples axis, but is []", argument="batch_input_shape")
        return shape
    if given.get("input_shape") is not None:
        return (None, *_read(SHAPE, given["input_shape"], "input_shape"))
    length = given.get("input_length")
    if "input_dim" in arguments_of(layer):  # of an Embedding: its vocabulary, and never a shape
        if "input_length" not in given:
            return None
        lengths = length if isinstance(length, list) else [length]
        return (None, *_read(SHAPE, lengths, "input_length"))
    dim = given.get("input_dim")
    if dim is None:
        if length is not None:
            raise Refusal("input_length needs input_dim, the features, beside it", argument="input_length")
        return None
    features: int = _read(POSITIVE, dim, "input_dim")
    if not layer.first_axis_is_time:
        return (None, features)
    timesteps = None if length is None else _read(POSITIVE, length, "input_length")
    return (None, timesteps, features)


def _read(rule: Any, value: Any, argument: str) -> Any:
    try:
        return rule.read(value)
    except Refusal as refusal:
        raise Refusal(f"{argument} {refusal.message}", refusal.help, argument) from None


def takes_older(layer: type[Layer], name: str) -> bool:
    """Whether `name` is an older argument of the layer; time_major is one of those that read a sequence."""
    return name in OLDER and (name != "time_major" or layer.first_axis_is_time)


def refuse_older(layer: type[Layer], name: str, value: Any) -> bool:
    """Whether `name` is an older argument that has no effect here; a Refusal when its effect cannot be had."""
    if name == "time_major" and layer.first_axis_is_time:
        if value is True:
            raise Refusal(
                "time_major: true puts timesteps before samples, which Keras 3 no longer takes",
                "put a Permute before the layer, or give the samples axis first",
                argument=name,
            )
        return value is False or value is None
    if name == "weights":
        raise Refusal("weights are values, which do not change a model's size", "leave them out", argument=name)
    return name == "implementation" and value in (0, 1, 2) and INTEGER.read(value) is not None
