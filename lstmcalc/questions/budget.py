"""Budgets: what a model may weigh and cost, as it was written, held against what it does."""

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as MappingType
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from lstmcalc.errors import ModelError, Place, Problem, Problems, Refusal, did_you_mean, shown
from lstmcalc.facts.summary import Summary
from lstmcalc.facts.walk import Part, parts, walk_parts
from lstmcalc.formats.values import Mapping, Scalar, Value, kind_of
from lstmcalc.formats.yaml import read_yaml
from lstmcalc.layers.arguments import DTYPE_BITS
from lstmcalc.limits import DIGITS
from lstmcalc.models.graph import Node
from lstmcalc.models.model import BuiltModel, Placed
from lstmcalc.models.walk import join_path, walk
from lstmcalc.reference.keys import IN_BYTES, METRICS
from lstmcalc.reference.units import quantity
from lstmcalc.shapes import Shape, Shapes

LARGEST = 3  # layers that a failure names


class Limit(msgspec.Struct, frozen=True):
    """The most that something may be, in whole units or bytes; `written` as the user wrote it.

    `layer` is a layer's name or a pattern of names, None for the whole model; `may_miss`
    says that a model may have no such layer. A limit stands at `place` in a file, or in
    `option` of the command line.
    """

    metric: str
    most: int
    written: str
    layer: str | None = None
    place: Place | None = None
    option: str | None = None
    may_miss: bool = False

    @property
    def source(self) -> str:
        """`model.yaml:3:18`, or the option as it was given."""
        if self.place is None:
            return f"{self.option} {self.written}"
        return f"{self.place.source.name}:{self.place.line}:{self.place.column}"


class Held(msgspec.Struct, frozen=True):
    """A limit held against a number: of the layer of that path, or of the model; `largest` are its largest parts."""

    limit: Limit
    actual: int
    layer: str | None = None
    largest: tuple[tuple[str, int], ...] = ()

    @property
    def over(self) -> int:
        """How much more it is than the limit; below 0 where there is room."""
        return self.actual - self.limit.most

    @property
    def fits(self) -> bool:
        """Whether it keeps the limit."""
        return self.over <= 0


# Reading a budget.


def read_budget(value: Value | None) -> tuple[Limit, ...]:
    """The limits of a `budget`. Raises ModelError with every mistake in it."""
    if value is None or (isinstance(value, Scalar) and value.value is None):
        return ()
    problems = Problems()
    limits = list(_limits(value, None, problems))
    problems.raise_found()
    return tuple(limits)


def budget_of(budget: dict[str, Any]) -> tuple[Limit, ...]:
    """The limits of a dictionary with the keys of a `budget`. Raises ModelError."""
    from lstmcalc.formats.dictionary import write_json

    return read_budget(read_yaml(write_json("<budget>", budget)))


def _limits(value: Value, layer: str | None, problems: Problems) -> Iterator[Limit]:
    what = "a budget" if layer is None else f"the budget of {layer}"
    if not isinstance(value, Mapping):
        problems.add(f"{what} is a mapping such as {{params: 1M}}, not {kind_of(value)}", value.place)
        return
    taken = (*METRICS, "layers") if layer is None else tuple(METRICS)
    for key, item in value.entries:
        name = key.text if not isinstance(key.value, str) else key.value
        if name not in taken:
            help = did_you_mean(name, taken) or f"taken are: {', '.join(taken)}"
            problems.add(f"{what} has no key {shown(name)}", key.place, help=help)
        elif name == "layers":
            yield from _layer_limits(item, problems)
        else:
            with problems.caught():
                yield _limit(name, item, layer)


def _layer_limits(value: Value, problems: Problems) -> Iterator[Limit]:
    if not isinstance(value, Mapping):
        message = f"'layers' of a budget is a mapping from names to budgets, not {kind_of(value)}"
        problems.add(message, value.place, help="write 'layers: {encoder: {params: 500k}}'")
        return
    for key, item in value.entries:
        yield from _limits(item, key.text if not isinstance(key.value, str) else key.value, problems)


