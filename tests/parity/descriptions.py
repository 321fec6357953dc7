"""What a random model is, before it becomes a spec here and layers in Keras."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

# Where a tensor comes from: the number of a call and of its output; inputs count as calls -1, -2, ...
Ref = tuple[int, int]
# Where a layer stands: the numbers of the calls and the words `layer` and `backward_layer`, from the top.
Path = tuple[int | str, ...]


@dataclass(frozen=True)
class Input:
    """One input; `shape` is that of a sample."""

    shape: tuple[int | None, ...]
    batch: int | None = None
    dtype: str | None = None
    name: str | None = None


@dataclass(frozen=True)
class Layer:
    """A layer that is to be made: a class with its arguments, or a model.

    `wrapped` and `backward` are the layers inside a wrapper. `frozen` is the key
    `trainable: false` beside the class. `form` is how the spec writes it.
    """

    class_name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    name: str | None = None
    frozen: bool = False
    wrapped: "Layer | None" = None
    backward: "Layer | None" = None
    model: "Model | None" = None
    form: str = "mapping"


@dataclass(frozen=True)
class Call:
    """One call: of a new layer, or again of the layer of an earlier call (its number).

    Without `inputs` it takes what stands above. `is_list` says that a single input stands in a list.
    `repeat` is how many such layers stand one above another.
    """

    layer: Layer | int
    inputs: tuple[Ref, ...] = ()
    states: tuple[Ref, ...] = ()
    is_list: bool = False
    repeat: int = 1


def _named(layer: Layer, times: int) -> Layer:
    """The layer under the name that it has after so many others of its item."""
    if times and layer.model and layer.model.name is not None:
        return replace(layer, model=replace(layer.model, name=f"{layer.model.name}_{times}"))
    return replace(layer, name=f"{layer.name}_{times}") if times and layer.name is not None else layer


@dataclass(frozen=True)
class Model:
    """A Sequential or functional model; a Sequential's calls have neither inputs nor states."""

    kind: str
    inputs: tuple[Input, ...]
    calls: tuple[Call, ...]
    outputs: tuple[Ref, ...] | None = None
    name: str | None = None
    dtype: str | None = None
    trainable: bool | None = None
    form: str = "input"

    @property
    def layers(self) -> list[tuple[int, Layer]]:
        """The new layers with the numbers of their calls, each as often as it is repeated, and named so."""
        return [
            (number, _named(layer, times))
            for number, call in enumerate(self.calls)
            if isinstance(layer := call.layer, Layer)
            for times in range(call.repeat)
        ]

    @property
    def size(self) -> int:
        """How many calls there are, those inside included."""
        return sum(1 + _size(call.layer) for call in self.calls)


def _size(layer: Layer | int | None) -> int:
    if layer is None or isinstance(layer, int):
        return 0
    inner = layer.model.size if layer.model else 0
    return inner + _size(layer.wrapped) + _size(layer.backward)


MERGES = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot")
RECURRENT = ("LSTM", "GRU", "SimpleRNN")
# These take query and value, and now and then a key: the first two in a list.
ATTENTION = ("Attention", "AdditiveAttention", "MultiHeadAttention")
TAKE_A_LIST = (*MERGES, "Attention", "AdditiveAttention")


def output_count(layer: Layer) -> int:
    """How many tensors a layer gives."""
    if layer.model is not None:
        return len(layer.model.outputs or ()) or _last_output_count(layer.model)
    recurrent = layer.wrapped if layer.class_name == "Bidirectional" else layer
    states = 0
    if recurrent is not None and recurrent.class_name in RECURRENT and recurrent.arguments.get("return_state"):
        states = 2 if recurrent.class_name == "LSTM" else 1
    if layer.class_name == "Bidirectional":
        return 2 * states + (1 if layer.arguments.get("merge_mode", "concat") else 2)
    return 1 + states


def _last_output_count(model: Model) -> int:
    return output_count(layer_of_call(model, len(model.calls) - 1))


def layer_of_call(model: Model, number: int) -> Layer:
    """The layer of a call, looked up where it is called again."""
    layer = model.calls[number].layer
    return layer_of_call(model, layer) if isinstance(layer, int) else layer


def has_main_output(layer: Layer) -> bool:
    """Whether the name of a layer alone means its first output."""
    if layer.model is not None:
        return output_count(layer) == 1
    return layer.class_name != "Bidirectional" or layer.arguments.get("merge_mode", "concat") is not None


def layers_of(model: Model) -> Iterator[Layer]:
    """Every layer of a model, those inside included."""
    for call in model.calls:
        if isinstance(call.layer, Layer):
            yield from with_those_inside(call.layer)


def with_those_inside(layer: Layer) -> Iterator[Layer]:
    """A layer and every layer inside it."""
    yield layer
    for each in (layer.wrapped, layer.backward):
        if each is not None:
            yield from with_those_inside(each)
    if layer.model is not None:
        yield from layers_of(layer.model)


def calls_again(model: Model) -> bool:
    """Whether a layer is called a second time, here or inside."""
    models = [model, *(layer.model for layer in layers_of(model) if layer.model)]
    return any(isinstance(call.layer, int) for each in models for call in each.calls)


def distributes(model: Model) -> bool:
    """Whether there is a TimeDistributed."""
    return any(layer.class_name == "TimeDistributed" for layer in layers_of(model))
