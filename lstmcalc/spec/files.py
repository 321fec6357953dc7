"""Texts from files and standard input, bounded and decoded, made into a `Spec`."""

import os
import sys

from lstmcalc.errors import ModelError, Place, Problem, Source
from lstmcalc.limits import SPEC_BYTES
from lstmcalc.spec.spec import Spec, spec_of_document, spec_of_expression, stem
from lstmcalc.spec.variables import Variables
from lstmcalc.spec.yaml import read_yaml

SUFFIXES = (".yaml", ".yml")
# What Keras saved and what builds Keras models: known as files, and not read by this version.
UNREAD = {
    ".json": "a saved Keras config",
    ".keras": "a saved Keras model",
    ".h5": "a saved Keras model",
    ".hdf5": "a saved Keras model",
    ".py": "a Python script",
}


def read_spec(model: str, given: Variables) -> Spec:
    """The Spec of a MODEL argument: a path, `-` for standard input, or an expression.

    Raises ModelError for what cannot be read.
    """
    suffix = os.path.splitext(model)[1].lower()
    if model == "-":
        return _document(
            _source("<stdin>", _bounded(sys.stdin.buffer.read(SPEC_BYTES + 1), "<stdin>")), given, "", None
        )
    if suffix in SUFFIXES or os.path.exists(model):
        return read_file(model, given)
    if "(" in model and suffix not in UNREAD:
        return spec_of_expression(Source("<expression>", model, is_file=False), given)
    if suffix in UNREAD:
        raise _unreadable(model, "no such file")
    help = "an expression has parentheses: 'Input(5, 1) | LSTM(5)'"
    raise ModelError(Problem("no such file, and not an expression", file=model, help=help))


def read_file(path: str, given: Variables) -> Spec:
    """The Spec of a YAML file, named after the file when it has no name of its own."""
    suffix = os.path.splitext(path)[1].lower()
    if suffix in UNREAD:
        raise _unreadable(path, f"{UNREAD[suffix]} ({suffix}) is not read by this version")
    try:
        with open(path, "rb") as file:
            data = file.read(SPEC_BYTES + 1)
    except OSError as error:
        raise _unreadable(path, (error.strerror or str(error)).lower()) from None
    except ValueError as error:  # a NUL in the path
        raise _unreadable(path, str(error)) from None
    source = _source(path, _bounded(data, path))
    return _document(source, given, os.path.dirname(path), stem(path))


def _unreadable(path: str, reason: str) -> ModelError:
    return ModelError(Problem(f"cannot be read: {reason}", file=path))


def _bounded(data: bytes, name: str) -> bytes:
    if len(data) > SPEC_BYTES:
        raise ModelError(Problem(f"is larger than {SPEC_BYTES // 2**20} MiB, the most that a spec may be", file=name))
    return data


def _source(name: str, data: bytes) -> Source:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        message = f"the byte 0x{data[error.start]:02X} is not UTF-8: a spec is a text file in UTF-8"
        raise ModelError(Problem(message, Place(Source(name, ""), line, column))) from None
    return Source(name, text)


def _document(source: Source, given: Variables, directory: str, name: str | None) -> Spec:
    import msgspec

    spec = spec_of_document(read_yaml(source), given, directory)
    return spec if spec.name or name is None else msgspec.structs.replace(spec, name=name)
