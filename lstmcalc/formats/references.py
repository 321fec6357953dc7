"""References to what stands above: `from`, `initial_state` and `outputs`."""

import msgspec

from lstmcalc.errors import ModelError, Place, Problem, Problems
from lstmcalc.formats.values import CallOutput, Scalar, Sequence, Value, kind_of


class Reference(msgspec.Struct, frozen=True, eq=False):
    """The name of an input, a layer, or one output of a layer, as it was written."""

    text: str
    place: Place


class References(msgspec.Struct, frozen=True, eq=False):
    """One reference or a list of them, by names or by calls; a layer that takes a list asks which it was."""

    items: tuple[Reference | CallOutput, ...]
    is_list: bool
    place: Place


def read_references(value: Value, key: str) -> References:
    """The references of a value. Raises ModelError for what is no name."""
    if isinstance(value, Sequence):
        if not value.items:
            help = f"name what stands above, or leave '{key}' out"
            raise ModelError(Problem(f"'{key}' is an empty list", value.place, help=help))
        problems, items = Problems(), []
        for item in value.items:
            with problems.caught():
                items.append(_reference(item, key))
            if problems.are_enough:
                break
        problems.raise_found()
        return References(tuple(items), True, value.place)
    return References((_reference(value, key),), False, value.place)


def _reference(value: Value, key: str) -> Reference | CallOutput:
    if isinstance(value, CallOutput):
        return value
    if isinstance(value, Scalar) and isinstance(value.value, str) and value.value:
        return Reference(value.value, value.place)
    if isinstance(value, Scalar) and value.text and isinstance(value.value, int | float | bool):
        return Reference(value.text, value.place)
    raise ModelError(Problem(f"'{key}' takes the name of what stands above, not {kind_of(value)}", value.place))
