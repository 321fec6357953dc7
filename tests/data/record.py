"""Records what `keras.Model.summary()` prints, so that the suite can compare where Keras is not installed.

    KERAS_BACKEND=numpy python tests/data/record.py

Writes keras_summaries.json beside itself: for each model its spec, and Keras's text at each
width, whole and uncut (Keras's columns fold here, where they cut by default), and for some
models the text in Keras's colours. Weights are zeros: only their shapes matter.
"""

import io
import json
import os
from functools import partial
from importlib.metadata import version
from pathlib import Path
from textwrap import dedent
from typing import Any
from unittest.mock import patch

os.environ["COLUMNS"] = "1000"  # Keras's console folds nothing but the table's own cells

import keras
import rich.console
import rich.table
from keras import layers

WIDTHS = (40, 60, 80, 88, 100, 120, 200)
FILE = Path(__file__).with_name("keras_summaries.json")
ZEROS = {"kernel_initializer": "zeros", "recurrent_initializer": "zeros"}
FOLDED = partial(rich.table.Column, overflow="fold")
Recorded = tuple[str, keras.Model, dict[str, bool]]


def lstm(units: int, **arguments: Any) -> layers.Layer:
    """An LSTM whose weights are made fast."""
    return layers.LSTM(units, **ZEROS, **arguments)


def dense(units: int, **arguments: Any) -> layers.Layer:
    """A Dense whose weights are made fast."""
    return layers.Dense(units, kernel_initializer="zeros", **arguments)


def embedding(words: int, units: int, **arguments: Any) -> layers.Layer:
    """An Embedding whose weights are made fast."""
    return layers.Embedding(words, units, embeddings_initializer="zeros", **arguments)


def many_to_many() -> Recorded:
    spec = """
        name: many_to_many
        input: [5, 1]
        layers:
          - LSTM: {units: 5, return_sequences: true}
          - TimeDistributed: {Dense: 1}
    """
    stack = [keras.Input((5, 1)), lstm(5, return_sequences=True), layers.TimeDistributed(dense(1))]
    return spec, keras.Sequential(stack, name="many_to_many"), {}


def without_weights() -> Recorded:
    spec = """
        name: without_weights
        input: {shape: [4, 6], batch: 3}
        layers: [Dropout: 0.5, Flatten, RepeatVector: 2]
    """
    stack = [keras.Input((4, 6), batch_size=3), layers.Dropout(0.5), layers.Flatten(), layers.RepeatVector(2)]
    return spec, keras.Sequential(stack, name="without_weights"), {}


def encoder_decoder() -> Recorded:
    spec = """
        name: encoder_decoder
        inputs: {source: [null, 71], target: [null, 93]}
        layers:
          - LSTM: {units: 256, return_state: true}
            name: encoder
            from: source
          - LSTM: {units: 256, return_sequences: true}
            name: decoder
            from: target
            initial_state: [encoder.state_h, encoder.state_c]
          - Dense: 93
            name: characters
    """
    source, target = keras.Input((None, 71), name="source"), keras.Input((None, 93), name="target")
    _, *states = lstm(256, return_state=True, name="encoder")(source)
    decoded = lstm(256, return_sequences=True, name="decoder")(target, initial_state=states)
    return spec, keras.Model([source, target], dense(93, name="characters")(decoded), name="encoder_decoder"), {}


def masks() -> Recorded:
    spec = """
        name: masks
        kind: functional
        input: {shape: [null], dtype: int32}
        layers:
          - Embedding: {input_dim: 10000, output_dim: 100, mask_zero: true}
          - Bidirectional: {LSTM: {units: 64, return_sequences: true}}
          - Dropout: 0.5
          - TimeDistributed: {Dense: 17}
    """
    words = keras.Input((None,), dtype="int32")
    tensor = embedding(10000, 100, mask_zero=True)(words)
    tensor = layers.Bidirectional(lstm(64, return_sequences=True))(tensor)
    tensor = layers.TimeDistributed(dense(17))(layers.Dropout(0.5)(tensor))
    return spec, keras.Model(words, tensor, name="masks"), {"show_trainable": True}


def nested() -> Recorded:
    spec = """
        name: nested
        inputs: {left: [20, 50], right: [20, 50]}
        layers:
          - Sequential:
              - Bidirectional: {LSTM: 32}
              - Dense: 16
            name: encoder
            from: left
          - reuse: encoder
            name: encoded_right
            from: right
          - Subtract:
            from: [encoder, encoded_right]
          - Dense: 1
    """
    left, right = keras.Input((20, 50), name="left"), keras.Input((20, 50), name="right")
    encoder = keras.Sequential([layers.Bidirectional(lstm(32)), dense(16)], name="encoder")
    difference = layers.Subtract()([encoder(left), encoder(right)])
    return spec, keras.Model([left, right], dense(1)(difference), name="nested"), {"expand_nested": True}


def models_in_models() -> Recorded:
    spec = """
        name: models_in_models
        input: [7, 3]
        layers:
          - Model:
              input: [7, 3]
              layers:
                - Sequential: [LSTM: {units: 4, return_sequences: true}, Dense: 1200]
                  name: deepest
                - GlobalAveragePooling1D
            name: middle
            trainable: false
          - Dense: 2
    """
    outside, inside = keras.Input((7, 3)), keras.Input((7, 3))
    deepest = keras.Sequential([lstm(4, return_sequences=True), dense(1200)], name="deepest")
    middle = keras.Model(inside, layers.GlobalAveragePooling1D()(deepest(inside)), name="middle")
    middle.trainable = False
    model = keras.Sequential([outside, middle, dense(2)], name="models_in_models")
    return spec, model, {"expand_nested": True, "show_trainable": True}


