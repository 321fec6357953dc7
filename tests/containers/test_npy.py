"""Files of arrays: what they say is held against what they hold, and nothing is unpickled."""

import random
import tracemalloc

import numpy as np
import pytest

from lstmcalc import ModelError
from lstmcalc.containers.npy import stored_in, write_arrays

MAGIC = b"\x93NUMPY"


def npy(text: str, data: bytes = b"", version: int = 1) -> bytes:
    """A .npy file with that header."""
    header = text.ljust(117).encode() + b"\n"
    return MAGIC + bytes([version, 0]) + len(header).to_bytes(2 if version == 1 else 4, "little") + header + data


def of(shape: str, descr: str = "'<f4'", order: bool = False, data: bytes = b"", version: int = 1) -> bytes:
    return npy(f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}", data, version)


def read(path) -> np.ndarray:
    with stored_in(str(path)) as stored:
        return stored["0"].read()


def refused(tmp_path, data: bytes) -> str:
    path = tmp_path / "w.npy"
    path.write_bytes(data)
    with pytest.raises(ModelError) as caught:
        read(path)
    assert caught.value.file == str(path)
    return caught.value.message


@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
def test_what_is_written_is_read_again(tmp_path, name):
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    write_arrays(str(tmp_path / name), {"0": array})
    np.testing.assert_array_equal(read(tmp_path / name), array)


def test_an_array_is_described_before_its_numbers_are_read(tmp_path):
    write_arrays(str(tmp_path / "a.npz"), {"x": np.zeros((2, 3), np.float32), "y/0": np.array(["a", "bc"])})
    with stored_in(str(tmp_path / "a.npz")) as stored:
        described = {name: (each.shape, str(each.dtype), each.size_bytes) for name, each in stored.items()}
    assert described == {"x": ((2, 3), "float32", 24), "y/0": ((2,), "<U2", 16)}


@pytest.mark.parametrize("version", [1, 2])
def test_numbers_in_the_order_of_fortran_are_read(tmp_path, version):
    numbers = np.arange(6, dtype="<f4")
    (tmp_path / "a.npy").write_bytes(of("(2, 3)", order=True, data=numbers.tobytes(), version=version))
    np.testing.assert_array_equal(read(tmp_path / "a.npy"), numbers.reshape(3, 2).T)


def test_an_array_without_numbers_is_read(tmp_path):
    (tmp_path / "a.npy").write_bytes(of("(0, 3)"))
    assert read(tmp_path / "a.npy").shape == (0, 3)


NO_HEADER = "is damaged: '0' does not begin as an array of NumPy does"


def test_a_header_of_10_megabytes_is_not_read(tmp_path):
    """It is one that NumPy would take, if it were allowed to."""
    text = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }".ljust(10_000_000)
    data = npy(text, bytes(4), version=2)
    tracemalloc.start()
    message = refused(tmp_path, data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert message == NO_HEADER
    assert peak < 1_000_000


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (npy("{}"), NO_HEADER),
        (npy("__import__('os').system('true')"), NO_HEADER),
        (npy("-" * 9000 + "1"), NO_HEADER),
        (of("(1,)", data=bytes(4), version=3), NO_HEADER),
        (MAGIC + b"\x01", NO_HEADER),
        (
            of("(3, 16)", data=bytes(191)),
            "is damaged: '0' is said to be (3, 16) of float32, which is more than the file holds",
        ),
        (
            of("(9, 16)", data=bytes(100)),
            "is damaged: '0' is said to be (9, 16) of float32, which is more than the file holds",
        ),
        (
            of("(-3, -16)", data=bytes(192)),
            "is damaged: '0' is said to be (-3, -16) of float32, which is more than the file holds",
        ),
        (
            of("(0,) + (9,) * 70"),
            NO_HEADER,
        ),
        (
            of(f"({'0, ' * 70})"),
            f"is damaged: '0' is said to be ({', '.join('0' * 70)}), which no array can be",
        ),
        (
            of("(3,)", "[('a', '<f4')]", data=bytes(12)),
            "holds '0' of [('a', '<f4')]: taken are arrays of numbers and strings, not Python objects",
        ),
        (
            of("(3,)", "'|O'", data=bytes(24)),
            "holds '0' of object: taken are arrays of numbers and strings, not Python objects",
        ),
        (of("(3,)", "'<U0'"), "holds '0' of <U0: taken are arrays of numbers and strings, not Python objects"),
    ],
)
def test_what_is_no_array_is_refused_in_our_words(tmp_path, data, message):
    assert refused(tmp_path, data) == message


@pytest.mark.parametrize("save", [np.save, lambda path, array: np.savez_compressed(path, **{"0": array})])
def test_a_file_with_any_byte_changed_is_read_or_refused_in_our_words(tmp_path, save):
    save(tmp_path / "a.npz" if save is not np.save else tmp_path / "a.npy", np.arange(12.0).reshape(3, 4))
    (path,) = tmp_path.iterdir()
    data, change = path.read_bytes(), random.Random(0)
    for place in range(len(data)):
        path.write_bytes(data[:place] + bytes([data[place] ^ change.randrange(1, 256)]) + data[place + 1 :])
        try:
            with stored_in(str(path)) as stored:
                for each in stored.values():
                    each.read()
        except ModelError as error:
            starts = ("is damaged: '", "is damaged: it is no whole zip archive", "holds '")
            assert error.message.startswith(starts), (place, error.message)


def test_a_file_that_is_cut_off_while_it_is_open_is_refused(tmp_path):
    path = tmp_path / "w.npy"
    path.write_bytes(of("(300, 160)", data=bytes(192_000)))
    with stored_in(str(path)) as stored:
        path.write_bytes(of("(300, 160)", data=bytes(191_999)))
        with pytest.raises(ModelError) as caught:
            stored["0"].read()
    assert caught.value.message == "is damaged: '0' is cut off"
