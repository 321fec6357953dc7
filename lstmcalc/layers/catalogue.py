"""Which module knows which layer; a family is imported when one of its layers is in use."""

from functools import cache
from importlib import import_module

from lstmcalc.layers.base import Layer

FAMILIES: dict[str, tuple[str, ...]] = {
    "core": ("Dense", "Embedding", "Masking", "Activation"),
    "recurrent": ("LSTM", "GRU", "SimpleRNN", "CuDNNLSTM", "CuDNNGRU"),
    "wrappers": ("TimeDistributed", "Bidirectional"),
    "reshaping": ("Flatten", "Reshape", "RepeatVector", "Permute"),
    "regularization": (
        "Dropout",
        "SpatialDropout1D",
        "GaussianNoise",
        "GaussianDropout",
        "AlphaDropout",
        "ActivityRegularization",
    ),
    "merging": ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot"),
    "convolution": ("Conv1D", "Conv2D", "Conv3D", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"),
    "separable_convolution": ("SeparableConv1D", "SeparableConv2D", "DepthwiseConv1D", "DepthwiseConv2D"),
    "convolutional_recurrent": ("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"),
    "pooling": (
        "MaxPooling1D",
        "MaxPooling2D",
        "MaxPooling3D",
        "AveragePooling1D",
        "AveragePooling2D",
        "AveragePooling3D",
        "GlobalMaxPooling1D",
        "GlobalMaxPooling2D",
        "GlobalMaxPooling3D",
        "GlobalAveragePooling1D",
        "GlobalAveragePooling2D",
        "GlobalAveragePooling3D",
        "AdaptiveMaxPooling1D",
        "AdaptiveMaxPooling2D",
        "AdaptiveMaxPooling3D",
        "AdaptiveAveragePooling1D",
        "AdaptiveAveragePooling2D",
        "AdaptiveAveragePooling3D",
    ),
    "resizing": (
        "UpSampling1D",
        "UpSampling2D",
        "UpSampling3D",
        "ZeroPadding1D",
        "ZeroPadding2D",
        "ZeroPadding3D",
        "Cropping1D",
        "Cropping2D",
        "Cropping3D",
        "Resizing",
        "CenterCrop",
    ),
    "stated": ("Lambda", "Custom"),
}
# Read by the builder itself, since they hold layers or stand for an input.
MODELS = ("Sequential", "Model")
INPUTS = ("Input", "InputLayer")

MODULES = {name: family for family, names in FAMILIES.items() for name in names}
KNOWN = (*MODULES, *MODELS, *INPUTS)


@cache
def find(class_name: str) -> type[Layer] | None:
    """The layer of that class name, None when it is not known."""
    module = MODULES.get(class_name)
    if module is None:
        return None
    found: type[Layer] = getattr(import_module(f"lstmcalc.layers.{module}"), class_name)
    return found
