"""The graph while it grows: each call of a layer gives tensors, or keeps the problem that it met."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from lstmcalc.errors import ModelError, Note, Place, Problems, Refusal
from lstmcalc.layers.base import Layer, Names, Tensor, Weight
from lstmcalc.limits import DIMENSION
from lstmcalc.models.blueprint import Made
from lstmcalc.models.graph import AddedOperation, Node, NodeTable, node_of
from lstmcalc.models.model import BuiltModel, Placed
from lstmcalc.models.remarks import notes_of_call
from lstmcalc.shapes import Shape, Shapes, format_shape

Masks = Mapping[str, tuple[Tensor | None, ...]]


class Given(msgspec.Struct, frozen=True, eq=False):
    """What a call is given: tensors (in a list or not), states, masks by argument, and arguments; all with places.

    Of one that `is_saved`, Keras took the states and masks, whatever they are.
    """

    inputs: tuple[Tensor, ...]
    place: Place
    is_list: bool = False
    states: tuple[Tensor, ...] = ()
    masks: Masks = {}
    arguments: Mapping[str, Any] = {}
    places: Mapping[str, Place] = {}
    is_saved: bool = False

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """All tensors in the order in which Keras records them: keyword arguments stand in the order of their names."""
        named = {"initial_state": self.states, **self.masks}
        return (*self.inputs, *(tensor for key in sorted(named) for tensor in named[key] if tensor is not None))


class Called:
    """A layer with its calls so far, in all models that share it: what will be a `Placed` of each."""

    def __init__(self, layer: Layer, made: Made) -> None:
        self.layer = layer
        self.made = made
        self.first: Placed | None = None
        self.nodes: list[Node] = []
        self.is_faulty = False

    def placed(self, table: NodeTable) -> Placed:
        """The layer with those of its calls that are in the table: a layer that is shared has others."""
        assert self.first is not None
        calls = (node for node in self.nodes if table.get((id(self.layer), node.index)) is node)
        return msgspec.structs.replace(self.first, calls=tuple(calls))


class Calls:
    """The calls of one model so far: its nodes, its layers in the order of their first call, and where they stand."""

    def __init__(self, names: Names, problems: Problems) -> None:
        self.names = names
        self.problems = problems
        self.table: NodeTable = {}
        self.called: list[Called] = []
        self.places: list[tuple[Node, Place]] = []

    def enter(self, layer: Layer, made: Made) -> Called:
        """A layer that is going to be called."""
        called = Called(layer, made)
        self.called.append(called)
        return called

    def share(self, called: Called) -> None:
        """A layer of a model around that is going to be called here too."""
        if called not in self.called:
            self.called.append(called)

    def placed(self) -> dict[int, Placed]:
        """The layers that were called, by identity, in the order of their first call."""
        return {id(called.layer): called.placed(self.table) for called in self.called if called.nodes}

    def call(self, called: Called, given: Given) -> Node | None:
        """Call a layer; None when it refuses, with the problem kept."""
        layer = called.layer
        try:
            layer.called_with(given.arguments)
            _check_count(layer, len(given.inputs), given.is_list or given.is_saved)
            is_copied = _is_copied(layer, given)
            inputs = self._copied(layer, given) if is_copied else given.inputs
            outputs = self._shapes_of(called, given)
        except ModelError as error:
            self.problems.found.extend(error.problems)
            return None
        except Refusal as refusal:
            places = {**given.places, **called.made.places}
            place = places.get(refusal.argument or "", given.place)
            is_about_all = len(given.inputs) > 1 and refusal.help is not None
            advice = refusal.help if is_about_all else self._advice(layer, given.inputs) or refusal.help
            self.problems.add(refusal.message, place, layer.name, advice)
            return None
        return self._add(called, given, inputs, outputs, is_copied)

    def _add(self, called: Called, given: Given, inputs: tuple[Tensor, ...], outputs: Shapes, is_copied: bool) -> Node:
        """The node of a call that is as it should be; `inputs` as the layer sees them."""
        layer, index = called.layer, len(called.nodes)
        as_called = layer.called_with(given.arguments)
        masks = as_called.masks(_with_masks(inputs, given.masks), self.add_operation)
        dtypes = as_called.output_dtypes(inputs, len(outputs))
        positions = as_called.output_positions(tuple(tensor.shape for tensor in given.inputs), len(outputs))
        tensors = tuple(
            Tensor(shape, dtypes[i], layer, index, positions[i], masks[i] if i < len(masks) else None)
            for i, shape in enumerate(outputs)
        )
        recorded = (*given.tensors, *(() if is_copied else _recorded_masks(layer, given)))
        shapes = tuple(tensor.shape for tensor in given.inputs)
        node = Node(layer, index, recorded, tensors, shapes, given.states, dict(given.masks), as_called)
        called.nodes.append(node)
        self.table[id(layer), index] = node
        self.places.append((node, given.place))
        self._note(called, shapes, given.place)
        return node

    def _note(self, called: Called, shapes: Shapes, place: Place) -> None:
        """Keep the notes of the last call; one like the first has those of the first."""
        placed, is_first = called.first, len(called.nodes) == 1
        assert placed is not None
        if is_first or shapes != placed.input_shapes:
            again = placed if is_first else _place(called.layer, shapes)
            self.problems.notes.extend(notes_of_call(again, called.made, place))

    def _shapes_of(self, called: Called, given: Given) -> Shapes:
        layer, shapes = called.layer, tuple(tensor.shape for tensor in given.inputs)
        if not called.nodes:
            layer = called.layer = layer.bind(shapes, self.names)
        as_called = layer.called_with(given.arguments)
        outputs = as_called.output_shapes(shapes)
        placed = _place(layer, shapes, called.made.definition.place)
        if called.nodes:
            _refuse_other_weights(called, placed.weights, shapes)
        else:
            called.first = placed
        for doubt in _doubts(placed, as_called, given):
            if not given.is_saved:
                raise doubt
            message = f"{doubt.message}: Keras let it pass when it saved the model"
            self.problems.notes.append(Note(message, given.place, layer.name, doubt.help))
        for shape in outputs:
            if any(size is not None and size > DIMENSION for size in shape):
                raise Refusal(
                    f"{layer.class_name} gives {format_shape(shape)}, but a dimension is at most {DIMENSION:,}"
                )
        return outputs

    def _advice(self, layer: Layer, inputs: Sequence[Tensor]) -> str | None:
        """What to do about the layer above, or about one above that whose shape those between passed on."""
        for each in inputs:
            tensor: Tensor | None = each
            while tensor is not None and isinstance(tensor.operation, Layer):
                advice = tensor.operation.advice(tensor.shape, layer.first_axis_is_time)
                if advice:
                    return advice
                above = node_of(tensor, self.table).inputs[:1]
                tensor = above[0] if above and len(above[0].shape) == len(tensor.shape) else None
        return None

    def _copied(self, layer: Layer, given: Given) -> tuple[Tensor, ...]:
        """Copies of the inputs in the layer's own dtype; states and masks are copied as well, and take names."""
        copies = [self._cast(tensor, layer) for tensor in given.tensors]
        return tuple(copies[: len(given.inputs)])

    def _cast(self, tensor: Tensor, layer: Layer) -> Tensor:
        dtype = layer.input_dtype
        if not layer.casts_inputs or "float" not in tensor.dtype or tensor.dtype == dtype:
            return tensor
        cast = self.add_operation("Cast", (tensor,), tensor.shape, dtype)
        return msgspec.structs.replace(cast, mask=tensor.mask)

    def add_operation(self, class_name: str, inputs: Sequence[Tensor], shape: Shape, dtype: str = "bool") -> Tensor:
        """The output of an operation that Keras adds by itself, to carry a mask or to convert a dtype."""
        operation = AddedOperation(self.names.give(class_name), class_name)
        tensor = Tensor(shape, dtype, operation, 0, 0)
        self.table[id(operation), 0] = Node(operation, 0, tuple(inputs), (tensor,))
        return tensor


