"""YAML to values with places: events from libyaml, with limits, and no dict in between."""

import re
from collections.abc import Iterator

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from yaml.reader import Reader

from lstmcalc.errors import ModelError, Place, Problem, Refusal, Source
from lstmcalc.limits import NESTING, NODES
from lstmcalc.spec.scalars import resolve
from lstmcalc.spec.values import Mapping, Scalar, Sequence, Value
from lstmcalc.spec.variables import variable

try:
    from yaml._yaml import CParser as Parser
except ImportError:  # PyYAML was built without libyaml
    from yaml import Loader as Parser  # type: ignore[assignment]

TAGS = {
    "tag:yaml.org,2002:str": str,
    "tag:yaml.org,2002:int": int,
    "tag:yaml.org,2002:float": float,
    "tag:yaml.org,2002:bool": bool,
    "tag:yaml.org,2002:null": type(None),
    "tag:yaml.org,2002:seq": list,
    "tag:yaml.org,2002:map": dict,
}
BARE_CLASS = re.compile(r"\s*-\s+([A-Z]\w*)\s*(#.*)?\Z")


def read_yaml(source: Source) -> Value:
    """The one document of a YAML text.

    Raises ModelError, with its place, for what YAML does not allow and for what this
    program does not take: two documents, a duplicate key, an alias that contains itself,
    a tag that makes objects, more nesting or nodes than `limits` says.
    """
    _refuse_unprintable(source)
    return _Composer(source).document()


