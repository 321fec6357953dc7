"""A notebook's code cells, each a text of its own; what is for IPython alone is passed over."""

import re

import msgspec

from lstmcalc.errors import ModelError, Problem, Source

MAGIC = re.compile(r"^(\s*)[%!?].*$|^(\s*)\w[\w, ]* = [%!].*$", re.MULTILINE)


class NotebookCell(msgspec.Struct, frozen=True):
    """One cell of a notebook."""

    cell_type: str = ""
    source: str | tuple[str, ...] = ""


class Notebook(msgspec.Struct, frozen=True):
    """A notebook of the format 4; that of the format 3 has its cells in worksheets."""

    cells: tuple[NotebookCell, ...] = ()


def cells_of(data: bytes, name: str) -> list[Source]:
    """The code cells of a notebook in their order. Raises ModelError."""
    try:
        notebook = msgspec.json.decode(data, type=Notebook)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        help = "save it again as .ipynb, or export it as a script"
        raise ModelError(Problem("is no notebook, which is JSON with a list of cells", file=name, help=help)) from None
    found = []
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type == "code":
            text = cell.source if isinstance(cell.source, str) else "".join(cell.source)
            found.append(Source(f"{name}: cell {number}", without_magic(text)))
    return found


def without_magic(text: str) -> str:
    """The text of a cell, each line for IPython alone a `pass` in its place."""
    if text.lstrip().startswith("%%"):
        return ""
    return MAGIC.sub(lambda found: f"{found[1] or found[2] or ''}pass", text)
