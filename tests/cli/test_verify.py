"""`lstmcalc verify`: what agrees, and each kind of thing that can disagree, broken on purpose."""

import contextlib
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest

import lstmcalc
from lstmcalc import cli
from lstmcalc.arrays import memory
from lstmcalc.layers.base import Ran
from lstmcalc.layers.core import Dense
from lstmcalc.layers.declared import ClosedForm
from lstmcalc.layers.recurrent import GRU, LSTM

SPECS = Path(__file__).parents[2] / "specs"
MODEL = "Input(5, 3) | Dense(4) | Dense(2)"


class Done(msgspec.Struct):
    code: int
    out: str
    err: str


@pytest.fixture
def verify(capsys):
    def run(*arguments: object) -> Done:
        code = cli.run(["verify", *map(str, arguments)])
        printed = capsys.readouterr()
        return Done(code, printed.out, printed.err)

    return run


def rows(text: str) -> dict[str, list[str]]:
    """The cells of the table by the layer's name."""
    found = (re.split(r" *│ *", line.strip("│ ")) for line in text.splitlines() if line.startswith("│"))
    return {cells[0].split(" ")[0]: cells[1:] for cells in found}


def test_a_model_that_agrees_is_exit_0_with_its_shapes_and_numbers(verify):
    done = verify(MODEL)
    assert (done.code, done.err) == (0, "")
    assert rows(done.out) == {
        "dense": ["(None, 5, 4)", "(2, 5, 4)", "16", "16", "16", "yes"],
        "dense_1": ["(None, 5, 2)", "(2, 5, 2)", "10", "10", "10", "yes"],
    }
    assert "Everything agrees: 2 layers have their shapes, all 26 params are read, 2 closed forms hold." in done.out


def test_the_trained_echo_says_what_it_heard(verify):
    pytest.importorskip("h5py")
    echo = [f"{SPECS}/echo{suffix}" for suffix in (".yaml", ".weights.h5", "_input.npy", "_expect.npy")]
    spec, weights, given, expected = echo
    done = verify(spec, "--weights", weights, "--input", given, "--expect", expected, "--show")
    assert done.code == 0
    assert done.out.endswith("[[[0. ]\n  [0.2]\n  [0.4]\n  [0.6]\n  [0.8]]]\n")
    assert "all 146 params are read" in done.out
    assert "outputs are within 1e-05" in done.out


@pytest.mark.parametrize("spec", sorted(path.stem for path in SPECS.glob("*.yaml")))
def test_every_worked_example_agrees(verify, spec):
    done = verify(SPECS / f"{spec}.yaml")
    assert done.code == 0, done.out + done.err


# What must fail. Each test breaks one thing of one layer, and sees its name.


def disagreements(done: Done) -> list[str]:
    assert done.code == 1, done.out + done.err
    return [line.removeprefix(" disagrees: ") for line in done.out.splitlines() if line.startswith(" disagrees: ")]


def test_an_inferred_shape_that_is_wrong_fails(verify, monkeypatch):
    infer = Dense.output_shapes
    monkeypatch.setattr(
        Dense,
        "output_shapes",
        lambda self, inputs: (
            ((*infer(self, inputs)[0][:-1], self.units + 1),) if self.name == "dense_1" else infer(self, inputs)
        ),
    )
    done = verify(MODEL)
    assert disagreements(done) == ["dense_1: it gives (2, 5, 2), but (None, 5, 3) was inferred"]
    assert [cells[-1] for cells in rows(done.out).values()] == ["yes", "NO"]


def test_an_inferred_shape_that_is_too_vague_for_the_sizes_that_went_in_fails(verify, monkeypatch):
    monkeypatch.setattr(LSTM, "output_shapes", lambda self, inputs: ((inputs[0][0], None),))
    forward = LSTM.forward
    monkeypatch.setattr(LSTM, "forward", lambda self, run: Ran((forward(self, run).outputs[0][:1],)))
    assert disagreements(verify("Input(5, 3) | LSTM(4)")) == ["lstm: it gives (1, 4), but (2, None) was inferred"]


