"""Arithmetic in words of numbers, `4 * ((1 + 5) * 5 + 5) = 140`: worked out when it is written, never trusted."""

import ast
import operator
import re
from collections.abc import Callable, Iterable

import msgspec

from lstmcalc.reference import claims

OPERATORS: dict[type[ast.operator], Callable[[int, int], int]] = {**claims.OPERATORS, ast.Pow: operator.pow}
LONGEST = 12  # terms of a sum that a person still reads


class Equation(msgspec.Struct, frozen=True):
    """What stands left of the equals sign, of whole numbers, + - * // ^ and parentheses; and what it comes to."""

    text: str
    value: int

    def __str__(self) -> str:
        """`5 + 1 = 6`; a number alone stands for itself."""
        right = f"{self.value:,}"
        return right if self.text == right else f"{self.text} = {right}"


class Form(msgspec.Struct, frozen=True):
    """A closed form in words and with its numbers: `features*units+units` and `5 * 1 + 1`."""

    formula: str
    arithmetic: Equation


def equation(text: str, value: int) -> Equation:
    """The equation of a text that must come to `value`. Raises AssertionError when it does not: that is a bug."""
    found = worth(text)
    if found != value:
        raise AssertionError(f"{text} is {found}, but {value} was counted")
    return Equation(re.sub(r"\d+", lambda number: f"{int(number[0]):,}", text), value)


def times(factors: Iterable[int]) -> Equation:
    """The product of factors; 1 of none."""
    listed = tuple(factors)
    value = 1
    for factor in listed:
        value *= factor
    return Equation(" * ".join(f"{factor:,}" for factor in listed) or "1", value)


def plus(terms: Iterable[int], value: int) -> Equation | None:
    """The sum of terms, which must come to `value`; None for one term, or more than a person reads."""
    listed = tuple(terms)
    if sum(listed) != value:
        raise AssertionError(f"the terms {listed[:LONGEST]} sum up to {sum(listed)}, but {value} was counted")
    if not 1 < len(listed) <= LONGEST:
        return None
    return Equation(" + ".join(f"{term:,}" for term in listed), value)


def worth(text: str) -> int:
    """What an arithmetic text comes to. Raises AssertionError for anything else."""
    return _worth(ast.parse(text.replace("^", "**"), mode="eval").body)


def _worth(node: ast.expr) -> int:
    match node:
        case ast.Constant(value=int(value)):
            return value
        case ast.BinOp(left=left, op=op, right=right):
            return OPERATORS[type(op)](_worth(left), _worth(right))
    raise AssertionError(f"no arithmetic: {ast.unparse(node)}")
