"""An answer as a JSON object."""

from collections.abc import Iterator

import msgspec

from lstmcalc.facts.objects import SCHEMA_VERSION, ProblemObject, problem_object
from lstmcalc.questions.search import Solution
from lstmcalc.views.check.json import HeldBudget, budget_object
from lstmcalc.views.json import encode
from lstmcalc.views.look import Look
from lstmcalc.views.solve.words import wanted_word


class ProbeObject(msgspec.Struct):
    """What one value gave; `error` says why there is no model."""

    value: int
    fits: bool
    budgets: tuple[HeldBudget, ...]
    error: str | None


class SolveObject(msgspec.Struct):
    """The object of `solve --format json`.

    `value` is null where none fits. `trend` is what the numbers did at the values that were
    tried: grows, shrinks, or neither, when every value from `low` to `high` was tried; `cut`
    says that `high` is then less than was allowed.
    """

    schema_version: int
    variable: str
    value: int | None
    wanted: str
    trend: str
    low: int
    high: int
    tried: int
    cut: bool
    proof: tuple[ProbeObject, ...]
    notes: tuple[ProblemObject, ...]


def show(found: Solution, look: Look) -> Iterator[str]:
    """The object of `solve --format json`."""
    probes = tuple(
        ProbeObject(
            each.value, each.fits, tuple(map(budget_object, each.held)), each.error.message if each.error else None
        )
        for each in found.proof
    )
    solved = SolveObject(
        SCHEMA_VERSION,
        found.variable,
        found.value,
        wanted_word(found),
        found.trend,
        found.low,
        found.high,
        found.tried,
        found.is_cut,
        probes,
        tuple(map(problem_object, found.notes)),
    )
    yield encode(solved)
