"""A budget that was held, in words and numbers."""

from collections.abc import Sequence

from lstmcalc.questions.budget import Held
from lstmcalc.questions.check import Checked
from lstmcalc.reference.keys import IN_BYTES, METRICS
from lstmcalc.reference.sizes import readable_bytes
from lstmcalc.views.cells import visible

DIGITS = 12  # after the point, before a share is only said to be below or above


def subject(held: Held) -> str:
    """`params`, or `params of encoder/lstm`."""
    of = f" of {visible(held.layer)}" if held.layer is not None else ""
    return f"{METRICS[held.limit.metric]}{of}"


def amounts(held: Held) -> tuple[str, str]:
    """The limit and the actual number, sizes rounded unless both would look the same."""
    limit, actual = held.limit.most, held.actual
    if held.limit.metric not in IN_BYTES:
        return f"{limit:,}", f"{actual:,}"
    rounded = readable_bytes(limit), readable_bytes(actual)
    return rounded if rounded[0] != rounded[1] or limit == actual else (f"{limit:,} B", f"{actual:,} B")


def share(actual: int, limit: int) -> str:
    """`86.7%`, with as many digits as it takes to tell what is not the limit from the limit."""
    if limit == 0:
        return "-"
    for digits in range(1, DIGITS + 1):
        scaled = (1000 * actual * 10 ** (digits - 1) * 2 + limit) // (2 * limit)
        whole = 10 ** (digits + 2)
        if scaled != whole or actual == limit:
            return f"{scaled // 10**digits:,}.{scaled % 10**digits:0{digits}d}%"
    return "over 100%" if actual > limit else "under 100%"


def fields(held: Held) -> tuple[str, ...]:
    """What is said of it in a row: what, the limit, the actual number, the share of it, and where it is written."""
    limit = held.limit
    return (subject(held), *amounts(held), share(held.actual, limit.most), visible(limit.source))


def exact(amount: int, metric: str) -> str:
    """`1,086,673`, or `4.1 MiB (4,346,692 B)`."""
    if metric not in IN_BYTES:
        return f"{amount:,}"
    return f"{readable_bytes(amount)} ({amount:,} B)" if amount >= 1024 else f"{amount} B"


def sentence(held: Held) -> str:
    """The limit, the actual, by how much, and where the limit was written."""
    metric, limit = held.limit.metric, held.limit.most
    over = f"{held.over:,} B" if metric in IN_BYTES else f"{held.over:,}"
    percent = f" ({share(held.over, limit)})" if limit else ""
    bound = " at least" if metric == "activations" else ""
    return (
        f"{subject(held)}:{bound} {exact(held.actual, metric)}, which is {over}{percent} over the limit of "
        f"{exact(limit, metric)}, from {visible(held.limit.source)}"
    )


def largest(held: Held) -> str | None:
    """The largest layers, None where there are none inside."""
    if not held.largest:
        return None
    metric = held.limit.metric
    return "the largest: " + ", ".join(f"{visible(name)} {_short(amount, metric)}" for name, amount in held.largest)


def _short(amount: int, metric: str) -> str:
    return readable_bytes(amount) if metric in IN_BYTES else f"{amount:,}"


def verdict(checked: Sequence[Checked]) -> str:
    """One line for all."""
    count = sum(len(each.held) for each in checked)
    over = sum(len(each.exceeded) for each in checked)
    if count == 0:
        return "No budget."
    if over == 0:
        return "The budget is kept." if count == 1 else f"All {count} budgets are kept."
    return f"{over} of {count} budget{'s' if count > 1 else ''} {'is' if over == 1 else 'are'} exceeded."
