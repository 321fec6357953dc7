"""Budgets that were held as a table, with what is exceeded below it."""

from collections.abc import Iterator

from lstmcalc.questions.budget import Held
from lstmcalc.questions.check import Checkup
from lstmcalc.views.cells import TableCell, visible
from lstmcalc.views.check.words import fields, largest, sentence, verdict
from lstmcalc.views.grid import Column, boxed, verdict_cell
from lstmcalc.views.look import Look

COLUMNS = (
    Column("Budget"),
    Column("Limit", "right", keeps_words=True),
    Column("Actual", "right", keeps_words=True),
    Column("Share", "right", keeps_words=True),
    Column("Written"),
    Column("Fits", "center", keeps_words=True),
)


def show(checkup: Checkup, look: Look) -> Iterator[str]:
    """A table for each model, what is exceeded below it, and the verdict."""
    paint = look.paint
    for each in checkup.models:
        yield paint(f'Model: "{visible(each.name)}"', "bold")
        if not each.held:
            yield " no budget"
            continue
        yield from boxed(COLUMNS, [_cells(held) for held in each.held], look)
        for held in each.exceeded:
            yield paint(f" exceeded: {sentence(held)}", "no")
            if layers := largest(held):
                yield f"   {layers}"
    yield paint(f" {verdict(checkup.models)}", "no" if checkup.exceeds else "yes")


def _cells(held: Held) -> list[TableCell]:
    return [*map(TableCell, fields(held)), verdict_cell("yes" if held.fits else "NO", held.fits)]
