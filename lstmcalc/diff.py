"""What changed between two models: layers added, removed and changed, and totals that are the sums of it."""

from collections.abc import Iterator, Sequence

import msgspec

from lstmcalc.errors import shown
from lstmcalc.layers.base import Layer, arguments_of
from lstmcalc.model import Model, Placed
from lstmcalc.shapes import Shapes, format_shape
from lstmcalc.sides import Side
from lstmcalc.summary import Row, Summary

ADDED, REMOVED, CHANGED = "added", "removed", "changed"


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
    """All that changed from one model to another; `fields` are what changed of the model itself."""

    old: str
    new: str
    fields: tuple[Field, ...]
    changes: tuple[Change, ...]
    totals: tuple[Totals, ...]

    @property
    def differs(self) -> bool:
        """Whether anything changed."""
        return bool(self.fields or self.changes or any(each.old != each.new for each in self.totals))


class _Layer(msgspec.Struct, frozen=True):
    """A row with the layer that it is of, where the model is known."""

    row: Row
    placed: Placed | None
    shows_connections: bool = True


def difference(old: Side, new: Side) -> Difference:
    """What changed from `old` to `new`. Arguments and connections are compared where both are models."""
    is_graph = not (old.summary.is_chain and new.summary.is_chain)
    changes = _changes(
        _layers(old.summary.rows, old.model.placed if old.model else None, is_graph),
        _layers(new.summary.rows, new.model.placed if new.model else None, is_graph),
        0,
        old.model is not None and new.model is not None,
    )
    return Difference(
        old.source,
        new.source,
        _compared(_model_facts(old.summary), _model_facts(new.summary)),
        tuple(changes),
        tuple(_totals(old.summary, new.summary)),
    )


def _totals(old: Summary, new: Summary) -> Iterator[Totals]:
    yield Totals("params", old.total.params, new.total.params)
    yield Totals("trainable_params", old.trainable.params, new.trainable.params)
    yield Totals("non_trainable_params", old.non_trainable.params, new.non_trainable.params)
    yield Totals("size_bytes", old.total.size_bytes, new.total.size_bytes)
    yield Totals("macs", old.macs.total, new.macs.total)
    if old.macs.per_timestep is not None and new.macs.per_timestep is not None:
        yield Totals("macs_per_timestep", old.macs.per_timestep, new.macs.per_timestep)


def _model_facts(summary: Summary) -> dict[str, str]:
    """What is said of the model itself. An input that has no name of its own goes without."""
    inputs = [f"{format_shape(each.shape)} {each.dtype}" for each in summary.inputs]
    if len(inputs) > 1:
        inputs = [f"{each.name} {text}" for each, text in zip(summary.inputs, inputs, strict=True)]
    return {
        "kind": summary.kind,
        "inputs": ", ".join(inputs),
        "outputs": ", ".join(format_shape(shape) for _, shape in summary.outputs),
    }


def _compared(old: dict[str, str], new: dict[str, str]) -> tuple[Field, ...]:
    names = dict.fromkeys((*old, *new))
    return tuple(Field(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name))


# Matching layers.


def _layers(rows: Sequence[Row], placed: Sequence[Placed] | None, is_graph: bool = True) -> list[_Layer]:
    by_name = {each.layer.name: each for each in placed or ()}
    return [_Layer(row, by_name.get(row.name), is_graph) for row in rows if not row.is_input and not row.is_operation]


def _matched(old: Sequence[_Layer], new: Sequence[_Layer]) -> dict[int, int]:
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


def _places(layers: Sequence[_Layer], taken: set[int]) -> Iterator[tuple[int, tuple[str, str]]]:
    """The layers without a pair, each with the name of the last one before it that has one, and its class."""
    before = ""
    for position, each in enumerate(layers):
        if position in taken:
            before = each.row.name
        else:
            yield position, (before, each.row.class_name)


