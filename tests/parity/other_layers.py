"""Arguments and input shapes for the layers on any axes: normalization, attention, activation, cells and the rest.

`LAYERS` has a strategy for each class: of its arguments by name, and of the inputs' shapes, samples first.
Cells stand among the arguments as a spec writes them: `{"LSTMCell": {"units": 5}}`, or a list of such.
"""

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

Shape = tuple[int | None, ...]
Drawn = tuple[dict[str, Any], list[Shape]]
Options = dict[str, SearchStrategy[Any]]

SAMPLES = st.sampled_from([None, None, None, 3])
SIZE = st.sampled_from([1, 2, 3, 4, 5, 6, 7, 8, None])
KNOWN_SIZE = st.integers(1, 8)
INITIALIZER = st.sampled_from(["zeros", "ones", {"class_name": "Constant", "config": {"value": 0.5}}])
REGULARIZER = st.sampled_from([None, "l2", {"class_name": "L1", "config": {"l1": 0.01}}])
CONSTRAINT = st.sampled_from([None, "non_neg", "MaxNorm"])
AXIS = st.integers(-4, 4)
AXES = st.one_of(AXIS, st.just(-1), st.lists(AXIS, max_size=3))
NUMBER = st.sampled_from([0.5, 1, 0, -0.5, 1e-3])
COMMON: Options = {
    "trainable": st.booleans(),
    "dtype": st.sampled_from(["float16", "mixed_bfloat16", "float64"]),
}


def shapes(least: int = 1, most: int = 5, size: SearchStrategy[int | None] = SIZE) -> SearchStrategy[Shape]:
    """Shapes of `least` to `most` axes, samples among them."""
    return st.builds(
        lambda samples, axes: (samples, *axes), SAMPLES, st.lists(size, min_size=least - 1, max_size=most - 1)
    )


@st.composite
def layer(
    draw: DrawFn, shape: SearchStrategy[Shape], needed: Options | None = None, **options: SearchStrategy[Any]
) -> Drawn:
    """All of the arguments that are needed, some of the others, and one input."""
    return draw(st.fixed_dictionaries(needed or {}, optional={**COMMON, **options})), [draw(shape)]


def _scaled(**more: SearchStrategy[Any]) -> Options:
    return {
        "epsilon": NUMBER,
        "center": st.booleans(),
        "scale": st.booleans(),
        "beta_initializer": INITIALIZER,
        "gamma_initializer": INITIALIZER,
        "beta_regularizer": REGULARIZER,
        "gamma_regularizer": REGULARIZER,
        "beta_constraint": CONSTRAINT,
        "gamma_constraint": CONSTRAINT,
        **more,
    }


CLIPPING = st.sampled_from(
    [None, {}, {"rmax": 3, "rmin": 0.3, "dmax": 5}, {"rmax": 0.1, "rmin": 0.3}, {"dmax": -1}, {"x": 1}]
)
NUMBERS = st.one_of(st.just(1.5), st.lists(NUMBER, min_size=1, max_size=4), st.just([[1.0, 2.0], [0.5, 2.0]]))

NORMALIZATION: dict[str, SearchStrategy[Drawn]] = {
    "BatchNormalization": layer(
        shapes(),
        **_scaled(
            axis=st.one_of(st.just(-1), AXIS),
            momentum=NUMBER,
            moving_mean_initializer=INITIALIZER,
            moving_variance_initializer=INITIALIZER,
            renorm=st.booleans(),
            renorm_clipping=CLIPPING,
            renorm_momentum=NUMBER,
        ),
    ),
    "LayerNormalization": layer(shapes(), **_scaled(axis=AXES, rms_scaling=st.booleans())),
    "GroupNormalization": layer(
        shapes(), {"groups": st.sampled_from([1, 1, 2, 3, -1, 32, 0, -2])}, **_scaled(axis=st.one_of(st.just(-1), AXIS))
    ),
    "RMSNormalization": layer(shapes(), axis=AXES, epsilon=NUMBER),
    "UnitNormalization": layer(shapes(), axis=AXES),
    "Normalization": layer(
        shapes(), axis=st.one_of(AXES, st.none()), mean=NUMBERS, variance=NUMBERS, invert=st.booleans()
    ),
    "Rescaling": layer(shapes(), {"scale": NUMBERS}, offset=NUMBERS),
}

