"""Layers that give the same numbers another shape."""

from math import prod
from typing import ClassVar

from lstmcalc.errors import Refusal
from lstmcalc.layers.arguments import DataFormat, Integers, Positive, TargetShape
from lstmcalc.layers.base import Layer, Ran, Running
from lstmcalc.layers.declared import ANY_AXES, SEQUENCE, VECTOR, Axes, Example, Tensors
from lstmcalc.shapes import Shape, Shapes, format_shape, product, require_min_rank, require_rank


class Flatten(Layer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "All axes but the samples in one."
    source: ClassVar[str] = "keras.layers.Flatten"
    takes: ClassVar[Tensors] = Tensors((ANY_AXES,))
    gives: ClassVar[Tensors] = Tensors(
        (VECTOR,), "(samples, product of the other axes), None when one of them is unknown"
    )
    keeps_input_dtype: ClassVar[bool] = True

    data_format: DataFormat = None

    def advice(self, output: Shape, wants_time: bool) -> str | None:
        if output[-1] is not None:
            return None
        return (
            f"{self.name} flattens an axis that is unknown, so that nobody knows how many features there are: "
            "give the input its timesteps, or --timesteps N"
        )

    def output_shapes(self, inputs: Shapes) -> Shapes:
        require_min_rank(inputs[0], 1, "Flatten")
        samples, *axes = inputs[0]
        return ((samples, product(tuple(axes))),)

    def forward(self, run: Running) -> Ran:
        (x,) = run.inputs
        if self.data_format == "channels_first" and x.ndim > 1:
            x = x.transpose(0, *range(2, x.ndim), 1)
        return Ran((x.reshape(len(x), prod(x.shape[1:])),))


class Reshape(Layer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The same numbers in another shape, with one axis of -1 worked out."
    source: ClassVar[str] = "keras.layers.Reshape"
    takes: ClassVar[Tensors] = Tensors((ANY_AXES,))
    gives: ClassVar[Tensors] = Tensors(words="(samples, *target_shape)")
    example: ClassVar[Example] = Example({"target_shape": (-1,)})
    keeps_input_dtype: ClassVar[bool] = True

    target_shape: TargetShape

    def output_shapes(self, inputs: Shapes) -> Shapes:
        samples, *axes = inputs[0]
        size = product(tuple(axes))
        if size is None:
            return ((samples, *(None if axis == -1 else axis for axis in self.target_shape)),)
        fixed = product(tuple(axis for axis in self.target_shape if axis != -1)) or 1
        if size != fixed if -1 not in self.target_shape else size % fixed:
            raise Refusal(
                f"Reshape cannot make {format_shape(self.target_shape)} of {format_shape(inputs[0])}: "
                f"a sample has {size:,} scalars, the target {fixed:,}{' times -1' if -1 in self.target_shape else ''}",
                argument="target_shape",
            )
        return ((samples, *(size // fixed if axis == -1 else axis for axis in self.target_shape)),)

    def forward(self, run: Running) -> Ran:
        (x,) = run.inputs
        (shape,) = self.output_shapes((x.shape,))
        return Ran((x.reshape([size or 0 for size in shape]),))


class RepeatVector(Layer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The input `n` times, as timesteps."
    source: ClassVar[str] = "keras.layers.RepeatVector"
    takes: ClassVar[Tensors] = Tensors((VECTOR,))
    gives: ClassVar[Tensors] = Tensors((SEQUENCE,), "(samples, n, features)")

    n: Positive

    def output_shapes(self, inputs: Shapes) -> Shapes:
        help = "a layer above gives its sequence; leave out return_sequences to repeat its last output"
        require_rank(inputs[0], 2, "RepeatVector", help if len(inputs[0]) == 3 else None)
        samples, features = inputs[0]
        return ((samples, self.n, features),)

    def forward(self, run: Running) -> Ran:
        (x,) = run.inputs
        return Ran((x[:, None].repeat(self.n, axis=1),))


class Permute(Layer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The axes in another order, counted from 1 without the samples."
    source: ClassVar[str] = "keras.layers.Permute"
    takes: ClassVar[Tensors] = Tensors((ANY_AXES,))
    gives: ClassVar[Tensors] = Tensors(words="(samples, ...), axis `dims[0]` first")
    example: ClassVar[Example] = Example({"dims": (2, 1)}, (SEQUENCE,))
    keeps_input_dtype: ClassVar[bool] = True

    dims: Integers

    def check(self) -> None:
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise Refusal(
                f"dims must name each axis from 1 to {max(len(self.dims), 1)} once, but is {list(self.dims)}",
                "the samples axis is 0 and stays where it is",
                argument="dims",
            )

    def output_shapes(self, inputs: Shapes) -> Shapes:
        require_rank(inputs[0], len(self.dims) + 1, f"Permute with dims {list(self.dims)}")
        permuted: Shape = (inputs[0][0], *(inputs[0][axis] for axis in self.dims))
        return (permuted,)

    def output_names_of_axes(self, names: Axes) -> Axes:
        return (names[0], *(names[axis] for axis in self.dims))

    def forward(self, run: Running) -> Ran:
        (x,) = run.inputs
        return Ran((x.transpose(0, *self.dims),))
