"""A model run on arrays: each call of the graph in turn, with masks and states."""

import operator
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from lstmcalc.arrays.weights import arrays_by_layer
from lstmcalc.errors import ModelError, Problem, Refusal
from lstmcalc.kernels.activations import Unfit
from lstmcalc.layers.base import Layer, Ran, Tensor
from lstmcalc.models.graph import Node
from lstmcalc.models.model import Model, Placed, node_of
from lstmcalc.models.walk import Path, walk, written
from lstmcalc.shapes import agree, format_shape

Array = NDArray[Any]
Arrays = tuple[Array, ...]
Masks = tuple[Array | None, ...]
States = Mapping[str, Arrays]


class Step(msgspec.Struct, frozen=True, eq=False):
    """One call that was made: of which layer, by its path, on what, and what came out."""

    path: Path
    placed: Placed
    node: Node
    inputs: Arrays
    outputs: Arrays


Watch = Callable[[Step], None]


class Run(msgspec.Struct, frozen=True, eq=False):
    """What a run gave: the outputs, the states of stateful layers by path, and which weights were read.

    `used` holds the identities of the weights that a layer asked for.
    """

    outputs: Arrays
    states: dict[str, Arrays]
    used: frozenset[int]


class ForwardError(ModelError):
    """A layer could not compute what its shapes promise: raised from what NumPy said, with the layer's path."""

    def __init__(self, path: Path, layer: Layer, error: Exception) -> None:
        said = " ".join(str(error).split())
        super().__init__(
            Problem(f"{layer.class_name} could not be run: {type(error).__name__}: {said}", layer=written(path))
        )


class _Session:
    """One run: the weights by identity, the states that came in and that go out, and what was used."""

    def __init__(
        self, weights: Mapping[int, Array], states: States, dtype: "np.dtype[Any]", watch: Watch | None
    ) -> None:
        self.weights = weights
        self.given = states
        self.kept: dict[str, Arrays] = {}
        self.dtype = dtype
        self.watch = watch
        self.used: set[int] = set()
        self.cast: dict[int, Array] = {}
        self.bare: dict[int, Array] = {}  # the arrays that an attention took the masks off, by identity

    def aside(self) -> "_Session":
        """A session that goes on from here and that nobody hears of."""
        other = _Session(self.weights, self.given, self.dtype, None)
        other.kept, other.bare, other.cast = dict(self.kept), dict(self.bare), self.cast
        return other

    def weight(self, identity: int) -> Array:
        """A weight in the dtype of the computation, cast once."""
        self.used.add(identity)
        if identity not in self.cast:
            self.cast[identity] = self.converted(self.weights[identity])
        return self.cast[identity]

    def converted(self, array: Array) -> Array:
        """Floats in the dtype of the computation; indices, booleans and strings as they are."""
        return array.astype(self.dtype) if array.dtype.kind == "f" and array.dtype != self.dtype else array

    def entering(self, tensor: Tensor, array: Array) -> Array:
        """An array in the dtype of the input of a model inside, to which Keras converts it."""
        if tensor.dtype == "string":
            return array
        return array.astype(self.dtype if "float" in tensor.dtype else tensor.dtype, copy=False)

    def state(self, path: Path) -> Arrays | None:
        """The state that a stateful layer goes on from: of its call before in this run, or of an earlier run."""
        return self.kept.get(written(path)) or self.given.get(written(path))


class _Running:
    """One call of one layer; see `layers.base.Running`."""

    def __init__(
        self, session: _Session, placed: Placed, path: Path, inputs: Sequence[Array], masks: Masks, state: Arrays | None
    ) -> None:
        self.session = session
        self.placed = placed
        self.path = path
        self.inputs = tuple(inputs)
        self.masks = masks
        is_stateful = getattr(placed.layer, "stateful", False)
        self.initial_state = session.state(path) if state is None and is_stateful else state
        self.is_given_state = state is not None
        self.dtype = session.dtype

    def weight(self, name: str, number: int = 0) -> Array:
        found = [weight for weight in self.placed.own if weight.name == name]
        return self.session.weight(id(found[number]))

    def inner(
        self,
        number: int,
        inputs: Sequence[Array],
        masks: Sequence[Array | None] = (),
        initial_state: Arrays | None = None,
    ) -> Ran:
        placed = self.placed.inner[number]
        path = (*self.path, placed.layer.name)
        return _called(self.session, placed, path, inputs, tuple(masks), initial_state)


