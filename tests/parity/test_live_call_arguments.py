"""What a call is given, masks above all, means the same in live Keras and here: graph, table and forward pass."""

import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from drawn import render
from facts import differences, keras_facts, our_facts
from keras import Input, Model, layers
from tables import has_two_shapes, keras_table, without_shapes
from test_forward_graphs import compare, run_in_keras

import lstmcalc

CASES: dict[str, tuple[Callable[[], Any], str]] = {}
INPUTS = """
inputs:
  x: [5, 4]
  y: [7, 4]
  m: {shape: [5], dtype: bool}
  n: {shape: [7], dtype: bool}
  f: [5]
  h: [3]
  c: [3]
"""


def same_as(layers: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Put a function that calls Keras's layers on the inputs beside the layers of the same spec."""

    def note(build: Callable[..., Any]) -> Callable[..., Any]:
        CASES[build.__name__] = (build, layers)
        return build

    return note


@same_as("""
  - LSTM: {units: 3, return_sequences: true}
    from: x
    mask: m
  - GRU: 2
""")
def a_mask_that_is_passed_on(x, y, m, n, f, h, c):
    return layers.GRU(2)(layers.LSTM(3, return_sequences=True)(x, mask=m))


@same_as("""
  - SimpleRNN: {units: 3, return_state: true}
    from: x
    mask: f
""")
def a_mask_of_numbers(x, y, m, n, f, h, c):
    return layers.SimpleRNN(3, return_state=True)(x, mask=f)


@same_as("""
  - LSTM: {units: 3, return_sequences: true}
    from: x
    mask: m
    initial_state: [h, c]
  - Dense: 2
  - GlobalAveragePooling1D
""")
def a_mask_beside_states(x, y, m, n, f, h, c):
    states = layers.LSTM(3, return_sequences=True)(x, initial_state=[h, c], mask=m)
    return layers.GlobalAveragePooling1D()(layers.Dense(2)(states))


@same_as(
    """
  - Masking
  - LSTM: {units: 3, return_sequences: true}
    initial_state: [h, c]
  - GRU: 2
""".replace("- Masking", "- Masking:\n    from: x")
)
def states_beside_a_mask_that_the_layer_is_not_given(x, y, m, n, f, h, c):
    masked = layers.Masking()(x)
    return layers.GRU(2)(layers.LSTM(3, return_sequences=True)(masked, initial_state=[h, c]))


@same_as("""
  - Masking: {mask_value: 1.0}
    from: x
  - GRU: {units: 3, return_sequences: true}
    mask: m
  - SimpleRNN: 2
""")
def a_mask_in_place_of_the_inputs_own(x, y, m, n, f, h, c):
    masked = layers.Masking(1.0)(x)
    return layers.SimpleRNN(2)(layers.GRU(3, return_sequences=True)(masked, mask=m))


@same_as("""
  - Bidirectional: {LSTM: {units: 3, return_sequences: true}}
    from: x
    mask: m
  - Bidirectional: {GRU: 2}
""")
def a_mask_of_both_directions(x, y, m, n, f, h, c):
    both = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(x, mask=m)
    return layers.Bidirectional(layers.GRU(2))(both)


@same_as("""
  - Bidirectional: {LSTM: {units: 3, return_sequences: true, return_state: true}}
    from: x
    mask: m
    initial_state: [h, c, c, h]
    name: both
  - GRU: 2
    from: both
  - Concatenate:
    from: [gru, both.forward_h, both.backward_c]
""")
def a_mask_of_both_directions_beside_their_states(x, y, m, n, f, h, c):
    layer = layers.Bidirectional(layers.LSTM(3, return_sequences=True, return_state=True), name="both")
    both, forward, _, _, backward = layer(x, initial_state=[h, c, c, h], mask=m)
    return layers.Concatenate()([layers.GRU(2)(both), forward, backward])


@same_as("""
  - Masking: {mask_value: 0.5}
    from: x
  - Bidirectional: {GRU: {units: 3, return_sequences: true}}
    initial_state: [h, c]
  - LSTM: 2
""")
def states_of_both_directions_beside_a_mask_that_they_are_not_given(x, y, m, n, f, h, c):
    masked = layers.Masking(0.5)(x)
    return layers.LSTM(2)(layers.Bidirectional(layers.GRU(3, return_sequences=True))(masked, initial_state=[h, c]))


@same_as("""
  - RNN: {cell: [{LSTMCell: 3}, {GRUCell: 2}], return_sequences: true}
    from: x
    mask: m
  - LSTM: 2
""")
def a_mask_of_cells(x, y, m, n, f, h, c):
    return layers.LSTM(2)(layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)], return_sequences=True)(x, mask=m))


