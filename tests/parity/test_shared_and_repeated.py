"""Layers that models share, and repeated groups, are the same in live Keras and here: graph, table, numbers."""

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
from keras import Input, Model, Sequential, layers
from tables import cells, has_two_shapes, keras_table
from test_forward_graphs import compare, run_in_keras

import lstmcalc

pytestmark = pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")  # of Keras's own `get_weights`
CASES: dict[str, tuple[Callable[[], Any], str]] = {}


def same_as(spec: str) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Put a function that builds a Keras model beside the spec of the same model."""

    def note(build: Callable[[], Any]) -> Callable[[], Any]:
        CASES[build.__name__] = (build, spec)
        return build

    return note


@same_as("""
inputs: {x: [10]}
layers:
  - Dense: 10
    name: d
  - Model:
      inputs: {a: [10]}
      layers:
        - reuse: d
    name: inner
""")
def a_layer_of_the_model_around() -> Any:
    x, a = Input((10,), name="x"), Input((10,), name="a")
    d = layers.Dense(10, name="d")
    first = d(x)
    inner = Model(a, d(a), name="inner")
    return Model(x, inner(first))


@same_as("""
inputs: {x: [10]}
layers:
  - Dense: 10
    name: d
  - Model:
      inputs: {a: [10]}
      layers:
        - Dense: 10
        - reuse: d
        - Dense: 10
        - reuse: d
    name: inner
  - reuse: d
  - Dense: 3
  - Dense: 10
  - reuse: d
""")
def a_layer_called_before_inside_and_after() -> Any:
    x, a = Input((10,), name="x"), Input((10,), name="a")
    d = layers.Dense(10, name="d")
    y, z = d(x), a
    for _ in range(2):
        z = layers.Dense(10)(z)
        z = d(z)
    y = d(Model(a, z, name="inner")(y))
    for units in (3, 10):
        y = layers.Dense(units)(y)
    return Model(x, d(y))


@same_as("""
inputs: {x: [4, 6]}
layers:
  - LSTM: {units: 6, return_sequences: true}
    name: shared
  - Sequential:
      - reuse: shared
      - Dense: 6
    name: chain
  - Sequential:
      input: [null, 6]
      layers:
        - Dense: 6
        - reuse: shared
    name: typed
  - TimeDistributed:
      Sequential:
        - Dense: 2
  - Dense: 1
""")
def a_layer_in_two_chains_inside() -> Any:
    x = Input((4, 6), name="x")
    shared = layers.LSTM(6, return_sequences=True, name="shared")
    y = shared(x)
    chain = Sequential([shared, layers.Dense(6)], name="chain")
    y = chain(y)
    typed = Sequential([Input((None, 6)), layers.Dense(6), shared], name="typed")
    y = typed(y)
    y = layers.TimeDistributed(Sequential([layers.Dense(2)]))(y)
    return Model(x, layers.Dense(1)(y))


@same_as("""
inputs: {x: [5, 4]}
layers:
  - Dense: 4
    name: d
  - TimeDistributed:
      Model:
        inputs: {a: [4]}
        layers:
          - reuse: d
          - Dense: 2
  - Model:
      inputs: {b: [5, 2]}
      layers:
        - Dense: 4
        - Model:
            inputs: {c: [5, 4]}
            layers: [{reuse: d}, {Dense: 1}]
          name: deep
    name: middle
""")
def a_layer_two_models_around() -> Any:
    x = Input((5, 4), name="x")
    d = layers.Dense(4, name="d")
    y = d(x)
    a = Input((4,), name="a")
    y = layers.TimeDistributed(Model(a, layers.Dense(2)(d(a))))(y)
    b, c = Input((5, 2), name="b"), Input((5, 4), name="c")
    four = layers.Dense(4)
    z = four(b)
    deep = Model(c, layers.Dense(1)(d(c)), name="deep")
    return Model(x, Model(b, deep(z), name="middle")(y))


@same_as("""
inputs: {x: [6]}
layers:
  - Model:
      inputs: {a: [6]}
      layers: [{Dense: 3}, {Dense: 6}]
    name: block
  - Model:
      inputs: {b: [6]}
      layers: [{Dense: 6}, {reuse: block}, {reuse: block}]
    name: outer
  - reuse: block
