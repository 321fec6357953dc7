"""The rows as a Markdown table."""

from collections.abc import Iterator

from lstmcalc.facts.summary import Summary
from lstmcalc.views.delimited import escaped, markdown_row
from lstmcalc.views.fields import WEIGHT_COLUMNS, Entry, entries, readable_memory_size, text_of, totals
from lstmcalc.views.summary.look import SummaryLook
from lstmcalc.views.summary.table import HEADINGS, heading

MARKDOWN_COLUMNS = ("name", "class", "output_shape", "params")
INDENT = "&nbsp;&nbsp;"


def show(summary: Summary, look: SummaryLook) -> Iterator[str]:
    """A Markdown table with the totals below it."""
    is_weights = summary.is_weights
    chosen = look.columns or (WEIGHT_COLUMNS if is_weights else MARKDOWN_COLUMNS)
    yield f"### {escaped(summary.name)}"
    yield ""
    yield markdown_row(heading(name, summary).heading for name in chosen)
    yield markdown_row("---:" if HEADINGS[name].justify == "right" else "---" for name in chosen)
    for entry in entries(summary.rows, look.expand_nested or is_weights, look.show_weights or is_weights):
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
