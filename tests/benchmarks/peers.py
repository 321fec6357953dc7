"""Who says "146", how fast, and in how much memory: lstmcalc beside Keras and torchinfo.

    python tests/benchmarks/peers.py [NAME=PYTHON ...]

Each NAME is `keras-tensorflow`, `keras-jax`, `keras-torch` or `torchinfo`, each PYTHON an
interpreter that has it installed; without arguments, those that this interpreter has. Whole
processes, in turn, RUNS times each; the median wall time and the peak resident memory.
"""

import importlib.util
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

RUNS = 7
SPEC = str(Path(__file__).parents[2] / "specs" / "many_to_many.yaml")
KERAS = """
import keras
from keras import layers
model = keras.Sequential([
    keras.Input((5, 1)), layers.LSTM(5, return_sequences=True), layers.TimeDistributed(layers.Dense(1))])
print(model.count_params())
"""
TORCHINFO = """
import torch
from torchinfo import summary
class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = torch.nn.LSTM(1, 5, batch_first=True)
        self.dense = torch.nn.Linear(5, 1)
    def forward(self, x):
        return self.dense(self.lstm(x)[0])
print(summary(Model(), (1, 5, 1), verbose=0).total_params)
"""
MODULES = {"keras-tensorflow": "tensorflow", "keras-jax": "jax", "keras-torch": "torch", "torchinfo": "torchinfo"}


def command_of(name: str, python: str) -> tuple[list[str], dict[str, str]]:
    """The command of a peer, and what its environment needs."""
    if name == "lstmcalc":
        return [str(Path(sys.executable).with_name("lstmcalc")), "count", SPEC], {}
    if name == "torchinfo":
        return [python, "-c", TORCHINFO], {}
    return [python, "-c", KERAS], {"KERAS_BACKEND": name.removeprefix("keras-"), "TF_CPP_MIN_LOG_LEVEL": "3"}


def run(command: list[str], env: dict[str, str]) -> tuple[float, str]:
    """Wall seconds, and the last line that was printed."""
    start = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **env})
    return time.perf_counter() - start, done.stdout.split()[-1]


def peak_memory(command: list[str], env: dict[str, str]) -> float:
    """MiB of the largest process, asked of a child that runs nothing else."""
    probe = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, capture_output=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe, *command], check=True, capture_output=True, text=True, env={**os.environ, **env}
    )
    return int(done.stdout) / 1024


def main() -> None:
    """Print the table."""
    given = dict(each.split("=", 1) for each in sys.argv[1:])
    if not given:
        given = {name: sys.executable for name, module in MODULES.items() if importlib.util.find_spec(module)}
    peers = {name: command_of(name, python) for name, python in {"lstmcalc": sys.executable, **given}.items()}
    times: dict[str, list[float]] = {name: [] for name in peers}
    said = {}
    for turn in range(RUNS + 1):
        for name, (command, env) in peers.items():
            seconds, said[name] = run(command, env)
            if turn:
                times[name].append(seconds)
    for name, (command, env) in peers.items():
        memory = peak_memory(command, env)
        print(f"{name:20} {statistics.median(times[name]):6.2f} s {memory:6.0f} MiB  says {said[name]}")


if __name__ == "__main__":
    main()
