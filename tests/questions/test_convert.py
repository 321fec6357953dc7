"""Models in other forms: read again they are the same, and what a form cannot say is said.

The texts of the worked examples are in data/converted/; `pytest --rewrite` writes what is written now.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import lstmcalc
from lstmcalc import ModelError
from lstmcalc.facts.objects import object_of
from lstmcalc.facts.summary import summarize
from lstmcalc.formats.writing.yaml import write_yaml
from lstmcalc.models.unbuild import Saying, unbuild
from lstmcalc.questions.convert import convert

ROOT = Path(__file__).parents[2]
SPECS = sorted((ROOT / "specs").glob("*.yaml"))
CONVERTED = ROOT / "tests" / "data" / "converted"
SAVED = ROOT / "tests" / "data" / "saved"
SUFFIXES = {"yaml": ".yaml", "keras-json": ".json", "python": ".py.txt"}


def rows(model):
    return object_of(summarize(model)).layers


def loaded(folder, text, suffix=".yaml"):
    path = folder / f"again{suffix}"
    path.write_text(text, encoding="utf-8")
    return lstmcalc.load(path)


def of(expression):
    return lstmcalc.parse(expression)


def of_spec(text):
    return lstmcalc.from_dict(yaml.safe_load(text))


def refused(model, form) -> ModelError:
    with pytest.raises(ModelError) as caught:
        model.convert(form)
    return caught.value


@pytest.mark.parametrize("form", SUFFIXES)
@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_worked_examples_are_written_as_they_were_reviewed(path, form, compare_golden):
    compare_golden(lstmcalc.load(path).convert(form), CONVERTED / f"{path.stem}{SUFFIXES[form]}")


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_worked_example_comes_back_from_yaml_and_from_json(path, tmp_path):
    model = lstmcalc.load(path)
    text = model.convert("yaml")
    again = loaded(tmp_path, text)
    assert (rows(again), again.name) == (rows(model), model.name)
    assert again.convert("yaml") == text
    from_json = loaded(tmp_path, model.convert("keras-json"), ".json")
    assert rows(from_json) == rows(model)
    assert from_json.convert("yaml") == text


@pytest.mark.parametrize("name", ["chain", "graph"])
def test_what_keras_saved_comes_back_from_yaml(name, tmp_path):
    model = lstmcalc.load(SAVED / f"{name}.json")
    assert rows(loaded(tmp_path, model.convert("yaml"))) == rows(model)


# YAML as people write it.


@pytest.mark.parametrize(
    ("given", "layers"),
    [
        ("Input(5, 1) | LSTM(5, activation='tanh', use_bias=True)", "  - LSTM: 5\n"),
        ("Input(5, 1) | Flatten()", "  - Flatten\n"),
        ("Input(5, 1) | LSTM(5, return_sequences=True)", "  - LSTM: {units: 5, return_sequences: true}\n"),
        ("Input(5, 1) | Dense(3, activation='linear')", "  - Dense: 3\n"),
        (
            "Input(5, 1) | Dense(3, kernel_regularizer='l2', kernel_initializer='GlorotUniform')",
            "  - Dense: {units: 3, kernel_regularizer: l2}\n",
        ),
        (
            "Input(5, 1) | Dense(3, kernel_initializer=RandomNormal(stddev=0.1))",
            "  - Dense: {units: 3, kernel_initializer: {class_name: RandomNormal, config: {stddev: 0.1}}}\n",
        ),
        ("Input(5, 1) | Bidirectional(LSTM(4), merge_mode='sum')", "  - Bidirectional: {LSTM: 4, merge_mode: sum}\n"),
        ("Input(5, 1) | Dense(3, name='head')", "  - Dense: 3\n    name: head\n"),
        ("Input(5, 1) | Dense(3, name='yes')", '  - Dense: 3\n    name: "yes"\n'),
        ("Input(5, 1) | Dense(3, name='1e3')", '  - Dense: 3\n    name: "1e3"\n'),
        ("Input(5, 1) | Dense(3, name='a: b')", '  - Dense: 3\n    name: "a: b"\n'),
        ("Input(5, 1) | Dense(3) | Dense(3) | Dense(3)", "  - Dense: 3\n    repeat: 3\n"),
        (
            "Input(5, 1) | Dense(3) | ReLU() | Dense(3) | ReLU() | Dense(3)",
            "  - repeat: 2\n    layers:\n      - Dense: 3\n      - ReLU\n  - Dense: 3\n",
        ),
        (
            "Input(5, 1) | Dense(3, name='a') | Dense(3, name='b')",
            "  - Dense: 3\n    name: a\n  - Dense: 3\n    name: b\n",
        ),
        (
            "Input(5, 1) | RNN([LSTMCell(3), GRUCell(2)])",
            "  - RNN: {cell: {StackedRNNCells: [{LSTMCell: 3}, {GRUCell: 2}]}}\n",
        ),
        ("Input(5, 1) | Dense(3, trainable=False)", "  - Dense: 3\n    trainable: false\n"),
        ("Input(5, 1) | ops.GetItem(key=[':', -1])", '  - ops.GetItem: {key: [":", -1]}\n'),
        ("Input(5, 1) | CuDNNLSTM(3)", "  - CuDNNLSTM: 3\n"),
        ("Input(5, 1) | LSTM(3, recurrent_activation='hard_sigmoid_of_keras_1')",
            "  - LSTM: {units: 3, recurrent_activation: hard_sigmoid_of_keras_1}\n"),
    ],
)  # fmt: skip
def test_yaml_has_short_forms_and_no_defaults(given, layers, tmp_path):
    text = of(given).convert("yaml")
    assert text == f"name: sequential\ninput: [5, 1]\nlayers:\n{layers}"
    assert rows(loaded(tmp_path, text)) == rows(of(given))


def test_a_name_that_is_needed_above_keeps_repeated_layers_apart(tmp_path):
    model = of_spec("{input: [4], layers: [Dense: 4, Dense: 4, {Add: , from: [dense, dense_1]}]}")
    assert "repeat" not in model.convert("yaml")
    assert rows(loaded(tmp_path, model.convert("yaml"))) == rows(model)


def test_a_layer_that_is_called_again_is_reused(tmp_path):
    model = of_spec("""
        inputs: {a: [4], b: [4]}
        layers:
          - {Dense: 3, from: a, name: d}
          - {reuse: d, from: b, name: other}
          - {Subtract: , from: [d, other]}
    """)
    text = model.convert("yaml")
    assert "  - reuse: d\n    name: d_call_2\n    from: b\n" in text
    assert rows(loaded(tmp_path, text)) == rows(model)


def test_masks_that_follow_by_themselves_are_not_written(tmp_path):
    saved = json.loads((SAVED / "graph.json").read_text(encoding="utf-8"))
    tensor = {"class_name": "__keras_tensor__", "config": {"shape": [None, 7], "dtype": "float32"}}

    def layer(class_name, name, module, node, **config):
        return {"module": module, "class_name": class_name, "config": {"name": name, **config}, "name": name,
                "registered_name": None, "inbound_nodes": node}  # fmt: skip

    def given(name, **more):
        return {**tensor, "config": {**tensor["config"], "keras_history": [name, 0, 0]}, **more}

    saved["config"] |= {
        "layers": [
            layer("InputLayer", "words", "keras.layers", [], batch_shape=[None, 7], dtype="float32"),
            layer("Embedding", "embedding", "keras.layers", [{"args": [given("words")], "kwargs": {}}],
                  input_dim=9, output_dim=3, mask_zero=True),
            layer("NotEqual", "not_equal", "keras.src.ops.numpy", [{"args": [given("words"), 0], "kwargs": {}}]),
            layer("LSTM", "lstm", "keras.layers",
                  [{"args": [given("embedding")], "kwargs": {"mask": given("not_equal")}}], units=4),
        ],
        "input_layers": ["words", 0, 0],
        "output_layers": ["lstm", 0, 0],
    }  # fmt: skip
    model = loaded(tmp_path, json.dumps(saved), ".json")
    assert [row.name for row in rows(model)] == ["embedding", "not_equal", "lstm"]
    text = model.convert("yaml")
    assert "not_equal" not in text and "mask:" not in text
    assert "ops." not in model.convert("python")


def test_what_is_frozen_inside_is_said_once(tmp_path):
    model = of_spec(
        """
        input: [5, 1]
        layers:
          - Sequential: [LSTM: 3, Dense: 2]
            trainable: false
          - Bidirectional: {LSTM: 3, trainable: false}
          - Dense: 1
    """.replace("[LSTM: 3, Dense: 2]", "[{LSTM: {units: 3, return_sequences: true}}, Dense: 2]")
    )
    text = model.convert("yaml")
    assert rows(loaded(tmp_path, text)) == rows(model)
    assert text.count("trainable: false") == 2


def test_a_model_inside_that_alone_says_that_it_is_not_trained_keeps_it(tmp_path):
    model = of_spec("{input: [4], layers: [{Model: {input: [4], layers: [Dense: 3], trainable: false}}]}")
    again = loaded(tmp_path, model.convert("yaml"))
    assert (again.layers[0].trainable, model.layers[0].trainable) == (False, False)
    assert [weight.trainable for weight in again.all_weights()] == [weight.trainable for weight in model.all_weights()]


NO_NAME = ("Cc", "Cs", "Zs", "Zl", "Zp", "Co", "Cn", "Cf")
NAMES = st.text(st.characters(exclude_categories=NO_NAME, exclude_characters="/"), min_size=1, max_size=12)


@given(NAMES)
def test_any_name_comes_back(tmp_path_factory, name):
    model = lstmcalc.from_dict(
        {"name": "m", "input": [3], "layers": [{"Dense": 1, "name": f"${name}" if name[0] == "$" else name}]}
    )
    path = tmp_path_factory.mktemp("names") / "again.yaml"
    path.write_text(model.convert("yaml"), encoding="utf-8")
    assert lstmcalc.load(path).layers[0].name == name
    compile(model.convert("python"), "<python>", "exec")


def test_all_names_are_written_where_one_asks_for_it():
    outline = unbuild(of("Input(5, 1) | Bidirectional(LSTM(3))"), Saying(all_named=True)).outline
    assert "{layer: {LSTM: 3, name: lstm}}" in write_yaml(outline)


# What is lost.


def test_what_has_no_place_is_a_comment_in_yaml_and_a_note_elsewhere(tmp_path):
    text = "vars: {n: 3}\nbudget: {params: 5k}\ninput: [5]\nlayers:\n  - Dense: $n\n"
    (tmp_path / "m.yaml").write_text(text, encoding="utf-8")
    spec, model = lstmcalc.sources.Reading().spec_and_model(str(tmp_path / "m.yaml"))
    comments = [line for line in convert(model, "yaml", spec).text.splitlines() if line.startswith("#")]
    assert [comment.partition(":")[2].split()[1] for comment in comments] == ["budget", "variables"]
    assert [note.message.split()[1] for note in convert(model, "python", spec).notes] == ["budget", "variables"]


@pytest.mark.parametrize("form", ["keras-json", "python"])
@pytest.mark.parametrize(
    ("given", "names"),
    [
        ("Input(5) | MaxoutDense(3) | Highway()", ["maxout_dense", "highway"]),
        ("Input(5, 3) | LocallyConnected1D(3, 2) | ThresholdedReLU()", ["locally_connected1d", "thresholded_re_lu"]),
        ("Input(5) | Lambda([3])", ["lambda"]),
        ("Input(5) | Custom(class='Own', output_shape=[3], weights={'kernel': [5, 3]})", ["own"]),
    ],
)
def test_layers_that_keras_3_lacks_are_named_all_at_once(given, names, form):
    assert [problem.layer for problem in refused(of(given), form).problems] == names


def test_a_layer_that_models_share_cannot_be_said_in_json(tmp_path):
    model = of_spec("""
        input: [4]
        layers:
          - {Dense: 4, name: shared}
          - Sequential: [{reuse: shared}, Dense: 2]
    """)
    assert rows(loaded(tmp_path, model.convert("yaml"))) == rows(model)
    assert "Keras's config cannot say" in refused(model, "keras-json").message


@pytest.mark.parametrize(
    ("given", "class_name"),
    [
        ("{inputs: {a: [4], b: [4]}, layers: [{Merge: {mode: concat}, from: [a, b]}]}", "Concatenate"),
        ("{inputs: {a: [4], b: [4]}, layers: [{Merge: {mode: ave}, from: [a, b]}]}", "Average"),
        ("{inputs: {a: [4], b: [4]}, layers: [{Merge: {mode: dot}, from: [a, b]}]}", "Dot"),
        ("{input: [5, 4], layers: [{TimeDistributedDense: 3}]}", "TimeDistributed"),
        ("{input: [5, 4], layers: [{CuDNNGRU: 3}]}", "GRU"),
        ("{input: [5, 4], layers: [{CuDNNLSTM: 3}]}", "LSTM"),
    ],
)
def test_older_layers_become_those_that_compute_the_same(given, class_name, tmp_path):
    model = of_spec(given)
    today = loaded(tmp_path, model.convert("keras-json"), ".json")
    assert type(today.placed[0].layer).__name__ == class_name
    assert today.output_shape == model.output_shape


# With weights.


def random_weights(model, seed=0):
    random = np.random.default_rng(seed)
    return {
        name: [random.normal(size=each.shape).astype(each.dtype) for each in arrays]
        for name, arrays in model.get_weights().items()
    }


@pytest.mark.parametrize(
    "given",
    [
        "Input(5, 3) | LSTM(4, recurrent_activation='hard_sigmoid_of_keras_1') | Dense(2)",
        "Input(5, 3) | GRU(4, activation='hard_sigmoid_of_keras_1', recurrent_activation='hard_sigmoid_of_keras_1')",
        "Input(5, 3) | GRU(4, recurrent_activation='hard_sigmoid_of_keras_1', reset_after=False)",
        "Input(5, 3) | SimpleRNN(4, activation='hard_sigmoid_of_keras_1')",
        "Input(5, 3) | RNN(LSTMCell(4, recurrent_activation='hard_sigmoid_of_keras_1'))",
        "Input(5, 3) | Bidirectional(LSTM(4, recurrent_activation='hard_sigmoid_of_keras_1'))",
        "Input(5, 3) | Conv1D(4, 2, activation='hard_sigmoid_of_keras_1')",
        "Input(5, 3) | TimeDistributed(Dense(4, activation='hard_sigmoid_of_keras_1'))",
        "Input(5, 3) | CuDNNLSTM(4)",
        "Input(5, 3) | CuDNNGRU(4)",
        "Input(5, 3) | Bidirectional(CuDNNLSTM(4))",
        "Input(5, 3) | TimeDistributedDense(4)",
        "Input(5, 3) | Sequential([CuDNNGRU(4), Dense(2)])",
        "Input(5, 4, 4, 2) | ConvLSTM2D(3, 2, recurrent_activation='hard_sigmoid_of_keras_1')",
    ],
)
def test_a_keras_file_computes_what_the_older_model_did(given, tmp_path):
    pytest.importorskip("h5py")
    model = of(given)
    weights, path = random_weights(model), str(tmp_path / "m.keras")
    model.convert("keras", path, weights)
    today = lstmcalc.load(path)
    x = np.random.default_rng(1).normal(size=(2, *model.input_shape[1:])).astype("float32")
    got = today.predict(x, weights=today.load_weights(path))
    np.testing.assert_allclose(got, model.predict(x, weights=weights), rtol=1e-4, atol=1e-5)
    assert "of_keras_1" not in today.convert("yaml")


def test_the_weights_of_a_saved_model_go_with_it(tmp_path):
    pytest.importorskip("h5py")
    path = str(tmp_path / "m.keras")
    model = lstmcalc.load(SAVED / "chain.h5")
    model.convert("keras", path)
    again = lstmcalc.load(path)
    assert rows(again) == rows(model)
    for name, arrays in model.load_weights(SAVED / "chain.h5").items():
        for wanted, got in zip(arrays, again.load_weights(path)[name], strict=True):
            np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("xml",), "a model is converted to yaml, keras-json, python, keras, not to 'xml'"),
        (("keras",), "a .keras file needs a path"),
        (("yaml", None, {}), "yaml holds no weights"),
        (("yaml", "no/such/folder/m.yaml"), "cannot be written"),
        (("keras", "m.keras"), "has no weights to write"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(arguments, message):
    with pytest.raises(ModelError, match=message):
        of("Input(5) | Dense(3)").convert(*arguments)


def test_a_file_that_cannot_be_written_is_said(tmp_path):
    pytest.importorskip("h5py")
    model = of("Input(5) | Dense(3)")
    with pytest.raises(ModelError, match="cannot be written"):
        model.convert("keras", tmp_path / "none" / "m.keras", model.get_weights())
