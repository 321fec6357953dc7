"""Exit codes, and which stream says what: results on standard output, everything else on standard error."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from process import LSTMCALC, MODEL, environment, run, shell

from lstmcalc import cli
from lstmcalc.cli import COMMANDS

CANNOT_BE_READ = {
    "no command": [],
    "an unknown command": ["summarise", MODEL],
    "no model": ["summary"],
    "an unknown option": ["count", MODEL, "--fast"],
    "an unknown format": ["count", MODEL, "--format", "xml"],
    "a width too small": ["summary", MODEL, "--width", "39"],
    "a width that is no number": ["summary", MODEL, "--width", "wide"],
    "an unknown dtype": ["summary", MODEL, "--dtype", "float7"],
    "two parts that are all": ["count", MODEL, "--trainable", "--non-trainable"],
    "a schema of nothing": ["schema", "nothing"],
    "an unknown column": ["summary", MODEL, "--columns", "name,parms"],
    "a column twice": ["summary", MODEL, "--columns", "name,name"],
    "columns of a classic table": ["summary", MODEL, "--style", "classic", "--columns", "name"],
    "a setting without a value": ["count", MODEL, "--set", "units"],
    "a setting twice": ["count", MODEL, "--set", "a=1", "--set", "a=2"],
    "no timesteps": ["count", MODEL, "--timesteps", "0"],
    "timesteps twice": ["count", MODEL, "--timesteps", "1", "--timesteps", "2"],
    "no batch": ["count", MODEL, "--batch", "0"],
    "no such file": ["summary", "nowhere.yaml"],
    "neither file nor expression": ["summary", "nowhere"],
    "a directory": ["summary", os.curdir],
    "an unknown layer": ["count", "Input(5, 1) | Foo(5)"],
    "shapes that do not fit": ["count", "Input(5) | LSTM(5)"],
    "a file that cannot be made": ["count", MODEL, "--output", "no/such/folder/x"],
    "an output that is a directory": ["count", MODEL, "--output", os.curdir],
    "an output without a name": ["count", MODEL, "--output", ""],
    "an output with a NUL": ["count", "nowhere\0.yaml", "--output", "x"],
}


@pytest.mark.parametrize("arguments", CANNOT_BE_READ.values(), ids=CANNOT_BE_READ)
def test_what_cannot_be_read_is_exit_2_with_a_sentence_and_no_traceback(capsys, arguments):
    assert cli.run(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "Traceback" not in printed.err
    assert "error: " in printed.err or not arguments


@pytest.mark.parametrize("command", ["summary", "count"])
@pytest.mark.parametrize("form", ["table", "json", "csv", "markdown"])
def test_an_answer_is_exit_0_on_standard_output_alone(command, form):
    done = run(command, MODEL, "--format", form)
    assert (done.returncode, done.stderr) == (0, "")
    assert "140" in done.stdout


def test_a_bug_is_exit_3_and_one_line_that_says_where_to_report_it(capsys, monkeypatch):
    monkeypatch.setattr("lstmcalc.sources.build", lambda *_: 1 / 0)
    monkeypatch.delenv("LSTMCALC_DEBUG", raising=False)
    assert cli.run(["count", MODEL]) == 3
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(
        "lstmcalc: this is a bug in lstmcalc (ZeroDivisionError: division by zero); please report it: "
    )
    assert printed.err.count("\n") == 1


def test_a_bug_shows_its_traceback_where_that_is_asked_for(capsys, monkeypatch):
    monkeypatch.setattr("lstmcalc.sources.build", lambda *_: 1 / 0)
    monkeypatch.setenv("LSTMCALC_DEBUG", "1")
    assert cli.run(["count", MODEL]) == 3
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_ctrl_c_is_exit_130_without_a_word():
    process = subprocess.Popen(
        [*LSTMCALC, "count", "-"],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    # It reads standard input once its modules are there: until then a signal meets the interpreter alone.
    deadline = time.monotonic() + 30
    while not waits_for_input(process.pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err.strip()) == (130, b"", b"")


def waits_for_input(pid: int) -> bool:
    """Whether a process stands in a read of its pipe, as Linux tells it; elsewhere after a second."""
    try:
        with open(f"/proc/{pid}/wchan") as file:
            if "pipe" in file.read():
                return True
        with open(f"/proc/{pid}/syscall") as file:
            return file.read().startswith("0 0x0 ")
    except OSError:
        time.sleep(1)
        return True


# Errors as JSON.


@pytest.mark.parametrize("form", [["--format", "json"], ["--format=json"]])
def test_a_mistake_in_a_model_is_json_where_json_was_asked_for(tmp_path, form):
    spec = tmp_path / "m.yaml"
    spec.write_text("input: [5, 1]\nlayers:\n  - LSTM: {unit: 5}\n  - Foo\n")
    done = run("summary", str(spec), *form)
    assert (done.returncode, done.stdout) == (2, "")
    found = json.loads(done.stderr)
    first = found["error"]
    assert (first["file"], first["line"], first["column"]) == (str(spec), 3, 12)
    assert first["message"] == "LSTM has no argument 'unit'"
    assert first["help"] == "did you mean 'units'?"
    assert found["errors"][0] == first
    assert [each["line"] for each in found["errors"]] == [3, 4]


@pytest.mark.parametrize(
    ("model", "given", "place"),
    [
        ("Input(5) | Dense(0)", "", (None, 1, 18)),  # an expression stands in no file
        ("-", "input: [5]\nlayers: [Dense: 0]\n", ("<stdin>", 2, 17)),
        ("nowhere.yaml", "", ("nowhere.yaml", None, None)),
    ],
)
def test_a_mistake_as_json_has_the_file_that_it_stands_in(model, given, place):
    done = run("count", model, "--format", "json", input=given)
    first = json.loads(done.stderr)["error"]
    assert (first["file"], first["line"], first["column"]) == place


def test_a_mistake_in_the_usage_is_json_too():
    done = run("summary", "--format", "json", "--width", "1", MODEL)
    assert (done.returncode, done.stdout) == (2, "")
    error = json.loads(done.stderr)["error"]
    assert "--width" in error["message"]
    assert (error["file"], error["line"], error["column"], error["layer"]) == (None, None, None, None)


# Streams that are closed, full or gone.


def test_a_pipe_that_is_closed_early_ends_quietly():
    done = shell(
        "lstmcalc summary 'Input(5, 8) | "
        + " | ".join(["LSTM(8, return_sequences=True)"] * 400)
        + "' | head -1; echo ${PIPESTATUS[0]} >&2"
    )
    assert (done.stdout, done.stderr) == ('Model: "sequential"\n', "0\n")


@pytest.mark.parametrize("command", ["summary --help", "--version", "count 'Input(5, 1) | LSTM(5)'"])
def test_a_pipe_that_nobody_reads_ends_quietly(command):
    done = shell(f"(sleep 0.5; lstmcalc {command}; echo $? >&2) | true")
    assert done.stderr == "0\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
@pytest.mark.parametrize(
    "command", ["summary 'Input(5, 1) | LSTM(5)'", "count 'Input(5, 1) | LSTM(5)'", "--help", "--version"]
)
def test_a_full_disk_is_exit_2_with_one_sentence(command):
    done = shell(f"lstmcalc {command} > /dev/full")
    assert done.returncode == 2
    assert done.stderr == "lstmcalc: error: standard output cannot be written: no space left on device\n"


def test_a_standard_output_that_is_closed_is_exit_2_with_one_sentence():
    done = shell("lstmcalc count 'Input(5, 1) | LSTM(5)' >&-")
    assert (done.returncode, done.stderr) == (2, "lstmcalc: error: standard output cannot be written: it is closed\n")


def test_a_result_goes_to_its_file_although_standard_output_is_closed(tmp_path):
    done = shell(f"lstmcalc summary 'Input(5, 1) | LSTM(5)' -o {tmp_path}/x >&-")
    assert (done.returncode, done.stderr) == (0, "")
    assert "140" in (tmp_path / "x").read_text(encoding="utf-8")


def test_a_mistake_is_exit_2_although_standard_error_is_closed():
    assert shell("lstmcalc count nowhere.yaml 2>&-").returncode == 2
    assert shell("lstmcalc count nowhere.yaml 2>&- >&-").returncode == 2


def test_a_standard_input_that_is_closed_is_exit_2_with_one_sentence():
    done = shell("lstmcalc count - <&-")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("<stdin>: error: cannot be read: ")


# Usage.


def test_a_misspelled_command_is_told_its_name(capsys):
    cli.run(["sumary", MODEL])
    assert capsys.readouterr().err.startswith("lstmcalc: error: no command 'sumary': did you mean 'summary'?\n")


SENTENCES = [
    (["summary"], "MODEL is missing"),
    (["solve", MODEL], "--var is missing"),
    (["count", MODEL, "--zip"], "there is no option '--zip'"),
    (["count", MODEL, "--formt=json"], "there is no option '--formt': did you mean '--format'?"),
    (["count", MODEL, "--format", "xml"], "--format is one of 'table', 'json', 'csv', 'markdown', not 'xml'"),
    (["summary", MODEL, "--width", "39"], "--width is a whole number from 40 to 10,000, not '39'"),
    (["summary", MODEL, "--width=wide"], "--width is a whole number from 40 to 10,000, not 'wide'"),
    (["verify", MODEL, "--atol", "-1"], "--atol is a number from 0, not '-1'"),
    (["verify", MODEL, "--atol", "nan"], "--atol takes a number, not nan"),
    (["count", MODEL, "--format"], "--format takes a value, and here is none"),
    (["count", MODEL, "--quiet=5"], "--quiet takes no value"),
    (["completion", "cmd"], "SHELL is one of 'bash', 'zsh', 'fish'"),
    (["diff", MODEL, MODEL, MODEL], "here are more arguments than the command takes"),
    (["summary", MODEL, "--columns", "name,name"], "--columns: a column stands twice"),
    (["count", MODEL, "--set", "units"], "--set takes NAME=VALUE, not 'units'"),
    (["--"], "a command comes first"),
]


@pytest.mark.parametrize(("arguments", "says"), SENTENCES, ids=[says for _, says in SENTENCES])
def test_a_mistake_in_the_usage_is_told_in_our_words(arguments, says, capsys):
    assert cli.run(arguments) == 2
    assert capsys.readouterr().err.splitlines()[0] == f"lstmcalc: error: {says}"


def test_the_usage_of_a_command_is_one_line(capsys):
    for command in cli.COMMANDS:
        cli.run([command, "--no-such-option"])
        assert [line[:15] for line in capsys.readouterr().err.splitlines()] == ["lstmcalc: error", "  help: Usage: "]


def test_a_model_without_a_command_is_told_what_is_missing(capsys):
    cli.run([MODEL])
    assert capsys.readouterr().err.startswith(
        "lstmcalc: error: a command comes first: lstmcalc summary 'Input(5, 1) | LSTM(5)'\n"
    )


def test_no_command_at_all_shows_the_help_on_standard_error():
    done = run()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage: lstmcalc [OPTIONS] COMMAND")


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_a_help_with_an_example_that_works(command):
    done = run(command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    example = done.stdout.split("Example:\n")[1].split("\n\n")[0].strip()
    assert example.startswith(f"lstmcalc {command}")
    assert shell(example.split(" > ")[0]).returncode == 0


@pytest.mark.parametrize("arguments", [["--version"], ["summary", "--version"], ["count", "--version"]])
def test_the_version_is_the_packages(arguments):
    import lstmcalc

    done = run(*arguments)
    assert (done.returncode, done.stdout) == (0, f"lstmcalc, version {lstmcalc.__version__}\n")


def test_options_may_stand_before_and_after_the_model():
    before = run("summary", "--width", "60", "--show-trainable", MODEL)
    after = run("summary", MODEL, "--show-trainable", "--width", "60")
    assert before.stdout == after.stdout != ""


# What is imported.


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (["count", MODEL], ("rich", "numpy", "h5py")),
        (["summary", MODEL, "--format", "json"], ("rich", "numpy", "h5py")),
        (["summary", MODEL], ("rich", "numpy", "h5py")),
    ],
)
def test_a_start_imports_neither_rich_nor_numpy(arguments, absent):
    assert not set(absent) & imported_by(arguments)


@pytest.mark.parametrize("command", ["summary", "explain", "check --max-params 9", "diff", "convert --to yaml"])
def test_an_output_that_is_what_is_read_is_refused(command, tmp_path, capsys):
    model, other = tmp_path / "model.yaml", tmp_path / "other.yaml"
    model.write_text("input: [5, 1]\nlayers: [{LSTM: 5}]\n", encoding="utf-8")
    other.symlink_to(model)
    before = model.read_bytes()
    second = [str(model)] if command == "diff" else []
    assert cli.run([*command.split(), str(model), *second, "-o", str(other)]) == 2
    assert "would overwrite what is read" in capsys.readouterr().err
    assert model.read_bytes() == before


def test_wide_characters_import_of_rich_their_widths_alone():
    found = imported_by(["summary", "Input(5, 1) | LSTM(5, name='層')"])
    assert "rich.cells" in found
    assert "rich.table" not in found and "rich.console" not in found


def imported_by(arguments: list[str]) -> set[str]:
    program = "import sys; from lstmcalc import cli; cli.run(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], env=environment(), capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())
