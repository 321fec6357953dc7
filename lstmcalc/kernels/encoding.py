"""Indices as vectors of zeros and ones, or of counts."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def one_hot(indices: Array, depth: int, dtype: "np.dtype[Any]") -> Array:
    """A vector with a 1 at each index, on a new last axis; no 1 for a negative one."""
    return np.equal(indices[..., None], np.arange(depth)).astype(dtype)


def counts(indices: Array, depth: int, dtype: "np.dtype[Any]", axis: int) -> Array:
    """How often each index stands along an axis, in place of which a new last one comes."""
    number: Array = one_hot(indices, depth, dtype).sum(axis=axis)
    return number
