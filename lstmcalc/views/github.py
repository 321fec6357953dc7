"""GitHub's workflow commands: annotations on the lines of a file."""

from collections.abc import Iterator

from lstmcalc.errors import ModelError, Problem


def error_annotations(error: ModelError) -> Iterator[str]:
    """An annotation for each problem of a model that cannot be read."""
    for problem in error.problems:
        yield _error_annotation(problem)


def _error_annotation(problem: Problem) -> str:
    place, help = problem.place, f"\nhelp: {problem.help}" if problem.help else ""
    file = problem.file if place is None else place.source.name if place.source.is_file else None
    line, column = (None, None) if place is None or file is None else (place.line, place.column)
    return annotation("error", f"{problem.text}{help}", "lstmcalc", file, line, column)


def annotation(
    level: str,
    message: str,
    title: str | None = None,
    file: str | None = None,
    line: int | None = None,
    column: int | None = None,
) -> str:
    """One workflow command, escaped as GitHub's runner reads it: `%`, line breaks, and in properties `:` and `,`."""
    properties = {"file": file, "line": line, "col": column, "title": title}
    given = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items() if value is not None)
    return f"::{level} {given}::{_data(message)}" if given else f"::{level}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
