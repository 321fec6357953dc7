"""A page of the manual as it stands, or the list of all."""

from collections.abc import Iterator

from lstmcalc.manual import Contents, Page
from lstmcalc.views.look import Look


def show(asked: Page | Contents, look: Look) -> Iterator[str]:
    """The lines of a page; of the list, an item a page."""
    if isinstance(asked, Page):
        yield from asked.text.rstrip("\n").split("\n")
        return
    yield "# The manual of lstmcalc"
    for heading, pages in (("Commands", asked.commands), ("Topics", asked.topics)):
        yield ""
        yield f"## {heading}"
        yield ""
        yield from (f"- `{page.name}`: {page.sentence}" for page in pages)
    yield ""
    yield "`lstmcalc help NAME` prints a page, `lstmcalc layers NAME` that of a layer."
