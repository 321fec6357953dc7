"""Texts from files and standard input, made into a `Spec`."""

import errno
import os
import select
import stat
import sys
from collections.abc import Callable

import msgspec

from lstmcalc.errors import ModelError, Problem, Source, reason_of
from lstmcalc.formats.document import spec_of_document, spec_of_stages, stages_of, stem
from lstmcalc.formats.spec import Spec
from lstmcalc.formats.text import decoded
from lstmcalc.formats.variables import Variables
from lstmcalc.formats.yaml import read_yaml
from lstmcalc.limits import SPEC_BYTES

Reader = Callable[[Variables], Spec]

SUFFIXES = (".yaml", ".yml")
REVISION = "git:"  # of a repository, before REV:path
PIPE_SECONDS = 1.0  # how long a pipe may wait for its writer
# What Keras saved and what builds Keras models: known as files, and not read by this version.
UNREAD = {
    ".json": "a saved Keras config",
    ".keras": "a saved Keras model",
    ".h5": "a saved Keras model",
    ".hdf5": "a saved Keras model",
    ".py": "a Python script",
}


def read_spec(model: str, given: Variables) -> Spec:
    """The Spec of a MODEL argument: a path, `git:REV:path`, `-` for standard input, or an expression.

    Raises ModelError for what cannot be read.
    """
    return spec_reader(model)(given)


def spec_reader(model: str) -> Reader:
    """What makes Specs of a MODEL argument, read once, with values of its variables. Both raise ModelError."""
    suffix = os.path.splitext(model)[1].lower()
    if model == "-":
        root = read_yaml(decoded(_bytes_of_stdin(), "<stdin>"))
        return lambda given: spec_of_document(root, given)
    if suffix in SUFFIXES or os.path.exists(model) or model.startswith(REVISION):
        return file_reader(model)
    if "(" in model and suffix not in UNREAD:
        source = Source("<expression>", model, is_file=False)
        stages = stages_of(source)
        return lambda given: spec_of_stages(source, stages, given)
    if suffix in UNREAD:
        raise _unreadable(model, "no such file or directory")
    help = "an expression has parentheses: 'Input(5, 1) | LSTM(5)'"
    raise ModelError(Problem("no such file, and not an expression", file=model, help=help))


def read_file(path: str, given: Variables) -> Spec:
    """The Spec of a YAML file, named after the file when it has no name of its own. Raises ModelError."""
    return file_reader(path)(given)


def file_reader(path: str) -> Reader:
    """What makes Specs of a file, as `spec_reader` does."""
    suffix = os.path.splitext(path)[1].lower()
    if suffix in UNREAD:
        raise _unreadable(path, f"{UNREAD[suffix]} ({suffix}) is not read by this version")
    revision, inside = split_revision(path)
    root, folder = read_yaml(read_text(path)), revision + os.path.dirname(inside)

    def read(given: Variables) -> Spec:
        spec = spec_of_document(root, given, folder)
        return spec if spec.name else msgspec.structs.replace(spec, name=stem(inside))

    return read


def read_text(path: str) -> Source:
    """The text of a file. Raises ModelError."""
    try:
        return decoded(_bytes_of(path), path)
    except (OSError, ValueError) as error:
        raise _unreadable(path, reason_of(error)) from None


def split_revision(path: str) -> tuple[str, str]:
    """`git:REV:` and the path inside of that revision; of another path, nothing and the path."""
    if not path.startswith(REVISION) or os.path.exists(path):
        return "", path
    revision, colon, inside = path.removeprefix(REVISION).partition(":")
    return f"{REVISION}{revision}{colon}", inside


def _bytes_of(path: str) -> bytes:
    """The bytes of a file or of a pipe, one more than are allowed at most. Raises OSError, ModelError.

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
            raise _unreadable(path, "is a device, not a file")
        data = file.read(SPEC_BYTES + 1)
        if stat.S_ISREG(mode):
            return data or b""
        if data == b"" and not select.select([descriptor], [], [], PIPE_SECONDS)[0]:
            raise _unreadable(path, "is a pipe that nobody writes to")
        os.set_blocking(descriptor, True)
        chunks, length = [data or b""], len(data or b"")
        while length <= SPEC_BYTES and (more := file.read(SPEC_BYTES)):
            chunks.append(more)
            length += len(more)
        return b"".join(chunks)


def _bytes_of_stdin() -> bytes:
    try:
        return sys.stdin.buffer.read(SPEC_BYTES + 1)
    except OSError as error:
        raise _unreadable("<stdin>", reason_of(error)) from None


def _unreadable(path: str, reason: str) -> ModelError:
    return ModelError(Problem(f"cannot be read: {reason}", file=path))
