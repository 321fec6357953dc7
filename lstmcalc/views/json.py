"""The facts as JSON objects with stable keys; their declarations here are the schemas of the outputs."""

from importlib import import_module
from typing import Any

import msgspec

from lstmcalc.errors import ModelError, Problem
from lstmcalc.facts.objects import SCHEMA_VERSION

__all__ = ["SCHEMA_VERSION", "encode"]


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
    "summary": ("lstmcalc.facts.objects", "SummaryObject"),
    "count": (__name__, "CountObject"),
    "check": ("lstmcalc.views.check", "CheckObject"),
    "diff": ("lstmcalc.views.diff", "DiffObject"),
    "explain": ("lstmcalc.views.explain", "ExplainObject"),
    "solve": ("lstmcalc.views.search", "SolveObject"),
    "sweep": ("lstmcalc.views.search", "SweepObject"),
    "verify": ("lstmcalc.views.verify", "VerificationObject"),
    "error": (__name__, "ErrorObject"),
}


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
