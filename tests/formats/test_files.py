"""The bytes and the text of a path: a file, a pipe, and how long either may be."""

import os
import threading
from pathlib import Path

import pytest

import lstmcalc
from lstmcalc.limits import SPEC_BYTES
from lstmcalc.sources import model_of

CHAIN = "input: [5, 1]\nlayers:\n  - LSTM: 5\n"


def refused(argument: str) -> str:
    with pytest.raises(lstmcalc.ModelError) as caught:
        model_of(argument)
    return str(caught.value)


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