def _refuse_unprintable(source: Source) -> None:
    found = Reader.NON_PRINTABLE.search(source.text)
    if found:
        before = source.text[: found.start()]
        place = Place(source, before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise ModelError(
            Problem(
                f"the character U+{ord(found[0]):04X} cannot stand in YAML: this is not a text file, or not UTF-8",
                place,
            )
        )


class _Composer:
    """Builds values from events, and keeps what anchors name while it does."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.anchors: dict[str, tuple[Value, int]] = {}
        self.open: set[str] = set()
        self.nodes = 0

    def document(self) -> Value:
        events = self._events()
        root: Value | None = None
        for event in events:
            if isinstance(event, DocumentStartEvent):
                if root is not None:
                    raise self._error("a second document begins here: one model is one document", event)
                root = self._value(next(events), events, 1)
        if root is None:
            raise ModelError(
                Problem(
                    "there is nothing in it: a spec has 'input' and 'layers'",
                    Place(self.source),
                )
            )
        return root

    def _events(self) -> Iterator[Event]:
        parser = Parser(self.source.text)
        try:
            while event := parser.get_event():
                yield event
        except yaml.YAMLError as error:
            raise self._syntax_error(error) from None
        finally:
            parser.dispose()

    def _value(self, event: Event, events: Iterator[Event], depth: int) -> Value:
        if depth > NESTING:
            raise self._error(f"nested more than {NESTING} levels deep", event)
        self.nodes += 1
        if isinstance(event, AliasEvent):
            return self._alias(event)
        anchor: str | None = getattr(event, "anchor", None)
        before = self.nodes
        if anchor:
            self.open.add(anchor)
        if isinstance(event, ScalarEvent):
            value: Value = self._scalar(event)
        elif isinstance(event, SequenceStartEvent):
            value = self._sequence(event, events, depth)
        else:
            value = self._mapping(event, events, depth)
        if anchor:
            self.open.discard(anchor)
            self.anchors[anchor] = (value, self.nodes - before + 1)
        return value

    def _alias(self, event: AliasEvent) -> Value:
        if event.anchor in self.open:
            raise self._error(f"the alias '*{event.anchor}' contains itself", event)
        if event.anchor not in self.anchors:
            raise self._error(f"the alias '*{event.anchor}' has no anchor '&{event.anchor}' above it", event)
        value, size = self.anchors[event.anchor]
        self.nodes += size
        if self.nodes > NODES:
            raise self._error(f"the aliases multiply to more than {NODES:,} nodes", event)
        return value

    def _sequence(self, start: Event, events: Iterator[Event], depth: int) -> Sequence:
        self._collection_tag(start, list)
        items = []
        while not isinstance(event := next(events), SequenceEndEvent):
            items.append(self._value(event, events, depth + 1))
        return Sequence(tuple(items), self._place(start))

    def _mapping(self, start: Event, events: Iterator[Event], depth: int) -> Mapping:
        self._collection_tag(start, dict)
        entries: list[tuple[Scalar, Value]] = []
        seen: dict[object, Scalar] = {}
        merged: list[Mapping] = []
        while not isinstance(event := next(events), MappingEndEvent):
            key = self._value(event, events, depth + 1)
            if not isinstance(key, Scalar):
                raise self._error("a key is a word, not a list or a mapping", event)
            value = self._value(next(events), events, depth + 1)
            if key.text == "<<" and key.variable:
                merged.extend(self._merged(value))
                continue
            if (first := seen.setdefault(key.value, key)) is not key:
                raise self._error(f"the key '{key.text}' stands twice: first in line {first.place.line}", event)
            entries.append((key, value))
        for mapping in merged:
            for key, value in mapping.entries:
                if seen.setdefault(key.value, key) is key:
                    entries.append((key, value))
        return Mapping(tuple(entries), self._place(start))

    def _merged(self, value: Value) -> tuple[Mapping, ...]:
        items = value.items if isinstance(value, Sequence) else (value,)
        found = tuple(item for item in items if isinstance(item, Mapping))
        if len(found) != len(items):
            raise ModelError(Problem("'<<' takes a mapping, or a list of mappings", value.place))
        return found

    def _scalar(self, event: ScalarEvent) -> Scalar:
        place, text = self._place(event), event.value
        is_plain = not event.style  # None in Python, empty in C
        try:
            if event.tag and event.tag != "!":
                return Scalar(self._tagged(event), place, text)
            if text.startswith("$"):
                return variable(text, place)
            value = resolve(text) if is_plain and event.tag != "!" else text
        except Refusal as refusal:
            raise ModelError(Problem(refusal.message, place, help=refusal.help)) from None
        return Scalar(value, place, text, variable=is_plain)

    def _tagged(self, event: ScalarEvent) -> int | float | bool | str | None:
        wanted = TAGS.get(event.tag or "")
        if wanted is None or wanted in (list, dict):
            raise self._error(f"the tag '{event.tag}' is not taken: a spec is data, and makes no objects", event)
        if wanted is str:
            return str(event.value)
        value = resolve(event.value)
        if wanted is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        if type(value) is not wanted:
            raise self._error(f"'{event.value}' does not fit its tag", event)
        return value

    def _collection_tag(self, event: Event, wanted: type) -> None:
        tag: str | None = getattr(event, "tag", None)
        if tag and tag != "!" and TAGS.get(tag) is not wanted:
            raise self._error(f"the tag '{tag}' is not taken: a spec is data, and makes no objects", event)

    def _place(self, event: Event) -> Place:
        mark = event.start_mark
        return Place(self.source, mark.line + 1, mark.column + 1) if mark else Place(self.source)

    def _error(self, message: str, event: Event) -> ModelError:
        return ModelError(Problem(message, self._place(event)))

    def _syntax_error(self, error: yaml.YAMLError) -> ModelError:
        mark = getattr(error, "problem_mark", None)
        place = Place(self.source, mark.line + 1, mark.column + 1) if mark else Place(self.source)
        message = str(getattr(error, "problem", None) or error).strip()
        help = None
        line = self.source.line(place.line)
        if "\t" in line[: place.column] and "token" in message:
            message, help = "a tab stands where YAML wants spaces", "replace the tab with spaces"
        elif "mapping values are not allowed" in message:
            message = "a ':' stands where no key can be"
            above = BARE_CLASS.match(self.source.line(place.line - 1))
            if above:
                help = f"an item with keys beside it is written with a colon: '- {above[1]}:'"
        return ModelError(Problem(f"not YAML: {message}", place, help=help))
