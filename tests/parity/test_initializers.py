"""Initial weights against live Keras: the same numbers for a seed, the same order and shapes without one."""

import warnings

import keras
import numpy as np
import pytest

import lstmcalc
from lstmcalc.arrays.initializers import fans, make
from lstmcalc.layers.arguments import INITIALIZERS

pytestmark = pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")  # of Keras's own `get_weights`

SHAPES = [(), (4,), (5, 3), (3, 5), (3, 1, 6), (3, 4, 6), (2, 3, 4, 6), (2, 2, 3, 4, 6)]
ABSTRACT = ("Initializer", "initializer")
NOT_ALONE = (*ABSTRACT, "Constant", "constant")  # Keras 3 takes no Constant without a value, as Keras 2 did
CONFIGS = [
    {"class_name": "RandomNormal", "config": {"mean": 1.0, "stddev": 0.5}},
    {"class_name": "TruncatedNormal", "config": {"mean": -1.0, "stddev": 2.0}},
    {"class_name": "RandomUniform", "config": {"minval": -3, "maxval": 2}},
    {"class_name": "Constant", "config": {"value": 0.25}},
    {"class_name": "Orthogonal", "config": {"gain": 2.0}},
    {"class_name": "Identity", "config": {"gain": 3.0}},
    {"class_name": "STFT", "config": {"side": "imag", "window": "hamming", "scaling": "spectrum", "periodic": True}},
    {"class_name": "STFT", "config": {"window": None}},
    {"class_name": "GlorotUniform", "config": {"input_axes": [0], "output_axes": [1]}},
    *(
        {"class_name": "VarianceScaling", "config": {"scale": 3.0, "mode": mode, "distribution": distribution}}
        for mode in ("fan_in", "fan_out", "fan_avg")
        for distribution in ("uniform", "normal", "truncated_normal", "untruncated_normal", "Uniform")
    ),
]
SEEDLESS = ("constant", "zero", "one", "identity", "stft")


def seeded(value):
    """An initializer with the seed 7 in its config, where it takes one."""
    given = {"class_name": value, "config": {}} if isinstance(value, str) else value
    is_seedless = given["class_name"].lower().startswith(SEEDLESS)
    return value if is_seedless else {**given, "config": {**given["config"], "seed": 7}}


