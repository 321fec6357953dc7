"""A Sequential: its layers are called one after another, each on what the one above gives."""

from collections.abc import Iterable
from contextlib import suppress
from typing import ClassVar

import msgspec

from lstmcalc.errors import ModelError, Place, Problem, Problems, Refusal, merge_notes
from lstmcalc.formats.inputs import StatedInput
from lstmcalc.formats.spec import Call
from lstmcalc.formats.values import Value
from lstmcalc.layers.base import Layer, Names, Tensor
from lstmcalc.layers.history import first_shape
from lstmcalc.models.assembly import Assembly, NameLayer
from lstmcalc.models.blueprint import Blueprint, Made
from lstmcalc.models.calls import Called
from lstmcalc.models.context import Calling, Faulty
from lstmcalc.models.known import Known, Meaning, references_to
from lstmcalc.models.model import BuiltModel
from lstmcalc.reference.keys import INPUTS
from lstmcalc.shapes import Shapes, format_shape


class Waiting(Layer, frozen=True, eq=False, kw_only=True):
    """A Sequential inside a model that takes its input's shape from its first call; its layers have their names."""

    blueprint: Blueprint
    steps: "tuple[Link, ...]"

    mask_arguments: ClassVar[tuple[str, ...]] = ("mask",)
    inputs_taken: ClassVar[tuple[int, int | None]] = (1, None)

    @property
    def class_name(self) -> str:
        return "Sequential"

    @property
    def output_names(self) -> tuple[str | None, ...]:
        return self.blueprint.output_names

    def bind(self, inputs: Shapes, names: Names) -> Layer:
        """The model that it is from its first call on. Raises ModelError."""
        problems = Problems()
        chain = Chain(self.blueprint, Calling(names, problems), False, None)
        model: BuiltModel | None = None
        with suppress(Faulty):
            first = self.steps[0].called.layer.compute_dtype
            chain.inputs.add(StatedInput(inputs[0], chain.spec.place, first))
            model = chain.call_all(self.steps, self.name, self.number)
        problems.raise_found()
        assert model is not None
        return msgspec.structs.replace(model, notes=merge_notes(problems.notes))


def call_chain(
    blueprint: Blueprint, name_layer: NameLayer, calling: Calling, is_top: bool = False, around: Known | None = None
) -> "BuiltModel | Waiting":
    """The Sequential of layers that all get their names before they are called.

    Without an input it waits for its first call. Raises Faulty when a problem was kept.
    """
    return Chain(blueprint, calling, is_top, around).assemble(name_layer)


class Link(msgspec.Struct, frozen=True, eq=False):
    """A call of a chain, and the layer that is called: one of its own, or one that it shares with a model around."""

    call: Call
    called: Called


