"""The params of models as a Markdown table."""

from collections.abc import Iterator

from lstmcalc.questions.count import Counts
from lstmcalc.views.delimited import escaped, markdown_row
from lstmcalc.views.look import Look


def show(counts: Counts, look: Look) -> Iterator[str]:
    """A row per model, and the total of several."""
    yield markdown_row(("Model", "Param #"))
    yield markdown_row(("---", "---:"))
    for model, count in counts.models:
        yield markdown_row((escaped(model), f"{count:,}"))
    if len(counts.models) > 1:
        yield markdown_row(("**total**", f"**{counts.total:,}**"))
