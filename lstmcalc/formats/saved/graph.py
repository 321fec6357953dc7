"""A saved Functional model: its layers, and a call for each of their nodes, in the order in which Keras calls them."""

from collections.abc import Iterator
from heapq import heappop, heappush

import msgspec

from lstmcalc.errors import ModelError, Place, Problem, Problems, shown
from lstmcalc.formats.saved.layers import read_layer
from lstmcalc.formats.saved.nodes import NodeData, NodeTensor, read_node, read_tensors
from lstmcalc.formats.saved.tensorflow import CLASSES, as_operation
from lstmcalc.formats.spec import Call, Definition, Spec
from lstmcalc.formats.values import CallOutput, Mapping, Scalar, Sequence, Value
from lstmcalc.limits import LAYERS
from lstmcalc.reference.keys import INPUTS


def read_graph(config: Mapping, name: str | None, dialect: str | None, place: Place) -> Spec:
    """The Spec of the config of a Functional model. Raises ModelError for what is no graph."""
    return _Graph(config, place).spec(name, dialect)


class _Node:
    """One call of a layer while the calls are put in order; `waits_for` counts what must come before."""

    def __init__(self, layer: int, number: int, place: Place, data: NodeData | None) -> None:
        self.layer = layer
        self.number = number
        self.place = place
        self.data = data
        self.after: list[int] = []
        self.waits_for = 0
        self.turn = (0, 0, 0)
        self.call = -1