def _limit(metric: str, value: Value, layer: str | None) -> Limit:
    try:
        if not isinstance(value, Scalar) or isinstance(value.value, bool) or value.value is None:
            number = "a size such as 4 MiB" if metric in IN_BYTES else "a number such as 1M"
            raise Refusal(f"{metric} must be {number}, but is {kind_of(value)}")
        text = _text(value)
        return Limit(metric, quantity(text, metric), text, layer, value.place)
    except Refusal as refusal:
        raise ModelError(Problem(refusal.message, value.place, layer, refusal.help)) from None


def _text(value: Scalar) -> str:
    """A number as it was written, unless only its value says it: `1e6`, `0x10`."""
    if isinstance(value.value, float) and value.value.is_integer() and abs(value.value) < 10**DIGITS:
        return str(int(value.value))
    return str(value.value)


# Holding it against a model.


def hold(model: BuiltModel, summary: Summary, limits: Iterable[Limit], dtype: str | None = None) -> tuple[Held, ...]:
    """Every limit against what the model has; sizes as if floats had `dtype`.

    Raises ModelError for a limit on a number that is unknown or on a layer that is not there.
    """
    found = {join_path(part.path): part for part in walk_parts(parts(summary, model))}
    problems = Problems()
    held: list[Held] = []
    for limit in limits:
        with problems.caught():
            if limit.layer is None:
                held.append(_model_held(model, summary, limit, dtype))
            else:
                held += [_layer_held(model, name, limit, found, dtype) for name in _matching(limit, found)]
    problems.raise_found()
    return tuple(held)


def _matching(limit: Limit, parts: MappingType[str, Part]) -> list[str]:
    name = str(limit.layer)
    found = [name] if name in parts else [path for path in parts if fnmatchcase(path, name)]
    if not found and not limit.may_miss:
        help = did_you_mean(name, parts) or f"the layers are: {', '.join(list(parts)[:20])}"
        raise ModelError(Problem(f"the budget names {shown(name)}, which is no layer", limit.place, help=help))
    return found


def _model_held(model: BuiltModel, summary: Summary, limit: Limit, dtype: str | None) -> Held:
    actual = _total(model, summary, limit.metric, dtype)
    if actual is None:
        raise _unknown(model, limit, None, summary.macs.per_timestep)
    return Held(limit, actual, None, _largest(limit.metric, parts(summary, model), dtype))


def _total(model: BuiltModel, summary: Summary, metric: str, dtype: str | None) -> int | None:
    match metric:
        case "params":
            return summary.total.params
        case "trainable_params":
            return None if summary.trainable is None else summary.trainable.params
        case "size":
            return summary.total.size_bytes
        case "macs":
            return summary.macs.total
        case "state":
            return _state(model.placed, dtype)
        case "activations":
            return _most((_activations(model.calls(), dtype), _largest_activations(model.placed, dtype)))
    raise AssertionError(metric)


def _layer_held(model: BuiltModel, name: str, limit: Limit, parts: MappingType[str, Part], dtype: str | None) -> Held:
    part = parts[name]
    actual = _amount(limit.metric, part, dtype)
    if actual is None:
        raise _unknown(model, limit, name, part.row.macs.per_timestep)
    return Held(limit, actual, name, _largest(limit.metric, part.inner(), dtype))


def _amount(metric: str, part: Part, dtype: str | None) -> int | None:
    row, placed = part.row, part.placed
    assert placed is not None
    match metric:
        case "params":
            return row.params
        case "trainable_params":
            return row.trainable_params
        case "size":
            return row.size_bytes
        case "macs":
            return row.macs.total
        case "state":
            return _state((placed,), dtype)
        case "activations":
            return _largest_activations((placed,), dtype)
    raise AssertionError(metric)


