"""Spec and layers meet: each item becomes a layer, each layer is called, and a Model stands."""

import os
from collections.abc import Sequence as SequenceOf
from contextlib import suppress

import msgspec

from lstmcalc.construct import Construction, Made
from lstmcalc.errors import ModelError, Place, Problem, Problems, Refusal, did_you_mean
from lstmcalc.graph import InputLayer, MaskOperation, Node, NodeTable, order_of
from lstmcalc.layers.arguments import DTYPE
from lstmcalc.layers.base import Layer, Names, Tensor, Weight
from lstmcalc.layers.catalogue import INPUTS
from lstmcalc.layers.history import first_shape
from lstmcalc.limits import DIMENSION, LAYERS, NESTING
from lstmcalc.model import Model, Placed
from lstmcalc.shapes import Shape, Shapes, format_shape
from lstmcalc.spec.files import read_file
from lstmcalc.spec.inputs import StatedInput, read_input, read_input_call
from lstmcalc.spec.references import Reference, References, read_references
from lstmcalc.spec.spec import Item, Spec, read_item, spec_of_document
from lstmcalc.spec.values import Mapping, Scalar, Sequence, Value, kind_of, plain

GRAPH_KEYS = ("from", "initial_state")


class Bindings(msgspec.Struct, frozen=True):
    """What the command line says of the inputs: `--timesteps [INPUT=]N` (by input, None for all) and `--batch N`."""

    timesteps: dict[str | None, int] = {}
    batch: int | None = None


class Faulty(Exception):
    """A layer inside is at fault, and its problem is kept already."""


class Context:
    """What all models of one build share: names, problems, how deep and how many."""

    def __init__(self, bindings: Bindings, dtype: str) -> None:
        self.bindings = bindings
        self.dtype = dtype
        self.names = Names()
        self.problems = Problems()
        self.files: list[str] = []
        self.depth = 0
        self.layers = 0

    def count(self, more: int, place: Place) -> None:
        """Refuse more layers than `limits.LAYERS`."""
        self.layers += more
        if self.layers > LAYERS:
            raise ModelError(Problem(f"a model has at most {LAYERS:,} layers, but this has more", place))


def build(spec: Spec, bindings: Bindings | None = None, file: str | None = None) -> Model:
    """The Model of a Spec. Raises ModelError with every mistake that can be found together."""
    dtype, problems = "float32", Problems()
    if spec.dtype is not None:
        try:
            dtype = DTYPE.read(plain(spec.dtype))
        except Refusal as refusal:
            problems.add(f"dtype {refusal.message}", spec.dtype.place, help=refusal.help)
    context = Context(bindings or Bindings(), dtype)
    context.problems = problems
    if file is not None:
        context.files.append(os.path.realpath(file))
    model: Model | None = None
    with suppress(Faulty):
        model = Builder(context, spec, is_top=True).model(spec.name)
    problems.raise_found()
    assert model is not None
    return model


class Called:
    """A layer with its calls so far: what will be a `Placed` of the model."""

    def __init__(self, made: Made) -> None:
        self.made = made
        self.layer = made.layer
        self.weights: tuple[Weight, ...] = ()
        self.inner: tuple[Placed, ...] = ()
        self.shapes: Shapes = ()
        self.nodes: list[Node] = []

    def placed(self) -> Placed:
        return Placed(self.layer, self.weights, self.inner, tuple(self.nodes), self.shapes)


class Entry(msgspec.Struct, frozen=True, eq=False):
    """What a name above means: the outputs of one call, None when the layer is at fault."""

    layer: Layer | None
    outputs: tuple[Tensor, ...] | None
    called: Called | None = None

    def output(self, which: str) -> Tensor | None:
        """The output of that state name or number, None when there is none."""
        if self.layer is None or self.outputs is None:
            return None
        if which.isascii() and which.isdigit() and int(which) < len(self.outputs):
            return self.outputs[int(which)]
        names = self.layer.output_names
        return self.outputs[names.index(which)] if which in names else None


