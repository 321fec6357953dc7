"""Keras's table, character for character, and the same facts in columns of one's own choice."""

import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from lstmcalc.shapes import Shapes, format_shape
from lstmcalc.summary import Row, Summary, Total, WeightFacts, summarize
from lstmcalc.views.cells import Cell, Span, visible, width_of
from lstmcalc.views.colors import paint as color_paint
from lstmcalc.views.grid import ASCII, HEAVY, PADDING, Column, Paint, draw, fit, plain, widen_for_words

if TYPE_CHECKING:
    from lstmcalc.model import Model

NARROWEST = 40  # columns of a terminal
SHAPE_PARTS = re.compile(r"(None)|(\d+)")
UNITS = ("B", "KB", "MB", "GB", "TB", "PB")

HEADINGS = {
    "name": Column("Layer"),
    "class": Column("Type"),
    "input_shape": Column("Input Shape"),
    "output_shape": Column("Output Shape"),
    "params": Column("Param #", "right", keeps_words=True),
    "trainable": Column("Trainable", "center"),
    "macs": Column("MACs", "right", keeps_words=True),
    "size": Column("Size", "right", keeps_words=True),
    "share": Column("Share", "right", keeps_words=True),
    "connected": Column("Connected to"),
}
COLUMNS = tuple(HEADINGS)


class TableOptions(msgspec.Struct, frozen=True):
    """How the table is shown: Keras's own options, and ours."""

    line_length: int | None = None
    expand_nested: bool = False
    show_trainable: bool = False
    show_weights: bool = False
    columns: tuple[str, ...] | None = None
    color: bool = False
    ascii_only: bool = False


def render(
    model: "Model", line_length: int | None = None, expand_nested: bool = False, show_trainable: bool = False
) -> str:
    """The table of a model as text."""
    options = TableOptions(line_length, expand_nested, show_trainable)
    return "".join(f"{line}\n" for line in table_lines(summarize(model), options))


def table_lines(summary: Summary, options: TableOptions) -> Iterator[str]:
    """The lines of Keras's `model.summary()`, or of the chosen columns."""
    paint: Paint = color_paint if options.color else plain
    yield paint(f'Model: "{visible(summary.name)}"', "bold")
    layout = _chosen_layout(summary, options) if options.columns else _keras_layout(summary, options)
    columns, rows, widths = layout
    yield from draw(columns, rows, widths, ASCII if options.ascii_only else HEAVY, paint)
    for label, total in _totals(summary):
        number = paint(f"{total.params:,}", "number")
        yield f"{paint(f' {label}: ', 'bold')}{number} ({readable_memory_size(total)})"


def _totals(summary: Summary) -> tuple[tuple[str, Total], ...]:
    return (
        ("Total params", summary.total),
        ("Trainable params", summary.trainable),
        ("Non-trainable params", summary.non_trainable),
    )


def readable_memory_size(total: Total) -> str:
    """`584.00 B`, `1.54 KB`: as keras/src/utils/summary_utils.py writes a size, whose KB are 1024 bytes."""
    size = total.bits / 8
    for unit in UNITS:
        if size / 1024 < 1:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} {UNITS[-1]}"


Layout = tuple[list[Column], list[list[Cell]], list[int]]


def _keras_layout(summary: Summary, options: TableOptions) -> Layout:
    columns = [Column("Layer (type)"), Column("Output Shape"), Column("Param #", "right", keeps_words=True)]
    positions = [0.45, 0.80, 1.0]
    default = 88
    if not summary.is_chain:
        columns.append(Column("Connected to"))
        positions = [0.3, 0.56, 0.74, 1.0]
        default = 108
    if options.show_trainable:
        columns.append(Column("Trainable", "center"))
        positions = [position * 0.90 for position in positions] + [1.0]
        default += 12
    length = _length(options, default)
    rows = list(_keras_rows(summary, options))
    starts = [0, *(int(position * length) for position in positions)]
    wanted = [end - start for start, end in pairwise(starts)]
    return columns, rows, widen_for_words(fit(wanted, length), columns, rows)


def _length(options: TableOptions, default: int) -> int:
    length = options.line_length or min(default, shutil.get_terminal_size().columns - 4)
    return max(length, NARROWEST)


def _keras_rows(summary: Summary, options: TableOptions) -> Iterator[list[Cell]]:
    for row, level in leveled(summary.rows, options.expand_nested):
        cells = [_name_and_class(row, level, options), _shape_cell(row), _params_cell(row, level)]
        if not summary.is_chain:
            cells.append(_connected_cell(row, level))
        if options.show_trainable:
            cells.append(_trainable_cell(row))
        yield cells
        if options.show_weights:
            yield from (_weight_row(weight, len(cells), level) for weight in row.weights)


def leveled(rows: Iterable[Row], expand_nested: bool, level: int = 0) -> Iterator[tuple[Row, int]]:
    """The rows with their depth; those of models inside, too, where they are to be shown."""
    for row in rows:
        yield row, level
        if expand_nested and row.is_model:
            yield from leveled(row.inner, True, level + 1)


def _name_and_class(row: Row, level: int, options: TableOptions) -> Cell:
    name, class_name = visible(row.name), visible(row.class_name)
    corner = "` " if options.ascii_only else "└ "
    prefix = "   " * level + corner if level else ""
    start = len(prefix) + len(name) + 2
    return Cell(f"{prefix}{name} ({class_name})", (Span(start, start + len(class_name), "symbol"),))


def _shape_cell(row: Row) -> Cell:
    return _colored_shape(", ".join(map(_format_outputs, row.output_shapes)) or "?")