class _Graph:
    """One graph while it is read."""

    def __init__(self, config: Mapping, place: Place) -> None:
        self.config = config
        self.place = place
        self.problems = Problems()
        self.definitions: list[Definition] = []
        self.nodes: list[_Node] = []
        self.of_layer: dict[str, list[int]] = {}
        self.meant: dict[str, dict[int, int]] = {}
        self.is_of_keras_3 = False

    def spec(self, name: str | None, dialect: str | None) -> Spec:
        layers = self.config.get("layers")
        assert isinstance(layers, Sequence)
        if len(layers.items) > LAYERS:
            message = f"a model has at most {LAYERS:,} layers, but this has {len(layers.items):,}"
            raise ModelError(Problem(message, layers.place))
        names = {found for each in layers.items if (found := _entry_name(each)) is not None}
        for each in layers.items:
            with self.problems.caught():
                self._add_layer(each, names)
        self.problems.raise_found()
        inputs, outputs = (self._references(key, names) for key in ("input_layers", "output_layers"))
        outputs = NodeData(self._as_keras_3_counts(outputs.value))
        self._tell_shapes()
        self._find_calls([*inputs.tensors, *outputs.tensors])
        calls = self._calls()
        return Spec(
            self.place,
            tuple(self.definitions),
            calls,
            (),
            name,
            "functional",
            outputs=self._resolve(outputs.value),
            dialect=dialect,
            is_saved=True,
            input_calls=tuple(self._node_of(each).call for each in inputs.tensors),
        )

    # Layers and their nodes.

    def _add_layer(self, value: Value, names: set[str]) -> None:
        definition = read_layer(value)
        name = _entry_name(value)
        assert isinstance(value, Mapping)
        if name is None:
            raise ModelError(Problem("a layer of a saved graph has no name", value.place))
        if name in self.of_layer:
            raise ModelError(Problem(f"the name {shown(name)} stands twice among the layers", value.place))
        layer = len(self.definitions)
        self.definitions.append(definition)
        found = self.of_layer[name] = []
        inbound = value.get("inbound_nodes")
        data = inbound.items if isinstance(inbound, Sequence) else ()
        if definition.class_name in INPUTS:
            found.append(self._add_node(layer, 0, value.place, None))
            return
        for number, each in enumerate(data):
            self.is_of_keras_3 |= isinstance(each, Mapping) and each.get("args") is not None
            read = read_node(each, names)
            if definition.class_name in CLASSES:
                self.definitions[layer], read = as_operation(definition, read)
            found.append(self._add_node(layer, number, each.place, read))

    def _add_node(self, layer: int, number: int, place: Place, data: NodeData | None) -> int:
        self.nodes.append(_Node(layer, number, place, data))
        return len(self.nodes) - 1

    def _references(self, key: str, names: set[str]) -> NodeData:
        """The tensors of `input_layers` or `output_layers`. Raises ModelError for what names none."""
        value = self.config.get(key)
        assert value is not None
        found = read_tensors(value, names)
        if not found.tensors:
            raise ModelError(Problem(f"{key} names no layer of the model", value.place))
        return found

    def _as_keras_3_counts(self, value: Value) -> Value:
        """The outputs, where Keras 3 wrote them.

        It counts the calls of a Functional model inside from 1 there, its own being the first, and from 0 everywhere
        else; what it reads with -1 is the last.
        """
        if isinstance(value, Sequence):
            return Sequence(tuple(map(self._as_keras_3_counts, value.items)), value.place)
        calls = self.of_layer.get(value.layer, []) if isinstance(value, NodeTensor) else []
        if not isinstance(value, NodeTensor) or not calls or not self.is_of_keras_3:
            return value
        if self.definitions[self.nodes[calls[0]].layer].class_name != "Model":
            return value
        return msgspec.structs.replace(value, node=(value.node or len(calls)) - 1)

    def _tell_shapes(self) -> None:
        """Tell each layer the shape of its output.

        Keras 3 saves it with each tensor that a layer is called on; tf.keras saves what a layer was built on, which
        is the one tensor of its first call.
        """
        first = {calls[0] for calls in self.of_layer.values() if calls}
        for at, node in enumerate(self.nodes):
            tensors = () if node.data is None else node.data.tensors
            taker = self.definitions[node.layer].saved
            built_on = taker.built_on if taker is not None and at in first and len(tensors) == 1 else None
            for tensor in tensors:
                shape = tensor.shape if tensor.shape is not None else built_on
                calls = self.of_layer.get(tensor.layer, [])
                if shape is None or tensor.index or not calls:
                    continue
                number = self.nodes[calls[0]].layer
                definition = self.definitions[number]
                if definition.saved is not None and definition.saved.gives is None:
                    saved = msgspec.structs.replace(definition.saved, gives=shape)
                    self.definitions[number] = msgspec.structs.replace(definition, saved=saved)

    def _find_calls(self, named: list[NodeTensor]) -> None:
        """Tell which call each number means, by all that are named of a layer.

        Keras 2 counted the calls of a model inside from 1, its own being the first; Keras 3 leaves out
        those that it made in other models.
        """
        named_of: dict[str, set[int]] = {}
        tensors = [tensor for node in self.nodes if node.data is not None for tensor in node.data.tensors]
        for tensor in (*tensors, *named):
            named_of.setdefault(tensor.layer, set()).add(tensor.node)
        for layer, numbers in named_of.items():
            calls = len(self.of_layer.get(layer, ()))
            if numbers <= set(range(calls)):
                continue
            if calls == 1 and numbers == {0, 1}:  # of a model inside Keras 3 may name the call it is made with, too
                self.meant[layer] = dict.fromkeys(numbers, 0)
            elif len(numbers) == calls:
                self.meant[layer] = {number: place for place, number in enumerate(sorted(numbers))}
            elif 0 not in numbers:
                self.meant[layer] = {number: number - 1 for number in numbers}

    def _node_of(self, tensor: NodeTensor) -> _Node:
        """The call that gives a tensor. Raises ModelError where there is none."""
        numbers = self.of_layer.get(tensor.layer, [])
        number = self.meant.get(tensor.layer, {}).get(tensor.node, tensor.node)
        if not 0 <= number < len(numbers):
            calls = f"{len(numbers)} call{'s' if len(numbers) != 1 else ''}"
            message = f"call {tensor.node} of {shown(tensor.layer)} is named, but it has {calls}"
            raise ModelError(Problem(message, tensor.place))
        return self.nodes[numbers[number]]

    # The order of the calls.

    def _calls(self) -> tuple[Call, ...]:
        """The calls in Keras's order: layer by layer, again and again, each as far as what it is called on is there.

        A call of a layer is due in the round in which the last is made of what it needs, if that
        stands above it, else in the next.
        """
        for number, node in enumerate(self.nodes):
            before = {id(each): each for each in self._before(node)}
            node.waits_for = len(before)
            for each in before.values():
                each.after.append(number)
        ready: list[tuple[tuple[int, int, int], int]] = []
        for number, node in enumerate(self.nodes):
            if node.waits_for == 0:
                node.turn = (0 if node.data is None else 1, node.layer, node.number)
                heappush(ready, (node.turn, number))
        calls: list[Call] = []
        while ready:
            _, number = heappop(ready)
            node = self.nodes[number]
            node.call = len(calls)
            calls.append(self._call(node))
            for after in node.after:
                later = self.nodes[after]
                is_above = (node.layer, node.number) < (later.layer, later.number)
                round_ = max(1, node.turn[0] if is_above else node.turn[0] + 1)
                later.turn = max(later.turn, (round_, later.layer, later.number))
                later.waits_for -= 1
                if later.waits_for == 0:
                    heappush(ready, (later.turn, after))
        if len(calls) < len(self.nodes):
            waiting = next(node for node in self.nodes if node.call < 0)
            raise ModelError(Problem("a layer is called on what depends on it", waiting.place))
        self.problems.raise_found()
        return tuple(calls)

    def _before(self, node: _Node) -> Iterator[_Node]:
        """What must be called before: what it is called on, and the call of the same layer before it."""
        if node.number:
            yield self.nodes[self.of_layer[self._name(node.layer)][node.number - 1]]
        if node.data is not None:
            yield from map(self._node_of, node.data.tensors)

    def _name(self, layer: int) -> str:
        name = self.definitions[layer].name
        return str(name.value) if isinstance(name, Scalar) else ""

    def _call(self, node: _Node) -> Call:
        place, made = node.place, len(self.definitions)
        if node.data is None:
            return Call(node.layer, self.definitions[node.layer].place, made)
        arguments = {key: self._resolve(value) for key, value in node.data.arguments.items()}
        return Call(node.layer, place, made, self._resolve(node.data.value), arguments)

    def _resolve(self, value: Value) -> Value:
        """A value with the tensors in it by the numbers of their calls."""
        if isinstance(value, NodeTensor):
            return CallOutput(self._node_of(value).call, value.index, value.place)
        if isinstance(value, Sequence):
            return Sequence(tuple(map(self._resolve, value.items)), value.place)
        return value


def _entry_name(layer: Value) -> str | None:
    """The name of an entry of `layers`."""
    if not isinstance(layer, Mapping):
        return None
    name, config = layer.get("name"), layer.get("config")
    if name is None and isinstance(config, Mapping):
        name = config.get("name")
    return name.value if isinstance(name, Scalar) and isinstance(name.value, str) else None
