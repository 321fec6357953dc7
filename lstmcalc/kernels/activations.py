"""The activations of `keras.activations`, on arrays; see keras/src/activations/activations.py."""

import math
from collections.abc import Callable
from inspect import signature
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Function = Callable[..., Array]


def sigmoid(x: Array) -> Array:
    """1 / (1 + e^-x), by way of tanh, which overflows nowhere."""
    y: Array = 0.5 * np.tanh(0.5 * x) + 0.5
    return y


def relu(x: Array, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Array:
    """The positive part; above `threshold` alone, at most `max_value`, with a slope below the threshold."""
    y: Array = np.where(x > threshold, x, 0) if threshold else np.maximum(x, 0)
    if max_value is not None:
        y = np.minimum(y, max_value)
    if negative_slope:
        y = y - negative_slope * np.maximum(threshold - x, 0)
    return y


def leaky_relu(x: Array, negative_slope: float = 0.2) -> Array:
    """The input itself, times a slope where it is negative."""
    return np.where(x < 0, negative_slope * x, x)


def relu6(x: Array) -> Array:
    """The positive part, at most 6."""
    return relu(x, max_value=6)


def elu(x: Array, alpha: float = 1.0) -> Array:
    """e^x - 1 below 0, times alpha; the input itself above."""
    return np.where(x < 0, alpha * np.expm1(np.minimum(x, 0)), x)


def celu(x: Array, alpha: float = 1.0) -> Array:
    """An ELU whose slope is continuous for every alpha (Barron 2017)."""
    y: Array = np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0) / alpha)
    return y


def selu(x: Array) -> Array:
    """An ELU with the alpha and the scale that keep mean 0 and variance 1 (Klambauer et al. 2017)."""
    return 1.0507009873554804934193349852946 * elu(x, 1.6732632423543772848170429916717)


def gelu(x: Array, approximate: bool = False) -> Array:
    """The input times the normal distribution function (Hendrycks and Gimpel 2016), or its tanh approximation."""
    if approximate:
        cubed: Array = x + 0.044715 * x * x * x
        share: Array = np.tanh(math.sqrt(2 / math.pi) * cubed)
    else:
        share = erf(x * math.sqrt(0.5))
    y: Array = 0.5 * x * (1 + share)
    return y


def erf(x: Array) -> Array:
    """The error function, number by number: NumPy has none."""
    return np.fromiter(map(math.erf, x.ravel().tolist()), x.dtype, x.size).reshape(x.shape)


def glu(x: Array, axis: int = -1) -> Array:
    """The first half of an axis times the sigmoid of the second (Dauphin et al. 2017)."""
    first, second = np.split(x, 2, axis)
    gated: Array = first * sigmoid(second)
    return gated


def silu(x: Array) -> Array:
    """The input times its sigmoid (Ramachandran et al. 2017)."""
    y: Array = x * sigmoid(x)
    return y


def mish(x: Array) -> Array:
    """The input times the tanh of its softplus (Misra 2019)."""
    y: Array = x * np.tanh(softplus(x))
    return y


def softplus(x: Array) -> Array:
    """log(1 + e^x), without overflow."""
    return np.logaddexp(x, np.zeros((), x.dtype))


def softsign(x: Array) -> Array:
    """x / (1 + |x|)."""
    y: Array = x / (1 + np.abs(x))
    return y


def squareplus(x: Array, b: float = 4) -> Array:
    """(x + sqrt(x^2 + b)) / 2, a softplus without an exponential (Ramachandran et al. 2021)."""
    y: Array = (x + np.sqrt(x * x + b)) / 2
    return y


def exponential(x: Array) -> Array:
    """e^x, infinite where it is too large."""
    with np.errstate(over="ignore"):
        return np.exp(x)


def hard_sigmoid(x: Array) -> Array:
    """x / 6 + 1/2, from 0 to 1."""
    return np.clip(x / 6 + 0.5, 0, 1)


def hard_sigmoid_of_keras_1(x: Array) -> Array:
    """0.2 * x + 1/2, from 0 to 1: what Keras 1 and 2 called hard_sigmoid."""
    return np.clip(0.2 * x + 0.5, 0, 1)


def hard_silu(x: Array) -> Array:
    """The input times its hard sigmoid (Howard 2019)."""
    y: Array = x * hard_sigmoid(x)
    return y


def hard_tanh(x: Array) -> Array:
    """The input, from -1 to 1."""
    return np.clip(x, -1, 1)


def hard_shrink(x: Array, threshold: float = 0.5) -> Array:
    """0 where the input is not larger than `threshold` either way."""
    return np.where(np.abs(x) > threshold, x, 0)


def soft_shrink(x: Array, threshold: float = 0.5) -> Array:
    """The input nearer to 0 by `threshold`, and 0 where it was nearer than that."""
    y: Array = np.sign(x) * np.maximum(np.abs(x) - threshold, 0)
    return y


