"""Arguments and input shapes for the layers on spatial axes: mostly such that fit, now and then such that do not.

`LAYERS` has a strategy for each class: of its arguments by name, and of the input's shape, samples first.
"""

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

Shape = tuple[int | None, ...]
Drawn = tuple[dict[str, Any], Shape]
Options = dict[str, SearchStrategy[Any]]


def _cases(*words: str) -> SearchStrategy[str]:
    """The words as Keras writes them, and in other cases."""
    return st.sampled_from([*words, *words, *words, *map(str.upper, words), *map(str.title, words)])


def _rarely(seldom: SearchStrategy[Any], mostly: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return st.integers(0, 19).flatmap(lambda number: seldom if number == 0 else mostly)


def _sizes(rank: int, most: int, least: int = 1) -> SearchStrategy[Any]:
    """A number for all axes or a list of them; rarely one that is too small, or a list of another length."""
    size = st.integers(least, most)
    lists = st.lists(size, min_size=rank, max_size=rank)
    faulty = st.one_of(st.integers(-2, least - 1), st.lists(size, max_size=4), st.just([least - 1] * rank))
    return _rarely(faulty, st.one_of(size, lists))


COMMON: Options = {
    "trainable": st.booleans(),
    "autocast": st.booleans(),
    "dtype": st.sampled_from(["float16", "mixed_float16", "bfloat16", "float64", "mixed_bfloat16"]),
}
DATA_FORMAT = st.one_of(st.none(), _cases("channels_last", "channels_first", "channels_first", "channels_first"))
ACTIVATION = st.sampled_from([None, "relu", "tanh", "softmax"])
INITIALIZER = st.sampled_from([None, *["glorot_uniform", "HeNormal", "zeros", "orthogonal"] * 4, "identity"])
BIAS_INITIALIZER = st.sampled_from([None, *["zeros", "Ones", "he_normal"] * 4, "orthogonal", "identity"])
REGULARIZER = st.sampled_from([None, "l2", {"class_name": "L2", "config": {"l2": 0.01}}])
CONSTRAINT = st.sampled_from([None, "max_norm", "NonNeg"])
BIAS: Options = {
    "activation": ACTIVATION,
    "use_bias": st.booleans(),
    "bias_initializer": BIAS_INITIALIZER,
    "bias_regularizer": REGULARIZER,
    "bias_constraint": CONSTRAINT,
    "activity_regularizer": REGULARIZER,
}


def _kernel(name: str) -> Options:
    return {f"{name}_initializer": INITIALIZER, f"{name}_regularizer": REGULARIZER, f"{name}_constraint": CONSTRAINT}


@st.composite
def _layers(draw: DrawFn, rank: int, needed: Options, options: Options, is_sequence: bool = False) -> Drawn:
    """Arguments, some of those that may be left out; and a shape of about the rank that they want."""
    given = draw(st.fixed_dictionaries(needed))
    chosen = draw(st.lists(st.sampled_from(sorted(options)), unique=True, max_size=6)) if options else []
    given |= {name: draw(options[name]) for name in chosen}
    return given, draw(_shapes(rank, given, is_sequence))


@st.composite
def _shapes(draw: DrawFn, rank: int, given: dict[str, Any], is_sequence: bool) -> Shape:
    size = st.integers(1, 12)
    unknown = st.sampled_from([None, *range(1, 13)])
    axes = [draw(_rarely(unknown, size) if is_sequence else unknown) for _ in range(rank)]
    groups = given.get("groups", 1)
    channels = draw(_rarely(st.sampled_from([None, 1, 5]), st.sampled_from([1, 2, 3]).map(lambda each: each * groups)))
    first = str(given.get("data_format")).lower() == "channels_first"
    axes = [channels, *axes] if first else [*axes, channels]
    if is_sequence:
        axes.insert(0, draw(unknown))
    return (draw(st.sampled_from([None, None, 1, 3])), *axes)


@st.composite
def of_any_rank(draw: DrawFn, class_name: str) -> Drawn:
    """Arguments and a shape for a layer, rarely with an axis more or less than it takes."""
    given, shape = draw(LAYERS[class_name])
    which = draw(st.integers(0, 59)) if class_name not in OF_ANY_RANK else 9
    if which == 0:
        return given, (*shape, 2)
    return (given, shape[:-1]) if which == 1 else (given, shape)


def _convolution(rank: int, name: str = "kernel") -> Options:
    return {
        **COMMON,
        **BIAS,
        **_kernel(name),
        "strides": _sizes(rank, 3),
        "padding": _rarely(st.sampled_from(["causal", "full"]), _cases("valid", "same", *["causal"] * (rank == 1))),
        "data_format": DATA_FORMAT,
        "dilation_rate": _sizes(rank, 3),
    }


@st.composite
def _groups(draw: DrawFn, layers: SearchStrategy[Drawn]) -> Drawn:
    """The same, with groups that mostly divide the filters and the channels."""
    given, shape = draw(layers)
    if draw(st.booleans()):
        given["groups"] = groups = draw(_rarely(st.integers(-1, 0), st.integers(1, 3)))
        if draw(st.integers(0, 9)):
            given["filters"] *= max(groups, 1)
            channels = 1 if str(given.get("data_format")).lower() == "channels_first" else -1
            sizes = list(shape)
            sizes[channels] = sizes[channels] and sizes[channels] * max(groups, 1)
            shape = tuple(sizes)
    return given, shape


def _conv(rank: int) -> SearchStrategy[Drawn]:
    needed = {"filters": _rarely(st.integers(-1, 0), st.integers(1, 5)), "kernel_size": _sizes(rank, 4)}
    options = {**_convolution(rank), "lora_rank": st.integers(1, 3), "lora_alpha": st.sampled_from([None, 2, 0.5])}
    return _groups(_layers(rank, needed, options))


def _transposed(rank: int) -> SearchStrategy[Drawn]:
    """Where the kernel is even, output_padding 0 leaves nothing of one position: see NONSENSE."""
    needed = {"filters": _rarely(st.integers(-1, 0), st.integers(1, 5)), "kernel_size": _sizes(rank, 4)}
    options = {**_convolution(rank), "output_padding": st.one_of(st.none(), _sizes(rank, 2, 0))}
    return _layers(rank, needed, options).filter(lambda drawn: not _leaves_nothing(*drawn))


def _leaves_nothing(given: dict[str, Any], shape: Shape) -> bool:
    return given.get("output_padding") is not None and given.get("padding", "").lower() == "same" and 1 in shape


def _separable(rank: int) -> SearchStrategy[Drawn]:
    needed = {"filters": _rarely(st.integers(-1, 0), st.integers(1, 5)), "kernel_size": _sizes(rank, 4)}
    options = {**_convolution(rank, "depthwise"), **_kernel("pointwise"), "depth_multiplier": st.integers(0, 3)}
    return _layers(rank, needed, options)


def _depthwise(rank: int) -> SearchStrategy[Drawn]:
    options = {**_convolution(rank, "depthwise"), "depth_multiplier": st.integers(0, 3)}
    return _layers(rank, {"kernel_size": _sizes(rank, 4)}, options)


def _conv_lstm(rank: int) -> SearchStrategy[Drawn]:
    options = {
        **_convolution(rank),
        **_kernel("recurrent"),
        "recurrent_activation": ACTIVATION,
        "unit_forget_bias": st.booleans(),
        "dropout": st.sampled_from([0, 0.5, 1.0]),
        "recurrent_dropout": st.sampled_from([0, 0.5, 1.0]),
        "seed": st.sampled_from([None, 1337]),
        **{name: st.booleans() for name in ("return_sequences", "return_state", "go_backwards", "stateful")},
        **{name: st.booleans() for name in ("unroll", "zero_output_for_mask")},
    }
    needed = {"filters": st.integers(1, 4), "kernel_size": _sizes(rank, 4)}
    return _layers(rank, needed, options, is_sequence=True)


def _pooling(rank: int, has_default: bool) -> SearchStrategy[Drawn]:
    size = {"pool_size": _sizes(rank, 4)}
    options: Options = {
        **COMMON,
        "strides": st.one_of(st.none(), _sizes(rank, 3)),
        "padding": _rarely(st.sampled_from(["SAME", "causal"]), st.sampled_from(["valid", "same"])),
        "data_format": DATA_FORMAT,
    }
    return _layers(rank, {}, {**options, **size}) if has_default else _layers(rank, size, options)


def _global(rank: int) -> SearchStrategy[Drawn]:
    return _layers(rank, {}, {**COMMON, "data_format": DATA_FORMAT, "keepdims": st.booleans()})


def _adaptive(rank: int) -> SearchStrategy[Drawn]:
    sizes = st.lists(st.integers(1, 9), min_size=rank, max_size=rank)
    wrong = st.lists(st.integers(1, 9), max_size=4)
    needed = {"output_size": _rarely(wrong, st.one_of(st.integers(1, 9), sizes))}
    formats = st.sampled_from([None, "channels_last", "channels_first", "channels_first", "CHANNELS_FIRST"])
    return _layers(rank, needed, {**COMMON, "data_format": formats})


def _up_sampling(rank: int) -> SearchStrategy[Drawn]:
    if rank == 1:
        return _layers(1, {}, {**COMMON, "size": st.one_of(st.integers(0, 4), st.just([2]))})
    options = {**COMMON, "size": _sizes(rank, 3), "data_format": DATA_FORMAT}
    if rank == 2:
        options["interpolation"] = _cases("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")
    return _layers(rank, {}, options)


def _margins(rank: int, most: int) -> SearchStrategy[Any]:
    size = st.integers(0, most)
    pair = st.lists(size, min_size=2, max_size=2)
    if rank == 1:
        return _rarely(st.lists(st.integers(-1, most), max_size=3), st.one_of(size, pair))
    entry = st.one_of(size, pair)
    wrong = st.lists(st.one_of(entry, st.lists(st.integers(-1, most), max_size=3)), max_size=4)
    return _rarely(wrong, st.one_of(size, st.lists(entry, min_size=rank, max_size=rank)))


def _zero_padding(rank: int) -> SearchStrategy[Drawn]:
    return _layers(rank, {}, {**COMMON, "padding": _margins(rank, 3), "data_format": DATA_FORMAT})


def _cropping(rank: int) -> SearchStrategy[Drawn]:
    options = {**COMMON, "cropping": _margins(rank, 3)}
    return _layers(rank, {}, options if rank == 1 else {**options, "data_format": DATA_FORMAT})


IMAGE = {"height": st.integers(1, 9), "width": st.integers(1, 9)}
RESIZING: Options = {
    **COMMON,
    "interpolation": st.sampled_from(["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area"]),
    "crop_to_aspect_ratio": st.booleans(),
    "fill_mode": st.just("constant"),
    "fill_value": st.sampled_from([0, 0.5]),
    "antialias": st.booleans(),
    "data_format": DATA_FORMAT,
    "bounding_box_format": st.sampled_from([None, "xyxy"]),
}
CENTER_CROP: Options = {name: RESIZING[name] for name in ("data_format", "bounding_box_format", *COMMON)}
RANKS = (1, 2, 3)

CONVOLUTION: dict[str, SearchStrategy[Drawn]] = {
    **{f"Conv{rank}D": _conv(rank) for rank in RANKS},
    **{f"Conv{rank}DTranspose": _transposed(rank) for rank in RANKS},
    **{f"SeparableConv{rank}D": _separable(rank) for rank in (1, 2)},
    **{f"DepthwiseConv{rank}D": _depthwise(rank) for rank in (1, 2)},
}
CONVOLUTIONAL_RECURRENT = {f"ConvLSTM{rank}D": _conv_lstm(rank) for rank in RANKS}
POOLING: dict[str, SearchStrategy[Drawn]] = {
    **{f"MaxPooling{rank}D": _pooling(rank, has_default=True) for rank in RANKS},
    **{f"AveragePooling{rank}D": _pooling(rank, has_default=False) for rank in RANKS},
    **{f"Global{kind}Pooling{rank}D": _global(rank) for kind in ("Max", "Average") for rank in RANKS},
    **{f"Adaptive{kind}Pooling{rank}D": _adaptive(rank) for kind in ("Max", "Average") for rank in RANKS},
}
RESIZED: dict[str, SearchStrategy[Drawn]] = {
    **{f"UpSampling{rank}D": _up_sampling(rank) for rank in RANKS},
    **{f"ZeroPadding{rank}D": _zero_padding(rank) for rank in RANKS},
    **{f"Cropping{rank}D": _cropping(rank) for rank in RANKS},
    "Resizing": _layers(2, IMAGE, RESIZING),
    "CenterCrop": _layers(2, IMAGE, CENTER_CROP),
}
# Keras does not look at the rank of what these take: see NONSENSE.
OF_ANY_RANK = (*(name for name in POOLING if name.startswith("Adaptive")), "Resizing", "CenterCrop")
LAYERS = {**CONVOLUTION, **CONVOLUTIONAL_RECURRENT, **POOLING, **RESIZED}

# What Keras takes, and what cannot be meant; (class, arguments, shape). Here it is refused.
NONSENSE: tuple[tuple[str, dict[str, Any], Shape], ...] = (
    ("Conv1D", {"filters": 2, "kernel_size": True}, (None, 5, 3)),
    ("Conv1D", {"filters": 2, "kernel_size": 3, "lora_rank": 0}, (None, 5, 3)),
    ("Conv1DTranspose", {"filters": 2, "kernel_size": 2, "padding": "same", "output_padding": 0}, (None, 1, 3)),
    ("AdaptiveMaxPooling1D", {"output_size": 0}, (None, 5, 3)),
    ("AdaptiveMaxPooling2D", {"output_size": 3}, (None, 5, 3)),
    ("AdaptiveAveragePooling1D", {"output_size": 3}, (None, 5, 5, 3)),
    ("UpSampling2D", {"interpolation": "cubic"}, (None, 5, 5, 3)),
    ("ZeroPadding2D", {"padding": -1}, (None, 5, 5, 3)),
    ("Resizing", {"height": 0, "width": 3}, (None, 5, 5, 3)),
    ("Resizing", {"height": 3, "width": 3}, (None, 5, 5)),
    ("Resizing", {"height": 3, "width": 3, "interpolation": "cubic"}, (None, 5, 5, 3)),
    ("Resizing", {"height": 3, "width": 3, "fill_mode": "reflect"}, (None, 5, 5, 3)),
    (
        "Resizing",
        {"height": 3, "width": 3, "crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True},
        (None, 5, 5, 3),
    ),
    ("CenterCrop", {"height": 3, "width": 3}, (None, 5, 5)),
    ("ConvLSTM1D", {"filters": 2, "kernel_size": 3, "dropout": 1.5}, (None, 4, 5, 3)),
)
