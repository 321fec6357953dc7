"""Recurrence over time: the one loop over the timesteps, with directions, masks and states."""

from collections.abc import Callable, Iterable
from itertools import cycle
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
States = tuple[Array, ...]
Step = Callable[[Array, Array, Array], None]  # the timestep's input, the output before, the output to write


class Timesteps(NamedTuple):
    """What a recurrence reads, in the order in which it reads it.

    `x` is (samples, timesteps, ...); `mask` is (samples, timesteps), true where a timestep
    counts; `initial` is the states before the first timestep, zeros when None. `every` says
    whether all outputs are wanted, or the last one only.
    """

    x: Array
    mask: Array | None = None
    initial: States | None = None
    every: bool = True


class Course(NamedTuple):
    """What a recurrence gives: outputs (samples, timesteps, ...), all or the last alone, and the last states."""

    outputs: Array
    states: States


def sequence_of(x: Array, mask: Array | None, initial: States | None, backwards: bool, every: bool) -> Timesteps:
    """The sequence of a layer's input; a mask with further axes hides a timestep where it hides all of it."""
    steps = slice(None, None, -1 if backwards else 1)
    counts: Array | None = None
    if mask is not None:
        counts = np.any(mask.reshape(*mask.shape[:2], -1), axis=-1, keepdims=True)[:, steps, 0]
    return Timesteps(x[:, steps], counts, initial, every)


def without_masked(course: Course, mask: Array | None, zeros: bool, unrolled: bool) -> Array:
    """The outputs as Keras gives those of masked timesteps, by backend.rnn in keras/src/backend/numpy/rnn.py.

    They are the output before, or zeros. Unrolled, Keras knows no `zeros`, and before the
    first timestep that counts it gives zeros instead of the initial state.
    """
    if mask is None or not (zeros or unrolled):
        return course.outputs
    counts = np.logical_or.accumulate(mask, axis=1) if unrolled else mask
    counts = counts[:, mask.shape[1] - course.outputs.shape[1] :]
    counts = counts.reshape(*counts.shape, *(1,) * (course.outputs.ndim - 2))
    return np.where(counts, course.outputs, np.zeros((), course.outputs.dtype))


def repeat(
    step: Step, inputs: Iterable[Array], h: Array, others: States, rows: Array, held: Iterable[Array | None]
) -> Array:
    """Repeat a step over the timesteps, and give the last output; the loop of every recurrent layer.

    The step writes the output, which is the first state, and changes the `others` in place.
    The outputs go to `rows`, in turn. `held` says for each timestep whose states stay as they are.
    """
    with np.errstate(over="ignore"):  # e^-x of a closed gate
        for x, out, stays in zip(inputs, cycle(rows), held, strict=False):
            if stays is None:
                step(x, h, out)
            else:
                before = [state.copy() for state in others]
                step(x, h, out)
                np.copyto(out, h, where=stays)
                for state, old in zip(others, before, strict=True):
                    np.copyto(state, old, where=stays)
            h = out
    return h


def holding(mask: Array | None, timesteps: int, samples: tuple[int, ...]) -> list[Array | None]:
    """For each timestep which samples stay as they are, (*samples, 1), and None where none does.

    `samples` is the axes of states before their last: () where a single sample has none.
    """
    if mask is None:
        return [None] * timesteps
    masked = ~mask.T
    shaped = masked.reshape(timesteps, *(samples and (samples[0],)), *(1,) * max(len(samples), 1))
    return [each if each.any() else None for each in shaped]
