"""The one walk over a model: which layers it meets, and under which paths."""

import pytest
from drawn import MODELS, recorded_model

import lstmcalc
from lstmcalc.models.model import BuiltModel
from lstmcalc.models.walk import join_path, walk

NESTED = {
    "input": [5, 1],
    "layers": [
        {"LSTM": {"units": 5, "return_sequences": True}},
        {"Sequential": [{"Dense": 3}, {"Bidirectional": {"GRU": 4}}], "name": "encoder"},
        {"Dense": 1},
    ],
}


def test_a_layer_is_followed_by_those_inside_it():
    model = lstmcalc.from_dict(NESTED)
    assert [path for path, _ in walk(model.placed)] == [
        ("lstm",),
        ("encoder",),
        ("encoder", "dense"),
        ("encoder", "bidirectional"),
        ("encoder", "bidirectional", "forward_gru"),
        ("encoder", "bidirectional", "backward_gru"),
        ("dense_1",),
    ]


def test_the_last_name_of_a_path_is_that_of_its_layer():
    for path, placed in walk(lstmcalc.from_dict(NESTED).placed):
        assert path[-1] == placed.layer.name


def test_a_layer_that_is_not_opened_is_met_without_those_inside_it():
    model = lstmcalc.from_dict(NESTED)
    found = [join_path(path) for path, _ in walk(model.placed, opens=lambda each: isinstance(each.layer, BuiltModel))]
    assert found == ["lstm", "encoder", "encoder/dense", "encoder/bidirectional", "dense_1"]


@pytest.mark.parametrize("name", MODELS)
def test_the_own_weights_of_all_layers_are_the_weights_of_the_model_each_once(name):
    model = recorded_model(name)
    own = [id(weight) for _, placed in walk(model.placed) for weight in placed.own]
    assert len(own) == len(set(own))
    assert set(own) == {id(weight) for weight in model.all_weights()}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_inside_is_opened_as_the_model_that_it_is(name):
    for _, placed in walk(recorded_model(name).placed):
        if isinstance(placed.layer, BuiltModel):
            assert placed.inner == placed.layer.placed


def test_a_path_is_written_with_slashes():
    assert join_path(("encoder", "lstm")) == "encoder/lstm"
