"""Problems and notes as a compiler prints them: the place, the sentence, the line with a caret, the help."""

from collections.abc import Iterable, Iterator

from lstmcalc.errors import Note, Problem
from lstmcalc.views.cells import visible, width_of

EXCERPT = 120  # characters of a line that are shown


def problem_lines(problems: Iterable[Problem]) -> Iterator[str]:
    """The lines of problems and notes, as they come."""
    for problem in problems:
        yield from _lines(problem)


def _lines(problem: Problem) -> Iterator[str]:
    where = visible(problem.where) if problem.where else "lstmcalc"
    yield f"{where}: {'note' if isinstance(problem, Note) else 'error'}: {visible(problem.text)}"
    yield from _excerpt(problem)
    if problem.help:
        yield f"  help: {visible(problem.help)}"


def _excerpt(problem: Problem) -> Iterator[str]:
    line, column = problem.line, problem.column
    if problem.place is None or line is None or column is None:
        return
    text = problem.place.source.line(line)
    if not text.strip():
        return
    start = max(0, column - 1 - EXCERPT // 2) if len(text) > EXCERPT else 0
    shown = visible(text[start : start + EXCERPT].replace("\t", " "))
    before = visible(text[start : column - 1].replace("\t", " "))
    number = f"{line:>5}"
    yield f"{number} | {shown}"
    yield f"{' ' * len(number)} | {' ' * width_of(before)}^"
