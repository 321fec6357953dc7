"""What live Keras on NumPy cannot be asked: lookups, the layers of Keras 1, masks on the way, and what is not run."""

from typing import Any

import numpy as np
import pytest

import lstmcalc
from lstmcalc.arrays.run import run

X = np.array([[1.0, 2.0], [0.0, 0.0], [3.0, -1.0]], "float32")


def outputs(item: Any, *inputs: np.ndarray, weights: tuple[np.ndarray, ...] = ()) -> tuple[np.ndarray, ...]:
    """What a model of one item, or of several, gives."""
    kind = {"i": "int64", "U": "string", "f": "float32"}
    given = {f"in{i}": {"shape": list(x.shape[1:]), "dtype": kind[x.dtype.kind]} for i, x in enumerate(inputs)}
    layers = item if isinstance(item, list) else [{**item, "from": list(given) if len(given) > 1 else "in0"}]
    model = lstmcalc.from_dict({"inputs": given, "layers": layers})
    values = dict(zip(map(id, model.all_weights()), weights, strict=True))
    return run(model, inputs, values, {}, "float32").outputs


LETTERS = np.array([["a", "z"], ["b", ""]])


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, [[1, 0], [2, 0]]),
        ({"mask_token": ""}, [[2, 1], [3, 0]]),
        ({"output_mode": "multi_hot"}, [[1, 1, 0], [1, 0, 1]]),
        ({"output_mode": "multi_hot", "mask_token": ""}, [[1, 1, 0], [0, 0, 1]]),
        ({"output_mode": "count", "max_tokens": 4, "pad_to_max_tokens": True}, [[1, 1, 0, 0], [1, 0, 1, 0]]),
        ({"output_mode": "tf_idf", "idf_weights": [1.0, 3.0]}, [[2, 1, 0], [2, 0, 3]]),
    ],
)
def test_strings_are_looked_up_as_keras_does(arguments: dict[str, Any], expected: list[list[int]]) -> None:
    (y,) = outputs({"StringLookup": {"vocabulary": ["a", "b"], **arguments}}, LETTERS)
    assert y.tolist() == expected


def test_unknown_integers_share_their_places_by_their_remainder() -> None:
    (y,) = outputs({"IntegerLookup": {"vocabulary": [7], "num_oov_indices": 3}}, np.array([[7, 4, 5]]))
    assert y.tolist() == [[3, 4 % 3, 5 % 3]]


def test_numbers_fall_into_the_bin_that_starts_at_them() -> None:
    (y,) = outputs({"Discretization": {"bin_boundaries": [0.0, 2.0]}}, X)
    assert y.tolist() == [[1, 2], [1, 1], [2, 0]]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("sum", [[2, 4], [0, 0], [6, -2]]),
        ("ave", X.tolist()),
        ("mul", [[1, 4], [0, 0], [9, 1]]),
        ("max", X.tolist()),
        ("concat", [[1, 2, 1, 2], [0, 0, 0, 0], [3, -1, 3, -1]]),
        ("dot", [[5], [0], [10]]),
        ("cos", [[1], [0], [1]]),
    ],
)
def test_merge_of_keras_1_joins_by_its_mode(mode: str, expected: list[list[int]]) -> None:
    (y,) = outputs({"Merge": {"mode": mode}}, X, X)
    np.testing.assert_allclose(y, expected, atol=1e-6)


def test_maxout_takes_the_largest_of_its_dense_layers() -> None:
    kernels, bias = np.stack([np.eye(2), -np.eye(2)]).astype("float32"), np.array([[0, 0], [1, 1]], "float32")
    (y,) = outputs({"MaxoutDense": {"output_dim": 2, "nb_feature": 2}}, X, weights=(kernels, bias))
    np.testing.assert_allclose(y, np.maximum(X, 1 - X))


def test_highway_mixes_its_input_with_a_dense_layer_by_a_gate() -> None:
    kernel, zeros = np.eye(2, dtype="float32") * 3, np.zeros((2, 2), "float32")
    (y,) = outputs({"Highway": {"bias": False}}, X, weights=(kernel, zeros))
    np.testing.assert_allclose(y, 0.5 * 3 * X + 0.5 * X)


