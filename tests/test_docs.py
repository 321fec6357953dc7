"""README and manual are run: every command with all that it prints, every file, option and link that they show."""

import os
import re
import shutil
import subprocess
import sys
from functools import cache
from itertools import takewhile
from pathlib import Path

import pytest
import yaml

import lstmcalc
from lstmcalc import limits, manual
from lstmcalc.cli import COMMANDS, program

ROOT = Path(__file__).parents[1]
README = "README.md"
PAGES = [f"lstmcalc/manual/{name}.md" for name in manual.PAGES]
DOCS = [README, *PAGES]
# The documents beside the package, whose links are read too.
BESIDE = (ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^\$ (.*(?:\n> .*)*)\n", re.MULTILINE)
LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
NARROW = 60  # columns of a small terminal


@cache
def text_of(doc: str) -> str:
    return (ROOT / doc).read_text(encoding="utf-8")


def blocks(language: str, doc: str) -> list[str]:
    """The blocks of a page in that language."""
    return [text for each, text in BLOCK.findall(text_of(doc)) if each == language]


def sessions(doc: str) -> list[tuple[str, str]]:
    """Every command of a page's console blocks with the output that stands below it."""
    found = []
    for block in blocks("console", doc):
        before, *parts = COMMAND.split(block)
        assert before == "", "a block begins with a command"
        found += [
            (command.replace("\n> ", "\n"), output) for command, output in zip(parts[0::2], parts[1::2], strict=True)
        ]
    return found


SESSIONS = [(doc, command, output) for doc in DOCS for command, output in sessions(doc)]


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

    def run(command: str, columns: int = 80) -> str:
        path = os.pathsep.join([str(tools), os.environ["PATH"]])
        env = {"PATH": path, "PYTHONPATH": str(ROOT), "COLUMNS": str(columns), "PYTHONUTF8": "1", "HOME": str(folder)}
        done = subprocess.run(
            ["bash", "-c", command], cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60
        )
        output = done.stdout.decode("utf-8")
        assert done.returncode == (2 if ": error: " in output else 0), output
        return output

    return run


@pytest.mark.parametrize(
    ("doc", "command", "output"), SESSIONS, ids=[f"{doc}: {command}" for doc, command, _ in SESSIONS]
)
def test_a_command_prints_what_its_page_says(shell, doc, command, output):
    if ".h5" in command:
        pytest.importorskip("h5py")
    assert shell(command) == output


TABLES = [(command, output) for _, command, output in SESSIONS if "┃" in output and "--width" not in command]


@pytest.mark.parametrize(("command", "output"), TABLES, ids=[command for command, _ in TABLES])
def test_a_table_stands_in_a_narrow_terminal_with_its_numbers_whole(shell, command, output):
    narrow = shell(command, NARROW)
    assert max(len(line) for line in narrow.splitlines() if line[:1] in "┏┃┡│├└") <= NARROW
    numbers = set(re.findall(r"(?<=[ │])\d[\d,]*(?= *[│\n])", output))
    assert numbers <= set(re.findall(r"(?<=[ │])\d[\d,]*(?= *[│\n])", narrow))
    assert [line for line in narrow.splitlines() if " params: " in line] == [
        line for line in output.splitlines() if " params: " in line
    ]


@pytest.mark.parametrize("doc", DOCS)
def test_every_block_is_of_a_kind_that_is_run_or_read_here(doc):
    assert {language for language, _ in BLOCK.findall(text_of(doc))} <= {"console", "sh", "toml", "yaml"}
    assert text_of(doc).count("```") == 2 * len(BLOCK.findall(text_of(doc)))


# The README, and the manual behind it.


def test_the_readme_is_short():
    assert len(text_of(README).splitlines()) <= 220
    assert len(text_of(README).split()) <= 2000


def test_the_readme_links_to_every_page_with_its_sentence():
    rows = [f"| [{name}](lstmcalc/manual/{name}.md) | {manual.page(name).sentence} |" for name in manual.PAGES]
    assert [row for row in rows if row not in text_of(README)] == []


def test_every_command_has_its_page_and_every_page_its_command_or_topic():
    assert manual.COMMANDS == COMMANDS
    assert {path.stem for path in (ROOT / "lstmcalc" / "manual").glob("*.md")} == set(manual.PAGES)


@pytest.mark.parametrize("name", manual.PAGES)
def test_a_page_opens_with_its_title_and_a_sentence(name):
    page = manual.page(name)
    assert page.text.startswith(f"# {page.title}\n\n{page.sentence}\n\n")
    assert page.sentence.endswith(".") and len(page.sentence) <= 100
    assert name not in manual.COMMANDS or page.title.split()[:2] == ["lstmcalc", name]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_page_of_a_command_shows_it_at_work(name):
    assert any(re.search(rf"\blstmcalc {name}\b", command) for command, _ in sessions(f"lstmcalc/manual/{name}.md"))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_spelling_of_every_option_stands_on_the_page_of_its_command_or_of_all(name):
    options = [each for each in program.get_command(None, name).params if each.param_type_name == "option"]
    text = text_of(f"lstmcalc/manual/{name}.md") + text_of("lstmcalc/manual/options.md")
    for spelling in (spelling for option in options for spelling in [*option.opts, *option.secondary_opts]):
        assert re.search(rf"(?<![\w-]){spelling}(?![\w-])", text), spelling


def test_every_exit_code_has_its_row():
    rows = re.findall(r"^\| (\d+) \|", text_of("lstmcalc/manual/options.md"), re.MULTILINE)
    assert sorted(map(int, rows)) == [0, 1, 2, 3, 130]


@pytest.mark.parametrize("doc", [*PAGES, *(path.name for path in BESIDE)])
def test_no_link_is_dead(doc):
    dead = []
    for link in LINK.findall(BLOCK.sub("", text_of(doc))):
        path, _, anchor = link.partition("#")
        if link.startswith(("https://", "http://")):
            continue
        target = (ROOT / doc).parent / path if path else ROOT / doc
        anchors = []
        if target.exists() and target.suffix == ".md":
            headings = re.findall(r"^#+ (.*)$", BLOCK.sub("", target.read_text(encoding="utf-8")), re.MULTILINE)
            anchors = [re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings]
        if not target.exists() or (anchor and anchor not in anchors):
            dead.append(link)
    assert dead == []


SPEC, CI, CHECK = (f"lstmcalc/manual/{name}.md" for name in ("spec", "ci", "check"))


def test_each_form_of_an_item_that_the_manual_shows_is_taken():
    (text,) = [text for text in blocks("yaml", SPEC) if text.startswith("layers:")]
    flatten, *forms = yaml.safe_load(text)["layers"]
    models = [lstmcalc.from_dict({"input": [5, 1], "layers": [form, flatten]}) for form in forms]
    assert [model.output_shape for model in models] == [(None, 5), (None, 25), (None, 25)]
    assert [model.count_params() for model in models] == [140, 140, 140]


def test_the_specs_that_the_manual_shows_are_read():
    shown = [yaml.safe_load(text) for text in blocks("yaml", SPEC)]
    (unrolled,) = (spec for spec in shown if "inputs" in spec)
    assert lstmcalc.from_dict(unrolled).count_params() == 4 * (5 + 8 + 1) * 8 + (8 + 1) * 5


def test_the_project_file_of_the_manual_gives_its_budgets_to_its_models(shell):
    (text,) = blocks("toml", CHECK)
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


def test_what_the_manual_gives_to_the_action_and_the_hook_is_what_they_have():
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    shown = [yaml.safe_load(text) for text in blocks("yaml", CI)]
    (repository,) = next(each for each in shown if "repos" in each)["repos"]
    assert [each["id"] for each in repository["hooks"]] == [hook["id"]]
    jobs = [each for each in [*shown, *map(yaml.safe_load, blocks("yaml", README))] if "jobs" in each]
    for job in jobs:
        assert set(job["jobs"]["size"]["steps"][-1]["with"]) <= set(action["inputs"])
    assert len(jobs) == 2


@pytest.mark.parametrize("path", sorted((ROOT / "specs").rglob("*.yaml")), ids=lambda path: path.name)
def test_a_spec_opens_with_a_comment_of_what_it_teaches(path):
    comment = list(takewhile(lambda line: line.startswith("#"), path.read_text(encoding="utf-8").splitlines()))
    assert len(" ".join(comment).split()) >= 25


def test_the_page_of_limits_has_the_numbers_of_the_program():
    text = text_of("lstmcalc/manual/limits.md")
    mib = 2**20
    for row in (
        f"| a spec | {limits.SPEC_BYTES // mib} MiB |",
        f"| a config that Keras saved | {limits.CONFIG_BYTES // mib} MiB, {limits.CONFIG_VALUES:,} values |",
        f"| a saved model on standard input, or in a revision | {limits.FILE_BYTES // mib} MiB |",
        f"| nesting, and models inside models | {limits.NESTING} levels |",
        f"| layers of a model, repeats written out | {limits.LAYERS:,} |",
        f"| axes of a tensor | {limits.RANK} |",
    ):
        assert row in text
