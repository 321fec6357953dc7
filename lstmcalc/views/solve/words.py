"""An answer and its proof in words."""

from collections.abc import Iterator

from lstmcalc.questions.search import GROWS, NEITHER, Probe, Solution
from lstmcalc.views.cells import visible
from lstmcalc.views.check.words import amounts, share, subject

HEADINGS = ("Budget", "Limit", "Actual", "Share", "Fits")


def fields(probe: Probe) -> Iterator[list[str]]:
    """A row for each budget of a value, or for its error; the last says whether it fits."""
    if probe.error is not None:
        yield [f"{probe.value:,}", visible(probe.error.message), "", "", "", "NO"]
    for held in probe.held:
        fits = "yes" if held.fits else "NO"
        yield [f"{probe.value:,}", subject(held), *amounts(held), share(held.actual, held.limit.most), fits]


def answer(found: Solution) -> str:
    """One sentence."""
    name = found.variable
    if found.value is None:
        return f"No value of {visible(name)}{_bound(found)} keeps every budget."
    return f"{visible(name)} = {found.value} is the {wanted_word(found)} value{_bound(found)} that keeps every budget."


def _bound(found: Solution) -> str:
    """Up to where the answer is known, when that is not as far as was allowed."""
    return f" up to {found.high:,}" if found.is_cut else ""


def wanted_word(found: Solution) -> str:
    """Which of the values that fit was searched."""
    return "smallest" if found.wants_least else "largest"


def proof(found: Solution) -> str:
    """What the answer rests on."""
    name = found.variable
    trend = f"the numbers {'grow' if found.trend == GROWS else 'shrink'} with {visible(name)} at all {found.tried:,}"
    basis = f"{trend} values tried from {found.low:,} to {found.high:,}."
    if found.trend == NEITHER:
        basis = f"the numbers are not monotonic, so every value from {found.low:,} to {found.high:,} was tried."
    if found.value is None:
        return f"{found.proof[0].value:,} comes closest and does not fit; {basis}"
    if found.low == found.high:
        return f"{found.value:,} fits; no other value was allowed."
    if len(found.proof) == 1:
        end = f"it is the {wanted_word(found)} value that was allowed"
        return f"{found.value:,} fits, and {end}; {basis}"
    beside = found.proof[1]
    claim = f"{found.value:,} fits, {beside.value:,} does not" if not beside.fits else f"{found.value:,} fits"
    return f"{claim}; {basis}"
