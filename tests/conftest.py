"""One flag for every golden text: `pytest --rewrite` writes them as they are now, to be reviewed in the diff.

Golden are the sentences in data/errors/ and data/refused*.txt, the explanations in data/explanations/, the pages of
layers in data/layers/, and the sessions in data/sessions/. Without the flag nothing is written.
"""

from collections.abc import Callable
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite", action="store_true", help="write the golden texts of tests/data as they are now")


@pytest.fixture
def rewrite(request: pytest.FixtureRequest) -> bool:
    """Whether golden texts are written in place of being compared."""
    return bool(request.config.getoption("--rewrite"))


@pytest.fixture
def compare_golden(rewrite: bool) -> Callable[[str, Path], None]:
    """Holds a text against the file that has it as it was reviewed."""

    def compare(text: str, path: Path) -> None:
        if rewrite:
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare
