"""GitHub's workflow commands."""

import pytest

from lstmcalc.views.github import annotation


@pytest.mark.parametrize(
    ("message", "title", "file", "line"),
    [
        ("50% over\nby 3: a, b\r", None, None, "::error::50%25 over%0Aby 3: a, b%0D"),
        ("x", "a: b, c%\n", "m,1:2.yaml", "::error file=m%2C1%3A2.yaml,title=a%3A b%2C c%25%0A::x"),
        ("::error::x", None, "m.yaml", "::error file=m.yaml::::error::x"),
    ],
)
def test_annotations_are_escaped_as_githubs_runner_reads_them(message, title, file, line):
    assert annotation("error", message, title, file) == line
