"""Layers that make one tensor of several."""

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any, ClassVar

from lstmcalc.errors import Refusal
from lstmcalc.layers.arguments import Axes, Boolean, Integer
from lstmcalc.layers.base import Layer, MaskMaker, Product, Ran, Running, Tensor, floats, product_of
from lstmcalc.layers.declared import SEQUENCE, Example, Tensors
from lstmcalc.shapes import Shape, Shapes, agree, broadcast, format_shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]
    Masked = Sequence[tuple[Array, Array | None]]


class Merging(Layer, frozen=True, eq=False, kw_only=True):
    """What layers have in common that work scalar by scalar on tensors of one shape, or of shapes that broadcast."""

    takes: ClassVar[Tensors] = Tensors(words="a list of tensors of one shape, or of shapes that broadcast")
    gives: ClassVar[Tensors] = Tensors(words="their joint shape")
    inputs_taken: ClassVar[tuple[int, int | None]] = (1, None)
    takes_list: ClassVar[bool] = True
    reads_masks: ClassVar[bool] = False

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

    def merge(self, inputs: "Masked") -> "Array":
        """One array of several of one rank, each with what of it is not masked, in its own rank."""
        raise NotImplementedError

    def forward(self, run: Running) -> Ran:
        are_ints = all(x.dtype.kind in "iu" for x in run.inputs)
        inputs = run.inputs if are_ints else floats(run)
        rank = max(x.ndim for x in inputs)
        # Keras gives the others more axes after the samples, and forgets the masks of those.
        wide = [x.reshape(*x.shape[:1], *(1,) * (rank - x.ndim), *x.shape[1:]) for x in inputs]
        masks = [self._seen(x, mask) if x.ndim == rank else None for x, mask in zip(inputs, run.masks, strict=True)]
        y = self.merge(list(zip(wide, masks, strict=True)))
        if any(mask is None for mask in run.masks):
            return Ran((y,))
        return Ran((y,), (reduce(self._either, [mask for mask in run.masks if mask is not None]),))

    def _seen(self, x: "Array", mask: "Array | None") -> "Array | None":
        if mask is None or not self.reads_masks:
            return None
        if broadcast(x.shape, (*mask.shape, 1)) != x.shape:
            raise self._unfit(mask.shape, x.shape)
        return mask[..., None]

    def _either(self, first: "Array", second: "Array") -> "Array":
        if broadcast(first.shape, second.shape) is None:
            raise self._unfit(first.shape, second.shape)
        return first | second

    def _unfit(self, first: Shape, second: Shape) -> Refusal:
        return Refusal(
            f"{self.class_name} cannot join the masks of its inputs: {format_shape(first)} does not fit "
            f"{format_shape(second)}",
            "Keras 3 fails on it too: let no mask reach this layer",
        )


def same_samples(inputs: Shapes, who: str) -> int | None:
    """The number of samples that all inputs have; refuse two different ones."""
    samples = {shape[0] for shape in inputs if shape} - {None}
    if len(samples) > 1:
        listed = ", ".join(map(format_shape, inputs))
        raise Refusal(f"{who} takes inputs of one number of samples, but has {listed}")
    return next(iter(samples), None)


