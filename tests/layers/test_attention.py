"""Attention: its weights, its shapes, and its products counted in plain loops."""

from typing import Any

import pytest

import lstmcalc
from lstmcalc.models.model import BuiltModel

STEPS, TIMESTEPS, FEATURES, VALUES = 3, 4, 5, 6


def model(item: Any, *shapes: list[int | None]) -> BuiltModel:
    inputs = {f"input {i}": list(shape) for i, shape in enumerate(shapes)}
    return lstmcalc.from_dict({"inputs": inputs, "layers": [{**item, "from": list(inputs)}]})


def macs(made: BuiltModel) -> int:
    products = made.products(tuple(tensor.shape for tensor in made.inputs))
    assert products is not None
    return sum(product.macs for product in products)


def refusal(item: Any, *shapes: list[int | None]) -> lstmcalc.ModelError:
    with pytest.raises(lstmcalc.ModelError) as refused:
        model(item, *shapes)
    return refused.value


def counted(rows: int, columns: int, inner: int) -> int:
    """The multiplications of a matrix product, one by one."""
    count = 0
    for _ in range(rows):
        for _ in range(columns):
            for _ in range(inner):
                count += 1
    return count


def test_attention_weighs_nothing_and_gives_the_values_of_each_step() -> None:
    made = model({"Attention": None}, [STEPS, FEATURES], [TIMESTEPS, VALUES], [TIMESTEPS, FEATURES])
    assert made.count_params() == 0
    assert made.output_shape == (None, STEPS, VALUES)


def test_attention_makes_scores_and_a_weighted_sum() -> None:
    made = model({"Attention": None}, [STEPS, FEATURES], [TIMESTEPS, VALUES], [TIMESTEPS, FEATURES])
    assert macs(made) == counted(STEPS, TIMESTEPS, FEATURES) + counted(STEPS, VALUES, TIMESTEPS)


def test_a_score_that_is_a_sum_is_no_product() -> None:
    made = model({"Attention": {"score_mode": "concat"}}, [STEPS, FEATURES], [TIMESTEPS, FEATURES])
    assert macs(made) == counted(STEPS, FEATURES, TIMESTEPS)
    assert made.count_params() == 1


def test_additive_attention_weighs_a_scale_for_each_feature() -> None:
    made = model({"AdditiveAttention": None}, [STEPS, FEATURES], [TIMESTEPS, FEATURES])
    assert [(weight.name, weight.shape) for weight in made.all_weights()] == [("scale", (FEATURES,))]
    assert macs(made) == counted(STEPS, TIMESTEPS, FEATURES) + counted(STEPS, FEATURES, TIMESTEPS)


def test_multi_head_attention_weighs_its_closed_form() -> None:
    heads, key, value = 2, 3, 7
    item = {"MultiHeadAttention": {"num_heads": heads, "key_dim": key, "value_dim": value}}
    made = model(item, [STEPS, FEATURES], [TIMESTEPS, VALUES], [TIMESTEPS, 8])
    closed = heads * key * (FEATURES + 8 + 2) + heads * value * (VALUES + FEATURES + 1) + FEATURES
    assert made.count_params() == closed
    assert [weight.shape for weight in made.all_weights()][::2] == [(5, 2, 3), (8, 2, 3), (6, 2, 7), (2, 7, 5)]


def test_multi_head_attention_multiplies_as_its_loops_do() -> None:
    heads, key, value = 2, 3, 7
    item = {"MultiHeadAttention": {"num_heads": heads, "key_dim": key, "value_dim": value}}
    made = model(item, [STEPS, FEATURES], [TIMESTEPS, VALUES], [TIMESTEPS, 8])
    projected = counted(STEPS, heads * key, FEATURES) + counted(TIMESTEPS, heads * key, 8)
    projected += counted(TIMESTEPS, heads * value, VALUES) + counted(STEPS, FEATURES, heads * value)
    attended = heads * (counted(STEPS, TIMESTEPS, key) + counted(STEPS, value, TIMESTEPS))
    assert macs(made) == projected + attended


def test_attention_over_one_of_two_axes_is_made_for_each_place_of_the_other() -> None:
    item = {"MultiHeadAttention": {"num_heads": 1, "key_dim": 3, "attention_axes": 2}}
    made = model(item, [2, STEPS, FEATURES], [2, TIMESTEPS, FEATURES])
    one = model({"MultiHeadAttention": {"num_heads": 1, "key_dim": 3}}, [STEPS, FEATURES], [TIMESTEPS, FEATURES])
    assert macs(made) == 2 * macs(one)
    assert made.count_params() == one.count_params()


