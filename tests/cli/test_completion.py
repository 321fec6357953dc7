"""Completion in real shells: the script is loaded, a line is begun, and what the shell offers is read."""

import shutil
import subprocess
import sys
import time
from copy import deepcopy
from importlib import import_module

import pytest
from click import Path
from process import ROOT, environment, run

from lstmcalc.cli import COMMANDS
from lstmcalc.cli.completion import completing

SHELLS = ("bash", "zsh", "fish")


@pytest.fixture
def folder(tmp_path):
    """A folder with a spec and the program, in a PATH of its own."""
    program = tmp_path / "bin" / "lstmcalc"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m lstmcalc "$@"\n')
    program.chmod(0o755)
    (tmp_path / "tagger.yaml").write_text("input: [5, 1]\nlayers: [{LSTM: 5}]\n")
    return tmp_path


def ran(folder, arguments: list[str], script: str) -> str:
    path = f"{folder / 'bin'}:{environment()['PATH']}"
    env = environment(PATH=path, HOME=str(folder), PYTHONPATH=str(ROOT), TERM="dumb")
    done = subprocess.run(
        [*arguments, script], cwd=folder, env=env, capture_output=True, encoding="utf-8", timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def offered_by_bash(folder, *words: str) -> list[str]:
    """What bash offers; what a script asks of bash by `compopt`, which works in a real completion alone, is printed."""
    script = (
        'compopt() { echo compopt "$@"; }\n'
        'eval "$(lstmcalc completion bash)"\n'
        f"COMP_WORDS=({' '.join(repr(word) for word in words)}); COMP_CWORD={len(words) - 1}\n"
        'handler=$(complete -p lstmcalc | sed "s/.*-F \\([^ ]*\\) .*/\\1/")\n'
        '$handler lstmcalc "${COMP_WORDS[COMP_CWORD]}"\n'
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    return ran(folder, ["bash", "--norc", "-c"], script).split()


def offered_by_fish(folder, *words: str) -> list[str]:
    script = f"lstmcalc completion fish | source; complete -C '{' '.join(words)}'"
    lines = ran(folder, ["fish", "--no-config", "-c"], script).splitlines()
    return [line.split("\t")[0] for line in lines]


def needs(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_of_a_shell_is_on_standard_output_alone(shell):
    done = run("completion", shell)
    assert (done.returncode, done.stderr) == (0, "")
    assert "_LSTMCALC_COMPLETE" in done.stdout and done.stdout.endswith("\n")


def test_another_shell_is_refused_with_those_that_there_are():
    done = run("completion", "cmd")
    assert (done.returncode, done.stdout) == (2, "")
    assert "'bash', 'zsh', 'fish'" in done.stderr


@pytest.mark.parametrize("offered", [offered_by_bash, offered_by_fish], ids=["bash", "fish"])
class TestOffers:
    """What bash and fish offer after a line that was begun."""

    @pytest.fixture(autouse=True)
    def _shell(self, offered):
        needs("bash" if offered is offered_by_bash else "fish")

    def test_commands(self, folder, offered):
        assert set(offered(folder, "lstmcalc", "")) == set(COMMANDS)

    def test_the_command_that_was_begun(self, folder, offered):
        assert offered(folder, "lstmcalc", "exp") == ["explain"]

    def test_the_values_of_an_option(self, folder, offered):
        assert set(offered(folder, "lstmcalc", "explain", "--format", "")) == {"table", "json", "markdown"}

    def test_layers_by_name(self, folder, offered):
        assert offered(folder, "lstmcalc", "layers", "LSTMC") == ["LSTMCell"]


def test_bash_completes_a_model_by_its_own_rule_for_files(folder):
    assert offered_by_bash(folder, "lstmcalc", "count", "tag") == ["compopt", "-o", "default"]


@pytest.mark.parametrize(
    "begun", ["summary", "count", "explain", "check", "diff", "diff a.yaml", "check --baseline", "verify --weights"]
)
def test_fish_completes_a_model_with_files(folder, begun):
    needs("fish")
    assert offered_by_fish(folder, "lstmcalc", begun, "tag") == ["tagger.yaml"]


def test_every_argument_that_is_a_model_is_completed_with_files():
    found = set()
    for name in COMMANDS:
        command = completing(deepcopy(import_module(f"lstmcalc.cli.{name}").command))
        for parameter in command.params:
            if (parameter.metavar or parameter.name.upper()).strip("[].") in ("MODEL", "OLD", "NEW", "FILE"):
                assert isinstance(parameter.type, Path), (name, parameter.name)
                found.add((name, parameter.name))
    models = {(name, "model") for name in ("summary", "explain", "solve", "sweep", "verify")}
    assert {*models, ("count", "models"), ("diff", "old"), ("diff", "new"), ("verify", "weights")} <= found


def test_zsh_completes_a_line_that_is_typed(folder):
    needs("zsh")
    script = (
        "zmodload zsh/zpty\n"
        "zpty -b shell zsh -f -i\n"
        "zpty -w shell 'PS1=; autoload -Uz compinit; compinit -u -D'\n"
        'zpty -w shell \'eval "$(lstmcalc completion zsh)"; print re""ady\'\n'
        "zpty -r -m shell seen '*ready*'\n"
        "zpty -n -w shell $'lstmcalc layers LSTMC\\t'\n"
        "zpty -r -m shell seen '*LSTMCell*'\n"
        "print -r -- ${seen[-200,-1]}\n"
        "zpty -d shell\n"
    )
    started = time.monotonic()
    assert "LSTMCell" in ran(folder, ["zsh", "-f", "-c"], script)
    assert time.monotonic() - started < 60
