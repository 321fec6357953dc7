"""`lstmcalc check MODEL ...`: models held against their budgets."""

import os
import sys
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import click
import msgspec

from lstmcalc.cli.options import FORMATS, Command, model_options, output_options
from lstmcalc.cli.output import Output
from lstmcalc.errors import ModelError, Problem, Problems, Refusal, shown
from lstmcalc.facts.summary import Summary, summarize
from lstmcalc.formats.files import REVISION
from lstmcalc.formats.revisions import lacks
from lstmcalc.questions.budget import Limit, hold, read_budget
from lstmcalc.questions.project import find_project
from lstmcalc.questions.sides import side_of
from lstmcalc.reference.keys import IN_BYTES, METRICS
from lstmcalc.reference.units import increased, quantity
from lstmcalc.sources import Reading
from lstmcalc.views.check import Checked

EXCEEDED = 1  # exit code
SUMMARY = "GITHUB_STEP_SUMMARY"


class Baseline(msgspec.Struct, frozen=True):
    """What a model may be more than another: `5%` or `2k` of params, or a size such as `4 KiB`."""

    old: str
    increase: str

    def limit(self, model: str, reading: Reading) -> Limit | None:
        """The limit for a MODEL argument; None for a file that the revision does not have. Raises ModelError."""
        old = self._of(model)
        try:
            summary = side_of(old, reading).summary
        except ModelError:
            if self._is_revision_alone and lacks(old):
                return None
            raise
        metric = "size" if self.increase.rstrip().endswith("B") else "params"
        base = summary.total.size_bytes if metric == "size" else summary.total.params
        try:
            most = increased(base, self.increase, metric)
        except Refusal as refusal:
            message = f"takes 5%, 2k or 4KiB, not {self.increase!r}"
            raise click.BadParameter(message, param_hint="--max-increase") from refusal
        written = f"{self.increase} over {base:,}{' B' if metric == 'size' else ''} of {old}"
        return Limit(metric, most, written, option="--max-increase")

    def _of(self, model: str) -> str:
        """What a MODEL argument is compared with: `git:REV` alone is the model's own file there. Raises ModelError."""
        if not self._is_revision_alone:
            return self.old
        if not os.path.isfile(model):
            message = f"--baseline {self.old} is the model's own file there, and {shown(model)} is no file"
            raise ModelError(Problem(message, help=f"name a file of the revision: --baseline {self.old}:model.yaml"))
        return f"{self.old}:./{os.path.relpath(model)}"

    @property
    def _is_revision_alone(self) -> bool:
        return self.old.startswith(REVISION) and ":" not in self.old.removeprefix(REVISION)


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
    if max_increase is not None:
        _check_increase(max_increase)
    base = Baseline(baseline, max_increase) if baseline is not None and max_increase is not None else None
    try:
        checked = _checked(models, limits, base, if_budgeted, reading, output.quiet)
    except ModelError as error:
        if output.form == "github":
            from lstmcalc.views.check import error_annotations

            output.write_lines(error_annotations(error))
        raise
    _write(checked, output, warn_only)
    return EXCEEDED if any(each.exceeded for each in checked) and not warn_only else 0


def _check_increase(text: str) -> None:
    try:
        increased(0, text, "size" if text.rstrip().endswith("B") else "params")
    except Refusal:
        raise click.BadParameter(f"takes 5%, 2k or 4KiB, not '{text}'", param_hint="--max-increase") from None


def _checked(
    models: tuple[str, ...],
    limits: tuple[Limit, ...],
    baseline: Baseline | None,
    if_budgeted: bool,
    reading: Reading,
    quiet: bool,
) -> list[Checked]:
    """Every model with its budgets held. Raises ModelError with what is wrong with any."""
    project = find_project()
    models = models or project.models
    if not models:
        help = 'name a MODEL, or models in pyproject.toml: [tool.lstmcalc] models = ["models/*.yaml"]'
        raise ModelError(Problem("there is no model to check", help=help))
    problems = Problems()
    checked: list[Checked] = []
    for source in models:
        with problems.caught():
            spec, model = reading.spec_and_model(source)
            summary = summarize(model, reading.dtype)
            found = (*read_budget(spec.budget), *project.limits_of(source), *limits)
            if baseline is not None:
                found += _relative(source, baseline, reading, quiet)
            elif not found and not if_budgeted:
                raise _without_budget(source, summary)
            file = source if os.path.isfile(source) else None
            checked.append(Checked(source, summary.name, hold(model, summary, found, reading.dtype), file))
    problems.raise_found()
    if models == project.models:
        problems.found.extend(project.missed(models, (held for each in checked for held in each.held)))
        problems.raise_found()
    return checked


def _relative(source: str, baseline: Baseline, reading: Reading, quiet: bool) -> tuple[Limit, ...]:
    limit = baseline.limit(source, reading)
    if limit is not None:
        return (limit,)
    if not quiet and sys.stderr is not None:
        sys.stderr.write(f"{source}: new: {baseline.old} has no such file, so --max-increase does not bind it\n")
    return ()


def _without_budget(source: str, summary: Summary) -> ModelError:
    help = "write 'budget: {params: 1M}' in the spec, give --max-params 1M, or let it pass with --if-budgeted"
    file = source if os.path.exists(source) else None
    return ModelError(Problem(f"the model {summary.name!r} has no budget", help=help, file=file))


def _write(checked: list[Checked], output: Output, warn_only: bool) -> None:
    from lstmcalc.views import check as view

    if output.form == "json":
        from lstmcalc.views.json import encode

        output.write(encode(view.check_object(checked)))
    elif output.form == "csv":
        output.write(view.check_csv(checked))
    elif output.form == "markdown":
        output.write(view.check_markdown(checked))
    elif output.form == "github":
        annotate(output, view.check_annotations(checked, "warning" if warn_only else "error"))
        add_to_job_summary(view.check_markdown(checked))
    else:
        output.write_lines(view.check_lines(checked, output.width, output.takes_color, not output.takes_boxes))


def annotate(output: Output, lines: Iterator[str]) -> None:
    """Print workflow commands."""
    output.write_lines(lines)


def add_to_job_summary(markdown: str) -> None:
    """Add Markdown to the job's summary where a GitHub runner has one. Raises ModelError."""
    path = os.environ.get(SUMMARY)
    if not path:
        return
    try:
        with open(path, "a", encoding="utf-8", newline="\n") as file:
            file.write(f"{markdown}\n")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ModelError(Problem(f"cannot be written: {reason}", file=path)) from None
