"""The facts as JSON objects with stable keys; their declarations here are the schemas of the outputs."""

from importlib import import_module
from typing import Any

import msgspec

from lstmcalc.errors import ModelError, Problem
from lstmcalc.facts.summary import Call, Row, Summary
from lstmcalc.shapes import Shape

SCHEMA_VERSION = 1


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
    trainable: bool
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
    null, and is `macs_fixed + timesteps * macs_per_timestep` where it is linear.
    """

    name: str
    class_name: str
    input_shapes: tuple[Shape, ...]
    output_shapes: tuple[Shape, ...]
    params: int
    counted_params: int
    trainable_params: int
    non_trainable_params: int
    macs: int | None
    macs_fixed: int | None
    macs_per_timestep: int | None
    size_bytes: int
    trainable: bool
    weights: tuple[WeightObject, ...]
    connected_to: tuple[str, ...]
    calls: tuple[CallObject, ...]
    layers: tuple["LayerObject", ...]


class SummaryObject(msgspec.Struct):
    """The object of `summary --format json`: a model, its layers without inputs, and its totals."""

    schema_version: int
    name: str
    kind: str
    inputs: tuple[InputObject, ...]
    layers: tuple[LayerObject, ...]
    outputs: tuple[OutputObject, ...]
    total_params: int
    trainable_params: int
    non_trainable_params: int
    size_bytes: int
    macs: int | None
    macs_fixed: int | None
    macs_per_timestep: int | None


class ModelCount(msgspec.Struct):
    """The params of one MODEL argument."""

    model: str
    params: int


class CountObject(msgspec.Struct):
    """The object of `count --format json`."""

    schema_version: int
    models: tuple[ModelCount, ...]
    total_params: int


class ProblemObject(msgspec.Struct):
    """One problem; line and column are 1-based, null where it stands in no text."""

    message: str
    file: str | None
    line: int | None
    column: int | None
    layer: str | None
    help: str | None


class ErrorObject(msgspec.Struct):
    """The object of an error: its first problem as `error`, every one in `errors`."""

    error: ProblemObject
    errors: tuple[ProblemObject, ...]


# The module and the name of what each command prints: imported when its schema is asked for.
OUTPUTS = {
    "summary": (__name__, "SummaryObject"),
    "count": (__name__, "CountObject"),
    "check": ("lstmcalc.views.check", "CheckObject"),
    "diff": ("lstmcalc.views.diff", "DiffObject"),
    "explain": ("lstmcalc.views.explain", "ExplainObject"),
    "solve": ("lstmcalc.views.search", "SolveObject"),
    "sweep": ("lstmcalc.views.search", "SweepObject"),
    "verify": ("lstmcalc.views.verify", "VerificationObject"),
    "error": (__name__, "ErrorObject"),
}


def summary_object(summary: Summary) -> SummaryObject:
    """The object of `summary --format json`."""
    return SummaryObject(
        SCHEMA_VERSION,
        summary.name,
        summary.kind,
        tuple(InputObject(each.name, each.shape, each.dtype) for each in summary.inputs),
        tuple(map(layer_object, summary.layers)),
        tuple(OutputObject(ref, shape) for ref, shape in summary.outputs),
        summary.total.params,
        summary.trainable.params,
        summary.non_trainable.params,
        summary.total.size_bytes,
        summary.macs.total,
        summary.macs.fixed,
        summary.macs.per_timestep,
    )


def layer_object(row: Row) -> LayerObject:
    """One layer with those inside it."""
    calls = tuple(map(_call, row.calls))
    return LayerObject(
        name=row.name,
        class_name=row.class_name,
        input_shapes=calls[0].input_shapes,
        output_shapes=calls[0].output_shapes,
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
        connected_to=calls[0].connected_to,
        calls=calls,
        layers=tuple(layer_object(each) for each in row.inner if not each.is_input and not each.is_operation),
    )


def _call(call: Call) -> CallObject:
    return CallObject(
        call.input_shapes, call.output_shapes, tuple(each.name for each in call.connected if each.is_layer)
    )


def error_object(error: ModelError) -> ErrorObject:
    """The object of an error."""
    problems = tuple(map(_problem, error.problems))
    return ErrorObject(problems[0], problems)


def _problem(problem: Problem) -> ProblemObject:
    place = problem.place
    file = problem.file if place is None else place.source.name if place.source.is_file else None
    line, column = (place.line, place.column) if place else (None, None)
    return ProblemObject(problem.message, file, line, column, problem.layer, problem.help)


def output_schema(which: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of an output, made from its declaration above."""
    module, name = OUTPUTS[which]
    schema = msgspec.json.schema(getattr(import_module(module), name))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"lstmcalc {which}", **schema}


def encode(value: Any) -> str:
    """JSON text with two spaces an indent and a newline at the end; integers are exact."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"
