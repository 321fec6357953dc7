"""A notebook's code cells, each a text of its own; what is for IPython alone is passed over."""

import re

import msgspec

from lstmcalc.errors import ModelError, Problem, Source

# A line for IPython, with those that it goes on in.
MAGIC = re.compile(r"^([ \t]*)(?:[%!?]|\w[\w, ]*=[ \t]*[%!])(?:.*\\\n)*.*$|^([ \t]*)\w[\w.]*\?+[ \t]*$", re.MULTILINE)
OF_PYTHON = ("%%time", "%%capture", "%%prun", "%%tensorflow", "%%python3")  # cells whose other lines are Python


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
    """The text of a cell, each line for IPython alone a `pass` in its place; nothing of a cell for another language."""
    first = text.lstrip()
    if first.startswith("%%") and not first.startswith(OF_PYTHON):
        return ""
    return MAGIC.sub(_passed_over, text)


def _passed_over(found: "re.Match[str]") -> str:
    lines = found[0].count("\n")
    return f"{found[1] or found[2] or ''}pass" + "\n" * lines
