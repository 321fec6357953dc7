"""Pooling of `(samples, *axes, channels)`: the largest numbers or the means of windows."""

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstmcalc.kernels.convolution import same_margins, seen_from, stops_of

Array = NDArray[Any]
Sizes = tuple[int, ...]


def pool_max(x: Array, sizes: Sizes, strides: Sizes, padding: str) -> Array:
    """The largest number of each window; what padding adds is never it."""
    return _reduced(np.maximum, x, sizes, strides, padding, -np.inf)


def pool_mean(x: Array, sizes: Sizes, strides: Sizes, padding: str) -> Array:
    """The mean of each window, over what of it is not padding."""
    sums = _reduced(np.add, x, sizes, strides, padding, 0)
    sums /= _reduced(np.add, np.ones((1, *x.shape[1:-1], 1), x.dtype), sizes, strides, padding, 0)
    return sums


def pool_max_to(x: Array, sizes: Sizes) -> Array:
    """The largest numbers of as many windows as `sizes` says, whatever the size of the axes."""
    for axis, size in enumerate(sizes, start=1):
        x = np.stack([part.max(axis=axis) for part in _parts(x, axis, size)], axis=axis)
    return x


def pool_mean_to(x: Array, sizes: Sizes) -> Array:
    """The means of as many windows as `sizes` says, whatever the size of the axes."""
    for axis, size in enumerate(sizes, start=1):
        x = np.stack([part.mean(axis=axis) for part in _parts(x, axis, size)], axis=axis)
    return x


def masked_mean(x: Array, mask: Array) -> Array:
    """The mean over axis 1 of what is not masked, with that axis kept; no number where everything is."""
    with np.errstate(invalid="ignore", divide="ignore"):
        y: Array = np.where(mask, x, 0).sum(axis=1, keepdims=True) / mask.sum(axis=1, keepdims=True).astype(x.dtype)
    return y


def _reduced(function: np.ufunc, x: Array, sizes: Sizes, strides: Sizes, padding: str, filled: float) -> Array:
    """All numbers of each window joined by a function, one position of the window after the other."""
    if padding == "same":
        margins = same_margins(x.shape[1:-1], sizes, strides)
        x = np.pad(x, [(0, 0), *margins, (0, 0)], constant_values=filled)
    once = (1,) * len(sizes)
    stops = stops_of(x.shape[1:-1], sizes, strides, once)
    first, *others = product(*map(range, sizes))
    y = seen_from(x, first, stops, strides, once).copy()
    for position in others:
        function(y, seen_from(x, position, stops, strides, once), out=y)
    return y


def _parts(x: Array, axis: int, number: int) -> list[Array]:
    """`number` windows along an axis, each from the floor of its share to the ceiling, so that they may overlap."""
    size = x.shape[axis]
    before = (slice(None),) * axis
    return [x[(*before, slice(i * size // number, -(-(i + 1) * size // number)))] for i in range(number)]
