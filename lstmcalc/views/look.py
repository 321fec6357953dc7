"""How an answer is to look: the columns, the colours and the characters that there are for it."""

import msgspec

from lstmcalc.views.colors import Paint, paint, plain

NARROWEST = 40  # columns of a terminal


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of every look, whatever is shown; `width` is None where nobody asked for one."""

    width: int | None = None
    color: bool = False
    ascii_only: bool = False
    encoding: str = "utf-8"

    @property
    def paint(self) -> Paint:
        """A text in a style, or without it."""
        return paint if self.color else plain

    def text_width(self, widest: int) -> int:
        """The columns that running text takes: those asked for, or the terminal's, and of these `widest` at most."""
        from shutil import get_terminal_size  # with its archives it takes as long as a count

        return self.width or max(NARROWEST, min(widest, get_terminal_size().columns))
