"""Keras's table with its cells folded instead of cut, and tables read back into their cells."""

from types import SimpleNamespace
from typing import Any

import rich
from keras.src.utils import summary_utils


def _folding(*arguments: Any, **options: Any) -> Any:
    return rich.table.Column(*arguments, overflow="fold", **options)


summary_utils.rich = SimpleNamespace(
    table=SimpleNamespace(Column=_folding, Table=rich.table.Table), console=rich.console, markup=rich.markup
)

Cells = list[list[list[str]]]


def keras_table(model: Any, width: int, **options: bool) -> str:
    """What `model.summary()` prints."""
    printed: list[str] = []
    model.summary(line_length=width, print_fn=printed.append, **options)
    return "".join(printed)


def cells(table: str) -> Cells:
    """The words of each cell, row by row, the headings first."""
    rows: Cells = []
    for line in table.splitlines():
        if line[:1] in ("┏", "┡", "├"):
            rows.append([])
        elif line[:1] in ("┃", "│"):
            parts = [part.split() for part in line.replace("┃", "│").split("│")[1:-1]]
            rows[-1] = [old + new for old, new in zip(rows[-1], parts, strict=True)] if rows[-1] else parts
    return rows


def breaks_a_number(table: str) -> bool:
    """Whether a number of Param #, or its heading, does not stand in one piece."""
    headings, *rows = cells(table)
    params = headings.index(["Param", "#"]) if ["Param", "#"] in headings else None
    return params is None or any(len(row[params]) != 1 for row in rows)


def has_two_shapes(model: Any) -> bool:
    """Whether a layer was called on tensors that gave it other shapes, in the model or in one inside."""
    for layer in model.layers:
        shapes = {tuple(tuple(each.shape) for each in node.outputs) for node in layer._inbound_nodes}
        if len(shapes) > 1 or (hasattr(layer, "layers") and has_two_shapes(layer)):
            return True
    return False


def takes_a_name_for_markup(model: Any) -> bool:
    """Whether "Connected to" would lose a part of a name, which Keras gives to rich unescaped there alone."""
    return any("[" in operation.name for operation in getattr(model, "operations", ()))


def without_shapes(table: str) -> Cells:
    """The cells without the column of the output shapes."""
    return [[cell for position, cell in enumerate(row) if position != 1] for row in cells(table)]
