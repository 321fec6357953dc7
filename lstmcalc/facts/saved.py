"""A Summary read back from what `summary --format json` printed, to be compared with."""

import json
import re
from typing import Any, get_args, get_origin

import msgspec

from lstmcalc.errors import ModelError, Place, Problem, Source, shown
from lstmcalc.facts.summary import Call, Connection, InputFacts, Macs, Row, Summary, Total
from lstmcalc.shapes import Shape

VERSION = 1


class _Call(msgspec.Struct):
    input_shapes: tuple[Shape, ...]
    output_shapes: tuple[Shape, ...]
    connected_to: tuple[str, ...]


class _Layer(msgspec.Struct, rename={"class_name": "class"}):
    name: str
    class_name: str
    calls: tuple[_Call, ...]
    params: int
    counted_params: int
    trainable_params: int
    size_bytes: int
    macs: int | None
    macs_fixed: int | None
    macs_per_timestep: int | None
    layers: tuple["_Layer", ...]


class _Input(msgspec.Struct):
    name: str
    shape: Shape
    dtype: str


class _Output(msgspec.Struct):
    ref: str
    shape: Shape


class _Version(msgspec.Struct):
    schema_version: int


class _Saved(_Version):
    name: str
    kind: str
    inputs: tuple[_Input, ...]
    layers: tuple[_Layer, ...]
    outputs: tuple[_Output, ...]
    total_params: int
    trainable_params: int
    non_trainable_params: int
    size_bytes: int
    macs: int | None
    macs_fixed: int | None
    macs_per_timestep: int | None


def is_saved(text: str) -> bool:
    """Whether a text is a saved summary, and not another JSON object or YAML: by a key that no other has.

    Of a text that is cut off, by its first key.
    """
    if re.match(r'\s*\{\s*"schema_version"\s*:', text):
        return True
    try:
        return bool(msgspec.json.decode(text, type=_Version))
    except (msgspec.DecodeError, RecursionError):
        return False


def summary_of(source: Source) -> Summary:
    """The summary of a saved one. Raises ModelError."""
    try:
        version = msgspec.json.decode(source.text, type=_Version).schema_version
        if version != VERSION:
            message = f"its schema_version is {version}, but this version of lstmcalc reads {VERSION}"
            raise ModelError(Problem(message, Place(source)))
        saved = msgspec.json.decode(source.text, type=_Saved)
    except msgspec.ValidationError:
        raise _no_summary(_misfit(msgspec.json.decode(source.text), _Saved), Place(source)) from None
    except msgspec.DecodeError:
        raise _no_json(source) from None
    except RecursionError:
        raise _no_summary("nested too deep", Place(source)) from None
    frozen = saved.size_bytes  # of trainable and others together; each alone was not saved
    return Summary(
        saved.name,
        saved.kind,
        saved.kind == "Sequential",
        tuple(InputFacts(each.name, each.shape, each.dtype) for each in saved.inputs),
        tuple((each.ref, each.shape) for each in saved.outputs),
        tuple(map(_row, saved.layers)),
        Total(saved.total_params, 8 * frozen),
        Total(saved.trainable_params, 0),
        Total(saved.non_trainable_params, 0),
        Macs(saved.macs, saved.macs_fixed, saved.macs_per_timestep),
    )


def _no_summary(reason: str, place: Place) -> ModelError:
    return ModelError(Problem(f"no summary that 'lstmcalc summary --format json' printed: {reason}", place))


def _no_json(source: Source) -> ModelError:
    """Where a text stops being JSON; msgspec says only how many bytes in, and in words of its own."""
    try:
        json.loads(source.text)
    except json.JSONDecodeError as error:
        is_cut_off = not source.text[error.pos :].strip()
        return _no_summary("it is cut off" if is_cut_off else "this is no JSON", source.place(error.pos))
    except RecursionError:
        return _no_summary("nested too deep", Place(source))
    return _no_summary("it is no JSON", Place(source))


def _misfit(value: Any, kind: Any, path: str = "") -> str:
    """The first thing in a value that is not of its kind, or is missing; a key is named with those it stands in."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and isinstance(value, dict):
        for field in msgspec.structs.fields(kind):
            inside = f"{path}.{field.encode_name}" if path else field.encode_name
            if field.encode_name not in value:
                return f"it has no {shown(inside)}"
            if not _fits(value[field.encode_name], field.type):
                return _misfit(value[field.encode_name], field.type, inside)
    if get_origin(kind) is tuple and isinstance(value, list):
        for position, item in enumerate(value):
            if not _fits(item, get_args(kind)[0]):
                return _misfit(item, get_args(kind)[0], f"{path}.{position}")
    return f"{shown(path)} cannot be {shown(value)}" if path else f"it is {shown(value)}"


def _fits(value: Any, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def _call(call: _Call) -> Call:
    """A call; which of a layer's calls and outputs it takes was not saved."""
    connected = tuple(Connection(name, 0, 0, is_layer=True) for name in call.connected_to)
    return Call(call.input_shapes, call.output_shapes, connected)


def _row(layer: _Layer) -> Row:
    inner: tuple[Any, ...] = tuple(map(_row, layer.layers))
    return Row(
        name=layer.name,
        class_name=layer.class_name,
        calls=tuple(map(_call, layer.calls)),
        params=layer.params,
        counted=layer.counted_params,
        trainable_params=layer.trainable_params,
        size_bytes=layer.size_bytes,
        macs=Macs(layer.macs, layer.macs_fixed, layer.macs_per_timestep),
        inner=inner,
        is_model=layer.class_name in ("Sequential", "Functional"),
    )
