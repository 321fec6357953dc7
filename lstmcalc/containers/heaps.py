"""Where an HDF5 file keeps its texts: in heaps, which are walked here before HDF5 does, since it may not come back."""

import struct
from collections.abc import Iterator
from typing import BinaryIO

from lstmcalc.containers.files import damaged

# A collection of the global heap begins with its signature and version, and has its length after three more bytes.
# Objects follow, each of an index, a count of references and a length; the rest is one of index 0, whose length
# counts its header too (HDF5 File Format Specification, III.E). HDF5 2.0 steps over one of index 0 and length 0
# for ever (H5HGcache.c, H5HG__cache_heap_deserialize).
SIGNATURE = b"GCOL\x01"
SMALLEST = 4096  # bytes of a collection
HEADER = struct.Struct("<H6xQ")
CHUNK = 2**20  # bytes looked through at once, 1 MiB


def check_heaps(path: str, file: BinaryIO, file_bytes: int) -> None:
    """Refuse a file with a heap that HDF5 would never come to the end of. Raises ModelError."""
    sentence = "the heap of its texts has no end"
    starts = []
    for start in _starts(file):
        starts.append(start)
        if len(starts) > file_bytes // SMALLEST + 1:
            raise damaged(path, sentence)
    steps = file_bytes // HEADER.size  # of all collections, which do not overlap
    for start in starts:
        for length in _steps(file, start):
            steps -= 1
            if not length or steps < 0:
                raise damaged(path, sentence)


def _starts(file: BinaryIO) -> Iterator[int]:
    """Where collections begin, or what looks like it: among other bytes, too seldom to matter."""
    file.seek(0)
    at, rest = 0, b""
    while chunk := file.read(CHUNK):
        block = rest + chunk
        found = block.find(SIGNATURE)
        while found >= 0:
            yield at - len(rest) + found
            found = block.find(SIGNATURE, found + 1)
        at += len(chunk)
        rest = block[1 - len(SIGNATURE) :]


def _steps(file: BinaryIO, start: int) -> Iterator[int]:
    """How far HDF5 goes from each object of a collection to the next."""
    file.seek(start + 8)
    (length,) = struct.unpack("<Q", file.read(8).ljust(8, b"\0"))
    place, end = start + 16, start + length
    while place + HEADER.size <= end:
        file.seek(place)
        header = file.read(HEADER.size)
        if len(header) < HEADER.size:
            return
        index, size = HEADER.unpack(header)
        step = HEADER.size + -(-size // 8) * 8 if index else size
        yield step
        place += step
