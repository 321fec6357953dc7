"""Files that are known and not read: what each is told by, and what to do with it instead."""

from collections.abc import Callable

import msgspec

Told = Callable[[bytes, str], bool]

SPEC_OF_IT = "write the model as a spec, or save it with model.save('model.keras')"


class Other(msgspec.Struct, frozen=True):
    """A kind of file that is not read: its first bytes and its suffix tell it; what is said of it, and what to do."""

    what: str
    is_told: Told
    help: str


def _begins(*starts: bytes) -> Told:
    return lambda head, suffix: head.startswith(starts)


def _is_onnx(head: bytes, suffix: str) -> bool:
    """A protobuf that begins with a small ir_version and a producer's name."""
    return suffix == ".onnx" or (head[:1] == b"\x08" and head[1:2] < b"\x20" and head[2:3] == b"\x12")


def _is_pickle(head: bytes, suffix: str) -> bool:
    return head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")


OTHERS = (
    Other(
        "a pointer of Git LFS, not the file itself",
        _begins(b"version https://git-lfs.github.com/spec/"),
        "'git lfs pull' fetches the file",
    ),
    Other(
        "a model of TensorFlow Lite, whose layers are gone",
        lambda head, suffix: head[4:8] == b"TFL3",
        "give the Keras model that it was converted from",
    ),
    Other("an ONNX model", _is_onnx, "give the Keras model that it was exported from, or write it as a spec"),
    Other(
        "a pickle, as PyTorch and joblib write them, and pickles are code",
        _is_pickle,
        "write the model as a spec, or save it as Keras does",
    ),
    Other("one NumPy array", _begins(b"\x93NUMPY"), "'verify MODEL --input FILE' takes one"),
    Other("compressed with gzip", _begins(b"\x1f\x8b"), "unpack it"),
    Other("a web page", _begins(b"<!DOCTYPE", b"<!doctype", b"<html"), "fetch the file itself, not the page about it"),
    Other(
        "a graph of TensorFlow, which has no layers",
        lambda head, suffix: suffix == ".pb",
        "name the folder of the SavedModel, or save the model with model.save('model.keras')",
    ),
    Other("a file of PyTorch's", lambda head, suffix: suffix in (".pt", ".pth"), SPEC_OF_IT),
    Other(
        "a Python script",
        lambda head, suffix: suffix == ".py",
        "save its model with model.save('model.keras'), or write it as a spec",
    ),
    Other("a notebook", lambda head, suffix: suffix == ".ipynb", SPEC_OF_IT),
)
# What the name of a file promises, where it holds something else.
PROMISES = {
    ".h5": "no HDF5 file, as its name says",
    ".hdf5": "no HDF5 file, as its name says",
    ".keras": "no .keras file, which is a zip archive",
    ".npz": "no .npz file, which is a zip archive",
    ".safetensors": "no .safetensors file, which begins with its header",
    ".tflite": "no model of TensorFlow Lite",
}


def other_of(head: bytes, suffix: str) -> Other | None:
    """The kind that is not read which a file is, None for none."""
    return next((each for each in OTHERS if each.is_told(head, suffix)), None)
