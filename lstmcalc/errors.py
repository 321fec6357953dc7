"""What can be wrong with a model, and where."""

import errno
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from typing import TypeVar

import msgspec

from lstmcalc.limits import DIGITS, MESSAGE, PROBLEMS

# Why the system refuses a file, by the names that POSIX gives its reasons: their words change with the system, the
# language and the version of Python.
REASONS = {
    "ENOENT": "no such file or directory",
    "ENOTDIR": "a part of the path is not a directory",
    "EISDIR": "is a directory",
    "EEXIST": "there is one already",
    "EACCES": "permission denied",
    "EPERM": "operation not permitted",
    "EROFS": "the file system is read-only",
    "ELOOP": "too many levels of symbolic links",
    "ENAMETOOLONG": "the name is too long",
    "EMFILE": "too many files are open",
    "ENFILE": "too many files are open",
    "ENOSPC": "no space left on device",
    "EDQUOT": "the disk quota is used up",
    "EFBIG": "the file would be too large",
    "ENOMEM": "there is not enough memory",
    "EBUSY": "it is in use",
    "ETXTBSY": "it is in use",
    "EBADF": "it is closed",
    "EPIPE": "nobody reads it",
    "EIO": "the device failed",
    "ENXIO": "there is no such device",
    "ENODEV": "there is no such device",
    "ESTALE": "its file system is gone",
    "ETIMEDOUT": "its file system does not answer",
}
LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")  # as libyaml counts lines


class Source(msgspec.Struct, frozen=True, eq=False, dict=True):
    """A text that was read: its name as the user knows it, and its characters."""

    name: str
    text: str
    is_file: bool = True

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(found.end() for found in LINE_BREAK.finditer(self.text))]

    def line(self, number: int) -> str:
        """The line of that number (1-based), empty when there is none."""
        if not 0 < number <= len(self._starts):
            return ""
        start = self._starts[number - 1]
        found = LINE_BREAK.search(self.text, start)
        return self.text[start : found.start() if found else None]

    def offset(self, place: "Place") -> int:
        """The offset of the character at that place, the text's length for a place after its end."""
        if place.line > len(self._starts):
            return len(self.text)
        return self._starts[place.line - 1] + place.column - 1

    def place(self, offset: int) -> "Place":
        """The place of the character at that offset."""
        line = bisect_right(self._starts, offset)
        return Place(self, line, offset - self._starts[line - 1] + 1)

    def position(self, place: "Place") -> tuple[int, int] | None:
        """Line and column of a place in it, as they are said; None in what has no lines."""
        return place.line, place.column

    def where(self, place: "Place") -> str:
        """A place in it, as errors say it: `file:line:column`."""
        position = self.position(place)
        return self.name if position is None else f"{self.name}:{position[0]}:{position[1]}"


