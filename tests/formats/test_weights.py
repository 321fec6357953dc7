"""Files of arrays alone: by layer, with what each holds beside the weights of a model left out and said."""

import io
import json
import random
import struct
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import lstmcalc
from lstmcalc import cli
from lstmcalc.containers import hdf5_format
from lstmcalc.containers.headers import Header
from lstmcalc.facts.objects import object_of
from lstmcalc.facts.objects import summary_of as summary_of_object
from lstmcalc.formats.weights import HeldLayer, HeldWeights
from lstmcalc.questions.count import count
from lstmcalc.questions.summary import summary_of
from lstmcalc.sources import Reading
from lstmcalc.views.schemas import output_schema

TRAINED = Path(__file__).parents[1] / "data" / "saved" / "trained.weights.h5"  # of Keras 3.15.1, by record_saved.py
# Two LSTM 4 * ((3 + 4) * 4 + 4), Dense (8 + 1) * 4 in a model inside, Dense 4 + 1.
TRAINED_PARAMS = 2 * 128 + 36 + 5


def arrays(row):
    return {each.path: each.shape for each in row.weights}


def written(folder, name, **members):
    path = folder / name
    if name.endswith(".npz"):
        np.savez(path, **members)
    else:
        path.write_bytes(safetensors(members))
    return str(path)


def safetensors(members, **changed):
    """The bytes of a .safetensors file of float32 arrays; `changed` stands in for what is said of each."""
    header, data = {"__metadata__": {"format": "np"}}, b""
    for name, array in members.items():
        held = np.asarray(array, "<f4").tobytes()
        offsets = [len(data), len(data) + len(held)]
        header[name] = {"dtype": "F32", "shape": list(np.shape(array)), "data_offsets": offsets, **changed}
        data += held
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def refused(path, ask=summary_of):
    with pytest.raises(lstmcalc.ModelError) as caught:
        ask(str(path), Reading())
    return caught.value


def test_weights_of_keras_3_are_told_by_layer_and_the_optimizer_is_not_counted():
    summary = summary_of(str(TRAINED), Reading())
    assert [(row.name, row.params) for row in summary.rows] == [("bidirectional", 256), ("dense_1", 5), ("inner", 36)]
    bidirectional, dense, inner = summary.rows
    assert arrays(bidirectional)["backward_layer/cell/1"] == (4, 16)
    assert arrays(dense) == {"0": (4, 1), "1": (1,)}
    assert [(row.name, arrays(row)) for row in inner.inner] == [("dense", {"0": (8, 4), "1": (4,)})]
    assert summary.total.params == TRAINED_PARAMS and summary.total.size_bytes == 4 * TRAINED_PARAMS
    assert summary.trainable is None and summary.name == "trained"
    # two numbers of its own, and two for each of ten weights
    assert [note.message for note in summary.notes] == [
        "left out: 22 arrays of the optimizer, which are not the model's"
    ]


