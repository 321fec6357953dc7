"""What changed as a JSON object."""

from collections.abc import Iterator

import msgspec

from lstmcalc.facts.objects import SCHEMA_VERSION, ProblemObject, problem_object
from lstmcalc.questions.diff import Change, Difference, Field
from lstmcalc.views.diff.words import percentage
from lstmcalc.views.json import encode
from lstmcalc.views.look import Look


class ChangedField(msgspec.Struct):
    """One thing that was one and is another, in words; null where it is not there."""

    name: str
    old: str | None
    new: str | None


class ChangedLayer(msgspec.Struct, rename={"class_name": "class"}):
    """One layer: `change` is added, removed or changed; `level` is how deep it stands in models inside.

    `params_change` at level 0 add up to the total's change.
    """

    change: str
    name: str
    old_name: str | None
    class_name: str | None
    level: int
    old_params: int | None
    new_params: int | None
    params_change: int
    old_macs: int | None
    new_macs: int | None
    fields: tuple[ChangedField, ...]


class ChangedTotal(msgspec.Struct):
    """One number of the model; null where it is unknown. `percent` is null where it was 0."""

    old: int | None
    new: int | None
    change: int | None
    percent: float | None


class DiffObject(msgspec.Struct):
    """The object of `diff --format json`; `fields` are what changed of the model itself.

    `partial` says that one of them is a saved summary, which holds no arguments.
    """

    schema_version: int
    old: str
    new: str
    differs: bool
    partial: bool
    fields: tuple[ChangedField, ...]
    layers: tuple[ChangedLayer, ...]
    totals: dict[str, ChangedTotal]
    notes: tuple[ProblemObject, ...]


def show(difference: Difference, look: Look) -> Iterator[str]:
    """The object of `diff --format json`."""
    totals = {
        each.name: ChangedTotal(each.old, each.new, each.change, percentage(each.old, each.new))
        for each in difference.totals
    }
    layers = tuple(map(_layer, difference.changes))
    found = DiffObject(
        SCHEMA_VERSION,
        difference.old,
        difference.new,
        difference.differs,
        difference.is_partial,
        _fields(difference.fields),
        layers,
        totals,
        tuple(map(problem_object, difference.notes)),
    )
    yield encode(found)


def _fields(fields: tuple[Field, ...]) -> tuple[ChangedField, ...]:
    return tuple(ChangedField(each.name, each.old, each.new) for each in fields)


def _layer(change: Change) -> ChangedLayer:
    return ChangedLayer(
        change.kind,
        change.name,
        change.old_name,
        change.class_name or None,
        change.level,
        change.old_params,
        change.new_params,
        change.params,
        change.old_macs,
        change.new_macs,
        _fields(change.fields),
    )
