"""Layers around a layer: TimeDistributed and Bidirectional."""

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from lstmcalc.errors import Refusal
from lstmcalc.layers.arguments import MergeMode, Values
from lstmcalc.layers.base import Layer, MaskMaker, Names, OptionalWrapped, Product, Tensor, Wrapped, product_of
from lstmcalc.layers.core import PassesMask
from lstmcalc.layers.recurrent import Recurrent, last_output_advice
from lstmcalc.shapes import Shape, Shapes, format_shape


class TimeDistributed(PassesMask, frozen=True, eq=False, kw_only=True):
    """The same layer, with the same weights, on each timestep (keras.layers.TimeDistributed).

    Input: (samples, timesteps, ...)
    Output: (samples, timesteps, what the layer gives for one timestep)
    Params: those of the layer, once
    """

    takes_mask: ClassVar[bool] = True
    first_axis_is_time: ClassVar[bool] = True

    layer: Wrapped

    def inner(self, inputs: Shapes) -> tuple[tuple[Layer, Shapes], ...]:
        return ((self.layer, self._step(inputs)),)

    def bound(self, inputs: Shapes, names: Names) -> Layer:
        layer = self.layer.bound(self._step(inputs), names)
        return self if layer is self.layer else msgspec.structs.replace(self, layer=layer)

    def output_shapes(self, inputs: Shapes) -> Shapes:
        outputs = self.layer.output_shapes(self._step(inputs))
        if len(outputs) != 1:
            raise Refusal(
                f"TimeDistributed takes a layer with one output, but {self.layer.class_name} gives {len(outputs)}",
                "leave out return_state inside TimeDistributed",
            )
        (output,) = outputs
        samples, timesteps = inputs[0][:2]
        return ((samples, timesteps, *output[1:]),)

    def products(self, inputs: Shapes) -> tuple[Product, ...] | None:
        inner = self.layer.products(self._step(inputs))
        timesteps = product_of(inputs[0][1])
        if inner is None:
            return None
        return tuple(Product((*timesteps.factors, *each.factors), timesteps.unknown + each.unknown) for each in inner)

    def _step(self, inputs: Shapes) -> Shapes:
        if len(inputs[0]) < 3:
            raise Refusal(
                "TimeDistributed takes at least 3 axes (samples, timesteps, ...), "
                f"but its input has {len(inputs[0])}: {format_shape(inputs[0])}"
            )
        low, _ = self.layer.inputs_taken
        if low > 1 or self.layer.takes_list:
            raise Refusal(f"TimeDistributed gives its layer one tensor, but {self.layer.class_name} takes a list")
        samples, _, *axes = inputs[0]
        step: Shape = (samples, *axes)
        return (step,)


class Bidirectional(Layer, frozen=True, eq=False, kw_only=True):
    """A recurrent layer forwards and a second one backwards (Schuster and Paliwal 1997; keras.layers.Bidirectional).

    Input: (samples, timesteps, features)
    Output: the two outputs joined by merge_mode: concat doubles the units; null gives both
    Params: twice those of the layer
    """

    takes_mask: ClassVar[bool] = True
    first_axis_is_time: ClassVar[bool] = True

    layer: Wrapped
    merge_mode: MergeMode = "concat"
    weights_: Values = None
    backward_layer: OptionalWrapped = None

    @property
    def forward_layer(self) -> Recurrent:
        """The layer that reads the sequence from its start, named as Keras names it."""
        assert isinstance(self.layer, Recurrent)
        return msgspec.structs.replace(self.layer, name=f"forward_{self.layer.name.removeprefix('forward_')}")

    @property
    def backward(self) -> Recurrent:
        """The layer that reads it from its end: a copy of the first, or the given one."""
        if self.backward_layer is not None:
            assert isinstance(self.backward_layer, Recurrent)
            return self.backward_layer
        assert isinstance(self.layer, Recurrent)
        name = f"backward_{self.layer.name.removeprefix('backward_')}"
        return msgspec.structs.replace(self.layer, name=name, go_backwards=True)

    def check(self) -> None:
        for each, argument in ((self.layer, "layer"), (self.backward_layer, "backward_layer")):
            if each is not None and not isinstance(each, Recurrent):
                raise Refusal(
                    f"Bidirectional takes a recurrent layer, but {argument} is {each.class_name}",
                    "recurrent are LSTM, GRU and SimpleRNN",
                    argument,
                )
        forward, backward = self.forward_layer, self.backward
        if forward.go_backwards == backward.go_backwards:
            raise Refusal(
                "Bidirectional takes layers of two directions, "
                f"but go_backwards is {str(forward.go_backwards).lower()} in both",
                "leave go_backwards out of the layer; a backward_layer has go_backwards: true",
                "layer",
            )
        for option in ("stateful", "return_sequences", "return_state"):
            if getattr(forward, option) != getattr(backward, option):
                ahead, back = (str(getattr(each, option)).lower() for each in (forward, backward))
                raise Refusal(
                    f"Bidirectional takes layers that agree in {option}, "
                    f"but the forward layer has {ahead} and the backward layer {back}",
                    argument="backward_layer",
                )
        if forward.stateful and forward.return_state:
            raise Refusal(
                "Bidirectional of a stateful layer cannot return its states: Keras 3 fails on it",
                "leave out stateful or return_state",
                "layer",
            )

    def advice(self, output: Shape, wants_time: bool) -> str | None:
        return last_output_advice(self) if wants_time and not self.forward_layer.return_sequences else None

    @property
    def state_names(self) -> tuple[str, ...]:
        return tuple(
            f"{direction}_{name.removeprefix('state_')}"
            for direction, layer in (("forward", self.forward_layer), ("backward", self.backward))
            for name in layer.state_names
        )

    @property
    def output_names(self) -> tuple[str | None, ...]:
        main = (None,) if self.merge_mode else (None, None)
        return (*main, *self.state_names) if self.forward_layer.return_state else main

    @property
    def has_main_output(self) -> bool:
        return self.merge_mode is not None

    def inner(self, inputs: Shapes) -> tuple[tuple[Layer, Shapes], ...]:
        return ((self.forward_layer, inputs[:1]), (self.backward, inputs[:1]))

    def output_shapes(self, inputs: Shapes) -> Shapes:
        forward, *states = self.forward_layer.output_shapes(inputs)
        backward, *backward_states = self.backward.output_shapes(inputs)
        if self.merge_mode is None:
            return (forward, backward, *states, *backward_states)
        if forward != backward:
            raise Refusal(
                f"Bidirectional takes layers of one number of units, but the forward layer gives "
                f"{format_shape(forward)} and the backward layer {format_shape(backward)}"
            )
        *axes, last = forward
        if self.merge_mode == "concat" and last is not None:
            last *= 2
        return ((*axes, last), *states, *backward_states)

    def state_shapes(self, inputs: Shapes) -> Shapes:
        return self.forward_layer.state_shapes(inputs) + self.backward.state_shapes(inputs)

    def products(self, inputs: Shapes) -> tuple[Product, ...] | None:
        forward, backward = self.forward_layer.products(inputs), self.backward.products(inputs)
        return None if forward is None or backward is None else (*forward, *backward)

    def masks(self, inputs: Sequence[Tensor], make: MaskMaker) -> tuple[Tensor | None, ...]:
        mask = inputs[0].mask if self.forward_layer.return_sequences else None
        return (mask, mask) if self.merge_mode is None else (mask,)
