"""Do the numbers agree? A forward pass held against inferred shapes, counts, closed forms and expected outputs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from lstmcalc.arrays.run import ForwardError, RunRecord, Step, run
from lstmcalc.arrays.samples import positions
from lstmcalc.errors import ModelError, Note, Problem, Refusal, did_you_mean
from lstmcalc.facts.claims import claim_of
from lstmcalc.layers.base import Layer, Weight
from lstmcalc.models.model import BuiltModel, Placed, unique
from lstmcalc.models.walk import Path, join_path, walk
from lstmcalc.reference.claims import Claim
from lstmcalc.shapes import Shapes, agree, format_shape

Array = NDArray[Any]


class LayerVerification(msgspec.Struct, frozen=True):
    """One layer: what was inferred of it and what the forward pass found.

    `path` names it with the models that it is in. Shapes are those of each call, equal
    ones once. `read` counts the scalars of the weights that were read; `idle` those that
    are read in training alone. `claim` is None where the layer declares no formula.
    """

    path: Path
    class_name: str
    inferred: tuple[Shapes, ...]
    actual: tuple[Shapes, ...]
    counted: int
    read: int
    idle: int
    claim: Claim | None
    agrees: bool


class OutputVerification(msgspec.Struct, frozen=True):
    """One output: how a spec refers to it, its shape, and how far it is from the expected one (None without one)."""

    ref: str
    shape: tuple[int, ...]
    difference: float | None
    agrees: bool


class Verification(msgspec.Struct, frozen=True, eq=False):
    """What was held against each other, and where it disagrees; `arrays` are the outputs, which may be `atol` apart."""

    name: str
    kind: str
    dtype: str
    atol: float
    inputs: tuple[tuple[str, tuple[int, ...]], ...]
    layers: tuple[LayerVerification, ...]
    outputs: tuple[OutputVerification, ...]
    counted: int
    problems: tuple[Problem, ...]
    arrays: tuple[Array, ...]
    notes: tuple[Note, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether nothing disagrees."""
        return not self.problems


class _Call(msgspec.Struct, frozen=True):
    """One call: the layer as it was called, and shapes: what went in, what was inferred before, and what came."""

    layer: Layer
    given: Shapes
    inferred: Shapes
    actual: Shapes


def verify(
    model: BuiltModel,
    inputs: Sequence[Array],
    weights: Mapping[int, Array],
    expected: Mapping[int, Array],
    atol: float,
    dtype: str = "float32",
    watch: Callable[[Step], None] | None = None,
) -> Verification:
    """Run a model, and hold what comes against all that is known of it.

    `expected` has outputs by their number, none for no comparison. Raises ModelError for
    a model that cannot be run.
    """
    calls: dict[Path, list[_Call]] = {}

    def keep(step: Step) -> None:
        given, actual = (tuple(array.shape for array in arrays) for arrays in (step.inputs, step.outputs))
        inferred = tuple(tensor.shape for tensor in step.node.outputs)
        calls.setdefault(step.path, []).append(_Call(step.node.called, given, inferred, actual))
        if watch is not None:
            watch(step)

    problems: list[Problem] = []
    ran: RunRecord | None = None
    try:
        ran = run(model, inputs, weights, {}, dtype, keep)
    except ForwardError as error:
        problems += error.problems
    found = [(path, placed, list(_disagreements(placed, calls.get(path, []), ran))) for path, placed in _layers(model)]
    problems += [Problem(message, layer=join_path(path)) for path, _, messages in found for message in messages]
    compared = list(_compared(model, ran, expected, atol)) if ran is not None else []
    problems += [problem for _, problem in compared if problem is not None]
    return Verification(
        model.name,
        model.kind,
        dtype,
        atol,
        tuple((tensor.operation.name, array.shape) for tensor, array in zip(model.inputs, inputs, strict=True)),
        tuple(_facts(path, placed, calls.get(path, []), ran, problems) for path, placed, _ in found),
        tuple(facts for facts, _ in compared),
        model.count_params(),
        tuple(problems),
        ran.outputs if ran is not None else (),
        model.notes,
    )


def unfit(model: BuiltModel, dtype: str, atol: float, problems: Sequence[Problem]) -> Verification:
    """The verification of weights that do not fit the model, which can therefore not be run with them."""
    layers = tuple(_facts(path, placed, [], None, problems) for path, placed in _layers(model))
    return Verification(
        model.name, model.kind, dtype, atol, (), layers, (), model.count_params(), tuple(problems), (), model.notes
    )


def _layers(model: BuiltModel) -> Iterator[tuple[Path, Placed]]:
    """Every layer that is called by itself: those of models inside, not those of wrappers."""
    return walk(model.placed, opens=lambda placed: isinstance(placed.layer, BuiltModel))


def _facts(
    path: Path, placed: Placed, calls: Sequence[_Call], ran: RunRecord | None, problems: Sequence[Problem]
) -> LayerVerification:
    weights = unique(placed.weights)
    idle = [
        weight for weight in weights if ran is not None and id(weight) not in ran.used and id(weight) in _idle(placed)
    ]
    read = [weight for weight in weights if ran is not None and id(weight) in ran.used]
    inferred = tuple(dict.fromkeys(call.inferred for call in calls))
    if not calls:
        inferred = tuple(dict.fromkeys(tuple(tensor.shape for tensor in node.outputs) for node in placed.calls))
    return LayerVerification(
        path,
        placed.layer.class_name,
        inferred,
        tuple(dict.fromkeys(call.actual for call in calls)),
        placed.params,
        _count(read),
        _count(idle),
        claim_of(placed),
        all(problem.layer != join_path(path) for problem in problems),
    )


