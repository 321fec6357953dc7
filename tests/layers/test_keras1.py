"""What Keras 1 had and Keras 2 dropped, as Keras 1.2.2 counted and named it."""

from typing import Any

import numpy as np
import pytest

import lstmcalc
from lstmcalc.models.model import Model


def weights(made: Model) -> list[tuple[str, tuple[int, ...]]]:
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
