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
from lstmcalc.models.model import BuiltModel, Placed
from lstmcalc.models.walk import Path, join_path, walk
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


class RunRecord(msgspec.Struct, frozen=True, eq=False):
    """What a run gave: the outputs, the states of stateful layers by path, and which weights were read.

    `used` holds the identities of the weights that a layer asked for.
    """

    outputs: Arrays
    states: dict[str, Arrays]
    used: frozenset[int]


class ForwardError(ModelError):
    """A layer could not compute what its shapes promise: raised with the layer's path, from what NumPy raised."""

    def __init__(self, path: Path, layer: Layer, reason: str) -> None:
        super().__init__(Problem(f"{layer.class_name} could not be run: {reason}", layer=join_path(path)))


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
            self.cast[identity] = self.convert(self.weights[identity])
        return self.cast[identity]

    def convert(self, array: Array) -> Array:
        """Floats in the dtype of the computation; indices, booleans and strings as they are."""
        return array.astype(self.dtype) if array.dtype.kind == "f" and array.dtype != self.dtype else array

    def entering(self, tensor: Tensor, array: Array) -> Array:
        """An array in the dtype of the input of a model inside, to which Keras converts it."""
        if tensor.dtype == "string":
            return array
        return array.astype(self.dtype if "float" in tensor.dtype else tensor.dtype, copy=False)

    def state(self, path: Path) -> Arrays | None:
        """The state that a stateful layer goes on from: of its call before in this run, or of an earlier run."""
        return self.kept.get(join_path(path)) or self.given.get(join_path(path))


class _Masking(msgspec.Struct, frozen=True, eq=False):
    """The masks of one call: those that the layer applies, and those that are passed on to what it gives."""

    applied: Masks
    passed: Masks

    def is_same(self, other: "_Masking") -> bool:
        """Whether both are the same arrays."""
        own, others = (*self.applied, *self.passed), (*other.applied, *other.passed)
        return all(map(operator.is_, own, others))


class _Running:
    """One call of one layer; see `layers.base.Running`."""

    def __init__(
        self,
        session: _Session,
        placed: Placed,
        path: Path,
        inputs: Sequence[Array],
        masks: "_Masking",
        state: Arrays | None,
    ) -> None:
        self.session = session
        self.placed = placed
        self.path = path
        self.inputs = tuple(inputs)
        self.masks = masks.applied
        self.passed_masks = masks.passed
        is_stateful = getattr(placed.layer, "stateful", False)
        self.initial_state = session.state(path) if state is None and is_stateful else state
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
        same = _Masking(tuple(masks), tuple(masks))
        return _called(self.session, placed, placed.layer, path, inputs, same, initial_state)


def run(
    model: BuiltModel,
    inputs: Sequence[Array],
    weights: Mapping[int, Array],
    states: States,
    dtype: str,
    watch: Watch | None = None,
) -> RunRecord:
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
        outputs, _ = _graph(session, model, [session.convert(array) for array in inputs], (), ())
    return RunRecord(outputs, session.kept, frozenset(session.used))


def check_states(model: BuiltModel, states: States) -> None:
    """Refuse states that no stateful layer of the model keeps, and such of another shape. Raises ModelError."""
    known = {join_path(path): placed for path, placed in walk(model.placed) if getattr(placed.layer, "stateful", False)}
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

    def __init__(self, session: _Session, model: BuiltModel, calls: Sequence[Node]) -> None:
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

    def masks(self, node: Node) -> tuple[_Masking, _Masking]:
        """The masks that a call is given, and those that it would be given if all were recorded."""
        tensors = node.called_on
        if not self.recorded:
            none = (None,) * len(tensors)
            return (self._masking(node, none),) * 2
        known = set(map(id, node.inputs[len(tensors) :]))
        recorded = tuple(self.recorded.get(id(tensor)) for tensor in tensors)
        pairs = zip(tensors, recorded, strict=True)
        attached = tuple(mask if id(tensor.mask) in known else self.mask(tensor) for tensor, mask in pairs)
        return self._masking(node, attached), self._masking(node, recorded)

    def _masking(self, node: Node, own: Masks) -> _Masking:
        """What a call applies and passes on of the inputs' own masks, as `Layer.__call__` decides it (step 6).

        A mask that the call names takes the place of its input's. `mask` is passed on too;
        others are not. Called with states, a layer is not given its input's mask, which is
        passed on all the same.
        """
        given = {
            argument: tuple(None if mask is None else self.arrays[id(mask)] != 0 for mask in masks)
            for argument, masks in node.masks.items()
        }
        if "mask" in given:
            masks = (*given["mask"], *own[len(given["mask"]) :])
            return _Masking(masks, masks)
        applied: list[Array | None] = [None] * len(own) if node.states else list(own)
        for argument, (mask,) in given.items():
            position = node.called.mask_arguments.index(argument)
            applied += [None] * (position + 1 - len(applied))
            applied[position] = mask
        return _Masking(tuple(applied), own)

    def drop(self, node: Node) -> None:
        """Forget what only this call needed."""
        for tensor in node.inputs:
            self.needed[id(tensor)] -= 1
            if not self.needed[id(tensor)]:
                for values in (self.arrays, self.attached, self.recorded):
                    values.pop(id(tensor), None)


