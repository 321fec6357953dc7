"""Definitions and calls: what a call is given beside its inputs, and which names layers get when they are made."""

import jsonschema
import numpy as np
import pytest

import lstmcalc
from lstmcalc.errors import ModelError
from lstmcalc.layers.catalogue import FAMILIES, find
from lstmcalc.reference.keys import CALL_FLAGS, MASKS
from lstmcalc.reference.schema import spec_schema

TWO = {"x": [5, 4], "m": {"shape": [5], "dtype": "bool"}}


def problem(spec):
    """The one problem of a spec: its message with the layer, and its help."""
    with pytest.raises(ModelError) as caught:
        lstmcalc.from_dict(spec)
    (only,) = caught.value.problems
    return only.text, only.help


def test_every_layer_takes_in_its_call_what_a_spec_may_write_beside_a_class():
    for name in (name for names in FAMILIES.values() for name in names):
        layer = find(name)
        assert set(layer.call_arguments) <= set(CALL_FLAGS)
        assert set(layer.mask_arguments) <= set(MASKS)


def test_masked_timesteps_change_nothing():
    model = lstmcalc.from_dict({"inputs": TWO, "layers": [{"LSTM": 3, "from": "x", "mask": "m"}]})
    weights = model.get_weights()
    x, mask = np.random.default_rng(0).normal(size=(2, 5, 4)), np.array([[1, 1, 0, 1, 0], [1, 0, 0, 0, 1]], bool)
    changed = np.where(mask[..., None], x, 7.0)
    np.testing.assert_array_equal(
        model.predict([x, mask], weights=weights), model.predict([changed, mask], weights=weights)
    )
    assert not np.allclose(model.predict([x, mask], weights=weights), model.predict([x, ~mask], weights=weights))


def test_a_second_call_has_arguments_of_its_own():
    attention = {"MultiHeadAttention": {"num_heads": 2, "key_dim": 3}, "name": "a", "from": ["x", "x"]}
    again = {"reuse": "a", "name": "b", "from": ["x", "x"]}
    spec = {"inputs": {"x": [5, 4]}, "layers": [attention | {"use_causal_mask": True}, again], "outputs": ["a", "b"]}
    model = lstmcalc.from_dict(spec)
    x = np.random.default_rng(1).normal(size=(1, 5, 4))
    weights = model.get_weights(seed=1)
    causal, free = model.predict(x, weights=weights)
    later = x.copy()
    later[:, -1] = 9.0  # which no timestep before may see
    after, seen = model.predict(later, weights=weights)
    np.testing.assert_allclose(after[:, :-1], causal[:, :-1], atol=1e-6)
    assert not np.allclose(seen[:, :-1], free[:, :-1], atol=1e-3)


@pytest.mark.parametrize("place", ["beside", "inside"])
def test_an_argument_of_the_call_stands_beside_the_class_or_among_its_arguments(place):
    arguments = {"num_heads": 2, "key_dim": 3}
    item = {"MultiHeadAttention": arguments, "from": ["x", "x"]}
    (arguments if place == "inside" else item)["return_attention_scores"] = True
    model = lstmcalc.from_dict({"inputs": {"x": [5, 4]}, "layers": [item]})
    assert model.output_shape == [(None, 5, 4), (None, 2, 5, 5)]


def test_what_stands_among_the_arguments_belongs_to_the_first_call():
    first = {
        "Attention": {"return_attention_scores": True},
        "name": "a",
        "from": ["x", "x"],
    }
    model = lstmcalc.from_dict({"inputs": {"x": [5, 4]}, "layers": [first, {"reuse": "a", "from": ["a", "x"]}]})
    assert model.output_shape == (None, 5, 4)


@pytest.mark.parametrize(
    ("item", "said", "help"),
    [
        (
            {"Dense": 3, "from": "x", "mask": "m"},
            "dense: Dense takes no mask",
            "recurrent layers, attention, Softmax and GlobalAveragePooling1D do",
        ),
        (
            {"MultiHeadAttention": {"num_heads": 1, "key_dim": 2}, "from": ["x", "x"], "mask": "m"},
            "multi_head_attention: MultiHeadAttention takes no mask",
            "it takes query_mask, value_mask, key_mask, attention_mask",
        ),
        ({"LSTM": 3, "from": "x", "use_causal_mask": True}, "lstm: LSTM takes no use_causal_mask", None),
        ({"LSTM": 3, "from": "x", "mask": ["m", "m"]}, "lstm: mask takes a mask, but has 2", None),
        ({"LSTM": 3, "from": "x", "mask": "x"}, "lstm: mask takes a mask of (None, 5), but has (None, 5, 4)", None),
        ({"LSTM": 3, "from": "x", "mask": "y"}, "'y' names nothing above", "above are: x, m"),
        (
            {"Attention": {"use_causal_mask": True}, "from": ["x", "x"], "use_causal_mask": False},
            "'use_causal_mask' is given twice: beside the class and among its arguments",
            "leave one of them out",
        ),
        (
            {"Attention": None, "from": ["x", "x"], "use_causal_mask": 3},
            "Attention: use_causal_mask must be true or false, but is 3",
            None,
        ),
    ],
)
def test_what_a_call_cannot_be_given_is_said(item, said, help):
    assert problem({"inputs": TWO, "layers": [item]}) == (said, help)


