"""The Python door: load, parse, from_dict, what a model tells, and what an error tells."""

import json
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
from process import ROOT

import lstmcalc
from lstmcalc import cli

TYPED = """
import lstmcalc
from lstmcalc import ModelError

model = lstmcalc.load("model.yaml", set={"units": 8})
count: int = model.count_params()
model.summary(line_length=88, expand_nested=True, show_trainable=True)
fields: dict[str, object] = model.to_dict()
names: list[str] = [layer.name for layer in model.layers]
shape: tuple[int | None, ...] | list[tuple[int | None, ...]] = model.output_shape
same: lstmcalc.Model = model
fits: list[bool] = [held.fits for held in model.check({"params": "1M"}, baseline=model, max_increase="5%")]
agrees: bool = model.verify(weights=model.get_weights(), progress=print).agrees
paths: list[str] = [layer.path for layer in model.explain("lstm").layers]
differs: bool = model.diff("model.yaml").differs
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


# What a command does, a function does.

TAGGER = """\
name: tagger
budget: {params: 1k, size: 0.5 KiB, layers: {lstm: {params: 139}}}
input: [5, 1]
layers:
  - LSTM: {units: 5, return_sequences: true}
  - Dense: 1
"""


@pytest.fixture
def tagger(tmp_path, monkeypatch):
    """A spec with a budget of which two parts are exceeded, in a folder of its own."""
    (tmp_path / "tagger.yaml").write_text(TAGGER)
    monkeypatch.chdir(tmp_path)
    return lstmcalc.load("tagger.yaml")


def printed(capsys, *arguments):
    """The object that a command prints."""
    cli.run([*arguments, "--format", "json"])
    return json.loads(capsys.readouterr().out)


def test_model_is_the_class_of_every_model(tagger):
    assert isinstance(tagger, lstmcalc.Model)
    assert "Model" in lstmcalc.__all__
    with pytest.raises(AttributeError, match="module 'lstmcalc' has no attribute 'Modell'"):
        lstmcalc.Modell  # noqa: B018


def test_a_layer_is_given_by_its_name(tagger):
    assert tagger.get_layer("lstm").units == 5
    with pytest.raises(lstmcalc.ModelError) as caught:
        tagger.get_layer("lstn")
    assert str(caught.value) == "tagger.yaml: the model has no layer 'lstn' (did you mean 'lstm'?)"


def test_check_has_the_budgets_of_the_spec_as_the_command_has_them(tagger, capsys):
    (model,) = printed(capsys, "check", "tagger.yaml")["models"]
    assert [
        (held.limit.metric, held.layer, held.limit.most, held.actual, held.fits, held.limit.source)
        for held in tagger.check()
    ] == [
        (each["metric"], each["layer"], each["limit"], each["actual"], each["fits"], each["source"])
        for each in model["budgets"]
    ]


def test_check_takes_a_budget_as_a_dictionary(tagger):
    params, state = tagger.check({"params": 145, "layers": {"lstm": {"state": "40 B"}}})
    assert (params.fits, params.over, params.largest) == (False, 1, (("lstm", 140), ("dense", 6)))
    assert (state.fits, state.layer, state.limit.most) == (True, "lstm", 40)
    (size,) = tagger.check({"size": 292}, dtype="float16")
    assert size.fits


def test_check_holds_an_increase_over_another_model(tagger, capsys):
    options = ["--baseline", "Input(5, 1) | LSTM(5)", "--max-increase", "4%"]
    *_, command = printed(capsys, "check", "tagger.yaml", *options)["models"][0]["budgets"]
    *_, text = tagger.check(baseline="Input(5, 1) | LSTM(5)", max_increase="4%")
    *_, model = tagger.check(baseline=lstmcalc.parse("Input(5, 1) | LSTM(5)"), max_increase="4%")
    assert [text.limit.most, text.actual, text.fits] == [command["limit"], command["actual"], command["fits"]]
    assert (model.limit.most, model.limit.metric) == (int(140 * 1.04), "params")


def refusal(ask):
    with pytest.raises(lstmcalc.ModelError) as caught:
        ask()
    return str(caught.value)


def test_what_cannot_be_checked_is_refused(tagger):
    free = lstmcalc.parse("Input(5, 1) | LSTM(5)")
    assert refusal(free.check) == (
        "the model 'sequential' has no budget (write 'budget: {params: 1M}' in the spec, or give one: {'params': '1M'})"
    )
    assert refusal(lambda: tagger.check({"parms": 1})) == (
        "<budget>:2:3: a budget has no key 'parms' (did you mean 'params'?)"
    )
    assert refusal(lambda: tagger.check(baseline=free)) == "a baseline takes an increase, and there is none (give both)"
    assert refusal(lambda: tagger.check(max_increase="5%")) == (
        "an increase is that over a baseline, and there is none (give both)"
    )
    assert refusal(lambda: tagger.check(baseline=free, max_increase="x")) == (
        "an increase takes 5%, 2k or 4KiB, not 'x'"
    )
    unknown = lstmcalc.parse("Input(None, 1) | LSTM(5)")
    assert "MACs are unknown" in refusal(lambda: unknown.check({"macs": "1k"}))


def test_explain_has_the_layers_of_the_command(tagger, capsys):
    command = printed(capsys, "explain", "tagger.yaml", "lstm")
    found = tagger.explain("lstm")
    assert [layer.path for layer in found.layers] == [layer["path"] for layer in command["layers"]] == ["lstm"]
    assert str(found.layers[0].closed.arithmetic) == "4 * ((1 + 5) * 5 + 5) = 140"
    assert [layer.path for layer in tagger.explain().layers] == ["lstm", "dense"]


@pytest.mark.parametrize("is_model", [True, False])
def test_diff_has_the_changes_of_the_command(tagger, capsys, is_model):
    other = "Input(5, 1) | LSTM(6, return_sequences=True) | Dense(1)"
    command = printed(capsys, "diff", "tagger.yaml", other)
    found = tagger.diff(lstmcalc.parse(other) if is_model else other)
    assert [(change.name, change.params) for change in found.changes] == [
        (layer["name"], layer["params_change"]) for layer in command["layers"]
    ]
    assert {each.name: each.change for each in found.totals} == {
        name: total["change"] for name, total in command["totals"].items()
    }


def test_diff_takes_a_saved_summary(tagger, tmp_path):
    (tmp_path / "old.json").write_text(json.dumps(tagger.to_dict()))
    found = tagger.diff(tmp_path / "old.json")
    assert (found.differs, found.is_partial) == (False, True)


def test_verify_has_the_verdict_of_the_command(tagger, capsys):
    command = printed(capsys, "verify", "tagger.yaml", "--seed", "3", "--show")
    found = tagger.verify(seed=3)
    assert found.agrees and command["agrees"]
    assert [("/".join(layer.path), layer.read) for layer in found.layers] == [
        (layer["name"], layer["read_params"]) for layer in command["layers"]
    ]
    np.testing.assert_array_equal(found.arrays[0], np.array(command["outputs"][0]["values"], np.float32))


def test_verify_takes_arrays_and_files_and_compares_the_same(tagger, tmp_path):
    weights, x = tagger.get_weights(seed=1), np.ones((2, 5, 1), np.float32)
    y = tagger.predict(x, weights=weights)
    tagger.save_weights("w.npz", weights)
    np.save("x.npy", x)
    np.save("y.npy", y)
    for given in ({"x": x, "weights": weights, "expect": y}, {"x": "x.npy", "weights": "w.npz", "expect": "y.npy"}):
        assert tagger.verify(**given).agrees
    for expect in (y + 1, [y + 1], {"dense": y + 1}):
        found = tagger.verify(x, weights=weights, expect=expect)
        assert not found.agrees
        assert found.outputs[0].difference == pytest.approx(1, abs=1e-5)
        assert tagger.verify(x, weights=weights, expect=expect, atol=1.1).agrees


def test_verify_says_no_to_weights_that_do_not_fit(tagger):
    found = tagger.verify(weights={"lstm": [np.zeros((1, 20))]})
    assert not found.agrees
    assert [problem.layer for problem in found.problems] == ["lstm", "dense"]


def test_verify_tells_of_each_thing_that_is_done():
    model = lstmcalc.parse("Input(5, 1) | Sequential([LSTM(3)], name='encoder') | Dense(1)")
    told = []
    model.verify(progress=told.append)
    assert told == ["weights", "encoder/lstm", "encoder", "dense"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"seed": -1}, "a seed is a whole number from 0, not -1"),
        ({"atol": float("nan")}, "outputs may be a number from 0 apart, not nan"),
        ({"dtype": "int8"}, "a model is run in float32 or float64, not in 'int8'"),
        ({"weights": "nowhere.npz"}, "nowhere.npz: there is no such file"),
    ],
)
def test_what_cannot_be_verified_is_refused(tagger, given, sentence):
    assert refusal(lambda: tagger.verify(**given)) == sentence


def test_verify_refuses_more_memory_than_is_allowed(tagger):
    assert "B are allowed by --max-memory" in refusal(lambda: tagger.verify(max_memory=100))
