"""Where results and errors go: files and streams, their encoding and their colours."""

import errno
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib import import_module
from itertools import pairwise
from typing import Any, TextIO, TypeVar

import click
import msgspec

from lstmcalc.cli.environment import JOB_SUMMARY
from lstmcalc.errors import ModelError, Note, Problem, reason_of
from lstmcalc.views.look import Look

BOXES = "┏━┳┓┃┡╇┩│├─┼┤└┴┘"
BROKEN = 2  # exit code
Chosen = TypeVar("Chosen", bound=Look)


class Output(msgspec.Struct, frozen=True):
    """What is said of the result: its form, the file it goes to, and how a table looks."""

    form: str
    path: str | None = None
    width: int | None = None
    color: str = "auto"
    quiet: bool = False
    strict: bool = False

    @property
    def is_file(self) -> bool:
        """Whether the result goes to a file of its own."""
        return self.path not in (None, "-")

    @property
    def takes_boxes(self) -> bool:
        """Whether the characters of boxes can be written."""
        try:
            BOXES.encode(self.encoding)
        except UnicodeEncodeError:
            return False
        return True

    @property
    def encoding(self) -> str:
        """The encoding of what the result goes to."""
        return "utf-8" if self.is_file or sys.stdout is None else sys.stdout.encoding or "utf-8"

    @property
    def takes_color(self) -> bool:
        """Whether a table is coloured: as `--color` says; on auto, never in a file."""
        from lstmcalc.views.colors import wants_color

        if self.is_file or sys.stdout is None:
            return self.color == "always"
        return wants_color(self.color, sys.stdout.isatty())

    def looks(self, of: type[Chosen], **chosen: Any) -> Chosen:
        """The look of the result, with what is chosen of it beside."""
        return of(
            width=self.width,
            color=self.takes_color,
            ascii_only=not self.takes_boxes,
            encoding=self.encoding,
            **chosen,
        )

    def show(self, question: str, answer: Any, look: Look | None = None, style: str | None = None) -> int:
        """The answer to a question in the form that was asked for, by its view; `style` names another of the form.

        GitHub gets annotations, and Markdown in the summary of the job. What is noted of a
        model stands in a JSON object; else it comes after the answer, on standard error or as
        notices. Gives the exit code of `--strict`. Raises ModelError when it cannot be written.
        """
        look = look or self.looks(Look)
        self.write_lines(_lines(_view(question, style or self.form).show(answer, look), answer, self.form))
        if self.form == "github":
            _add_to_job_summary(_view(question, "markdown").show(answer, look))
        return self.show_notes(_notes(answer))

    def show_notes(self, notes: tuple[Note, ...]) -> int:
        """What is noted of a model, on standard error but where it stands in the result; the code of `--strict`."""
        if notes and self.form not in ("json", "github") and says_notes(self.quiet, self.strict):
            say(notes)
        return BROKEN if self.strict and notes else 0

    def write_lines(self, lines: Iterable[str]) -> None:
        """The result line by line. Raises ModelError when it cannot be written."""
        write((f"{line}\n" for line in lines), self.path)


def _view(question: str, form: str) -> Any:
    return import_module(f"lstmcalc.views.{question}.{form}")


def _notes(answer: Any) -> tuple[Note, ...]:
    """What is noted of the models of an answer; of one that is about none, nothing."""
    notes: tuple[Note, ...] = getattr(answer, "notes", ())
    return notes


def _lines(lines: Iterable[str], answer: Any, form: str) -> Iterator[str]:
    """The lines of an answer; GitHub's notices come after its errors."""
    yield from lines
    if form == "github" and _notes(answer):
        from lstmcalc.views.github import annotate

        yield from annotate(_notes(answer))


def _add_to_job_summary(markdown: Iterable[str]) -> None:
    """Add Markdown to the job's summary where a GitHub runner has one. Raises ModelError."""
    path = os.environ.get(JOB_SUMMARY)
    if not path:
        return
    try:
        with open(path, "a", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{line}\n" for line in (*markdown, ""))
    except (OSError, ValueError) as error:
        raise ModelError(Problem(f"cannot be written: {reason_of(error)}", file=path)) from None


def write(text: "str | Iterable[str]", path: str | None = None) -> None:
    """A result to standard output, or to the file of `--output`. Raises ModelError when it cannot be written."""
    parts = [text] if isinstance(text, str) else text
    if path is None or path == "-":
        _write_stdout(parts)
        return
    try:
        with open(path, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.writelines(parts)
    except (OSError, ValueError) as error:
        raise ModelError(Problem(f"cannot be written: {reason_of(error)}", file=path)) from None


def _write_stdout(parts: Iterable[str]) -> None:
    try:
        if sys.stdout is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        _lenient(sys.stdout).writelines(parts)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        silence_stdout()
        raise unwritable(error) from None


def unwritable(error: OSError) -> ModelError:
    """The error of a standard output that is full, closed or broken."""
    return ModelError(Problem(f"standard output cannot be written: {reason_of(error)}"))


def report(error: "ModelError | click.ClickException", args: list[str]) -> int:
    """An error on standard error, as JSON where the command was to print JSON; the exit code."""
    if isinstance(error, ModelError):
        failure = error
    else:
        from lstmcalc.cli.usage import sentence, usage

        failure = ModelError(Problem(sentence(error, args), help=usage(error)))
    if not says_notes("--quiet" in args or "-q" in args, "--strict" in args):
        failure = ModelError(failure.problems)
    if _wants_json(args):
        from lstmcalc.views.json import encode, error_object

        _write_stderr(f"{encode(error_object(failure))}\n")
    else:
        say((*failure.problems, *failure.notes))
    return BROKEN


def says_notes(quiet: bool, strict: bool) -> bool:
    """Whether notes are said: where they make a command fail, a quiet one says them too."""
    return strict or not quiet


def say(problems: Iterable[Problem]) -> None:
    """Problems and notes on standard error."""
    from lstmcalc.views.problems import problem_lines

    _write_stderr("".join(f"{line}\n" for line in problem_lines(problems)))


def _write_stderr(text: str) -> None:
    if sys.stderr is not None:
        with suppress(OSError):
            _lenient(sys.stderr).write(text)
            sys.stderr.flush()


def silence_stdout() -> None:
    """Let nothing more go to a stream that failed, at exit neither."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _lenient(stream: TextIO) -> TextIO:
    """The stream, writing escapes for what its encoding does not have."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
    return stream


def _wants_json(args: list[str]) -> bool:
    return "--format=json" in args or any(pair == ("--format", "json") for pair in pairwise(args))
