"""What is compared: the same facts of a live Keras model and of ours, as plain values."""

from collections.abc import Iterable, Sequence
from typing import Any

from keras.src.models import Functional, Sequential

from lstmcalc.models.graph import InputLayer, Node
from lstmcalc.models.model import BuiltModel, Placed, unique

Facts = dict[str, Any]

WRAPPERS = ("TimeDistributed", "Bidirectional")


class _Numbers:
    """Numbers objects in the order in which they are first met, so that sharing can be compared."""

    def __init__(self) -> None:
        self.seen: dict[int, int] = {}

    def __call__(self, each: object) -> int:
        return self.seen.setdefault(id(each), len(self.seen))


# Of a live model.


def keras_facts(model: Any) -> Facts:
    """The facts of a Keras model."""
    trainable, frozen = _count(model.trainable_weights), _count(model.non_trainable_weights)
    totals = {"trainable params": trainable, "non-trainable params": frozen}
    return {**_keras_model(model, _Numbers()), **totals}


def _keras_model(model: Any, number: _Numbers) -> Facts:
    return {
        "name": model.name,
        "class": "Sequential" if isinstance(model, Sequential) else "Functional",
        "inputs": [(each._keras_history.operation.name, tuple(each.shape), each.dtype) for each in model.inputs],
        "input shape": model.input_shape,
        "output shape": model.output_shape,
        "layers": [_keras_layer(each, number) for each in model.layers if type(each).__name__ != "InputLayer"],
        "operations": _keras_operations(model),
        "weights": [_keras_weight(each, number) for each in model.weights],
        "params": model.count_params(),
    }


def _count(weights: Iterable[Any]) -> int:
    from keras.src.utils.summary_utils import count_params

    return count_params(weights)


def _keras_layer(layer: Any, number: _Numbers) -> Facts:
    facts = {
        "name": layer.name,
        "class": type(layer).__name__,
        "trainable": layer.trainable,
        "params": layer.count_params(),
        "trainable params": _count([each for each in layer.weights if each.trainable]),
        "weights": [_keras_weight(each, number) for each in layer.weights],
    }
    if isinstance(layer, (Functional, Sequential)):
        return {**facts, "model": _keras_model(layer, number)}
    inside = [getattr(layer, name) for name in ("layer", "forward_layer", "backward_layer") if hasattr(layer, name)]
    return {**facts, "inside": [_keras_layer(each, number) for each in inside]}


def _keras_weight(weight: Any, number: _Numbers) -> tuple[Any, ...]:
    return number(weight), weight.name, tuple(weight.shape), weight.trainable, weight.dtype


def _keras_operations(model: Any) -> list[Any]:
    """Each operation with its depth in the graph and its calls: what went in, and what came out."""
    graph = model._functional if isinstance(model, Sequential) else model
    depths = {id(node): depth for depth, nodes in graph._nodes_by_depth.items() for node in nodes}
    found = []
    for operation in graph._operations:
        calls = [
            (
                depths[id(node)],
                index,
                [(each._keras_history.operation.name, *each._keras_history[1:]) for each in node.input_tensors],
                [(tuple(each.shape), each.dtype) for each in node.outputs],
            )
            for index, node in enumerate(operation._inbound_nodes)
            if id(node) in depths
        ]
        found.append((operation.name, type(operation).__name__, calls))
    return found


# Of ours.


def our_facts(model: BuiltModel) -> Facts:
    """The facts of a model of lstmcalc's."""
    weights = model.all_weights()
    trainable = sum(each.params for each in weights if each.trainable)
    totals = {"trainable params": trainable, "non-trainable params": sum(each.params for each in weights) - trainable}
    return {**_our_model(model, _Numbers()), **totals}


def _our_model(model: BuiltModel, number: _Numbers) -> Facts:
    return {
        "name": model.name,
        "class": model.class_name,
        "inputs": [(each.operation.name, each.shape, each.dtype) for each in model.inputs],
        "input shape": model.input_shape,
        "output shape": model.output_shape,
        "layers": [_our_layer(each, number) for each in model.placed if not each.layer.is_operation],
        "operations": _our_operations(model),
        "weights": [_our_weight(each, number) for each in model.all_weights()],
        "params": model.count_params(),
    }


def _our_layer(placed: Placed, number: _Numbers) -> Facts:
    layer, weights = placed.layer, unique(placed.weights)
    facts = {
        "name": layer.name,
        "class": layer.class_name,
        "trainable": layer.trainable,
        "params": placed.params,
        "trainable params": sum(each.params for each in weights if each.trainable),
        "weights": [_our_weight(each, number) for each in weights],
    }
    if isinstance(layer, BuiltModel):
        return {**facts, "model": _our_model(layer, number)}
    inside = placed.inner if layer.class_name in WRAPPERS else ()
    return {**facts, "inside": [_our_layer(each, number) for each in inside]}


def _our_weight(weight: Any, number: _Numbers) -> tuple[Any, ...]:
    return number(weight), weight.name, weight.shape, weight.trainable, weight.dtype


def _our_operations(model: BuiltModel) -> list[Any]:
    reached = {id(node): depth for depth, nodes in model.order.depths.items() for node in nodes}
    nodes: dict[int, list[Node]] = {}
    for node in model.table.values():
        if id(node) in reached:
            nodes.setdefault(id(node.operation), []).append(node)
    return [
        (each.name, each.class_name, [_our_call(node, reached[id(node)]) for node in nodes[id(each)]])
        for each in model.order.operations
    ]


def _our_call(node: Node, depth: int) -> tuple[Any, ...]:
    sources = [(each.operation.name, each.node_index, each.tensor_index) for each in node.inputs]
    return depth, node.index, sources, [(each.shape, each.dtype) for each in node.outputs]


# The two held against each other.


def differences(keras: Any, ours: Any, where: str = "") -> list[str]:
    """Each fact that differs, with where it stands."""
    if isinstance(keras, dict) and isinstance(ours, dict):
        return [found for key in keras for found in differences(keras[key], ours.get(key), f"{where}.{key}")]
    if _is_list(keras) and _is_list(ours) and len(keras) == len(ours):
        pairs = zip(keras, ours, strict=True)
        return [found for i, (a, b) in enumerate(pairs) for found in differences(a, b, f"{where}[{i}]")]
    return [] if keras == ours and type(keras) is type(ours) else [f"{where}: Keras has {keras!r}, we have {ours!r}"]


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


__all__ = ["InputLayer", "differences", "keras_facts", "our_facts"]
