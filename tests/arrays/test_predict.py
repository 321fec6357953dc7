"""Models run from Python: inputs in every form, dtypes, states, layers, and what is refused."""

import numpy as np
import pytest

import lstmcalc
from lstmcalc import ModelError

X = np.arange(2 * 5 * 3, dtype=np.float32).reshape(2, 5, 3) / 10


@pytest.fixture
def dense():
    return lstmcalc.parse("Input(5, 3) | Dense(4) | Dense(2)")


@pytest.fixture
def joined():
    layers = [
        {"Dense": 4, "name": "left", "from": "a"},
        {"Dense": 4, "name": "right", "from": "b"},
        {"Add": None, "from": ["left", "right"]},
    ]
    return lstmcalc.from_dict({"inputs": {"a": [3], "b": [2]}, "layers": layers, "outputs": ["add", "left"]})


def test_a_prediction_is_what_its_weights_make_of_the_input():
    model = lstmcalc.parse("Input(3) | Dense(2)")
    kernel, bias = np.array([[1, 2], [3, 4], [5, 6]]), np.array([10, 20])
    y = model.predict([[1, 0, 2]], weights={"dense": [kernel, bias]})
    assert y.tolist() == [[1 + 2 * 5 + 10, 2 + 2 * 6 + 20]]


def test_a_prediction_is_in_float32_unless_float64_is_asked_for(dense):
    weights = dense.get_weights()
    assert dense.predict(X.astype(np.float64), weights=weights).dtype == np.float32
    assert dense.predict(X, weights=weights, dtype="float64").dtype == np.float64


def test_float64_is_computed_in_float64():
    model = lstmcalc.parse("Input(1) | Dense(1)")
    x = np.array([[1.0]])
    weights = {"dense": [np.array([[1e-12]]), np.array([1.0])]}
    assert model.predict(x, weights=weights, dtype="float64") - 1 == pytest.approx(1e-12, rel=1e-3)
    assert model.predict(x, weights=weights) == 1


def test_one_input_is_an_array_a_list_of_one_or_a_mapping(dense):
    weights = dense.get_weights()
    y = dense.predict(X, weights=weights)
    for x in ([X], {"input_layer": X}, X.tolist()):
        np.testing.assert_array_equal(dense.predict(x, weights=weights), y)


def test_several_inputs_are_a_list_in_order_or_a_mapping_and_several_outputs_a_list(joined):
    weights = joined.get_weights()
    a, b = np.ones((4, 3)), np.ones((4, 2))
    for x in ([a, b], (a, b), {"b": b, "a": a}):
        y, left = joined.predict(x, weights=weights)
        assert (y.shape, left.shape) == ((4, 4), (4, 4))
    np.testing.assert_allclose(left, a @ weights["left"][0], rtol=1e-6)


def test_a_last_axis_of_size_1_may_be_missing():
    model = lstmcalc.parse("Input(5, 1) | Dense(2)")
    weights = model.get_weights()
    np.testing.assert_array_equal(
        model.predict(np.ones((2, 5)), weights=weights), model.predict(np.ones((2, 5, 1)), weights=weights)
    )


def test_a_shared_layer_gives_the_same_on_the_same_input():
    layers = [
        {"Dense": 4, "name": "encoder", "from": "a"},
        {"reuse": "encoder", "name": "again", "from": "b"},
        {"Subtract": None, "from": ["encoder", "again"]},
    ]
    model = lstmcalc.from_dict({"inputs": {"a": [3], "b": [3]}, "layers": layers})
    x = np.random.default_rng(0).normal(size=(2, 3))
    weights = model.get_weights()
    assert list(weights) == ["encoder"]
    assert not model.predict([x, x], weights=weights).any()
    assert model.predict([x, 2 * x], weights=weights).any()


def test_a_run_has_each_layers_arrays_under_its_path():
    inner = {"Sequential": {"input": [3], "layers": [{"Dense": 4}]}, "name": "encoder"}
    layers = [
        {**inner, "from": "a"},
        {"reuse": "encoder", "name": "again", "from": "b"},
        {"Add": None, "from": ["encoder", "again"]},
    ]
    model = lstmcalc.from_dict({"inputs": {"a": [3], "b": [3]}, "layers": layers})
    run = model.run([np.ones((2, 3)), np.zeros((2, 3))], weights=model.get_weights())
    assert set(run.layers) == {"encoder", "encoder/dense", "add"}
    assert [array.shape for array in run.layers["encoder/dense"]] == [(2, 4), (2, 4)]
    np.testing.assert_array_equal(run.layers["add"], run.outputs)
    assert run.states == {}


