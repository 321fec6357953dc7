"""What changed between two models: layers added, removed and changed, and totals that are the sums of it."""

from collections.abc import Iterator, Sequence

import msgspec

from lstmcalc.errors import ModelError, Note, Problem, merge_notes, shown
from lstmcalc.facts.summary import Connection, Row, Summary
from lstmcalc.facts.walk import Part, parts
from lstmcalc.layers.base import Layer, arguments_of
from lstmcalc.models.model import BuiltModel
from lstmcalc.questions.sides import Side
from lstmcalc.shapes import Shapes, format_shape

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
PAIRED = ("MACs per timestep",)  # told where both have it; where one has a number of MACs, that is


class Field(msgspec.Struct, frozen=True):
    """One thing that was one and is another, in words; None where it is not there."""

    name: str
    old: str | None
    new: str | None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One layer that was added, removed or changed; `level` is how deep it stands in models inside.

    Its params are those that no layer above counted, so that at level 0 they add up to the total's.
    """

    kind: str
    name: str
    class_name: str
    old_name: str | None = None
    level: int = 0
    old_params: int | None = None
    new_params: int | None = None
    old_macs: int | None = None
    new_macs: int | None = None
    fields: tuple[Field, ...] = ()

    @property
    def params(self) -> int:
        """How many params more there are than there were."""
        return (self.new_params or 0) - (self.old_params or 0)


class Totals(msgspec.Struct, frozen=True):
    """One number of the model, as it was and as it is; None where it is unknown."""

    name: str
    old: int | None
    new: int | None

    @property
    def change(self) -> int | None:
        """How much more it is."""
        return None if self.old is None or self.new is None else self.new - self.old


class Difference(msgspec.Struct, frozen=True):
    """All that changed from one model to another; `fields` are what changed of the model itself.

    `is_partial` says that one of them is a saved summary, which holds no arguments;
    `is_of_weights` that both are files of arrays alone.
    """

    old: str
    new: str
    fields: tuple[Field, ...]
    changes: tuple[Change, ...]
    totals: tuple[Totals, ...]
    is_partial: bool = False
    notes: tuple[Note, ...] = ()
    is_of_weights: bool = False

    @property
    def differs(self) -> bool:
        """Whether anything changed."""
        return bool(self.fields or self.changes or any(each.old != each.new for each in self.totals))


class _Setting(msgspec.Struct, frozen=True):
    """Where layers are compared: how deep, whether any may take any above it, and whether arguments are known."""

    level: int
    is_graph: bool
    is_partial: bool
    is_weights: bool = False


def difference(old: Side, new: Side) -> Difference:
    """What changed from `old` to `new`. Arguments and connections are compared where both are models."""
    _refuse_unlike(old, new)
    is_graph = not (old.summary.is_chain and new.summary.is_chain)
    is_partial = old.model is None or new.model is None
    changes = _changes(
        tuple(parts(old.summary, old.model)),
        tuple(parts(new.summary, new.model)),
        _Setting(0, is_graph, is_partial, new.summary.is_weights),
    )
    return Difference(
        old.source,
        new.source,
        _compared(_model_facts(old.summary), _model_facts(new.summary)),
        tuple(changes),
        tuple(_totals(old.summary, new.summary)),
        is_partial,
        merge_notes((*old.summary.notes, *new.summary.notes)),
        new.summary.is_weights,
    )


def _refuse_unlike(old: Side, new: Side) -> None:
    """Refuse arrays alone beside a model. Raises ModelError."""
    for one, other in ((old, new), (new, old)):
        if one.summary.is_weights and not other.summary.is_weights:
            message = f"holds arrays alone, which cannot be compared with a model ({shown(other.source)})"
            help = "'verify MODEL --weights FILE' tells whether they fit it"
            raise ModelError(Problem(message, file=one.source, help=help))


def _totals(old: Summary, new: Summary) -> Iterator[Totals]:
    yield Totals("params", old.total.params, new.total.params)
    if old.trainable is not None and new.trainable is not None:
        yield Totals("trainable_params", old.trainable.params, new.trainable.params)
    if old.non_trainable is not None and new.non_trainable is not None:
        yield Totals("non_trainable_params", old.non_trainable.params, new.non_trainable.params)
    yield Totals("size_bytes", old.total.size_bytes, new.total.size_bytes)
    if not old.is_weights:
        yield Totals("macs", old.macs.total, new.macs.total)
    if old.macs.per_timestep is not None and new.macs.per_timestep is not None:
        yield Totals("macs_per_timestep", old.macs.per_timestep, new.macs.per_timestep)


def _model_facts(summary: Summary) -> dict[str, str]:
    """What is said of the model itself, of arrays alone nothing; an only input or output goes without its name."""
    if summary.is_weights:
        return {}
    inputs = [f"{format_shape(each.shape)} {each.dtype}" for each in summary.inputs]
    if len(inputs) > 1:
        inputs = [f"{each.name} {text}" for each, text in zip(summary.inputs, inputs, strict=True)]
    outputs = [format_shape(shape) for _, shape in summary.outputs]
    if len(outputs) > 1:
        outputs = [f"{ref} {text}" for (ref, _), text in zip(summary.outputs, outputs, strict=True)]
    return {"kind": summary.kind, "inputs": ", ".join(inputs), "outputs": ", ".join(outputs)}


def _compared(old: dict[str, str], new: dict[str, str]) -> tuple[Field, ...]:
    names = dict.fromkeys((*old, *new))
    return tuple(Field(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name))


# Matching layers.


def _matched(old: Sequence[Part], new: Sequence[Part]) -> dict[int, int]:
    """For positions in `old` those in `new`: by name; then by class, between the same two layers of equal name."""
    by_name = {each.row.name: position for position, each in enumerate(new)}
    pairs = {at: by_name[each.row.name] for at, each in enumerate(old) if each.row.name in by_name}
    taken = set(pairs.values())
    free: dict[tuple[str, str], list[int]] = {}
    for position, place in _places(new, taken):
        free.setdefault(place, []).append(position)
    for position, place in _places(old, set(pairs)):
        if free.get(place):
            pairs[position] = free[place].pop(0)
    return pairs


def _places(layers: Sequence[Part], taken: set[int]) -> Iterator[tuple[int, tuple[str, str]]]:
    """The layers without a pair, each with the name of the last one before it that has one, and its class or arrays."""
    before = ""
    for position, each in enumerate(layers):
        if position in taken:
            before = each.row.name
        else:
            yield position, (before, each.row.class_name or _arrays(each.row))


def _arrays(row: Row) -> str:
    """The shapes of a layer's arrays, which tell of what class it may be where that is not known."""
    return ", ".join(f"{each.path} {format_shape(each.shape)}" for each in row.weights)


