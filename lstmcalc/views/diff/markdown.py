"""What changed in Markdown, for a review."""

from collections.abc import Iterator

from lstmcalc.questions.diff import Change, Difference
from lstmcalc.views.cells import visible
from lstmcalc.views.delimited import escaped, markdown_row
from lstmcalc.views.diff.words import LABELS, count_words, field_words, headline, same, step_of, words_of
from lstmcalc.views.look import Look

# Its first heading is none.
HEADINGS = "| | Layer | Old params | New params | Change | What changed |"


def show(difference: Difference, look: Look) -> Iterator[str]:
    """A table of the layers that changed, and one of the totals."""
    yield f"### {escaped(visible(difference.old))} → {escaped(visible(difference.new))}"
    yield ""
    if not difference.differs:
        yield same(difference)
        return
    for field in difference.fields:
        yield f"- {escaped(field_words(field))}"
    if difference.fields:
        yield ""
    if difference.changes:
        yield HEADINGS
        yield markdown_row(("---", "---", "---:", "---:", "---:", "---"))
        yield from map(_row, difference.changes)
        yield ""
    yield markdown_row(("Total", "Old", "New", "Change"))
    yield markdown_row(("---", "---:", "---:", "---:"))
    for totals in difference.totals:
        old, new = totals.old, totals.new
        change = "?" if old is None or new is None else step_of(old, new) if old != new else "0"
        yield markdown_row((LABELS[totals.name], count_words(old), count_words(new), change))


def _row(change: Change) -> str:
    indent = "&nbsp;&nbsp;" * change.level
    title = headline(change).rpartition(": ")[0]
    numbers = ["" if each is None else f"{each:,}" for each in (change.old_params, change.new_params)]
    fields = "<br>".join(escaped(words_of(field, change)) for field in change.fields)
    cells = [change.kind, indent + escaped(title), *numbers, f"{change.params:+,}" if change.params else "0", fields]
    return markdown_row(cells)