class Add(Merging, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The sum of its inputs."
    source: ClassVar[str] = "keras.layers.Add"

    def merge(self, inputs: "Masked") -> "Array":
        y, *others = (x for x, _ in inputs)
        for x in others:
            y = y + x
        return y


class Subtract(Merging, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The first input less the second."
    source: ClassVar[str] = "keras.layers.Subtract"
    takes: ClassVar[Tensors] = Tensors(words="a list of two tensors of one shape, or of shapes that broadcast")
    inputs_taken: ClassVar[tuple[int, int | None]] = (2, 2)

    def merge(self, inputs: "Masked") -> "Array":
        (first, _), (second, _) = inputs
        return first - second


class Multiply(Merging, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The product of its inputs, scalar by scalar."
    source: ClassVar[str] = "keras.layers.Multiply"
    reads_masks: ClassVar[bool] = True

    def merge(self, inputs: "Masked") -> "Array":
        """What is masked counts as 1, and what is masked in all inputs gives 0."""
        import numpy as np

        seen = [x if mask is None else np.where(mask, x, x.dtype.type(1)) for x, mask in inputs]
        y: Array = reduce(np.multiply, seen)
        masks = [mask for _, mask in inputs if mask is not None]
        return y if len(masks) < len(inputs) else y * reduce(np.logical_or, masks)


class Average(Add, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The mean of its inputs."
    source: ClassVar[str] = "keras.layers.Average"

    def merge(self, inputs: "Masked") -> "Array":
        return super().merge(inputs) / len(inputs)


class Maximum(Merging, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The largest of its inputs, scalar by scalar."
    source: ClassVar[str] = "keras.layers.Maximum"
    reads_masks: ClassVar[bool] = True

    def merge(self, inputs: "Masked") -> "Array":
        import numpy as np

        return fold(np.maximum, inputs)


class Minimum(Merging, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The smallest of its inputs, scalar by scalar."
    source: ClassVar[str] = "keras.layers.Minimum"
    reads_masks: ClassVar[bool] = True

    def merge(self, inputs: "Masked") -> "Array":
        import numpy as np

        return fold(np.minimum, inputs)


def fold(function: "Callable[[Array, Array], Array]", inputs: "Masked") -> "Array":
    """The inputs joined two by two; what is masked in one of two takes the other's numbers.

    As `_apply_merge_op_and_or_mask` in keras/src/layers/merging/base_merge.py.
    """
    import numpy as np

    (y, of_y), *others = inputs
    for x, mask in others:
        x = x if mask is None else np.where(mask, x, y)
        y = y if of_y is None else np.where(of_y, y, x)
        of_y = None if mask is None or of_y is None else of_y | mask
        y = function(y, x)
    return y


class Concatenate(Merging, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Its inputs one after another along an axis."
    source: ClassVar[str] = "keras.layers.Concatenate"
    takes: ClassVar[Tensors] = Tensors(words="a list of tensors that agree in every other axis")
    gives: ClassVar[Tensors] = Tensors(words="the sizes of that axis added")

    axis: Integer = -1

    def output_shapes(self, inputs: Shapes) -> Shapes:
        first = inputs[0]
        listed = ", ".join(map(format_shape, inputs))
        if len({len(shape) for shape in inputs}) > 1:
            raise Refusal(f"Concatenate takes inputs of one rank, but has {listed}")
        if not -len(first) <= self.axis < len(first):
            if len(inputs) == 1:
                return inputs
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
                wider = make("ExpandDims", (tensor.mask,), (*tensor.mask.shape, 1), tensor.mask.dtype)
                zeros = make("ZerosLike", (tensor,), tensor.shape)
                joined = broadcast(wider.shape, zeros.shape)
                masks.append(make("LogicalOr", (wider, zeros), joined or tensor.shape))
            else:
                masks.append(tensor.mask)
        (shape,) = self.output_shapes(tuple(mask.shape for mask in masks))
        return (make("Any", (make("Concatenate", masks, shape),), shape[:-1]),)

    def doubts(self, inputs: Shapes) -> Iterator[Refusal]:
        """Of a single input Keras looks at no axis."""
        (first, *others) = inputs
        if not others and not -len(first) <= self.axis < len(first):
            message = f"Concatenate along axis {self.axis} needs more axes than {format_shape(first)}"
            yield Refusal(message, argument="axis")

    def forward(self, run: Running) -> Ran:
        import numpy as np

        are_ints = all(x.dtype.kind in "iu" for x in run.inputs)
        inputs = run.inputs if are_ints else floats(run)
        y = np.concatenate(inputs, axis=self.axis)
        if all(mask is None for mask in run.masks):
            return Ran((y,))
        masks = [self._whole(x, mask) for x, mask in zip(inputs, run.masks, strict=True)]
        return Ran((y,), (np.any(np.concatenate(masks, axis=self.axis), axis=-1),))

    def _whole(self, x: "Array", mask: "Array | None") -> "Array":
        """The mask for every number of an input."""
        import numpy as np

        if mask is None:
            return np.ones(x.shape, bool)
        if broadcast(x.shape, (*mask.shape, 1)) != x.shape:
            raise self._unfit(mask.shape, x.shape)
        return np.broadcast_to(mask[..., None], x.shape)


class Dot(Layer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The product of two tensors, sample by sample, along one axis of each."
    source: ClassVar[str] = "keras.layers.Dot"
    takes: ClassVar[Tensors] = Tensors(words="a list of two tensors whose named axes have one size")
    gives: ClassVar[Tensors] = Tensors(words="the other axes of the first, then of the second")
    example: ClassVar[Example] = Example({"axes": -1}, (SEQUENCE, SEQUENCE))
    inputs_taken: ClassVar[tuple[int, int | None]] = (2, 2)
    takes_list: ClassVar[bool] = True

    axes: Axes
    normalize: Boolean = False

    def output_shapes(self, inputs: Shapes) -> Shapes:
        first, second = inputs
        i, j = self.both(inputs)
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
        _, j = self.both(inputs)
        return (product_of(*first[1:], *second[1:j], *second[j + 1 :]),)

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.products import dot, unit_length

        first, second = floats(run)
        i, j = self.both((first.shape, second.shape))
        if self.normalize:
            first, second = unit_length(first, i), unit_length(second, j)
        return Ran((dot(first, second, i, j),))

    def both(self, inputs: Shapes) -> tuple[int, int]:
        """The axis of each that the product is along, from the front."""
        axes = (self.axes, self.axes) if isinstance(self.axes, int) else self.axes
        found = [axis + len(shape) if axis < 0 else axis for axis, shape in zip(axes, inputs, strict=True)]
        for axis, written, shape in zip(found, axes, inputs, strict=True):
            if not 0 < axis < len(shape):
                what = "is the samples axis" if axis == 0 else "is no axis"
                raise Refusal(f"axes: {written} {what} of {format_shape(shape)}", argument="axes")
        i, j = found
        return i, j
