"""Where the numbers of a layer come from: its axes, its gates, its closed form, its weights, its output, its MACs.

Nothing here is a second formula. What is counted comes from a layer's own `weights`,
`products` and `output_shapes`, what is claimed from its closed form, and each line of
arithmetic is worked out and held against them; a difference is an AssertionError.
"""

import ast
import re
from collections.abc import Iterable, Sequence
from copy import deepcopy
from typing import Any

import msgspec

from lstmcalc.errors import ModelError, Note, Problem, Refusal, did_you_mean
from lstmcalc.facts.claims import claim_of
from lstmcalc.facts.summary import Row, summarize
from lstmcalc.facts.walk import Part, parts, walk_parts
from lstmcalc.layers.base import Layer, Product, arguments_of
from lstmcalc.models.model import BuiltModel, Placed, unique
from lstmcalc.models.walk import Path, join_path
from lstmcalc.questions.arithmetic import Equation, Form, equation, plus, times
from lstmcalc.questions.gates import Convention, Recurrence, Timestep, recurrence_of, timestep_of
from lstmcalc.reference.axes import named_axes
from lstmcalc.reference.claims import Claim, factors_of, number_of, parsed
from lstmcalc.reference.words import output_words, sentence_of, source_of
from lstmcalc.shapes import AXES as USUAL_AXES
from lstmcalc.shapes import Shape, Shapes

# Arguments that change what comes out, and are therefore told.
SETTINGS = (
    "return_sequences",
    "return_state",
    "go_backwards",
    "stateful",
    "merge_mode",
    "reset_after",
    "use_bias",
    "data_format",
)
TIMES = ("timesteps", "steps")
SUPPOSED = 10  # timesteps, where they are unknown and a number is needed
MODEL_SENTENCE = "A model of its own, which is one layer of the model around it."
MOST_PRODUCTS = 8
LISTED = 10  # layers that an error names


class Axis(msgspec.Struct, frozen=True):
    """One axis of a shape: its name, and its size, None where it is unknown."""

    name: str
    size: int | None


class NamedTensor(msgspec.Struct, frozen=True):
    """One tensor that goes in or comes out; `name` is that of a state, else None."""

    name: str | None
    axes: tuple[Axis, ...]

    @property
    def shape(self) -> Shape:
        """Its shape, samples first."""
        return tuple(axis.size for axis in self.axes)


class StoredWeight(msgspec.Struct, frozen=True):
    """One weight as Keras stores it, and its number of scalars."""

    path: str
    shape: tuple[int, ...]
    arithmetic: Equation
    trainable: bool
    dtype: str


class ExplainedPoint(msgspec.Struct, frozen=True):
    """What a layer would count with so many timesteps; None for what cannot be known."""

    timesteps: int
    params: int
    macs: int | None


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """The multiply-accumulates for one sample.

    `products` are those of one call, each for one timestep where the timesteps are
    unknown; `step` is one timestep of a recurrent layer, `whole` all of them. `is_unsaid`
    says that the layer does not tell what it multiplies, `is_squared` that timesteps are
    held against timesteps.
    """

    total: int | None
    fixed: int | None
    per_timestep: int | None
    calls: tuple[int, ...] = ()
    products: tuple[Equation, ...] = ()
    added: Equation | None = None
    step: Equation | None = None
    whole: Equation | None = None
    is_unsaid: bool = False
    is_squared: bool = False


class LayerExplanation(msgspec.Struct, frozen=True, kw_only=True):
    """All that explains one layer.

    `path` names it with those that it is in. `timestep` is what a recurrent layer does, and
    `states` says what each of its states is, where that is known;
    `recurrence` is its gates' matrices. `closed` is the closed form that it
    declares, None where there is none for its arguments; `parts` are the paths of the
    layers inside, and `alike` says that they all weigh the same. `other_output` is the
    output with return_sequences the other way round. `of_more_axes` and `of_timesteps` are
    what the layer says of these. `needs_no_wrapper` says that the
    wrapped layer alone would give the same shape and count.
    """

    path: str
    class_name: str
    sentence: str
    source: str
    output_rule: str
    params: int
    counted: int
    trainable_params: int
    size_bytes: int
    inputs: tuple[NamedTensor, ...]
    outputs: tuple[NamedTensor, ...]
    other_output: Shape | None
    settings: dict[str, bool | str | None]
    calls: int
    timestep: Timestep | None
    states: str | None
    recurrence: Recurrence | None
    closed: Form | None
    weights: tuple[StoredWeight, ...]
    added: Equation | None
    parts: tuple[str, ...]
    part_params: tuple[int, ...]
    parts_added: Equation | None
    wraps: str | None
    has_twins: bool
    is_distributed: bool
    needs_no_wrapper: bool
    of_more_axes: str
    of_timesteps: str
    timesteps: tuple[ExplainedPoint, ...]
    macs: Work
    conventions: tuple[Convention, ...]


