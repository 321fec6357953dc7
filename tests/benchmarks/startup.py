"""How long a command takes, as a ratio to an interpreter that imports what it cannot do without.

    python tests/benchmarks/startup.py [RUNS]

Each command is run in turn, RUNS times (25 by default), and the medians are compared. The
goals: `summary` at most 1.35 times `import click, yaml, rich.table`; `count` and
`--format json` at most 1.35 times `import click, yaml`. Run it with an installed lstmcalc,
whose modules are compiled.
"""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

SPEC = str(Path(__file__).parents[2] / "specs" / "many_to_many.yaml")
LSTMCALC = str(Path(sys.executable).with_name("lstmcalc"))
CASES = {
    "python": [sys.executable, "-c", "pass"],
    "import click, yaml": [sys.executable, "-c", "import click, yaml"],
    "import click, yaml, rich.table": [sys.executable, "-c", "import click, yaml, rich.table"],
    "lstmcalc summary": [LSTMCALC, "summary", SPEC],
    "lstmcalc summary --format json": [LSTMCALC, "summary", SPEC, "--format", "json"],
    "lstmcalc count": [LSTMCALC, "count", SPEC],
    "lstmcalc count EXPRESSION": [LSTMCALC, "count", "Input(5, 1) | LSTM(5)"],
}
GOALS = {
    "lstmcalc summary": "import click, yaml, rich.table",
    "lstmcalc summary --format json": "import click, yaml",
    "lstmcalc count": "import click, yaml",
    "lstmcalc count EXPRESSION": "import click, yaml",
}


def measure(runs: int) -> dict[str, float]:
    """The median seconds of each case, the cases run in turn."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    times: dict[str, list[float]] = {name: [] for name in CASES}
    for turn in range(runs + 1):
        for name, command in CASES.items():
            start = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=env)
            if turn:  # the first turn warms the caches
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(each) for name, each in times.items()}


def main() -> None:
    """Print the table."""
    medians = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 25)
    for name, seconds in medians.items():
        goal = GOALS.get(name)
        ratio = f"  {seconds / medians[goal]:.2f} x '{goal}'" if goal else ""
        print(f"{1000 * seconds:7.1f} ms  {name}{ratio}")


if __name__ == "__main__":
    main()
