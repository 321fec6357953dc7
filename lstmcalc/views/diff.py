"""A difference as text, JSON, Markdown for a review, and one of GitHub's annotations."""

from collections.abc import Iterator

import msgspec

from lstmcalc.questions.diff import ADDED, CHANGED, REMOVED, Change, Difference, Field, Totals
from lstmcalc.reference.units import readable_bytes
from lstmcalc.views.cells import visible
from lstmcalc.views.check import annotation
from lstmcalc.views.colors import paint as color_paint
from lstmcalc.views.delimited import escaped
from lstmcalc.views.grid import Paint, plain
from lstmcalc.views.json import SCHEMA_VERSION

SIGNS = {ADDED: "+", REMOVED: "-", CHANGED: "~"}
STYLES = {ADDED: "yes", REMOVED: "no", CHANGED: "symbol"}
LABELS = {
    "params": "Total params",
    "trainable_params": "Trainable params",
    "non_trainable_params": "Non-trainable params",
    "size_bytes": "Size",
    "macs": "MACs",
    "macs_per_timestep": "MACs per timestep",
}


def diff_lines(difference: Difference, colored: bool) -> Iterator[str]:
    """What changed, layer by layer, and the totals that changed."""
    paint: Paint = color_paint if colored else plain
    yield paint(f"--- {visible(difference.old)}", "bold")
    yield paint(f"+++ {visible(difference.new)}", "bold")
    for field in difference.fields:
        yield f"~ {_field(field)}"
    for change in difference.changes:
        indent = "  " * change.level
        yield paint(f"{indent}{SIGNS[change.kind]} {_headline(change)}", STYLES[change.kind])
        for field in change.fields:
            yield f"{indent}    {_of_layer(field, change)}"
    if not difference.differs:
        yield _same(difference)
        return
    for totals in difference.totals:
        yield f"{LABELS[totals.name]}: {_total(totals)}"


def _same(difference: Difference) -> str:
    return f"The models are the same{' in all that a saved summary holds' if difference.is_partial else ''}."


def _headline(change: Change) -> str:
    name = visible(change.name)
    if change.old_name is not None and change.old_name != change.name:
        name = f"{visible(change.old_name)} -> {name}"
    return f"{name} ({visible(change.class_name)}): {_params(change)}{_macs(change)}"


def _params(change: Change) -> str:
    if change.kind != CHANGED:
        return f"{SIGNS[change.kind]}{abs(change.params):,} params" if change.params else "0 params"
    return f"{_step(change.old_params, change.new_params)} params"


def _macs(change: Change) -> str:
    old, new = change.old_macs, change.new_macs
    if change.kind != CHANGED:
        macs = old if change.kind == REMOVED else new
        return f", {SIGNS[change.kind]}{macs:,} MACs" if macs else ""
    return "" if old == new else f", {_step(old, new)} MACs"


def _step(old: int | None, new: int | None) -> str:
    """`140 -> 480 (+340, +242.9%)`; one number where nothing changed, `?` for what is unknown."""
    if old == new:
        return _number(old)
    change = "" if old is None or new is None else f" ({_change(old, new)})"
    return f"{_number(old)} -> {_number(new)}{change}"


def _number(number: int | None) -> str:
    return "?" if number is None else f"{number:,}"


def _change(old: int, new: int) -> str:
    percent = percentage(old, new)
    return f"{new - old:+,}" + (f", {percent:+,.1f}%" if percent is not None else "")


def percentage(old: int | None, new: int | None) -> float | None:
    """By how many percent it grew; None where it was nothing, or is unknown."""
    return 100 * (new - old) / old if old and new is not None else None


def _field(field: Field) -> str:
    if field.old is None:
        return f"{field.name}: {visible(field.new or '')}"
    if field.new is None:
        return f"{field.name}: {visible(field.old)}"
    return f"{field.name}: {visible(field.old)} -> {visible(field.new)}"


def _of_layer(field: Field, change: Change) -> str:
    """What changed of a layer; of one that stayed, whether it was not there or is no more."""
    there = "" if change.kind != CHANGED else " (added)" if field.old is None else " (removed)"
    return f"{_field(field)}{there if None in (field.old, field.new) else ''}"