class Explanation(msgspec.Struct, frozen=True):
    """The layers that are explained, and how the model's total is made of all its layers."""

    name: str
    kind: str
    layers: tuple[LayerExplanation, ...]
    total_params: int
    total: Equation | None
    notes: tuple[Note, ...] = ()


def explain(model: BuiltModel, names: Sequence[str] = (), dtype: str | None = None) -> Explanation:
    """The facts of the layers of those names or paths, or of all, with the layers inside them.

    `dtype` stands in for that of every weight where sizes are told. Raises ModelError for a
    name that no layer has.
    """
    summary = summarize(model, dtype)
    found = {join_path(part.path): part for part in walk_parts(parts(summary, model))}
    twins = _twins(found.values())
    told = {path: part for path, part in found.items() if part.path not in twins}
    chosen: dict[str, Part] = {}
    for name in names:
        if name not in found:
            raise ModelError(
                Problem(f"the model has no layer '{name}'", help=_help(name, found, told), file=model.file)
            )
        above = found[name].path
        inside = {each: part for each, part in told.items() if part.path[:-1][: len(above)] == above}
        chosen |= {name: found[name]} | inside
    if not names:
        chosen = told
    return Explanation(
        summary.name,
        summary.kind,
        tuple(_facts(path, part, dtype) for path, part in chosen.items()),
        summary.total.params,
        plus([row.counted for row in summary.layers if row.counted], summary.total.params),
        summary.notes,
    )


def _help(name: str, found: dict[str, Part], told: dict[str, Part]) -> str:
    inside = [path for path in found if path.endswith(f"/{name}")]
    if inside:
        return f"did you mean '{inside[0]}'?"
    paths = list(told)
    return did_you_mean(name, paths) or f"there are {', '.join(paths[:LISTED])}{', ...' if paths[LISTED:] else ''}"


def _twins(found: Iterable[Part]) -> set[Path]:
    """The paths of what a layer has twice, as a Bidirectional: its second layer, where that is as the first."""
    twins: set[Path] = set()
    for part in found:
        if part.path[:-1] in twins:
            twins.add(part.path)
        if part.placed is not None and part.placed.layer.has_twins:
            first, *others = part.inner()
            twins.update(each.path for each in others if _alike(each, first))
    return twins


def _alike(a: Part, b: Part) -> bool:
    shapes = [[weight.shape for weight in each.row.weights] for each in (a, b)]
    return a.row.class_name == b.row.class_name and shapes[0] == shapes[1]


def _facts(path: str, part: Part, dtype: str | None) -> LayerExplanation:
    placed, row = part.placed, part.row
    assert placed is not None
    layer, inner = placed.layer, list(part.inner())
    call = row.calls[0]
    sentence, source, output_rule = _declared(layer)
    inputs = _tensors(layer, call.input_shapes)
    recurrence = recurrence_of(layer, placed.own) if placed.own else None
    return LayerExplanation(
        path=path,
        class_name=layer.class_name,
        sentence=sentence,
        source=source,
        output_rule=output_rule,
        params=row.params,
        counted=row.counted,
        trainable_params=sum(each.params for each in row.weights if each.trainable),
        size_bytes=row.size_bytes,
        inputs=inputs,
        outputs=_outputs(placed, inputs, call.output_shapes),
        other_output=_other_output(layer, call.input_shapes),
        settings=_settings(layer),
        calls=len(row.calls),
        states=_states(placed),
        timestep=timestep_of(layer, placed.own, _is_cell(inputs)),
        recurrence=recurrence,
        closed=_closed(placed),
        weights=tuple(
            StoredWeight(each.path, each.shape, times(each.shape), bool(each.trainable), dtype or each.dtype)
            for each in row.weights
        ),
        added=plus([each.params for each in row.weights], row.params),
        parts=tuple(join_path(each.path) for each in inner),
        part_params=tuple(each.row.params for each in inner),
        parts_added=None if placed.own else _parts_added([each.row for each in inner], row.params),
        wraps=inner[0].row.class_name if inner and not isinstance(layer, BuiltModel) else None,
        has_twins=layer.has_twins,
        is_distributed=layer.is_distributed,
        of_more_axes=layer.of_more_axes,
        of_timesteps=layer.of_timesteps,
        needs_no_wrapper=_needs_no_wrapper(placed, call.output_shapes),
        timesteps=_points(layer, inputs),
        macs=_work(layer, row, recurrence, inputs),
        conventions=recurrence.conventions if recurrence else (),
    )


