"""Normalization: its weights and its refusals. Expected numbers are worked out by hand."""

from typing import Any

import pytest

import lstmcalc
from lstmcalc.models.model import BuiltModel


def model(item: Any, shape: list[int | None]) -> BuiltModel:
    return lstmcalc.from_dict({"input": shape, "layers": [item]})


def refusal(item: Any, shape: list[int | None]) -> str:
    with pytest.raises(lstmcalc.ModelError) as refused:
        model(item, shape)
    return refused.value.message


def shapes(made: BuiltModel) -> dict[str, tuple[int, ...]]:
    return {weight.name: weight.shape for weight in made.all_weights()}


def test_the_moving_statistics_of_batch_normalization_are_not_trained() -> None:
    made = model("BatchNormalization", [7, 5])
    assert [weight.name for weight in made.all_weights()] == ["gamma", "beta", "moving_mean", "moving_variance"]
    assert [weight.trainable for weight in made.all_weights()] == [True, True, False, False]
    assert made.count_params() == 4 * 5


def test_batch_renormalization_keeps_three_more_statistics() -> None:
    assert model({"BatchNormalization": {"renorm": True}}, [7, 5]).count_params() == 7 * 5


def test_batch_normalization_takes_the_list_of_one_axis_that_keras_2_saved() -> None:
    assert model({"BatchNormalization": {"axis": [1]}}, [7, 5]).count_params() == 4 * 7


@pytest.mark.parametrize("layer", ["BatchNormalization", "LayerNormalization", "GroupNormalization"])
def test_gamma_goes_with_scale_and_beta_with_center(layer: str) -> None:
    groups = {"groups": 1} if layer == "GroupNormalization" else {}
    both = model({layer: groups}, [7, 5]).count_params()
    assert model({layer: {**groups, "scale": False}}, [7, 5]).count_params() == both - 5
    assert model({layer: {**groups, "center": False}}, [7, 5]).count_params() == both - 5


def test_layer_normalization_over_two_axes_has_a_gamma_for_each_pair() -> None:
    assert shapes(model({"LayerNormalization": {"axis": [1, 2]}}, [7, 5])) == {"gamma": (7, 5), "beta": (7, 5)}


def test_layer_normalization_with_rms_scaling_has_no_beta() -> None:
    assert shapes(model({"LayerNormalization": {"rms_scaling": True}}, [7, 5])) == {"gamma": (5,)}


def test_spectral_normalization_adds_a_vector_after_the_kernel() -> None:
    made = model({"SpectralNormalization": {"Dense": 3}}, [5])
    assert shapes(made) == {"kernel": (5, 3), "vector_u": (1, 3), "bias": (3,)}
    assert [weight.trainable for weight in made.all_weights()] == [True, False, True]


def test_normalization_counts_its_own_counter() -> None:
    assert model("Normalization", [7, 5]).count_params() == 2 * 5 + 1
    assert model({"Normalization": {"mean": 1, "variance": 2}}, [7, 5]).count_params() == 0


def test_normalization_multiplies_no_matrix() -> None:
    items = [
        "BatchNormalization",
        "LayerNormalization",
        "RMSNormalization",
        {"Rescaling": 2},
        {"GroupNormalization": 1},
    ]
    for item in items:
        assert model(item, [7, 5]).products(((None, 7, 5),)) == ()


def test_spectral_normalization_multiplies_what_its_layer_multiplies() -> None:
    (product,) = model({"SpectralNormalization": {"Dense": 3}}, [5]).products(((None, 5),)) or ()
    assert product.macs == 5 * 3


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"BatchNormalization": {"axis": 4}}, "BatchNormalization has no axis 4 to work on: its input is (None, 7, 5)"),
        ({"LayerNormalization": {"axis": [-1, 2]}}, "LayerNormalization takes each axis once, but axis is [-1, 2]"),
        (
            {"GroupNormalization": 2},
            "GroupNormalization parts features into groups of one size, but has 5 features and 2 groups",
        ),
        ({"Normalization": {"mean": 1}}, "mean and variance go together, but variance is missing"),
        (
            {"Normalization": {"mean": [1, 2], "variance": [1, 2]}},
            "mean has the shape (2), but the input has (5) in its place",
        ),
        (
            {"SpectralNormalization": {"LSTM": 3}},
            "SpectralNormalization takes a layer with a kernel or embeddings, but LSTM has none",
        ),
        (
            {"BatchNormalization": {"renorm": True, "renorm_clipping": {"rmaxx": 3}}},
            "BatchNormalization: renorm_clipping takes rmax, rmin and dmax, but has rmaxx",
        ),
    ],
)
def test_what_does_not_fit_is_refused(item: Any, message: str) -> None:
    assert refusal(item, [7, 5]) == message


def test_an_unknown_number_of_features_is_refused() -> None:
    message = refusal("BatchNormalization", [7, None])
    assert message == "BatchNormalization needs to know its features, but its input is (None, 7, None)"
