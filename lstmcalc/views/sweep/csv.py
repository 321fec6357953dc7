"""A sweep as CSV, a line as each combination is known."""

from collections.abc import Iterator

from lstmcalc.questions.search import Sweep
from lstmcalc.views.delimited import csv_line
from lstmcalc.views.look import Look

NUMBERS = ("params", "trainable_params", "size", "macs")


def show(sweep: Sweep, look: Look) -> Iterator[str]:
    """A line for each combination; numbers bare, sizes in bytes, what is unknown empty."""
    yield csv_line((*sweep.texts, *NUMBERS, "error"))
    for point in sweep.points:
        error = point.error.message if point.error is not None else ""
        numbers = (point.params, point.trainable_params, point.size_bytes, point.macs)
        yield csv_line((*point.values, *("" if each is None else each for each in numbers), error))
