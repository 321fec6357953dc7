"""What attention, cells and others do with masks, and how they stand in a graph: the summary's text is Keras's."""

import warnings
from collections.abc import Callable
from typing import Any

import keras
import pytest
from keras import layers as k

import lstmcalc

WIDTH = 220  # so wide that Keras cuts nothing

Graph = tuple[Callable[[Any, Any], Any], list[Any]]


def _heads(x: Any, y: Any) -> Any:
    a, b = k.Masking()(x), k.Masking()(y)
    z = k.MultiHeadAttention(2, 3)(a, b)  # takes the names of a Softmax and a Dropout
    z = k.Softmax()(k.Dropout(0.1)(z))
    return k.LSTM(2)(z)


def _heads_with_key(x: Any, y: Any) -> Any:
    scores = k.MultiHeadAttention(2, 3, value_dim=4)(x, k.Masking()(y), y, return_attention_scores=True)
    return k.Flatten()(scores[1])


def _groups(x: Any, y: Any) -> Any:
    return k.LSTM(2)(k.GroupQueryAttention(3, 4, 2)(k.Masking()(x), y))


def _products(x: Any, y: Any) -> Any:
    return k.LSTM(2)(k.Attention(use_scale=True)([k.Masking()(x), k.Masking()(y), y]))


def _sums(x: Any, y: Any) -> Any:
    return k.LSTM(2)(k.AdditiveAttention()([x, k.Masking()(y)]))


def _normalized(x: Any, y: Any) -> Any:
    z = k.BatchNormalization()(k.Masking()(x))
    z = k.UnitNormalization()(k.LayerNormalization()(k.GroupNormalization(2)(z)))
    z = k.Rescaling(2.0)(k.Normalization()(z))
    return k.LSTM(2)(k.Add()([z, y]))


def _mask_lost(x: Any, y: Any) -> Any:
    z = k.RMSNormalization()(k.Masking()(x))
    z = k.SpectralNormalization(k.Dense(4))(k.Masking()(z))
    return k.LSTM(2)(k.Add()([z, y]))


def _activated(x: Any, y: Any) -> Any:
    z = k.Softmax()(k.ELU()(k.PReLU()(k.LeakyReLU()(k.ReLU()(k.Masking()(x))))))
    return k.LSTM(2)(k.Identity()(z))


def _repeated(x: Any, y: Any) -> Any:
    z = k.RNN([k.LSTMCell(5), k.GRUCell(4)], return_sequences=True)(k.Masking()(x))
    return k.RNN(k.SimpleRNNCell(2))(z)


def _both_ways(x: Any, y: Any) -> Any:
    z = k.Bidirectional(k.RNN(k.LSTMCell(5), return_sequences=True))(k.Masking()(x))
    return k.Bidirectional(k.RNN([k.GRUCell(2), k.GRUCell(3)]))(z)


def _states(x: Any, y: Any) -> Any:
    _, (h, c), s = k.RNN([k.LSTMCell(5), k.GRUCell(4)], return_state=True)(x)
    return k.RNN(k.StackedRNNCells([k.LSTMCell(5), k.GRUCell(4)]))(k.Masking()(y), initial_state=[[h, c], s])


GRAPHS: dict[str, Graph] = {
    "heads": (
        _heads,
        [
            {"Masking": None, "from": "x"},
            {"Masking": None, "from": "y"},
            {"MultiHeadAttention": {"num_heads": 2, "key_dim": 3}, "from": ["masking", "masking_1"]},
            {"Dropout": 0.1},
            "Softmax",
            {"LSTM": 2},
        ],
    ),
    "heads with a key": (
        _heads_with_key,
        [
            {"Masking": None, "from": "y"},
            {
                "MultiHeadAttention": {"num_heads": 2, "key_dim": 3, "value_dim": 4, "return_attention_scores": True},
                "from": ["x", "masking", "y"],
            },
            {"Flatten": None, "from": "multi_head_attention.attention_scores"},
        ],
    ),
    "groups": (
        _groups,
        [
            {"Masking": None, "from": "x"},
            {
                "GroupQueryAttention": {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2},
                "from": ["masking", "y"],
            },
            {"LSTM": 2},
        ],
    ),
    "products": (
        _products,
        [
            {"Masking": None, "from": "x"},
            {"Masking": None, "from": "y"},
            {"Attention": {"use_scale": True}, "from": ["masking", "masking_1", "y"]},
            {"LSTM": 2},
        ],
    ),
    "sums": (
        _sums,
        [{"Masking": None, "from": "y"}, {"AdditiveAttention": None, "from": ["x", "masking"]}, {"LSTM": 2}],
    ),
    "normalized": (
        _normalized,
        [
            {"Masking": None, "from": "x"},
            "BatchNormalization",
            {"GroupNormalization": 2},
            "LayerNormalization",
            "UnitNormalization",
            "Normalization",
            {"Rescaling": 2.0},
            {"Add": None, "from": ["rescaling", "y"]},
            {"LSTM": 2},
        ],
    ),
    "mask lost": (
        _mask_lost,
        [
            {"Masking": None, "from": "x"},
            "RMSNormalization",
            "Masking",
            {"SpectralNormalization": {"Dense": 4}},
            {"Add": None, "from": ["spectral_normalization", "y"]},
            {"LSTM": 2},
        ],
    ),
    "activated": (
        _activated,
        [
            {"Masking": None, "from": "x"},
            *("ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax", "Identity"),
            {"LSTM": 2},
        ],
    ),
    "repeated": (
        _repeated,
        [
            {"Masking": None, "from": "x"},
            {"RNN": {"cell": [{"LSTMCell": 5}, {"GRUCell": 4}], "return_sequences": True}},
            {"RNN": {"SimpleRNNCell": 2}},
        ],
    ),
    "both ways": (
        _both_ways,
        [
            {"Masking": None, "from": "x"},
            {"Bidirectional": {"RNN": {"LSTMCell": 5, "return_sequences": True}}},
            {"Bidirectional": {"RNN": [{"GRUCell": 2}, {"GRUCell": 3}]}},
        ],
    ),
    "states": (
        _states,
        [
            {"RNN": {"cell": [{"LSTMCell": 5}, {"GRUCell": 4}], "return_state": True}, "from": "x"},
            {"Masking": None, "from": "y"},
            {
                "RNN": {"StackedRNNCells": [{"LSTMCell": 5}, {"GRUCell": 4}]},
                "initial_state": ["rnn.state_h_0", "rnn.state_c_0", "rnn.state_1"],
            },
        ],
    ),
}


@pytest.mark.parametrize("graph", GRAPHS)
def test_the_summary_is_that_of_keras(graph: str, capsys: pytest.CaptureFixture[str]) -> None:
    build, items = GRAPHS[graph]
    keras.backend.clear_session()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        x, y = keras.Input((7, 4), name="x"), keras.Input((7, 4), name="y")
        live = keras.Model([x, y], build(x, y), name="m")
    live.summary(line_length=WIDTH, print_fn=print)
    theirs = capsys.readouterr().out
    ours = lstmcalc.from_dict(
        {"name": "m", "kind": "functional", "inputs": {"x": [7, 4], "y": [7, 4]}, "layers": items}
    )
    ours.summary(line_length=WIDTH)
    assert capsys.readouterr().out.strip() == theirs.strip()
