"""What a file says of an array before its numbers: all that counting needs, without NumPy."""

import math

import msgspec

KINDS = {"f": "float", "i": "int", "u": "uint", "b": "bool"}  # as NumPy abbreviates them


class Header(msgspec.Struct, frozen=True):
    """An array in a file: its name there, its shape, the name of its dtype, and how many bits a number takes."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    bits_each: int

    @property
    def params(self) -> int:
        """How many numbers there are."""
        return math.prod(self.shape)

    @property
    def bits(self) -> int:
        """What they take together."""
        return self.params * self.bits_each


def dtype_name(kind: str, size_bytes: int) -> str:
    """`float32` of NumPy's `f` and 4."""
    return KINDS[kind] if kind == "b" else f"{KINDS[kind]}{8 * size_bytes}"
