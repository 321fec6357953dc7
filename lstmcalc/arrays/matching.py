"""Arrays, or what a file says of them, held against a model's weights, layer by layer."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from lstmcalc.containers.arrays import Stored
from lstmcalc.errors import ModelError, Problem, did_you_mean
from lstmcalc.layers.base import Weight
from lstmcalc.models.model import BuiltModel, unique
from lstmcalc.shapes import format_shape

Found = Iterable[tuple[str, Weight, Stored]]  # by layer


class Shaped(Protocol):
    """An array, or what a file says of one."""

    @property
    def shape(self) -> tuple[int, ...]: ...


Array = TypeVar("Array", bound=Shaped)


class Mismatch(ModelError):
    """Weights that do not fit the model: the answer is no, where other errors mean that there is none."""


def misfit(name: str, kind: str, wanted: Sequence[Weight], found: Sequence[tuple[int, ...]]) -> Problem | None:
    """What is wrong with the shapes of a layer's arrays, None when they fit; the layer's name and class are said."""
    if len(found) != len(wanted):
        shapes = ", ".join(f"{weight.name} {format_shape(weight.shape)}" for weight in wanted) or "none"
        given = ", ".join(map(format_shape, found)) or "none"
        return Problem(f"{kind} has {len(wanted)} weights ({shapes}), but is given {len(found)} ({given})", layer=name)
    for weight, shape in zip(wanted, found, strict=True):
        if shape != weight.shape:
            message = f"{weight.name} takes {format_shape(weight.shape)}, but is given {format_shape(shape)}"
            return Problem(message, layer=name)
    return None


def match_weights(model: BuiltModel, listed: Mapping[str, Sequence[Array]]) -> list[tuple[str, Weight, Array]]:
    """Each weight with what is given for its layer, in Keras's order. Raises Mismatch with all that do not fit."""
    names = [placed.layer.name for placed in model.placed if placed.weights]
    problems = [
        Problem(
            f"there are weights of '{name}', but the model has no such layer with weights", help=_listing(name, names)
        )
        for name in listed
        if name not in names
    ]
    found: list[tuple[str, Weight, Array]] = []
    for placed in model.placed:
        wanted, given = unique(placed.weights), listed.get(placed.layer.name, ())
        if not wanted:
            continue
        problem = misfit(placed.layer.name, placed.layer.class_name, wanted, [each.shape for each in given])
        if problem is not None:
            problems.append(problem)
        else:
            found += [(placed.layer.name, *pair) for pair in zip(wanted, given, strict=True)]
    if problems:
        raise Mismatch(problems)
    return found


def _listing(name: str, names: Sequence[str]) -> str:
    return did_you_mean(name, names) or f"the layers with weights are: {', '.join(names[:20])}"
