"""The table of Keras 1 and 2: names numbered from 1 and cut to their column, numbers whole."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest

from lstmcalc.facts.summary import Row, Summary
from lstmcalc.layers.base import snake_case
from lstmcalc.views.cells import fold, spelled, visible, width_of
from lstmcalc.views.fields import Entry, entries, text_of, totals
from lstmcalc.views.summary.look import SummaryLook

CHAIN = (65, (0.45, 0.85, 1.0), ("Layer (type)", "Output Shape", "Param #"))
GRAPH = (98, (0.33, 0.55, 0.67, 1.0), ("Layer (type)", "Output Shape", "Param #", "Connected to"))
OLDER_PREFIX = {"input_layer": "input", "functional": "model"}


def show(summary: Summary, look: SummaryLook) -> Iterator[str]:
    """The lines of `model.summary()` as keras/utils/layer_utils.py of Keras 2 printed them.

    Shapes go on in the next line where they were cut.
    """
    default, shares, headings = CHAIN if summary.is_chain else GRAPH
    length = look.width or default
    ends = [int(share * length) for share in shares]
    names = {row.name: _older_name(row) for row in summary.rows}
    yield "_" * length
    yield _line(headings, ends)
    yield "=" * length
    listed = [
        each for each in entries(summary.rows, look.expand_nested, look.show_weights) if not each.row.is_operation
    ]
    for number, entry in enumerate(listed, 1):
        yield from _row_lines(entry, names, ends, summary, look.encoding)
        yield ("=" if number == len(listed) else "_") * length
    for label, total in totals(summary):
        yield f"{label}: {total.params:,}"
    yield "_" * length


def _row_lines(
    entry: Entry, names: Mapping[str, str], ends: Sequence[int], summary: Summary, encoding: str
) -> Iterator[str]:
    shapes = [line.text.rstrip() for line in fold(text_of(entry, "output_shape", summary), ends[1] - ends[0] - 1)]
    params = text_of(entry, "params", summary).replace(",", "")  # Keras 1 and 2 had commas in the totals alone
    connected = _connected(entry, names, ends[3] - ends[2]) if len(ends) > len(CHAIN[1]) else []
    columns = ([_name(entry)], shapes, [params], connected)
    for fields in zip_longest(*columns[: len(ends)], fillvalue=""):
        yield _line([spelled(field, encoding) for field in fields], ends)


def _name(entry: Entry) -> str:
    indent = "   " * entry.level
    if entry.weight is not None:
        return f"{indent}   {visible(entry.weight.path)}"
    return f"{indent}{visible(_older_name(entry.row))} ({visible(entry.row.class_name)})"


def _connected(entry: Entry, names: Mapping[str, str], width: int) -> list[str]:
    """The tensors that go in, one a line: a name that is cut, and its numbers."""
    if entry.level or entry.weight:
        return []
    found = []
    for each in (each for call in entry.row.calls for each in call.connected if each.is_layer):
        numbers = f"[{each.node_index}][{each.tensor_index}]"
        found.append(_cut(visible(names.get(each.name, each.name)), width - len(numbers)) + numbers)
    return found


def _line(fields: Sequence[str], ends: Sequence[int]) -> str:
    """The fields at their columns. A name is cut so that a space stands before the next; the others push on."""
    line = _cut(fields[0], ends[0] - 1)
    for field, start in zip(fields[1:], ends, strict=False):
        line += " " * max(start - width_of(line), 1) + field
    return line.rstrip()


def _cut(text: str, width: int) -> str:
    text = text[: max(width, 0)]
    while text and width_of(text) > width:
        text = text[:-1]
    return text


def _older_name(row: Row) -> str:
    """An automatic name as Keras 2 counted it, from 1; a given name as it is."""
    if row.number is None:
        return row.name
    prefix = snake_case(row.class_name)
    return f"{OLDER_PREFIX.get(prefix, prefix)}_{row.number + 1}"
