"""A dictionary is the spec that its JSON would be, with places in that JSON."""

from collections import OrderedDict
from enum import IntEnum
from typing import Any

import numpy as np
import pytest
from reading import facts, model

import lstmcalc
from lstmcalc.formats.dictionary import write_json

SPEC: dict[str, Any] = {
    "name": "m",
    "vars": {"units": 4},
    "inputs": {"a": [5, 1], "b": {"shape": [None], "dtype": "int32"}},
    "layers": [
        {"LSTM": {"units": "$units", "dropout": 0.5}, "from": "a"},
        {"Flatten": None, "from": "b", "name": "flat"},
        "Dense(units)",
    ],
    "outputs": ["lstm", "flat"],
}


def refused(spec: Any) -> str:
    with pytest.raises(lstmcalc.ModelError) as caught:
        lstmcalc.from_dict(spec)
    return str(caught.value)


def test_a_dictionary_and_its_yaml_are_the_same_model() -> None:
    spec = {**SPEC, "layers": SPEC["layers"][:2]}
    text = (
        "name: m\nvars: {units: 4}\ninputs: {a: [5, 1], b: {shape: [null], dtype: int32}}\n"
        "layers:\n  - LSTM: {units: $units, dropout: 0.5}\n    from: a\n  - Flatten:\n    from: b\n    name: flat\n"
        "outputs: [lstm, flat]\n"
    )
    assert facts(lstmcalc.from_dict(spec)) == facts(model(text))


def test_tuples_and_other_dictionaries_are_taken() -> None:
    spec = OrderedDict(input=(5, 1), layers=({"Dense": 3},))
    assert lstmcalc.from_dict(spec).output_shape == (None, 5, 3)


def test_whole_numbers_of_other_libraries_are_taken() -> None:
    units = IntEnum("Units", {"SMALL": 3})
    for number in (np.int64(3), np.uint8(3), units.SMALL):
        assert lstmcalc.from_dict({"input": [5, 1], "layers": [{"Dense": number}]}).output_shape == (None, 5, 3)


@pytest.mark.parametrize(
    "name", ["on", "12:30", "007", "5", "null", "a: b", "#x", "'", '"', "\\", "$$x", "名 é", "<<", "-"]
)
def test_a_string_is_that_string(name: str) -> None:
    spec = {"input": [5, 1], "layers": [{"Flatten": None, "name": name}]}
    assert lstmcalc.from_dict(spec).layers[0].name == name.replace("$$", "$")


@pytest.mark.parametrize("value", [None, True, 0, -1, 10**30, 1.5, 1e300, -1e-300, "", "a\nb\t\x85\u2028\U000e0001"])
def test_a_value_is_written_so_that_it_is_read_again(value: object) -> None:
    from lstmcalc.formats.values import plain
    from lstmcalc.formats.yaml import read_yaml

    assert plain(read_yaml(write_json("<dict>", {"a": [value, [value]]}))) == {"a": [value, [value]]}


def test_a_long_key_is_a_key() -> None:
    assert refused({"a" * 2000: 1, "layers": ["Flatten"]}).startswith(f"<dict>:2:5: a spec has no key '{'a' * 49}...")


def test_a_place_is_that_in_the_dictionary_as_json() -> None:
    spec = {"input": [5, 1], "layers": [{"LSTM": {"units": 5}}, {"Dense": -1}]}
    assert write_json("<dict>", spec).text.split("\n")[9] == '      "Dense": -1'
    assert refused(spec) == "<dict>:10:16: Dense: units must be at least 1, but is -1"


def test_a_mistake_in_a_dictionary_has_no_file() -> None:
    with pytest.raises(lstmcalc.ModelError) as caught:
        lstmcalc.from_dict({"input": [5, 1], "layers": []})
    assert (caught.value.file, caught.value.line) == (None, 3)


def test_what_no_spec_can_hold_is_named_with_its_place() -> None:
    spec = {"input": [5, 1], "layers": [{"LSTM": {"units": {1, 2}}}]}
    assert refused(spec) == "layers.0.LSTM.units: a value of type set cannot stand in a spec: it takes what JSON takes"


def test_a_number_of_100_digits_is_read_and_one_of_101_is_not():
    for number, message in (
        (10**100 - 1, "a size of the input's shape must be at most 2,147,483,647, but is a number of 100 digits"),
        (10**100, "input.0: a number of more than 100 digits is too long"),
        (-(10**100), "input.0: a number of more than 100 digits is too long"),
    ):
        with pytest.raises(lstmcalc.ModelError) as caught:
            lstmcalc.from_dict({"input": [number], "layers": ["Flatten"]})
        assert caught.value.message == message
