"""The pre-commit hook and the GitHub action: their commands are run as those two run them."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
(HOOK,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
SPEC = "budget: {params: 139}\ninput: [5, 1]\nlayers: [{LSTM: 5}]\n"


PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_every_requirement_has_a_lowest_version():
    """Which `.ci/run` installs, to see that the suite passes with it."""
    project = PYPROJECT["project"]
    extras = [each for listed in project["optional-dependencies"].values() for each in listed]
    for each in (*PYPROJECT["build-system"]["requires"], *project["dependencies"], *extras):
        assert re.fullmatch(r"[\w-]+>=[\d.]+", each), each


def test_the_sdist_holds_what_the_tests_read():
    included = PYPROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py")]
    read = {name for text in texts for name in re.findall(r"(?:ROOT|\.parents\[\d\]) / \"([^\"]+)\"", text)}
    assert {"action.yml", ".pre-commit-hooks.yaml", "README.md", "specs"} <= read
    assert {name for name in read if (ROOT / name).exists()} - {"pyproject.toml"} <= set(included)


@pytest.fixture
def folder(tmp_path):
    """A folder with a spec that exceeds its budget, one that has none, and lstmcalc on the path."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "big.yaml").write_text(SPEC)
    for name in ("free", "with a space"):
        (tmp_path / "models" / f"{name}.yaml").write_text(SPEC.partition("\n")[2])
    program = tmp_path / ".bin" / "lstmcalc"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m lstmcalc "$@"\n')
    program.chmod(0o755)
    return tmp_path


def environment(folder, **more):
    path = os.pathsep.join([str(folder / ".bin"), os.environ["PATH"]])
    return {"PATH": path, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "HOME": str(folder), **more}


def check_step(folder, **given):
    """The action's step with these inputs, as the runner starts it."""
    step = ACTION["runs"]["steps"][1]
    inputs = {name: each["default"] for name, each in ACTION["inputs"].items()} | given
    values = {
        name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: inputs[found[1]], text)
        for name, text in step["env"].items()
    }
    env = environment(folder, **values, GITHUB_STEP_SUMMARY=str(folder / "summary.md"))
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=60)


CODES = [
    (1, {"models": "models/big.yaml"}),
    (0, {"models": "models/big.yaml", "warn-only": "true"}),
    (0, {"models": "models/f*.yaml", "budgets": "--max-params 140 --max-size 1KiB"}),
    (1, {"models": "**/*.yaml", "budgets": "--max-params 140"}),
    (0, {"models": "models/free.yaml", "baseline": "Input(5,1)|LSTM(5)"}),
    (1, {"models": "models/free.yaml", "baseline": "Input(5,1)|LSTM(4)", "max-increase": "40%"}),
    (1, {"models": "models/free.yaml", "budgets": "--max-params 140\n--max-size 1B\n"}),
    (1, {"models": "models/free.yaml\nmodels/b*.yaml\n", "budgets": "--max-params 140"}),
    (0, {"models": "models/with*.yaml", "budgets": "--max-params 140"}),
    (2, {"models": "nowhere/*.yaml"}),
    (2, {"models": "models/free.yaml nowhere/*.yaml", "budgets": "--max-params 140"}),
    (2, {}),
    (2, {"models": "$(touch made) ; touch made"}),
]


@pytest.mark.parametrize(("code", "inputs"), CODES, ids=[str(inputs) for _, inputs in CODES])
def test_the_actions_step_leaves_with_the_exit_code_of_check(folder, code, inputs):
    done = check_step(folder, **inputs)
    assert done.returncode == code, done.stdout + done.stderr
    assert not (folder / "made").exists()


def test_the_action_annotates_and_adds_to_the_jobs_summary(folder):
    done = check_step(folder, models="models/big.yaml")
    assert done.stdout == (
        "::error file=models/big.yaml,line=1,col=18,title=big is over its budget of params::"
        "params: 140, which is 1 (0.7%25) over the limit of 139, from models/big.yaml:1:18%0Athe largest: lstm 140\n"
    )
    assert "| params | 139 | 140 | 100.7% | models/big.yaml:1:18 | **NO** |" in (folder / "summary.md").read_text()


def test_the_actions_first_step_installs_what_the_action_stands_in(folder):
    made = folder / "runner" / "lstmcalc" / "bin"
    made.mkdir(parents=True)
    for program in (folder / ".bin" / "python3", made / "pip"):
        program.write_text(f'#!/bin/sh\necho "{program.name} $@" >> {folder}/called\n')
        program.chmod(0o755)
    env = environment(
        folder, RUNNER_TEMP=str(folder / "runner"), GITHUB_PATH=str(folder / "path"), ACTION_PATH="the action"
    )
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", ACTION["runs"]["steps"][0]["run"]]
    subprocess.run(command, env=env, check=True, timeout=60)
    assert (folder / "called").read_text() == (
        f"python3 -m venv {folder}/runner/lstmcalc\npip install --quiet the action\n"
    )
    assert (folder / "path").read_text() == f"{made}\n"


def test_no_step_of_the_action_has_an_expression_in_its_script():
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step["run"]


@pytest.mark.parametrize(("code", "names"), [(1, ["big", "free"]), (0, ["free"])])
def test_the_hooks_command_takes_the_files_that_changed(folder, code, names):
    files = [f"models/{name}.yaml" for name in names]
    assert all(re.search(HOOK["files"], file) for file in files)
    done = subprocess.run([*HOOK["entry"].split(), *files], cwd=folder, env=environment(folder), capture_output=True)
    assert done.returncode == code


@pytest.mark.skipif(shutil.which("pre-commit") is None, reason="pre-commit is not installed")
def test_real_pre_commit_runs_the_hook(folder):
    def git(*arguments, code=0):
        identity = ["-c", "user.name=n", "-c", "user.email=e"]
        done = subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True)
        assert done.returncode == code, done.stderr

    local = {**HOOK, "language": "system"}
    config = {"repos": [{"repo": "local", "hooks": [local]}]}
    (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    git("init", "-q")
    for code, name in ((0, "free"), (1, "big")):
        git("add", f"models/{name}.yaml")
        command = ["pre-commit", "run", "--color", "never"]
        done = subprocess.run(command, cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=60)
        assert done.returncode == code, done.stdout + done.stderr
        assert "lstmcalc check" in done.stdout
    assert "140, which is 1 (0.7%) over the limit of 139" in done.stdout