def test_the_weights_of_a_model_inside_stand_under_its_name_in_keras_order():
    model = lstmcalc.parse("Input(3) | Sequential([Dense(4), BatchNormalization()], name='encoder') | Dense(1)")
    shapes = {name: [array.shape for array in arrays] for name, arrays in model.get_weights().items()}
    assert shapes == {"encoder": [(3, 4), *[(4,)] * 5], "dense_1": [(4, 1), (1,)]}


def test_a_run_changes_neither_the_input_nor_the_weights(dense):
    x, weights = X.copy(), dense.get_weights()
    before = {name: [array.copy() for array in arrays] for name, arrays in weights.items()}
    dense.predict(x, weights=weights)
    np.testing.assert_array_equal(x, X)
    assert all(np.array_equal(a, b) for name in weights for a, b in zip(weights[name], before[name], strict=True))


def test_the_same_seed_gives_the_same_weights_and_another_gives_others(dense):
    first, same, other = (dense.get_weights(seed)["dense"][0] for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)


def test_a_layer_more_at_the_end_leaves_the_weights_before_it_as_they_were(dense):
    longer = lstmcalc.parse("Input(5, 3) | Dense(4) | Dense(2) | Dense(9)")
    np.testing.assert_array_equal(longer.get_weights()["dense_1"][0], dense.get_weights()["dense_1"][0])


# Refusals: the whole sentence.

STATEFUL = {"input": {"shape": [5, 3], "batch": 2}, "layers": [{"LSTM": {"units": 4, "stateful": True}}]}


def refused(call) -> str:
    with pytest.raises(ModelError) as caught:
        call()
    return str(caught.value)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (X[0], "the input 'input_layer' takes (None, 5, 3), but the array is (5, 3)"),
        (X[..., :2], "the input 'input_layer' takes (None, 5, 3), but the array is (2, 5, 2)"),
        (X[:0], "a model is run on at least one sample, but the input has none"),
        ({"x": X}, "the model has no input 'x' (the inputs are: input_layer)"),
        ({}, "the input 'input_layer' is missing (the inputs are: input_layer)"),
        ([[1, 2], [3]], "the input 'input_layer' takes an array, but has lists of several lengths"),
        (np.full((2, 5, 3), "a"), "the input 'input_layer' takes numbers, but has <U1"),
        (np.full((2, 5, 3), None), "the input 'input_layer' takes numbers, but has object"),
    ],
    ids=["no samples axis", "features", "no samples", "unknown name", "no input", "ragged", "strings", "objects"],
)
def test_an_input_that_does_not_fit_is_refused_in_a_sentence(dense, x, message):
    said = refused(lambda: dense.predict(x, weights=dense.get_weights()))
    assert said.startswith(message)


def test_another_number_of_inputs_or_of_samples_is_refused(joined):
    weights = joined.get_weights()
    a, b = np.ones((4, 3)), np.ones((3, 2))
    said = refused(lambda: joined.predict(a, weights=weights))
    assert said == "the model takes 2 inputs, but has one array (give a list or a mapping of: a, b)"
    said = refused(lambda: joined.predict([a, b], weights=weights))
    assert said == "the inputs take one number of samples, but 'a' has 4, 'b' has 3"


def test_numbers_that_are_not_whole_are_no_indices():
    model = lstmcalc.from_dict({"input": {"shape": [5], "dtype": "int32"}, "layers": ["Embedding(9, 2)"]})
    said = refused(lambda: model.predict(np.full((1, 5), 0.5), weights=model.get_weights()))
    assert said == "the input 'input_layer' takes int32, but has numbers that are not whole"
    assert model.predict(np.full((1, 5), 2.0), weights=model.get_weights()).shape == (1, 5, 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda w: {"dense": w["dense"]},
            "dense_1: Dense has 2 weights (kernel (4, 2), bias (2)), but is given 0 (none)",
        ),
        (
            lambda w: {**w, "dense": w["dense"][:1]},
            "dense: Dense has 2 weights (kernel (3, 4), bias (4)), but is given 1 ((3, 4))",
        ),
        (lambda w: {**w, "dense": w["dense_1"]}, "dense: kernel takes (3, 4), but is given (4, 2)"),
        (
            lambda w: {**w, "dens": w["dense"]},
            "there are weights of 'dens', but the model has no such layer with weights (did you mean 'dense'?)",
        ),
        (
            lambda w: {**w, "dense": [np.full((3, 4), "a"), w["dense"][1]]},
            "dense: kernel takes numbers, but is given <U1",
        ),
    ],
    ids=["missing", "too few", "shape", "unknown", "strings"],
)
def test_weights_that_do_not_fit_are_refused_by_layer(dense, change, message):
    assert refused(lambda: dense.predict(X, weights=change(dense.get_weights()))) == message