def _doubts(placed: Placed, layer: Layer, given: Given) -> Iterator[Refusal]:
    """What Keras lets pass in a call: of the layer, of those inside it, of its states and its masks."""
    yield from layer.doubts(placed.input_shapes)
    yield from _doubts_inside(placed)
    try:
        if given.states:
            layer.check_states(placed.input_shapes, states=tuple(tensor.shape for tensor in given.states))
        if given.masks:
            masks = {key: [None if mask is None else mask.shape for mask in each] for key, each in given.masks.items()}
            layer.check_masks(placed.input_shapes, masks)
    except Refusal as refusal:
        yield refusal


def _doubts_inside(placed: Placed) -> Iterator[Refusal]:
    if isinstance(placed.layer, BuiltModel):  # which has those of its own calls
        return
    for each in placed.inner:
        yield from each.layer.doubts(each.input_shapes)
        yield from _doubts_inside(each)


def _place(layer: Layer, inputs: Shapes, place: Place | None = None) -> Placed:
    """A layer with its weights, its own before those of the layers inside, as Keras lists them."""
    if isinstance(layer, BuiltModel):
        return Placed(layer, layer.all_weights(), layer.placed, (), inputs, (), place)
    own = layer.weights(inputs)
    layer.check_initializers(own)
    inner = tuple(_place(each, shapes) for each, shapes in layer.inner(inputs))
    weights = layer.arrange_weights(own, tuple(weight for each in inner for weight in each.weights))
    return Placed(layer, weights, inner, (), inputs, own, place)


