"""The params of models as CSV."""

from collections.abc import Iterator

from lstmcalc.questions.count import Counts
from lstmcalc.views.delimited import csv_line
from lstmcalc.views.look import Look


def show(counts: Counts, look: Look) -> Iterator[str]:
    """A line per model; the total is left to who adds them up."""
    yield from map(csv_line, (("model", "params"), *counts.models))
