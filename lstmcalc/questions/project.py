"""What `[tool.lstmcalc]` of a pyproject.toml says: which models are checked, and the budgets of which files."""

import os
import re
import tomllib
from collections.abc import Iterable, Iterator
from glob import glob, has_magic
from typing import Any

import msgspec

from lstmcalc.errors import ModelError, Place, Problem, Problems, Source, did_you_mean, shown
from lstmcalc.formats.files import read_text
from lstmcalc.formats.values import Mapping, Scalar, Sequence, Value
from lstmcalc.limits import NESTING
from lstmcalc.questions.budget import Held, Limit, read_budget

FILE = "pyproject.toml"
TABLE = ("tool", "lstmcalc")
KEYS = ("models", "budget")
EXAMPLE = '[tool.lstmcalc.budget."models/*.yaml"]'

Path = tuple[str, ...]


class Project(msgspec.Struct, frozen=True, eq=False):
    """The models that a `check` without MODEL is about, and limits by the real path of the file they are on."""

    file: str = FILE
    models: tuple[str, ...] = ()
    limits: dict[str, tuple[Limit, ...]] = {}

    def limits_of(self, model: str) -> tuple[Limit, ...]:
        """The limits of a MODEL argument: those of every pattern that it fits, when it is a file."""
        return self.limits.get(os.path.realpath(model), ()) if "\0" not in model else ()

    def find_missed(self, models: Iterable[str], held: Iterable[Held]) -> Iterator[Problem]:
        """A problem for each pattern of layers that none of the models has, after their limits are held."""
        fitting = {each.limit for each in held}
        limits = dict.fromkeys(limit for model in models for limit in self.limits_of(model))
        for limit in limits:
            if limit.may_miss and limit not in fitting:
                message = f"the budget names {shown(limit.layer)}, which is no layer of any model that it is for"
                yield Problem(message, limit.place)


def find_project() -> Project:
    """The first pyproject.toml with `[tool.lstmcalc]` here or in a folder above. Raises ModelError."""
    folder = os.getcwd()
    while True:
        path = os.path.join(folder, FILE)
        if os.path.isfile(path):
            source = read_text(os.path.relpath(path))
            if "lstmcalc" in source.text:
                project = read_project(source, folder)
                if project is not None:
                    return project
        above = os.path.dirname(folder)
        if above == folder:
            return Project()
        folder = above


def read_project(source: Source, folder: str) -> Project | None:
    """The project of a pyproject.toml's text, None where it has no `[tool.lstmcalc]`. Raises ModelError."""
    tool = _parsed(source).get("tool")
    if not isinstance(tool, dict) or "lstmcalc" not in tool:
        return None
    table = _TomlValues(source).value(tool["lstmcalc"], TABLE)
    problems = Problems()
    if not isinstance(table, Mapping):
        raise ModelError(Problem("[tool.lstmcalc] must be a table", table.place))
    for key, _ in table.entries:
        if key.value not in KEYS:
            help = did_you_mean(str(key.value), KEYS) or f"taken are: {', '.join(KEYS)}"
            problems.add(f"[tool.lstmcalc] has no key {shown(key.value)}", key.place, help=help)
    models = tuple(_models(table.get("models"), folder, problems))
    limits = _budgets(table.get("budget"), folder, problems)
    problems.raise_found()
    return Project(source.name, models, limits)


def _parsed(source: Source) -> dict[str, Any]:
    try:
        return tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        raise _no_toml(source, error) from None
    except RecursionError:
        raise ModelError(Problem("nested too deep", file=source.name)) from None


def _no_toml(source: Source, error: Exception) -> ModelError:
    """Where a text stops being TOML, and what stands there."""
    place = _place_of(source, error)
    if not source.text[source.offset(place) :].strip():
        return ModelError(Problem("no TOML: it ends too early", place))
    above = [(path, each.line) for path, each in _places(source) if each.line <= place.line]
    path, line = above.pop() if above else ((), 0)
    is_twice = line == place.line and path in dict(above)
    message = "this stands above already" if is_twice else "this cannot stand here"
    return ModelError(Problem(f"no TOML: {message}", place))


def _place_of(source: Source, error: Exception) -> Place:
    """The place that Python 3.14 gives, and that those before it write into their message; else the end."""
    line, column = getattr(error, "lineno", None), getattr(error, "colno", None)
    if line is None or column is None:
        numbers = re.findall(r"\d+", str(error).rpartition("(")[2])
        if len(numbers) != 2:
            return source.place(len(source.text.rstrip()))
        line, column = map(int, numbers)
    return Place(source, line, column)