def _parts_added(parts: Sequence[Row], params: int) -> Equation | None:
    """The sum over the layers inside, each weight once."""
    counted = [each.counted for each in parts if each.counted]
    return plus(counted, params) if sum(counted) == params else None


def _settings(layer: Layer) -> dict[str, bool | str | None]:
    return {name: getattr(layer, name) for name in SETTINGS if name in arguments_of(type(layer))}


def _declared(layer: Layer) -> tuple[str, str, str]:
    """Sentence, source and output as the layer declares them."""
    if isinstance(layer, BuiltModel):
        return MODEL_SENTENCE, f"keras.{'Sequential' if layer.kind == 'Sequential' else 'Model'}", ""
    return sentence_of(type(layer)), source_of(type(layer)), output_words(layer)


def _states(placed: Placed) -> str | None:
    """What each state is, as the layer says, or the only cell in it; None for cells one above the other."""
    if placed.layer.gating is not None:
        return placed.layer.gating.states or None
    return _states(placed.inner[0]) if len(placed.inner) == 1 else None


def _is_cell(inputs: Sequence[NamedTensor]) -> bool:
    """Whether a layer is called on one timestep after the other, and not on a sequence."""
    return not any(axis.name in TIMES for tensor in inputs for axis in tensor.axes)


# Axes.


def _tensors(layer: Layer, shapes: Shapes) -> tuple[NamedTensor, ...]:
    """The inputs with their axes named as the layer declares them."""
    groups = named_axes(layer, layer.takes)
    found = []
    for position, shape in enumerate(shapes):
        own = groups[min(position, len(groups) - 1) :] if groups else ()
        names = _fitting([*own, *groups], len(shape)) or _usual(len(shape), bool(layer.takes.of))
        found.append(NamedTensor(None, _axes(names, shape)))
    return tuple(found)


def _fitting(groups: Sequence[tuple[str, ...]], rank: int) -> tuple[str, ...] | None:
    """The first of the shapes that has so many axes; `...` stands for any number of them."""
    for group in groups:
        if "..." not in group:
            if len(group) == rank:
                return group
            continue
        open_at = group.index("...")
        before, after = group[:open_at], group[open_at + 1 :]
        missing = rank - len(before) - len(after)
        if missing >= 0 and (after or len(before) > 1 or missing == 0):
            return (*before, *_between(before, after, missing), *after)
    return None


def _between(before: tuple[str, ...], after: tuple[str, ...], missing: int) -> tuple[str, ...]:
    if missing == 1 and after and "timesteps" not in (*before, *after):
        return ("timesteps",)
    if missing == 1 and not after:
        return ("features",)
    return tuple(f"axis {len(before) + n}" for n in range(missing))


def _usual(rank: int, is_indices: bool = False) -> tuple[str, ...]:
    """The names of the axes of a tensor that nothing more is known of."""
    if rank == 2 and is_indices:
        return ("samples", "timesteps")
    if rank in USUAL_AXES:
        return tuple(name for name in re.findall(r"\w+", USUAL_AXES[rank]))
    return ("samples", *(f"axis {n}" for n in range(1, rank)))


def _axes(names: Sequence[str], shape: Shape) -> tuple[Axis, ...]:
    return tuple(Axis(name, size) for name, size in zip(names, shape, strict=True))