def test_weights_of_keras_2_are_told_in_the_order_of_the_layers(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.attrs["layer_names"] = [b"lstm", b"dropout", b"inner"]
        file.create_group("dropout").attrs["weight_names"] = np.zeros(0)
        for layer, names in {
            "lstm": ["lstm/lstm_cell/kernel:0", "lstm/lstm_cell/bias:0"],
            "inner": ["dense/kernel:0"],
            "optimizer_weights": ["Adam/m:0", "Adam/v:0", "Adam/iterations:0"],
        }.items():
            group = file.create_group(layer)
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name in names:
                group[name] = np.zeros((2, 3), "float16")
    summary = summary_of(str(tmp_path / "w.h5"), Reading())
    assert [(row.name, arrays(row)) for row in summary.rows] == [
        ("lstm", {"lstm_cell/kernel": (2, 3), "lstm_cell/bias": (2, 3)}),
        ("inner", {"dense/kernel": (2, 3)}),
    ]
    assert summary.total.params == 18 and summary.total.size_bytes == 36
    assert summary.notes[0].message.startswith("left out: 3 arrays of the optimizer")


def test_layers_in_attributes_and_lists_of_a_model_are_layers(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "w.weights.h5", "w") as file:
        for path in ("enc/cell/vars/0", "blocks/dense_10/vars/0", "blocks/dense_2/vars/0", "vars/0"):
            file[path] = np.zeros(3)
        file.create_group("enc/vars").attrs["name"] = "encoder"
        file["metrics/mean/vars/0"] = file["enc/seed_generator/vars/0"] = np.zeros(2)
    summary = summary_of(str(tmp_path / "w.weights.h5"), Reading())
    assert [(row.name, arrays(row)) for row in summary.rows] == [
        ("vars", {"0": (3,)}),
        ("dense_2", {"0": (3,)}),
        ("dense_10", {"0": (3,)}),
        ("encoder", {"cell/0": (3,)}),
    ]
    assert summary.notes[0].message == "left out: 1 array of seeds and 1 of metrics, which are not the model's"


@pytest.mark.parametrize("name", ["w.npz", "w.safetensors"])
def test_arrays_with_names_alone_are_told_by_what_stands_before_the_last_mark(name, tmp_path):
    members = {"lstm/10": np.zeros(2), "lstm/2": np.zeros((3, 4)), "a.b.weight": np.zeros((5, 1)), "alone": 1.0}
    summary = summary_of(written(tmp_path, name, **members), Reading())
    assert [(row.name, arrays(row)) for row in summary.rows] == [
        ("lstm", {"2": (3, 4), "10": (2,)}),
        ("a.b", {"weight": (5, 1)}),
        ("alone", {"alone": ()}),
    ]
    assert summary.total.params == 2 + 12 + 5 + 1


def test_the_dtype_of_each_array_is_told_and_another_can_be_asked_for(tmp_path):
    path = written(tmp_path, "w.npz", a=np.zeros(4, "int8"), b=np.zeros(4, ">f8"), c=np.zeros(4, bool))
    summary = summary_of(path, Reading())
    assert [row.weights[0].dtype for row in summary.rows] == ["int8", "float64", "bool"]
    assert [row.size_bytes for row in summary.rows] == [4, 32, 4]
    assert summary_of(path, Reading(dtype="float16")).total.size_bytes == 24


def test_what_is_asked_of_a_model_is_refused_of_arrays(tmp_path):
    path = written(tmp_path, "w.npz", a=np.zeros(4))
    sentence = "holds arrays alone, without the model that they are of"
    assert refused(path, lambda source, reading: reading.model(source)).message == sentence
    assert "trainable" in refused(path, lambda source, reading: count([source], True, reading)).message
    for reading in (Reading({"units": "1"}), Reading(dialect="keras2"), Reading(customs=("A=identity",))):
        assert "says nothing" in refused(path, lambda source, _, reading=reading: summary_of(source, reading)).message


@pytest.mark.parametrize("form", ["table", "csv", "markdown", "json"])
def test_each_form_tells_the_arrays(form, tmp_path, capsys):
    path = written(tmp_path, "w.safetensors", **{"lstm/kernel": np.zeros((3, 20)), "lstm/bias": np.zeros(20)})
    assert cli.run(["summary", path, "--format", form]) == 0
    printed = capsys.readouterr().out
    assert "(3, 20)" in printed or json.loads(printed)["layers"][0]["weights"][0]["shape"] == [3, 20]
    assert "80" in printed and "float32" in printed


def test_the_json_of_arrays_follows_the_schema_and_can_be_read_again():
    summary = summary_of(str(TRAINED), Reading())
    found = json.loads(lstmcalc_json(summary))
    jsonschema.validate(found, output_schema("summary"))
    assert found["kind"] == "Weights" and found["trainable_params"] is None and found["layers"][0]["class"] is None
    again = summary_of_object(object_of(summary))
    assert again.is_weights and again.total == summary.total and again.trainable is None


def lstmcalc_json(summary):
    from lstmcalc.views.summary.json import show
    from lstmcalc.views.summary.look import SummaryLook

    return "\n".join(show(summary, SummaryLook()))


def test_two_files_of_arrays_are_compared_by_layer(tmp_path, capsys):
    old = written(tmp_path, "old.npz", **{"lstm/0": np.zeros((3, 20), "f4"), "a/0": np.zeros(2), "last/0": np.zeros(5)})
    new = written(tmp_path, "new.npz", **{"lstm/0": np.zeros((4, 20), "f2"), "b/0": np.zeros(3), "end/0": np.zeros(5)})
    assert cli.run(["diff", old, new, "--exit-code"]) == 1
    assert capsys.readouterr().out.splitlines()[2:] == [
        "~ lstm: 60 -> 80 (+20, +33.3%) params",
        "    0: (3, 20) float32 -> (4, 20) float16",
        "- a: -2 params",
        "+ b: +3 params",
        "~ last -> end: 5 params",
        "    name: last -> end",
        "Total params: 67 -> 88 (+21, +31.3%)",
        "Size: 296 -> 224 (-72, -24.3%) bytes, 296 B -> 224 B",
    ]
    assert cli.run(["diff", old, old, "--exit-code"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "The arrays are the same in their shapes and dtypes."


def test_arrays_and_a_model_cannot_be_compared(tmp_path, capsys):
    path = written(tmp_path, "old.npz", a=np.zeros(2))
    for pair in ([path, "Input(5, 1) | LSTM(5)"], ["Input(5, 1) | LSTM(5)", path]):
        assert cli.run(["diff", *pair]) == 2
        assert "holds arrays alone, which cannot be compared with a model" in capsys.readouterr().err


def test_the_note_of_what_is_left_out_is_an_error_where_one_asks_for_it(capsys):
    assert cli.run(["count", str(TRAINED)]) == 0
    out, err = capsys.readouterr()
    assert out == f"{TRAINED_PARAMS}\n" and "note: left out: 22 arrays" in err
    assert cli.run(["count", str(TRAINED), "--strict"]) == 2
    assert cli.run(["count", str(TRAINED), "--quiet"]) == 0
    assert capsys.readouterr().err.count("note") == 1  # of --strict


def test_a_name_that_two_layers_have_says_nothing_of_either():
    inner = [
        HeldLayer(name, layers=(HeldLayer("dense", (Header("0", (size,), "float32", 32),)),))
        for name, size in (("a", 2), ("b", 3))
    ]
    held = HeldWeights("m.h5", (*inner, HeldLayer("alone", (Header("0", (4,), "float32", 32),))))
    assert held.arrays_of("dense") is None and held.arrays_of("other") is None
    assert [each.shape for each in held.arrays_of("alone")] == [(4,)]


# Files that lie.


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"dtype": "F31"}, "has a dtype that the format does not have"),
        ({"shape": [2, 3]}, "is said to be larger or smaller than what the file holds of it"),
        ({"shape": [-2]}, "has no shape, or no place"),
        ({"shape": [True]}, "has no shape, or no place"),
        ({"data_offsets": [0, 10**30]}, "is said to be larger or smaller than what the file holds of it"),
        ({"data_offsets": [4, 0]}, "is said to be larger or smaller than what the file holds of it"),
    ],
)
def test_a_header_that_lies_is_refused(changed, message, tmp_path):
    (tmp_path / "w.safetensors").write_bytes(safetensors({"a": np.zeros(2)}, **changed))
    assert refused(tmp_path / "w.safetensors").message == f"is damaged: 'a' {message}"


