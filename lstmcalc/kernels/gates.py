"""The steps of LSTM, GRU and SimpleRNN, on gates laid out for speed.

The gates stand first, `(gates, samples, units)`, so that each is contiguous; a single sample
is kept without its axis, as vectors. With the usual activations the kernels of the sigmoid
gates are negated beforehand: sigmoid(x) * y is then y / (1 + e^x), in place. Outputs are
made timesteps first, and given as a view.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from lstmcalc.kernels.activations import activate_gate
from lstmcalc.kernels.recurrence import Array, Course, States, Step, Timesteps, holding, repeat

Weights = tuple[Array, Array, Array | None]  # kernel, recurrent_kernel and bias
Product = Callable[[Array, Array, Any], Any]  # np.dot or np.matmul, with where the result goes
Order = tuple[int, ...]  # for each gate in turn, which of Keras's it is
Activation = str | dict[str, Any] | None

BLOCK = 2**18  # 256 KiB of the input's part at once: it is still in the cache when its steps come
MANY = 16  # samples from which on a product's arithmetic takes longer than reading its weights
FEW = 512  # numbers of a gate's kernel that are read in less time than another call takes
USUAL = ("tanh", "sigmoid")


def lstm(sequence: Timesteps, weights: Weights, activation: Activation, recurrent_activation: Activation) -> Course:
    """An LSTM; the gates of the weights are in Keras's order: input, forget, cell, output."""
    usual = (activation, recurrent_activation) == USUAL
    frame = _Frame(sequence, weights, (3, 0, 1, 2), usual)
    h, c = frame.states(2)
    buffer = frame.room(5)
    buffer[4] = c
    if not usual:
        recurrent = frame.arrange_columns(weights[1])
        return frame.run(_lstm_step_of(activation, recurrent_activation, recurrent, buffer), h, (buffer[4],))
    if frame.is_better_beside:
        step = _lstm_step(frame.product, frame.arrange_columns(frame.stack()), buffer, is_beside=True)
        return frame.run_beside(step, h, (buffer[4],))
    step = _lstm_step(frame.product, frame.arrange_columns(weights[1]), buffer, is_beside=False)
    return frame.run(step, h, (buffer[4],))


def _lstm_step(product: Product, matrix: Array, buffer: Array, is_beside: bool) -> Step:
    z, gates, (o, i, f, g, c) = buffer[:4], buffer[:3], buffer
    i_f, g_c = buffer[1:3], buffer[3:]
    target = _target(z, matrix)
    one = np.array(1, z.dtype)
    add, divide, exp, tanh = np.add, np.divide, np.exp, np.tanh

    def step(x: Array, h: Array, out: Array) -> None:
        if is_beside:
            product(x, matrix, target)
        else:
            product(h, matrix, target)
            add(z, x, z)
        exp(gates, gates)
        add(gates, one, gates)
        tanh(g, g)
        divide(g_c, i_f, i_f)
        add(i, f, c)
        tanh(c, out)
        divide(out, o, out)

    return step


def _lstm_step_of(activation: Activation, recurrent_activation: Activation, recurrent: Array, buffer: Array) -> Step:
    z, c = buffer[:4], buffer[4]

    def step(x: Array, h: Array, out: Array) -> None:
        np.matmul(h, recurrent, z)
        np.add(z, x, z)
        o, i, f = (activate_gate(recurrent_activation, gate) for gate in z[:3])
        c[...] = f * c + i * activate_gate(activation, z[3])
        np.multiply(o, activate_gate(activation, c), out)

    return step


def gru(
    sequence: Timesteps,
    weights: Weights,
    activation: Activation,
    recurrent_activation: Activation,
    reset_after: bool,
) -> Course:
    """A GRU; the gates of the weights are in Keras's order: update, reset, candidate.

    With `reset_after` the bias has two rows, and the reset gate comes after the product with the state.
    """
    usual = (activation, recurrent_activation) == USUAL
    kernel, recurrent_kernel, bias = weights
    at = 2 * len(recurrent_kernel)
    late = np.zeros((), kernel.dtype)
    if bias is not None and reset_after:
        early, late = bias[1, :at], bias[1, at:]
        bias = np.concatenate([bias[0, :at] + early, bias[0, at:]])
    frame = _Frame(sequence, (kernel, recurrent_kernel, bias), (0, 1, 2), usual)
    (h,) = frame.states(1)
    if reset_after:
        recurrent, buffer = frame.arrange_columns(recurrent_kernel), frame.room(3)
        if usual:
            step = _gru_step(frame.product, recurrent, buffer, late)
        else:
            step = _gru_step_of(activation, recurrent_activation, recurrent, buffer, late)
    else:
        parts, buffer = frame.part(recurrent_kernel), frame.room(4)
        if usual:
            step = _gru_step_before(frame.product, parts, buffer)
        else:
            step = _gru_step_before_of(activation, recurrent_activation, parts, buffer)
    return frame.run(step, h, ())


