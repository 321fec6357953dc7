"""Tables that turn text and categories into numbers: shapes by hand, as Keras 3 has them in its source."""

from typing import Any

import numpy as np
import pytest

import lstmcalc

WORDS = ["a", "b", "c"]


def shape(item: Any, *axes: int | None) -> Any:
    made = lstmcalc.from_dict({"input": {"shape": list(axes), "dtype": "string"}, "layers": [item]})
    assert made.count_params() == 0
    return made.output_shape


@pytest.mark.parametrize(
    ("item", "axes", "output"),
    [
        ({"TextVectorization": {"output_sequence_length": 9}}, [1], (None, 9)),
        ("TextVectorization", [1], (None, None)),
        ({"TextVectorization": {"output_mode": "multi_hot", "vocabulary": WORDS}}, [], (None, 4)),
        ({"TextVectorization": {"max_tokens": 50, "output_mode": "count", "pad_to_max_tokens": True}}, [], (None, 50)),
        ({"StringLookup": {"vocabulary": WORDS}}, [7], (None, 7)),
        ({"StringLookup": {"vocabulary": WORDS, "output_mode": "one_hot"}}, [7], (None, 7, 4)),
        ({"StringLookup": {"vocabulary": WORDS, "output_mode": "one_hot"}}, [1], (None, 4)),
        ({"StringLookup": {"vocabulary": ["[UNK]", *WORDS], "output_mode": "multi_hot"}}, [7], (None, 4)),
        ({"StringLookup": {"output_mode": "multi_hot"}}, [7], (None, None)),
        ({"IntegerLookup": {"vocabulary": [3, 5], "num_oov_indices": 2, "output_mode": "count"}}, [7], (None, 4)),
        ({"CategoryEncoding": 5}, [7], (None, 5)),
        ({"CategoryEncoding": {"num_tokens": 5, "output_mode": "one_hot"}}, [7], (None, 7, 5)),
        ({"Discretization": {"num_bins": 5}}, [7], (None, 7)),
        ({"Discretization": {"bin_boundaries": [0.0, 1.0], "output_mode": "one_hot"}}, [1], (None, 3)),
        ({"Hashing": 10}, [7], (None, 7)),
        ({"Hashing": {"num_bins": 10, "output_mode": "multi_hot"}}, [7], (None, 10)),
    ],
)
def test_the_shape_is_that_of_keras(item: Any, axes: list[int | None], output: Any) -> None:
    assert shape(item, *axes) == output


