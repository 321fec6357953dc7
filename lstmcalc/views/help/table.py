"""A page of the manual laid out on a terminal, in its width and its colours."""

from collections.abc import Iterator
from io import StringIO

from rich.console import Console
from rich.markdown import Markdown

from lstmcalc.manual import Contents, Page
from lstmcalc.views.help import markdown
from lstmcalc.views.look import Look

WIDEST = 120  # columns in which a page is still easy to read


def show(asked: Page | Contents, look: Look) -> Iterator[str]:
    """The lines of a page, or of the list; as they stand where no boxes can be written."""
    lines = markdown.show(asked, look)
    if look.ascii_only:
        yield from lines
        return
    drawn = StringIO()
    console = Console(
        file=drawn,
        width=look.text_width(WIDEST),
        force_terminal=look.color,
        color_system="standard" if look.color else None,
        legacy_windows=False,
        highlight=False,
    )
    console.print(Markdown("\n".join(lines), hyperlinks=False, code_theme="bw"))
    yield from (line.rstrip() for line in drawn.getvalue().rstrip("\n").split("\n"))
