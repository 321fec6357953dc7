"""What is no YAML: told by what stands at the places that the parser names, and not by what it says of them."""

import re

from yaml.scanner import ScannerError

from lstmcalc.errors import ModelError, Place, Problem, Source, shown
from lstmcalc.limits import NESTING

BARE_CLASS = re.compile(r"\s*-\s+([A-Z]\w*)\s*(#.*)?\Z")
# Brackets and what stands between them: strings in quotes, comments, words.
TOKEN = re.compile(r"""[\[\]{}]|"(?:[^"\\]|\\[\s\S])*"?|'[^']*'?|\#.*|[^\s,\[\]{}]+""")
STRING = re.compile(r""""(?:[^"\\]|\\[\s\S])*"|'(?:[^']|'')*+'""")
DIGITS = {"x": 2, "u": 4, "U": 8}  # of base 16, after the letter of an escape
ANCHOR = re.compile(r"[&*][\w-]+(?=\s|\Z)", re.ASCII)
TAG = re.compile(r"!\S*\s")
CLOSING = {"[": "]", "{": "}"}
ALIGN = "items of one list, and keys of one mapping, begin in the same column"
QUOTE = "put the value in quotes"
COLON = "write 'key: value', with a space, or put the value in quotes"


def syntax_error(source: Source, error: Exception, depth: int = 0, read: object = None) -> ModelError:
    """The ModelError of a PyYAML error: raised `depth` levels deep, after the mark `read`."""
    complaint = _Complaint(source, error)
    deep = _too_deep(source, depth, _place_of(source, read), complaint.place)
    return ModelError(deep or complaint.problem())


def _place_of(source: Source, mark: object) -> Place:
    """The place of a parser's mark; the beginning without one."""
    place = Place(source, getattr(mark, "line", 0) + 1, getattr(mark, "column", 0) + 1)
    return source.place(source.offset(place))  # libyaml's end is a line of its own


def _too_deep(source: Source, depth: int, read: Place, end: Place) -> Problem | None:
    """Whether the text between what was read and a complaint nests too deep.

    A parser looks ahead for the end of a key before it tells of any bracket, and some have a
    limit of their own for what they find there.
    """
    for token in TOKEN.finditer(source.text, source.offset(read), source.offset(end) + 1):
        first = token[0][0]
        if first in "]}":
            depth -= 1
        elif first != "#":
            if depth >= NESTING:
                return Problem(f"nested more than {NESTING} levels deep", source.place(token.start()))
            depth += first in "[{"
    return None


