"""`lstmcalc explain MODEL [LAYER ...]`: where each number and each axis comes from."""

import shutil

import click

from lstmcalc.cli.options import model_options, output_options
from lstmcalc.cli.output import Output
from lstmcalc.questions.explain import explain
from lstmcalc.sources import Reading

NARROWEST, WIDEST = 40, 80


@click.command(
    "explain",
    short_help="Where each number and each axis comes from.",
    epilog='\b\nExample:\n  lstmcalc explain "Input(5, 1) | LSTM(5, return_sequences=True)"',
)
@click.argument("model")
@click.argument("layers", nargs=-1, metavar="[LAYER]...")
@model_options
@output_options("table", "json", "markdown")
def command(model: str, layers: tuple[str, ...], reading: Reading, output: Output) -> None:
    """Explain the layers of MODEL, or those of the names LAYER: axes, gates, params, weights, output, MACs.

    MODEL is a spec (model.yaml), '-' for standard input, or an expression. A layer inside
    another is named by its path: encoder/dense.
    """
    from lstmcalc.views import explain as view

    found = explain(reading.model(model), layers, reading.dtype)
    if output.form == "json":
        from lstmcalc.views.json import encode

        output.write(encode(view.explain_object(found)))
    elif output.form == "markdown":
        output.write_lines(view.explain_markdown(found))
    else:
        from lstmcalc.views.colors import paint
        from lstmcalc.views.grid import plain

        columns = output.width or max(NARROWEST, min(WIDEST, shutil.get_terminal_size().columns))
        output.write_lines(view.explain_lines(found, columns, paint if output.takes_color else plain))
