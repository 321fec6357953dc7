"""Python objects as a text with places: what `from_dict` and `set=` were given, written as YAML."""

import json
import math
from operator import index
from typing import Any, SupportsIndex

from lstmcalc.errors import ModelError, Problem, Source, shown
from lstmcalc.formats.text import too_large
from lstmcalc.limits import DIGITS, NESTING, SPEC_BYTES


def write_json(name: str, value: object) -> Source:
    """The value as a text called `name`, its places to be those of a spec.

    Raises ModelError for what no spec can hold: another type than dict, list, tuple, str,
    int, float, bool and None, more than `limits` allows, or a value that contains itself.
    """
    writer = _Writer(name)
    writer.write(value, 0)
    return Source(name, "".join(writer.parts), is_file=False)


class _Writer:
    """Writes values as indented JSON, with YAML's words for what JSON has none for."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.parts: list[str] = []
        self.length = 0
        self.path: list[str] = []

    def _add(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)
        if self.length > SPEC_BYTES:
            raise too_large(self.name)

    def write(self, value: object, depth: int) -> None:
        if depth > NESTING:
            raise self._error(f"nested more than {NESTING} levels deep")
        match value:
            case dict():
                self._mapping(value, depth)
            case list() | tuple():
                self._list(value, depth)
            case _:
                self._add(self._scalar(value))

    def _mapping(self, value: dict[Any, Any], depth: int) -> None:
        self._add("{")
        for number, (key, item) in enumerate(value.items()):
            word = self._scalar(key)
            word = word if len(word) < 1000 else f"? {word}\n"  # YAML's bound for a key without a question mark
            self._add(f"{',' if number else ''}\n{'  ' * (depth + 1)}{word}: ")
            self.path.append(str(key))
            self.write(item, depth + 1)
            self.path.pop()
        self._add(f"\n{'  ' * depth}}}" if value else "}")

    def _list(self, value: list[Any] | tuple[Any, ...], depth: int) -> None:
        self._add("[")
        is_short = not any(isinstance(item, dict | list | tuple) for item in value)
        separator = " " if is_short else f"\n{'  ' * (depth + 1)}"
        for number, item in enumerate(value):
            self._add("," + separator if number else ("" if is_short else separator))
            self.path.append(str(number))
            self.write(item, depth + 1)
            self.path.pop()
        self._add("]" if is_short else f"\n{'  ' * depth}]")

    def _scalar(self, value: object) -> str:
        match value:
            case None | bool():
                return json.dumps(value)
            case str():
                return self._string(value)
            case int():
                if abs(value) >= 10**DIGITS:
                    raise self._error(f"a number of more than {DIGITS} digits is too long")
                return str(int(value))
            case float():
                if math.isfinite(value):
                    return repr(float(value))
                return ".nan" if math.isnan(value) else f"{'-' if value < 0 else ''}.inf"
            case SupportsIndex():  # a whole number of NumPy's
                return self._scalar(index(value))
        raise self._error(f"a value of type {type(value).__name__} cannot stand in a spec: it takes what JSON takes")

    def _string(self, value: str) -> str:
        if len(value) > SPEC_BYTES:
            raise too_large(self.name)
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise self._error("a string holds half of a character (a lone surrogate)")
        text = json.dumps(str(value), ensure_ascii=False)
        return text if text.isprintable() else "".join(map(_escaped, text))

    def _error(self, message: str) -> ModelError:
        where = shown(".".join(self.path[:10]))[1:-1]
        return ModelError(Problem(f"{where}: {message}" if where else message))


def _escaped(character: str) -> str:
    return character if character.isprintable() else f"\\U{ord(character):08x}"
