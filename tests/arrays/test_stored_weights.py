"""Files of weights: what is read and written, what does not fit, and what is damaged or meant to hurt."""

import io
import sys
import tracemalloc
import zipfile

import numpy as np
import pytest

import lstmcalc
from lstmcalc import ModelError, cli

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


@pytest.mark.parametrize("name", ["lstm", "lstm/x", "lstm/-1", "lstm/\u0663", "lstm/1234567890"])
def test_a_name_that_is_no_layer_and_number_is_refused(model, tmp_path, name):
    np.savez(tmp_path / "w.npz", **{name: np.zeros(1)})
    error = refused(lambda: model.load_weights(tmp_path / "w.npz"))
    assert error.message == f"holds '{name}', but takes weights as 'layer/number'"
    assert error.help == "names are those of layers: lstm/0, lstm/1, lstm/2"


def test_numbers_of_weights_are_sorted_as_numbers(tmp_path):
    cells = ", ".join(["SimpleRNNCell(1)"] * 4)
    model = lstmcalc.parse(f"Input(5, 1) | RNN([{cells}])")
    ((name, arrays),) = model.get_weights().items()
    given = [np.full(each.shape, number, "float32") for number, each in enumerate(arrays)]
    assert len(given) == 12
    model.save_weights(tmp_path / "w.npz", {name: given})
    assert equal(model.load_weights(tmp_path / "w.npz"), {name: given})


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
    "a header nested deep": npz_member(header("-" * 9000 + "1")),
    "compressed as NumPy never does": npz_member(header("{}")).replace(b"\x08\x00", b"\x0e\x00"),
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


def test_an_npy_that_is_cut_off_is_refused(tmp_path, capsys):
    path = tmp_path / "x.npy"
    np.save(path, np.zeros((2, 3)))
    path.write_bytes(path.read_bytes()[:-1])
    assert cli.run(["verify", "Input(3) | Dense(2)", "--input", str(path)]) == 2
    message = "'0' is said to be (2, 3) of float64, which is more than the file holds"
    assert message in capsys.readouterr().err


def test_a_bomb_is_not_unpacked(model, tmp_path):
    """100 MB of zeros in 100 KB, said to be a bias: sizes are compared before anything is read."""
    text = header("{'descr': '<f4', 'fortran_order': False, 'shape': (25000000,), }")
    path = tmp_path / "w.npz"
    path.write_bytes(npz_member(text, bytes(100_000_000)))
    assert path.stat().st_size < 200_000
    error = refused(lambda: model.load_weights(path))
    assert "is given" in error.message


