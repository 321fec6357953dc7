"""Normalization by hand."""

import numpy as np
import pytest

from lstmcalc.kernels.normalization import along, by_root_mean_square, standardize, standardize_groups
from lstmcalc.kernels.products import dot, matmul, unit_length

X = np.random.default_rng(0).standard_normal((3, 4, 6))


def test_standardizing_leaves_mean_0_and_variance_1() -> None:
    y = standardize(X, (1, 2), 0)
    assert y.mean(axis=(1, 2)) == pytest.approx(np.zeros(3))
    assert y.var(axis=(1, 2)) == pytest.approx(np.ones(3))


def test_each_group_is_standardized_on_its_own() -> None:
    y = standardize_groups(X, 2, 3, 0)
    for group in range(3):
        features = slice(2 * group, 2 * group + 2)
        np.testing.assert_allclose(y[..., features], standardize(X[..., features], (1, 2), 0))


def test_the_root_mean_square_is_1() -> None:
    assert np.square(by_root_mean_square(X, (2,), 0)).mean(axis=2) == pytest.approx(np.ones((3, 4)))


def test_a_vector_stands_along_its_axes() -> None:
    assert along(np.ones((4, 6)), (1, 2), 3).shape == (1, 4, 6)
    assert along(np.ones(4), (1,), 3).shape == (1, 4, 1)


def test_the_length_is_1_and_nothing_stays_nothing() -> None:
    y = unit_length(np.array([[3.0, 4.0], [0.0, 0.0]]), 1)
    np.testing.assert_allclose(y, [[0.6, 0.8], [0, 0]])


def test_a_product_of_any_rank_is_that_of_its_rows() -> None:
    np.testing.assert_allclose(matmul(X, np.ones((6, 2)))[..., 0], X.sum(axis=-1))


def test_a_dot_product_keeps_the_other_axes_of_the_first_then_of_the_second() -> None:
    x, y = X, np.random.default_rng(1).standard_normal((3, 5, 4))
    np.testing.assert_allclose(dot(x, y, 1, 2), np.einsum("btf,bst->bfs", x, y))
    assert dot(x[:, 0], x[:, 1], 1, 1).shape == (3, 1)
