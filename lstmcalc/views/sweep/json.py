"""A sweep as a JSON object, a row a line."""

from collections.abc import Iterator
from math import isfinite

import msgspec

from lstmcalc.errors import Refusal
from lstmcalc.facts.objects import SCHEMA_VERSION, ProblemObject, problem_object
from lstmcalc.formats.scalars import resolve
from lstmcalc.questions.search import Sweep, SweepPoint
from lstmcalc.views.look import Look


class SweepRow(msgspec.Struct):
    """One combination: the values as the spec has them; numbers are null where there is no model, or unknown."""

    values: dict[str, int | float | bool | str]
    params: int | None
    trainable_params: int | None
    size_bytes: int | None
    macs: int | None
    error: str | None


class SweepObject(msgspec.Struct):
    """The object of `sweep --format json`."""

    schema_version: int
    rows: tuple[SweepRow, ...]
    notes: tuple[ProblemObject, ...]


def show(sweep: Sweep, look: Look) -> Iterator[str]:
    """The object's text, a row a line, as each is known."""
    yield f'{{\n  "schema_version": {SCHEMA_VERSION},\n  "rows": ['
    before: str | None = None
    for point in sweep.points:
        if before is not None:
            yield f"{before},"
        before = f"    {msgspec.json.encode(_row(tuple(sweep.texts), point)).decode()}"
    yield before or ""
    notes = [f"    {msgspec.json.encode(problem_object(note)).decode()}" for note in sweep.notes]
    yield "  ],"
    yield '  "notes": []' if not notes else '  "notes": [\n' + ",\n".join(notes) + "\n  ]"
    yield "}"


def _value(text: str) -> int | float | bool | str:
    """The number or truth that a text is, as far as JSON has it in 64 bits; else the text as it was written."""
    try:
        value = resolve(text.strip())
    except Refusal:
        return text
    if value is None or (isinstance(value, float) and not isfinite(value)):
        return text
    return text if isinstance(value, int) and abs(value) >= 2**63 else value


def _row(names: tuple[str, ...], point: SweepPoint) -> SweepRow:
    values = {name: _value(text) for name, text in zip(names, point.values, strict=True)}
    error = point.error.message if point.error is not None else None
    return SweepRow(values, point.params, point.trainable_params, point.size_bytes, point.macs, error)
