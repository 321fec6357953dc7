"""Keras's table, character for character, and the same facts in columns of one's own choice."""

import re
import shutil
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from lstmcalc.facts.summary import Summary, summarize
from lstmcalc.views.cells import Cell, Span, spelled, visible
from lstmcalc.views.colors import paint as color_paint
from lstmcalc.views.fields import Entry, entries, readable_memory_size, text_of, totals
from lstmcalc.views.grid import ASCII, HEAVY, Column, Paint, draw, fit, natural, plain, widen_for_words

if TYPE_CHECKING:
    from lstmcalc.models.model import Model

NARROWEST = 40  # columns of a terminal
MARGIN = 4  # columns of a terminal that Keras leaves free
CHOSEN_LENGTH = 108

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


class TableOptions(msgspec.Struct, frozen=True):
    """How the table is shown: Keras's own options, and ours."""

    line_length: int | None = None
    expand_nested: bool = False
    show_trainable: bool = False
    show_weights: bool = False
    columns: tuple[str, ...] | None = None
    color: bool = False
    ascii_only: bool = False
    encoding: str = "utf-8"


def render(
    model: "Model", line_length: int | None = None, expand_nested: bool = False, show_trainable: bool = False
) -> str:
    """The table of a model as text."""
    options = TableOptions(line_length, expand_nested, show_trainable)
    return "".join(f"{line}\n" for line in table_lines(summarize(model), options))


def table_lines(summary: Summary, options: TableOptions) -> Iterator[str]:
    """The lines of Keras's `model.summary()`, or of the chosen columns."""
    paint: Paint = color_paint if options.color else plain
    names = options.columns or _keras_columns(summary, options)
    columns = [HEADINGS[name] for name in names]
    listed = entries(summary.rows, options.expand_nested, options.show_weights)
    rows = [[_cell(entry, name, summary, options) for name in names] for entry in listed]
    if options.columns:
        widths = natural(columns, rows, _length(options, CHOSEN_LENGTH))
    else:
        widths = _keras_widths(summary, options, columns, rows)
    yield paint(f'Model: "{spelled(visible(summary.name), options.encoding)}"', "bold")
    yield from draw(columns, rows, widths, ASCII if options.ascii_only else HEAVY, paint)
    for label, total in totals(summary):
        number = paint(f"{total.params:,}", "number")
        yield f"{paint(f' {label}: ', 'bold')}{number} ({readable_memory_size(total)})"


def _keras_columns(summary: Summary, options: TableOptions) -> tuple[str, ...]:
    connected = () if summary.is_chain else ("connected",)
    trainable = ("trainable",) if options.show_trainable else ()
    return ("layer", "output_shape", "params", *connected, *trainable)


def _keras_widths(
    summary: Summary, options: TableOptions, columns: Sequence[Column], rows: Sequence[Sequence[Cell]]
) -> list[int]:
    positions, default = ([0.45, 0.80, 1.0], 88) if summary.is_chain else ([0.3, 0.56, 0.74, 1.0], 108)
    if options.show_trainable:
        positions = [position * 0.90 for position in positions] + [1.0]
        default += 12
    length = _length(options, default)
    ends = [0, *(int(position * length) for position in positions)]
    wanted = [end - start for start, end in pairwise(ends)]
    return widen_for_words(fit(wanted, length), columns, rows)


def _length(options: TableOptions, default: int) -> int:
    length = options.line_length or min(default, shutil.get_terminal_size().columns - MARGIN)
    return max(length, NARROWEST)


def _cell(entry: Entry, column: str, summary: Summary, options: TableOptions) -> Cell:
    if column in ("layer", "name"):
        text = _indent(entry, options) + text_of(entry, "name", summary)
        if column == "layer" and entry.weight is None:
            text = f"{text} ({text_of(entry, 'class', summary)})"
    else:
        text = text_of(entry, column, summary)
    text = spelled(text, options.encoding)
    return Cell(text, _spans(text, column, entry) if options.color else ())


def _indent(entry: Entry, options: TableOptions) -> str:
    """Keras's corner before the name of a layer inside; a weight stands one step further in, without one."""
    corner = "   " if entry.weight else ("` " if options.ascii_only else "└ ") if entry.level else ""
    return "   " * entry.level + corner


def _spans(text: str, column: str, entry: Entry) -> tuple[Span, ...]:
    if column == "name" or (column == "layer" and entry.weight):
        return ()
    found = re.finditer(STYLED.get(column, NUMBERS), text)
    return tuple(Span(each.start(style), each.end(style), style) for each in found if (style := each.lastgroup))
