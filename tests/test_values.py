"""What passes between rooms are plain values: they do not change once they are made."""

import importlib
import pkgutil
from collections.abc import Iterator
from inspect import signature
from typing import Any, get_args, get_type_hints

import msgspec
import pytest

import lstmcalc
from lstmcalc.layers.catalogue import MODULES, find

# What JSON is written from, by the ends of their names, and the room that reads it again: these are made and done with.
WRITTEN, READS = "Object", "facts"


def kinds_of(base: type) -> Iterator[type]:
    """Every kind of struct below another."""
    for kind in base.__subclasses__():
        yield kind
        yield from kinds_of(kind)


def structs() -> list[Any]:
    """Every kind of struct in the package."""
    for module in pkgutil.walk_packages(lstmcalc.__path__, "lstmcalc."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return [kind for kind in kinds_of(msgspec.Struct) if kind.__module__.startswith("lstmcalc.")]


def held_by(kinds: list[Any]) -> set[Any]:
    """These kinds of structs, and all that their fields hold."""
    found: set[Any] = set()
    while kinds:
        kind = kinds.pop()
        kinds += [each for each in get_args(kind) if each is not kind]
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind not in found:
            found.add(kind)
            kinds += get_type_hints(kind).values()
    return found


def test_a_value_does_not_change_once_it_is_made() -> None:
    found = structs()
    changing = {kind for kind in found if not kind.__struct_config__.frozen and kind.__module__.split(".")[1] != READS}
    assert changing - held_by([kind for kind in found if kind.__name__.endswith(WRITTEN)]) == set()


@pytest.mark.parametrize("name", MODULES)
def test_a_layer_does_not_change_and_is_no_other_of_the_same_arguments(name: str) -> None:
    kind: Any = find(name)
    assert (kind.__struct_config__.frozen, kind.__struct_config__.eq) == (True, False)
    assert {each.kind for each in signature(kind).parameters.values()} == {
        signature(kind).parameters["name"].KEYWORD_ONLY
    }
