"""`lstmcalc check`: what it prints in each format, and its exit codes."""

import csv
import io
import json
import re
import subprocess

import jsonschema
import pytest
from process import ROOT, environment, run

from lstmcalc import cli
from lstmcalc.views.schemas import output_schema

MODEL = "Input(5, 1) | LSTM(5, return_sequences=True) | Dense(1)"
SPEC = """\
name: tagger
budget: {params: 1k, size: 0.5 KiB, layers: {lstm: {params: 139}}}
input: [5, 1]
layers:
  - LSTM: {units: 5, return_sequences: true}
  - Dense: 1
"""
TABLE = """\
Model: "tagger"
┏━━━━━━━━━━━━━━━━┳━━━━━━━┳━━━━━━━━┳━━━━━━━━┳━━━━━━━━━━━━━┳━━━━━━┓
┃ Budget         ┃ Limit ┃ Actual ┃  Share ┃ Written     ┃ Fits ┃
┡━━━━━━━━━━━━━━━━╇━━━━━━━╇━━━━━━━━╇━━━━━━━━╇━━━━━━━━━━━━━╇━━━━━━┩
│ params         │ 1,000 │    146 │  14.6% │ m.yaml:2:18 │ yes  │
├────────────────┼───────┼────────┼────────┼─────────────┼──────┤
│ size           │ 512 B │  584 B │ 114.1% │ m.yaml:2:28 │  NO  │
├────────────────┼───────┼────────┼────────┼─────────────┼──────┤
│ params of lstm │   139 │    140 │ 100.7% │ m.yaml:2:61 │  NO  │
└────────────────┴───────┴────────┴────────┴─────────────┴──────┘
 exceeded: size: 584 B, which is 72 B (14.1%) over the limit of 512 B, from m.yaml:2:28
   the largest: lstm 560 B, dense 24 B
 exceeded: params of lstm: 140, which is 1 (0.7%) over the limit of 139, from m.yaml:2:61
 2 of 3 budgets are exceeded.
"""
MARKDOWN = """\
### tagger

| Budget | Limit | Actual | Share | Written | Fits |
| --- | ---: | ---: | ---: | --- | --- |
| params | 1,000 | 146 | 14.6% | m.yaml:2:18 | yes |
| size | 512 B | 584 B | 114.1% | m.yaml:2:28 | **NO** |
| params of lstm | 139 | 140 | 100.7% | m.yaml:2:61 | **NO** |

- size: 584 B, which is 72 B (14.1%) over the limit of 512 B, from m.yaml:2:28 (the largest: lstm 560 B, dense 24 B)
- params of lstm: 140, which is 1 (0.7%) over the limit of 139, from m.yaml:2:61

**2 of 3 budgets are exceeded.**
"""
GITHUB = """\
::error file=m.yaml,line=2,col=28,title=tagger is over its budget of size::size: 584 B, which is 72 B (14.1%25) over \
the limit of 512 B, from m.yaml:2:28%0Athe largest: lstm 560 B, dense 24 B
::error file=m.yaml,line=2,col=61,title=tagger is over its budget of params::params of lstm: 140, which is 1 (0.7%25) \
over the limit of 139, from m.yaml:2:61
"""
CSV = """\
model,layer,metric,limit,actual,over,fits,source
m.yaml,,params,1000,146,-854,true,m.yaml:2:18
m.yaml,,size,512,584,72,false,m.yaml:2:28
m.yaml,lstm,params,139,140,1,false,m.yaml:2:61
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of its own with a spec that exceeds two of its three budgets."""
    (tmp_path / "m.yaml").write_text(SPEC)
    (tmp_path / "free.yaml").write_text("input: [5, 1]\nlayers: [{LSTM: 5}]\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("form", "text"),
    [("table", TABLE), ("markdown", MARKDOWN), ("github", GITHUB), ("csv", CSV)],
)
def test_each_format_by_its_whole_output(folder, capsys, form, text):
    assert cli.run(["check", "m.yaml", "--format", form]) == 1
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == (text, "")


