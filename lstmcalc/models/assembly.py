"""What a chain and a graph have in common while their layers are called."""

from collections.abc import Callable
from typing import Any

from lstmcalc.errors import ModelError, Place, Problem, did_you_mean, shown
from lstmcalc.formats.references import Reference, References, read_references
from lstmcalc.formats.spec import Call
from lstmcalc.formats.values import Scalar, Sequence, Value
from lstmcalc.layers.base import Layer, Tensor
from lstmcalc.models.binding import read_value
from lstmcalc.models.blueprint import Blueprint, Made
from lstmcalc.models.calls import Called, Calls, Given
from lstmcalc.models.context import Calling
from lstmcalc.models.graph import order_of
from lstmcalc.models.inputs import Inputs
from lstmcalc.models.known import Known, Meaning
from lstmcalc.models.model import BuiltModel
from lstmcalc.reference.keys import CALL_FLAGS, MASKS

# The layer with its name, of one model with the names that are known there; None for one at fault.
NameLayer = Callable[[Made, Known], Layer | None]

TAKES_MASKS = "recurrent layers, attention, Softmax and GlobalAveragePooling1D do"


class Assembly:
    """One model while its layers are called: the names above, the calls so far, and its inputs."""

    def __init__(self, blueprint: Blueprint, calling: Calling, is_top: bool, around: Known | None) -> None:
        self.blueprint = blueprint
        self.spec = blueprint.spec
        self.is_top = is_top
        self.names = calling.names
        self.shared = calling.shared
        self.problems = calling.problems
        self.known_faults = len(self.problems.found)
        self.known = Known(self.spec, self.problems, around)
        self.calls = Calls(self.names, self.problems)
        self.inputs = Inputs(calling, self.spec, self.known, self.calls, is_top)

    @property
    def is_faulty(self) -> bool:
        """Whether a problem of this model was kept, while its layers were made or since."""
        return self.blueprint.is_faulty or len(self.problems.found) > self.known_faults

    def enter(self, layer: Layer, made: Made) -> Called:
        """A layer that is going to be called; another of its name is a problem.

        One that a saved model has elsewhere too is the one there.
        """
        self.refuse_twice(layer, made)
        saved = made.definition.saved
        number = None if saved is None else saved.shared
        if number is None:
            return self.calls.enter(layer, made)
        if number in self.shared:
            self.calls.share(self.shared[number])
        else:
            self.shared[number] = self.calls.enter(layer, made)
        return self.shared[number]

    def refuse_twice(self, layer: Layer, made: Made) -> None:
        """Keep a problem for a layer of a name that is there."""
        name = made.definition.name
        place = name.place if name is not None else made.places.get("name", made.definition.place)
        self.known.refuse_twice(layer.name, place)

    def gather(
        self, layer: Layer, made: Made, call: Call, inputs: tuple[Tensor, ...], is_list: bool, is_first: bool = True
    ) -> Given | None:
        """What a call is given; None when it names what is at fault, or when a problem was kept."""
        with self.problems.caught():
            self._refuse_arguments(layer, made, call)
            states = self._states(call)
            masks = {key: self._masks(key, call.arguments[key]) for key in MASKS if key in call.arguments}
            if states is None or None in masks.values():
                return None
            arguments = self._arguments(layer, call)
            if is_first:
                arguments = made.of_call | arguments
            places = {key: value.place for key, value in call.arguments.items()}
            if call.inputs is not None:
                places["from"] = call.inputs.place
            present = {key: each for key, each in masks.items() if each}
            return Given(inputs, call.place, is_list, states, present, arguments, places, self.spec.is_saved)
        return None

    def _refuse_arguments(self, layer: Layer, made: Made, call: Call) -> None:
        """Refuse arguments of a call that the layer does not take, and what is given twice. Raises ModelError."""
        for key, value in call.arguments.items():
            if key in made.of_call:
                message = f"'{key}' is given twice: beside the class and among its arguments"
                raise ModelError(Problem(message, value.place, help="leave one of them out"))
            if key in CALL_FLAGS and key not in layer.call_arguments:
                raise ModelError(Problem(f"{layer.class_name} takes no {key}", value.place, layer.name))
            if key in MASKS and key not in layer.mask_arguments:
                taken = f"it takes {', '.join(layer.mask_arguments)}" if layer.mask_arguments else TAKES_MASKS
                raise ModelError(Problem(f"{layer.class_name} takes no {key}", value.place, layer.name, taken))

    def _arguments(self, layer: Layer, call: Call) -> dict[str, Any]:
        """The plain arguments of a call. Raises ModelError."""
        rules = layer.call_arguments
        return {
            key: read_value(rules[key], value, f"{layer.class_name}: {key}")
            for key, value in call.arguments.items()
            if key in rules
        }

    def _states(self, call: Call) -> tuple[Tensor, ...] | None:
        value = call.arguments.get("initial_state")
        if value is None or _is_null(value):
            return ()
        return self.known.resolve_all(read_references(value, "initial_state"))

    def _masks(self, key: str, value: Value) -> tuple[Tensor | None, ...] | None:
        """The masks that a call names, null for none of an input; None where one is a faulty layer's."""
        if _is_null(value):
            return ()
        items = value.items if isinstance(value, Sequence) else (value,)
        named = tuple(each for each in items if not _is_null(each))
        if not named:
            return ()
        found = self.known.resolve_all(read_references(Sequence(named, value.place), key))
        if found is None:
            return None
        tensors = iter(found)
        return tuple(None if _is_null(each) else next(tensors) for each in items)

    def find_reused(self, reference: Value) -> Called | None:
        """The layer that `reuse` names, here or in a model around; None when it is at fault. Raises ModelError."""
        references: References = read_references(reference, "reuse")
        if references.is_list:
            raise ModelError(Problem("'reuse' takes one name, not a list", references.place))
        first, place = references.items[0], references.place
        assert isinstance(first, Reference)
        name = first.text
        known: Known | None = self.known
        while known is not None:
            meaning = known.find(name)
            if meaning is None and known.may_be_faulty(name):
                return None
            if meaning is not None:
                return self._reused(meaning, Reference(name, place), known is not self.known)
            known = known.around
        raise self._no_layer(name, place)

    def _reused(self, meaning: Meaning, reference: Reference, is_shared: bool) -> Called | None:
        """The layer of a name that stands above; None when it is at fault. Raises ModelError."""
        called, place = meaning.called, reference.place
        if called is None and meaning.layer is not None:
            raise ModelError(Problem(f"{shown(reference.text)} is an input, and no layer", place))
        if called is None or called.is_faulty:
            return None
        if is_shared and self.blueprint.is_frozen and not called.layer.is_frozen:
            message = f"{shown(reference.text)} is a layer of the model around, which this model would freeze there too"
            help = f"write 'trainable: false' beside {shown(reference.text)} itself"
            raise ModelError(Problem(message, place, help=help))
        return called

    def _no_layer(self, name: str, place: Place) -> ModelError:
        names: list[str] = []
        known: Known | None = self.known
        while known is not None:
            names += [name for name, each in known.meanings.items() if each.called is not None and "@" not in name]
            known = known.around
        help = did_you_mean(name, names)
        if help is None and self.blueprint.is_closed:
            help = "a model in a file of its own sees no layer of the model around"
        if help is None:
            help = f"the layers above are: {', '.join(names[:20])}" if names else "no layer stands above"
        return ModelError(Problem(f"{shown(name)} is no layer above", place, help=help))

    def finish(self, name: str, number: int | None, outputs: tuple[Tensor, ...], refs: tuple[str, ...]) -> BuiltModel:
        """The model of all calls."""
        order = order_of(self.inputs.tensors, outputs, self.calls.table)
        by_layer = self.calls.placed()
        placed = tuple(by_layer[id(operation)] for operation in order.operations if id(operation) in by_layer)
        return BuiltModel(
            name=name,
            number=number,
            trainable=self.blueprint.trainable,
            dtype=self.blueprint.dtype,
            kind=self.blueprint.kind,
            inputs=tuple(self.inputs.tensors),
            outputs=outputs,
            output_refs=refs,
            placed=placed if self.blueprint.kind == "Functional" else tuple(by_layer.values()),
            table=self.calls.table,
            order=order,
        )


def _is_null(value: Value) -> bool:
    return isinstance(value, Scalar) and value.value is None
