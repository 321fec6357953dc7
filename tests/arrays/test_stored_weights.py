"""Files of weights: what is read and written, what does not fit, and what is damaged or meant to hurt."""

import io
import sys
import zipfile

import numpy as np
import pytest

import lstmcalc
from lstmcalc import ModelError

MODEL = "Input(5, 3) | LSTM(4) | Dense(2)"


@pytest.fixture
def model():
    return lstmcalc.parse(MODEL)


def refused(call) -> ModelError:
    with pytest.raises(ModelError) as caught:
        call()
    return caught.value


def equal(weights, others) -> bool:
    assert list(weights) == list(others)
    return all(np.array_equal(a, b) for name in weights for a, b in zip(weights[name], others[name], strict=True))


@pytest.mark.parametrize("suffix", [".npz", ".weights.h5"])
def test_what_is_written_is_read_again(model, tmp_path, suffix):
    if suffix == ".weights.h5":
        pytest.importorskip("h5py")
    weights = model.get_weights(seed=1)
    model.save_weights(tmp_path / f"w{suffix}", weights)
    assert equal(model.load_weights(tmp_path / f"w{suffix}"), weights)


def test_an_npz_holds_layer_and_number_as_numpy_reads_them(model, tmp_path):
    model.save_weights(tmp_path / "w.npz", model.get_weights())
    with np.load(tmp_path / "w.npz", allow_pickle=False) as found:
        assert sorted(found) == ["dense/0", "dense/1", "lstm/0", "lstm/1", "lstm/2"]


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_an_npz_of_numpy_is_read(model, tmp_path, save):
    weights = model.get_weights()
    save(tmp_path / "w.npz", **{f"{name}/{i}": array for name in weights for i, array in enumerate(weights[name])})
    assert equal(model.load_weights(tmp_path / "w.npz"), weights)


def test_arrays_in_another_order_of_memory_are_read(model, tmp_path):
    weights = model.get_weights()
    arrays = {f"{name}/{i}": np.asfortranarray(array) for name in weights for i, array in enumerate(weights[name])}
    np.savez(tmp_path / "w.npz", **arrays)
    assert equal(model.load_weights(tmp_path / "w.npz"), weights)


def without(name):
    return lambda arrays: {key: array for key, array in arrays.items() if not key.startswith(name)}


UNFIT = {
    "a layer missing": (
        without("dense"),
        "dense: Dense has 2 weights (kernel (4, 2), bias (2)), but is given 0 (none)",
    ),
    "a weight missing": (
        without("dense/1"),
        "dense: Dense has 2 weights (kernel (4, 2), bias (2)), but is given 1 ((4, 2))",
    ),
    "another shape": (
        lambda arrays: {**arrays, "lstm/0": np.zeros((2, 16))},
        "lstm: kernel takes (3, 16), but is given (2, 16)",
    ),
    "another layer": (
        lambda arrays: {**arrays, "dense_1/0": np.zeros(1)},
        "there are weights of 'dense_1', but the model has no such layer with weights (did you mean 'dense'?)",
    ),
    "strings": (
        lambda arrays: {**arrays, "dense/1": np.array(["a", "b"])},
        "dense: bias takes numbers, but is given <U1",
    ),
}


@pytest.mark.parametrize("case", UNFIT)
def test_what_does_not_fit_is_said_with_file_and_layer(model, tmp_path, case):
    change, message = UNFIT[case]
    weights = model.get_weights()
    arrays = {f"{name}/{i}": array for name in weights for i, array in enumerate(weights[name])}
    path = tmp_path / "w.npz"
    np.savez(path, **change(arrays))
    assert str(refused(lambda: model.load_weights(path))) == f"{path}: {message}"


def test_all_layers_that_do_not_fit_are_said_together(model, tmp_path):
    np.savez(tmp_path / "w.npz", **{"lstm/0": np.zeros(1), "dense/0": np.zeros(1)})
    error = refused(lambda: model.load_weights(tmp_path / "w.npz"))
    assert [problem.message.split(":")[0] for problem in error.problems] == ["lstm", "dense"]


def npz_member(header: bytes, data: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("lstm/0.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + data)
    return out.getvalue()


def header(text: str) -> bytes:
    return text.ljust(117).encode() + b"\n"


class Evil:
    def __reduce__(self):
        return sys.exit, ("unpickled",)


def pickled() -> bytes:
    out = io.BytesIO()
    np.savez(out, **{"lstm/0": np.array([Evil()], dtype=object)})
    return out.getvalue()


DAMAGED = {
    "empty": b"",
    "text": b"weights" * 100,
    "binary": bytes(range(256)) * 50,
    "zip cut off": npz_member(header("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 16), }"), bytes(192))[:-30],
    "header cut off": npz_member(b"{'descr':"),
    "header of code": npz_member(header("__import__('os').system('true')")),
    "no array": npz_member(b""),
    "objects": pickled(),
    "records": npz_member(header("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,), }"), bytes(12)),
    "larger than the file": npz_member(
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000), }"), bytes(64)
    ),
    "negative": npz_member(header("{'descr': '<f4', 'fortran_order': False, 'shape': (-3, -16), }"), bytes(192)),
    "names without numbers": npz_member(
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }"), bytes(4)
    ).replace(b"lstm/0", b"lstm_0"),
    "nothing in it": b"PK\x05\x06" + bytes(18),
}


