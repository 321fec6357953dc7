"""The JSON of a summary, both ways: INTERFACE's example, and laws over the recorded models."""

import json

import msgspec
import pytest
from drawn import MODELS, recorded_model

import lstmcalc
from lstmcalc.errors import ModelError, Source
from lstmcalc.facts.objects import SummaryObject, object_of, saved_summary
from lstmcalc.facts.summary import summarize
from lstmcalc.views.json import encode

EXAMPLE = {
    "schema_version": 1,
    "name": "m",
    "kind": "Sequential",
    "inputs": [{"name": "input_layer", "shape": [None, 5, 1], "dtype": "float32"}],
    "layers": [
        {
            "name": "lstm",
            "class": "LSTM",
            "input_shapes": [[None, 5, 1]],
            "output_shapes": [[None, 5]],
            "params": 140,
            "trainable_params": 140,
            "non_trainable_params": 0,
            "macs": 600,
            "size_bytes": 560,
            "weights": [
                {"name": "kernel", "shape": [1, 20], "params": 20, "trainable": True},
                {"name": "recurrent_kernel", "shape": [5, 20], "params": 100, "trainable": True},
                {"name": "bias", "shape": [20], "params": 20, "trainable": True},
            ],
            "connected_to": ["input_layer"],
            "layers": [],
        }
    ],
    "outputs": [{"ref": "lstm", "shape": [None, 5]}],
    "total_params": 140,
    "trainable_params": 140,
    "non_trainable_params": 0,
    "size_bytes": 560,
    "macs": 600,
}


def printed(model) -> dict:
    return json.loads(saved(model))


def assert_holds(example, actual, where="") -> None:
    """Every key of the example is there with its value; more keys may be."""
    if isinstance(example, dict):
        for key in example:
            assert key in actual, f"{where}.{key}"
            assert_holds(example[key], actual[key], f"{where}.{key}")
    elif isinstance(example, list):
        assert len(example) == len(actual), where
        for position, (each, other) in enumerate(zip(example, actual, strict=True)):
            assert_holds(each, other, f"{where}[{position}]")
    else:
        assert (example, type(example)) == (actual, type(actual)), where


def test_the_example_of_the_interface_is_what_is_printed():
    assert_holds(EXAMPLE, printed(lstmcalc.from_dict({"name": "m", "input": [5, 1], "layers": [{"LSTM": 5}]})))


def test_to_dict_is_the_same_object():
    model = lstmcalc.parse("Input(5, 1) | LSTM(5)")
    assert json.loads(json.dumps(model.to_dict())) == printed(model)


def test_an_integer_is_exact_however_large():
    units = 2**31 - 1
    model = lstmcalc.from_dict({"input": [units], "layers": [{"Dense": units}]})
    assert printed(model)["total_params"] == units * units + units


@pytest.mark.parametrize("name", MODELS)
def test_the_layers_are_those_with_params_and_add_up(name):
    found = printed(recorded_model(name))
    assert all(layer["class"] not in ("InputLayer", "NotEqual") for layer in found["layers"])
    assert sum(layer["counted_params"] for layer in found["layers"]) == found["total_params"]
    assert found["total_params"] == found["trainable_params"] + found["non_trainable_params"]
    for layer in found["layers"]:
        assert sum(weight["params"] for weight in layer["weights"]) == layer["params"]
        assert layer["params"] == layer["trainable_params"] + layer["non_trainable_params"]


@pytest.mark.parametrize(
    ("source", "macs", "fixed", "per_timestep"),
    [
        ("Input(None, 1) | LSTM(5) | Dense(2)", None, 10, 120),
        ("Input(10, 1) | LSTM(5) | Dense(2)", 1210, None, None),
        ("Input(None, 1) | LSTM(5, return_sequences=True) | Dense(2)", None, 0, 120 + 10),
    ],
)
def test_macs_are_a_line_over_unknown_timesteps(source, macs, fixed, per_timestep):
    found = printed(lstmcalc.parse(source))
    assert (found["macs"], found["macs_fixed"], found["macs_per_timestep"]) == (macs, fixed, per_timestep)


def test_each_call_of_a_layer_is_listed():
    (encoder, *_) = printed(recorded_model("nested"))["layers"]
    assert [call["connected_to"] for call in encoder["calls"]] == [["left"], ["right"]]
    assert [layer["name"] for layer in encoder["layers"]] == ["bidirectional", "dense"]
    assert [layer["name"] for layer in encoder["layers"][0]["layers"]] == ["forward_lstm", "backward_lstm"]


def saved(model) -> str:
    return encode(object_of(summarize(model)))


@pytest.mark.parametrize("name", MODELS)
def test_a_summary_that_is_read_back_gives_the_same_object(name):
    text = saved(recorded_model(name))
    assert encode(object_of(saved_summary(Source("saved.json", text)))) == text


def refused(text: str) -> str:
    with pytest.raises(ModelError) as caught:
        saved_summary(Source("saved.json", text))
    return str(caught.value)


@pytest.mark.parametrize("key", [key for key in SummaryObject.__struct_fields__[1:] if key != "notes"])
def test_an_object_without_one_of_its_keys_is_refused_in_a_sentence_of_our_own(key):
    fields = json.loads(saved(lstmcalc.parse("Input(5, 1) | LSTM(5)")))
    del fields[key]
    assert refused(json.dumps(fields)) == (
        f"saved.json:1:1: no summary that 'lstmcalc summary --format json' printed: it has no '{key}'"
    )


def test_an_object_of_a_version_that_knew_no_notes_is_read():
    fields = json.loads(saved(lstmcalc.parse("Input(5, 1) | LSTM(5)")))
    del fields["notes"]
    assert saved_summary(Source("saved.json", json.dumps(fields))).notes == ()


def test_an_object_of_another_version_is_refused_by_its_version():
    assert refused('{"schema_version": 2}') == (
        "saved.json:1:1: its schema_version is 2, but this version of lstmcalc reads 1"
    )


def test_the_schema_is_that_of_the_object():
    from lstmcalc.views.schemas import output_schema

    schema = output_schema("summary")
    assert schema["$ref"] == "#/$defs/SummaryObject"
    assert list(schema["$defs"]["SummaryObject"]["properties"]) == list(SummaryObject.__struct_fields__)
    assert schema["$defs"] == msgspec.json.schema(SummaryObject)["$defs"]
