"""How many params models have, all or a part of them."""

from collections.abc import Iterable

import msgspec

from lstmcalc.errors import ModelError, Note, Problem, merge_notes
from lstmcalc.sources import Reading, content_of, held_weights, made_of_each


class Counts(msgspec.Struct, frozen=True):
    """The params of MODEL arguments, and the notes of all."""

    models: tuple[tuple[str, int], ...]
    notes: tuple[Note, ...] = ()

    @property
    def total(self) -> int:
        """Those of all of them."""
        return sum(count for _, count in self.models)


def count(sources: Iterable[str], trainable: bool | None, reading: Reading) -> Counts:
    """The params of each: all, or those alone whose being trainable is `trainable`. Raises ModelError."""

    notes: list[Note] = []

    def of_one(source: str) -> tuple[str, int]:
        content = content_of(source)
        held = held_weights(content, reading)
        if held is not None:
            if trainable is not None:
                message = "holds arrays alone, and nothing in it says which of them are trainable"
                raise ModelError(Problem(message, file=content.name, help="leave out --trainable and --non-trainable"))
            from lstmcalc.formats.weights import notes_of  # most are models

            notes.extend(notes_of(held) if reading.notes else ())
            return source, held.params
        model = reading.model(content)
        notes.extend(model.notes)
        counted = (each for each in model.all_weights() if trainable is None or each.trainable == trainable)
        return source, sum(weight.params for weight in counted)

    return Counts(tuple(made_of_each(sources, of_one)), merge_notes(notes))
