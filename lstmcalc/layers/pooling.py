"""Pooling: the largest number or the mean of windows, of whole axes, or of as many windows as are asked for."""

from typing import ClassVar

from lstmcalc.layers.arguments import Boolean, DataFormat, ExactDataFormat, ExactPadding, OptionalSizes, Sizes
from lstmcalc.layers.spatial import Spatial, each_axis, positions
from lstmcalc.shapes import Shapes


class Pooling(Spatial, frozen=True, eq=False, kw_only=True):
    """What pooling in windows has in common; the strides are the window's size unless they are given."""

    pool_size: Sizes
    strides: OptionalSizes = None
    padding: ExactPadding = "valid"
    data_format: DataFormat = None

    def check(self) -> None:
        self.check_sizes("pool_size", "strides")

    def output_shapes(self, inputs: Shapes) -> Shapes:
        samples, axes, channels = self.split(inputs[0])
        window = self.sizes("pool_size")
        strides = window if self.strides is None else each_axis(self.strides, self.rank)
        stops = positions(self, "pool_size", axes, window, strides, self.padding)
        return (self.join(samples, stops, channels),)


class MaxPooling(Pooling, frozen=True, eq=False, kw_only=True):
    """What MaxPooling1D, MaxPooling2D and MaxPooling3D have in common: windows of 2 unless they are given."""

    pool_size: Sizes = 2
    strides: OptionalSizes = None
    padding: ExactPadding = "valid"
    data_format: DataFormat = None


class MaxPooling1D(MaxPooling, frozen=True, eq=False, kw_only=True):
    """The largest number of each feature in windows of timesteps (keras.layers.MaxPooling1D).

    Input: (samples, timesteps, features); with data_format channels_first (samples, features, timesteps)
    Output: (samples, windows, features)
    Params: 0
    """

    rank: ClassVar[int] = 1
    first_axis_is_time: ClassVar[bool] = True


class MaxPooling2D(MaxPooling, frozen=True, eq=False, kw_only=True):
    """The largest number of each channel in windows of an image (keras.layers.MaxPooling2D).

    Input: (samples, height, width, channels); with data_format channels_first (samples, channels, height, width)
    Output: (samples, rows, columns, channels)
    Params: 0
    """

    rank: ClassVar[int] = 2


class MaxPooling3D(MaxPooling, frozen=True, eq=False, kw_only=True):
    """The largest number of each channel in windows of a volume (keras.layers.MaxPooling3D).

    Input: (samples, depth, height, width, channels); with data_format channels_first the channels are second
    Output: (samples, layers, rows, columns, channels)
    Params: 0
    """

    rank: ClassVar[int] = 3


class AveragePooling1D(Pooling, frozen=True, eq=False, kw_only=True):
    """The mean of each feature in windows of timesteps (keras.layers.AveragePooling1D).

    Input: (samples, timesteps, features); with data_format channels_first (samples, features, timesteps)
    Output: (samples, windows, features)
    Params: 0
    """

    rank: ClassVar[int] = 1
    first_axis_is_time: ClassVar[bool] = True


class AveragePooling2D(Pooling, frozen=True, eq=False, kw_only=True):
    """The mean of each channel in windows of an image (keras.layers.AveragePooling2D).

    Input: (samples, height, width, channels); with data_format channels_first (samples, channels, height, width)
    Output: (samples, rows, columns, channels)
    Params: 0
    """

    rank: ClassVar[int] = 2


class AveragePooling3D(Pooling, frozen=True, eq=False, kw_only=True):
    """The mean of each channel in windows of a volume (keras.layers.AveragePooling3D).

    Input: (samples, depth, height, width, channels); with data_format channels_first the channels are second
    Output: (samples, layers, rows, columns, channels)
    Params: 0
    """

    rank: ClassVar[int] = 3


class GlobalPooling(Spatial, frozen=True, eq=False, kw_only=True):
    """What pooling over whole axes has in common; keepdims leaves them there with size 1."""

    data_format: DataFormat = None
    keepdims: Boolean = False

    def output_shapes(self, inputs: Shapes) -> Shapes:
        samples, _, channels = self.split(inputs[0])
        return (self.join(samples, (1,) * self.rank if self.keepdims else (), channels),)


class GlobalMaxPooling1D(GlobalPooling, frozen=True, eq=False, kw_only=True):
    """The largest number of each feature over all timesteps (keras.layers.GlobalMaxPooling1D).

    Input: (samples, timesteps, features); with data_format channels_first (samples, features, timesteps)
    Output: (samples, features), or with axes of 1 with keepdims
    Params: 0
    """

    rank: ClassVar[int] = 1
    first_axis_is_time: ClassVar[bool] = True


class GlobalMaxPooling2D(GlobalPooling, frozen=True, eq=False, kw_only=True):
    """The largest number of each channel over the whole image (keras.layers.GlobalMaxPooling2D).

    Input: (samples, height, width, channels); with data_format channels_first (samples, channels, height, width)
    Output: (samples, channels), or with axes of 1 with keepdims
    Params: 0
    """

    rank: ClassVar[int] = 2


