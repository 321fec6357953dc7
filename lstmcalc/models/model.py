"""A model: layers in a graph with their shapes inferred and their weights made; itself a layer."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

import msgspec
from msgspec import structs

from lstmcalc.errors import Note, Place, Refusal
from lstmcalc.layers.base import Layer, Product, Tensor, Weight
from lstmcalc.models.graph import Node, NodeTable, Order, node_of
from lstmcalc.shapes import Shape, Shapes, agree, format_shape


class Placed(msgspec.Struct, frozen=True, eq=False):
    """A layer that has been called: its weights, the layers inside, and its calls.

    `weights` are the layer's own and those of the layers inside, in Keras's order; `place` is where it is made.
    """

    layer: Layer
    weights: tuple[Weight, ...]
    inner: tuple["Placed", ...]
    calls: tuple[Node, ...]
    input_shapes: Shapes
    own: tuple[Weight, ...] = ()
    place: Place | None = None

    @property
    def params(self) -> int:
        """How many scalars the layer's weights hold, each weight once."""
        return sum(weight.params for weight in unique(self.weights))


def unique(weights: Sequence[Weight]) -> tuple[Weight, ...]:
    """The weights without those that stand there already; a shared weight is the same object."""
    return tuple({id(weight): weight for weight in weights}.values())


class BuiltModel(Layer, frozen=True, eq=False, kw_only=True):
    """Layers in a graph (keras.Sequential, keras.Model); `notes` say what of it is surely not meant.

    `holds_weights` says whether its `file` has weights too.
    """

    kind: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    output_refs: tuple[str, ...]
    placed: tuple[Placed, ...]
    table: NodeTable
    order: Order
    file: str | None = None
    holds_weights: bool = False
    notes: tuple[Note, ...] = ()

    mask_arguments: ClassVar[tuple[str, ...]] = ("mask",)
    inputs_taken: ClassVar[tuple[int, int | None]] = (1, None)

    @property
    def class_name(self) -> str:
        """`Sequential` or `Functional`, as Keras's summary says."""
        return self.kind

    @property
    def converts_inputs(self) -> bool:
        return self.kind == "Sequential"

    @property
    def input_dtype(self) -> str:
        """The dtype of a Sequential's input, which Keras converts to."""
        return self.inputs[0].dtype

    @property
    def output_names(self) -> tuple[str | None, ...]:
        return (None,) * len(self.outputs)

    @property
    def has_main_output(self) -> bool:
        return len(self.outputs) == 1

    @property
    def input_shape(self) -> Shape | list[Shape]:
        """The shape of the input, samples first; a list when there are several."""
        shapes = [tensor.shape for tensor in self.inputs]
        return shapes[0] if len(shapes) == 1 else shapes

    @property
    def output_shape(self) -> Shape | list[Shape]:
        """The shape of the output, samples first; a list when there are several."""
        shapes = [tensor.shape for tensor in self.outputs]
        return shapes[0] if len(shapes) == 1 else shapes

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers in Keras's order, without the inputs."""
        return tuple(placed.layer for placed in self.placed if not placed.layer.is_operation)

    def all_weights(self) -> tuple[Weight, ...]:
        """Every weight once, in Keras's order."""
        return unique([weight for placed in self.placed for weight in placed.weights])

    def count_params(self) -> int:
        """The number of scalars in all weights, each weight once, as `keras.Model.count_params` gives it."""
        return sum(weight.params for weight in self.all_weights())

    # What a model is as a layer of another model.

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        return self.all_weights()

    def output_shapes(self, inputs: Shapes) -> Shapes:
        tensors = self._tensors(self._of_shapes(inputs))
        return tuple(tensors[id(tensor)].shape for tensor in self.outputs)

    def output_dtypes(self, inputs: Sequence[Tensor], count: int) -> tuple[str, ...]:
        tensors = self._tensors(inputs)
        return tuple(tensors[id(tensor)].dtype for tensor in self.outputs)

    def output_positions(self, inputs: Shapes, count: int) -> tuple[int, ...]:
        """A tensor that stands twice among the outputs has its last number where Keras runs the graph anew."""
        if inputs == tuple(tensor.shape for tensor in self.inputs):
            return tuple(range(count))
        last = {id(tensor): position for position, tensor in enumerate(self.outputs)}
        return tuple(last[id(tensor)] for tensor in self.outputs)

    def products(self, inputs: Shapes) -> tuple[Product, ...] | None:
        tensors = self._tensors(self._of_shapes(inputs))
        found: list[Product] = []
        for node in self.calls():
            sizes = tuple(tensors[id(tensor)].shape for tensor in node.called_on)
            products = node.called.products(sizes)
            if products is None:
                return None
            found.extend(products)
        return tuple(found)

    def calls(self) -> Iterator[Node]:
        """Every call of a layer that the outputs depend on, in the order in which they can be computed."""
        reached = self.order.nodes
        for node in self.table.values():
            if id(node) in reached and isinstance(node.operation, Layer) and not node.is_input:
                yield node

    def _of_shapes(self, shapes: Shapes) -> tuple[Tensor, ...]:
        """The model's inputs with other shapes. Raises Refusal when the model cannot take them."""
        self._check_inputs(shapes)
        return tuple(structs.replace(each, shape=shape) for each, shape in zip(self.inputs, shapes, strict=True))

    def _tensors(self, inputs: Sequence[Tensor]) -> dict[int, Tensor]:
        """What each tensor of the model is when it is called on other inputs, by the tensor's identity.

        As in Keras, inputs of the model's own shapes give outputs of its own dtypes,
        and others are followed through every layer.
        """
        if all(each.shape == own.shape for each, own in zip(inputs, self.inputs, strict=True)):
            return {id(tensor): tensor for node in self.table.values() for tensor in node.outputs}
        found = {id(own): each for own, each in zip(self.inputs, inputs, strict=True)}
        for node in self.calls():
            given = tuple(found[id(tensor)] for tensor in node.called_on)
            shapes = node.called.output_shapes(tuple(each.shape for each in given))
            dtypes = node.called.output_dtypes(given, len(shapes))
            for tensor, shape, dtype in zip(node.outputs, shapes, dtypes, strict=True):
                found[id(tensor)] = structs.replace(tensor, shape=shape, dtype=dtype)
        return found

    def _check_inputs(self, inputs: Shapes) -> None:
        wanted = tuple(tensor.shape for tensor in self.inputs)
        if len(inputs) != len(wanted):
            plural = "input" if len(wanted) == 1 else "inputs"
            raise Refusal(f"the model takes {len(wanted)} {plural}, but has {len(inputs)}")
        for want, got in zip(wanted, inputs, strict=True):
            if not agree((None, *want[1:]), (None, *got[1:])):
                raise Refusal(f"the model takes {format_shape(want)}, but its input is {format_shape(got)}")


__all__ = ["BuiltModel", "Placed", "node_of", "unique"]
