"""What the commands print: counts, formats, widths, colours, encodings, models by file and by standard input."""

import csv
import fcntl
import io
import json
import os
import pty
import struct
import subprocess
import termios

import pytest
from process import LSTMCALC, MODEL, ROOT, environment, run
from rich.cells import cell_len

from lstmcalc import cli

SPEC = "input: [5, 1]\nlayers:\n  - LSTM: 5\n  - Dense: {units: 1, trainable: false}\n"
MANY_TO_MANY = str(ROOT / "specs" / "many_to_many.yaml")


def printed(capsys, *arguments: str) -> str:
    assert cli.run(list(arguments)) == 0
    return capsys.readouterr().out


# count


def test_count_prints_one_integer(capsys):
    assert printed(capsys, "count", MODEL) == "140\n"


def test_count_of_several_models_has_a_line_each_and_the_total(capsys):
    # 140 + 6 of specs/many_to_many.yaml
    assert printed(capsys, "count", MODEL, MANY_TO_MANY) == f"140\t{MODEL}\n146\t{MANY_TO_MANY}\n286\ttotal\n"


def test_a_model_with_line_breaks_is_one_line_of_count(capsys):
    assert printed(capsys, "count", MODEL, "Input(5, 1)\n| LSTM(5)").splitlines()[1] == "140\tInput(5, 1)\\n| LSTM(5)"


def test_the_mistakes_of_all_models_are_told_together(capsys):
    assert cli.run(["count", "Input(5, 1) | Foo(5)", MODEL, "nowhere.yaml"]) == 2
    found = capsys.readouterr()
    assert found.out == ""
    assert "Foo" in found.err and "nowhere.yaml" in found.err


@pytest.mark.parametrize(("option", "count"), [("--trainable", 140), ("--non-trainable", 6)])
def test_count_of_a_part(capsys, tmp_path, option, count):
    (tmp_path / "m.yaml").write_text(SPEC)
    assert printed(capsys, "count", str(tmp_path / "m.yaml"), option) == f"{count}\n"


def test_count_as_json_csv_and_markdown(capsys):
    models = [MODEL, "Input(3) | Dense(1)"]
    assert json.loads(printed(capsys, "count", *models, "--format", "json")) == {
        "schema_version": 1,
        "models": [{"model": models[0], "params": 140}, {"model": models[1], "params": 4}],
        "total_params": 144,
        "notes": [],
    }
    rows = list(csv.reader(io.StringIO(printed(capsys, "count", *models, "--format", "csv"))))
    assert rows == [["model", "params"], [models[0], "140"], [models[1], "4"]]
    assert printed(capsys, "count", *models, "--format", "markdown").splitlines()[2:] == [
        "| Input(5, 1) \\| LSTM(5) | 140 |",
        "| Input(3) \\| Dense(1) | 4 |",
        "| **total** | **144** |",
    ]


# Models


@pytest.mark.parametrize("text", [SPEC, '{"input": [5, 1], "layers": [{"LSTM": 5}, {"Dense": 1}]}', "\ufeff" + SPEC])
def test_a_spec_on_standard_input_is_yaml_or_json(text):
    done = run("count", "-", input=text)
    assert (done.returncode, done.stdout) == (0, "146\n")


def test_a_variable_takes_its_value_from_the_command_line(capsys):
    assert printed(capsys, "count", "Input(5, 1) | LSTM(units)", "--set", "units=8") == f"{4 * 8 * (8 + 1 + 1)}\n"


def test_timesteps_and_batch_bind_the_unknown_axes(capsys):
    source = "Input(None, 1) | LSTM(5, return_sequences=True)"
    found = json.loads(printed(capsys, "summary", source, "--timesteps", "7", "--batch", "3", "--format", "json"))
    assert found["outputs"][0]["shape"] == [3, 7, 5]
    assert found["macs"] == 7 * 4 * 5 * (5 + 1)


def test_timesteps_of_one_input_leave_the_others_alone(capsys):
    spec = str(ROOT / "specs" / "encoder_decoder.yaml")
    found = json.loads(printed(capsys, "summary", spec, "--timesteps", "source=7", "--format", "json"))
    assert [each["shape"] for each in found["inputs"]] == [[None, 7, 71], [None, None, 93]]


# summary


def test_the_python_function_prints_what_the_command_prints(capsys):
    import lstmcalc

    lstmcalc.load(MANY_TO_MANY).summary(60, show_trainable=True)
    by_function = capsys.readouterr().out
    assert printed(capsys, "summary", MANY_TO_MANY, "--width", "60", "--show-trainable") == by_function


def test_python_m_is_the_same_program():
    assert run("count", MODEL).stdout == "140\n"


def test_a_dtype_changes_sizes(capsys):
    assert " Total params: 140 (280.00 B)\n" in printed(capsys, "summary", MODEL, "--dtype", "float16")
    found = json.loads(printed(capsys, "summary", MODEL, "--dtype", "int8", "--format", "json"))
    assert found["size_bytes"] == found["layers"][0]["size_bytes"] == 140


