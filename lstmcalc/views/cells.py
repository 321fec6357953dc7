"""How text fills the cells of a table: widths on a terminal, and lines that fold."""

import re
from collections.abc import Iterator
from itertools import pairwise

import msgspec

WORD = re.compile(r"\s*\S+\s*")
# Those that steer a terminal; compiled where one is met, since most texts have none.
CONTROL = "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]"


class Span(msgspec.Struct, frozen=True):
    """A part of a text with a style."""

    start: int
    end: int
    style: str


class TableCell(msgspec.Struct, frozen=True):
    """A text with the spans of it that are styled."""

    text: str
    spans: tuple[Span, ...] = ()


class Line(msgspec.Struct, frozen=True):
    """One line of a cell: a part of its text, and how many cells of a terminal it takes."""

    text: str
    offset: int
    width: int


def visible(text: str) -> str:
    """The text with control characters spelled out, so that no name can steer a terminal."""
    if text.isprintable():
        return text
    return re.sub(CONTROL, lambda found: found[0].encode("unicode_escape").decode(), text)


def spelled(text: str, encoding: str) -> str:
    """The text with what an encoding lacks spelled out as a stream would, so that its width is known before."""
    return text if text.isascii() else text.encode(encoding, "backslashreplace").decode(encoding)


def is_even(text: str) -> bool:
    """Whether each character surely takes one cell: those before U+0300 do, and those of boxes."""
    return text.isascii() or all(each < "\u0300" or "\u2500" <= each < "\u2580" for each in text)


def width_of(text: str) -> int:
    """How many cells of a terminal a text takes; East Asian characters take two."""
    if is_even(text):
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def fold(text: str, width: int) -> list[Line]:
    """The lines of a text in a column: broken between words, and inside a word that is wider than the column.

    As rich's `Text.wrap` with overflow "fold", which Keras's table would use if it did not cut.
    """
    breaks = [0, *_breaks(text, max(width, 1)), len(text)]
    lines = []
    for start, end in pairwise(breaks):
        part = text[start:end]
        if (excess := width_of(part) - width) > 0:
            part = part[: max(len(part.rstrip()), len(part) - excess)]
        lines.append(Line(part, start, width_of(part)))
    return lines


def _breaks(text: str, width: int) -> Iterator[int]:
    filled = 0
    for found in WORD.finditer(text):
        start, word = found.start(), found[0]
        length = width_of(word.rstrip())
        if width - filled >= length:
            filled += width_of(word)
        elif length > width:
            parts = _chop(word, width)
            for part in parts:
                if start:
                    yield start
                start += len(part)
            filled = width_of(parts[-1])
        elif filled and start:
            yield start
            filled = width_of(word)


def _chop(word: str, width: int) -> list[str]:
    if is_even(word):
        return [word[at : at + width] for at in range(0, len(word), width)]
    from rich.cells import chop_cells

    return chop_cells(word, width)
