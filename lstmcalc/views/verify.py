"""A verification as a table with its verdict below, and as JSON."""

from collections.abc import Iterator
from typing import Any

import msgspec

from lstmcalc.arrays.verify import LayerFacts, OutputFacts, Verification
from lstmcalc.models.walk import written
from lstmcalc.shapes import Shape, Shapes, format_shape
from lstmcalc.views.cells import Cell, Span, visible
from lstmcalc.views.colors import paint as color_paint
from lstmcalc.views.grid import ASCII, HEAVY, Column, Paint, draw, natural, plain, room
from lstmcalc.views.json import SCHEMA_VERSION

LENGTH = 108  # columns of the table, where it needs as many
COLUMNS = (
    Column("Layer (type)"),
    Column("Inferred shape"),
    Column("Actual shape"),
    Column("Param #", "right", keeps_words=True),
    Column("Read", "right", keeps_words=True),
    Column("Closed form", "right", keeps_words=True),
    Column("Agrees", "center", keeps_words=True),
)


def verification_lines(
    verification: Verification, width: int | None, colored: bool, ascii_only: bool, atol: float
) -> Iterator[str]:
    """A row for each layer, a line for each output and each problem, and the verdict."""
    paint: Paint = color_paint if colored else plain
    rows = [_cells(layer) for layer in verification.layers]
    yield paint(f'Model: "{visible(verification.name)}"', "bold")
    yield from draw(COLUMNS, rows, natural(COLUMNS, rows, room(width, LENGTH)), ASCII if ascii_only else HEAVY, paint)
    for name, shape in verification.inputs:
        yield f" Input {visible(name)}: {format_shape(shape)}"
    for output in verification.outputs:
        yield f" Output {visible(output.ref)}: {_output(output)}"
    for problem in verification.problems:
        yield paint(f" disagrees: {visible(problem.text)}", "no")
    yield paint(f" {_verdict(verification, atol)}", "yes" if verification.agrees else "no")


def _cells(layer: LayerFacts) -> list[Cell]:
    *above, name = layer.path
    indented = "  " * len(above) + visible(name)
    claim = "-" if layer.claim is None else f"{layer.claim.params:,}"
    verdict, style = ("yes", "yes") if layer.agrees else ("NO", "no")
    read = f"{layer.read:,}" if layer.actual else "-"
    if layer.idle:
        read += f" and {layer.idle:,} in training"
    texts = [
        f"{indented} ({visible(layer.class_name)})",
        _shapes(layer.inferred),
        _shapes(layer.actual),
        f"{layer.counted:,}",
        read,
        claim,
    ]
    return [*map(Cell, texts), Cell(verdict, (Span(0, len(verdict), style),))]


def _shapes(calls: tuple[Shapes, ...]) -> str:
    return "; ".join(", ".join(map(format_shape, shapes)) for shapes in calls) or "-"


def _output(output: OutputFacts) -> str:
    shape = format_shape(output.shape)
    return shape if output.difference is None else f"{shape}, at most {output.difference:.3g} from what is expected"


def _verdict(verification: Verification, atol: float) -> str:
    if not verification.agrees:
        count = len(verification.problems)
        return f"{count} {'thing disagrees' if count == 1 else 'things disagree'}."
    claims = sum(layer.claim is not None and layer.counted > 0 for layer in verification.layers)
    is_compared = any(each.difference is not None for each in verification.outputs)
    layers = len(verification.layers)
    checked = [
        "1 layer has its shapes" if layers == 1 else f"{layers} layers have their shapes",
        f"all {verification.counted:,} params are read",
        "1 closed form holds" if claims == 1 else f"{claims} closed forms hold",
        *([f"outputs are within {atol:g}"] if is_compared else []),
    ]
    return f"Everything agrees: {', '.join(checked)}."


class VerifiedLayer(msgspec.Struct, rename={"class_name": "class"}):
    """One layer; `name` is its path. `closed_form` and its params are null where the docstring has no formula."""

    name: str
    class_name: str
    inferred_shapes: tuple[tuple[Shape, ...], ...]
    actual_shapes: tuple[tuple[Shape, ...], ...]
    params: int
    read_params: int
    training_only_params: int
    closed_form: str | None
    closed_form_params: int | None
    agrees: bool


class VerifiedOutput(msgspec.Struct):
    """One output; `difference` is null without an expected one and infinite (null too) where shapes differ."""

    ref: str
    shape: tuple[int, ...]
    difference: float | None
    agrees: bool
    values: Any = None


class Disagreement(msgspec.Struct):
    """One thing that disagrees, and the layer that it is about."""

    layer: str | None
    message: str


class VerificationObject(msgspec.Struct):
    """What `lstmcalc verify --format json` prints."""

    schema_version: int
    name: str
    kind: str
    agrees: bool
    dtype: str
    inputs: dict[str, tuple[int, ...]]
    layers: tuple[VerifiedLayer, ...]
    outputs: tuple[VerifiedOutput, ...]
    total_params: int
    problems: tuple[Disagreement, ...]


def verification_object(verification: Verification, with_values: bool) -> VerificationObject:
    """The object of `verify --format json`, with the outputs' numbers where they are to be shown."""
    values = [array.tolist() if with_values else None for array in verification.arrays]
    return VerificationObject(
        SCHEMA_VERSION,
        verification.name,
        verification.kind,
        verification.agrees,
        verification.dtype,
        dict(verification.inputs),
        tuple(map(_layer, verification.layers)),
        tuple(
            VerifiedOutput(each.ref, each.shape, each.difference, each.agrees, value)
            for each, value in zip(verification.outputs, values, strict=True)
        ),
        verification.counted,
        tuple(Disagreement(each.layer, each.message) for each in verification.problems),
    )


def _layer(layer: LayerFacts) -> VerifiedLayer:
    claim = layer.claim
    return VerifiedLayer(
        written(layer.path),
        layer.class_name,
        layer.inferred,
        layer.actual,
        layer.counted,
        layer.read,
        layer.idle,
        claim.formula if claim is not None else None,
        claim.params if claim is not None else None,
        layer.agrees,
    )


def output_text(verification: Verification) -> Iterator[str]:
    """The outputs as NumPy prints them, each under its name where there are several."""
    import numpy as np

    for output, array in zip(verification.outputs, verification.arrays, strict=True):
        if len(verification.outputs) > 1:
            yield f"{visible(output.ref)}:"
        yield np.array2string(array, precision=4, suppress_small=True)
