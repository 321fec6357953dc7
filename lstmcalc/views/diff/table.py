"""What changed as text, layer by layer."""

from collections.abc import Iterator

from lstmcalc.questions.diff import ADDED, CHANGED, REMOVED, Difference
from lstmcalc.views.cells import visible
from lstmcalc.views.diff.words import LABELS, SIGNS, field_words, headline, same, total_words, words_of
from lstmcalc.views.look import Look

STYLES = {ADDED: "yes", REMOVED: "no", CHANGED: "symbol"}


def show(difference: Difference, look: Look) -> Iterator[str]:
    """What changed, layer by layer, and the totals that changed."""
    paint = look.paint
    yield paint(f"--- {visible(difference.old)}", "bold")
    yield paint(f"+++ {visible(difference.new)}", "bold")
    for field in difference.fields:
        yield f"~ {field_words(field)}"
    for change in difference.changes:
        indent = "  " * change.level
        yield paint(f"{indent}{SIGNS[change.kind]} {headline(change)}", STYLES[change.kind])
        for field in change.fields:
            yield f"{indent}    {words_of(field, change)}"
    if not difference.differs:
        yield same(difference)
        return
    for totals in difference.totals:
        yield f"{LABELS[totals.name]}: {total_words(totals)}"
