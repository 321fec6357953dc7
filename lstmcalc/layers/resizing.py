"""Layers that make a sequence, an image or a volume larger or smaller without a weight."""

from typing import TYPE_CHECKING, Any, ClassVar

from lstmcalc.errors import Refusal
from lstmcalc.layers.arguments import (
    TEXT,
    Boolean,
    DataFormat,
    ExactInterpolation,
    FillMode,
    Interpolation,
    Margins,
    Number,
    Positive,
    Rule,
    Sizes,
)
from lstmcalc.layers.base import Ran, Running
from lstmcalc.layers.declared import IMAGE, SEQUENCE, VOLUME, Tensors
from lstmcalc.layers.spatial import Spatial
from lstmcalc.shapes import Shapes, format_shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


class Scaling(Spatial, frozen=True, eq=False, kw_only=True):
    """What layers have in common that give each channel on its own another size."""

    def resize(self, x: "Array") -> "Array":
        """The array in its other size, its channels last."""
        raise NotImplementedError

    def forward(self, run: Running) -> Ran:
        import numpy as np

        (x,) = run.inputs
        if not self.channels_come_first:
            return Ran((self.resize(x),))
        return Ran((np.moveaxis(self.resize(np.moveaxis(x, 1, -1)), -1, 1),))


class UpSampling(Scaling, frozen=True, eq=False, kw_only=True):
    """What UpSampling1D, UpSampling2D and UpSampling3D have in common: each axis `size` times as long."""

    size: Sizes = 2

    def resize(self, x: "Array") -> "Array":
        from lstmcalc.kernels.resizing import repeat

        return repeat(x, self.sizes("size"))

    def check(self) -> None:
        self.check_sizes("size")

    def output_shapes(self, inputs: Shapes) -> Shapes:
        samples, axes, channels = self.split(inputs[0])
        longer = tuple(
            None if axis is None else axis * times for axis, times in zip(axes, self.sizes("size"), strict=True)
        )
        return (self.join(samples, longer, channels),)


