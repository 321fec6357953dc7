"""The heaps of an HDF5 file's texts: one that HDF5 would never come to the end of is refused."""

import io
import struct

import numpy as np
import pytest

from lstmcalc import ModelError
from lstmcalc.containers import heaps
from lstmcalc.containers.files import open_file
from lstmcalc.containers.hdf5 import open_hdf5, write_hdf5
from lstmcalc.containers.heaps import SMALLEST, check_heaps


def heap(*objects: tuple[int, int, bytes], length: int = SMALLEST) -> bytes:
    """A collection: its header, its objects (index, length, bytes), and zeros."""
    parts = [
        struct.pack("<H6xQ", index, size) + text.ljust(-(-len(text) // 8) * 8, b"\0") for index, size, text in objects
    ]
    return (b"GCOL\x01\0\0\0" + struct.pack("<Q", length) + b"".join(parts)).ljust(length, b"\0")


def whole(*texts: bytes) -> bytes:
    """A collection as HDF5 writes it: the texts, and what is left."""
    used = 16 + sum(16 + -(-len(text) // 8) * 8 for text in texts)
    return heap(*((number, len(text), text) for number, text in enumerate(texts, 1)), (0, SMALLEST - used, b""))


def is_refused(data: bytes) -> bool:
    try:
        check_heaps("w.h5", io.BytesIO(data), len(data))
    except ModelError as error:
        assert str(error).startswith("w.h5: is damaged: the heap of its texts has no end")
        return True
    return False


def test_heaps_with_an_end_are_let_through():
    assert not is_refused(bytes(100) + whole(b"dense", b"x" * 100) + bytes(1000) + whole())
    assert not is_refused(whole(bytes(33), b"x"))


@pytest.mark.parametrize(
    "data",
    [
        heap(),
        heap((1, 5, b"dense")),
        heap((1, 0, b"dense"), (0, SMALLEST - 40, b"")),  # the text is taken for the next object
        heap((0, 0, b"")),
    ],
)
def test_a_heap_that_would_be_stepped_over_for_ever_is_refused(data):
    assert is_refused(bytes(100) + data)
    assert is_refused(whole(b"a") + data)


def test_a_heap_that_goes_beyond_itself_or_the_file_is_left_to_hdf5_which_refuses_it():
    assert not is_refused(heap((1, 2**63, b"")))
    assert not is_refused(heap((1, 2**64 - 1, b"")))
    assert not is_refused(whole(b"a")[:20])
    assert not is_refused(b"GCOL\x01")


@pytest.mark.parametrize("start", range(5))
def test_a_heap_is_found_where_two_chunks_meet(monkeypatch, start):
    monkeypatch.setattr(heaps, "CHUNK", 64)
    assert is_refused(bytes(64 - start) + heap())


def test_more_heaps_than_a_file_can_hold_are_refused():
    assert is_refused(b"GCOL\x01\0\0\0".ljust(16, b"\1") * 2**16)


def test_heaps_that_overlap_are_not_walked_one_by_one():
    """256 of them in a megabyte, each in a text of the one before, and as long as the file."""
    text = b"GCOL\x01\0\0\0" + struct.pack("<Q", 2**20)
    unit = struct.pack("<H6xQ", 1, len(text)) + text + struct.pack("<H6xQ", 1, 0) * 254
    assert is_refused(unit * 256)
    assert not is_refused(unit)


def test_a_file_with_such_a_heap_is_refused_before_hdf5_reads_it(tmp_path):
    h5py = pytest.importorskip("h5py")
    path = str(tmp_path / "w.h5")
    write_hdf5(path, {"a/0": np.zeros(3)}, {"a": {"name": "dense"}})
    with h5py.File(path, "a") as file:
        assert file["a"].attrs["name"] == "dense"
    with open(path, "r+b") as raw:
        data = raw.read()
        raw.seek(data.index(b"GCOL\x01") + 24)
        raw.write(bytes(1))  # the length of the one text
    with pytest.raises(ModelError) as caught, open_file(path) as file, open_hdf5(path, file) as root:
        root.text("name")
    assert caught.value.message == "is damaged: the heap of its texts has no end"
