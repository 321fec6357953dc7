"""`lstmcalc solve MODEL --var units`: the largest value of a variable that keeps all budgets."""

import click

from lstmcalc.cli.budgets import budget_options
from lstmcalc.cli.options import FORMATS, model_options, output_options
from lstmcalc.cli.output import Output
from lstmcalc.limits import DIMENSION
from lstmcalc.questions.budget import Limit
from lstmcalc.questions.search import Wanted, solve
from lstmcalc.sources import Reading

NONE_FITS = 1  # exit code
VALUE = click.IntRange(-DIMENSION, DIMENSION)


@click.command(
    "solve",
    short_help="The largest value of a variable within the budgets.",
    epilog='\b\nExample:\n  lstmcalc solve "Input(5, 1) | LSTM(units) | Dense(1)" --var units --max-params 1M',
)
@click.argument("model")
@click.option("--var", "name", required=True, metavar="NAME", help="The variable whose value is searched.")
@click.option("--min", "wants_least", is_flag=True, help="Search the smallest value, not the largest.")
@click.option("--from", "low", type=VALUE, default=1, show_default=True, metavar="N", help="The least value allowed.")
@click.option("--to", "high", type=VALUE, default=DIMENSION, metavar="N", help="The largest value allowed.")
@budget_options
@model_options
@output_options(*FORMATS)
def command(
    model: str,
    name: str,
    wants_least: bool,
    low: int,
    high: int,
    limits: tuple[Limit, ...],
    reading: Reading,
    output: Output,
) -> int:
    """Search the largest whole value of a variable of MODEL with which it keeps all its budgets.

    Budgets are those of 'check'. The answer has its proof: it fits, and the next value does
    not. Where the numbers do not grow with the variable, every value is tried. Exit 1 when
    no value fits.
    """
    if low > high:
        raise click.UsageError(f"--from {low} is above --to {high}")
    if name in reading.given:
        raise click.UsageError(f"--set gives '{name}', which is searched")
    found = solve(model, Wanted(name, low, high, wants_least), limits, reading)
    return output.show("solve", found) or (0 if found.value is not None else NONE_FITS)