CODES = [
    (0, [MODEL, "--max-params", "146"]),
    (1, [MODEL, "--max-params", "145"]),
    (0, [MODEL, "--max-params", "145", "--warn-only"]),
    (0, [MODEL, "--max-size", "292", "--dtype", "float16"]),
    (1, [MODEL, "--max-size", "291", "--dtype", "float16"]),
    (0, [MODEL, "--max-size", "146", "--dtype", "int8"]),
    (1, [MODEL, "--max-macs", "1k", "--max-params", "1", "--max-size", "1"]),
    (1, [MODEL, "--max-trainable-params", "145"]),
    (1, [MODEL, "--max-state", "39"]),
    (1, [MODEL, "--max-activations", "119"]),
    (0, [MODEL, "--max-activations", "120"]),
    (1, ["m.yaml"]),
    (1, ["free.yaml", "m.yaml", "--if-budgeted"]),
    (0, ["free.yaml", "--if-budgeted"]),
    (2, ["free.yaml"]),
    (2, []),
    (2, [MODEL, "--max-params", "4MiB"]),
    (2, [MODEL, "--max-params", "-1"]),
    (2, ["Input(None, 1) | LSTM(5)", "--max-macs", "1k"]),
    (0, ["Input(None, 1) | LSTM(5)", "--max-macs", "1k", "--timesteps", "8"]),
    (1, ["Input(None, 1) | LSTM(5)", "--max-macs", "1k", "--timesteps", "9"]),
    (0, [MODEL, "--baseline", MODEL, "--max-increase", "0%"]),
    (1, [MODEL, "--baseline", "Input(5, 1) | LSTM(5)", "--max-increase", "4%"]),
    (0, [MODEL, "--baseline", "Input(5, 1) | LSTM(5)", "--max-increase", "5%"]),
    (0, [MODEL, "--baseline", "Input(5, 1) | LSTM(5)", "--max-increase", "24B"]),
    (1, [MODEL, "--baseline", "Input(5, 1) | LSTM(5)", "--max-increase", "23B"]),
    (2, [MODEL, "--baseline", MODEL]),
    (2, [MODEL, "--max-increase", "5%"]),
    (2, [MODEL, "--baseline", MODEL, "--max-increase", "-5%"]),
    (2, [MODEL, "--baseline", "nowhere.yaml", "--max-increase", "5%"]),
    (2, ["Foo(5)", "--max-params", "1"]),
]


@pytest.mark.parametrize(("code", "arguments"), CODES, ids=[" ".join(arguments) for _, arguments in CODES])
def test_exit_codes(folder, capsys, code, arguments):
    assert cli.run(["check", *arguments]) == code
    printed = capsys.readouterr()
    assert (printed.err == "") == (code != 2)
    assert (printed.out == "") == (code == 2)


def test_json_fits_its_schema_and_says_what_the_table_says(folder, capsys):
    cli.run(["check", "m.yaml", MODEL, "--max-macs", "1M", "--format", "json"])
    found = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, output_schema("check"), cls=jsonschema.Draft202012Validator)
    assert [found["fits"], *(each["fits"] for each in found["models"])] == [False, False, True]
    size = found["models"][0]["budgets"][1]
    assert (size["limit"], size["actual"], size["over"], size["written"]) == (512, 584, 72, "0.5 KiB")
    assert (size["file"], size["line"], size["column"]) == ("m.yaml", 2, 28)
    for model in found["models"]:
        for budget in model["budgets"]:
            assert budget["actual"] - budget["limit"] == budget["over"]
            assert budget["fits"] == (budget["over"] <= 0)


def test_the_numbers_of_the_failures_add_up(folder, capsys):
    cli.run(["check", "m.yaml"])
    out = capsys.readouterr().out
    failures = re.findall(r"exceeded: .*: ([\d,]+)(?: B)?, which is ([\d,]+) .*limit of ([\d,]+)(?: B)?, from", out)
    assert len(failures) == 2
    for actual, over, limit in failures:
        assert int(actual) == int(over) + int(limit)


def test_csv_is_read_back(folder, capsys):
    cli.run(["check", "m.yaml", "--format", "csv"])
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [int(row["actual"]) - int(row["limit"]) for row in rows] == [int(row["over"]) for row in rows]


def test_github_gets_a_job_summary_below_what_is_there(folder, capsys, monkeypatch):
    (folder / "summary.md").write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary.md"))
    cli.run(["check", "m.yaml", "--format", "github"])
    assert (folder / "summary.md").read_text() == f"before\n{MARKDOWN}\n"