@same_as("""
  - TimeDistributed: {Dense: 2}
    from: x
    mask: m
  - LSTM: 2
""")
def a_mask_of_timesteps(x, y, m, n, f, h, c):
    return layers.LSTM(2)(layers.TimeDistributed(layers.Dense(2))(x, mask=m))


@same_as("""
  - GlobalAveragePooling1D:
    from: x
    mask: m
""")
def a_mask_of_a_mean(x, y, m, n, f, h, c):
    return layers.GlobalAveragePooling1D()(x, mask=m)


@same_as("""
  - BatchNormalization:
    from: x
    mask: m
  - LSTM: 2
""")
def a_mask_through_a_normalization(x, y, m, n, f, h, c):
    return layers.LSTM(2)(layers.BatchNormalization()(x, mask=m))


@same_as("""
  - Softmax:
    from: f
    mask: m
""")
def a_mask_of_a_softmax(x, y, m, n, f, h, c):
    return layers.Softmax()(f, mask=m)


@same_as("""
  - Attention: {use_scale: true}
    from: [x, y]
    mask: [m, n]
  - LSTM: 2
""")
def masks_of_query_and_value(x, y, m, n, f, h, c):
    return layers.LSTM(2)(layers.Attention(use_scale=True)([x, y], mask=[m, n]))


@same_as("""
  - AdditiveAttention:
    from: [x, y]
    mask: [null, n]
""")
def a_mask_of_the_value_alone(x, y, m, n, f, h, c):
    return layers.AdditiveAttention()([x, y], mask=[None, n])


@same_as("""
  - MultiHeadAttention: {num_heads: 2, key_dim: 3}
    from: [x, y]
    query_mask: m
    value_mask: n
  - LSTM: 2
""")
def masks_of_heads(x, y, m, n, f, h, c):
    return layers.LSTM(2)(layers.MultiHeadAttention(2, 3)(x, y, query_mask=m, value_mask=n))


@same_as("""
  - MultiHeadAttention: {num_heads: 2, key_dim: 3}
    from: [x, y]
    key_mask: n
""")
def a_mask_of_a_key_that_is_the_value(x, y, m, n, f, h, c):
    return layers.MultiHeadAttention(2, 3)(x, y, key_mask=n)


@same_as("""
  - Dot: {axes: 2}
    from: [x, y]
  - Activation: relu
  - MultiHeadAttention: {num_heads: 2, key_dim: 3}
    from: [x, y]
    attention_mask: activation
    use_causal_mask: true
""")
def a_mask_of_scores(x, y, m, n, f, h, c):
    scores = layers.Activation("relu")(layers.Dot(2)([x, y]))
    return layers.MultiHeadAttention(2, 3)(x, y, attention_mask=scores, use_causal_mask=True)


@same_as("""
  - GroupedQueryAttention: {head_dim: 3, num_query_heads: 4, num_key_value_heads: 2}
    from: [x, y]
    query_mask: m
    value_mask: n
    return_attention_scores: true
""")
def masks_of_grouped_heads(x, y, m, n, f, h, c):
    return layers.GroupQueryAttention(3, 4, 2)(x, y, query_mask=m, value_mask=n, return_attention_scores=True)


@same_as("""
  - MultiHeadAttention: {num_heads: 2, key_dim: 3}
    name: attention
    from: [x, x]
    use_causal_mask: true
    return_attention_scores: true
  - reuse: attention
    name: again
    from: [attention, x]
    return_attention_scores: true
  - Add:
    from: [attention.attention_scores, again.attention_scores]
""")
def one_attention_called_causally_and_not(x, y, m, n, f, h, c):
    attention = layers.MultiHeadAttention(2, 3, name="attention")
    first, scores = attention(x, x, use_causal_mask=True, return_attention_scores=True)
    _, again = attention(first, x, return_attention_scores=True)
    return layers.Add()([scores, again])


