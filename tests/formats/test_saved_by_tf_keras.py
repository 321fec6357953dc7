"""What real Keras 2 saved, recorded by tests/data/record_tf_keras.py: the same model from each of its files."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import lstmcalc
from lstmcalc.arrays.trial import Request, prepare, run_trial
from lstmcalc.questions.count import count
from lstmcalc.questions.summary import summary_of
from lstmcalc.sources import Reading

SAVED = Path(__file__).parents[1] / "data" / "saved_by_tf_keras"
SAID = json.loads((SAVED / "graph_run.json").read_text(encoding="utf-8"))
FILES = ("graph.json", "graph.h5", "graph.keras", "folder")


@pytest.mark.parametrize("name", FILES)
def test_the_model_has_the_params_that_keras_said(name):
    found = lstmcalc.load(SAVED / name).to_dict()
    assert (found["total_params"], found["trainable_params"]) == (SAID["params"], SAID["trainable_params"])
    assert found["outputs"][0]["shape"] == [None, 6]


@pytest.mark.parametrize("name", ["graph.h5", "graph.keras"])
def test_it_gives_with_the_weights_of_its_file_what_keras_gave(name):
    inputs, expected = [np.array(each, "float32") for each in SAID["inputs"]], np.array(SAID["output"], "float32")
    trial = prepare(Reading().model(str(SAVED / name)), Request(inputs=inputs, expect=[expected]))
    verification = run_trial(trial)
    assert [str(problem) for problem in verification.problems] == []
    (output,) = verification.outputs
    assert output.difference is not None and output.difference < 1e-5


@pytest.mark.parametrize("name", ["graph.weights.h5", "graph_weights.h5"])
def test_its_weights_alone_are_as_many(name):
    assert count([str(SAVED / name)], None, Reading()).total == SAID["params"]


def test_its_weights_stand_by_layer_under_the_names_that_keras_2_gave():
    summary = summary_of(str(SAVED / "graph_weights.h5"), Reading())
    shapes = {row.name: {each.path: each.shape for each in row.weights} for row in summary.rows}
    assert shapes["shared"] == {"kernel": (3, 4), "bias": (4,)}
    assert shapes["encoder"] == {
        "lstm_cell/kernel": (4, 12),
        "lstm_cell/recurrent_kernel": (3, 12),
        "lstm_cell/bias": (12,),
    }


def test_what_is_frozen_among_the_arguments_is_frozen_inside():
    found = {each["name"]: each for each in lstmcalc.load(SAVED / "graph.json").to_dict()["layers"]}
    assert found["frozen"]["trainable_params"] == 0 and found["frozen"]["params"] == 2 * 3 * (2 * 2 + 2 * 2 + 2 * 2)


def test_what_keras_2_took_and_keras_3_does_not_is_noted():
    (note,) = lstmcalc.load(SAVED / "graph.json").notes
    assert note.message.startswith("SeparableConv1D: padding must be one of valid, same, but is 'causal': Keras let it")
    with pytest.raises(lstmcalc.ModelError, match="padding must be one of valid, same"):
        lstmcalc.parse("Input(5, 3) | SeparableConv1D(3, 2, padding='causal')")


def test_an_operation_that_nobody_knows_has_the_shape_that_what_follows_was_built_on(tmp_path):
    text = (SAVED / "graph.json").read_text(encoding="utf-8")
    assert '"function": "nn.relu"' in text
    (tmp_path / "m.json").write_text(
        text.replace('"function": "nn.relu"', '"function": "image.other"'), encoding="utf-8"
    )
    assert lstmcalc.load(tmp_path / "m.json").count_params() == SAID["params"]


def test_an_operation_of_a_computed_shape_is_refused_by_name(tmp_path):
    text = (SAVED / "graph.json").read_text(encoding="utf-8")
    assert '"axis": 1' in text
    (tmp_path / "m.json").write_text(text.replace('"axis": 1', '"axis": ["decoder", 0, 0]', 1), encoding="utf-8")
    with pytest.raises(lstmcalc.ModelError):
        lstmcalc.load(tmp_path / "m.json")


def test_an_argument_of_a_later_keras_is_noted_and_of_a_file_that_does_not_say_keras_refused(tmp_path):
    text = (SAVED / "graph.json").read_text(encoding="utf-8").replace('"units": 4,', '"units": 4, "novel": 1,')
    (tmp_path / "m.json").write_text(text, encoding="utf-8")
    message = "Dense has an argument 'novel' that no Keras known here has: it is left out"
    assert message in [note.message for note in lstmcalc.load(tmp_path / "m.json").notes]
    (tmp_path / "n.json").write_text(text.replace('"module"', '"was"'), encoding="utf-8")
    with pytest.raises(lstmcalc.ModelError, match="it is a class of the author's own"):
        lstmcalc.load(tmp_path / "n.json")


def test_a_folder_without_its_metadata_is_refused(tmp_path):
    shutil.copytree(SAVED / "folder", tmp_path / "m")
    (tmp_path / "m" / "keras_metadata.pb").unlink()
    with pytest.raises(lstmcalc.ModelError):
        lstmcalc.load(tmp_path / "m")
