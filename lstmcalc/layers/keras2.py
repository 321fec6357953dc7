"""Layers that Keras 2 had and Keras 3 dropped, with their arguments and weights as Keras 2.15 named them."""

from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar

from lstmcalc.errors import Refusal
from lstmcalc.layers.arguments import (
    Activation,
    Boolean,
    Constraint,
    DataFormat,
    Initializer,
    Interpolation,
    Local,
    NonNegative,
    Numbers,
    Padding,
    Positive,
    Regularizer,
    Seed,
    Sizes,
)
from lstmcalc.layers.base import Layer, Product, Ran, Running, Weight, floats, product_of
from lstmcalc.layers.core import PassesMask
from lstmcalc.layers.declared import IMAGE, SEQUENCE, ClosedForm, Example, Tensors
from lstmcalc.layers.spatial import Spatial, positions
from lstmcalc.shapes import Shape, Shapes, format_shape, require_min_rank

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


class ThresholdedReLU(PassesMask, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Its input where that is above `theta`, and 0 elsewhere."
    source: ClassVar[str] = "Konda et al. 2014; keras.layers.ThresholdedReLU of Keras 2"
    is_of_keras_3: ClassVar[bool] = False

    theta: NonNegative = 1.0

    def forward(self, run: Running) -> Ran:
        (x,) = floats(run)
        return Ran((x * (x > self.theta),), run.masks)


class OtherSize(Layer, frozen=True, eq=False, kw_only=True):
    """What RandomHeight and RandomWidth have in common: an axis of another size in training, unknown then."""

    takes: ClassVar[Tensors] = Tensors((IMAGE,))
    axis: ClassVar[int] = -3

    factor: Numbers
    interpolation: Interpolation = "bilinear"
    seed: Seed = None

    def output_shapes(self, inputs: Shapes) -> Shapes:
        require_min_rank(inputs[0], 3, self.class_name)
        place = len(inputs[0]) + self.axis
        return (tuple(None if axis == place else size for axis, size in enumerate(inputs[0])),)

    def forward(self, run: Running) -> Ran:
        return Ran(floats(run))


class RandomHeight(OtherSize, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Another height of images in training, which is unknown then."
    source: ClassVar[str] = "keras.layers.RandomHeight of Keras 2"
    is_of_keras_3: ClassVar[bool] = False
    gives: ClassVar[Tensors] = Tensors((("samples", "?", "width", "channels"),))


class RandomWidth(OtherSize, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Another width of images in training, which is unknown then."
    source: ClassVar[str] = "keras.layers.RandomWidth of Keras 2"
    is_of_keras_3: ClassVar[bool] = False
    gives: ClassVar[Tensors] = Tensors((("samples", "height", "?", "channels"),))
    axis: ClassVar[int] = -2


class LocallyConnected(Spatial, frozen=True, eq=False, kw_only=True):
    """What the locally connected layers have in common: a kernel that is another at each position.

    `implementation` says how Keras keeps the kernel: 1 by position, 2 as a matrix of every
    place of the input by every position, most of it without effect, and 3 as what of that has one.
    """

    filters: Positive
    kernel_size: Sizes
    strides: Sizes = 1
    padding: Padding = "valid"
    data_format: DataFormat = None
    activation: Activation = None
    use_bias: Boolean = True
    kernel_initializer: Initializer = "glorot_uniform"
    bias_initializer: Initializer = "zeros"
    kernel_regularizer: Regularizer = None
    bias_regularizer: Regularizer = None
    activity_regularizer: Regularizer = None
    kernel_constraint: Constraint = None
    bias_constraint: Constraint = None
    implementation: Local = 1

    def check(self) -> None:
        self.check_sizes("kernel_size", "strides")
        if self.padding == "same" and self.implementation == 1:
            raise Refusal(
                f"{self.class_name} takes padding: same with implementation 2 or 3 alone",
                "write padding: valid, or implementation: 2",
                "padding",
            )

    def output_shapes(self, inputs: Shapes) -> Shapes:
        samples, axes, _ = self._known(inputs)
        return (self.join(samples, self._positions(axes), self.filters),)

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        _, axes, channels = self._known(inputs)
        places = self._positions(axes)
        shape: tuple[int, ...] = (prod(places), prod(self.sizes("kernel_size")) * channels, self.filters)
        if self.implementation == 2:
            shape = (*self._in_order(axes, channels), *self._in_order(places, self.filters))
        if self.implementation == 3:
            shape = (sum(1 for _ in self._connections(axes, places)) * channels * self.filters,)
        kernel = self.weight("kernel", *shape)
        return (kernel, self.weight("bias", *places, self.filters)) if self.use_bias else (kernel,)

    def products(self, inputs: Shapes) -> tuple[Product, ...]:
        _, axes, channels = self._known(inputs)
        seen = sum(1 for _ in self._connections(axes, self._positions(axes)))
        return (product_of(seen, channels, self.filters),)

    def forward(self, run: Running) -> Ran:
        import numpy as np

        from lstmcalc.kernels.activations import activate

        (x,) = floats(run)
        _, axes, _ = self._known((x.shape,))
        places = self._positions(axes)
        y = (
            self._by_position(x, run, axes, places)
            if self.implementation == 1
            else self._by_matrix(x, run, axes, places)
        )
        if self.use_bias:
            bias = run.weight("bias")
            y = y + (np.moveaxis(bias, -1, 0) if self.channels_come_first else bias)
        return Ran((activate(self.activation, y),))

    def _by_position(self, x: "Array", run: Running, axes: tuple[int, ...], places: tuple[int, ...]) -> "Array":
        """What a kernel for each position gives; what it sees is laid out as the input is, channels first or last."""
        import numpy as np

        from lstmcalc.kernels.local import windows

        seen = windows(axes, self.sizes("kernel_size"), self.sizes("strides"), places, self.padding)
        every = slice(None)
        parts = []
        for window in seen:
            steps = tuple(slice(step.start, step.stop) for step in window)
            part = x[(every, *self._in_order(steps, every))]
            parts.append(part.reshape(len(x), -1))
        y = np.einsum("pni,pio->npo", np.stack(parts), run.weight("kernel"))
        y = y.reshape(len(x), *places, self.filters)
        ordered: Array = np.moveaxis(y, -1, 1) if self.channels_come_first else y
        return ordered

    def _by_matrix(self, x: "Array", run: Running, axes: tuple[int, ...], places: tuple[int, ...]) -> "Array":
        """What the matrix of the whole input by the whole output gives."""
        import numpy as np

        channels = x.shape[1] if self.channels_come_first else x.shape[-1]
        taken, given = self._in_order(axes, channels), self._in_order(places, self.filters)
        connected = np.zeros((prod(axes), prod(places)), bool)
        for position, place in self._connections(axes, places):
            connected[place, position] = True
        mask = connected.reshape(*self._in_order(axes, 1), *self._in_order(places, 1))
        mask = np.broadcast_to(mask, (*taken, *given)).reshape(prod(taken), prod(given))
        if self.implementation == 2:
            matrix = run.weight("kernel").reshape(mask.shape) * mask
        else:  # in the order of the output, and of the input for each place of that
            matrix = np.zeros(mask.T.shape, x.dtype)
            matrix[mask.T] = run.weight("kernel")
            matrix = matrix.T
        y: Array = x.reshape(len(x), -1) @ matrix
        return y.reshape(len(x), *given)

    def _connections(self, axes: tuple[int, ...], places: tuple[int, ...]) -> "Iterator[tuple[int, int]]":
        from lstmcalc.kernels.local import connections

        return connections(axes, self.sizes("kernel_size"), self.sizes("strides"), places, self.padding)

    def _in_order(self, axes: tuple[Any, ...], channels: Any) -> tuple[Any, ...]:
        return (channels, *axes) if self.channels_come_first else (*axes, channels)

    def _known(self, inputs: Shapes) -> tuple[int | None, tuple[int, ...], int]:
        """Samples, axes and channels, all but the samples known."""
        samples, axes, channels = self.split(inputs[0])
        if channels is None or None in axes:
            raise Refusal(
                f"{self.class_name} has a kernel for each position, and the positions of "
                f"{format_shape(inputs[0])} are unknown",
                "give the input all its sizes",
            )
        return samples, tuple(axis for axis in axes if axis is not None), channels

    def _positions(self, axes: Shape) -> tuple[int, ...]:
        stops = positions(self, "kernel_size", axes, self.sizes("kernel_size"), self.sizes("strides"), self.padding)
        return tuple(stop for stop in stops if stop is not None)


EACH_POSITION = ClosedForm(
    None, "positions * (kernel_size * features * filters + filters): each position has a kernel and biases of its own"
)


class LocallyConnected1D(LocallyConnected, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A convolution over timesteps whose kernel is another at each position."
    source: ClassVar[str] = "keras.layers.LocallyConnected1D of Keras 2"
    is_of_keras_3: ClassVar[bool] = False
    takes: ClassVar[Tensors] = Tensors((SEQUENCE,))
    gives: ClassVar[Tensors] = Tensors((("samples", "positions", "filters"),))
    closed_form: ClassVar[ClosedForm] = EACH_POSITION
    example: ClassVar[Example] = Example({"filters": 3, "kernel_size": 2}, inputs=(SEQUENCE,))
    rank: ClassVar[int] = 1
    first_axis_is_time: ClassVar[bool] = True


class LocallyConnected2D(LocallyConnected, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A convolution over an image whose kernel is another at each position."
    source: ClassVar[str] = "keras.layers.LocallyConnected2D of Keras 2"
    is_of_keras_3: ClassVar[bool] = False
    takes: ClassVar[Tensors] = Tensors((IMAGE,))
    gives: ClassVar[Tensors] = Tensors((("samples", "rows", "columns", "filters"),))
    closed_form: ClassVar[ClosedForm] = EACH_POSITION
    example: ClassVar[Example] = Example({"filters": 3, "kernel_size": 2}, inputs=(IMAGE,))
    rank: ClassVar[int] = 2
