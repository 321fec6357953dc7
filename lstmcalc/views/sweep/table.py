"""A sweep in columns, a line as each combination is known."""

from collections.abc import Iterator, Sequence

from lstmcalc.questions.search import Sweep
from lstmcalc.views.cells import visible, width_of
from lstmcalc.views.look import Look
from lstmcalc.views.sweep.words import HEADINGS, number_words

WIDEST = 15  # 999,999,999,999


def show(sweep: Sweep, look: Look) -> Iterator[str]:
    """A line for each combination, in columns whose widths are known before."""
    widths = [max(width_of(name), *(width_of(visible(text)) for text in texts)) for name, texts in sweep.texts.items()]
    wide = widths + [WIDEST] * len(HEADINGS)
    yield _aligned((*sweep.texts, *HEADINGS), wide)
    for point in sweep.points:
        if point.error is not None:
            yield f"{_aligned(point.values, wide)}  no model: {visible(point.error.message)}"
        else:
            yield _aligned((*point.values, *number_words(point)), wide)


def _aligned(texts: Sequence[str], widths: Sequence[int]) -> str:
    shown = map(visible, texts)
    return "  ".join(" " * (width - width_of(text)) + text for text, width in zip(shown, widths, strict=False)).rstrip()
