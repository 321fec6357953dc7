"""The proof as CSV."""

from collections.abc import Iterator

from lstmcalc.questions.search import Solution
from lstmcalc.views.delimited import csv_line
from lstmcalc.views.look import Look


def show(found: Solution, look: Look) -> Iterator[str]:
    """A line for each budget of the proof, or for the error of a value without a model."""
    yield csv_line((found.variable, "layer", "metric", "limit", "actual", "fits", "error"))
    for probe in found.proof:
        if probe.error is not None:
            yield csv_line((probe.value, "", "", "", "", "false", probe.error.message))
        for held in probe.held:
            limit, fits = held.limit, str(held.fits).lower()
            yield csv_line((probe.value, held.layer or "", limit.metric, limit.most, held.actual, fits, ""))
