"""`lstmcalc verify MODEL`: a forward pass held against the inferred shapes, the counts and given outputs."""

import math
import sys
from typing import TYPE_CHECKING, Any

import click

from lstmcalc.cli.options import model_options, output_options
from lstmcalc.cli.output import Output
from lstmcalc.cli.progress import progress
from lstmcalc.errors import Refusal
from lstmcalc.reference.units import memory_of
from lstmcalc.sources import Reading
from lstmcalc.views.verify.look import VerifyLook

if TYPE_CHECKING:
    from lstmcalc.arrays.memory import Memory

DISAGREES = 1  # exit code
WORTH_SAYING = 2**28  # 256 MiB of memory


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
    from lstmcalc.arrays.trial import Request, prepare, run_trial, save_outputs

    trial = prepare(reading.model(model), Request(dtype=reading.dtype or "float32", **asked))
    _say_memory(trial.memory, output.quiet)
    with progress(trial.steps, output.quiet) as tell:
        verification = run_trial(trial, tell)
    if save is not None and verification.arrays:
        save_outputs(verification, save)
    code = output.show("verify", verification, output.looks(VerifyLook, shows_outputs=show))
    return code or (0 if verification.agrees else DISAGREES)


def _say_memory(memory: "Memory", quiet: bool) -> None:
    """Say how much memory a large model takes."""
    if memory.total >= WORTH_SAYING and not quiet and sys.stderr is not None:
        sys.stderr.write(f"lstmcalc: this takes {memory.words}\n")
        sys.stderr.flush()
