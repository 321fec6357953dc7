"""The facts of a file of arrays alone: what a summary says of a model, as far as it is known."""

from collections.abc import Iterator

from lstmcalc.containers.headers import Header
from lstmcalc.facts.summary import BYTE, WEIGHTS, Macs, Row, Summary, Total, WeightFacts
from lstmcalc.formats.document import stem
from lstmcalc.formats.weights import HeldLayer, HeldWeights, notes_of
from lstmcalc.layers.arguments import DTYPE_BITS
from lstmcalc.sources import STDIN_NAME, Reading


def summarize_held(held: HeldWeights, reading: Reading) -> Summary:
    """The summary of the arrays in a file."""
    dtype = reading.dtype
    rows = tuple(_row(layer, dtype) for layer in held.layers)
    bits = sum(_bits(each, dtype) for layer in held.layers for each in layer.all_arrays())
    return Summary(
        "weights" if held.file == STDIN_NAME else stem(held.file).removesuffix(".weights"),
        WEIGHTS,
        is_chain=True,
        inputs=(),
        outputs=(),
        rows=rows,
        total=Total(sum(row.params for row in rows), bits),
        trainable=None,
        non_trainable=None,
        macs=Macs(None),
        notes=tuple(notes_of(held)) if reading.notes else (),
    )


def _row(layer: HeldLayer, dtype: str | None) -> Row:
    return Row(
        name=layer.name,
        class_name="",
        params=layer.params,
        counted=layer.params,
        trainable_params=None,
        size_bytes=-(-sum(_bits(each, dtype) for each in layer.all_arrays()) // BYTE),
        macs=Macs(None),
        trainable=None,
        weights=tuple(_weights(layer, "")),
        inner=tuple(_row(each, dtype) for each in layer.layers),
        is_model=bool(layer.layers),
    )


def _weights(layer: HeldLayer, above: str) -> Iterator[WeightFacts]:
    """The arrays of a layer and of the layers inside it, whose names stand before theirs."""
    for each in layer.arrays:
        yield WeightFacts(each.name, f"{above}{each.name}", each.shape, each.params, None, each.dtype)
    for inner in layer.layers:
        yield from _weights(inner, f"{above}{inner.name}/")


def _bits(header: Header, dtype: str | None) -> int:
    return header.bits if dtype is None else header.params * DTYPE_BITS[dtype]
