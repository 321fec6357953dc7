"""`lstmcalc diff OLD NEW`: what changed between two models."""

import click

from lstmcalc.cli.options import model_options, output_options
from lstmcalc.cli.output import Output
from lstmcalc.questions.diff import difference
from lstmcalc.questions.sides import side_of
from lstmcalc.sources import Reading, made_of_each

DIFFERS = 1  # exit code


@click.command(
    "diff",
    short_help="What changed between two models.",
    epilog='\b\nExample:\n  lstmcalc diff "Input(5, 1) | LSTM(5)" "Input(5, 1) | LSTM(8)"',
)
@click.argument("old")
@click.argument("new")
@click.option("--exit-code", is_flag=True, help="Exit 1 when the models differ.")
@model_options
@output_options("table", "json", "markdown", "github")
def command(old: str, new: str, exit_code: bool, reading: Reading, output: Output) -> int:
    """Tell which layers were added, removed and changed from OLD to NEW, and how the totals changed.

    OLD and NEW are MODELs: a spec, 'git:REV:path', '-', an expression; or a JSON that
    'summary --format json' wrote. Layers are matched by name, then by place and class.
    """
    if old == new == "-":
        raise click.UsageError("standard input can be one of OLD and NEW, not both")
    found = difference(*made_of_each((old, new), lambda source: side_of(source, reading)))
    return output.show("diff", found) or (DIFFERS if exit_code and found.differs else 0)