def several_outputs() -> Recorded:
    spec = """
        name: several_outputs
        input: [9, 8]
        layers:
          - Bidirectional: {LSTM: {units: 6, return_state: true, return_sequences: true}}
            name: reader
          - Dense: 1000
            from: reader
            name: words
          - Dense: {units: 3, trainable: false}
            from: reader.forward_h
            name: kind
        outputs: [words, kind, reader.backward_c]
    """
    sequence = keras.Input((9, 8))
    reader = layers.Bidirectional(lstm(6, return_state=True, return_sequences=True), name="reader")
    outputs = reader(sequence)
    words, kind = dense(1000, name="words")(outputs[0]), dense(3, name="kind", trainable=False)(outputs[1])
    return spec, keras.Model(sequence, [words, kind, outputs[4]], name="several_outputs"), {"show_trainable": True}


def big_numbers() -> Recorded:
    spec = """
        name: big_numbers
        input: {shape: [null], dtype: int32}
        layers:
          - Embedding: {input_dim: 256000, output_dim: 400}
          - LSTM: {units: 4096, return_sequences: true}
          - LSTM: 4096
          - Dense: 1
    """
    stack = [keras.Input((None,), dtype="int32"), embedding(256000, 400), lstm(4096, return_sequences=True)]
    return spec, keras.Sequential([*stack, lstm(4096), dense(1)], name="big_numbers"), {}


def long_names() -> Recorded:
    first = "a_name_of_a_layer_that_is_longer_than_any_column_of_a_narrow_terminal"
    second = "with dots...and-dashes, and spaces"
    spec = f"""
        name: "[bold] names"
        input: [12, 5]
        layers:
          - GRU: {{units: 7, return_sequences: true}}
            name: {first}
          - SimpleRNN: {{units: 3, return_sequences: true}}
            name: "{second}"
          - Add:
            from: ["{second}", "{second}"]
            name: "[red]"
    """
    sequence = keras.Input((12, 5))
    tensor = layers.GRU(7, return_sequences=True, **ZEROS, name=first)(sequence)
    tensor = layers.SimpleRNN(3, return_sequences=True, **ZEROS, name=second)(tensor)
    return spec, keras.Model(sequence, layers.Add(name="[red]")([tensor, tensor]), name="[bold] names"), {}


def wide_names() -> Recorded:
    name = "双方向の長・短期記憶を持つとても長い名前の層"
    spec = f"""
        name: モデル
        input: [12, 5]
        layers:
          - LSTM: {{units: 7, return_sequences: true}}
            name: {name}
          - Dense: 3
            name: 출력
          - Multiply:
            from: [출력, 출력]
    """
    tensor = dense(3, name="출력")(lstm(7, return_sequences=True, name=name)(sequence := keras.Input((12, 5))))
    return spec, keras.Model(sequence, layers.Multiply()([tensor, tensor]), name="モデル"), {}


def half_precision() -> Recorded:
    spec = """
        name: half_precision
        dtype: float16
        kind: functional
        input: [4, 6]
        layers: [BatchNormalization, LSTM: 5]
    """
    keras.config.set_dtype_policy("float16")
    sequence = keras.Input((4, 6))
    model = keras.Model(sequence, lstm(5)(layers.BatchNormalization()(sequence)), name="half_precision")
    keras.config.set_dtype_policy("float32")
    return spec, model, {"show_trainable": True}


MODELS = (
    many_to_many,
    without_weights,
    encoder_decoder,
    masks,
    nested,
    models_in_models,
    several_outputs,
    big_numbers,
    long_names,
    wide_names,
    half_precision,
)
COLORED = (nested, models_in_models)


def text_of(model: keras.Model, width: int, options: dict[str, bool]) -> str:
    """Keras's table without cuts."""
    printed: list[str] = []
    with patch("rich.table.Column", FOLDED):
        model.summary(line_length=width, print_fn=printed.append, **options)
    return "".join(printed)


def colored_text_of(model: keras.Model, options: dict[str, bool]) -> str:
    """Keras's table as a terminal of 256 colours gets it."""
    out = io.StringIO()
    terminal = partial(rich.console.Console, file=out, force_terminal=True, color_system="256", width=1000)
    keras.config.enable_interactive_logging()
    with patch("rich.console.Console", terminal), patch("rich.table.Column", FOLDED):
        model.summary(line_length=88, **options)
    return out.getvalue()


def main() -> None:
    """Write the file."""
    recorded = {}
    for make in MODELS:
        keras.backend.clear_session()
        spec, model, options = make()
        recorded[make.__name__] = {
            "spec": dedent(spec).strip() + "\n",
            "options": options,
            "texts": {str(width): text_of(model, width, options) for width in WIDTHS},
            **({"colored": colored_text_of(model, options)} if make in COLORED else {}),
        }
    versions = {"keras": keras.__version__, "rich": version("rich")}
    text = json.dumps({"versions": versions, "models": recorded}, ensure_ascii=False, indent=1)
    FILE.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
