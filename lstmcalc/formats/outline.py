"""A model as it is written down again: its layers and calls in Keras 3's words, with names where they must stand."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from lstmcalc.shapes import Shape


class KerasObject(msgspec.Struct, frozen=True):
    """An initializer, a regularizer or a constraint of Keras 3: its module, its class, what is not as by default.

    Where all is, a layer may have it by its `short` name.
    """

    module: str
    class_name: str
    short: str
    config: Mapping[str, Any] = {}


class TensorRef(msgspec.Struct, frozen=True):
    """A tensor of an Outline: the number of its node, inputs first and then calls, and of the output."""

    node: int
    output: int = 0


class InputOutline(msgspec.Struct, frozen=True):
    """An input: its name, whether it must be said, its shape with the samples first, and its dtype."""

    name: str
    shape: Shape
    dtype: str
    is_named: bool = True


class LayerOutline(msgspec.Struct, frozen=True, eq=False):
    """A layer with what is not as by default.

    `arguments` are plain values, KerasObjects and, of layers inside, LayerOutlines. `first` is the argument that may
    stand without its name. `is_frozen` says that what is inside is not trained either. One with a `model` is a
    model. `module` is where Keras 3 has the class, and
    `defaults` what a config must say too. `common` are the arguments of all layers that it takes.
    An operation is called in Python by its `function`.
    """

    class_name: str
    name: str
    arguments: Mapping[str, Any] = {}
    first: str | None = None
    is_named: bool = True
    trainable: bool = True
    is_frozen: bool = False
    dtype: str = "float32"
    model: "Outline | None" = None
    module: str = "keras.layers"
    defaults: Mapping[str, Any] = {}
    common: tuple[str, ...] = ("name", "trainable", "dtype")
    is_operation: bool = False
    function: str = ""

    def inside(self) -> "Iterator[LayerOutline]":
        """The layers in its arguments, in their order."""
        for value in self.arguments.values():
            yield from (each for each in (value if isinstance(value, list) else [value]) if type(each) is LayerOutline)


class CallOutline(msgspec.Struct, frozen=True, eq=False):
    """A call of a layer: on which tensors, with which states, masks and other arguments, and what it gives.

    One that is no `makes` calls a layer that stands above. `takes_list` says whether the tensors go in as one
    list. `suffixes` are what a reference to each output adds to the name. `constants` stand among the tensors, None
    where a tensor does.
    """

    layer: LayerOutline
    makes: bool
    inputs: tuple[TensorRef, ...]
    takes_list: bool = False
    states: tuple[TensorRef, ...] = ()
    masks: Mapping[str, tuple[TensorRef | None, ...]] = {}
    arguments: Mapping[str, Any] = {}
    shapes: tuple[Shape, ...] = ()
    dtypes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ("",)
    constants: tuple[tuple[str, Any], ...] = ()
    number: int = 0  # among the calls of this layer in this model


class Outline(msgspec.Struct, frozen=True, eq=False):
    """A model: its inputs, its calls in the order in which they were made, its outputs."""

    name: str
    kind: str
    inputs: tuple[InputOutline, ...]
    calls: tuple[CallOutline, ...]
    outputs: tuple[TensorRef, ...]
    dtype: str = "float32"
    is_named: bool = True
    trainable: bool = True

    def shape_of(self, ref: TensorRef) -> Shape:
        """The shape of a tensor, samples first."""
        if ref.node < len(self.inputs):
            return self.inputs[ref.node].shape
        return self.calls[ref.node - len(self.inputs)].shapes[ref.output]

    def dtype_of(self, ref: TensorRef) -> str:
        """The dtype of a tensor."""
        if ref.node < len(self.inputs):
            return self.inputs[ref.node].dtype
        return self.calls[ref.node - len(self.inputs)].dtypes[ref.output]
