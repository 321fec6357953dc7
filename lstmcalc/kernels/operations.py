"""The operations of `keras.ops` on arrays, by their names; see keras/src/backend/numpy."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstmcalc.kernels import activations

Array = NDArray[Any]

# What changes each number by itself.
ELEMENTWISE: dict[str, Callable[..., Any]] = {
    "Abs": np.abs,
    "Absolute": np.abs,
    "Arccos": np.arccos,
    "Arccosh": np.arccosh,
    "Arcsin": np.arcsin,
    "Arcsinh": np.arcsinh,
    "Arctan": np.arctan,
    "Arctanh": np.arctanh,
    "Ceil": np.ceil,
    "Copy": np.copy,
    "Cos": np.cos,
    "Cosh": np.cosh,
    "Exp": np.exp,
    "Expm1": np.expm1,
    "Floor": np.floor,
    "Isfinite": np.isfinite,
    "Isinf": np.isinf,
    "Isnan": np.isnan,
    "Log": np.log,
    "Log10": np.log10,
    "Log1p": np.log1p,
    "Log2": np.log2,
    "LogicalNot": np.logical_not,
    "NanToNum": np.nan_to_num,
    "Negative": np.negative,
    "OnesLike": np.ones_like,
    "Reciprocal": np.reciprocal,
    "Round": np.round,
    "Rsqrt": lambda x: 1 / np.sqrt(x),
    "Sign": np.sign,
    "Sin": np.sin,
    "Sinh": np.sinh,
    "Sqrt": np.sqrt,
    "Square": np.square,
    "StopGradient": np.copy,
    "Tan": np.tan,
    "Tanh": np.tanh,
    "Trunc": np.trunc,
    "ZerosLike": np.zeros_like,
}
# Activations, by what they are called there.
ACTIVATIONS = {
    **{name.title().replace("_", ""): name for name in activations.FUNCTIONS},
    "Softmax": "softmax",
    "HardTanh": "hard_tanh",
}
BINARY: dict[str, Callable[..., Any]] = {
    "Add": np.add,
    "Arctan2": np.arctan2,
    "Divide": np.true_divide,
    "Equal": np.equal,
    "FloorDivide": np.floor_divide,
    "Greater": np.greater,
    "GreaterEqual": np.greater_equal,
    "Less": np.less,
    "LessEqual": np.less_equal,
    "LogicalAnd": np.logical_and,
    "LogicalOr": np.logical_or,
    "LogicalXor": np.logical_xor,
    "Maximum": np.maximum,
    "Minimum": np.minimum,
    "Mod": np.mod,
    "Multiply": np.multiply,
    "NotEqual": np.not_equal,
    "Power": np.power,
    "Subtract": np.subtract,
    "TrueDivide": np.true_divide,
}
REDUCTIONS: dict[str, Callable[..., Any]] = {
    "All": np.all,
    "Amax": np.max,
    "Amin": np.min,
    "Any": np.any,
    "Argmax": np.argmax,
    "Argmin": np.argmin,
    "CountNonzero": np.count_nonzero,
    "Logsumexp": lambda x, axis=None, keepdims=False: _log_of_sum(x, axis, keepdims),
    "Max": np.max,
    "Mean": np.mean,
    "Min": np.min,
    "Prod": np.prod,
    "Std": np.std,
    "Sum": np.sum,
    "Var": np.var,
}


def elementwise(name: str, x: Array, **arguments: Any) -> Array:
    """What an operation makes of each number; an activation may take arguments, and an axis."""
    if name in ELEMENTWISE:
        with np.errstate(all="ignore"):
            y: Array = ELEMENTWISE[name](x)
        return y
    named = ACTIVATIONS[name]
    taken = {key: value for key, value in arguments.items() if key in activations.parameters(named)}
    return activations.activate({"class_name": named, "config": taken}, x)


def binary(name: str, x: Any, y: Any) -> Array:
    """What an operation makes of two arrays, or of an array and a number."""
    with np.errstate(all="ignore"):
        z: Array = BINARY[name](x, y)
    return z


def reduce(name: str, x: Array, axis: int | tuple[int, ...] | None, keepdims: bool) -> Array:
    """What an operation makes of all numbers along axes."""
    y: Array = np.asarray(REDUCTIONS[name](x, axis=axis, keepdims=keepdims))
    return y


def _log_of_sum(x: Array, axis: Any, keepdims: bool) -> Array:
    most = np.max(x, axis=axis, keepdims=True)
    y: Array = np.log(np.sum(np.exp(x - most), axis=axis, keepdims=True)) + most
    return y if keepdims else np.squeeze(y, axis=axis)


def normalize(x: Array, axis: int, order: float, epsilon: float) -> Array:
    """Numbers whose norm of an order along an axis is 1, or less where it is smaller than `epsilon`."""
    norm = np.sum(np.abs(x) ** order, axis=axis, keepdims=True) ** (1 / order)
    y: Array = x / np.maximum(norm, epsilon)
    return y


def one_hot(x: Array, classes: int, axis: int, dtype: str) -> Array:
    """A 1 at the place of each index along a new axis; an index outside gives none."""
    place = axis % (x.ndim + 1)
    numbers = np.arange(classes).reshape([classes] + [1] * (x.ndim - place))
    y: Array = (np.expand_dims(x, place) == numbers).astype(dtype)
    return y


def top_k(x: Array, k: int) -> tuple[Array, Array]:
    """The largest numbers of the last axis, and their places."""
    places = np.argsort(-x, axis=-1, kind="stable")[..., :k]
    return np.take_along_axis(x, places, axis=-1), places.astype(np.int32)


def get_item(x: Array, key: Sequence[Any]) -> Array:
    """Parts of an array, as Python's brackets give them."""
    y: Array = x[tuple(key)]
    return y
