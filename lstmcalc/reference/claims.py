"""The closed form that a layer declares for its params, worked out for the layer's own numbers."""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import msgspec

from lstmcalc.errors import Refusal
from lstmcalc.layers.base import Layer, arguments_of
from lstmcalc.layers.declared import Axes
from lstmcalc.reference.axes import named_axes
from lstmcalc.shapes import Shape, Shapes

OPERATORS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
}


class Claim(msgspec.Struct, frozen=True):
    """A closed form with its value: `4*((features+units)*units+units)` and 140."""

    formula: str
    params: int


def own_claim(layer: Layer, inputs: Shapes) -> Claim | None:
    """The claim of a layer for inputs of those shapes; None where it has no formula for the layer's arguments."""
    written, decided = _formula(layer)
    if written is None:
        return None
    formula = parsed(written)
    used = {node.id for node in ast.walk(formula) if isinstance(node, ast.Name)}
    if not _applies(layer, inputs, used | decided):
        return None
    try:
        return Claim(ast.unparse(formula).replace(" ", ""), _value(formula, layer, _sizes(layer, inputs)))
    except LookupError:
        return None


def _formula(layer: Layer) -> tuple[str | None, set[str]]:
    """The formula among those declared that is for the layer's arguments, and the argument that decided."""
    declared = layer.closed_form
    for case in declared.otherwise:
        if getattr(layer, case.argument, None) == case.value:
            return case.formula, {case.argument}
    return declared.formula, set()


@cache
def parsed(formula: str) -> ast.expr:
    """A formula as a tree. Raises ValueError for what is none."""
    tree = ast.parse(formula, mode="eval").body
    allowed = (ast.BinOp, ast.Name, ast.Constant, ast.Call, ast.Load, *OPERATORS)
    if not all(isinstance(node, allowed) for node in ast.walk(tree)):
        raise ValueError(f"no formula of + - * // and prod: {formula}")
    return tree


def _sizes(layer: Layer, inputs: Shapes) -> dict[str, int | None]:
    """The sizes of the axes that the layer names, where the inputs have them."""
    sizes: dict[str, int | None] = {}
    for position, axes in enumerate(named_axes(layer, layer.takes)):
        sizes = _named(axes, inputs[min(position, len(inputs) - 1)]) | sizes
    return sizes


def _named(names: Axes, shape: Shape) -> dict[str, int | None]:
    """The sizes of a shape by name; none where there are not as many names, or more before and after `...`."""
    if "..." not in names:
        return dict(zip(names, shape, strict=True)) if len(names) == len(shape) else {}
    open_at = names.index("...")
    before, after = names[:open_at], names[open_at + 1 :]
    if len(before) + len(after) > len(shape):
        return {}
    return dict([*zip(reversed(after), reversed(shape), strict=False), *zip(before, shape, strict=False)])


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
            return number_of(name, layer, axes)
        case ast.BinOp(left=left, op=op, right=right):
            return OPERATORS[type(op)](_value(left, layer, axes), _value(right, layer, axes))
        case ast.Call(func=ast.Name(id="prod"), args=[ast.Name(id=name)]):
            return math.prod(factors_of(name, layer))
    raise LookupError(ast.unparse(node))


def number_of(name: str, layer: Layer, axes: Mapping[str, int | None]) -> int:
    """The number that a name in a formula stands for. Raises LookupError where it is none, or not known."""
    value = axes[name] if name in axes else _argument(layer, name)
    numbers = value if isinstance(value, tuple) else (value,)
    if len(numbers) != 1 or not isinstance(numbers[0], int):
        raise LookupError(name)
    return numbers[0]


def factors_of(name: str, layer: Layer) -> tuple[int, ...]:
    """The sizes that `prod(name)` multiplies; one for all axes counts as often as there are axes."""
    sizes = _argument(layer, name)
    if isinstance(sizes, int):
        return (sizes,) * getattr(layer, "rank", 1)
    if not isinstance(sizes, tuple):
        raise LookupError(name)
    return sizes


def _argument(layer: Layer, name: str) -> Any:
    value = getattr(layer, name, None)
    return getattr(layer, layer.closed_form.null.get(name, name), None) if value is None else value
