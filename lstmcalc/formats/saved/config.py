"""A config in JSON as values: each knows its number, of which its place is found when it is asked for."""

import json
from functools import cached_property
from typing import Any

from lstmcalc.errors import ModelError, Place, Problem, Source
from lstmcalc.formats.values import Mapping, Scalar, Sequence, Value
from lstmcalc.limits import CONFIG_BYTES, CONFIG_VALUES

Step = str | int
DECODER = json.JSONDecoder()
SPACE = " \t\n\r"
LISTS = ("__tuple__", "TensorShape")


class Config(Source, frozen=True, eq=False, dict=True):
    """The text of a config: of a JSON file, or of what is `inside` another file, whose lines nobody sees.

    `root` are the steps that lead to the model in it.
    """

    inside: str = ""
    root: tuple[Step, ...] = ()

    @cached_property
    def tree(self) -> Any:
        """The document. Raises ModelError for what is no JSON."""
        return decode_json(self)

    def position(self, place: Place) -> tuple[int, int] | None:
        if self.inside:
            return None
        found = Source(self.name, self.text).place(_offset_of(self.text, self._steps(place)))
        return found.line, found.column

    def where(self, place: Place) -> str:
        if not self.inside:
            return super().where(place)
        layers = _named_layers(self.tree, self._steps(place))
        return ": ".join((self.name, self.inside, *([layers] if layers else [])))

    def _steps(self, place: Place) -> tuple[Step, ...]:
        """The keys and positions that lead to a value."""
        return (*self.root, *_steps_to(_follow(self.tree, self.root), place.line))

    def value(self) -> Value:
        """The model in it, as values. Raises ModelError for more than `limits.CONFIG_VALUES` of them."""
        return _Reader(self).value(_follow(self.tree, self.root))


def decode_json(source: Source) -> Any:
    """The document of a JSON text, with Python's NaN and infinities, which Keras writes. Raises ModelError."""
    if len(source.text) > CONFIG_BYTES:
        raise ModelError(Problem(f"is larger than {CONFIG_BYTES // 2**20} MiB, the most of a config", file=source.name))
    try:
        return json.loads(source.text)
    except json.JSONDecodeError as error:
        is_cut_off = error.pos >= len(source.text.rstrip())
        message = "the JSON ends before it is whole" if is_cut_off else "this is no JSON"
        inside = getattr(source, "inside", "")
        place = None if inside else Source(source.name, source.text).place(error.pos)
        message = f"{inside}: {message}" if inside else message
        raise ModelError(Problem(message, place, file=source.name)) from None
    except ValueError:  # a number of more digits than Python reads
        raise ModelError(Problem("a number in it has too many digits", file=source.name)) from None
    except RecursionError:
        raise ModelError(Problem("the JSON is nested too deep", file=source.name)) from None


class _Reader:
    """Makes values of what JSON gave, and numbers them in the order of the document."""

    def __init__(self, source: Config) -> None:
        self.source = source
        self.count = 0

    def value(self, tree: Any) -> Value:
        number = self.count
        self.count += 1
        if number > CONFIG_VALUES:
            message = f"holds more than {CONFIG_VALUES:,} values, the most of a config"
            raise ModelError(Problem(message, file=self.source.name))
        place = Place(self.source, number)
        if isinstance(tree, dict):
            entries = []
            for key, each in tree.items():
                value = self.value(each)
                entries.append((Scalar(key, value.place, key), value))
            found = Mapping(tuple(entries), place)
            return _listed(found) or found
        if isinstance(tree, list):
            return Sequence(tuple(map(self.value, tree)), place)
        return Scalar(tree, place, "null" if tree is None else str(tree))


def _listed(value: Mapping) -> Sequence | None:
    """The items of a tuple or a shape as tf.keras writes them in a SavedModel; None for what is none."""
    name, items = value.get("class_name"), value.get("items")
    is_list = isinstance(name, Scalar) and name.value in LISTS and isinstance(items, Sequence)
    return Sequence(items.items, value.place) if is_list and isinstance(items, Sequence) else None


def _follow(tree: Any, steps: tuple[Step, ...]) -> Any:
    for step in steps:
        tree = tree[step]
    return tree


def _steps_to(tree: Any, number: int) -> tuple[Step, ...]:
    """The steps to the value of a number, as `_Reader` counts them."""
    steps: list[Step] = []
    position = 0
    while position < number and isinstance(tree, dict | list):
        position += 1
        entries = tree.items() if isinstance(tree, dict) else enumerate(tree)
        for step, each in entries:
            size = _size_of(each)
            if position <= number < position + size:
                steps.append(step)
                tree = each
                break
            position += size
        else:
            break
    return tuple(steps)


def _size_of(tree: Any) -> int:
    """How many values a value is, with those inside it."""
    count, waiting = 0, [tree]
    while waiting:
        each = waiting.pop()
        count += 1
        if isinstance(each, dict):
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return count


def _named_layers(tree: Any, steps: tuple[Step, ...]) -> str:
    """`layers[3] 'lstm_1'`: the layers on the way to a value, as a person finds them."""
    words: list[str] = []
    before: Step = ""
    for step in steps:
        tree = tree[step]
        if isinstance(step, int) and before in ("layers", "config") and isinstance(tree, dict):
            name = _name_of(tree)
            words.append(f"layers[{step}]" + (f" '{name}'" if name else ""))
        before = step
    return " ".join(words)


def _name_of(layer: dict[str, Any]) -> str | None:
    config = layer.get("config")
    found = layer.get("name") or (config.get("name") if isinstance(config, dict) else None)
    return found if isinstance(found, str) else None


def _offset_of(text: str, steps: tuple[Step, ...]) -> int:
    """Where the value that steps lead to begins in a JSON text."""
    offset = _skip(text, 1 if text.startswith("\ufeff") else 0)
    for step in steps:
        found = _entry_of(text, offset, step)
        if found is None:
            break
        offset = found
    return offset


def _entry_of(text: str, offset: int, step: Step) -> int | None:
    """Where an entry of the object or list that begins at an offset begins: the last one of its key, which counts."""
    is_object = text[offset] == "{"
    at, number, found = _skip(text, offset + 1), 0, None
    while text[at] not in "}]":
        key: Step = number
        if is_object:
            key, at = DECODER.raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)
        if key == step:
            found = at
            if not is_object:
                return found
        _, at = DECODER.raw_decode(text, at)
        at = _skip(text, at)
        if text[at] == ",":
            at = _skip(text, at + 1)
        number += 1
    return found


def _skip(text: str, offset: int) -> int:
    while offset < len(text) and text[offset] in SPACE:
        offset += 1
    return offset
