"""Spec and layers meet: each item becomes a layer, each layer is called, and a Model stands."""

import os
from contextlib import suppress
from typing import ClassVar

import msgspec

from lstmcalc.errors import ModelError, Place, Problem, Problems, Refusal, did_you_mean, shown
from lstmcalc.formats.inputs import StatedInput
from lstmcalc.formats.references import read_references
from lstmcalc.formats.spec import Item, Spec
from lstmcalc.formats.values import Scalar
from lstmcalc.layers.base import Layer, Names, Tensor
from lstmcalc.layers.catalogue import INPUTS
from lstmcalc.layers.history import first_shape
from lstmcalc.limits import LAYERS, NESTING, PROBLEMS
from lstmcalc.models.calls import Called, Calls
from lstmcalc.models.construct import Construction, Made
from lstmcalc.models.context import Bindings, Context, Faulty
from lstmcalc.models.graph import order_of
from lstmcalc.models.inner import dtype_of, inner_spec, layers_of_file
from lstmcalc.models.inputs import Inputs
from lstmcalc.models.known import Entry, Known, numbered, references_to
from lstmcalc.models.model import Model
from lstmcalc.shapes import Shapes, format_shape

GRAPH_KEYS = ("from", "initial_state")
REUSE_REFUSES = {
    "repeat": "the one makes new layers, the other none",
    "trainable": "it stands where the layer is first",
}


def build(spec: Spec, bindings: Bindings | None = None, file: str | None = None) -> Model:
    """The Model of a Spec. Raises ModelError with every mistake that can be found together."""
    problems = Problems()
    context = Context(bindings or Bindings(), dtype_of(spec, problems) or "float32")
    context.problems = problems
    if file is not None:
        context.files.append(os.path.realpath(file))
    model: Model | None = None
    with suppress(Faulty):
        model = Builder(context, spec, is_top=True).model(spec.name)
    problems.raise_found()
    assert model is not None
    return model if file is None else msgspec.structs.replace(model, file=file)


class Unbuilt(Layer, frozen=True, eq=False, kw_only=True):
    """A Sequential inside a model that takes its input's shape from its first call."""

    builder: "Builder"
    made: tuple[Made, ...]

    takes_mask: ClassVar[bool] = True
    inputs_taken: ClassVar[tuple[int, int | None]] = (1, None)

    @property
    def class_name(self) -> str:
        return "Sequential"

    def bound(self, inputs: Shapes, names: Names) -> Layer:
        stated = StatedInput(inputs[0], self.builder.spec.place, self.made[0].layer.compute_dtype)
        self.builder.inputs.add(stated)
        return self.builder.sequential(self.made, self.name, self.trainable)


