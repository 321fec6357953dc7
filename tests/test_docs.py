"""The README is run: every command with all that it prints, every file that it shows, every option by its name."""

import os
import re
import shutil
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import pytest
import yaml

import lstmcalc
from lstmcalc.cli import COMMANDS, program

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^\$ (.*(?:\n> .*)*)\n", re.MULTILINE)
ROUNDING = re.compile(r"\b\d(\.\d+)?e-0[6-9]\b")  # of float32: each processor has its own


def blocks(language: str) -> list[str]:
    """The README's blocks in that language."""
    return [text for each, text in BLOCK.findall(README) if each == language]


def sessions() -> list[tuple[str, str]]:
    """Every command of the README's console blocks with the output that stands below it."""
    found = []
    for block in blocks("console"):
        before, *parts = COMMAND.split(block)
        assert before == "", "a block begins with a command"
        found += [
            (command.replace("\n> ", "\n"), output) for command, output in zip(parts[0::2], parts[1::2], strict=True)
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


def test_every_block_of_the_readme_is_of_a_kind_that_is_run_or_read_here():
    assert {language for language, _ in BLOCK.findall(README)} == {"console", "sh", "toml", "yaml"}
    assert README.count("```") == 2 * len(BLOCK.findall(README))


@pytest.mark.parametrize("name", COMMANDS)
def test_the_readme_shows_at_least_one_session_of_each_command(name):
    assert any(re.search(rf"\blstmcalc {name}\b", command) for command, _ in sessions())


@pytest.mark.parametrize("name", COMMANDS)
def test_the_readme_has_every_spelling_of_every_option_as_a_word(name):
    options = [each for each in program.get_command(None, name).params if each.param_type_name == "option"]
    for spelling in (spelling for option in options for spelling in [*option.opts, *option.secondary_opts]):
        assert re.search(rf"(?<![\w-]){spelling}(?![\w-])", README), spelling


def test_each_form_of_an_item_that_the_readme_shows_is_taken():
    (text,) = [text for text in blocks("yaml") if text.startswith("layers:")]
    flatten, *forms = yaml.safe_load(text)["layers"]
    models = [lstmcalc.from_dict({"input": [5, 1], "layers": [form, flatten]}) for form in forms]
    assert [model.output_shape for model in models] == [(None, 5), (None, 25), (None, 25)]
    assert [model.count_params() for model in models] == [140, 140, 140]


def test_the_project_file_of_the_readme_gives_its_budgets_to_its_models(shell):
    (text,) = blocks("toml")
    spec = "input: [5, 1]\nlayers:\n  - LSTM: 5\n    name: encoder\n"
    shell(f"mkdir -p project/models/small && cd project && echo '{spec}' | tee models/small/a.yaml > models/b.yaml")
    shell(f"cat > project/pyproject.toml << 'END'\n{text}END")
    assert shell("cd project && lstmcalc check --format csv | cut -d, -f 1-5,7").splitlines() == [
        "model,layer,metric,limit,actual,fits",
        "models/b.yaml,,params,2000000,140,true",
        "models/small/a.yaml,,params,2000000,140,true",
        "models/small/a.yaml,,size,409600,560,true",
        "models/small/a.yaml,encoder,params,50000,140,true",
    ]


def test_what_the_readme_gives_to_the_action_and_the_hook_is_what_they_have():
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    shown = [yaml.safe_load(text) for text in blocks("yaml")]
    (repository,) = next(each for each in shown if "repos" in each)["repos"]
    assert [each["id"] for each in repository["hooks"]] == [hook["id"]]
    step = next(each for each in shown if "jobs" in each)["jobs"]["size"]["steps"][-1]
    assert set(step["with"]) <= set(action["inputs"])


@pytest.mark.parametrize("path", sorted((ROOT / "specs").rglob("*.yaml")), ids=lambda path: path.name)
def test_a_spec_opens_with_a_comment_of_what_it_teaches(path):
    comment = list(takewhile(lambda line: line.startswith("#"), path.read_text(encoding="utf-8").splitlines()))
    assert len(" ".join(comment).split()) >= 25
