"""Layers that nobody knows, as the command line declares them, and a saved Lambda by the shape that its config says."""

import math
from typing import Any

import msgspec

from lstmcalc.errors import ModelError, Problem, shown
from lstmcalc.formats.customs import Declaration
from lstmcalc.formats.spec import Definition
from lstmcalc.formats.values import Sequence, Value, plain
from lstmcalc.layers.catalogue import OPERATION
from lstmcalc.layers.stated import Declared
from lstmcalc.models.blueprint import Made
from lstmcalc.models.context import Making

Arrays = tuple[tuple[str, tuple[int, ...], str], ...]


def declared_layer(
    declared: Declaration, definition: Definition, name: str | None, dtype: str, frozen: bool, making: Making
) -> Declared:
    """The layer that `--custom NAME=identity` or `--custom "NAME=(None, 64), 8256"` says.

    Its arrays are those that the model's file holds for it. Raises ModelError where these are others than declared.
    """
    arrays = _arrays(name, making)
    held = params_in_file(name, making)
    if held is not None and declared.params is not None and declared.params != held:
        message = f"--custom declares {declared.params:,} params, but the file holds {held:,} of the layer"
        help = "leave them out: the file says them"
        raise ModelError(Problem(message, definition.place, layer=name, help=help))
    return _declared(definition, name, dtype, frozen, declared.shape, declared.params or 0, arrays or ())


def layer_of_file(
    definition: Definition, name: str | None, dtype: str, frozen: bool, making: Making
) -> Declared | None:
    """A layer that nobody knows, by the shape that the config says of its output and by its arrays in the file.

    None where one of them is not there; an operation has no arrays.
    """
    shape = None if definition.saved is None else _sizes(definition.saved.gives)
    is_operation = definition.class_name.startswith((OPERATION, "tf."))
    arrays = None if shape is None else () if is_operation else _arrays(name, making)
    if arrays is None:
        return None
    if arrays:
        making.problems.note(
            f"{definition.class_name} is not known here: it is counted by its arrays in the file, as trained",
            definition.place,
            layer=name,
        )
    return _declared(definition, name, dtype, frozen, shape, 0, arrays)


def _arrays(name: str | None, making: Making) -> Arrays | None:
    """What the model's file holds for a layer; None where it does not say it."""
    held = None if making.held is None else making.held.arrays_of(name or "")
    return None if held is None else tuple((each.name, each.shape, each.dtype) for each in held)


def params_in_file(name: str | None, making: Making) -> int | None:
    """How many params the model's file holds of a layer; None where it does not say it."""
    arrays = _arrays(name, making)
    return None if arrays is None else sum(math.prod(shape) for _, shape, _ in arrays)


def _declared(
    definition: Definition,
    name: str | None,
    dtype: str,
    frozen: bool,
    shape: tuple[int | None, ...] | None,
    params: int,
    arrays: Arrays,
) -> Declared:
    given = {str(key.value): plain(value) for key, value in definition.kwargs if key.value == "trainable"}
    return Declared(
        name=name or "",
        class_=definition.class_name,
        shape=shape,
        params=params,
        arrays=arrays,
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
