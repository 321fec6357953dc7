"""Budgets that were held in Markdown, for a review or a job's summary."""

from collections.abc import Iterator

from lstmcalc.questions.check import Checked, Checkup
from lstmcalc.views.cells import visible
from lstmcalc.views.check.words import fields, largest, sentence, verdict
from lstmcalc.views.delimited import escaped, markdown_row
from lstmcalc.views.look import Look


def show(checkup: Checkup, look: Look) -> Iterator[str]:
    """A table for each model with the failures below it, and the verdict."""
    for each in checkup.models:
        yield from _model(each)
        yield ""
    yield f"**{verdict(checkup.models)}**"


def _model(checked: Checked) -> Iterator[str]:
    yield f"### {escaped(visible(checked.name))}"
    yield ""
    if not checked.held:
        yield "no budget"
        return
    yield markdown_row(("Budget", "Limit", "Actual", "Share", "Written", "Fits"))
    yield markdown_row(("---", "---:", "---:", "---:", "---", "---"))
    for held in checked.held:
        yield markdown_row((*map(escaped, fields(held)), "yes" if held.fits else "**NO**"))
    if checked.exceeded:
        yield ""
    for held in checked.exceeded:
        below = f" ({layers})" if (layers := largest(held)) else ""
        yield f"- {escaped(sentence(held) + below)}"
