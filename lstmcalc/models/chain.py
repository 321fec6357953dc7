"""A Sequential: its layers are called one after another, each on what the one above gives."""

from contextlib import suppress
from typing import ClassVar

import msgspec

from lstmcalc.errors import Place, Problems, Refusal, merge_notes
from lstmcalc.formats.inputs import StatedInput
from lstmcalc.formats.spec import Call
from lstmcalc.layers.base import Layer, Names, Tensor
from lstmcalc.layers.history import first_shape
from lstmcalc.models.assembly import Assembly, NameLayer
from lstmcalc.models.blueprint import Blueprint, Made
from lstmcalc.models.context import Calling, Faulty
from lstmcalc.models.known import Meaning, references_to
from lstmcalc.models.model import BuiltModel
from lstmcalc.reference.keys import INPUTS
from lstmcalc.shapes import Shapes, format_shape


class Waiting(Layer, frozen=True, eq=False, kw_only=True):
    """A Sequential inside a model that takes its input's shape from its first call; its layers have their names."""

    blueprint: Blueprint
    layers: tuple[Layer, ...]

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
        chain = Chain(self.blueprint, Calling(names, problems), layers=self.layers)
        model: BuiltModel | None = None
        with suppress(Faulty):
            chain.inputs.add(StatedInput(inputs[0], chain.spec.place, self.layers[0].compute_dtype))
            model = chain.call_all(self.name, self.number)
        problems.raise_found()
        assert model is not None
        return msgspec.structs.replace(model, notes=merge_notes(problems.notes))


def call_chain(
    blueprint: Blueprint, name_layer: NameLayer, calling: Calling, is_top: bool = False
) -> "BuiltModel | Waiting":
    """The Sequential of layers that all get their names before they are called.

    Without an input it waits for its first call. Raises Faulty when a problem was kept.
    """
    return Chain(blueprint, calling, is_top).assemble(name_layer)


class Chain(Assembly):
    """One Sequential while its layers are called."""

    def __init__(
        self, blueprint: Blueprint, calling: Calling, is_top: bool = False, layers: tuple[Layer | None, ...] = ()
    ) -> None:
        super().__init__(blueprint, calling, is_top)
        self.layers = layers
        calls = {call.layer: call for call in self.spec.calls}
        definitions = enumerate(self.spec.definitions)
        # The numbers of the definitions that are layers, each with its call.
        self.steps = [(n, calls[n]) for n, each in definitions if each.class_name not in INPUTS]

    def assemble(self, name_layer: NameLayer) -> "BuiltModel | Waiting":
        """The model, or what waits for its input."""
        stated = self._input()
        if stated is not None:
            self.inputs.add(stated)
        self.layers = tuple(None if made is None else name_layer(made) for made in self.blueprint.made)
        if self.is_faulty or any(self.layers[n] is None for n, _ in self.steps):
            self._call_what_can_be()
            raise Faulty
        if not self.steps:
            self.problems.add("a model has at least one layer besides its input", self.spec.place)
            raise Faulty
        own = self._own_input(stated)
        name, number = self.blueprint.name, self.blueprint.number
        if not name:
            name, number = self.names.give_numbered("Sequential")
        if stated is None and own is None:
            layers = tuple(layer for layer in self.layers if layer is not None)
            return Waiting(
                name=name,
                number=number,
                trainable=self.blueprint.trainable,
                dtype=self.blueprint.dtype,
                blueprint=self.blueprint,
                layers=layers,
            )
        if own is not None:
            self.inputs.add(own)
        return self.call_all(name, number)

    def call_all(self, name: str, number: int | None) -> BuiltModel:
        """The model, its layers called. Raises Faulty when one refuses."""
        current: tuple[Tensor, ...] | None = tuple(self.inputs.tensors)
        for position, call in self.steps:
            current = self._call_on(position, call, current or ())
            if current is None:
                raise Faulty
        self.names.give("Functional")  # a Sequential keeps a Functional inside, which takes a name
        self.inputs.refuse_unknown_bindings()
        last = self.calls.called[-1].nodes[-1].called
        outputs = current or ()
        return self.finish(name, number, outputs, references_to(last, last.name, outputs))

    def _call_on(self, position: int, call: Call, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...] | None:
        layer, made = self.layers[position], self.blueprint.made[position]
        assert layer is not None and made is not None
        given = self.gather(layer, made, call, inputs, is_list=len(inputs) > 1)
        called = self.enter(layer, made)
        self.known.meanings.setdefault(layer.name, Meaning(layer, None, called))
        node = None if given is None else self.calls.call(called, given)
        return None if node is None else node.outputs

    def _call_what_can_be(self) -> None:
        """Check the shapes of a chain down to its first faulty layer, for the sake of its problems."""
        current: tuple[Tensor, ...] | None = tuple(self.inputs.tensors)
        for position, call in self.steps:
            if not current or self.layers[position] is None:
                return
            current = self._call_on(position, call, current)

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

    def _own_input(self, stated: StatedInput | None) -> StatedInput | None:
        """The input that the first layer's own arguments mean, where the spec states none."""
        number, _ = self.steps[0]
        layer, made = self.layers[number], self.blueprint.made[number]
        assert layer is not None and made is not None
        place = made.definition.place
        if isinstance(layer, BuiltModel):
            if stated is not None or len(layer.inputs) > 1 or (len(self.steps) == 1 and not self.is_top):
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


def _place_of_older(made: Made) -> Place:
    return next((made.places[name] for name in made.older if name in made.places), made.definition.place)