""")
def a_model_of_the_model_around() -> Any:
    x, a, b = Input((6,), name="x"), Input((6,), name="a"), Input((6,), name="b")
    three = layers.Dense(3)(a)
    block = Model(a, layers.Dense(6)(three), name="block")
    y = block(x)
    outer = Model(b, block(block(layers.Dense(6)(b))), name="outer")
    return Model(x, block(outer(y)))


@same_as("""
input: [6]
layers:
  - repeat: 3
    layers:
      - Dense: 4
      - BatchNormalization
      - Dense: 6
""")
def a_group_in_a_chain() -> Any:
    made = [Input((6,))]
    for _ in range(3):
        made += [layers.Dense(4), layers.BatchNormalization(), layers.Dense(6)]
    return Sequential(made)


@same_as("""
inputs: {x: [7, 8]}
layers:
  - repeat: 3
    layers:
      - Identity:
        name: before
      - LayerNormalization
      - MultiHeadAttention: {num_heads: 2, key_dim: 4}
        name: attention
        from: [layer_normalization, layer_normalization]
      - Add:
        from: [before, attention]
      - Dense: 16
        repeat: 2
      - Dense: 8
        name: fed
      - Add:
        from: [add, fed]
  - GlobalAveragePooling1D
  - Dense: 1
""")
def a_transformer_of_three_blocks() -> Any:
    x = Input((7, 8), name="x")
    y = x
    for number in range(3):
        after = f"_{number}" if number else ""
        y = before = layers.Identity(name=f"before{after}")(y)
        y = layers.LayerNormalization()(y)
        attended = layers.MultiHeadAttention(2, 4, name=f"attention{after}")(y, y)
        added = layers.Add()([before, attended])
        first, second = layers.Dense(16), layers.Dense(16)
        y = layers.Dense(8, name=f"fed{after}")(second(first(added)))
        y = layers.Add()([added, y])
    return Model(x, layers.Dense(1)(layers.GlobalAveragePooling1D()(y)))


@same_as("""
inputs: {x: [6]}
layers:
  - repeat: 2
    layers:
      - repeat: 3
        layers:
          - Dense: 6
            name: inner
      - Dense: 6
        name: outer
      - Add:
        from: [inner, outer]
""")
def groups_in_a_group() -> Any:
    x = Input((6,), name="x")
    y, made = x, 0
    for number in range(2):
        for _ in range(3):
            y = inner = layers.Dense(6, name=f"inner_{made}" if made else "inner")(y)
            made += 1
        y = layers.Dense(6, name=f"outer_{number}" if number else "outer")(y)
        y = layers.Add()([inner, y])
    return Model(x, y)


@same_as("""
inputs: {e: [10, 7], d: [null, 6]}
layers:
  - {LSTM: {units: 6, return_state: true}, name: enc, from: e}
  - {LSTM: {units: 6, return_sequences: true}, name: dec, from: d, initial_state: [enc.state_h, enc.state_c], repeat: 3}
""")
def three_decoders_that_start_from_the_same_states() -> Any:
    e, d = Input((10, 7), name="e"), Input((None, 6), name="d")
    _, *states = layers.LSTM(6, return_state=True, name="enc")(e)
    decoders = [layers.LSTM(6, return_sequences=True, name=name) for name in ("dec", "dec_1", "dec_2")]
    y = d
    for decoder in decoders:
        y = decoder(y, initial_state=states)
    return Model([e, d], y)


@same_as("""
inputs: {x: [1, 5], h: [4], c: [4]}
layers:
  - LSTM: {units: 4, return_state: true}
    name: lstm
    from: x
    initial_state: [h, c]
  - Dense: 5
    name: note
    from: lstm
  - repeat: 3
    layers:
      - Reshape: [1, 5]
      - reuse: lstm
        name: step
        initial_state: [step, step.state_c]
      - reuse: note
        name: next
        from: step
outputs: [note, next_0, next_1, next_2]
""")
def a_decoder_that_reads_what_it_wrote() -> Any:
    x, h, c = Input((1, 5), name="x"), Input((4,), name="h"), Input((4,), name="c")
    lstm, note = layers.LSTM(4, return_state=True, name="lstm"), layers.Dense(5, name="note")
    y, _, state = lstm(x, initial_state=[h, c])
    notes = [note(y)]
    for _ in range(3):
        again = layers.Reshape((1, 5))(notes[-1])
        y, _, state = lstm(again, initial_state=[y, state])
        notes.append(note(y))
    return Model([x, h, c], notes)


@same_as("""
inputs: {x: [4, 3]}
layers:
  - repeat: 2
    layers:
      - GRU: {units: 3, return_sequences: true}
        name: twice
      - reuse: twice
      - Sequential: [{Dense: 3}, {reuse: twice}]
  - GRU: 2
