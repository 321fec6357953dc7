"""Pooling: the largest number or the mean of windows, of whole axes, or of as many windows as are asked for."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from lstmcalc.errors import Refusal
from lstmcalc.layers.arguments import Boolean, DataFormat, ExactDataFormat, ExactPadding, OptionalSizes, Sizes
from lstmcalc.layers.base import Ran, Running, floats
from lstmcalc.layers.declared import IMAGE, SEQUENCE, VECTOR, VOLUME, Tensors
from lstmcalc.layers.spatial import Spatial, each_axis, positions
from lstmcalc.shapes import Shapes, format_shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


class AnyPooling(Spatial, frozen=True, eq=False, kw_only=True):
    """What all pooling has in common: it takes the largest numbers, or else the means."""

    takes_largest: ClassVar[bool] = False

    def pool(self, run: Running, pool: "Callable[[Array], Array]") -> Ran:
        """The input pooled with its channels last, and given back with them where they were."""
        import numpy as np

        (x,) = floats(run)
        if not self.channels_come_first:
            return Ran((pool(x),))
        return Ran((np.moveaxis(pool(np.moveaxis(x, 1, -1)), -1, 1),))


class Pooling(AnyPooling, frozen=True, eq=False, kw_only=True):
    """What pooling in windows has in common; the strides are the window's size unless they are given."""

    pool_size: Sizes
    strides: OptionalSizes = None
    padding: ExactPadding = "valid"
    data_format: DataFormat = None

    def check(self) -> None:
        self.check_sizes("pool_size", "strides")

    def output_shapes(self, inputs: Shapes) -> Shapes:
        samples, axes, channels = self.split(inputs[0])
        stops = positions(self, "pool_size", axes, self.sizes("pool_size"), self.steps, self.padding)
        return (self.join(samples, stops, channels),)

    @property
    def steps(self) -> tuple[int, ...]:
        """From one window to the next along each axis."""
        return self.sizes("pool_size") if self.strides is None else each_axis(self.strides, self.rank)

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.pooling import pool_max, pool_mean

        pool = pool_max if self.takes_largest else pool_mean
        return self.pool(run, lambda x: pool(x, self.sizes("pool_size"), self.steps, self.padding))


class MaxPooling(Pooling, frozen=True, eq=False, kw_only=True):
    """What MaxPooling1D, MaxPooling2D and MaxPooling3D have in common: windows of 2 unless they are given."""

    takes_largest: ClassVar[bool] = True

    pool_size: Sizes = 2
    strides: OptionalSizes = None
    padding: ExactPadding = "valid"
    data_format: DataFormat = None