def test_github_gets_warnings_where_a_failure_is_none(folder, capsys):
    assert cli.run(["check", "m.yaml", "--format", "github", "--warn-only"]) == 0
    assert capsys.readouterr().out == GITHUB.replace("::error ", "::warning ")


def test_github_gets_an_annotation_for_a_spec_that_cannot_be_read(folder, capsys):
    (folder / "bad.yaml").write_text("input: [5, 1]\nlayers:\n  - LSTM: {unit: 5}\n")
    assert cli.run(["check", "bad.yaml", "--format", "github"]) == 2
    assert capsys.readouterr().out == (
        "::error file=bad.yaml,line=3,col=12,title=lstmcalc::LSTM has no argument 'unit'"
        "%0Ahelp: did you mean 'units'?\n"
    )


def is_of_table(line):
    return line[0] in "┏┃┡│├└"


@pytest.mark.parametrize(("columns", "width"), [("63", 63), ("64", 64), ("200", 65)])
def test_the_table_takes_the_columns_that_the_terminal_has(folder, columns, width):
    done = run("check", "m.yaml", cwd=folder, env=environment(COLUMNS=columns))
    assert {len(line) for line in done.stdout.splitlines() if is_of_table(line)} == {width}


def test_the_table_of_a_search_takes_the_columns_that_the_terminal_has(folder):
    model = ["Input(9, 1) | Conv1D(n, 1)", "--var", "n", "--min", "--from", "0"]
    done = run("solve", *model, "--max-params", "99", cwd=folder, env=environment(COLUMNS="60"))
    assert "filters must" in done.stdout
    assert {len(line) for line in done.stdout.splitlines() if is_of_table(line)} == {60}


def test_a_summary_that_cannot_be_written_is_exit_2(folder, capsys, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder))
    assert cli.run(["check", "m.yaml", "--format", "github"]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_a_baseline_is_also_a_saved_summary(folder, capsys):
    cli.run(["summary", "free.yaml", "--format", "json", "-o", "old.json"])
    assert cli.run(["check", MODEL, "--baseline", "old.json", "--max-increase", "4%"]) == 1
    assert "146, which is 1 (0.7%) over the limit of 145, from --max-increase 4% over 140 of old.json" in (
        capsys.readouterr().out
    )
    (folder / "old.json").write_text('{"schema_version": 1, "name": 5}')
    assert cli.run(["check", MODEL, "--baseline", "old.json", "--max-increase", "4%"]) == 2
    assert capsys.readouterr().err.startswith("old.json:1:1: error: no summary that 'lstmcalc summary --format json'")


def test_a_baseline_is_also_a_revision(folder, capsys):
    def git(*arguments):
        subprocess.run(["git", "-c", "user.name=n", "-c", "user.email=e", *arguments], check=True, capture_output=True)

    (folder / "inner").mkdir()
    (folder / "inner" / "top.yaml").write_text("input: [5, 1]\nlayers: [{Model: parts/part.yaml}]\n")
    (folder / "inner" / "parts").mkdir()
    part = folder / "inner" / "parts" / "part.yaml"
    part.write_text("input: [5, 1]\nlayers: [{LSTM: 5}]\n")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "first")
    part.write_text("input: [5, 1]\nlayers: [{LSTM: 6}]\n")
    base = ["check", "inner/top.yaml", "--max-increase", "51", "--baseline"]
    assert cli.run([*base, "git:HEAD:inner/top.yaml"]) == 1  # 192 - 140 is 52: the part is the revision's too
    assert cli.run([*base, "git:HEAD"]) == 1
    assert cli.run([*base, "git:HEAD:nowhere.yaml"]) == 2
    assert cli.run([*base, "git:nowhere:inner/top.yaml"]) == 2
    assert cli.run([*base, "git:--output=x:inner/top.yaml"]) == 2
    errors = capsys.readouterr().err
    assert "git:HEAD:nowhere.yaml: error: cannot be read: git: 'HEAD' has no file 'nowhere.yaml'\n" in errors
    assert "git:nowhere:inner/top.yaml: error: cannot be read: git: there is no revision 'nowhere'\n" in errors
    assert "git:--output=x:inner/top.yaml: error: a revision does not begin with '-'" in errors
    assert not (folder / "x:inner").exists()


