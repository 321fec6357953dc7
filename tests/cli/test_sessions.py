"""Commands with all that they print, in data/sessions/.

`pytest --rewrite` writes what is printed now; read what changed. A line `$ lstmcalc ...` is a command, run in a folder
with the worked examples; below it stands what goes to standard output and to standard error, and its exit code where
that is not 0.
"""

import re
import shlex
import shutil

import pytest
from process import ROOT

from lstmcalc import cli

SESSIONS = ROOT / "tests" / "data" / "sessions"
COMMAND = re.compile(r"^\$ lstmcalc (.*)\n", re.MULTILINE)
ROUNDING = re.compile(r"\b\d(\.\d+)?e-0?[6-9]\b")  # of float32: each processor, and each NumPy, has its own


@pytest.mark.parametrize("name", sorted(path.stem for path in SESSIONS.glob("*.txt")))
def test_a_command_prints_what_was_reviewed(name, tmp_path, monkeypatch, capsys, compare_golden):
    if name in ("verify", "convert"):
        pytest.importorskip("h5py")
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    written = (SESSIONS / f"{name}.txt").read_text(encoding="utf-8")
    printed = []
    for arguments in COMMAND.findall(written):
        code = cli.run(shlex.split(arguments))
        text = ROUNDING.sub("1e-07", "".join(capsys.readouterr()))
        printed.append(f"$ lstmcalc {arguments}\n{text}" + (f"exit code {code}\n" if code else ""))
    compare_golden("".join(printed), SESSIONS / f"{name}.txt")


def test_every_command_has_a_session():
    commands = {
        words.split()[0] for path in SESSIONS.glob("*.txt") for words in COMMAND.findall(path.read_text("utf-8"))
    }
    assert commands == set(cli.COMMANDS) - {"completion", "schema"}  # what these print is worded by click and msgspec
