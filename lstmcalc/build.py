"""Spec and layers meet: each item becomes a layer, each layer is called, and a Model stands."""

import os
import re
from collections.abc import Sequence as SequenceOf
from contextlib import suppress
from functools import cached_property
from itertools import islice
from typing import ClassVar

import msgspec

from lstmcalc.construct import Construction, Made
from lstmcalc.errors import ModelError, Place, Problem, Problems, Refusal, closest, did_you_mean, is_name, shown
from lstmcalc.graph import InputLayer, MaskOperation, Node, NodeTable, node_of, order_of
from lstmcalc.layers.arguments import DTYPE
from lstmcalc.layers.base import Layer, Names, Tensor, Weight, snake_case
from lstmcalc.layers.catalogue import INPUTS, KNOWN
from lstmcalc.layers.history import first_shape
from lstmcalc.limits import DIMENSION, LAYERS, NESTING, PROBLEMS
from lstmcalc.model import Model, Placed
from lstmcalc.shapes import Shape, Shapes, format_shape
from lstmcalc.spec.files import read_file
from lstmcalc.spec.inputs import StatedInput, read_input, read_input_call
from lstmcalc.spec.references import Reference, References, read_references
from lstmcalc.spec.spec import Item, Spec, spec_of_document
from lstmcalc.spec.values import Mapping, Scalar, Sequence, Value, kind_of, plain
from lstmcalc.spec.variables import Scope

GRAPH_KEYS = ("from", "initial_state")
REUSE_REFUSES = {
    "repeat": "the one makes new layers, the other none",
    "trainable": "it stands where the layer is first",
}


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
        self.specs: dict[str, Spec] = {}
        self.graphs: set[str] = set()
        self.depth = 0
        self.layers = 0


def build(spec: Spec, bindings: Bindings | None = None, file: str | None = None) -> Model:
    """The Model of a Spec. Raises ModelError with every mistake that can be found together."""
    problems = Problems()
    context = Context(bindings or Bindings(), _dtype_of(spec, problems) or "float32")
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
        self.first: Placed | None = None
        self.nodes: list[Node] = []

    def placed(self) -> Placed:
        assert self.first is not None
        return msgspec.structs.replace(self.first, calls=tuple(self.nodes))


class Entry(msgspec.Struct, frozen=True, eq=False):
    """What a name above means: the outputs of one call, None when the layer is at fault."""

    layer: Layer | None
    outputs: tuple[Tensor, ...] | None
    called: Called | None = None

    def output(self, which: str) -> Tensor | None:
        """The output of that state name or number, None when there is none."""
        if self.layer is None or self.outputs is None:
            return None
        if which.isascii() and which.isdigit() and len(which) < 10 and int(which) < len(self.outputs):
            return self.outputs[int(which)]
        names = self.layer.output_names
        return self.outputs[names.index(which)] if which in names else None


