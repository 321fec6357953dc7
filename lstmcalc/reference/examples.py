"""A small layer of a class, with sizes that say what they are: of what it declares, and of what its arguments take."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from lstmcalc.errors import Refusal
from lstmcalc.layers.arguments import Rule
from lstmcalc.layers.base import CELL, CELLS, LAYER, Argument, Layer, Names, arguments_of
from lstmcalc.layers.catalogue import find
from lstmcalc.layers.declared import SEQUENCE, Axes, Size
from lstmcalc.reference.symbolic import Symbolic, named
from lstmcalc.shapes import Shape, Shapes

# Sizes that stand for an axis or an argument while its formula is found: distinct primes, so that nothing cancels.
PRIMES = (29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97)
SHARE = 0.5  # a number that most arguments take, shares and rates among them


def example_of(layer: type[Layer]) -> tuple[Layer, Shapes]:
    """A layer of that class with symbolic sizes, and the symbolic shapes of its inputs.

    Raises ValueError for a class that must declare its `example` and does not.
    """
    sizes = iter(PRIMES)
    inputs = _inputs(layer, sizes)
    stated = layer.example.arguments
    values: dict[str, Any] = {}
    for argument in arguments_of(layer).values():
        if argument.name in stated:
            values[argument.field] = _symbolic(stated[argument.name])
        elif argument.required:
            values[argument.field] = _value(layer, argument, next(sizes))
    return layer(name=Names().give(layer.__name__), **values), inputs


def _symbolic(value: Any) -> Any:
    """A declared value with symbols in place of its sizes."""
    if isinstance(value, Size):
        return named(value.name, value.value)
    return tuple(map(_symbolic, value)) if isinstance(value, tuple) else value


def _inputs(layer: type[Layer], sizes: Iterator[int]) -> Shapes:
    """The shapes of the inputs that the example has, else of those that the layer takes, else a sequence's."""
    known: dict[str, Symbolic] = {}
    shapes: list[Shape] = []
    for axes in layer.example.inputs or layer.takes.axes or (SEQUENCE,):
        names: Axes = tuple(name for name in axes[1:] if name != "...")
        for name in names:
            known.setdefault(name, named(name, next(sizes)))
        shapes.append((None, *(known[name] for name in names)))
    least, _ = layer.inputs_taken
    return tuple(shapes[position % len(shapes)] for position in range(max(least, len(layer.example.inputs), 1)))


def _value(layer: type[Layer], argument: Argument, size: int) -> Any:
    """What a required argument can be: another layer, or the first guess that its rule takes."""
    if argument.rule in (LAYER, CELL, CELLS):
        name, _ = layer.inner_example
        inner = find(name)
        assert inner is not None, name
        made, _ = example_of(inner)
        return (made,) if argument.rule is CELLS else made
    for guess in _guesses(argument.rule, argument.name, size):
        with suppress(Refusal):
            return argument.rule.read(guess)
    raise ValueError(f"{layer.__name__} declares no example of its argument '{argument.name}', {argument.rule.takes}")


def _guesses(rule: Rule, name: str, size: int) -> Iterator[Any]:
    """What may be taken: the first choice of those that there are, a size, and values of other kinds."""
    schemas = tuple(_schemas(rule.schema))
    for schema in schemas:
        yield from schema.get("enum", ())
    symbol = named(name, size)
    yield from (symbol, SHARE, name, True, [symbol], {})
    for schema in schemas:
        yield from (schema[bound] for bound in ("minimum", "maximum") if bound in schema)


def _schemas(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield schema
    for inside in schema.get("anyOf", ()):
        yield from _schemas(inside)