def _check_count(layer: Layer, count: int, is_list: bool) -> None:
    least, most = layer.inputs_taken
    if layer.takes_list and not is_list:
        raise Refusal(f"{layer.class_name} takes a list of inputs", layer.inputs_help or "name them: 'from: [a, b]'")
    if count < least or (most is not None and count > most):
        wanted = f"{least}" if most == least else f"at least {least}" if count < least else f"at most {most}"
        plural = "input" if wanted == "1" else "inputs"
        raise Refusal(f"{layer.class_name} takes {wanted} {plural}, but has {count}", layer.inputs_help)


def _refuse_other_weights(called: Called, weights: tuple[Weight, ...], shapes: Shapes) -> None:
    first = called.first
    assert first is not None
    for made, wanted in zip(first.weights, weights, strict=True):
        if made.shape != wanted.shape:
            raise Refusal(
                f"{called.layer.class_name} has a {made.name} of {format_shape(made.shape)}, made for an input of "
                f"{format_shape(first.input_shapes[0])}, which does not fit {format_shape(shapes[0])}"
            )


def _is_copied(layer: Layer, given: Given) -> bool:
    """Whether `Layer.__call__` copies its arguments: several, in a list, or of another dtype than the layer's."""
    is_one = len(given.tensors) == 1 and not (given.is_list and layer.takes_list)  # a list of one is that one
    is_plain = is_one and not given.arguments and given.inputs[0].dtype == layer.input_dtype
    return layer.converts_inputs and not is_plain


def _recorded_masks(layer: Layer, given: Given) -> tuple[Tensor, ...]:
    """The masks that Keras 3 records as inputs of the call.

    `Layer.__call__` adds the mask to the keyword arguments that it was given, and the
    node sees it only where they were not copied first. With initial states it adds none,
    nor where the call gives masks.
    """
    if "mask" not in layer.mask_arguments or given.states or given.masks:
        return ()
    return tuple(tensor.mask for tensor in given.inputs if tensor.mask is not None)


def _with_masks(inputs: tuple[Tensor, ...], masks: Masks) -> tuple[Tensor, ...]:
    """The inputs with the masks that Keras passes on: those that the call gives as `mask`, else their own."""
    if "mask" not in masks:
        return inputs
    given = (*masks["mask"], *(None,) * len(inputs))
    return tuple(msgspec.structs.replace(tensor, mask=mask) for tensor, mask in zip(inputs, given, strict=False))
