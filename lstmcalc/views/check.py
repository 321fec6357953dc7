"""Budgets held: as a table with what is exceeded below it, JSON, CSV, Markdown, and GitHub's annotations."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from lstmcalc.errors import ModelError, Problem
from lstmcalc.questions.budget import Held
from lstmcalc.reference.keys import IN_BYTES, METRICS
from lstmcalc.reference.units import readable_bytes
from lstmcalc.views.cells import Cell, Span, visible
from lstmcalc.views.colors import paint as color_paint
from lstmcalc.views.delimited import escaped
from lstmcalc.views.grid import ASCII, HEAVY, Column, Paint, draw, natural, plain, room
from lstmcalc.views.json import SCHEMA_VERSION

LENGTH = 108  # columns of the table, where it needs as many
COLUMNS = (
    Column("Budget"),
    Column("Limit", "right", keeps_words=True),
    Column("Actual", "right", keeps_words=True),
    Column("Share", "right", keeps_words=True),
    Column("Written"),
    Column("Fits", "center", keeps_words=True),
)
FIELDS = ("model", "layer", "metric", "limit", "actual", "over", "fits", "source")
DIGITS = 12  # after the point, before a share is only said to be below or above


class Checked(msgspec.Struct, frozen=True):
    """The budgets of one MODEL argument, held; `file` is None where it is no file."""

    model: str
    name: str
    held: tuple[Held, ...]
    file: str | None = None

    @property
    def exceeded(self) -> tuple[Held, ...]:
        """The budgets that it does not keep."""
        return tuple(each for each in self.held if not each.fits)


# Words and numbers.


def subject(held: Held) -> str:
    """`params`, or `params of encoder/lstm`."""
    of = f" of {visible(held.layer)}" if held.layer is not None else ""
    return f"{METRICS[held.limit.metric]}{of}"


def amounts(held: Held) -> tuple[str, str]:
    """The limit and the actual number, sizes rounded unless both would look the same."""
    limit, actual = held.limit.most, held.actual
    if held.limit.metric not in IN_BYTES:
        return f"{limit:,}", f"{actual:,}"
    rounded = readable_bytes(limit), readable_bytes(actual)
    return rounded if rounded[0] != rounded[1] or limit == actual else (f"{limit:,} B", f"{actual:,} B")


def share(actual: int, limit: int) -> str:
    """`86.7%`, with as many digits as it takes to tell what is not the limit from the limit."""
    if limit == 0:
        return "-"
    for digits in range(1, DIGITS + 1):
        scaled = (1000 * actual * 10 ** (digits - 1) * 2 + limit) // (2 * limit)
        whole = 10 ** (digits + 2)
        if scaled != whole or actual == limit:
            return f"{scaled // 10**digits:,}.{scaled % 10**digits:0{digits}d}%"
    return "over 100%" if actual > limit else "under 100%"


def exact(amount: int, metric: str) -> str:
    """`1,086,673`, or `4.1 MiB (4,346,692 B)`."""
    if metric not in IN_BYTES:
        return f"{amount:,}"
    return f"{readable_bytes(amount)} ({amount:,} B)" if amount >= 1024 else f"{amount} B"


def sentence(held: Held) -> str:
    """The limit, the actual, by how much, and where the limit was written."""
    metric, limit = held.limit.metric, held.limit.most
    over = f"{held.over:,} B" if metric in IN_BYTES else f"{held.over:,}"
    percent = f" ({share(held.over, limit)})" if limit else ""
    bound = " at least" if metric == "activations" else ""
    return (
        f"{subject(held)}:{bound} {exact(held.actual, metric)}, which is {over}{percent} over the limit of "
        f"{exact(limit, metric)}, from {visible(held.limit.source)}"
    )


def largest(held: Held) -> str | None:
    """The largest layers, None where there are none inside."""
    if not held.largest:
        return None
    metric = held.limit.metric
    return "the largest: " + ", ".join(f"{visible(name)} {_short(amount, metric)}" for name, amount in held.largest)


def _short(amount: int, metric: str) -> str:
    return readable_bytes(amount) if metric in IN_BYTES else f"{amount:,}"


def verdict(checked: Sequence[Checked]) -> str:
    """One line for all."""
    count = sum(len(each.held) for each in checked)
    over = sum(len(each.exceeded) for each in checked)
    if count == 0:
        return "No budget."
    if over == 0:
        return "The budget is kept." if count == 1 else f"All {count} budgets are kept."
    return f"{over} of {count} budget{'s' if count > 1 else ''} {'is' if over == 1 else 'are'} exceeded."


# The table.


def check_lines(checked: Sequence[Checked], width: int | None, colored: bool, ascii_only: bool) -> Iterator[str]:
    """A table for each model, what is exceeded below it, and the verdict."""
    paint: Paint = color_paint if colored else plain
    for each in checked:
        yield paint(f'Model: "{visible(each.name)}"', "bold")
        if not each.held:
            yield " no budget"
            continue
        rows = [_cells(held) for held in each.held]
        widths = natural(COLUMNS, rows, room(width, LENGTH))
        yield from draw(COLUMNS, rows, widths, ASCII if ascii_only else HEAVY, paint)
        for held in each.exceeded:
            yield paint(f" exceeded: {sentence(held)}", "no")
            if layers := largest(held):
                yield f"   {layers}"
    yield paint(f" {verdict(checked)}", "no" if any(each.exceeded for each in checked) else "yes")


def _cells(held: Held) -> list[Cell]:
    fits, style = ("yes", "yes") if held.fits else ("NO", "no")
    texts = [subject(held), *amounts(held), share(held.actual, held.limit.most), visible(held.limit.source)]
    return [*map(Cell, texts), Cell(fits, (Span(0, len(fits), style),))]


# Markdown and CSV.


def check_markdown(checked: Sequence[Checked]) -> str:
    """A table for each model with the failures below it."""
    parts = [_markdown(each) for each in checked]
    return "\n".join([*parts, f"**{verdict(checked)}**\n"])


def _markdown(checked: Checked) -> str:
    lines = [f"### {escaped(visible(checked.name))}", ""]
    if not checked.held:
        return "\n".join([*lines, "no budget", ""])
    lines += ["| Budget | Limit | Actual | Share | Written | Fits |", "| --- | ---: | ---: | ---: | --- | --- |"]
    for held in checked.held:
        fits = "yes" if held.fits else "**NO**"
        fields = [subject(held), *amounts(held), share(held.actual, held.limit.most), visible(held.limit.source)]
        lines.append("| " + " | ".join([*map(escaped, fields), fits]) + " |")
    lines.append("")
    for held in checked.exceeded:
        below = f" ({layers})" if (layers := largest(held)) else ""
        lines.append(f"- {escaped(sentence(held) + below)}")
    return "\n".join([*lines, ""] if checked.exceeded else lines)


def check_csv(checked: Sequence[Checked]) -> str:
    """A line per budget; numbers bare, sizes in bytes."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(FIELDS)
    for each in checked:
        for held in each.held:
            limit = held.limit
            numbers = (limit.most, held.actual, held.over, str(held.fits).lower())
            writer.writerow((each.model, held.layer or "", limit.metric, *numbers, limit.source))
    return out.getvalue()


