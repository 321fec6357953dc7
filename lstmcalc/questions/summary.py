"""What a MODEL argument is made of: its summary, with what the weights in its file say of it."""

from collections.abc import Iterator

import msgspec

from lstmcalc.errors import ModelError, Note, merge_notes
from lstmcalc.facts.held import summarize_held
from lstmcalc.facts.summary import Summary, summarize
from lstmcalc.models.model import BuiltModel
from lstmcalc.sources import Reading, content_of, held_weights


def summary_of(source: str, reading: Reading) -> Summary:
    """The summary of a MODEL argument, of a file of arrays alone too. Raises ModelError."""
    content = content_of(source)
    held = held_weights(content, reading)
    if held is not None:
        return summarize_held(held, reading)
    model = reading.model(content)
    summary = summarize(model, reading.dtype)
    if not model.holds_weights or not reading.notes:
        return summary
    return msgspec.structs.replace(summary, notes=merge_notes((*summary.notes, *_notes_of_weights(model))))


def _notes_of_weights(model: BuiltModel) -> Iterator[Note]:
    """What the file of a model holds beside the model's weights, and where these are others than the config says."""
    from lstmcalc.formats.weights import notes_of, weights_of_saved

    assert model.file is not None
    try:
        held = weights_of_saved(model.file)
        yield from notes_of(held)
        if held.params != model.count_params():
            from lstmcalc.arrays.hdf5 import hdf5_weights  # NumPy is imported where something is wrong

            with hdf5_weights(model, model.file):
                pass
    except ModelError as error:
        for each in error.problems:
            yield Note(f"the weights in the file: {each.message}", file=model.file, layer=each.layer, help=each.help)