class Builder(Construction):
    """Builds one model; models inside have a builder of their own that shares the context."""

    def __init__(
        self, context: Context, spec: Spec, is_top: bool = False, frozen: bool = False, dtype: str | None = None
    ) -> None:
        super().__init__(context.names, context.problems, dtype or context.dtype, frozen)
        self.problems.found.extend(spec.problems)
        self.scope = spec.scope
        self.context = context
        self.spec = spec
        self.is_top = is_top
        self.number: int | None = None
        self.known = Known(spec, self.problems)
        self.calls = Calls(self.names, self.problems)
        self.inputs = Inputs(context, spec, self.known, self.calls, is_top)

    def count(self, more: int, place: Place, ahead: int = 0) -> int:
        self.context.layers += more
        layers = self.context.layers + ahead
        if layers > LAYERS:
            raise ModelError(Problem(f"a model has at most {LAYERS:,} layers, but this makes {layers:,}", place))
        return layers

    def model(self, name: str | None, trainable: bool = True) -> Model:
        """The model, its kind as the spec says or as its items need it. Raises Faulty when a problem was kept."""
        model = self.model_or_unbuilt(name, trainable)
        if isinstance(model, Model):
            return model
        place = self.spec.place
        stated = "'input: [timesteps, features]' (in an expression 'Input(timesteps, features) | ...')"
        help = f"write {stated}, or input_shape in the first layer"
        self.problems.add("the model has no input", place, help=help)
        raise Faulty

    def model_or_unbuilt(self, name: str | None, trainable: bool = True) -> "Model | Unbuilt":
        """The model, or what waits for the shape of its input."""
        if self._is_graph():
            if self.spec.kind == "sequential":
                self._refuse_sequential()
            return self.functional(name, trainable)
        names, layers = dict(self.names.counts), self.context.layers
        stated = self._chain_input()
        if stated is not None:
            self.inputs.add(stated)
        made, before_fault = self._make_chain()
        if self.spec.kind != "sequential" and not all(map(self._is_single, made)):
            self._start_again(names, layers)
            return self.functional(name, trainable)
        if self.is_faulty:
            if self.inputs.tensors:
                self._call_what_can_be(made[:before_fault])
            raise Faulty
        return self._sequential_or_unbuilt(made, stated, name, trainable)

    def _make_chain(self) -> tuple[list[Made], int]:
        """The layers of the items, and how many of them stand before the first item at fault."""
        made: list[Made] = []
        before_fault: int | None = None
        for item in self.spec.items:
            if item.class_name in INPUTS:
                continue
            if self.problems.are_enough:
                break
            each = self.make_all(item)
            if not each and before_fault is None:
                before_fault = len(made)
            made += each
        return made, len(made) if before_fault is None else before_fault

    def _start_again(self, names: dict[str, int], layers: int) -> None:
        """Forget what was made, and the names that it took."""
        self.names.counts = names
        self.context.layers = layers
        self.known.entries.clear()
        self.calls.table.clear()
        self.inputs.tensors.clear()
        if self.context.files:
            self.context.graphs.add(self.context.files[-1])

    # Which kind of model it is.

    def _is_graph(self) -> bool:
        spec = self.spec
        if spec.kind == "functional" or spec.names_inputs or spec.outputs is not None:
            return True
        if spec.kind is None and self.context.files and self.context.files[-1] in self.context.graphs:
            return True
        inputs = [item for item in spec.items if item.class_name in INPUTS]
        if len(inputs) > 1 or (inputs and inputs[0] is not spec.items[0]):
            return True
        return any(item.reuse is not None or any(key in item.siblings for key in GRAPH_KEYS) for item in spec.items)

    def _refuse_sequential(self) -> None:
        """Say what of the spec no sequential model has, each at its place."""
        spec = self.spec
        culprits = [("inputs", spec.inputs[0].name.place)] if spec.inputs and spec.inputs[0].name else []
        if spec.outputs is not None:
            culprits.append(("outputs", spec.outputs.place))
        for item in spec.items:
            self.make_all(item) if item.class_name not in INPUTS and item.reuse is None else None
            culprits += [(key, item.siblings[key].place) for key in GRAPH_KEYS if key in item.siblings]
            if item.reuse is not None:
                culprits.append(("reuse", item.place))
            if item.class_name in INPUTS and item is not spec.items[0]:
                culprits.append((item.class_name, item.place))
        for key, place in culprits[:PROBLEMS]:
            message = f"a sequential model has no '{key}': each layer takes the one above"
            self.problems.add(message, place, help="leave it out, or say 'kind: functional'")
        raise Faulty

    def _is_single(self, made: Made) -> bool:
        layer = made.layer
        return isinstance(layer, Unbuilt) or len(layer.output_names) == 1

    # A chain of layers.

    def _chain_input(self) -> StatedInput | None:
        """The input that the spec states, in `input` or as its first item; None when it does not."""
        stated = self.inputs.stated()
        first = self.spec.items[0] if self.spec.items else None
        if first is None or first.class_name not in INPUTS:
            return stated[0] if stated else None
        if stated:
            message = "the model has an 'input' and an Input layer: one of them is too many"
            self.problems.add(message, first.place)
            return stated[0]
        return self.inputs.read_item(first)

    def _sequential_or_unbuilt(
        self, made: list[Made], stated: StatedInput | None, name: str | None, trainable: bool
    ) -> "Model | Unbuilt":
        if not made:
            self.problems.add("a model has at least one layer besides its input", self.spec.place)
            raise Faulty
        own = self._own_input(made, stated)
        if name is None:
            name, self.number = self.names.numbered("Sequential")
        if stated is None and own is None:
            return Unbuilt(
                name=name, number=self.number, trainable=trainable, dtype=self.dtype, builder=self, made=tuple(made)
            )
        if own is not None:
            self.inputs.add(own)
        return self.sequential(tuple(made), name, trainable)

    def _own_input(self, made: list[Made], stated: StatedInput | None) -> StatedInput | None:
        """The input that the first layer's own arguments mean, where the spec states none."""
        layer = made[0].layer
        if isinstance(layer, Model):
            if stated is not None or len(layer.inputs) > 1 or (len(made) == 1 and not self.is_top):
                return None
            return StatedInput(layer.inputs[0].shape, made[0].item.place, layer.compute_dtype)
        own = self._first_shape(made[0])
        if own is not None and stated is not None:
            if own.shape[1:] != stated.shape[1:]:
                message = (
                    f"{layer.class_name} says that its input is {format_shape(own.shape)}, "
                    f"but the model's is {format_shape(stated.shape)}"
                )
                self.problems.add(message, own.place, help="state the input once")
                raise Faulty
            return None
        if own is None and stated is None and self.is_top and layer.class_name == "Embedding":
            # As in Keras 2, where an Embedding needed no input_length.
            return StatedInput((None, None), made[0].item.place)
        return own

    def _first_shape(self, made: Made) -> StatedInput | None:
        layer = made.layer
        try:
            shape = first_shape(type(layer), made.older)
        except Refusal as refusal:
            place = made.places.get(refusal.argument or "", made.item.place)
            self.problems.add(f"{layer.class_name}: {refusal.message}", place, help=refusal.help)
            raise Faulty from None
        place = next((made.places[name] for name in made.older if name in made.places), made.item.place)
        return None if shape is None else StatedInput(shape, place)

    def sequential(self, made: tuple[Made, ...], name: str, trainable: bool) -> Model:
        """The Sequential of layers that are made, called one after another."""
        current = tuple(self.inputs.tensors)
        for each in made:
            called = self._enter(each)
            called_outputs = self._call(called, current, (), each.item, is_list=len(current) > 1)
            if called_outputs is None:
                raise Faulty
            current = called_outputs
        self.names.give("Functional")  # a Sequential keeps a Functional inside, which takes a name
        self.inputs.refuse_unknown_bindings()
        last = self.calls.called[-1].layer
        return self._finished("Sequential", name, trainable, current, references_to(last, last.name, current))

    def _call_what_can_be(self, made: list[Made]) -> None:
        """Check the shapes of a chain down to its first faulty item, for the sake of its problems."""
        current: tuple[Tensor, ...] | None = tuple(self.inputs.tensors)
        for each in made:
            if current is None:
                return
            current = self._call(self._enter(each), current, (), each.item, is_list=len(current) > 1)

    # A graph of layers.

    def functional(self, name: str | None, trainable: bool) -> Model:
        """The Functional model: items call layers on what stands above them."""
        for stated in self.inputs.stated():
            self.inputs.add(stated)
        last: Entry | None = None
        for item in self.spec.items:
            last = self._graph_item(item, last)
            if self.problems.are_enough:
                break
        self.inputs.refuse_unknown_bindings()
        if not self.inputs.tensors and not self.is_faulty:
            help = "write 'input: [timesteps, features]' or 'inputs:'"
            self.problems.add("the model has no input", self.spec.place, help=help)
            raise Faulty
        outputs, refs = self._outputs(last)
        if name is None:
            name, self.number = self.names.numbered("Functional")
        if self.is_faulty or not outputs:
            raise Faulty
        model = self._finished("Functional", name, trainable, outputs, refs)
        self._refuse_unused(model)
        return model

    def _graph_item(self, item: Item, last: Entry | None) -> Entry:
        if item.class_name in INPUTS:
            stated = self.inputs.read_item(item)
            if stated is None:
                return Entry(None, None)
            tensor = self.inputs.add(stated)
            return self.known.entries[tensor.operation.name]
        if item.reuse is not None:
            return self._reuse(item, last)
        names = dict(self.names.counts)
        made = self.make_all(item)
        if not made:
            return self.known.add_faulty(item, self.names, names)
        for position, each in enumerate(made):
            last = self._graph_call(self._enter(each), item, last, each.layer.name, position == 0)
        name = made[0].layer.name
        if len(made) > 1 and last is not None:
            self.known.entries[name] = last  # a repeated layer's name means the last of them
        assert last is not None
        return last

    def _graph_call(self, called: Called, item: Item, last: Entry | None, name: str, is_first: bool = True) -> Entry:
        outputs: tuple[Tensor, ...] | None = None
        with self.caught():
            inputs, is_list = self._given(item, last, called) if is_first else self._above(last, item, called)
            states = self._states(item)
            if inputs is not None and states is not None:
                outputs = self._call(called, inputs, states, item, is_list)
        if outputs is None:  # a call that fails may have given fewer names than Keras: see Unbuilt
            self.known.has_unnamed_faults = True
        entry = Entry(called.layer, outputs, called)
        self.known.entries[name] = entry
        return entry

    def _reuse(self, item: Item, last: Entry | None) -> Entry:
        entry = Entry(None, None)
        with self.caught():
            called = self._reused(item)
            if called is not None:
                return self._graph_call(called, item, last, self._call_name(item, called))
        name = item.siblings.get("name")
        if isinstance(name, Scalar):
            self.known.entries.setdefault(str(name.value), entry)
        return entry

    def _reused(self, item: Item) -> Called | None:
        """The layer that `reuse` names, None when it is at fault. Raises ModelError."""
        assert item.reuse is not None
        if item.problems:
            raise ModelError(item.problems)
        for key, reason in REUSE_REFUSES.items():
            if key in item.siblings:
                raise ModelError(
                    Problem(f"'{key}' and 'reuse' cannot stand together: {reason}", item.siblings[key].place)
                )
        references = read_references(item.reuse, "reuse")
        if references.is_list:
            raise ModelError(Problem("'reuse' takes one name, not a list", references.place))
        name = references.items[0].text
        entry = self.known.entries.get(name)
        if entry is None and self.known.may_be_faulty(name):
            return None
        if entry is None or (entry.called is None and entry.layer is not None):
            names = [name for name, each in self.known.entries.items() if each.called is not None and "@" not in name]
            help = did_you_mean(name, names)
            if help is None:
                help = f"the layers above are: {', '.join(names[:20])}" if names else "no layer stands above"
            raise ModelError(Problem(f"{shown(name)} is no layer above", references.place, help=help))
        return entry.called if entry.called is not None and entry.called.nodes else None

    def _call_name(self, item: Item, called: Called) -> str:
        value = item.siblings.get("name")
        if value is None:
            return f"{called.layer.name}@{len(called.nodes)}"  # no reference can be written so by chance
        name = self.read_name(value)
        self.known.refuse_twice(name, value.place)
        return name

    def _given(self, item: Item, last: Entry | None, called: Called) -> tuple[tuple[Tensor, ...] | None, bool]:
        """The tensors that an item's `from` names, or else the one above."""
        value = item.siblings.get("from")
        if value is None:
            return self._above(last, item, called)
        references = read_references(value, "from")
        tensors = self.known.resolve_all(references)
        return tensors, references.is_list

    def _above(self, last: Entry | None, item: Item, called: Called) -> tuple[tuple[Tensor, ...] | None, bool]:
        if last is None:
            if self.known.has_faulty_inputs:
                return None, False
            if len(self.inputs.tensors) == 1:
                return (self.inputs.tensors[0],), False
            if not self.inputs.tensors:
                return None, False
            names = ", ".join(tensor.operation.name for tensor in self.inputs.tensors[:20])
            message = "the model has several inputs, and no 'from' says which is meant"
            raise ModelError(Problem(message, item.place, called.layer.name, f"the inputs are: {names}"))
        if last.outputs is None or last.layer is None:
            return None, False
        if not last.layer.has_main_output:
            message = f"{last.layer.name} above has several outputs, and no 'from' says which is meant"
            help = f"its outputs are {numbered(last.layer.name, last.outputs)}"
            raise ModelError(Problem(message, item.place, called.layer.name, help))
        return last.outputs[:1], False

    def _states(self, item: Item) -> tuple[Tensor, ...] | None:
        value = item.siblings.get("initial_state")
        if value is None or (isinstance(value, Scalar) and value.value is None):
            return ()
        return self.known.resolve_all(read_references(value, "initial_state"))

    def _outputs(self, last: Entry | None) -> tuple[tuple[Tensor, ...], tuple[str, ...]]:
        value = self.spec.outputs
        if value is None:
            if last is None or last.outputs is None or last.layer is None:
                return (), ()
            name = next((name for name, entry in self.known.entries.items() if entry is last), last.layer.name)
            return last.outputs, references_to(last.layer, name.split("@")[0], last.outputs)
        with self.caught():
            references = read_references(value, "outputs")
            tensors = self.known.resolve_all(references)
            if tensors is not None:
                return tensors, tuple(reference.text for reference in references.items)
        return (), ()

    def _refuse_unused(self, model: Model) -> None:
        reached = model.order.nodes
        for node, place in self.calls.places:
            if id(node) not in reached:
                help = "add it to 'outputs', name it in a 'from' below, or leave it out"
                self.problems.add("no output depends on it", place, node.operation.name, help)
        if self.is_faulty:
            raise Faulty

    def _finished(
        self, kind: str, name: str, trainable: bool, outputs: tuple[Tensor, ...], refs: tuple[str, ...]
    ) -> Model:
        order = order_of(self.inputs.tensors, outputs, self.calls.table)
        by_layer = self.calls.placed()
        placed = tuple(by_layer[id(operation)] for operation in order.operations if id(operation) in by_layer)
        return Model(
            name=name,
            number=self.number,
            trainable=trainable,
            dtype=self.dtype,
            kind=kind,
            inputs=tuple(self.inputs.tensors),
            outputs=outputs,
            output_refs=refs,
            placed=placed if kind == "Functional" else tuple(by_layer.values()),
            table=self.calls.table,
            order=order,
        )

    # Calling layers.

    def _enter(self, made: Made) -> Called:
        sibling = made.item.siblings.get("name")
        place = sibling.place if sibling is not None else made.places.get("name", made.item.place)
        self.known.refuse_twice(made.layer.name, place)
        return self.calls.enter(made)

    def _call(
        self, called: Called, inputs: tuple[Tensor, ...], states: tuple[Tensor, ...], item: Item, is_list: bool
    ) -> tuple[Tensor, ...] | None:
        """The outputs of a call; None when the layer refuses, with the problem kept."""
        self.known.entries.setdefault(called.layer.name, Entry(called.layer, None, called))
        return self.calls.call(called, inputs, states, item, is_list)

    # Models inside.

    def make_model(self, item: Item, name: str | None, trainable: bool, frozen: bool) -> Layer | None:
        """The layer of a `Sequential:` or `Model:` item. Raises ModelError."""
        context = self.context
        context.depth += 1
        try:
            if context.depth > NESTING:
                raise ModelError(Problem(f"models inside models are more than {NESTING} levels deep", item.place))
            spec, path = inner_spec(item, self.spec, self.context)
            if path is not None:
                self.count(0, item.place, layers_of_file(path, context))
                context.files.append(path)
            try:
                dtype = dtype_of(spec, self.problems) or self.dtype
                builder = Builder(context, spec, frozen=frozen, dtype=dtype)
                return builder.model_or_unbuilt(name or spec.name, trainable)
            except Faulty:
                return None
            finally:
                if path is not None:
                    context.files.pop()
        finally:
            context.depth -= 1
