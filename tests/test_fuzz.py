"""Whatever the input, nothing but a model or a ModelError comes out."""

import re

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import lstmcalc
from lstmcalc.errors import Source
from lstmcalc.layers.base import arguments_of
from lstmcalc.layers.catalogue import KNOWN, MODULES, find
from lstmcalc.models.model import BuiltModel
from lstmcalc.sources import model_of_text

SPECS = [
    """\
name: translator
inputs: {source: [null, 7], target: {shape: [null, 9], dtype: float32}}
vars: {units: 8, half: $(units // 2)}
layers:
  - Bidirectional: {LSTM: $half, return_state: true}
    name: encoder
    from: source
  - Concatenate:
    name: h
    from: [encoder.forward_h, encoder.backward_h]
  - Concatenate:
    name: c
    from: [encoder.2, encoder.4]
  - LSTM: {units: $units, return_sequences: true}
    name: decoder
    from: target
    initial_state: [h, c]
  - TimeDistributed: {Dense: {units: 9, activation: softmax}}
outputs: time_distributed
""",
    """\
input: [5, 1]
layers:
  - LSTM: {units: 5, return_sequences: true, kernel_regularizer: {class_name: L2, config: {l2: 0.1}}}
    repeat: 2
    trainable: false
  - "GRU(3, return_sequences=True, dropout=0.5)"
  - &block
    Sequential: [{Conv1D: {filters: 4, kernel_size: 3, padding: same}}, Flatten, {Dense: 3}]
  - Dropout: .5
  - Custom: {class: Mine, output_shape: [4], weights: {kernel: [3, 4], bias: {shape: [4], trainable: false}}}
  - Lambda: {output_shape: [2]}
""",
    """\
kind: functional
dtype: mixed_float16
input: {shape: [12], dtype: int32, batch: 2}
layers:
  - Embedding: {input_dim: 100, output_dim: 8, mask_zero: true}
    name: words
  - Dense: 8
    name: keys
  - Dot: {axes: [2, 2]}
    from: [words, keys]
  - Reshape: [-1]
  - Dense: 4
    name: last
  - reuse: keys
    name: again
    from: words
outputs: [last, again]
""",
]
EXPRESSIONS = [
    "Input(5, 1) | LSTM(5, return_sequences=True) | TimeDistributed(Dense(1, activation='relu'))",
    "LSTM(128, input_shape=(10, 300)) | Dense(units * 2 - 1) | Reshape((3, -1)) | Sequential([Flatten, Dense(1)])",
]
TOKENS = [
    *("- ", ": ", "\n", "\n  ", "\n    ", "  - ", "[", "]", "{", "}", ", ", '"', "'", "|", ">"),
    *("&a ", "*a", "<<: ", "$", "$units", "$(units // 2)", "!!int ", "? ", "#", "\t", "---\n", "...\n"),
    *("null", "~", "true", "-1", "0", "5", "1e3", ".nan", ".inf", "1_000", "007", "2147483648", "9" * 120),
    *("\\", "é", "名", "\u2028", "\ufeff", "\x00", "\x7f", "\r"),
    *("input: [5, 1]\n", "inputs: {a: [5, 1], b: [3]}\n", "layers:\n", "vars: {units: 8}\n"),
    *("outputs: ", "kind: ", "name: ", "from: ", "initial_state: ", "repeat: ", "reuse: ", "trainable: "),
    *("units: ", "shape: ", "dtype: ", "batch: ", "layers: ", "return_sequences: true", "return_state: true"),
    *("stateful: true", "merge_mode: null", "input_shape: [5, 1]", "lstm", "lstm.state_h", "input_layer"),
    *("a", "b", "a.0", "sequential", "functional", "float16"),
    *("(", ")", "=", "*", "//", "%", "+", "LSTM(5)", "Input(5, 1)", "Dense(units)", *KNOWN),
]
SOON = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))


MORE = settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))


def read(text: str) -> BuiltModel | lstmcalc.ModelError:
    """What comes out of a YAML text; another exception than ModelError fails the test."""
    try:
        model = model_of_text(Source("fuzz.yaml", text))
    except lstmcalc.ModelError as error:
        check(error)
        return error
    model.count_params()
    return model


def check(error: lstmcalc.ModelError) -> None:
    """Every problem is one line of words, and its place is in the text."""
    assert error.problems
    for problem in error.problems:
        assert re.fullmatch(r"[^\x00-\x1f\x7f\ud800-\udfff]+", problem.text), problem.text
        assert len(problem.text) < 500, problem.text
        assert problem.help is None or len(problem.help) < 1000
        if problem.place is not None:
            lines = re.split("\r\n|[\r\n\x85\u2028\u2029]", problem.place.source.text)
            assert 1 <= problem.place.line <= len(lines) + 1
            assert 1 <= problem.place.column <= len([*lines, ""][problem.place.line - 1]) + 1


