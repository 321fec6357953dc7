"""A notice of GitHub's with what changed."""

import os
from collections.abc import Iterator

from lstmcalc.questions.diff import Difference
from lstmcalc.views.diff.words import LABELS, same, total_words
from lstmcalc.views.github import annotation
from lstmcalc.views.look import Look


def show(difference: Difference, look: Look) -> Iterator[str]:
    """A notice with the totals that changed, on the file of the new model where it is one."""
    changed = [f"{LABELS[each.name]}: {total_words(each)}" for each in difference.totals if each.old != each.new]
    message = "\n".join(changed) or ("Only the layers differ." if difference.differs else same(difference))
    file = difference.new if os.path.isfile(difference.new) else None
    yield annotation("notice", message, f"{difference.old} -> {difference.new}", file)