class Place(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A position in a source; line and column are 1-based, in characters."""

    source: Source
    line: int = 1
    column: int = 1

    def later(self, characters: int) -> "Place":
        """The place so many characters further in the same line."""
        return Place(self.source, self.line, self.column + characters)


class Problem(msgspec.Struct, frozen=True):
    """One mistake: what was found and what is taken, what to do (`help`), and where.

    Each is one line of printable characters, and no longer than a person reads, whatever it quotes.
    """

    message: str
    place: Place | None = None
    layer: str | None = None
    help: str | None = None
    file: str | None = None

    def __post_init__(self) -> None:
        for field in ("message", "layer", "help"):
            text = getattr(self, field)
            if text is not None and (len(text) > MESSAGE or not text.isprintable()):
                msgspec.structs.force_setattr(self, field, _line(text))

    @property
    def text(self) -> str:
        """The message with the layer's name before it."""
        return f"{self.layer}: {self.message}" if self.layer else self.message

    @property
    def where(self) -> str | None:
        """`file:line:column`, or the file alone, or None."""
        return self.file if self.place is None else self.place.source.where(self.place)

    @property
    def path(self) -> str | None:
        """The file's name, None when it stands in no file."""
        if self.place is None:
            return self.file
        return self.place.source.name if self.place.source.is_file else None

    @property
    def line(self) -> int | None:
        """The line, 1-based."""
        position = self._position
        return None if position is None else position[0]

    @property
    def column(self) -> int | None:
        """The column, 1-based, in characters."""
        position = self._position
        return None if position is None else position[1]

    @property
    def _position(self) -> tuple[int, int] | None:
        return None if self.place is None else self.place.source.position(self.place)

    def __str__(self) -> str:
        line = f"{self.where}: {self.text}" if self.where else self.text
        return f"{line} ({self.help})" if self.help else line


class Note(Problem, frozen=True):
    """What is allowed and surely not meant: as a problem is said, and nothing stops for it."""


class ModelError(Exception):
    """Everything that a model can have wrong with it; the base of all errors a model can cause.

    `message`, `file`, `line`, `column`, `layer` and `help` are those of the first
    problem; `problems` holds every one that was found, sorted by place, and `notes` what
    was noted of the model until then.
    """

    def __init__(self, problems: Problem | Iterable[Problem], notes: Iterable[Note] = ()) -> None:
        found = (problems,) if isinstance(problems, Problem) else tuple(problems)
        self.problems: tuple[Problem, ...] = tuple(sorted(found, key=_by_place))
        self.notes: tuple[Note, ...] = tuple(notes)
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type["ModelError"], tuple[tuple[Problem, ...], tuple[Note, ...]]]:
        return type(self), (self.problems, self.notes)  # made again of its problems, for another process

    @property
    def message(self) -> str:
        """What was found and what is taken."""
        return self.problems[0].message

    @property
    def file(self) -> str | None:
        """The file's name, None when the model came from no file."""
        return self.problems[0].path

    @property
    def line(self) -> int | None:
        """The line, 1-based."""
        return self.problems[0].line

    @property
    def column(self) -> int | None:
        """The column, 1-based, in characters."""
        return self.problems[0].column

    @property
    def layer(self) -> str | None:
        """The name of the layer that the problem is about."""
        return self.problems[0].layer

    @property
    def help(self) -> str | None:
        """What to do about it."""
        return self.problems[0].help


class NoModelFound(ModelError):
    """A script that builds no model."""


def reason_of(error: OSError | ValueError) -> str:
    """Why a file was refused, in words of ours: by the number of the system, or by what no name of a file can hold."""
    if isinstance(error, UnicodeError):
        return "its name has a character that no name of a file can have"
    if not isinstance(error, OSError):
        return "its name has a NUL, which no name of a file can have"  # the one ValueError that opening a file raises
    name = errno.errorcode.get(error.errno or 0, "")
    return REASONS.get(name) or f"the system refuses it{f' ({name})' if name else ''}"


class Refusal(Exception):
    """A layer's word that it cannot be: raised where it is known, placed where the place is known.

    `argument` names the argument at fault, where one is; `inside` says where in its
    value the fault is: positions in lists, and keys.
    """

    def __init__(self, message: str, help: str | None = None, argument: str | None = None) -> None:
        super().__init__(message)
        self.inside: tuple[int | str, ...] = ()
        self.message = message
        self.help = help
        self.argument = argument


class Remark(msgspec.Struct, frozen=True):
    """A layer's word that something of it is allowed and surely not meant: a Refusal that refuses nothing."""

    message: str
    help: str | None = None
    argument: str | None = None


@contextmanager
def inside(step: int | str) -> Iterator[None]:
    """A block whose Refusal is about one entry of a list or a mapping."""
    try:
        yield
    except Refusal as refusal:
        refusal.inside = (step, *refusal.inside)
        raise


