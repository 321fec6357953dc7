"""What Keras runs and nobody means is counted and run as Keras does it, and noted."""

import warnings
from typing import Any

import keras
import numpy as np
import pytest
from keras import Input, Model, layers
from test_forward_graphs import compare, run_in_keras

import lstmcalc

L = layers
# How Keras makes the layer, how a spec does, the shapes of its tensors, and how Keras is called.
ATTENTION: dict[str, tuple[Any, Any, tuple[tuple[int, ...], ...], bool]] = {
    "two axes": (lambda: L.Attention(), "Attention", ((4,), (4,)), False),
    "two axes and a scale": (
        lambda: L.Attention(use_scale=True), {"Attention": {"use_scale": True}}, ((4,), (4,)), False
    ),
    "two axes and a key": (lambda: L.Attention(), "Attention", ((4,), (5,), (4,)), False),
    "two axes concatenated": (
        lambda: L.Attention(score_mode="concat"), {"Attention": {"score_mode": "concat"}}, ((4,), (4,)), False
    ),
    "two axes added": (lambda: L.AdditiveAttention(), "AdditiveAttention", ((4,), (4,)), False),
    "a query of one feature": (lambda: L.AdditiveAttention(), "AdditiveAttention", ((2, 1), (3, 4)), False),
    "a key of one feature": (lambda: L.AdditiveAttention(), "AdditiveAttention", ((2, 4), (3, 5), (3, 1)), False),
    "one feature without a scale": (
        lambda: L.AdditiveAttention(use_scale=False), {"AdditiveAttention": {"use_scale": False}},
        ((2, 1), (3, 4)), False,
    ),
    "one feature of two axes": (lambda: L.AdditiveAttention(), "AdditiveAttention", ((1,), (4,)), False),
    "one feature concatenated": (
        lambda: L.Attention(score_mode="concat"), {"Attention": {"score_mode": "concat"}}, ((2, 4), (3, 1)), False
    ),
    "heads over the samples of two axes": (
        lambda: L.MultiHeadAttention(2, 3, attention_axes=0),
        {"MultiHeadAttention": {"num_heads": 2, "key_dim": 3, "attention_axes": 0}}, ((4,), (4,)), True,
    ),
    "heads that are to attend over the samples of three axes": (
        lambda: L.MultiHeadAttention(2, 3, attention_axes=0),
        {"MultiHeadAttention": {"num_heads": 2, "key_dim": 3, "attention_axes": 0}}, ((5, 4), (5, 4)), True,
    ),
    "heads that do so with dropout": (
        lambda: L.MultiHeadAttention(2, 3, attention_axes=0, dropout=0.1),
        {"MultiHeadAttention": {"num_heads": 2, "key_dim": 3, "attention_axes": [0], "dropout": 0.1}},
        ((5, 4), (5, 4)), True,
    ),
    "heads over samples and timesteps": (
        lambda: L.MultiHeadAttention(2, 3, attention_axes=(0, 1), use_bias=False),
        {"MultiHeadAttention": {"num_heads": 2, "key_dim": 3, "attention_axes": [-4, 1], "use_bias": False}},
        ((5, 6, 4), (5, 6, 4)), True,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTENTION)
def test_attention_that_nobody_means_is_that_of_keras(name: str) -> None:
    make, item, shapes, is_positional = ATTENTION[name]
    keras.backend.clear_session()
    inputs = [Input(shape, name=f"x{number}") for number, shape in enumerate(shapes)]
    layer = make()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = Model(inputs, layer(*inputs) if is_positional else layer(inputs))
    item = {item: None} if isinstance(item, str) else item
    names = [f"x{number}" for number in range(len(shapes))]
    ours = lstmcalc.from_dict(
        {
            "inputs": {name: list(shape) for name, shape in zip(names, shapes, strict=True)},
            "layers": [{**item, "from": names, "name": layer.name}],
        }
    )
    assert ours.notes
    assert ours.count_params() == theirs.count_params()
    assert ours.output_shape == theirs.output_shape
    rng = np.random.default_rng(0)
    given = [rng.normal(size=(3, *shape)).astype("float32") for shape in shapes]
    weights = ours.get_weights(1)
    compare(ours.predict(given, weights=weights), run_in_keras(theirs, weights, given))
    assert ours.verify().agrees


@pytest.mark.parametrize(
    ("forward", "backward", "options"),
    [
        (("LSTM", 3), ("LSTM", 4), {}),
        (("LSTM", 3), ("LSTM", 4), {"merge_mode": None}),
        (("GRU", 4), ("SimpleRNN", 2), {}),
        (("LSTM", 3), ("GRU", 4), {"return_sequences": True}),
        (("LSTM", 3), ("LSTM", 5), {"return_state": True}),
        (("GRU", 2), ("GRU", 3), {"return_state": True, "return_sequences": True, "merge_mode": None}),
    ],
)
def test_a_bidirectional_of_unequal_units_gives_what_keras_gives_when_it_runs(
    forward: tuple[str, int], backward: tuple[str, int], options: dict[str, Any]
) -> None:
    keras.backend.clear_session()
    merge = {"merge_mode": options["merge_mode"]} if "merge_mode" in options else {}
    each = {key: value for key, value in options.items() if key != "merge_mode"}
    first = getattr(L, forward[0])(forward[1], **each)
    second = getattr(L, backward[0])(backward[1], go_backwards=True, **each)
    x = Input((5, 3), name="x")
    theirs = Model(x, L.Bidirectional(first, backward_layer=second, **merge)(x))
    ours = lstmcalc.from_dict(
        {
            "inputs": {"x": [5, 3]},
            "layers": [
                {
                    "Bidirectional": {
                        "layer": {forward[0]: {"units": forward[1], **each}},
                        "backward_layer": {backward[0]: {"units": backward[1], "go_backwards": True, **each}},
                        **merge,
                    },
                }
            ],
        }
    )
    assert [note.layer for note in ours.notes] == ["bidirectional"]
    assert ours.count_params() == theirs.count_params()
    given = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    weights = ours.get_weights(1)
    wanted = run_in_keras(theirs, weights, [given])
    compare(ours.predict(given, weights=weights), wanted)
    shapes = [ours.output_shape] if isinstance(ours.output_shape, tuple) else ours.output_shape
    run = wanted if isinstance(wanted, list | tuple) else [wanted]
    assert [shape[1:] for shape in shapes] == [tuple(array.shape[1:]) for array in run]
    assert ours.verify().agrees
