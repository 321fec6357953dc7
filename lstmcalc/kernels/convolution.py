"""Convolutions over one, two or three axes, transposed and depthwise ones, as XLA pads and aligns them.

`strides` and `dilation` have a number for each spatial axis. With `channels_last` false the
channels of input and output stand before the spatial axes; kernels always have them last.
"""

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Sizes = tuple[int, ...]

BLOCK = 2**24  # 16 MiB of windows copied at once: they stay out of the way of the rest of the model


def convolve(
    x: Array,
    kernel: Array,
    strides: Sizes,
    padding: str,
    dilation: Sizes,
    groups: int = 1,
    channels_last: bool = True,
) -> Array:
    """A kernel `(*sizes, channels // groups, filters)` slid over `(samples, *axes, channels)`.

    `padding` is valid, same or, for one axis, causal.
    """
    x = x if channels_last else np.moveaxis(x, 1, -1)
    x = _padded(x, kernel.shape[:-2], strides, padding, dilation)
    if groups == 1:
        y = _slid(x, kernel, strides, dilation)
    else:
        inputs, kernels = np.split(x, groups, axis=-1), np.split(kernel, groups, axis=-1)
        pairs = zip(inputs, kernels, strict=True)
        y = np.concatenate([_slid(part, own, strides, dilation) for part, own in pairs], axis=-1)
    return y if channels_last else np.moveaxis(y, -1, 1)


def convolve_depthwise(
    x: Array, kernel: Array, strides: Sizes, padding: str, dilation: Sizes, channels_last: bool = True
) -> Array:
    """A kernel `(*sizes, channels, multiplier)`: each channel on its own gives `multiplier` channels."""
    x = x if channels_last else np.moveaxis(x, 1, -1)
    *sizes, channels, multiplier = kernel.shape
    x = _padded(x, tuple(sizes), strides, padding, dilation)
    stops = stops_of(x.shape[1:-1], tuple(sizes), strides, dilation)
    y = np.zeros((len(x), *stops, channels, multiplier), np.result_type(x, kernel))
    for position in product(*map(range, sizes)):
        y += seen_from(x, position, stops, strides, dilation)[..., None] * kernel[position]
    y = y.reshape(*y.shape[:-2], channels * multiplier)
    return y if channels_last else np.moveaxis(y, -1, 1)


def convolve_transposed(
    x: Array,
    kernel: Array,
    strides: Sizes,
    padding: str,
    output_padding: Sizes | None,
    dilation: Sizes,
    channels_last: bool = True,
) -> Array:
    """A kernel `(*sizes, filters, channels)` added to the output once for each position of the input."""
    x = x if channels_last else np.moveaxis(x, 1, -1)
    *sizes, filters, channels = kernel.shape
    axes = x.shape[1:-1]
    windows = windows_of(tuple(sizes), dilation)
    whole = [(axis - 1) * stride + window for axis, stride, window in zip(axes, strides, windows, strict=True)]
    y = np.zeros((len(x), *whole, filters), np.result_type(x, kernel))
    rows = x.reshape(-1, channels)
    for position in product(*map(range, sizes)):
        seen_from(y, position, axes, strides, dilation)[...] += (rows @ kernel[position].T).reshape(
            len(x), *axes, filters
        )
    more: tuple[int | None, ...] = output_padding or (None,) * len(axes)
    margins = [_margins(*each, padding) for each in zip(windows, strides, more, strict=True)]
    y = _trimmed(y, margins)
    return y if channels_last else np.moveaxis(y, -1, 1)


def windows_of(sizes: Sizes, dilation: Sizes) -> Sizes:
    """What a kernel reaches over along each axis, with the gaps of its dilation."""
    return tuple((size - 1) * rate + 1 for size, rate in zip(sizes, dilation, strict=True))


