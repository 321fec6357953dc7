"""The answer in Markdown, and the proof as a table."""

from collections.abc import Iterator

from lstmcalc.questions.search import Solution
from lstmcalc.views.cells import visible
from lstmcalc.views.delimited import escaped, markdown_row
from lstmcalc.views.look import Look
from lstmcalc.views.solve.words import HEADINGS, answer, fields, proof


def show(found: Solution, look: Look) -> Iterator[str]:
    """The answer, and the proof as a table."""
    yield f"**{escaped(answer(found))}**"
    yield ""
    yield markdown_row((escaped(visible(found.variable)), *HEADINGS))
    yield markdown_row(("---:", "---", "---:", "---:", "---:", "---"))
    for probe in found.proof:
        yield from (markdown_row(map(escaped, texts)) for texts in fields(probe))
    yield ""
    yield escaped(proof(found))
