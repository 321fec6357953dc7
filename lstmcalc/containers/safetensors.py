"""The header of a .safetensors file: JSON behind its length, which says where each tensor stands in the rest."""

import math
import os
from typing import Any, BinaryIO

import msgspec

from lstmcalc.containers.files import damaged
from lstmcalc.containers.headers import Header
from lstmcalc.limits import RANK, SAFETENSORS_HEADER, SAFETENSORS_TENSORS

LENGTH = 8  # bytes before the header that say how long it is
METADATA = "__metadata__"
# The dtypes of the format: their names as NumPy and Keras have them, and the bits of one number.
DTYPES = {
    "BOOL": ("bool", 8),
    "F4": ("float4", 4),
    "F6_E2M3": ("float6_e2m3", 6),
    "F6_E3M2": ("float6_e3m2", 6),
    "U8": ("uint8", 8),
    "I8": ("int8", 8),
    "F8_E5M2": ("float8_e5m2", 8),
    "F8_E4M3": ("float8_e4m3fn", 8),
    "F8_E8M0": ("float8_e8m0fnu", 8),
    "I16": ("int16", 16),
    "U16": ("uint16", 16),
    "F16": ("float16", 16),
    "BF16": ("bfloat16", 16),
    "I32": ("int32", 32),
    "U32": ("uint32", 32),
    "F32": ("float32", 32),
    "C64": ("complex64", 64),
    "F64": ("float64", 64),
    "I64": ("int64", 64),
    "U64": ("uint64", 64),
}


def is_safetensors(head: bytes) -> bool:
    """Whether a file begins as one does: with the length of its header, and then the header's brace."""
    return head[LENGTH : LENGTH + 1] == b"{" and 2 <= int.from_bytes(head[:LENGTH], "little") <= SAFETENSORS_HEADER


def safetensors_headers(path: str, file: BinaryIO) -> list[Header]:
    """What the file says of its tensors, in the order of their places. Raises ModelError for a file that lies."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    start = file.read(LENGTH)
    length = int.from_bytes(start, "little")
    if len(start) < LENGTH or length > min(size - LENGTH, SAFETENSORS_HEADER):
        raise damaged(path, "its header is longer than the file, or than any real one")
    try:
        found = msgspec.json.decode(file.read(length))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise damaged(path, "its header is no JSON") from None
    if not isinstance(found, dict):
        raise damaged(path, "its header is no JSON object")
    found.pop(METADATA, None)
    if len(found) > SAFETENSORS_TENSORS:
        raise damaged(path, f"it has more than {SAFETENSORS_TENSORS:,} tensors")
    listed = [_tensor(path, name, said, size - LENGTH - length) for name, said in found.items()]
    return [header for _, header in sorted(listed, key=lambda each: each[0])]


def _tensor(path: str, name: str, said: Any, held: int) -> tuple[int, Header]:
    """Where a tensor begins, and what is said of it, held against the bytes of the file behind the header."""
    if not isinstance(said, dict):
        raise damaged(path, f"'{name}' is not described")
    dtype, shape, offsets = said.get("dtype"), _sizes(said.get("shape")), _sizes(said.get("data_offsets"))
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise damaged(path, f"'{name}' has a dtype that the format does not have")
    if shape is None or len(shape) > RANK or offsets is None or len(offsets) != 2:
        raise damaged(path, f"'{name}' has no shape, or no place")
    title, bits = DTYPES[dtype]
    start, end = offsets
    if not start <= end <= held or math.prod(shape) * bits != 8 * (end - start):
        raise damaged(path, f"'{name}' is said to be larger or smaller than what the file holds of it")
    return start, Header(name, shape, title, bits)


def _sizes(value: Any) -> tuple[int, ...] | None:
    is_one = isinstance(value, list) and all(type(each) is int and each >= 0 for each in value)
    return tuple(value) if is_one else None
