"""Closed forms: worked out from what a layer declares, for its own numbers, wherever they apply."""

import msgspec
import pytest

import lstmcalc
from lstmcalc.facts.claims import claim_of
from lstmcalc.layers.catalogue import MODULES, find
from lstmcalc.reference.claims import own_claim, parsed
from lstmcalc.reference.examples import example_of
from lstmcalc.reference.symbolic import symbolic

LAYERS = {
    "Input(5, 3) | LSTM(4)": 4 * ((3 + 4) * 4 + 4),
    "Input(5, 3) | GRU(4)": 3 * ((3 + 4) * 4 + 2 * 4),
    "Input(5, 3) | GRU(4, reset_after=False)": 3 * ((3 + 4) * 4 + 4),
    "Input(5, 3) | SimpleRNN(4, return_sequences=True)": (3 + 4) * 4 + 4,
    "Input(5, 3) | Dense(4, activation='relu')": 3 * 4 + 4,
    "Input(5, 3) | Bidirectional(LSTM(4))": 2 * 4 * ((3 + 4) * 4 + 4),
    "Input(5, 3) | TimeDistributed(Dense(4))": 3 * 4 + 4,
    "Input(5, 3) | RNN([LSTMCell(4), GRUCell(2)])": 4 * ((3 + 4) * 4 + 4) + 3 * ((4 + 2) * 2 + 2 * 2),
    "Input(5, 3) | Sequential([LSTM(4), Dense(2)])": 4 * ((3 + 4) * 4 + 4) + 4 * 2 + 2,
    "Input(8, 9, 6) | Conv2D(4, (3, 2), groups=2)": 3 * 2 * 3 * 4 + 4,
    "Input(8, 9, 6) | Conv2D(4, 3)": 3 * 3 * 6 * 4 + 4,
    "Input(6, 8, 9) | Conv2D(4, 3, data_format='channels_first')": 3 * 3 * 6 * 4 + 4,
    "Input(3, 5) | Conv1D(4, 2, data_format='channels_first')": 2 * 3 * 4 + 4,
    "Input(8, 9, 6) | BatchNormalization()": 4 * 6,
    "Input(8, 9, 6) | BatchNormalization(renorm=True)": 7 * 6,
    "Input(5) | Embedding(9, 2)": 9 * 2,
    "Input(5, 3) | Flatten()": 0,
}
WITHOUT = [
    "Input(5, 3) | Dense(4, use_bias=False)",
    "Input(5, 3) | Dense(4, lora_rank=2)",
    "Input(5, 3) | GRU(4, use_bias=False)",
    "Input(8, 9, 6) | BatchNormalization(scale=False)",
    "Input(5, 3) | PReLU()",
    "Input(5, 3) | SpectralNormalization(Dense(4))",
    "Input(5, 3) | Custom(class='Mine', output_shape=[2], weights={'kernel': [3, 2]})",
]


@pytest.mark.parametrize("expression", LAYERS)
def test_a_claim_is_worked_out_for_the_layers_own_numbers(expression):
    (placed,) = lstmcalc.parse(expression).placed
    claim = claim_of(placed)
    assert claim is not None
    assert claim.params == LAYERS[expression] == placed.params


@pytest.mark.parametrize("expression", WITHOUT)
def test_arguments_that_the_formula_does_not_speak_of_leave_no_claim(expression):
    (placed,) = lstmcalc.parse(expression).placed
    assert claim_of(placed) is None


def test_the_axes_of_attention_are_those_of_each_input():
    layers = [{"MultiHeadAttention": {"num_heads": 2, "key_dim": 3}, "from": ["x", "y"]}]
    model = lstmcalc.from_dict({"inputs": {"x": [5, 4], "y": [6, 7]}, "layers": layers})
    claim = claim_of(model.placed[0])
    assert claim is not None
    assert claim.params == 2 * 3 * (4 + 7 + 2) + 2 * 3 * (7 + 4 + 1) + 4 == model.count_params()


# Of which no formula can be written: a sentence says it.
IN_WORDS = {
    *("EinsumDense", "PReLU", "RNN", "StackedRNNCells", "TimeDistributed", "Bidirectional"),
    *("ParametricSoftplus", "SReLU", "LocallyConnected1D", "LocallyConnected2D"),
    *("SpectralNormalization", "Custom"),
}
FORMS = [(name, {}) for name in MODULES if name not in IN_WORDS] + [
    (name, {case.argument: case.value}) for name in MODULES for case in find(name).closed_form.otherwise
]


def polynomial_of_weights(layer, inputs):
    """The sum over the weights of a layer with symbolic sizes, those of the layers inside with them."""
    total = symbolic(0)
    for weight in layer.weights(inputs):
        total = total + weight.params
    for inner, shapes in layer.inner(inputs):
        total = total + polynomial_of_weights(inner, shapes)
    return total


@pytest.mark.parametrize(("name", "given"), FORMS)
def test_the_closed_form_of_every_layer_is_the_sum_over_its_weights_as_a_polynomial(name, given):
    layer, inputs = example_of(find(name))
    layer = msgspec.structs.replace(layer, **given)
    claim = own_claim(layer, inputs)
    assert claim is not None
    assert symbolic(claim.params).terms == symbolic(polynomial_of_weights(layer, inputs)).terms


def test_the_layers_whose_params_are_said_in_words_are_these():
    assert {name for name in MODULES if find(name).closed_form.formula is None} == IN_WORDS
    assert all(find(name).closed_form.words for name in IN_WORDS)


def test_a_formula_has_no_other_signs_than_those_of_counting():
    with pytest.raises(ValueError, match=r"^no formula of \+ - \* // and prod: units/2$"):
        parsed("units/2")
