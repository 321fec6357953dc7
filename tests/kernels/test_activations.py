"""Activations by hand: the numbers that their definitions give, and that none of them overflows."""

import math

import numpy as np
import pytest

from lstmcalc.kernels.activations import FUNCTIONS, activate
from lstmcalc.layers.arguments import ACTIVATIONS, OLDER_ACTIVATIONS

X = np.array([-2.0, -0.25, 0.0, 0.25, 2.0])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("relu", [0, 0, 0, 0.25, 2]),
        ("relu6", [0, 0, 0, 0.25, 2]),
        ("leaky_relu", [-0.4, -0.05, 0, 0.25, 2]),
        ("elu", [math.exp(-2) - 1, math.exp(-0.25) - 1, 0, 0.25, 2]),
        ("hard_sigmoid", [0.5 - 2 / 6, 0.5 - 0.25 / 6, 0.5, 0.5 + 0.25 / 6, 0.5 + 2 / 6]),
        ("hard_tanh", [-1, -0.25, 0, 0.25, 1]),
        ("hard_shrink", [-2, 0, 0, 0, 2]),
        ("soft_shrink", [-1.5, 0, 0, 0, 1.5]),
        ("softsign", [-2 / 3, -0.2, 0, 0.2, 2 / 3]),
        ("sparse_plus", [0, 0.75**2 / 4, 0.25, 1.25**2 / 4, 2]),
        ("sparse_sigmoid", [0, 0.375, 0.5, 0.625, 1]),
        ("softplus", [math.log1p(math.exp(x)) for x in X]),
        ("sigmoid", [1 / (1 + math.exp(-x)) for x in X]),
        ("swish", [x / (1 + math.exp(-x)) for x in X]),
        ("mish", [x * math.tanh(math.log1p(math.exp(x))) for x in X]),
        ("gelu", [x / 2 * (1 + math.erf(x / math.sqrt(2))) for x in X]),
        ("squareplus", [(x + math.sqrt(x * x + 4)) / 2 for x in X]),
    ],
)
def test_an_activation_is_its_formula(name: str, expected: list[float]) -> None:
    np.testing.assert_allclose(activate(name, X), expected, atol=1e-15)


def test_every_name_but_linear_has_a_function() -> None:
    assert {*FUNCTIONS, "linear"} == {*ACTIVATIONS, *OLDER_ACTIVATIONS}


def test_softmax_adds_up_to_one_and_its_logarithm_is_log_softmax() -> None:
    y = activate("softmax", X)
    assert y.sum() == pytest.approx(1)
    np.testing.assert_allclose(np.log(y), activate("log_softmax", X))


def test_sparsemax_of_two_close_numbers_is_as_keras_has_it() -> None:
    # The support is (0.6, 0.4) with the sums 0.6 and 1.0, of which Keras takes both: (1.6 - 1) / 2.
    np.testing.assert_allclose(activate("sparsemax", np.array([0.6, 0.4])), [0.6 - 0.3, 0.4 - 0.3])


def test_glu_gates_the_first_half_by_the_second() -> None:
    np.testing.assert_allclose(activate("glu", np.array([3.0, 0.0])), [1.5])


def test_a_configuration_gives_the_other_arguments() -> None:
    relu = {"class_name": "relu", "config": {"max_value": 1.0, "negative_slope": 0.5}}
    np.testing.assert_allclose(activate(relu, X), [-1, -0.125, 0, 0.25, 1])
    threshold = {"class_name": "threshold", "config": {"threshold": 0.1, "default_value": -7}}
    np.testing.assert_allclose(activate(threshold, X), [-7, -7, -7, 0.25, 2])


@pytest.mark.parametrize(
    ("name", "config", "expected"),
    [
        ("relu", {"threshold": 0.25, "negative_slope": 0.5}, [0.5 * -2.25, 0.5 * -0.5, 0.5 * -0.25, 0, 2]),
        ("relu", {"threshold": -0.25}, [0, 0, 0, 0.25, 2]),
        ("leaky_relu", {"negative_slope": 0.5}, [-1, -0.125, 0, 0.25, 2]),
        ("elu", {"alpha": 0.5}, [0.5 * (math.exp(-2) - 1), 0.5 * (math.exp(-0.25) - 1), 0, 0.25, 2]),
        ("celu", {"alpha": 0.5}, [0.5 * (math.exp(-4) - 1), 0.5 * (math.exp(-0.5) - 1), 0, 0.25, 2]),
        (
            "gelu",
            {"approximate": True},
            [x / 2 * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) for x in X],
        ),
        ("hard_shrink", {"threshold": 0.25}, [-2, 0, 0, 0, 2]),
        ("soft_shrink", {"threshold": 0.125}, [-1.875, -0.125, 0, 0.125, 1.875]),
        ("squareplus", {"b": 1.0}, [(x + math.sqrt(x * x + 1)) / 2 for x in X]),
    ],
)
def test_an_activation_with_arguments_is_its_formula(
    name: str, config: dict[str, float], expected: list[float]
) -> None:
    np.testing.assert_allclose(activate({"class_name": name, "config": config}, X), expected, atol=1e-15)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("celu", [math.exp(-2) - 1, math.exp(-0.25) - 1, 0, 0.25, 2]),
        ("selu", [1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * math.expm1(x)) for x in X]),
        ("hard_swish", [x * min(max(x / 6 + 0.5, 0), 1) for x in X]),
        ("tanh_shrink", [x - math.tanh(x) for x in X]),
        ("log_sigmoid", [-math.log1p(math.exp(-x)) for x in X]),
        ("exponential", [math.exp(x) for x in X]),
    ],
)
def test_another_activation_is_its_formula(name: str, expected: list[float]) -> None:
    np.testing.assert_allclose(activate(name, X), expected, atol=1e-15)


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name not in ("threshold", "glu", "exponential")])
def test_no_activation_overflows(name: str) -> None:
    with np.errstate(all="raise", under="ignore"):
        assert np.isfinite(activate(name, np.array([-1e4, 1e4], "float32"))).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "threshold"])
def test_the_dtype_stays(name: str, dtype: str) -> None:
    assert activate(name, np.ones((2, 4), dtype)).dtype == dtype