def _graph(
    session: _Session, model: BuiltModel, inputs: Sequence[Array], masks: Masks, path: Path
) -> tuple[Arrays, Masks]:
    calls = _calls(model)
    values = _Values(session, model, calls)
    values.keep(model.inputs, inputs, masks, masks)
    placed = {id(each.layer): each for each in model.placed}
    for node in calls:
        below = (*path, node.operation.name)
        own = placed[id(node.operation)]
        arrays = tuple(values.arrays[id(tensor)] for tensor in node.called_on)
        initial = tuple(values.arrays[id(tensor)] for tensor in node.states) or None
        attached, recorded = values.masks(node)
        ran = _called(session, own, node.called, below, arrays, attached, initial)
        if session.watch is not None:
            session.watch(Step(below, own, node, arrays, ran.outputs))
        if len(ran.outputs) != len(node.outputs):
            reason = f"{len(ran.outputs)} outputs came, {len(node.outputs)} were inferred"
            raise ForwardError(below, node.called, reason)
        known = ran
        if not attached.is_same(recorded):
            known = _called(session.aside(), own, node.called, below, arrays, recorded, initial)
        if node.called.drops_masks:
            masked = zip(arrays, attached.passed, strict=True)
            session.bare.update((id(array), array) for array, mask in masked if mask is not None)
        values.keep(node.outputs, ran.outputs, ran.masks, known.masks)
        values.drop(node)
    return tuple(values.arrays[id(tensor)] for tensor in model.outputs), tuple(map(values.mask, model.outputs))


def _calls(model: BuiltModel) -> list[Node]:
    """The calls by depth, as Keras runs them: the order matters to a stateful layer that is called twice."""
    return [
        node
        for nodes in model.order.depths.values()
        for node in nodes
        if isinstance(node.operation, Layer) and not node.is_input
    ]


def _called(
    session: _Session,
    placed: Placed,
    layer: Layer,
    path: Path,
    inputs: Sequence[Array],
    masks: _Masking,
    state: Arrays | None,
) -> Ran:
    """What a placed layer gives; `layer` is it with the arguments of the call."""
    if isinstance(layer, BuiltModel):
        arrays = [session.entering(tensor, array) for tensor, array in zip(layer.inputs, inputs, strict=True)]
        for array, mask in zip(arrays, masks.applied, strict=False):
            if mask is not None:
                session.bare.pop(id(array), None)
        return Ran(*_graph(session, layer, arrays, masks.applied, path))
    try:
        ran = layer.forward(_Running(session, placed, path, inputs, masks, state))
    except Refusal as refusal:
        raise ModelError(Problem(refusal.message, layer=join_path(path), help=refusal.help)) from None
    except (ValueError, IndexError) as error:  # NumPy's word for shapes that do not go together
        raise _reason(path, layer, inputs, error) from error
    if ran.states:
        session.kept[join_path(path)] = ran.states
    outputs = tuple(map(session.convert, ran.outputs))
    return ran if all(map(operator.is_, outputs, ran.outputs)) else msgspec.structs.replace(ran, outputs=outputs)


def _reason(path: Path, layer: Layer, inputs: Sequence[Array], error: Exception) -> ModelError:
    """Why a layer failed: its activation, or sizes that unknown axes came to, of which no shapes can be inferred."""
    if isinstance(error, Unfit):
        return ModelError(Problem(str(error), layer=join_path(path), help=error.help))
    try:
        found = tuple(array.shape for array in inputs)
        layer.output_shapes(found)
        for doubt in layer.doubts(found):
            raise doubt
    except Refusal as refusal:
        return ModelError(Problem(refusal.message, layer=join_path(path), help=refusal.help))
    shapes = ", ".join(format_shape(array.shape) for array in inputs)
    return ForwardError(path, layer, f"its arrays do not go together ({type(error).__name__}) for {shapes}")