class Unbuilt(Layer, frozen=True, eq=False, kw_only=True):
    """A Sequential inside a model that takes its input's shape from its first call."""

    builder: "Builder"
    made: tuple[Made, ...]

    takes_mask: ClassVar[bool] = True

    @property
    def class_name(self) -> str:
        return "Sequential"

    def bound(self, inputs: Shapes, names: Names) -> Layer:
        stated = StatedInput(inputs[0], self.builder.spec.place, self.made[0].layer.compute_dtype)
        self.builder.add_input(stated)
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
        self.known: dict[str, Entry] = {}
        self.table: NodeTable = {}
        self.called: list[Called] = []
        self.inputs: list[Tensor] = []
        self.items: list[tuple[Node, Place]] = []
        self.has_unnamed_faults = False
        self.has_faulty_inputs = bool(spec.problems) and not spec.inputs

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
        help = "write 'input: [timesteps, features]', or input_shape in the first layer"
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
            self.add_input(stated)
        made, before_fault = self._make_chain()
        if self.spec.kind != "sequential" and not all(map(self._is_single, made)):
            self._start_again(names, layers)
            return self.functional(name, trainable)
        if self.is_faulty:
            if self.inputs:
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
        self.known.clear()
        self.table.clear()
        self.inputs.clear()
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

    # Inputs.

    def _stated_inputs(self) -> list[StatedInput]:
        """What the spec says of its inputs, each problem kept."""
        stated: list[StatedInput] = []
        for each in self.spec.inputs:
            with self.caught():
                stated.append(read_input(each.value, None if each.name is None else self._input_name(each.name)))
        self.has_faulty_inputs |= len(stated) < len(self.spec.inputs)
        return stated

    def _input_name(self, key: Scalar) -> str:
        name = key.text if not isinstance(key.value, str) else key.value
        if not is_name(name):
            message = f"an input's name must be a name without '/', but is {shown(name)}"
            raise ModelError(Problem(message, key.place))
        return name

    def _read_input_item(self, item: Item) -> StatedInput | None:
        with self.caught():
            if item.problems:
                raise ModelError(item.problems)
            for key in (*GRAPH_KEYS, "repeat", "trainable"):
                if key in item.siblings:
                    raise ModelError(Problem(f"an Input has no '{key}': nothing is called", item.siblings[key].place))
            stated = read_input_call(item.place, item.args, item.kwargs)
            sibling = item.siblings.get("name")
            if isinstance(sibling, Scalar) and sibling.value is not None:
                return msgspec.structs.replace(stated, name=self._input_name(sibling))
            return stated
        self.has_faulty_inputs = True
        return None

    def add_input(self, stated: StatedInput) -> Tensor:
        """One more input of the model."""
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

    def _chain_input(self) -> StatedInput | None:
        """The input that the spec states, in `input` or as its first item; None when it does not."""
        stated = self._stated_inputs()
        first = self.spec.items[0] if self.spec.items else None
        if first is None or first.class_name not in INPUTS:
            return stated[0] if stated else None
        if stated:
            message = "the model has an 'input' and an Input layer: one of them is too many"
            self.problems.add(message, first.place)
            return stated[0]
        return self._read_input_item(first)

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
            self.add_input(own)
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
        current = tuple(self.inputs)
        for each in made:
            called = self._enter(each)
            called_outputs = self._call(called, current, (), each.item, is_list=len(current) > 1)
            if called_outputs is None:
                raise Faulty
            current = called_outputs
        self.names.give("Functional")  # a Sequential keeps a Functional inside, which takes a name
        self._refuse_unknown_bindings()
        last = self.called[-1].layer
        return self._finished("Sequential", name, trainable, current, _references(last, last.name, current))

    def _call_what_can_be(self, made: list[Made]) -> None:
        """Check the shapes of a chain down to its first faulty item, for the sake of its problems."""
        current: tuple[Tensor, ...] | None = tuple(self.inputs)
        for each in made:
            if current is None:
                return
            current = self._call(self._enter(each), current, (), each.item, is_list=len(current) > 1)

    # A graph of layers.

    def functional(self, name: str | None, trainable: bool) -> Model:
        """The Functional model: items call layers on what stands above them."""
        for stated in self._stated_inputs():
            self.add_input(stated)
        last: Entry | None = None
        for item in self.spec.items:
            last = self._graph_item(item, last)
            if self.problems.are_enough:
                break
        self._refuse_unknown_bindings()
        if not self.inputs and not self.is_faulty:
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
            stated = self._read_input_item(item)
            if stated is None:
                return Entry(None, None)
            tensor = self.add_input(stated)
            return self.known[tensor.operation.name]
        if item.reuse is not None:
            return self._reuse(item, last)
        names = dict(self.names.counts)
        made = self.make_all(item)
        if not made:
            return self._faulty_entry(item, names)
        for position, each in enumerate(made):
            last = self._graph_call(self._enter(each), item, last, each.layer.name, position == 0)
        name = made[0].layer.name
        if len(made) > 1 and last is not None:
            self.known[name] = last  # a repeated layer's name means the last of them
        assert last is not None
        return last

    def _faulty_entry(self, item: Item, names: dict[str, int]) -> Entry:
        """What stands for an item at fault, under the name that it would have."""
        entry = Entry(None, None)
        name = item.siblings.get("name") or next((value for key, value in item.kwargs if key.value == "name"), None)
        if isinstance(name, Scalar) and isinstance(name.value, str):
            self.known.setdefault(name.value, entry)
            return entry
        class_name = item.class_name if item.class_name in KNOWN else closest(item.class_name, KNOWN)
        class_name = "Functional" if class_name == "Model" else class_name
        if class_name:
            if self.names.counts == names:
                self.names.give(class_name)
            count = self.names.counts.get(snake_case(class_name), 1) - 1
            self.known.setdefault(f"{snake_case(class_name)}_{count}" if count else snake_case(class_name), entry)
        self.has_unnamed_faults = True
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
        entry = Entry(None, None)
        with self.caught():
            called = self._reused(item)
            if called is not None:
                return self._graph_call(called, item, last, self._call_name(item, called))
        name = item.siblings.get("name")
        if isinstance(name, Scalar):
            self.known.setdefault(str(name.value), entry)
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
        entry = self.known.get(name)
        if entry is None and self._may_be_faulty(name):
            return None
        if entry is None or (entry.called is None and entry.layer is not None):
            names = [name for name, each in self.known.items() if each.called is not None and "@" not in name]
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
            if self.has_faulty_inputs:
                return None, False
            if len(self.inputs) == 1:
                return (self.inputs[0],), False
            if not self.inputs:
                return None, False
            names = ", ".join(tensor.operation.name for tensor in self.inputs[:20])
            message = "the model has several inputs, and no 'from' says which is meant"
            raise ModelError(Problem(message, item.place, called.layer.name, f"the inputs are: {names}"))
        if last.outputs is None or last.layer is None:
            return None, False
        if not last.layer.has_main_output:
            message = f"{last.layer.name} above has several outputs, and no 'from' says which is meant"
            help = f"its outputs are {_numbered(last.layer.name, last.outputs)}"
            raise ModelError(Problem(message, item.place, called.layer.name, help))
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
            if problems.are_enough:
                break
        problems.raise_found()
        return tuple(tensors) if len(tensors) == len(references.items) else None

    def _resolve(self, reference: Reference) -> Tensor | None:
        name, which = reference.text, ""
        entry = self.known.get(name)
        if entry is None and "." in name:
            name, which = name.rsplit(".", 1)
            entry = self.known.get(name)
        if entry is None and self._may_be_faulty(reference.text):
            return None
        if entry is None:
            raise self._unknown_reference(reference)
        if entry.outputs is None or entry.layer is None:
            return None
        if not which:
            if entry.layer.has_main_output:
                return entry.outputs[0]
            help = f"its outputs are {_numbered(name, entry.outputs)}"
            raise ModelError(Problem(f"{shown(name)} has several outputs: which is meant?", reference.place, help=help))
        found = entry.output(which)
        if found is None:
            given = [label or str(i) for i, label in enumerate(entry.layer.output_names)]
            help = f"its outputs are {', '.join(f'{name}.{each}' for each in given)}"
            if len(given) == 1:
                help = f"it has one output, '{name}'"
                help += "; return_state: true gives its states too" if entry.layer.state_names else ""
            raise ModelError(Problem(f"{shown(name)} has no output {shown(which)}", reference.place, help=help))
        return found

    def _may_be_faulty(self, name: str) -> bool:
        """Whether a name that nothing has may be that of an input, or of an unnamed item, at fault."""
        if self.has_faulty_inputs:
            return True
        prefix = re.sub(r"(_\d+)?(\..*)?$", "", name)
        return self.has_unnamed_faults and prefix in {snake_case(each) for each in KNOWN}

    def _unknown_reference(self, reference: Reference) -> ModelError:
        name = reference.text
        above = [each for each in islice(self.known, 1000) if "@" not in each]
        if {name, name.rsplit(".", 1)[0]} & self._written_names:
            help: str | None = "it stands here or below: a reference names something above it"
        else:
            help = did_you_mean(name, above)
        if help is None:
            help = f"above are: {', '.join(above[:20])}" if above else "nothing stands above"
        return ModelError(Problem(f"{shown(name)} names nothing above", reference.place, help=help))

    @cached_property
    def _written_names(self) -> set[object]:
        """The names that stand beside a class, above or below."""
        return {value.value for item in self.spec.items if isinstance(value := item.siblings.get("name"), Scalar)}

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
        if self.is_faulty:
            raise Faulty

    # Calling layers.

    def _enter(self, made: Made) -> Called:
        name = made.layer.name
        sibling = made.item.siblings.get("name")
        self._refuse_twice(name, sibling.place if sibling is not None else made.places.get("name", made.item.place))
        called = Called(made)
        self.called.append(called)
        return called

    def _refuse_twice(self, name: str, place: Place) -> None:
        if name in self.known and not (self.known[name].layer is None and self.known[name].outputs is None):
            message = f"the name {shown(name)} is used twice: each layer has its own"
            self.problems.add(message, place, help="give one of them another name")

    def _call(
        self, called: Called, inputs: tuple[Tensor, ...], states: tuple[Tensor, ...], item: Item, is_list: bool
    ) -> tuple[Tensor, ...] | None:
        """Call a layer; None when it refuses, with the problem kept."""
        layer = called.layer
        self.known.setdefault(layer.name, Entry(layer, None, called))
        try:
            _check_count(layer, len(inputs), is_list)
            is_copied = _is_copied(layer, inputs, states, is_list)
            given = self._copied(layer, inputs, states) if is_copied else inputs
            outputs = self._shapes_of(called, inputs, states)
        except Faulty:
            return None
        except Refusal as refusal:
            places = {key: value.place for key, value in item.siblings.items()} | called.made.places
            place = places.get(refusal.argument or "", item.place)
            advice = self._advice(layer, inputs) or refusal.help
            self.problems.add(refusal.message, place, layer.name, advice)
            return None
        layer = called.layer
        index = len(called.nodes)
        masks = layer.masks(given, self._added_operation)
        dtypes = layer.output_dtypes(given, len(outputs))
        tensors = tuple(
            Tensor(shape, dtype, layer, index, position, masks[position] if position < len(masks) else None)
            for position, (shape, dtype) in enumerate(zip(outputs, dtypes, strict=True))
        )
        recorded = (*inputs, *states, *(() if is_copied else _recorded_masks(layer, inputs, states)))
        node = Node(layer, index, recorded, tensors, tuple(tensor.shape for tensor in inputs))
        called.nodes.append(node)
        self.table[id(layer), index] = node
        self.items.append((node, item.place))
        return tensors

    def _shapes_of(self, called: Called, inputs: tuple[Tensor, ...], states: tuple[Tensor, ...]) -> Shapes:
        layer, shapes = called.layer, tuple(tensor.shape for tensor in inputs)
        if not called.nodes:
            layer = called.layer = layer.bound(shapes, self.names)
            outputs = layer.output_shapes(shapes)
            called.first = _place(layer, shapes)
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

    def _copied(self, layer: Layer, inputs: tuple[Tensor, ...], states: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Copies of the inputs in the layer's own dtype; the states are copied as well, and take names."""
        copies = [self._cast(tensor, layer) for tensor in (*inputs, *states)]
        return tuple(copies[: len(inputs)])

    def _cast(self, tensor: Tensor, layer: Layer) -> Tensor:
        dtype = layer.input_dtype
        if not layer.casts_inputs or "float" not in tensor.dtype or tensor.dtype == dtype:
            return tensor
        cast = self._added_operation("Cast", (tensor,), tensor.shape, dtype)
        return msgspec.structs.replace(cast, mask=tensor.mask)

    def _added_operation(
        self, class_name: str, inputs: SequenceOf[Tensor], shape: Shape, dtype: str = "bool"
    ) -> Tensor:
        operation = MaskOperation(self.names.give(class_name), class_name)
        tensor = Tensor(shape, dtype, operation, 0, 0)
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
                dtype = _dtype_of(spec, self.problems) or self.dtype
                builder = Builder(context, spec, frozen=frozen, dtype=dtype)
                return builder.model_or_unbuilt(name or spec.name, trainable)
            except Faulty:
                return None
            finally:
                if path is not None:
                    context.files.pop()
        finally:
            context.depth -= 1

    def _inner_spec(self, item: Item) -> tuple[Spec, str | None]:
        if item.class_name == "Sequential":
            return _sequential_spec(item, self.spec.directory, self.scope), None
        value = item.args[0] if item.args else Mapping(item.kwargs, item.place)
        if isinstance(value, Scalar) and isinstance(value.value, str) and len(item.args) == 1:
            return self._file_spec(value)
        if not isinstance(value, Mapping) or not value.entries or len(item.args) > 1:
            help = "write 'Model: {inputs: ..., layers: ..., outputs: ...}' or 'Model: path/to/other.yaml'"
            found = f", not {kind_of(item.args[-1])}" if item.args else ""
            place = item.args[-1].place if item.args else item.place
            raise ModelError(Problem(f"Model takes a model or a path to one{found}", place, help=help))
        spec = spec_of_document(value, {}, self.spec.directory, self.scope)
        sibling = item.siblings.get("name")
        if spec.name is not None and sibling is not None:
            message = "'name' is given twice: beside the class and among its arguments"
            raise ModelError(Problem(message, sibling.place, help="leave one of them out"))
        return (spec if spec.kind else msgspec.structs.replace(spec, kind="functional")), None

    def _file_spec(self, value: Scalar) -> tuple[Spec, str]:
        path = os.path.join(self.spec.directory, str(value.value))
        name = shown(value.value)
        real = os.path.realpath(path) if "\0" not in path else path
        if real in self.context.files:
            raise ModelError(Problem(f"the model {name} contains itself", value.place))
        if real not in self.context.specs:
            try:
                self.context.specs[real] = read_file(path, {})
            except ModelError as error:
                if error.problems[0].place is not None:
                    raise
                raise ModelError(Problem(f"the model {name} {error.message}", value.place)) from None
        return self.context.specs[real], real


def _dtype_of(spec: Spec, problems: Problems) -> str | None:
    """The dtype that a spec gives its weights, None when it gives none; a wrong one is kept as a problem."""
    if spec.dtype is None:
        return None
    try:
        return None if plain(spec.dtype) is None else str(DTYPE.read(plain(spec.dtype)))
    except Refusal as refusal:
        problems.add(f"dtype {refusal.message}", spec.dtype.place, help=refusal.help)
    return None


def _sequential_spec(item: Item, directory: str, scope: Scope) -> Spec:
    problems, taken = Problems(), ("layers", "input", "name", "trainable")
    named = {str(key.value): value for key, value in item.kwargs}
    for key, _ in item.kwargs:
        if key.value not in taken:
            help = did_you_mean(str(key.value), taken) or f"it takes {', '.join(taken)}"
            problems.add(f"Sequential has no argument {shown(str(key.value))}", key.place, help=help)
    layers = item.args[0] if item.args else named.get("layers")
    if not isinstance(layers, Sequence) or len(item.args) > 1:
        problems.raise_found()
        help = "write 'Sequential: [...]' or 'Sequential: {layers: [...]}'"
        culprit = item.args[-1] if item.args else layers
        found = f", not {kind_of(culprit)}" if culprit is not None else ""
        place = item.place if culprit is None else culprit.place
        raise ModelError(Problem(f"Sequential takes a list of layers{found}", place, help=help))
    entries = tuple((key, value) for key, value in item.kwargs if key.value == "input")
    document = Mapping((*entries, (Scalar("layers", layers.place), layers)), item.place)
    spec = spec_of_document(document, {}, directory, scope)
    return msgspec.structs.replace(spec, kind="sequential", problems=(*problems.found, *spec.problems))


def _place(layer: Layer, inputs: Shapes) -> Placed:
    """A layer with its weights, its own before those of the layers inside, as Keras lists them."""
    if isinstance(layer, Model):
        return Placed(layer, layer.all_weights(), layer.placed, (), inputs)
    layer.check_initializers(layer.weights(inputs))
    inner = tuple(_place(each, shapes) for each, shapes in layer.inner(inputs))
    own = layer.weights(inputs)
    weights = layer.arranged(own, tuple(weight for each in inner for weight in each.weights))
    return Placed(layer, weights, inner, (), inputs, own)


def _check_count(layer: Layer, count: int, is_list: bool) -> None:
    if isinstance(layer, Model | Unbuilt):
        return
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


def _is_copied(layer: Layer, inputs: tuple[Tensor, ...], states: tuple[Tensor, ...], is_list: bool) -> bool:
    """Whether `Layer.__call__` copies its arguments: several, in a list, or of another dtype than the layer's."""
    is_plain = len(inputs) == 1 and not is_list and not states and inputs[0].dtype == layer.input_dtype
    return layer.converts_inputs and not is_plain


def _recorded_masks(layer: Layer, inputs: tuple[Tensor, ...], states: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """The masks that Keras 3 records as inputs of the call.

    `Layer.__call__` adds the mask to the keyword arguments that it was given, and the
    node sees it only where they were not copied first; with initial states it adds none.
    """
    if not layer.takes_mask or states:
        return ()
    return tuple(tensor.mask for tensor in inputs if tensor.mask is not None)


def _references(layer: Layer, name: str, outputs: tuple[Tensor, ...]) -> tuple[str, ...]:
    """How a spec refers to each output of a layer."""
    names = layer.output_names
    main = name if layer.has_main_output else f"{name}.0"
    return (main, *(f"{name}.{names[i] or i}" for i in range(1, len(outputs))))


def _numbered(name: str, outputs: SequenceOf[Tensor]) -> str:
    return ", ".join(f"{name}.{i}" for i in range(len(outputs)))


__all__ = ["Bindings", "Value", "build"]
