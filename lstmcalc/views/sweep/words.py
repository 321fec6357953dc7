"""The totals of a combination in words."""

from lstmcalc.questions.search import SweepPoint
from lstmcalc.reference.sizes import readable_bytes

HEADINGS = ("params", "trainable", "size", "MACs")


def number_words(point: SweepPoint) -> tuple[str, ...]:
    """The totals under `HEADINGS`."""
    counts = [_count(point.params), _count(point.trainable_params)]
    return (*counts, readable_bytes(point.size_bytes or 0), _count(point.macs))


def _count(number: int | None) -> str:
    return "?" if number is None else f"{number:,}"
