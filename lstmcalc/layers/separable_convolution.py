"""Convolutions channel by channel: depthwise, and separable, which mixes the channels afterwards."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from lstmcalc.errors import Refusal
from lstmcalc.layers.arguments import (
    Activation,
    Boolean,
    CausalPadding,
    Constraint,
    DataFormat,
    Initializer,
    Padding,
    Positive,
    Regularizer,
    Sizes,
)
from lstmcalc.layers.base import Product, Running, Weight, product_of
from lstmcalc.layers.convolution import Convolution
from lstmcalc.layers.declared import IMAGE, SEQUENCE, ClosedForm, Example, Tensors
from lstmcalc.layers.spatial import KERNELS
from lstmcalc.shapes import Shapes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


def spread(layer: Convolution, kernel: "Array", x: "Array") -> "Array":
    """Each channel by its own kernels."""
    from lstmcalc.kernels.convolution import convolve_depthwise

    strides, dilation = layer.sizes("strides"), layer.sizes("dilation_rate")
    return convolve_depthwise(x, kernel, strides, layer.padding, dilation, not layer.channels_come_first)


class Depthwise(Convolution, frozen=True, eq=False, kw_only=True):
    """What DepthwiseConv1D and DepthwiseConv2D have in common."""

    has_kernel: ClassVar[bool] = True

    kernel_size: Sizes
    strides: Sizes = 1
    padding: Padding = "valid"
    depth_multiplier: Positive = 1
    data_format: DataFormat = None
    dilation_rate: Sizes = 1
    activation: Activation = None
    use_bias: Boolean = True
    depthwise_initializer: Initializer = "glorot_uniform"
    bias_initializer: Initializer = "zeros"
    depthwise_regularizer: Regularizer = None
    bias_regularizer: Regularizer = None
    activity_regularizer: Regularizer = None
    depthwise_constraint: Constraint = None
    bias_constraint: Constraint = None

    def output_channels(self, channels: int) -> int:
        return channels * self.depth_multiplier

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        channels = self.channels(inputs)
        shape = (*self.kernel, channels, self.depth_multiplier)
        kernel = self.weight("kernel", *shape, initializer="depthwise_initializer")
        return (kernel, *self.bias(self.output_channels(channels)))

    def convolve_input(self, run: Running, x: "Array") -> "Array":
        return spread(self, run.weight("kernel"), x)

    def products(self, inputs: Shapes) -> tuple[Product, ...]:
        _, axes, _ = self.split(inputs[0])
        return (product_of(*self.output_axes(axes), *self.kernel, self.channels(inputs), self.depth_multiplier),)


class DepthwiseConv1D(Depthwise, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Kernels that slide over the timesteps, each over one feature alone."
    source: ClassVar[str] = "keras.layers.DepthwiseConv1D"
    takes: ClassVar[Tensors] = Tensors((SEQUENCE,))
    gives: ClassVar[Tensors] = Tensors((("samples", "positions", "features*depth_multiplier"),))
    closed_form: ClassVar[ClosedForm] = ClosedForm("kernel_size*features*depth_multiplier+features*depth_multiplier")
    example: ClassVar[Example] = KERNELS[1]
    rank: ClassVar[int] = 1
    first_axis_is_time: ClassVar[bool] = True


class DepthwiseConv2D(Depthwise, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Kernels that slide over an image, each over one channel alone."
    source: ClassVar[str] = "keras.layers.DepthwiseConv2D"
    takes: ClassVar[Tensors] = Tensors((IMAGE,))
    gives: ClassVar[Tensors] = Tensors((("samples", "rows", "columns", "channels*depth_multiplier"),))
    closed_form: ClassVar[ClosedForm] = ClosedForm(
        "prod(kernel_size)*channels*depth_multiplier+channels*depth_multiplier"
    )
    example: ClassVar[Example] = KERNELS[2]
    rank: ClassVar[int] = 2


class Separable(Convolution, frozen=True, eq=False, kw_only=True):
    """What SeparableConv1D and SeparableConv2D have in common."""

    filters: Positive
    kernel_size: Sizes
    strides: Sizes = 1
    padding: CausalPadding = "valid"
    data_format: DataFormat = None
    dilation_rate: Sizes = 1
    depth_multiplier: Positive = 1
    activation: Activation = None
    use_bias: Boolean = True
    depthwise_initializer: Initializer = "glorot_uniform"
    pointwise_initializer: Initializer = "glorot_uniform"
    bias_initializer: Initializer = "zeros"
    depthwise_regularizer: Regularizer = None
    pointwise_regularizer: Regularizer = None
    bias_regularizer: Regularizer = None
    activity_regularizer: Regularizer = None
    depthwise_constraint: Constraint = None
    pointwise_constraint: Constraint = None
    bias_constraint: Constraint = None

    def doubts(self, inputs: Shapes) -> Iterator[Refusal]:
        """Keras 2 took causal, and Keras 3 does not."""
        if self.padding == "causal":
            message = f"{self.class_name}: padding must be one of valid, same, but is 'causal'"
            yield Refusal(message, "Keras 2 took it: pad the input with ZeroPadding1D", "padding")

    def output_channels(self, channels: int) -> int:
        return self.filters

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        channels = self.channels(inputs)
        each = (*self.kernel, channels, self.depth_multiplier)
        mix = (*(1,) * self.rank, channels * self.depth_multiplier, self.filters)
        return (
            self.weight("depthwise_kernel", *each, initializer="depthwise_initializer"),
            self.weight("pointwise_kernel", *mix, initializer="pointwise_initializer"),
            *self.bias(self.filters),
        )

    def convolve_input(self, run: Running, x: "Array") -> "Array":
        from lstmcalc.kernels.convolution import convolve

        each, one = spread(self, run.weight("depthwise_kernel"), x), (1,) * self.rank
        return convolve(each, run.weight("pointwise_kernel"), one, "valid", one, 1, not self.channels_come_first)

    def products(self, inputs: Shapes) -> tuple[Product, ...]:
        _, axes, _ = self.split(inputs[0])
        stops, between = self.output_axes(axes), self.channels(inputs) * self.depth_multiplier
        return (product_of(*stops, *self.kernel, between), product_of(*stops, between, self.filters))


class SeparableConv1D(Separable, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A depthwise convolution of timesteps, then a mix of the features."
    source: ClassVar[str] = "Chollet 2017; keras.layers.SeparableConv1D"
    takes: ClassVar[Tensors] = Tensors((SEQUENCE,))
    gives: ClassVar[Tensors] = Tensors((("samples", "positions", "filters"),))
    closed_form: ClassVar[ClosedForm] = ClosedForm(
        "kernel_size*features*depth_multiplier+features*depth_multiplier*filters+filters"
    )
    example: ClassVar[Example] = KERNELS[1]
    rank: ClassVar[int] = 1
    first_axis_is_time: ClassVar[bool] = True


class SeparableConv2D(Separable, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A depthwise convolution of an image, then a mix of the channels."
    source: ClassVar[str] = "Chollet 2017; keras.layers.SeparableConv2D"
    takes: ClassVar[Tensors] = Tensors((IMAGE,))
    gives: ClassVar[Tensors] = Tensors((("samples", "rows", "columns", "filters"),))
    closed_form: ClassVar[ClosedForm] = ClosedForm(
        "prod(kernel_size)*channels*depth_multiplier+channels*depth_multiplier*filters+filters"
    )
    example: ClassVar[Example] = KERNELS[2]
    rank: ClassVar[int] = 2
