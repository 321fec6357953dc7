"""A sweep as a Markdown table."""

from collections.abc import Iterator
from itertools import repeat

from lstmcalc.questions.search import Sweep
from lstmcalc.views.cells import visible
from lstmcalc.views.delimited import escaped, markdown_row
from lstmcalc.views.look import Look
from lstmcalc.views.sweep.words import HEADINGS, number_words


def show(sweep: Sweep, look: Look) -> Iterator[str]:
    """A row for each combination."""
    yield markdown_row((*(escaped(visible(name)) for name in sweep.texts), *HEADINGS))
    yield markdown_row(repeat("---:", len(sweep.texts) + len(HEADINGS)))
    for point in sweep.points:
        cells = number_words(point) if point.error is None else (f"no model: {point.error.message}", "", "", "")
        yield markdown_row(escaped(visible(cell)) for cell in (*point.values, *cells))
