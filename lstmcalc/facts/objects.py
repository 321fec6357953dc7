"""The facts as JSON objects, both ways: what `summary --format json` prints, and that read back."""

import json
from typing import Any, get_args, get_origin

import msgspec

from lstmcalc.errors import ModelError, Place, Problem, Source, shown
from lstmcalc.facts.summary import BYTE, CallFacts, Connection, InputFacts, Macs, Row, Summary, Total, WeightFacts
from lstmcalc.shapes import Shape

SCHEMA_VERSION = 1  # of every JSON object that is printed: a key that goes, or means something else, makes it 2


class ProblemObject(msgspec.Struct):
    """One problem or note; line and column are 1-based, null where it stands in no text."""

    message: str
    file: str | None
    line: int | None
    column: int | None
    layer: str | None
    help: str | None


def problem_object(problem: Problem) -> ProblemObject:
    """A problem or a note as an object."""
    return ProblemObject(problem.message, problem.path, problem.line, problem.column, problem.layer, problem.help)


class InputObject(msgspec.Struct):
    """One input of the model; samples first."""

    name: str
    shape: Shape
    dtype: str


class OutputObject(msgspec.Struct):
    """One output of the model, and how a spec refers to it."""

    ref: str
    shape: Shape


class WeightObject(msgspec.Struct):
    """One weight, under Keras's name."""

    name: str
    shape: tuple[int, ...]
    params: int
    trainable: bool | None
    dtype: str


class CallObject(msgspec.Struct):
    """One call of a layer: shapes in and out, and the layers that it takes its inputs from."""

    input_shapes: tuple[Shape, ...]
    output_shapes: tuple[Shape, ...]
    connected_to: tuple[str, ...]


class LayerObject(msgspec.Struct, rename={"class_name": "class"}):
    """One layer.

    Shapes and connections are those of its first call, `calls` has all. `counted_params`
    leaves out weights that an earlier layer counted. With unknown timesteps `macs` is
    null, and is `macs_fixed + timesteps * macs_per_timestep` where it is linear. Of a file
    of arrays alone the class and what is trainable are null, and there are no calls.
    """

    name: str
    class_name: str | None
    input_shapes: tuple[Shape, ...]
    output_shapes: tuple[Shape, ...]
    params: int
    counted_params: int
    trainable_params: int | None
    non_trainable_params: int | None
    macs: int | None
    macs_fixed: int | None
    macs_per_timestep: int | None
    size_bytes: int
    trainable: bool | None
    weights: tuple[WeightObject, ...]
    connected_to: tuple[str, ...]
    calls: tuple[CallObject, ...]
    layers: tuple["LayerObject", ...]


class _Versioned(msgspec.Struct):
    schema_version: int


class SummaryObject(msgspec.Struct):
    """The object of `summary --format json`: a model, its layers without inputs, and its totals.

    `kind` is Sequential or Functional; Weights of a file of arrays alone.
    """

    schema_version: int
    name: str
    kind: str
    inputs: tuple[InputObject, ...]
    layers: tuple[LayerObject, ...]
    outputs: tuple[OutputObject, ...]
    total_params: int
    trainable_params: int | None
    non_trainable_params: int | None
    size_bytes: int
    macs: int | None
    macs_fixed: int | None
    macs_per_timestep: int | None
    notes: tuple[ProblemObject, ...] = ()  # what versions before 1.1 do not say


# From facts to objects.


def object_of(summary: Summary) -> SummaryObject:
    """The object of a summary."""
    return SummaryObject(
        SCHEMA_VERSION,
        summary.name,
        summary.kind,
        tuple(InputObject(each.name, each.shape, each.dtype) for each in summary.inputs),
        tuple(map(_layer_object, summary.layers)),
        tuple(OutputObject(ref, shape) for ref, shape in summary.outputs),
        summary.total.params,
        _params(summary.trainable),
        _params(summary.non_trainable),
        summary.total.size_bytes,
        summary.macs.total,
        summary.macs.fixed,
        summary.macs.per_timestep,
        tuple(map(problem_object, summary.notes)),
    )