ACTIVATIONS: dict[str, SearchStrategy[Drawn]] = {
    "ReLU": layer(shapes(), max_value=st.one_of(st.none(), NUMBER), negative_slope=NUMBER, threshold=NUMBER),
    "LeakyReLU": layer(shapes(), negative_slope=NUMBER, alpha=NUMBER),
    "PReLU": layer(
        shapes(),
        alpha_initializer=INITIALIZER,
        alpha_regularizer=REGULARIZER,
        alpha_constraint=CONSTRAINT,
        shared_axes=st.one_of(st.none(), AXES),
    ),
    "ELU": layer(shapes(), alpha=NUMBER),
    "Softmax": layer(shapes(), axis=AXES),
}

RATE = st.sampled_from([0.0, 0.2, 1.0])
SEED = st.sampled_from([None, 0, 7])
OF_THE_CALL: Options = {"return_attention_scores": st.booleans(), "use_causal_mask": st.booleans()}
SIZES = st.one_of(st.integers(1, 4), st.lists(st.integers(1, 4), min_size=1, max_size=2))


@st.composite
def attended(draw: DrawFn, needed: Options, options: Options, most: int = 4, same: bool = False) -> Drawn:
    """Query and value, now and then a key: mostly such that fit each other."""
    rank = draw(st.sampled_from([3, 3, 3, 3, *range(2, most + 1)]))
    samples, middle = draw(SAMPLES), draw(st.lists(SIZE, min_size=max(rank - 3, 0), max_size=max(rank - 3, 0)))
    steps, timesteps = draw(SIZE), draw(SIZE)
    features, values = draw(KNOWN_SIZE), draw(KNOWN_SIZE)
    query = (samples, *middle, *((steps,) if rank > 2 else ()), features)
    value = (samples, *middle, *((timesteps,) if rank > 2 else ()), features if same else values)
    tensors = [query, value]
    if draw(st.booleans()) or not same:
        tensors.append((*value[:-1], draw(st.sampled_from([features, features, values]))))
    if draw(st.integers(0, 9)) == 0:
        tensors[draw(st.integers(0, len(tensors) - 1))] = draw(shapes(2, most))
    if draw(st.integers(0, 19)) == 0:
        tensors = tensors[:1] if draw(st.booleans()) else [*tensors, query, query]
    given = draw(st.fixed_dictionaries(needed, optional={**COMMON, **OF_THE_CALL, **options}))
    return given, tensors


HEADED: Options = {
    "dropout": RATE,
    "use_bias": st.booleans(),
    "sliding_window": st.sampled_from([None, 1, 3]),
    "flash_attention": st.sampled_from([None, False, True]),
    "kernel_initializer": INITIALIZER,
    "bias_initializer": INITIALIZER,
    "kernel_regularizer": REGULARIZER,
    "bias_regularizer": REGULARIZER,
    "activity_regularizer": REGULARIZER,
    "kernel_constraint": CONSTRAINT,
    "bias_constraint": CONSTRAINT,
    "use_gate": st.booleans(),
    "seed": SEED,
}
HEADS = st.integers(1, 4)
SCORE_MODE = st.sampled_from(["dot", "concat", "cat"])
ATTENTION_AXES = st.sampled_from([None, None, None, 1, 2, -2, [1], [1, 2], [2], [-3, -2], 0, -1, 5, []])

