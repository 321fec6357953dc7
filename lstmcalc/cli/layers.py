"""`lstmcalc layers [NAME]`: the layers known, or all that is known of one."""

import click

from lstmcalc.cli.output import Output
from lstmcalc.reference.descriptions import describe, families


@click.command(
    "layers",
    short_help="The layers known, or one of them.",
    epilog="\b\nExample:\n  lstmcalc layers LSTM",
)
@click.argument("name", required=False)
@click.option("--format", "form", type=click.Choice(["table", "json", "markdown"]), default="table", show_default=True)
@click.option("--output", "-o", metavar="FILE", help="Write the result to a file.")
@click.option("--width", type=click.IntRange(40, 10_000), metavar="N", help="Columns of the text.")
def command(name: str | None, form: str, output: str | None, width: int | None) -> None:
    """List the layers by family; or tell the arguments, shapes, weights, formula and source of NAME."""
    Output(form, output, width).show("layers", families() if name is None else describe(name))
