"""Which module knows which layer; a family is imported when one of its layers is in use."""

from importlib import import_module

from lstmcalc.layers.base import Layer

FAMILIES: dict[str, tuple[str, ...]] = {
    "core": ("Dense", "Embedding", "Masking", "Activation", "Identity", "ReversibleEmbedding"),
    "einsum": ("EinsumDense",),
    "recurrent": ("LSTM", "GRU", "SimpleRNN", "CuDNNLSTM", "CuDNNGRU"),
    "cells": ("RNN", "LSTMCell", "GRUCell", "SimpleRNNCell", "StackedRNNCells"),
    "wrappers": ("TimeDistributed", "Bidirectional"),
    "reshaping": ("Flatten", "Reshape", "RepeatVector", "Permute"),
    "regularization": (
        "Dropout",
        "SpatialDropout1D",
        "SpatialDropout2D",
        "SpatialDropout3D",
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
    "normalization": (
        "BatchNormalization",
        "LayerNormalization",
        "GroupNormalization",
        "RMSNormalization",
        "UnitNormalization",
        "SpectralNormalization",
        "Normalization",
        "Rescaling",
    ),
    "attention": ("Attention", "AdditiveAttention", "MultiHeadAttention", "GroupedQueryAttention"),
    "activations": ("ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax"),
    "preprocessing": (
        "CategoryEncoding",
        "Discretization",
        "Hashing",
        "HashedCrossing",
        "StringLookup",
        "IntegerLookup",
        "TextVectorization",
    ),
    "augmentation": (
        "AugMix",
        "AutoContrast",
        "ContrastLimitedAdaptiveHistogramEqualization",
        "CutMix",
        "MixUp",
        "RandAugment",
        "RandomBrightness",
        "RandomColorDegeneration",
        "RandomColorJitter",
        "RandomContrast",
        "RandomCrop",
        "RandomElasticTransform",
        "RandomErasing",
        "RandomFlip",
        "RandomGaussianBlur",
        "RandomGrayscale",
        "RandomHue",
        "RandomInvert",
        "RandomPerspective",
        "RandomPosterization",
        "RandomRotation",
        "RandomSaturation",
        "RandomSharpness",
        "RandomShear",
        "RandomTranslation",
        "RandomZoom",
        "Solarization",
    ),
    "spectrograms": ("MelSpectrogram", "STFTSpectrogram"),
    "keras1": ("Merge", "MaxoutDense", "Highway", "TimeDistributedDense", "ParametricSoftplus", "SReLU"),
    "keras2": ("LocallyConnected1D", "LocallyConnected2D", "ThresholdedReLU", "RandomHeight", "RandomWidth"),
    "stated": ("Lambda", "Custom"),
}
# Read by the builder itself, since they hold layers or stand for an input.
MODELS = ("Sequential", "Model")
INPUTS = ("Input", "InputLayer")

OLDER_ENDS = ("olution1D", "olution2D", "1D", "2D")
# Classes that Keras 1 alone had, whose arguments are its own in every model: see layers/dialects.py.
OLDER_CLASSES = (*(f"AtrousConv{end}" for end in OLDER_ENDS), "Deconvolution2D", "Deconv2D")
# Other names that Keras 1, 2 or 3 has or had for these layers.
ALIASES = {
    "GroupQueryAttention": "GroupedQueryAttention",
    **dict.fromkeys(("SyncBatchNormalization", "BatchNormalizationV1", "BatchNormalizationV2"), "BatchNormalization"),
    **{f"AtrousConv{end}": f"Conv{end[-2:]}" for end in OLDER_ENDS},
    "Deconvolution2D": "Conv2DTranspose",
    "Deconv2D": "Conv2DTranspose",
    "Deconvolution3D": "Conv3DTranspose",
    "DepthwiseConvolution1D": "DepthwiseConv1D",
    "DepthwiseConvolution2D": "DepthwiseConv2D",
    **{f"Convolution{n}D": f"Conv{n}D" for n in (1, 2, 3)},
    **{f"Convolution{n}DTranspose": f"Conv{n}DTranspose" for n in (1, 2, 3)},
    **{f"SeparableConvolution{n}D": f"SeparableConv{n}D" for n in (1, 2)},
    **{f"MaxPool{n}D": f"MaxPooling{n}D" for n in (1, 2, 3)},
    **{f"AvgPool{n}D": f"AveragePooling{n}D" for n in (1, 2, 3)},
    **{f"GlobalMaxPool{n}D": f"GlobalMaxPooling{n}D" for n in (1, 2, 3)},
    **{f"GlobalAvgPool{n}D": f"GlobalAveragePooling{n}D" for n in (1, 2, 3)},
}

OPERATION = "ops."  # before the name of an operation: see layers/operations.py
MODULES = {name: family for family, names in FAMILIES.items() for name in names}
# Every name that a class may have in a model.
KNOWN = [*MODULES, *ALIASES, *MODELS, *INPUTS]
FOUND: dict[str, type[Layer]] = {}


def find(class_name: str) -> type[Layer] | None:
    """The layer of that class name or alias, None when it is not known."""
    name = ALIASES.get(class_name, class_name)
    if class_name.startswith(OPERATION):
        return find_operation(class_name.removeprefix(OPERATION))
    if name not in FOUND:
        module = MODULES.get(name)
        if module is None:
            return None
        FOUND[name] = getattr(import_module(f"lstmcalc.layers.{module}"), name)
    return FOUND[name]


def find_operation(name: str) -> type[Layer] | None:
    """The operation of `keras.ops` of that name, None when it is not known."""
    operations: dict[str, type[Layer]] = import_module("lstmcalc.layers.operations").OPERATIONS
    return operations.get(name)


def operations() -> tuple[str, ...]:
    """The names of all operations, as a spec writes them: `ops.Mean`."""
    named: dict[str, type[Layer]] = import_module("lstmcalc.layers.operations").OPERATIONS
    return tuple(f"{OPERATION}{name}" for name in sorted(named))


def register(layer: type[Layer], family: str = "registered") -> None:
    """Make a layer known that stands in no module of this package, under the name of its class."""
    name = layer.__name__
    FAMILIES[family] = (*FAMILIES.get(family, ()), name)
    MODULES[name], FOUND[name] = family, layer
    KNOWN.append(name)