class Unbuilt(Layer, frozen=True, eq=False, kw_only=True):
    """A Sequential inside a model that takes its input's shape from its first call."""

    builder: "Builder"
    made: tuple[Made, ...]

    @property
    def class_name(self) -> str:
        return "Sequential"

    def bound(self, inputs: Shapes, names: Names) -> Layer:
        dtype = self.made[0].layer.compute_dtype if self.made else "float32"
        stated = StatedInput(inputs[0], self.builder.spec.place, dtype)
        return self.builder.sequential(self.made, stated, self.name, self.trainable)


class Builder(Construction):
    """Builds one model; models inside have a builder of their own that shares the context."""

    def __init__(self, context: Context, spec: Spec, is_top: bool = False, frozen: bool = False) -> None:
        super().__init__(context.names, context.problems, context.dtype, frozen)
        self.context = context
        self.spec = spec
        self.is_top = is_top
        self.number: int | None = None
        self.known: dict[str, Entry] = {}
        self.table: NodeTable = {}
        self.called: list[Called] = []
        self.inputs: list[Tensor] = []
        self.items: list[tuple[Node, Place]] = []

    def model(self, name: str | None, trainable: bool = True) -> Model:
        """The model, its kind as the spec says or as its items need it. Raises Faulty when a problem was kept."""
        model = self.model_or_unbuilt(name, trainable)
        if isinstance(model, Model):
            return model
        place = self.spec.place
        help = "write 'input: [timesteps, features]', or input_shape in the first layer"
        self.problems.add("the model has no input", place, help=help)
        raise Faulty

    def model_or_unbuilt(self, name: str | None, trainable: bool = True) -> "Model | Unbuilt":
        """The model, or what waits for the shape of its input."""
        if self._is_graph():
            if self.spec.kind == "sequential":
                self._refuse_sequential()
            return self.functional(name, trainable)
        before = dict(self.names.counts)
        stated = self._stated_inputs()
        items = [item for item in self.spec.items if item.class_name not in INPUTS]
        made = [each for item in items for each in self.make_all(item)]
        several = [each for each in made if not self._is_single(each)]
        if self.spec.kind != "sequential" and several:
            self.names.counts = before
            self.context.layers = 0
            return self.functional(name, trainable)
        if self._are_faulty:
            if stated:
                self._call_what_can_be(made, stated)
            raise Faulty
        return self._sequential_or_unbuilt(made, stated, name, trainable)

    # Which kind of model it is.

    def _is_graph(self) -> bool:
        spec = self.spec
        if spec.kind == "functional" or spec.names_inputs or spec.outputs is not None:
            return True
        inputs = [item for item in spec.items if item.class_name in INPUTS]
        if len(inputs) > 1 or (inputs and inputs[0] is not spec.items[0]):
            return True
        return any(item.reuse is not None or any(key in item.siblings for key in GRAPH_KEYS) for item in spec.items)

    def _refuse_sequential(self) -> None:
        message = "a sequential model has one input, and each layer takes the one above"
        help = "leave out 'inputs', 'outputs', 'from', 'initial_state' and 'reuse', or say kind: functional"
        self.problems.add(message, self.spec.place, help=help)
        raise Faulty

    def _is_single(self, made: Made) -> bool:
        layer = made.layer
        return isinstance(layer, Unbuilt) or len(layer.output_names) == 1

    # Inputs.

    def _stated_inputs(self) -> list[StatedInput]:
        """What the spec says of its inputs, each problem kept."""
        stated: list[StatedInput] = []
        for each in self.spec.inputs:
            with self.caught():
                stated.append(read_input(each.value, None if each.name is None else self._input_name(each.name)))
        return stated

    def _input_name(self, key: Scalar) -> str:
        name = key.text if not isinstance(key.value, str) else key.value
        if not name or "/" in name:
            raise ModelError(Problem(f"an input's name must be a name without '/', but is '{name}'", key.place))
        return name

    def _read_input_item(self, item: Item) -> StatedInput | None:
        with self.caught():
            stated = read_input_call(item.place, item.args, item.kwargs)
            sibling = item.siblings.get("name")
            if isinstance(sibling, Scalar) and sibling.value is not None:
                return msgspec.structs.replace(stated, name=self._input_name(sibling))
            return stated
        return None

    def _add_input(self, stated: StatedInput) -> Tensor:
        name, number = (stated.name, None) if stated.name else self.names.numbered("InputLayer")
        self._refuse_twice(name, stated.place)
        shape = self._bound_shape(stated.shape, name) if self.is_top else stated.shape
        layer = InputLayer(name=name, number=number, dtype="float32")
        tensor = Tensor(shape, stated.dtype, layer, 0, 0)
        self.table[id(layer), 0] = Node(layer, 0, (), (tensor,))
        self.known[name] = Entry(layer, (tensor,))
        self.inputs.append(tensor)
        return tensor

    def _bound_shape(self, shape: Shape, name: str) -> Shape:
        bindings = self.context.bindings
        samples = bindings.batch or (shape[0] if shape else None)
        if name in bindings.timesteps:
            self._refuse_known_timesteps(shape, name)
        timesteps = bindings.timesteps.get(name, bindings.timesteps.get(None))
        if len(shape) < 2 or shape[1] is not None or timesteps is None:
            return (samples, *shape[1:])
        return (samples, timesteps, *shape[2:])

    def _refuse_known_timesteps(self, shape: Shape, name: str) -> None:
        if len(shape) < 2 or shape[1] is not None:
            found = f"--timesteps binds unknown timesteps, but the input '{name}' is {format_shape(shape)}"
            self.problems.add(found, self.spec.place)

    def _refuse_unknown_bindings(self) -> None:
        names = [tensor.operation.name for tensor in self.inputs]
        for name in self.context.bindings.timesteps:
            if self.is_top and name is not None and name not in names:
                help = did_you_mean(name, names) or f"the inputs are: {', '.join(names)}"
                self.problems.add(f"--timesteps names '{name}', which is no input", self.spec.place, help=help)

    # A chain of layers.

    def _sequential_or_unbuilt(
        self, made: list[Made], stated: list[StatedInput], name: str | None, trainable: bool
    ) -> "Model | Unbuilt":
        items = self.spec.items
        if items and items[0].class_name in INPUTS:
            if stated:
                self.problems.add(
                    "the model has an 'input' and an Input layer: one of them is too many", items[0].place
                )
                raise Faulty
            item_input = self._read_input_item(items[0])
            if item_input is None:
                raise Faulty
            stated = [item_input]
        first = self._first_input(made, stated)
        if name is None:
            name, self.number = self.names.numbered("Sequential")
        if first is None:
            return Unbuilt(name=name, trainable=trainable, dtype=self.dtype, builder=self, made=tuple(made))
        return self.sequential(tuple(made), first, name, trainable)

    def _first_input(self, made: list[Made], stated: list[StatedInput]) -> StatedInput | None:
        """The input that the spec states, or that the first layer's own arguments mean."""
        own: StatedInput | None = None
        if made:
            own = self._own_input(made[0])
        if stated and own and own.shape[1:] != stated[0].shape[1:]:
            message = (
                f"{made[0].layer.class_name} says that its input is {format_shape(own.shape)}, "
                f"but the model's is {format_shape(stated[0].shape)}"
            )
            self.problems.add(message, own.place, help="state the input once")
            raise Faulty
        return stated[0] if stated else own

    def _own_input(self, made: Made) -> StatedInput | None:
        layer = made.layer
        if isinstance(layer, Model):
            return StatedInput(layer.inputs[0].shape, made.item.place) if len(layer.inputs) == 1 else None
        try:
            shape = first_shape(type(layer), made.older)
        except Refusal as refusal:
            place = made.places.get(refusal.argument or "", made.item.place)
            self.problems.add(f"{layer.class_name}: {refusal.message}", place, help=refusal.help)
            raise Faulty from None
        if shape is None and self.is_top and layer.class_name == "Embedding":
            shape = (None, None)  # as in Keras 2, where an Embedding needed no input_length
        place = next((made.places[name] for name in made.older if name in made.places), made.item.place)
        return None if shape is None else StatedInput(shape, place)

    def sequential(self, made: tuple[Made, ...], first: StatedInput, name: str, trainable: bool) -> Model:
        """The Sequential of layers that are made, called one after another."""
        current: tuple[Tensor, ...] = (self._add_input(first),)
        for each in made:
            called = self._enter(each)
            called_outputs = self._call(called, current, (), each.item, is_list=len(current) > 1)
            if called_outputs is None:
                raise Faulty
            current = called_outputs
        self.names.give("Functional")  # a Sequential keeps a Functional inside, which takes a name
        self._refuse_unknown_bindings()
        last = self.called[-1].layer if self.called else self.known[self.inputs[0].operation.name].layer
        assert last is not None
        return self._finished("Sequential", name, trainable, current, _references(last, last.name, current))

    def _call_what_can_be(self, made: list[Made], stated: list[StatedInput]) -> None:
        """Check the shapes of a chain down to its first faulty item, for the sake of its problems."""
        faulty = self.first_fault
        current: tuple[Tensor, ...] | None = (self._add_input(stated[0]),)
        for each in made:
            if current is None or (faulty is not None and _after(each.item.place, faulty)):
                return
            current = self._call(self._enter(each), current, (), each.item, is_list=len(current) > 1)

    # A graph of layers.

    def functional(self, name: str | None, trainable: bool) -> Model:
        """The Functional model: items call layers on what stands above them."""
        for stated in self._stated_inputs():
            self._add_input(stated)
        last: Entry | None = None
        for item in self.spec.items:
            last = self._graph_item(item, last)
        self._refuse_unknown_bindings()
        if not self.inputs and not self._are_faulty:
            help = "write 'input: [timesteps, features]' or 'inputs:'"
            self.problems.add("the model has no input", self.spec.place, help=help)
            raise Faulty
        outputs, refs = self._outputs(last)
        if name is None:
            name, self.number = self.names.numbered("Functional")
        if self._are_faulty or not outputs:
            raise Faulty
        model = self._finished("Functional", name, trainable, outputs, refs)
        self._refuse_unused(model)
        return model

    def _graph_item(self, item: Item, last: Entry | None) -> Entry:
        if item.class_name in INPUTS:
            stated = self._read_input_item(item)
            if stated is None:
                return Entry(None, None)
            tensor = self._add_input(stated)
            return self.known[tensor.operation.name]
        if item.reuse is not None:
            return self._reuse(item, last)
        made = self.make_all(item)
        if not made:
            return self._faulty_entry(item)
        for position, each in enumerate(made):
            last = self._graph_call(self._enter(each), item, last, each.layer.name, position == 0)
        name = made[0].layer.name
        if len(made) > 1 and last is not None:
            self.known[name] = last  # a repeated layer's name means the last of them
        assert last is not None
        return last

    def _faulty_entry(self, item: Item) -> Entry:
        entry = Entry(None, None)
        name = item.siblings.get("name")
        if isinstance(name, Scalar) and isinstance(name.value, str):
            self.known.setdefault(name.value, entry)
        return entry

    def _graph_call(self, called: Called, item: Item, last: Entry | None, name: str, is_first: bool = True) -> Entry:
        outputs: tuple[Tensor, ...] | None = None
        with self.caught():
            inputs, is_list = self._given(item, last, called) if is_first else self._above(last, item, called)
            states = self._states(item)
            if inputs is not None and states is not None:
                outputs = self._call(called, inputs, states, item, is_list)
        entry = Entry(called.layer, outputs, called)
        self.known[name] = entry
        return entry

    def _reuse(self, item: Item, last: Entry | None) -> Entry:
        with self.caught():
            if "repeat" in item.siblings:
                raise ModelError(
                    Problem("'repeat' makes new layers, and 'reuse' none: they cannot stand together", item.place)
                )
            if "trainable" in item.siblings:
                raise ModelError(
                    Problem("'trainable' stands where the layer is first, not where it is reused", item.place)
                )
            assert item.reuse is not None
            references = read_references(item.reuse, "reuse")
            entry = self.known.get(references.items[0].text)
            if entry is None or (entry.called is None and entry.layer is not None) or references.is_list:
                names = [name for name, each in self.known.items() if each.called is not None]
                help = did_you_mean(references.items[0].text, names) or "'reuse' names one layer that stands above"
                raise ModelError(
                    Problem(f"'{references.items[0].text}' is no layer above", references.place, help=help)
                )
            if entry.called is None:
                return Entry(None, None)
            return self._graph_call(entry.called, item, last, self._call_name(item, entry.called))
        return Entry(None, None)

    def _call_name(self, item: Item, called: Called) -> str:
        value = item.siblings.get("name")
        if value is None:
            return f"{called.layer.name}@{len(called.nodes)}"  # no reference can be written so by chance
        name = self.read_name(value)
        self._refuse_twice(name, value.place)
        return name

    def _given(self, item: Item, last: Entry | None, called: Called) -> tuple[tuple[Tensor, ...] | None, bool]:
        """The tensors that an item's `from` names, or else the one above."""
        value = item.siblings.get("from")
        if value is None:
            return self._above(last, item, called)
        references = read_references(value, "from")
        tensors = self._resolve_all(references)
        return tensors, references.is_list

    def _above(self, last: Entry | None, item: Item, called: Called) -> tuple[tuple[Tensor, ...] | None, bool]:
        if last is None:
            if len(self.inputs) == 1:
                return (self.inputs[0],), False
            if not self.inputs:
                return None, False
            names = ", ".join(tensor.operation.name for tensor in self.inputs)
            raise ModelError(
                Problem(f"the model has several inputs: 'from' says which ({names})", item.place, called.layer.name)
            )
        if last.outputs is None or last.layer is None:
            return None, False
        if not last.layer.has_main_output:
            numbered = ", ".join(f"{last.layer.name}.{i}" for i in range(len(last.outputs)))
            message = f"{last.layer.name} above has no main output, but several: 'from' says which"
            raise ModelError(Problem(message, item.place, called.layer.name, f"its outputs are {numbered}"))
        return last.outputs[:1], False

    def _states(self, item: Item) -> tuple[Tensor, ...] | None:
        value = item.siblings.get("initial_state")
        if value is None or (isinstance(value, Scalar) and value.value is None):
            return ()
        return self._resolve_all(read_references(value, "initial_state"))

    def _resolve_all(self, references: References) -> tuple[Tensor, ...] | None:
        """The tensors of references; None when one of them is a faulty layer's. Raises ModelError."""
        tensors: list[Tensor] = []
        problems = Problems()
        for reference in references.items:
            with problems.caught():
                found = self._resolve(reference)
                if found is not None:
                    tensors.append(found)
        problems.raise_found()
        return tuple(tensors) if len(tensors) == len(references.items) else None

    def _resolve(self, reference: Reference) -> Tensor | None:
        name, which = reference.text, ""
        entry = self.known.get(name)
        if entry is None and "." in name:
            name, which = name.rsplit(".", 1)
            entry = self.known.get(name)
        if entry is None:
            raise self._unknown_reference(reference)
        if entry.outputs is None or entry.layer is None:
            return None
        if not which:
            if entry.layer.has_main_output:
                return entry.outputs[0]
            outputs = ", ".join(f"{name}.{i}" for i in range(len(entry.outputs)))
            raise ModelError(Problem(f"'{name}' has no main output, but {outputs}", reference.place))
        found = entry.output(which)
        if found is None:
            given = [label or str(i) for i, label in enumerate(entry.layer.output_names)]
            help = f"its outputs are {', '.join(f'{name}.{each}' for each in given)}"
            if len(given) == 1:
                help = f"it has one output, '{name}'; return_state: true gives its states too"
            raise ModelError(Problem(f"'{name}' has no output '{which}'", reference.place, help=help))
        return found

    def _unknown_reference(self, reference: Reference) -> ModelError:
        name = reference.text
        help = did_you_mean(name, (each for each in self.known if "@" not in each))
        later = {str(plain(item.siblings["name"])) for item in self.spec.items if "name" in item.siblings}
        if name.rsplit(".", 1)[0] in later | {name} & later:
            help = "it stands below: a reference names something above it"
        if help is None:
            names = ", ".join(each for each in self.known if "@" not in each)
            help = f"above are: {names}" if names else "nothing stands above"
        return ModelError(Problem(f"'{name}' names nothing above", reference.place, help=help))

    def _outputs(self, last: Entry | None) -> tuple[tuple[Tensor, ...], tuple[str, ...]]:
        value = self.spec.outputs
        if value is None:
            if last is None or last.outputs is None or last.layer is None:
                return (), ()
            name = next((name for name, entry in self.known.items() if entry is last), last.layer.name)
            return last.outputs, _references(last.layer, name.split("@")[0], last.outputs)
        with self.caught():
            references = read_references(value, "outputs")
            tensors = self._resolve_all(references)
            if tensors is not None:
                return tensors, tuple(reference.text for reference in references.items)
        return (), ()

    def _refuse_unused(self, model: Model) -> None:
        reached = model.order.nodes
        for node, place in self.items:
            if id(node) not in reached:
                help = "add it to 'outputs', name it in a 'from' below, or leave it out"
                self.problems.add("no output depends on it", place, node.operation.name, help)
        if self._are_faulty:
            raise Faulty

    # Calling layers.

    def _enter(self, made: Made) -> Called:
        name = made.layer.name
        self._refuse_twice(name, made.places.get("name", made.item.place))
        called = Called(made)
        self.called.append(called)
        self.known[name] = Entry(made.layer, None, called)
        self.context.count(0, made.item.place)
        return called

    def _refuse_twice(self, name: str, place: Place) -> None:
        if name in self.known and not (self.known[name].layer is None and self.known[name].outputs is None):
            message = f"the name '{name}' is used twice: each layer has its own"
            self.problems.add(message, place, help="give one of them another name")

    def _call(
        self, called: Called, inputs: tuple[Tensor, ...], states: tuple[Tensor, ...], item: Item, is_list: bool
    ) -> tuple[Tensor, ...] | None:
        """Call a layer; None when it refuses, with the problem kept."""
        layer = called.layer
        try:
            outputs = self._shapes_of(called, inputs, states, is_list)
        except Faulty:
            return None
        except Refusal as refusal:
            place = called.made.places.get(refusal.argument or "", item.place)
            advice = self._advice(layer, inputs) or refusal.help
            self.problems.add(refusal.message, place, layer.name, advice)
            return None
        layer = called.layer
        index = len(called.nodes)
        masks = layer.masks(inputs, self._mask_operation)
        dtypes = layer.output_dtypes(inputs, len(outputs))
        tensors = tuple(
            Tensor(shape, dtype, layer, index, position, masks[position] if position < len(masks) else None)
            for position, (shape, dtype) in enumerate(zip(outputs, dtypes, strict=True))
        )
        recorded = (*inputs, *states, *_recorded_masks(layer, inputs, states, is_list))
        node = Node(layer, index, recorded, tensors, tuple(tensor.shape for tensor in inputs))
        called.nodes.append(node)
        self.table[id(layer), index] = node
        self.items.append((node, item.place))
        return tensors

    def _shapes_of(
        self, called: Called, inputs: tuple[Tensor, ...], states: tuple[Tensor, ...], is_list: bool
    ) -> Shapes:
        layer, shapes = called.layer, tuple(tensor.shape for tensor in inputs)
        _check_count(layer, len(inputs), is_list)
        if not called.nodes:
            layer = called.layer = layer.bound(shapes, self.names)
            outputs = layer.output_shapes(shapes)
            placed = _place(layer, shapes)
            called.weights, called.inner, called.shapes = placed.weights, placed.inner, shapes
        else:
            outputs = layer.output_shapes(shapes)
            _refuse_other_weights(called, _place(layer, shapes).weights, shapes)
        if states:
            layer.check_states(shapes, states=tuple(tensor.shape for tensor in states))
        for shape in outputs:
            if any(size is not None and size > DIMENSION for size in shape):
                raise Refusal(
                    f"{layer.class_name} gives {format_shape(shape)}, but a dimension is at most {DIMENSION:,}"
                )
        return outputs

    def _advice(self, layer: Layer, inputs: SequenceOf[Tensor]) -> str | None:
        for tensor in inputs:
            if isinstance(tensor.operation, Layer):
                advice = tensor.operation.advice(tensor.shape, layer.first_axis_is_time)
                if advice:
                    return advice
        return None

    def _mask_operation(self, class_name: str, inputs: SequenceOf[Tensor], shape: Shape) -> Tensor:
        operation = MaskOperation(self.names.give(class_name), class_name)
        tensor = Tensor(shape, "bool", operation, 0, 0)
        self.table[id(operation), 0] = Node(operation, 0, tuple(inputs), (tensor,))
        return tensor

    def _finished(
        self, kind: str, name: str, trainable: bool, outputs: tuple[Tensor, ...], refs: tuple[str, ...]
    ) -> Model:
        order = order_of(self.inputs, outputs, self.table)
        by_layer = {id(called.layer): called.placed() for called in self.called if called.nodes}
        placed = tuple(by_layer[id(operation)] for operation in order.operations if id(operation) in by_layer)
        return Model(
            name=name,
            number=self.number,
            trainable=trainable,
            dtype=self.dtype,
            kind=kind,
            inputs=tuple(self.inputs),
            outputs=outputs,
            output_refs=refs,
            placed=placed if kind == "Functional" else tuple(by_layer.values()),
            table=self.table,
            order=order,
        )

    # Models inside.

    def make_model(self, item: Item, name: str | None, trainable: bool, frozen: bool) -> Layer | None:
        """The layer of a `Sequential:` or `Model:` item. Raises ModelError."""
        context = self.context
        context.depth += 1
        try:
            if context.depth > NESTING:
                raise ModelError(Problem(f"models inside models are more than {NESTING} levels deep", item.place))
            spec, path = self._inner_spec(item)
            if path is not None:
                context.files.append(path)
            try:
                builder = Builder(context, spec, frozen=frozen)
                return builder.model_or_unbuilt(name or spec.name, trainable)
            except Faulty:
                return None
            finally:
                if path is not None:
                    context.files.pop()
        finally:
            context.depth -= 1

    def _inner_spec(self, item: Item) -> tuple[Spec, str | None]:
        directory = self.spec.directory
        if item.class_name == "Sequential":
            return _sequential_spec(item, directory), None
        named = {str(key.value): value for key, value in item.kwargs}
        value = item.args[0] if item.args else None
        if value is None and named:
            entries = tuple((key, value) for key, value in item.kwargs)
            value = Mapping(entries, item.place)
        if isinstance(value, Scalar) and isinstance(value.value, str):
            return self._file_spec(value, directory)
        if value is None or len(item.args) > 1:
            help = "write 'Model: {inputs: ..., layers: ..., outputs: ...}' or 'Model: path/to/other.yaml'"
            raise ModelError(Problem("Model takes a model or a path to one", item.place, help=help))
        spec = spec_of_document(value, {}, directory, is_nested=True)
        return (spec if spec.kind else msgspec.structs.replace(spec, kind="functional")), None

    def _file_spec(self, value: Scalar, directory: str) -> tuple[Spec, str]:
        path = os.path.join(directory, str(value.value))
        real = os.path.realpath(path)
        if real in self.context.files:
            raise ModelError(Problem(f"the model '{value.value}' contains itself", value.place))
        try:
            return read_file(path, {}), real
        except ModelError as error:
            if error.problems[0].place is not None:
                raise
            raise ModelError(Problem(f"the model '{value.value}' {error.message}", value.place)) from None


