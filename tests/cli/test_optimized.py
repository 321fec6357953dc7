"""Python without docstrings and asserts (-OO): the same answers, word for word."""

import subprocess
import sys

import pytest
from process import environment, run

COMMANDS = [
    ("layers", "LSTM"),
    ("layers", "Conv2D", "--format", "json"),
    ("layers", "GRU", "--format", "markdown"),
    ("schema",),
    ("explain", "Input(5, 1) | Bidirectional(LSTM(5)) | Dense(1)"),
    ("explain", "Input(5, 1) | GRU(5, reset_after=False)", "--format", "json"),
    ("verify", "Input(5, 1) | LSTM(5) | Dense(1)"),
    ("summary", "Input(5, 1) | LSTM(5)", "--format", "json"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[:2]))
def test_without_docstrings_the_same_is_printed(command):
    optimized = subprocess.run(
        [sys.executable, "-OO", "-m", "lstmcalc", *command],
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    usual = run(*command)
    assert usual.stdout
    assert (optimized.returncode, optimized.stdout, optimized.stderr) == (0, usual.stdout, usual.stderr)


def test_without_docstrings_the_closed_forms_hold():
    command = [sys.executable, "-OO", "-m", "lstmcalc", "verify", "Input(5, 1) | LSTM(5)"]
    done = subprocess.run(command, env=environment(), capture_output=True, encoding="utf-8", timeout=60, check=True)
    assert "1 closed form holds" in done.stdout