def test_a_mask_of_other_timesteps_is_refused():
    inputs = {"x": [5, 4], "m": {"shape": [6], "dtype": "bool"}}
    said, _ = problem({"inputs": inputs, "layers": [{"GRU": 3, "from": "x", "mask": "m"}]})
    assert said == "gru: mask takes a mask of (None, 5), but has (None, 6)"


def test_a_mask_beside_a_layer_inside_another_is_refused():
    said, help = problem(
        {"inputs": TWO, "layers": [{"Bidirectional": {"layer": {"LSTM": 3, "mask": "m"}}, "from": "x"}]}
    )
    assert (said, help) == ("'mask' cannot stand inside Bidirectional", "put it beside 'Bidirectional'")


def test_a_model_with_a_mask_beside_a_layer_is_functional():
    spec = {"inputs": TWO, "layers": [{"LSTM": 3, "from": "x", "mask": "m"}]}
    assert lstmcalc.from_dict(spec).kind == "Functional"
    said, _ = problem({"input": [5, 4], "kind": "sequential", "layers": [{"LSTM": 3, "mask": "m"}]})
    assert said == "a sequential model has no 'mask': each layer takes the one above"


def test_null_is_no_mask():
    spec = {"inputs": {"x": [5, 4]}, "layers": [{"LSTM": 3, "from": "x", "mask": None}]}
    assert lstmcalc.from_dict(spec).count_params() == 4 * ((4 + 3) * 3 + 3)


@pytest.mark.parametrize(
    "item",
    [
        {"LSTM": 3, "mask": "m"},
        {"Attention": None, "from": ["x", "x"], "mask": ["m", None], "use_causal_mask": True},
        {"reuse": "a", "query_mask": "m"},
    ],
)
def test_the_schema_takes_the_arguments_of_a_call(item):
    jsonschema.validate({"inputs": {"x": [5, 4]}, "layers": [item]}, spec_schema())


def test_names_are_given_when_layers_are_made_and_some_when_they_are_called():
    # keras.layers.MultiHeadAttention makes a Softmax and a Dropout of its own when it is first called.
    attention = {"MultiHeadAttention": {"num_heads": 1, "key_dim": 2}, "from": ["dropout", "dropout"]}
    model = lstmcalc.from_dict({"input": [5, 4], "layers": [{"Dropout": 0.1}, attention, {"Dropout": 0.1}]})
    assert [layer.name for layer in model.layers] == ["dropout", "multi_head_attention", "dropout_2"]


def test_of_a_chain_all_layers_are_named_before_the_first_is_called():
    # A Sequential without an input keeps a Functional inside, from its first call on; so does the model around.
    inner = {"Sequential": [{"Dense": 2}]}
    model = {"Model": {"inputs": {"z": [5, 2]}, "layers": [{"Dense": 2}]}}
    chain = lstmcalc.from_dict({"input": [5, 4], "layers": [inner, model]})
    graph = lstmcalc.from_dict({"input": [5, 4], "layers": [inner, model], "kind": "functional"})
    assert [layer.name for layer in chain.layers] == ["sequential", "functional"]
    assert [layer.name for layer in graph.layers] == ["sequential", "functional_1"]


@pytest.mark.parametrize(
    ("key", "help"),
    [
        ("return_attention_score", "did you mean 'return_attention_scores'?"),
        ("use_casual_mask", "did you mean 'use_causal_mask'?"),
        ("masks", "did you mean 'mask'?"),
        ("key_dim", "arguments of Attention stand inside it: 'Attention: {key_dim: ...}'"),
        ("return_sequences", "arguments of Attention stand inside it: 'Attention: {return_sequences: ...}'"),
        ("frm", "did you mean 'from'?"),
    ],
)
def test_a_key_beside_a_class_is_guessed_only_where_it_is_surely_misspelled(key, help):
    said, found = problem({"inputs": {"x": [5, 4]}, "layers": [{"Attention": None, "from": ["x", "x"], key: True}]})
    assert (said, found) == (f"a layer has no key '{key}' beside 'Attention'", help)


def test_a_name_that_stands_twice_in_a_model_that_waited_for_its_input_is_refused():
    inner = {"Sequential": [{"Dense": 1}, {"Dense": 1}, {"Activation": {"activation": "relu", "name": "dense_1"}}]}
    for layers in ([inner], [{"Flatten": None}, inner], [{"TimeDistributed": inner}]):
        said, _ = problem({"input": [5, 4], "layers": layers})
        assert said == "the name 'dense_1' is used twice: each layer has its own"
