"""The inputs of a model as a spec or an expression states them."""

from typing import Any

import msgspec

from lstmcalc.errors import ModelError, Place, Problem, Problems, did_you_mean, shown
from lstmcalc.limits import DIMENSION, RANK
from lstmcalc.spec.values import Mapping, Scalar, Sequence, Value, kind_of

DTYPES = (
    *("float16", "float32", "float64", "bfloat16", "bool", "string"),
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
)
KEYS = ("shape", "dtype", "batch")
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
    problems = Problems()
    for key, _ in value.entries:
        if key.value not in KEYS:
            help = did_you_mean(str(key.value), KEYS) or f"taken are: {', '.join(KEYS)}"
            problems.add(f"an input has no key '{key.value}'", key.place, help=help)
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
    if args and isinstance(args[0], Scalar):
        given["shape"] = Sequence(args, args[0].place)
    else:
        for name, value in zip(CALL_KEYS, args, strict=False):
            given[name] = value
    for key, value in kwargs:
        name = str(key.value)
        if name not in CALL_KEYS:
            help = did_you_mean(name, CALL_KEYS) or f"taken are: {', '.join(CALL_KEYS)}"
            raise ModelError(Problem(f"Input has no argument '{name}'", key.place, help=help))
        if name in given:
            raise ModelError(Problem(f"Input has the argument '{name}' twice", key.place))
        given[name] = value
    return _called(place, given)


def _called(place: Place, given: dict[str, Value]) -> StatedInput:
    tensor = given.get("tensor")
    if tensor is not None and not (isinstance(tensor, Scalar) and tensor.value is None):
        raise ModelError(Problem("Input takes no tensor here: state its shape", tensor.place))
    both = given.get("batch_shape"), given.get("shape")
    if all(both):
        raise ModelError(Problem("Input takes shape or batch_shape, not both", place))
    name = given.get("name")
    text = name.value if isinstance(name, Scalar) and name.value is not None else None
    if text is not None and (not isinstance(text, str) or not text or "/" in text):
        raise ModelError(Problem(f"Input: name must be a name without '/', but is {shown(text)}", place))
    dtype = _dtype(given.get("dtype"))
    if both[0] is not None:
        shape = _shape(both[0])
        if not shape:
            raise ModelError(Problem("batch_shape has the samples axis first, but is empty", both[0].place))
        return StatedInput(shape, place, dtype, text)
    if both[1] is None:
        raise ModelError(Problem("Input needs its shape", place, help="write Input(5, 1) or 'Input: [5, 1]'"))
    samples = _size(given.get("batch_size"), "batch_size")
    return StatedInput((samples, *_shape(both[1])), place, dtype, text)


def _shape(value: Value) -> tuple[int | None, ...]:
    if not isinstance(value, Sequence):
        help = f"write [{value.text}]" if isinstance(value, Scalar) and isinstance(value.value, int) else None
        raise ModelError(
            Problem(
                f"an input's shape is a list like [timesteps, features], not {kind_of(value)}", value.place, help=help
            )
        )
    if len(value.items) >= RANK:
        raise ModelError(Problem(f"a shape has at most {RANK - 1} axes, but this has {len(value.items)}", value.place))
    problems = Problems()
    sizes = []
    for item in value.items:
        with problems.caught():
            sizes.append(_size(item, "a size of the input's shape"))
    problems.raise_found()
    return tuple(sizes)


def _size(value: Value | None, what: str) -> int | None:
    if value is None or (isinstance(value, Scalar) and value.value is None):
        return None
    size: Any = value.value if isinstance(value, Scalar) else None
    if isinstance(size, bool) or not isinstance(size, int):
        raise ModelError(Problem(f"{what} must be a whole number or null, not {kind_of(value)}", value.place))
    if not 1 <= size <= DIMENSION:
        bound = "at least 1" if size < 1 else f"at most {DIMENSION:,}"
        raise ModelError(Problem(f"{what} must be {bound}, but is {shown(size)}", value.place))
    return size


def _dtype(value: Value | None) -> str:
    if value is None or (isinstance(value, Scalar) and value.value is None):
        return "float32"
    if isinstance(value, Scalar) and value.value in DTYPES:
        return str(value.value)
    help = did_you_mean(str(value.value), DTYPES) if isinstance(value, Scalar) else None
    raise ModelError(
        Problem(f"an input's dtype is one of {', '.join(DTYPES)}, not {kind_of(value)}", value.place, help=help)
    )
