"""Convolutions, and transposed ones: a kernel that slides over timesteps, an image or a volume."""

from typing import TYPE_CHECKING, Any, ClassVar

from lstmcalc.errors import Refusal
from lstmcalc.layers.arguments import (
    OPTIONAL_NUMBER,
    OPTIONAL_POSITIVE,
    Activation,
    Boolean,
    CausalPadding,
    Constraint,
    DataFormat,
    Initializer,
    OptionalMargins,
    Padding,
    Positive,
    Regularizer,
    Rule,
    Sizes,
)
from lstmcalc.layers.base import Layer, Product, Ran, Running, SavedSum, Weight, floats, lora_sum, product_of
from lstmcalc.layers.declared import IMAGE, SEQUENCE, VOLUME, ClosedForm, Example, Tensors
from lstmcalc.layers.spatial import KERNELS, Spatial, each_axis, positions
from lstmcalc.shapes import Shape, Shapes, format_shape, known

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


class Convolution(Spatial, frozen=True, eq=False, kw_only=True):
    """What convolutions have in common: where their kernel stops, and how many channels they give."""

    kernel_size: Sizes
    strides: Sizes = 1
    padding: Padding = "valid"
    dilation_rate: Sizes = 1
    activation: Activation = None
    use_bias: Boolean = True

    def check(self) -> None:
        self.check_sizes("kernel_size", "strides", "dilation_rate")
        if self.padding == "causal" and self.rank > 1:
            raise Refusal(
                f"{self.class_name}: padding must be one of valid, same, but is 'causal'",
                "causal is for Conv1D: timesteps have a past, an image has none",
                "padding",
            )

    @property
    def kernel(self) -> tuple[int, ...]:
        """The kernel's size along each spatial axis."""
        return self.sizes("kernel_size")

    @property
    def window(self) -> tuple[int, ...]:
        """What the kernel reaches over along each axis, with the gaps of its dilation."""
        return window(self.kernel, self.sizes("dilation_rate"))

    def output_channels(self, channels: int) -> int:
        """How many channels the output has."""
        raise NotImplementedError

    def output_shapes(self, inputs: Shapes) -> Shapes:
        samples, axes, _ = self.split(inputs[0])
        channels = self.output_channels(self.channels(inputs))
        return (self.join(samples, self.output_axes(axes), channels),)

    def output_axes(self, axes: Shape) -> Shape:
        """The output's spatial axes: the positions of the kernel."""
        return positions(self, "kernel_size", axes, self.window, self.sizes("strides"), self.padding)

    def channels(self, inputs: Shapes) -> int:
        """The input's channels, which the kernel is made for."""
        self.split(inputs[0])
        return known(inputs[0], 1 if self.channels_come_first else -1, self.class_name, self.channels_called)

    def bias(self, channels: int) -> tuple[Weight, ...]:
        """One scalar for each channel of the output, where there is a bias."""
        return (self.weight("bias", channels),) if self.use_bias else ()

    def convolve_input(self, run: Running, x: "Array") -> "Array":
        """The output before bias and activation."""
        raise NotImplementedError

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.activations import activate

        y = self.convolve_input(run, *floats(run))
        if self.use_bias:
            bias = run.weight("bias")
            y += bias.reshape(-1, *(1,) * self.rank) if self.channels_come_first else bias
        return Ran((activate(self.activation, y),))


def window(kernel: tuple[int, ...], dilation: tuple[int, ...]) -> tuple[int, ...]:
    """What a kernel reaches over with the gaps of its dilation."""
    return tuple((size - 1) * rate + 1 for size, rate in zip(kernel, dilation, strict=True))


def refuse_strides_with_dilation(layer: Layer, strides: tuple[int, ...], dilation: tuple[int, ...]) -> None:
    """Refuse steps over several positions together with a kernel with gaps, as Keras does."""
    if max(strides) > 1 and max(dilation) > 1:
        raise Refusal(
            f"{layer.class_name} takes strides or dilation_rate, "
            f"but has strides of {format_shape(strides)} and a dilation_rate of {format_shape(dilation)}",
            "leave one of them at 1",
            "dilation_rate",
        )


