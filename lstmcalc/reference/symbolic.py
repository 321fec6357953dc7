"""Integers that remember what they were made of, so that a layer's own code says its formulas."""

from collections import Counter
from collections.abc import Mapping
from typing import SupportsIndex

Terms = Mapping[tuple[str, ...], int]


class Symbolic(int):
    """An int with the polynomial that it stands for: `units` of 32, and `4*units` of 128.

    What is no sum or product (`//`, `%`) becomes a name of its own: `(filters // groups)`.
    """

    terms: Terms

    def __new__(cls, value: int, terms: Terms) -> "Symbolic":
        self = super().__new__(cls, value)
        self.terms = {names: factor for names, factor in terms.items() if factor}
        return self

    def __add__(self, other: int) -> "Symbolic":
        counts = Counter(dict(self.terms))
        counts.update(terms_of(other))
        return Symbolic(int(self) + int(other), counts)

    def __neg__(self) -> "Symbolic":
        return Symbolic(-int(self), {names: -factor for names, factor in self.terms.items()})

    def __sub__(self, other: int) -> "Symbolic":
        return self + -symbolic(other)

    def __rsub__(self, other: int) -> "Symbolic":
        return symbolic(other) + -self

    def __mul__(self, other: int) -> "Symbolic":
        product: Counter[tuple[str, ...]] = Counter()
        for left, a in self.terms.items():
            for right, b in terms_of(other).items():
                product[tuple(sorted(left + right))] += a * b
        return Symbolic(int(self) * int(other), product)

    def __floordiv__(self, other: int) -> "Symbolic":
        divisor = int(other)
        if not isinstance(other, Symbolic) and all(factor % divisor == 0 for factor in self.terms.values()):
            terms = {names: factor // divisor for names, factor in self.terms.items()}
            return Symbolic(int(self) // divisor, terms)
        return named(f"({self:f} // {symbolic(other):f})", int(self) // divisor)

    def __pow__(self, other: int, modulo: None = None) -> "Symbolic":  # type: ignore[override]
        result = symbolic(1)
        for _ in range(int(other)):
            result = result * self
        return result

    __radd__ = __add__
    __rmul__ = __mul__

    def __format__(self, spec: str) -> str:
        """`f` writes the formula: `4*features*units + 4*units^2`."""
        return formula(self.terms) if spec == "f" else format(int(self), spec)

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[type[int], tuple[int]]:
        return int, (int(self),)


def named(name: str, value: int) -> Symbolic:
    """A variable of that name and value."""
    return Symbolic(value, {(name,): 1})


def symbolic(value: int) -> Symbolic:
    """Any int as a Symbolic."""
    return value if isinstance(value, Symbolic) else Symbolic(value, {(): int(value)})


def terms_of(value: int) -> Terms:
    """The polynomial of an int: by sorted names, the factor."""
    return value.terms if isinstance(value, Symbolic) else {(): int(value)}


def formula(terms: Terms) -> str:
    """A polynomial as text, terms of the highest degree first."""
    ordered = sorted(terms.items(), key=lambda term: (-len(term[0]), term[0]))
    written = " + ".join(_term(names, factor) for names, factor in ordered)
    return written.replace("+ -", "- ") or "0"


def _term(names: tuple[str, ...], factor: int) -> str:
    powers = [name if count == 1 else f"{name}^{count}" for name, count in Counter(names).items()]
    if factor == 1 and powers:
        return "*".join(powers)
    if factor == -1 and powers:
        return "-" + "*".join(powers)
    return "*".join([str(factor), *powers])
