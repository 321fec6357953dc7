"""What an unquoted scalar means: YAML 1.2's core schema, read from the text of the node."""

import re

from lstmcalc.errors import Refusal
from lstmcalc.limits import DIGITS

NULLS = {"", "~", "null", "Null", "NULL", "None"}
BOOLEANS = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
# Compiled where one is met: most scalars are words or bare digits.
INTEGER = r"[-+]?[0-9]+\Z"
OCTAL = r"0o[0-7]+\Z"
HEXADECIMAL = r"0x[0-9a-fA-F]+\Z"
FLOAT = r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z"
INFINITY = r"([-+]?)\.(inf|Inf|INF)\Z"
NAN = r"\.(nan|NaN|NAN)\Z"


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
    if text.isdigit() and text.isascii() and text[0] != "0" and len(text) <= DIGITS:
        return int(text)
    return _number(text)


def _number(text: str) -> int | float | str:
    is_integer = re.match(INTEGER, text)
    if len(text) > DIGITS and (is_integer or any(re.match(each, text) for each in (OCTAL, HEXADECIMAL, FLOAT))):
        raise Refusal(f"a number of {len(text)} characters is too long: at most {DIGITS} are taken")
    if is_integer:
        if len(text.lstrip("+-")) > 1 and text.lstrip("+-")[0] == "0":
            raise Refusal(
                f"the integer {text} has a leading zero, which some readers take for octal",
                "write it without the zero, or in quotes if it is a string",
            )
        return int(text)
    if re.match(OCTAL, text) or re.match(HEXADECIMAL, text):
        return int(text, 0)
    if re.match(FLOAT, text):
        return float(text)
    if infinity := re.match(INFINITY, text):
        return float(f"{infinity[1]}inf")
    return float("nan") if re.match(NAN, text) else text
