"""What a search found: the answer with its proof, and the combinations of a sweep, a line as each is known."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from lstmcalc.questions.search import GROWS, NEITHER, Point, Probe, Solution
from lstmcalc.reference.units import readable_bytes
from lstmcalc.views.cells import Cell, Span, visible, width_of
from lstmcalc.views.check import HeldBudget, amounts, budget_object, share, subject
from lstmcalc.views.colors import paint as color_paint
from lstmcalc.views.delimited import escaped
from lstmcalc.views.grid import ASCII, HEAVY, Column, Paint, draw, natural, plain, room
from lstmcalc.views.json import SCHEMA_VERSION

LENGTH = 108  # columns of the table, where it needs as many
HEADINGS = ("Budget", "Limit", "Actual", "Share", "Fits")
NUMBERS = ("params", "trainable_params", "size", "macs")
WIDEST = 15  # 999,999,999,999


def solve_lines(name: str, found: Solution, width: int | None, colored: bool, ascii_only: bool) -> Iterator[str]:
    """The proof as a table, the answer, and what it rests on."""
    paint: Paint = color_paint if colored else plain
    columns = (Column(visible(name), "right", keeps_words=True), *map(_column, HEADINGS))
    rows = [cells for probe in found.proof for cells in _cells(probe)]
    yield from draw(columns, rows, natural(columns, rows, room(width, LENGTH)), ASCII if ascii_only else HEAVY, paint)
    yield paint(f" {answer(name, found)}", "no" if found.value is None else "yes")
    yield f" {proof(name, found)}"


def _column(heading: str) -> Column:
    justify = "center" if heading == "Fits" else "right" if heading in HEADINGS[1:] else "left"
    return Column(heading, justify, keeps_words=heading != "Budget")


def _cells(probe: Probe) -> Iterator[list[Cell]]:
    for fields in _fields(probe):
        *texts, fits = fields
        yield [*map(Cell, texts), Cell(fits, (Span(0, len(fits), "yes" if fits == "yes" else "no"),))]


def _fields(probe: Probe) -> Iterator[list[str]]:
    if probe.error is not None:
        yield [f"{probe.value:,}", visible(probe.error.message), "", "", "", "NO"]
    for held in probe.held:
        fits = "yes" if held.fits else "NO"
        yield [f"{probe.value:,}", subject(held), *amounts(held), share(held.actual, held.limit.most), fits]


def answer(name: str, found: Solution) -> str:
    """One sentence."""
    if found.value is None:
        return f"No value of {visible(name)}{_bound(found)} keeps every budget."
    return f"{visible(name)} = {found.value} is the {_word(found)} value{_bound(found)} that keeps every budget."


def _bound(found: Solution) -> str:
    """Up to where the answer is known, when that is not as far as was allowed."""
    return f" up to {found.high:,}" if found.is_cut else ""


def _word(found: Solution) -> str:
    return "smallest" if found.wants_least else "largest"


def proof(name: str, found: Solution) -> str:
    """What the answer rests on."""
    trend = f"the numbers {'grow' if found.trend == GROWS else 'shrink'} with {visible(name)} at all {found.tried:,}"
    basis = f"{trend} values tried from {found.low:,} to {found.high:,}."
    if found.trend == NEITHER:
        basis = f"the numbers are not monotonic, so every value from {found.low:,} to {found.high:,} was tried."
    if found.value is None:
        return f"{found.proof[0].value:,} comes closest and does not fit; {basis}"
    if found.low == found.high:
        return f"{found.value:,} fits; no other value was allowed."
    if len(found.proof) == 1:
        end = f"it is the {_word(found)} value that was allowed"
        return f"{found.value:,} fits, and {end}; {basis}"
    beside = found.proof[1]
    claim = f"{found.value:,} fits, {beside.value:,} does not" if not beside.fits else f"{found.value:,} fits"
    return f"{claim}; {basis}"


def solve_csv(name: str, found: Solution) -> str:
    """A line for each budget of the proof, or for the error of a value without a model."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow((name, "layer", "metric", "limit", "actual", "fits", "error"))
    for probe in found.proof:
        if probe.error is not None:
            writer.writerow((probe.value, "", "", "", "", "false", probe.error.message))
        for held in probe.held:
            limit = held.limit
            fits = str(held.fits).lower()
            writer.writerow((probe.value, held.layer or "", limit.metric, limit.most, held.actual, fits, ""))
    return out.getvalue()


def solve_markdown(name: str, found: Solution) -> str:
    """The answer, and the proof as a table."""
    lines = [f"**{escaped(answer(name, found))}**", ""]
    lines += [_line((escaped(visible(name)), *HEADINGS)), "| ---: | --- | ---: | ---: | ---: | --- |"]
    lines += [_line(map(escaped, fields)) for probe in found.proof for fields in _fields(probe)]
    return "\n".join([*lines, "", escaped(proof(name, found)), ""])


