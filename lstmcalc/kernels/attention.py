"""Attention: scores of queries against keys, their softmax with masks, and the weighted sum of values."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstmcalc.kernels.activations import softmax
from lstmcalc.kernels.products import einsum

Array = NDArray[Any]

FAR = 1e9  # below every score, as keras/src/layers/activations/softmax.py has it


def masked_softmax(x: Array, mask: Array | None, axis: int | tuple[int, ...] = -1) -> Array:
    """A softmax over what is not masked; 0 where everything is."""
    if mask is None:
        return softmax(x, axis)
    return np.where(mask, softmax(np.where(mask, x, -x.dtype.type(FAR)), axis), 0)


def dot_scores(query: Array, key: Array) -> Array:
    """The products `(..., steps, timesteps)` of every query and key."""
    scores: Array = query @ np.swapaxes(key, -2, -1)
    return scores


def tanh_scores(query: Array, key: Array, inner: Array | float = 1.0, outer: Array | float = 1.0) -> Array:
    """The sums over the features of outer * tanh(inner * (query + key))."""
    sums = query[..., :, None, :] + key[..., None, :, :]
    scores: Array = np.sum(outer * np.tanh(inner * sums), axis=-1)
    return scores


def weigh(scores: Array, value: Array, mask: Array | None) -> tuple[Array, Array]:
    """The values weighted by the softmax of their scores, and the weights; masked scores are moved far down."""
    if mask is not None:
        scores = np.where(mask, scores, scores - scores.dtype.type(FAR))
    weights = softmax(scores)
    return weights @ value, weights


def causal(steps: int, timesteps: int) -> Array:
    """The mask `(1, steps, timesteps)` that lets a step see no later one."""
    return np.tri(steps, timesteps, dtype=bool)[None]


def sliding(steps: int, timesteps: int, window: int) -> Array:
    """The mask `(1, steps, timesteps)` that lets a step see less than `window` steps either way."""
    return np.asarray(np.abs(np.arange(steps)[:, None] - np.arange(timesteps)) < window)[None]


def heads(
    query: Array, key: Array, value: Array, mask: Array | None, axes: tuple[int, ...], is_fused: bool
) -> tuple[Array, Array]:
    """Attention over some axes of `(samples, *axes, heads, features)`, and its weights.

    The weights are `(samples, *others, heads, *query axes, *key axes)`, as Keras has them.
    Keras's fused product weighs all alike where everything is masked, its other one nothing.
    """
    of_scores, of_output = equations(query.ndim, axes)
    scores = einsum(of_scores, key, query)
    if is_fused and mask is not None:
        scores, mask = np.where(mask, scores, -scores.dtype.type(FAR)), None
    weights = masked_softmax(scores, mask, tuple(range(-len(axes), 0)))
    return einsum(of_output, weights, value), weights


def equations(rank: int, axes: tuple[int, ...]) -> tuple[str, str]:
    """The equations of the scores and of the output for arrays of `rank` axes, attended over `axes`."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    target = letters[:rank]
    source = "".join(letters[rank + axes.index(i)] if i in axes else letter for i, letter in enumerate(target))
    shared = "".join(letter for i, letter in enumerate(target[:-1]) if i not in axes)
    pairs = shared + "".join(target[i] for i in axes) + "".join(source[i] for i in axes)
    return f"{source},{target}->{pairs}", f"{pairs},{source}->{target}"
