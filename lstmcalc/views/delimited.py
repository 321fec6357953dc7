"""The rows as CSV and as a Markdown table."""

import csv
import io
import re
from collections.abc import Iterable, Iterator

from lstmcalc.facts.summary import Summary
from lstmcalc.shapes import Shapes, format_shape
from lstmcalc.views.fields import COLUMNS, Entry, entries, readable_memory_size, text_of, totals
from lstmcalc.views.table import HEADINGS

MARKDOWN_COLUMNS = ("name", "class", "output_shape", "params")
INDENT = "&nbsp;&nbsp;"


def csv_text(summary: Summary, columns: tuple[str, ...] | None, expand_nested: bool, show_weights: bool) -> str:
    """A line per layer under a line of column names; numbers bare, sizes in bytes, an unknown number empty."""
    chosen = columns or COLUMNS
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(chosen)
    for entry in entries(summary.layers, expand_nested, show_weights):
        if not entry.row.is_input:
            writer.writerow([_bare(entry, name, summary) for name in chosen])
    return out.getvalue()


def _bare(entry: Entry, column: str, summary: Summary) -> str:
    row, weight = entry.row, entry.weight
    match column:
        case "name":
            return entry.path
        case "class":
            return "weight" if weight else row.class_name
        case "input_shape":
            return "" if weight else _shapes(call.input_shapes for call in row.calls)
        case "output_shape":
            return format_shape(weight.shape) if weight else _shapes(row.output_shapes)
        case "params":
            return str(entry.params)
        case "trainable":
            return str(weight.trainable if weight else row.trainable).lower()
        case "macs":
            return "" if weight or row.macs.total is None else str(row.macs.total)
        case "size":
            return "" if weight else str(row.size_bytes)
        case "share":
            return f"{entry.params / summary.total.params:.6f}" if summary.total.params else ""
        case "connected":
            connected = (each.name for call in row.calls for each in call.connected if each.is_layer)
            return "" if weight else " ".join(connected)
    raise AssertionError(column)


def _shapes(calls: Iterable[Shapes]) -> str:
    """`(None, 5); (None, 7)`: a semicolon between calls, a comma between the tensors of one."""
    return "; ".join(", ".join(map(format_shape, shapes)) for shapes in dict.fromkeys(calls))


def markdown_text(summary: Summary, columns: tuple[str, ...] | None, expand_nested: bool, show_weights: bool) -> str:
    """A Markdown table with the totals below it."""
    chosen = columns or MARKDOWN_COLUMNS
    lines = [f"### {escaped(summary.name)}", "", _line(HEADINGS[name].heading for name in chosen)]
    lines.append(_line("---:" if HEADINGS[name].justify == "right" else "---" for name in chosen))
    for entry in entries(summary.rows, expand_nested, show_weights):
        lines.append(_line(_markdown_field(entry, name, summary) for name in chosen))
    return "\n".join([*lines, "", "  \n".join(_totals(summary))]) + "\n"


def _totals(summary: Summary) -> Iterator[str]:
    for label, total in totals(summary):
        mark = "**" if total is summary.total else ""
        yield f"{label}: {mark}{total.params:,}{mark} ({readable_memory_size(total)})"


def _line(fields: Iterable[str]) -> str:
    return "| " + " | ".join(fields) + " |"


def _markdown_field(entry: Entry, column: str, summary: Summary) -> str:
    indent = INDENT * (entry.level + (entry.weight is not None)) if column == "name" else ""
    return indent + escaped(text_of(entry, column, summary))


def escaped(text: str) -> str:
    """The text with a backslash before what Markdown would take for its own."""
    return re.sub(r"[\\`*_{}\[\]<>#|~$]", r"\\\g<0>", text)
