"""Recurrent layers whose step is a convolution: ConvLSTM1D, ConvLSTM2D and ConvLSTM3D."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from lstmcalc.errors import Refusal
from lstmcalc.layers.arguments import (
    BOOLEAN,
    Activation,
    Boolean,
    Constraint,
    DataFormat,
    Initializer,
    Padding,
    Positive,
    Rate,
    Regularizer,
    Rule,
    Seed,
    Sizes,
)
from lstmcalc.layers.base import Product, Running, Weight, product_of
from lstmcalc.layers.convolution import refuse_strides_with_dilation, window
from lstmcalc.layers.declared import ClosedForm, Elsewhere, Example, Gating, Tensors
from lstmcalc.layers.gating import LSTM_GATING
from lstmcalc.layers.recurrent import Recurrent, gates_of_today
from lstmcalc.layers.spatial import KERNELS, check_sizes, each_axis, in_order, positions, require_axes, split
from lstmcalc.shapes import Shape, Shapes, format_shape, known

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lstmcalc.kernels.recurrence import Course, Timesteps

    Array = NDArray[Any]

OF_IMAGES = (
    "It is an LSTM that reads a sequence of rows, images or volumes, one timestep after the other, and keeps two notes "
    "of what it has read: h, which is its output, and a memory (Keras's state_c). Each has a number of each filter for "
    "every position. In place of matrix products there are convolutions, so all positions share the same weights."
)
AXES = {1: ("rows",), 2: ("rows", "columns"), 3: ("depth", "rows", "columns")}


class ConvLSTM(Recurrent, frozen=True, eq=False, kw_only=True):
    """What ConvLSTM1D, ConvLSTM2D and ConvLSTM3D have in common: four gates, each with two convolutions.

    That of the input gives the shape of the states; that of the state before keeps it (padding same).
    """

    rank: ClassVar[int] = 1
    replaceable: ClassVar[tuple[str, ...]] = ("recurrent_activation",)
    gating: ClassVar[Gating] = msgspec.structs.replace(
        LSTM_GATING, story=OF_IMAGES, elsewhere=(Elsewhere("Flax ConvLSTMCell", 2),), lesson=""
    )
    states: ClassVar[tuple[str, ...]] = ("state_h", "state_c")
    keywords: ClassVar[dict[str, Rule]] = {"unroll": BOOLEAN, "zero_output_for_mask": BOOLEAN}

    filters: Positive
    kernel_size: Sizes
    strides: Sizes = 1
    padding: Padding = "valid"
    data_format: DataFormat = None
    dilation_rate: Sizes = 1
    activation: Activation = "tanh"
    recurrent_activation: Activation = "sigmoid"
    use_bias: Boolean = True
    kernel_initializer: Initializer = "glorot_uniform"
    recurrent_initializer: Initializer = "orthogonal"
    bias_initializer: Initializer = "zeros"
    unit_forget_bias: Boolean = True
    kernel_regularizer: Regularizer = None
    recurrent_regularizer: Regularizer = None
    bias_regularizer: Regularizer = None
    activity_regularizer: Regularizer = None
    kernel_constraint: Constraint = None
    recurrent_constraint: Constraint = None
    bias_constraint: Constraint = None
    dropout: Rate = 0.0
    recurrent_dropout: Rate = 0.0
    seed: Seed = None
    return_sequences: Boolean = False
    return_state: Boolean = False
    go_backwards: Boolean = False
    stateful: Boolean = False
    unroll: bool = False
    zero_output_for_mask: bool = False

    saved_in: ClassVar[str] = "cell/vars"  # Keras keeps them in a cell inside

    def check(self) -> None:
        for argument in ("kernel_size", "strides", "dilation_rate"):
            check_sizes(self, argument, self.rank)
        refuse_strides_with_dilation(self, self._sizes("strides"), self._sizes("dilation_rate"))
        if self.use_bias and self.unit_forget_bias and self.bias_initializer is None:
            raise Refusal(
                f"{self.class_name} needs a bias_initializer for the biases that unit_forget_bias leaves",
                "write zeros, or unit_forget_bias: false",
                "bias_initializer",
            )

    def weights_of_today(self, arrays: "list[Array]") -> "list[Array]":
        return gates_of_today(self, self.gating, arrays)

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        self.require_samples(inputs)
        kernel, columns = self._sizes("kernel_size"), 4 * self.filters
        # Keras keeps them in a cell inside, which hears nothing of the argument `trainable`.
        cell = msgspec.structs.replace(self, trainable=not self.is_frozen)
        forget_gate = (self.filters, 2 * self.filters) if self.unit_forget_bias else None
        bias = (cell.weight("bias", columns, ones=forget_gate),) if self.use_bias else ()
        return (
            cell.weight("kernel", *kernel, self._channels(inputs), columns),
            cell.weight("recurrent_kernel", *kernel, self.filters, columns, initializer="recurrent_initializer"),
            *bias,
        )

    def state_shapes(self, inputs: Shapes) -> Shapes:
        samples, axes = inputs[0][0], self._positions(inputs)
        return ((samples, *in_order(axes, self.filters, self._channels_come_first)),) * 2

    def products(self, inputs: Shapes) -> tuple[Product, ...]:
        timesteps, kernel, columns = inputs[0][1], self._sizes("kernel_size"), 4 * self.filters
        stops = self._positions(inputs)
        return (
            product_of(timesteps, *stops, *kernel, self._channels(inputs), columns),
            product_of(timesteps, *stops, *kernel, self.filters, columns),
        )

    def course(self, run: Running, sequence: "Timesteps") -> "Course":
        from lstmcalc.kernels.convolutional_recurrence import Window, conv_lstm

        bias = run.weight("bias") if self.use_bias else None
        weights = (run.weight("kernel"), run.weight("recurrent_kernel"), bias)
        sizes = self._sizes("strides"), self._sizes("dilation_rate")
        window = Window(sizes[0], self.padding, sizes[1], not self._channels_come_first)
        return conv_lstm(sequence, weights, window, self.activation, self.recurrent_activation)

    @property
    def _channels_come_first(self) -> bool:
        return self.data_format == "channels_first"

    def _sizes(self, argument: str) -> tuple[int, ...]:
        return each_axis(getattr(self, argument), self.rank)

    def _step(self, inputs: Shapes) -> tuple[Shape, int | None]:
        """The spatial axes and the channels of one timestep."""
        names = in_order(AXES[self.rank], "channels", self._channels_come_first)
        require_axes(self, inputs[0], ("timesteps", *names))
        samples, _, *step = inputs[0]
        _, axes, channels = split((samples, *step), self._channels_come_first)
        return axes, channels

    def doubts(self, inputs: Shapes) -> Iterator[Refusal]:
        axes, _ = self._step(inputs)
        if None in axes:
            yield Refusal(
                f"{self.class_name} needs to know the size of a timestep, but its input is {format_shape(inputs[0])}",
                f"the states have a fixed size: give its {', '.join(AXES[self.rank])} a number",
            )

    def _positions(self, inputs: Shapes) -> Shape:
        axes, _ = self._step(inputs)
        self._channels(inputs)
        reach = window(self._sizes("kernel_size"), self._sizes("dilation_rate"))
        return positions(self, "kernel_size", axes, reach, self._sizes("strides"), self.padding)

    def _channels(self, inputs: Shapes) -> int:
        self._step(inputs)
        return known(inputs[0], 2 if self._channels_come_first else -1, self.class_name, "channels")


class ConvLSTM1D(ConvLSTM, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "An LSTM over sequences of rows, with convolutions for gates."
    source: ClassVar[str] = "Shi et al. 2015; keras.layers.ConvLSTM1D"
    takes: ClassVar[Tensors] = Tensors((("samples", "timesteps", "rows", "channels"),))
    gives: ClassVar[Tensors] = Tensors(
        (("samples", "rows", "filters"), ("samples", "timesteps", "rows", "filters")),
        "{}, or with the timesteps with return_sequences; {states}",
    )
    closed_form: ClassVar[ClosedForm] = ClosedForm("4*(kernel_size*(channels+filters)*filters+filters)")
    example: ClassVar[Example] = KERNELS[1]
    rank: ClassVar[int] = 1


class ConvLSTM2D(ConvLSTM, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "An LSTM over sequences of images, with convolutions for gates."
    source: ClassVar[str] = "Shi et al. 2015; keras.layers.ConvLSTM2D"
    takes: ClassVar[Tensors] = Tensors((("samples", "timesteps", "rows", "columns", "channels"),))
    gives: ClassVar[Tensors] = Tensors(
        (("samples", "rows", "columns", "filters"), ("samples", "timesteps", "rows", "columns", "filters")),
        "{}, or with the timesteps with return_sequences; {states}",
    )
    closed_form: ClassVar[ClosedForm] = ClosedForm("4*(prod(kernel_size)*(channels+filters)*filters+filters)")
    example: ClassVar[Example] = KERNELS[2]
    rank: ClassVar[int] = 2


class ConvLSTM3D(ConvLSTM, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "An LSTM over sequences of volumes, with convolutions for gates."
    source: ClassVar[str] = "Shi et al. 2015; keras.layers.ConvLSTM3D"
    takes: ClassVar[Tensors] = Tensors((("samples", "timesteps", "depth", "rows", "columns", "channels"),))
    gives: ClassVar[Tensors] = Tensors(
        (
            ("samples", "depth", "rows", "columns", "filters"),
            ("samples", "timesteps", "depth", "rows", "columns", "filters"),
        ),
        "{}, or with the timesteps with return_sequences; {states}",
    )
    closed_form: ClassVar[ClosedForm] = ClosedForm("4*(prod(kernel_size)*(channels+filters)*filters+filters)")
    example: ClassVar[Example] = KERNELS[3]
    rank: ClassVar[int] = 3
