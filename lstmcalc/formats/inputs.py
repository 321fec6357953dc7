"""The inputs of a model as a spec or an expression states them."""

import re
from typing import Any

import msgspec

from lstmcalc.errors import ModelError, Place, Problem, Problems, did_you_mean, is_name, shown
from lstmcalc.formats.values import Mapping, Scalar, Sequence, Value, kind_of
from lstmcalc.limits import DIMENSION, RANK
from lstmcalc.reference.keys import DTYPES

KEYS = ("shape", "dtype", "batch")
OLDER_KEYS = {"input_shape": "shape", "batch_input_shape": "batch_shape", "input_dtype": "dtype"}
CALL_KEYS = ("shape", "batch_size", "dtype", "sparse", "ragged", "batch_shape", "name", "tensor", "optional")


class StatedInput(msgspec.Struct, frozen=True, eq=False):
    """One input: its shape with the samples axis first, its dtype, and its name where it has one."""

    shape: tuple[int | None, ...]
    place: Place
    dtype: str = "float32"
    name: str | None = None


def read_input(value: Value, name: str | None) -> StatedInput:
    """The input of `input:` or of one entry of `inputs:`. Raises ModelError."""
    if not isinstance(value, Mapping):
        return StatedInput((None, *_shape(value)), value.place, name=name)
    keys = [str(key.value) for key, _ in value.entries]
    if not set(keys) & set(KEYS):
        found = "an empty mapping" if not keys else f"a mapping with {shown(keys[0])}"
        help = "write [5, 1] or {shape: [5, 1]}; several inputs with their names stand under 'inputs'"
        raise ModelError(
            Problem(f"an input is a shape, or a mapping with 'shape', not {found}", value.place, help=help)
        )
    problems = Problems()
    for key, _ in value.entries:
        if key.value not in KEYS:
            help = did_you_mean(str(key.value), KEYS) or f"taken are: {', '.join(KEYS)}"
            problems.add(f"an input has no key {shown(str(key.value))}", key.place, help=help)
    shape: tuple[int | None, ...] = ()
    batch: int | None = None
    dtype = "float32"
    stated = value.get("shape")
    if stated is None:
        problems.add("an input needs its 'shape'", value.place, help="write {shape: [5, 1]}")
    else:
        with problems.caught():
            shape = _shape(stated)
    with problems.caught():
        batch = _size(value.get("batch"), "batch")
    with problems.caught():
        dtype = _dtype(value.get("dtype"))
    problems.raise_found()
    return StatedInput((batch, *shape), value.place, dtype, name)


def read_input_call(place: Place, args: tuple[Value, ...], kwargs: tuple[tuple[Scalar, Value], ...]) -> StatedInput:
    """The input of `Input((5, 1))`, `Input(shape=(5, 1))` or our short `Input(5, 1)`. Raises ModelError."""
    given: dict[str, Value] = {}
    problems = Problems()
    if args and isinstance(args[0], Scalar):
        given["shape"] = Sequence(args, args[0].place)
    else:
        given.update(zip(CALL_KEYS, args, strict=False))
        if len(args) > len(CALL_KEYS):
            message = f"Input takes {len(CALL_KEYS)} arguments, but has {len(args)}"
            problems.add(message, args[len(CALL_KEYS)].place)
    for key, value in kwargs:
        name = str(key.value)
        meant = OLDER_KEYS.get(name, name)
        if meant in given:
            problems.add(f"Input has the argument {shown(meant)} twice", key.place)
        elif meant in CALL_KEYS:
            given[meant] = value
        else:
            help = did_you_mean(name, CALL_KEYS) or f"taken are: {', '.join(CALL_KEYS)}"
            problems.add(f"Input has no argument {shown(name)}", key.place, help=help)
    return _called(place, given, problems)