@st.composite
def mutated(draw: st.DrawFn, texts: list[str]) -> str:
    """A valid text with a few pieces cut out, doubled, exchanged, or written over."""
    text = draw(st.sampled_from(texts))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        piece = draw(st.sampled_from(TOKENS) | st.text(max_size=3) | st.just(text[start:end] * 2))
        text = text[:start] + piece + text[end:]
    return text


numbers = st.booleans() | st.integers() | st.floats()
scalars = st.none() | numbers | st.text(max_size=5) | st.sampled_from([*TOKENS, *KNOWN])
objects = st.recursive(
    scalars | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(scalars, inner, max_size=4) | st.tuples(inner),
    max_leaves=12,
)
keys = st.sampled_from(["name", "kind", "input", "inputs", "layers", "outputs", "vars", "budget", "dtype"])
siblings = st.sampled_from(["name", "from", "initial_state", "trainable", "repeat", "reuse"])
items = objects | st.dictionaries(siblings | st.sampled_from(KNOWN), objects, max_size=3)


WORDS = ["same", "valid", "causal", "channels_first", "channels_last", "relu", "softmax", "zeros", "l2", "sum", "int32"]
values = st.integers(-2, 6) | st.none() | st.booleans() | st.sampled_from([0.0, 0.5, 1.0, -1.5, *WORDS])
plausible = (
    values
    | st.lists(values | st.lists(values, max_size=3), max_size=4)
    | st.sampled_from(
        [
            {"LSTM": 3},
            {"Dense": 2},
            {"Flatten": None},
            {"LSTMCell": 3},
            [{"LSTMCell": 3}],
            {"class_name": "L2", "config": {}},
        ]
    )
)
axes = st.lists(st.none() | st.integers(1, 6), max_size=5)


@st.composite
def layers_of_a_kind(draw: st.DrawFn) -> dict[str, object]:
    """A layer with values for some of its own arguments."""
    name = draw(st.sampled_from(sorted(MODULES)))
    layer = find(name)
    assert layer is not None
    arguments = arguments_of(layer)
    needed = [each.name for each in arguments.values() if each.required]
    others = draw(st.lists(st.sampled_from([*arguments, *layer.common, *layer.keywords]), max_size=4))
    return {name: {each: draw(plausible) for each in dict.fromkeys([*needed, *others])}}


@given(mutated(SPECS))
@SOON
def test_a_spec_with_something_wrong_gives_a_model_or_a_model_error(text: str) -> None:
    read(text)


@given(st.lists(st.sampled_from(TOKENS), max_size=40).map("".join))
@SOON
def test_a_soup_of_tokens_gives_a_model_or_a_model_error(text: str) -> None:
    read(text)


@given(st.text(max_size=60))
@SOON
def test_any_text_gives_a_model_or_a_model_error(text: str) -> None:
    read(text)


@given(mutated(EXPRESSIONS) | st.lists(st.sampled_from(TOKENS), max_size=20).map("".join) | st.text(max_size=40))
@example("LSTM(5)" * 2)
@SOON
def test_any_expression_gives_a_model_or_a_model_error(expression: str) -> None:
    try:
        lstmcalc.parse(expression, set={"units": 8} if "units" in expression else None)
    except lstmcalc.ModelError as error:
        check(error)


@given(st.dictionaries(keys, objects | st.lists(items, max_size=3), max_size=5) | objects)
@SOON
def test_any_object_gives_a_model_or_a_model_error(spec: object) -> None:
    try:
        lstmcalc.from_dict(spec)  # type: ignore[arg-type]
    except lstmcalc.ModelError as error:
        check(error)


@given(st.lists(items, max_size=4), st.sampled_from([[5, 1], {"shape": [None, 4], "batch": 2}]))
@SOON
def test_any_items_give_a_model_or_a_model_error(layers: list[object], shape: object) -> None:
    try:
        lstmcalc.from_dict({"input": shape, "layers": layers})
    except lstmcalc.ModelError as error:
        check(error)


@given(objects)
@example("0_")
@SOON
def test_any_value_of_a_variable_gives_a_model_or_a_model_error(value: object) -> None:
    try:
        lstmcalc.parse("Input(5, units) | Dense(units)", set={"units": value})
    except lstmcalc.ModelError as error:
        check(error)


@given(layers_of_a_kind(), axes, st.none() | st.integers(1, 4), st.booleans())
@MORE
def test_any_arguments_and_shapes_give_a_model_or_a_model_error(
    layer: dict[str, object], shape: list[int | None], batch: int | None, is_list: bool
) -> None:
    item = {**layer, "from": ["a", "b"] if is_list else "a"}
    both = {"a": {"shape": shape, "batch": batch}, "b": {"shape": shape}}
    try:
        model = lstmcalc.from_dict({"inputs": both, "layers": [item]})
    except lstmcalc.ModelError as error:
        check(error)
    else:
        model.count_params()
        model.products(tuple(tensor.shape for tensor in model.inputs))
