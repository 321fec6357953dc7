"""`lstmcalc solve` and `lstmcalc sweep`: what they print in each format, and their exit codes."""

import csv
import io
import json
import subprocess

import jsonschema
import msgspec
import pytest
from process import LSTMCALC, environment

from lstmcalc import cli
from lstmcalc.cli.options import FORMATS
from lstmcalc.views.solve.json import SolveObject
from lstmcalc.views.sweep.json import SweepObject

MODEL = "Input(5, 1) | LSTM(units) | Dense(1)"
SOLVED = """\
┏━━━━━━━┳━━━━━━━━┳━━━━━━━┳━━━━━━━━┳━━━━━━━━┳━━━━━━┓
┃ units ┃ Budget ┃ Limit ┃ Actual ┃  Share ┃ Fits ┃
┡━━━━━━━╇━━━━━━━━╇━━━━━━━╇━━━━━━━━╇━━━━━━━━╇━━━━━━┩
│    14 │ params │ 1,000 │    911 │  91.1% │ yes  │
├───────┼────────┼───────┼────────┼────────┼──────┤
│    15 │ params │ 1,000 │  1,036 │ 103.6% │  NO  │
└───────┴────────┴───────┴────────┴────────┴──────┘
 units = 14 is the largest value that keeps every budget.
 14 fits, 15 does not; the numbers grow with units at all 36 values tried from 1 to 2,147,483,647.
"""
SOLVED_CSV = "units,layer,metric,limit,actual,fits,error\n14,,params,1000,911,true,\n15,,params,1000,1036,false,\n"
SOLVED_MARKDOWN = """\
**units = 14 is the largest value that keeps every budget.**

| units | Budget | Limit | Actual | Share | Fits |
| ---: | --- | ---: | ---: | ---: | --- |
| 14 | params | 1,000 | 911 | 91.1% | yes |
| 15 | params | 1,000 | 1,036 | 103.6% | NO |

14 fits, 15 does not; the numbers grow with units at all 36 values tried from 1 to 2,147,483,647.
"""
SWEPT = """\
units  k           params        trainable             size             MACs
    5  1              146              146            584 B              605
    5  2              152              152            608 B              610
    0  1  no model: LSTM: units must be at least 1, but is 0
    0  2  no model: LSTM: units must be at least 1, but is 0
"""
SWEPT_CSV = """\
units,k,params,trainable_params,size,macs,error
5,1,146,146,584,605,
5,2,152,152,608,610,
0,1,,,,,"LSTM: units must be at least 1, but is 0"
0,2,,,,,"LSTM: units must be at least 1, but is 0"
"""
SWEPT_MARKDOWN = """\
| units | k | params | trainable | size | MACs |
| ---: | ---: | ---: | ---: | ---: | ---: |
| 5 | 1 | 146 | 146 | 584 B | 605 |
| 5 | 2 | 152 | 152 | 608 B | 610 |
| 0 | 1 | no model: LSTM: units must be at least 1, but is 0 |  |  |  |
| 0 | 2 | no model: LSTM: units must be at least 1, but is 0 |  |  |  |
"""
SWEEP = ["sweep", "Input(5, 1) | LSTM(units) | Dense(k)", "--set", "units=5, 0", "--set", "k=1,2"]


@pytest.mark.parametrize(("form", "text"), [("table", SOLVED), ("csv", SOLVED_CSV), ("markdown", SOLVED_MARKDOWN)])
def test_solve_in_each_format_by_its_whole_output(capsys, form, text):
    assert cli.run(["solve", MODEL, "--var", "units", "--max-params", "1k", "--format", form]) == 0
    assert capsys.readouterr().out == text


@pytest.mark.parametrize(("form", "text"), [("table", SWEPT), ("csv", SWEPT_CSV), ("markdown", SWEPT_MARKDOWN)])
def test_sweep_in_each_format_by_its_whole_output(capsys, form, text):
    assert cli.run([*SWEEP, "--format", form]) == 0
    assert capsys.readouterr().out == text


CODES = [
    (0, ["solve", MODEL, "--var", "units", "--max-params", "14"]),
    (1, ["solve", MODEL, "--var", "units", "--max-params", "13"]),
    (0, ["solve", MODEL, "--var", "units", "--max-params", "1M", "--min"]),
    (0, ["solve", MODEL, "--var", "units", "--max-params", "1M", "--from", "8", "--to", "9"]),
    (1, ["solve", MODEL, "--var", "units", "--max-params", "1k", "--from", "15"]),
    (2, ["solve", MODEL, "--var", "units", "--max-params", "1k", "--from", "9", "--to", "8"]),
    (2, ["solve", MODEL, "--var", "units"]),
    (2, ["solve", MODEL, "--max-params", "1k"]),
    (2, ["solve", MODEL, "--var", "unit", "--max-params", "1k"]),
    (2, ["solve", MODEL, "--var", "units", "--set", "units=5", "--max-params", "1k"]),
    (2, ["solve", "Input(None, 1) | LSTM(units)", "--var", "units", "--max-macs", "1k"]),
    (2, ["sweep", MODEL]),
    (2, ["sweep", MODEL, "--set", "unit=5,6"]),
    (2, ["sweep", MODEL, "--set", "units=0,-1"]),
    (2, ["sweep", MODEL, "--set", "units=5,"]),
    (0, ["sweep", "Input((5, *sizes)) | LSTM(5)".replace("*sizes", "n"), "--set", "n=1,2"]),
]


