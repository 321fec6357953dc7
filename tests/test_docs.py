"""The README's commands are run and their output compared, so that they cannot rot."""

import os
import re
import shutil
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
COMMAND = re.compile(r"^\$ (.*(?:\n> .*)*)\n", re.MULTILINE)
ROUNDING = re.compile(r"\b\d(\.\d+)?e-0[6-9]\b")  # of float32: each processor has its own


def sessions() -> list[tuple[str, str]]:
    """Every command of the README's console blocks with the output that stands below it."""
    found = []
    for block in BLOCK.findall(README):
        parts = COMMAND.split(block)
        found += [
            (command.replace("\n> ", "\n"), output) for command, output in zip(parts[1::2], parts[2::2], strict=True)
        ]
    return found


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    """A folder with the project's specs, and a PATH with lstmcalc and jq."""
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "specs", folder / "specs")
    tools = folder / ".bin"
    tools.mkdir()
    jq = tools / "jq"
    jq.write_text(f'#!/bin/sh\nexec {sys.executable} {ROOT / "tests" / "jq_standin.py"} "$@"\n')
    jq.chmod(0o755)
    lstmcalc = tools / "lstmcalc"
    lstmcalc.write_text(f'#!/bin/sh\nexec {sys.executable} -m lstmcalc "$@"\n')
    lstmcalc.chmod(0o755)
    python = tools / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)

    def run(command: str) -> str:
        path = os.pathsep.join([str(tools), os.environ["PATH"]])
        env = {"PATH": path, "PYTHONPATH": str(ROOT), "COLUMNS": "80", "PYTHONUTF8": "1", "HOME": str(folder)}
        done = subprocess.run(
            ["bash", "-c", command], cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60
        )
        output = done.stdout.decode("utf-8")
        assert done.returncode == (2 if ": error: " in output else 0), output
        return output

    return run


@pytest.mark.parametrize(("command", "output"), sessions(), ids=[command for command, _ in sessions()])
def test_a_command_of_the_readme_prints_what_the_readme_says(shell, command, output):
    assert ROUNDING.sub("1e-07", shell(command)) == ROUNDING.sub("1e-07", output)


def test_the_readme_shows_at_least_one_session_of_each_command():
    commands = " ".join(command for command, _ in sessions())
    for name in ("summary", "count"):
        assert f"lstmcalc {name}" in commands


def test_the_readme_shows_every_option_of_each_command():
    from lstmcalc.cli import COMMANDS, program

    for name in COMMANDS:
        command = program.get_command(None, name)
        for parameter in command.params:
            if parameter.param_type_name == "option":
                assert any(option in README for option in parameter.opts), (name, parameter.opts)


@pytest.mark.parametrize("path", sorted((ROOT / "specs").rglob("*.yaml")), ids=lambda path: path.name)
def test_a_spec_opens_with_a_comment_of_what_it_teaches(path):
    comment = list(takewhile(lambda line: line.startswith("#"), path.read_text(encoding="utf-8").splitlines()))
    assert len(" ".join(comment).split()) >= 25
