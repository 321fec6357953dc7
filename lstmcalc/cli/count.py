"""`lstmcalc count MODEL ...`: the number of params, for scripts."""

import click

from lstmcalc.cli.options import FORMATS, model_options, output_options
from lstmcalc.cli.output import Output
from lstmcalc.questions.count import count
from lstmcalc.sources import Reading


@click.command(
    "count",
    short_help="The number of params.",
    epilog='\b\nExample:\n  lstmcalc count "Input(5, 1) | LSTM(5)"',
)
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@click.option("--trainable", is_flag=True, help="Count trainable params alone.")
@click.option("--non-trainable", is_flag=True, help="Count non-trainable params alone.")
@model_options
@output_options(*FORMATS)
def command(models: tuple[str, ...], trainable: bool, non_trainable: bool, reading: Reading, output: Output) -> int:
    """Print the number of params of each MODEL: one integer, or a line per model and the total.

    MODEL is a spec (model.yaml), what Keras saved, a script (train.py), '-' for standard input, or an expression.
    """
    if trainable and non_trainable:
        raise click.UsageError("--trainable and --non-trainable together are all params: leave out both")
    part = trainable if trainable or non_trainable else None
    return output.show("count", count(models, part, reading))