def _called(place: Place, given: dict[str, Value], problems: Problems) -> StatedInput:
    batch_shape, shape, tensor = given.get("batch_shape"), given.get("shape"), given.get("tensor")
    samples: int | None = None
    dtype, name = "float32", None
    sizes: tuple[int | None, ...] = ()
    if tensor is not None and not _is_null(tensor):
        problems.add("Input takes no tensor here: state its shape", tensor.place)
    with problems.caught():
        name = _name(given.get("name"))
    with problems.caught():
        dtype = _dtype(given.get("dtype"))
    with problems.caught():
        samples = _size(given.get("batch_size"), "batch_size")
    if batch_shape is not None and shape is not None:
        problems.add("Input takes shape or batch_shape, not both", max(batch_shape, shape, key=_position).place)
    elif batch_shape is None and shape is None and not problems.found:
        problems.add("Input needs its shape", place, help="write Input(5, 1) or 'Input: [5, 1]'")
    elif batch_shape is not None:
        with problems.caught():
            samples, *rest = _shape(batch_shape) or _refuse_empty(batch_shape)
            sizes = tuple(rest)
    elif shape is not None:
        with problems.caught():
            sizes = _shape(shape)
    problems.raise_found()
    return StatedInput((samples, *sizes), place, dtype, name)


def _position(value: Value) -> tuple[int, int]:
    return value.place.line, value.place.column


def _is_null(value: Value) -> bool:
    return isinstance(value, Scalar) and value.value is None


def _refuse_empty(batch_shape: Value) -> tuple[int | None, ...]:
    raise ModelError(Problem("batch_shape has the samples axis first, but is empty", batch_shape.place))


def _name(value: Value | None) -> str | None:
    if value is None or _is_null(value):
        return None
    text = value.value if isinstance(value, Scalar) else None
    if not isinstance(text, str) or not is_name(text):
        message = f"Input: name must be a name without '/', not {kind_of(value)}"
        raise ModelError(Problem(message, value.place))
    return text


def _shape(value: Value) -> tuple[int | None, ...]:
    if not isinstance(value, Sequence):
        message = f"an input's shape is a list like [timesteps, features], not {kind_of(value)}"
        raise ModelError(Problem(message, value.place, help=_list_help(value)))
    if len(value.items) >= RANK:
        raise ModelError(Problem(f"a shape has at most {RANK - 1} axes, but this has {len(value.items)}", value.place))
    problems = Problems()
    sizes = []
    for item in value.items:
        with problems.caught():
            sizes.append(_size(item, "a size of the input's shape"))
    problems.raise_found()
    return tuple(sizes)


def _list_help(value: Value) -> str | None:
    """How a shape that was written as a number, or without its brackets, is written."""
    if not isinstance(value, Scalar) or isinstance(value.value, bool):
        return None
    sizes = str(value.value).strip("() ").rstrip(",").split(",")
    if len(sizes) > RANK or not all(re.fullmatch("[0-9]{1,10}|None|null", size.strip()) for size in sizes):
        return None
    return f"write [{', '.join(size.strip().replace('None', 'null') for size in sizes)}]"


def _size(value: Value | None, what: str) -> int | None:
    if value is None or _is_null(value):
        return None
    size: Any = value.value if isinstance(value, Scalar) else None
    if isinstance(size, bool) or not isinstance(size, int):
        help = f"write {int(size)}" if isinstance(size, float) and size.is_integer() else None
        message = f"{what} must be a whole number or null, not {kind_of(value)}"
        raise ModelError(Problem(message, value.place, help=help))
    if not 1 <= size <= DIMENSION:
        bound = "at least 1" if size < 1 else f"at most {DIMENSION:,}"
        raise ModelError(Problem(f"{what} must be {bound}, but is {shown(size)}", value.place))
    return size


def _dtype(value: Value | None) -> str:
    if value is None or _is_null(value):
        return "float32"
    if isinstance(value, Scalar) and value.value in DTYPES:
        return str(value.value)
    help = did_you_mean(str(value.value), DTYPES) if isinstance(value, Scalar) else None
    raise ModelError(
        Problem(f"an input's dtype is one of {', '.join(DTYPES)}, not {kind_of(value)}", value.place, help=help)
    )