class Chain(Assembly):
    """One Sequential while its layers are called."""

    def assemble(self, name_layer: NameLayer) -> "BuiltModel | Waiting":
        """The model, or what waits for its input."""
        stated = self._input()
        if stated is not None:
            self.inputs.add(stated)
        named = [self._step(call, name_layer) for call in self.spec.calls if not self._is_input(call)]
        steps = _before_a_fault(named)
        if self.is_faulty or len(steps) < len(named):
            self._call_what_can_be(steps)
            raise Faulty
        if not steps:
            self.problems.add("a model has at least one layer besides its input", self.spec.place)
            raise Faulty
        own = self._own_input(stated, steps[0], len(steps))
        name, number = self.blueprint.name, self.blueprint.number
        if not name:
            name, number = self.names.give_numbered("Sequential")
        if stated is None and own is None:
            return Waiting(
                name=name,
                number=number,
                trainable=self.blueprint.trainable,
                dtype=self.blueprint.dtype,
                blueprint=self.blueprint,
                steps=steps,
            )
        if own is not None:
            self.inputs.add(own)
        return self.call_all(steps, name, number)

    def call_all(self, steps: "tuple[Link, ...]", name: str, number: int | None) -> BuiltModel:
        """The model, its layers called. Raises Faulty when one refuses."""
        current: tuple[Tensor, ...] | None = tuple(self.inputs.tensors)
        for step in steps:
            current = self._call_on(step, current or ())
            if current is None:
                raise Faulty
        self.names.give("Functional")  # a Sequential keeps a Functional inside, which takes a name
        self.inputs.refuse_unknown_bindings()
        last = self.calls.called[-1].nodes[-1].called
        outputs = current or ()
        return self.finish(name, number, outputs, references_to(last, last.name, outputs))

    def _is_input(self, call: Call) -> bool:
        return isinstance(call.layer, int) and self.spec.definitions[call.layer].class_name in INPUTS

    def _step(self, call: Call, name_layer: NameLayer) -> Link | None:
        """A call with its layer, which gets its name; None where it is at fault."""
        if not isinstance(call.layer, int):
            return self._shared(call, call.layer)
        made = self.blueprint.made[call.layer]
        layer = None if made is None else name_layer(made, self.known)
        if layer is None or made is None:
            return None
        self.refuse_twice(layer, made)
        saved = made.definition.saved
        called = self.enter(layer, made) if saved is not None and saved.shared is not None else Called(layer, made)
        self.known.meanings.setdefault(layer.name, Meaning(layer, None, called))  # models inside may share it
        return Link(call, called)

    def _shared(self, call: Call, reference: Value) -> Link | None:
        """A call of a layer of the model around."""
        with self.problems.caught():
            if call.problems:
                raise ModelError(call.problems)
            called = self.find_reused(reference)
            if called is None:
                return None
            if self.known.meanings.get(called.layer.name) is not None:
                message = "a Sequential calls each of its layers once"
                raise ModelError(Problem(message, call.place, called.layer.name))
            return Link(call, called)
        return None

    def _call_on(self, step: Link, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...] | None:
        called = step.called
        is_first = not called.nodes
        given = self.gather(called.layer, called.made, step.call, inputs, len(inputs) > 1, is_first)
        self.calls.share(called)
        node = None if given is None else self.calls.call(called, given)
        called.is_faulty = not called.nodes
        return None if node is None else node.outputs

    def _call_what_can_be(self, steps: tuple[Link, ...]) -> None:
        """Check the shapes of a chain down to its first faulty layer, for the sake of its problems."""
        current: tuple[Tensor, ...] | None = tuple(self.inputs.tensors)
        for step in steps:
            if not current:
                return
            current = self._call_on(step, current)

    # Its input.

    def _input(self) -> StatedInput | None:
        """The input that the spec states, in `input` or as its first item; None when it does not."""
        stated = self.inputs.stated()
        first = self.spec.definitions[0] if self.spec.definitions else None
        if first is None or first.class_name not in INPUTS:
            return stated[0] if stated else None
        if stated:
            message = "the model has an 'input' and an Input layer: one of them is too many"
            self.problems.add(message, first.place)
            return stated[0]
        return self.inputs.read(first, self.spec.calls[0])

    def _own_input(self, stated: StatedInput | None, first: Link, length: int) -> StatedInput | None:
        """The input that the first layer's own arguments mean, where the spec states none."""
        layer, made = first.called.layer, first.called.made
        place = made.definition.place
        if isinstance(layer, BuiltModel):
            if stated is not None or len(layer.inputs) > 1 or (length == 1 and not self.is_top):
                return None
            return StatedInput(layer.inputs[0].shape, place, layer.compute_dtype)
        own = self._first_shape(made)
        if own is not None and stated is not None:
            if own.shape[1:] != stated.shape[1:]:
                message = (
                    f"{layer.class_name} says that its input is {format_shape(own.shape)}, "
                    f"but the model's is {format_shape(stated.shape)}"
                )
                self.problems.add(message, own.place, help="state the input once")
                raise Faulty
            return None
        if own is None and stated is None and self.is_top and layer.assumed_input is not None:
            return StatedInput(layer.assumed_input, place)
        return own

    def _first_shape(self, made: Made) -> StatedInput | None:
        layer, place = made.layer, made.definition.place
        try:
            shape = first_shape(type(layer), made.older)
        except Refusal as refusal:
            culprit = made.places.get(refusal.argument or "", place)
            self.problems.add(f"{layer.class_name}: {refusal.message}", culprit, help=refusal.help)
            raise Faulty from None
        return None if shape is None else StatedInput(shape, _place_of_older(made))


def _before_a_fault(steps: Iterable[Link | None]) -> tuple[Link, ...]:
    """The steps down to the first that is at fault."""
    found: list[Link] = []
    for step in steps:
        if step is None:
            break
        found.append(step)
    return tuple(found)


def _place_of_older(made: Made) -> Place:
    return next((made.places[name] for name in made.older if name in made.places), made.definition.place)
