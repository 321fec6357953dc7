"""`lstmcalc schema [WHICH]`: the JSON Schema of the spec, or of an output."""

import click

from lstmcalc.cli.output import write
from lstmcalc.views.schemas import OUTPUTS

WHICH = ("spec", *OUTPUTS)


@click.command(
    "schema",
    short_help="The JSON Schema of the spec or of an output.",
    epilog="\b\nExample:\n  lstmcalc schema > lstmcalc.schema.json",
)
@click.argument("which", type=click.Choice(WHICH), default="spec", metavar="[WHICH]")
@click.option("--output", "-o", metavar="FILE", help="Write the result to a file.")
def command(which: str, output: str | None) -> None:
    """Print the JSON Schema of the spec (draft 7), made from the layers' declarations, or of an output.

    WHICH is spec (the default), or the output of a command: summary, count, explain, check, diff, solve, sweep,
    verify; error is that of all of them.

    In a spec, '# yaml-language-server: $schema=lstmcalc.schema.json' makes editors complete and check it.
    """
    from lstmcalc.reference.schema import spec_schema
    from lstmcalc.views.json import encode
    from lstmcalc.views.schemas import output_schema

    write(f"{encode(spec_schema() if which == 'spec' else output_schema(which))}\n", output)