class UpSampling1D(UpSampling, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Each timestep `size` times."
    source: ClassVar[str] = "keras.layers.UpSampling1D"
    takes: ClassVar[Tensors] = Tensors((SEQUENCE,))
    gives: ClassVar[Tensors] = Tensors((("samples", "timesteps*size", "features"),))
    rank: ClassVar[int] = 1
    first_axis_is_time: ClassVar[bool] = True

    size: Positive = 2


class UpSampling2D(UpSampling, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "An image `size` times as high and wide."
    source: ClassVar[str] = "keras.layers.UpSampling2D"
    takes: ClassVar[Tensors] = Tensors((IMAGE,))
    gives: ClassVar[Tensors] = Tensors((("samples", "height*size", "width*size", "channels"),))
    rank: ClassVar[int] = 2

    size: Sizes = 2
    data_format: DataFormat = None
    interpolation: Interpolation = "nearest"

    def resize(self, x: "Array") -> "Array":
        from lstmcalc.kernels.resizing import resize

        if self.interpolation == "nearest":
            return UpSampling.resize(self, x)
        require_kernel(self.interpolation)
        (height, width), (rows, columns) = self.sizes("size"), x.shape[1:3]
        return resize(x, rows * height, columns * width, self.interpolation)


class UpSampling3D(UpSampling, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A volume `size` times as deep, high and wide."
    source: ClassVar[str] = "keras.layers.UpSampling3D"
    takes: ClassVar[Tensors] = Tensors((VOLUME,))
    gives: ClassVar[Tensors] = Tensors((("samples", "depth*size", "height*size", "width*size", "channels"),))
    rank: ClassVar[int] = 3

    size: Sizes = 2
    data_format: DataFormat = None


class ZeroPadding(Scaling, frozen=True, eq=False, kw_only=True):
    """What ZeroPadding1D, ZeroPadding2D and ZeroPadding3D have in common: so many zeros before and after each axis."""

    padding: Margins = 1
    data_format: DataFormat = None

    def check(self) -> None:
        check_margins(self, "padding", self.padding)

    def output_shapes(self, inputs: Shapes) -> Shapes:
        samples, axes, channels = self.split(inputs[0])
        margins = each_side(self.padding, self.rank)
        longer = tuple(None if axis is None else axis + sum(more) for axis, more in zip(axes, margins, strict=True))
        return (self.join(samples, longer, channels),)

    def resize(self, x: "Array") -> "Array":
        import numpy as np

        return np.pad(x, [(0, 0), *each_side(self.padding, self.rank), (0, 0)])


class ZeroPadding1D(ZeroPadding, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Timesteps of zeros at the start and the end."
    source: ClassVar[str] = "keras.layers.ZeroPadding1D"
    takes: ClassVar[Tensors] = Tensors((SEQUENCE,))
    gives: ClassVar[Tensors] = Tensors((("samples", "timesteps with the padding", "features"),))
    rank: ClassVar[int] = 1
    first_axis_is_time: ClassVar[bool] = True


class ZeroPadding2D(ZeroPadding, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A margin of zeros around an image."
    source: ClassVar[str] = "keras.layers.ZeroPadding2D"
    takes: ClassVar[Tensors] = Tensors((IMAGE,))
    gives: ClassVar[Tensors] = Tensors((("samples", "height with the padding", "width with the padding", "channels"),))
    rank: ClassVar[int] = 2


class ZeroPadding3D(ZeroPadding, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A margin of zeros around a volume."
    source: ClassVar[str] = "keras.layers.ZeroPadding3D"
    takes: ClassVar[Tensors] = Tensors((VOLUME,))
    gives: ClassVar[Tensors] = Tensors(words="(samples, depth, height and width with the padding, channels)")
    rank: ClassVar[int] = 3


class Cropping(Scaling, frozen=True, eq=False, kw_only=True):
    """What Cropping1D, Cropping2D and Cropping3D have in common: so many positions off both ends of each axis."""

    cropping: Margins = 1

    def check(self) -> None:
        check_margins(self, "cropping", self.cropping)

    def output_shapes(self, inputs: Shapes) -> Shapes:
        samples, axes, channels = self.split(inputs[0])
        margins = tuple(map(sum, each_side(self.cropping, self.rank)))
        shorter = tuple(None if axis is None else axis - less for axis, less in zip(axes, margins, strict=True))
        if any(axis is not None and axis < 1 for axis in shorter):
            raise Refusal(
                f"{self.class_name} takes {format_shape(margins)} off {format_shape(axes)}, which leaves nothing",
                "take a smaller cropping",
                "cropping",
            )
        return (self.join(samples, shorter, channels),)

    def resize(self, x: "Array") -> "Array":
        margins = each_side(self.cropping, self.rank)
        kept = (slice(before, size - after) for size, (before, after) in zip(x.shape[1:-1], margins, strict=True))
        return x[(slice(None), *kept)]


class Cropping1D(Cropping, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A sequence without its first and last timesteps."
    source: ClassVar[str] = "keras.layers.Cropping1D"
    takes: ClassVar[Tensors] = Tensors((SEQUENCE,))
    gives: ClassVar[Tensors] = Tensors((("samples", "timesteps without the cropping", "features"),))
    rank: ClassVar[int] = 1
    first_axis_is_time: ClassVar[bool] = True

    cropping: Margins = 1


class Cropping2D(Cropping, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "An image without its margin."
    source: ClassVar[str] = "keras.layers.Cropping2D"
    takes: ClassVar[Tensors] = Tensors((IMAGE,))
    gives: ClassVar[Tensors] = Tensors(
        (("samples", "height without the cropping", "width without the cropping", "channels"),)
    )
    rank: ClassVar[int] = 2

    cropping: Margins = 0
    data_format: DataFormat = None


class Cropping3D(Cropping, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A volume without its margin."
    source: ClassVar[str] = "keras.layers.Cropping3D"
    takes: ClassVar[Tensors] = Tensors((VOLUME,))
    gives: ClassVar[Tensors] = Tensors(words="(samples, depth, height and width without the cropping, channels)")
    rank: ClassVar[int] = 3

    cropping: Margins = 1
    data_format: DataFormat = None


def each_side(margins: int | tuple[int | tuple[int, ...], ...], rank: int) -> tuple[tuple[int, int], ...]:
    """How much stands before and after each axis.

    A number alone stands at every end. A list has a number, for both ends, or a pair for
    each axis; of a sequence, which has one axis, it is the pair.
    """
    if isinstance(margins, int):
        return ((margins, margins),) * rank
    if rank == 1:
        margins = (tuple(each for each in margins if isinstance(each, int)),)
    pairs = ((each, each) if isinstance(each, int) else each for each in margins)
    return tuple((before, after) for before, after in pairs)


def require_kernel(interpolation: str) -> None:
    """Refuse an interpolation that Keras leaves to TensorFlow."""
    if interpolation == "area":
        raise Refusal(
            "the interpolation area cannot be run: Keras 3 has it with TensorFlow alone",
            "take nearest, bilinear, bicubic, lanczos3 or lanczos5",
            "interpolation",
        )


def check_margins(layer: Spatial, argument: str, margins: int | tuple[int | tuple[int, ...], ...]) -> None:
    """Refuse a list that is neither a pair for a sequence nor an entry for each axis."""
    if isinstance(margins, int):
        return
    if layer.rank == 1:
        fits = len(margins) == 2 and all(isinstance(each, int) for each in margins)
        wanted = "a list of 2 (before, after)"
    else:
        fits = len(margins) == layer.rank and all(isinstance(each, int) or len(each) == 2 for each in margins)
        wanted = f"a list of {layer.rank}, each a number or a list of 2 (before, after)"
    if not fits:
        found = [each if isinstance(each, int) else list(each) for each in margins]
        raise Refusal(f"{layer.class_name}: {argument} must be a number or {wanted}, but is {found}", argument=argument)


class Resized(Scaling, frozen=True, eq=False, kw_only=True):
    """What Resizing and CenterCrop have in common: an image of `height` and `width`."""

    keywords: ClassVar[dict[str, Rule]] = {"bounding_box_format": TEXT.or_none()}
    rank: ClassVar[int] = 2

    height: Positive
    width: Positive
    bounding_box_format: str | None = None

    def output_shapes(self, inputs: Shapes) -> Shapes:
        samples, _, channels = self.split(inputs[0])
        return (self.join(samples, (self.height, self.width), channels),)


class Resizing(Resized, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "An image in another size."
    source: ClassVar[str] = "keras.layers.Resizing"
    takes: ClassVar[Tensors] = Tensors((IMAGE,))
    gives: ClassVar[Tensors] = Tensors(words="(samples, the height and the width that are asked for, channels)")

    height: Positive
    width: Positive
    interpolation: ExactInterpolation = "bilinear"
    crop_to_aspect_ratio: Boolean = False
    pad_to_aspect_ratio: Boolean = False
    fill_mode: FillMode = "constant"
    fill_value: Number = 0.0
    antialias: Boolean = False
    data_format: DataFormat = None

    def check(self) -> None:
        if self.crop_to_aspect_ratio and self.pad_to_aspect_ratio:
            raise Refusal(
                "Resizing takes crop_to_aspect_ratio or pad_to_aspect_ratio, but has both",
                "leave one of them out",
                "pad_to_aspect_ratio",
            )

    def resize(self, x: "Array") -> "Array":
        from lstmcalc.kernels.resizing import crop_to_ratio, pad_to_ratio, resize

        require_kernel(self.interpolation)
        if self.crop_to_aspect_ratio:
            x = crop_to_ratio(x, self.height, self.width)
        elif self.pad_to_aspect_ratio:
            x = pad_to_ratio(x, self.height, self.width, self.fill_value)
        return resize(x, self.height, self.width, self.interpolation, self.antialias)


class CenterCrop(Resized, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The middle of an image, enlarged where it is smaller than that."
    source: ClassVar[str] = "keras.layers.CenterCrop"
    takes: ClassVar[Tensors] = Tensors((IMAGE,))
    gives: ClassVar[Tensors] = Tensors(words="(samples, the height and the width that are asked for, channels)")

    height: Positive
    width: Positive
    data_format: DataFormat = None

    def resize(self, x: "Array") -> "Array":
        from lstmcalc.kernels.resizing import crop_to_ratio, resize

        top, left = (x.shape[1] - self.height) // 2, (x.shape[2] - self.width) // 2
        if top >= 0 and left >= 0:
            return x[:, top : top + self.height, left : left + self.width]
        return resize(crop_to_ratio(x, self.height, self.width), self.height, self.width, "bilinear")
