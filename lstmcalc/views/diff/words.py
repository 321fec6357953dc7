"""What changed, in words and numbers."""

from lstmcalc.questions.diff import ADDED, CHANGED, REMOVED, Change, Difference, Field, Totals
from lstmcalc.reference.sizes import readable_bytes
from lstmcalc.views.cells import visible

SIGNS = {ADDED: "+", REMOVED: "-", CHANGED: "~"}
LABELS = {
    "params": "Total params",
    "trainable_params": "Trainable params",
    "non_trainable_params": "Non-trainable params",
    "size_bytes": "Size",
    "macs": "MACs",
    "macs_per_timestep": "MACs per timestep",
}


def same(difference: Difference) -> str:
    """That nothing changed, of what is known."""
    if difference.is_of_weights:
        return "The arrays are the same in their shapes and dtypes."
    return f"The models are the same{' in all that a saved summary holds' if difference.is_partial else ''}."


def headline(change: Change) -> str:
    """A layer that changed: `lstm (LSTM): 140 -> 320 (+180, +128.6%) params`."""
    name = visible(change.name)
    if change.old_name is not None and change.old_name != change.name:
        name = f"{visible(change.old_name)} -> {name}"
    kind = f" ({visible(change.class_name)})" if change.class_name else ""
    return f"{name}{kind}: {_params(change)}{_macs(change)}"


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
        return count_words(old)
    change = "" if old is None or new is None else f" ({step_of(old, new)})"
    return f"{count_words(old)} -> {count_words(new)}{change}"


def count_words(number: int | None) -> str:
    """A number, or `?` where it is unknown."""
    return "?" if number is None else f"{number:,}"


def step_of(old: int, new: int) -> str:
    """By how much it grew: `+180, +128.6%`."""
    percent = percentage(old, new)
    return f"{new - old:+,}" + (f", {percent:+,.1f}%" if percent is not None else "")


def percentage(old: int | None, new: int | None) -> float | None:
    """By how many percent it grew; None where it was nothing, or is unknown."""
    return 100 * (new - old) / old if old and new is not None else None


def field_words(field: Field) -> str:
    """One thing that was one and is another: `units: 5 -> 8`."""
    if field.old is None:
        return f"{field.name}: {visible(field.new or '')}"
    if field.new is None:
        return f"{field.name}: {visible(field.old)}"
    return f"{field.name}: {visible(field.old)} -> {visible(field.new)}"


def words_of(field: Field, change: Change) -> str:
    """What changed of a layer; of one that stayed, whether it was not there or is no more."""
    there = "" if change.kind != CHANGED else " (added)" if field.old is None else " (removed)"
    return f"{field_words(field)}{there if None in (field.old, field.new) else ''}"


def total_words(totals: Totals) -> str:
    """One of the totals, sizes in bytes and rounded."""
    text = _step(totals.old, totals.new)
    if totals.name != "size_bytes" or totals.old is None or totals.new is None:
        return text
    old, new = readable_bytes(totals.old), readable_bytes(totals.new)
    return f"{text} bytes, {old}" + (f" -> {new}" if new != old else "")