def test_another_dtype_is_refused(dense):
    said = refused(lambda: dense.predict(X, weights=dense.get_weights(), dtype="float16"))
    assert said == "a model is run in float32 or float64, not in 'float16'"


@pytest.mark.parametrize(
    ("item", "name"),
    [({"Lambda": {"output_shape": [2]}}, "lambda"), ({"Custom": {"class": "Mine", "output_shape": [2]}}, "mine")],
)
def test_a_layer_that_nobody_can_run_is_refused_by_name(item, name):
    model = lstmcalc.from_dict({"input": [3], "layers": [item]})
    with pytest.raises(ModelError) as caught:
        model.predict(np.ones((1, 3)), weights={})
    assert caught.value.layer == name


def test_states_of_a_layer_that_keeps_none_are_refused(dense):
    said = refused(lambda: dense.run(X, weights=dense.get_weights(), states={"dense": (X,)}))
    assert said == "the model keeps no states of 'dense' (none of its layers is stateful)"


def test_states_of_another_shape_are_refused():
    model = lstmcalc.from_dict(STATEFUL)
    said = refused(
        lambda: model.run(X, weights=model.get_weights(), states={"lstm": (np.zeros((2, 4)), np.zeros((2, 3)))})
    )
    assert said == "lstm: keeps states of (2, 4), (2, 4), but was given (2, 4), (2, 3)"


def test_states_handed_on_equal_one_long_sequence():
    model = lstmcalc.from_dict(STATEFUL)
    weights = model.get_weights()
    long = lstmcalc.parse("Input(10, 3) | LSTM(4)")
    x = np.random.default_rng(0).normal(size=(2, 10, 3))
    first = model.run(x[:, :5], weights=weights)
    second = model.run(x[:, 5:], weights=weights, states=first.states)
    np.testing.assert_allclose(second.outputs, long.predict(x, weights=weights), rtol=1e-5, atol=1e-6)
    again = model.run(x[:, 5:], weights=weights)
    assert not np.allclose(again.outputs, second.outputs)


def test_a_stateful_layer_called_twice_goes_on_from_its_first_call():
    item = {"LSTM": {"units": 4, "stateful": True, "return_sequences": True, "name": "memory"}}
    inputs = {"x": {"shape": [5, 4], "batch": 2}}
    once = lstmcalc.from_dict({"inputs": inputs, "layers": [item]})
    twice = lstmcalc.from_dict({"inputs": inputs, "layers": [item, {"reuse": "memory", "name": "again"}]})
    x = np.random.default_rng(0).normal(size=(2, 5, 4))
    weights = once.get_weights()
    first = once.run(x, weights=weights)
    second = once.run(first.outputs, weights=weights, states=first.states)
    run = twice.run(x, weights=weights)
    np.testing.assert_array_equal(run.outputs, second.outputs)
    np.testing.assert_array_equal(run.layers["memory"], [first.outputs, second.outputs])


def test_what_goes_into_a_model_inside_is_converted_to_the_dtype_of_its_input():
    inner = {"input": {"shape": [2], "dtype": "int32"}, "layers": [{"Activation": "linear"}]}
    model = lstmcalc.from_dict({"input": [2], "layers": [{"Model": inner}]})
    np.testing.assert_array_equal(model.predict([[1.7, -1.7]], weights={}), [[1, -1]])


@pytest.mark.parametrize("item", ["LayerNormalization", "RMSNormalization", {"GroupNormalization": 1}], ids=str)
def test_a_normalization_of_whole_numbers_gives_whole_numbers_as_in_keras(item):
    spec = {"input": {"shape": [3], "dtype": "int32"}, "layers": [item]}
    whole, exact = lstmcalc.from_dict(spec), lstmcalc.from_dict({"input": [3], "layers": [item]})
    y, rounded = (model.predict([[3, 1, 9]], weights=model.get_weights()) for model in (exact, whole))
    np.testing.assert_array_equal(rounded, np.trunc(y))