def _models(value: Value | None, folder: str, problems: Problems) -> Iterator[str]:
    """The files of the patterns in `models`, each once, as they are called from here."""
    if value is None:
        return
    if not isinstance(value, Sequence) or not all(_is_text(item) for item in value.items):
        problems.add("'models' must be a list of patterns", value.place, help='write models = ["models/*.yaml"]')
        return
    found: dict[str, None] = {}
    for item in value.items:
        assert isinstance(item, Scalar)
        found |= dict.fromkeys(_files(str(item.value), item.place, folder, problems))
    yield from found


def _budgets(value: Value | None, folder: str, problems: Problems) -> dict[str, tuple[Limit, ...]]:
    limits: dict[str, tuple[Limit, ...]] = {}
    if value is None:
        return limits
    if not isinstance(value, Mapping):
        problems.add("'budget' must be a table of patterns", value.place, help=f"write {EXAMPLE}")
        return limits
    for pattern, budget in value.entries:
        if not isinstance(budget, Mapping):
            message = f"'budget' has a table for each pattern of files, and {shown(pattern.value)} is none"
            problems.add(message, pattern.place, help=f"write {EXAMPLE}")
            continue
        with problems.caught():
            read = tuple(map(_of_many, read_budget(budget)))
            for file in _files(str(pattern.value), pattern.place, folder, problems):
                real = os.path.realpath(file)
                limits[real] = (*limits.get(real, ()), *read)
    return limits


def _of_many(limit: Limit) -> Limit:
    """A limit of many models, of which some may have no layer that fits its pattern; a name each must have."""
    may_miss = limit.layer is not None and has_magic(limit.layer)
    return msgspec.structs.replace(limit, may_miss=may_miss)


def _files(pattern: str, place: Place, folder: str, problems: Problems) -> list[str]:
    """The files of a pattern, which begins at the project's folder; `**` is any number of folders."""
    found = [] if "\0" in pattern else sorted(glob(pattern, root_dir=folder, recursive=True))
    files = [path for path in (os.path.join(folder, each) for each in found) if os.path.isfile(path)]
    if not files:
        problems.add(f"the pattern {shown(pattern)} fits no file", place)
    return [os.path.relpath(path) for path in files]


def _is_text(value: Value) -> bool:
    return isinstance(value, Scalar) and isinstance(value.value, str)


class _TomlValues:
    """Makes values with their places of what `tomllib` gives, which has none: a key's line, found by its header."""

    def __init__(self, source: Source) -> None:
        self.places = dict(_places(source))
        self.start = Place(source)

    def value(self, value: object, path: Path) -> Value:
        """The value at a path of keys."""
        place = self._place(path)
        if len(path) > NESTING:
            raise ModelError(Problem(f"nested more than {NESTING} levels deep", place))
        match value:
            case dict():
                entries = tuple(
                    (Scalar(key, self._place((*path, key)), key), self.value(item, (*path, key)))
                    for key, item in value.items()
                )
                return Mapping(entries, place)
            case list():
                return Sequence(tuple(self.value(item, path) for item in value), place)
            case bool() | int() | float() | str():
                return Scalar(value, place, str(value))
        return Scalar(str(value), place, str(value))  # a date or a time

    def _place(self, path: Path) -> Place:
        """The place of a path, or of the key that it stands in."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, self.start)


def _places(source: Source) -> Iterator[tuple[Path, Place]]:
    """Where each header and each key stands; keys inside braces stand where the outermost does."""
    header: Path = ()
    for number, line in enumerate(source.text.splitlines(), 1):
        text = line.strip()
        place = Place(source, number, len(line) - len(line.lstrip()) + 1)
        if text.startswith("["):
            header = _path_of(text) or header
            yield header, place
        elif "=" in text and not text.startswith("#"):
            key = _path_of(f"{_before_equals(text)}= 0")
            if key is not None:
                yield (*header, *key), place


def _before_equals(text: str) -> str:
    """A line up to the `=` that no quotes are around."""
    quote = ""
    for position, character in enumerate(text):
        if character == "=" and not quote:
            return text[:position]
        if character in "'\"" and quote in ("", character):
            quote = "" if quote else character
    return text


def _path_of(line: str) -> Path | None:
    """The keys that a line of TOML names, None where it is none of its own."""
    try:
        parsed: Any = tomllib.loads(line)
    except (tomllib.TOMLDecodeError, RecursionError):
        return None
    path: list[str] = []
    while isinstance(parsed, dict) and parsed:
        key, parsed = next(iter(parsed.items()))
        path.append(key)
        if isinstance(parsed, list):
            parsed = parsed[0]
    return tuple(path)
