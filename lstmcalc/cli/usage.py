"""What is wrong with a command line, in words of ours: click's change with its version and the language."""

from collections.abc import Sequence

import click

from lstmcalc.errors import closest, shown


def sentence(error: click.ClickException, args: Sequence[str]) -> str:
    """What is wrong with the arguments of a command."""
    param = getattr(error, "param", None)
    if not _is_said_by_click(error):
        name = getattr(error, "param_hint", None) or (_name(param) if param is not None else "")
        between = "" if not name else " " if error.message.startswith("takes ") else ": "
        return f"{name}{between}{error.message}"
    match error:
        case click.NoSuchOption():
            known = {name.lstrip("-"): name for name in _options(error.ctx)}
            meant = known.get(closest(error.option_name.lstrip("-"), known) or "")
            return f"there is no option {shown(error.option_name)}{f': did you mean {shown(meant)}?' if meant else ''}"
        case click.BadOptionUsage(option_name=name):
            is_given = any(each.startswith(f"{name}=") for each in args)
            return f"{name} takes {'no value' if is_given else 'a value, and here is none'}"
        case click.MissingParameter() if param is not None:
            return f"{_name(param)} is missing"
        case click.BadParameter() if param is not None:
            return f"{_name(param)} is {_taken(param.type)}{_found(param, args)}"
        case click.UsageError(ctx=click.Context() as ctx) if not isinstance(ctx.command, click.Group):
            return "here are more arguments than the command takes"
    return "a command comes first"


def usage(error: click.ClickException) -> str | None:
    """What the command takes, in one line; None where it is not known which command is meant."""
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    if ctx is None:
        return None
    return " ".join(["Usage:", ctx.command_path, *ctx.command.collect_usage_pieces(ctx)])


def _is_said_by_click(error: Exception) -> bool:
    """Whether click raised it by itself: the words are those of the module that did."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    module = trace.tb_frame.f_globals.get("__name__", "") if trace is not None else ""
    return str(module).partition(".")[0] == "click"


def _name(param: click.Parameter) -> str:
    if isinstance(param, click.Option):
        return max(param.opts, key=len)
    return (param.metavar or param.name or "").upper().strip("[].")


def _options(ctx: click.Context | None) -> list[str]:
    return [name for param in ctx.command.get_params(ctx) for name in param.opts] if ctx is not None else []


def _taken(kind: object) -> str:
    match kind:
        case click.Choice():
            return f"one of {', '.join(map(repr, kind.choices))}"
        case click.IntRange() | click.FloatRange():
            what = "a whole number" if isinstance(kind, click.IntRange) else "a number"
            bounds = [
                f"{word} {bound:,}" for word, bound in (("from", kind.min), ("to", kind.max)) if bound is not None
            ]
            return " ".join([what, *bounds])
    return "of another kind"


def _found(param: click.Parameter, args: Sequence[str]) -> str:
    """The last value that an option was given, which click keeps to itself."""
    found = ""
    for name in param.opts if isinstance(param, click.Option) else ():
        for position, each in enumerate(args):
            if each == name and position + 1 < len(args):
                found = f", not {shown(args[position + 1])}"
            elif each.startswith(f"{name}="):
                found = f", not {shown(each.partition('=')[2])}"
    return found
