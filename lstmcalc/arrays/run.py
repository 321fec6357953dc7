"""A model run on arrays: each call of the graph in turn, with masks and states."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from lstmcalc.errors import ModelError, Problem, Refusal
from lstmcalc.layers.base import Layer, Ran, Tensor
from lstmcalc.model import Model, Placed, node_of

Array = NDArray[Any]
Arrays = tuple[Array, ...]
Masks = tuple[Array | None, ...]
States = Mapping[str, Arrays]


class Run(msgspec.Struct, frozen=True, eq=False):
    """What a run gave: the outputs, the states of stateful layers by path, each layer's outputs by name, what was read.

    `used` holds the identities of the weights that a layer asked for.
    """

    outputs: Arrays
    states: dict[str, Arrays]
    layers: dict[str, tuple[Arrays, ...]]
    used: frozenset[int]


class _Session:
    """One run: the weights by identity, the states that came in and that go out, and what was used."""

    def __init__(self, weights: Mapping[int, Array], states: States, dtype: "np.dtype[Any]") -> None:
        self.weights = weights
        self.given = states
        self.kept: dict[str, Arrays] = {}
        self.dtype = dtype
        self.used: set[int] = set()


class _Running:
    """One call of one layer; see `layers.base.Running`."""

    def __init__(
        self, session: _Session, placed: Placed, path: str, inputs: Sequence[Array], masks: Masks, state: Arrays | None
    ) -> None:
        self.session = session
        self.placed = placed
        self.path = path
        self.inputs = tuple(inputs)
        self.masks = masks
        stateful = getattr(placed.layer, "stateful", False)
        self.initial_state = state if state is not None or not stateful else session.given.get(path)
        self.dtype = session.dtype

    def weight(self, name: str, number: int = 0) -> Array:
        found = [weight for weight in self.placed.own if weight.name == name]
        weight = found[number]
        self.session.used.add(id(weight))
        return self.session.weights[id(weight)]

    def inner(
        self,
        number: int,
        inputs: Sequence[Array],
        masks: Sequence[Array | None] = (),
        initial_state: Arrays | None = None,
    ) -> Ran:
        placed = self.placed.inner[number]
        path = f"{self.path}/{placed.layer.name}"
        return _called(self.session, placed, path, inputs, tuple(masks), initial_state)


def run(model: Model, inputs: Sequence[Array], weights: Mapping[int, Array], states: States, dtype: str) -> Run:
    """The model on arrays: inputs in the model's order, weights by the identity of their `Weight`.

    `states` are those of an earlier run, for stateful layers. Raises ModelError for a
    layer that cannot be run.
    """
    session = _Session(weights, states, np.dtype(dtype))
    layers: dict[str, list[Arrays]] = {}
    outputs, _ = _graph(session, model, inputs, (), "", layers)
    every = {name: tuple(calls) for name, calls in layers.items()}
    return Run(outputs, session.kept, every, frozenset(session.used))


def _graph(
    session: _Session,
    model: Model,
    inputs: Sequence[Array],
    masks: Masks,
    path: str,
    layers: dict[str, list[Arrays]] | None = None,
) -> tuple[Arrays, Masks]:
    values: dict[int, Array] = {id(tensor): array for tensor, array in zip(model.inputs, inputs, strict=True)}
    known: dict[int, Array | None] = {id(tensor): mask for tensor, mask in zip(model.inputs, masks, strict=False)}
    placed = {id(each.layer): each for each in model.placed}
    for node in model.calls():
        layer = node.operation
        assert isinstance(layer, Layer)
        given = len(node.input_shapes)
        tensors, states = node.inputs[:given], node.inputs[given : given + len(node_states(node.inputs[given:], model))]
        ran = _called(
            session,
            placed[id(layer)],
            f"{path}/{layer.name}" if path else layer.name,
            [values[id(tensor)] for tensor in tensors],
            tuple(known.get(id(tensor)) for tensor in tensors),
            tuple(values[id(tensor)] for tensor in states) or None,
        )
        for position, tensor in enumerate(node.outputs):
            values[id(tensor)] = ran.outputs[position]
            known[id(tensor)] = ran.masks[position] if position < len(ran.masks) else None
        if layers is not None:
            layers.setdefault(layer.name, []).append(ran.outputs)
    return tuple(values[id(tensor)] for tensor in model.outputs), tuple(known[id(tensor)] for tensor in model.outputs)


def node_states(tensors: Sequence[Tensor], model: Model) -> tuple[Tensor, ...]:
    """Those of a call's further inputs that a layer made: its initial states, without recorded masks."""
    return tuple(tensor for tensor in tensors if isinstance(node_of(tensor, model.table).operation, Layer))


def _called(
    session: _Session, placed: Placed, path: str, inputs: Sequence[Array], masks: Masks, state: Arrays | None
) -> Ran:
    layer = placed.layer
    if isinstance(layer, Model):
        return Ran(*_graph(session, layer, inputs, masks, path))
    try:
        ran = layer.forward(_Running(session, placed, path, inputs, masks, state))
    except Refusal as refusal:
        raise ModelError(Problem(refusal.message, layer=path, help=refusal.help)) from None
    if ran.states:
        session.kept[path] = ran.states
    return ran
