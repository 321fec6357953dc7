"""Attention by hand: who sees whom, and what masks leave of it."""

import numpy as np
import pytest

from lstmcalc.kernels.attention import causal, equations, heads, masked_softmax, sliding, tanh_scores, weigh


def test_equal_scores_give_the_mean_of_the_values() -> None:
    value = np.array([[[1.0], [3.0]]])
    y, weights = weigh(np.zeros((1, 1, 2)), value, None)
    assert y.ravel().tolist() == [2]
    assert weights.ravel().tolist() == [0.5, 0.5]


def test_a_masked_value_has_no_weight() -> None:
    value = np.array([[[1.0], [3.0]]])
    y, _ = weigh(np.zeros((1, 1, 2)), value, np.array([[[True, False]]]))
    assert y.ravel().tolist() == [1]


def test_a_step_sees_no_later_one() -> None:
    assert causal(3, 3)[0].tolist() == [[True, False, False], [True, True, False], [True, True, True]]


def test_a_step_sees_less_than_the_window_either_way() -> None:
    assert sliding(3, 3, 2)[0].tolist() == [[True, True, False], [True, True, True], [False, True, True]]


def test_where_all_is_masked_the_softmax_is_0_and_the_fused_one_even() -> None:
    mask = np.array([[False, False]])
    assert masked_softmax(np.array([[1.0, 2.0]]), mask).tolist() == [[0, 0]]
    ones, value = np.ones((1, 2, 1, 1)), np.array([1.0, 3.0]).reshape(1, 2, 1, 1)
    fused, _ = heads(ones, ones, value, mask[None, None], (1,), is_fused=True)
    apart, _ = heads(ones, ones, value, mask[None, None], (1,), is_fused=False)
    assert fused.ravel().tolist() == [2, 2]
    assert apart.ravel().tolist() == [0, 0]


def test_the_equations_put_heads_before_what_is_attended() -> None:
    assert equations(4, (1,)) == ("aecd,abcd->acbe", "acbe,aecd->abcd")


def test_heads_are_what_the_loops_give() -> None:
    random = np.random.default_rng(0)
    query, key, value = (random.standard_normal((2, steps, 3, 4)) for steps in (5, 6, 6))
    y, weights = heads(query, key, value, None, (1,), is_fused=True)
    for sample, step, head in np.ndindex(2, 5, 3):
        scores = np.exp([query[sample, step, head] @ key[sample, other, head] for other in range(6)])
        shares = scores / scores.sum()
        np.testing.assert_allclose(weights[sample, head, step], shares)
        np.testing.assert_allclose(y[sample, step, head], shares @ value[sample, :, head])


def test_the_scores_of_additive_attention_are_sums_of_tanh() -> None:
    query, key = np.array([[[0.5, -1.0]]]), np.array([[[0.25, 0.5], [0.0, 0.0]]])
    expected = [2 * np.tanh(0.75) + np.tanh(-0.5), 2 * np.tanh(0.5) + np.tanh(-1.0)]
    assert tanh_scores(query, key, outer=np.array([2.0, 1.0])).ravel() == pytest.approx(expected)
