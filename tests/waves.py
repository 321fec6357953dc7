"""Numbers for weights and inputs that are the same wherever they are made, so that nobody needs to keep them."""

from math import prod
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

FIRST_WEIGHT = 100  # the number of a layer's first weight: inputs count from 0
POSITIVE = ("moving_variance", "moving_stddev", "renorm_stddev", "variance")


def waves(shape: tuple[int, ...], number: int) -> Array:
    """Numbers between -2 and 2, others for each `number`, of which none come twice."""
    count = np.arange(prod(shape))
    return (2 * np.sin(1.3 + 0.7 * number + 1.9 * count)).reshape(shape).astype("float32")


def indices(shape: tuple[int, ...], limit: int, number: int = 0) -> Array:
    """Whole numbers from 0 to below a limit."""
    return ((np.arange(prod(shape)) * 7 + 3 + number) % limit).reshape(shape).astype("int32")


def sequences(shape: tuple[int, ...], number: int = 0) -> Array:
    """Waves in which every third timestep is zeros, for a Masking."""
    x = waves(shape, number)
    x[np.arange(prod(shape[:2])).reshape(shape[:2]) % 3 == 1] = 0
    return x


def weights(names_and_shapes: list[tuple[str, tuple[int, ...]]], scale: float = 1.0) -> list[Array]:
    """An array for each weight; variances are positive."""
    made = [scale * waves(shape, FIRST_WEIGHT + number) for number, (_, shape) in enumerate(names_and_shapes)]
    pairs = zip(names_and_shapes, made, strict=True)
    return [1 + np.abs(array) if name in POSITIVE else array for (name, _), array in pairs]


def some(array: Array) -> list[float]:
    """At most 40 numbers of an array, in even steps, with 7 digits."""
    flat = np.asarray(array, "float64").ravel()
    return [float(f"{number:.7g}") for number in flat[:: max(1, -(-flat.size // 40))]]


def hold(ours: Any, recorded: list[list[float]]) -> None:
    """Fail where a number differs from Keras's by more than 1e-5 of the largest."""
    outputs = ours if isinstance(ours, list) else [ours]
    for output, numbers in zip(outputs, recorded, strict=True):
        largest = np.abs(numbers).max(initial=1e-30)
        np.testing.assert_allclose(some(output), numbers, rtol=0, atol=1e-5 * largest)
