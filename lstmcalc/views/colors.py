"""Keras's colours, and when to use them."""

import os
from collections.abc import Callable, Mapping

Paint = Callable[[str, str], str]

# The colours of keras/src/utils/summary_utils.py, of the terminal's 256.
STYLES = {
    "number": "38;5;34",
    "none": "38;5;45",
    "symbol": "38;5;33",
    "yes": "1;38;5;34",
    "no": "1;91",
    "bold": "1",
}


def paint(text: str, style: str) -> str:
    """A text in a style, for a terminal."""
    return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if style and text else text


def plain(text: str, style: str) -> str:
    """A text without its style."""
    return text


def wants_color(choice: str, is_terminal: bool, environment: Mapping[str, str] | None = None) -> bool:
    """Whether to colour: as `--color` says; on auto, as NO_COLOR, FORCE_COLOR and TERM say, else on a terminal."""
    env = os.environ if environment is None else environment
    if choice != "auto":
        return choice == "always"
    if env.get("NO_COLOR"):
        return False
    if env.get("FORCE_COLOR"):
        return True
    return is_terminal and env.get("TERM") != "dumb"
