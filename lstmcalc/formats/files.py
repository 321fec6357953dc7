"""The bytes and the text of a path: of a file, of a pipe, or of `git:REV:path`."""

import errno
import os
import stat
from collections.abc import Callable

import msgspec

from lstmcalc.containers.signatures import HDF5, ZIP
from lstmcalc.errors import ModelError, Problem, Source, reason_of
from lstmcalc.formats.document import spec_of_document, stem
from lstmcalc.formats.revisions import split_revision
from lstmcalc.formats.spec import Spec
from lstmcalc.formats.text import decode
from lstmcalc.formats.variables import Variables
from lstmcalc.limits import CONFIG_BYTES, SPEC_BYTES

Reader = Callable[[Variables], Spec]

PIPE_SECONDS = 1.0  # how long a pipe may wait for its writer
# Suffixes of files that a model stands in: what has one is always a path.
SUFFIXES = (
    *(".yaml", ".yml", ".json", ".keras", ".h5", ".hdf5", ".npz", ".safetensors", ".py", ".ipynb", ".pb", ".tflite"),
    *(".onnx", ".pt", ".pth"),
)
BINARY = (".keras", ".h5", ".hdf5", ".npz", ".safetensors")


def read_bytes(path: str, most: int = SPEC_BYTES) -> bytes:
    """The bytes of a file, one more than `most` at most. Raises ModelError."""
    try:
        return _bytes_of(path, most)
    except (OSError, ValueError) as error:
        raise unreadable(path, reason_of(error)) from None


def read_text(path: str) -> Source:
    """The text of a file. Raises ModelError."""
    return decode(read_bytes(path), path)


def suffix_of(path: str) -> str:
    """The suffix of a path in lower case: `.yaml`."""
    return os.path.splitext(path)[1].lower()


def unreadable(path: str, reason: str) -> ModelError:
    """The ModelError of what cannot be read."""
    return ModelError(Problem(f"cannot be read: {reason}", file=path))


def most_of(start: bytes, most: int) -> int:
    """How much is read of what comes in a stream and begins like this: of a text as much as a config may be."""
    return most if start.startswith((HDF5, *ZIP)) else min(most, CONFIG_BYTES)


def is_regular(path: str) -> bool:
    """Whether a path is that of a file that can be read again and again: no pipe, and none of a revision."""
    try:
        return not split_revision(path)[0] and os.path.isfile(path)
    except ValueError:
        return False


def _bytes_of(path: str, most: int) -> bytes:
    """The bytes of a file or of a pipe. Raises OSError, ModelError.

    The file is opened without waiting, since a pipe that nobody writes to never ends.
    """
    if split_revision(path)[0]:
        from lstmcalc.formats.revisions import show

        is_binary = suffix_of(path) in BINARY
        return show(path, most if is_binary else min(most, CONFIG_BYTES))
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with open(descriptor, "rb", buffering=0) as file:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(mode) and not stat.S_ISFIFO(mode):
            raise unreadable(path, "is a device, not a file")
        data = file.read(most + 1 if stat.S_ISREG(mode) else SPEC_BYTES + 1)
        if stat.S_ISREG(mode):
            return data or b""
        if data == b"" and not _is_ready(descriptor):
            raise unreadable(path, "is a pipe that nobody writes to")
        os.set_blocking(descriptor, True)
        chunks, length = [data or b""], len(data or b"")
        most = most_of(chunks[0], most)
        while length <= most and (more := file.read(most + 1 - length)):
            chunks.append(more)
            length += len(more)
        return b"".join(chunks)


def _is_ready(descriptor: int) -> bool:
    """Whether somebody writes to a pipe before the time is over."""
    from select import select

    return bool(select([descriptor], [], [], PIPE_SECONDS)[0])


# A spec in a file.


def read_file(path: str, given: Variables) -> Spec:
    """The Spec of a file that another names, `Model: other.yaml`: of a spec, and of nothing else. Raises ModelError."""
    return spec_reader(read_text(path))(given)


def spec_reader(source: Source) -> Reader:
    """What makes Specs of a spec's text, named after its file when it has no name of its own. Raises ModelError."""
    from lstmcalc.formats.yaml import read_yaml  # PyYAML is imported when YAML is read

    revision, inside = split_revision(source.name)
    root, folder = read_yaml(source), revision + os.path.dirname(inside)

    def read(given: Variables) -> Spec:
        spec = spec_of_document(root, given, folder)
        return spec if spec.name else msgspec.structs.replace(spec, name=stem(inside))

    return read
