"""Files of bytes: which are opened, and what the others are refused with."""

import os

import pytest

from lstmcalc import ModelError
from lstmcalc.containers.files import FAILURES, create_file, open_file, said


def refused(path, opener=open_file) -> str:
    with pytest.raises(ModelError) as caught, opener(str(path)):
        pass
    assert caught.value.file == str(path)
    return caught.value.message


def test_a_file_is_open_while_the_block_runs(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    with open_file(str(tmp_path / "a")) as file:
        assert file.read() == b"abc"
    assert file.closed


@pytest.mark.parametrize("name", ["no", "no/no"])
def test_a_file_that_is_missing_is_said_to_be(tmp_path, name):
    assert refused(tmp_path / name) == "there is no such file"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a\0b", "its name has a NUL, which no name of a file can have"),
        ("a\ud800", "its name has a character that no name of a file can have"),
    ],
)
@pytest.mark.parametrize(("opener", "what"), [(open_file, "read"), (create_file, "written")])
def test_a_name_that_no_file_can_have_is_said_to_be_none(tmp_path, name, reason, opener, what):
    assert refused(tmp_path / name, opener) == f"cannot be {what}: {reason}"


def test_a_directory_is_no_file(tmp_path):
    assert refused(tmp_path) == "cannot be read: is a directory"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_that_nobody_writes_to_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert refused(tmp_path / "pipe") == "cannot be read: is a pipe or a device, not a file"


def test_a_file_that_cannot_be_written_is_said_to_be(tmp_path):
    assert refused(tmp_path / "no" / "a", create_file) == "cannot be written: no such file or directory"


@pytest.mark.parametrize("failure", FAILURES)
def test_what_a_library_raises_over_the_bytes_is_said_in_our_words(failure):
    with pytest.raises(ModelError) as caught, said("w.npz", "'a' cannot be unpacked"):
        raise failure("words of the library")
    assert str(caught.value) == (
        "w.npz: is damaged: 'a' cannot be unpacked "
        "(write the file again: it is cut off, or of another kind than its name says)"
    )


def test_a_bug_is_not_said_to_be_a_damaged_file():
    with pytest.raises(AttributeError), said("w.npz", "'a' cannot be unpacked"):
        raise AttributeError
