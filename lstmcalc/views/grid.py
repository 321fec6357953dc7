"""A table of boxes: columns with widths, cells that fold, rows with lines between them."""

import shutil
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from math import ceil

import msgspec

from lstmcalc.views.cells import Line, Span, TableCell, fold, width_of
from lstmcalc.views.colors import Paint, plain
from lstmcalc.views.look import NARROWEST, Look

PADDING = 2  # one cell on each side
WIDEST = 108  # columns of a table of ours, where it needs as many
LEAST = 2  # cells of text in the narrowest column that gave way: one wide character


class Box(msgspec.Struct, frozen=True):
    """The characters of a table, a row each: left, horizontal, divider, right."""

    top: str
    head: str
    below_head: str
    body: str
    between: str
    bottom: str


HEAVY = Box("┏━┳┓", "┃ ┃┃", "┡━╇┩", "│ ││", "├─┼┤", "└─┴┘")
ASCII = Box("+--+", "| ||", "|-+|", "| ||", "|-+|", "+--+")


class Column(msgspec.Struct, frozen=True):
    """A heading, how its cells stand (left, right or center), and whether its words may break."""

    heading: str
    justify: str = "left"
    keeps_words: bool = False


def fit(wanted: Sequence[int], total: int) -> list[int]:
    """Widths of columns, padding included, that fill a table of `total` cells with its lines.

    As rich's `Table` makes them of columns with a fixed `width`: reduced evenly where
    they are too wide, spread in proportion where they are too narrow.
    """
    space = total - len(wanted) - 1
    widths = [min(width + PADDING, space) for width in wanted]
    excess = sum(widths) - space
    if excess > 0:
        left = len(widths)
        for position, width in enumerate(widths):
            share = min(width, round(excess / left))
            widths[position] = width - share
            excess -= share
            left -= 1
    missing, weight = space - sum(widths), sum(widths)
    if missing > 0:
        for position, width in enumerate(widths):
            share = ceil(width * missing / weight) if weight > 0 else missing
            widths[position] = width + share
            missing -= share
            weight -= width
    return widths


def widen_for_words(widths: Sequence[int], columns: Sequence[Column], rows: Sequence[Sequence[TableCell]]) -> list[int]:
    """The widths with room for every word of the columns that keep theirs; the others shrink in proportion."""
    needs = [0] * len(columns)
    for position, column in enumerate(columns):
        if column.keeps_words:
            words = (word for row in rows for word in row[position].text.split())
            needs[position] = max(map(width_of, words), default=0) + PADDING
    if all(width >= need for width, need in zip(widths, needs, strict=True)):
        return list(widths)
    kept = [max(width, need) if need else 0 for width, need in zip(widths, needs, strict=True)]
    others = [position for position, need in enumerate(needs) if not need]
    free, weight = sum(widths) - sum(kept), sum(widths[position] for position in others)
    for position in others:
        kept[position] = max(round(free * widths[position] / weight), LEAST + PADDING)
        free -= kept[position]
        weight -= widths[position]
    while free < 0 and kept[widest := max(others, key=kept.__getitem__)] > LEAST + PADDING:
        kept[widest] -= 1
        free += 1
    return kept


def room(width: int | None, most: int) -> int:
    """The columns that a table may take: those asked for, or the terminal's, and of these `most` at most.

    Without a terminal, and without COLUMNS, `most`.
    """
    return width or max(NARROWEST, min(most, shutil.get_terminal_size((most, 24)).columns))


