"""Matrix products of arrays of any rank."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def matmul(x: Array, kernel: Array) -> Array:
    """The last axis of `(..., features)` times `(features, units)`, as one product: NumPy makes one for each matrix."""
    rows: Array = x.reshape(-1, x.shape[-1]) @ kernel
    return rows.reshape(*x.shape[:-1], kernel.shape[-1])


def einsum(equation: str, *operands: Array) -> Array:
    """A tensor product by an equation, as matrix products where it is one."""
    y: Array = np.einsum(equation, *operands, optimize=True)
    return y


def dot(x: Array, y: Array, i: int, j: int) -> Array:
    """The product sample by sample along axis `i` of one and `j` of the other, with an axis of 1 if none is left."""
    left, right = np.moveaxis(x, i, -1), np.moveaxis(y, j, 1)
    shape = (*left.shape[1:-1], *right.shape[2:]) or (1,)
    rows, columns = left.reshape(len(x), -1, x.shape[i]), right.reshape(len(y), y.shape[j], -1)
    product: Array = rows @ columns
    return product.reshape(len(x), *shape)


def unit_length(x: Array, axis: int | tuple[int, ...], epsilon: float = 1e-12) -> Array:
    """Length 1 along an axis, or along several together; at most 1 / epsilon times as long."""
    squares = np.sum(np.square(x), axis=axis, keepdims=True)
    with np.errstate(divide="ignore"):
        y: Array = x * np.minimum(1 / np.sqrt(squares), 1 / epsilon)
    return y
