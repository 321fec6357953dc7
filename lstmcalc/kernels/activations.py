"""The activations of `keras.activations`, on arrays; see keras/src/activations/activations.py."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Function = Callable[[Array], Array]


def sigmoid(x: Array) -> Array:
    """1 / (1 + e^-x), by way of tanh, which overflows nowhere."""
    return 0.5 * np.tanh(0.5 * x) + 0.5


def relu(x: Array) -> Array:
    """The positive part."""
    return np.maximum(x, 0)


def softmax(x: Array, axis: int = -1) -> Array:
    """e^x, scaled to the sum 1 along an axis."""
    exponentials = np.exp(x - x.max(axis=axis, keepdims=True))
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


FUNCTIONS: dict[str, Function] = {"sigmoid": sigmoid, "relu": relu, "softmax": softmax, "tanh": np.tanh}


def activate(name: str | None, x: Array) -> Array:
    """An array after the activation of that name, None for none."""
    if name is None or name == "linear":
        return x
    return FUNCTIONS[name](x)
