"""Convolutions whose kernel is another at each position (keras/src/layers/locally_connected of Keras 2.15)."""

from collections.abc import Iterator
from itertools import product

import numpy as np

Sizes = tuple[int, ...]


def windows(axes: Sizes, kernel: Sizes, strides: Sizes, positions: Sizes, padding: str) -> Iterator[tuple[range, ...]]:
    """The places of the input that each position of the output sees, in the order of the positions.

    With padding a window is cut off where the input ends (`conv_connected_inputs` in keras/src/utils/conv_utils.py).
    """
    for position in product(*map(range, positions)):
        starts = [
            number * stride - (0 if padding == "valid" else size // 2)
            for number, stride, size in zip(position, strides, kernel, strict=True)
        ]
        yield tuple(
            range(max(0, start), min(axis, start + size))
            for start, size, axis in zip(starts, kernel, axes, strict=True)
        )


def connections(
    axes: Sizes, kernel: Sizes, strides: Sizes, positions: Sizes, padding: str
) -> Iterator[tuple[int, int]]:
    """Each place of the input that a position of the output sees, both by their numbers."""
    for position, window in enumerate(windows(axes, kernel, strides, positions, padding)):
        for place in product(*window):
            yield position, int(np.ravel_multi_index(place, axes))
