"""Layers that change images in training: none has weights, and but for a few they give images on as they are."""

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from lstmcalc.errors import Refusal
from lstmcalc.layers.arguments import (
    DATA_FORMAT,
    TEXT,
    Boolean,
    DataFormat,
    Number,
    Numbers,
    OptionalNumber,
    OptionalNumbers,
    Positive,
    Rule,
    Seed,
    choice_rule,
)
from lstmcalc.layers.base import Layer, Ran, Running, Tensor
from lstmcalc.layers.declared import IMAGE, Tensors
from lstmcalc.layers.resizing import Resized
from lstmcalc.shapes import Shapes, format_shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[Any]

BOXES = {"bounding_box_format": TEXT.or_none()}
COLORS = 3  # channels of what has colours

Range = Numbers  # of the values of an image: [0, 255] or [0, 1]
Direction = Annotated[str, choice_rule(["horizontal", "vertical", "horizontal_and_vertical"])]
Between = Annotated[str, choice_rule(["bilinear", "nearest"])]
Outside = Annotated[str, choice_rule(["constant", "reflect", "wrap", "nearest"])]


class Augmentation(Layer, frozen=True, eq=False, kw_only=True):
    """What these layers have in common: in inference they give their input as it is, in their own dtype."""

    takes: ClassVar[Tensors] = Tensors((IMAGE,))
    keywords: ClassVar[dict[str, Rule]] = {**BOXES, "data_format": DATA_FORMAT}

    bounding_box_format: str | None = None
    data_format: DataFormat = None

    def forward(self, run: Running) -> Ran:
        return Ran(tuple(x.astype(run.dtype) for x in run.inputs))


