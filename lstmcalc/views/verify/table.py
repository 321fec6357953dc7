"""A verification as a table, with its verdict below."""

from collections.abc import Iterator

from lstmcalc.arrays.verify import LayerVerification, OutputVerification, Verification
from lstmcalc.shapes import Shapes, format_shape
from lstmcalc.views.cells import TableCell, visible
from lstmcalc.views.grid import Column, boxed, verdict_cell
from lstmcalc.views.verify.look import VerifyLook

COLUMNS = (
    Column("Layer (type)"),
    Column("Inferred shape"),
    Column("Actual shape"),
    Column("Param #", "right", keeps_words=True),
    Column("Read", "right", keeps_words=True),
    Column("Closed form", "right", keeps_words=True),
    Column("Agrees", "center", keeps_words=True),
)


def show(verification: Verification, look: VerifyLook) -> Iterator[str]:
    """A row for each layer, a line for each output and each problem, and the verdict; the outputs below it."""
    paint = look.paint
    yield paint(f'Model: "{visible(verification.name)}"', "bold")
    yield from boxed(COLUMNS, [_cells(layer) for layer in verification.layers], look)
    for name, shape in verification.inputs:
        yield f" Input {visible(name)}: {format_shape(shape)}"
    for output in verification.outputs:
        yield f" Output {visible(output.ref)}: {_output(output)}"
    for problem in verification.problems:
        yield paint(f" disagrees: {visible(problem.text)}", "no")
    yield paint(f" {_verdict(verification)}", "yes" if verification.agrees else "no")
    if look.shows_outputs:
        yield from _outputs(verification)


def _cells(layer: LayerVerification) -> list[TableCell]:
    *above, name = layer.path
    indented = "  " * len(above) + visible(name)
    claim = "-" if layer.claim is None else f"{layer.claim.params:,}"
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
    return [*map(TableCell, texts), verdict_cell("yes" if layer.agrees else "NO", layer.agrees)]


def _shapes(calls: tuple[Shapes, ...]) -> str:
    return "; ".join(", ".join(map(format_shape, shapes)) for shapes in calls) or "-"


def _output(output: OutputVerification) -> str:
    shape = format_shape(output.shape)
    return shape if output.difference is None else f"{shape}, at most {output.difference:.3g} from what is expected"


def _verdict(verification: Verification) -> str:
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
        *([f"outputs are within {verification.atol:g}"] if is_compared else []),
    ]
    return f"Everything agrees: {', '.join(checked)}."


def _outputs(verification: Verification) -> Iterator[str]:
    """The outputs as NumPy prints them, each under its name where there are several."""
    import numpy as np

    for output, array in zip(verification.outputs, verification.arrays, strict=True):
        if len(verification.outputs) > 1:
            yield f"{visible(output.ref)}:"
        yield np.array2string(array, precision=4, suppress_small=True)
