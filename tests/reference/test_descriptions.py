"""Layers described by their own declarations: formulas found by running the layer on symbols."""

import re
from typing import Annotated

import pytest

from lstmcalc.errors import ModelError, Refusal
from lstmcalc.formats.inputs import CALL_KEYS
from lstmcalc.layers.arguments import Rule
from lstmcalc.layers.base import Layer
from lstmcalc.layers.catalogue import ALIASES, MODELS, MODULES, find, operations
from lstmcalc.reference.descriptions import describe, families
from lstmcalc.reference.examples import example_of
from lstmcalc.reference.keys import INSIDE
from lstmcalc.reference.symbolic import formula, named, symbolic
from lstmcalc.views.layers.table import description_lines

NAMES = re.compile(r"[a-z_]+")


def evaluated(text: str):
    """The polynomial of a closed form of sums, products and parentheses."""
    names = set(NAMES.findall(text))
    assert re.fullmatch(r"[a-z_0-9+*() ]+", text), text
    code = compile(text, "closed form", "eval")
    return symbolic(eval(code, {"__builtins__": {}}, {name: named(name, 7) for name in names})).terms


CLOSED_FORMS = (
    *("LSTM", "SimpleRNN", "CuDNNLSTM", "CuDNNGRU", "LSTMCell", "SimpleRNNCell", "Dense", "Embedding"),
    *("LayerNormalization", "GroupNormalization", "RMSNormalization", "AdditiveAttention"),
    *("Conv1DTranspose", "Highway", "TimeDistributedDense"),
)


@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_the_closed_form_is_the_sum_over_the_weights_as_a_polynomial(name):
    layer = describe(name)
    total = symbolic(0)
    for weight in layer.weights:
        size = symbolic(1)
        for axis in weight.shape:
            size = size * sum_of(axis)
        total = total + size
    assert total.terms == evaluated(layer.params.split(";")[0])


def sum_of(axis: str):
    """A weight's size as a symbol again: `4*units`, `features`, `2`."""
    result = symbolic(0)
    for names, factor in evaluated(axis).items():
        term = symbolic(factor)
        for name in names:
            term = term * named(name, 7)
        result = result + term
    return result


def test_the_weights_of_an_lstm_are_said_in_units_and_features():
    weights = {weight.name: weight.shape for weight in describe("LSTM").weights}
    assert weights == {
        "kernel": ("features", "4*units"),
        "recurrent_kernel": ("units", "4*units"),
        "bias": ("4*units",),
    }


def test_the_weights_of_a_layer_inside_are_said_with_its_name():
    weights = {weight.name: weight.shape for weight in describe("MultiHeadAttention").weights}
    assert weights["query/kernel"] == ("features", "num_heads", "key_dim")
    assert weights["key/kernel"] == ("keys", "num_heads", "key_dim")
    assert weights["attention_output/bias"] == ("features",)
    assert [weight.name for weight in describe("Bidirectional").weights][:2] == [
        "forward_lstm/kernel",
        "forward_lstm/recurrent_kernel",
    ]


@pytest.mark.parametrize("name", MODULES)
def test_each_weight_and_each_argument_is_said_once(name):
    layer = describe(name)
    arguments = [*(each.name for each in layer.arguments), *layer.common_arguments]
    assert len(set(arguments)) == len(arguments)
    assert len({each.name for each in layer.weights}) == len(layer.weights)


@pytest.mark.parametrize("name", MODULES)
def test_a_description_keeps_to_its_width(name):
    assert max(map(len, description_lines(describe(name), 50))) <= 50


@pytest.mark.parametrize("name", operations())
def test_an_operation_is_described_and_keeps_to_its_width(name):
    described = describe(name)
    assert (described.name, described.family, described.params) == (name, "operations", "0")
    assert max(map(len, description_lines(described, 50))) <= 50


def test_what_an_operation_may_be_called_on_beside_tensors_is_among_its_arguments():
    assert [each.name for each in describe("ops.Multiply").arguments] == ["x1", "x2"]
    assert describe("ops.Einsum").macs == "features*timesteps*units"


def test_the_macs_of_an_lstm_are_timesteps_times_its_two_matrix_products():
    assert describe("LSTM").macs == "4*features*timesteps*units + 4*timesteps*units^2"


def test_macs_that_nobody_can_know_are_none():
    assert describe("Lambda").macs is None


@pytest.mark.parametrize("name", MODULES)
def test_every_layer_has_a_sentence_a_source_an_input_and_an_output(name):
    layer = describe(name)
    assert layer.sentence.endswith(".")
    assert all([layer.inputs, layer.output, layer.params])
    assert layer.source


@pytest.mark.parametrize("name", MODULES)
def test_a_layer_declares_its_own_sentence_which_is_its_docstring(name):
    layer = find(name)
    assert "sentence" in vars(layer)
    assert layer.__doc__ == layer.sentence == describe(name).sentence


def test_an_argument_of_which_no_example_can_be_guessed_must_have_one():
    class Odd(Layer, frozen=True, eq=False, kw_only=True):
        word: Annotated[str, Rule("a palindrome of five letters", {}, refused)]

    with pytest.raises(ValueError, match=r"^Odd declares no example of its argument 'word', a palindrome of five lett"):
        example_of(Odd)


def refused(value):
    raise Refusal("must be another")


def test_every_layer_stands_in_one_family():
    listed = [name for names in families().values() for name in names]
    assert sorted(listed) == sorted((*MODULES, *operations(), "Input", *MODELS))


@pytest.mark.parametrize("name", ["Input", "InputLayer", *MODELS])
def test_what_the_builder_reads_itself_is_described_too(name):
    assert describe(name).family == "models"
    assert not describe(name).weights


def test_the_arguments_of_a_model_inside_are_those_that_are_read():
    assert {each.name for each in describe("Model").arguments} | {"name", "trainable"} == set(INSIDE)
    assert {each.name for each in describe("Input").arguments} < set(CALL_KEYS)


@pytest.mark.parametrize("alias", ALIASES)
def test_an_alias_is_described_as_the_layer_that_it_means(alias):
    assert describe(alias).name == describe(ALIASES[alias]).name


def test_an_unknown_layer_is_refused_with_the_closest_name():
    with pytest.raises(ModelError) as caught:
        describe("LSTN")
    assert (caught.value.message, caught.value.help) == ("the layer 'LSTN' is not known", "did you mean 'LSTM'?")


def test_a_layer_that_is_not_supported_is_refused_with_the_reason():
    with pytest.raises(ModelError) as caught:
        describe("TFSMLayer")
    assert caught.value.message.startswith("the layer 'TFSMLayer' is not supported: its weights live in another")


def test_a_polynomial_is_written_with_its_highest_terms_first():
    units, features = named("units", 5), named("features", 1)
    assert formula((4 * ((features + units) * units + units)).terms) == "4*features*units + 4*units^2 + 4*units"


def test_a_symbol_computes_with_its_value_too():
    assert int(4 * ((named("features", 1) + named("units", 5)) * named("units", 5) + named("units", 5))) == 140


def test_a_division_without_remainder_keeps_the_polynomial_and_another_becomes_a_name():
    assert f"{(4 * named('units', 6)) // 2:f}" == "2*units"
    assert f"{named('units', 7) // 2:f}" == "(units // 2)"
