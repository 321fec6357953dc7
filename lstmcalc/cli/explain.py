"""`lstmcalc explain MODEL [LAYER ...]`: where each number and each axis comes from."""

import click

from lstmcalc.cli.options import model_options, output_options
from lstmcalc.cli.output import Output
from lstmcalc.questions.explain import explain
from lstmcalc.sources import Reading


@click.command(
    "explain",
    short_help="Where each number and each axis comes from.",
    epilog='\b\nExample:\n  lstmcalc explain "Input(5, 1) | LSTM(5, return_sequences=True)"',
)
@click.argument("model")
@click.argument("layers", nargs=-1, metavar="[LAYER]...")
@model_options
@output_options("table", "json", "markdown")
def command(model: str, layers: tuple[str, ...], reading: Reading, output: Output) -> int:
    """Explain the layers of MODEL, or those of the names LAYER: axes, gates, params, weights, output, MACs.

    MODEL is a spec (model.yaml), what Keras saved, a script (train.py), '-' or an expression. A layer inside
    another is named by its path: encoder/dense.
    """
    return output.show("explain", explain(reading.model(model), layers, reading.dtype))
