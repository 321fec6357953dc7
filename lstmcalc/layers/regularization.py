"""Dropout and noise: layers that act in training alone, and change neither shape nor count."""

from typing import ClassVar

from lstmcalc.layers.arguments import DataFormat, NonNegative, Rate, Seed, SizeList
from lstmcalc.layers.base import Ran, Running
from lstmcalc.layers.core import PassesMask
from lstmcalc.layers.declared import SEQUENCE, Tensors
from lstmcalc.shapes import Shapes, require_rank


class OfTraining(PassesMask, frozen=True, eq=False, kw_only=True):
    """What these layers have in common: in inference they give their input as it is."""

    def forward(self, run: Running) -> Ran:
        return Ran(run.inputs, run.masks)


class Dropout(OfTraining, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Sets a share of the inputs to 0 in training."
    source: ClassVar[str] = "Srivastava et al. 2014; keras.layers.Dropout"

    rate: Rate
    noise_shape: SizeList = None
    seed: Seed = None


class SpatialDropout1D(OfTraining, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Drops whole features of a sequence in training."
    source: ClassVar[str] = "keras.layers.SpatialDropout1D"
    takes: ClassVar[Tensors] = Tensors((SEQUENCE,))
    common: ClassVar[tuple[str, ...]] = ("name", "dtype")
    first_axis_is_time: ClassVar[bool] = True

    rate: Rate
    seed: Seed = None

    def output_shapes(self, inputs: Shapes) -> Shapes:
        require_rank(inputs[0], 3, "SpatialDropout1D")
        return (inputs[0],)


class SpatialDropout2D(OfTraining, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Drops whole feature maps of images in training."
    source: ClassVar[str] = "keras.layers.SpatialDropout2D"
    takes: ClassVar[Tensors] = Tensors((("samples", "rows", "columns", "features"),))
    common: ClassVar[tuple[str, ...]] = ("name", "dtype")

    rate: Rate
    data_format: DataFormat = None
    seed: Seed = None

    def output_shapes(self, inputs: Shapes) -> Shapes:
        require_rank(inputs[0], 4, "SpatialDropout2D")
        return (inputs[0],)


class SpatialDropout3D(OfTraining, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Drops whole feature maps of volumes in training."
    source: ClassVar[str] = "keras.layers.SpatialDropout3D"
    takes: ClassVar[Tensors] = Tensors((("samples", "depth", "rows", "columns", "features"),))
    common: ClassVar[tuple[str, ...]] = ("name", "dtype")

    rate: Rate
    data_format: DataFormat = None
    seed: Seed = None

    def output_shapes(self, inputs: Shapes) -> Shapes:
        require_rank(inputs[0], 5, "SpatialDropout3D")
        return (inputs[0],)


class GaussianNoise(OfTraining, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Adds normal noise in training."
    source: ClassVar[str] = "keras.layers.GaussianNoise"

    stddev: Rate
    seed: Seed = None


class GaussianDropout(OfTraining, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Multiplies by normal noise around 1 in training."
    source: ClassVar[str] = "keras.layers.GaussianDropout"

    rate: Rate
    seed: Seed = None


class AlphaDropout(OfTraining, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Dropout that keeps mean and variance, for SELU."
    source: ClassVar[str] = "Klambauer et al. 2017; keras.layers.AlphaDropout"

    rate: Rate
    noise_shape: SizeList = None
    seed: Seed = None


class ActivityRegularization(OfTraining, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Adds a penalty on its input to the loss."
    source: ClassVar[str] = "keras.layers.ActivityRegularization"
    common: ClassVar[tuple[str, ...]] = ("name", "trainable", "dtype", "autocast")

    l1: NonNegative = 0.0
    l2: NonNegative = 0.0
