"""The proof as a table, the answer, and what it rests on."""

from collections.abc import Iterator

from lstmcalc.questions.search import Probe, Solution
from lstmcalc.views.cells import TableCell, visible
from lstmcalc.views.grid import Column, boxed, verdict_cell
from lstmcalc.views.look import Look
from lstmcalc.views.solve.words import HEADINGS, answer, fields, proof


def show(found: Solution, look: Look) -> Iterator[str]:
    """The proof as a table, the answer, and what it rests on."""
    columns = (Column(visible(found.variable), "right", keeps_words=True), *map(_column, HEADINGS))
    yield from boxed(columns, [cells for probe in found.proof for cells in _cells(probe)], look)
    yield look.paint(f" {answer(found)}", "no" if found.value is None else "yes")
    yield f" {proof(found)}"


def _column(heading: str) -> Column:
    justify = "center" if heading == "Fits" else "right" if heading in HEADINGS[1:] else "left"
    return Column(heading, justify, keeps_words=heading != "Budget")


def _cells(probe: Probe) -> Iterator[list[TableCell]]:
    for *texts, fits in fields(probe):
        yield [*map(TableCell, texts), verdict_cell(fits, fits == "yes")]
