"""A printed table read back: its rows, as cells whose lines are still apart, and its totals."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

import lstmcalc
from lstmcalc.facts.summary import summarize
from lstmcalc.models.model import BuiltModel
from lstmcalc.views.summary.look import SummaryLook
from lstmcalc.views.summary.table import show

RECORDED = json.loads((Path(__file__).parents[1] / "data" / "keras_summaries.json").read_text(encoding="utf-8"))
MODELS: dict[str, Any] = RECORDED["models"]
ANSI = re.compile(r"\x1b\[([\d;]*)m")

Row = list[list[str]]  # the lines of each cell


def recorded_model(name: str) -> BuiltModel:
    """One of the models that tests/data/record.py built in Keras."""
    return lstmcalc.from_dict(yaml.safe_load(MODELS[name]["spec"]))


def render(
    model: BuiltModel, width: int | None = None, expand_nested: bool = False, show_trainable: bool = False
) -> str:
    """Keras's table of a model as text."""
    look = SummaryLook(width=width, expand_nested=expand_nested, show_trainable=show_trainable)
    return "".join(f"{line}\n" for line in show(summarize(model), look))


def rows_of(table: str) -> list[Row]:
    """The rows below the headings; a cell is the list of its lines, without the blank ones."""
    blocks: list[list[str]] = [[]]
    for line in table.splitlines():
        if line[:1] in ("├", "└", "┡", "┏"):
            blocks.append([])
        elif line[:1] in ("│", "┃"):
            blocks[-1].append(line)
    rows = []
    for block in blocks[1:]:
        cells = zip(*(re.split("[│┃]", line)[1:-1] for line in block), strict=True)
        rows.append([[line.strip() for line in lines if line.strip()] for lines in cells])
    return [row for row in rows if row][1:]


def cells_of(table: str) -> list[list[str]]:
    """The rows below the headings; a cell is one text, however many lines it has."""
    return [[" ".join(lines) for lines in row] for row in rows_of(table)]


def boxed_lines(table: str) -> list[str]:
    """The lines of the boxes, without the name above and the totals below."""
    return [line for line in table.splitlines() if line[:1] in ("┏", "┃", "┡", "│", "├", "└", "+", "|")]


def totals_of(table: str) -> list[int]:
    """The total, trainable and non-trainable params below the table."""
    return [int(number.replace(",", "")) for number in re.findall(r"params: ([\d,]+)", table)]


def styled(text: str) -> list[tuple[str, str]]:
    """Each visible character, other than a space, with its style."""
    found, style, position = [], "", 0
    for code in ANSI.finditer(text):
        found += [(character, style) for character in text[position : code.start()] if not character.isspace()]
        style, position = code[1].removeprefix("0"), code.end()
    return found + [(character, style) for character in text[position:] if not character.isspace()]
