"""GitHub's annotations for the budgets that are exceeded."""

from collections.abc import Iterator

from lstmcalc.questions.check import Checkup
from lstmcalc.reference.keys import METRICS
from lstmcalc.views.check.look import CheckLook
from lstmcalc.views.check.words import largest, sentence
from lstmcalc.views.github import annotation


def show(checkup: Checkup, look: CheckLook) -> Iterator[str]:
    """`::error file=,line=,col=,title=::` for each budget that is exceeded."""
    for each in checkup.models:
        for held in each.exceeded:
            below = f"\n{layers}" if (layers := largest(held)) else ""
            place = each.place_of(held)
            file = each.file if place is None else place.source.name
            line, column = (None, None) if place is None else (place.line, place.column)
            title = f"{each.name} is over its budget of {METRICS[held.limit.metric]}"
            yield annotation(look.level, f"{sentence(held)}{below}", title, file, line, column)