def in_keras(given, shape):
    """What live Keras makes of a shape; None for one that it refuses, or, with STFT, makes another of."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = np.asarray(keras.initializers.get(given)(shape, dtype="float32"))
    except Exception:  # whatever Keras raises: `check_initializers` refuses the shape before
        return None
    return made if made.shape == shape else None


@pytest.mark.skipif(keras.backend.backend() != "numpy", reason="another backend has other random numbers")
@pytest.mark.parametrize("value", [*(each for each in INITIALIZERS if each not in NOT_ALONE), *CONFIGS], ids=str)
def test_a_seeded_initializer_gives_the_numbers_of_keras(value):
    given = seeded(value)
    made = {shape: array for shape in SHAPES if (array := in_keras(given, shape)) is not None}
    assert made
    for shape, theirs in made.items():
        ours = make(given, shape, (0,), np.dtype("float32"))
        assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
def test_fans_are_those_of_keras(shape):
    assert fans(shape) == keras.src.initializers.random_initializers.compute_fans(shape)


L = keras.layers
INITIAL = {
    "LSTM": (lambda: L.LSTM(4), {"LSTM": 4}),
    "no forget bias": (lambda: L.LSTM(4, unit_forget_bias=False), {"LSTM": {"units": 4, "unit_forget_bias": False}}),
    "GRU": (lambda: L.GRU(4), {"GRU": 4}),
    "Bidirectional": (lambda: L.Bidirectional(L.LSTM(4)), {"Bidirectional": {"LSTM": 4}}),
    "RNN": (lambda: L.RNN([L.LSTMCell(4), L.GRUCell(2)]), {"RNN": [{"LSTMCell": 4}, {"GRUCell": 2}]}),
    "Dense with LoRA": (lambda: L.Dense(4, lora_rank=2), {"Dense": {"units": 4, "lora_rank": 2}}),
    "BatchNormalization": (lambda: L.BatchNormalization(), "BatchNormalization"),
    "renorm": (lambda: L.BatchNormalization(renorm=True), {"BatchNormalization": {"renorm": True}}),
    "renorm of a given variance": (
        lambda: L.BatchNormalization(renorm=True, moving_variance_initializer=keras.initializers.Constant(4.0)),
        {
            "BatchNormalization": {
                "renorm": True,
                "moving_variance_initializer": {"class_name": "Constant", "config": {"value": 4.0}},
            }
        },
    ),
    "ReversibleEmbedding": (
        lambda: L.ReversibleEmbedding(9, 4, tie_weights=False, embeddings_initializer="ones"),
        {
            "ReversibleEmbedding": {
                "input_dim": 9,
                "output_dim": 4,
                "tie_weights": False,
                "embeddings_initializer": "ones",
            }
        },
    ),
    "Normalization": (lambda: L.Normalization(), "Normalization"),
    "RMSNormalization": (lambda: L.RMSNormalization(), "RMSNormalization"),
    "SpectralNormalization": (lambda: L.SpectralNormalization(L.Dense(4)), {"SpectralNormalization": {"Dense": 4}}),
    "SeparableConv1D": (lambda: L.SeparableConv1D(4, 2), {"SeparableConv1D": {"filters": 4, "kernel_size": 2}}),
    "DepthwiseConv1D": (
        lambda: L.DepthwiseConv1D(2, depthwise_initializer="ones"),
        {"DepthwiseConv1D": {"kernel_size": 2, "depthwise_initializer": "ones"}},
    ),
    "EinsumDense": (
        lambda: L.EinsumDense("abc,cde->abde", (None, 3, 2)),
        {"EinsumDense": {"equation": "abc,cde->abde", "output_shape": [None, 3, 2]}},
    ),
    "PReLU": (lambda: L.PReLU(alpha_initializer="ones"), {"PReLU": {"alpha_initializer": "ones"}}),
    "inner": (
        lambda: keras.Sequential([keras.Input((5, 3)), L.Dense(4), L.LSTM(2)]),
        {"Sequential": {"input": [5, 3], "layers": [{"Dense": 4}, {"LSTM": 2}]}},
    ),
}


DRAWS = 30


@pytest.mark.parametrize("case", INITIAL)
def test_initial_weights_have_the_order_and_the_spread_of_keras(case):
    make_layer, item = INITIAL[case]
    keras.backend.clear_session()
    keras.utils.set_random_seed(0)
    layer = make_layer()
    keras.Sequential([keras.Input((5, 3)), layer])
    theirs = layer.get_weights()
    model = lstmcalc.from_dict({"input": [5, 3], "layers": [item]})
    (name,) = model.get_weights()
    draws = [model.get_weights(seed)[name] for seed in range(DRAWS)]
    assert [(each.shape, each.dtype) for each in draws[0]] == [(each.shape, each.dtype) for each in theirs]
    for number, array in enumerate(theirs):
        ours = np.stack([draw[number] for draw in draws])
        if len(np.unique(array)) <= 2:  # zeros, ones, or the two of a bias with a forget gate
            np.testing.assert_array_equal(ours, np.broadcast_to(array, ours.shape))
        else:
            enough = 12  # numbers of Keras's one draw, for its spread to say anything
            assert array.size < enough or ours.std() == pytest.approx(array.std(), rel=0.5)
            assert np.abs(array).max() < 1.5 * np.abs(ours).max()


def test_a_random_bias_of_an_lstm_is_that_of_keras_but_for_the_ones_of_its_forget_gate():
    if keras.backend.backend() != "numpy":
        pytest.skip("another backend has other random numbers")
    keras.backend.clear_session()
    layer = keras.layers.LSTM(4, bias_initializer=keras.initializers.RandomNormal(seed=3))
    layer.build((None, 5, 3))
    bias = {"class_name": "RandomNormal", "config": {"seed": 3}}
    model = lstmcalc.from_dict({"input": [5, 3], "layers": [{"LSTM": {"units": 4, "bias_initializer": bias}}]})
    np.testing.assert_allclose(model.get_weights()["lstm"][2], layer.get_weights()[2], rtol=1e-6)


def test_the_kernels_of_attention_spread_by_their_own_axes():
    model = lstmcalc.from_dict(
        {
            "input": [5, 40],
            "kind": "functional",
            "layers": [{"MultiHeadAttention": {"num_heads": 4, "key_dim": 30}, "from": ["input_layer", "input_layer"]}],
        }
    )
    query = model.get_weights(0)["multi_head_attention"][0]
    keras.backend.clear_session()
    layer = keras.layers.MultiHeadAttention(4, 30)
    layer.build((None, 5, 40), (None, 5, 40))
    limit = np.sqrt(6 / (40 + 4 * 30))
    assert query.shape == layer.get_weights()[0].shape == (40, 4, 30)
    assert 0.99 * limit < np.abs(query).max() <= limit
    assert 0.99 * limit < np.abs(layer.get_weights()[0]).max() <= limit
