"""Files of weights: what live Keras writes is read here, and what is written here live Keras loads."""

import warnings

import keras
import numpy as np
import pytest

import lstmcalc

pytestmark = pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")  # of Keras's own `get_weights`

L = keras.layers
SEQUENCE = [5, 4]
CASES = {
    "chain": (
        lambda: keras.Sequential(
            [keras.Input((5, 4)), L.LSTM(3, return_sequences=True), L.GRU(2), L.Dense(4), L.Dense(1)]
        ),
        {"layers": [{"LSTM": {"units": 3, "return_sequences": True}}, {"GRU": 2}, {"Dense": 4}, {"Dense": 1}]},
    ),
    "both directions": (
        lambda: keras.Sequential(
            [keras.Input((5, 4)), L.Bidirectional(L.LSTM(3, return_sequences=True)), L.TimeDistributed(L.Dense(2))]
        ),
        {
            "layers": [
                {"Bidirectional": {"LSTM": {"units": 3, "return_sequences": True}}},
                {"TimeDistributed": {"Dense": 2}},
            ]
        },
    ),
    "cells": (
        lambda: keras.Sequential(
            [
                keras.Input((5, 4)),
                L.RNN([L.LSTMCell(3), L.GRUCell(2), L.LSTMCell(2)], return_sequences=True),
                L.RNN(L.SimpleRNNCell(2)),
            ]
        ),
        {
            "layers": [
                {"RNN": {"cell": [{"LSTMCell": 3}, {"GRUCell": 2}, {"LSTMCell": 2}], "return_sequences": True}},
                {"RNN": {"SimpleRNNCell": 2}},
            ]
        },
    ),
    "models inside": (
        lambda: keras.Sequential(
            [
                keras.Input((5, 4)),
                keras.Sequential([keras.Input((5, 4)), L.Dense(4), L.BatchNormalization(), L.Dense(3)]),
                L.Dense(2),
                L.LSTM(2),
            ]
        ),
        {
            "layers": [
                {"Sequential": {"input": SEQUENCE, "layers": [{"Dense": 4}, "BatchNormalization", {"Dense": 3}]}},
                {"Dense": 2},
                {"LSTM": 2},
            ]
        },
    ),
    "normalized": (
        lambda: keras.Sequential(
            [
                keras.Input((5, 4)),
                L.BatchNormalization(),
                L.LayerNormalization(),
                L.Normalization(),
                L.PReLU(),
                L.SeparableConv1D(3, 2),
                L.DepthwiseConv1D(2),
                L.SpectralNormalization(L.Dense(2)),
            ]
        ),
        {
            "layers": [
                "BatchNormalization",
                "LayerNormalization",
                "Normalization",
                "PReLU",
                {"SeparableConv1D": {"filters": 3, "kernel_size": 2}},
                {"DepthwiseConv1D": 2},
                {"SpectralNormalization": {"Dense": 2}},
            ]
        },
    ),
    "frozen": (
        lambda: keras.Sequential(
            [
                keras.Input((5, 4)),
                L.Dense(4, trainable=False),
                keras.Sequential(
                    [keras.Input((5, 4)), L.BatchNormalization(), L.Dense(2, trainable=False), L.BatchNormalization()]
                ),
            ]
        ),
        {
            "layers": [
                {"Dense": {"units": 4, "trainable": False}},
                {
                    "Sequential": {
                        "input": SEQUENCE,
                        "layers": [
                            "BatchNormalization",
                            {"Dense": {"units": 2, "trainable": False}},
                            "BatchNormalization",
                        ],
                    }
                },
            ]
        },
    ),
    "convolutions": (
        lambda: keras.Sequential(
            [
                keras.Input((6, 8, 8, 2)),
                L.ConvLSTM2D(3, 2, return_sequences=True),
                L.TimeDistributed(L.Conv2D(2, 2)),
                L.Conv3D(2, 2),
            ]
        ),
        {
            "input": [6, 8, 8, 2],
            "layers": [
                {"ConvLSTM2D": {"filters": 3, "kernel_size": 2, "return_sequences": True}},
                {"TimeDistributed": {"Conv2D": {"filters": 2, "kernel_size": 2}}},
                {"Conv3D": {"filters": 2, "kernel_size": 2}},
            ],
        },
    ),
    "given names": (
        lambda: keras.Sequential([keras.Input((5, 4)), L.Dense(4, name="second"), L.Dense(4, name="first")]),
        {"layers": [{"Dense": 4, "name": "second"}, {"Dense": 4, "name": "first"}]},
    ),
}


def attention():
    x, y = keras.Input((5, 4), name="x"), keras.Input((6, 4), name="y")
    z = L.MultiHeadAttention(2, 3)(x, y)
    z = L.GroupQueryAttention(3, 4, 2)(z, y)
    return keras.Model([x, y], L.AdditiveAttention()([z, y]))


CASES["attention"] = (
    attention,
    {
        "inputs": {"x": SEQUENCE, "y": [6, 4]},
        "layers": [
            {"MultiHeadAttention": {"num_heads": 2, "key_dim": 3}, "from": ["x", "y"]},
            {
                "GroupQueryAttention": {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2},
                "from": ["multi_head_attention", "y"],
            },
            {"AdditiveAttention": None, "from": ["grouped_query_attention", "y"]},
        ],
    },
)