def _changes(old: Sequence[_Layer], new: Sequence[_Layer], level: int, with_arguments: bool) -> Iterator[Change]:
    """The changes in the order of `new`; what was removed stands where it stood."""
    pairs = _matched(old, new)
    back = {at: before for before, at in pairs.items()}
    renamed = {old[before].row.name: new[at].row.name for before, at in pairs.items()}
    gone = [position for position in range(len(old)) if position not in pairs]
    for position, each in enumerate(new):
        before = back.get(position)
        following = next((back[at] for at in range(position, len(new)) if at in back), len(old))
        while gone and gone[0] < following:
            yield _removed(old[gone.pop(0)].row, level)
        if before is None:
            yield _added(each.row, level)
        else:
            yield from _pair_changes(old[before], each, level, renamed if with_arguments else None)
    for position in gone:
        yield _removed(old[position].row, level)


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
        fields=(Field("output", None, _shapes(row.output_shapes)),),
    )


def _removed(row: Row, level: int) -> Change:
    return Change(
        kind=REMOVED,
        name=row.name,
        class_name=row.class_name,
        level=level,
        old_params=_params(row, level),
        old_macs=row.macs.total,
        fields=(Field("output", _shapes(row.output_shapes), None),),
    )


def _pair_changes(old: _Layer, new: _Layer, level: int, renamed: dict[str, str] | None) -> Iterator[Change]:
    was, now = old.row, new.row
    fields = _compared(_facts(old, renamed, renamed), _facts(new, renamed, None))
    params = _params(was, level), _params(now, level)
    inner: tuple[Change, ...] = ()
    if was.is_model and now.is_model:
        below = _layers(was.inner, _inside(old)), _layers(now.inner, _inside(new))
        inner = tuple(_changes(*below, level + 1, renamed is not None))
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


def _inside(layer: _Layer) -> Sequence[Placed] | None:
    placed = layer.placed
    return placed.layer.placed if placed is not None and isinstance(placed.layer, Model) else None


# What is said of a layer.


def _facts(layer: _Layer, compares: dict[str, str] | None, renamed: dict[str, str] | None) -> dict[str, str]:
    """Everything of a layer that can change, in words; connections under the names that layers have now."""
    row = layer.row
    facts = {"name": row.name, "class": row.class_name}
    if compares is not None and layer.placed is not None:
        facts |= _arguments(layer.placed.layer)
        connected = [each.name for call in row.calls for each in call.connected if each.is_layer]
        if connected and layer.shows_connections:
            facts["connected to"] = ", ".join((renamed or {}).get(name, name) for name in connected)
    facts["input"] = "; ".join(_call(call.input_shapes) for call in row.calls)
    facts["output"] = _shapes(row.output_shapes)
    facts["trainable params"] = "all" if row.trainable_params == row.params else f"{row.trainable_params:,}"
    if row.macs.per_timestep is not None:
        facts["MACs per timestep"] = f"{row.macs.per_timestep:,}"
    return facts


def _arguments(layer: Layer, prefix: str = "") -> dict[str, str]:
    """The arguments of a layer by name, and of those inside it: `layer.units`."""
    if isinstance(layer, Model):
        return {}
    found: dict[str, str] = {}
    for argument in arguments_of(type(layer)).values():
        found |= _argument(f"{prefix}{argument.name}", getattr(layer, argument.field))
    return found | {f"{prefix}dtype": layer.dtype}


def _argument(name: str, value: object) -> dict[str, str]:
    if isinstance(value, Layer):
        return {name: value.class_name, **_arguments(value, f"{name}.")}
    if isinstance(value, list | tuple) and any(isinstance(each, Layer) for each in value):
        return {key: text for at, each in enumerate(value) for key, text in _argument(f"{name}.{at}", each).items()}
    return {name: value if isinstance(value, str) else shown(value)}


def _shapes(calls: Sequence[Shapes]) -> str:
    return "; ".join(map(_call, calls))


def _call(shapes: Shapes) -> str:
    return ", ".join(map(format_shape, shapes))
