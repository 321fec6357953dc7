"""Images in another size, as keras/src/backend/numpy/image.py has it: `(samples, height, width, channels)`."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def repeat(x: Array, times: tuple[int, ...]) -> Array:
    """Each position `times` times along each axis after the samples."""
    for axis, number in enumerate(times, start=1):
        x = x.repeat(number, axis=axis) if number > 1 else x
    return x


def resize(x: Array, height: int, width: int, interpolation: str, antialias: bool = False) -> Array:
    """An image of that height and width; whole numbers are rounded and stay within those of the input."""
    if (height, width) == x.shape[1:3]:
        return x
    if interpolation == "nearest":
        for axis, size in ((1, height), (2, width)):
            steps = (np.arange(size, dtype="float32") + 0.5) * x.shape[axis] / size
            x = x.take(steps.astype(int), axis=axis)
        return x
    y = x if x.dtype.kind == "f" else x.astype("float32")
    for axis, size in ((1, height), (2, width)):
        if size != x.shape[axis]:
            shares = _shares(x.shape[axis], size, KERNELS[interpolation], antialias).astype(y.dtype)
            y = np.moveaxis(np.tensordot(y, shares, (axis, 0)), -1, axis)
    if y.dtype == x.dtype:
        return y
    return np.clip(np.round(y), x.min(), x.max()).astype(x.dtype)


def crop_to_ratio(x: Array, height: int, width: int) -> Array:
    """The middle of an image that has the ratio of another height and width."""
    rows, columns = x.shape[1:3]
    kept = max(min(rows, int(columns * height / width)), 1), max(min(columns, int(rows * width / height)), 1)
    top, left = (rows - kept[0]) // 2, (columns - kept[1]) // 2
    return x[:, top : top + kept[0], left : left + kept[1]]


def pad_to_ratio(x: Array, height: int, width: int, value: float) -> Array:
    """An image with margins of one number that give it about the ratio of another height and width."""
    rows, columns = x.shape[1:3]
    top = (max(rows, int(columns * height / width)) - rows) // 2
    left = (max(columns, int(rows * width / height)) - columns) // 2 if not top else 0
    return np.pad(x, [(0, 0), (top, top), (left, left), (0, 0)], constant_values=value)


def stretch(x: Array, least: float, most: float) -> Array:
    """Each channel of an image over all values from `least` to `most`; one of a single value as it is."""
    bright = (x - least) / (most - least) * 255
    low, high = bright.min(axis=(1, 2), keepdims=True), bright.max(axis=(1, 2), keepdims=True)
    spread = np.where(high > low, high - low, 1)
    wide = np.clip((bright - low) * (255 / spread), 0, 255) / 255 * (most - least) + least
    return np.where(high > low, wide, x).astype(x.dtype)


def _shares(before: int, after: int, kernel: Callable[[Array], Array], antialias: bool) -> Array:
    """What each position before contributes to each after."""
    step = before / after
    places = (np.arange(after) + 0.5) * step - 0.5
    distances = np.abs(places - np.arange(before)[:, None])
    shares = kernel(distances / max(step, 1.0) if antialias else distances)
    total = shares.sum(axis=0, keepdims=True)
    is_sound = np.abs(total) > 1000 * np.finfo("float32").eps
    return np.where(is_sound, shares / np.where(is_sound, total, 1), 0)


def _triangle(x: Array) -> Array:
    y: Array = np.maximum(0, 1 - x)
    return y


def _keys(x: Array) -> Array:
    """The cubic kernel of Keys 1981."""
    near, far = ((1.5 * x - 2.5) * x) * x + 1, ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x >= 2, 0, np.where(x >= 1, far, near))


def _lanczos(radius: float) -> Callable[[Array], Array]:
    def kernel(x: Array) -> Array:
        wave = radius * np.sin(math.pi * x) * np.sin(math.pi * x / radius)
        shares = np.where(x > 1e-3, wave / np.where(x > 0, math.pi**2 * x**2, 1), 1)
        return np.where(x > radius, 0, shares)

    return kernel


KERNELS = {"bilinear": _triangle, "bicubic": _keys, "lanczos3": _lanczos(3), "lanczos5": _lanczos(5)}
