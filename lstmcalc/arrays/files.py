"""Arrays in .npy and .npz files: what a file says of them first, then the numbers, and nothing unpickled."""

import errno
import io
import math
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any, BinaryIO

import msgspec
import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from lstmcalc.errors import ModelError, Problem, reason_of
from lstmcalc.shapes import format_shape

Array = NDArray[Any]
KINDS = "fiubU"  # floats, integers, booleans, strings
LONGEST_HEADER = 10_000  # bytes, as NumPy takes it
# What NumPy, zipfile and h5py raise for files that are not what they say.
DAMAGED = (
    *(ValueError, TypeError, KeyError, EOFError, OSError, OverflowError, RuntimeError),
    *(zlib.error, zipfile.BadZipFile),
)


# What the system says of a disk, and not HDF5 of a file.
REFUSED = (errno.EIO, errno.EISDIR, errno.EACCES, errno.EPERM, errno.ENOMEM)


class Damaged(Exception):
    """What is wrong with a file that is not what its name says, in words of ours."""


class Stored(msgspec.Struct, frozen=True, eq=False):
    """An array that a file holds, before its numbers are read."""

    name: str
    shape: tuple[int, ...]
    dtype: "np.dtype[Any]"
    read: Callable[[], Array]

    @property
    def size_bytes(self) -> int:
        """What its numbers take in memory."""
        return math.prod(self.shape) * self.dtype.itemsize


@contextmanager
def reading(path: str) -> Iterator[None]:
    """A block that reads a file: what fails there is a ModelError of one sentence."""
    try:
        yield
    except Damaged as error:
        raise _damaged(path, str(error)) from None
    except DAMAGED as error:
        if isinstance(error, OSError) and error.errno in REFUSED:
            raise ModelError(Problem(f"cannot be read: {reason_of(error)}", file=path)) from None
        raise _damaged(path, _fault(error)) from None


def opened_file(path: str) -> BinaryIO:
    """A file to be read. Raises ModelError when there is none, or it may not be read."""
    try:
        return open(path, "rb")
    except FileNotFoundError:
        raise ModelError(Problem("there is no such file", file=path)) from None
    except (OSError, ValueError) as error:
        raise ModelError(Problem(f"cannot be read: {reason_of(error)}", file=path)) from None


def _damaged(path: str, fault: str) -> ModelError:
    help = "write the file again: it is cut off, or of another kind than its name says"
    return ModelError(Problem(f"is damaged: {fault}", file=path, help=help))


def _fault(error: Exception) -> str:
    """What is wrong with a file by the kind of error: what the libraries say of it changes with their versions."""
    match error:
        case zipfile.BadZipFile():
            return "it is no whole zip archive"
        case zlib.error():
            return "what is compressed in it cannot be unpacked"
        case EOFError():
            return "it ends too early"
    return "what it holds cannot be read"


@contextmanager
def stored_in(path: str) -> Iterator[Mapping[str, Stored]]:
    """The arrays of a .npz file by name, or the one of a .npy file as '0'; open while the block runs.

    Raises ModelError for a file that is none, and for arrays of other things than numbers and strings.
    """
    with opened_file(path) as file, reading(path):
        if file.read(len(npy.MAGIC_PREFIX)) == npy.MAGIC_PREFIX:
            file.seek(0)
            yield {"0": _listed("0", _whole(file), lambda: file, path)}
            return
        file.seek(0)
        with zipfile.ZipFile(file) as archive:
            members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            found = {}
            for name, info in members.items():
                with opened(archive, info) as member:
                    found[name] = _listed(name, member, _opener(archive, info), path, info.file_size)
            yield found


def _whole(file: BinaryIO) -> BinaryIO:
    return file


def _opener(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    return lambda: opened(archive, info)


def opened(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> IO[bytes]:
    """A member of an archive, stored or deflated, as NumPy and Keras write it."""
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Damaged(f"'{info.filename}' is compressed in a way that NumPy and Keras never use")
    return archive.open(info)


def _listed(name: str, file: IO[bytes], again: Callable[[], IO[bytes]], path: str, length: int | None = None) -> Stored:
    """What the header says, held against how long the file is."""
    try:
        shape, is_fortran, dtype = _header(file)
    except (
        ValueError,
        SyntaxError,
        tokenize.TokenError,
        MemoryError,
        RecursionError,
    ):  # those of a parser, nested deep
        raise Damaged(f"'{name}' does not begin as an array of NumPy does") from None
    if dtype.kind not in KINDS or dtype.hasobject:
        taken = "numbers and strings, not Python objects"
        raise ModelError(Problem(f"holds '{name}' of {dtype}: taken are arrays of {taken}", file=path))
    size = math.prod(shape) * dtype.itemsize
    if length is None:
        start = file.tell()
        length = file.seek(0, 2) - start
        file.seek(0)
    if size > length:
        raise Damaged(f"'{name}' is said to be {format_shape(shape)} of {dtype}, which is more than the file holds")

    def read() -> Array:
        source = again()
        _header(source)
        data = source.read(size)
        if len(data) < size:
            raise Damaged(f"'{name}' is cut off")
        order = "F" if is_fortran else "C"
        return np.frombuffer(data, dtype).reshape(shape, order=order)  # type: ignore[call-overload,no-any-return]

    return Stored(name, shape, dtype, read)


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, "np.dtype[Any]"]:
    version = npy.read_magic(file)
    if version == (1, 0):
        return npy.read_array_header_1_0(file)
    if version == (2, 0):
        length = file.read(4)
        if int.from_bytes(length, "little") > LONGEST_HEADER:
            raise ValueError  # which `_listed` has a sentence for
        return npy.read_array_header_2_0(io.BytesIO(length + file.read(int.from_bytes(length, "little"))))
    raise ValueError  # a version that NumPy never writes for numbers


def write_arrays(path: str, arrays: Mapping[str, Array]) -> None:
    """Write arrays to a .npz file by name, or one array to a .npy file. Raises ModelError when it cannot be written."""
    try:
        with _created(path) as file:
            if path.endswith(".npy"):
                (array,) = arrays.values()
                np.save(file, array, allow_pickle=False)
                return
            with zipfile.ZipFile(file, "w", allowZip64=True) as archive:
                for name, array in arrays.items():
                    with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                        npy.write_array(member, np.asanyarray(array), allow_pickle=False)
    except OSError as error:
        raise unwritable(path, error) from None


def _created(path: str) -> BinaryIO:
    try:
        return open(path, "wb")
    except (OSError, ValueError) as error:
        raise unwritable(path, error) from None


def unwritable(path: str, error: OSError | ValueError) -> ModelError:
    """The ModelError of a file that the system does not let be written."""
    return ModelError(Problem(f"cannot be written: {reason_of(error)}", file=path))
