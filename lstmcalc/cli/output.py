"""Where results and errors go: files and streams, their encoding and their colours."""

import errno
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module
from itertools import pairwise
from typing import Any, TextIO, TypeVar

import click
import msgspec

from lstmcalc.cli.environment import JOB_SUMMARY
from lstmcalc.errors import ModelError, Problem, reason_of
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

    def show(self, question: str, answer: Any, look: Look | None = None, style: str | None = None) -> None:
        """The answer to a question in the form that was asked for, by its view; `style` names another of the form.

        GitHub gets annotations, and Markdown in the summary of the job. Raises ModelError
        when it cannot be written.
        """
        look = look or self.looks(Look)
        self.write_lines(_view(question, style or self.form).show(answer, look))
        if self.form == "github":
            _add_to_job_summary(_view(question, "markdown").show(answer, look))

    def write_lines(self, lines: Iterable[str]) -> None:
        """The result line by line. Raises ModelError when it cannot be written."""
        write((f"{line}\n" for line in lines), self.path)


def _view(question: str, form: str) -> Any:
    return import_module(f"lstmcalc.views.{question}.{form}")


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
    if _wants_json(args):
        from lstmcalc.views.json import encode, error_object

        text = f"{encode(error_object(failure))}\n"
    else:
        from lstmcalc.views.problems import problem_lines

        text = "".join(f"{line}\n" for line in problem_lines(failure))
    if sys.stderr is not None:
        with suppress(OSError):
            _lenient(sys.stderr).write(text)
            sys.stderr.flush()
    return BROKEN


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