def live(case):
    """The model in Keras, with random weights."""
    keras.backend.clear_session()
    model = CASES[case][0]()
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(size=each.shape).astype(each.dtype) for each in model.get_weights()])
    return model


def ours(case):
    return lstmcalc.from_dict(
        {"input": SEQUENCE, **CASES[case][1]} if "inputs" not in CASES[case][1] else CASES[case][1]
    )


def of_keras(model):
    return [layer.get_weights() for layer in model.layers if layer.get_weights()]


def assert_same(weights, theirs):
    assert [[array.shape for array in each] for each in weights] == [[array.shape for array in each] for each in theirs]
    for mine, their in zip(weights, theirs, strict=True):
        for array, other in zip(mine, their, strict=True):
            np.testing.assert_array_equal(array, other)


@pytest.mark.parametrize("suffix", [".weights.h5", ".keras", ".h5"])
@pytest.mark.parametrize("case", CASES)
def test_what_keras_writes_is_read(case, suffix, tmp_path):
    model, path = live(case), str(tmp_path / f"m{suffix}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.save_weights(path) if suffix == ".weights.h5" else model.save(path)
    assert_same(ours(case).load_weights(path).values(), of_keras(model))


@pytest.mark.parametrize("suffix", [".weights.h5", ".keras", ".h5"])
def test_layers_of_other_names_are_matched_by_place(suffix, tmp_path):
    model, path = live("given names"), str(tmp_path / f"m{suffix}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.save_weights(path) if suffix == ".weights.h5" else model.save(path)
    chain = lstmcalc.parse("Input(5, 4) | Dense(4) | Dense(4)")
    assert_same(chain.load_weights(path).values(), of_keras(model))


@pytest.mark.parametrize("suffix", [".weights.h5", ".keras", ".h5"])
def test_layers_of_the_same_names_are_matched_by_name_in_another_order(suffix, tmp_path):
    model, path = live("given names"), str(tmp_path / f"m{suffix}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.save_weights(path) if suffix == ".weights.h5" else model.save(path)
    swapped = lstmcalc.parse("Input(5, 4) | Dense(4, name='first') | Dense(4, name='second')")
    weights = swapped.load_weights(path)
    np.testing.assert_array_equal(weights["first"][0], model.get_layer("first").get_weights()[0])


@pytest.mark.parametrize("case", CASES)
def test_what_is_written_keras_loads(case, tmp_path):
    model, mine, path = live(case), ours(case), str(tmp_path / "m.weights.h5")
    weights = mine.get_weights(seed=5)
    mine.save_weights(path, weights)
    model.load_weights(path)
    assert_same(weights.values(), of_keras(model))


@pytest.mark.parametrize(
    ("make", "expression"),
    [
        (lambda: L.Dense(3, lora_rank=2, lora_alpha=4), "Dense(3, lora_rank=2, lora_alpha=4)"),
        (
            lambda: L.EinsumDense("abc,cd->abd", (None, 3), lora_rank=2, lora_alpha=4),
            "EinsumDense('abc,cd->abd', [None, 3], lora_rank=2, lora_alpha=4)",
        ),
        (lambda: L.Conv1D(3, 2, lora_rank=2, lora_alpha=4), "Conv1D(3, 2, lora_rank=2, lora_alpha=4)"),
    ],
    ids=["Dense", "EinsumDense", "Conv1D"],
)
def test_weights_with_lora_are_read_and_written_as_their_sum(make, expression, tmp_path):
    theirs, written = str(tmp_path / "theirs.weights.h5"), str(tmp_path / "ours.weights.h5")
    keras.backend.clear_session()
    model = keras.Sequential([keras.Input((5, 4)), make()])
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(size=each.shape).astype(np.float32) for each in model.get_weights()])
    model.save_weights(theirs)
    mine = lstmcalc.parse(f"Input(5, 4) | {expression}")
    ((name, read),) = mine.load_weights(theirs).items()
    mine.save_weights(written, {name: model.layers[0].get_weights()})
    np.testing.assert_allclose(mine.load_weights(written)[name][0], read[0], rtol=1e-4, atol=1e-6)
    x = rng.normal(size=(2, 5, 4)).astype(np.float32)
    np.testing.assert_allclose(mine.predict(x, weights={name: read}), model.predict(x, verbose=0), rtol=1e-4, atol=1e-5)
    assert not read[-1].any()


def test_an_optimizer_in_the_file_is_left_out(tmp_path):
    if keras.backend.backend() == "numpy":
        pytest.skip("Keras's NumPy backend trains nothing")
    keras.backend.clear_session()
    model = keras.Sequential([keras.Input((4,)), L.Dense(3)])
    model.compile("adam", "mse")
    model.fit(np.zeros((2, 4)), np.zeros((2, 3)), verbose=0)
    model.save(tmp_path / "m.keras")
    assert_same(lstmcalc.parse("Input(4) | Dense(3)").load_weights(tmp_path / "m.keras").values(), of_keras(model))