def _changes(old: Sequence[Part], new: Sequence[Part], setting: _Setting) -> Iterator[Change]:
    """The changes in the order of `new`; what was removed stands where it stood."""
    pairs = _matched(old, new)
    back = {at: before for before, at in pairs.items()}
    renamed = {old[before].row.name: new[at].row.name for before, at in pairs.items()}
    was_after = _after([renamed[old[at].row.name] for at in sorted(pairs)])
    is_after = _after([new[at].row.name for at in sorted(back)])
    following = _following(back, len(new), len(old))
    gone = [position for position in range(len(old)) if position not in pairs][::-1]
    for position, each in enumerate(new):
        before = back.get(position)
        while gone and gone[-1] < following[position]:
            yield _removed(old[gone.pop()].row, setting.level)
        if before is None:
            yield _added(each.row, setting.level)
        else:
            places = was_after[each.row.name], is_after[each.row.name]
            yield from _pair_changes((old[before], each), setting, places, renamed)
    for position in reversed(gone):
        yield _removed(old[position].row, setting.level)


def _following(back: dict[int, int], count: int, end: int) -> list[int]:
    """For each position in `new` that of the next layer which stood in `old`, there; `end` behind the last."""
    found = []
    for position in range(count - 1, -1, -1):
        end = back.get(position, end)
        found.append(end)
    return found[::-1]


def _after(names: Sequence[str]) -> dict[str, str]:
    """For each name in a row the one before it."""
    return dict(zip(names, ("the input", *names), strict=False))


def _params(row: Row, level: int) -> int:
    return row.params if level else row.counted


def _added(row: Row, level: int) -> Change:
    return Change(
        kind=ADDED,
        name=row.name,
        class_name=row.class_name,
        level=level,
        new_params=_params(row, level),
        new_macs=row.macs.total,
        fields=(Field("output", None, _shapes(row.output_shapes)),) if row.calls else (),
    )


def _removed(row: Row, level: int) -> Change:
    return Change(
        kind=REMOVED,
        name=row.name,
        class_name=row.class_name,
        level=level,
        old_params=_params(row, level),
        old_macs=row.macs.total,
        fields=(Field("output", _shapes(row.output_shapes), None),) if row.calls else (),
    )


