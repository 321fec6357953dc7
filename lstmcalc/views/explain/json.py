"""An explanation as a JSON object."""

from collections.abc import Iterator

import msgspec

from lstmcalc.facts.objects import SCHEMA_VERSION, ProblemObject, problem_object
from lstmcalc.questions.explain import Explanation, LayerExplanation
from lstmcalc.views.json import encode
from lstmcalc.views.look import Look


class ExplainObject(msgspec.Struct):
    """The object of `explain --format json`: the layers asked for, and how the model's total is made of all."""

    schema_version: int
    name: str
    kind: str
    layers: tuple[LayerExplanation, ...]
    total_params: int
    total: str | None
    notes: tuple[ProblemObject, ...]


def show(explanation: Explanation, look: Look) -> Iterator[str]:
    """The object of `explain --format json`."""
    total = None if explanation.total is None else str(explanation.total)
    found = ExplainObject(
        SCHEMA_VERSION,
        explanation.name,
        explanation.kind,
        explanation.layers,
        explanation.total_params,
        total,
        tuple(map(problem_object, explanation.notes)),
    )
    yield encode(found)