def test_grouped_query_attention_weighs_its_closed_form() -> None:
    head, queries, groups = 3, 4, 2
    item = {"GroupQueryAttention": {"head_dim": head, "num_query_heads": queries, "num_key_value_heads": groups}}
    made = model(item, [STEPS, FEATURES], [TIMESTEPS, FEATURES], [TIMESTEPS, 8])
    closed = queries * head * (2 * FEATURES + 1) + groups * head * (FEATURES + 8 + 2) + FEATURES
    assert made.count_params() == closed
    projected = 2 * counted(STEPS, queries * head, FEATURES)
    projected += counted(TIMESTEPS, groups * head, FEATURES) + counted(TIMESTEPS, groups * head, 8)
    assert macs(made) == projected + 2 * queries * counted(STEPS, TIMESTEPS, head)


@pytest.mark.parametrize("layer", ["MultiHeadAttention", "GroupQueryAttention"])
def test_without_a_bias_each_projection_loses_one(layer: str) -> None:
    first = {"num_heads": 2, "key_dim": 3}
    if layer == "GroupQueryAttention":
        first = {"head_dim": 3, "num_query_heads": 2, "num_key_value_heads": 2}
    shape = [STEPS, FEATURES]
    with_bias = model({layer: first}, shape, shape).count_params()
    without = model({layer: {**first, "use_bias": False}}, shape, shape).count_params()
    assert with_bias - without == 3 * 2 * 3 + FEATURES


def test_the_scores_have_a_name() -> None:
    item = {"Attention": {"return_attention_scores": True}, "name": "attend", "from": ["a", "b"]}
    made = lstmcalc.from_dict(
        {"inputs": {"a": [3, 5], "b": [4, 5]}, "layers": [item], "outputs": ["attend.attention_scores"]}
    )
    assert made.output_shape == (None, 3, 4)


def test_frozen_attention_trains_nothing() -> None:
    made = model({"MultiHeadAttention": {"num_heads": 2, "key_dim": 3}, "trainable": False}, [3, 5], [3, 5])
    assert not any(weight.trainable for weight in made.all_weights())


def test_attention_after_a_last_output_says_what_to_do() -> None:
    layers = [{"LSTM": 5}, {"Attention": None, "from": ["lstm", "x"]}]
    with pytest.raises(lstmcalc.ModelError) as refused:
        lstmcalc.from_dict({"inputs": {"x": [7, 5]}, "layers": layers})
    assert refused.value.message == (
        "Attention takes tensors of one rank, at least 3 axes (samples, timesteps, features), "
        "but has query (None, 5), value (None, 7, 5) and key (None, 7, 5)"
    )
    assert refused.value.help == "lstm gives only its last output; add return_sequences: true to keep the timesteps"


@pytest.mark.parametrize(
    ("item", "shapes", "message"),
    [
        ({"Attention": None}, [[3, 5]], "Attention takes at least 2 inputs, but has 1"),
        (
            {"Attention": None},
            [[3, 5], [4, 6]],
            "Attention takes query and key of one number of features, but the query is (None, 3, 5) "
            "and the key (None, 4, 6)",
        ),
        (
            {"MultiHeadAttention": {"num_heads": 2, "key_dim": 3}},
            [[3, 5], [4, 6], [7, 5]],
            "MultiHeadAttention takes a key for each value, but has query (None, 3, 5), value (None, 4, 6) "
            "and key (None, 7, 5)",
        ),
        (
            {"MultiHeadAttention": {"num_heads": 2, "key_dim": 3, "attention_axes": 2}},
            [[3, 5], [4, 6]],
            "attention_axes must name axes from 0 to 1 once each, before the features, but is [2]",
        ),
        (
            {"GroupQueryAttention": {"head_dim": 2, "num_query_heads": 3, "num_key_value_heads": 2}},
            [[3, 5], [4, 5]],
            "GroupedQueryAttention: num_query_heads must be a multiple of num_key_value_heads (2), but is 3",
        ),
        (
            {"MultiHeadAttention": {"num_heads": 2, "key_dim": 3, "flash_attention": True, "dropout": 0.5}},
            [[3, 5], [4, 5]],
            "MultiHeadAttention has no dropout with flash_attention",
        ),
    ],
)
def test_what_does_not_fit_is_refused(item: Any, shapes: list[list[int | None]], message: str) -> None:
    assert refusal(item, *shapes).message == message


@pytest.mark.parametrize("masked", ["query", "value"])
@pytest.mark.parametrize("name", ["Attention", "AdditiveAttention"])
def test_the_mask_that_goes_on_from_an_attention_is_that_of_its_query(
    name: str, masked: str, capsys: pytest.CaptureFixture[str]
) -> None:
    layers = [
        {"Masking": {}, "from": masked, "name": "masked"},
        {name: None, "from": ["masked" if each == masked else each for each in ("query", "value")], "name": "attended"},
        {"LSTM": 2},
    ]
    lstmcalc.from_dict({"inputs": {"query": [2, 1], "value": [2, 1]}, "layers": layers}).summary(line_length=120)
    assert ("convert_to_tensor[0][0]" in capsys.readouterr().out) == (masked == "query")
