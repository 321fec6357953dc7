"""What Keras 1 had and Keras 2 dropped, as Keras 1.2.2 counted and named it."""

import math
from typing import Any

import numpy as np
import pytest

import lstmcalc
from lstmcalc.models.model import BuiltModel


def weights(made: BuiltModel) -> list[tuple[str, tuple[int, ...]]]:
    return [(weight.name, weight.shape) for weight in made.all_weights()]


def test_maxout_is_several_dense_layers() -> None:
    made = lstmcalc.parse("Input(5) | MaxoutDense(3)")
    assert weights(made) == [("W", (4, 5, 3)), ("b", (4, 3))]
    assert made.count_params() == 4 * (5 + 1) * 3


def test_highway_has_a_second_kernel_for_its_gate() -> None:
    made = lstmcalc.parse("Input(5) | Highway()")
    assert weights(made) == [("W", (5, 5)), ("W_carry", (5, 5)), ("b", (5,)), ("b_carry", (5,))]
    assert sum(product.macs for product in made.products(((None, 5),)) or ()) == 2 * 5 * 5


def test_the_older_time_distributed_dense_is_a_dense_on_each_timestep() -> None:
    made = lstmcalc.parse("Input(7, 5) | TimeDistributedDense(3)")
    assert weights(made) == [("W", (5, 3)), ("b", (3,))]
    assert made.output_shape == (None, 7, 3)
    assert sum(product.macs for product in made.products(((None, 7, 5),)) or ()) == 7 * 5 * 3


@pytest.mark.parametrize(
    ("arguments", "first", "second", "output"),
    [
        *[({"mode": mode}, [7, 5], [7, 5], (None, 7, 5)) for mode in ("sum", "mul", "ave", "max")],
        ({}, [5], [5], (None, 5)),
        ({"mode": "concat"}, [7, 5], [7, 3], (None, 7, 8)),
        ({"mode": "concat", "concat_axis": 1}, [7, 5], [2, 5], (None, 9, 5)),
        ({"mode": "dot"}, [7, 5], [3, 5], (None, 7, 3)),
        ({"mode": "dot", "dot_axes": [2, 1]}, [7, 5], [5, 3], (None, 7, 3)),
        ({"mode": "dot"}, [5], [5], (None, 1)),
        ({"mode": "cos"}, [5], [5], (None, 1)),
    ],
)
def test_merge_gives_the_shape_of_its_mode(arguments: Any, first: Any, second: Any, output: Any) -> None:
    item = {"Merge": arguments, "from": ["a", "b"]}
    assert lstmcalc.from_dict({"inputs": {"a": first, "b": second}, "layers": [item]}).output_shape == output


def test_merge_of_two_shapes_is_refused() -> None:
    with pytest.raises(lstmcalc.ModelError) as refused:
        item = {"Merge": {"mode": "mul"}, "from": ["a", "b"]}
        lstmcalc.from_dict({"inputs": {"a": [5], "b": [4]}, "layers": [item]})
    assert refused.value.message == "Merge with mode mul takes inputs of one shape, but has (None, 5), (None, 4)"


def test_a_hard_sigmoid_has_the_slope_that_it_had_in_keras_1() -> None:
    made = lstmcalc.parse("Input(3, 1) | TimeDistributedDense(1, activation='hard_sigmoid')")
    y = made.predict([[[-5], [1], [2]]], weights={made.placed[0].layer.name: [[[1]], [0]]})
    np.testing.assert_allclose(y, [[[0], [0.7], [0.9]]], rtol=1e-6)  # 0.2 * x + 0.5, where Keras 3 has x / 6 + 0.5


def predicted(item: Any, *inputs: Any, weights: Any = None) -> Any:
    arrays = [np.array(each, "float32") for each in inputs]
    names = [f"x{number}" for number in range(len(arrays))]
    shapes = {name: list(array.shape[1:]) for name, array in zip(names, arrays, strict=True)}
    model = lstmcalc.from_dict({"inputs": shapes, "layers": [{**item, "from": names if len(names) > 1 else names[0]}]})
    given = {layer.name: weights for layer in model.layers[-1:]} if weights is not None else {}
    return model.predict(arrays, weights=given)


def test_a_maxout_is_the_largest_of_its_dense_layers() -> None:
    kernel, bias = [[[1.0, 2.0]], [[-3.0, 4.0]]], [[0.5, 0.0], [1.0, -5.0]]  # two of them, from 1 feature to 2 units
    y = predicted({"MaxoutDense": {"output_dim": 2, "nb_feature": 2}}, [[2.0], [-1.0]], weights=[kernel, bias])
    first = [max(2 * 1 + 0.5, 2 * -3 + 1), max(2 * 2 + 0, 2 * 4 - 5)]
    second = [max(-1 * 1 + 0.5, -1 * -3 + 1), max(-1 * 2 + 0, -1 * 4 - 5)]
    assert y.tolist() == [first, second]


