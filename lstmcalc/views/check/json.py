"""Budgets that were held as a JSON object."""

from collections.abc import Iterator

import msgspec

from lstmcalc.facts.objects import SCHEMA_VERSION, ProblemObject, problem_object
from lstmcalc.questions.budget import Held
from lstmcalc.questions.check import Checkup
from lstmcalc.views.json import encode
from lstmcalc.views.look import Look


class LayerAmount(msgspec.Struct):
    """One of the largest layers, by its path, in the budget's unit."""

    name: str
    amount: int


class HeldBudget(msgspec.Struct):
    """One budget; numbers are params, MACs or bytes. `layer` is null for the whole model.

    `file`, `line` and `column` say where the limit was written, and are null for one of
    the command line. `actual` of activations is a lower bound.
    """

    metric: str
    layer: str | None
    limit: int
    actual: int
    over: int
    fits: bool
    written: str
    source: str
    file: str | None
    line: int | None
    column: int | None
    largest: tuple[LayerAmount, ...]


class CheckedModel(msgspec.Struct):
    """The budgets of one MODEL argument."""

    model: str
    name: str
    fits: bool
    budgets: tuple[HeldBudget, ...]


class CheckObject(msgspec.Struct):
    """The object of `check --format json`."""

    schema_version: int
    fits: bool
    models: tuple[CheckedModel, ...]
    notes: tuple[ProblemObject, ...]


def show(checkup: Checkup, look: Look) -> Iterator[str]:
    """The object of `check --format json`."""
    models = tuple(
        CheckedModel(each.model, each.name, not each.exceeded, tuple(map(budget_object, each.held)))
        for each in checkup.models
    )
    yield encode(CheckObject(SCHEMA_VERSION, not checkup.exceeds, models, tuple(map(problem_object, checkup.notes))))


def budget_object(held: Held) -> HeldBudget:
    """One budget as an object."""
    limit, place = held.limit, held.limit.place
    return HeldBudget(
        limit.metric,
        held.layer,
        limit.most,
        held.actual,
        held.over,
        held.fits,
        limit.written,
        limit.source,
        place.source.name if place else None,
        place.line if place else None,
        place.column if place else None,
        tuple(LayerAmount(name, amount) for name, amount in held.largest),
    )
