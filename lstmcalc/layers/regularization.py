"""Dropout and noise: layers that act in training alone, and change neither shape nor count."""

from typing import ClassVar

from lstmcalc.layers.arguments import DataFormat, NonNegative, Rate, Seed, SizeList
from lstmcalc.layers.base import Ran, Running
from lstmcalc.layers.core import PassesMask
from lstmcalc.shapes import Shapes, require_rank


class OfTraining(PassesMask, frozen=True, eq=False, kw_only=True):
    """What these layers have in common: in inference they give their input as it is."""

    def forward(self, run: Running) -> Ran:
        return Ran(run.inputs, run.masks)


class Dropout(OfTraining, frozen=True, eq=False, kw_only=True):
    """Sets a share of the inputs to 0 in training (Srivastava et al. 2014; keras.layers.Dropout).

    Input: any
    Output: the input's shape
    Params: 0
    """

    rate: Rate
    noise_shape: SizeList = None
    seed: Seed = None


class SpatialDropout1D(OfTraining, frozen=True, eq=False, kw_only=True):
    """Drops whole features of a sequence in training (keras.layers.SpatialDropout1D).

    Input: (samples, timesteps, features)
    Output: the input's shape
    Params: 0
    """

    common: ClassVar[tuple[str, ...]] = ("name", "dtype")
    first_axis_is_time: ClassVar[bool] = True

    rate: Rate
    seed: Seed = None

    def output_shapes(self, inputs: Shapes) -> Shapes:
        require_rank(inputs[0], 3, "SpatialDropout1D")
        return (inputs[0],)


class SpatialDropout2D(OfTraining, frozen=True, eq=False, kw_only=True):
    """Drops whole feature maps of images in training (keras.layers.SpatialDropout2D).

    Input: (samples, rows, columns, features)
    Output: the input's shape
    Params: 0
    """

    common: ClassVar[tuple[str, ...]] = ("name", "dtype")

    rate: Rate
    data_format: DataFormat = None
    seed: Seed = None

    def output_shapes(self, inputs: Shapes) -> Shapes:
        require_rank(inputs[0], 4, "SpatialDropout2D")
        return (inputs[0],)


class SpatialDropout3D(OfTraining, frozen=True, eq=False, kw_only=True):
    """Drops whole feature maps of volumes in training (keras.layers.SpatialDropout3D).

    Input: (samples, depth, rows, columns, features)
    Output: the input's shape
    Params: 0
    """

    common: ClassVar[tuple[str, ...]] = ("name", "dtype")

    rate: Rate
    data_format: DataFormat = None
    seed: Seed = None

    def output_shapes(self, inputs: Shapes) -> Shapes:
        require_rank(inputs[0], 5, "SpatialDropout3D")
        return (inputs[0],)


class GaussianNoise(OfTraining, frozen=True, eq=False, kw_only=True):
    """Adds normal noise in training (keras.layers.GaussianNoise).

    Input: any
    Output: the input's shape
    Params: 0
    """

    stddev: Rate
    seed: Seed = None


class GaussianDropout(OfTraining, frozen=True, eq=False, kw_only=True):
    """Multiplies by normal noise around 1 in training (keras.layers.GaussianDropout).

    Input: any
    Output: the input's shape
    Params: 0
    """

    rate: Rate
    seed: Seed = None


class AlphaDropout(OfTraining, frozen=True, eq=False, kw_only=True):
    """Dropout that keeps mean and variance, for SELU (Klambauer et al. 2017; keras.layers.AlphaDropout).

    Input: any
    Output: the input's shape
    Params: 0
    """

    rate: Rate
    noise_shape: SizeList = None
    seed: Seed = None


class ActivityRegularization(OfTraining, frozen=True, eq=False, kw_only=True):
    """Adds a penalty on its input to the loss (keras.layers.ActivityRegularization).

    Input: any
    Output: the input's shape
    Params: 0
    """

    common: ClassVar[tuple[str, ...]] = ("name", "trainable", "dtype", "autocast")

    l1: NonNegative = 0.0
    l2: NonNegative = 0.0