class Problems:
    """Collects the mistakes that can be found together, raises them together, and keeps what is only noted."""

    def __init__(self) -> None:
        self.found: list[Problem] = []
        self.notes: list[Note] = []

    def add(self, message: str, place: Place | None, layer: str | None = None, help: str | None = None) -> None:
        """One more mistake."""
        self.found.append(Problem(message, place, layer, help))

    def note(self, message: str, place: Place | None, layer: str | None = None, help: str | None = None) -> None:
        """One more thing that is allowed and surely not meant."""
        self.notes.append(Note(message, place, layer, help))

    @contextmanager
    def caught(self) -> Iterator[None]:
        """A block whose ModelError is kept for later."""
        try:
            yield
        except ModelError as error:
            self.found.extend(error.problems)
            self.notes.extend(error.notes)

    @property
    def are_enough(self) -> bool:
        """Whether so many were found that nobody looks for more."""
        return len(self.found) > PROBLEMS

    def raise_found(self) -> None:
        """Raise ModelError when there is any: each problem once, and the first `limits.PROBLEMS` of them."""
        if self.found:
            first, last = _first(self.found)
            if last is not None:
                first.append(Problem(f"there are more problems than these {PROBLEMS}", last.place, file=last.file))
            raise ModelError(first, merge_notes(self.notes))


def merge_notes(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Notes in the order of their places, each once, and the first `limits.PROBLEMS` of them."""
    first, last = _first(notes)
    if last is not None:
        first.append(Note(f"there are more notes than these {PROBLEMS}", last.place, file=last.file))
    return tuple(first)


Kind = TypeVar("Kind", bound=Problem)


def _first(problems: Iterable[Kind]) -> tuple[list[Kind], Kind | None]:
    """The first `limits.PROBLEMS` of problems by place, each once; and the last of these where there are more."""
    unique = {(str(problem), problem.where): problem for problem in problems}
    ordered = sorted(unique.values(), key=_by_place)
    return ordered[:PROBLEMS], ordered[PROBLEMS - 1] if len(ordered) > PROBLEMS else None


def _by_place(problem: Problem) -> tuple[str, int, int]:
    place = problem.place
    return (place.source.name, place.line, place.column) if place else (problem.file or "", 0, 0)


def _line(text: str) -> str:
    text = text if len(text) <= MESSAGE else f"{text[: MESSAGE // 2]}...{text[-MESSAGE // 4 :]}"
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def is_name(text: str) -> bool:
    """Whether a text can name a layer or an input: Keras takes no '/', and no terminal control characters."""
    return bool(text) and "/" not in text and text.isprintable()


def shown(value: object) -> str:
    """A value as a message quotes it, in YAML's words: strings in quotes, long ones cut in the middle."""
    text = _written(value)
    return text if len(text) <= 80 else f"{text[:50]}...{text[-20:]}"


def _written(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() if abs(value) >= 10**DIGITS:
            return f"a number of more than {DIGITS} digits"
        case int() if abs(value) >= 10**20:
            return f"a number of {len(str(abs(value)))} digits"
        case float():
            return (
                repr(value) if abs(value) < float("inf") else {"inf": ".inf", "-inf": "-.inf"}.get(str(value), ".nan")
            )
        case str():
            return repr(value if len(value) <= 200 else value[:100] + value[-100:])
        case list() | tuple():
            return f"[{', '.join(map(shown, value[:20]))}{', ...' if len(value) > 20 else ''}]"
        case dict():
            return "{" + ", ".join(f"{_word(key)}: {shown(value[key])}" for key in list(value)[:20]) + "}"
    return repr(value)


def _word(key: object) -> str:
    text = key if isinstance(key, str) else shown(key)
    return text if text.isprintable() and len(text) <= 40 else shown(text)


def closest(word: str, words: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The word most like `word` among `words` (the first 1000), None when none is as like it as the `cutoff` asks."""
    from difflib import get_close_matches

    if len(word) > 100:
        return None
    known = {candidate.lower(): candidate for candidate in islice(words, 1000)}
    found = get_close_matches(word.lower(), known, n=1, cutoff=cutoff)
    return known[found[0]] if found else None


def did_you_mean(word: str, words: Iterable[str]) -> str | None:
    """A help line with the closest of `words`, None when none is close."""
    found = closest(word, words)
    return f"did you mean {shown(found)}?" if found else None
