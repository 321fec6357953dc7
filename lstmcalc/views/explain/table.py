"""An explanation as text for a terminal."""

import textwrap
from collections.abc import Iterator

from lstmcalc.questions.explain import Explanation
from lstmcalc.views.cells import visible, width_of
from lstmcalc.views.explain.sections import Lines, Paragraph, Part, Table, counted, sections
from lstmcalc.views.look import Look

WIDEST = 80  # columns that are read with ease
INDENT = "  "
GAP = "  "
NARROW = 16  # columns of a last cell below which it goes to a line of its own


def show(explanation: Explanation, look: Look) -> Iterator[str]:
    """The explanation as text of so many columns."""
    width, paint = look.text_width(WIDEST), look.paint
    told: set[str] = set()
    for number, layer in enumerate(explanation.layers):
        if number:
            yield ""
        title = f"{visible(layer.path)} ({visible(layer.class_name)}): {counted(layer.params, 'param')}"
        lines = textwrap.wrap(title, width)
        yield from (paint(line, "bold") for line in lines)
        yield paint("=" * min(width, max(map(len, lines))), "bold")
        yield from textwrap.wrap(f"{layer.sentence} [{layer.source}]", width)
        for section in sections(layer):
            yield ""
            yield from (paint(line, "bold") for line in textwrap.wrap(section.title, width))
            for part in section.parts:
                yield from _part_lines(part, width, told)
    if explanation.total is not None:
        yield ""
        text = f"The model has {explanation.total} params."
        yield from textwrap.wrap(text, width)


def _part_lines(part: Part, width: int, told: set[str]) -> Iterator[str]:
    match part:
        case Paragraph(text=text, is_lesson=is_lesson):
            if not text or (is_lesson and text in told):
                return
            told.add(text)
            yield from textwrap.wrap(text, width, initial_indent=INDENT, subsequent_indent=INDENT)
        case Lines(rows=rows):
            yield from _aligned(rows, width)
        case Table(rows=rows):
            yield from _aligned(rows, width)


def _aligned(rows: tuple[tuple[str, ...], ...], width: int) -> Iterator[str]:
    """Cells in columns; where the last has no room beside the others, it stands below them."""
    if not rows:
        return
    indent = INDENT * 2
    widths = [max(width_of(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    left = len(indent) + sum(each + len(GAP) for each in widths)
    longest = max(len(row[-1]) for row in rows)
    is_below = width - left < min(longest, max(NARROW, width // 3))
    for *cells, last in rows:
        padded = (cell + " " * (size - width_of(cell)) for cell, size in zip(cells, widths, strict=True))
        before = indent + "".join(f"{cell}{GAP}" for cell in padded)
        if not is_below:
            yield from _folded(last, width, before, " " * left)
            continue
        label = _breakable(GAP.join(cells), width - len(indent))
        yield from textwrap.wrap(label, width, initial_indent=indent, subsequent_indent=indent + INDENT)
        yield from _folded(last, width, indent + INDENT, indent + INDENT)


def _breakable(label: str, width: int) -> str:
    """A formula that is longer than a line, with spaces around its plus signs."""
    return label.replace("+", " + ") if max(map(len, label.split()), default=0) > width else label


def _folded(text: str, width: int, first: str, rest: str) -> list[str]:
    lines = textwrap.wrap(text, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)
    return lines or [first.rstrip()]
