"""What a MODEL argument may be: where its bytes come from, which kind they are of, and the model of it."""

import os
import re
import sys
from collections.abc import Callable, Iterable
from functools import cached_property, lru_cache
from typing import Any, TextIO, TypeVar

import msgspec

from lstmcalc.errors import ModelError, Problem, Problems, Source, reason_of
from lstmcalc.formats.document import spec_of_document, spec_of_expression, spec_of_stages, stages_of
from lstmcalc.formats.files import (
    UNREAD,
    Reader,
    read_bytes,
    spec_reader,
    suffix_of,
    unread,
    unreadable,
)
from lstmcalc.formats.revisions import PREFIX
from lstmcalc.formats.spec import Spec
from lstmcalc.formats.text import decode
from lstmcalc.formats.variables import Variables
from lstmcalc.limits import NESTING, SPEC_BYTES
from lstmcalc.models.build import build
from lstmcalc.models.context import Bindings
from lstmcalc.models.model import BuiltModel

Made = TypeVar("Made")

STDIN, STDIN_NAME = "-", "<stdin>"
SPEC_SUFFIXES = (".yaml", ".yml")


# Where the bytes come from.


class Content(msgspec.Struct, frozen=True, eq=False, dict=True):
    """What a MODEL argument holds: bytes that are read when they are asked for, and once.

    `name` is how errors call it; `path` is None of an expression and of standard input.
    """

    name: str
    path: str | None
    read: Callable[[], bytes] | None  # None of an expression, which stands in the argument itself

    @cached_property
    def data(self) -> bytes:
        """The bytes, one more than a spec may have at most. Raises ModelError."""
        return b"" if self.read is None else self.read()

    @cached_property
    def text(self) -> Source:
        """The text. Raises ModelError when the bytes are none."""
        return decode(self.data, self.name)

    @property
    def suffix(self) -> str:
        """The suffix of the path: `.yaml`."""
        return suffix_of(self.path or "")


def content_of(argument: str) -> Content:
    """What a MODEL argument holds: a path, `git:REV:path`, `-` for standard input, or an expression.

    A known suffix is always that of a path. Raises ModelError for what is none of these.
    """
    argument = os.fsdecode(argument)
    suffix = suffix_of(argument)
    if argument == STDIN:
        return Content(STDIN_NAME, None, _read_stdin)
    if suffix in SPEC_SUFFIXES or os.path.exists(argument) or argument.startswith(PREFIX):
        return Content(argument, argument, lambda: read_bytes(argument))
    if suffix in UNREAD:
        raise unreadable(argument, "no such file or directory")
    if "(" in argument:
        return Content(argument, None, None)
    help = "an expression has parentheses: 'Input(5, 1) | LSTM(5)'"
    raise ModelError(Problem("no such file, and not an expression", file=argument, help=help))


def _read_stdin() -> bytes:
    if sys.stdin is None:
        raise unreadable(STDIN_NAME, "standard input is closed")
    try:
        return _bytes_of_stream(sys.stdin)
    except OSError as error:
        raise unreadable(STDIN_NAME, reason_of(error)) from None


@lru_cache(maxsize=1)
def _bytes_of_stream(stream: TextIO) -> bytes:
    """What a stream gives, which gives it once, for all who ask."""
    return stream.buffer.read(SPEC_BYTES + 1)


# Which kind they are of.


class Kind(msgspec.Struct, frozen=True, eq=False):
    """One thing that a MODEL argument may hold: told by `matches`, and `opens` gives what makes Specs of it.

    The first of `KINDS` that matches is it. `opens` raises ModelError.
    """

    what: str
    matches: Callable[[Content], bool]
    opens: Callable[[Content], Reader]


def _expression_reader(content: Content) -> Reader:
    source = Source("<expression>", content.name, is_file=False)
    stages = stages_of(source)
    return lambda given: spec_of_stages(source, stages, given)


def _document_reader(content: Content) -> Reader:
    """What makes Specs of a spec; that of standard input has no file to be named after, nor to find others beside."""
    if content.path is not None:
        return spec_reader(content.text)
    from lstmcalc.formats.yaml import read_yaml

    root = read_yaml(content.text)
    return lambda given: spec_of_document(root, given)


def _is_saved_summary(content: Content) -> bool:
    """Whether it is what `summary --format json` printed: by a key that no other JSON has."""
    text = content.text.text
    if not text.lstrip().startswith("{"):  # most are YAML, for which no pattern is compiled
        return False
    if re.match(r'\s*\{\s*"schema_version"\s*:', text):
        return True
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return False
    return isinstance(found, dict) and type(found.get("schema_version")) is int  # true is none


def _refuse(content: Content) -> Reader:
    raise unread(content.name)


def _unread(what: str, *suffixes: str) -> Kind:
    """A kind that is known by its suffix, and not read by this version."""
    return Kind(what, lambda content: content.suffix in suffixes, _refuse)


EXPRESSION = Kind("an expression", lambda content: content.read is None, _expression_reader)
SAVED_SUMMARY = Kind("a saved summary", _is_saved_summary, _refuse)
SPEC = Kind("a spec", lambda content: True, _document_reader)
KINDS = (
    EXPRESSION,
    *(_unread(what, suffix) for suffix, what in UNREAD.items() if suffix != ".json"),
    SAVED_SUMMARY,
    _unread(UNREAD[".json"], ".json"),
    SPEC,
)