class Conv(Convolution, frozen=True, eq=False, kw_only=True):
    """What Conv1D, Conv2D and Conv3D have in common."""

    replaceable: ClassVar[tuple[str, ...]] = ("activation",)
    has_kernel: ClassVar[bool] = True
    keywords: ClassVar[dict[str, Rule]] = {"lora_rank": OPTIONAL_POSITIVE, "lora_alpha": OPTIONAL_NUMBER}

    filters: Positive
    kernel_size: Sizes
    strides: Sizes = 1
    padding: CausalPadding = "valid"
    data_format: DataFormat = None
    dilation_rate: Sizes = 1
    groups: Positive = 1
    activation: Activation = None
    use_bias: Boolean = True
    kernel_initializer: Initializer = "glorot_uniform"
    bias_initializer: Initializer = "zeros"
    kernel_regularizer: Regularizer = None
    bias_regularizer: Regularizer = None
    activity_regularizer: Regularizer = None
    kernel_constraint: Constraint = None
    bias_constraint: Constraint = None
    lora_rank: int | None = None
    lora_alpha: float | None = None

    @property
    def saved_sums(self) -> tuple[SavedSum, ...]:
        return (lora_sum("kernel", self.lora_rank, self.lora_alpha),) if self.lora_rank else ()

    def check(self) -> None:
        Convolution.check(self)
        refuse_strides_with_dilation(self, self.sizes("strides"), self.sizes("dilation_rate"))
        if self.filters % self.groups:
            raise self._uneven("filters", self.filters)
        if self.lora_rank and self.kernel_constraint:
            raise Refusal(f"{self.class_name} cannot have lora_rank and kernel_constraint together", None, "lora_rank")

    def channels(self, inputs: Shapes) -> int:
        channels = Convolution.channels(self, inputs)
        if channels % self.groups:
            raise self._uneven(self.channels_called, channels)
        return channels

    def _uneven(self, called: str, number: int) -> Refusal:
        return Refusal(
            f"{self.class_name} takes {called} that {self.groups} groups can share evenly, but has {number}",
            f"groups must divide {number}",
            "groups",
        )

    def output_channels(self, channels: int) -> int:
        return self.filters

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        shape = (*self.kernel, self.channels(inputs) // self.groups)
        kernel = self.weight("kernel", *shape, self.filters, trainable=not self.lora_rank)
        if not self.lora_rank:
            return (kernel, *self.bias(self.filters))
        low = self.weight("lora_kernel_a", *shape, self.lora_rank, dtype="float32", initializer="he_uniform")
        high = self.weight("lora_kernel_b", self.lora_rank, self.filters, dtype="float32", initializer="zeros")
        return (kernel, *self.bias(self.filters), low, high)

    def convolve_input(self, run: Running, x: "Array") -> "Array":
        from lstmcalc.kernels.convolution import convolve

        kernel = run.weight("kernel")
        if self.lora_rank:
            scale = (self.lora_alpha or self.lora_rank) / self.lora_rank
            kernel = kernel + scale * (run.weight("lora_kernel_a") @ run.weight("lora_kernel_b"))
        strides, dilation = self.sizes("strides"), self.sizes("dilation_rate")
        return convolve(x, kernel, strides, self.padding, dilation, self.groups, not self.channels_come_first)

    def products(self, inputs: Shapes) -> tuple[Product, ...]:
        _, axes, _ = self.split(inputs[0])
        return (product_of(*self.output_axes(axes), *self.kernel, self.channels(inputs) // self.groups, self.filters),)


class Conv1D(Conv, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A kernel that slides over the timesteps."
    source: ClassVar[str] = "LeCun et al. 1989; keras.layers.Conv1D"
    takes: ClassVar[Tensors] = Tensors((SEQUENCE,))
    gives: ClassVar[Tensors] = Tensors((("samples", "positions", "filters"),))
    closed_form: ClassVar[ClosedForm] = ClosedForm("kernel_size*features//groups*filters+filters")
    example: ClassVar[Example] = KERNELS[1]
    rank: ClassVar[int] = 1
    first_axis_is_time: ClassVar[bool] = True


class Conv2D(Conv, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A kernel that slides over an image."
    source: ClassVar[str] = "LeCun et al. 1989; keras.layers.Conv2D"
    takes: ClassVar[Tensors] = Tensors((IMAGE,))
    gives: ClassVar[Tensors] = Tensors((("samples", "rows", "columns", "filters"),))
    closed_form: ClassVar[ClosedForm] = ClosedForm("prod(kernel_size)*channels//groups*filters+filters")
    example: ClassVar[Example] = KERNELS[2]
    rank: ClassVar[int] = 2


class Conv3D(Conv, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A kernel that slides over a volume."
    source: ClassVar[str] = "keras.layers.Conv3D"
    takes: ClassVar[Tensors] = Tensors((VOLUME,))
    gives: ClassVar[Tensors] = Tensors((("samples", "layers", "rows", "columns", "filters"),))
    closed_form: ClassVar[ClosedForm] = ClosedForm("prod(kernel_size)*channels//groups*filters+filters")
    example: ClassVar[Example] = KERNELS[3]
    rank: ClassVar[int] = 3


class Transposed(Convolution, frozen=True, eq=False, kw_only=True):
    """What the transposed convolutions have in common: each position of the input spreads over the output."""

    replaceable: ClassVar[tuple[str, ...]] = ("activation",)
    has_kernel: ClassVar[bool] = True

    filters: Positive
    kernel_size: Sizes
    strides: Sizes = 1
    padding: Padding = "valid"
    output_padding: OptionalMargins = None
    data_format: DataFormat = None
    dilation_rate: Sizes = 1
    activation: Activation = None
    use_bias: Boolean = True
    kernel_initializer: Initializer = "glorot_uniform"
    bias_initializer: Initializer = "zeros"
    kernel_regularizer: Regularizer = None
    bias_regularizer: Regularizer = None
    activity_regularizer: Regularizer = None
    kernel_constraint: Constraint = None
    bias_constraint: Constraint = None

    def check(self) -> None:
        Convolution.check(self)
        self.check_sizes("output_padding")
        refuse_strides_with_dilation(self, self.sizes("strides"), self.sizes("dilation_rate"))
        if self.output_padding is None:
            return
        more, strides = each_axis(self.output_padding, self.rank), self.sizes("strides")
        if any(size >= stride for size, stride in zip(more, strides, strict=True)):
            raise Refusal(
                f"{self.class_name}: output_padding must be less than the strides, "
                f"but is {format_shape(more)} with strides of {format_shape(strides)}",
                argument="output_padding",
            )

    def output_channels(self, channels: int) -> int:
        return self.filters

    def output_axes(self, axes: Shape) -> Shape:
        more = (None,) * self.rank if self.output_padding is None else each_axis(self.output_padding, self.rank)
        sizes = zip(axes, self.window, self.sizes("strides"), more, strict=True)
        found = tuple(self._spread(*each) for each in sizes)
        if 0 in found:
            raise Refusal(
                f"{self.class_name} gives nothing of {format_shape(axes)}", "add 1 to output_padding", "output_padding"
            )
        return found

    def _spread(self, axis: int | None, window: int, stride: int, more: int | None) -> int | None:
        if axis is None:
            return None
        if self.padding == "same":
            return axis * stride if more is None else (axis - 1) * stride + window % 2 + more
        return (axis - 1) * stride + (max(window, stride) if more is None else window + more)

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        kernel = self.weight("kernel", *self.kernel, self.filters, self.channels(inputs))
        return (kernel, *self.bias(self.filters))

    def convolve_input(self, run: Running, x: "Array") -> "Array":
        from lstmcalc.kernels.convolution import convolve_transposed

        more = None if self.output_padding is None else each_axis(self.output_padding, self.rank)
        strides, dilation = self.sizes("strides"), self.sizes("dilation_rate")
        kernel, is_last = run.weight("kernel"), not self.channels_come_first
        return convolve_transposed(x, kernel, strides, self.padding, more, dilation, is_last)

    def products(self, inputs: Shapes) -> tuple[Product, ...]:
        _, axes, _ = self.split(inputs[0])
        return (product_of(*axes, *self.kernel, self.channels(inputs), self.filters),)


class Conv1DTranspose(Transposed, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A convolution the other way, which gives more timesteps than it takes."
    source: ClassVar[str] = "keras.layers.Conv1DTranspose"
    takes: ClassVar[Tensors] = Tensors((SEQUENCE,))
    gives: ClassVar[Tensors] = Tensors((("samples", "more timesteps", "filters"),))
    closed_form: ClassVar[ClosedForm] = ClosedForm("kernel_size*filters*features+filters")
    example: ClassVar[Example] = KERNELS[1]
    rank: ClassVar[int] = 1
    first_axis_is_time: ClassVar[bool] = True


class Conv2DTranspose(Transposed, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A convolution the other way, which gives a larger image than it takes."
    source: ClassVar[str] = "keras.layers.Conv2DTranspose"
    takes: ClassVar[Tensors] = Tensors((IMAGE,))
    gives: ClassVar[Tensors] = Tensors((("samples", "larger height", "larger width", "filters"),))
    closed_form: ClassVar[ClosedForm] = ClosedForm("prod(kernel_size)*filters*channels+filters")
    example: ClassVar[Example] = KERNELS[2]
    rank: ClassVar[int] = 2


class Conv3DTranspose(Transposed, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A convolution the other way, which gives a larger volume than it takes."
    source: ClassVar[str] = "keras.layers.Conv3DTranspose"
    takes: ClassVar[Tensors] = Tensors((VOLUME,))
    gives: ClassVar[Tensors] = Tensors((("samples", "larger depth", "larger height", "larger width", "filters"),))
    closed_form: ClassVar[ClosedForm] = ClosedForm("prod(kernel_size)*filters*channels+filters")
    example: ClassVar[Example] = KERNELS[3]
    rank: ClassVar[int] = 3

    # Here alone Keras has data_format before output_padding.
    filters: Positive
    kernel_size: Sizes
    strides: Sizes = 1
    padding: Padding = "valid"
    data_format: DataFormat = None
    output_padding: OptionalMargins = None
    dilation_rate: Sizes = 1
    activation: Activation = None
    use_bias: Boolean = True
    kernel_initializer: Initializer = "glorot_uniform"
    bias_initializer: Initializer = "zeros"
    kernel_regularizer: Regularizer = None
    bias_regularizer: Regularizer = None
    activity_regularizer: Regularizer = None
    kernel_constraint: Constraint = None
    bias_constraint: Constraint = None
