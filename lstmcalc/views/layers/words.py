"""What is said of a layer in words."""

from typing import Any

from lstmcalc.reference.descriptions import Description

Families = dict[str, tuple[str, ...]]


def macs(layer: Description) -> str:
    """The rule of its multiply-accumulates."""
    if layer.macs is None:
        return "not known unless stated with 'macs'"
    return layer.macs if layer.macs == "0" else f"{layer.macs}, for one sample{layer.macs_note}"


def written(default: Any) -> str:
    """A default as a spec writes it."""
    if default is None:
        return "null"
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple):
        return f"[{', '.join(map(written, default))}]"
    return str(default)