class _Complaint:
    """A parser's complaint: where it was noticed, and where what was being read began, if that is known."""

    def __init__(self, source: Source, error: Exception) -> None:
        self.source = source
        self.is_in_a_token = isinstance(error, ScannerError)
        self.place = _place_of(source, getattr(error, "problem_mark", None))
        mark = getattr(error, "context_mark", None)
        self.start = _place_of(source, mark) if mark is not None else None
        self.offset = source.offset(self.place)
        self.begun = source.offset(self.start) if self.start is not None else self.offset
        self.character = source.text[self.offset : self.offset + 1]
        self.opening = source.text[self.begun : self.begun + 1]
        self.line = source.line(self.place.line)

    def problem(self) -> Problem:
        if self.is_in_a_token:
            return self._within() if self.begun < self.offset else self._at_first()
        if self.start is None:
            return self._directive() or self._said("a document begins where none can")
        if self.begun == self.offset or self.opening in "&!":
            return self._tag() or self._no_value()
        return self._open_bracket() or self._out_of_line()

    def _said(self, message: str, help: str | None = None, place: Place | None = None) -> Problem:
        return Problem(f"not YAML: {message}", place or self.place, help=help)

    @property
    def _is_at_end(self) -> bool:
        return not self.source.text[self.offset :].strip()

    # Characters with which nothing begins.

    def _at_first(self) -> Problem:
        """What no token can begin with, or none that may stand here."""
        following = self.source.text[self.offset + 1 : self.offset + 2]
        match self.character:
            case "\t":
                return self._tab()
            case ":":
                return self._no_key()
            case "-" if not following.strip():
                return self._said("a list begins in a line of its own", "or write it in brackets: [...]")
            case "?" if not following.strip():
                return self._said("no key can begin here", ALIGN) if self._begins_its_line else self._has_ended()
        if self.character in "@`%|>":
            return self._said(f"the character {shown(self.character)} cannot begin a value", QUOTE)
        return self._said("this cannot stand here")

    def _tab(self) -> Problem:
        return self._said("a tab stands where YAML wants spaces", "replace the tab with spaces")

    def _no_key(self) -> Problem:
        above = BARE_CLASS.match(self.source.line(self.place.line - 1))
        help = f"an item with keys beside it is written with a colon: '- {above[1]}:'" if above else None
        return self._said("a ':' stands where no key can be", help)

    # Tokens that do not go on as they began.

    def _within(self) -> Problem:
        match self.opening:
            case '"' | "'":
                found = self._string()
            case "&" | "*":
                found = self._anchor()
            case "%":
                found = self._directive()
            case "!":
                found = self._tag()
            case "|" | ">" if self.character != "\t":
                found = self._said("after | or > the line ends")
            case _:
                found = None
        return found or self._word()

    def _string(self) -> Problem | None:
        """A string without an end, or with an escape that YAML does not have."""
        if STRING.match(self.source.text, self.begun, self.offset):
            return None  # it is whole: a key, without a colon behind it
        slash = self._backslash()
        if slash is None:
            assert self.start is not None
            return self._said("the string that begins here has no end", f"close it with {self.opening}", self.start)
        letter = self.source.text[slash + 1 : slash + 2]
        place = self.place.later(-1) if slash == self.offset - 1 else self.place
        if letter not in DIGITS:
            help = "write \\\\ for a backslash, or put single quotes around"
            return self._said("this escape is unknown", help, place)
        digits = self.source.text[slash + 2 : slash + 2 + DIGITS[letter]]
        is_whole = re.fullmatch(f"[0-9A-Fa-f]{{{DIGITS[letter]}}}", digits) is not None
        message = "this escape stands for no character" if is_whole else "this escape is not followed by its digits"
        return self._said(message, None, place)

    def _backslash(self) -> int | None:
        """Where the escape begins that is complained of: at the place, or so many characters before as one is long."""
        if self.opening != '"' or self._is_at_end:
            return None
        text = self.source.text
        for offset in range(self.offset, max(self.begun, self.offset - 2 - max(DIGITS.values())), -1):
            if text[offset] == "\\" and STRING.fullmatch(text[self.begun : offset] + '"'):
                return offset
        return None

    def _anchor(self) -> Problem | None:
        if ANCHOR.match(self.source.text, self.begun):
            return None  # it is whole: a key, without a colon behind it
        return self._said("an anchor or an alias needs a name, of letters and digits", QUOTE)

    def _directive(self) -> Problem | None:
        if "%" not in (self.opening, self.character):
            return None
        return self._said("a line that begins with % is a directive, and this is none", QUOTE)

    def _tag(self) -> Problem | None:
        if "!" not in (self.opening, self.character) or TAG.match(self.source.text, self.begun, self.offset):
            return None
        return self._said("this tag is not taken: a model is data, and makes no objects")

    def _word(self) -> Problem:
        """A word with what it cannot hold, or a key that no colon follows."""
        if self.character == "\t":
            return self._tab()
        if self.character == ":" and self.source.text[self.offset + 1 : self.offset + 2].strip():
            return self._said("a ':' inside a word", COLON)
        help = "write 'key: value', with a space after the colon"
        return self._said("a key begins here, but no ':' follows it", help, self.start)

    # Tokens that do not follow each other.

    def _open_bracket(self) -> Problem | None:
        """A bracket that was not closed where something stands that cannot be in it."""
        if self.opening not in CLOSING or self._is_closed():
            return None
        assert self.start is not None
        closing = CLOSING[self.opening]
        is_later = self.place.line > self.start.line and self.character == ":"
        if is_later or self._is_at_end:
            return self._said(f"this '{self.opening}' is not closed", f"close it with '{closing}'", self.start)
        help = f"the '{self.opening}' of line {self.start.line}, column {self.start.column} is still open"
        return self._said(f"',' or '{closing}' was expected before this", help)

    def _is_closed(self) -> bool:
        """Whether the bracket with which it began was closed before the place."""
        depth = 0
        for token in TOKEN.finditer(self.source.text, self.begun, self.offset):
            depth += (token[0][0] in "[{") - (token[0][0] in "]}")
            if depth == 0:
                return True
        return False

    def _no_value(self) -> Problem:
        if self.begun < self.offset:
            return self._out_of_line()
        if self._is_at_end:
            return self._said("here is the end, where a value was expected")
        return self._no_key() if self.character == ":" else self._said("a value was expected here")

    @property
    def _begins_its_line(self) -> bool:
        return not self.line[: self.place.column - 1].strip()

    def _out_of_line(self) -> Problem:
        if not self._begins_its_line:
            return self._has_ended()
        return self._said("this does not stand in line with what is above it", ALIGN)

    def _has_ended(self) -> Problem:
        return self._said("the value has ended, and this cannot follow it")