def natural(columns: Sequence[Column], rows: Sequence[Sequence[TableCell]], length: int) -> list[int]:
    """Each column as wide as its widest cell, the widest ones cut down where that is more than `length`.

    No word of a heading is broken, nor one of a column that keeps its words, nor is such a
    column folded but where there is no other way: where that needs more than `length`, the
    table is wider.
    """
    widths, whole, folded = [], [], []
    for position, column in enumerate(columns):
        texts = [column.heading, *(row[position].text for row in rows)]
        widths.append(max(map(width_of, texts)) + PADDING)
        kept = texts if column.keeps_words else [column.heading]
        words = max(width_of(word) for text in kept for word in text.split() or [""])
        folded.append(words + PADDING)
        whole.append(widths[-1] if column.keeps_words else folded[-1])
    space = length - len(columns) - 1
    floors = whole if sum(whole) <= space else folded

    def capped(cap: int) -> list[int]:
        return [min(width, max(cap, floor)) for width, floor in zip(widths, floors, strict=True)]

    return capped(bisect_right(range(max(widths) + 1), space, key=lambda cap: sum(capped(cap))) - 1)


def boxed(columns: Sequence[Column], rows: Sequence[Sequence[TableCell]], look: Look) -> Iterator[str]:
    """The lines of a table that is as wide as it needs to be, and as there is room for."""
    widths = natural(columns, rows, room(look.width, WIDEST))
    yield from draw(columns, rows, widths, ASCII if look.ascii_only else HEAVY, look.paint)


def verdict_cell(text: str, is_good: bool) -> TableCell:
    """A cell that says yes or no, in its colour."""
    return TableCell(text, (Span(0, len(text), "yes" if is_good else "no"),))


def draw(
    columns: Sequence[Column],
    rows: Iterable[Sequence[TableCell]],
    widths: Sequence[int],
    box: Box = HEAVY,
    paint: Paint = plain,
) -> Iterable[str]:
    """The lines of the table."""
    headings = [TableCell(column.heading) for column in columns]
    yield _rule(box.top, widths)
    yield from _row(headings, columns, widths, box.head, lambda text, _: paint(text, "bold"), is_heading=True)
    yield _rule(box.below_head, widths)
    between = _rule(box.between, widths)
    for number, row in enumerate(rows):
        if number:
            yield between
        yield from _row(row, columns, widths, box.body, paint)
    yield _rule(box.bottom, widths)


def _rule(characters: str, widths: Sequence[int]) -> str:
    left, horizontal, divider, right = tuple(characters)
    return left + divider.join(horizontal * width for width in widths) + right


def _row(
    cells: Sequence[TableCell],
    columns: Sequence[Column],
    widths: Sequence[int],
    characters: str,
    paint: Paint,
    is_heading: bool = False,
) -> Iterable[str]:
    """The lines of one row; headings stand at its bottom, as in rich."""
    left, _, divider, right = tuple(characters)
    folded = [fold(cell.text, width - PADDING) for cell, width in zip(cells, widths, strict=True)]
    height = max(map(len, folded))
    for lines in folded:
        blank = [Line("", 0, 0)] * (height - len(lines))
        lines[:] = blank + lines if is_heading else lines + blank
    for number in range(height):
        parts = []
        for cell, lines, column, width in zip(cells, folded, columns, widths, strict=True):
            line = lines[number]
            parts.append(f" {_justified(line, cell, column.justify, width - PADDING, paint)} ")
        yield left + divider.join(parts) + right


def _justified(line: Line, cell: TableCell, justify: str, width: int, paint: Paint) -> str:
    text, taken = line.text, line.width
    if justify != "left":
        text = text.rstrip()
        taken = width_of(text)
    free = max(width - taken, 0)
    before = {"left": 0, "right": free, "center": free // 2}[justify]
    return " " * before + _painted(text, line.offset, cell, paint) + " " * (free - before)


def _painted(text: str, offset: int, cell: TableCell, paint: Paint) -> str:
    if paint is plain or not text:
        return text
    if not cell.spans:
        return paint(text, "")
    parts, position = [], 0
    first = bisect_right(cell.spans, offset, key=lambda span: span.end)
    for span in islice(cell.spans, first, None):
        start, end = max(span.start - offset, 0), min(span.end - offset, len(text))
        if start >= len(text):
            break
        parts += [paint(text[position:start], ""), paint(text[start:end], span.style)]
        position = end
    return "".join(parts) + paint(text[position:], "")