def _gru_step(product: Product, recurrent: Array, buffer: Array, late: Array) -> Step:
    gates, (z, r, candidate) = buffer[:2], buffer
    target = _target(buffer, recurrent)
    one = np.array(1, buffer.dtype)
    add, divide, exp, tanh = np.add, np.divide, np.exp, np.tanh

    def step(x: Array, h: Array, out: Array) -> None:
        product(h, recurrent, target)
        add(gates, x[:2], gates)
        exp(gates, gates)
        add(gates, one, gates)
        add(candidate, late, candidate)
        divide(candidate, r, candidate)
        add(candidate, x[2], candidate)
        tanh(candidate, candidate)
        np.subtract(h, candidate, out)
        divide(out, z, out)
        add(out, candidate, out)

    return step


def _gru_step_of(
    activation: Activation, recurrent_activation: Activation, recurrent: Array, buffer: Array, late: Array
) -> Step:
    def step(x: Array, h: Array, out: Array) -> None:
        np.matmul(h, recurrent, buffer)
        z, r = (activate_gate(recurrent_activation, gate) for gate in buffer[:2] + x[:2])
        candidate = activate_gate(activation, x[2] + r * (buffer[2] + late))
        out[...] = z * h + (1 - z) * candidate

    return step


def _gru_step_before(product: Product, parts: tuple[Array, Array], buffer: Array) -> Step:
    gates, (z, r, candidate, reset) = buffer[:2], buffer
    recurrent, last = parts
    target = _target(gates, recurrent)
    one = np.array(1, buffer.dtype)
    add, divide, exp, tanh = np.add, np.divide, np.exp, np.tanh

    def step(x: Array, h: Array, out: Array) -> None:
        product(h, recurrent, target)
        add(gates, x[:2], gates)
        exp(gates, gates)
        add(gates, one, gates)
        divide(h, r, reset)
        product(reset, last, candidate)
        add(candidate, x[2], candidate)
        tanh(candidate, candidate)
        np.subtract(h, candidate, out)
        divide(out, z, out)
        add(out, candidate, out)

    return step


def _gru_step_before_of(
    activation: Activation, recurrent_activation: Activation, parts: tuple[Array, Array], buffer: Array
) -> Step:
    recurrent, last = parts
    gates = buffer[:2]

    def step(x: Array, h: Array, out: Array) -> None:
        np.matmul(h, recurrent, gates)
        z, r = (activate_gate(recurrent_activation, gate) for gate in gates + x[:2])
        candidate = activate_gate(activation, x[2] + np.matmul(r * h, last))
        out[...] = z * h + (1 - z) * candidate

    return step


def simple_rnn(sequence: Timesteps, weights: Weights, activation: Activation) -> Course:
    """A fully connected recurrence."""
    usual = activation == "tanh"
    frame = _Frame(sequence, weights, (0,), usual)
    (h,) = frame.states(1)
    product, recurrent = frame.product, weights[1]

    def step(x: Array, h: Array, out: Array) -> None:
        product(h, recurrent, out)
        np.add(out, x[0], out)
        if usual:
            np.tanh(out, out)
        else:
            out[...] = activate_gate(activation, out)

    return frame.run(step, h, ())


def of_cudnn(weights: Weights, gates: int) -> Weights:
    """The weights of a CuDNNLSTM or CuDNNGRU as those of an LSTM, or of a GRU with `reset_after`.

    Keras 2 gave cuDNN the numbers of each gate's matrix as they stood, and cuDNN reads them as
    (units, features); see `transform_kernels` in keras/engine/saving.py of Keras 2.2.
    """
    kernel, recurrent_kernel, bias = weights
    assert bias is not None
    both = bias.reshape(2, -1)
    return (
        _as_cudnn_reads(kernel, gates),
        _as_cudnn_reads(recurrent_kernel, gates),
        both if gates == 3 else both.sum(axis=0),
    )


def _as_cudnn_reads(kernel: Array, gates: int) -> Array:
    parts = np.hsplit(kernel, gates)
    return np.hstack([part.reshape(part.shape[::-1]).T for part in parts])


def _target(room: Array, recurrent: Array) -> Array:
    """Where the product with all gates goes: for a single sample they are one row."""
    return room.reshape(-1) if recurrent.ndim == 2 else room


