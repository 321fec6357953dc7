"""What an unquoted scalar means: YAML 1.2's core schema, read from the text of the node."""

import re

from lstmcalc.errors import Refusal
from lstmcalc.limits import DIGITS

NULLS = {"", "~", "null", "Null", "NULL", "None"}
BOOLEANS = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
INTEGER = re.compile(r"[-+]?[0-9]+\Z")
OCTAL = re.compile(r"0o[0-7]+\Z")
HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+\Z")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
INFINITY = re.compile(r"([-+]?)\.(inf|Inf|INF)\Z")
NAN = re.compile(r"\.(nan|NaN|NAN)\Z")


def resolve(text: str) -> int | float | bool | str | None:
    """The value of an unquoted scalar.

    Raises Refusal for an integer with a leading zero, which YAML 1.1 read as octal and
    YAML 1.2 reads as decimal, and for a number of more than `limits.DIGITS` characters.
    """
    if text in NULLS:
        return None
    if text in BOOLEANS:
        return BOOLEANS[text]
    if not (text[0].isdigit() or text[0] in "+-."):
        return text
    return _number(text)


def _number(text: str) -> int | float | str:
    is_integer = INTEGER.match(text)
    if len(text) > DIGITS and (is_integer or FLOAT.match(text)):
        raise Refusal(f"a number of {len(text)} characters is too long: at most {DIGITS} are taken")
    if is_integer:
        if len(text.lstrip("+-")) > 1 and text.lstrip("+-")[0] == "0":
            raise Refusal(
                f"the integer {text} has a leading zero, which some readers take for octal",
                "write it without the zero, or in quotes if it is a string",
            )
        return int(text)
    if OCTAL.match(text) or HEXADECIMAL.match(text):
        return int(text, 0)
    if FLOAT.match(text):
        return float(text)
    if infinity := INFINITY.match(text):
        return float(f"{infinity[1]}inf")
    return float("nan") if NAN.match(text) else text
