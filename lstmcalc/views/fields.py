"""What each column says of a row or of a weight, in words: the one text of all tables."""

from collections.abc import Iterable, Iterator

import msgspec

from lstmcalc.facts.summary import CallFacts, Row, Summary, Total, WeightFacts
from lstmcalc.reference.sizes import readable_bytes
from lstmcalc.shapes import Shapes, format_shape
from lstmcalc.views.cells import visible

MODEL_COLUMNS = (
    "name",
    "class",
    "input_shape",
    "output_shape",
    "params",
    "trainable",
    "macs",
    "size",
    "share",
    "connected",
)
COLUMNS = (*MODEL_COLUMNS, "dtype")  # that can be asked for
WEIGHT_COLUMNS = ("name", "output_shape", "dtype", "params", "size")  # of a file of arrays alone
UNITS = ("B", "KB", "MB", "GB", "TB", "PB")


class Entry(msgspec.Struct, frozen=True):
    """One line of a listing: a row, or one weight of it; how deep it stands, and its name with those above."""

    row: Row
    level: int
    path: str
    weight: WeightFacts | None = None

    @property
    def params(self) -> int:
        """What the column of numbers says: of a row at the top, those that no row above it counted."""
        if self.weight is not None:
            return self.weight.params
        return self.row.params if self.level else self.row.counted


def entries(
    rows: Iterable[Row], expand_nested: bool, show_weights: bool = False, level: int = 0, above: str = ""
) -> Iterator[Entry]:
    """The rows in order; those of models inside, and the weights of what is not opened, where they are to be shown."""
    for row in rows:
        path = above + row.name
        yield Entry(row, level, path)
        if expand_nested and row.is_model:
            yield from entries(row.inner, True, show_weights, level + 1, f"{path}/")
        elif show_weights:
            for weight in row.weights:
                yield Entry(row, level, f"{path}/{weight.path}", weight)


def text_of(entry: Entry, column: str, summary: Summary) -> str:
    """One field as text, without the indent of its level."""
    if entry.weight is not None:
        return _weight_text(entry.weight, column)
    row = entry.row
    match column:
        case "name":
            return visible(row.name)
        case "class":
            return visible(row.class_name)
        case "input_shape":
            return format_calls(call.input_shapes for call in row.calls if call.input_shapes) or "-"
        case "output_shape":
            return format_calls(row.output_shapes) or ("" if summary.is_weights else "?")
        case "params":
            return "0 (shared)" if row.is_shared and not entry.level else f"{entry.params:,}"
        case "trainable":
            return _yes_or_no(row.trainable) if row.weights else "-"
        case "macs":
            return _macs_text(row)
        case "size":
            return readable_bytes(row.size_bytes)
        case "share":
            return f"{100 * entry.params / summary.total.params:.1f}%" if summary.total.params else "-"
        case "dtype":
            return dtypes_of(row)
        case "connected":
            calls = row.outer_calls if entry.level else row.calls
            return ", ".join(connections(calls))
    raise AssertionError(column)


def _weight_text(weight: WeightFacts, column: str) -> str:
    match column:
        case "name":
            return visible(weight.path)
        case "output_shape":
            return format_shape(weight.shape)
        case "params":
            return f"{weight.params:,}"
        case "trainable":
            return _yes_or_no(weight.trainable)
        case "dtype":
            return weight.dtype
    return ""


def _yes_or_no(is_so: bool | None) -> str:
    return "?" if is_so is None else "Y" if is_so else "N"


def dtypes_of(row: Row) -> str:
    """The dtypes of a row's weights, each once."""
    return ", ".join(dict.fromkeys(weight.dtype for weight in row.weights))


def _macs_text(row: Row) -> str:
    if row.macs.total is not None:
        return f"{row.macs.total:,}"
    if row.macs.per_timestep is None:
        return "?"
    fixed = f"{row.macs.fixed:,} + " if row.macs.fixed else ""
    return f"{fixed}{row.macs.per_timestep:,}/timestep"


def connections(calls: Iterable[CallFacts]) -> list[str]:
    """`lstm[0][1]` for each tensor that goes into the layer: its layer, of which call, which output; or one `-`."""
    found = [
        f"{visible(tensor.name)}[{tensor.node_index}][{tensor.tensor_index}]"
        for call in calls
        for tensor in call.connected
    ]
    return found or ["-"]


def format_calls(calls: Iterable[Shapes]) -> str:
    """The shapes of each call, those of equal calls once; several of one call stand in brackets."""
    return ", ".join(map(_format_call, dict.fromkeys(calls)))


def _format_call(shapes: Shapes) -> str:
    listed = ", ".join(map(format_shape, shapes))
    return listed if len(shapes) == 1 else f"[{listed}]"


def totals(summary: Summary) -> tuple[tuple[str, Total], ...]:
    """The three numbers below a table, with Keras's words for them; those that are known."""
    listed = (
        ("Total params", summary.total),
        ("Trainable params", summary.trainable),
        ("Non-trainable params", summary.non_trainable),
    )
    return tuple((label, total) for label, total in listed if total is not None)


def readable_memory_size(total: Total) -> str:
    """`584.00 B`, `1.54 KB`: as keras/src/utils/summary_utils.py writes a size, whose KB are 1024 bytes."""
    size = total.bits / 8
    for unit in UNITS:
        if size / 1024 < 1:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} {UNITS[-1]}"