def test_a_mask_says_which_timesteps_a_mean_is_over() -> None:
    (y,) = outputs([{"Masking": {}}, {"Dropout": 0.5}, "GlobalAveragePooling1D"], X[None])
    np.testing.assert_allclose(y, [[2, 0.5]])


def test_flattening_loses_the_mask() -> None:
    items = [{"Masking": {}}, {"Permute": [1, 2]}, "GlobalAveragePooling1D"]
    np.testing.assert_allclose(outputs(items, X[None])[0], [[4 / 3, 1 / 3]], rtol=1e-6)


@pytest.mark.parametrize(
    ("item", "x", "message"),
    [
        ({"Lambda": {"output_shape": [2]}}, X, "Lambda cannot be run: what its function computes is not known here"),
        (
            {"Custom": {"class": "Spike", "output_shape": [2]}},
            X,
            "Spike cannot be run: it was stated by its shapes, not by what it computes",
        ),
        ({"Hashing": {"num_bins": 3}}, LETTERS, "Hashing cannot be run without TensorFlow"),
        (
            {"Discretization": {"num_bins": 3}},
            X,
            "Discretization cannot be run with num_bins: its bins come from the data that it is adapted to",
        ),
        (
            {"StringLookup": {"max_tokens": 5}},
            LETTERS,
            "StringLookup cannot be run: it has no vocabulary before it is adapted",
        ),
        (
            {"StringLookup": {"vocabulary": ["a"], "num_oov_indices": 0}},
            LETTERS,
            "'z' is not in the vocabulary, and num_oov_indices is 0",
        ),
        ({"Activation": "threshold"}, X, "the activation threshold needs a threshold and a default_value"),
        (
            {"Activation": "glu"},
            np.ones((2, 3), "float32"),
            "the activation glu halves an axis, but that of (2, 3) is odd",
        ),
        (
            {"Activation": {"activation": {"class_name": "relu", "config": {"slope": 1}}}},
            X,
            "the activation relu does not take slope",
        ),
        (
            {"Resizing": {"height": 2, "width": 2, "interpolation": "area"}},
            np.ones((1, 3, 3, 1), "float32"),
            "the interpolation area cannot be run: Keras 3 has it with TensorFlow alone",
        ),
    ],
)
def test_what_cannot_be_run_says_why(item: dict[str, Any], x: np.ndarray, message: str) -> None:
    with pytest.raises(lstmcalc.ModelError) as refused:
        outputs(item, x)
    assert refused.value.message == message


def test_an_index_outside_the_table_is_refused() -> None:
    table = np.zeros((4, 2), "float32")
    with pytest.raises(lstmcalc.ModelError) as refused:
        outputs({"Embedding": {"input_dim": 4, "output_dim": 2}}, np.array([[0, 4]]), weights=(table,))
    assert refused.value.message == "Embedding takes indices from 0 to 3, but its input goes from 0 to 4"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Multiply", [1 * 5, 6, 0, 4]),  # what is masked counts as 1, and what is masked in both gives 0
        ("Maximum", [5, 6, 0, 4]),  # what is masked in one takes the other's number
        ("Minimum", [1, 6, 0, 4]),
        ("Add", [1 + 5, 6, 0, 4]),
        ("Average", [3, 3, 0, 2]),
    ],
)
def test_what_is_masked_is_left_out_where_layers_are_joined(name, expected):
    masked = [{"Masking": {}, "from": each, "name": f"masked_{each}"} for each in "ab"]
    layers = [*masked, {name: None, "from": ["masked_a", "masked_b"]}]
    model = lstmcalc.from_dict({"inputs": {"a": [4, 1], "b": [4, 1]}, "layers": layers})
    a, b = np.array([[[1], [0], [0], [4]]]), np.array([[[5], [6], [0], [0]]])
    assert model.predict([a, b], weights={}).ravel().tolist() == expected
