"""The words of Keras 1 and 2: what they called classes and arguments, in which order, and what one left out meant.

Keras 1 is the package 1.2.2 (keras/layers/*.py); Keras 2 the package 2.0 to 2.2 (2.2.5, keras/layers/*.py), which takes
Keras 1's words too (keras/legacy/interfaces.py). tf.keras of TensorFlow 2 has the defaults of Keras 3, so that its
models are of the dialect keras3. Imported when a model is of another, or has a word that Keras 3 has not.
"""

from typing import Any

import msgspec

KERAS1, KERAS2, KERAS3 = "keras1", "keras2", "keras3"


class Words(msgspec.Struct, frozen=True):
    """How a class was called: the class that is meant, and its arguments in their order, each with what is meant by it.

    Meant is an argument of today's; a part of one, `kernel_size[0]`; several, `a+b`; or nothing,
    where an argument changes no model. `by_name` are those that have no place in the order.
    `sizes` are how many numbers of the kernel stood one after the other.
    """

    meant: str
    arguments: dict[str, str]
    by_name: dict[str, str] = {}
    sizes: int = 0


def _words(text: str) -> dict[str, str]:
    """`init=kernel_initializer activation p=`: each word with what is meant, itself where nothing is said."""
    pairs = (part.partition("=") for part in text.split())
    return {old: new if equals else old for old, equals, new in pairs}


# Keras 1.

_WEIGHTS = """W_regularizer=kernel_regularizer b_regularizer=bias_regularizer activity_regularizer
    W_constraint=kernel_constraint b_constraint=bias_constraint bias=use_bias"""
_FIRST = "input_dim input_length"
_ORDERING = "dim_ordering=data_format"
_CONVOLUTION = "init=kernel_initializer activation weights border_mode=padding"
_SIZES_2D = "nb_row=kernel_size[0] nb_col=kernel_size[1]"
_SIZES_3D = "kernel_dim1=kernel_size[0] kernel_dim2=kernel_size[1] kernel_dim3=kernel_size[2]"
_RECURRENT = _words(
    f"weights return_sequences go_backwards stateful unroll consume_less= {_FIRST} batch_input_shape input_shape"
)
_RECURRENT_KERNEL = """W_regularizer=kernel_regularizer U_regularizer=recurrent_regularizer
    b_regularizer=bias_regularizer dropout_W=dropout dropout_U=recurrent_dropout"""
_INNER = "init=kernel_initializer inner_init=recurrent_initializer"
_ACTIVATIONS = "activation inner_activation=recurrent_activation"
_POOLING = f"pool_size strides border_mode=padding {_ORDERING}"

