"""The table of Keras 1 and 2: names numbered from 1 and cut to their column, numbers whole."""

from collections.abc import Iterator, Sequence

from lstmcalc.layers.base import snake_case
from lstmcalc.shapes import format_shape
from lstmcalc.summary import Row, Summary
from lstmcalc.views.cells import visible, width_of
from lstmcalc.views.table import leveled

CHAIN = (65, (0.45, 0.85, 1.0), ("Layer (type)", "Output Shape", "Param #"))
GRAPH = (98, (0.33, 0.55, 0.67, 1.0), ("Layer (type)", "Output Shape", "Param #", "Connected to"))
PARAMS = 2  # the column of numbers
OLDER_PREFIX = {"input_layer": "input", "functional": "model"}


def classic_lines(summary: Summary, line_length: int | None = None, expand_nested: bool = False) -> Iterator[str]:
    """The lines of `model.summary()` as keras/utils/layer_utils.py of Keras 2 printed them."""
    default, shares, headings = CHAIN if summary.is_chain else GRAPH
    length = line_length or default
    ends = [int(share * length) for share in shares]
    names = _older_names(summary.rows)
    yield "_" * length
    yield _line(headings, ends)
    yield "=" * length
    rows = [pair for pair in leveled(summary.rows, expand_nested) if not pair[0].is_operation]
    for number, (row, level) in enumerate(rows):
        yield from _row_lines(row, level, names, ends, summary.is_chain)
        yield ("=" if number == len(rows) - 1 else "_") * length
    yield f"Total params: {summary.total.params:,}"
    yield f"Trainable params: {summary.trainable.params:,}"
    yield f"Non-trainable params: {summary.non_trainable.params:,}"
    yield "_" * length


def _row_lines(row: Row, level: int, names: dict[str, str], ends: list[int], is_chain: bool) -> Iterator[str]:
    shapes = ", ".join(
        format_shape(each[0]) if len(each) == 1 else f"[{', '.join(map(format_shape, each))}]"
        for each in row.output_shapes
    )
    name = visible(names.get(row.name, row.name) if not level else _older_name(row))
    params = "0 (shared)" if row.is_shared and not level else f"{row.params if level else row.counted:,}"
    fields = [f"{'   ' * level}{name} ({visible(row.class_name)})", shapes, params]
    if is_chain:
        yield _line(fields, ends)
        return
    connected = [
        f"{visible(names.get(each.name, each.name))}[{each.node_index}][{each.tensor_index}]"
        for call in row.calls
        for each in call.connected
        if each.is_layer and not level
    ]
    yield _line([*fields, connected[0] if connected else ""], ends)
    for connection in connected[1:]:
        yield _line(["", "", "", connection], ends)


def _line(fields: Sequence[str], ends: Sequence[int]) -> str:
    """The fields at their columns; text is cut so that a space stands before the next, a number pushes on."""
    line = ""
    for column, (field, end) in enumerate(zip(fields, ends, strict=True)):
        line = _cut(line, ends[column - 1] - 1) + " " if 0 < column != PARAMS + 1 else line and f"{line} "
        line += field
        if column != PARAMS:
            line = _cut(line, end)
        line += " " * (end - width_of(line) - (column == PARAMS and column + 1 < len(ends)))
    return line.rstrip()


def _cut(line: str, end: int) -> str:
    while width_of(line) > end:
        line = line[:-1]
    return line


def _older_names(rows: tuple[Row, ...]) -> dict[str, str]:
    return {row.name: _older_name(row) for row in rows}


def _older_name(row: Row) -> str:
    """An automatic name as Keras 2 counted it, from 1; a given name as it is."""
    if row.number is None:
        return row.name
    prefix = snake_case(row.class_name)
    return f"{OLDER_PREFIX.get(prefix, prefix)}_{row.number + 1}"
