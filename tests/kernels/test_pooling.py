"""Pooling by hand, and against plain loops."""

from itertools import product

import numpy as np
import pytest

from lstmcalc.kernels.pooling import masked_mean, pool_max, pool_max_to, pool_mean, pool_mean_to

X = np.array([1.0, 5.0, 2.0, 4.0, 3.0]).reshape(1, 5, 1)


def test_the_largest_number_of_each_window() -> None:
    assert pool_max(X, (2,), (2,), "valid").ravel().tolist() == [5, 4]


def test_padding_is_never_the_largest() -> None:
    assert pool_max(-X, (2,), (2,), "same").ravel().tolist() == [-1, -2, -3]


def test_padding_does_not_count_in_a_mean() -> None:
    assert pool_mean(X, (2,), (2,), "same").ravel().tolist() == [3, 3, 3]
    assert pool_mean(X, (3,), (1,), "same").ravel()[[0, -1]].tolist() == [3, 3.5]


@pytest.mark.parametrize(("sizes", "strides"), [((2, 3), (1, 2)), ((3, 1), (3, 1))])
def test_windows_of_an_image_are_what_the_loops_give(sizes: tuple[int, int], strides: tuple[int, int]) -> None:
    x = np.random.default_rng(0).standard_normal((2, 6, 7, 3))
    tall, wide = ((n - size) // stride + 1 for n, size, stride in zip((6, 7), sizes, strides, strict=True))
    for i, j in product(range(tall), range(wide)):
        top, left = i * strides[0], j * strides[1]
        part = x[:, top : top + sizes[0], left : left + sizes[1]]
        np.testing.assert_allclose(pool_max(x, sizes, strides, "valid")[:, i, j], part.max(axis=(1, 2)))
        np.testing.assert_allclose(pool_mean(x, sizes, strides, "valid")[:, i, j], part.mean(axis=(1, 2)))


def test_as_many_windows_as_asked_for_overlap_where_they_must() -> None:
    # Two windows of five: 0 to 2.5 and 2.5 to 5, each to the next whole position.
    assert pool_max_to(X, (2,)).ravel().tolist() == [5, 4]
    assert pool_mean_to(X, (2,)).ravel().tolist() == [8 / 3, 3]
    assert pool_max_to(X, (5,)).ravel().tolist() == X.ravel().tolist()


def test_a_masked_mean_is_over_the_rest() -> None:
    mask = np.array([True, False, True, False, False]).reshape(1, 5, 1)
    assert masked_mean(X, mask).ravel().tolist() == [1.5]