def test_a_layer_below_an_attention_that_took_the_masks_off_runs_once():
    inside = {"input": {"shape": [3, 2], "dtype": "float16"}, "layers": [{"Dense": 2, "name": "d"}]}
    layers = [
        {"Embedding": {"input_dim": 5, "output_dim": 2, "mask_zero": True}, "name": "x"},
        {"MultiHeadAttention": {"num_heads": 1, "key_dim": 1}, "name": "a", "from": ["x", "x"]},
        {"Sequential": inside, "name": "s", "from": "x"},
        {"Add": None, "from": ["s", "a"]},
        {"LSTM": 1},
    ]
    model = lstmcalc.from_dict({"input": {"shape": [3], "dtype": "int32"}, "layers": layers})
    ran = model.run([[0, 1, 2]], weights=model.get_weights())
    assert np.shape(ran.layers["s/d"]) == (1, 3, 2)


def test_infinities_and_nan_go_on_without_a_warning():
    model = lstmcalc.parse("Input(5, 3) | LSTM(4) | Dense(2)")
    for value in (np.nan, np.inf, 1e300):
        weights = {name: [np.full(a.shape, value) for a in arrays] for name, arrays in model.get_weights().items()}
        y = model.predict(np.ones((1, 5, 3)), weights=weights)
        assert not np.isfinite(y).any()


NO_MAPPINGS = {
    "a list, as a Keras model gives them": (
        [np.zeros((3, 2)), np.zeros(2)],
        "weights are a mapping from the names of layers to lists of arrays, but are list",
    ),
    "nothing": (None, "weights are a mapping from the names of layers to lists of arrays, but are NoneType"),
    "a number": ({"dense": 5}, "dense: weights are a list of arrays, but are int"),
    "lists of several lengths": (
        {"dense": [[[1], [1, 2]], [1, 2]]},
        "dense: a weight takes an array, but has lists of several lengths",
    ),
}


@pytest.mark.parametrize("case", NO_MAPPINGS)
def test_weights_that_are_no_mapping_of_arrays_are_refused_in_a_sentence(case):
    weights, message = NO_MAPPINGS[case]
    with pytest.raises(lstmcalc.ModelError) as caught:
        lstmcalc.parse("Input(3) | Dense(2)").predict(np.ones((1, 3)), weights=weights)
    problem = caught.value.problems[0]
    assert problem.text == message
    assert caught.value.help == "give {layer.name: layer.get_weights() for layer in model.layers}"


NO_STATES = {
    "a list": ([np.zeros((2, 4))], "states are a mapping from the names of layers to lists of arrays, but are list"),
    "a number": ({"lstm": 5}, "lstm: states are a list of arrays, but are int"),
    "strings": ({"lstm": [np.full((2, 4), "a")] * 2}, "lstm: states are numbers, but were given as <U1"),
    "complex numbers": (
        {"lstm": [np.zeros((2, 4), complex)] * 2},
        "lstm: states are numbers, but were given as complex128",
    ),
}


@pytest.mark.parametrize("case", NO_STATES)
def test_states_that_are_no_mapping_of_numbers_are_refused_in_a_sentence(case):
    states, message = NO_STATES[case]
    model = lstmcalc.parse("Input(5, 3, batch_size=2) | LSTM(4, stateful=True)")
    with pytest.raises(lstmcalc.ModelError) as caught:
        model.run(np.ones((2, 5, 3)), weights=model.get_weights(), states=states)
    assert caught.value.problems[0].text == message


def test_weights_in_bfloat16_are_taken_as_keras_gives_them():
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    model = lstmcalc.parse("Input(3) | Dense(2, dtype='bfloat16')")
    weights = {"dense": [np.full((3, 2), 1.5, bfloat16), np.full(2, 0.25, bfloat16)]}
    assert model.predict(np.ones((1, 3)), weights=weights).tolist() == [[4.75, 4.75]]


def test_strings_go_into_an_input_of_strings_and_nothing_else_does():
    model = lstmcalc.from_dict({"input": {"shape": [2, 1], "dtype": "string"}, "layers": ["Flatten"]})
    words = np.array([[["a"], ["b"]]])
    for given in (words, words.astype(object)):
        assert model.predict(given, weights={}).tolist() == [["a", "b"]]
    with pytest.raises(ModelError) as caught:
        model.predict(np.array([[[1], [2]]]), weights={})
    assert caught.value.message == "the input 'input_layer' takes strings, but has int64"


def test_a_last_axis_of_size_1_may_be_left_over_and_no_larger_one():
    model = lstmcalc.parse("Input(3) | Flatten()")
    x = np.ones((2, 3))
    assert model.predict(x[..., None], weights={}).shape == (2, 3)
    for other in (np.ones((2, 3, 2)), np.ones((2, 3, 1, 1)), np.ones(2)):
        with pytest.raises(ModelError, match=r"the input 'input_layer' takes \(None, 3\), but the array is "):
            model.predict(other, weights={})