def tanh(x: Array) -> Array:
    """The hyperbolic tangent."""
    return np.tanh(x)


def tanh_shrink(x: Array) -> Array:
    """The input less its tanh."""
    y: Array = x - np.tanh(x)
    return y


def threshold(x: Array, threshold: float, default_value: float) -> Array:
    """Another value where the input is not above `threshold`."""
    return np.where(x > threshold, x, default_value).astype(x.dtype, copy=False)


def sparse_plus(x: Array) -> Array:
    """0 below -1, the input itself above 1, and a parabola between."""
    return np.where(x < 1, np.square(np.maximum(x + 1, 0)) / 4, x)


def sparse_sigmoid(x: Array) -> Array:
    """(x + 1) / 2, from 0 to 1."""
    return np.clip(0.5 * (x + 1), 0, 1)


def log_sigmoid(x: Array) -> Array:
    """The logarithm of the sigmoid."""
    y: Array = -softplus(-x)
    return y


def softmax(x: Array, axis: int | tuple[int, ...] = -1) -> Array:
    """e^x, scaled to the sum 1 along an axis, or along several together."""
    exponentials: Array = np.exp(x - x.max(axis=axis, keepdims=True))
    exponentials /= exponentials.sum(axis=axis, keepdims=True)
    return exponentials


def log_softmax(x: Array, axis: int = -1) -> Array:
    """The logarithm of the softmax."""
    less: Array = x - x.max(axis=axis, keepdims=True)
    less -= np.log(np.exp(less).sum(axis=axis, keepdims=True))
    return less


def sparsemax(x: Array, axis: int = -1) -> Array:
    """Numbers of which small ones are 0 (Martins and Astudillo 2016), with the limit that Keras has."""
    ordered = -np.sort(-np.moveaxis(x, axis, -1), axis=-1)
    sums = np.cumsum(ordered, axis=-1)
    ranks = np.arange(1, ordered.shape[-1] + 1, dtype=x.dtype)
    support = ordered > (sums - 1) / ranks
    # The paper takes the last of the sums in the support; Keras 3.15 adds up all of them, on every backend.
    limit = (np.sum(np.where(support, sums, 0), axis=-1) - 1) / np.sum(support, axis=-1).astype(x.dtype)
    y: Array = np.maximum(x - np.expand_dims(limit, axis), 0)
    return y


_BY_NAME: tuple[Function, ...] = (
    *(celu, elu, exponential, gelu, glu, hard_shrink, hard_sigmoid, hard_sigmoid_of_keras_1, hard_silu, hard_tanh),
    *(
        leaky_relu,
        log_sigmoid,
        log_softmax,
        mish,
        relu,
        relu6,
        selu,
        sigmoid,
        silu,
        soft_shrink,
        softmax,
        softplus,
        softsign,
    ),
    *(sparse_plus, sparse_sigmoid, sparsemax, squareplus, tanh, tanh_shrink, threshold),
)
FUNCTIONS = {function.__name__: function for function in _BY_NAME} | {"hard_swish": hard_silu, "swish": silu}


def parameters(name: str) -> tuple[str, ...]:
    """What an activation takes beside the array."""
    return tuple(signature(FUNCTIONS[name]).parameters)[1:]


class Unfit(ValueError):
    """An activation that cannot be had on an array; `help` says what to write instead."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help


def activate(activation: str | dict[str, Any] | None, x: Array) -> Array:
    """An array after an activation: its name, None for none, or `{class_name: elu, config: {alpha: 0.5}}`.

    Raises Unfit for arguments that it lacks or does not take, and for an odd axis that glu should halve.
    """
    name: str | None
    if isinstance(activation, dict):
        name, config = activation["class_name"], activation.get("config", {})
    else:
        name, config = activation, {}
    if name is None or name == "linear":
        return x
    if name not in FUNCTIONS:
        raise Unfit(f"what the activation {name} computes is not known here")
    if name == "threshold" and not set(parameters(name)) <= set(config):
        help = "{class_name: threshold, config: {threshold: 0.5, default_value: 0}}"
        raise Unfit("the activation threshold needs a threshold and a default_value", help)
    if unknown := set(config) - set(parameters(name)):
        raise Unfit(f"the activation {name} does not take {', '.join(sorted(unknown))}")
    if name == "glu" and x.shape[config.get("axis", -1)] % 2:
        raise Unfit(f"the activation glu halves an axis, but that of {x.shape} is odd")
    y: Array = FUNCTIONS[name](x, **config)
    return y


def activate_gate(activation: str | dict[str, Any] | None, x: Array) -> Array:
    """A gate after its activation. Raises Unfit, too, for what changes its size."""
    y = activate(activation, x)
    if y.shape != x.shape and y.shape[-1] != 1:
        raise Unfit(f"a gate keeps its size, but its activation makes {y.shape} of {x.shape}")
    return y
