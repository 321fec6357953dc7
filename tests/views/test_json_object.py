"""The JSON of a summary: INTERFACE's example, and laws over the recorded models."""

import json

import pytest
from drawn import MODELS, recorded_model

import lstmcalc
from lstmcalc.facts.summary import summarize
from lstmcalc.views.json import encode, summary_object

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


def object_of(model) -> dict:
    return json.loads(encode(summary_object(summarize(model))))


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
    assert_holds(EXAMPLE, object_of(lstmcalc.from_dict({"name": "m", "input": [5, 1], "layers": [{"LSTM": 5}]})))


def test_to_dict_is_the_same_object():
    model = lstmcalc.parse("Input(5, 1) | LSTM(5)")
    assert json.loads(json.dumps(model.to_dict())) == object_of(model)


def test_an_integer_is_exact_however_large():
    units = 2**31 - 1
    model = lstmcalc.from_dict({"input": [units], "layers": [{"Dense": units}]})
    assert object_of(model)["total_params"] == units * units + units


@pytest.mark.parametrize("name", MODELS)
def test_the_layers_are_those_with_params_and_add_up(name):
    found = object_of(recorded_model(name))
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
    found = object_of(lstmcalc.parse(source))
    assert (found["macs"], found["macs_fixed"], found["macs_per_timestep"]) == (macs, fixed, per_timestep)


def test_each_call_of_a_layer_is_listed():
    (encoder, *_) = object_of(recorded_model("nested"))["layers"]
    assert [call["connected_to"] for call in encoder["calls"]] == [["left"], ["right"]]
    assert [layer["name"] for layer in encoder["layers"]] == ["bidirectional", "dense"]
    assert [layer["name"] for layer in encoder["layers"][0]["layers"]] == ["forward_lstm", "backward_lstm"]
