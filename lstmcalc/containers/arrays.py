"""An array that a file holds, before its numbers are read."""

import math
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Stored(msgspec.Struct, frozen=True, eq=False):
    """What a file says of an array; `read` gives the numbers, while the file is open. Raises ModelError."""

    name: str
    shape: tuple[int, ...]
    dtype: "np.dtype[Any]"
    read: Callable[[], Array]

    @property
    def size_bytes(self) -> int:
        """What its numbers take in memory."""
        return math.prod(self.shape) * self.dtype.itemsize
