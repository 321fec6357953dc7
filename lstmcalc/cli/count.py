"""`lstmcalc count MODEL ...`: the number of params, for scripts."""

import click

from lstmcalc.cli.options import FORMATS, model_options, output_options
from lstmcalc.cli.output import Output
from lstmcalc.errors import Problems
from lstmcalc.sources import Reading

Counts = list[tuple[str, int]]


@click.command(
    "count",
    short_help="The number of params.",
    epilog='\b\nExample:\n  lstmcalc count "Input(5, 1) | LSTM(5)"',
)
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@click.option("--trainable", is_flag=True, help="Count trainable params alone.")
@click.option("--non-trainable", is_flag=True, help="Count non-trainable params alone.")
@model_options
@output_options(*FORMATS)
def command(models: tuple[str, ...], trainable: bool, non_trainable: bool, reading: Reading, output: Output) -> None:
    """Print the number of params of each MODEL: one integer, or a line per model and the total.

    MODEL is a spec (model.yaml), '-' for standard input, or an expression.
    """
    if trainable and non_trainable:
        raise click.UsageError("--trainable and --non-trainable together are all params: leave out both")
    part = trainable if trainable or non_trainable else None
    output.write(_VIEWS[output.form](_counts(models, part, reading)))


def _counts(models: tuple[str, ...], part: bool | None, reading: Reading) -> Counts:
    """The params of each model: all, or those alone whose being trainable is `part`. Raises ModelError."""
    counts: Counts = []
    problems = Problems()
    for source in models:
        with problems.caught():
            weights = reading.model(source).all_weights()
            wanted = (each for each in weights if part is None or each.trainable == part)
            counts.append((source, sum(each.params for each in wanted)))
    problems.raise_found()
    return counts


def _total(counts: Counts) -> int:
    return sum(count for _, count in counts)


def _table(counts: Counts) -> str:
    if len(counts) == 1:
        return f"{counts[0][1]}\n"
    from lstmcalc.views.cells import visible

    return "".join(f"{count}\t{visible(model)}\n" for model, count in [*counts, ("total", _total(counts))])


def _json(counts: Counts) -> str:
    from lstmcalc.views.json import SCHEMA_VERSION, CountObject, ModelCount, encode

    models = tuple(ModelCount(model, count) for model, count in counts)
    return encode(CountObject(SCHEMA_VERSION, models, _total(counts)))


def _csv(counts: Counts) -> str:
    import csv
    import io

    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([("model", "params"), *counts])
    return out.getvalue()


def _markdown(counts: Counts) -> str:
    from lstmcalc.views.delimited import escaped

    rows = "".join(f"| {escaped(model)} | {count:,} |\n" for model, count in counts)
    total = f"| **total** | **{_total(counts):,}** |\n" if len(counts) > 1 else ""
    return f"| Model | Param # |\n| --- | ---: |\n{rows}{total}"


_VIEWS = {"table": _table, "json": _json, "csv": _csv, "markdown": _markdown}
