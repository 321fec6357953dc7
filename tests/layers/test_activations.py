"""Layers of activation: PReLU alone has weights."""

from typing import Any

import pytest

import lstmcalc
from lstmcalc.models.model import BuiltModel


def model(item: Any, shape: list[int | None]) -> BuiltModel:
    return lstmcalc.from_dict({"input": shape, "layers": [item]})


@pytest.mark.parametrize("item", ["ReLU", {"LeakyReLU": 0.1}, {"LeakyReLU": {"alpha": 0.1}}, "ELU", "Softmax"])
def test_most_have_no_weights_and_keep_the_shape(item: Any) -> None:
    made = model(item, [7, 5])
    assert made.count_params() == 0
    assert made.output_shape == (None, 7, 5)


def test_prelu_has_a_slope_for_each_scalar() -> None:
    assert model("PReLU", [7, 5]).count_params() == 7 * 5


def test_prelu_shares_its_slopes_along_axes() -> None:
    (alpha,) = model({"PReLU": {"shared_axes": [1]}}, [None, 5]).all_weights()
    assert alpha.shape == (1, 5)


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"ReLU": -1}, "ReLU: max_value must be a number of at least 0, but is -1"),
        ({"LeakyReLU": {"alpha": -1}}, "LeakyReLU: alpha must be a number of at least 0, but is -1"),
        ({"PReLU": {"shared_axes": 3}}, "PReLU has no axis 3 to share: its input is (None, 7, 5)"),
        ({"Softmax": 3}, "Softmax has no axis 3 to work on: its input is (None, 7, 5)"),
    ],
)
def test_what_does_not_fit_is_refused(item: Any, message: str) -> None:
    with pytest.raises(lstmcalc.ModelError) as refused:
        model(item, [7, 5])
    assert refused.value.message == message


def test_a_leaky_relu_takes_the_slope_by_its_older_name_from_0_on() -> None:
    x = [[-2.0, 3.0]]
    for slope, below in ((0, 0.0), (0.5, -1.0)):
        model = lstmcalc.parse(f"Input(2) | LeakyReLU(alpha={slope})")
        assert model.predict(x, weights={}).tolist() == [[below, 3.0]]
    with pytest.raises(lstmcalc.ModelError) as refused:
        lstmcalc.parse("Input(2) | LeakyReLU(alpha=-0.5)")
    assert refused.value.message == "LeakyReLU: alpha must be a number of at least 0, but is -0.5"
