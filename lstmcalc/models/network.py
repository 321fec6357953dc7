"""A Functional model: layers are called on what stands above them, in the order in which they were written."""

from collections.abc import Iterable

from lstmcalc.errors import ModelError, Problem
from lstmcalc.formats.references import Reference, read_references
from lstmcalc.formats.spec import Call
from lstmcalc.formats.values import CallOutput, Scalar
from lstmcalc.layers.base import Layer, Tensor
from lstmcalc.models.assembly import Assembly, NameLayer
from lstmcalc.models.binding import read_name
from lstmcalc.models.blueprint import Blueprint
from lstmcalc.models.calls import Called
from lstmcalc.models.context import Calling, Faulty
from lstmcalc.models.known import Known, Meaning, list_outputs, references_to
from lstmcalc.models.model import BuiltModel
from lstmcalc.reference.keys import INPUTS


def call_network(
    blueprint: Blueprint, name_layer: NameLayer, calling: Calling, is_top: bool = False, around: Known | None = None
) -> BuiltModel:
    """The Functional model of layers that get their names in turn. Raises Faulty when a problem was kept."""
    return Network(blueprint, name_layer, calling, is_top, around).assemble()


class Network(Assembly):
    """One Functional model while its layers are called."""

    def __init__(
        self, blueprint: Blueprint, name_layer: NameLayer, calling: Calling, is_top: bool, around: Known | None
    ) -> None:
        super().__init__(blueprint, calling, is_top, around)
        self.name_layer = name_layer
        self.named: list[Layer | None] = []
        self.reused = _reused_in_groups(self.spec.calls)
        self.entered: dict[int, Called] = {}

    def assemble(self) -> BuiltModel:
        """The model. Raises Faulty when a problem was kept."""
        for stated in self.inputs.stated():
            self.inputs.add(stated)
        last: Meaning | None = None
        for call in self.spec.calls:
            self._name(call.made)
            group = None if call.repeat is None else call.repeat.group
            self.known.reused = {} if group is None else self.reused.get(id(group), {})
            last = self._reuse(call, last) if not isinstance(call.layer, int) else self._first(call.layer, call, last)
            self.known.given.append(last)
            if self.problems.are_enough:
                break
        self._order_inputs()
        self.inputs.refuse_unknown_bindings()
        if not self.inputs.tensors and not self.is_faulty:
            help = "write 'input: [timesteps, features]' or 'inputs:'"
            self.problems.add("the model has no input", self.spec.place, help=help)
            raise Faulty
        outputs, refs = self._outputs(last)
        name, number = self.blueprint.name, self.blueprint.number
        if not name:
            name, number = self.names.give_numbered("Functional")
        if self.is_faulty or not outputs:
            raise Faulty
        model = self.finish(name, number, outputs, refs)
        if not self.spec.is_saved:  # Keras saves none that no output depends on, and drops it where it is found
            self._refuse_unused(model)
        return model

    def _name(self, made: int) -> None:
        """Give names to the layers that were made by now, in their order; a faulty one is known under its own."""
        for number in range(len(self.named), made):
            definition, each = self.spec.definitions[number], self.blueprint.made[number]
            before = dict(self.names.counts)
            layer = None if each is None else self.name_layer(each, self.known)
            self.named.append(layer)
            is_first = definition.repeat is None or definition.repeat.number == 0
            if layer is None and is_first and definition.class_name not in INPUTS:
                self.known.add_faulty(definition, self.names, before)

    def _first(self, number: int, call: Call, last: Meaning | None) -> Meaning:
        """The call of a layer of its own, or an input."""
        definition = self.spec.definitions[number]
        if definition.class_name in INPUTS:
            return self._add_input(number, call)
        layer, made = self.named[number], self.blueprint.made[number]
        if layer is None or made is None:
            return Meaning(None, None)
        called = self.entered.get(number)
        if called is not None:
            return self._call(called, call, last, f"{layer.name}@{len(called.nodes)}")
        called = self.entered[number] = self.enter(layer, made)
        meaning = self._call(called, call, last, layer.name)
        first = None if definition.repeat is None else self.named[definition.repeat.first]
        if first is not None:
            self.known.repeat(first.name, definition.repeat, meaning)
        return meaning

    def _order_inputs(self) -> None:
        """Put the inputs into the order in which the spec says them, where it says one."""
        listed = [self.known.given[number] for number in self.spec.input_calls if number < len(self.known.given)]
        tensors = [each.outputs[0] for each in listed if each.outputs]
        if tensors:
            self.inputs.tensors = tensors

    def _add_input(self, number: int, call: Call) -> Meaning:
        stated = self.inputs.read(self.spec.definitions[number], call)
        if stated is None:
            return Meaning(None, None)
        return self.known.meanings[self.inputs.add(stated).operation.name]

    def _call(self, called: Called, call: Call, last: Meaning | None, name: str) -> Meaning:
        node = None
        is_first = not called.nodes
        with self.problems.caught():
            if self.spec.is_saved:
                from lstmcalc.models.saved import call_in_words_of_today

                call = call_in_words_of_today(call, called.layer)
            inputs, is_list = self._inputs(call, last, called)
            given = self.gather(called.layer, called.made, call, inputs or (), is_list, is_first)
            if inputs is not None and given is not None:
                node = self.calls.call(called, given)
        called.is_faulty = not called.nodes
        if node is None:  # a call that fails may have given fewer names than Keras: see Waiting.bind
            self.known.has_unnamed_faults = True
        meaning = Meaning(called.layer, None, called) if node is None else Meaning(node.called, node.outputs, called)
        self.known.meanings[name] = meaning
        return meaning

    def _reuse(self, call: Call, last: Meaning | None) -> Meaning:
        with self.problems.caught():
            if call.problems:
                raise ModelError(call.problems)
            assert not isinstance(call.layer, int)
            called = self.find_reused(call.layer)
            if called is not None:
                self.calls.share(called)
                meaning = self._call(called, call, last, self._call_name(call, called))
                if isinstance(call.name, Scalar):
                    self.known.repeat(str(call.name.value), call.repeat, meaning)
                return meaning
        meaning = Meaning(None, None)
        if isinstance(call.name, Scalar):
            self.known.meanings.setdefault(str(call.name.value), meaning)
        return meaning

    def _call_name(self, call: Call, called: Called) -> str:
        if call.name is None:
            return f"{called.layer.name}@{len(called.nodes)}"  # no reference can be written so by chance
        name = read_name(call.name)
        if call.repeat is not None and call.repeat.number:
            name = f"{name}_{call.repeat.number}"
        self.known.refuse_twice(name, call.name.place)
        return name

    def _inputs(self, call: Call, last: Meaning | None, called: Called) -> tuple[tuple[Tensor, ...] | None, bool]:
        """The tensors that a call's `from` names, or else the one above."""
        if call.inputs is None:
            return self._above(call, last, called), False
        references = read_references(call.inputs, "from")
        return self.known.resolve_all(references), references.is_list

    def _above(self, call: Call, last: Meaning | None, called: Called) -> tuple[Tensor, ...] | None:
        if last is None:
            if self.known.has_faulty_inputs or not self.inputs.tensors:
                return None
            if len(self.inputs.tensors) == 1:
                return (self.inputs.tensors[0],)
            names = ", ".join(tensor.operation.name for tensor in self.inputs.tensors[:20])
            message = "the model has several inputs, and no 'from' says which is meant"
            raise ModelError(Problem(message, call.place, called.layer.name, f"the inputs are: {names}"))
        if last.outputs is None or last.layer is None:
            return None
        if not last.layer.has_main_output:
            message = f"{last.layer.name} above has several outputs, and no 'from' says which is meant"
            help = f"its outputs are {list_outputs(last.layer.name, last.outputs)}"
            raise ModelError(Problem(message, call.place, called.layer.name, help))
        return last.outputs[:1]

    def _outputs(self, last: Meaning | None) -> tuple[tuple[Tensor, ...], tuple[str, ...]]:
        value = self.spec.outputs
        if value is None:
            if last is None or last.outputs is None or last.layer is None:
                return (), ()
            name = next((name for name, meaning in self.known.meanings.items() if meaning is last), last.layer.name)
            return last.outputs, references_to(last.layer, name.split("@")[0], last.outputs)
        with self.problems.caught():
            references = read_references(value, "outputs")
            tensors = self.known.resolve_all(references)
            if tensors is not None:
                return tensors, tuple(map(self._written, references.items))
        return (), ()

    def _written(self, reference: Reference | CallOutput) -> str:
        """How a spec refers to an output."""
        if isinstance(reference, Reference):
            return reference.text
        meaning = self.known.given[reference.call]
        assert meaning.layer is not None and meaning.outputs is not None
        return references_to(meaning.layer, meaning.layer.name, meaning.outputs)[reference.index]

    def _refuse_unused(self, model: BuiltModel) -> None:
        reached = model.order.nodes
        for node, place in self.calls.places:
            if id(node) not in reached:
                help = "add it to 'outputs', name it in a 'from' below, or leave it out"
                self.problems.add("no output depends on it", place, node.operation.name, help)
        if self.is_faulty:
            raise Faulty


def _reused_in_groups(calls: Iterable[Call]) -> dict[int, dict[str, str]]:
    """What each named `reuse` of a group reuses, by its name, by the identity of the group's place."""
    reused: dict[int, dict[str, str]] = {}
    for call in calls:
        group = None if call.repeat is None else call.repeat.group
        if group is not None and isinstance(call.name, Scalar) and isinstance(call.layer, Scalar):
            reused.setdefault(id(group), {})[str(call.name.value)] = str(call.layer.value)
    return reused
