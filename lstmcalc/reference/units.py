"""Numbers with units, as people write them: 900k params, 4 MiB."""

import re
from fractions import Fraction

from lstmcalc.errors import Refusal, did_you_mean, shown
from lstmcalc.limits import DIGITS
from lstmcalc.reference.keys import IN_BYTES

THOUSANDS = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
BINARY = {f"{unit}i": 1024**power for power, unit in enumerate("KMGT", 1)} | {"ki": 1024}
BYTES = {
    **{f"{unit}B": factor for unit, factor in THOUSANDS.items()},
    **THOUSANDS,
    **{f"{unit}B": factor for unit, factor in BINARY.items()},
    **BINARY,
}
QUANTITY = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(?:[eE]\+?(\d\d?))? ?([A-Za-z]*)", re.ASCII)
PERCENT = re.compile(r"(\d+(?:\.\d*)?|\.\d+) ?%", re.ASCII)
MOST_MEMORY = 2**63  # bytes: no machine has as much


def quantity(text: str, metric: str) -> int:
    """`900k` -> 900000, and of sizes `4 MiB` -> 4194304: the whole number that is not above it. Raises Refusal."""
    is_size = metric in IN_BYTES
    units = BYTES if is_size else THOUSANDS
    found = QUANTITY.fullmatch(text.strip()) if len(text) <= DIGITS else None
    if found is None or found[3] not in units:
        raise _refusal(text, metric, is_size, found[3] if found else "")
    exact = _exact(found, units)
    if not found[3] and exact.denominator != 1:
        raise Refusal(f"{metric} must be a whole number, but is {text.strip()}")
    return int(exact)


def _refusal(text: str, metric: str, is_size: bool, unit: str) -> Refusal:
    if text.strip().startswith("-"):
        return Refusal(f"{metric} must be at least 0, but is {text.strip()}")
    taken = "a size such as 4096, 400 KiB or 4 MiB" if is_size else "a number such as 900000, 900k or 1M"
    help = None
    if unit and unit in BYTES:
        help = f"{unit} is a unit of sizes: {metric} takes k, M and G, powers of 1000"
    elif unit:
        names = "k, M, G (powers of 1000), KiB, MiB, GiB (of 1024)" if is_size else "k, M, G (powers of 1000)"
        help = did_you_mean(unit, BYTES if is_size else THOUSANDS) or f"the units are {names}"
    return Refusal(f"{metric} must be {taken}, but is {shown(text)}", help)


def _exact(found: "re.Match[str]", units: dict[str, int]) -> Fraction:
    number, exponent, unit = found.groups()
    amount: Fraction = Fraction(number) * 10 ** int(exponent or 0) * units[unit]
    return amount


def increase(base: int, text: str, metric: str) -> int:
    """What is `5%` or `2k` more than a base. Raises Refusal."""
    percent = PERCENT.fullmatch(text.strip()) if len(text) <= DIGITS else None
    if percent is None:
        return base + quantity(text, metric)
    return int(base * (1 + Fraction(percent[1]) / 100))


def memory_of(text: str) -> int:
    """The bytes of `500MiB` or `4GiB`; a number too long to be read is more than any machine has. Raises Refusal."""
    found = QUANTITY.fullmatch(text)
    if found is None or found[3] not in BYTES:
        raise Refusal(f"takes a size such as 500MiB or 4GiB, not '{text}'")
    return MOST_MEMORY if len(text) > DIGITS else min(int(_exact(found, BYTES)), MOST_MEMORY)
