"""`lstmcalc solve MODEL --var units`: the largest value of a variable that keeps all budgets."""

import click

from lstmcalc.cli.check import budget_options
from lstmcalc.cli.options import FORMATS, model_options, output_options
from lstmcalc.cli.output import Output
from lstmcalc.errors import ModelError, Place, Problem, Source
from lstmcalc.facts.summary import summarize
from lstmcalc.formats.values import Scalar
from lstmcalc.limits import DIMENSION
from lstmcalc.questions.budget import Limit, hold, read_budget
from lstmcalc.questions.project import find_project
from lstmcalc.questions.search import Probe, Search, Solution
from lstmcalc.sources import Reading, variables_of

NONE_FITS = 1  # exit code
VALUE = click.IntRange(-DIMENSION, DIMENSION)


@click.command(
    "solve",
    short_help="The largest value of a variable within the budgets.",
    epilog='\b\nExample:\n  lstmcalc solve "Input(5, 1) | LSTM(units) | Dense(1)" --var units --max-params 1M',
)
@click.argument("model")
@click.option("--var", "name", required=True, metavar="NAME", help="The variable whose value is searched.")
@click.option("--min", "wants_least", is_flag=True, help="Search the smallest value, not the largest.")
@click.option("--from", "low", type=VALUE, default=1, show_default=True, metavar="N", help="The least value allowed.")
@click.option("--to", "high", type=VALUE, default=DIMENSION, metavar="N", help="The largest value allowed.")
@budget_options
@model_options
@output_options(*FORMATS)
def command(
    model: str,
    name: str,
    wants_least: bool,
    low: int,
    high: int,
    limits: tuple[Limit, ...],
    reading: Reading,
    output: Output,
) -> int:
    """Search the largest whole value of a variable of MODEL with which it keeps all its budgets.

    Budgets are those of 'check'. The answer has its proof: it fits, and the next value does
    not. Where the numbers do not grow with the variable, every value is tried. Exit 1 when
    no value fits.
    """
    if low > high:
        raise click.UsageError(f"--from {low} is above --to {high}")
    if name in reading.given:
        raise click.UsageError(f"--set gives '{name}', which is searched")
    found = _searched(model, name, limits, reading, (low, high, wants_least))
    _write(name, found, output)
    return 0 if found.value is not None else NONE_FITS


def _searched(
    model: str,
    name: str,
    limits: tuple[Limit, ...],
    reading: Reading,
    bounds: tuple[int, int, bool],
) -> Solution:
    template = reading.template(model)
    fixed = variables_of(reading.given)
    place = Place(Source(f"--var {name}", "", is_file=False))
    others = (*find_project().limits_of(model), *limits)

    def attempt(value: int) -> Probe:
        try:
            spec, built = template.spec_and_model({**fixed, name: Scalar(value, place, str(value))})
        except ModelError as error:
            return Probe(value, error=error)
        found = (*read_budget(spec.budget), *others)
        if not found:
            help = "write 'budget: {params: 1M}' in the spec, or give --max-params 1M"
            raise ModelError(Problem(f"the model {built.name!r} has no budget", help=help))
        return Probe(value, hold(built, summarize(built, reading.dtype), found, reading.dtype))

    return Search(attempt, *bounds).solution()


def _write(name: str, found: Solution, output: Output) -> None:
    from lstmcalc.views import search as view

    if output.form == "json":
        from lstmcalc.views.json import encode

        output.write(encode(view.solve_object(name, found)))
    elif output.form == "csv":
        output.write(view.solve_csv(name, found))
    elif output.form == "markdown":
        output.write(view.solve_markdown(name, found))
    else:
        lines = view.solve_lines(name, found, output.width, output.takes_color, not output.takes_boxes)
        output.write_lines(lines)
