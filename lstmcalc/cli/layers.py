"""`lstmcalc layers [NAME]`: the layers known, or all that is known of one."""

import shutil

import click

from lstmcalc.cli.output import write
from lstmcalc.reference.descriptions import describe, families

WIDEST = 100


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
    from lstmcalc.views import layers as view
    from lstmcalc.views.json import encode

    columns = width or max(40, min(WIDEST, shutil.get_terminal_size().columns))
    if name is None:
        known = families()
        if form == "json":
            write(encode(view.catalogue_object(known)), output)
            return
        lines = view.catalogue_lines(known, columns) if form == "table" else view.catalogue_markdown(known)
    else:
        layer = describe(name)
        if form == "json":
            write(encode(view.description_object(layer)), output)
            return
        lines = view.description_lines(layer, columns) if form == "table" else view.description_markdown(layer)
    write((f"{line}\n" for line in lines), output)
