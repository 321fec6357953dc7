"""GitHub's workflow commands: annotations on the lines of a file."""

from collections.abc import Iterable, Iterator

from lstmcalc.errors import Note, Problem


def annotate(problems: Iterable[Problem]) -> Iterator[str]:
    """An annotation for each problem of a model that cannot be read; a notice for each note."""
    for problem in problems:
        help = f"\nhelp: {problem.help}" if problem.help else ""
        file = problem.path
        line, column = (None, None) if file is None else (problem.line, problem.column)
        level = "notice" if isinstance(problem, Note) else "error"
        yield annotation(level, f"{problem.text}{help}", "lstmcalc", file, line, column)


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
