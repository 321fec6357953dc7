"""The step of ConvLSTM: an LSTM whose products are convolutions."""

from collections.abc import Iterator
from itertools import chain

import numpy as np

from lstmcalc.kernels.activations import activate
from lstmcalc.kernels.convolution import Sizes, convolve
from lstmcalc.kernels.gates import Activation, Weights
from lstmcalc.kernels.recurrence import Array, Course, Sequence, holding, repeat

BLOCK = 2**24  # 16 MiB of the input's part at once


def conv_lstm(
    sequence: Sequence,
    weights: Weights,
    window: tuple[Sizes, str, Sizes],
    activation: Activation,
    recurrent_activation: Activation,
) -> Course:
    """A ConvLSTM over (samples, timesteps, *axes, channels).

    `window` is the strides, the padding and the dilation of the input's part. The gates of the
    weights are in Keras's order along the last axis: input, forget, cell, output.
    """
    kernel, recurrent_kernel, _ = weights
    parts = _parts(sequence.x, weights, window)
    first = next(parts)
    samples, *axes, columns = first.shape
    shape = (samples, *axes, columns // 4)
    around = (1,) * len(axes)
    if sequence.initial is None:
        h, c = np.zeros((2, *shape), kernel.dtype)
    else:
        h, c = (np.array(state, kernel.dtype) for state in sequence.initial)

    def step(x: Array, h: Array, out: Array) -> None:
        z = convolve(h, recurrent_kernel, around, "same", around) + x
        i, f, g, o = np.split(z, 4, axis=-1)
        i, f, o = (activate(recurrent_activation, gate) for gate in (i, f, o))
        c[...] = f * c + i * activate(activation, g)
        np.multiply(o, activate(activation, c), out)

    timesteps = sequence.x.shape[1]
    rows = np.empty((timesteps if sequence.every else min(timesteps, 2), *shape), kernel.dtype)
    held = holding(sequence.mask, timesteps, shape[:-1])
    last = repeat(step, chain([first], parts), h, (c,), rows, held)
    outputs = rows if sequence.every else last[None]
    return Course(outputs.swapaxes(0, 1), (last.copy(), c))


def _parts(x: Array, weights: Weights, window: tuple[Sizes, str, Sizes]) -> Iterator[Array]:
    """The input's part of all gates, timestep by timestep, made block by block."""
    kernel, _, bias = weights
    samples, timesteps, *axes = x.shape
    size = x[:, :1].size * kernel.shape[-1] // kernel.shape[-2] * x.itemsize
    count = max(1, BLOCK // max(size, 1))
    for start in range(0, timesteps, count):
        block = x[:, start : start + count].swapaxes(0, 1)
        part = convolve(block.reshape(-1, *axes), kernel, *window)
        if bias is not None:
            part += bias
        yield from part.reshape(-1, samples, *part.shape[1:])


def channels_last(sequence: Sequence) -> Sequence:
    """A sequence whose channels are the axis after the timesteps, with its channels last."""
    initial = None if sequence.initial is None else tuple(np.moveaxis(each, 1, -1) for each in sequence.initial)
    return sequence._replace(x=np.moveaxis(sequence.x, 2, -1), initial=initial)


def channels_first(course: Course) -> Course:
    """The way back."""
    states = tuple(np.moveaxis(each, -1, 1) for each in course.states)
    return Course(np.moveaxis(course.outputs, -1, 2), states)