def test_a_neighbour_without_a_model_is_in_the_proof_of_every_format(capsys):
    command = ["solve", "Input(9, 1) | Conv1D(2, k)", "--var", "k", "--max-params", "1k", "--format"]
    for form in FORMATS:
        assert cli.run([*command, form]) == 0
        assert "Conv1D" in capsys.readouterr().out
    assert cli.run([*command, "csv"]) == 0
    last = list(csv.reader(io.StringIO(capsys.readouterr().out)))[-1]
    assert last[:6] == ["10", "", "", "", "", "false"] and last[6].startswith("Conv1D takes")


def test_a_variable_that_the_model_does_not_have_is_told_by_its_option(capsys, tmp_path):
    path = tmp_path / "m.yaml"
    path.write_text("vars: {units: 5}\ninput: [5, 1]\nlayers: [{LSTM: $units}]\n")
    for model in (MODEL, str(path)):
        assert cli.run(["solve", model, "--var", "unit", "--max-params", "1k"]) == 2
        said = "error: --var gives 'unit', which is no variable of this model (it has: units)\n  help: did you mean"
        assert said in capsys.readouterr().err


def test_the_only_value_that_was_allowed_is_said_to_be_that(capsys):
    assert cli.run(["solve", MODEL, "--var", "units", "--max-params", "1k", "--from", "5", "--to", "5"]) == 0
    assert capsys.readouterr().out.endswith(" 5 fits; no other value was allowed.\n")


def test_a_sweep_without_a_model_writes_nothing(capsys, tmp_path):
    path = tmp_path / "swept.csv"
    path.write_text("of before")
    for form in ("table", "json", "csv", "markdown"):
        assert cli.run(["sweep", MODEL, "--set", "units=0,-1", "--format", form, "-o", str(path)]) == 2
        assert cli.run(["sweep", MODEL, "--set", "units=0,-1", "--format", form]) == 2
        assert capsys.readouterr().out == ""
    assert path.read_text() == "of before"


def test_the_columns_of_a_sweep_are_as_wide_as_what_stands_in_them(capsys):
    assert cli.run(["sweep", "Input(5, 1) | LSTM(5, name=n)", "--set", "n=層,b"]) == 0
    widths = {len(line.encode("gbk")) for line in capsys.readouterr().out.splitlines()}
    assert len(widths) == 1


@pytest.mark.parametrize(("code", "arguments"), CODES, ids=[" ".join(arguments) for _, arguments in CODES])
def test_exit_codes(capsys, code, arguments):
    assert cli.run(arguments) == code
    printed = capsys.readouterr()
    assert (printed.err == "") == (code != 2)


@pytest.mark.parametrize(
    ("arguments", "declared"),
    [(["solve", MODEL, "--var", "units", "--max-params", "1k"], SolveObject), (SWEEP, SweepObject)],
)
def test_json_fits_its_schema(capsys, arguments, declared):
    assert cli.run([*arguments, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, msgspec.json.schema(declared), cls=jsonschema.Draft202012Validator)
    assert found["schema_version"] == 1


@pytest.mark.parametrize(
    ("text", "value"),
    [("3", 3), ("0.5", 0.5), ("true", True), ("relu", "relu"), ("9" * 23, "9" * 23), (".inf", ".inf")],
)
def test_a_value_of_a_sweep_is_a_number_in_json_where_it_is_one(text, value, capsys):
    cli.run(["sweep", "Input(5, 1) | LSTM(x) | Dense(1)", "--set", f"x=1,{text}", "--format", "json"])
    _, row = json.loads(capsys.readouterr().out)["rows"]
    assert (row["values"], type(row["values"]["x"])) == ({"x": value}, type(value))


def test_the_json_of_a_sweep_says_what_its_csv_says(capsys):
    cli.run([*SWEEP, "--format", "json"])
    rows = json.loads(capsys.readouterr().out)["rows"]
    cli.run([*SWEEP, "--format", "csv"])
    lines = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["values"] for row in rows] == [{"units": int(line["units"]), "k": int(line["k"])} for line in lines]
    assert [row["params"] for row in rows] == [int(line["params"]) if line["params"] else None for line in lines]


def test_a_list_as_a_value_stands_in_brackets(capsys):
    model = "Input(8, 8, 1) | Conv2D(3, kernel_size=window)"
    assert cli.run(["sweep", model, "--set", "window=[3, 3],[1, 5]", "--format", "csv"]) == 0
    lines = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(line["window"], line["params"]) for line in lines] == [("[3, 3]", "30"), ("[1, 5]", "18")]


def test_the_answer_is_what_check_says_of_it(capsys):
    assert cli.run(["solve", MODEL, "--var", "units", "--max-size", "1MiB", "--format", "json"]) == 0
    value = json.loads(capsys.readouterr().out)["value"]
    assert cli.run(["check", MODEL, "--set", f"units={value}", "--max-size", "1MiB"]) == 0
    assert cli.run(["check", MODEL, "--set", f"units={value + 1}", "--max-size", "1MiB"]) == 1


def test_a_sweep_is_written_as_it_is_known():
    values = ",".join(map(str, range(1, 20_001)))
    arguments = [*LSTMCALC, "sweep", MODEL, "--set", f"units={values}", "--format", "csv"]
    with subprocess.Popen(arguments, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"units,params,trainable_params,size,macs,error\n"
        process.stdout.close()
        assert process.wait(60) == 0  # a closed pipe ends it, and quietly
        assert process.stderr.read() == b""