def test_a_bomb_of_a_header_is_not_unpacked(model, tmp_path):
    """Version 2 of the format gives a header up to 4 GiB."""
    path = tmp_path / "w.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        length = 50_000_000
        archive.writestr("lstm/0.npy", b"\x93NUMPY\x02\x00" + length.to_bytes(4, "little") + bytes(length))
    tracemalloc.start()
    error = refused(lambda: model.load_weights(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert error.message == "is damaged: 'lstm/0' does not begin as an array of NumPy does"
    assert peak < 10_000_000


def test_a_long_header_of_version_2_is_read(model, tmp_path):
    weights = model.get_weights()
    with zipfile.ZipFile(tmp_path / "w.npz", "w") as archive:
        for name, arrays in weights.items():
            for number, array in enumerate(arrays):
                with archive.open(f"{name}/{number}.npy", "w") as member:
                    np.lib.format.write_array(member, array, version=(2, 0))
    assert equal(model.load_weights(tmp_path / "w.npz"), weights)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int64", "bool", ">f8", "float16"])
def test_numbers_of_another_dtype_are_floats_in_a_layer_of_floats(model, tmp_path, dtype):
    weights = {name: [np.ones(each.shape, dtype) for each in arrays] for name, arrays in model.get_weights().items()}
    np.savez(tmp_path / "w.npz", **{f"{name}/{i}": each for name in weights for i, each in enumerate(weights[name])})
    ones = {name: [np.ones(each.shape, "float32") for each in arrays] for name, arrays in weights.items()}
    x = np.ones((1, 5, 3))
    expected = model.predict(x, weights=ones)
    assert np.array_equal(model.predict(x, weights=weights), expected)
    assert np.array_equal(model.predict(x, weights=model.load_weights(tmp_path / "w.npz")), expected)


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


def an_array_for_the_layers(file, h5py):
    file["layers"] = np.zeros(3)


def an_array_for_a_layer(file, h5py):
    file["layers/lstm"] = file["layers/dense"] = np.zeros(3)


def an_array_for_a_cell(file, h5py):
    file["layers/lstm/cell"] = np.zeros(3)


def an_array_for_the_arrays(file, h5py):
    file["layers/lstm/vars"] = file["layers/lstm/cell/vars"] = np.zeros(3)


def numbers_that_are_none(file, h5py):
    file["layers/lstm/cell/vars/00"] = file["layers/lstm/cell/vars/\u0663"] = np.zeros(3)


def a_number_that_leads_elsewhere(file, h5py):
    file.create_group("layers/lstm/cell/vars")["0"] = h5py.ExternalLink("/etc/passwd", "/0")


def a_number_that_leads_to_itself(file, h5py):
    file.create_group("layers/lstm/cell/vars")["0"] = h5py.SoftLink("/layers/lstm/cell/vars/0")


def bfloat16_of_eight_bytes(file, h5py):
    file.create_dataset("layers/lstm/cell/vars/0", data=np.zeros((3, 16))).attrs["dtype"] = "bfloat16"


def listed_layers_that_are_arrays(file, h5py):
    file.attrs["layer_names"] = ["lstm", "dense"]
    file.create_dataset("lstm", data=np.zeros(3)).attrs["weight_names"] = ["a/b"]
    file.create_group("dense").attrs["weight_names"] = ["a/b"]
    file["dense/a"] = np.zeros(3)


def listed_weights_that_are_arrays(file, h5py):
    file["model_weights"] = np.zeros(3)
    file["model_weights"].attrs["layer_names"] = ["lstm"]


def gates_of_keras_1_of_other_shapes(file, h5py):
    names = [f"w{number}" for number in range(12)]
    file.attrs["layer_names"] = ["lstm", "dense"]
    file.create_group("lstm").attrs["weight_names"] = names
    for number, name in enumerate(names):
        shape = ((3, 4), (4, 4), (4,))[number % 3]
        file[f"lstm/{name}"] = np.zeros(shape if number != 3 else (2, 4))
    file.create_group("dense").attrs["weight_names"] = ["kernel", "bias"]
    file["dense/kernel"], file["dense/bias"] = np.zeros((4, 2)), np.zeros(2)


HOSTILE = [
    gates_of_keras_1_of_other_shapes,
    compressed,
    never_written,
    in_another_file,
    in_raw_bytes_of_another_file,
    in_a_circle,
    of_objects,
    of_attributes,
    an_array_for_the_layers,
    an_array_for_a_layer,
    an_array_for_a_cell,
    an_array_for_the_arrays,
    numbers_that_are_none,
    a_number_that_leads_elsewhere,
    a_number_that_leads_to_itself,
    bfloat16_of_eight_bytes,
    listed_layers_that_are_arrays,
    listed_weights_that_are_arrays,
]


@pytest.mark.parametrize("write", HOSTILE)
def test_hdf5_that_keras_never_writes_is_refused(model, tmp_path, write):
    path = hdf5(tmp_path / "w.weights.h5", write)
    assert refused(lambda: model.load_weights(path)).file == path


def test_a_listed_name_does_not_lead_through_a_link(model, tmp_path):
    elsewhere = hdf5(tmp_path / "other.h5", lambda file, h5py: file.create_group("inner/b"))

    def write(file, h5py):
        file.attrs["layer_names"] = ["a/inner"]
        file["a"] = h5py.ExternalLink(elsewhere, "/")
        with h5py.File(elsewhere, "a") as other:
            other["inner"].attrs["weight_names"] = ["w"]
            other["inner/w"] = np.zeros(3)

    path = hdf5(tmp_path / "w.h5", write)
    assert "(none)" in refused(lambda: model.load_weights(path)).message


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


def test_without_h5py_the_extra_is_named_where_hdf5_is_written(model, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    error = refused(lambda: model.save_weights(tmp_path / "w.weights.h5", model.get_weights()))
    assert error.message == "is HDF5, which is written with h5py"
    assert error.help == "install it with: pip install 'lstmcalc[hdf5]'; .npz files are written without"


def test_hdf5_is_read_without_h5py(model, tmp_path, monkeypatch):
    weights = model.get_weights(seed=3)
    model.save_weights(tmp_path / "w.weights.h5", weights)
    monkeypatch.setitem(sys.modules, "h5py", None)
    read = model.load_weights(tmp_path / "w.weights.h5")
    assert all(np.array_equal(a, b) for name in weights for a, b in zip(weights[name], read[name], strict=True))


def two_of_keras_3(first, second):
    def write(file, h5py):
        for key, name, number in (("dense", first, 1), ("dense_1", second, 2)):
            file.create_group(f"layers/{key}/vars").attrs["name"] = name
            file[f"layers/{key}/vars/0"], file[f"layers/{key}/vars/1"] = np.full((4, 4), number), np.full(4, number)

    return write


def two_of_keras_2(first, second):
    def write(file, h5py):
        file.attrs["layer_names"] = [first, second]
        for name, number in ((first, 1), (second, 2)):
            file.create_group(name).attrs["weight_names"] = ["kernel:0", "bias:0"]
            file[f"{name}/kernel:0"], file[f"{name}/bias:0"] = np.full((4, 4), number), np.full(4, number)

    return write


@pytest.mark.parametrize("two", [two_of_keras_3, two_of_keras_2])
@pytest.mark.parametrize(
    ("names", "stored", "first"),
    [
        (("dense", "dense_1"), ("dense_1", "dense"), 1),  # Dense(4)(Dense(4)(x)), where the last is made first
        (("dense", "dense_1"), ("dense_4", "dense_5"), 1),
        (("a", "b"), ("b", "a"), 2),
        (("a", "b"), ("c", "a"), 1),
        (("a", "dense"), ("dense", "a"), 2),
    ],
)
def test_layers_are_matched_by_the_names_that_a_user_gave_and_else_by_place(tmp_path, two, names, stored, first):
    path = hdf5(tmp_path / "w.h5", two(*stored))
    one, other = names
    model = lstmcalc.parse(f"Input(4) | Dense(4, name='{one}') | Dense(4, name='{other}')")
    assert model.load_weights(path)[one][0][0, 0] == first


def test_bfloat16_as_keras_3_writes_it_to_h5_is_read(tmp_path):
    def write(file, h5py):
        file.attrs["layer_names"] = ["dense"]
        file.create_group("dense").attrs["weight_names"] = ["kernel", "bias"]
        for name, shape in (("kernel", (4, 4)), ("bias", (4,))):
            file[f"dense/{name}"] = np.full(shape, 0x3FC0, np.uint16).view("V2")  # 1.5

    weights = lstmcalc.parse("Input(4) | Dense(4)").load_weights(hdf5(tmp_path / "w.h5", write))
    assert [array.tolist() for array in weights["dense"]] == [[[1.5] * 4] * 4, [1.5] * 4]


@pytest.mark.parametrize("names", [None, "abcdef"], ids=["names of Keras 2", "other names"])
def test_keras_2_lists_what_training_changes_first(tmp_path, names):
    """By the names of the weights, or by their shapes where they are called otherwise."""
    of_keras_2 = ("gamma", "beta", "kernel", "bias", "moving_mean", "moving_variance")
    shapes = ((4,), (4,), (4, 2), (2,), (4,), (4,))

    def write(file, h5py):
        file.attrs["layer_names"] = ["core"]
        listed = [f"core/{name}:0" for name in names or of_keras_2]
        file.create_group("core").attrs["weight_names"] = listed
        for number, (name, shape) in enumerate(zip(listed, shapes, strict=True)):
            file[f"core/{name}"] = np.full(shape, number)

    layers = [{"Sequential": ["BatchNormalization", {"Dense": 2}], "name": "core"}]
    weights = lstmcalc.from_dict({"input": [4], "layers": layers}).load_weights(hdf5(tmp_path / "w.h5", write))
    assert [array.flat[0] for array in weights["core"]] == [0, 1, 4, 5, 2, 3]