def _line(fields: Iterable[str]) -> str:
    return "| " + " | ".join(fields) + " |"


class ProbeObject(msgspec.Struct):
    """What one value gave; `error` says why there is no model."""

    value: int
    fits: bool
    budgets: tuple[HeldBudget, ...]
    error: str | None


class SolveObject(msgspec.Struct):
    """The object of `solve --format json`.

    `value` is null where none fits. `trend` is what the numbers did at the values that were
    tried: grows, shrinks, or neither, when every value from `low` to `high` was tried; `cut`
    says that `high` is then less than was allowed.
    """

    schema_version: int
    variable: str
    value: int | None
    wanted: str
    trend: str
    low: int
    high: int
    tried: int
    cut: bool
    proof: tuple[ProbeObject, ...]


def solve_object(name: str, found: Solution) -> SolveObject:
    """The object of `solve --format json`."""
    probes = tuple(
        ProbeObject(
            each.value, each.fits, tuple(map(budget_object, each.held)), each.error.message if each.error else None
        )
        for each in found.proof
    )
    return SolveObject(
        SCHEMA_VERSION,
        name,
        found.value,
        _word(found),
        found.trend,
        found.low,
        found.high,
        found.tried,
        found.is_cut,
        probes,
    )


# A sweep.


def sweep_lines(names: Sequence[str], widths: Sequence[int], points: Iterable[Point]) -> Iterator[str]:
    """A line for each combination, in columns whose widths are known before."""
    wide = [max(width_of(name), width) for name, width in zip(names, widths, strict=True)] + [WIDEST] * len(NUMBERS)
    yield _aligned((*names, "params", "trainable", "size", "MACs"), wide)
    for point in points:
        if point.error is not None:
            yield f"{_aligned(point.values, wide)}  no model: {visible(point.error.message)}"
        else:
            yield _aligned((*point.values, *_numbers(point)), wide)


def _numbers(point: Point) -> tuple[str, ...]:
    counts = [_count(point.params), _count(point.trainable_params)]
    return (*counts, readable_bytes(point.size_bytes or 0), _count(point.macs))


def _count(number: int | None) -> str:
    return "?" if number is None else f"{number:,}"


def _aligned(texts: Sequence[str], widths: Sequence[int]) -> str:
    shown = map(visible, texts)
    return "  ".join(" " * (width - width_of(text)) + text for text, width in zip(shown, widths, strict=False)).rstrip()


def sweep_csv(names: Sequence[str], points: Iterable[Point]) -> Iterator[str]:
    """A line for each combination; numbers bare, sizes in bytes, what is unknown empty."""
    yield _csv_line((*names, *NUMBERS, "error"))
    for point in points:
        error = point.error.message if point.error is not None else ""
        numbers = (point.params, point.trainable_params, point.size_bytes, point.macs)
        yield _csv_line((*point.values, *("" if each is None else each for each in numbers), error))


def _csv_line(fields: Iterable[object]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(tuple(fields))
    return out.getvalue()


def sweep_markdown(names: Sequence[str], points: Iterable[Point]) -> Iterator[str]:
    """A row for each combination."""
    yield _line((*(escaped(visible(name)) for name in names), "params", "trainable", "size", "MACs"))
    yield _line("---:" for _ in range(len(names) + len(NUMBERS)))
    for point in points:
        cells = _numbers(point) if point.error is None else (f"no model: {point.error.message}", "", "", "")
        yield _line(escaped(visible(cell)) for cell in (*point.values, *cells))


class SweepRow(msgspec.Struct):
    """One combination: the values as they were written; numbers are null where there is no model, or unknown."""

    values: dict[str, str]
    params: int | None
    trainable_params: int | None
    size_bytes: int | None
    macs: int | None
    error: str | None


class SweepObject(msgspec.Struct):
    """The object of `sweep --format json`."""

    schema_version: int
    rows: tuple[SweepRow, ...]


def sweep_json(names: Sequence[str], points: Iterable[Point]) -> Iterator[str]:
    """The object's text, a row a line, as each is known."""
    yield f'{{\n  "schema_version": {SCHEMA_VERSION},\n  "rows": ['
    before: str | None = None
    for point in points:
        if before is not None:
            yield f"{before},"
        before = f"    {_compact(_row(names, point))}"
    yield before or ""
    yield "  ]\n}"


def _row(names: Sequence[str], point: Point) -> SweepRow:
    values = dict(zip(names, point.values, strict=True))
    error = point.error.message if point.error is not None else None
    return SweepRow(values, point.params, point.trainable_params, point.size_bytes, point.macs, error)


def _compact(row: SweepRow) -> str:
    return msgspec.json.encode(row).decode()
