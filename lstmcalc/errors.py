"""What can be wrong with a model, and where."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import msgspec


class Source(msgspec.Struct, frozen=True, eq=False):
    """A text that was read: its name as the user knows it, and its characters."""

    name: str
    text: str
    is_file: bool = True

    def line(self, number: int) -> str:
        """The line of that number (1-based), empty when there is none."""
        lines = self.text.split("\n")
        return lines[number - 1].rstrip("\r") if 0 < number <= len(lines) else ""


class Place(msgspec.Struct, frozen=True, eq=False):
    """A position in a source; line and column are 1-based, in characters."""

    source: Source
    line: int = 1
    column: int = 1

    def later(self, characters: int) -> "Place":
        """The place so many characters further in the same line."""
        return Place(self.source, self.line, self.column + characters)


class Problem(msgspec.Struct, frozen=True):
    """One mistake: what was found and what is taken, what to do (`help`), and where."""

    message: str
    place: Place | None = None
    layer: str | None = None
    help: str | None = None
    file: str | None = None

    @property
    def text(self) -> str:
        """The message with the layer's name before it."""
        return f"{self.layer}: {self.message}" if self.layer else self.message

    @property
    def where(self) -> str | None:
        """`file:line:column`, or the file alone, or None."""
        if self.place is None:
            return self.file
        return f"{self.place.source.name}:{self.place.line}:{self.place.column}"

    def __str__(self) -> str:
        line = f"{self.where}: {self.text}" if self.where else self.text
        return f"{line} ({self.help})" if self.help else line


class ModelError(Exception):
    """Everything that a model can have wrong with it; the base of all errors a model can cause.

    `message`, `file`, `line`, `column`, `layer` and `help` are those of the first
    problem; `problems` holds every one that was found, sorted by place.
    """

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        found = (problems,) if isinstance(problems, Problem) else tuple(problems)
        self.problems: tuple[Problem, ...] = tuple(sorted(found, key=_by_place))
        super().__init__("\n".join(map(str, self.problems)))

    @property
    def message(self) -> str:
        """What was found and what is taken."""
        return self.problems[0].message

    @property
    def file(self) -> str | None:
        """The file's name, None when the model came from no file."""
        place = self.problems[0].place
        if place is None:
            return self.problems[0].file
        return place.source.name if place.source.is_file else None

    @property
    def line(self) -> int | None:
        """The line, 1-based."""
        place = self.problems[0].place
        return place.line if place else None

    @property
    def column(self) -> int | None:
        """The column, 1-based, in characters."""
        place = self.problems[0].place
        return place.column if place else None

    @property
    def layer(self) -> str | None:
        """The name of the layer that the problem is about."""
        return self.problems[0].layer

    @property
    def help(self) -> str | None:
        """What to do about it."""
        return self.problems[0].help


class Refusal(Exception):
    """A layer's word that it cannot be: raised where it is known, placed where the place is known.

    `argument` names the argument at fault, where one is.
    """

    def __init__(self, message: str, help: str | None = None, argument: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help
        self.argument = argument


class Problems:
    """Collects the mistakes that can be found together, and raises them together."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, message: str, place: Place | None, layer: str | None = None, help: str | None = None) -> None:
        """One more mistake."""
        self.found.append(Problem(message, place, layer, help))

    @contextmanager
    def caught(self) -> Iterator[None]:
        """A block whose ModelError is kept for later."""
        try:
            yield
        except ModelError as error:
            self.found.extend(error.problems)

    def raise_found(self) -> None:
        """Raise ModelError when there is any, each problem once."""
        if self.found:
            unique = {(str(problem), problem.where): problem for problem in self.found}
            raise ModelError(unique.values())


def _by_place(problem: Problem) -> tuple[str, int, int]:
    place = problem.place
    return (place.source.name, place.line, place.column) if place else (problem.file or "", 0, 0)


def shown(value: object) -> str:
    """A value as a message quotes it: strings in quotes, long ones cut in the middle."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**20:
        digits = len(str(abs(value)))
        return f"a number of {digits} digits"
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:50]}...{text[-20:]}"


def closest(word: str, words: Iterable[str]) -> str | None:
    """The word most like `word` among `words`, None when none is like it."""
    from difflib import get_close_matches

    known = {candidate.lower(): candidate for candidate in words}
    found = get_close_matches(word.lower(), known, n=1, cutoff=0.6)
    return known[found[0]] if found else None


def did_you_mean(word: str, words: Iterable[str]) -> str | None:
    """A help line with the closest of `words`, None when none is close."""
    found = closest(word, words)
    return f"did you mean '{found}'?" if found else None
