"""Layers that make one tensor of several."""

from collections.abc import Sequence
from typing import ClassVar

from lstmcalc.errors import Refusal
from lstmcalc.layers.arguments import Axes, Boolean, Integer
from lstmcalc.layers.base import Layer, MaskMaker, Product, Tensor, product_of
from lstmcalc.shapes import Shape, Shapes, agree, broadcast, format_shape


class Merge(Layer, frozen=True, eq=False, kw_only=True):
    """What layers have in common that work scalar by scalar on tensors of one shape, or of shapes that broadcast."""

    inputs_taken: ClassVar[tuple[int, int | None]] = (1, None)
    takes_list: ClassVar[bool] = True

    def output_shapes(self, inputs: Shapes) -> Shapes:
        joined = inputs[0][1:]
        for shape in inputs[1:]:
            wider = broadcast(joined, shape[1:])
            if wider is None:
                listed = ", ".join(map(format_shape, inputs))
                raise Refusal(
                    f"{self.class_name} takes inputs of one shape, or of shapes that broadcast, but has {listed}"
                )
            joined = wider
        return ((same_samples(inputs, self.class_name), *joined),)

    def masks(self, inputs: Sequence[Tensor], make: MaskMaker) -> tuple[Tensor | None, ...]:
        masks = [tensor.mask for tensor in inputs]
        joined = masks[0]
        for mask in masks[1:]:
            if joined is None or mask is None:
                return ()
            joined = make("LogicalOr", (joined, mask), broadcast(joined.shape, mask.shape) or mask.shape)
        return (joined,)


def same_samples(inputs: Shapes, who: str) -> int | None:
    """The number of samples that all inputs have; refuse two different ones."""
    samples = {shape[0] for shape in inputs if shape} - {None}
    if len(samples) > 1:
        listed = ", ".join(map(format_shape, inputs))
        raise Refusal(f"{who} takes inputs of one number of samples, but has {listed}")
    return next(iter(samples), None)


class Add(Merge, frozen=True, eq=False, kw_only=True):
    """The sum of its inputs (keras.layers.Add).

    Input: a list of tensors of one shape, or of shapes that broadcast
    Output: their joint shape
    Params: 0
    """


class Subtract(Merge, frozen=True, eq=False, kw_only=True):
    """The first input less the second (keras.layers.Subtract).

    Input: a list of two tensors of one shape, or of shapes that broadcast
    Output: their joint shape
    Params: 0
    """

    inputs_taken: ClassVar[tuple[int, int | None]] = (2, 2)


class Multiply(Merge, frozen=True, eq=False, kw_only=True):
    """The product of its inputs, scalar by scalar (keras.layers.Multiply).

    Input: a list of tensors of one shape, or of shapes that broadcast
    Output: their joint shape
    Params: 0
    """


class Average(Merge, frozen=True, eq=False, kw_only=True):
    """The mean of its inputs (keras.layers.Average).

    Input: a list of tensors of one shape, or of shapes that broadcast
    Output: their joint shape
    Params: 0
    """


class Maximum(Merge, frozen=True, eq=False, kw_only=True):
    """The largest of its inputs, scalar by scalar (keras.layers.Maximum).

    Input: a list of tensors of one shape, or of shapes that broadcast
    Output: their joint shape
    Params: 0
    """


class Minimum(Merge, frozen=True, eq=False, kw_only=True):
    """The smallest of its inputs, scalar by scalar (keras.layers.Minimum).

    Input: a list of tensors of one shape, or of shapes that broadcast
    Output: their joint shape
    Params: 0
    """


class Concatenate(Merge, frozen=True, eq=False, kw_only=True):
    """Its inputs one after another along an axis (keras.layers.Concatenate).

    Input: a list of tensors that agree in every other axis
    Output: the sizes of that axis added
    Params: 0
    """

    axis: Integer = -1

    def output_shapes(self, inputs: Shapes) -> Shapes:
        first = inputs[0]
        listed = ", ".join(map(format_shape, inputs))
        if len({len(shape) for shape in inputs}) > 1:
            raise Refusal(f"Concatenate takes inputs of one rank, but has {listed}")
        if not -len(first) <= self.axis < len(first):
            raise Refusal(f"Concatenate along axis {self.axis} needs more axes than {listed}", argument="axis")
        axis = self.axis % len(first)
        others = [(*shape[:axis], *shape[axis + 1 :]) for shape in inputs]
        if not all(agree(a, b) for i, a in enumerate(others) for b in others[:i]):
            raise Refusal(f"Concatenate takes inputs that agree in every axis but {self.axis}, but has {listed}")
        sizes = [shape[axis] for shape in inputs]
        total = None if None in sizes else sum(size for size in sizes if size is not None)
        return ((*first[:axis], total, *first[axis + 1 :]),)

    def masks(self, inputs: Sequence[Tensor], make: MaskMaker) -> tuple[Tensor | None, ...]:
        if all(tensor.mask is None for tensor in inputs):
            return ()
        masks = []
        for tensor in inputs:
            if tensor.mask is None:
                masks.append(make("OnesLike", (tensor,), tensor.shape))
            elif len(tensor.mask.shape) < len(tensor.shape):
                wider = make("ExpandDims", (tensor.mask,), (*tensor.mask.shape, 1))
                zeros = make("ZerosLike", (tensor,), tensor.shape)
                joined = broadcast(wider.shape, zeros.shape)
                masks.append(make("LogicalOr", (wider, zeros), joined or tensor.shape))
            else:
                masks.append(tensor.mask)
        (shape,) = self.output_shapes(tuple(mask.shape for mask in masks))
        return (make("Any", (make("Concatenate", masks, shape),), shape[:-1]),)


class Dot(Layer, frozen=True, eq=False, kw_only=True):
    """The product of two tensors, sample by sample, along one axis of each (keras.layers.Dot).

    Input: a list of two tensors whose named axes have one size
    Output: the other axes of the first, then of the second
    Params: 0
    """

    inputs_taken: ClassVar[tuple[int, int | None]] = (2, 2)
    takes_list: ClassVar[bool] = True

    axes: Axes
    normalize: Boolean = False

    def output_shapes(self, inputs: Shapes) -> Shapes:
        first, second = inputs
        i, j = self._axes(inputs)
        if first[i] != second[j]:
            raise Refusal(
                f"Dot takes axes of one size, but axis {i} of {format_shape(first)} is {first[i]} "
                f"and axis {j} of {format_shape(second)} is {second[j]}",
                argument="axes",
            )
        joined: Shape = (*first[:i], *first[i + 1 :], *second[1:j], *second[j + 1 :])
        return (joined if len(joined) > 1 else (*joined, 1),)

    def products(self, inputs: Shapes) -> tuple[Product, ...]:
        first, second = inputs
        _, j = self._axes(inputs)
        return (product_of(*first[1:], *second[1:j], *second[j + 1 :]),)

    def _axes(self, inputs: Shapes) -> tuple[int, int]:
        axes = (self.axes, self.axes) if isinstance(self.axes, int) else self.axes
        found = [axis + len(shape) if axis < 0 else axis for axis, shape in zip(axes, inputs, strict=True)]
        for axis, written, shape in zip(found, axes, inputs, strict=True):
            if not 0 < axis < len(shape):
                what = "is the samples axis" if axis == 0 else "is no axis"
                raise Refusal(f"axes: {written} {what} of {format_shape(shape)}", argument="axes")
        i, j = found
        return i, j
