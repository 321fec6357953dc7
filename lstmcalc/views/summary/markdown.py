"""The rows as a Markdown table."""

from collections.abc import Iterator

from lstmcalc.facts.summary import Summary
from lstmcalc.views.delimited import escaped, markdown_row
from lstmcalc.views.fields import Entry, entries, readable_memory_size, text_of, totals
from lstmcalc.views.summary.look import SummaryLook
from lstmcalc.views.summary.table import HEADINGS

MARKDOWN_COLUMNS = ("name", "class", "output_shape", "params")
INDENT = "&nbsp;&nbsp;"


def show(summary: Summary, look: SummaryLook) -> Iterator[str]:
    """A Markdown table with the totals below it."""
    chosen = look.columns or MARKDOWN_COLUMNS
    yield f"### {escaped(summary.name)}"
    yield ""
    yield markdown_row(HEADINGS[name].heading for name in chosen)
    yield markdown_row("---:" if HEADINGS[name].justify == "right" else "---" for name in chosen)
    for entry in entries(summary.rows, look.expand_nested, look.show_weights):
        yield markdown_row(_field(entry, name, summary) for name in chosen)
    yield ""
    yield "  \n".join(_totals(summary))


def _totals(summary: Summary) -> Iterator[str]:
    for label, total in totals(summary):
        mark = "**" if total is summary.total else ""
        yield f"{label}: {mark}{total.params:,}{mark} ({readable_memory_size(total)})"


def _field(entry: Entry, column: str, summary: Summary) -> str:
    indent = INDENT * (entry.level + (entry.weight is not None)) if column == "name" else ""
    return indent + escaped(text_of(entry, column, summary))
