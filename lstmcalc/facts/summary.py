"""One walk over a model gives rows of facts; totals count each weight once."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from lstmcalc.errors import Note
from lstmcalc.layers.arguments import DTYPE_BITS
from lstmcalc.layers.base import Layer, Product, Tensor, Weight
from lstmcalc.models.graph import AddedOperation, Node
from lstmcalc.models.model import BuiltModel, Placed, unique
from lstmcalc.models.walk import join_path, walk
from lstmcalc.shapes import Shape, Shapes

BYTE = 8  # bits
WEIGHTS = "Weights"  # the kind of a file of arrays alone


class Macs(msgspec.Struct, frozen=True):
    """Multiply-accumulates for one sample: `fixed + timesteps * per_timestep`, where they can be known.

    `total` is None with unknown timesteps; both others are None when the number is not
    linear in the timesteps or nobody can know it.
    """

    total: int | None
    fixed: int | None = None
    per_timestep: int | None = None


class Connection(msgspec.Struct, frozen=True):
    """One tensor that goes into a layer: whose it is, of which call, and which of its outputs."""

    name: str
    node_index: int
    tensor_index: int
    is_layer: bool


class CallFacts(msgspec.Struct, frozen=True):
    """One call of a layer: shapes in, shapes out, and where from."""

    input_shapes: Shapes
    output_shapes: Shapes
    connected: tuple[Connection, ...]


class WeightFacts(msgspec.Struct, frozen=True):
    """One weight of a row; `path` is its name with those of the layers inside the row's: `forward_lstm/kernel`."""

    name: str
    path: str
    shape: tuple[int, ...]
    params: int
    trainable: bool | None  # None where a file of arrays does not say it
    dtype: str


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one layer, or of one operation that carries a mask.

    `params` are the layer's own; `counted` those of them that no earlier row of the
    same level counted: the sum over `counted` is the model's total. `outer_calls` are those
    of the outermost model, of a layer inside that it shares.
    """

    name: str
    class_name: str
    number: int | None = None
    is_input: bool = False
    is_operation: bool = False
    calls: tuple[CallFacts, ...] = ()
    outer_calls: tuple[CallFacts, ...] = ()
    params: int = 0
    counted: int = 0
    trainable_params: int | None = 0
    size_bytes: int = 0
    macs: Macs = Macs(0)
    trainable: bool | None = True
    weights: tuple[WeightFacts, ...] = ()
    inner: tuple["Row", ...] = ()
    is_model: bool = False

    @property
    def non_trainable_params(self) -> int | None:
        """Those of the layer's params that training leaves alone."""
        return None if self.trainable_params is None else self.params - self.trainable_params

    @property
    def is_shared(self) -> bool:
        """Whether an earlier row counted all of the layer's weights."""
        return self.params > 0 and self.counted == 0

    @property
    def output_shapes(self) -> tuple[Shapes, ...]:
        """The outputs of each call, those of equal calls once."""
        return tuple(dict.fromkeys(call.output_shapes for call in self.calls))


