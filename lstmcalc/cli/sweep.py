"""`lstmcalc sweep MODEL --set units=32,64,128`: a row for each combination of values."""

import click

from lstmcalc.cli.options import FORMATS, model_options, output_options
from lstmcalc.cli.output import Output
from lstmcalc.questions.search import sweep
from lstmcalc.sources import Reading


@click.command(
    "sweep",
    short_help="A row for each combination of values.",
    epilog='\b\nExample:\n  lstmcalc sweep "Input(5, 1) | LSTM(units) | Dense(1)" --set units=32,64,128',
)
@click.argument("model")
@model_options
@output_options(*FORMATS)
def command(model: str, reading: Reading, output: Output) -> int:
    """Print the totals of MODEL for each combination of the values that --set gives.

    --set takes several values with commas between them; a list as a value stands in
    brackets. The last variable changes fastest. Rows are written as they are known.
    """
    if not reading.given:
        raise click.UsageError("a sweep takes --set NAME=VALUE,VALUE, with the values to go through")
    return output.show("sweep", sweep(model, reading))
