"""Rows with marks between their fields: of CSV, and of a table in Markdown."""

import csv
import io
import re
from collections.abc import Iterable


def csv_line(fields: Iterable[object]) -> str:
    """One row of CSV, without its end."""
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(tuple(fields))
    return out.getvalue()


def markdown_row(fields: Iterable[str]) -> str:
    """One row of a table; what Markdown would take for its own is to be escaped before."""
    return f"| {' | '.join(fields)} |"


def escaped(text: str) -> str:
    """The text with a backslash before what Markdown would take for its own."""
    return re.sub(r"[\\`*_{}\[\]<>#|~$]", r"\\\g<0>", text)