def _total(totals: Totals) -> str:
    text = _step(totals.old, totals.new)
    if totals.name != "size_bytes" or totals.old is None or totals.new is None:
        return text
    old, new = readable_bytes(totals.old), readable_bytes(totals.new)
    return f"{text} bytes, {old}" + (f" -> {new}" if new != old else "")


# Markdown, and GitHub.


def diff_markdown(difference: Difference) -> str:
    """A table of the layers that changed, and one of the totals."""
    lines = [f"### {escaped(visible(difference.old))} → {escaped(visible(difference.new))}", ""]
    if not difference.differs:
        return "\n".join([*lines, _same(difference), ""])
    lines += [f"- {escaped(_field(field))}" for field in difference.fields]
    lines += [""] if difference.fields else []
    if difference.changes:
        lines += [
            "| | Layer | Old params | New params | Change | What changed |",
            "| --- | --- | ---: | ---: | ---: | --- |",
        ]
        lines += [_row(change) for change in difference.changes]
        lines.append("")
    lines += ["| Total | Old | New | Change |", "| --- | ---: | ---: | ---: |"]
    for totals in difference.totals:
        old, new = totals.old, totals.new
        change = "?" if old is None or new is None else _change(old, new) if old != new else "0"
        lines.append(f"| {LABELS[totals.name]} | {_number(old)} | {_number(new)} | {change} |")
    return "\n".join([*lines, ""])


def _row(change: Change) -> str:
    indent = "&nbsp;&nbsp;" * change.level
    headline = _headline(change).rpartition(": ")[0]
    numbers = ["" if each is None else f"{each:,}" for each in (change.old_params, change.new_params)]
    fields = "<br>".join(escaped(_of_layer(field, change)) for field in change.fields)
    cells = [change.kind, indent + escaped(headline), *numbers, f"{change.params:+,}" if change.params else "0", fields]
    return "| " + " | ".join(cells) + " |"


def diff_annotation(difference: Difference, file: str | None) -> str:
    """A notice with the totals that changed."""
    changed = [f"{LABELS[each.name]}: {_total(each)}" for each in difference.totals if each.old != each.new]
    message = "\n".join(changed) or ("Only the layers differ." if difference.differs else _same(difference))
    return annotation("notice", message, f"{difference.old} -> {difference.new}", file)


# JSON.


class ChangedField(msgspec.Struct):
    """One thing that was one and is another, in words; null where it is not there."""

    name: str
    old: str | None
    new: str | None


class ChangedLayer(msgspec.Struct, rename={"class_name": "class"}):
    """One layer: `change` is added, removed or changed; `level` is how deep it stands in models inside.

    `params_change` at level 0 add up to the total's change.
    """

    change: str
    name: str
    old_name: str | None
    class_name: str
    level: int
    old_params: int | None
    new_params: int | None
    params_change: int
    old_macs: int | None
    new_macs: int | None
    fields: tuple[ChangedField, ...]


class ChangedTotal(msgspec.Struct):
    """One number of the model; null where it is unknown. `percent` is null where it was 0."""

    old: int | None
    new: int | None
    change: int | None
    percent: float | None


class DiffObject(msgspec.Struct):
    """The object of `diff --format json`; `fields` are what changed of the model itself.

    `partial` says that one of them is a saved summary, which holds no arguments.
    """

    schema_version: int
    old: str
    new: str
    differs: bool
    partial: bool
    fields: tuple[ChangedField, ...]
    layers: tuple[ChangedLayer, ...]
    totals: dict[str, ChangedTotal]


def diff_object(difference: Difference) -> DiffObject:
    """The object of `diff --format json`."""
    totals = {
        each.name: ChangedTotal(each.old, each.new, each.change, percentage(each.old, each.new))
        for each in difference.totals
    }
    layers = tuple(map(_layer, difference.changes))
    return DiffObject(
        SCHEMA_VERSION,
        difference.old,
        difference.new,
        difference.differs,
        difference.is_partial,
        _fields(difference.fields),
        layers,
        totals,
    )


def _fields(fields: tuple[Field, ...]) -> tuple[ChangedField, ...]:
    return tuple(ChangedField(each.name, each.old, each.new) for each in fields)


def _layer(change: Change) -> ChangedLayer:
    return ChangedLayer(
        change.kind,
        change.name,
        change.old_name,
        change.class_name,
        change.level,
        change.old_params,
        change.new_params,
        change.params,
        change.old_macs,
        change.new_macs,
        _fields(change.fields),
    )