class AugMix(Augmentation, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Mixes chains of random changes of an image in training."
    source: ClassVar[str] = "keras.layers.AugMix"
    keywords: ClassVar[dict[str, Rule]] = BOXES

    value_range: Range = (0, 255)
    num_chains: Positive = 3
    chain_depth: Positive = 3
    factor: Numbers = 0.3
    alpha: Number = 1.0
    all_ops: Boolean = True
    interpolation: Between = "bilinear"
    seed: Seed = None
    data_format: DataFormat = None


class CutMix(Augmentation, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Pastes parts of images into others of the batch in training."
    source: ClassVar[str] = "keras.layers.CutMix"
    keywords: ClassVar[dict[str, Rule]] = BOXES

    factor: Numbers = 1.0
    seed: Seed = None
    data_format: DataFormat = None


class MixUp(Augmentation, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Mixes images of a batch with each other in training."
    source: ClassVar[str] = "keras.layers.MixUp"
    keywords: ClassVar[dict[str, Rule]] = BOXES

    alpha: Number = 0.2
    data_format: DataFormat = None
    seed: Seed = None


class RandAugment(Augmentation, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Applies some of many random changes to an image in training."
    source: ClassVar[str] = "keras.layers.RandAugment"
    keywords: ClassVar[dict[str, Rule]] = BOXES

    value_range: Range = (0, 255)
    num_ops: Positive = 2
    factor: Numbers = 0.5
    interpolation: Between = "bilinear"
    seed: Seed = None
    data_format: DataFormat = None


class RandomBrightness(Augmentation, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Makes images brighter or darker in training."
    source: ClassVar[str] = "keras.layers.RandomBrightness"

    factor: Numbers
    value_range: Range = (0, 255)
    seed: Seed = None


class RandomColorDegeneration(Augmentation, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Takes colour out of images in training."
    source: ClassVar[str] = "keras.layers.RandomColorDegeneration"
    keywords: ClassVar[dict[str, Rule]] = BOXES

    factor: Numbers
    value_range: Range = (0, 255)
    data_format: DataFormat = None
    seed: Seed = None

    def output_shapes(self, inputs: Shapes) -> Shapes:
        channels = inputs[0][1 if self.data_format == "channels_first" else -1]
        if len(inputs[0]) < len(IMAGE) - 1 or channels not in (COLORS, None):
            raise Refusal(
                f"{self.class_name} takes images of 3 channels, but its input is {format_shape(inputs[0])}",
                "give it images of three colours, or leave it out: in inference it gives them as they are",
            )
        return inputs


class RandomColorJitter(Augmentation, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Changes brightness, contrast, saturation and hue of images in training."
    source: ClassVar[str] = "keras.layers.RandomColorJitter"
    keywords: ClassVar[dict[str, Rule]] = BOXES

    value_range: Range = (0, 255)
    brightness_factor: OptionalNumbers = None
    contrast_factor: OptionalNumbers = None
    saturation_factor: OptionalNumbers = None
    hue_factor: OptionalNumbers = None
    seed: Seed = None
    data_format: DataFormat = None


class RandomContrast(Augmentation, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Changes the contrast of images in training."
    source: ClassVar[str] = "keras.layers.RandomContrast"

    factor: Numbers
    value_range: Range = (0, 255)
    seed: Seed = None


class RandomElasticTransform(Augmentation, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Warps images in training."
    source: ClassVar[str] = "keras.layers.RandomElasticTransform"
    keywords: ClassVar[dict[str, Rule]] = BOXES

    factor: Numbers = 1.0
    scale: Numbers = 1.0
    interpolation: Between = "bilinear"
    fill_mode: Outside = "reflect"
    fill_value: Number = 0.0
    value_range: Range = (0, 255)
    seed: Seed = None
    data_format: DataFormat = None


class RandomErasing(Augmentation, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Erases a rectangle of images in training."
    source: ClassVar[str] = "keras.layers.RandomErasing"
    keywords: ClassVar[dict[str, Rule]] = BOXES

    factor: Numbers = 1.0
    scale: Numbers = (0.02, 0.33)
    fill_value: OptionalNumber = None
    value_range: Range = (0, 255)
    seed: Seed = None
    data_format: DataFormat = None


class RandomFlip(Augmentation, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Mirrors images in training."
    source: ClassVar[str] = "keras.layers.RandomFlip"
    keywords: ClassVar[dict[str, Rule]] = BOXES

    mode: Direction = "horizontal_and_vertical"
    seed: Seed = None
    data_format: DataFormat = None


class RandomGaussianBlur(Augmentation, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Blurs images in training."
    source: ClassVar[str] = "keras.layers.RandomGaussianBlur"
    keywords: ClassVar[dict[str, Rule]] = BOXES

    factor: Numbers = 1.0
    kernel_size: Numbers = 3
    sigma: Numbers = 1.0
    value_range: Range = (0, 255)
    data_format: DataFormat = None
    seed: Seed = None


class RandomGrayscale(Augmentation, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Takes the colour out of some images in training."
    source: ClassVar[str] = "keras.layers.RandomGrayscale"
    keywords: ClassVar[dict[str, Rule]] = BOXES

    factor: Number = 0.5
    data_format: DataFormat = None
    seed: Seed = None

    def output_dtypes(self, inputs: "Sequence[Tensor]", count: int) -> tuple[str, ...]:
        return (inputs[0].dtype,)

    def forward(self, run: Running) -> Ran:
        return Ran(run.inputs)


class RandomHue(Augmentation, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Changes the hue of images in training."
    source: ClassVar[str] = "keras.layers.RandomHue"
    keywords: ClassVar[dict[str, Rule]] = BOXES

    factor: Numbers
    value_range: Range = (0, 255)
    data_format: DataFormat = None
    seed: Seed = None


class RandomInvert(Augmentation, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Inverts images in training."
    source: ClassVar[str] = "keras.layers.RandomInvert"
    keywords: ClassVar[dict[str, Rule]] = BOXES

    factor: Numbers = 1.0
    value_range: Range = (0, 255)
    seed: Seed = None
    data_format: DataFormat = None


class RandomPerspective(Augmentation, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Looks at images from the side in training."
    source: ClassVar[str] = "keras.layers.RandomPerspective"
    keywords: ClassVar[dict[str, Rule]] = BOXES

    factor: Numbers = 1.0
    scale: Numbers = 1.0
    interpolation: Between = "bilinear"
    fill_value: Number = 0.0
    seed: Seed = None
    data_format: DataFormat = None


class RandomPosterization(Augmentation, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Leaves images fewer bits of colour in training."
    source: ClassVar[str] = "keras.layers.RandomPosterization"
    keywords: ClassVar[dict[str, Rule]] = BOXES

    factor: Numbers
    value_range: Range = (0, 255)
    data_format: DataFormat = None
    seed: Seed = None


class RandomRotation(Augmentation, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Turns images in training."
    source: ClassVar[str] = "keras.layers.RandomRotation"
    keywords: ClassVar[dict[str, Rule]] = BOXES

    factor: Numbers
    fill_mode: Outside = "reflect"
    interpolation: Between = "bilinear"
    seed: Seed = None
    fill_value: Number = 0.0
    data_format: DataFormat = None


class RandomSaturation(Augmentation, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Changes the saturation of images in training."
    source: ClassVar[str] = "keras.layers.RandomSaturation"
    keywords: ClassVar[dict[str, Rule]] = BOXES

    factor: Numbers
    value_range: Range = (0, 255)
    data_format: DataFormat = None
    seed: Seed = None


class RandomSharpness(Augmentation, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Makes images sharper or softer in training."
    source: ClassVar[str] = "keras.layers.RandomSharpness"
    keywords: ClassVar[dict[str, Rule]] = BOXES

    factor: Numbers
    value_range: Range = (0, 255)
    data_format: DataFormat = None
    seed: Seed = None


class RandomShear(Augmentation, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Shears images in training."
    source: ClassVar[str] = "keras.layers.RandomShear"
    keywords: ClassVar[dict[str, Rule]] = BOXES

    x_factor: Numbers = 0.0
    y_factor: Numbers = 0.0
    interpolation: Between = "bilinear"
    fill_mode: Outside = "reflect"
    fill_value: Number = 0.0
    data_format: DataFormat = None
    seed: Seed = None


class RandomTranslation(Augmentation, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Moves images in training."
    source: ClassVar[str] = "keras.layers.RandomTranslation"
    keywords: ClassVar[dict[str, Rule]] = BOXES

    height_factor: Numbers
    width_factor: Numbers
    fill_mode: Outside = "reflect"
    interpolation: Between = "bilinear"
    seed: Seed = None
    fill_value: Number = 0.0
    data_format: DataFormat = None


class RandomZoom(Augmentation, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Zooms into images, or out of them, in training."
    source: ClassVar[str] = "keras.layers.RandomZoom"
    keywords: ClassVar[dict[str, Rule]] = BOXES

    height_factor: Numbers
    width_factor: OptionalNumbers = None
    fill_mode: Outside = "reflect"
    interpolation: Between = "bilinear"
    seed: Seed = None
    fill_value: Number = 0.0
    data_format: DataFormat = None


class Solarization(Augmentation, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Inverts the bright parts of images in training."
    source: ClassVar[str] = "keras.layers.Solarization"

    addition_factor: Numbers = 0.0
    threshold_factor: Numbers = 0.0
    value_range: Range = (0, 255)
    seed: Seed = None


class ContrastLimitedAdaptiveHistogramEqualization(Augmentation, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Evens out the contrast of each part of an image."
    source: ClassVar[str] = "keras.layers.ContrastLimitedAdaptiveHistogramEqualization"
    keywords: ClassVar[dict[str, Rule]] = BOXES

    value_range: Range = (0, 255)
    clip_limit: Number = 4.0
    tile_grid_size: Numbers = (8, 8)
    data_format: DataFormat = None

    def forward(self, run: Running) -> Ran:
        raise Refusal(
            f"{self.class_name} changes images in inference too, by their histogram, which is not computed here",
            "leave it out, and give images that went through it",
        )


class AutoContrast(Augmentation, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Stretches each channel of an image over all of its values, in inference too."
    source: ClassVar[str] = "keras.layers.AutoContrast"

    value_range: Range = (0, 255)

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.resizing import stretch

        (x,) = run.inputs
        if x.ndim != len(IMAGE):
            raise Refusal(f"AutoContrast can be run on images of 4 axes, but its input has {x.ndim}")
        return Ran((stretch(x.astype(run.dtype), *sorted(self.value_range)),))


class RandomCrop(Resized, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A part of an image: any in training, as much as fits of its middle in inference."
    source: ClassVar[str] = "keras.layers.RandomCrop"
    takes: ClassVar[Tensors] = Tensors((IMAGE,))
    gives: ClassVar[Tensors] = Tensors(words="(samples, the height and the width that are asked for, channels)")

    height: Positive
    width: Positive
    seed: Seed = None
    data_format: DataFormat = None

    def resize(self, x: "Array") -> "Array":
        """As Keras documents and Keras 2 does it; Keras 3 gives the image whole, in another shape than it infers."""
        from lstmcalc.kernels.resizing import crop_to_ratio, resize

        return resize(crop_to_ratio(x, self.height, self.width), self.height, self.width, "bilinear")