def run(
    model: Model,
    inputs: Sequence[Array],
    weights: Mapping[int, Array],
    states: States,
    dtype: str,
    watch: Watch | None = None,
) -> Run:
    """The model on arrays: inputs in the model's order, weights by the identity of their `Weight`.

    `states` are those of an earlier run, for stateful layers. `watch` is told of every
    call of a layer, of models inside too; what it does not keep is freed when nothing
    below needs it. Raises ModelError for a layer that cannot be run, and for states and
    sizes that do not fit; ForwardError for a layer that fails on sizes that it should take.
    """
    if states or not isinstance(states, Mapping):
        check_states(model, states)
    session = _Session(weights, states, np.dtype(dtype), watch)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # infinities and NaN go on, as in Keras
        outputs, _ = _graph(session, model, [session.converted(array) for array in inputs], (), ())
    return Run(outputs, session.kept, frozenset(session.used))


def check_states(model: Model, states: States) -> None:
    """Refuse states that no stateful layer of the model keeps, and such of another shape. Raises ModelError."""
    known = {written(path): placed for path, placed in walk(model.placed) if getattr(placed.layer, "stateful", False)}
    for path, arrays in arrays_by_layer(states, "states").items():
        if path not in known:
            listed = f"it has {', '.join(known)}" if known else "none of its layers is stateful"
            raise ModelError(Problem(f"the model keeps no states of '{path}'", help=listed))
        wanted = known[path].layer.state_shapes(known[path].input_shapes)
        found = tuple(np.shape(array) for array in arrays)
        if len(found) != len(wanted) or not all(map(agree, found, wanted)):
            shapes = (", ".join(map(format_shape, each)) or "none" for each in (wanted, found))
            raise ModelError(Problem("keeps states of {}, but was given {}".format(*shapes), layer=path))
        for array in arrays:
            if array.dtype.kind not in "fiub":
                raise ModelError(Problem(f"states are numbers, but were given as {array.dtype}", layer=path))


class _Values:
    """The arrays of a graph's tensors, each dropped when no call below needs it, and their masks.

    Keras has two masks of a tensor. One is `recorded` in the graph, and given to the calls
    that were recorded with it. The other hangs on the array, for the calls that were not.
    """

    def __init__(self, session: _Session, model: Model, calls: Sequence[Node]) -> None:
        self.session = session
        self.arrays: dict[int, Array] = {}
        self.recorded: dict[int, Array] = {}
        self.attached: dict[int, Array] = {}
        self.needed: defaultdict[int, int] = defaultdict(int)
        for tensors in (*(node.inputs for node in calls), model.outputs):
            for tensor in tensors:
                self.needed[id(tensor)] += 1

    def keep(self, tensors: Sequence[Tensor], arrays: Sequence[Array], attached: Masks, recorded: Masks) -> None:
        """The outputs of a call; masks that are left out at the end are none."""
        for tensor, array in zip(tensors, arrays, strict=True):
            if self.needed[id(tensor)]:
                self.arrays[id(tensor)] = array
        for known, masks in ((self.attached, attached), (self.recorded, recorded)):
            for tensor, mask in zip(tensors, masks, strict=False):
                if mask is not None:
                    known[id(tensor)] = mask

    def mask(self, tensor: Tensor) -> Array | None:
        """The mask that hangs on a tensor's array."""
        is_bare = id(self.arrays[id(tensor)]) in self.session.bare
        return None if is_bare else self.attached.get(id(tensor))

    def masks(self, node: Node) -> tuple[Masks, Masks]:
        """The masks that a call is given, and those that it would be given if all were recorded."""
        given = len(node.input_shapes)
        if not self.recorded:
            none = (None,) * given
            return none, none
        known = set(map(id, node.inputs[given:]))
        recorded = tuple(self.recorded.get(id(tensor)) for tensor in node.inputs[:given])
        pairs = zip(node.inputs[:given], recorded, strict=True)
        return tuple(mask if id(tensor.mask) in known else self.mask(tensor) for tensor, mask in pairs), recorded

    def drop(self, node: Node) -> None:
        """Forget what only this call needed."""
        for tensor in node.inputs:
            self.needed[id(tensor)] -= 1
            if not self.needed[id(tensor)]:
                for values in (self.arrays, self.attached, self.recorded):
                    values.pop(id(tensor), None)