class _Frame:
    """What the steps stand in: the layout of the gates, the input's part of them, the outputs."""

    def __init__(self, sequence: Timesteps, weights: Weights, order: Order, usual: bool) -> None:
        self.sequence = sequence
        self.order = order
        self.kernel, self.recurrent_kernel, self.bias = weights
        self.units: int = len(self.recurrent_kernel)
        self.dtype = self.kernel.dtype
        self.is_usual = usual
        self.is_alone = usual and len(sequence.x) == 1
        self.axes = (self.units,) if self.is_alone else (len(sequence.x), self.units)
        self.product: Product = np.dot if self.is_alone else np.matmul

    def arrange_columns(self, weight: Array) -> Array:
        """A weight with its gates in order: (gates, rows, units), or (rows, gates*units) where alone.

        Usual gates come negated, all but the last.
        """
        rows, gates = len(weight), len(self.order)
        given = weight.reshape(rows, gates, self.units)
        signed = gates - 1 if self.is_usual else 0
        if self.is_alone:
            made = given.take(self.order, axis=1)
            np.negative(made[:, :signed], made[:, :signed])
            return made.reshape(rows, -1)
        made = np.empty((gates, rows, self.units), self.dtype)
        for number, target in zip(self.order, made, strict=True):
            target[...] = given[:, number]
        np.negative(made[:signed], made[:signed])
        return made

    def part(self, weight: Array) -> tuple[Array, Array]:
        """An arranged weight in two: all gates but the last, and that one."""
        made = self.arrange_columns(weight)
        if not self.is_alone:
            return made[:-1], made[-1]
        at = (len(self.order) - 1) * self.units
        return np.ascontiguousarray(made[:, :at]), np.ascontiguousarray(made[:, at:])

    def room(self, count: int) -> Array:
        """Zeros for gates and states."""
        return np.zeros((count, *self.axes), self.dtype)

    def states(self, count: int) -> States:
        """The states before the first timestep."""
        if self.sequence.initial is None:
            return tuple(self.room(count))
        return tuple(np.ascontiguousarray(state, self.dtype).reshape(self.axes) for state in self.sequence.initial)

    def inputs(self) -> Iterator[Array]:
        """The input's part of all gates, timestep by timestep, made block by block."""
        samples, timesteps, features = self.sequence.x.shape
        gates = len(self.order)
        kernel = self.arrange_columns(self.kernel)
        bias = None if self.bias is None else self.arrange_columns(self.bias[None])
        size = samples * gates * self.units * self.dtype.itemsize
        count = max(1, BLOCK // max(size, 1))
        for start in range(0, timesteps, count):
            block = self.sequence.x[:, start : start + count].swapaxes(0, 1).reshape(-1, features)
            part = self.product(block, kernel, None)
            if bias is not None:
                np.add(part, bias, part)
            if self.is_alone:
                yield from part.reshape(-1, gates, self.units)
            else:
                yield from part.reshape(gates, -1, samples, self.units).swapaxes(0, 1)

    def run(self, step: Step, h: Array, others: States) -> Course:
        """The step over all timesteps, given the input's part of the gates."""
        timesteps = self.sequence.x.shape[1]
        rows = np.empty((timesteps if self.sequence.every else min(timesteps, 2), *self.axes), self.dtype)
        return self._course(step, self.inputs(), h, others, rows)

    @property
    def is_better_beside(self) -> bool:
        """Whether one product a timestep, with the input beside the state, is faster than the input's part ahead.

        It saves a pass over the gates. But for a few samples the reading of weights is what
        takes time, and the input's are better read once for many timesteps.
        """
        samples, _, features = self.sequence.x.shape
        is_small: bool = features * self.units <= FEW
        return is_small or (samples >= MANY and features <= self.units)

    def stack(self) -> Array:
        """The weights one below the other, for the rows of `run_beside`."""
        bias = np.zeros(self.kernel.shape[1:], self.dtype) if self.bias is None else self.bias
        return np.concatenate([self.recurrent_kernel, self.kernel, bias[None]])

    def run_beside(self, step: Step, h: Array, others: States) -> Course:
        """The step over all timesteps, given rows of the state, the input and 1; it writes to the next row's state."""
        samples, timesteps, features = self.sequence.x.shape
        width = self.units + features + 1
        count = max(timesteps, 1)
        if not self.sequence.every:
            count = min(count, max(2, BLOCK // (samples * width * self.dtype.itemsize)))
        room = np.empty((count + 1, *self.axes[:-1], width), self.dtype)
        room[0, ..., : self.units] = h
        room[..., -1] = 1
        return self._course(step, self._rows(room), h, others, room[1:, ..., : self.units])

    def _rows(self, room: Array) -> Iterator[Array]:
        """The rows with the inputs in them; the states come from the steps."""
        count = len(room) - 1
        for start in range(0, self.sequence.x.shape[1], count):
            block = self.sequence.x[:, start : start + count].swapaxes(0, 1)
            if start:
                room[0, ..., : self.units] = room[count, ..., : self.units]
            rows = room[: len(block)]
            rows[..., self.units : -1] = block[:, 0] if self.is_alone else block
            yield from rows

    def _course(self, step: Step, inputs: Iterator[Array], h: Array, others: States, rows: Array) -> Course:
        samples, timesteps, _ = self.sequence.x.shape
        held = holding(self.sequence.mask, timesteps, self.axes[:-1])
        last = repeat(step, inputs, h, others, rows, held)
        states = tuple(state.reshape(samples, self.units).copy() for state in (last, *others))
        outputs = rows.reshape(-1, samples, self.units) if self.sequence.every else states[0][None]
        return Course(outputs.swapaxes(0, 1), states)