class Total(msgspec.Struct, frozen=True):
    """A number of params and the bits that they take."""

    params: int
    bits: int

    @property
    def size_bytes(self) -> int:
        """Whole bytes."""
        return -(-self.bits // BYTE)


class InputFacts(msgspec.Struct, frozen=True):
    """One input of the model."""

    name: str
    shape: Shape
    dtype: str


class Summary(msgspec.Struct, frozen=True):
    """The facts of a model, ready for any view; of a file of arrays alone, what is not known is None."""

    name: str
    kind: str
    is_chain: bool
    inputs: tuple[InputFacts, ...]
    outputs: tuple[tuple[str, Shape], ...]
    rows: tuple[Row, ...]
    total: Total
    trainable: Total | None
    non_trainable: Total | None
    macs: Macs
    notes: tuple[Note, ...] = ()

    @property
    def is_weights(self) -> bool:
        """Whether it is of a file that holds arrays alone."""
        return self.kind == WEIGHTS

    @property
    def layers(self) -> tuple[Row, ...]:
        """The rows of layers, without inputs and operations."""
        return tuple(row for row in self.rows if not row.is_input and not row.is_operation)


def summarize(model: BuiltModel, dtype: str | None = None) -> Summary:
    """The summary of a model; `dtype` stands in for that of every weight where sizes are told."""
    reached = _reached(model)
    outermost = {id(placed.layer): tuple(map(_call, _calls(placed, reached))) for placed in model.placed}
    rows = _rows(model, dtype, outermost)
    weights = model.all_weights()
    trainable = [weight for weight in weights if weight.trainable]
    frozen = [weight for weight in weights if not weight.trainable]
    return Summary(
        model.name,
        model.kind,
        model.kind == "Sequential" or model.order.is_chain,
        tuple(InputFacts(each.operation.name, each.shape, each.dtype) for each in model.inputs),
        tuple((ref, tensor.shape) for ref, tensor in zip(model.output_refs, model.outputs, strict=True)),
        rows,
        _total(weights, dtype),
        _total(trainable, dtype),
        _total(frozen, dtype),
        _model_macs(model, [row.macs for row in rows]),
        model.notes,
    )


def totals(model: BuiltModel, dtype: str | None = None) -> tuple[Total, Total, Macs]:
    """The total and the trainable params of a model and its MACs, as `summarize` tells them, without the rows."""
    weights = model.all_weights()
    reached = _reached(model)
    macs = [_macs(each.layer, _shapes_of_calls(each, reached)) for each in model.placed]
    trainable = _total((weight for weight in weights if weight.trainable), dtype)
    return _total(weights, dtype), trainable, _model_macs(model, macs)


def _total(weights: Iterable[Weight], dtype: str | None) -> Total:
    listed = tuple(weights)
    return Total(sum(weight.params for weight in listed), sum(_bits(weight, dtype) for weight in listed))


def _bits(weight: Weight, dtype: str | None) -> int:
    return weight.bits if dtype is None else weight.params * DTYPE_BITS[dtype]


Outermost = Mapping[int, tuple[CallFacts, ...]]  # the calls of its layers, by their identity


def _reached(model: BuiltModel) -> set[int] | None:
    """The identities of the calls that the outputs depend on; None where all do."""
    return None if model.kind == "Sequential" else model.order.nodes


def _rows(model: BuiltModel, dtype: str | None, outermost: Outermost) -> tuple[Row, ...]:
    """The rows of a model in Keras's order; a Sequential shows neither its input nor operations."""
    placed = {id(each.layer): each for each in model.placed}
    counted: set[int] = set()
    rows = []
    if model.kind == "Sequential":
        return tuple(_layer_row(each, counted, dtype, outermost) for each in model.placed)
    nodes = {id(node.operation): node for node in model.table.values()}
    reached = model.order.nodes
    for operation in model.order.operations:
        if id(operation) in placed:
            rows.append(_layer_row(placed[id(operation)], counted, dtype, outermost, reached))
        else:
            rows.append(_other_row(operation, nodes[id(operation)]))
    return tuple(rows)


def _other_row(operation: Layer | AddedOperation, node: Node) -> Row:
    return Row(
        name=operation.name,
        class_name=operation.class_name,
        number=None if isinstance(operation, AddedOperation) else operation.number,
        is_input=node.is_input,
        is_operation=isinstance(operation, AddedOperation),
        calls=(_call(node),),
    )


def _layer_row(
    placed: Placed, counted: set[int], dtype: str | None, outermost: Outermost, reached: set[int] | None = None
) -> Row:
    weights = unique(placed.weights)
    new = [weight for weight in weights if id(weight) not in counted]
    counted.update(id(weight) for weight in new)
    total = _total(weights, dtype)
    nodes = _calls(placed, reached)
    layer = placed.layer
    return Row(
        name=layer.name,
        class_name=layer.class_name,
        number=layer.number,
        calls=tuple(_call(node) for node in nodes) or (_inner_call(placed),),
        outer_calls=outermost.get(id(layer), ()),
        params=total.params,
        counted=sum(weight.params for weight in new),
        trainable_params=sum(weight.params for weight in weights if weight.trainable),
        size_bytes=total.size_bytes,
        macs=_macs(layer, _shapes_of_calls(placed, reached)),
        trainable=layer.trainable,
        weights=_weight_facts(placed, weights),
        inner=_inner_rows(placed, dtype, outermost),
        is_model=isinstance(layer, BuiltModel),
    )


def _calls(placed: Placed, reached: set[int] | None) -> list[Node]:
    return [node for node in placed.calls if reached is None or id(node) in reached]


def _shapes_of_calls(placed: Placed, reached: set[int] | None) -> list[Shapes]:
    shapes = [tuple(tensor.shape for tensor in node.called_on) for node in _calls(placed, reached)]
    return shapes or [placed.input_shapes]


def _weight_facts(placed: Placed, weights: Iterable[Weight]) -> tuple[WeightFacts, ...]:
    paths = _paths(placed)
    return tuple(
        WeightFacts(each.name, paths[id(each)], each.shape, each.params, each.trainable, each.dtype) for each in weights
    )


def _paths(placed: Placed) -> dict[int, str]:
    """The path of each weight of a layer, by the weight's identity; that of its first owner."""
    paths: dict[int, str] = {}
    for path, inner in walk(placed.inner):
        for weight in inner.own:
            paths.setdefault(id(weight), join_path((*path, weight.name)))
    for weight in placed.weights:
        paths.setdefault(id(weight), weight.name)
    return paths


def _inner_rows(placed: Placed, dtype: str | None, outermost: Outermost) -> tuple[Row, ...]:
    if isinstance(placed.layer, BuiltModel):
        return tuple(row for row in _rows(placed.layer, dtype, outermost) if not row.is_operation)
    counted: set[int] = set()
    return tuple(_layer_row(each, counted, dtype, outermost) for each in placed.inner)


def _call(node: Node) -> CallFacts:
    return CallFacts(
        node.input_shapes, tuple(tensor.shape for tensor in node.outputs), tuple(map(_connection, node.inputs))
    )


def _inner_call(placed: Placed) -> CallFacts:
    """The call of a layer inside a wrapper, which has no node of its own."""
    return CallFacts(placed.input_shapes, placed.layer.output_shapes(placed.input_shapes), ())


def _connection(tensor: Tensor) -> Connection:
    return Connection(
        tensor.operation.name, tensor.node_index, tensor.tensor_index, not isinstance(tensor.operation, AddedOperation)
    )


def _macs(layer: Layer, calls: Sequence[Shapes]) -> Macs:
    products: list[Product] = []
    for shapes in calls:
        found = layer.products(shapes)
        if found is None:
            return Macs(None)
        products.extend(found)
    if any(product.unknown > 1 for product in products):
        return Macs(None)
    fixed = sum(product.macs for product in products if product.unknown == 0)
    if all(product.unknown == 0 for product in products):
        return Macs(fixed)
    return Macs(None, fixed, sum(product.macs for product in products if product.unknown == 1))


def _model_macs(model: BuiltModel, parts: Sequence[Macs]) -> Macs:
    if all(part.total is not None for part in parts):
        return Macs(sum(part.total or 0 for part in parts))
    unknown = sum(None in tensor.shape[1:] for tensor in model.inputs)
    if unknown > 1 or any(part.total is None and part.per_timestep is None for part in parts):
        return Macs(None)
    fixed = sum(part.total if part.total is not None else part.fixed or 0 for part in parts)
    return Macs(None, fixed, sum(part.per_timestep or 0 for part in parts))
