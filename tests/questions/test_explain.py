"""Explanations: by whole output for the worked examples, and every line of arithmetic worked out again.

`pytest --rewrite` writes the expected outputs anew; read what changed.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import msgspec
import pytest

import lstmcalc
from lstmcalc import cli
from lstmcalc.errors import ModelError
from lstmcalc.layers.base import arguments_of
from lstmcalc.layers.catalogue import FAMILIES, MODULES, find
from lstmcalc.models.model import BuiltModel
from lstmcalc.questions.arithmetic import equation, plus, times
from lstmcalc.questions.explain import explain
from lstmcalc.reference.examples import example_of
from lstmcalc.reference.symbolic import Symbolic
from lstmcalc.views.explain.json import ExplainObject
from lstmcalc.views.explain.sections import sections
from lstmcalc.views.explain.table import show
from lstmcalc.views.look import Look

ROOT = Path(__file__).parents[2]
SPECS = ROOT / "specs"
EXPECTED = ROOT / "tests" / "data" / "explanations"
WORKED = sorted(path.stem for path in EXPECTED.glob("*.txt"))
# `4 * ((1 + 5) * 5 + 5) = 140`: numbers and signs alone, and what they come to.
ARITHMETIC = re.compile(r"(?<![\w.,])((?:\d[\d,]*|\()(?:\d[\d,]*|[()+*/^-]| (?! ))*) = (\d[\d,]*)")

# The arguments that layers of the catalogue need, where those of their example are too large.
IMAGE, SEQUENCE, VECTOR = "Input(8, 8, 3)", "Input(5, 3)", "Input(4)"
ARGUMENTS = {
    **dict.fromkeys(("Dense", "RepeatVector", "MaxoutDense", "TimeDistributedDense"), "2"),
    **dict.fromkeys(("Embedding", "ReversibleEmbedding"), "9, 4"),
    **dict.fromkeys(("LSTM", "GRU", "SimpleRNN", "CuDNNLSTM", "CuDNNGRU"), "4"),
    **dict.fromkeys(("LSTMCell", "GRUCell", "SimpleRNNCell"), "4"),
    **dict.fromkeys((*FAMILIES["convolution"], "SeparableConv1D", "SeparableConv2D"), "4, 3"),
    **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D"), "3"),
    **dict.fromkeys(FAMILIES["convolutional_recurrent"], "4, 3"),
    **dict.fromkeys((name for name in FAMILIES["pooling"] if name.startswith("A")), "2"),  # Adaptive, Average
    **dict.fromkeys((name for name in FAMILIES["regularization"] if name != "ActivityRegularization"), "0.5"),
    **dict.fromkeys(("CategoryEncoding", "Hashing"), "5"),
    **dict.fromkeys(("Resizing", "CenterCrop", "RandomCrop"), "4, 4"),
    "MelSpectrogram": "8, 4, num_mel_bins=5",
    "STFTSpectrogram": "frame_length=4",
    "Activation": '"relu"',
    "Bidirectional": "LSTM(4)",
    "Discretization": "num_bins=3",
    "EinsumDense": '"abc,cd->abd", output_shape=(None, 4)',
    "GroupNormalization": "1",
    "Permute": "(2, 1)",
    "RNN": "LSTMCell(4)",
    "Rescaling": "0.5",
    "Reshape": "(-1,)",
    "SpectralNormalization": "Dense(4)",
    "StackedRNNCells": "[GRUCell(4)]",
    "TimeDistributed": "Dense(2)",
}
# What an expression cannot say: several inputs, and what is stated.
STRINGS = {"shape": [1], "dtype": "string"}
ITEMS = {
    **{name: {name: None} for name in (*FAMILIES["merging"], "Attention", "AdditiveAttention")},
    "Dot": {"Dot": {"axes": -1}},
    "Merge": {"Merge": {"mode": "sum"}},
    "HashedCrossing": {"HashedCrossing": {"num_bins": 5}},
    "MultiHeadAttention": {"MultiHeadAttention": {"num_heads": 2, "key_dim": 4}},
    "GroupedQueryAttention": {"GroupedQueryAttention": {"head_dim": 4, "num_query_heads": 2, "num_key_value_heads": 1}},
}
STATED = {
    "Lambda": ([4], {"Lambda": {"output_shape": [3]}}),
    "Custom": ([4], {"Custom": {"class": "Mine", "output_shape": [3], "weights": {"kernel": [4, 3]}}}),
    "TextVectorization": (STRINGS, {"TextVectorization": {"max_tokens": 9, "output_sequence_length": 4}}),
}
INPUTS = {
    "ConvLSTM1D": "Input(5, 8, 3)",
    "ConvLSTM2D": "Input(5, 8, 8, 3)",
    "ConvLSTM3D": "Input(5, 6, 6, 6, 2)",
    **dict.fromkeys(("Resizing", "CenterCrop", *FAMILIES["augmentation"], "RandomHeight", "RandomWidth"), IMAGE),
    "MelSpectrogram": "Input(20)",
    **dict.fromkeys(("Embedding", "ReversibleEmbedding", "Hashing", "IntegerLookup"), 'Input(5, dtype="int32")'),
    **dict.fromkeys(("RepeatVector", "MaxoutDense", "Highway", "CategoryEncoding", "Discretization"), VECTOR),
    "StringLookup": 'Input(5, dtype="string")',
}
BY_RANK = {"1D": "Input(8, 3)", "2D": IMAGE, "3D": "Input(6, 6, 6, 2)"}


def model_with(name: str) -> BuiltModel:
    """A model with that layer in it."""
    if name in STATED:
        given, item = STATED[name]
        return lstmcalc.from_dict({"input": given, "layers": [item]})
    if name in ITEMS:
        shape = STRINGS if name == "HashedCrossing" else [5, 3]
        item = {**ITEMS[name], "from": ["a", "b"]}
        return lstmcalc.from_dict({"inputs": {"a": shape, "b": shape}, "layers": [item]})
    call = f"{name}({ARGUMENTS.get(name) or needed(name)})"
    if name.endswith(("Cell", "Cells")):
        call = f"RNN({call})"
    by_rank = next((shape for rank, shape in BY_RANK.items() if rank in name), SEQUENCE)
    return lstmcalc.parse(f"{INPUTS.get(name, by_rank)} | {call}")


def needed(name: str) -> str:
    """The arguments that a layer needs, as its example has them."""
    layer, _ = example_of(find(name))
    arguments = [argument for argument in arguments_of(find(name)).values() if argument.required]
    values = {argument.name: getattr(layer, argument.field) for argument in arguments}
    return ", ".join(f"{key}={int(value) if type(value) is Symbolic else value!r}" for key, value in values.items())


def text_of(model: BuiltModel, *names: str, width: int = 10_000) -> str:
    return "\n".join(show(explain(model, names), Look(width=width))) + "\n"


def arithmetic_in(text: str) -> list[tuple[str, int]]:
    found = [(left.replace(",", "").strip(), int(right.replace(",", ""))) for left, right in ARITHMETIC.findall(text)]
    return [(left, right) for left, right in found if re.search(r"[+*]", left)]


def printed(capsys, *arguments: str) -> str:
    assert cli.run(["explain", *arguments]) == 0
    found = capsys.readouterr()
    assert found.err == ""
    return found.out


# The worked examples.


@pytest.mark.parametrize("name", WORKED)
def test_the_explanation_of_a_worked_example(capsys, compare_golden, name):
    compare_golden(printed(capsys, str(SPECS / f"{name}.yaml"), "--width", "80"), EXPECTED / f"{name}.txt")


@pytest.mark.parametrize("family", FAMILIES)
def test_the_explanation_of_each_layer(compare_golden, family):
    texts = [text_of(model_with(name), width=80) for name in FAMILIES[family]]
    compare_golden("\n".join(texts), EXPECTED / "layers" / f"{family}.txt")


# What the arguments of a layer change in its explanation.
VARIANTS = (
    *("LSTM(4, use_bias=False)", "LSTM(4, return_sequences=True, return_state=True, recurrent_activation='relu')"),
    *("LSTM(4, activation=None)", "LSTM(1)", "GRU(4, reset_after=False)", "GRU(4, use_bias=False)"),
    *("GRU(4, recurrent_activation='hard_sigmoid', go_backwards=True)", "SimpleRNN(4, use_bias=False)"),
    *("SimpleRNN(4, activation='relu', return_sequences=True)", "CuDNNLSTM(4, return_state=True)"),
    *("Bidirectional(GRU(4), merge_mode='sum')", "Bidirectional(LSTM(4, return_state=True), merge_mode=None)"),
    *("RNN([LSTMCell(4), GRUCell(2, reset_after=False)], return_sequences=True)", "RNN(SimpleRNNCell(4))"),
    *("TimeDistributed(Dense(4, use_bias=False))", "Dense(4, activation='relu', lora_rank=2)"),
    *("Conv1D(6, 2, strides=2, padding='causal', groups=3)", "Conv1D(4, 2, use_bias=False, dilation_rate=2)"),
    *("EinsumDense('abc,cd->abd', [None, 4], bias_axes='d')", "BatchNormalization(center=False)"),
    *("LayerNormalization(scale=False)", "Dense(4, trainable=False)", "Sequential([LSTM(2), Dense(1)])"),
)


def test_the_explanation_of_what_arguments_change(compare_golden):
    texts = []
    for layer in VARIANTS:
        for timesteps in ("5", "None"):
            model = lstmcalc.parse(f"Input({timesteps}, 3) | {layer}")
            texts.append(f"== Input({timesteps}, 3) | {layer}\n{text_of(model, width=80)}")
    compare_golden("\n".join(texts), EXPECTED / "layers" / "variants.txt")


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.yaml")), ids=lambda path: path.stem)
@pytest.mark.parametrize("width", [40, 80])
def test_no_line_is_longer_than_the_width(path, width):
    assert max(map(len, text_of(lstmcalc.load(path), width=width).splitlines())) <= width


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_line_of_arithmetic_is_true(path):
    found = arithmetic_in(text_of(lstmcalc.load(path)))
    assert found
    for left, right in found:
        assert eval(left.replace("^", "**"), {"__builtins__": {}}) == right, left


def test_the_arithmetic_of_an_lstm_is_found_by_these_tests():
    found = arithmetic_in(text_of(lstmcalc.parse("Input(5, 1) | LSTM(5)")))
    assert ("4 * ((1 + 5) * 5 + 5)", 140) in found
    assert ("4 * ((1 + 1) * 5 + 5^2)", 140) in found
    assert ("4 * ((1 + 5) * 5 + 2 * 5)", 160) in found
    assert ("20 + 100 + 20", 140) in found
    assert ("5 * 120", 600) in found


def test_the_sections_of_an_lstm_come_in_the_order_of_learning():
    (layer,) = explain(lstmcalc.parse("Input(5, 1) | LSTM(5)")).layers
    assert [section.title for section in sections(layer)] == [
        "Input: (None, 5, 1)",
        "What each gate sees",
        "One gate",
        "The four gates",
        "Params: 140",
        "How Keras stores it",
        "Output: (None, 5)",
        "Why timesteps do not change the count",
        "MACs: 600",
        "What others count",
    ]


# The numbers.


@pytest.mark.parametrize("name", MODULES)
def test_every_layer_of_the_catalogue_is_explained_and_its_arithmetic_is_true(name):
    model = model_with(name)
    classes = {layer.class_name for layer in explain(model).layers}
    assert ("Mine" if name == "Custom" else name) in classes
    for left, right in arithmetic_in(text_of(model)):
        assert eval(left.replace("^", "**"), {"__builtins__": {}}) == right, left


@pytest.mark.parametrize("name", MODULES)
def test_the_weights_of_an_explained_layer_add_up_to_its_params(name):
    for layer in explain(model_with(name)).layers:
        assert sum(each.arithmetic.value for each in layer.weights) == layer.params
        assert layer.closed is None or layer.closed.arithmetic.value == layer.params


@pytest.mark.parametrize(
    ("layer", "elsewhere"),
    [
        # 4 * ((1 + 5) * 5 + 5) = 140 with one bias a gate, 20 more with two.
        ("LSTM(5)", {"PyTorch nn.LSTM": 160, "cuDNN LSTM": 160, "ONNX LSTM": 160, "Flax LSTMCell": 140}),
        ("CuDNNLSTM(5)", {"Keras LSTM": 140, "PyTorch nn.LSTM": 160}),
        ("LSTM(5, use_bias=False)", {"PyTorch nn.LSTM": 120, "Flax LSTMCell": 140}),
        # 3 * (1 + 5) * 5 = 90 without biases, 15 for one a gate, 5 for Flax's fourth.
        ("GRU(5)", {"GRU, reset_after=False": 105, "PyTorch nn.GRU": 120, "Flax GRUCell": 110}),
        ("GRU(5, reset_after=False)", {"GRU, reset_after=True": 120, "ONNX GRU": 120, "Flax GRUCell": 110}),
        ("SimpleRNN(5)", {"PyTorch nn.RNN": 40, "Flax SimpleCell": 35}),
    ],
)
def test_what_other_libraries_count(layer, elsewhere):
    (facts,) = explain(lstmcalc.parse(f"Input(5, 1) | {layer}")).layers
    counted = {each.name: each.arithmetic.value for each in facts.conventions}
    assert {name: counted[name] for name in elsewhere} == elsewhere


def test_the_gates_have_the_columns_that_keras_gives_them():
    (facts,) = explain(lstmcalc.parse("Input(5, 1) | LSTM(5)")).layers
    columns = {gate.letter: (gate.first_column, gate.last_column) for gate in facts.recurrence.gates}
    assert columns == {"i": (0, 4), "f": (5, 9), "c": (10, 14), "o": (15, 19)}


def test_twice_the_timesteps_are_twice_the_macs_and_the_same_params():
    once, twice = explain(lstmcalc.parse("Input(5, 1) | LSTM(5)")).layers[0].timesteps
    assert (once.timesteps, once.params, once.macs) == (5, 140, 600)
    assert (twice.timesteps, twice.params, twice.macs) == (10, 140, 1200)


def test_attention_grows_with_the_square_of_the_timesteps():
    text = text_of(lstmcalc.load(SPECS / "bilstm_attention.yaml"), "attention")
    assert "They grow faster than the timesteps" in text


def test_a_kernel_that_has_to_fit_in_holds_no_step_against_another():
    text = text_of(lstmcalc.parse("Input(5, 3) | Conv1D(4, 3)"))
    assert "They grow with the positions of the output, which are not as many as the timesteps" in text
    assert "each other" not in text


def test_a_stated_layer_claims_nothing_of_its_timesteps():
    stated = {"Custom": {"class": "Mine", "output_shape": [4], "weights": {"bias": [5]}}}
    text = text_of(lstmcalc.from_dict({"input": [5, 3], "layers": [stated]}))
    assert "every timestep" not in text
    assert "MACs: not known" in text and "What is multiplied in it is not stated." in text


def test_macs_that_depend_on_unknown_sizes_say_what_to_do():
    item = {"Attention": None, "from": ["a", "b"]}
    text = text_of(lstmcalc.from_dict({"inputs": {"a": [None, 3], "b": [None, 3]}, "layers": [item]}))
    assert "MACs: not known" in text and "They depend on sizes that are unknown; --timesteps N" in text


def test_weights_that_multiply_nothing_say_so():
    assert "MACs: 0\n  It makes no matrix product" in text_of(lstmcalc.parse("Input(5) | Embedding(9, 4)"))
    assert "MACs: 0" not in text_of(lstmcalc.parse("Input(5, 3) | Flatten()"))


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("Input(3, 9, 8) | Conv2D(4, 2, data_format='channels_first')", ["samples", "filters", "rows", "columns"]),
        ("Input(3, 9, 8) | MaxPooling2D(data_format='channels_first')", ["samples", "channels", "rows", "columns"]),
        ("Input(3, 9) | Conv1D(4, 2, data_format='channels_first')", ["samples", "filters", "positions"]),
        (
            "Input(5, 3, 9, 8) | ConvLSTM2D(4, 2, data_format='channels_first', return_sequences=True)",
            ["samples", "timesteps", "filters", "rows", "columns"],
        ),
        ("Input(5, 3, 9) | ConvLSTM1D(4, 2, data_format='channels_first')", ["samples", "filters", "rows"]),
        ("Input(5, 3) | Permute((2, 1))", ["samples", "features", "timesteps"]),
        ("Input(5, 3) | Flatten()", ["samples", "features"]),
        ("Input(5) | RepeatVector(3)", ["samples", "timesteps", "features"]),
    ],
)
def test_the_axes_of_an_output_are_named_where_they_stand(source, names):
    (layer,) = explain(lstmcalc.parse(source)).layers
    assert [axis.name for axis in layer.outputs[0].axes] == names


def test_a_gate_is_said_to_be_open_or_shut_where_its_activation_is():
    text = text_of(lstmcalc.parse("Input(5, 1) | GRU(4, recurrent_activation='hard_sigmoid')"))
    assert "  hard_sigmoid gives numbers between 0, shut, and 1, open; the candidate" in text
    text = text_of(lstmcalc.parse("Input(5, 1) | LSTM(4, recurrent_activation='relu')"))
    assert "gives numbers between" not in text and "  The candidate is no gate in the strict sense" in text


def test_a_cell_is_called_on_a_timestep_and_has_no_factor_for_it():
    text = text_of(lstmcalc.parse("Input(5, 3) | RNN(LSTMCell(4))"))
    assert "An RNN calls it on one timestep" in text and "It reads a sequence" not in text
    assert "matrix product  5 * 16 * 3 = 240" in text


def test_a_convolutional_gate_has_a_column_for_each_filter():
    assert "a column for each filter" in text_of(lstmcalc.parse("Input(5, 8, 3) | ConvLSTM1D(4, 3)"))


def test_a_formula_that_is_longer_than_a_line_is_broken_at_its_signs():
    lines = text_of(lstmcalc.parse("Input(5, 3) | SeparableConv1D(8, 3)"), width=80).splitlines()
    assert "    kernel_size*features*depth_multiplier + features*depth_multiplier*filters +" in lines
    assert "      filters" in lines


def test_weights_of_each_timestep_are_told():
    text = text_of(lstmcalc.parse("Input(5, 3) | PReLU()"))
    assert "Timesteps change the count" in text and "10 timesteps  30 params" in text


def test_a_dense_that_needs_no_time_distributed_is_told_so():
    text = text_of(lstmcalc.parse("Input(5, 3) | TimeDistributed(Dense(2))"), "time_distributed")
    assert "Dense alone, without TimeDistributed, would give the same shape" in text


def test_a_flatten_in_time_distributed_is_needed():
    text = text_of(lstmcalc.parse("Input(5, 4, 3) | TimeDistributed(Flatten())"), "time_distributed")
    assert "without TimeDistributed" not in text


def test_several_main_outputs_have_their_numbers():
    text = text_of(lstmcalc.parse("Input(5, 3) | Bidirectional(LSTM(4), merge_mode=None)"), "bidirectional")
    assert "    output 0  (None, 4)\n    output 1  (None, 4)\n" in text


def test_a_layer_that_reads_backwards_says_so():
    text = text_of(lstmcalc.parse("Input(5, 3) | LSTM(4, go_backwards=True)"))
    assert "go_backwards is true: the sequence is read from its end" in text


def test_many_layers_of_a_kind_hear_a_lesson_once():
    text = text_of(lstmcalc.load(SPECS / "sentence.yaml"))
    assert text.count("A multiply-accumulate (MAC) is") == 1


def test_arithmetic_that_is_not_what_was_counted_is_a_bug():
    with pytest.raises(AssertionError, match=r"^4 \* 5 is 20, but 21 was counted$"):
        equation("4 * 5", 21)
    with pytest.raises(AssertionError, match="sum up to 3, but 4 was counted"):
        plus([1, 2], 4)


def test_a_product_of_no_factors_is_one():
    assert str(times(())) == "1"


# Which layers.


def paths(source: str, *names: str) -> list[str]:
    return [layer.path for layer in explain(lstmcalc.load(SPECS / f"{source}.yaml"), names).layers]


def test_the_layers_inside_follow_theirs_and_the_backward_twin_is_left_out():
    assert paths("siamese") == [
        "encoder",
        "encoder/bidirectional",
        "encoder/bidirectional/forward_lstm",
        "encoder/dense",
        "subtract",
        "dense_1",
    ]


def test_layers_are_chosen_by_name_and_by_path_in_the_order_asked_for():
    assert paths("siamese", "dense_1", "encoder/dense") == ["dense_1", "encoder/dense"]
    assert paths("siamese", "encoder/bidirectional/backward_lstm") == ["encoder/bidirectional/backward_lstm"]


@pytest.mark.parametrize(
    ("name", "help"),
    [
        ("lstn", "did you mean 'lstm'?"),
        ("dense", "did you mean 'time_distributed/dense'?"),
        ("zzz", "there are lstm, time_distributed, time_distributed/dense"),
    ],
)
def test_a_layer_that_is_not_there_is_refused_with_those_that_are(name, help):
    with pytest.raises(ModelError) as caught:
        paths("many_to_many", name)
    assert (caught.value.message, caught.value.help) == (f"the model has no layer '{name}'", help)


# The command.


def test_json_fits_its_schema_and_says_the_same_numbers(capsys):
    found = json.loads(printed(capsys, str(SPECS / "many_to_many.yaml"), "--format", "json"))
    jsonschema.validate(found, msgspec.json.schema(ExplainObject), cls=jsonschema.Draft202012Validator)
    lstm, *_ = found["layers"]
    assert found["total"] == "140 + 6 = 146"
    assert lstm["closed"] == {
        "formula": "4 * ((features + units) * units + units)".replace(" ", ""),
        "arithmetic": {"text": "4 * ((1 + 5) * 5 + 5)", "value": 140},
    }


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_json_of_a_worked_example_fits_its_schema(capsys, path):
    found = json.loads(printed(capsys, str(path), "--format", "json"))
    jsonschema.validate(found, msgspec.json.schema(ExplainObject), cls=jsonschema.Draft202012Validator)


def test_markdown_has_headings_code_and_tables(capsys):
    lines = printed(capsys, "Input(5, 1) | LSTM(5)", "--format", "markdown").splitlines()
    assert lines[0] == "## lstm (LSTM)"
    assert "- 4\\*((features+units)\\*units+units): `4 * ((1 + 5) * 5 + 5) = 140`" in lines
    assert "| kernel | (1, 20) | 1 \\* 20 = 20 | multiplies x |" in lines


def test_a_dtype_tells_the_size(capsys):
    assert "In float16 that takes 280 B." in printed(capsys, "Input(5, 1) | LSTM(5)", "--dtype", "float16")


def test_unknown_timesteps_are_bound_and_variables_set(capsys):
    spec = "Input(None, 1) | LSTM(units)"
    text = printed(capsys, spec, "--set", "units=5", "--timesteps", "5", "--batch", "2")
    assert "MACs: 600" in text and "Input: (2, 5, 1)" in text


def test_unknown_timesteps_are_told_for_one_timestep(capsys):
    assert "MACs: 120 for each timestep" in printed(capsys, "Input(None, 1) | LSTM(5)")


def test_headings_are_coloured_where_that_is_asked_for(capsys):
    assert "\x1b[1mParams: 140\x1b[0m" in printed(capsys, "Input(5, 1) | LSTM(5)", "--color", "always")
    assert "\x1b" not in printed(capsys, "Input(5, 1) | LSTM(5)", "--color", "never")


def test_an_explanation_goes_to_a_file(capsys, tmp_path):
    path = tmp_path / "explained.txt"
    assert printed(capsys, "Input(5, 1) | LSTM(5)", "--quiet", "-o", str(path)) == ""
    assert path.read_text(encoding="utf-8").startswith("lstm (LSTM): 140 params\n")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["Input(5, 1) | LSTM(5)", "gru"],
        ["Input(5, 1) | LSTN(5)"],
        ["Input(5, 1) | LSTM(5)", "--format", "csv"],
        ["Input(5, 1) | LSTM(5)", "-o", "no/such/folder/x"],
    ],
    ids=["no model", "no such layer", "an unknown layer", "an unknown format", "no such folder"],
)
def test_what_cannot_be_explained_is_exit_2(capsys, arguments):
    assert cli.run(["explain", *arguments]) == 2
    found = capsys.readouterr()
    assert found.out == "" and "error: " in found.err


def test_a_layer_that_is_not_there_is_an_error_of_the_file(capsys):
    path = str(SPECS / "many_to_many.yaml")
    assert cli.run(["explain", path, "lstn"]) == 2
    assert capsys.readouterr().err == f"{path}: error: the model has no layer 'lstn'\n  help: did you mean 'lstm'?\n"


def test_numpy_and_rich_are_not_imported():
    code = (
        "import sys; from lstmcalc.cli import run; run(['explain', 'Input(5, 1) | LSTM(5)']);"
        "sys.exit(any(name in sys.modules for name in ('numpy', 'rich')))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