def test_a_weight_of_another_shape_fails(verify, monkeypatch):
    def weights(self, inputs):
        return (self.weight("kernel", inputs[0][-1], self.units + 1), self.weight("bias", self.units + 1))

    monkeypatch.setattr(Dense, "weights", weights)
    found = disagreements(verify("Input(5, 3) | Dense(4)"))
    assert found == [
        "dense: it gives (2, 5, 5), but (None, 5, 4) was inferred",
        "dense: its closed form features*units+units gives 16, but its weights hold 20",
    ]


def test_a_weight_that_cannot_be_multiplied_fails_and_is_no_traceback(verify, monkeypatch):
    def weights(self, inputs):
        return (self.weight("kernel", inputs[0][-1] + 1, self.units), self.weight("bias", self.units))

    monkeypatch.setattr(Dense, "weights", weights)
    done = verify("Input(5, 3) | Dense(4)")
    first, second = disagreements(done)
    assert first == "dense: Dense could not be run: its arrays do not go together (ValueError) for (2, 5, 3)"
    assert second == "dense: its closed form features*units+units gives 16, but its weights hold 20"
    assert done.err == ""


def test_a_weight_that_nothing_reads_fails(verify, monkeypatch):
    weights = Dense.weights
    monkeypatch.setattr(
        Dense, "weights", lambda self, inputs: (*weights(self, inputs), self.weight("scale", self.units))
    )
    found = disagreements(verify("Input(5, 3) | Dense(4)"))
    assert found == [
        "dense: its scale (4) is counted as 4 params, but nothing reads it",
        "dense: its closed form features*units+units gives 16, but its weights hold 20",
    ]


def test_a_weight_inside_a_wrapper_that_nothing_reads_fails_by_the_name_of_the_wrapper(verify, monkeypatch):
    forward = GRU.forward
    monkeypatch.setattr(GRU, "forward", lambda self, run: forward(self, _WithoutBias(run)))
    (found,) = dict.fromkeys(disagreements(verify("Input(5, 3) | Bidirectional(GRU(4))")))
    assert found == "bidirectional: its bias (2, 12) is counted as 24 params, but nothing reads it"


class _WithoutBias:
    """A call whose bias is zeros that no weight gave."""

    def __init__(self, run):
        self.run = run

    def __getattr__(self, name):
        return getattr(self.run, name)

    def weight(self, name, number=0):
        return np.zeros((2, 12), np.float32) if name == "bias" else self.run.weight(name, number)


def test_a_closed_form_that_is_wrong_fails(verify, monkeypatch):
    monkeypatch.setattr(LSTM, "closed_form", ClosedForm("4*((features+units)*units+2*units)"))
    (found,) = disagreements(verify("Input(5, 3) | LSTM(4)"))
    assert found == "lstm: its closed form 4*((features+units)*units+2*units) gives 144, but its weights hold 128"


def test_a_layer_of_a_model_inside_is_named_by_its_path(verify, monkeypatch):
    monkeypatch.setattr(LSTM, "closed_form", ClosedForm("4"))
    (found,) = disagreements(verify("Input(5, 3) | Sequential([LSTM(4)], name='encoder') | Dense(2)"))
    assert found == "encoder/lstm: its closed form 4 gives 4, but its weights hold 128"


@pytest.fixture
def files(tmp_path):
    model = lstmcalc.parse(MODEL)
    weights = model.get_weights(seed=3)
    x = np.random.default_rng(0).normal(size=(4, 5, 3)).astype(np.float32)
    model.save_weights(tmp_path / "w.npz", weights)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", model.predict(x, weights=weights))
    return tmp_path


def given(files, expect="y.npy", weights="w.npz"):
    return ["--weights", files / weights, "--input", files / "x.npy", "--expect", files / expect]


def test_an_output_as_expected_agrees(verify, files):
    done = verify(MODEL, *given(files))
    assert done.code == 0
    assert " Output dense_1: (4, 5, 2), at most 0 from what is expected" in done.out


def test_an_output_that_is_not_as_expected_fails_unless_atol_allows_it(verify, files):
    y = np.load(files / "y.npy")
    y[1, 2, 0] += 0.001
    np.save(files / "z.npy", y)
    (found,) = disagreements(verify(MODEL, *given(files, "z.npy")))
    assert re.fullmatch(
        r"dense_1: it gives \S+ at \[1, 2, 0\], but \S+ is expected: 0.001 apart, more than 1e-05", found
    )
    assert verify(MODEL, *given(files, "z.npy"), "--atol", "0.01").code == 0


