"""Budgets that were held as CSV."""

from collections.abc import Iterator

from lstmcalc.questions.check import Checkup
from lstmcalc.views.delimited import csv_line
from lstmcalc.views.look import Look

FIELDS = ("model", "layer", "metric", "limit", "actual", "over", "fits", "source")


def show(checkup: Checkup, look: Look) -> Iterator[str]:
    """A line per budget; numbers bare, sizes in bytes."""
    yield csv_line(FIELDS)
    for each in checkup.models:
        for held in each.held:
            limit = held.limit
            numbers = (limit.most, held.actual, held.over, str(held.fits).lower())
            yield csv_line((each.model, held.layer or "", limit.metric, *numbers, limit.source))
