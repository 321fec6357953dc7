"""Normalization: numbers brought to mean 0 and variance 1, or to a root mean square of 1."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Axes = tuple[int, ...]


def standardize(x: Array, axes: Axes, epsilon: float) -> Array:
    """Mean 0 and variance 1 over the axes together."""
    centered: Array = x - x.mean(axis=axes, keepdims=True)
    centered *= reciprocal_root(np.square(centered).mean(axis=axes, keepdims=True) + epsilon)
    return centered


def by_variance(x: Array, axes: Axes, epsilon: float) -> Array:
    """Divided by the root of the variance over the axes, and left where it is: Keras's `rms_scaling`."""
    y: Array = x * reciprocal_root(x.var(axis=axes, keepdims=True) + epsilon)
    return y


def by_root_mean_square(x: Array, axes: Axes, epsilon: float) -> Array:
    """A root mean square of 1 over the axes together."""
    y: Array = x * reciprocal_root(np.square(x).mean(axis=axes, keepdims=True) + epsilon)
    return y


def standardize_groups(x: Array, axis: int, groups: int, epsilon: float) -> Array:
    """Mean 0 and variance 1 for each sample and each of the groups that an axis is parted into."""
    parted = x.reshape(*x.shape[:axis], groups, x.shape[axis] // groups, *x.shape[axis + 1 :])
    others = tuple(each for each in range(1, parted.ndim) if each != axis)
    return standardize(parted, others, epsilon).reshape(x.shape)


def along(vector: Array, axes: Axes, rank: int) -> Array:
    """A vector, or one number for each place along the axes, as it broadcasts with an array of `rank` axes."""
    shape = [1] * rank
    for axis, size in zip(sorted(axes), vector.shape, strict=True):
        shape[axis] = size
    return vector.reshape(shape)


def reciprocal_root(x: Array) -> Array:
    """1 / sqrt(x); infinite for 0, and no number below it."""
    with np.errstate(divide="ignore", invalid="ignore"):
        y: Array = 1 / np.sqrt(x)
    return y