def test_two_columns_are_crossed_into_one() -> None:
    item = {"HashedCrossing": {"num_bins": 5, "output_mode": "one_hot"}, "from": ["a", "b"]}
    made = lstmcalc.from_dict({"inputs": {"a": [1], "b": [1]}, "layers": [item]})
    assert made.output_shape == (None, 5)


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"CategoryEncoding": None}, "CategoryEncoding needs num_tokens, how many tokens there are"),
        ({"Discretization": None}, "Discretization takes bin_boundaries or num_bins, but neither is given"),
        ({"StringLookup": {"pad_to_max_tokens": True}}, "StringLookup: pad_to_max_tokens needs max_tokens"),
        ({"StringLookup": {"vocabulary": ["a", "a"]}}, "StringLookup: vocabulary must name each token once"),
        (
            {"StringLookup": {"vocabulary": "words.txt"}},
            "StringLookup: vocabulary is the file 'words.txt', which is not read: its lines are needed to know how "
            "many tokens there are",
        ),
        (
            {"TextVectorization": {"output_mode": "count", "output_sequence_length": 5}},
            "TextVectorization: output_sequence_length goes with output_mode int, not count",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(item: Any, message: str) -> None:
    with pytest.raises(lstmcalc.ModelError) as refused:
        shape(item, 1)
    assert refused.value.message == message


def looked_up(item: Any, x: list[Any], dtype: str) -> Any:
    given = np.array(x)
    made = lstmcalc.from_dict({"input": {"shape": list(given.shape[1:]), "dtype": dtype}, "layers": [item]})
    return made.predict(given, weights={}).tolist()


NUMBERS = [12, 36, 1138, 42]
LETTERS = ["a", "b", "c", "d"]
IDF = [0.25, 0.75, 0.5, 0.375]


@pytest.mark.parametrize(
    ("arguments", "x", "indices"),
    [
        ({}, [[12, 1138, 42], [42, 1000, 36]], [[1, 3, 4], [4, 0, 2]]),
        ({"num_oov_indices": 2}, [[12, 1138, 42], [37, 1000, 36]], [[2, 4, 5], [1, 0, 3]]),
        ({"output_mode": "one_hot"}, [12, 42, 7], [[0, 1, 0, 0, 0], [0, 0, 0, 0, 1], [1, 0, 0, 0, 0]]),
        ({"output_mode": "multi_hot"}, [[12, 1138, 42, 42], [42, 7, 36, 7]], [[0, 1, 0, 1, 1], [1, 0, 1, 0, 1]]),
        ({"output_mode": "count"}, [[12, 1138, 42, 42], [42, 7, 36, 7]], [[0, 1, 0, 1, 2], [2, 0, 1, 0, 1]]),
        (
            {"output_mode": "tf_idf", "idf_weights": IDF},
            [[12, 1138, 42, 42], [42, 7, 36, 7]],
            # The weight of what is unknown is the mean of the others, (0.25 + 0.75 + 0.5 + 0.375) / 4.
            [[0, 0.25, 0, 0.5, 2 * 0.375], [2 * 0.46875, 0, 0.75, 0, 0.375]],
        ),
        ({"mask_token": 0}, [[0, 3, 12], [42, 0, 2]], [[0, 1, 2], [5, 0, 1]]),
    ],
)
def test_numbers_are_looked_up_as_in_the_examples_of_keras(arguments: Any, x: Any, indices: Any) -> None:
    assert looked_up({"IntegerLookup": {"vocabulary": NUMBERS, **arguments}}, x, "int64") == indices


@pytest.mark.parametrize(
    ("arguments", "x", "indices"),
    [
        ({}, [["a", "c", "d"], ["d", "z", "b"]], [[1, 3, 4], [4, 0, 2]]),
        ({"num_oov_indices": 0}, [["a", "c", "d"]], [[0, 2, 3]]),
        ({"output_mode": "one_hot"}, [["a"], ["z"]], [[0, 1, 0, 0, 0], [1, 0, 0, 0, 0]]),
        (
            {"mask_token": "", "output_mode": "count"},
            [["a", "", "d"], ["d", "z", "b"]],
            [[0, 1, 0, 0, 1], [1, 0, 1, 0, 1]],
        ),
    ],
)
def test_strings_are_looked_up_as_in_the_examples_of_keras(arguments: Any, x: Any, indices: Any) -> None:
    assert looked_up({"StringLookup": {"vocabulary": LETTERS, **arguments}}, x, "string") == indices


@pytest.mark.parametrize(
    ("item", "x", "message"),
    [
        (
            {"StringLookup": {"vocabulary": LETTERS, "num_oov_indices": 0}},
            [["a", "z"]],
            "'z' is not in the vocabulary, and num_oov_indices is 0",
        ),
        (
            {"StringLookup": {"vocabulary": LETTERS, "num_oov_indices": 2}},
            [["a", "z"]],
            "StringLookup cannot tell unknown strings apart without TensorFlow",
        ),
        (
            {"TextVectorization": {"vocabulary": LETTERS}},
            [["a z"]],
            "TextVectorization cannot be run without TensorFlow",
        ),
    ],
)
def test_what_cannot_be_looked_up_is_refused(item: Any, x: Any, message: str) -> None:
    with pytest.raises(lstmcalc.ModelError) as refused:
        looked_up(item, x, "string")
    assert refused.value.message == message


def test_what_a_lookup_gives_back_as_tokens_is_not_run() -> None:
    for name, vocabulary in (("IntegerLookup", NUMBERS), ("StringLookup", LETTERS)):
        with pytest.raises(lstmcalc.ModelError) as refused:
            looked_up({name: {"vocabulary": vocabulary, "invert": True}}, [[1, 3]], "int64")
        assert refused.value.message == f"{name} cannot be run: it gives tokens, which are no numbers"


def test_numbers_are_parted_into_bins_as_in_the_example_of_keras() -> None:
    x = [[-1.5, 1.0, 3.4, 0.5], [0.0, 3.0, 1.3, 0.0]]
    bins = looked_up({"Discretization": {"bin_boundaries": [0.0, 1.0, 2.0]}}, x, "float32")
    assert bins == [[0, 2, 3, 1], [1, 3, 2, 1]]
