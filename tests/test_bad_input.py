"""Inputs that are meant to hurt end with one clear sentence, soon, and in little memory."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("resource", reason="the limits of a process are POSIX's")

from hostile import CASES

SCRIPT = Path(__file__).parent / "hostile.py"
ROOT = Path(__file__).parents[1]
SECONDS = 10  # of CPU; measured are 2 at most, on a machine that does nothing else
MEGABYTES = 200


@pytest.mark.parametrize("case", CASES)
def test_an_input_that_is_meant_to_hurt_gives_one_sentence(case: str, tmp_path: Path) -> None:
    if case == "a file that may not be read" and os.geteuid() == 0:
        pytest.skip("root may read every file")
    with open("/dev/zero", "rb") as zeros:
        run = subprocess.run(
            [sys.executable, SCRIPT, case],
            stdin=zeros,
            capture_output=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8:backslashreplace"},
            encoding="utf-8",
            timeout=120,
        )
    assert (run.returncode, run.stderr) == (0, "")
    says, seconds, megabytes = run.stdout.rsplit("\n", 3)[:3]
    print(f"{case}: {seconds} s, {megabytes} MB")
    assert says == CASES[case][1]
    assert float(seconds) < SECONDS
    assert float(megabytes) < MEGABYTES
