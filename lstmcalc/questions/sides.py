"""One side of a comparison: a MODEL, a file of arrays alone, or the JSON that `summary` printed of one."""

import msgspec

from lstmcalc.facts.held import summarize_held
from lstmcalc.facts.objects import saved_summary
from lstmcalc.facts.summary import Summary, summarize
from lstmcalc.models.model import BuiltModel
from lstmcalc.sources import SAVED_SUMMARY, Reading, content_of, held_weights, kind_of


class Side(msgspec.Struct, frozen=True, eq=False):
    """A summary, and the model that it is of where that is known."""

    source: str
    summary: Summary
    model: BuiltModel | None = None


def side_of(source: str, reading: Reading) -> Side:
    """The side of OLD or NEW: a MODEL, a file of arrays or a saved summary, from a revision too. Raises ModelError."""
    content = content_of(source)
    if kind_of(content) is SAVED_SUMMARY:
        return Side(source, saved_summary(content.text))
    held = held_weights(content, reading)
    if held is not None:
        return Side(source, summarize_held(held, reading))
    model = reading.model(content)
    return Side(source, summarize(model, reading.dtype), model)
