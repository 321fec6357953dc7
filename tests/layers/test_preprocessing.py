"""Tables that turn text and categories into numbers: shapes by hand, as Keras 3 has them in its source."""

from typing import Any

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
