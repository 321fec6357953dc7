"""One side of a comparison: a MODEL, or the JSON that `summary` printed of one."""

import os
import sys
from typing import Protocol

import msgspec

from lstmcalc.facts.objects import is_saved, saved_summary
from lstmcalc.facts.summary import Summary, summarize
from lstmcalc.formats.files import read_text, split_revision
from lstmcalc.formats.text import decoded
from lstmcalc.limits import SPEC_BYTES
from lstmcalc.models.model import Model


class Side(msgspec.Struct, frozen=True, eq=False):
    """A summary, and the model that it is of where that is known."""

    source: str
    summary: Summary
    model: Model | None = None


class ModelReader(Protocol):
    """How a MODEL argument is read: with which variables and timesteps."""

    @property
    def dtype(self) -> str | None:
        """The dtype that sizes are told in, None for the weights' own."""

    def model(self, source: str) -> Model:
        """The model of a MODEL argument. Raises ModelError."""


def side_of(source: str, reader: ModelReader) -> Side:
    """The side of OLD or NEW: a MODEL argument or a saved JSON summary, from a revision too. Raises ModelError."""
    revision, inside = split_revision(source)
    if inside.lower().endswith(".json") and (revision or os.path.isfile(source)):
        text = read_text(source)
        if is_saved(text.text):
            return Side(source, saved_summary(text))
    if source == "-" and is_saved(_beginning_of_stdin()):
        return Side(source, saved_summary(decoded(sys.stdin.buffer.read(SPEC_BYTES + 1), "<stdin>")))
    model = reader.model(source)
    return Side(source, summarize(model, reader.dtype), model)


def _beginning_of_stdin() -> str:
    """What standard input begins with, which stays there to be read."""
    peek = getattr(getattr(sys.stdin, "buffer", None), "peek", None)
    return peek().decode("utf-8", "replace") if peek is not None else ""