def _params(total: Total | None) -> int | None:
    return None if total is None else total.params


def _layer_object(row: Row) -> LayerObject:
    """One layer with those inside it."""
    calls = tuple(map(_call_object, row.calls))
    first = calls[0] if calls else CallObject((), (), ())
    return LayerObject(
        name=row.name,
        class_name=row.class_name or None,
        input_shapes=first.input_shapes,
        output_shapes=first.output_shapes,
        params=row.params,
        counted_params=row.counted,
        trainable_params=row.trainable_params,
        non_trainable_params=row.non_trainable_params,
        macs=row.macs.total,
        macs_fixed=row.macs.fixed,
        macs_per_timestep=row.macs.per_timestep,
        size_bytes=row.size_bytes,
        trainable=row.trainable,
        weights=tuple(
            WeightObject(weight.name, weight.shape, weight.params, weight.trainable, weight.dtype)
            for weight in row.weights
        ),
        connected_to=first.connected_to,
        calls=calls,
        layers=tuple(_layer_object(each) for each in row.inner if not each.is_input and not each.is_operation),
    )


def _call_object(call: CallFacts) -> CallObject:
    return CallObject(
        call.input_shapes, call.output_shapes, tuple(each.name for each in call.connected if each.is_layer)
    )


# From objects to facts.


def saved_summary(source: Source) -> Summary:
    """The summary of what `summary --format json` printed. Raises ModelError."""
    try:
        version = msgspec.json.decode(source.text, type=_Versioned).schema_version
        if version != SCHEMA_VERSION:
            message = f"its schema_version is {version}, but this version of lstmcalc reads {SCHEMA_VERSION}"
            raise ModelError(Problem(message, Place(source)))
        return summary_of(msgspec.json.decode(source.text, type=SummaryObject))
    except msgspec.ValidationError:
        raise _no_summary(_misfit(msgspec.json.decode(source.text), SummaryObject), Place(source)) from None
    except msgspec.DecodeError:
        raise _no_json(source) from None
    except RecursionError:
        raise _no_summary("nested too deep", Place(source)) from None


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


def summary_of(saved: SummaryObject) -> Summary:
    """The summary of an object, in what it holds: whether a graph is a chain, and the size of a part, it does not."""
    return Summary(
        saved.name,
        saved.kind,
        saved.kind == "Sequential",
        tuple(InputFacts(each.name, each.shape, each.dtype) for each in saved.inputs),
        tuple((each.ref, each.shape) for each in saved.outputs),
        tuple(map(_row, saved.layers)),
        Total(saved.total_params, BYTE * saved.size_bytes),
        _total(saved.trainable_params),
        _total(saved.non_trainable_params),
        Macs(saved.macs, saved.macs_fixed, saved.macs_per_timestep),
    )


def _total(params: int | None) -> Total | None:
    return None if params is None else Total(params, 0)


def _row(layer: LayerObject) -> Row:
    return Row(
        name=layer.name,
        class_name=layer.class_name or "",
        calls=tuple(map(_call, layer.calls)),
        params=layer.params,
        counted=layer.counted_params,
        trainable_params=layer.trainable_params,
        size_bytes=layer.size_bytes,
        macs=Macs(layer.macs, layer.macs_fixed, layer.macs_per_timestep),
        trainable=layer.trainable,
        weights=tuple(
            WeightFacts(each.name, each.name, each.shape, each.params, each.trainable, each.dtype)
            for each in layer.weights
        ),
        inner=tuple(map(_row, layer.layers)),
        is_model=layer.class_name in ("Sequential", "Functional") or (layer.class_name is None and bool(layer.layers)),
    )


def _call(call: CallObject) -> CallFacts:
    """A call; which of a layer's calls and outputs it takes was not saved."""
    connected = tuple(Connection(name, 0, 0, is_layer=True) for name in call.connected_to)
    return CallFacts(call.input_shapes, call.output_shapes, connected)
