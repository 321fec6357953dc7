"""The closed form that a layer's docstring claims for its params, worked out for the layer's own numbers."""

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from lstmcalc.errors import Refusal
from lstmcalc.layers.base import Layer, arguments_of
from lstmcalc.reference.descriptions import AXES, SECTION
from lstmcalc.shapes import Shapes

# `; with reset_after false 3*(...)` and `; 0 with use_scale false`.
BEFORE = re.compile(r"with (\w+)(?: (true|false))? (.+)")
AFTER = re.compile(r"(.+) with (\w+)(?: (true|false))?")
OPERATORS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
}
STANDS_FOR = {"value_dim": "key_dim"}  # where it is null


class Claim(msgspec.Struct, frozen=True):
    """A closed form with its value: `4*((features+units)*units+units)` and 140."""

    formula: str
    params: int


def own_claim(layer: Layer, inputs: Shapes) -> Claim | None:
    """The claim of a layer for inputs of those shapes; None where it has no formula for the layer's arguments."""
    sections = dict(SECTION.findall(re.sub(r"\n {4}", "\n", type(layer).__doc__ or "")))
    written = " ".join(sections.get("Params", "").split())
    formula, decided = _formula(layer, written)
    names = _axes(layer, " ".join(sections.get("Input", "").split()), inputs)
    if formula is None or names is None:
        return None
    used = {each.id for each in ast.walk(formula) if isinstance(each, ast.Name)}
    if not _applies(layer, inputs, used | decided):
        return None
    try:
        return Claim(ast.unparse(formula).replace(" ", ""), _value(formula, layer, names))
    except LookupError:
        return None


def _formula(layer: Layer, written: str) -> tuple[ast.expr | None, set[str]]:
    """The formula among those written that is for the layer's arguments, and the argument that decided."""
    main, *others = written.split("; ")
    for other in others:
        if found := BEFORE.fullmatch(other):
            name, value, formula = found.groups()
        elif found := AFTER.fullmatch(other):
            formula, name, value = found.groups()
        else:
            continue
        if getattr(layer, name, None) is (value != "false"):
            return _parsed(formula), {name}
    return _parsed(main), set()


def _parsed(text: str) -> ast.expr | None:
    """A formula, without the words that go on after a comma; None for what is no formula."""
    try:
        parsed = ast.parse(text.split(", ")[0].strip(), mode="eval").body
    except SyntaxError:
        return None
    allowed = (ast.BinOp, ast.Name, ast.Constant, ast.Call, ast.Load, *OPERATORS)
    return parsed if all(isinstance(each, allowed) for each in ast.walk(parsed)) else None


def _axes(layer: Layer, written: str, inputs: Shapes) -> dict[str, int | None] | None:
    """The sizes of the axes that the docstring's `Input` names; None where it names others than there are."""
    usual, _, otherwise = written.partition("; with data_format channels_first")
    come_first = getattr(layer, "data_format", None) == "channels_first"
    groups = [group for group in AXES.findall(otherwise if come_first else usual) if group.startswith("samples")]
    if come_first and not groups:
        return None
    sizes: dict[str, int | None] = {}
    for position, group in enumerate(groups):
        shape = inputs[min(position, len(inputs) - 1)]
        names = [name.strip() for name in group.split(",")]
        before, after = (
            (names[: names.index("...")], names[names.index("...") + 1 :]) if "..." in names else (names, [])
        )
        if len(before) + len(after) > len(shape) or ("..." not in names and len(names) != len(shape)):
            return None
        named = [*zip(before, shape, strict=False), *zip(reversed(after), reversed(shape), strict=False)]
        sizes |= {name: size for name, size in named if name not in sizes}
    return sizes


def _applies(layer: Layer, inputs: Shapes, named: set[str]) -> bool:
    """Whether the arguments that the formula does not speak of leave the number of params as their defaults do."""
    others = {
        argument.field: argument.default
        for argument in arguments_of(type(layer)).values()
        if not argument.required and argument.name not in {*named, "data_format"}
    }
    plain = {name: value for name, value in others.items() if getattr(layer, name) != value}
    if not plain:
        return True
    try:
        return _params(msgspec.structs.replace(layer, **plain), inputs) == _params(layer, inputs)
    except (Refusal, TypeError, ValueError, IndexError):  # defaults that do not go with the other arguments
        return False


def _params(layer: Layer, inputs: Shapes) -> int:
    inner = sum(_params(each, shapes) for each, shapes in layer.inner(inputs))
    return inner + sum(weight.params for weight in layer.weights(inputs))


def _value(node: ast.expr, layer: Layer, axes: Mapping[str, int | None]) -> int:
    """What a formula comes to. Raises LookupError for a name that stands for no number."""
    match node:
        case ast.Constant(value=int(value)):
            return value
        case ast.Name(id=name):
            size = axes[name] if name in axes else _argument(layer, name)
            sizes = size if isinstance(size, tuple) else (size,)
            if len(sizes) != 1 or not isinstance(sizes[0], int):
                raise LookupError(name)
            return sizes[0]
        case ast.BinOp(left=left, op=op, right=right):
            return OPERATORS[type(op)](_value(left, layer, axes), _value(right, layer, axes))
        case ast.Call(func=ast.Name(id="prod"), args=[ast.Name(id=name)]):
            return _product(layer, _argument(layer, name))
    raise LookupError(ast.unparse(node))


def _argument(layer: Layer, name: str) -> Any:
    value = getattr(layer, name, None)
    return getattr(layer, STANDS_FOR[name], None) if value is None and name in STANDS_FOR else value


def _product(layer: Layer, sizes: Any) -> int:
    """The product of a size for each axis; one for all axes counts as often as there are axes."""
    if isinstance(sizes, int):
        return int(sizes ** getattr(layer, "rank", 1))
    return math.prod(sizes)
