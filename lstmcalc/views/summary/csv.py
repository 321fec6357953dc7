"""The rows as CSV."""

from collections.abc import Iterable, Iterator

from lstmcalc.facts.summary import Summary
from lstmcalc.shapes import Shapes, format_shape
from lstmcalc.views.delimited import csv_line
from lstmcalc.views.fields import MODEL_COLUMNS, WEIGHT_COLUMNS, Entry, dtypes_of, entries
from lstmcalc.views.summary.look import SummaryLook


def show(summary: Summary, look: SummaryLook) -> Iterator[str]:
    """A line per layer under a line of column names; numbers bare, sizes in bytes, an unknown number empty."""
    is_weights = summary.is_weights
    chosen = look.columns or (WEIGHT_COLUMNS if is_weights else MODEL_COLUMNS)
    yield csv_line(chosen)
    for entry in entries(summary.layers, look.expand_nested or is_weights, look.show_weights or is_weights):
        if not entry.row.is_input:
            yield csv_line(_bare(entry, name, summary) for name in chosen)


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
            trainable = weight.trainable if weight else row.trainable
            return "" if trainable is None else str(trainable).lower()
        case "macs":
            return "" if weight or row.macs.total is None else str(row.macs.total)
        case "size":
            return "" if weight else str(row.size_bytes)
        case "dtype":
            return weight.dtype if weight else dtypes_of(row)
        case "share":
            return f"{entry.params / summary.total.params:.6f}" if summary.total.params else ""
        case "connected":
            connected = (each.name for call in row.calls for each in call.connected if each.is_layer)
            return "" if weight else " ".join(connected)
    raise AssertionError(column)


def _shapes(calls: Iterable[Shapes]) -> str:
    """`(None, 5); (None, 7)`: a semicolon between calls, a comma between the tensors of one."""
    return "; ".join(", ".join(map(format_shape, shapes)) for shapes in dict.fromkeys(calls))
