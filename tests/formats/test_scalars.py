"""Scalars mean what YAML 1.2's core schema says, read from the text of the node."""

import math

import pytest

from lstmcalc.errors import Refusal
from lstmcalc.formats.scalars import resolve
from lstmcalc.limits import DIGITS


@pytest.mark.parametrize("text", ["", "~", "null", "Null", "NULL", "None"])
def test_nothing_and_null_are_null(text: str) -> None:
    assert resolve(text) is None


@pytest.mark.parametrize(("text", "value"), [("true", True), ("True", True), ("TRUE", True), ("false", False)])
def test_true_and_false_are_booleans(text: str, value: bool) -> None:
    assert resolve(text) is value


@pytest.mark.parametrize(
    "text",
    [
        *("on", "off", "yes", "no", "y", "n", "On", "YES", "tRue", "nULL", "none", "NaN", "inf", "nan"),
        *("12:30", "1:2:3", "1_000", "1,000", "0b101", "0x", "0o8", "0xg", "+", "-", ".", "..", "-.", "1e", "e1"),
        *("2001-12-14", "1.2.3", "--1", "5 ", "+.nan", ".Inf.", "١٢", "\u00b2", "5a", "lstm"),
    ],
)
def test_everything_else_is_a_string(text: str) -> None:
    assert resolve(text) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0), ("5", 5), ("-5", -5), ("+5", 5), ("-0", 0), ("0o17", 15), ("0x1F", 31), ("9" * DIGITS, 10**DIGITS - 1)],
)
def test_digits_are_an_integer(text: str, value: int) -> None:
    found = resolve(text)
    assert (type(found), found) == (int, value)


@pytest.mark.parametrize(
    ("text", "value"),
    [("5.0", 5.0), ("5.", 5.0), (".5", 0.5), ("-.5", -0.5), ("1e3", 1000.0), ("1E-3", 0.001), ("+1.5e+2", 150.0)],
)
def test_a_point_or_an_exponent_makes_a_float(text: str, value: float) -> None:
    found = resolve(text)
    assert (type(found), found) == (float, value)


@pytest.mark.parametrize(("text", "value"), [(".inf", math.inf), ("-.Inf", -math.inf), ("+.INF", math.inf)])
def test_infinity_has_a_point(text: str, value: float) -> None:
    assert resolve(text) == value


@pytest.mark.parametrize("text", [".nan", ".NaN", ".NAN"])
def test_what_is_no_number_has_a_point(text: str) -> None:
    found = resolve(text)
    assert isinstance(found, float) and math.isnan(found)


@pytest.mark.parametrize("text", ["007", "-01", "+00", "0123456789"])
def test_an_integer_with_a_leading_zero_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as caught:
        resolve(text)
    assert caught.value.message == f"the integer {text} has a leading zero, which some readers take for octal"
    assert caught.value.help == "write it without the zero, or in quotes if it is a string"


@pytest.mark.parametrize("text", ["0.5", "00.5", "0e1"])
def test_a_float_may_begin_with_a_zero(text: str) -> None:
    assert isinstance(resolve(text), float)


@pytest.mark.parametrize("text", ["1" * 101, "1." + "0" * 99, "0x" + "f" * 99, "0o" + "7" * 99, "1e" + "1" * 99])
def test_a_number_longer_than_the_limit_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as caught:
        resolve(text)
    assert caught.value.message == "a number of 101 characters is too long: at most 100 are taken"


def test_a_long_string_is_no_number() -> None:
    assert resolve("1" * 200 + "a") == "1" * 200 + "a"