ATTENTION: dict[str, SearchStrategy[Drawn]] = {
    "Attention": attended(
        {},
        {
            "use_scale": st.booleans(),
            "score_mode": st.sampled_from(["dot", "concat", "cat"]),
            "dropout": RATE,
            "seed": SEED,
        },
    ),
    "AdditiveAttention": attended({}, {"use_scale": st.booleans(), "dropout": RATE, "seed": SEED}),
    "MultiHeadAttention": attended(
        {"num_heads": HEADS, "key_dim": HEADS},
        {
            **HEADED,
            "value_dim": st.one_of(st.none(), HEADS),
            "output_shape": st.one_of(st.none(), SIZES),
            "attention_axes": st.one_of(
                st.none(), st.sampled_from([1, 2, -2, [1], [1, 2], [2], [-3, -2], 0, -1, 5, []])
            ),
        },
        most=5,
    ),
    "GroupQueryAttention": attended(
        {
            "head_dim": HEADS,
            "num_query_heads": st.sampled_from([2, 4, 6]),
            "num_key_value_heads": st.sampled_from([1, 2, 3]),
        },
        HEADED,
        same=True,
    ),
}

UNITS = st.integers(1, 5)
GATED: Options = {
    "activation": st.sampled_from(["tanh", "relu", None]),
    "use_bias": st.booleans(),
    "kernel_initializer": INITIALIZER,
    "recurrent_initializer": INITIALIZER,
    "bias_initializer": INITIALIZER,
    "kernel_regularizer": REGULARIZER,
    "recurrent_regularizer": REGULARIZER,
    "bias_regularizer": REGULARIZER,
    "kernel_constraint": CONSTRAINT,
    "recurrent_constraint": CONSTRAINT,
    "bias_constraint": CONSTRAINT,
    "dropout": RATE,
    "recurrent_dropout": RATE,
    "seed": SEED,
    "trainable": st.booleans(),
}
CELL_OPTIONS: dict[str, Options] = {
    "LSTMCell": GATED
    | {"unit_forget_bias": st.booleans(), "recurrent_activation": st.sampled_from(["sigmoid", "relu"])},
    "GRUCell": GATED | {"reset_after": st.booleans()},
    "SimpleRNNCell": GATED,
}


def _stacked(cells: list[Any]) -> dict[str, Any]:
    return {"StackedRNNCells": {"cells": cells}}


CELLS = st.one_of(
    *(
        st.fixed_dictionaries({name: st.fixed_dictionaries({"units": UNITS}, optional=options)})
        for name, options in CELL_OPTIONS.items()
    )
)
STACKS = st.recursive(
    st.lists(CELLS, min_size=1, max_size=3),
    lambda inner: st.lists(st.one_of(CELLS, CELLS, inner.map(_stacked)), min_size=1, max_size=3),
    max_leaves=4,
)
ANY_CELL = st.one_of(CELLS, STACKS, STACKS.map(_stacked), st.just([]))
RNN: Options = {name: st.booleans() for name in ("return_sequences", "return_state", "go_backwards", "stateful")} | {
    "zero_output_for_mask": st.booleans()
}
SEQUENCE = st.one_of(shapes(3, 3, KNOWN_SIZE), shapes(3, 3), shapes(3, 3), shapes(1, 4))

RECURRENT: dict[str, SearchStrategy[Drawn]] = {"RNN": layer(SEQUENCE, {"cell": ANY_CELL}, **RNN)} | {
    name: layer(SEQUENCE, {"units": UNITS}) for name in CELL_OPTIONS
}

EQUATIONS = st.sampled_from(
    [
        *(["ab,bc->ac", [4]], ["ab,bc->ac", [5, 6]], ["ab,cd->ef", [5]], ["ab,bc", [5]], ["aab,bc->ac", [3]]),
        *(["abc,cd->abd", [None, 4]], ["abc,cd->abd", [7, 4]], ["abc,cd->ad", [5]], ["abc,c->ab", [None]]),
        *(["abc,cde->abde", [None, 2, 3]], ["abc,bde->adec", [2, 3, None]], ["abc,bc->abc", [3, 4]]),
        *(["...x,xy->...y", [4]], ["...x,xy->...y", 4], ["...ab,bc->...ac", [None, 5]], ["...bc,cd->...bd", [3, 2]]),
        *(["ab...,bc->ac...", [4]], ["a...,ab->b...", [3]], ["abcd,dbe->ace", [None, 6]]),
    ]
)


