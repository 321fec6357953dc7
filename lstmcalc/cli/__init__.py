"""The command line: a command reads, calls and prints; here are the door and the exit codes."""

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from lstmcalc import __version__
from lstmcalc.cli.environment import COMPLETING, DEBUG
from lstmcalc.errors import ModelError, did_you_mean

COMMANDS = (
    "summary",
    "count",
    "explain",
    "check",
    "diff",
    "solve",
    "sweep",
    "verify",
    "convert",
    "layers",
    "schema",
    "completion",
    "help",
)
REPORT = "https://github.com/lstmcalc/lstmcalc/issues"

BUG, INTERRUPTED = 3, 130  # exit codes


class _Commands(click.Group):
    """The commands, each imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"lstmcalc.cli.{cmd_name}").command
        page = f"\n\nThe page of the manual: lstmcalc help {cmd_name}"
        command.epilog = (command.epilog or "").removesuffix(page) + page
        if COMPLETING in os.environ:
            from lstmcalc.cli.completion import completing

            return completing(command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            if "(" in name or os.path.exists(name):
                message = f"a command comes first: lstmcalc summary {click.format_filename(name)!r}"
                raise click.UsageError(message, ctx)
            help = did_you_mean(name, COMMANDS) or "there are " + ", ".join(COMMANDS)
            raise click.UsageError(f"no command '{name}': {help}", ctx)
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog='\b\nExample:\n  lstmcalc summary "Input(5, 1) | LSTM(5) | Dense(1)"\n\nThe manual: lstmcalc help',
)
@click.version_option(__version__, prog_name="lstmcalc")
def program() -> None:
    """Parameter counts and shapes of sequence models, as Keras has them, without Keras.

    MODEL is a spec (model.yaml), what Keras saved, a script (train.py), '-' for standard input, or an expression.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and leave with its exit code: 0 yes, 1 no, 2 cannot be read, 3 a bug, 130 Ctrl-C."""
    code = run(list(sys.argv[1:] if arguments is None else arguments))
    gc.freeze()
    sys.exit(code)


def run(args: list[str]) -> int:
    """Run a command; its exit code."""
    from lstmcalc.cli.output import BROKEN, report, silence_stdout, unwritable

    try:
        if not args and COMPLETING not in os.environ:
            click.echo(program.get_help(click.Context(program, info_name="lstmcalc", max_content_width=100)), err=True)
            return BROKEN
        result = program.main(args, prog_name="lstmcalc", standalone_mode=False)
    except (ModelError, click.ClickException) as error:
        return report(error, args)
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except SystemExit:  # how click leaves when the other end of a pipe is closed
        silence_stdout()
        return 0
    except OSError as error:  # of `--help`: all others have a file's name by now
        silence_stdout()
        return report(unwritable(error), args)
    except Exception as error:  # a bug: said in one line, never hidden
        return _bug(error)
    return result if isinstance(result, int) else 0


def _bug(error: Exception) -> int:
    if os.environ.get(DEBUG):
        import traceback

        traceback.print_exc()
    message = " ".join(str(error).split())[:200]
    line = f"lstmcalc: this is a bug in lstmcalc ({type(error).__name__}: {message}); please report it: {REPORT}"
    sys.stderr.write(f"{line} ({DEBUG}=1 shows where)\n")
    return BUG