""")
def a_layer_of_each_round_shared_inside_it() -> Any:
    x = Input((4, 3), name="x")
    y = x
    for name in ("twice", "twice_1"):
        gru = layers.GRU(3, return_sequences=True, name=name)
        y = gru(gru(y))
        y = Sequential([layers.Dense(3), gru])(y)
    return Model(x, layers.GRU(2)(y))


@same_as("""
input: [10]
layers:
  - Dense: 10
    name: d
  - Model:
      inputs: {a: [10]}
      layers: [{reuse: d}, {Dense: 10}]
    name: inner
  - Dense: 2
""")
def a_layer_of_a_chain_in_a_model_inside_it() -> Any:
    d, a = layers.Dense(10, name="d"), Input((10,), name="a")
    inner = Model(a, layers.Dense(10)(d(a)), name="inner")
    return Sequential([Input((10,)), d, inner, layers.Dense(2)])


@cache
def live(name: str) -> Any:
    keras.backend.clear_session()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return CASES[name][0]()


@pytest.fixture
def ours(name: str, tmp_path: Path) -> lstmcalc.Model:
    path = tmp_path / f"{live(name).name}.yaml"
    path.write_text(CASES[name][1], encoding="utf-8")
    return lstmcalc.load(str(path))


@pytest.mark.parametrize("name", CASES)
def test_it_stands_in_the_graph_as_in_keras(name: str, ours: lstmcalc.Model) -> None:
    assert differences(keras_facts(live(name)), our_facts(ours)) == []


@pytest.mark.parametrize("options", [{}, {"expand_nested": True, "show_trainable": True}])
@pytest.mark.parametrize("name", CASES)
def test_its_table_is_that_of_keras(name: str, ours: lstmcalc.Model, options: dict[str, bool]) -> None:
    """But for the params of a row whose weights another row counted already, which says so here."""
    theirs, mine = keras_table(live(name), 133, **options), render(ours, 133, **options)
    assert mine.splitlines()[-3:] == theirs.splitlines()[-3:]
    assert told(mine, live(name)) == told(theirs, live(name))


def told(table: str, model: Any) -> list[list[list[str]]]:
    """The cells of a table without the params, and without shapes where Keras shows those of the last call alone."""
    headings = cells(table)[0]
    left_out = {
        headings.index(["Param", "#"]),
        *((headings.index(["Output", "Shape"]),) if has_two_shapes(model) else ()),
    }
    return [[cell for position, cell in enumerate(row) if position not in left_out] for row in cells(table)]


@pytest.mark.parametrize("name", CASES)
def test_its_weights_are_counted_once(name: str, ours: lstmcalc.Model) -> None:
    assert ours.count_params() == live(name).count_params()
    assert [weight.shape for weight in ours.all_weights()] == [tuple(weight.shape) for weight in live(name).weights]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", CASES)
def test_it_gives_the_numbers_of_keras(name: str, ours: lstmcalc.Model, seed: int) -> None:
    rng, model = np.random.default_rng(seed), live(name)
    given = [rng.normal(size=(3, *(axis or 5 for axis in each.shape[1:]))).astype("float32") for each in model.inputs]
    weights = ours.get_weights(seed)
    compare(ours.predict(given, weights=weights), run_in_keras(model, weights, given))


@pytest.mark.parametrize("name", CASES)
def test_a_file_of_its_weights_goes_both_ways(name: str, ours: lstmcalc.Model, tmp_path: Path) -> None:
    model, theirs, mine = live(name), str(tmp_path / "theirs.weights.h5"), str(tmp_path / "mine.weights.h5")
    rng = np.random.default_rng(3)
    model.set_weights([rng.normal(size=weight.shape).astype("float32") for weight in model.weights])
    model.save_weights(theirs)
    read = ours.load_weights(theirs)
    by_name = {layer.name: layer for layer in model.layers}
    for layer, arrays in read.items():
        for array, wanted in zip(arrays, by_name[layer].get_weights(), strict=True):
            np.testing.assert_array_equal(array, wanted)
    written = ours.get_weights(4)
    ours.save_weights(mine, written)
    model.load_weights(mine)
    for layer, arrays in written.items():
        for array, wanted in zip(arrays, by_name[layer].get_weights(), strict=True):
            np.testing.assert_array_equal(array, wanted)
