"""The options that commands share, and what they mean."""

import os
from collections.abc import Callable
from functools import wraps
from typing import Any

import click
import msgspec

from lstmcalc import __version__
from lstmcalc.cli.output import Output, says_notes
from lstmcalc.layers.arguments import DTYPE_BITS
from lstmcalc.limits import DIMENSION
from lstmcalc.models.context import Bindings
from lstmcalc.reference.keys import DIALECTS
from lstmcalc.sources import Reading

Command = Callable[..., Any]
FORMATS = ("table", "json", "csv", "markdown")


def model_options(command: Command) -> Command:
    """`--set`, `--timesteps`, `--batch`, `--dtype`, `--dialect` and `--custom`, handed on as `reading: Reading`."""

    @wraps(command)
    def packed(
        given: tuple[str, ...],
        timesteps: tuple[str, ...],
        batch: int | None,
        dtype: str | None,
        dialect: str | None,
        customs: tuple[str, ...],
        wanted: str | None,
        input_shape: tuple[int | None, ...] | None,
        **rest: Any,
    ) -> Any:
        bindings = Bindings(_timesteps(timesteps), batch)
        reading = Reading(
            _assignments(given), bindings, dtype, dialect, customs=customs, wanted=wanted, input_shape=input_shape
        )
        return command(reading=reading, **rest)

    return _with(
        packed,
        click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help="Give a variable its value."),
        click.option(
            "--timesteps", multiple=True, metavar="[INPUT=]N", help="Bind unknown timesteps, of all inputs or of one."
        ),
        click.option("--batch", type=click.IntRange(1, DIMENSION), metavar="N", help="Bind the samples axis."),
        click.option(
            "--dtype", type=click.Choice(list(DTYPE_BITS)), metavar="DTYPE", help="Count sizes as if weights had it."
        ),
        click.option(
            "--dialect",
            type=click.Choice(list(DIALECTS)),
            metavar="DIALECT",
            help=f"Whose words a model has that does not say it: {', '.join(DIALECTS)}.",
        ),
        click.option(
            "--custom",
            "customs",
            multiple=True,
            metavar="NAME=...",
            help='What a layer is that nobody knows: NAME=identity, "NAME=(None, 64), PARAMS", or a YAML file.',
        ),
        click.option("--model", "wanted", metavar="NAME|LINE", help="Which of a script's models."),
        click.option(
            "--input-shape",
            metavar="SHAPE",
            callback=_shape,
            help='What a subclassed model of a script is called on, samples first: "(None, 28, 28)".',
        ),
    )


def output_options(*formats: str) -> Callable[[Command], Command]:
    """`--format`, `--output`, `--width`, `--color`, `--quiet` and `--strict`, handed on as `output: Output`.

    They stand below `model_options`: a model of a quiet command is read without its notes.
    """

    def decorate(command: Command) -> Command:
        @wraps(command)
        def packed(
            form: str,
            path: str | None,
            width: int | None,
            color: str,
            quiet: bool,
            strict: bool,
            reading: Reading,
            **rest: Any,
        ) -> Any:
            refuse_overwriting(path, rest)
            reading = msgspec.structs.replace(reading, notes=says_notes(quiet, strict))
            return command(output=Output(form, path, width, color, quiet, strict), reading=reading, **rest)

        return _with(
            packed,
            click.option(
                "--format",
                "form",
                type=click.Choice(list(formats)),
                default=formats[0],
                show_default=True,
                help="Output format.",
            ),
            click.option("--output", "-o", "path", metavar="FILE", help="Write the result to a file."),
            click.option(
                "--width",
                type=click.IntRange(40, 10_000),
                metavar="N",
                help="Columns of the table (Keras's line_length).",
            ),
            click.option(
                "--color",
                type=click.Choice(["auto", "always", "never"]),
                default="auto",
                show_default=True,
                help="Colour the table; NO_COLOR and FORCE_COLOR are honoured.",
            ),
            click.option("--quiet", "-q", is_flag=True, help="Say nothing on standard error but errors."),
            click.option("--strict", is_flag=True, help="Exit 2 when there is a note."),
            click.version_option(__version__, prog_name="lstmcalc"),
        )

    return decorate


