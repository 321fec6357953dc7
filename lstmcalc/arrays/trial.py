"""What a verification is run with: weights, inputs and outputs that are given, or random ones, as memory allows."""

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from lstmcalc.arrays import memory
from lstmcalc.arrays.initializers import initial_weights
from lstmcalc.arrays.inputs import arrange_inputs, check_dtype
from lstmcalc.arrays.matching import Mismatch
from lstmcalc.arrays.samples import check_seed, pick_arrays, random_inputs, size_inputs
from lstmcalc.arrays.verify import Verification, number_outputs, unfit, verify
from lstmcalc.arrays.weights import by_identity, load_weights, name_file
from lstmcalc.containers.npy import stored_in, write_arrays
from lstmcalc.errors import ModelError, Note, Problem, merge_notes
from lstmcalc.formats.weights import notes_of, weights_of_saved
from lstmcalc.models.model import BuiltModel
from lstmcalc.models.walk import Path, join_path, walk
from lstmcalc.reference.sizes import readable_bytes
from lstmcalc.shapes import Shapes

Array = NDArray[Any]


class Request(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """What a model is verified with: files, or what `get_weights`, `predict` and its outputs are.

    Weights and inputs are random where they are None, and without `expect` no outputs are
    compared. `max_memory` is in bytes, None for what the machine has.
    """

    weights: Any = None
    inputs: Any = None
    expect: Any = None
    seed: int = 0
    atol: float = 1e-5
    dtype: str = "float32"
    max_memory: int | None = None


class Trial(msgspec.Struct, frozen=True, eq=False):
    """A verification before it is run: what was given is read, and there is memory for the rest.

    `inputs` are None where they are random, of these shapes.
    """

    model: BuiltModel
    request: Request
    shapes: Shapes
    inputs: tuple[Array, ...] | None
    expected: Mapping[int, Array]
    memory: memory.Memory

    @property
    def steps(self) -> int:
        """How many things `run_trial` tells of: the weights, and each call of a layer, those of models inside too."""
        calls: dict[Path, int] = {(): 1}
        for path, placed in walk(self.model.placed, opens=lambda each: isinstance(each.layer, BuiltModel)):
            calls[path] = calls[path[:-1]] * len(placed.calls)
        return sum(calls.values())


def prepare(model: BuiltModel, request: Request) -> Trial:
    """Read what is given, and see that there is memory for it and for the run. Raises ModelError."""
    check_dtype(request.dtype)
    check_seed(request.seed)
    if not request.atol >= 0:  # of nan, from which nothing is less far, neither
        raise ModelError(Problem(f"outputs may be a number from 0 apart, not {request.atol}"))
    inputs = None if request.inputs is None else _given_inputs(model, request)
    expected = {} if request.expect is None else _given_outputs(model, request)
    shapes = size_inputs(model) if inputs is None else tuple(array.shape for array in inputs)
    needed = memory.estimate_memory(model, shapes, request.dtype)
    _refuse_too_much(needed, request.max_memory)
    return Trial(model, request, shapes, inputs, expected, needed)


def run_trial(trial: Trial, tell: Callable[[str], None] | None = None) -> Verification:
    """Run it; `tell` hears the name of each thing that is done. Raises ModelError for what cannot be run."""
    model, request = trial.model, trial.request
    tell = tell or (lambda done: None)
    inputs = trial.inputs
    if inputs is None:
        inputs = arrange_inputs(model, list(random_inputs(model, trial.shapes, request.seed)), request.dtype)
    try:
        weights = _weights(model, request)
        tell("weights")
        found = verify(
            model, inputs, weights, trial.expected, request.atol, request.dtype, lambda step: tell(join_path(step.path))
        )
        return msgspec.structs.replace(found, notes=merge_notes((*found.notes, *_notes(model, request))))
    except Mismatch as error:
        return unfit(model, request.dtype, request.atol, error.problems)
    except MemoryError:
        help = "fewer --timesteps, a smaller --batch or --dtype float32 take less"
        raise ModelError(Problem("the memory does not suffice", help=help)) from None


def save_outputs(verification: Verification, path: str) -> None:
    """Write the outputs: one to .npy; to .npz by reference, or by position where one comes twice. Raises ModelError."""
    refs = [output.ref for output in verification.outputs]
    if path.endswith(".npy") and len(refs) > 1:
        message = f"takes one output, but the model has {len(refs)}"
        raise ModelError(Problem(message, file=path, help="write a .npz file"))
    names = refs if len(set(refs)) == len(refs) else list(map(str, range(len(refs))))
    write_arrays(path, dict(zip(names, verification.arrays, strict=True)))


def _weights(model: BuiltModel, request: Request) -> dict[int, Array]:
    if request.weights is None and model.holds_weights and model.file is not None:
        return load_weights(model, model.file)
    if request.weights is None:
        return initial_weights(model, request.seed)
    path = _path(request.weights)
    return by_identity(model, request.weights) if path is None else load_weights(model, path)


def _notes(model: BuiltModel, request: Request) -> Iterator[Note]:
    """What the file of the model holds beside its weights."""
    if request.weights is None and model.holds_weights and model.file is not None:
        yield from notes_of(weights_of_saved(model.file))


def _given_inputs(model: BuiltModel, request: Request) -> tuple[Array, ...]:
    path = _path(request.inputs)
    if path is None:
        return arrange_inputs(model, request.inputs, request.dtype)
    with name_file(path):
        return arrange_inputs(model, pick_arrays(_read(path, request.max_memory)), request.dtype)


def _given_outputs(model: BuiltModel, request: Request) -> dict[int, Array]:
    path, expect = _path(request.expect), request.expect
    if path is not None:
        with name_file(path):
            return number_outputs(model, _read(path, request.max_memory))
    if isinstance(expect, Mapping):
        return number_outputs(model, {str(name): np.asarray(array) for name, array in expect.items()})
    is_list = isinstance(expect, list | tuple) and (
        len(model.outputs) > 1 or all(isinstance(each, np.ndarray) for each in expect)
    )
    listed = list(expect) if is_list else [expect]
    return number_outputs(model, {str(number): np.asarray(array) for number, array in enumerate(listed)})


def _path(given: Any) -> str | None:
    """The path of a file, None of anything else."""
    return os.fspath(given) if isinstance(given, str | os.PathLike) else None


def _read(path: str, max_memory: int | None) -> dict[str, Array]:
    """The arrays of a file by name, as many as there is memory for."""
    with stored_in(path) as stored:
        size, most = sum(each.size_bytes for each in stored.values()), max_memory or memory.available()
        if most is not None and size > most:
            there = f"{readable_bytes(size)} of arrays, but {readable_bytes(most)} of memory are available"
            raise ModelError(Problem(f"holds {there}", file=path, help="--max-memory SIZE allows more"))
        return {name: each.read() for name, each in stored.items()}


def _refuse_too_much(needed: memory.Memory, max_memory: int | None) -> None:
    most = memory.available() if max_memory is None else max_memory
    if most is not None and needed.total > most:
        there = "are available" if max_memory is None else "are allowed by --max-memory"
        help = "fewer --timesteps or a smaller --batch take less; --max-memory SIZE allows more"
        raise ModelError(Problem(f"it takes {needed.words}, but {readable_bytes(most)} {there}", help=help))
