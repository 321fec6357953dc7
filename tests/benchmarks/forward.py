"""How long one LSTM and one GRU take to run: lstmcalc beside the textbook loop, torch, and Keras on its backends.

    python tests/benchmarks/forward.py [--rounds N] [--cpu] [NAME=PYTHON ...]

Each NAME is `torch`, `keras-jax`, `keras-tensorflow` or `keras-torch`, each PYTHON an
interpreter that has it and NumPy; without any, those that this interpreter has. Each peer is
a process of its own that stays; they are asked in turn, and only one runs at a time. Of all
runs the median counts. Every peer has the same weights and inputs, and must give the same outputs.

On a machine that others use, `taskset -c 0 python ... --cpu` counts the seconds of one core
that a run really takes, instead of those that pass.

The table has lstmcalc's milliseconds, and of each peer how many times as long lstmcalc takes.
"""

import argparse
import importlib.util
import json
import math
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

GRID = (
    (1, 5, 1, 5),
    (1, 1000, 8, 32),
    (1, 100, 64, 128),
    (64, 200, 32, 64),
    (32, 100, 64, 256),
    (256, 50, 128, 512),
)
BUDGET = 0.05  # seconds of runs at a time
PAUSE = 0.02  # seconds in which the threads of the peer before go to sleep
WORKER = Path(__file__).with_name("forward_worker.py")
MODULES = {"torch": "torch", "keras-jax": "jax", "keras-tensorflow": "tensorflow", "keras-torch": "torch"}


class Peer:
    """A process that runs one peer."""

    def __init__(self, name: str, python: str) -> None:
        self.name = name
        self.process = subprocess.Popen(
            [python, str(WORKER), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, **asked: Any) -> Any:
        """The answer to one request. Raises SystemExit when the process has ended."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.name} has ended: see python {WORKER} {self.name}")
        return json.loads(line)


def measure(peers: list[Peer], layer: str, shape: tuple[int, ...], rounds: int, clock: str) -> dict[str, float]:
    """Seconds of one run by peer. Raises SystemExit when outputs differ."""
    said = {peer.name: peer.ask(layer=layer, shape=shape) for peer in peers}
    for name, outputs in said.items():
        if not all(map(lambda a, b: math.isclose(a, b, rel_tol=1e-4, abs_tol=1e-5), outputs, said["lstmcalc"])):
            sys.exit(f"{name} gives other outputs: {outputs}, lstmcalc {said['lstmcalc']}")
    seconds: dict[str, list[float]] = {peer.name: [] for peer in peers}
    for turn in range(rounds + 1):
        for peer in peers:
            time.sleep(PAUSE)
            runs = peer.ask(budget=BUDGET, clock=clock)
            if turn:  # the first turn warms the caches
                seconds[peer.name] += runs
    return {name: statistics.median(each) for name, each in seconds.items()}


def table(layer: str, measured: dict[tuple[int, ...], dict[str, float]], names: list[str]) -> str:
    """Markdown: a row for each shape, and the geometric means."""
    others = names[1:]
    rows = [
        f"| {layer} (samples, timesteps, features, units) | lstmcalc | {' | '.join(f'x {name}' for name in others)} |",
        f"|---|--:|{'--:|' * len(others)}",
    ]
    ratios: dict[str, list[float]] = {name: [] for name in others}
    for shape, seconds in measured.items():
        for name in others:
            ratios[name].append(seconds["lstmcalc"] / seconds[name])
        cells = " | ".join(f"{ratios[name][-1]:.2f}" for name in others)
        rows.append(f"| {shape} | {1000 * seconds['lstmcalc']:.2f} ms | {cells} |")
    means = " | ".join(f"**{statistics.geometric_mean(ratios[name]):.2f}**" for name in others)
    return "\n".join([*rows, f"| geometric mean | | {means} |"])


def main() -> None:
    """Print a table for each layer."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--cpu", dest="clock", action="store_const", const="process_time", default="perf_counter")
    parser.add_argument("peers", nargs="*", metavar="NAME=PYTHON")
    given = parser.parse_args()
    pythons = dict(each.split("=", 1) for each in given.peers)
    if not pythons:
        pythons = {name: sys.executable for name, module in MODULES.items() if importlib.util.find_spec(module)}
    pythons = {"lstmcalc": sys.executable, "numpy": sys.executable, **pythons}
    peers = [Peer(name, python) for name, python in pythons.items()]
    for layer in ("LSTM", "GRU"):
        measured = {}
        for shape in GRID:
            measured[shape] = measure(peers, layer, shape, given.rounds, given.clock)
            milliseconds = ", ".join(f"{name} {1000 * each:.2f}" for name, each in measured[shape].items())
            print(f"{layer} {shape}: {milliseconds} ms", file=sys.stderr)
        print(table(layer, measured, list(pythons)), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