def _format_outputs(shapes: Shapes) -> str:
    listed = ", ".join(map(format_shape, shapes))
    return listed if len(shapes) == 1 else f"[{listed}]"


def _colored_shape(text: str) -> Cell:
    spans = (Span(found.start(), found.end(), "none" if found[1] else "number") for found in SHAPE_PARTS.finditer(text))
    return Cell(text, tuple(spans))


def _params_cell(row: Row, level: int) -> Cell:
    if row.is_shared and not level:
        return Cell("0 (shared)", (Span(0, 1, "number"),))
    number = f"{row.params if level else row.counted:,}"
    return Cell(number, (Span(0, len(number), "number"),))


def _connected_cell(row: Row, level: int) -> Cell:
    if level:
        return Cell("-")
    parts, spans, length = [], [], 0
    for call in row.calls:
        for each in call.connected:
            name = visible(each.name)
            part = f"{name}[{each.node_index}][{each.tensor_index}]"
            start = length + len(name) + 1
            middle = start + len(str(each.node_index))
            spans += [Span(start, middle, "number"), Span(middle + 2, length + len(part) - 1, "number")]
            parts.append(part)
            length += len(part) + 2
    return Cell(", ".join(parts), tuple(spans)) if parts else Cell("-")


def _trainable_cell(row: Row) -> Cell:
    if not row.weights:
        return Cell("-", (Span(0, 1, "bold"),))
    return Cell("Y", (Span(0, 1, "yes"),)) if row.trainable else Cell("N", (Span(0, 1, "no"),))


def _weight_row(weight: WeightFacts, cells: int, level: int) -> list[Cell]:
    """A weight under its layer: its part of the layer's params, not added again."""
    name = Cell("   " * level + f"   {visible(weight.name)}")
    params = f"{weight.params:,}"
    filled = [name, _colored_shape(format_shape(weight.shape)), Cell(params, (Span(0, len(params), "number"),))]
    filled += [Cell("")] * (cells - 3)
    if cells in (4, 5) and not weight.trainable:
        filled[-1] = Cell("non-trainable")
    return filled


# The columns of one's own choice.


def _chosen_layout(summary: Summary, options: TableOptions) -> Layout:
    assert options.columns is not None
    columns = [HEADINGS[name] for name in options.columns]
    rows = list(_chosen_rows(summary, options))
    length = _length(options, max(108, sum(map(len, options.columns))))
    return columns, rows, _natural_widths(columns, rows, length)


def _chosen_rows(summary: Summary, options: TableOptions) -> Iterator[list[Cell]]:
    assert options.columns is not None
    for row, level in leveled(summary.rows, options.expand_nested):
        yield [_field(row, level, name, summary, options) for name in options.columns]
        if options.show_weights:
            for weight in row.weights:
                yield [_weight_field(weight, level, name) for name in options.columns]


def _field(row: Row, level: int, column: str, summary: Summary, options: TableOptions) -> Cell:
    match column:
        case "name":
            corner = "` " if options.ascii_only else "└ "
            return Cell(("   " * level + corner if level else "") + visible(row.name))
        case "class":
            name = visible(row.class_name)
            return Cell(name, (Span(0, len(name), "symbol"),))
        case "output_shape":
            return _shape_cell(row)
        case "params":
            return _params_cell(row, level)
        case "trainable":
            return _trainable_cell(row)
        case "connected":
            return _connected_cell(row, level)
    return _colored_shape(field_text(row, level, column, summary))


def field_text(row: Row, level: int, column: str, summary: Summary) -> str:
    """One field of a row as text, for the columns that Keras does not have."""
    match column:
        case "input_shape":
            shapes = dict.fromkeys(call.input_shapes for call in row.calls)
            return ", ".join(_format_outputs(each) for each in shapes if each) or "-"
        case "macs":
            if row.macs.total is not None:
                return f"{row.macs.total:,}"
            if row.macs.per_timestep is None:
                return "?"
            fixed = f"{row.macs.fixed:,} + " if row.macs.fixed else ""
            return f"{fixed}{row.macs.per_timestep:,}/timestep"
        case "size":
            return readable_bytes(row.size_bytes)
        case "share":
            params = row.params if level else row.counted
            return f"{100 * params / summary.total.params:.1f}%" if summary.total.params else "-"
    raise AssertionError(column)


def readable_bytes(size: int) -> str:
    """`584 B`, `1.5 KiB`, `4.0 MiB`: sizes as this program names them, in powers of 1024."""
    if size < 1024:
        return f"{size} B"
    amount = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"


def _weight_field(weight: WeightFacts, level: int, column: str) -> Cell:
    match column:
        case "name":
            return Cell("   " * level + f"   {visible(weight.name)}")
        case "output_shape":
            return _colored_shape(format_shape(weight.shape))
        case "params":
            return Cell(f"{weight.params:,}")
        case "trainable":
            return Cell("Y" if weight.trainable else "N")
    return Cell("")


def _natural_widths(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], length: int) -> list[int]:
    """Each column as wide as its widest cell, the widest reduced first where that is too much."""
    widths = [
        max(width_of(column.heading), *(width_of(row[position].text) for row in rows), 1) + PADDING
        for position, column in enumerate(columns)
    ]
    space = length - len(columns) - 1
    while sum(widths) > space:
        candidates = [i for i, column in enumerate(columns) if not column.keeps_words and widths[i] > PADDING + 4]
        if not candidates:
            break
        widest = max(candidates, key=lambda i: widths[i])
        widths[widest] -= 1
    return widths
