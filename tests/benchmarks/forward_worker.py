"""One peer of `forward.py`: reads cases and requests as JSON lines, and answers with outputs and seconds.

    python forward_worker.py NAME

Needs NumPy and what NAME says: lstmcalc, numpy (the textbook loop), torch, keras-jax,
keras-tensorflow or keras-torch.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

Array = Any
Weights = list[Array]
Run = Callable[[], Array]


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def lstm_of_the_textbook(x: Array, kernel: Array, recurrent_kernel: Array, bias: Array) -> Array:
    samples, timesteps, _ = x.shape
    units = len(recurrent_kernel)
    h = c = np.zeros((samples, units), x.dtype)
    outputs = np.empty((samples, timesteps, units), x.dtype)
    for t in range(timesteps):
        i, f, g, o = np.split(x[:, t] @ kernel + h @ recurrent_kernel + bias, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        outputs[:, t] = h
    return outputs


def gru_of_the_textbook(x: Array, kernel: Array, recurrent_kernel: Array, bias: Array) -> Array:
    samples, timesteps, _ = x.shape
    units = len(recurrent_kernel)
    h = np.zeros((samples, units), x.dtype)
    outputs = np.empty((samples, timesteps, units), x.dtype)
    for t in range(timesteps):
        x_z, x_r, x_h = np.split(x[:, t] @ kernel + bias[0], 3, axis=1)
        h_z, h_r, h_h = np.split(h @ recurrent_kernel + bias[1], 3, axis=1)
        z, r = sigmoid(x_z + h_z), sigmoid(x_r + h_r)
        h = z * h + (1 - z) * np.tanh(x_h + r * h_h)
        outputs[:, t] = h
    return outputs


def numpy_run(layer: str, x: Array, weights: Weights) -> Run:
    loop = lstm_of_the_textbook if layer == "LSTM" else gru_of_the_textbook
    return lambda: loop(x, *weights)


def lstmcalc_run(layer: str, x: Array, weights: Weights) -> Run:
    import lstmcalc

    _, timesteps, features = x.shape
    units = len(weights[1])
    model = lstmcalc.parse(f"Input({timesteps}, {features}) | {layer}({units}, return_sequences=true, name='a')")
    return lambda: model.predict(x, weights={"a": weights})


def torch_run(layer: str, x: Array, weights: Weights) -> Run:
    import torch

    kernel, recurrent_kernel, bias = weights
    units = len(recurrent_kernel)
    made = getattr(torch.nn, layer)(x.shape[-1], units, batch_first=True)
    order = [0, 1, 2, 3] if layer == "LSTM" else [1, 0, 2]  # torch's GRU has its reset gate first

    def arranged(array: Array) -> Any:
        gates = np.split(array, len(order), axis=-1)
        return torch.tensor(np.concatenate([gates[number] for number in order], axis=-1).T.copy())

    biases = np.stack([bias, np.zeros_like(bias)]) if layer == "LSTM" else bias
    values = (kernel, recurrent_kernel, *biases)
    given = torch.from_numpy(x)
    with torch.no_grad():
        for parameter, value in zip(made.parameters(), values, strict=True):
            parameter.copy_(arranged(value))

    def run() -> Array:
        with torch.inference_mode():
            return made(given)[0].numpy()

    return run


def keras_run(layer: str, x: Array, weights: Weights) -> Run:
    import keras

    inputs = keras.Input(x.shape[1:])
    model = keras.Model(inputs, getattr(keras.layers, layer)(len(weights[1]), return_sequences=True)(inputs))
    model.set_weights(weights)
    return lambda: model.predict(x, batch_size=len(x), verbose=0)


def case(name: str, layer: str, shape: tuple[int, int, int, int]) -> Run:
    """The peer's run of a layer of that shape; the numbers are the same for every peer."""
    samples, timesteps, features, units = shape
    gates = 4 if layer == "LSTM" else 3
    random = np.random.default_rng(0)

    def numbers(*sizes: int, scale: float = 1.0) -> Array:
        return (scale * random.standard_normal(sizes)).astype("float32")

    weights = [
        numbers(features, gates * units, scale=features**-0.5),
        numbers(units, gates * units, scale=units**-0.5),
        numbers(gates * units) if layer == "LSTM" else numbers(2, gates * units),
    ]
    makers = {"lstmcalc": lstmcalc_run, "numpy": numpy_run, "torch": torch_run}
    return makers.get(name, keras_run)(layer, numbers(samples, timesteps, features), weights)


def seconds_of(run: Run, budget: float, clock: Callable[[], float]) -> list[float]:
    """The seconds of each run, until the budget is spent, at least once."""
    seconds: list[float] = []
    while not seconds or sum(seconds) < budget:
        start = clock()
        run()
        seconds.append(clock() - start)
    return seconds


def main(name: str) -> None:
    """Answer each line of standard input with one of standard output."""
    os.environ["KERAS_BACKEND"] = name.removeprefix("keras-")
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a peer prints is no answer
    run: Run = lambda: None  # noqa: E731 - replaced by the first case
    for line in sys.stdin:
        asked = json.loads(line)
        if "layer" in asked:
            run = case(name, asked["layer"], asked["shape"])
            outputs = np.asarray(run())
            answer: Any = [float(outputs.mean()), float(np.abs(outputs[:, -1]).max())]
        else:
            answer = seconds_of(run, asked["budget"], getattr(time, asked["clock"]))
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
