"""Keras's table, character for character, and the same facts in columns of one's own choice."""

import re
import shutil
from collections.abc import Iterator, Sequence
from itertools import pairwise

from lstmcalc.facts.summary import Summary
from lstmcalc.views.cells import Span, TableCell, spelled, visible
from lstmcalc.views.fields import WEIGHT_COLUMNS, Entry, entries, readable_memory_size, text_of, totals
from lstmcalc.views.grid import ASCII, HEAVY, WIDEST, Column, draw, fit, natural, widen_for_words
from lstmcalc.views.look import NARROWEST
from lstmcalc.views.summary.look import SummaryLook

NOT_SAID = "What of it is trainable, the file does not say."
MARGIN = 4  # columns of a terminal that Keras leaves free

HEADINGS = {
    "layer": Column("Layer (type)"),  # Keras's column: name and class
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
    "dtype": Column("Dtype"),
}
# What is coloured in each column, by the name of the group: as keras/src/utils/summary_utils.py has it.
STYLED = {
    "layer": r"\((?P<symbol>[^()]*)\)$",
    "class": r"(?P<symbol>.+)",
    "input_shape": r"(?P<none>None)|(?P<number>\d+)",
    "output_shape": r"(?P<none>None)|(?P<number>\d+)",
    "trainable": r"(?P<yes>Y)|(?P<no>N)|(?P<bold>-)",
    "connected": r"(?<=\[)(?P<number>\d+)(?=\]\[\d+\](?:, |$)|\](?:, |$))",
}
NUMBERS = r"(?P<number>\d[\d,.]*)"


def show(summary: Summary, look: SummaryLook) -> Iterator[str]:
    """The lines of Keras's `model.summary()`, or of the chosen columns."""
    paint, is_weights = look.paint, summary.is_weights
    names = look.columns or (WEIGHT_COLUMNS if is_weights else _keras_columns(summary, look))
    columns = [heading(name, summary) for name in names]
    listed = entries(summary.rows, look.expand_nested or is_weights, look.show_weights or is_weights)
    rows = [[_cell(entry, name, summary, look) for name in names] for entry in listed]
    if look.columns or is_weights:
        widths = natural(columns, rows, _length(look, WIDEST))
    else:
        widths = _keras_widths(summary, look, columns, rows)
    what = "Weights" if is_weights else "Model"
    yield paint(f'{what}: "{spelled(visible(summary.name), look.encoding)}"', "bold")
    yield from draw(columns, rows, widths, ASCII if look.ascii_only else HEAVY, paint)
    for label, total in totals(summary):
        number = paint(f"{total.params:,}", "number")
        yield f"{paint(f' {label}: ', 'bold')}{number} ({readable_memory_size(total)})"
    if is_weights:
        yield f" {NOT_SAID}"


def heading(name: str, summary: Summary) -> Column:
    """The heading of a column; arrays alone have shapes, and no outputs."""
    return Column("Shape") if name == "output_shape" and summary.is_weights else HEADINGS[name]


def _keras_columns(summary: Summary, look: SummaryLook) -> tuple[str, ...]:
    connected = () if summary.is_chain else ("connected",)
    trainable = ("trainable",) if look.show_trainable else ()
    return ("layer", "output_shape", "params", *connected, *trainable)


def _keras_widths(
    summary: Summary, look: SummaryLook, columns: Sequence[Column], rows: Sequence[Sequence[TableCell]]
) -> list[int]:
    positions, default = ([0.45, 0.80, 1.0], 88) if summary.is_chain else ([0.3, 0.56, 0.74, 1.0], 108)
    if look.show_trainable:
        positions = [position * 0.90 for position in positions] + [1.0]
        default += 12
    length = _length(look, default)
    ends = [0, *(int(position * length) for position in positions)]
    wanted = [end - start for start, end in pairwise(ends)]
    return widen_for_words(fit(wanted, length), columns, rows)


def _length(look: SummaryLook, default: int) -> int:
    length = look.width or min(default, shutil.get_terminal_size().columns - MARGIN)
    return max(length, NARROWEST)


def _cell(entry: Entry, column: str, summary: Summary, look: SummaryLook) -> TableCell:
    if column in ("layer", "name"):
        text = _indent(entry, look) + text_of(entry, "name", summary)
        if column == "layer" and entry.weight is None:
            text = f"{text} ({text_of(entry, 'class', summary)})"
    else:
        text = text_of(entry, column, summary)
    text = spelled(text, look.encoding)
    return TableCell(text, _spans(text, column, entry) if look.color else ())


def _indent(entry: Entry, look: SummaryLook) -> str:
    """Keras's corner before the name of a layer inside; a weight stands one step further in, without one."""
    corner = "   " if entry.weight else ("` " if look.ascii_only else "└ ") if entry.level else ""
    return "   " * entry.level + corner


def _spans(text: str, column: str, entry: Entry) -> tuple[Span, ...]:
    if column == "name" or (column == "layer" and entry.weight):
        return ()
    found = re.finditer(STYLED.get(column, NUMBERS), text)
    return tuple(Span(each.start(style), each.end(style), style) for each in found if (style := each.lastgroup))
