"""JSON as it is printed, and the object of an error, which every command may print."""

from typing import Any

import msgspec

from lstmcalc.errors import ModelError
from lstmcalc.facts.objects import ProblemObject, problem_object


class ErrorObject(msgspec.Struct):
    """The object of an error: its first problem as `error`, every one in `errors`, and what was noted until then."""

    error: ProblemObject
    errors: tuple[ProblemObject, ...]
    notes: tuple[ProblemObject, ...]


def error_object(error: ModelError) -> ErrorObject:
    """The object of an error."""
    problems = tuple(map(problem_object, error.problems))
    return ErrorObject(problems[0], problems, tuple(map(problem_object, error.notes)))


def encode(value: Any) -> str:
    """JSON text with two spaces an indent, without a newline at the end; integers are exact."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
