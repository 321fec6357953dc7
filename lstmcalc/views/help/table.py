"""A page of the manual laid out on a terminal, in its width and its colours."""

from collections.abc import Iterator
from io import StringIO

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import CodeBlock, Markdown
from rich.padding import Padding
from rich.text import Text

from lstmcalc.manual import Contents, Page
from lstmcalc.views.help import markdown
from lstmcalc.views.look import Look

EDGES = tuple("┏┃┡┳│├└┌╭╰")  # what a line of a drawn table begins with
WIDEST = 120  # columns in which a page is still easy to read


class Block(CodeBlock):
    """Commands and what they print: the lines go on below, those of a drawn table are cut off.

    A table whose lines are folded cannot be read; one without its right end can.
    """

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Its lines, one below the other, with an empty one above and below."""
        yield ""
        for line in str(self.text).rstrip().split("\n"):
            is_drawn = line.startswith(EDGES)
            text = Text(line, no_wrap=is_drawn, overflow="ellipsis" if is_drawn else "fold")
            yield Padding(text, (0, 1))
        yield ""


class Manual(Markdown):
    """Markdown as everywhere, but for what stands in its blocks."""

    elements = {**Markdown.elements, "fence": Block, "code_block": Block}


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
    console.print(Manual("\n".join(lines), hyperlinks=False, code_theme="bw"))
    yield from (line.rstrip() for line in drawn.getvalue().rstrip("\n").split("\n"))