def test_an_output_of_nan_or_of_another_shape_fails(verify, files):
    y = np.load(files / "y.npy")
    np.save(files / "z.npy", np.where(np.arange(2) == 1, np.nan, y))
    (found,) = disagreements(verify(MODEL, *given(files, "z.npy")))
    assert "but nan is expected: inf apart" in found
    np.save(files / "z.npy", y[:2])
    (found,) = disagreements(verify(MODEL, *given(files, "z.npy")))
    assert found == "dense_1: it gives (4, 5, 2), but (2, 5, 2) is expected"


def test_weights_of_another_shape_in_a_file_fail_by_layer(verify, files):
    lstmcalc.parse("Input(5, 3) | Dense(4) | Dense(7)").save_weights(
        files / "v.npz", lstmcalc.parse("Input(5, 3) | Dense(4) | Dense(7)").get_weights()
    )
    done = verify(MODEL, "--weights", files / "v.npz")
    assert disagreements(done) == ["dense_1: kernel takes (4, 2), but is given (4, 7)"]


def test_two_gates_exchanged_fail_against_the_trained_echo(verify, monkeypatch):
    pytest.importorskip("h5py")
    from lstmcalc.arrays.run import _Running

    def exchanged(self, name, number=0):
        array = read(self, name, number)
        if name != "kernel" or array.shape[-1] != 20:
            return array
        first, second, *rest = np.split(array, 4, axis=-1)
        return np.concatenate([second, first, *rest], axis=-1)

    read = _Running.weight
    monkeypatch.setattr(_Running, "weight", exchanged)
    echo = [f"{SPECS}/echo{suffix}" for suffix in (".yaml", ".weights.h5", "_input.npy", "_expect.npy")]
    spec, weights, x, y = echo
    (found,) = disagreements(verify(spec, "--weights", weights, "--input", x, "--expect", y))
    assert found.startswith("time_distributed: it gives ")


# What cannot be run.


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("Input(3) | Lambda(output_shape=[2])", "lambda: "),
        ("Input(3) | Custom(class='Mine', output_shape=[2])", "mine: "),
    ],
)
def test_a_layer_that_nobody_can_run_is_exit_2_by_name(verify, model, said):
    done = verify(model)
    assert done.code == 2
    assert done.out == ""
    assert f"error: {said}" in done.err


CANNOT_BE_RUN = {
    "no such weights": ["--weights", "nowhere.npz"],
    "no such input": ["--input", "nowhere.npy"],
    "weights of another kind": ["--weights", "w.ckpt"],
    "an output of another kind": ["--save", "y.txt"],
    "a dtype that nothing is run in": ["--dtype", "int8"],
    "a size that is none": ["--max-memory", "lots"],
    "timesteps that are known": ["--timesteps", "x=3"],
    "less than nothing": ["--atol", "-1"],
    "a tolerance that is no number": ["--atol", "nan"],
}


@pytest.mark.parametrize("arguments", CANNOT_BE_RUN.values(), ids=CANNOT_BE_RUN)
def test_what_cannot_be_run_is_exit_2(verify, arguments):
    done = verify(MODEL, *arguments)
    assert (done.code, done.out) == (2, "")
    assert "error: " in done.err


def test_an_input_that_does_not_fit_is_exit_2(verify, tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((2, 5, 4)))
    done = verify(MODEL, "--input", tmp_path / "x.npy")
    assert done.code == 2
    assert "the input 'input_layer' takes (None, 5, 3), but the array is (2, 5, 4)" in done.err


def test_an_expected_output_of_an_unknown_name_is_exit_2(verify, tmp_path):
    np.savez(tmp_path / "y.npz", dense_2=np.zeros((2, 5, 2)))
    done = verify(MODEL, "--expect", tmp_path / "y.npz")
    assert done.code == 2
    assert "an output 'dense_2' is expected, but the model has none of that name" in done.err
    assert "did you mean 'dense_1'?" in done.err


def test_a_file_of_no_arrays_is_exit_2_and_compares_nothing(verify, tmp_path):
    path = tmp_path / "none.npz"
    np.savez(path)
    done = verify(MODEL, "--expect", path)
    assert (done.code, done.out) == (2, "")
    assert done.err == f"{path}: error: holds no arrays\n  help: the outputs are: dense_1\n"
    done = verify(MODEL, "--input", path)
    assert (done.code, done.out) == (2, "")
    assert f"{path}: error: the model takes 1 input, but has a list of 0" in done.err