def test_a_highway_mixes_what_it_makes_with_what_came_in() -> None:
    weights = [[[2.0]], [[3.0]], [0.25], [-0.5]]  # W, W_carry, b, b_carry
    y = predicted({"Highway": {"activation": "tanh"}}, [[0.4]], weights=weights)
    gate = 1 / (1 + math.exp(-(0.4 * 3 - 0.5)))
    assert y.item() == pytest.approx(gate * math.tanh(0.4 * 2 + 0.25) + (1 - gate) * 0.4, rel=1e-6)


def test_a_highway_without_bias_has_two_kernels() -> None:
    y = predicted({"Highway": {"bias": False}}, [[0.4]], weights=[[[2.0]], [[3.0]]])
    gate = 1 / (1 + math.exp(-0.4 * 3))
    assert y.item() == pytest.approx(gate * 0.4 * 2 + (1 - gate) * 0.4, rel=1e-6)


def test_the_older_time_distributed_dense_multiplies_each_timestep() -> None:
    item = {"TimeDistributedDense": {"output_dim": 2, "activation": "relu"}}
    y = predicted(item, [[[1.0], [-1.0]]], weights=[[[2.0, -3.0]], [0.5, 1.0]])
    assert y.tolist() == [[[2.5, 0.0], [0.0, 4.0]]]


A, B = [[1.0, 2.0], [3.0, 4.0]], [[0.5, -1.0], [2.0, 6.0]]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, [[1.5, 1.0], [5.0, 10.0]]),
        ({"mode": "mul"}, [[0.5, -2.0], [6.0, 24.0]]),
        ({"mode": "ave"}, [[0.75, 0.5], [2.5, 5.0]]),
        ({"mode": "max"}, [[1.0, 2.0], [3.0, 6.0]]),
        ({"mode": "concat"}, [[1.0, 2.0, 0.5, -1.0], [3.0, 4.0, 2.0, 6.0]]),
        ({"mode": "dot"}, [[0.5 - 2], [6.0 + 24]]),
        ({"mode": "cos"}, [[-1.5 / math.sqrt(5 * 1.25)], [30 / math.sqrt(25 * 40)]]),
    ],
)
def test_a_merge_computes_what_its_mode_says(arguments: Any, expected: Any) -> None:
    y = predicted({"Merge": arguments}, A, B)
    np.testing.assert_allclose(y.reshape(len(expected), -1), expected, rtol=1e-6)


def test_a_parametric_softplus_learns_a_height_and_a_slope_for_each_place() -> None:
    made = lstmcalc.parse("Input(4, 3) | ParametricSoftplus()")
    assert weights(made) == [("alphas", (4, 3)), ("betas", (4, 3))]
    assert [array[0, 0] for array in made.get_weights()["parametric_softplus"]] == pytest.approx([0.2, 5.0])
    x = np.random.default_rng(0).normal(size=(2, 4, 3))
    alphas, betas = np.full((4, 3), 0.5), np.full((4, 3), 2.0)
    run = made.predict(x, weights={"parametric_softplus": [alphas, betas]})
    np.testing.assert_allclose(run, 0.5 * np.log(1 + np.exp(2 * x)), rtol=1e-5)


def test_an_srelu_has_two_thresholds_and_a_slope_beyond_each() -> None:
    made = lstmcalc.parse("Input(4, 3) | SReLU(shared_axes=[1])")
    assert weights(made) == [(name, (1, 3)) for name in ("t_left", "a_left", "t_right", "a_right")]
    low, left, above, right = (np.full((1, 3), value) for value in (-1.0, 0.5, -3.0, 0.25))  # to the right by |above|
    x = np.array([[[-3.0] * 3, [0.0] * 3, [1.0] * 3, [4.0] * 3]])
    run = made.predict(x, weights={"s_re_lu": [low, left, above, right]})
    np.testing.assert_allclose(run[0, :, 0], [-1 + 0.5 * (-3 + 1), 0, 1, 2 + 0.25 * (4 - 2)])


def test_what_is_shared_is_an_axis() -> None:
    with pytest.raises(lstmcalc.ModelError) as caught:
        lstmcalc.parse("Input(4, 3) | SReLU(shared_axes=[3])")
    assert caught.value.message == "SReLU has no axis 3 to share: its input is (None, 4, 3)"
