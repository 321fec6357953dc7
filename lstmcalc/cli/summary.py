"""`lstmcalc summary MODEL`: Keras's table, or the same facts as JSON, CSV or Markdown."""

import click

from lstmcalc.cli.options import FORMATS, model_options, output_options, read_model_options
from lstmcalc.cli.output import can_draw_boxes, is_terminal, write
from lstmcalc.summary import Summary, summarize

COLUMN_NAMES = "name, class, input_shape, output_shape, params, trainable, macs, size, share, connected"


@click.command(
    "summary",
    short_help="Keras's table of a model.",
    epilog='\b\nExample:\n  lstmcalc summary "Input(5, 1) | LSTM(5, return_sequences=True) | Dense(1)"',
)
@click.argument("model")
@model_options
@output_options(*FORMATS)
@click.option(
    "--style", type=click.Choice(["keras3", "classic"]), default="keras3", help="Keras 3's table, or Keras 2's."
)
@click.option("--columns", metavar="NAMES", help=f"Choose and order columns: {COLUMN_NAMES}.")
@click.option("--show-weights", is_flag=True, help="Add a row per weight with its shape.")
@click.option("--expand-nested", is_flag=True, help="Show the layers of models inside the model.")
@click.option("--show-trainable", is_flag=True, help="Show whether each layer's weights are trained.")
def command(
    model: str,
    given: tuple[str, ...],
    timesteps: tuple[str, ...],
    batch: int | None,
    dtype: str | None,
    form: str,
    output: str | None,
    width: int | None,
    color: str,
    quiet: bool,
    style: str,
    columns: str | None,
    show_weights: bool,
    expand_nested: bool,
    show_trainable: bool,
) -> None:
    """Print what keras.Model.summary() prints for MODEL.

    MODEL is a spec (model.yaml), '-' for standard input, or an expression.
    """
    options = read_model_options(given, timesteps, batch, dtype)
    chosen = _columns(columns)
    summary = summarize(options.model(model), dtype)
    if form == "json":
        from lstmcalc.views.json import encode, summary_object

        write(encode(summary_object(summary)), output)
    elif form in ("csv", "markdown"):
        from lstmcalc.views import delimited

        view = delimited.csv_text if form == "csv" else delimited.markdown_text
        write(view(summary, chosen, expand_nested, show_weights), output)
    elif style == "classic":
        from lstmcalc.views.classic import classic_lines

        write((f"{line}\n" for line in classic_lines(summary, width, expand_nested)), output)
    else:
        _write_table(summary, width, expand_nested, show_trainable, show_weights, chosen, color, output)


def _write_table(
    summary: Summary,
    width: int | None,
    expand_nested: bool,
    show_trainable: bool,
    show_weights: bool,
    columns: tuple[str, ...] | None,
    color: str,
    output: str | None,
) -> None:
    from lstmcalc.views.colors import wants_color
    from lstmcalc.views.table import TableOptions, table_lines

    colored = wants_color(color, is_terminal(output))
    ascii_only = not can_draw_boxes(output)
    options = TableOptions(width, expand_nested, show_trainable, show_weights, columns, colored, ascii_only)
    write((f"{line}\n" for line in table_lines(summary, options)), output)


def _columns(names: str | None) -> tuple[str, ...] | None:
    if names is None:
        return None
    known = COLUMN_NAMES.split(", ")
    chosen = tuple(name.strip() for name in names.split(","))
    for name in chosen:
        if name not in known:
            from lstmcalc.errors import did_you_mean

            help = did_you_mean(name, known) or f"there are {COLUMN_NAMES}"
            raise click.UsageError(f"--columns: no column '{name}'; {help}")
    if len(set(chosen)) < len(chosen):
        raise click.UsageError("--columns names a column twice")
    return chosen
