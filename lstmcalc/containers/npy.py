"""Arrays in .npy and .npz files: what a file says of them first, then the numbers, and nothing unpickled."""

import io
import math
import os
import tokenize
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import IO, Any, BinaryIO

import numpy as np
from numpy.lib import format as npy

from lstmcalc.containers.archives import Archive, open_archive
from lstmcalc.containers.arrays import Array, Stored
from lstmcalc.containers.files import create_file, damaged, open_file, said
from lstmcalc.containers.headers import Header, dtype_name
from lstmcalc.errors import ModelError, Problem
from lstmcalc.limits import NPY_HEADER
from lstmcalc.shapes import format_shape

KINDS = "fiubU"  # floats, integers, booleans, strings
Said = tuple[tuple[int, ...], bool, "np.dtype[Any]"]  # shape, whether in Fortran's order, dtype


@contextmanager
def stored_in(path: str) -> Iterator[Mapping[str, Stored]]:
    """The arrays of a .npz file by name, or the one of a .npy file as '0'; open while the block runs.

    Raises ModelError for a file that is none, and for arrays of other things than numbers and strings.
    """
    with open_file(path) as file:
        magic = file.read(len(npy.MAGIC_PREFIX))
        if magic == npy.MAGIC_PREFIX:
            yield {"0": _stored(path, "0", partial(_from_start, file), file.seek(0, os.SEEK_END))}
            return
        with open_archive(path, file) as archive:
            yield _members(path, archive)


def npz_headers(path: str, archive: Archive) -> list[Header]:
    """What a .npz file says of its arrays. Raises ModelError for arrays of other things than numbers."""
    found = []
    for name, each in _members(path, archive).items():
        if each.dtype.kind == "U":
            raise ModelError(Problem(f"holds '{name}' of strings, which are no weights", file=path))
        found.append(
            Header(name, each.shape, dtype_name(each.dtype.kind, each.dtype.itemsize), 8 * each.dtype.itemsize)
        )
    return found


def _members(path: str, archive: Archive) -> dict[str, Stored]:
    names = {name.removesuffix(".npy"): name for name in archive.names}
    return {name: _member(path, name, archive, member) for name, member in names.items()}


def _from_start(file: BinaryIO) -> IO[bytes]:
    file.seek(0)
    return file


def _member(path: str, name: str, archive: Archive, member: str) -> Stored:
    return _stored(path, name, partial(archive.open, member), archive.size_bytes(member))


def _stored(path: str, name: str, start: Callable[[], IO[bytes]], length: int) -> Stored:
    """What the header says, held against how many bytes there are; `start` gives them from the first."""
    beginning = start()
    shape, is_fortran, dtype = _header(path, name, beginning)
    if dtype.kind not in KINDS or dtype.hasobject or not dtype.itemsize:
        taken = "numbers and strings, not Python objects"
        raise ModelError(Problem(f"holds '{name}' of {dtype}: taken are arrays of {taken}", file=path))
    size = math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or size > length - beginning.tell():
        what = f"{format_shape(shape)} of {dtype}"
        raise damaged(path, f"'{name}' is said to be {what}, which is more than the file holds")

    def read() -> Array:
        file = start()
        _header(path, name, file)
        with said(path, f"'{name}' cannot be unpacked", zipfile.BadZipFile):
            data = file.read(size)
        if len(data) < size:
            raise damaged(path, f"'{name}' is cut off")
        with said(path, f"'{name}' is said to be {format_shape(shape)}, which no array can be"):
            return np.frombuffer(data, dtype).reshape(shape, order="F" if is_fortran else "C")

    return Stored(name, shape, dtype, read)


def _header(path: str, name: str, file: IO[bytes]) -> Said:
    """What stands before the numbers. Raises ModelError where it is none, or is too long."""
    sentence = f"'{name}' does not begin as an array of NumPy does"
    of_parser = (
        zipfile.BadZipFile,
        SyntaxError,
        tokenize.TokenError,
        MemoryError,
        RecursionError,
    )  # of a header that is nested deep
    with said(path, sentence, *of_parser):
        version = npy.read_magic(file)
        if version == (1, 0):
            return npy.read_array_header_1_0(file, NPY_HEADER)
        length = file.read(4)
        if version == (2, 0) and int.from_bytes(length, "little") <= NPY_HEADER:
            header = io.BytesIO(length + file.read(int.from_bytes(length, "little")))
            return npy.read_array_header_2_0(header, NPY_HEADER)
    raise damaged(path, sentence)


def write_arrays(path: str, arrays: Mapping[str, Array]) -> None:
    """Write arrays to a .npz file by name, or one array to a .npy file. Raises ModelError when it cannot be written."""
    with create_file(path) as file:
        if path.endswith(".npy"):
            (array,) = arrays.values()
            np.save(file, array, allow_pickle=False)
            return
        with zipfile.ZipFile(file, "w", allowZip64=True) as archive:
            for name, array in arrays.items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    npy.write_array(member, np.asanyarray(array), allow_pickle=False)