def text_options(command: Command) -> Command:
    """`--output`, `--quiet` and `--strict` of a command whose result is a text, handed on as `output: Output`."""

    @wraps(command)
    def packed(path: str | None, quiet: bool, strict: bool, reading: Reading, **rest: Any) -> Any:
        refuse_overwriting(path, rest)
        reading = msgspec.structs.replace(reading, notes=says_notes(quiet, strict))
        return command(output=Output("text", path, quiet=quiet, strict=strict), reading=reading, **rest)

    return _with(
        packed,
        click.option("--output", "-o", "path", metavar="FILE", help="Write the result to a file."),
        click.option("--quiet", "-q", is_flag=True, help="Say nothing on standard error but errors."),
        click.option("--strict", is_flag=True, help="Exit 2 when there is a note."),
        click.version_option(__version__, prog_name="lstmcalc"),
    )


def refuse_overwriting(path: str | None, arguments: dict[str, Any]) -> None:
    """Refuse an output that is a file which the command reads, by whatever name."""
    if path is None or path == "-":
        return
    given = [each for value in arguments.values() for each in (value if isinstance(value, tuple) else (value,))]
    for each in given:
        if isinstance(each, str) and _is_same_file(path, each):
            raise click.UsageError(f"--output '{path}' would overwrite what is read: name another file")


def _is_same_file(path: str, other: str) -> bool:
    try:
        return os.path.samefile(path, other)
    except (OSError, ValueError):
        return False


def _with(command: Command, *options: Callable[[Command], Command]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command


def _split(assignment: str) -> tuple[str, str, str]:
    """A name and its value: at the first '=' that stands in no brackets, as `f(a=1)=3` has it, nor in `==`."""
    depth = 0
    for number, character in enumerate(assignment):
        depth += (character in "([{") - (character in ")]}")
        around = assignment[max(0, number - 1) : number + 2]
        is_compared = any(each in around for each in ("==", "!=", "<=", ">="))
        if character == "=" and depth <= 0 and not is_compared:
            return assignment[:number], "=", assignment[number + 1 :]
    return assignment.partition("=")


def _assignments(given: tuple[str, ...]) -> dict[str, str]:
    values: dict[str, str] = {}
    for each in given:
        name, equals, value = _split(each)
        if not equals or not name.strip():
            raise click.UsageError(f"--set takes NAME=VALUE, not '{each}'")
        if name.strip() in values:
            raise click.UsageError(f"--set gives '{name.strip()}' twice")
        values[name.strip()] = value
    return values


def _shape(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[int | None, ...] | None:
    """`(None, 28, 28)`: sizes with commas between them, `None` or `null` for an unknown one."""
    if value is None:
        return None
    words = [each.strip() for each in value.strip().strip("()[]").split(",") if each.strip()]
    if not words or not all(each in ("None", "null") or (each.isascii() and each.isdigit()) for each in words):
        raise click.BadParameter(f"takes a shape such as (None, 28, 28), not '{value}'")
    return tuple(None if each in ("None", "null") else int(each[:12]) for each in words)


def _timesteps(timesteps: tuple[str, ...]) -> dict[str | None, int]:
    bound: dict[str | None, int] = {}
    for each in timesteps:
        name, equals, number = each.rpartition("=")
        if not number.isascii() or not number.isdigit() or len(number) > 10 or not 1 <= int(number) <= DIMENSION:
            raise click.UsageError(f"--timesteps takes [INPUT=]N with N from 1 to {DIMENSION:,}, not '{each}'")
        key = name if equals else None
        if key in bound:
            raise click.UsageError(f"--timesteps binds {key or 'all inputs'} twice")
        bound[key] = int(number)
    return bound
