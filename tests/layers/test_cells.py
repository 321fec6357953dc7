"""RNN and its cells: an RNN of a cell is the layer that repeats it."""

from typing import Any

import pytest

import lstmcalc
from lstmcalc.layers.base import Product
from lstmcalc.models.model import BuiltModel


def model(item: Any, shape: list[int | None] | None = None, **keys: Any) -> BuiltModel:
    return lstmcalc.from_dict({"input": shape or [7, 4], "layers": [item], **keys})


def weights(made: BuiltModel) -> list[tuple[str, tuple[int, ...]]]:
    return [(weight.name, weight.shape) for weight in made.all_weights()]


def macs(made: BuiltModel) -> int:
    products: tuple[Product, ...] = made.products(tuple(tensor.shape for tensor in made.inputs)) or ()
    return sum(product.macs for product in products)


@pytest.mark.parametrize("layer", ["LSTM", "GRU", "SimpleRNN"])
@pytest.mark.parametrize("options", [{}, {"use_bias": False}])
def test_an_rnn_of_a_cell_is_its_layer(layer: str, options: dict[str, Any]) -> None:
    repeated = model({"RNN": {f"{layer}Cell": {"units": 5, **options}}})
    whole = model({layer: {"units": 5, **options}})
    assert weights(repeated) == weights(whole)
    assert repeated.output_shape == whole.output_shape
    assert macs(repeated) == macs(whole)


def test_a_gru_cell_without_reset_after_has_one_row_of_biases() -> None:
    made = model({"RNN": {"GRUCell": {"units": 5, "reset_after": False}}})
    assert made.count_params() == 3 * ((4 + 5) * 5 + 5)


@pytest.mark.parametrize(
    "item",
    [
        {"RNN": [{"LSTMCell": 5}, {"GRUCell": 3}]},
        {"RNN": {"cell": [{"LSTMCell": 5}, {"GRUCell": 3}]}},
        {"RNN": {"StackedRNNCells": [{"LSTMCell": 5}, {"GRUCell": 3}]}},
        {"RNN": {"cell": {"StackedRNNCells": {"cells": [{"LSTMCell": 5}, {"GRUCell": 3}]}}}},
        "RNN([LSTMCell(5), GRUCell(3)])",
        "RNN(StackedRNNCells([LSTMCell(5), GRUCell(3)]))",
    ],
)
def test_stacked_cells_feed_each_other(item: Any) -> None:
    made = model(item)
    assert made.count_params() == 4 * ((4 + 5) * 5 + 5) + 3 * ((5 + 3) * 3 + 2 * 3)
    assert macs(made) == 7 * (4 * 5 * (4 + 5) + 3 * 3 * (5 + 3))
    assert made.output_shape == (None, 3)


def test_states_of_stacked_cells_are_numbered_by_cell() -> None:
    item = {"RNN": {"cell": [{"LSTMCell": 5}, {"GRUCell": 3}], "return_state": True}}
    made = model(item, outputs=["rnn", "rnn.state_h_0", "rnn.state_c_0", "rnn.state_1"])
    assert made.output_shape == [(None, 3), (None, 5), (None, 5), (None, 3)]


def test_cells_take_the_names_of_keras() -> None:
    spec = {
        "input": [7, 4],
        "layers": [
            {"RNN": {"cell": [{"LSTMCell": 5}, {"LSTMCell": 3}]}},
            {"RepeatVector": 2},
            {"RNN": [{"LSTMCell": 1}]},
        ],
    }
    made = lstmcalc.from_dict(spec)
    stacks = [placed.inner[0] for placed in made.placed if placed.inner]
    assert [stack.layer.name for stack in stacks] == ["stacked_rnn_cells", "stacked_rnn_cells_1"]
    assert [cell.layer.name for stack in stacks for cell in stack.inner] == ["lstm_cell", "lstm_cell_1", "lstm_cell_2"]


def test_an_rnn_in_two_directions_has_its_cells_twice() -> None:
    made = model({"Bidirectional": {"RNN": [{"LSTMCell": 5}, {"GRUCell": 3}]}})
    assert made.count_params() == 2 * model({"RNN": [{"LSTMCell": 5}, {"GRUCell": 3}]}).count_params()
    assert made.output_shape == (None, 6)


def test_frozen_cells_train_nothing() -> None:
    made = model({"RNN": [{"LSTMCell": 5}, {"GRUCell": 3}], "trainable": False})
    assert not any(weight.trainable for weight in made.all_weights())


@pytest.mark.parametrize(
    ("item", "shape", "message", "help"),
    [
        (
            {"LSTMCell": 5},
            [4],
            "LSTMCell is one timestep of a recurrent layer, and no layer by itself",
            "repeat it over the timesteps: 'RNN: {LSTMCell: ...}'",
        ),
        (
            {"TimeDistributed": {"GRUCell": 5}},
            [7, 4],
            "GRUCell is one timestep of a recurrent layer, and no layer by itself",
            "repeat it over the timesteps: 'RNN: {GRUCell: ...}'",
        ),
        (
            {"RNN": {"Dense": 5}},
            [7, 4],
            "RNN takes cells, but has Dense",
            "cells are LSTMCell, GRUCell, SimpleRNNCell and StackedRNNCells",
        ),
        ({"RNN": {"cell": []}}, [7, 4], "StackedRNNCells takes a list of cells, at least one", None),
        (
            {"RNN": {"LSTMCell": 5}},
            [4],
            "RNN takes 3 axes (samples, timesteps, features), but its input has 2: (None, 4)",
            "an input is [timesteps, features]: [4, 1], or [null, 4] for any number of timesteps",
        ),
        ("RNN", [7, 4], "RNN needs 'cell', a cell or a list of cells", "write 'RNN: {LSTMCell: 64}'"),
    ],
)
def test_what_is_no_cell_and_no_sequence_is_refused(item: Any, shape: Any, message: str, help: str | None) -> None:
    with pytest.raises(lstmcalc.ModelError) as refused:
        model(item, shape)
    assert (refused.value.message, refused.value.help) == (message, help)
