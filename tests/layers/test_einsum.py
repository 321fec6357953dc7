"""EinsumDense: an equation's kernel, bias and output; its products counted in plain loops."""

from itertools import product
from typing import Any

import pytest

import lstmcalc
from lstmcalc.models.model import BuiltModel


def model(equation: str, output: Any, shape: list[int | None], **options: Any) -> BuiltModel:
    item = {"EinsumDense": {"equation": equation, "output_shape": output, **options}}
    return lstmcalc.from_dict({"input": shape, "layers": [item]})


@pytest.mark.parametrize(
    ("equation", "output", "shape", "kernel", "given"),
    [
        ("ab,bc->ac", 4, [5], (5, 4), (None, 4)),
        ("abc,cd->abd", [None, 4], [7, 5], (5, 4), (None, None, 4)),
        ("...x,xy->...y", 4, [7, 5], (5, 4), (None, 7, 4)),
        ("ab...,bc->ac...", [4], [5, 7], (5, 4), (None, 4, 7)),
        ("abc,cde->abde", [7, 2, 3], [7, 5], (5, 2, 3), (None, 7, 2, 3)),
        ("abcd,cde->abe", [7, 5], [7, 2, 3], (2, 3, 5), (None, 7, 5)),
    ],
)
def test_kernel_and_output_follow_the_equation(
    equation: str, output: Any, shape: list[int | None], kernel: tuple[int, ...], given: tuple[int | None, ...]
) -> None:
    made = model(equation, output, shape)
    (weight,) = made.all_weights()
    assert weight.shape == kernel
    assert made.output_shape == given


@pytest.mark.parametrize(
    ("equation", "output", "shape", "sizes"),
    [
        ("ab,bc->ac", 4, [5], (5, 4)),
        ("abc,cd->abd", [None, 4], [7, 5], (7, 5, 4)),
        ("...x,xy->...y", 4, [7, 5], (7, 5, 4)),
        ("ab...,bc->ac...", [4], [5, 7], (7, 5, 4)),
        ("abc,cde->abde", [7, 2, 3], [7, 5], (7, 5, 2, 3)),
        ("abcd,cde->abe", [7, 5], [7, 2, 3], (7, 2, 3, 5)),
    ],
)
def test_a_product_runs_over_every_letter_once(
    equation: str, output: Any, shape: list[int], sizes: tuple[int, ...]
) -> None:
    products = model(equation, output, shape).products(((None, *shape),)) or ()
    assert sum(each.macs for each in products) == sum(1 for _ in product(*map(range, sizes)))


def test_a_bias_has_the_axes_that_are_named_and_those_behind() -> None:
    _, bias = model("abc,cde->abde", [7, 2, 3], [7, 5], bias_axes="d").all_weights()
    assert bias.shape == (2, 1)


@pytest.mark.parametrize(
    ("equation", "output", "shape", "message"),
    [
        (
            "ab,bc",
            4,
            [5],
            "the equation must be like 'ab,bc->ac', '...ab,bc->...ac' or 'ab...,bc->ac...', but is 'ab,bc'",
        ),
        ("ab,cd->ac", 4, [5], "the kernel 'cd' has 'd', which is neither in the input and in the output"),
        ("abc,cd->abd", [7, 4], [5], "the equation 'abc,cd->abd' takes 3 axes, but the input has 2: (None, 5)"),
        ("abc,cd->abd", [6, 4], [7, 5], "'b' is 7 in the input (None, 7, 5), but 6 in the output (None, 6, 4)"),
        ("abc,cd->abd", 4, [7, 5], "the output 'abd' has 3 axes, but output_shape is (4)"),
    ],
)
def test_what_does_not_fit_is_refused(equation: str, output: Any, shape: list[int | None], message: str) -> None:
    with pytest.raises(lstmcalc.ModelError) as refused:
        model(equation, output, shape)
    assert refused.value.message == message