def _outputs(placed: Placed, inputs: Sequence[NamedTensor], shapes: Shapes) -> tuple[NamedTensor, ...]:
    """The outputs with their axes named: by the layer, by the layer inside, or as the input's are."""
    layer = placed.calls[0].called if placed.calls else placed.layer
    names_of = layer.output_names
    groups = named_axes(layer, layer.gives)
    same = layer.output_names_of_axes(tuple(axis.name for axis in inputs[0].axes)) if inputs else ()
    inside = _inside(placed, inputs) if isinstance(layer, BuiltModel) or placed.inner else []
    found = []
    for position, shape in enumerate(shapes):
        names = _fitting([*inside, *groups], len(shape))
        if names is None and len(same) == len(shape):
            names = same
        name = names_of[position] if position < len(names_of) else None
        found.append(NamedTensor(name, _axes(names or _usual(len(shape)), shape)))
    return tuple(found)


def _inside(placed: Placed, inputs: Sequence[NamedTensor]) -> list[tuple[str, ...]]:
    """The names of the axes that the layer inside a wrapper gives, the last layer of a model."""
    layer = placed.layer
    inner = layer.placed[-1] if isinstance(layer, BuiltModel) else placed.inner[0]
    shapes = inner.layer.output_shapes(inner.input_shapes)
    given = _tensors(inner.layer, inner.input_shapes)
    names = [tuple(axis.name for axis in each.axes) for each in _outputs(inner, given, shapes)]
    if layer.is_distributed:
        return [("samples", "timesteps", *each[1:]) for each in names]
    return names


def _other_output(layer: Layer, shapes: Shapes) -> Shape | None:
    """The output with return_sequences the other way round; None for a layer without it."""
    if "return_sequences" not in arguments_of(type(layer)):
        return None
    other: Any = msgspec.structs.replace(layer, return_sequences=not getattr(layer, "return_sequences", False))
    found: Shapes = other.output_shapes(shapes)
    return found[0]


# Params.


def _closed(placed: Placed) -> Form | None:
    """The closed form that the layer claims, and the same with the layer's numbers in place of the names."""
    claim = claim_of(placed)
    if claim is None or not placed.weights or _has_model(placed):
        return None
    text = _substituted(placed, claim)
    return None if text is None else Form(claim.formula, equation(text, placed.params))


def _has_model(placed: Placed) -> bool:
    """Whether a model is inside, whose layers say their closed forms themselves."""
    return isinstance(placed.layer, BuiltModel) or any(map(_has_model, placed.inner))


def _substituted(placed: Placed, claim: Claim) -> str | None:
    """A claim with numbers; that of a wrapper is the claims of the layers inside, or its own."""
    claims = [claim_of(each) for each in placed.inner]
    if claims and claim.formula == " + ".join(each.formula for each in claims if each is not None):
        parts = [_substituted(each, own) for each, own in zip(placed.inner, claims, strict=True) if own is not None]
        return None if None in parts else " + ".join(part for part in parts if part is not None)
    tensors = _tensors(placed.layer, placed.input_shapes)
    sizes: dict[str, int | None] = {}
    for tensor in tensors:
        sizes = {axis.name: axis.size for axis in tensor.axes} | sizes
    try:
        numbers = _Numbers(placed.layer, sizes).visit(deepcopy(parsed(claim.formula)))
    except LookupError:
        return None
    return ast.unparse(numbers).replace(" // 1 ", " ")


class _Numbers(ast.NodeTransformer):
    """Puts numbers in place of the names of a formula. Raises LookupError for a name without one."""

    def __init__(self, layer: Layer, sizes: dict[str, int | None]) -> None:
        self.layer = layer
        self.sizes = sizes

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(int(number_of(node.id, self.layer, self.sizes)))

    def visit_Call(self, node: ast.Call) -> ast.expr:
        (argument,) = node.args
        if not isinstance(argument, ast.Name):
            raise LookupError(ast.unparse(node))
        factors = factors_of(argument.id, self.layer)
        return ast.parse(" * ".join(map(str, factors)), mode="eval").body


def _needs_no_wrapper(placed: Placed, outputs: Shapes) -> bool:
    """Whether the layer inside a TimeDistributed would do the same without it."""
    if not placed.layer.is_distributed or isinstance(placed.inner[0].layer, BuiltModel):
        return False
    (inner,) = placed.inner
    try:
        given = inner.layer.output_shapes(placed.input_shapes)
        return given == outputs and _params(inner.layer, placed.input_shapes) == placed.params
    except Refusal:
        return False


