"""`lstmcalc check MODEL ...`: models held against their budgets."""

import sys

import click

from lstmcalc.cli.budgets import budget_options
from lstmcalc.cli.options import FORMATS, model_options, output_options
from lstmcalc.cli.output import Output, says_notes
from lstmcalc.errors import ModelError, Refusal
from lstmcalc.questions.budget import Limit
from lstmcalc.questions.check import Baseline, check_each, increase_of
from lstmcalc.sources import Reading
from lstmcalc.views.check.look import CheckLook

EXCEEDED = 1  # exit code


@click.command(
    "check",
    short_help="Models held against their budgets.",
    epilog='\b\nExample:\n  lstmcalc check "Input(5, 1) | LSTM(5)" --max-params 1k',
)
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@budget_options
@click.option("--baseline", metavar="OLD", help="Compare with another MODEL, git:REV:path, git:REV or a saved JSON.")
@click.option("--max-increase", metavar="N", help="The most that --baseline may grow by: 5%, 2k params or 4KiB.")
@click.option("--if-budgeted", is_flag=True, help="Let models pass that have no budget.")
@click.option("--warn-only", is_flag=True, help="Exit 0 when a budget is exceeded, too.")
@model_options
@output_options(*FORMATS, "github")
def command(
    models: tuple[str, ...],
    limits: tuple[Limit, ...],
    baseline: str | None,
    max_increase: str | None,
    if_budgeted: bool,
    warn_only: bool,
    reading: Reading,
    output: Output,
) -> int:
    """Hold each MODEL against its budgets: those in its spec, of these options and of pyproject.toml.

    Exit 1 when a budget is exceeded, 2 when a number that has one is unknown. Without MODEL
    the models of [tool.lstmcalc] in pyproject.toml are checked.

    k, M and G are powers of 1000; KiB, MiB and GiB of 1024.
    """
    if (baseline is None) != (max_increase is None):
        raise click.UsageError("--baseline and --max-increase go together")
    base = _baseline(baseline, max_increase)
    try:
        checkup = check_each(models, limits, base, reading, if_budgeted)
    except ModelError as error:
        if output.form == "github":
            from lstmcalc.views.github import annotate

            notes = error.notes if says_notes(output.quiet, output.strict) else ()
            output.write_lines(annotate((*error.problems, *notes)))
        raise
    for checked in checkup.models:
        if checked.is_new and not output.quiet and sys.stderr is not None:
            sys.stderr.write(f"{checked.model}: new: {baseline} has no such file, so --max-increase does not bind it\n")
    code = output.show("check", checkup, output.looks(CheckLook, level="warning" if warn_only else "error"))
    return code or (EXCEEDED if checkup.exceeds and not warn_only else 0)


def _baseline(old: str | None, increase: str | None) -> Baseline | None:
    if old is None or increase is None:
        return None
    try:
        return Baseline(old, increase_of(increase))
    except Refusal as refusal:
        raise click.BadParameter(refusal.message, param_hint="--max-increase") from None
