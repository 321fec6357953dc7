"""The facts of a model as the JSON object that facts/ declares."""

from collections.abc import Iterator

from lstmcalc.facts.objects import object_of
from lstmcalc.facts.summary import Summary
from lstmcalc.views.json import encode
from lstmcalc.views.look import Look


def show(summary: Summary, look: Look) -> Iterator[str]:
    """The object of `summary --format json`."""
    yield encode(object_of(summary))
