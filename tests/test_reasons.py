"""Why a file cannot be read or written is said in words of ours, whatever the system, Python or a library calls it."""

import builtins
import errno
import os

import pytest

import lstmcalc
from lstmcalc import ModelError, cli
from lstmcalc.errors import REASONS, Source, reason_of
from lstmcalc.facts.objects import saved_summary

MODEL = "Input(5, 1) | LSTM(5)"
NUL = "its name has a NUL, which no name of a file can have"
NUMBERS = sorted({getattr(errno, name) for name in REASONS if hasattr(errno, name)})


def refused(call) -> str:
    with pytest.raises(ModelError) as caught:
        call()
    return caught.value.message


def failing(number):
    def fail(*arguments, **named):
        raise OSError(number, "le système parle une autre langue")

    return fail


@pytest.mark.parametrize("number", NUMBERS)
def test_a_reason_is_told_by_its_number(number):
    assert reason_of(OSError(number, "autre")) == REASONS[errno.errorcode[number]]


def test_a_reason_that_is_not_known_is_told_by_its_name_or_not_at_all():
    assert reason_of(OSError(errno.ENOTTY, "autre")) == "the system refuses it (ENOTTY)"
    assert reason_of(OSError(99_999, "autre")) == "the system refuses it"
    assert reason_of(OSError("autre")) == "the system refuses it"


def test_a_spec_that_cannot_be_read_is_said_in_our_words(monkeypatch):
    monkeypatch.setattr(os, "open", failing(errno.EIO))
    assert refused(lambda: lstmcalc.load("m.yaml")) == "cannot be read: the device failed"


def test_a_standard_input_that_cannot_be_read_is_said_in_our_words(monkeypatch, capsys):
    class Closed:
        def read(self, size):
            failing(errno.EISDIR)()

    monkeypatch.setattr("sys.stdin", type("Stdin", (), {"buffer": Closed()}))
    assert cli.run(["count", "-"]) == 2
    assert capsys.readouterr().err == "<stdin>: error: cannot be read: is a directory\n"


@pytest.mark.parametrize("name", ["w.npz", "w.weights.h5"])
def test_weights_that_cannot_be_read_are_said_in_our_words(name, monkeypatch):
    pytest.importorskip("h5py")
    model = lstmcalc.parse(MODEL)
    monkeypatch.setattr(builtins, "open", failing(errno.EMFILE))
    assert refused(lambda: model.load_weights(name)) == "cannot be read: too many files are open"


def test_weights_that_cannot_be_written_are_said_in_our_words(monkeypatch):
    model = lstmcalc.parse(MODEL)
    weights = model.get_weights()
    monkeypatch.setattr(builtins, "open", failing(errno.EROFS))
    assert refused(lambda: model.save_weights("w.npz", weights)) == "cannot be written: the file system is read-only"


def test_hdf5_that_cannot_be_written_is_said_in_our_words(monkeypatch):
    h5py = pytest.importorskip("h5py")
    model = lstmcalc.parse(MODEL)
    monkeypatch.setattr(h5py, "File", failing(errno.EDQUOT))
    message = refused(lambda: model.save_weights("w.weights.h5", model.get_weights()))
    assert message == "cannot be written: the disk quota is used up"


def test_what_zipfile_says_of_a_damaged_file_is_not_repeated(tmp_path):
    (tmp_path / "w.npz").write_bytes(b"weights")
    model = lstmcalc.parse(MODEL)
    assert refused(lambda: model.load_weights(tmp_path / "w.npz")) == "is damaged: it is no whole zip archive"


@pytest.mark.parametrize(
    ("file", "reason"), [("no/x", "no such file or directory"), ("a\0", NUL), (".", "is a directory")]
)
def test_a_result_that_cannot_be_written_is_said_in_our_words(file, reason, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.run(["count", MODEL, "--output", file]) == 2
    assert capsys.readouterr().err.endswith(f": error: cannot be written: {reason}\n")


def test_a_job_summary_that_cannot_be_written_is_said_in_our_words(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    assert cli.run(["check", MODEL, "--max-params", "140", "--format", "github"]) == 2
    assert capsys.readouterr().err == f"{tmp_path}: error: cannot be written: is a directory\n"


def test_a_name_with_a_nul_is_told_so_everywhere():
    model = lstmcalc.parse(MODEL)
    weights = model.get_weights()
    assert refused(lambda: lstmcalc.load("a\0.yaml")) == f"cannot be read: {NUL}"
    assert refused(lambda: model.load_weights("a\0.npz")) == f"cannot be read: {NUL}"
    assert refused(lambda: model.save_weights("a\0.npz", weights)) == f"cannot be written: {NUL}"
    pytest.importorskip("h5py")
    assert refused(lambda: model.load_weights("a\0.h5")) == f"cannot be read: {NUL}"
    assert refused(lambda: model.save_weights("a\0.weights.h5", weights)) == f"cannot be written: {NUL}"


def test_a_name_of_half_a_character_is_told_so():
    message = refused(lambda: lstmcalc.parse(MODEL).load_weights("a\ud800.npz"))
    assert message == "cannot be read: its name has a character that no name of a file can have"


SAVED = {
    "no summary": ('{"schema_version": 1}', "it has no 'name'", (1, 1)),
    "a name that is a number": ('{"schema_version": 1, "name": 5}', "'name' cannot be 5", (1, 1)),
    "a version that is a string": ('{"schema_version": "1"}', "'schema_version' cannot be '1'", (1, 1)),
    "a layer that is a string": (
        '{"schema_version": 1, "name": "m", "kind": "Sequential", "inputs": [], "layers": [5]}',
        "'layers.0' cannot be 5",
        (1, 1),
    ),
    "a layer without shapes": (
        '{"schema_version": 1, "name": "m", "kind": "Sequential", "inputs": [],\n'
        '"layers": [{"name": "a", "class": "LSTM", "calls": [{}]}]}',
        "it has no 'layers.0.input_shapes'",
        (1, 1),
    ),
    "cut off": ('{"schema_version": 1,\n"name": ', "it is cut off", (2, 9)),
    "no JSON": ('{"schema_version": 1,\n"name": é}', "this is no JSON", (2, 9)),
    "nested deep": ('{"schema_version": 1, "name": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deep", (1, 1)),
}


@pytest.mark.parametrize("case", SAVED)
def test_a_saved_summary_that_is_none_is_said_in_our_words(case):
    text, reason, place = SAVED[case]
    with pytest.raises(ModelError) as caught:
        saved_summary(Source("old.json", text))
    assert caught.value.message == f"no summary that 'lstmcalc summary --format json' printed: {reason}"
    assert (caught.value.line, caught.value.column) == place