class GlobalMaxPooling3D(GlobalPooling, frozen=True, eq=False, kw_only=True):
    """The largest number of each channel over the whole volume (keras.layers.GlobalMaxPooling3D).

    Input: (samples, depth, height, width, channels); with data_format channels_first the channels are second
    Output: (samples, channels), or with axes of 1 with keepdims
    Params: 0
    """

    rank: ClassVar[int] = 3


class GlobalAveragePooling1D(GlobalPooling, frozen=True, eq=False, kw_only=True):
    """The mean of each feature over the timesteps that are not masked (keras.layers.GlobalAveragePooling1D).

    Input: (samples, timesteps, features); with data_format channels_first (samples, features, timesteps)
    Output: (samples, features), or with axes of 1 with keepdims
    Params: 0
    """

    rank: ClassVar[int] = 1
    first_axis_is_time: ClassVar[bool] = True
    takes_mask: ClassVar[bool] = True


class GlobalAveragePooling2D(GlobalPooling, frozen=True, eq=False, kw_only=True):
    """The mean of each channel over the whole image (keras.layers.GlobalAveragePooling2D).

    Input: (samples, height, width, channels); with data_format channels_first (samples, channels, height, width)
    Output: (samples, channels), or with axes of 1 with keepdims
    Params: 0
    """

    rank: ClassVar[int] = 2


class GlobalAveragePooling3D(GlobalPooling, frozen=True, eq=False, kw_only=True):
    """The mean of each channel over the whole volume (keras.layers.GlobalAveragePooling3D).

    Input: (samples, depth, height, width, channels); with data_format channels_first the channels are second
    Output: (samples, channels), or with axes of 1 with keepdims
    Params: 0
    """

    rank: ClassVar[int] = 3


class AdaptivePooling(Spatial, frozen=True, eq=False, kw_only=True):
    """What pooling to a given size has in common: as many windows as `output_size` says, whatever the input's size."""

    output_size: Sizes
    data_format: ExactDataFormat = None

    def check(self) -> None:
        self.check_sizes("output_size")

    def output_shapes(self, inputs: Shapes) -> Shapes:
        samples, _, channels = self.split(inputs[0])
        return (self.join(samples, self.sizes("output_size"), channels),)


class AdaptiveMaxPooling1D(AdaptivePooling, frozen=True, eq=False, kw_only=True):
    """The largest number of each feature in `output_size` windows (keras.layers.AdaptiveMaxPooling1D).

    Input: (samples, timesteps, features); with data_format channels_first (samples, features, timesteps)
    Output: (samples, output_size, features)
    Params: 0
    """

    rank: ClassVar[int] = 1
    first_axis_is_time: ClassVar[bool] = True


class AdaptiveMaxPooling2D(AdaptivePooling, frozen=True, eq=False, kw_only=True):
    """The largest number of each channel in `output_size` windows (keras.layers.AdaptiveMaxPooling2D).

    Input: (samples, height, width, channels); with data_format channels_first (samples, channels, height, width)
    Output: (samples, *output_size, channels)
    Params: 0
    """

    rank: ClassVar[int] = 2


class AdaptiveMaxPooling3D(AdaptivePooling, frozen=True, eq=False, kw_only=True):
    """The largest number of each channel in `output_size` windows (keras.layers.AdaptiveMaxPooling3D).

    Input: (samples, depth, height, width, channels); with data_format channels_first the channels are second
    Output: (samples, *output_size, channels)
    Params: 0
    """

    rank: ClassVar[int] = 3


class AdaptiveAveragePooling1D(AdaptivePooling, frozen=True, eq=False, kw_only=True):
    """The mean of each feature in `output_size` windows (keras.layers.AdaptiveAveragePooling1D).

    Input: (samples, timesteps, features); with data_format channels_first (samples, features, timesteps)
    Output: (samples, output_size, features)
    Params: 0
    """

    rank: ClassVar[int] = 1
    first_axis_is_time: ClassVar[bool] = True


class AdaptiveAveragePooling2D(AdaptivePooling, frozen=True, eq=False, kw_only=True):
    """The mean of each channel in `output_size` windows (keras.layers.AdaptiveAveragePooling2D).

    Input: (samples, height, width, channels); with data_format channels_first (samples, channels, height, width)
    Output: (samples, *output_size, channels)
    Params: 0
    """

    rank: ClassVar[int] = 2


class AdaptiveAveragePooling3D(AdaptivePooling, frozen=True, eq=False, kw_only=True):
    """The mean of each channel in `output_size` windows (keras.layers.AdaptiveAveragePooling3D).

    Input: (samples, depth, height, width, channels); with data_format channels_first the channels are second
    Output: (samples, *output_size, channels)
    Params: 0
    """

    rank: ClassVar[int] = 3
