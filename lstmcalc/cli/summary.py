"""`lstmcalc summary MODEL`: Keras's table, or the same facts as JSON, CSV or Markdown."""

import click

from lstmcalc.cli.options import FORMATS, model_options, output_options
from lstmcalc.cli.output import Output
from lstmcalc.errors import did_you_mean
from lstmcalc.questions.summary import summary_of
from lstmcalc.sources import Reading
from lstmcalc.views.fields import COLUMNS
from lstmcalc.views.summary.look import SummaryLook

NAMES = ", ".join(COLUMNS)


def _columns(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    """The names of columns that stand with commas between them."""
    if value is None:
        return None
    chosen = tuple(name.strip() for name in value.split(","))
    for name in chosen:
        if name not in COLUMNS:
            help = did_you_mean(name, COLUMNS) or f"there are {NAMES}"
            raise click.BadParameter(f"no column '{name}': {help}")
    if len(set(chosen)) < len(chosen):
        raise click.BadParameter("a column stands twice")
    return chosen


@click.command(
    "summary",
    short_help="Keras's table of a model.",
    epilog='\b\nExample:\n  lstmcalc summary "Input(5, 1) | LSTM(5, return_sequences=True) | Dense(1)"',
)
@click.argument("model")
@model_options
@output_options(*FORMATS)
@click.option(
    "--style",
    type=click.Choice(["keras3", "classic"]),
    default="keras3",
    show_default=True,
    help="Keras 3's table, or that of Keras 1 and 2.",
)
@click.option("--columns", callback=_columns, metavar="NAMES", help=f"Choose and order columns: {NAMES}.")
@click.option("--show-weights", is_flag=True, help="Add a row per weight with its shape.")
@click.option("--expand-nested", is_flag=True, help="Show the layers of models inside the model.")
@click.option("--show-trainable", is_flag=True, help="Show whether each layer's weights are trained.")
def command(
    model: str,
    reading: Reading,
    output: Output,
    style: str,
    columns: tuple[str, ...] | None,
    show_weights: bool,
    expand_nested: bool,
    show_trainable: bool,
) -> int:
    """Print what keras.Model.summary() prints for MODEL.

    MODEL is a spec (model.yaml), what Keras saved, a script (train.py), '-' for standard input, or an expression.
    """
    if style == "classic" and (columns or show_trainable):
        raise click.UsageError("--style classic has columns of its own: leave out --columns and --show-trainable")
    look = output.looks(
        SummaryLook,
        expand_nested=expand_nested,
        show_trainable=show_trainable,
        show_weights=show_weights,
        columns=columns,
    )
    is_classic = style == "classic" and output.form == "table"
    summary = summary_of(model, reading)
    if summary.is_weights and is_classic:
        raise click.UsageError("--style classic shows a model, and this file holds arrays alone: leave it out")
    return output.show("summary", summary, look, "classic" if is_classic else None)
