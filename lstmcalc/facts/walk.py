"""The one walk over the facts of a model: each layer with its path, its row, and where it was placed."""

from collections.abc import Iterable, Iterator
from itertools import repeat

import msgspec

from lstmcalc.facts.summary import Row, Summary
from lstmcalc.models.model import BuiltModel, Placed
from lstmcalc.models.walk import Path


class Part(msgspec.Struct, frozen=True, eq=False):
    """A layer where it stands: its path, its row of facts, and the layer as it was placed, None of a saved summary."""

    path: Path
    row: Row
    placed: Placed | None

    def inner(self) -> "Iterator[Part]":
        """The layers inside it."""
        return _level(self.row.inner, self.placed.inner if self.placed is not None else None, self.path)


def parts(summary: Summary, model: BuiltModel | None) -> Iterator[Part]:
    """The layers of a summary, and of the model that it is of."""
    return _level(summary.rows, model.placed if model is not None else None, ())


def walk_parts(level: Iterable[Part]) -> Iterator[Part]:
    """Every layer, each followed by those inside it."""
    for part in level:
        yield part
        yield from walk_parts(part.inner())


def _level(rows: Iterable[Row], placed: tuple[Placed, ...] | None, above: Path) -> Iterator[Part]:
    """The layers that stand beside each other: rows are made in their order, with inputs and operations between."""
    layers = [row for row in rows if not row.is_input and not row.is_operation]
    for row, each in zip(layers, repeat(None, len(layers)) if placed is None else placed, strict=True):
        yield Part((*above, row.name), row, each)
