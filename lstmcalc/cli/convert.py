"""`lstmcalc convert MODEL --to FORM`: the same model as YAML, as Keras's JSON, as Python or as a .keras file."""

import click

from lstmcalc.cli.options import model_options, text_options
from lstmcalc.cli.output import Output
from lstmcalc.questions.convert import FORMS, convert, convert_weights
from lstmcalc.sources import Reading


@click.command(
    "convert",
    short_help="The same model as YAML, Keras's JSON, Python or .keras.",
    epilog='\b\nExample:\n  lstmcalc convert "Input(5, 1) | LSTM(5) | Dense(1)" --to python',
)
@click.argument("model")
@click.option("--to", "form", type=click.Choice(FORMS), required=True, help="What to write.")
@click.option("--weights", metavar="FILE", help="With --to keras: .npz, .weights.h5, .keras or .h5; else MODEL's own.")
@model_options
@text_options
def command(model: str, form: str, weights: str | None, reading: Reading, output: Output) -> int:
    """Write MODEL in another form; what is read back from it is the same model.

    yaml is a spec; keras-json is what model.to_json() of Keras 3 gives; python builds the model with Keras 3; keras
    is a .keras file with weights (-o model.keras). Layers of older Kerases become those of Keras 3 that compute the
    same, but in YAML. Each thing that is lost is said.
    """
    if weights is not None and form != "keras":
        raise click.UsageError("--weights goes with --to keras: the other forms hold none")
    if form == "keras" and not output.is_file:
        raise click.UsageError("--to keras writes a file: say which with -o model.keras")
    if form != "keras":
        spec, built = reading.spec_and_model(model)
        converted = convert(built, form, spec)
        output.write_lines(converted.text.splitlines())
        return output.show_notes(converted.notes)
    assert output.path is not None
    return output.show_notes(convert_weights(reading.model(model), output.path, weights))
