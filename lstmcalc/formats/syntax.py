"""What is no YAML: the parser's complaint in words that say what to do, at the place of the mistake."""

import re

from lstmcalc.errors import ModelError, Place, Problem, Source, shown

BARE_CLASS = re.compile(r"\s*-\s+([A-Z]\w*)\s*(#.*)?\Z")
ALIGN = "items of one list, and keys of one mapping, begin in the same column"
QUOTE = "put the value in quotes"
# What libyaml, or PyYAML's own parser where libyaml is missing, says of a mistake; what we say; what to do.
COMPLAINTS = (
    (
        r"did not find expected key|did not find expected '-' indicator|expected <block end>",
        "this does not stand in line with what is above it",
        ALIGN,
    ),
    (r"mapping keys are not allowed", "no key can begin here", ALIGN),
    (r"found unexpected ':'", "a ':' inside a word", "write 'key: value', with a space, or put the value in quotes"),
    (r"tab character that violates", "a tab stands where YAML wants spaces", "replace the tab with spaces"),
    (r"sequence entries are not allowed", "a list begins in a line of its own", "or write it in brackets: [...]"),
    (r"expected node content|expected the node content", "a value was expected here", None),
    (r"unknown escape character", "this escape is unknown", "write \\\\ for a backslash, or put single quotes around"),
    (r"expected hexdecimal|expected escape sequence", "this escape is not followed by its digits", None),
    (r"invalid Unicode character escape", "this escape stands for no character", None),
    (r"expected alphabetic or numeric", "an anchor or an alias needs a name, of letters and digits", QUOTE),
    (r"undefined tag handle", "this tag is not taken: a spec is data, and makes no objects", None),
    (r"expected comment or line break|chomping or indentation", "after | or > the line ends", None),
    (r"document start", "a document begins where none can", None),
)


def syntax_error(source: Source, error: Exception) -> ModelError:
    """The ModelError of a PyYAML error."""
    return ModelError(_Complaint(source, error).problem())


class _Complaint:
    """A parser's complaint, where it was noticed, and where what it was reading began."""

    def __init__(self, source: Source, error: Exception) -> None:
        self.source = source
        self.text = str(getattr(error, "problem", None) or error).strip()
        self.reading = str(getattr(error, "context", None) or "")
        self.place = self._place(getattr(error, "problem_mark", None))
        self.start = self._place(getattr(error, "context_mark", None))

    def _place(self, mark: object) -> Place:
        line, column = getattr(mark, "line", 0), getattr(mark, "column", 0)
        place = Place(self.source, line + 1, column + 1)
        return self.source.place(self.source.offset(place))  # libyaml's end is a line of its own

    def _character(self, place: Place) -> str:
        offset = self.source.offset(place)
        return self.source.text[offset : offset + 1]

    def _says(self, pattern: str) -> bool:
        return re.search(pattern, self.text) is not None

    def problem(self) -> Problem:
        found = self._character_that_begins_nothing() or self._colon() or self._open_bracket() or self._open_quote()
        return found or self._directive() or self._listed() or Problem(f"not YAML: {self.text}", self.place)

    def _character_that_begins_nothing(self) -> Problem | None:
        if not self._says("cannot start any token"):
            return None
        character = self._character(self.place)
        if character == "\t":
            message = "not YAML: a tab stands where YAML wants spaces"
            return Problem(message, self.place, help="replace the tab with spaces")
        return Problem(f"not YAML: the character {shown(character)} cannot begin a value", self.place, help=QUOTE)

    def _colon(self) -> Problem | None:
        if self._says("could not find expected ':'"):
            space = "write 'key: value', with a space after the colon"
            return Problem("not YAML: a key begins here, but no ':' follows it", self.start, help=space)
        if not self._says("mapping values are not allowed"):
            return None
        above = BARE_CLASS.match(self.source.line(self.place.line - 1))
        help = f"an item with keys beside it is written with a colon: '- {above[1]}:'" if above else None
        return Problem("not YAML: a ':' stands where no key can be", self.place, help=help)

    def _open_bracket(self) -> Problem | None:
        found = re.search(r"expected ',' or '([\]}])'", self.text)
        if not found:
            return None
        opening = self._character(self.start)
        is_later = self.place.line > self.start.line and self._character(self.place) == ":"
        if is_later or self.source.offset(self.place) >= len(self.source.text.rstrip()):
            return Problem(f"not YAML: this '{opening}' is not closed", self.start, help=f"close it with '{found[1]}'")
        help = f"the '{opening}' of line {self.start.line}, column {self.start.column} is still open"
        return Problem(f"not YAML: ',' or '{found[1]}' was expected before this", self.place, help=help)

    def _open_quote(self) -> Problem | None:
        if "quoted scalar" not in self.reading or not self._says("unexpected end of stream|unexpected document"):
            return None
        quote = self._character(self.start)
        return Problem("not YAML: the string that begins here has no end", self.start, help=f"close it with {quote}")

    def _directive(self) -> Problem | None:
        if "directive" not in self.reading:
            return None
        return Problem("not YAML: a line that begins with % is a directive, and this is none", self.place, help=QUOTE)

    def _listed(self) -> Problem | None:
        for pattern, message, help in COMPLAINTS:
            if not self._says(pattern):
                continue
            line, place = self.source.line(self.place.line), self.place
            if "value was expected" in message and not self.source.text[self.source.offset(place) :].strip():
                message = "here is the end, where a value was expected"
            if help is ALIGN and line[: place.column - 1].strip():
                return Problem("not YAML: the value has ended, and this cannot follow it", place)
            if "escape" in message and line[place.column - 2 : place.column - 1] == "\\":
                place = place.later(-1)
            return Problem(f"not YAML: {message}", place, help=help)
        return None
