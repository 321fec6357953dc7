"""Every class and argument of Keras 1 and 2 is understood: the tables are held against the recorded signatures."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from lstmcalc.layers.base import Layer, arguments_of
from lstmcalc.layers.catalogue import INPUTS, find
from lstmcalc.layers.dialects import DEFAULTS, OF_KERAS1, ORDERS_OF_KERAS2, VALUES, words_of
from lstmcalc.layers.history import FIRST_SHAPES, OLDER
from lstmcalc.layers.refused import REFUSED

RECORDED = json.loads((Path(__file__).parents[1] / "data" / "keras_signatures.json").read_text(encoding="utf-8"))
VERSIONS = {"1.2.2": "keras1", "2.2.5": "keras2", "2.3.1": "keras2", "2.15.0": "keras2"}
# What cannot be written in a spec: a function, and what is made of it.
NOT_WRITTEN = {"Lambda": ("function", "mask", "arguments")}
# What TensorFlow 1 alone took, of a class that has the name of another.
OF_ANOTHER_CLASS = {("2.15.0", "LSTMCell")}
# An argument that has another name today, and takes its old one too.
OF_TODAY = {("LeakyReLU", "alpha"): "negative_slope"}
# Arguments that say how Keras computes, and nothing of what.
OF_COMPUTING = ("sparse", "dynamic", "implementation", "time_major", "weights")
# The same in other words.
SAME = {"zero": "zeros", "one": "ones", "Zeros": "zeros", "Ones": "ones"}

CLASSES = [
    (version, name)
    for version, signatures in RECORDED.items()
    for name in signatures
    if name not in (*REFUSED, *INPUTS) and (version, name) not in OF_ANOTHER_CLASS
]


def layer_of(version: str, name: str) -> type[Layer]:
    words = words_of(name) if version == "1.2.2" else None
    layer = find(words.meant if words is not None else name)
    assert layer is not None, f"{name} of Keras {version} is neither a layer nor refused"
    return layer


def meant_by(version: str, name: str, argument: str) -> list[str]:
    """What an argument means today: the names that it stands for, none where it has no effect."""
    words = words_of(name)
    if words is not None and version == "1.2.2":
        meant = words.arguments.get(argument, argument)
        return [part.partition("[")[0] for part in meant.split("+") if part]
    return [argument]


def takes(layer: type[Layer], name: str) -> bool:
    known = (*arguments_of(layer), *layer.keywords, *layer.common, *layer.call_arguments)
    return name in known or name in (*FIRST_SHAPES, *OLDER, *OF_COMPUTING)


@pytest.mark.parametrize(("version", "name"), CLASSES)
def test_every_argument_of_an_older_keras_is_one_of_today_or_has_no_effect(version: str, name: str) -> None:
    layer = layer_of(version, name)
    missing = [
        argument
        for argument, _ in RECORDED[version][name]
        for meant in meant_by(version, name, argument)
        if not takes(layer, meant) and argument not in NOT_WRITTEN.get(name, ())
    ]
    assert missing == []


@pytest.mark.parametrize("name", OF_KERAS1)
def test_the_table_has_the_order_of_keras_1(name: str) -> None:
    assert list(OF_KERAS1[name].arguments) == [argument for argument, _ in RECORDED["1.2.2"][name]]


@pytest.mark.parametrize("name", [name for name in RECORDED["1.2.2"] if words_of(name) is None])
def test_a_class_without_a_table_has_the_words_of_keras_1_in_their_order(name: str) -> None:
    if name in (*REFUSED, *INPUTS, *NOT_WRITTEN):
        return
    arguments = [OF_TODAY.get((name, argument), argument) for argument, _ in RECORDED["1.2.2"][name]]
    arguments = [argument for argument in arguments if argument not in FIRST_SHAPES]
    assert list(arguments_of(layer_of("1.2.2", name)))[: len(arguments)] == arguments


@pytest.mark.parametrize("name", [name for version, name in CLASSES if version == "2.2.5" and name not in NOT_WRITTEN])
def test_arguments_stand_in_the_order_of_keras_2(name: str) -> None:
    arguments = [OF_TODAY.get((name, argument), argument) for argument, _ in RECORDED["2.2.5"][name]]
    arguments = [argument for argument in arguments if argument not in FIRST_SHAPES[:4] or name == "Embedding"]
    order = ORDERS_OF_KERAS2.get(name, tuple(arguments_of(layer_of("2.2.5", name))))
    assert list(order)[: len(arguments)] == arguments


def same(value: Any) -> Any:
    """A value in one of the words and forms that mean it: one number for all axes, a list as a tuple."""
    if isinstance(value, list | tuple):
        entries = tuple(map(same, value))
        return entries[0] if entries and len(set(map(repr, entries))) == 1 else entries
    return SAME.get(value, value) if isinstance(value, str) else value


@pytest.mark.parametrize(("version", "name"), [pair for pair in CLASSES if pair[0] in ("1.2.2", "2.2.5")])
def test_what_is_left_out_means_what_it_meant(version: str, name: str) -> None:
    layer, differ = layer_of(version, name), {}
    own = arguments_of(layer)
    for argument, written in RECORDED[version][name]:
        for meant in meant_by(version, name, argument):
            if written is None or meant not in own or meant in OF_COMPUTING:
                continue
            default = ast.literal_eval(written)
            default = VALUES.get(argument, {}).get(default, default) if isinstance(default, str) else default
            if same(default) != same(own[meant].default) and default not in (None, "channels_last"):
                differ[meant] = default
    if own.get("pool_size") is not None:
        differ.pop("pool_size", None)  # 2 for all axes is what it is without one
    names = {meant for argument, _ in RECORDED[version][name] for meant in meant_by(version, name, argument)}
    listed = DEFAULTS.get(layer.__name__, {})
    assert differ == {argument: default for argument, default in listed.items() if argument in names}


def test_a_default_of_older_kerases_is_one_that_the_layer_does_not_have() -> None:
    for name, defaults in DEFAULTS.items():
        layer = find(name)
        assert layer is not None
        assert all(arguments_of(layer)[argument].default != default for argument, default in defaults.items())