@st.composite
def _einsum(draw: DrawFn) -> Drawn:
    equation, output = draw(EQUATIONS)
    options: Options = {
        "activation": st.sampled_from([None, "relu"]),
        "bias_axes": st.sampled_from([None, "c", "d", "de", "y", "ac", "e", "b", ""]),
        "kernel_regularizer": REGULARIZER,
        "kernel_constraint": CONSTRAINT,
        "bias_initializer": INITIALIZER,
        "lora_rank": st.sampled_from([None, 2]),
        "lora_alpha": st.sampled_from([None, 4.0]),
    }
    given = draw(st.fixed_dictionaries({}, optional={**COMMON, **options}))
    return {"equation": equation, "output_shape": output, **given}, [
        draw(st.one_of(shapes(2, 4, KNOWN_SIZE), shapes(2, 5)))
    ]


MODES = ["int", "one_hot", "multi_hot", "count", "other"]
BINS: Options = {"epsilon": NUMBER, "output_mode": st.sampled_from(MODES)}
DATA_FORMAT = st.sampled_from([None, "channels_last", "channels_first"])

OTHERS: dict[str, SearchStrategy[Drawn]] = {
    "EinsumDense": _einsum(),
    "Identity": layer(shapes()),
    "ReversibleEmbedding": layer(
        shapes(),
        {"input_dim": UNITS, "output_dim": UNITS},
        tie_weights=st.booleans(),
        embeddings_initializer=INITIALIZER,
        embeddings_regularizer=REGULARIZER,
        embeddings_constraint=CONSTRAINT,
        mask_zero=st.booleans(),
        logit_soft_cap=st.sampled_from([None, 3.0]),
        reverse_dtype=st.sampled_from([None, "float16"]),
    ),
    "CategoryEncoding": layer(
        shapes(),
        {"num_tokens": st.integers(0, 6)},
        output_mode=st.sampled_from([*MODES, "binary"]),
        sparse=st.just(False),
    ),
    "Discretization": st.one_of(
        layer(shapes(), {"num_bins": st.integers(-1, 6)}, **BINS),
        layer(shapes(), {"bin_boundaries": st.lists(NUMBER, max_size=3)}, **BINS),
        layer(shapes(), num_bins=st.integers(1, 6), bin_boundaries=st.lists(NUMBER, max_size=3), **BINS),
    ).map(lambda drawn: ({key: value for key, value in drawn[0].items() if key != "trainable"}, drawn[1])),
}

for _name, _rank in (("SpatialDropout2D", 4), ("SpatialDropout3D", 5)):
    OTHERS[_name] = layer(
        st.one_of(shapes(_rank, _rank), shapes()), {"rate": RATE}, data_format=DATA_FORMAT, seed=SEED
    ).map(lambda drawn: ({key: value for key, value in drawn[0].items() if key != "trainable"}, drawn[1]))

LAYERS: dict[str, SearchStrategy[Drawn]] = {**NORMALIZATION, **ACTIVATIONS, **ATTENTION, **RECURRENT, **OTHERS}
# The layers that a wrapper is drawn around, with their arguments.
WRAPPERS: dict[str, dict[str, dict[str, Any]]] = {
    "SpectralNormalization": {
        "Dense": {"units": 3},
        "EinsumDense": {"equation": "...x,xy->...y", "output_shape": 5},
        "Embedding": {"input_dim": 3, "output_dim": 2},
        "LSTM": {"units": 3},
        "Conv1D": {"filters": 3, "kernel_size": 2},
        "DepthwiseConv1D": {"kernel_size": 2, "depth_multiplier": 3},
        "SeparableConv1D": {"filters": 3, "kernel_size": 2},
        "Dropout": {"rate": 0.5},
    }
}