@same_as("""
  - LSTM: {units: 4, return_sequences: true}
    name: shared
    from: x
    mask: m
  - reuse: shared
    name: without
  - reuse: shared
    name: other
    mask: f
  - Concatenate:
    from: [shared, without, other]
  - GRU: 2
""")
def one_layer_called_with_two_masks_and_without(x, y, m, n, f, h, c):
    shared = layers.LSTM(4, return_sequences=True, name="shared")
    first = shared(x, mask=m)
    second = shared(first)
    third = shared(second, mask=f)
    return layers.GRU(2)(layers.Concatenate()([first, second, third]))


@same_as("""
  - Sequential: {layers: [{LSTM: {units: 3, return_sequences: true}}, {GRU: 2}], input: [5, 4]}
    from: x
    mask: m
""")
def a_mask_of_a_model_inside(x, y, m, n, f, h, c):
    inner = keras.Sequential([Input((5, 4)), layers.LSTM(3, return_sequences=True), layers.GRU(2)])
    return inner(x, mask=m)


def used(spec: str, names: tuple[str, ...]) -> list[str]:
    """The inputs that a spec names, in the order in which they are stated."""
    words = set(spec.replace(",", " ").replace("[", " ").replace("]", " ").split())
    return [name for name in names if name in words]


@cache
def live(name: str) -> Any:
    build, spec = CASES[name]
    keras.backend.clear_session()
    made = {
        "x": Input((5, 4), name="x"),
        "y": Input((7, 4), name="y"),
        "m": Input((5,), dtype="bool", name="m"),
        "n": Input((7,), dtype="bool", name="n"),
        "f": Input((5,), name="f"),
        "h": Input((3,), name="h"),
        "c": Input((3,), name="c"),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outputs = build(**made)
        return Model([made[each] for each in used(spec, tuple(made))], outputs)


@pytest.fixture
def ours(name: str, tmp_path: Path) -> lstmcalc.Model:
    spec = CASES[name][1]
    stated = {line.split(":")[0].strip(): line for line in INPUTS.splitlines()[2:]}
    inputs = "\n".join(stated[each] for each in used(spec, tuple(stated)))
    path = tmp_path / f"{live(name).name}.yaml"
    path.write_text(f"inputs:\n{inputs}\nlayers:{spec}", encoding="utf-8")
    return lstmcalc.load(str(path))


@pytest.mark.parametrize("name", CASES)
def test_a_call_with_arguments_stands_in_the_graph_as_in_keras(name: str, ours: lstmcalc.Model) -> None:
    assert differences(keras_facts(live(name)), our_facts(ours)) == []


@pytest.mark.parametrize("name", CASES)
def test_its_table_is_that_of_keras(name: str, ours: lstmcalc.Model) -> None:
    theirs, mine = keras_table(live(name), 133), render(ours, 133)
    if has_two_shapes(live(name)):
        assert without_shapes(mine) == without_shapes(theirs)
    else:
        assert mine == theirs


@pytest.mark.filterwarnings("ignore:.*does not support masking")
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", CASES)
def test_it_gives_the_numbers_of_keras(name: str, ours: lstmcalc.Model, seed: int) -> None:
    rng, model = np.random.default_rng(seed), live(name)
    given = []
    for tensor in model.inputs:
        shape = (3, *tensor.shape[1:])
        if tensor.dtype == "bool":
            mask = rng.random(shape) < 0.7
            mask[:, -1] = True
            given.append(mask)
        elif len(shape) == 2 and shape[1] == 5:  # a mask of numbers, of which 0 is none
            given.append(rng.integers(0, 2, shape).astype("float32") * 0.5)
        else:
            given.append(rng.normal(size=shape).astype("float32"))
    weights = ours.get_weights(seed)
    compare(ours.predict(given, weights=weights), run_in_keras(model, weights, given))
