"""`lstmcalc help [TOPIC]`: the pages of the manual."""

import sys

import click

from lstmcalc.cli.output import Output
from lstmcalc.errors import ModelError, Problem, did_you_mean
from lstmcalc.layers.catalogue import KNOWN, operations
from lstmcalc.manual import PAGES, contents, page


@click.command(
    "help",
    short_help="The pages of the manual.",
    epilog="\b\nExample:\n  lstmcalc help check",
)
@click.argument("topic", required=False)
@click.option("--output", "-o", metavar="FILE", help="Write the page to a file.")
@click.option("--width", type=click.IntRange(40, 10_000), metavar="N", help="Columns of the text.")
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colour the page; NO_COLOR and FORCE_COLOR are honoured.",
)
def command(topic: str | None, output: str | None, width: int | None, color: str) -> None:
    """List the pages of the manual, or print that of TOPIC: a command, or a topic.

    On a terminal a page is laid out in its width; in a pipe and in a file it is Markdown.
    """
    if topic is not None and topic not in PAGES:
        raise _unknown(topic)
    is_drawn = output is None and (width is not None or color == "always" or _is_terminal())
    result = Output("table" if is_drawn else "markdown", output, width, color)
    result.show("help", contents() if topic is None else page(topic))


def _is_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()


def _unknown(topic: str) -> ModelError:
    """What is wrong with a topic that has no page."""
    if topic in KNOWN or topic in operations():
        help: str | None = f"the page of a layer is that of 'lstmcalc layers {topic}'"
    else:
        help = did_you_mean(topic, (*PAGES, *KNOWN)) or f"there are {', '.join(PAGES)}"
    return ModelError(Problem(f"the manual has no page {topic!r}", help=help))