def test_more_expected_outputs_than_there_are_is_exit_2(verify, tmp_path):
    path = tmp_path / "two.npz"
    np.savez(path, np.zeros(1), np.zeros(1))
    done = verify(MODEL, "--expect", path)
    assert (done.code, done.out) == (2, "")
    assert done.err == f"{path}: error: holds 2 arrays, but the model gives 1\n  help: the outputs are: dense_1\n"


def test_strings_expected_where_numbers_come_fail(verify, tmp_path):
    np.save(tmp_path / "y.npy", np.full((2, 5, 2), "a"))
    done = verify(MODEL, "--expect", tmp_path / "y.npy")
    assert done.code == 1
    assert disagreements(done) == ["dense_1: it gives numbers, but strings are expected"]


@pytest.mark.parametrize(
    ("dtype", "value", "taken"),
    [
        ("int32", 2**32 + 1, "int32, from -2147483648 to 2147483647, but goes from 1 to 4294967297"),
        ("uint8", 300.0, "uint8, from 0 to 255, but goes from 1.0 to 300.0"),
        ("uint8", -1, "uint8, from 0 to 255, but goes from -1 to 1"),
        ("int32", np.inf, "int32, from -2147483648 to 2147483647, but goes from 1.0 to inf"),
    ],
)
def test_indices_that_the_dtype_of_the_input_does_not_hold_are_exit_2(verify, tmp_path, dtype, value, taken):
    np.save(tmp_path / "x.npy", np.array([[1, value]]))
    done = verify(f"Input(2, dtype='{dtype}') | Embedding(301, 3)", "--input", tmp_path / "x.npy")
    assert (done.code, done.out) == (2, "")
    assert f"{tmp_path / 'x.npy'}: error: the input 'input_layer' takes {taken}\n" in done.err


def test_more_memory_than_a_number_holds_may_be_allowed(verify):
    assert verify(MODEL, "--max-memory", "9" * 400 + "G").code == 0


# Sizes, seeds, memory, files, JSON.


@pytest.mark.parametrize(
    ("model", "options", "shape"),
    [
        ("Input(None, 3) | LSTM(4)", [], "(2, 5, 3)"),
        ("Input(None, 3) | LSTM(4)", ["--timesteps", "9", "--batch", "3"], "(3, 9, 3)"),
        ("Input(None, None, 3) | Conv2D(2, 7)", [], "(2, 16, 16, 3)"),
        ("Input(None, 3) | Conv1D(2, 100)", [], "(2, 256, 3)"),
    ],
)
def test_unknown_axes_get_small_sizes_that_the_model_can_take(verify, model, options, shape):
    done = verify(model, *options)
    assert done.code == 0
    assert f" Input input_layer: {shape}\n" in done.out


def test_axes_for_which_no_size_fits_are_exit_2(verify):
    done = verify("Input(None, 3) | Conv1D(2, 1000)")
    assert done.code == 2
    assert "the unknown axes of its inputs ((None, None, 3)) were given sizes of 5 to 256, and none fits" in done.err
    assert "--timesteps N binds the timesteps" in done.err


def test_indices_stay_below_what_an_embedding_has(verify):
    for model in ("Input(50) | Embedding(3, 2)", "Input(50) | Reshape([10, 5]) | TimeDistributed(Embedding(2, 2))"):
        assert verify(model).code == 0


def test_the_seed_decides_what_is_random(verify):
    first, same, other = (verify(MODEL, "--seed", seed, "--show").out for seed in (1, 1, 2))
    assert first == same
    assert first != other


def test_outputs_are_saved_and_hold_against_themselves(verify, tmp_path):
    for name in ("y.npy", "y.npz"):
        assert verify(MODEL, "--save", tmp_path / name).code == 0
        assert verify(MODEL, "--expect", tmp_path / name).code == 0
        assert verify(MODEL, "--expect", tmp_path / name, "--seed", 1).code == 1


