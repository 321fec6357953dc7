"""Runs lstmcalc as a stranger does: another process, its exit code, its two streams."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
MODEL = "Input(5, 1) | LSTM(5)"
LSTMCALC = [sys.executable, "-m", "lstmcalc"]


def environment(**changes: str | None) -> dict[str, str]:
    """A plain environment without a terminal, with some variables set, or taken out (None)."""
    env: dict[str, str | None] = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PYTHONIOENCODING": "utf-8",
        **changes,
    }
    return {name: value for name, value in env.items() if value is not None}


def run(*arguments: str, env: dict[str, str] | None = None, **options: Any) -> subprocess.CompletedProcess[str]:
    """A finished run; standard input is empty unless `input` is given."""
    if "input" not in options:
        options.setdefault("stdin", subprocess.DEVNULL)
    options.setdefault("stdout", subprocess.PIPE)
    return subprocess.run(
        [*LSTMCALC, *arguments],
        env=env or environment(),
        stderr=subprocess.PIPE,
        encoding="utf-8",
        timeout=60,
        check=False,
        **options,
    )


def shell(command: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """A finished run of bash, where `lstmcalc` is the program."""
    script = f'lstmcalc() {{ "{sys.executable}" -m lstmcalc "$@"; }}\n{command}'
    return subprocess.run(
        ["bash", "-c", script],
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        **options,
    )