def test_a_file_that_the_revision_does_not_have_is_new_and_bound_by_its_other_budgets_alone(folder, capsys):
    def git(*arguments):
        subprocess.run(["git", "-c", "user.name=n", "-c", "user.email=e", *arguments], check=True, capture_output=True)

    git("init", "-q")
    git("add", "free.yaml")
    git("commit", "-qm", "first")
    (folder / "new.yaml").write_text("input: [5, 1]\nlayers: [{LSTM: 5}]\n")
    relative = ["--baseline", "git:HEAD", "--max-increase", "0%"]
    said = "new.yaml: new: git:HEAD has no such file, so --max-increase does not bind it\n"
    assert cli.run(["check", "free.yaml", "new.yaml", *relative]) == 0
    assert capsys.readouterr().err == said
    assert cli.run(["check", "new.yaml", *relative, "--max-params", "139", "--quiet"]) == 1
    assert capsys.readouterr().err == ""
    assert cli.run(["check", "new.yaml", "--baseline", "git:nowhere", "--max-increase", "0%"]) == 2
    assert cli.run(["check", MODEL, *relative]) == 2
    assert "--baseline git:HEAD is the model's own file there, and 'Input(5, 1) | LSTM(5" in capsys.readouterr().err


def test_a_revision_without_a_repository_is_told_so(folder, capsys, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(folder.parent))
    assert cli.run(["count", "git:HEAD:m.yaml"]) == 2
    said = "here is no repository, or one of somebody else, which it does not trust"
    assert capsys.readouterr().err == f"git:HEAD:m.yaml: error: cannot be read: git: {said}\n"


def test_a_revision_without_git_is_exit_2(folder):
    relative = ["--baseline", "git:HEAD", "--max-increase", "0%"]
    done = run("check", "m.yaml", *relative, cwd=folder, env=environment(PATH=str(folder)))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "git:HEAD:./m.yaml: error: cannot be read: git is not installed\n"


def test_without_a_model_those_of_pyproject_are_checked(folder, capsys):
    (folder / "pyproject.toml").write_text(
        '[tool.lstmcalc]\nmodels = ["*.yaml"]\n[tool.lstmcalc.budget."f*.yaml"]\nparams = 139\n'
    )
    assert cli.run(["check"]) == 1
    out = capsys.readouterr().out
    assert "140, which is 1 (0.7%) over the limit of 139, from pyproject.toml:4:1" in out
    assert "3 of 4 budgets are exceeded." in out
    (folder / "deep").mkdir()
    done = run("check", "../free.yaml", cwd=folder / "deep")
    assert done.returncode == 1
    assert "from ../pyproject.toml:4:1" in done.stdout


def test_a_pattern_of_layers_in_pyproject_is_for_the_models_that_have_such_a_layer(folder, capsys):
    (folder / "pyproject.toml").write_text(
        '[tool.lstmcalc]\nmodels = ["*.yaml"]\n[tool.lstmcalc.budget."*.yaml".layers."dense*"]\nparams = 5\n'
    )
    assert cli.run(["check", "--format", "csv"]) == 1
    assert [line for line in capsys.readouterr().out.splitlines() if "dense" in line] == [
        "m.yaml,dense,params,5,6,1,false,pyproject.toml:4:1"
    ]
    assert cli.run(["check", "free.yaml", "--if-budgeted"]) == 0


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ("dens?", "the budget names 'dens?', which is no layer of any model that it is for"),
        ("dense", "the budget names 'dense', which is no layer"),
    ],
)
def test_a_layer_in_pyproject_that_no_model_has_is_exit_2(folder, capsys, layer, said):
    (folder / "pyproject.toml").write_text(
        f'[tool.lstmcalc]\nmodels = ["free.yaml"]\n[tool.lstmcalc.budget."free.yaml".layers."{layer}"]\nparams = 5\n'
    )
    assert cli.run(["check"]) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.startswith(f"pyproject.toml:4:1: error: {said}\n")


def test_the_program_leaves_with_exit_code_1(folder):
    done = run("check", MODEL, "--max-params", "1", env=environment(), cwd=ROOT)
    assert (done.returncode, done.stderr) == (1, "")