def _count(weights: Sequence[Weight]) -> int:
    return sum(weight.params for weight in weights)


def _idle(placed: Placed) -> set[int]:
    """The weights of a layer, and of those inside, that are read in training alone."""
    return {id(weight) for _, each in walk((placed,)) for weight in each.own if weight.name in each.layer.of_training}


def _disagreements(placed: Placed, calls: Sequence[_Call], ran: RunRecord | None) -> Iterator[str]:
    yield from dict.fromkeys(message for call in calls for message in _wrong_shapes(call))
    if isinstance(placed.layer, BuiltModel):  # its layers have rows of their own
        return
    if ran is not None:
        idle = _idle(placed)
        for weight in unique(placed.weights):
            if id(weight) not in ran.used and id(weight) not in idle:
                shape = format_shape(weight.shape)
                yield f"its {weight.name} {shape} is counted as {weight.params:,} params, but nothing reads it"
    claim = claim_of(placed)
    if claim is not None and claim.params != placed.params:
        yield f"its closed form {claim.formula} gives {claim.params:,}, but its weights hold {placed.params:,}"


def _wrong_shapes(call: _Call) -> Iterator[str]:
    """What of the outputs is not as it was inferred: when the model was built, and for the sizes that went in."""
    try:
        for_sizes = call.layer.output_shapes(call.given)
    except Refusal as refusal:
        yield f"it was run on {_listed(call.given)}, but its shapes cannot be inferred: {refusal.message}"
        return
    for inferred in (call.inferred, for_sizes):
        loose = tuple((None, *shape[1:]) for shape in inferred) if inferred is call.inferred else inferred
        if len(loose) != len(call.actual) or not all(map(agree, loose, call.actual)):
            yield f"it gives {_listed(call.actual)}, but {_listed(inferred)} was inferred"
            return


def _listed(shapes: Shapes) -> str:
    return " and ".join(map(format_shape, shapes)) or "nothing"


# Outputs.


def _compared(
    model: BuiltModel, ran: RunRecord, expected: Mapping[int, Array], atol: float
) -> Iterator[tuple[OutputVerification, Problem | None]]:
    for position, (ref, array) in enumerate(zip(model.output_refs, ran.outputs, strict=True)):
        problem, difference = None, None
        if position in expected:
            difference, message = _difference(array, expected[position], atol)
            problem = None if message is None else Problem(message, layer=ref)
        yield OutputVerification(ref, array.shape, difference, problem is None), problem


def number_outputs(model: BuiltModel, expected: Mapping[str, Array]) -> dict[int, Array]:
    """The expected outputs by their number, from references or positions. Raises ModelError for others and for none."""
    refs = list(model.output_refs)
    if not expected:
        raise ModelError(Problem("holds no arrays", help=f"the outputs are: {', '.join(refs)}"))
    listed = positions(dict(expected))
    if listed is not None and len(listed) <= len(refs):
        return dict(enumerate(listed))
    if listed is not None:
        message = f"holds {len(listed)} arrays, but the model gives {len(refs)}"
        raise ModelError(Problem(message, help=f"the outputs are: {', '.join(refs)}"))
    for name in expected:
        if name not in refs:
            help = did_you_mean(name, refs) or f"the outputs are: {', '.join(refs)}"
            raise ModelError(Problem(f"an output '{name}' is expected, but the model has none of that name", help=help))
    return {position: expected[ref] for position, ref in enumerate(refs) if ref in expected}


def _difference(array: Array, wanted: Array, atol: float) -> tuple[float, str | None]:
    """How far an output is from the expected one, and what is wrong with it."""
    if array.shape != wanted.shape:
        return np.inf, f"it gives {format_shape(array.shape)}, but {format_shape(wanted.shape)} is expected"
    if array.dtype.kind in "UO" or wanted.dtype.kind in "UO":
        is_same = bool(np.array_equal(array, wanted))
        return (0.0 if is_same else np.inf), None if is_same else _not_the_same(array, wanted)
    with np.errstate(invalid="ignore"):
        apart = np.abs(array.astype(np.float64) - wanted.astype(np.float64))
    is_same_oddity = (array == wanted) | (np.isnan(array) & np.isnan(wanted))  # infinities and NaN
    apart = np.where(is_same_oddity, 0.0, np.where(np.isnan(apart), np.inf, apart))
    largest = float(apart.max(initial=0.0))
    if largest <= atol:
        return largest, None
    place = tuple(map(int, np.unravel_index(int(apart.argmax()), apart.shape)))
    found, due = array[place], wanted[place]
    where = f" at {list(place)}" if place else ""
    return largest, f"it gives {found:.7g}{where}, but {due:.7g} is expected: {largest:.3g} apart, more than {atol:g}"


def _not_the_same(array: Array, wanted: Array) -> str:
    found, due = ("strings" if each.dtype.kind in "UO" else "numbers" for each in (array, wanted))
    return "it gives other strings than are expected" if found == due else f"it gives {found}, but {due} are expected"