# GitHub's workflow commands.


def check_annotations(checked: Iterable[Checked], level: str = "error") -> Iterator[str]:
    """`::error file=,line=,col=,title=::` for each budget that is exceeded; `level` is error or warning."""
    for each in checked:
        for held in each.exceeded:
            below = f"\n{layers}" if (layers := largest(held)) else ""
            place = held.limit.place
            file = each.file if place is None else place.source.name
            line, column = (None, None) if place is None else (place.line, place.column)
            title = f"{each.name} is over its budget of {METRICS[held.limit.metric]}"
            yield annotation(level, f"{sentence(held)}{below}", title, file, line, column)


def error_annotations(error: ModelError) -> Iterator[str]:
    """An annotation for each problem of a model that cannot be read."""
    for problem in error.problems:
        yield _error_annotation(problem)


def _error_annotation(problem: Problem) -> str:
    place, help = problem.place, f"\nhelp: {problem.help}" if problem.help else ""
    file = problem.file if place is None else place.source.name if place.source.is_file else None
    line, column = (None, None) if place is None or file is None else (place.line, place.column)
    return annotation("error", f"{problem.text}{help}", "lstmcalc", file, line, column)


def annotation(
    level: str,
    message: str,
    title: str | None = None,
    file: str | None = None,
    line: int | None = None,
    column: int | None = None,
) -> str:
    """One workflow command, escaped as GitHub's runner reads it: `%`, line breaks, and in properties `:` and `,`."""
    properties = {"file": file, "line": line, "col": column, "title": title}
    given = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items() if value is not None)
    return f"::{level} {given}::{_data(message)}" if given else f"::{level}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


# JSON.


class LayerAmount(msgspec.Struct):
    """One of the largest layers, by its path, in the budget's unit."""

    name: str
    amount: int


class HeldBudget(msgspec.Struct):
    """One budget; numbers are params, MACs or bytes. `layer` is null for the whole model.

    `file`, `line` and `column` say where the limit was written, and are null for one of
    the command line. `actual` of activations is a lower bound.
    """

    metric: str
    layer: str | None
    limit: int
    actual: int
    over: int
    fits: bool
    written: str
    source: str
    file: str | None
    line: int | None
    column: int | None
    largest: tuple[LayerAmount, ...]


class CheckedModel(msgspec.Struct):
    """The budgets of one MODEL argument."""

    model: str
    name: str
    fits: bool
    budgets: tuple[HeldBudget, ...]


class CheckObject(msgspec.Struct):
    """The object of `check --format json`."""

    schema_version: int
    fits: bool
    models: tuple[CheckedModel, ...]


def check_object(checked: Sequence[Checked]) -> CheckObject:
    """The object of `check --format json`."""
    models = tuple(
        CheckedModel(each.model, each.name, not each.exceeded, tuple(map(budget_object, each.held))) for each in checked
    )
    return CheckObject(SCHEMA_VERSION, all(each.fits for each in models), models)


def budget_object(held: Held) -> HeldBudget:
    """One budget as an object."""
    limit, place = held.limit, held.limit.place
    return HeldBudget(
        limit.metric,
        held.layer,
        limit.most,
        held.actual,
        held.over,
        held.fits,
        limit.written,
        limit.source,
        place.source.name if place else None,
        place.line if place else None,
        place.column if place else None,
        tuple(LayerAmount(name, amount) for name, amount in held.largest),
    )
