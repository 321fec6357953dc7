"""The params of models as a JSON object."""

from collections.abc import Iterator

import msgspec

from lstmcalc.facts.objects import SCHEMA_VERSION, ProblemObject, problem_object
from lstmcalc.questions.count import Counts
from lstmcalc.views.json import encode
from lstmcalc.views.look import Look


class ModelCount(msgspec.Struct):
    """The params of one MODEL argument."""

    model: str
    params: int


class CountObject(msgspec.Struct):
    """The object of `count --format json`."""

    schema_version: int
    models: tuple[ModelCount, ...]
    total_params: int
    notes: tuple[ProblemObject, ...]


def show(counts: Counts, look: Look) -> Iterator[str]:
    """The object of `count --format json`."""
    models = tuple(ModelCount(model, count) for model, count in counts.models)
    yield encode(CountObject(SCHEMA_VERSION, models, counts.total, tuple(map(problem_object, counts.notes))))