class MaxPooling1D(MaxPooling, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The largest number of each feature in windows of timesteps."
    source: ClassVar[str] = "keras.layers.MaxPooling1D"
    takes: ClassVar[Tensors] = Tensors((SEQUENCE,))
    gives: ClassVar[Tensors] = Tensors((("samples", "windows", "features"),))
    rank: ClassVar[int] = 1
    first_axis_is_time: ClassVar[bool] = True


class MaxPooling2D(MaxPooling, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The largest number of each channel in windows of an image."
    source: ClassVar[str] = "keras.layers.MaxPooling2D"
    takes: ClassVar[Tensors] = Tensors((IMAGE,))
    gives: ClassVar[Tensors] = Tensors((("samples", "rows", "columns", "channels"),))
    rank: ClassVar[int] = 2


class MaxPooling3D(MaxPooling, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The largest number of each channel in windows of a volume."
    source: ClassVar[str] = "keras.layers.MaxPooling3D"
    takes: ClassVar[Tensors] = Tensors((VOLUME,))
    gives: ClassVar[Tensors] = Tensors((("samples", "layers", "rows", "columns", "channels"),))
    rank: ClassVar[int] = 3


class AveragePooling1D(Pooling, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The mean of each feature in windows of timesteps."
    source: ClassVar[str] = "keras.layers.AveragePooling1D"
    takes: ClassVar[Tensors] = Tensors((SEQUENCE,))
    gives: ClassVar[Tensors] = Tensors((("samples", "windows", "features"),))
    rank: ClassVar[int] = 1
    first_axis_is_time: ClassVar[bool] = True


class AveragePooling2D(Pooling, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The mean of each channel in windows of an image."
    source: ClassVar[str] = "keras.layers.AveragePooling2D"
    takes: ClassVar[Tensors] = Tensors((IMAGE,))
    gives: ClassVar[Tensors] = Tensors((("samples", "rows", "columns", "channels"),))
    rank: ClassVar[int] = 2


class AveragePooling3D(Pooling, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The mean of each channel in windows of a volume."
    source: ClassVar[str] = "keras.layers.AveragePooling3D"
    takes: ClassVar[Tensors] = Tensors((VOLUME,))
    gives: ClassVar[Tensors] = Tensors((("samples", "layers", "rows", "columns", "channels"),))
    rank: ClassVar[int] = 3


class GlobalPooling(AnyPooling, frozen=True, eq=False, kw_only=True):
    """What pooling over whole axes has in common; keepdims leaves them there with size 1."""

    data_format: DataFormat = None
    keepdims: Boolean = False

    def output_shapes(self, inputs: Shapes) -> Shapes:
        samples, _, channels = self.split(inputs[0])
        return (self.join(samples, (1,) * self.rank if self.keepdims else (), channels),)

    def forward(self, run: Running) -> Ran:
        (x,) = floats(run)
        axes = tuple(range(2, x.ndim) if self.channels_come_first else range(1, x.ndim - 1))
        return Ran(((x.max if self.takes_largest else x.mean)(axis=axes, keepdims=self.keepdims),))


class GlobalMaxPooling1D(GlobalPooling, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The largest number of each feature over all timesteps."
    source: ClassVar[str] = "keras.layers.GlobalMaxPooling1D"
    takes: ClassVar[Tensors] = Tensors((SEQUENCE,))
    gives: ClassVar[Tensors] = Tensors((VECTOR,), "{}, or with axes of 1 with keepdims")
    rank: ClassVar[int] = 1
    takes_largest: ClassVar[bool] = True
    first_axis_is_time: ClassVar[bool] = True


class GlobalMaxPooling2D(GlobalPooling, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The largest number of each channel over the whole image."
    source: ClassVar[str] = "keras.layers.GlobalMaxPooling2D"
    takes: ClassVar[Tensors] = Tensors((IMAGE,))
    gives: ClassVar[Tensors] = Tensors((("samples", "channels"),), "{}, or with axes of 1 with keepdims")
    rank: ClassVar[int] = 2
    takes_largest: ClassVar[bool] = True


class GlobalMaxPooling3D(GlobalPooling, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The largest number of each channel over the whole volume."
    source: ClassVar[str] = "keras.layers.GlobalMaxPooling3D"
    takes: ClassVar[Tensors] = Tensors((VOLUME,))
    gives: ClassVar[Tensors] = Tensors((("samples", "channels"),), "{}, or with axes of 1 with keepdims")
    rank: ClassVar[int] = 3
    takes_largest: ClassVar[bool] = True


class GlobalAveragePooling1D(GlobalPooling, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The mean of each feature over the timesteps that are not masked."
    source: ClassVar[str] = "keras.layers.GlobalAveragePooling1D"
    takes: ClassVar[Tensors] = Tensors((SEQUENCE,))
    gives: ClassVar[Tensors] = Tensors((VECTOR,), "{}, or with axes of 1 with keepdims")
    rank: ClassVar[int] = 1
    first_axis_is_time: ClassVar[bool] = True
    mask_arguments: ClassVar[tuple[str, ...]] = ("mask",)

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.pooling import masked_mean

        (mask,) = run.masks
        if mask is None:
            return GlobalPooling.forward(self, run)
        samples, (timesteps,), _ = self.split(run.inputs[0].shape)
        if mask.shape != (samples, timesteps):
            raise Refusal(
                f"GlobalAveragePooling1D takes a mask (samples, timesteps), but its mask is {format_shape(mask.shape)}"
            )
        ran = self.pool(run, lambda x: masked_mean(x, mask[..., None]))
        return ran if self.keepdims else Ran((ran.outputs[0].reshape(samples or 0, -1),))


class GlobalAveragePooling2D(GlobalPooling, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The mean of each channel over the whole image."
    source: ClassVar[str] = "keras.layers.GlobalAveragePooling2D"
    takes: ClassVar[Tensors] = Tensors((IMAGE,))
    gives: ClassVar[Tensors] = Tensors((("samples", "channels"),), "{}, or with axes of 1 with keepdims")
    rank: ClassVar[int] = 2


class GlobalAveragePooling3D(GlobalPooling, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The mean of each channel over the whole volume."
    source: ClassVar[str] = "keras.layers.GlobalAveragePooling3D"
    takes: ClassVar[Tensors] = Tensors((VOLUME,))
    gives: ClassVar[Tensors] = Tensors((("samples", "channels"),), "{}, or with axes of 1 with keepdims")
    rank: ClassVar[int] = 3


class AdaptivePooling(AnyPooling, frozen=True, eq=False, kw_only=True):
    """What pooling to a given size has in common: as many windows as `output_size` says, whatever the input's size."""

    output_size: Sizes
    data_format: ExactDataFormat = None

    def check(self) -> None:
        self.check_sizes("output_size")

    def output_shapes(self, inputs: Shapes) -> Shapes:
        samples, _, channels = self.split(inputs[0])
        return (self.join(samples, self.sizes("output_size"), channels),)

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.pooling import pool_max_to, pool_mean_to

        pool = pool_max_to if self.takes_largest else pool_mean_to
        return self.pool(run, lambda x: pool(x, self.sizes("output_size")))


class AdaptiveMaxPooling1D(AdaptivePooling, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The largest number of each feature in `output_size` windows."
    source: ClassVar[str] = "keras.layers.AdaptiveMaxPooling1D"
    takes: ClassVar[Tensors] = Tensors((SEQUENCE,))
    gives: ClassVar[Tensors] = Tensors((("samples", "output_size", "features"),))
    rank: ClassVar[int] = 1
    takes_largest: ClassVar[bool] = True
    first_axis_is_time: ClassVar[bool] = True


class AdaptiveMaxPooling2D(AdaptivePooling, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The largest number of each channel in `output_size` windows."
    source: ClassVar[str] = "keras.layers.AdaptiveMaxPooling2D"
    takes: ClassVar[Tensors] = Tensors((IMAGE,))
    gives: ClassVar[Tensors] = Tensors((("samples", "...", "channels"),), "(samples, *output_size, channels)")
    rank: ClassVar[int] = 2
    takes_largest: ClassVar[bool] = True


class AdaptiveMaxPooling3D(AdaptivePooling, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The largest number of each channel in `output_size` windows."
    source: ClassVar[str] = "keras.layers.AdaptiveMaxPooling3D"
    takes: ClassVar[Tensors] = Tensors((VOLUME,))
    gives: ClassVar[Tensors] = Tensors((("samples", "...", "channels"),), "(samples, *output_size, channels)")
    rank: ClassVar[int] = 3
    takes_largest: ClassVar[bool] = True


class AdaptiveAveragePooling1D(AdaptivePooling, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The mean of each feature in `output_size` windows."
    source: ClassVar[str] = "keras.layers.AdaptiveAveragePooling1D"
    takes: ClassVar[Tensors] = Tensors((SEQUENCE,))
    gives: ClassVar[Tensors] = Tensors((("samples", "output_size", "features"),))
    rank: ClassVar[int] = 1
    first_axis_is_time: ClassVar[bool] = True


class AdaptiveAveragePooling2D(AdaptivePooling, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The mean of each channel in `output_size` windows."
    source: ClassVar[str] = "keras.layers.AdaptiveAveragePooling2D"
    takes: ClassVar[Tensors] = Tensors((IMAGE,))
    gives: ClassVar[Tensors] = Tensors((("samples", "...", "channels"),), "(samples, *output_size, channels)")
    rank: ClassVar[int] = 2


class AdaptiveAveragePooling3D(AdaptivePooling, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The mean of each channel in `output_size` windows."
    source: ClassVar[str] = "keras.layers.AdaptiveAveragePooling3D"
    takes: ClassVar[Tensors] = Tensors((VOLUME,))
    gives: ClassVar[Tensors] = Tensors((("samples", "...", "channels"),), "(samples, *output_size, channels)")
    rank: ClassVar[int] = 3