def _largest(metric: str, level: Iterable[Part], dtype: str | None) -> tuple[tuple[str, int], ...]:
    amounts = [
        (join_path(part.path), _amount(metric, part, dtype) or 0)
        for part in level
        if not (part.row.is_shared and metric in ("params", "trainable_params", "size"))
    ]
    return tuple(sorted((each for each in amounts if each[1]), key=lambda each: -each[1])[:LARGEST])


def _unknown(model: BuiltModel, limit: Limit, layer: str | None, per_timestep: int | None) -> ModelError:
    known = f" ({per_timestep:,} per timestep)" if limit.metric == "macs" and per_timestep else ""
    are = "is" if limit.metric == "state" else "are"
    limited = "the budget" if limit.option is None else limit.option
    message = f"{METRICS[limit.metric]} {are} unknown{known}, and {limited} limits {'it' if are == 'is' else 'them'}"
    unknown = [tensor.operation.name for tensor in model.inputs if None in tensor.shape[1:2]]
    help = "not every layer says what it costs: a Lambda or a Custom does not"
    if unknown:
        names = ", ".join(map(repr, unknown[:20]))
        help = f"the timesteps of {names} are unknown: give them with --timesteps N"
    elif any(None in tensor.shape[1:] for tensor in model.inputs):
        help = "give the input's sizes in the spec"
    return ModelError(Problem(message, limit.place, layer or model.name, help))


def _added(amounts: Iterable[int | None]) -> int | None:
    listed = tuple(amounts)
    known = [each for each in listed if each is not None]
    return sum(known) if len(known) == len(listed) else None


def _state(placed: Iterable[Placed], dtype: str | None) -> int | None:
    """Bytes of the states that layers, or else the layers inside them, carry for one sample."""
    carriers = walk(placed, opens=lambda each: not _state_shapes(each))
    return _added(
        _size(shape, each.layer.compute_dtype, dtype) for _, each in carriers for shape in _state_shapes(each)
    )


def _state_shapes(placed: Placed) -> Shapes:
    return () if isinstance(placed.layer, BuiltModel) else placed.layer.state_shapes(placed.input_shapes)


def _largest_activations(placed: Iterable[Placed], dtype: str | None) -> int | None:
    """Bytes of the most that goes into and comes out of one call of the layers, or of those inside them."""
    return _most(_own_activations(each, dtype) for _, each in walk(placed))


def _own_activations(placed: Placed, dtype: str | None) -> int | None:
    """Bytes of the most that goes into and comes out of one call of a layer.

    A layer inside another that is no model has no call of its own: its shapes are those
    that it has there, without an output that leaves an axis open.
    """
    if placed.calls:
        return _activations(placed.calls, dtype)
    outputs = [shape for shape in placed.layer.output_shapes(placed.input_shapes) if None not in shape[1:]]
    return _added(_size(shape, placed.layer.compute_dtype, dtype) for shape in (*placed.input_shapes, *outputs))


def _activations(calls: Iterable[Node], dtype: str | None) -> int | None:
    """Bytes of what goes into and comes out of one call, for one sample: the most of any call.

    A lower bound of what a run needs that does not work in place: a call's inputs and
    outputs live together, and others may live beside them.
    """
    tensors = ({id(tensor): tensor for tensor in (*node.inputs, *node.outputs)}.values() for node in calls)
    return _most(_added(_size(each.shape, each.dtype, dtype) for each in listed) for listed in tensors)


def _most(amounts: Iterable[int | None]) -> int | None:
    listed = tuple(amounts)
    known = [each for each in listed if each is not None]
    return max(known, default=0) if len(known) == len(listed) else None


def _size(shape: Shape, own: str, dtype: str | None) -> int | None:
    """Bytes of one sample of a tensor; `dtype` stands in for its own where that is of floats."""
    count = 1
    for size in shape[1:]:
        if size is None:
            return None
        count *= size
    bits = DTYPE_BITS.get(dtype if dtype is not None and "float" in own else own, 8)
    return -(-count * bits // 8)
