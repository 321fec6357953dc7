"""The boxes are those that rich draws: the same folds, the same widths, the same lines."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich import table as rich_table
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from lstmcalc.views.cells import TableCell, fold, visible
from lstmcalc.views.grid import Column, draw, fit, natural

WORDS = st.text("ab_[]().,0 層모🙂é", max_size=40).map(str.strip)


@settings(max_examples=400, deadline=None)
@given(WORDS, st.integers(2, 30))
def test_a_text_folds_where_rich_folds_it(text, width):
    wrapped = Text(text).wrap(Console(width=width, file=io.StringIO()), width, overflow="fold")
    assert [line.text.rstrip() for line in fold(text, width)] == [line.plain.rstrip() for line in wrapped]


@settings(max_examples=200, deadline=None)
@given(
    st.integers(20, 120),
    st.lists(st.integers(1, 60), min_size=3, max_size=3),
    st.lists(st.tuples(WORDS, WORDS, WORDS), max_size=4),
)
def test_a_table_is_drawn_as_rich_draws_it(length, wanted, rows):
    columns = [Column("Layer (type)"), Column("Param #", "right"), Column("Trainable", "center")]
    widths = fit(wanted, length)
    if min(widths) < 4:
        return
    assert sum(widths) + len(widths) + 1 == length
    theirs = rich_table.Table(
        *(
            rich_table.Column(each.heading, justify=each.justify, width=width, overflow="fold")
            for each, width in zip(columns, wanted, strict=True)
        ),
        width=length,
        show_lines=True,
    )
    for row in rows:
        theirs.add_row(*map(Text, row))
    out = io.StringIO()
    Console(file=out, width=1000).print(theirs)
    drawn = draw(columns, [[TableCell(text) for text in row] for row in rows], widths)
    assert "\n".join(drawn) + "\n" == out.getvalue()


@given(st.lists(st.lists(WORDS, min_size=3, max_size=3), min_size=1, max_size=4), st.integers(30, 150))
def test_natural_columns_are_as_wide_as_their_cells_or_fill_the_width(rows, length):
    columns = [Column("Layer"), Column("Param #", "right", keeps_words=True), Column("Type")]
    cells = [[TableCell(text) for text in row] for row in rows]
    widths = natural(columns, cells, length)
    wanted = [
        max(map(cell_len, [each.heading, *texts])) + 2
        for each, texts in zip(columns, zip(*rows, strict=True), strict=True)
    ]
    word = max(cell_len(text) for cell in ("Param #", *(row[1] for row in rows)) for text in cell.split() or [""]) + 2
    others = len("Layer") + 2 + len("Type") + 2
    if others + wanted[1] + 4 <= length:
        assert widths[1] == wanted[1]
    else:  # there is no other way than to fold it between its words
        assert word <= widths[1] <= wanted[1]
        assert sum(widths) + 4 <= max(length, others + word + 4)
    assert all(width <= want for width, want in zip(widths, wanted, strict=True))
    if sum(wanted) + 4 <= length:
        assert widths == wanted


@pytest.mark.parametrize(
    ("text", "shown"), [("\x1b[31m", "\\x1b[31m"), ("a\nb", "a\\nb"), ("\u2066", "\\u2066"), ("層 é 🙂", "層 é 🙂")]
)
def test_what_steers_a_terminal_is_spelled_out_and_all_else_is_left(text, shown):
    assert visible(text) == shown