def test_the_classic_table_takes_a_width(capsys):
    assert printed(capsys, "summary", MODEL, "--style", "classic", "--width", "50").splitlines()[0] == "_" * 50


def test_the_columns_are_chosen_with_spaces_or_without(capsys):
    table = printed(capsys, "summary", MODEL, "--columns", "params, name", "--format", "csv")
    assert table == "params,name\n140,lstm\n"


def test_a_result_written_to_a_file_is_the_one_that_is_printed(capsys, tmp_path):
    table = printed(capsys, "summary", MODEL)
    assert printed(capsys, "summary", MODEL, "-o", str(tmp_path / "x")) == ""
    assert (tmp_path / "x").read_bytes() == table.encode()


def test_columns_and_the_terminal_bound_the_table():
    for columns, width in (("72", 68), ("300", 88), ("20", 40)):
        done = run("summary", MODEL, env=environment(COLUMNS=columns))
        assert {len(line) for line in done.stdout.splitlines()[1:-3]} == {width}


# Colours


@pytest.mark.parametrize(
    ("variables", "option", "is_colored"),
    [
        ({}, "auto", False),
        ({"FORCE_COLOR": "1"}, "auto", True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, "auto", False),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, "auto", True),
        ({"NO_COLOR": "1"}, "always", True),
        ({"FORCE_COLOR": "1"}, "never", False),
    ],
)
def test_a_pipe_is_coloured_where_that_is_asked_for(variables, option, is_colored):
    done = run("summary", MODEL, "--color", option, env=environment(**variables))
    assert ("\x1b[" in done.stdout) == is_colored


def test_a_file_is_coloured_only_by_its_option(tmp_path):
    for option, is_colored in (("auto", False), ("always", True)):
        path = tmp_path / option
        run("summary", MODEL, "--color", option, "-o", str(path), env=environment(FORCE_COLOR="1"))
        assert ("\x1b[" in path.read_text(encoding="utf-8")) == is_colored


def on_terminal(columns: int, *arguments: str, **variables: str) -> str:
    """What a terminal of so many columns is sent."""
    mine, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        [*LSTMCALC, *arguments], env=environment(**variables), stdin=its, stdout=its, stderr=subprocess.PIPE
    )
    os.close(its)
    sent = b""
    while True:
        try:
            chunk = os.read(mine, 4096)
        except OSError:  # as Linux ends it
            break
        if not chunk:
            break
        sent += chunk
    assert process.wait(timeout=30) == 0
    assert process.stderr is not None and process.stderr.read() == b""
    process.stderr.close()
    os.close(mine)
    return sent.decode().replace("\r\n", "\n")


def test_a_terminal_of_50_columns_has_a_coloured_table_of_46():
    sent = on_terminal(50, "summary", MANY_TO_MANY, TERM="xterm-256color")
    assert "\x1b[38;5;34m140\x1b[0m" in sent
    plain = on_terminal(50, "summary", MANY_TO_MANY, TERM="dumb")
    assert "\x1b" not in plain
    assert {len(line) for line in plain.splitlines()[1:-3]} == {46}


# Encodings


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "cp437"])
def test_a_stream_without_box_characters_gets_ascii_ones(encoding):
    done = subprocess.run(
        [*LSTMCALC, "summary", MANY_TO_MANY],
        env=environment(PYTHONIOENCODING=encoding),
        capture_output=True,
        check=True,
    )
    assert done.stderr == b""
    lines = done.stdout.decode("ascii").splitlines()
    assert lines[1].startswith("+---") and "| Layer (type) " in lines[2]


def test_a_name_that_the_stream_cannot_write_is_escaped_and_never_an_error():
    source = "Input(5, 1) | LSTM(5, name='層')"
    for form in ("table", "csv", "json", "markdown"):
        done = subprocess.run(
            [*LSTMCALC, "summary", source, "--format", form],
            env=environment(PYTHONIOENCODING="ascii:strict"),
            capture_output=True,
            check=True,
        )
        assert b"\\u5c64" in done.stdout


@pytest.mark.parametrize("style", ["keras3", "classic"])
def test_a_name_that_is_escaped_keeps_the_columns(style):
    source = "Input(5, 1) | LSTM(5, name='層é') | Dense(1)"
    done = subprocess.run(
        [*LSTMCALC, "summary", source, "--style", style],
        env=environment(PYTHONIOENCODING="latin-1"),
        capture_output=True,
        check=True,
    )
    first, second = [line for line in done.stdout.decode("latin-1").splitlines() if "(None, " in line]
    assert "\\u5c64é (LSTM)" in first
    assert first.index("(None, ") == second.index("(None, ")


def test_wide_names_keep_the_columns_of_a_terminal():
    done = run("summary", "Input(5, 1) | LSTM(5, name='双方向の層🙂') | Dense(1)", "--width", "50")
    assert {cell_len(line) for line in done.stdout.splitlines()[1:-3]} == {50}
