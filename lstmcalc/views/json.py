"""JSON as it is printed, and the object of an error, which every command may print."""

from typing import Any

import msgspec

from lstmcalc.errors import ModelError, Problem


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


def error_object(error: ModelError) -> ErrorObject:
    """The object of an error."""
    problems = tuple(map(_problem, error.problems))
    return ErrorObject(problems[0], problems)


def _problem(problem: Problem) -> ProblemObject:
    place = problem.place
    file = problem.file if place is None else place.source.name if place.source.is_file else None
    line, column = (place.line, place.column) if place else (None, None)
    return ProblemObject(problem.message, file, line, column, problem.layer, problem.help)


def encode(value: Any) -> str:
    """JSON text with two spaces an indent, without a newline at the end; integers are exact."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
