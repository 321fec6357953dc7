"""The bytes and the text of a path: of a file, of a pipe, or of `git:REV:path`."""

import errno
import os
import stat
from collections.abc import Callable

import msgspec

from lstmcalc.errors import ModelError, Problem, Source, reason_of
from lstmcalc.formats.document import spec_of_document, stem
from lstmcalc.formats.revisions import split_revision
from lstmcalc.formats.spec import Spec
from lstmcalc.formats.text import decode
from lstmcalc.formats.variables import Variables
from lstmcalc.limits import SPEC_BYTES

Reader = Callable[[Variables], Spec]

PIPE_SECONDS = 1.0  # how long a pipe may wait for its writer
# What Keras saved and what builds Keras models: known by their names, and not read by this version.
UNREAD = {
    ".json": "a saved Keras config",
    ".keras": "a saved Keras model",
    ".h5": "a saved Keras model",
    ".hdf5": "a saved Keras model",
    ".py": "a Python script",
}


def read_bytes(path: str) -> bytes:
    """The bytes of a file, one more than a spec may have at most. Raises ModelError."""
    try:
        return _bytes_of(path)
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


def _bytes_of(path: str) -> bytes:
    """The bytes of a file or of a pipe. Raises OSError, ModelError.

    The file is opened without waiting, since a pipe that nobody writes to never ends.
    """
    if split_revision(path)[0]:
        from lstmcalc.formats.revisions import show

        return show(path)
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with open(descriptor, "rb", buffering=0) as file:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(mode) and not stat.S_ISFIFO(mode):
            raise unreadable(path, "is a device, not a file")
        data = file.read(SPEC_BYTES + 1)
        if stat.S_ISREG(mode):
            return data or b""
        if data == b"" and not _is_ready(descriptor):
            raise unreadable(path, "is a pipe that nobody writes to")
        os.set_blocking(descriptor, True)
        chunks, length = [data or b""], len(data or b"")
        while length <= SPEC_BYTES and (more := file.read(SPEC_BYTES)):
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
    if suffix_of(path) in UNREAD:
        raise unread(path)
    return spec_reader(read_text(path))(given)


def unread(path: str) -> ModelError:
    """The ModelError of a file that is known by its name, and not read."""
    suffix = suffix_of(path)
    return unreadable(path, f"{UNREAD[suffix]} ({suffix}) is not read by this version")


def spec_reader(source: Source) -> Reader:
    """What makes Specs of a spec's text, named after its file when it has no name of its own. Raises ModelError."""
    from lstmcalc.formats.yaml import read_yaml  # PyYAML is imported when YAML is read

    revision, inside = split_revision(source.name)
    root, folder = read_yaml(source), revision + os.path.dirname(inside)

    def read(given: Variables) -> Spec:
        spec = spec_of_document(root, given, folder)
        return spec if spec.name else msgspec.structs.replace(spec, name=stem(inside))

    return read
