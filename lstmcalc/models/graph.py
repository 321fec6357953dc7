"""The order of a graph's operations, as `keras.Model` finds it: by depth, then by first traversal."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from lstmcalc.layers.base import Layer, Operation, Tensor
from lstmcalc.shapes import Shape


class AddedOperation(msgspec.Struct, frozen=True, eq=False):
    """An operation that Keras adds by itself: `not_equal (NotEqual)` to carry a mask, `cast (Cast)` for a dtype."""

    name: str
    class_name: str


class Node(msgspec.Struct, frozen=True, eq=False):
    """One call of a layer: what went in and what came out.

    `inputs` are all tensors that Keras records: those that the layer is called on, whose
    shapes are `input_shapes`, then `states` and `masks` that the call gives (by argument),
    or else the masks that hang on the inputs, where Keras records them. `called` is the
    layer with the arguments of this call.
    """

    operation: Layer | AddedOperation
    index: int
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    input_shapes: tuple[Shape, ...] = ()
    states: tuple[Tensor, ...] = ()
    masks: dict[str, tuple[Tensor | None, ...]] = {}
    as_called: Layer | None = None

    @property
    def called(self) -> Layer:
        """The layer as this call has it: with the arguments of the call."""
        layer = self.operation if self.as_called is None else self.as_called
        assert isinstance(layer, Layer)
        return layer

    @property
    def called_on(self) -> tuple[Tensor, ...]:
        """The tensors that the layer is called on, without states and masks."""
        return self.inputs[: len(self.input_shapes)]

    @property
    def is_input(self) -> bool:
        """Whether it stands for an input of the model."""
        return isinstance(self.operation, InputLayer)


class InputLayer(Layer, frozen=True, eq=False, kw_only=True):
    """An input of a model (keras.layers.InputLayer)."""

    def advice(self, output: Shape, wants_time: bool) -> str | None:
        if not wants_time or len(output) != 2 or output[1] is None:
            return None
        return (
            f"an input is [timesteps, features]: [{output[1]}, 1], or [null, {output[1]}] for any number of timesteps"
        )


class Order(msgspec.Struct, frozen=True, eq=False):
    """What a graph looks like from its outputs: its operations in Keras's order, its nodes by depth."""

    operations: tuple[Layer | AddedOperation, ...]
    depths: dict[int, tuple[Node, ...]]

    @property
    def nodes(self) -> set[int]:
        """The identities of the nodes that the outputs depend on, and of the inputs."""
        return {id(node) for nodes in self.depths.values() for node in nodes}

    @property
    def is_chain(self) -> bool:
        """Whether Keras shows the graph as a chain, without its connections."""
        seen: set[int] = set()
        for nodes in self.depths.values():
            if len(nodes) > 1 or len(nodes[0].inputs) > 1 or id(nodes[0].operation) in seen:
                return False
            seen.add(id(nodes[0].operation))
        return True


NodeTable = dict[tuple[int, int], Node]


def node_of(tensor: Tensor, table: NodeTable) -> Node:
    """The call that made a tensor."""
    return table[id(tensor.operation), tensor.node_index]


def order_of(inputs: Sequence[Tensor], outputs: Sequence[Tensor], table: NodeTable) -> Order:
    """Keras's order of the operations between inputs and outputs.

    Follows `map_graph` in keras/src/ops/function.py: a node's depth is its longest way
    to an output, an operation's the largest of its nodes'; operations of one depth stand
    in the order in which a depth-first walk from the outputs first meets them.
    """
    nodes, met = _traverse(outputs, table)
    node_depths, operation_depths = _depths(nodes, table)
    for tensor in inputs:
        if id(tensor.operation) not in operation_depths:
            node = node_of(tensor, table)
            operation_depths[id(tensor.operation)] = 0
            node_depths[id(node)] = 0
            met[id(tensor.operation)] = -1
            nodes.append(node)
    operations = {id(node.operation): node.operation for node in nodes}
    ordered = sorted(operations, key=lambda each: (-operation_depths[each], met[each]))
    by_depth: dict[int, list[Node]] = defaultdict(list)
    for node in reversed(nodes):
        by_depth[node_depths[id(node)]].append(node)
    return Order(
        tuple(operations[each] for each in ordered),
        {depth: tuple(by_depth[depth]) for depth in sorted(by_depth, reverse=True)},
    )


def _traverse(outputs: Iterable[Tensor], table: NodeTable) -> tuple[list[Node], dict[int, int]]:
    """Nodes from the inputs to the outputs, and when each operation was first met. Without recursion."""
    nodes: list[Node] = []
    entered: set[int] = set()
    met: dict[int, int] = {}
    for output in outputs:
        stack: list[tuple[Node, int]] = [(node_of(output, table), 0)]
        while stack:
            node, position = stack.pop()
            if position == 0:
                if id(node) in entered:
                    continue
                entered.add(id(node))
                met.setdefault(id(node.operation), len(met))
            if position < len(node.inputs):
                stack.append((node, position + 1))
                stack.append((node_of(node.inputs[position], table), 0))
            else:
                nodes.append(node)
    return nodes, met


def _depths(nodes: Sequence[Node], table: NodeTable) -> tuple[dict[int, int], dict[int, int]]:
    of_node: dict[int, int] = {}
    of_operation: dict[int, int] = {}
    for node in reversed(nodes):
        depth = max(of_node.get(id(node), 0), of_operation.get(id(node.operation), 0))
        of_operation[id(node.operation)] = of_node[id(node)] = depth
        for tensor in node.inputs:
            parent = id(node_of(tensor, table))
            of_node[parent] = max(depth + 1, of_node.get(parent, 0))
    return of_node, of_operation


__all__ = ["AddedOperation", "InputLayer", "Node", "NodeTable", "Operation", "Order", "node_of", "order_of"]
