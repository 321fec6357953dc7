"""The step of ConvLSTM: an LSTM whose products are convolutions."""

from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

import numpy as np

from lstmcalc.kernels.activations import activate_gate
from lstmcalc.kernels.convolution import Sizes, convolve
from lstmcalc.kernels.gates import Activation, Weights
from lstmcalc.kernels.recurrence import Array, Course, Timesteps, holding, repeat

BLOCK = 2**24  # 16 MiB of the input's part at once


class Window(NamedTuple):
    """How the input's kernel is slid; that of the state keeps its axes."""

    strides: Sizes
    padding: str
    dilation: Sizes
    channels_last: bool


def conv_lstm(
    sequence: Timesteps, weights: Weights, window: Window, activation: Activation, recurrent_activation: Activation
) -> Course:
    """A ConvLSTM over (samples, timesteps, *axes, channels).

    The gates of the weights are in Keras's order along the last axis: input, forget, cell, output.
    """
    kernel, recurrent_kernel, _ = weights
    parts = _parts(sequence.x, weights, window)
    first = next(parts)
    axis = -1 if window.channels_last else 1
    shape = np.split(first, 4, axis)[0].shape
    around = (1,) * len(window.strides)
    if sequence.initial is None:
        h, c = np.zeros((2, *shape), kernel.dtype)
    else:
        h, c = (np.array(state, kernel.dtype) for state in sequence.initial)

    def step(x: Array, h: Array, out: Array) -> None:
        z = convolve(h, recurrent_kernel, around, "same", around, channels_last=window.channels_last) + x
        i, f, g, o = np.split(z, 4, axis)
        i, f, o = (activate_gate(recurrent_activation, gate) for gate in (i, f, o))
        c[...] = f * c + i * activate_gate(activation, g)
        np.multiply(o, activate_gate(activation, c), out)

    timesteps = sequence.x.shape[1]
    rows = np.empty((timesteps if sequence.every else min(timesteps, 2), *shape), kernel.dtype)
    held = holding(sequence.mask, timesteps, shape[:-1])
    last = repeat(step, chain([first], parts), h, (c,), rows, held)
    outputs = rows if sequence.every else last[None]
    return Course(outputs.swapaxes(0, 1), (last.copy(), c))


def _parts(x: Array, weights: Weights, window: Window) -> Iterator[Array]:
    """The input's part of all gates, timestep by timestep, made block by block."""
    kernel, _, bias = weights
    samples, timesteps, *axes = x.shape
    strides, padding, dilation, channels_last = window
    channels, columns = kernel.shape[-2:]
    size = x[:, :1].size // channels * columns * x.itemsize
    count = max(1, BLOCK // max(size, 1))
    for start in range(0, timesteps, count):
        block = x[:, start : start + count].swapaxes(0, 1).reshape(-1, *axes)
        part = convolve(block, kernel, strides, padding, dilation, channels_last=channels_last)
        if bias is not None:
            part += bias if channels_last else bias.reshape(-1, *(1,) * len(strides))
        yield from part.reshape(-1, samples, *part.shape[1:])
