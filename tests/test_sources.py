"""What a MODEL argument is: where its bytes come from, and which kind they are of, told by their content."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
from reading import facts, model

import lstmcalc
from lstmcalc.sources import EXPRESSION, KINDS, SAVED_SUMMARY, SPEC, Content, content_of, kind_of, model_of

CHAIN = "input: [5, 1]\nlayers:\n  - LSTM: 5\n"


def refused(argument: str) -> str:
    with pytest.raises(lstmcalc.ModelError) as caught:
        model_of(argument)
    return str(caught.value)


@pytest.mark.parametrize(
    "name", ["model.yaml", "model.yml", "MODEL.YAML", "model.txt", "model", "LSTM(5).yaml", "名.yaml"]
)
def test_a_file_is_a_spec(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(CHAIN, encoding="utf-8")
    found = lstmcalc.load(str(tmp_path / name))
    assert (found.count_params(), found.name) == (140, Path(name).stem)


def test_a_path_may_be_a_path_object(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(CHAIN, encoding="utf-8")
    assert lstmcalc.load(tmp_path / "m.yaml").count_params() == 140  # type: ignore[arg-type]


def test_what_has_a_parenthesis_and_is_no_file_is_an_expression() -> None:
    assert lstmcalc.load("Input(5, 1) | LSTM(5)").count_params() == 140


def test_a_known_suffix_is_always_a_path() -> None:
    assert refused("LSTM(5).yaml") == "LSTM(5).yaml: cannot be read: no such file or directory"


def test_what_is_neither_a_file_nor_an_expression_is_refused() -> None:
    assert refused("model") == (
        "model: no such file, and not an expression (an expression has parentheses: 'Input(5, 1) | LSTM(5)')"
    )


@pytest.mark.parametrize(
    ("suffix", "how"),
    [
        *((suffix, "model.save('model.keras')") for suffix in (".keras", ".h5", ".hdf5")),
        (".npz", "numpy.savez(...)"),
        (".safetensors", "safetensors.numpy.save_file(...)"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(suffix: str, how: str, tmp_path: Path) -> None:
    path = tmp_path / f"m{suffix}"
    help = f"(save it again: {how})"
    path.write_bytes(b"")
    assert refused(str(path)) == f"{path}: is empty {help}"
    path.write_text(CHAIN)
    assert refused(str(path)).startswith(f"{path}: is no ")


def test_standard_input_is_a_spec(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(CHAIN.encode()), "ascii"))
    assert facts(model_of("-")) == facts(model(CHAIN))


def test_a_mistake_in_standard_input_has_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"layers: [5]"), "ascii"))
    assert refused("-").startswith("<stdin>:1:10: a layer must be a class name")


@pytest.mark.parametrize("item", ["Model: {}", "TimeDistributed: {{Model: {}}}"])
def test_files_that_name_each_other_twice_are_counted_before_they_are_built(tmp_path: Path, item: str) -> None:
    (tmp_path / "m0.yaml").write_text("input: [5, 3]\nlayers: [Dense: 3]\n")
    for number in range(1, 30):
        above = item.format(f"m{number - 1}.yaml") if number == 1 else f"Model: m{number - 1}.yaml"
        items = "".join(f"  - {above}\n    name: {name}\n" for name in "ab")
        (tmp_path / f"m{number}.yaml").write_text(f"input: [5, 3]\nlayers:\n{items}")
    with pytest.raises(lstmcalc.ModelError) as caught:
        lstmcalc.load(str(tmp_path / "m29.yaml"))
    # 2 ** 28 Dense at the bottom of m28, and 2 ** 29 - 2 models above them; and the model m28 itself.
    assert caught.value.message == f"a model has at most 100,000 layers, but this makes {2**28 + 2**29 - 2 + 1:,}"
    assert (caught.value.line, caught.value.column) == (3, 5)


# Each kind, by its content.


def held(data: bytes, name: str = "model") -> Content:
    return Content(name, name, lambda most: data)


SAVED = b'{"schema_version": 1, "name": "m"}'


@pytest.mark.parametrize("name", ["old.json", "old.txt", "old.yaml", "old"])
@pytest.mark.parametrize("data", [SAVED, b'  {\n "schema_version": 7', b'{"name": "m", "schema_version": 1}'])
def test_a_saved_summary_is_told_by_its_key_whatever_its_file_is_called(name: str, data: bytes) -> None:
    assert kind_of(held(data, name)) is SAVED_SUMMARY


@pytest.mark.parametrize(
    "data", [CHAIN.encode(), b"{}", b'{"layers": []}', b'{"name": "schema_version"}', b"", b"[" * 9999]
)
def test_another_text_is_a_spec(data: bytes) -> None:
    assert kind_of(held(data)) is SPEC


def test_a_saved_summary_is_a_model_for_a_comparison_alone(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_bytes(SAVED)
    assert "which only diff and --baseline take" in refused(str(tmp_path / "old.json"))


def test_an_expression_is_one_by_where_it_stands() -> None:
    assert kind_of(content_of("Input(5, 1) | LSTM(5)")) is EXPRESSION


def test_the_last_kind_takes_what_no_other_does() -> None:
    assert KINDS[-1] is SPEC


# Where the bytes come from.


def test_standard_input_is_read_once_for_all_who_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(CHAIN.encode()), "ascii"))
    assert [model_of("-").count_params() for _ in range(2)] == [140, 140]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(CHAIN.replace("5\n", "6\n").encode()), "ascii"))
    assert model_of("-").count_params() == 4 * 6 * (1 + 6 + 1)


def test_a_standard_input_that_cannot_be_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert refused("-") == "<stdin>: cannot be read: standard input is closed"


def test_a_content_is_read_once_and_when_it_is_asked_for() -> None:
    asked = []

    def read(most: int) -> bytes:
        asked.append(most)
        return CHAIN.encode()

    content = Content("m.yaml", "m.yaml", read)
    assert not asked
    assert content.data == content.text.text.encode() == CHAIN.encode()
    assert len(asked) == 1


def test_a_file_of_a_revision_is_read_by_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(["git", "-c", "user.name=n", "-c", "user.email=e", *arguments], check=True, capture_output=True)

    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.yaml").write_text(CHAIN)
    git("init", "-q")
    git("add", "m.yaml")
    git("commit", "-qm", "first")
    (tmp_path / "m.yaml").unlink()
    content = content_of("git:HEAD:m.yaml")
    assert (content.data, kind_of(content)) == (CHAIN.encode(), SPEC)
    assert model_of("git:HEAD:m.yaml").name == "m"