def _sequential_spec(item: Item, directory: str) -> Spec:
    named = {str(key.value): value for key, value in item.kwargs}
    layers = item.args[0] if item.args else named.get("layers")
    if len(item.args) > 1 or not isinstance(layers, Sequence):
        found = f", not {kind_of(layers)}" if layers is not None else ""
        help = "write 'Sequential: [...]' or 'Sequential: {layers: [...]}'"
        raise ModelError(Problem(f"Sequential takes a list of layers{found}", item.place, help=help))
    for key, _ in item.kwargs:
        if key.value not in ("layers", "input", "name", "trainable"):
            help = did_you_mean(str(key.value), ("layers", "input", "name", "trainable"))
            raise ModelError(Problem(f"Sequential has no argument '{key.value}'", key.place, help=help))
    entries = tuple((key, value) for key, value in item.kwargs if key.value == "input")
    document = Mapping((*entries, (Scalar("layers", layers.place), layers)), item.place)
    spec = spec_of_document(document, {}, directory, is_nested=True)
    return msgspec.structs.replace(spec, kind="sequential")


def _place(layer: Layer, inputs: Shapes) -> Placed:
    """A layer with its weights, its own before those of the layers inside, as Keras lists them."""
    if isinstance(layer, Model):
        return Placed(layer, layer.all_weights(), layer.placed, (), inputs)
    inner = tuple(_place(each, shapes) for each, shapes in layer.inner(inputs))
    weights = layer.arranged(layer.weights(inputs), tuple(weight for each in inner for weight in each.weights))
    return Placed(layer, weights, inner, (), inputs)


