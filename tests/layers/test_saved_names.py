"""What the files of Keras 3 call the weights of a layer and the layers inside: what it says, and what it need not."""

import pytest

import lstmcalc
from lstmcalc.layers.base import Cells, Layer, Wrapped, saved_keys
from lstmcalc.layers.cells import GRUCell, LSTMCell
from lstmcalc.layers.core import Dense


class Pair(Layer, frozen=True, eq=False, kw_only=True):
    """A layer of a newcomer's with layers inside, who says nothing of files."""

    first: Wrapped
    others: Cells
    second: Wrapped

    def inner(self, inputs):
        return tuple((each, inputs) for each in (self.first, *self.others, self.second, Dense(units=1, name="made")))


def test_a_layer_inside_has_the_name_of_its_argument_in_a_list_its_class_and_else_its_own():
    cells = (LSTMCell(units=1), GRUCell(units=1), LSTMCell(units=2))
    pair = Pair(first=Dense(units=1), others=cells, second=Dense(units=2))
    names = pair.saved_inner([layer for layer, _ in pair.inner(((None, 1),))])
    assert names == ("first", "others/lstm_cell", "others/gru_cell", "others/lstm_cell_1", "second", "made")


def test_a_layer_that_two_arguments_hold_has_both_names():
    dense = Dense(units=1)
    assert Pair(first=dense, others=(), second=dense).saved_inner([dense, dense]) == ("first", "second")


def test_layers_of_one_class_are_numbered_from_the_second():
    assert saved_keys([Dense(units=1), LSTMCell(units=1), Dense(units=2)]) == ["dense", "lstm_cell", "dense_1"]


HEADS = {"num_heads": 2, "key_dim": 3, "use_gate": True}
GROUPS = {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}


@pytest.mark.parametrize(
    ("layer", "names"),
    [
        ({"Bidirectional": {"LSTM": 2}}, ("forward_layer", "backward_layer")),
        ({"TimeDistributed": {"Dense": 2}}, ("layer",)),
        ({"SpectralNormalization": {"Dense": 2}}, ("layer",)),
        ({"RNN": {"LSTMCell": 2}}, ("cell",)),
        (
            {"MultiHeadAttention": HEADS, "from": ["x", "x"]},
            ("query_dense", "key_dense", "gate_dense", "value_dense", "output_dense"),
        ),
        (
            {"GroupQueryAttention": GROUPS, "from": ["x", "x"]},
            ("_query_dense", "_key_dense", "_value_dense", "_output_dense"),
        ),
    ],
)
def test_the_layers_inside_have_the_names_of_the_attributes_of_keras(layer, names):
    model = lstmcalc.from_dict({"inputs": {"x": [5, 3]}, "layers": [layer]})
    (placed,) = model.placed
    assert placed.layer.saved_inner([each.layer for each in placed.inner]) == names


@pytest.mark.parametrize(
    ("expression", "saved"),
    [
        ("LSTM(2)", ["kernel", "recurrent_kernel", "bias"]),
        ("Dense(2, lora_rank=1)", ["kernel", "bias"]),
        ("SpectralNormalization(Dense(2))", ["kernel", "vector_u"]),
        ("SpectralNormalization(SpectralNormalization(Dense(2)))", ["kernel", "vector_u"]),
        ("SpectralNormalization(Dense(2, lora_rank=1))", ["vector_u"]),
    ],
)
def test_the_weights_that_are_saved_as_the_own_ones_of_a_layer(expression, saved):
    (placed,) = lstmcalc.parse(f"Input(5, 3) | {expression}").placed
    inner = tuple(weight for each in placed.inner for weight in each.weights)
    assert [weight.name for weight in placed.layer.saved_weights(placed.own, inner)] == saved


@pytest.mark.parametrize(
    ("expression", "scale"),
    [
        ("Dense(2, lora_rank=2, lora_alpha=8)", 1),  # which Keras 3 loses
        ("Conv1D(2, 1, lora_rank=2, lora_alpha=8)", 4),
        ("Conv1D(2, 1, lora_rank=2)", 1),
        ("EinsumDense('abc,cd->abd', [None, 2], lora_rank=2, lora_alpha=8)", 4),
    ],
)
def test_lora_is_saved_in_the_kernel_by_its_scale(expression, scale):
    (layer,) = lstmcalc.parse(f"Input(5, 3) | {expression}").layers
    (added,) = layer.saved_sums
    assert (added.weight, added.factors, added.scale) == ("kernel", ("lora_kernel_a", "lora_kernel_b"), scale)
