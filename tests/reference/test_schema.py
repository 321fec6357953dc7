"""The JSON Schemas: the spec's takes every worked example and refuses wrong specs; the outputs fit theirs."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

import lstmcalc
from lstmcalc.layers.catalogue import MODULES
from lstmcalc.reference.schema import spec_schema
from lstmcalc.views.schemas import OUTPUTS, output_schema

SPECS = Path(__file__).parents[2] / "specs"
SCHEMA = spec_schema()
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)


def is_valid(text: str) -> bool:
    return VALIDATOR.is_valid(yaml.safe_load(text))


def test_the_schema_of_the_spec_is_a_schema():
    jsonschema.Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", sorted(SPECS.rglob("*.yaml")), ids=lambda path: path.name)
def test_a_worked_example_fits_the_schema(path):
    assert [error.message for error in VALIDATOR.iter_errors(yaml.safe_load(path.read_text()))] == []


@pytest.mark.parametrize(
    "text",
    [
        "{input: [5, 1], layers: [Flatten]}",
        "{input: [5, 1], layers: [{Flatten: }]}",
        "{input: [5, 1], layers: [{LSTM: 5}]}",
        "{input: [5, 1], layers: ['LSTM(5)']}",
        "{input: [null, 1], layers: [{LSTM: {units: $units}}], vars: {units: 3}}",
        "{input: {shape: [5], dtype: int32, batch: 2}, layers: [{Embedding: {input_dim: 9, output_dim: 3}}]}",
        "{inputs: {a: [5], b: [5]}, layers: [{Add: , from: [a, b], name: sum}], outputs: sum}",
        "{input: [5, 1], layers: [{TimeDistributed: {Dense: 1}}, {Bidirectional: {LSTM: 3, merge_mode: null}}]}",
        "{input: [5, 1], layers: [{Sequential: [{LSTM: 5}]}, {Model: other.yaml}]}",
        "{layers: [{LSTM: {units: 5, input_shape: [5, 1]}}]}",
        "{input: [5], layers: [{repeat: 2, layers: [{Dense: 1}, {repeat: $n, layers: [Flatten]}]}], dialect: keras1}",
        "{input: [5, 1], layers: [{LSTM: {output_dim: 5, inner_activation: tanh, U_regularizer: l2}}]}",
        "{input: [9, 9, 1], layers: [{Convolution2D: {nb_filter: 5, nb_row: 3, nb_col: 3, border_mode: same}}]}",
        "{inputs: {a: [5, 1]}, layers: [{'LSTM(5)': , from: a, name: b}, {repeat: 2, from: b, layers: [{Dense: 1}]}]}",
    ],
)
def test_a_right_spec_fits_the_schema(text):
    assert is_valid(text)


@pytest.mark.parametrize(
    "text",
    [
        "{input: [5, 1]}",
        "{input: [5, 1], layers: []}",
        "{inptu: [5, 1], layers: [Flatten]}",
        "{input: [5, 1], layers: [{LSTM: {units: 0}}]}",
        "{input: [5, 1], layers: [{LSTM: {units: 5, seed: -1}}]}",
        "{input: [5, 1], layers: [{LSTM: {units: 5, dropout: 1.5}}]}",
        "{input: [5, 1], layers: [{Dense: {units: 2147483648}}]}",
        "{input: [0, 1], layers: [Flatten]}",
        "{input: [5, 1], inputs: {a: [5]}, layers: [Flatten]}",
        "{input: 5, layers: [Flatten]}",
        "{input: [0, 1], layers: [Flatten]}",
        "{input: [5.5, 1], layers: [Flatten]}",
        "{input: {shape: [5], batsh: 2}, layers: [Flatten]}",
        "{input: [5, 1], layers: [Dens]}",
        "{input: [5, 1], layers: [Dense]}",
        "{input: [5, 1], layers: [{Dense: -5}]}",
        "{input: [5, 1], layers: [{Dense: 2.5}]}",
        "{input: [5, 1], layers: [{LSTM: {unit: 5}}]}",
        "{input: [5, 1], layers: [{LSTM: {units: 5, activation: tanhh}}]}",
        "{input: [5, 1], layers: [{LSTM: {units: 5, dropout: 2}}]}",
        "{input: [5, 1], layers: [{LSTM: {units: 5, return_sequences: 'yes'}}]}",
        "{input: [5, 1], layers: [{LSTM: 5, GRU: 3}]}",
        "{input: [5, 1], layers: [{LSTM: 5, form: x}]}",
        "{input: [5, 1], layers: [{LSTM: 5, repeat: 0}]}",
        "{input: [5, 1], layers: [{Bidirectional: {LSTM: 3, merge_mode: add}}]}",
        "{input: [5, 1], layers: [{lstm: 5}]}",
        "{input: [5, 1], layers: [Flatten], outputs: []}",
        "{input: [5, 1], layers: [Flatten], kind: graph}",
    ],
)
def test_a_wrong_spec_is_refused_by_the_schema_and_by_lstmcalc(text):
    assert not is_valid(text)
    with pytest.raises(lstmcalc.ModelError):
        lstmcalc.from_dict(yaml.safe_load(text))


@pytest.mark.parametrize("name", MODULES)
def test_every_layer_is_in_the_schema_with_its_sentence(name):
    assert SCHEMA["definitions"][name]["description"]


@pytest.mark.parametrize("path", sorted(SPECS.rglob("*.yaml")), ids=lambda path: path.name)
def test_a_summary_fits_its_schema(path):
    schema = output_schema("summary")
    jsonschema.validate(lstmcalc.load(path).to_dict(), schema, cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    ("which", "command"),
    [
        ("summary", ["summary", str(SPECS / "siamese.yaml"), "--format", "json"]),
        ("count", ["count", str(SPECS / "siamese.yaml"), "--format", "json"]),
        ("check", ["check", str(SPECS / "siamese.yaml"), "--max-params", "1k", "--format", "json"]),
        ("diff", ["diff", str(SPECS / "siamese.yaml"), str(SPECS / "sentence.yaml"), "--format", "json"]),
        ("error", ["count", "LSTM(5)", "--format", "json"]),
    ],
)
def test_what_a_command_prints_fits_the_schema_of_its_output(which, command):
    done = subprocess.run([sys.executable, "-m", "lstmcalc", *command], capture_output=True, text=True)
    jsonschema.validate(json.loads(done.stdout or done.stderr), output_schema(which))


def test_the_schema_of_an_output_is_a_schema():
    for which in OUTPUTS:
        jsonschema.Draft202012Validator.check_schema(output_schema(which))


RECORDED = json.loads((Path(__file__).parents[1] / "data" / "keras_layers.json").read_text(encoding="utf-8"))["layers"]
WORDS = {"data_format", "padding", "interpolation"}  # taken in any case, but offered in small letters


@pytest.mark.parametrize("name", RECORDED)
def test_the_arguments_that_keras_takes_fit_the_schema(name):
    for entry in RECORDED[name]:
        given = dict(entry["arguments"])
        for argument in WORDS & set(given):
            given[argument] = given[argument].lower() if isinstance(given[argument], str) else given[argument]
        inputs = {f"x{number}": shape[1:] for number, shape in enumerate(entry["inputs"])}
        spec = {"inputs": inputs, "layers": [{name: given, "from": list(inputs)}]}
        assert "refused" in entry or [error.message for error in VALIDATOR.iter_errors(spec)] == [], given


def test_the_schema_takes_a_cell_under_its_own_class_name_and_a_list_of_cells():
    for cells in ({"LSTMCell": 3, "return_sequences": True}, [{"LSTMCell": 3}, {"GRUCell": 2}]):
        assert [error.message for error in VALIDATOR.iter_errors({"input": [5, 1], "layers": [{"RNN": cells}]})] == []