def kind_of(content: Content, takes_saved: bool = False) -> Kind:
    """The kind of a content; a saved summary is one for a comparison alone. Raises ModelError."""
    return next(kind for kind in KINDS if (takes_saved or kind is not SAVED_SUMMARY) and kind.matches(content))


# The model of it.


class Template:
    """A MODEL argument, read once, of which models are made with values of its variables. Raises ModelError."""

    def __init__(self, source: str | Content, reading: "Reading | None" = None) -> None:
        content = source if isinstance(source, Content) else content_of(source)
        self.reading = reading or Reading()
        self.file = content.path if content.path is not None and os.path.exists(content.path) else None
        self.read = _within_the_stack(lambda: kind_of(content).opens(content))

    def spec_and_model(self, given: Variables) -> tuple[Spec, BuiltModel]:
        """What it says with those values, and the model of it. Raises ModelError."""

        def make() -> tuple[Spec, BuiltModel]:
            reading, spec = self.reading, self.read(given)
            if reading.dialect is not None and spec.dialect is None:
                spec = msgspec.structs.replace(spec, dialect=reading.dialect)
            model = build(spec, reading.bindings, self.file)
            return spec, model if reading.notes else msgspec.structs.replace(model, notes=())

        return _within_the_stack(make)


class Reading(msgspec.Struct, frozen=True):
    """How MODEL arguments are read: with which values of variables and which sizes; and the dtype of their sizes.

    `dialect` is that of what does not say its own; `notes` whether they are wanted.
    """

    given: dict[str, Any] = {}
    bindings: Bindings = Bindings()
    dtype: str | None = None
    dialect: str | None = None
    notes: bool = True

    def spec_and_model(self, source: str | Content) -> tuple[Spec, BuiltModel]:
        """What a MODEL argument says, and the model of it. Raises ModelError."""
        return self.template(source).spec_and_model(variables_of(self.given))

    def model(self, source: str | Content) -> BuiltModel:
        """The model of a MODEL argument. Raises ModelError."""
        return self.spec_and_model(source)[1]

    def template(self, source: str | Content) -> Template:
        """A MODEL argument of which models with other values are made. Raises ModelError."""
        return Template(source, self)


def model_of(source: str, given: dict[str, Any] | None = None) -> BuiltModel:
    """The model of a MODEL argument. Raises ModelError."""
    return Reading(given or {}).model(source)


def made_of_each(sources: Iterable[str], make: Callable[[str], Made]) -> list[Made]:
    """What is made of each of several MODEL arguments. Raises ModelError with what is wrong with any."""
    problems = Problems()
    made: list[Made] = []
    for source in sources:
        with problems.caught():
            made.append(make(source))
    problems.raise_found()
    return made


def of_expression(
    expression: str, given: dict[str, Any] | None = None, dialect: str | None = None
) -> tuple[Spec, BuiltModel]:
    """What a one-line expression says in a dialect, and the model of it. Raises ModelError."""
    source = Source("<expression>", expression, is_file=False)
    return _made(lambda: msgspec.structs.replace(spec_of_expression(source, variables_of(given)), dialect=dialect))


def of_text(source: Source, given: dict[str, Any] | None = None) -> tuple[Spec, BuiltModel]:
    """What a YAML text says, and the model of it. Raises ModelError."""
    from lstmcalc.formats.yaml import read_yaml

    return _made(lambda: spec_of_document(read_yaml(source), variables_of(given)))


def of_dict(spec: dict[str, Any], given: dict[str, Any] | None = None) -> tuple[Spec, BuiltModel]:
    """What a dictionary with the keys of a spec says, and the model; places count in it written as JSON.

    Raises ModelError.
    """
    from lstmcalc.formats.dictionary import write_json

    return of_text(write_json("<dict>", spec), given)


def model_of_text(source: Source, given: dict[str, Any] | None = None) -> BuiltModel:
    """The model of a YAML text. Raises ModelError."""
    return of_text(source, given)[1]


def _made(read: Callable[[], Spec]) -> tuple[Spec, BuiltModel]:
    def make() -> tuple[Spec, BuiltModel]:
        spec = read()
        return spec, build(spec)

    return _within_the_stack(make)


def _within_the_stack(make: Callable[[], Made]) -> Made:
    """What `make` gives; a ModelError where Python's stack ends before a bound of `limits` is met."""
    try:
        return make()
    except RecursionError:
        raise ModelError(
            Problem(f"nested too deep: {NESTING} levels are the most, of models inside models fewer")
        ) from None


def variables_of(given: dict[str, Any] | None) -> Variables:
    """The values of `--set NAME=VALUE`: a string is read as the command line's, as YAML."""
    variables: Variables = {}
    for name, value in (given or {}).items():
        from lstmcalc.formats.yaml import read_yaml

        source = Source(f"--set {name}", value, is_file=False) if isinstance(value, str) else _written(name, value)
        variables[name] = read_yaml(source, empty=f"--set gives '{name}' no value")
    return variables


def _written(name: str, value: object) -> Source:
    from lstmcalc.formats.dictionary import write_json

    return write_json(f"--set {name}", value)
