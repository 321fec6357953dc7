"""Layers that nobody knows, as the command line declares them, and a saved Lambda by the shape that its config says."""

from typing import Any

import msgspec

from lstmcalc.errors import ModelError, Problem, shown
from lstmcalc.formats.customs import Declaration
from lstmcalc.formats.spec import Definition
from lstmcalc.formats.values import Sequence, Value, plain
from lstmcalc.layers.stated import Declared
from lstmcalc.models.blueprint import Made


def declared_layer(
    declared: Declaration, definition: Definition, name: str | None, dtype: str, frozen: bool
) -> Declared:
    """The layer that `--custom NAME=identity` or `--custom "NAME=(None, 64), 8256"` says."""
    given = {str(key.value): plain(value) for key, value in definition.kwargs if key.value == "trainable"}
    return Declared(
        name=name or "",
        class_=definition.class_name,
        shape=declared.shape,
        params=declared.params,
        dtype=dtype,
        trainable=not frozen and given.get("trainable") is not False,
        is_frozen=frozen,
    )


def statement_of(statement: Definition, definition: Definition) -> Definition:
    """A Custom statement at the place of the layer that it declares."""
    return msgspec.structs.replace(statement, name=definition.name, repeat=definition.repeat)


def stated_lambda(definition: Definition, name: str | None, dtype: str) -> Made | None:
    """A saved Lambda, by its output_shape, or by the shape that its config says what follows was called on.

    None for another class. Raises ModelError where nothing says its shape.
    """
    if definition.class_name != "Lambda" or definition.saved is None:
        return None
    given = {str(key.value): value for key, value in definition.kwargs}
    shape = _sizes(given.get("output_shape"))
    if shape is not None:
        shape = (None, *shape)
    shape = shape or _sizes(definition.saved.gives)
    if shape is None:
        called = name or "NAME"
        message = f"the Lambda {shown(called)} does not say the shape that it gives: its code is never looked at"
        help = f'declare it: --custom {called}=identity, or --custom "{called}=(None, 64)", samples first'
        raise ModelError(Problem(message, definition.place, help=help))
    layer = Declared(name=name or "", class_="Lambda", shape=shape, dtype=dtype)
    return Made(layer, definition)


def _sizes(value: Value | None) -> tuple[int | None, ...] | None:
    """The sizes of a shape; None for what is none."""
    found: Any = plain(value) if isinstance(value, Sequence) else None
    if not isinstance(found, list) or not found:
        return None
    whole = all(each is None or (type(each) is int and each > 0) for each in found)
    return tuple(found) if whole else None
