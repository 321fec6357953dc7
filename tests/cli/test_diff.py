"""`lstmcalc diff`: what it prints in each format, and its exit codes."""

import json
import re

import jsonschema
import pytest
from process import run

from lstmcalc import cli
from lstmcalc.views.schemas import output_schema

OLD = "input: [5, 1]\nlayers:\n  - LSTM: {units: 5, return_sequences: true}\n  - Dense: 1\n  - Flatten\n"
NEW = "input: [5, 1]\nlayers:\n  - LSTM: 8\n  - Dropout: 0.5\n  - Dense: {units: 1, trainable: false}\n"
TABLE = """\
--- old.yaml
+++ new.yaml
~ outputs: (None, 5) -> (None, 1)
~ lstm (LSTM): 140 -> 320 (+180, +128.6%) params, 600 -> 1,440 (+840, +140.0%) MACs
    units: 5 -> 8
    return_sequences: true -> false
    output: (None, 5, 5) -> (None, 8)
+ dropout (Dropout): 0 params
    output: (None, 8)
~ dense (Dense): 6 -> 9 (+3, +50.0%) params, 25 -> 8 (-17, -68.0%) MACs
    input: (None, 5, 5) -> (None, 8)
    output: (None, 5, 1) -> (None, 1)
    trainable params: all -> 0
- flatten (Flatten): 0 params
    output: (None, 5)
Total params: 146 -> 329 (+183, +125.3%)
Trainable params: 146 -> 320 (+174, +119.2%)
Non-trainable params: 0 -> 9 (+9)
Size: 584 -> 1,316 (+732, +125.3%) bytes, 584 B -> 1.3 KiB
MACs: 625 -> 1,448 (+823, +131.7%)
"""
MARKDOWN = """\
### old.yaml → new.yaml

- outputs: (None, 5) -\\> (None, 1)

| | Layer | Old params | New params | Change | What changed |
| --- | --- | ---: | ---: | ---: | --- |
| changed | lstm (LSTM) | 140 | 320 | +180 | units: 5 -\\> 8<br>return\\_sequences: true -\\> false<br>output: (None, 5, 5) -\\> (None, 8) |
| added | dropout (Dropout) |  | 0 | 0 | output: (None, 8) |
| changed | dense (Dense) | 6 | 9 | +3 | input: (None, 5, 5) -\\> (None, 8)<br>output: (None, 5, 1) -\\> (None, 1)<br>trainable params: all -\\> 0 |
| removed | flatten (Flatten) | 0 |  | 0 | output: (None, 5) |

| Total | Old | New | Change |
| --- | ---: | ---: | ---: |
| Total params | 146 | 329 | +183, +125.3% |
| Trainable params | 146 | 320 | +174, +119.2% |
| Non-trainable params | 0 | 9 | +9 |
| Size | 584 | 1,316 | +732, +125.3% |
| MACs | 625 | 1,448 | +823, +131.7% |
"""  # noqa: E501
GITHUB = (
    "::notice file=new.yaml,title=old.yaml -> new.yaml::Total params: 146 -> 329 (+183, +125.3%25)%0A"
    "Trainable params: 146 -> 320 (+174, +119.2%25)%0ANon-trainable params: 0 -> 9 (+9)%0A"
    "Size: 584 -> 1,316 (+732, +125.3%25) bytes, 584 B -> 1.3 KiB%0AMACs: 625 -> 1,448 (+823, +131.7%25)\n"
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of its own with an old spec and a new one."""
    (tmp_path / "old.yaml").write_text(OLD)
    (tmp_path / "new.yaml").write_text(NEW)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    return tmp_path


@pytest.mark.parametrize(("form", "text"), [("table", TABLE), ("markdown", MARKDOWN), ("github", GITHUB)])
def test_each_format_by_its_whole_output(folder, capsys, form, text):
    assert cli.run(["diff", "old.yaml", "new.yaml", "--format", form]) == 0
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == (text, "")


CODES = [
    (0, ["old.yaml", "new.yaml"]),
    (1, ["old.yaml", "new.yaml", "--exit-code"]),
    (0, ["old.yaml", "old.yaml", "--exit-code"]),
    (2, ["old.yaml"]),
    (2, ["old.yaml", "nowhere.yaml"]),
    (2, ["-", "-"]),
    (2, ["git:nowhere:old.yaml", "old.yaml"]),
    (2, ["old.yaml", "new.yaml", "--format", "csv"]),
]


@pytest.mark.parametrize(("code", "arguments"), CODES, ids=[" ".join(arguments) for _, arguments in CODES])
def test_exit_codes(folder, capsys, code, arguments):
    assert cli.run(["diff", *arguments]) == code
    printed = capsys.readouterr()
    assert (printed.err == "") == (code != 2)
    assert (printed.out == "") == (code == 2)


def test_the_mistakes_of_both_are_told(folder, capsys):
    assert cli.run(["diff", "here.yaml", "there.yaml"]) == 2
    err = capsys.readouterr().err
    assert "here.yaml: error: " in err and "there.yaml: error: " in err


def test_json_fits_its_schema_and_adds_up(folder, capsys):
    cli.run(["diff", "old.yaml", "new.yaml", "--format", "json"])
    found = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, output_schema("diff"), cls=jsonschema.Draft202012Validator)
    assert found["differs"]
    assert sum(each["params_change"] for each in found["layers"]) == found["totals"]["params"]["change"] == 183
    assert found["totals"]["params"]["percent"] == pytest.approx(100 * 183 / 146)
    assert found["totals"]["non_trainable_params"]["percent"] is None


def test_the_printed_numbers_add_up(folder, capsys):
    cli.run(["diff", "old.yaml", "new.yaml"])
    out = capsys.readouterr().out
    for old, new, change in re.findall(r"([\d,]+) -> ([\d,]+) \(([-+][\d,]+)", out):
        assert int(new.replace(",", "")) - int(old.replace(",", "")) == int(change.replace(",", ""))
    changes = re.findall(r"^~ \w+ \(\w+\): .*?\(([-+][\d,]+), \S+ params", out, re.MULTILINE)
    assert sum(int(each) for each in changes) == 183


def test_github_gets_the_tables_in_the_jobs_summary(folder, capsys, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary.md"))
    cli.run(["diff", "old.yaml", "new.yaml", "--format", "github"])
    assert (folder / "summary.md").read_text() == f"{MARKDOWN}\n"


def test_a_saved_summary_is_read_from_standard_input_and_with_its_keys_in_another_order(folder):
    saved = run("summary", "old.yaml", "--format", "json", cwd=folder).stdout
    (folder / "sorted.json").write_text(json.dumps(json.loads(saved), sort_keys=True))
    for old in ("-", "sorted.json"):
        done = run("diff", old, "old.yaml", cwd=folder, input=saved)
        same = "The models are the same in all that a saved summary holds.\n"
        assert (done.returncode, done.stdout) == (0, f"--- {old}\n+++ old.yaml\n{same}")
    done = run("diff", "-", "old.yaml", cwd=folder, input=OLD)
    assert done.stdout.endswith("The models are the same.\n")


def test_a_saved_summary_of_another_version_is_refused_by_its_version(folder, capsys):
    (folder / "later.json").write_text('{"schema_version": 2}')
    assert cli.run(["diff", "later.json", "old.yaml"]) == 2
    said = "later.json:1:1: error: its schema_version is 2, but this version of lstmcalc reads 1\n"
    assert capsys.readouterr().err.startswith(said)


def test_an_argument_that_a_layer_has_no_more_is_said_to_be_removed(capsys):
    assert cli.run(["diff", "Input(5, 1) | GRU(5, name='x')", "Input(5, 1) | LSTM(5, name='x')"]) == 0
    assert "    reset_after: true (removed)\n" in capsys.readouterr().out
