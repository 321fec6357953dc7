"""The options that are budgets: `--max-params` and its like."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from lstmcalc.cli.options import Command
from lstmcalc.errors import Refusal
from lstmcalc.questions.budget import Limit
from lstmcalc.reference.keys import IN_BYTES, METRICS
from lstmcalc.reference.units import quantity


def budget_options(command: Command) -> Command:
    """`--max-params` and its like, handed on as `limits: tuple[Limit, ...]`."""

    @wraps(command)
    def packed(**rest: Any) -> Any:
        found = [rest.pop(f"max_{metric}") for metric in METRICS]
        return command(limits=tuple(limit for limit in found if limit is not None), **rest)

    wrapped: Command = packed
    for metric in reversed(METRICS):
        option = f"--max-{metric.replace('_', '-')}"
        size = metric in IN_BYTES
        help = f"The most {'bytes of ' if size else ''}{_HELP[metric]}, such as {'4MiB' if size else '1M'}."
        wrapped = click.option(option, metavar="N", callback=_limit(metric, option), help=help)(wrapped)
    return wrapped


_HELP = {
    "params": "params",
    "trainable_params": "trainable params",
    "size": "weights",
    "macs": "multiply-accumulates",
    "state": "recurrent state",
    "activations": "activations, of which a lower bound is known",
}


def _limit(metric: str, option: str) -> Callable[[click.Context, click.Parameter, str | None], Limit | None]:
    def read(ctx: click.Context, param: click.Parameter, value: str | None) -> Limit | None:
        if value is None:
            return None
        try:
            return Limit(metric, quantity(value, metric), value, option=option)
        except Refusal as refusal:
            raise click.BadParameter(f"{refusal.message}{f' ({refusal.help})' if refusal.help else ''}") from None

    return read
