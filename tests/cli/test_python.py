"""The Python door: load, parse, from_dict, what a model tells, and what an error tells."""

import os
import pickle
import subprocess
import sys

import pytest
from process import ROOT

import lstmcalc

TYPED = """
import lstmcalc
from lstmcalc import ModelError

model = lstmcalc.load("model.yaml", set={"units": 8})
count: int = model.count_params()
model.summary(line_length=88, expand_nested=True, show_trainable=True)
fields: dict[str, object] = model.to_dict()
names: list[str] = [layer.name for layer in model.layers]
shape: tuple[int | None, ...] | list[tuple[int | None, ...]] = model.output_shape
try:
    lstmcalc.parse("LSTM(5)")
    lstmcalc.from_dict({"input": [5, 1], "layers": [{"LSTM": 5}]})
except ModelError as error:
    message: str = error.message
    line: int | None = error.line
    column: int | None = error.column
    words: tuple[str | None, ...] = (error.file, error.layer, error.help)
"""


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("vars: {units: 5}\ninput: [5, 1]\nlayers:\n  - LSTM: $units\n  - Dense: 1\n", encoding="utf-8")
    return path


def test_the_three_doors_give_the_same_model(path):
    spec = {"input": [5, 1], "layers": [{"LSTM": 5}, {"Dense": 1}]}
    models = [lstmcalc.load(str(path)), lstmcalc.parse("Input(5, 1) | LSTM(5) | Dense(1)"), lstmcalc.from_dict(spec)]
    for model in models:
        assert model.count_params() == 4 * 5 * (1 + 5 + 1) + 6
        assert model.input_shape == (None, 5, 1)
        assert model.output_shape == (None, 1)
        assert [layer.name for layer in model.layers] == ["lstm", "dense"]


def test_a_path_may_be_a_path_object_and_names_the_model(path):
    assert lstmcalc.load(path).name == "mine"


def test_a_path_may_be_bytes(path):
    assert lstmcalc.load(os.fsencode(path)).name == "mine"


def test_set_gives_variables_their_values(path):
    assert lstmcalc.load(path, set={"units": 8}).output_shape == (None, 1)
    assert lstmcalc.load(path, set={"units": 8}).count_params() == 4 * 8 * (1 + 8 + 1) + 9
    assert lstmcalc.parse("Input(5, 1) | LSTM(n)", set={"n": 8}).output_shape == (None, 8)


def test_several_inputs_and_outputs_are_lists_of_shapes():
    model = lstmcalc.load(str(ROOT / "specs" / "return_state.yaml"))
    assert model.output_shape == [(None, 2)] * 3
    model = lstmcalc.load(str(ROOT / "specs" / "encoder_decoder.yaml"))
    assert model.input_shape == [(None, None, 71), (None, None, 93)]


def test_summary_prints_and_returns_nothing(capsys):
    assert lstmcalc.parse("Input(5, 1) | LSTM(5)").summary(line_length=50) is None
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == 'Model: "sequential"'
    assert {len(line) for line in lines[1:-3]} == {50}


def test_summary_hands_its_text_to_a_function(capsys):
    model, found = lstmcalc.parse("Input(5, 1) | LSTM(5)"), []
    model.summary(60, print_fn=found.append)
    assert capsys.readouterr().out == ""
    model.summary(60)
    assert found == [capsys.readouterr().out]


def test_a_model_is_one_line_where_python_shows_it(path):
    assert repr(lstmcalc.load(path)) == "<Sequential name=mine, params=146>"


def test_an_error_says_where_it_is_and_what_to_do(tmp_path):
    path = tmp_path / "model.yaml"
    path.write_text("input: [8]\nlayers:\n  - Dense: 8\n  - LSTM: {units: 8}\n", encoding="utf-8")
    with pytest.raises(lstmcalc.ModelError) as caught:
        lstmcalc.load(str(path))
    error = caught.value
    assert error.message == "LSTM takes 3 axes (samples, timesteps, features), but its input has 2: (None, 8)"
    assert (error.file, error.line, error.column, error.layer) == (str(path), 4, 5, "lstm")
    assert str(error).startswith(f"{path}:4:5: lstm: LSTM takes 3 axes")


def test_an_error_reaches_another_process_whole():
    with pytest.raises(lstmcalc.ModelError) as caught:
        lstmcalc.from_dict({"input": [5, 1], "layers": [{"LSTM": -1}, {"Foo": 1}]})
    error = pickle.loads(pickle.dumps(caught.value))
    assert (str(error), error.help) == (str(caught.value), caught.value.help)
    assert (error.line, error.column) == (caught.value.line, caught.value.column)


def test_an_error_of_an_expression_has_no_file():
    with pytest.raises(lstmcalc.ModelError) as caught:
        lstmcalc.parse("Input(5, 1) | LSTM(unit=5)")
    error = caught.value
    assert (error.file, error.line, error.column) == (None, 1, 20)
    assert error.help == "did you mean 'units'?"


def test_a_program_that_uses_it_passes_the_type_checker(tmp_path):
    pytest.importorskip("mypy")
    (tmp_path / "typed.py").write_text(TYPED, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", str(tmp_path / "typed.py")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout
