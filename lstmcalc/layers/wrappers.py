"""Layers around a layer: TimeDistributed and Bidirectional."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

import msgspec

from lstmcalc.errors import Refusal, Remark
from lstmcalc.layers.arguments import MergeMode, Values
from lstmcalc.layers.base import (
    Layer,
    MaskMaker,
    Names,
    OptionalWrapped,
    Product,
    Ran,
    Running,
    Tensor,
    Wrapped,
    product_of,
)
from lstmcalc.layers.core import PassesMask
from lstmcalc.layers.declared import SEQUENCE, ClosedForm, Example, Tensors
from lstmcalc.layers.recurrent import Recurrent, last_output_advice
from lstmcalc.shapes import Shape, Shapes, format_shape

if TYPE_CHECKING:
    from lstmcalc.layers.base import Array


class TimeDistributed(PassesMask, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The same layer, with the same weights, on each timestep."
    source: ClassVar[str] = "keras.layers.TimeDistributed"
    takes: ClassVar[Tensors] = Tensors((("samples", "timesteps", "..."),))
    gives: ClassVar[Tensors] = Tensors(words="(samples, timesteps, what the layer gives for one timestep)")
    closed_form: ClassVar[ClosedForm] = ClosedForm(None, "those of the layer, once")
    example: ClassVar[Example] = Example(inputs=(SEQUENCE,))
    is_distributed: ClassVar[bool] = True
    mask_arguments: ClassVar[tuple[str, ...]] = ("mask",)
    first_axis_is_time: ClassVar[bool] = True

    layer: Wrapped

    def inner(self, inputs: Shapes) -> tuple[tuple[Layer, Shapes], ...]:
        return ((self.layer, self._step(inputs)),)

    def bind(self, inputs: Shapes, names: Names) -> Layer:
        layer = self.layer.bind(self._step(inputs), names)
        return self if layer is self.layer else msgspec.structs.replace(self, layer=layer)

    def output_shapes(self, inputs: Shapes) -> Shapes:
        outputs = self.layer.output_shapes(self._step(inputs))
        if len(outputs) != 1:
            raise Refusal(
                f"TimeDistributed takes a layer with one output, but {self.layer.class_name} gives {len(outputs)}",
                "leave out return_state inside TimeDistributed",
            )
        (output,) = outputs
        samples, *axes = output
        return ((samples, inputs[0][1], *axes),)

    def products(self, inputs: Shapes) -> tuple[Product, ...] | None:
        inner = self.layer.products(self._step(inputs))
        timesteps = product_of(inputs[0][1])
        if inner is None:
            return None
        return tuple(Product((*timesteps.factors, *each.factors), timesteps.unknown + each.unknown) for each in inner)

    def forward(self, run: Running) -> Ran:
        (x,) = run.inputs
        mask = run.masks[0] if run.masks and "mask" in self.layer.mask_arguments else None
        samples, timesteps, *axes = x.shape
        if not timesteps or _knows_other_samples(self.layer, len(axes) + 1):
            return Ran((self._one_by_one(run, x, mask),), run.masks)
        merged = None if mask is None else mask.reshape(samples * timesteps, *mask.shape[2:])
        (output,) = run.inner(0, (x.reshape(samples * timesteps, *axes),), (merged,)).outputs
        return Ran((output.reshape(samples, timesteps, *output.shape[1:]),), run.masks)

    def _one_by_one(self, run: Running, x: "Array", mask: "Array | None") -> "Array":
        import numpy as np

        steps = range(x.shape[1])
        masks = (None if mask is None else mask[:, i] for i in steps)
        outputs = [run.inner(0, (x[:, i],), (own,)).outputs[0] for i, own in zip(steps, masks, strict=True)]
        return np.stack(outputs, axis=1)

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


def _knows_other_samples(layer: Layer, rank: int) -> bool:
    """Whether a sample's output may depend on other samples, or on the call before: of models it is not asked."""
    axis = getattr(layer, "axis", None)
    axes = axis if isinstance(axis, tuple | list) else (axis,)
    if getattr(layer, "stateful", False) or hasattr(layer, "layers") or {0, -rank} & set(axes):
        return True
    inside = (getattr(layer, field, None) for field in ("layer", "backward_layer"))
    return any(_knows_other_samples(each, rank) for each in inside if each is not None)


class Bidirectional(Layer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A recurrent layer forwards and a second one backwards."
    source: ClassVar[str] = "Schuster and Paliwal 1997; keras.layers.Bidirectional"
    takes: ClassVar[Tensors] = Tensors((SEQUENCE,))
    gives: ClassVar[Tensors] = Tensors(
        words="the two outputs joined by merge_mode: concat doubles the units; null gives both"
    )
    closed_form: ClassVar[ClosedForm] = ClosedForm(None, "twice those of the layer")
    inner_example: ClassVar[tuple[str, int]] = ("LSTM", 64)
    has_twins: ClassVar[bool] = True
    mask_arguments: ClassVar[tuple[str, ...]] = ("mask",)
    first_axis_is_time: ClassVar[bool] = True

    layer: Wrapped
    merge_mode: MergeMode = "concat"
    weights_: Values = None
    backward_layer: OptionalWrapped = None

    def saved_inner(self, inner: Sequence[Layer]) -> tuple[str, ...]:
        return ("forward_layer", "backward_layer")

    @property
    def forward_layer(self) -> Recurrent:
        """The layer that reads the sequence from its start, named as Keras names it."""
        assert isinstance(self.layer, Recurrent)
        name = f"forward_{self.layer.name.removeprefix('forward_')}"
        return msgspec.structs.replace(self.layer, name=name, zero_output_for_mask=self.layer.return_sequences)

    @property
    def backward(self) -> Recurrent:
        """The layer that reads it from its end: a copy of the first, or the given one."""
        if self.backward_layer is not None:
            given = self.backward_layer
            assert isinstance(given, Recurrent)
            return msgspec.structs.replace(given, zero_output_for_mask=given.return_sequences)
        assert isinstance(self.layer, Recurrent)
        name = f"backward_{self.layer.name.removeprefix('backward_')}"
        zeros = self.layer.return_sequences
        return msgspec.structs.replace(self.layer, name=name, go_backwards=True, zero_output_for_mask=zeros)

    def as_written(self) -> Layer:
        """With the layer as it was before it was renamed, and without a backward layer that is its copy."""
        assert isinstance(self.layer, Recurrent)
        given, layer = self.backward_layer, msgspec.structs.replace(self.layer, zero_output_for_mask=False)
        if given is None:
            return msgspec.structs.replace(self, layer=layer)
        layer = msgspec.structs.replace(layer, name=layer.name.removeprefix("forward_"))
        alone = msgspec.structs.replace(self, layer=layer, backward_layer=None)
        copy = alone.backward
        fields = (each for each in given.__struct_fields__ if each not in ("number", "zero_output_for_mask"))
        is_copy = type(given) is type(copy) and all(getattr(given, each) == getattr(copy, each) for each in fields)
        if is_copy:
            return alone
        assert isinstance(given, Recurrent)
        given = msgspec.structs.replace(given, zero_output_for_mask=False)
        return msgspec.structs.replace(
            self, layer=msgspec.structs.replace(self.layer, zero_output_for_mask=False), backward_layer=given
        )

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
        *axes, units = forward
        if self.merge_mode == "concat":
            units = None if units is None or backward[-1] is None else units + backward[-1]
        return ((*axes, units), *states, *backward_states)

    def doubts(self, inputs: Shapes) -> Iterator[Refusal]:
        forward, *states = self.forward_layer.output_shapes(inputs)
        backward, *backward_states = self.backward.output_shapes(inputs)
        if len(states) != len(backward_states):
            yield Refusal(
                f"Bidirectional with return_state takes layers of the same states, but the forward layer has "
                f"{', '.join(self.forward_layer.state_names)} and the backward layer "
                f"{', '.join(self.backward.state_names)}",
                "leave out return_state, or name layers of one class",
            )
        if self.merge_mode not in (None, "concat") and forward != backward:
            yield Refusal(
                f"Bidirectional with merge_mode {self.merge_mode} takes layers of one number of units, "
                f"but the forward layer gives {format_shape(forward)} and the backward layer {format_shape(backward)}",
                "merge_mode: concat joins them, and null gives both",
                "merge_mode",
            )

    def remarks(self, inputs: Shapes) -> tuple[Remark, ...]:
        """Keras 3 infers what it gives from the forward layer alone (keras/src/layers/rnn/bidirectional.py)."""
        *axes, forward = self.forward_layer.output_shapes(inputs)[0]
        *_, backward = self.backward.output_shapes(inputs)[0]
        if forward == backward or forward is None or backward is None or self.merge_mode not in (None, "concat"):
            return ()
        said = 2 * forward if self.merge_mode == "concat" else forward
        given = forward + backward if self.merge_mode == "concat" else backward
        whose = "its output" if self.merge_mode == "concat" else "what its backward layer gives"
        return (
            Remark(
                f"Keras 3 says that {whose} is {format_shape((*axes, said))}, by the {forward} units of the forward "
                f"layer, and gives {format_shape((*axes, given))} when it runs, as here: what follows fails there",
                f"give both layers one number of units, {forward} or {backward}",
                "backward_layer",
            ),
        )

    def check_states(self, inputs: Shapes, states: Shapes) -> None:
        forward, backward = self.forward_layer.state_names, self.backward.state_names
        if len(forward) != len(backward):
            raise Refusal(
                f"Bidirectional hands half of its initial states to each layer, but the forward layer has "
                f"{len(forward)} ({', '.join(forward)}) and the backward layer {len(backward)} ({', '.join(backward)})",
                "leave out initial_state, or name layers of one class",
                "initial_state",
            )
        super().check_states(inputs, states=states)

    def state_shapes(self, inputs: Shapes) -> Shapes:
        return self.forward_layer.state_shapes(inputs) + self.backward.state_shapes(inputs)

    def check_masks(self, inputs: Shapes, masks: Mapping[str, Sequence[Shape | None]]) -> None:
        self.forward_layer.check_masks(inputs, masks)

    def products(self, inputs: Shapes) -> tuple[Product, ...] | None:
        forward, backward = self.forward_layer.products(inputs), self.backward.products(inputs)
        return None if forward is None or backward is None else (*forward, *backward)

    def masks(self, inputs: Sequence[Tensor], make: MaskMaker) -> tuple[Tensor | None, ...]:
        mask = inputs[0].mask if self.forward_layer.return_sequences else None
        return (mask, mask) if self.merge_mode is None else (mask,)

    def forward(self, run: Running) -> Ran:
        given = run.initial_state
        half = len(given) // 2 if given else 0
        forward = run.inner(0, run.inputs, run.masks, given[:half] if given else None)
        backward = run.inner(1, run.inputs, run.masks, given[half:] if given else None)
        y, *states = forward.outputs
        back, *backward_states = backward.outputs
        mask = None
        if self.forward_layer.return_sequences:
            mask = run.passed_masks[0] if run.passed_masks else None
            back = back[:, ::-1]
        merged = self._merged(y, back)
        return Ran((*merged, *states, *backward_states), (mask,) * len(merged))

    def _merged(self, forward: "Array", backward: "Array") -> "tuple[Array, ...]":
        import numpy as np

        match self.merge_mode:
            case None:
                return forward, backward
            case "concat":
                return (np.concatenate([forward, backward], axis=-1),)
            case "mul":
                return (forward * backward,)
            case "sum":
                return (forward + backward,)
            case _:
                return ((forward + backward) / 2,)