OF_KERAS1: dict[str, Words] = {
    "Dense": Words(
        "Dense", _words(f"output_dim=units init=kernel_initializer activation weights {_WEIGHTS} input_dim")
    ),
    "Dropout": Words("Dropout", _words("p=rate noise_shape seed")),
    "SpatialDropout1D": Words("SpatialDropout1D", _words("p=rate")),
    **{f"SpatialDropout{n}D": Words(f"SpatialDropout{n}D", _words(f"p=rate {_ORDERING}")) for n in (2, 3)},
    "GaussianNoise": Words("GaussianNoise", _words("sigma=stddev")),
    "GaussianDropout": Words("GaussianDropout", _words("p=rate")),
    "Embedding": Words(
        "Embedding",
        _words(
            """input_dim output_dim init=embeddings_initializer input_length W_regularizer=embeddings_regularizer
            activity_regularizer W_constraint=embeddings_constraint mask_zero weights dropout="""
        ),
    ),
    "SimpleRNN": Words("SimpleRNN", _words(f"output_dim=units {_INNER} activation {_RECURRENT_KERNEL}"), _RECURRENT),
    "GRU": Words("GRU", _words(f"output_dim=units {_INNER} {_ACTIVATIONS} {_RECURRENT_KERNEL}"), _RECURRENT),
    "LSTM": Words(
        "LSTM",
        _words(f"output_dim=units {_INNER} forget_bias_init=unit_forget_bias {_ACTIVATIONS} {_RECURRENT_KERNEL}"),
        _RECURRENT,
    ),
    "ConvLSTM2D": Words(
        "ConvLSTM2D",
        _words(
            f"""nb_filter=filters {_SIZES_2D} {_INNER} forget_bias_init=unit_forget_bias {_ACTIVATIONS} {_ORDERING}
            border_mode=padding subsample=strides {_RECURRENT_KERNEL}"""
        ),
        _words("weights return_sequences go_backwards stateful"),
        sizes=2,
    ),
    "Convolution1D": Words(
        "Conv1D",
        _words(
            f"nb_filter=filters filter_length=kernel_size {_CONVOLUTION} subsample_length=strides {_WEIGHTS} {_FIRST}"
        ),
    ),
    "AtrousConvolution1D": Words(
        "Conv1D",
        _words(
            f"""nb_filter=filters filter_length=kernel_size {_CONVOLUTION} subsample_length=strides
            atrous_rate=dilation_rate {_WEIGHTS}"""
        ),
        _words(_FIRST),
    ),
    "Convolution2D": Words(
        "Conv2D",
        _words(f"nb_filter=filters {_SIZES_2D} {_CONVOLUTION} subsample=strides {_ORDERING} {_WEIGHTS}"),
        sizes=2,
    ),
    "AtrousConvolution2D": Words(
        "Conv2D",
        _words(
            f"""nb_filter=filters {_SIZES_2D} {_CONVOLUTION} subsample=strides atrous_rate=dilation_rate
            {_ORDERING} {_WEIGHTS}"""
        ),
        sizes=2,
    ),
    "Deconvolution2D": Words(
        "Conv2DTranspose",
        _words(f"nb_filter=filters {_SIZES_2D} output_shape= {_CONVOLUTION} subsample=strides {_ORDERING} {_WEIGHTS}"),
        sizes=2,
    ),
    "SeparableConvolution2D": Words(
        "SeparableConv2D",
        _words(
            f"""nb_filter=filters {_SIZES_2D} init=depthwise_initializer+pointwise_initializer activation weights
            border_mode=padding subsample=strides depth_multiplier {_ORDERING} depthwise_regularizer
            pointwise_regularizer b_regularizer=bias_regularizer activity_regularizer depthwise_constraint
            pointwise_constraint b_constraint=bias_constraint bias=use_bias"""
        ),
        sizes=2,
    ),
    "Convolution3D": Words(
        "Conv3D",
        _words(f"nb_filter=filters {_SIZES_3D} {_CONVOLUTION} subsample=strides {_ORDERING} {_WEIGHTS}"),
        sizes=3,
    ),
    "LocallyConnected1D": Words(
        "LocallyConnected1D",
        _words(
            f"nb_filter=filters filter_length=kernel_size {_CONVOLUTION} subsample_length=strides {_WEIGHTS} {_FIRST}"
        ),
    ),
    "LocallyConnected2D": Words(
        "LocallyConnected2D",
        _words(f"nb_filter=filters {_SIZES_2D} {_CONVOLUTION} subsample=strides {_ORDERING} {_WEIGHTS}"),
        sizes=2,
    ),
    **{
        f"{kind}Pooling1D": Words(
            f"{kind}Pooling1D", _words("pool_length=pool_size stride=strides border_mode=padding")
        )
        for kind in ("Max", "Average")
    },
    **{
        f"{kind}Pooling{n}D": Words(f"{kind}Pooling{n}D", _words(_POOLING))
        for kind in ("Max", "Average")
        for n in (2, 3)
    },
    **{
        f"Global{kind}Pooling{n}D": Words(f"Global{kind}Pooling{n}D", _words(_ORDERING))
        for kind in ("Max", "Average")
        for n in (2, 3)
    },
    "UpSampling1D": Words("UpSampling1D", _words("length=size")),
    **{f"UpSampling{n}D": Words(f"UpSampling{n}D", _words(f"size {_ORDERING}")) for n in (2, 3)},
    "ZeroPadding1D": Words("ZeroPadding1D", _words("padding")),
    **{f"ZeroPadding{n}D": Words(f"ZeroPadding{n}D", _words(f"padding {_ORDERING}")) for n in (2, 3)},
    **{f"Cropping{n}D": Words(f"Cropping{n}D", _words(f"cropping {_ORDERING}")) for n in (2, 3)},
    "BatchNormalization": Words(
        "BatchNormalization",
        _words(
            """epsilon mode= axis momentum weights beta_init=beta_initializer gamma_init=gamma_initializer
            gamma_regularizer beta_regularizer"""
        ),
    ),
    "PReLU": Words("PReLU", _words("init=alpha_initializer weights shared_axes")),
}
# Other names that classes have, or had, by the name of the table above.
NAMES_IN_KERAS1 = {
    **{f"Conv{n}D": f"Convolution{n}D" for n in (1, 2, 3)},
    **{f"AtrousConv{n}D": f"AtrousConvolution{n}D" for n in (1, 2)},
    "SeparableConv2D": "SeparableConvolution2D",
    **dict.fromkeys(("Deconv2D", "Conv2DTranspose", "Convolution2DTranspose"), "Deconvolution2D"),
    **{
        f"{short}Pool{n}D": f"{kind}Pooling{n}D"
        for short, kind in (("Max", "Max"), ("Avg", "Average"))
        for n in (1, 2, 3)
    },
}