def _graph(session: _Session, model: Model, inputs: Sequence[Array], masks: Masks, path: Path) -> tuple[Arrays, Masks]:
    calls = _calls(model)
    values = _Values(session, model, calls)
    values.keep(model.inputs, inputs, masks, masks)
    placed = {id(each.layer): each for each in model.placed}
    for node in calls:
        layer = node.operation
        assert isinstance(layer, Layer)
        given = len(node.input_shapes)
        states = _states(node.inputs[given:], model) if node.inputs[given:] else ()
        arrays = tuple(values.arrays[id(tensor)] for tensor in node.inputs[:given])
        initial = tuple(values.arrays[id(tensor)] for tensor in states) or None
        below = (*path, layer.name)
        attached, recorded = values.masks(node)
        ran = _called(session, placed[id(layer)], below, arrays, attached, initial)
        if session.watch is not None:
            session.watch(Step(below, placed[id(layer)], node, arrays, ran.outputs))
        if len(ran.outputs) != len(node.outputs):
            error = ValueError(f"{len(ran.outputs)} outputs came, {len(node.outputs)} were inferred")
            raise ForwardError(below, layer, error)
        is_same = attached is recorded or all(map(operator.is_, attached, recorded))
        known = ran if is_same else _called(session.aside(), placed[id(layer)], below, arrays, recorded, initial)
        if layer.drops_masks:
            session.bare.update(
                (id(array), array) for array, mask in zip(arrays, attached, strict=True) if mask is not None
            )
        values.keep(node.outputs, ran.outputs, ran.masks, known.masks)
        values.drop(node)
    return tuple(values.arrays[id(tensor)] for tensor in model.outputs), tuple(map(values.mask, model.outputs))


def _calls(model: Model) -> list[Node]:
    """The calls by depth, as Keras runs them: the order matters to a stateful layer that is called twice."""
    return [
        node
        for nodes in model.order.depths.values()
        for node in nodes
        if isinstance(node.operation, Layer) and not node.is_input
    ]


def _states(tensors: Sequence[Tensor], model: Model) -> tuple[Tensor, ...]:
    """Those of a call's further inputs that a layer made: its initial states, without recorded masks."""
    return tuple(tensor for tensor in tensors if isinstance(node_of(tensor, model.table).operation, Layer))


def _called(
    session: _Session, placed: Placed, path: Path, inputs: Sequence[Array], masks: Masks, state: Arrays | None
) -> Ran:
    layer = placed.layer
    if isinstance(layer, Model):
        arrays = [session.entering(tensor, array) for tensor, array in zip(layer.inputs, inputs, strict=True)]
        for array, mask in zip(arrays, masks, strict=False):
            if mask is not None:
                session.bare.pop(id(array), None)
        return Ran(*_graph(session, layer, arrays, masks, path))
    try:
        ran = layer.forward(_Running(session, placed, path, inputs, masks, state))
    except Refusal as refusal:
        raise ModelError(Problem(refusal.message, layer=written(path), help=refusal.help)) from None
    except (ValueError, IndexError) as error:  # NumPy's word for shapes that do not go together
        raise _reason(path, layer, inputs, error) from error
    if ran.states:
        session.kept[written(path)] = ran.states
    outputs = tuple(map(session.converted, ran.outputs))
    return ran if all(map(operator.is_, outputs, ran.outputs)) else msgspec.structs.replace(ran, outputs=outputs)


def _reason(path: Path, layer: Layer, inputs: Sequence[Array], error: Exception) -> ModelError:
    """Why a layer failed: its activation, or sizes that unknown axes came to, of which no shapes can be inferred."""
    if isinstance(error, Unfit):
        return ModelError(Problem(str(error), layer=written(path), help=error.help))
    try:
        layer.output_shapes(tuple(array.shape for array in inputs))
    except Refusal as refusal:
        return ModelError(Problem(refusal.message, layer=written(path), help=refusal.help))
    return ForwardError(path, layer, error)