def _params(layer: Layer, inputs: Shapes) -> int:
    """What a layer would weigh on inputs of those shapes."""
    inner = sum(_params(each, shapes) for each, shapes in layer.inner(inputs))
    return inner + sum(weight.params for weight in unique(layer.weights(inputs)))


def _points(layer: Layer, inputs: Sequence[NamedTensor]) -> tuple[ExplainedPoint, ...]:
    """The layer with its timesteps, and with twice as many; nothing for one that has none, or needs just those.

    Nor for one that is stated, whose weights may belong to its timesteps.
    """
    known = [axis.size for tensor in inputs for axis in tensor.axes if axis.name in TIMES]
    if not known or layer.is_stated:
        return ()
    timesteps = known[0] or SUPPOSED
    try:
        return tuple(_point(layer, inputs, factor, factor * timesteps) for factor in (1, 2))
    except Refusal:
        return ()


def _point(layer: Layer, inputs: Sequence[NamedTensor], factor: int, timesteps: int) -> ExplainedPoint:
    shapes = tuple(
        tuple((axis.size or SUPPOSED) * factor if axis.name in TIMES else axis.size for axis in tensor.axes)
        for tensor in inputs
    )
    products = layer.products(shapes)
    is_known = products is not None and not any(each.unknown for each in products)
    return ExplainedPoint(
        timesteps, _params(layer, shapes), _macs(products) if products is not None and is_known else None
    )


# Multiply-accumulates.


def _macs(products: Sequence[Product]) -> int:
    return sum(product.macs for product in products)


def _work(layer: Layer, row: Row, recurrence: Recurrence | None, inputs: Sequence[NamedTensor]) -> Work:
    macs = row.macs
    listed = [layer.products(call.input_shapes) for call in row.calls]
    known = [products for products in listed if products is not None]
    is_unsaid, is_squared = len(known) < len(listed), _is_squared(layer, inputs)
    if is_unsaid or (macs.total is None and macs.per_timestep is None):
        return Work(
            total=macs.total,
            fixed=macs.fixed,
            per_timestep=macs.per_timestep,
            is_unsaid=is_unsaid,
            is_squared=is_squared,
        )
    calls = tuple(map(_macs, known))
    if macs.total is not None and sum(calls) != macs.total:
        raise AssertionError(f"the calls of {row.name} multiply {calls}, but {macs.total} was counted")
    first = [product for product in known[0] if product.macs]
    step, whole = (None, None) if recurrence is None else _steps(recurrence, known[0], row.calls[0].input_shapes[0])
    return Work(
        total=macs.total,
        fixed=macs.fixed,
        per_timestep=macs.per_timestep,
        calls=calls,
        products=tuple(times(product.factors) for product in first) if len(first) <= MOST_PRODUCTS else (),
        added=plus([product.macs for product in first], calls[0]) if len(first) <= MOST_PRODUCTS else None,
        step=step,
        whole=whole,
        is_squared=is_squared,
    )


def _is_squared(layer: Layer, inputs: Sequence[NamedTensor]) -> bool:
    """Whether some product grows with the timesteps twice, as that of each step with each other one does."""
    shapes = tuple(tuple(None if axis.name in TIMES else axis.size for axis in tensor.axes) for tensor in inputs)
    try:
        return any(product.unknown > 1 for product in layer.products(shapes) or ())
    except Refusal:
        return False


def _steps(
    recurrence: Recurrence, products: Sequence[Product], shape: Shape
) -> tuple[Equation | None, Equation | None]:
    """One timestep of a recurrent layer, and all of them; None of a ConvLSTM, and of a cell the first alone."""
    if recurrence.window:
        return None, None
    timesteps = shape[1] if len(shape) > 2 else None
    gates = f"{len(recurrence.gates)} * " if len(recurrence.gates) > 1 else ""
    text = f"{gates}{recurrence.units} * ({recurrence.features} + {recurrence.units})"
    macs = _macs(products)
    if timesteps is None:
        return equation(text, macs), None
    return equation(text, macs // timesteps), equation(f"{timesteps} * {macs // timesteps}", macs)
