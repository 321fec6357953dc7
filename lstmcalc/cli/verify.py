"""`lstmcalc verify MODEL`: a forward pass held against the inferred shapes, the counts and given outputs."""

import math
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
import msgspec

from lstmcalc.cli.options import model_options, output_options
from lstmcalc.cli.output import Output
from lstmcalc.errors import ModelError, Problem, Refusal
from lstmcalc.models.model import Model
from lstmcalc.reference.units import memory_of
from lstmcalc.shapes import Shapes
from lstmcalc.sources import Reading

if TYPE_CHECKING:
    from lstmcalc.arrays.verify import Verification

DISAGREES = 1  # exit code
WORTH_SAYING = 2**28  # 256 MiB of memory
LASTS = 1.0  # seconds until a progress bar is shown


class Request(msgspec.Struct, frozen=True):
    """What is asked of a verification, beside the model."""

    weights: str | None
    inputs: str | None
    expect: str | None
    seed: int
    atol: float
    max_memory: int | None
    dtype: str
    quiet: bool


def _bytes(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """`4GiB` in powers of 1024, `4GB` in powers of 1000."""
    try:
        return None if value is None else memory_of(value)
    except Refusal as refusal:
        raise click.BadParameter(refusal.message) from None


def _number(ctx: click.Context, param: click.Parameter, value: float) -> float:
    """Not NaN, from which nothing is less far."""
    if math.isnan(value):
        raise click.BadParameter("takes a number, not nan")
    return value


@click.command(
    "verify",
    short_help="A forward pass held against shapes, counts and outputs.",
    epilog='\b\nExample:\n  lstmcalc verify "Input(5, 1) | LSTM(5, return_sequences=True) | Dense(1)"',
)
@click.argument("model")
@click.option("--weights", metavar="FILE", help="Weights: .npz, .weights.h5, .keras or .h5; random without it.")
@click.option("--input", "inputs", metavar="FILE", help="Inputs: .npy, or .npz by name or position; random without it.")
@click.option("--expect", metavar="FILE", help="Outputs to hold against: .npy, or .npz by reference or position.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="Of what is random.")
@click.option(
    "--atol",
    type=click.FloatRange(0),
    callback=_number,
    default=1e-5,
    show_default=True,
    help="How far outputs may be apart.",
)
@click.option("--save", metavar="FILE", help="Write the outputs to a .npy or .npz file.")
@click.option("--show", is_flag=True, help="Print the outputs.")
@click.option("--max-memory", metavar="SIZE", callback=_bytes, help="Run what takes up to SIZE, such as 4GiB.")
@model_options
@output_options("table", "json")
def command(
    model: str,
    save: str | None,
    show: bool,
    reading: Reading,
    output: Output,
    **asked: Any,
) -> int:
    """Run MODEL on arrays and hold what comes against all that was inferred of it.

    Held against each other are each layer's inferred and actual output shape, the params
    counted and those that the forward pass read, closed forms and the sums over weights,
    and the outputs and --expect. Exit 1 when anything disagrees.

    Axes that are not known, and that neither --timesteps nor --input gives, are given small
    sizes: 2 samples, and 5 for the others (16, 64 or 256 where 5 is too few).
    """
    if save is not None and not save.endswith((".npy", ".npz")):
        raise click.UsageError(f"--save takes a .npy or .npz file, not '{save}'")
    if reading.dtype not in (None, "float32", "float64"):
        raise click.UsageError(f"--dtype: a model is run in float32 or float64, not in {reading.dtype}")
    request = Request(dtype=reading.dtype or "float32", quiet=output.quiet, **asked)
    verification = _verified(reading.model(model), request)
    if save is not None and verification.arrays:
        _save(verification, save)
    _write(verification, output, request.atol, show)
    return 0 if verification.agrees else DISAGREES


def _verified(model: Model, request: Request) -> "Verification":
    from lstmcalc.arrays.initializers import initial_weights
    from lstmcalc.arrays.inputs import arranged
    from lstmcalc.arrays.matching import Mismatch
    from lstmcalc.arrays.samples import picked, random_inputs, sized
    from lstmcalc.arrays.verify import numbered, unfit, verify
    from lstmcalc.arrays.weights import load_weights, named

    dtype = request.dtype
    given, expected = None, {}
    if request.inputs is not None:
        with named(request.inputs):
            given = arranged(model, picked(_read(request.inputs, request)), dtype)
    if request.expect is not None:
        with named(request.expect):
            expected = numbered(model, _read(request.expect, request))
    shapes = sized(model) if given is None else tuple(array.shape for array in given)
    _check_memory(model, shapes, request)
    inputs = arranged(model, list(random_inputs(model, shapes, request.seed)), dtype) if given is None else given
    try:
        with _progress(model, request.quiet) as tell:
            path = request.weights
            weights = load_weights(model, path) if path is not None else initial_weights(model, request.seed)
            tell("weights")
            return verify(model, inputs, weights, expected, request.atol, dtype, lambda step: tell("/".join(step.path)))
    except Mismatch as error:
        return unfit(model, dtype, error.problems)
    except MemoryError:
        help = "fewer --timesteps, a smaller --batch or --dtype float32 take less"
        raise ModelError(Problem("the memory does not suffice", help=help)) from None


def _read(path: str, request: Request) -> dict[str, Any]:
    """The arrays of a file by name, as many as there is memory for."""
    from lstmcalc.arrays.files import stored_in
    from lstmcalc.arrays.memory import available
    from lstmcalc.reference.units import readable_bytes

    with stored_in(path) as stored:
        size, most = sum(each.size_bytes for each in stored.values()), request.max_memory or available()
        if most is not None and size > most:
            there = f"{readable_bytes(size)} of arrays, but {readable_bytes(most)} of memory are available"
            raise ModelError(Problem(f"holds {there}", file=path, help="--max-memory SIZE allows more"))
        return {name: each.read() for name, each in stored.items()}


def _check_memory(model: Model, shapes: Shapes, request: Request) -> None:
    """Say how much memory a large model takes; refuse what is not there. Raises ModelError."""
    from lstmcalc.arrays.memory import available, needed
    from lstmcalc.reference.units import readable_bytes

    memory = needed(model, shapes, request.dtype)
    parts = f"{readable_bytes(memory.weights)} of weights and {readable_bytes(memory.arrays)} of arrays"
    said = f"about {readable_bytes(memory.total)} of memory: {parts}"
    most = available() if request.max_memory is None else request.max_memory
    if most is not None and memory.total > most:
        there = "are available" if request.max_memory is None else "are allowed by --max-memory"
        help = "fewer --timesteps or a smaller --batch take less; --max-memory SIZE allows more"
        raise ModelError(Problem(f"it takes {said}, but {readable_bytes(most)} {there}", help=help))
    if memory.total >= WORTH_SAYING and not request.quiet and sys.stderr is not None:
        sys.stderr.write(f"lstmcalc: this takes {said}\n")
        sys.stderr.flush()


@contextmanager
def _progress(model: Model, quiet: bool) -> "Iterator[Callable[[str], None]]":
    """What is to be told of each thing that is done: a bar on standard error, where that is a terminal, if it lasts."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import Progress

    bar = Progress(console=Console(file=sys.stderr), transient=True)
    task = bar.add_task("weights", total=1 + _calls(model))
    timer = threading.Timer(LASTS, bar.start)
    timer.daemon = True
    timer.start()
    try:
        yield lambda done: bar.update(task, advance=1, description=done)
    finally:
        timer.cancel()
        timer.join()
        bar.stop()


def _calls(model: Model) -> int:
    """How many calls of layers a run makes, those in models inside included."""
    inner = (node.operation for node in model.calls())
    return sum(1 + (_calls(each) if isinstance(each, Model) else 0) for each in inner)


def _save(verification: "Verification", path: str) -> None:
    """Write the outputs: one to .npy; to .npz by reference, or by position where one comes twice."""
    from lstmcalc.arrays.files import write_arrays

    refs = [output.ref for output in verification.outputs]
    if path.endswith(".npy") and len(refs) > 1:
        raise ModelError(
            Problem(f"takes one output, but the model has {len(refs)}", file=path, help="write a .npz file")
        )
    names = refs if len(set(refs)) == len(refs) else list(map(str, range(len(refs))))
    arrays: Mapping[str, Any] = dict(zip(names, verification.arrays, strict=True))
    write_arrays(path, arrays)


def _write(verification: "Verification", output: Output, atol: float, show: bool) -> None:
    from lstmcalc.views import verify as view

    if output.form == "json":
        from lstmcalc.views.json import encode

        output.write(encode(view.verification_object(verification, show)))
        return
    table = view.verification_lines(verification, output.width, output.takes_color, not output.takes_boxes, atol)
    output.write_lines([*table, *(view.output_text(verification) if show else ())])
