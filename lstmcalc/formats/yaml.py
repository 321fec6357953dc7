"""YAML to values with places: events from libyaml, with limits, and no dict in between."""

import re
from collections.abc import Iterator

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from lstmcalc.errors import ModelError, Place, Problem, Refusal, Source, shown
from lstmcalc.formats.scalars import resolve
from lstmcalc.formats.text import check_length
from lstmcalc.formats.values import Mapping, Scalar, Sequence, Value
from lstmcalc.formats.variables import variable
from lstmcalc.limits import NESTING, NODES

try:
    from yaml._yaml import CParser as Parser
except ImportError:  # PyYAML was built without libyaml
    from yaml import Loader as Parser  # type: ignore[assignment]

TAG = "tag:yaml.org,2002:"
TAGS = {
    f"{TAG}str": str,
    f"{TAG}int": int,
    f"{TAG}float": float,
    f"{TAG}bool": bool,
    f"{TAG}null": type(None),
    f"{TAG}seq": list,
    f"{TAG}map": dict,
}
# What PyYAML wrote for Keras 1 and 2: tuples, and the texts of Python 2.
TAGS_OF_PYTHON = {f"{TAG}python/tuple": list, f"{TAG}python/unicode": str, f"{TAG}python/str": str}
SURROGATE = "[\ud800-\udfff]"  # half of a character, which libyaml refuses itself
EMPTY = "there is nothing in it: a spec has 'input' and 'layers'"


def read_yaml(source: Source, empty: str = EMPTY, of_python: bool = False) -> Value:
    """The one document of a YAML text.

    Raises ModelError, with its place, for what YAML does not allow and for what this
    program does not take: no document (`empty` says so) or two, a duplicate key, an alias
    that contains itself, a tag that makes objects, more nesting or nodes than `limits` says.
    `of_python` says that Keras wrote it, with tuples, and longer than a spec may be.
    """
    return _Composer(source if of_python else check_length(source), empty, of_python).document()


class _Anchored:
    """What an anchor names: a value, how many nodes it has and how many levels."""

    def __init__(self, value: Value, nodes: int, levels: int) -> None:
        self.value, self.nodes, self.levels = value, nodes, levels