# Keras 2.

_KERNEL = "kernel_initializer bias_initializer kernel_regularizer bias_regularizer activity_regularizer"
_CONSTRAINTS = "kernel_constraint bias_constraint"
_OF_CONVOLUTION = (
    f"filters kernel_size strides padding data_format dilation_rate activation use_bias {_KERNEL} {_CONSTRAINTS}"
)
_GATES = "activation recurrent_activation use_bias kernel_initializer recurrent_initializer bias_initializer"
_FORGET = "unit_forget_bias"
_REGULARIZERS = "kernel_regularizer recurrent_regularizer bias_regularizer"
_OF_CONSTRAINTS = "kernel_constraint recurrent_constraint bias_constraint"
_OF_DROPOUT = "dropout recurrent_dropout implementation"
_OF_SEQUENCES = "return_sequences return_state go_backwards stateful unroll"

# The order of arguments where it is not that of Keras 3.
ORDERS_OF_KERAS2: dict[str, tuple[str, ...]] = {
    name: tuple(text.split())
    for name, text in {
        **{f"Conv{n}D": _OF_CONVOLUTION for n in (1, 2, 3)},
        "Conv3DTranspose": (
            f"""filters kernel_size strides padding output_padding data_format activation use_bias {_KERNEL}
            {_CONSTRAINTS}"""
        ),
        "ConvLSTM2D": (
            f"""filters kernel_size strides padding data_format dilation_rate {_GATES} {_FORGET} {_REGULARIZERS}
            activity_regularizer {_OF_CONSTRAINTS} return_sequences go_backwards stateful dropout recurrent_dropout"""
        ),
        "Embedding": (
            """input_dim output_dim embeddings_initializer embeddings_regularizer activity_regularizer
            embeddings_constraint mask_zero input_length"""
        ),
        "LSTM": (
            f"""units {_GATES} {_FORGET} {_REGULARIZERS} activity_regularizer {_OF_CONSTRAINTS} {_OF_DROPOUT}
            {_OF_SEQUENCES}"""
        ),
        "GRU": (
            f"""units {_GATES} {_REGULARIZERS} activity_regularizer {_OF_CONSTRAINTS} {_OF_DROPOUT} {_OF_SEQUENCES}
            reset_after"""
        ),
        "LSTMCell": f"units {_GATES} {_FORGET} {_REGULARIZERS} {_OF_CONSTRAINTS} {_OF_DROPOUT}",
        "GRUCell": f"units {_GATES} {_REGULARIZERS} {_OF_CONSTRAINTS} {_OF_DROPOUT} reset_after",
        "CuDNNLSTM": (
            f"""units kernel_initializer recurrent_initializer bias_initializer {_FORGET} {_REGULARIZERS}
            activity_regularizer {_OF_CONSTRAINTS} return_sequences return_state stateful"""
        ),
        "CuDNNGRU": (
            f"""units kernel_initializer recurrent_initializer bias_initializer {_REGULARIZERS}
            activity_regularizer {_OF_CONSTRAINTS} return_sequences return_state stateful"""
        ),
    }.items()
}

# What Keras 1 and 2 took for an argument that was left out, where Keras 3 takes something else.
_HARD_SIGMOID = {"recurrent_activation": "hard_sigmoid"}
DEFAULTS: dict[str, dict[str, Any]] = {
    **dict.fromkeys(("LSTM", "LSTMCell", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"), _HARD_SIGMOID),
    **{name: {**_HARD_SIGMOID, "reset_after": False} for name in ("GRU", "GRUCell")},
}

# Values.

# What Keras 1 called values of an argument, by its own name for it.
VALUES: dict[str, dict[Any, Any]] = {
    "dim_ordering": {"tf": "channels_last", "th": "channels_first", "default": None},
    "forget_bias_init": {"one": True, "ones": True, "zero": False, "zeros": False},
}
# The values with which an argument that means nothing today meant nothing then; any, where none is listed.
WITHOUT_EFFECT: dict[str, tuple[Any, ...]] = {"mode": (0,), "consume_less": ("cpu", "mem", "gpu")}
WHY_NOT = {
    "mode": "normalizes each sample, or by the batch when the model is used too, which Keras 2 and 3 do not do",
}
# Functions of one name that are others in Keras 3.
OLDER_FUNCTIONS = {"hard_sigmoid": "hard_sigmoid_of_keras_1"}
TAKE_FUNCTIONS = ("activation", "recurrent_activation")


def words_of(class_name: str) -> Words | None:
    """How Keras 1 called a class, by any of its names; None where its words are those of Keras 3."""
    return OF_KERAS1.get(NAMES_IN_KERAS1.get(class_name, class_name))
