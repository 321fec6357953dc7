"""The params of models for scripts: an integer, or a line for each model."""

from collections.abc import Iterator

from lstmcalc.questions.count import Counts
from lstmcalc.views.look import Look


def show(counts: Counts, look: Look) -> Iterator[str]:
    """One integer of one model; else `count<TAB>model` lines, and the total."""
    if len(counts.models) == 1:
        yield str(counts.total)
        return
    from lstmcalc.views.cells import visible

    for model, count in (*counts.models, ("total", counts.total)):
        yield f"{count}\t{visible(model)}"