def stops_of(axes: Sizes, sizes: Sizes, strides: Sizes, dilation: Sizes) -> Sizes:
    """How often a kernel stops along each axis when it stays inside."""
    windows = windows_of(sizes, dilation)
    return tuple((axis - window) // stride + 1 for axis, window, stride in zip(axes, windows, strides, strict=True))


def same_margins(axes: Sizes, windows: Sizes, strides: Sizes) -> list[tuple[int, int]]:
    """How much padding `same` puts before and after each axis: the odd one after it."""
    margins = []
    for axis, window, stride in zip(axes, windows, strides, strict=True):
        missing = max((-(-axis // stride) - 1) * stride + window - axis, 0)
        margins.append((missing // 2, missing - missing // 2))
    return margins


def windows_over(x: Array, sizes: Sizes, strides: Sizes, dilation: Sizes) -> Array:
    """A view `(samples, *stops, *sizes, channels)` of `(samples, *axes, channels)`: what a kernel sees where it stops.

    It shares its numbers with `x`, and is not to be written to.
    """
    stops = stops_of(x.shape[1:-1], sizes, strides, dilation)
    samples, *axes, channels = x.strides
    steps = [step * stride for step, stride in zip(axes, strides, strict=True)]
    inside = [step * rate for step, rate in zip(axes, dilation, strict=True)]
    shape = (len(x), *stops, *sizes, x.shape[-1])
    return np.lib.stride_tricks.as_strided(x, shape, (samples, *steps, *inside, channels), writeable=False)


def _padded(x: Array, sizes: Sizes, strides: Sizes, padding: str, dilation: Sizes) -> Array:
    windows = windows_of(sizes, dilation)
    if padding == "valid":
        return x
    margins = [(windows[0] - 1, 0)] if padding == "causal" else same_margins(x.shape[1:-1], windows, strides)
    return np.pad(x, [(0, 0), *margins, (0, 0)]) if any(map(any, margins)) else x


def _slid(x: Array, kernel: Array, strides: Sizes, dilation: Sizes) -> Array:
    *sizes, channels, filters = kernel.shape
    matrix = kernel.reshape(-1, filters)
    if prod(sizes) == 1 and max(strides) == 1:
        return np.asarray(x.reshape(-1, channels) @ matrix).reshape(*x.shape[:-1], filters)
    windows = windows_over(x, tuple(sizes), strides, dilation)
    stops = windows.shape[: x.ndim - 1]
    y = np.empty((*stops, filters), np.result_type(x, kernel))
    for block in _blocks(stops, y.itemsize * len(matrix)):
        part = windows[block]
        y[block] = (part.reshape(-1, len(matrix)) @ matrix).reshape(*part.shape[: len(stops)], filters)
    return y


def _blocks(stops: Sizes, row: int) -> Iterator[tuple[slice, slice]]:
    """Parts of the first two axes whose windows, `row` bytes at each stop, fit in a block."""
    samples, first, *others = stops
    lines = max(BLOCK // max(row * prod(others), 1), 1)
    several = max(lines // max(first, 1), 1)
    for start in range(0, samples, several):
        for line in range(0, first, lines):
            yield slice(start, start + several), slice(line, line + lines)


def seen_from(x: Array, position: Sizes, stops: Sizes, strides: Sizes, dilation: Sizes) -> Array:
    """What one position of a kernel sees of `(samples, *axes, channels)` at all stops, as a view."""
    slices = []
    for place, count, stride, rate in zip(position, stops, strides, dilation, strict=True):
        start = place * rate
        slices.append(slice(start, start + (count - 1) * stride + 1, stride))
    view: Array = x[(slice(None), *slices)]
    return view


def _margins(window: int, stride: int, more: int | None, padding: str) -> tuple[int, int]:
    """How much is added to the whole of an axis before and after it (negative: taken off).

    As `compute_conv_transpose_padding_args_for_jax` in keras/src/backend/common/backend_utils.py.
    """
    if padding == "valid":
        return 0, max(window, stride) - window if more is None else more
    total = stride + window - 2 if more is None else window + window % 2 - 2 + more
    before = min(total // 2 + total % 2, window - 1)
    return before - (window - 1), total - before - (window - 1)


def _trimmed(y: Array, margins: list[tuple[int, int]]) -> Array:
    kept = [slice(max(-before, 0), min(after, 0) or None) for before, after in margins]
    added = [(max(before, 0), max(after, 0)) for before, after in margins]
    y = y[(slice(None), *kept)]
    return np.pad(y, [(0, 0), *added, (0, 0)]) if any(map(any, added)) else y
