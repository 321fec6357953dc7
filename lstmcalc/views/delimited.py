"""The rows as CSV and as a Markdown table."""

import csv
import io
from collections.abc import Iterable, Iterator

from lstmcalc.shapes import Shapes, format_shape
from lstmcalc.summary import Row, Summary
from lstmcalc.views.cells import visible
from lstmcalc.views.table import HEADINGS, field_text, leveled, readable_memory_size

CSV_COLUMNS = (
    "name",
    "class",
    "input_shape",
    "output_shape",
    "params",
    "trainable",
    "macs",
    "size",
    "share",
    "connected",
)
MARKDOWN_COLUMNS = ("name", "class", "output_shape", "params")
NUMBERS = ("params", "macs", "size", "share")


def csv_text(summary: Summary, columns: tuple[str, ...] | None, expand_nested: bool, show_weights: bool) -> str:
    """A line per layer under a line of column names; numbers bare, sizes in bytes, an unknown number empty."""
    chosen = columns or CSV_COLUMNS
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(chosen)
    for row, path in _paths(summary.layers, expand_nested):
        writer.writerow([_bare(row, path, name, summary) for name in chosen])
        if show_weights:
            for weight in row.weights:
                fields = {
                    "name": f"{path}/{weight.name}",
                    "class": "weight",
                    "output_shape": format_shape(weight.shape),
                    "params": str(weight.params),
                    "trainable": str(weight.trainable).lower(),
                }
                writer.writerow([fields.get(name, "") for name in chosen])
    return out.getvalue()


def _paths(rows: Iterable[Row], expand_nested: bool, above: str = "") -> Iterator[tuple[Row, str]]:
    for row in rows:
        path = f"{above}{row.name}"
        yield row, path
        if expand_nested and row.is_model:
            yield from _paths((each for each in row.inner if not each.is_input), True, f"{path}/")


def _bare(row: Row, path: str, column: str, summary: Summary) -> str:
    is_inner = path != row.name
    params = row.params if is_inner else row.counted
    match column:
        case "name":
            return path
        case "class":
            return row.class_name
        case "input_shape":
            return _shapes(call.input_shapes for call in row.calls)
        case "output_shape":
            return _shapes(row.output_shapes)
        case "params":
            return str(params)
        case "trainable":
            return str(row.trainable).lower()
        case "macs":
            return "" if row.macs.total is None else str(row.macs.total)
        case "size":
            return str(row.size_bytes)
        case "share":
            return f"{params / summary.total.params:.6f}" if summary.total.params else ""
        case "connected":
            return " ".join(each.name for call in row.calls for each in call.connected if each.is_layer)
    raise AssertionError(column)


def _shapes(calls: Iterable[Shapes]) -> str:
    unique = dict.fromkeys(calls)
    return "; ".join(", ".join(map(format_shape, shapes)) for shapes in unique)


def markdown_text(summary: Summary, columns: tuple[str, ...] | None, expand_nested: bool, show_weights: bool) -> str:
    """A Markdown table with the totals below it."""
    chosen = columns or MARKDOWN_COLUMNS
    lines = [f"### {_escaped(summary.name)}", "", _line(HEADINGS[name].heading for name in chosen)]
    lines.append(_line("---:" if name in NUMBERS else "---" for name in chosen))
    for row, level in leveled(summary.rows, expand_nested):
        lines.append(_line(_markdown_field(row, level, name, summary) for name in chosen))
        if show_weights:
            for weight in row.weights:
                fields = {
                    "name": f"{'&nbsp;&nbsp;' * (level + 1)}{_escaped(weight.name)}",
                    "output_shape": format_shape(weight.shape),
                    "params": f"{weight.params:,}",
                    "trainable": "Y" if weight.trainable else "N",
                }
                lines.append(_line(fields.get(name, "") for name in chosen))
    lines += [
        "",
        f"Total params: **{summary.total.params:,}** ({readable_memory_size(summary.total)})  ",
        f"Trainable params: {summary.trainable.params:,} ({readable_memory_size(summary.trainable)})  ",
        f"Non-trainable params: {summary.non_trainable.params:,} ({readable_memory_size(summary.non_trainable)})",
    ]
    return "\n".join(lines) + "\n"


def _line(fields: Iterable[str]) -> str:
    return "| " + " | ".join(fields) + " |"


def _markdown_field(row: Row, level: int, column: str, summary: Summary) -> str:
    match column:
        case "name":
            return f"{'&nbsp;&nbsp;' * level}{_escaped(row.name)}"
        case "class":
            return _escaped(row.class_name)
        case "output_shape":
            return _shapes(row.output_shapes)
        case "params":
            if row.is_shared and not level:
                return "0 (shared)"
            return f"{row.params if level else row.counted:,}"
        case "trainable":
            return ("Y" if row.trainable else "N") if row.weights else "-"
        case "connected":
            connections = (each for call in row.calls for each in call.connected)
            return (
                ", ".join(f"{_escaped(each.name)}[{each.node_index}][{each.tensor_index}]" for each in connections)
                or "-"
            )
    return field_text(row, level, column, summary)


def _escaped(text: str) -> str:
    return "".join(f"\\{character}" if character in "\\`*_{}[]<>#|" else character for character in visible(text))