def test_several_outputs_are_shown_by_name_and_do_not_go_into_one_npy(verify, tmp_path):
    model = "Input(5, 3) | LSTM(4, return_state=True)"
    done = verify(model, "--show")
    assert [line for line in done.out.splitlines() if re.fullmatch(r"[\w.]+:", line)] == [
        "lstm:",
        "lstm.state_h:",
        "lstm.state_c:",
    ]
    done = verify(model, "--save", tmp_path / "y.npy")
    assert done.code == 2
    assert "takes one output, but the model has 3" in done.err
    assert verify(model, "--save", tmp_path / "y.npz").code == 0
    with np.load(tmp_path / "y.npz") as saved:
        assert sorted(saved) == ["lstm", "lstm.state_c", "lstm.state_h"]


def test_weights_that_training_alone_reads_are_no_failure_and_are_said(verify):
    done = verify("Input(5, 3) | Normalization()")
    assert done.code == 0
    assert rows(done.out)["normalization"][2:4] == ["7", "6 and 1 in training"]


def test_json_is_one_object_with_null_where_nothing_is_known(verify, files):
    done = verify(MODEL, *given(files), "--format", "json", "--show")
    found = json.loads(done.out)
    assert found["agrees"] is True
    assert found["problems"] == []
    assert found["inputs"] == {"input_layer": [4, 5, 3]}
    assert found["layers"][1] == {
        "name": "dense_1",
        "class": "Dense",
        "inferred_shapes": [[[None, 5, 2]]],
        "actual_shapes": [[[4, 5, 2]]],
        "params": 10,
        "read_params": 10,
        "training_only_params": 0,
        "closed_form": "features*units+units",
        "closed_form_params": 10,
        "agrees": True,
    }
    (output,) = found["outputs"]
    assert (output["ref"], output["shape"], output["difference"]) == ("dense_1", [4, 5, 2], 0.0)
    np.testing.assert_array_equal(np.array(output["values"], np.float32), np.load(files / "y.npy"))


def test_json_says_what_disagrees(verify, files):
    np.save(files / "z.npy", np.zeros((1, 2)))
    done = verify(MODEL, *given(files, "z.npy"), "--format", "json")
    found = json.loads(done.out)
    assert (done.code, found["agrees"]) == (1, False)
    assert found["problems"] == [{"layer": "dense_1", "message": "it gives (4, 5, 2), but (1, 2) is expected"}]
    assert found["outputs"][0]["difference"] is None


def test_a_large_model_says_how_much_memory_it_takes_and_quiet_does_not(verify, monkeypatch):
    monkeypatch.setattr("lstmcalc.cli.verify.WORTH_SAYING", 100)
    done = verify(MODEL)
    assert (done.code, done.err) == (
        0,
        "lstmcalc: this takes about 504 B of memory: 104 B of weights and 400 B of arrays\n",
    )
    assert verify(MODEL, "--quiet").err == ""


def test_more_memory_than_there_is_is_refused_before_anything_is_made(verify, monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 2**30)
    done = verify("Input(10) | Dense(10000) | Dense(50000)")
    assert done.code == 2
    assert "it takes about 1.9 GiB of memory" in done.err
    assert "but 1.0 GiB are available" in done.err
    assert "--max-memory SIZE allows more" in done.err


def test_max_memory_allows_and_forbids(verify, monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 10)
    assert verify(MODEL).code == 2
    assert verify(MODEL, "--max-memory", "1KiB").code == 0
    done = verify(MODEL, "--max-memory", "100B")
    assert done.code == 2
    assert "but 100 B are allowed by --max-memory" in done.err


def stderr_of_a_terminal(*options: str) -> str:
    """What a terminal gets of a verification that takes longer than a bar waits, which here is no time at all."""
    arguments = ["verify", "Input(2000, 8) | LSTM(64, return_sequences=True) | LSTM(64)", *options]
    code = f"from lstmcalc import cli; from lstmcalc.cli import progress as p; p.LASTS = 0; cli.run({arguments})"
    terminal, end = pty.openpty()
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80"}
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=end, env=env)
    os.close(end)
    written = b""
    with contextlib.suppress(OSError):  # Linux says EIO where all is read
        while part := os.read(terminal, 4096):
            written += part
    os.close(terminal)
    assert process.wait() == 0
    return written.decode()


def test_a_progress_bar_names_the_layer_on_a_terminal_and_goes():
    written = stderr_of_a_terminal()
    assert "━" in written
    assert "lstm" in written or "weights" in written
    assert written.endswith("\x1b[2K")  # the line is cleared
    assert stderr_of_a_terminal("--quiet") == ""