def _pair_changes(
    pair: tuple[Part, Part], setting: _Setting, places: tuple[str, str], renamed: dict[str, str]
) -> Iterator[Change]:
    """What changed of a layer, and below it of those inside; `places` are the layers before it, of those in both."""
    old, new = pair
    was, now, level = old.row, new.row, setting.level
    facts = _facts(old, places[0], renamed, setting), _facts(new, places[1], {}, setting)
    fields = tuple(each for each in _compared(*facts) if each.name not in PAIRED or None not in (each.old, each.new))
    params = _params(was, level), _params(now, level)
    inner: tuple[Change, ...] = ()
    if was.is_model and now.is_model:
        below = _Setting(level + 1, _is_graph(old) or _is_graph(new), setting.is_partial, setting.is_weights)
        inner = tuple(_changes(tuple(old.inner()), tuple(new.inner()), below))
    if fields or inner or params[0] != params[1] or was.macs != now.macs:
        yield Change(
            kind=CHANGED,
            name=now.name,
            class_name=now.class_name,
            old_name=was.name,
            level=level,
            old_params=params[0],
            new_params=params[1],
            old_macs=was.macs.total,
            new_macs=now.macs.total,
            fields=fields,
        )
        yield from inner


def _is_graph(layer: Part) -> bool:
    """Whether the layers of a model inside may take any above, and not the last one alone."""
    model = layer.placed.layer if layer.placed is not None else None
    is_chain = model.order.is_chain if isinstance(model, BuiltModel) and model.kind != "Sequential" else False
    return layer.row.class_name != "Sequential" and not is_chain


# What is said of a layer.


def _facts(layer: Part, after: str, renamed: dict[str, str], setting: _Setting) -> dict[str, str]:
    """Everything of a layer that can change, in words; connections under the names that layers have now."""
    row = layer.row
    if setting.is_weights:
        arrays = {each.name: f"{format_shape(each.shape)} {each.dtype}" for each in row.weights if not row.is_model}
        return {"name": row.name, **arrays}
    facts = {"name": row.name, "class": row.class_name}
    if not setting.is_partial and layer.placed is not None:
        facts |= _arguments(layer.placed.layer)
    if setting.is_graph:
        connected = [each for call in row.calls for each in call.connected if each.is_layer]
        facts["connected to"] = ", ".join(_connection(each, renamed, setting.is_partial) for each in connected)
    else:
        facts["after"] = after
    facts["input"] = "; ".join(_call(call.input_shapes) for call in row.calls)
    facts["output"] = _shapes(row.output_shapes)
    facts["trainable params"] = "all" if row.trainable_params == row.params else f"{row.trainable_params:,}"
    if row.macs.per_timestep is not None:
        facts["MACs per timestep"] = f"{row.macs.per_timestep:,}"
    return facts


def _connection(connection: Connection, renamed: dict[str, str], is_partial: bool) -> str:
    """The name of a layer; of another than its first call or output, as Keras writes it: `encoder[0][1]`."""
    name = renamed.get(connection.name, connection.name)
    is_first = connection.node_index == connection.tensor_index == 0
    return name if is_partial or is_first else f"{name}[{connection.node_index}][{connection.tensor_index}]"


def _arguments(layer: Layer, prefix: str = "") -> dict[str, str]:
    """The arguments of a layer by name, and of those inside it: `layer.units`."""
    if isinstance(layer, BuiltModel):
        return {}
    found: dict[str, str] = {}
    for argument in arguments_of(type(layer)).values():
        found |= _argument(f"{prefix}{argument.name}", getattr(layer, argument.field))
    return found | {f"{prefix}dtype": layer.dtype}


def _argument(name: str, value: object) -> dict[str, str]:
    if isinstance(value, Layer):
        return {name: value.class_name, **_arguments(value, f"{name}.")}
    if isinstance(value, msgspec.Struct):
        fields = msgspec.structs.asdict(value)
        return {f"{name}.{field}": shown(each) for field, each in fields.items()}
    if isinstance(value, dict) and any(isinstance(each, msgspec.Struct) for each in value.values()):
        return {key: text for of, each in value.items() for key, text in _argument(f"{name}.{of}", each).items()}
    if isinstance(value, list | tuple) and any(isinstance(each, Layer) for each in value):
        return {key: text for at, each in enumerate(value) for key, text in _argument(f"{name}.{at}", each).items()}
    return {name: value if isinstance(value, str) else shown(value)}


def _shapes(calls: Sequence[Shapes]) -> str:
    return "; ".join(map(_call, calls))


def _call(shapes: Shapes) -> str:
    return ", ".join(map(format_shape, shapes))
