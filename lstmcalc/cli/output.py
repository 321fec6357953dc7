"""Where results and errors go: files and streams, their encoding and their colours."""

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from itertools import pairwise
from typing import TextIO

import click

from lstmcalc.errors import ModelError, Problem

BOXES = "┏━┳┓┃┡╇┩│├─┼┤└┴┘"
BROKEN = 2


def write(text: "str | Iterable[str]", path: str | None = None) -> None:
    """A result to standard output, or to the file of `--output`. Raises ModelError when the file cannot be written."""
    parts = [text] if isinstance(text, str) else text
    if path is None or path == "-":
        stream = _lenient(sys.stdout)
        for part in parts:
            stream.write(part)
        stream.flush()
        return
    try:
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(parts)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise ModelError(Problem(f"cannot be written: {reason.lower()}", file=path)) from None


def can_draw_boxes(path: str | None) -> bool:
    """Whether the result's stream can encode the characters of boxes."""
    if path is not None and path != "-":
        return True
    try:
        BOXES.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def is_terminal(path: str | None) -> bool:
    """Whether the result goes to a terminal."""
    return (path is None or path == "-") and sys.stdout.isatty()


def report(error: "ModelError | click.ClickException", args: list[str]) -> int:
    """An error on standard error, as JSON where the command was to print JSON; the exit code."""
    if isinstance(error, ModelError):
        failure = error
    else:
        usage = error.ctx.get_usage() if isinstance(error, click.UsageError) and error.ctx else None
        failure = ModelError(Problem(error.format_message(), help=usage))
    if _wants_json(args):
        from lstmcalc.views.json import encode, error_object

        text = encode(error_object(failure))
    else:
        from lstmcalc.views.problems import problem_lines

        text = "".join(f"{line}\n" for line in problem_lines(failure))
    stream = _lenient(sys.stderr)
    stream.write(text)
    stream.flush()
    return BROKEN


def silence_stdout() -> None:
    """Let nothing more go to a pipe that was closed, at exit neither."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _lenient(stream: TextIO) -> TextIO:
    """The stream, writing escapes for what its encoding does not have."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
    return stream


def _wants_json(args: list[str]) -> bool:
    return "--format=json" in args or any(pair == ("--format", "json") for pair in pairwise(args))
