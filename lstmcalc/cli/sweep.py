"""`lstmcalc sweep MODEL --set units=32,64,128`: a row for each combination of values."""

from collections.abc import Iterator
from itertools import chain

import click

from lstmcalc.cli.options import FORMATS, model_options, output_options
from lstmcalc.cli.output import Output
from lstmcalc.formats.values import Value
from lstmcalc.formats.variables import Variables
from lstmcalc.models.model import Model
from lstmcalc.questions.search import Choices, Point, sweep
from lstmcalc.sources import Reading, variables_of

OPEN, CLOSE = "[{(", "]})"


@click.command(
    "sweep",
    short_help="A row for each combination of values.",
    epilog='\b\nExample:\n  lstmcalc sweep "Input(5, 1) | LSTM(units) | Dense(1)" --set units=32,64,128',
)
@click.argument("model")
@model_options
@output_options(*FORMATS)
def command(model: str, reading: Reading, output: Output) -> None:
    """Print the totals of MODEL for each combination of the values that --set gives.

    --set takes several values with commas between them; a list as a value stands in
    brackets. The last variable changes fastest. Rows are written as they are known.
    """
    choices = {name: _values(name, text) for name, text in reading.given.items()}
    if not choices:
        raise click.UsageError("a sweep takes --set NAME=VALUE,VALUE, with the values to go through")
    template = reading.template(model)

    def make(given: Variables) -> Model:
        return template.spec_and_model(given)[1]

    points = sweep(make, choices, {}, reading.dtype)
    _write(choices, chain([next(points)], points), output)


def _values(name: str, text: str) -> list[tuple[str, Value]]:
    texts = list(_split(text))
    return [(each, variables_of({name: each})[name]) for each in texts]


def _split(text: str) -> Iterator[str]:
    """The parts between commas that stand in no brackets."""
    depth, start = 0, 0
    for position, character in enumerate(text):
        depth += (character in OPEN) - (character in CLOSE)
        if character == "," and depth == 0:
            yield text[start:position].strip()
            start = position + 1
    yield text[start:].strip()


def _write(choices: Choices, points: Iterator[Point], output: Output) -> None:
    from lstmcalc.views import search as view
    from lstmcalc.views.cells import visible, width_of

    names = list(choices)
    if output.form == "json":
        output.write_lines(view.sweep_json(names, points))
    elif output.form == "csv":
        output.write_lines(view.sweep_csv(names, points))
    elif output.form == "markdown":
        output.write_lines(view.sweep_markdown(names, points))
    else:
        widths = [max(width_of(visible(text)) for text, _ in values) for values in choices.values()]
        output.write_lines(view.sweep_lines(names, widths, points))