def _check_count(layer: Layer, count: int, is_list: bool) -> None:
    if isinstance(layer, Model | Unbuilt):
        return
    least, most = layer.inputs_taken
    if layer.takes_list and not is_list:
        raise Refusal(f"{layer.class_name} takes a list of inputs", layer.inputs_help or "name them: 'from: [a, b]'")
    if count < least or (most is not None and count > most):
        wanted = f"{least}" if most == least else f"at least {least}"
        plural = "input" if wanted == "1" else "inputs"
        raise Refusal(f"{layer.class_name} takes {wanted} {plural}, but has {count}", layer.inputs_help)


def _refuse_other_weights(called: Called, weights: tuple[Weight, ...], shapes: Shapes) -> None:
    for made, wanted in zip(called.weights, weights, strict=True):
        if made.shape != wanted.shape:
            raise Refusal(
                f"{called.layer.class_name} has a {made.name} of {format_shape(made.shape)}, made for an input of "
                f"{format_shape(called.shapes[0])}, which does not fit {format_shape(shapes[0])}"
            )


def _recorded_masks(
    layer: Layer, inputs: tuple[Tensor, ...], states: tuple[Tensor, ...], is_list: bool
) -> tuple[Tensor, ...]:
    """The masks that Keras 3 records as inputs of the call.

    `Layer.__call__` adds the mask to the keyword arguments that it was given, and the
    node sees it only where it did not copy them first: it does when the call has other
    keyword arguments, when the input is a list, or when its dtype is to be converted.
    """
    if not layer.takes_mask or states:
        return ()
    copies = is_list or len(inputs) > 1 or inputs[0].dtype != layer.input_dtype
    if copies and layer.converts_inputs:
        return ()
    return tuple(tensor.mask for tensor in inputs if tensor.mask is not None)


def _references(layer: Layer, name: str, outputs: tuple[Tensor, ...]) -> tuple[str, ...]:
    """How a spec refers to each output of a layer."""
    names = layer.output_names
    main = name if layer.has_main_output else f"{name}.0"
    return (main, *(f"{name}.{names[i] or i}" for i in range(1, len(outputs))))


def _after(place: Place, other: Place) -> bool:
    return (place.line, place.column) >= (other.line, other.column)


__all__ = ["Bindings", "Value", "build", "read_item"]