class _Composer:
    """Builds values from events, and keeps what anchors name while it does."""

    def __init__(self, source: Source, empty: str, of_python: bool = False) -> None:
        self.source = source
        self.empty = empty
        self.of_python = of_python
        self.tags = TAGS | TAGS_OF_PYTHON if of_python else TAGS
        self.anchors: dict[str, _Anchored] = {}
        self.open: set[str] = set()
        self.nodes = 0
        self.deepest = 0

    def document(self) -> Value:
        events = self._events()
        root: Value | None = None
        for event in events:
            if isinstance(event, DocumentStartEvent):
                if root is not None:
                    raise self._error("a second document begins here: one model is one document", event)
                root = self._value(next(events), events, 1)
        if root is None or (isinstance(root, Scalar) and root.value is None and not root.text):
            raise ModelError(Problem(self.empty, Place(self.source)))
        return root

    def _events(self) -> Iterator[Event]:
        parser = Parser(self.source.text)
        depth, last = 0, None
        try:
            while event := parser.get_event():
                if isinstance(event, CollectionStartEvent):
                    depth += 1
                elif isinstance(event, CollectionEndEvent):
                    depth -= 1
                last = event
                yield event
        except yaml.YAMLError as error:
            from lstmcalc.formats.syntax import syntax_error

            raise syntax_error(self.source, error, depth, last.end_mark if last else None) from None
        finally:
            parser.dispose()

    def _value(self, event: Event, events: Iterator[Event], depth: int) -> Value:
        self._enter(depth, 1, event)
        if isinstance(event, AliasEvent):
            return self._alias(event, depth)
        anchor: str | None = getattr(event, "anchor", None)
        if anchor:
            return self._anchored(anchor, event, events, depth)
        return self._node(event, events, depth)

    def _enter(self, depth: int, nodes: int, event: Event) -> None:
        if depth > NESTING:
            raise self._error(f"nested more than {NESTING} levels deep", event)
        self.deepest = max(self.deepest, depth)
        self.nodes += nodes
        if self.nodes > NODES:
            raise self._error(f"more than {NODES:,} values, aliases followed", event)

    def _node(self, event: Event, events: Iterator[Event], depth: int) -> Value:
        if isinstance(event, ScalarEvent):
            return self._scalar(event)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(event, events, depth)
        return self._mapping(event, events, depth)

    def _anchored(self, anchor: str, event: Event, events: Iterator[Event], depth: int) -> Value:
        nodes, deepest = self.nodes, self.deepest
        self.deepest = depth
        self.open.add(anchor)
        value = self._node(event, events, depth)
        self.open.discard(anchor)
        self.anchors[anchor] = _Anchored(value, self.nodes - nodes, self.deepest - depth)
        self.deepest = max(self.deepest, deepest)
        return value

    def _alias(self, event: AliasEvent, depth: int) -> Value:
        name = str(event.anchor)
        if name in self.open:
            raise self._error(f"the alias {shown('*' + name)} contains itself", event)
        found = self.anchors.get(name)
        if found is None:
            raise self._error(f"the alias {shown('*' + name)} has no anchor {shown('&' + name)} above it", event)
        self._enter(depth + found.levels, found.nodes, event)
        return found.value

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
                raise self._error("a key must be a word, not a list or a mapping", event)
            value = self._value(next(events), events, depth + 1)
            if (first := seen.setdefault(_identity(key), key)) is not key:
                if self.of_python:  # which takes the last
                    entries = [entry for entry in entries if entry[0] is not first]
                    seen[_identity(key)] = key
                    entries.append((key, value))
                    continue
                raise self._error(f"the key {shown(key.text)} stands twice: first in line {first.place.line}", event)
            if key.is_plain and key.text == "<<":
                merged.extend(self._merged(value))
            else:
                entries.append((key, value))
        for mapping in merged:
            for key, value in mapping.entries:
                self.nodes += 2
                if seen.setdefault(_identity(key), key) is key:
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
        if not text.isascii() and re.search(SURROGATE, text):
            raise self._error("this escape stands for no character", event)
        try:
            if event.tag and event.tag != "!":
                return Scalar(self._tagged(event), place, text or "''")
            if text.startswith("$") and not self.of_python:
                return variable(text, place, is_plain)
            value = resolve(text) if is_plain and event.tag != "!" else text
        except Refusal as refusal:
            raise ModelError(Problem(refusal.message, place, help=refusal.help)) from None
        return Scalar(value, place, text, is_plain)

    def _tagged(self, event: ScalarEvent) -> int | float | bool | str | None:
        wanted = self.tags.get(event.tag or "")
        if wanted is None or wanted in (list, dict):
            raise self._refused_tag(event)
        if wanted is str:
            return str(event.value)
        value = resolve(event.value)
        if wanted is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        if type(value) is not wanted:
            raise self._error(
                f"{shown(event.value)} does not fit its tag !!{(event.tag or '').removeprefix(TAG)}", event
            )
        return value

    def _collection_tag(self, event: Event, wanted: type) -> None:
        tag: str | None = getattr(event, "tag", None)
        if tag and tag != "!" and self.tags.get(tag) is not wanted:
            raise self._refused_tag(event)

    def _refused_tag(self, event: Event) -> ModelError:
        tag = str(getattr(event, "tag", ""))
        written = f"!!{tag.removeprefix(TAG)}" if tag.startswith(TAG) else tag
        return self._error(f"the tag {shown(written)} is not taken: a model is data, and makes no objects", event)

    def _place(self, event: Event) -> Place:
        mark = event.start_mark
        return Place(self.source, mark.line + 1, mark.column + 1) if mark else Place(self.source)

    def _error(self, message: str, event: Event) -> ModelError:
        return ModelError(Problem(message, self._place(event)))


def _identity(key: Scalar) -> tuple[type, object]:
    """What makes two keys the same: 1, true and '1' are three."""
    value = key.value if key.value == key.value else "nan"  # NaN equals nothing
    return type(key.value), value