@pytest.mark.parametrize("data", [struct.pack("<Q", 3) + b"{x}", struct.pack("<Q", 99) + b"{}", b"{}"])
def test_what_only_has_the_name_of_one_is_refused(data, tmp_path):
    (tmp_path / "w.safetensors").write_bytes(data)
    assert refused(tmp_path / "w.safetensors")


def test_strings_and_objects_are_no_weights(tmp_path):
    assert "strings" in refused(written(tmp_path, "w.npz", a=np.array(["x"]))).message
    np.savez(tmp_path / "o.npz", a=np.array([{}]))
    assert "Python objects" in refused(tmp_path / "o.npz").message


def test_groups_in_a_circle_are_refused(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "w.weights.h5", "w") as file:
        file["layers/a/vars/0"] = np.zeros(2)
        file["layers/a/again"] = file["layers"]
    assert "deep" in refused(tmp_path / "w.weights.h5").message


@pytest.mark.parametrize("has_vars", [True, False], ids=["weights", "unknown"])
def test_groups_that_lead_to_each_other_over_and_over_are_refused(has_vars, tmp_path, monkeypatch):
    monkeypatch.setattr(hdf5_format, "HDF5_STEPS", 5_000)
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "w.weights.h5", "w") as file:
        last, middle, first = (file.create_group(name) for name in ("c", "b", "layers"))
        for number in range(50):
            group = last.create_group(f"l{number}")
            if has_vars:
                group.create_group("vars")
            middle[f"b{number}"], first[f"a{number}"] = last, middle
    assert "over and over" in refused(tmp_path / "w.weights.h5").message


def test_a_layer_that_is_named_and_not_there_is_refused(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.attrs["layer_names"] = [b"dense"]
    assert "names a layer 'dense'" in refused(tmp_path / "w.h5").message


def test_arrays_on_standard_input_are_called_weights(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(TRAINED.read_bytes())))
    assert cli.run(["summary", "-", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "weights"


def files():
    members = {"lstm/0": np.zeros((3, 20), "f4"), "lstm/1": np.zeros(20, "f4")}
    npz = io.BytesIO()
    np.savez(npz, **members)
    yield ".weights.h5", TRAINED.read_bytes()
    yield ".npz", npz.getvalue()
    yield ".safetensors", safetensors(members)


@pytest.mark.parametrize(("suffix", "data"), list(files()))
def test_a_file_of_arrays_of_which_bytes_are_changed_gives_a_summary_or_one_error(suffix, data, tmp_path):
    draw = random.Random(11)
    path = tmp_path / f"w{suffix}"
    for _ in range(150):
        changed = bytearray(data)
        for _ in range(draw.choice([1, 2, 8])):
            changed[draw.randrange(len(changed))] = draw.choice([0, 1, 32, 48, 57, 91, 123, 255, draw.randrange(256)])
        if draw.random() < 0.2:
            del changed[draw.randrange(len(changed)) :]
        path.write_bytes(changed)
        try:
            summary_of(str(path), Reading())
        except lstmcalc.ModelError as error:
            assert str(error)
