"""What a MODEL argument is: a path, standard input, or an expression; and how a text is read from it."""

import io
import os
import sys
import threading
from pathlib import Path

import pytest
from reading import facts, model

import lstmcalc
from lstmcalc.limits import SPEC_BYTES
from lstmcalc.sources import model_of

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


@pytest.mark.parametrize("suffix", [".keras", ".h5", ".hdf5"])
def test_a_file_that_keras_saved_is_known_by_its_suffix(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"m{suffix}"
    path.write_bytes(b"")
    assert refused(str(path)) == f"{path}: cannot be read: a saved Keras model ({suffix}) is not read by this version"


def test_standard_input_is_a_spec(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(CHAIN.encode()), "ascii"))
    assert facts(model_of("-")) == facts(model(CHAIN))


def test_a_mistake_in_standard_input_has_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"layers: [5]"), "ascii"))
    assert refused("-").startswith("<stdin>:1:10: a layer must be a class name")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without named pipes")
def test_a_pipe_that_somebody_writes_to_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    text = CHAIN + "# more than a pipe holds at once\n" * 10_000

    def write() -> None:
        with open(path, "w", encoding="utf-8") as pipe:
            pipe.write(text)

    threading.Thread(target=write, daemon=True).start()
    assert model_of(str(path)).count_params() == 140


def test_a_file_is_in_utf_8_with_or_without_its_mark(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    for encoding in ("utf-8", "utf-8-sig"):
        path.write_text("input: [5, 1]\nlayers: [{Dense: 1, name: 名}]", encoding=encoding)
        assert lstmcalc.load(str(path)).layers[0].name == "名"


def test_a_byte_that_is_not_utf_8_has_its_place(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_bytes("a: 1\nb: né".encode() + b"\xe9")
    assert refused(str(path)) == f"{path}:2:6: the byte 0xE9 is not UTF-8: a spec is a text file in UTF-8"


def test_a_spec_is_as_long_as_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(CHAIN + "#" * (SPEC_BYTES - len(CHAIN)), encoding="utf-8")
    assert lstmcalc.load(str(path)).count_params() == 140
    path.write_text(CHAIN + "#" * (SPEC_BYTES - len(CHAIN) + 1), encoding="utf-8")
    assert refused(str(path)) == f"{path}: is larger than 1 MiB, the most that a spec may be"


def test_the_limit_counts_bytes(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(CHAIN + "#" + "é" * (SPEC_BYTES // 2), encoding="utf-8")
    assert refused(str(path)) == f"{path}: is larger than 1 MiB, the most that a spec may be"


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