@pytest.mark.parametrize("suffix", [".npz", ".h5", ".weights.h5", ".keras"])
@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_file_is_refused_in_a_sentence_that_names_it(model, tmp_path, case, suffix):
    if suffix != ".npz":
        pytest.importorskip("h5py")
    path = tmp_path / f"w{suffix}"
    path.write_bytes(DAMAGED[case])
    error = refused(lambda: model.load_weights(path))
    assert error.file == str(path)
    assert "\n" not in error.message


def test_a_bomb_is_not_unpacked(model, tmp_path):
    """100 MB of zeros in 100 KB, said to be a bias: sizes are compared before anything is read."""
    text = header("{'descr': '<f4', 'fortran_order': False, 'shape': (25000000,), }")
    path = tmp_path / "w.npz"
    path.write_bytes(npz_member(text, bytes(100_000_000)))
    assert path.stat().st_size < 200_000
    error = refused(lambda: model.load_weights(path))
    assert "is given" in error.message


def test_a_bomb_in_a_keras_file_is_not_unpacked(model, tmp_path):
    pytest.importorskip("h5py")
    path = tmp_path / "w.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.weights.h5", bytes(100_000_000))
    error = refused(lambda: model.load_weights(path))
    assert "more than this model and its optimizer take" in error.message


def hdf5(path, write) -> str:
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as file:
        write(file, h5py)
    return str(path)


def compressed(file, h5py):
    file.create_dataset("layers/lstm/cell/vars/0", data=np.zeros((3, 16), "f4"), compression="gzip")


def never_written(file, h5py):
    file.create_dataset("layers/lstm/cell/vars/0", (3, 16), "f4")


def in_another_file(file, h5py):
    file["layers"] = h5py.ExternalLink("/etc/hostname", "layers")
    file["vars"] = h5py.SoftLink("/layers")


def in_raw_bytes_of_another_file(file, h5py):
    file.create_dataset("layers/lstm/cell/vars/0", (3, 16), "f4", external=[("/etc/passwd", 0, 192)])


def in_a_circle(file, h5py):
    layers = file.create_group("layers")
    layers["lstm"] = layers
    layers["cell"] = layers


def of_objects(file, h5py):
    file.create_dataset("layers/lstm/cell/vars/0", data=["a"] * 48)


def of_attributes(file, h5py):
    file.attrs["layer_names"] = ["lstm", "dense"]
    file.create_group("lstm").attrs["weight_names"] = ["../../x", "lstm/kernel"]


HOSTILE = [
    compressed,
    never_written,
    in_another_file,
    in_raw_bytes_of_another_file,
    in_a_circle,
    of_objects,
    of_attributes,
]


@pytest.mark.parametrize("write", HOSTILE)
def test_hdf5_that_keras_never_writes_is_refused(model, tmp_path, write):
    path = hdf5(tmp_path / "w.weights.h5", write)
    assert refused(lambda: model.load_weights(path)).file == path


def test_a_file_of_another_kind_is_refused_with_what_is_taken(model, tmp_path):
    error = refused(lambda: model.load_weights(tmp_path / "w.ckpt"))
    assert error.message == "weights are read from .npz, .weights.h5, .keras or .h5"
    error = refused(lambda: model.save_weights(tmp_path / "w.keras", model.get_weights()))
    assert error.message == "weights are written to .npz or .weights.h5"


def test_a_missing_file_and_an_unwritable_one_are_refused(model, tmp_path):
    assert refused(lambda: model.load_weights(tmp_path / "no.npz")).message == "there is no such file"
    assert refused(lambda: model.load_weights(tmp_path / "no.weights.h5")).message == "there is no such file"
    error = refused(lambda: model.save_weights(tmp_path / "no" / "w.npz", model.get_weights()))
    assert error.message == "cannot be written: no such file or directory"


def test_without_h5py_the_extra_is_named(model, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    (tmp_path / "w.h5").touch()
    error = refused(lambda: model.load_weights(tmp_path / "w.h5"))
    assert error.message == "is HDF5, which needs h5py"
    assert error.help == "install it with: pip install 'lstmcalc[hdf5]'; .npz files are read without"
