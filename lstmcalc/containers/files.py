"""A file of bytes while it is open: what fails there is said in words of ours, not in those of a library."""

import os
import stat
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from lstmcalc.errors import ModelError, Problem, reason_of

# What NumPy, zipfile (but for its BadZipFile) and h5py raise over bytes that are not what they say.
FAILURES: tuple[type[Exception], ...] = (
    *(ValueError, TypeError, KeyError, IndexError, EOFError, OSError, OverflowError, RuntimeError),
    *(struct.error, zlib.error),
)


@contextmanager
def open_file(path: str) -> Iterator[BinaryIO]:
    """A file, open while the block runs. Raises ModelError for one that is missing, or no file of bytes."""
    _refuse_pipe(path)
    try:
        file = open(path, "rb")  # noqa: SIM115
    except FileNotFoundError:
        raise ModelError(Problem("there is no such file", file=path)) from None
    except (OSError, ValueError) as error:
        raise _unreadable(path, reason_of(error)) from None
    with file:
        yield file


def _refuse_pipe(path: str) -> None:
    """Refuse what opening would wait for, or would never end."""
    mode = stat.S_IFREG
    with suppress(OSError, ValueError):  # which opening says
        mode = os.stat(path).st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise _unreadable(path, "is a pipe or a device, not a file")


@contextmanager
def create_file(path: str) -> Iterator[BinaryIO]:
    """A new file, or an old one emptied, open while the block writes to it. Raises ModelError."""
    try:
        file = open(path, "wb")  # noqa: SIM115
    except (OSError, ValueError) as error:
        raise unwritable(path, error) from None
    try:
        with file:
            yield file
    except OSError as error:
        raise unwritable(path, error) from None


def unwritable(path: str, error: OSError | ValueError) -> ModelError:
    """The error of a file that the system does not let be written."""
    return ModelError(Problem(f"cannot be written: {reason_of(error)}", file=path))


def write_text(path: str, text: str) -> None:
    """Write a text file. Raises ModelError."""
    try:
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except (OSError, ValueError) as error:
        raise unwritable(path, error) from None


def _unreadable(path: str, reason: str) -> ModelError:
    return ModelError(Problem(f"cannot be read: {reason}", file=path))


def damaged(path: str, said: str) -> ModelError:
    """The error of a file that is not what it says."""
    help = "write the file again: it is cut off, or of another kind than its name says"
    return ModelError(Problem(f"is damaged: {said}", file=path, help=help))


@contextmanager
def said(path: str, sentence: str, *more: type[Exception]) -> Iterator[None]:
    """A block of calls of another library: what they raise over the file's bytes, and `more`, is said like this."""
    try:
        yield
    except ModelError:
        raise
    except (*FAILURES, *more):
        raise damaged(path, sentence) from None
