"""Convolutions by hand, and against plain loops over every number."""

from itertools import product

import numpy as np
import pytest

from lstmcalc.kernels import convolution
from lstmcalc.kernels.convolution import convolve, convolve_depthwise, convolve_transposed


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def slid_by_loops(x: np.ndarray, kernel: np.ndarray, strides: tuple[int, ...], dilation: tuple[int, ...]) -> np.ndarray:
    """A kernel that stays inside, number by number."""
    *sizes, channels, filters = kernel.shape
    windows = [(size - 1) * rate + 1 for size, rate in zip(sizes, dilation, strict=True)]
    stops = [
        (axis - window) // stride + 1 for axis, window, stride in zip(x.shape[1:-1], windows, strides, strict=True)
    ]
    y = np.zeros((len(x), *stops, filters))
    for sample, *stop, filter in np.ndindex(*y.shape):
        for position in product(*map(range, sizes)):
            seen = [
                at * stride + place * rate
                for at, stride, place, rate in zip(stop, strides, position, dilation, strict=True)
            ]
            for channel in range(channels):
                y[(sample, *stop, filter)] += x[(sample, *seen, channel)] * kernel[(*position, channel, filter)]
    return y


def test_a_kernel_of_ones_adds_what_it_sees() -> None:
    x = np.array([[[1.0], [2.0], [3.0], [4.0]]])
    y = convolve(x, np.ones((2, 1, 1)), (1,), "valid", (1,))
    assert y.ravel().tolist() == [3, 5, 7]


def test_padding_same_puts_the_odd_zero_after() -> None:
    x = np.array([[[1.0], [2.0], [3.0]]])
    y = convolve(x, np.ones((2, 1, 1)), (1,), "same", (1,))
    assert y.ravel().tolist() == [3, 5, 3]


def test_causal_padding_sees_no_future() -> None:
    x = np.array([[[1.0], [2.0], [3.0], [4.0]]])
    y = convolve(x, np.ones((2, 1, 1)), (1,), "causal", (2,))
    assert y.ravel().tolist() == [1, 2, 1 + 3, 2 + 4]


@pytest.mark.parametrize(
    ("axes", "sizes", "strides", "dilation"),
    [
        ((7,), (3,), (2,), (1,)),
        ((7,), (3,), (1,), (2,)),
        ((5, 6), (2, 3), (2, 1), (1, 1)),
        ((5, 6), (2, 2), (1, 1), (3, 2)),
        ((3, 4, 3), (2, 1, 2), (1, 2, 1), (1, 1, 1)),
    ],
)
@pytest.mark.parametrize("block", [2**24, 1])
def test_a_convolution_is_what_the_loops_give(
    axes: tuple[int, ...],
    sizes: tuple[int, ...],
    strides: tuple[int, ...],
    dilation: tuple[int, ...],
    block: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(convolution, "BLOCK", block)
    x, kernel = numbers(2, *axes, 3), numbers(*sizes, 3, 4, seed=1)
    np.testing.assert_allclose(
        convolve(x, kernel, strides, "valid", dilation), slid_by_loops(x, kernel, strides, dilation)
    )


def test_groups_see_their_own_channels_alone() -> None:
    x, kernel = numbers(2, 6, 4), numbers(3, 2, 6, seed=1)
    y = convolve(x, kernel, (1,), "valid", (1,), groups=2)
    first = convolve(x[..., :2], kernel[..., :3], (1,), "valid", (1,))
    second = convolve(x[..., 2:], kernel[..., 3:], (1,), "valid", (1,))
    np.testing.assert_allclose(y, np.concatenate([first, second], axis=-1))


def test_channels_first_is_the_same_with_the_axes_moved() -> None:
    x, kernel = numbers(2, 5, 6, 3), numbers(2, 3, 3, 4, seed=1)
    last = convolve(x, kernel, (1, 2), "same", (1, 1))
    first = convolve(np.moveaxis(x, -1, 1), kernel, (1, 2), "same", (1, 1), channels_last=False)
    np.testing.assert_allclose(np.moveaxis(first, 1, -1), last)


def test_a_depthwise_convolution_is_one_for_each_channel() -> None:
    x, kernel = numbers(2, 6, 3), numbers(2, 3, 2, seed=1)
    y = convolve_depthwise(x, kernel, (2,), "valid", (1,))
    each = [convolve(x[..., i : i + 1], kernel[:, i : i + 1], (2,), "valid", (1,)) for i in range(3)]
    np.testing.assert_allclose(y, np.concatenate(each, axis=-1))


def test_a_transposed_convolution_spreads_each_number() -> None:
    x = np.array([[[1.0], [10.0]]])
    kernel = np.array([1.0, 2.0, 3.0]).reshape(3, 1, 1)
    y = convolve_transposed(x, kernel, (2,), "valid", None, (1,))
    assert y.ravel().tolist() == [1, 2, 3 + 10, 20, 30]


def test_a_transposed_convolution_with_padding_same_gives_the_axis_times_the_stride() -> None:
    x = np.array([[[1.0], [10.0]]])
    kernel = np.array([1.0, 2.0, 3.0]).reshape(3, 1, 1)
    y = convolve_transposed(x, kernel, (2,), "same", None, (1,))
    assert y.ravel().tolist() == [1, 2, 3 + 10, 20]


def test_output_padding_adds_zeros_after() -> None:
    x = np.array([[[1.0], [10.0]]])
    kernel = np.array([1.0, 2.0, 3.0]).reshape(3, 1, 1)
    y = convolve_transposed(x, kernel, (2,), "valid", (1,), (1,))
    assert y.ravel().tolist() == [1, 2, 3 + 10, 20, 30, 0]


def test_a_transposed_convolution_is_the_transpose_of_a_convolution() -> None:
    x, y, kernel = numbers(1, 7, 8, 3), numbers(1, 3, 7, 4, seed=1), numbers(3, 2, 3, 4, seed=2)
    there = convolve(x, kernel, (2, 1), "valid", (1, 1))
    back = convolve_transposed(y, kernel, (2, 1), "valid", None, (1, 1))
    assert np.sum(there * y) == pytest.approx(np.sum(x * back))
