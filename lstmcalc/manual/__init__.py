"""The manual: a page for each command and topic, which the README links to and `lstmcalc help` prints."""

from functools import cache
from importlib.resources import files

import msgspec

# In the order in which they are listed: commands, then topics from the first that one needs.
COMMANDS = (
    *("summary", "count", "explain", "check", "diff", "solve", "sweep", "verify", "convert", "layers"),
    *("schema", "completion", "help"),
)
TOPICS = (
    *(
        "options",
        "spec",
        "expressions",
        "saved",
        "scripts",
        "dialects",
        "notes",
        "mistakes",
        "numbers",
        "json",
        "python",
        "ci",
    ),
    *("limits", "comparison", "benchmarks"),
)
PAGES = (*COMMANDS, *TOPICS)


class Page(msgspec.Struct, frozen=True):
    """One page: its name, its first line, the sentence below that, and the whole text in Markdown."""

    name: str
    title: str
    sentence: str
    text: str


class Contents(msgspec.Struct, frozen=True):
    """Every page, those of commands first."""

    commands: tuple[Page, ...]
    topics: tuple[Page, ...]


@cache
def page(name: str) -> Page:
    """The page of a command or a topic."""
    text = files(__package__).joinpath(f"{name}.md").read_text(encoding="utf-8")
    title, sentence, _ = text.split("\n\n", 2)
    return Page(name, title.removeprefix("# "), sentence, text)


def contents() -> Contents:
    """The list of all pages."""
    return Contents(tuple(map(page, COMMANDS)), tuple(map(page, TOPICS)))
