"""Activations that are layers of their own, some of them with arguments or weights."""

from typing import ClassVar

from lstmcalc.errors import Refusal
from lstmcalc.layers.arguments import (
    NUMBER,
    Constraint,
    Initializer,
    NonNegative,
    Number,
    OneOrMoreAxes,
    OptionalAxes,
    OptionalNonNegative,
    Regularizer,
    Rule,
)
from lstmcalc.layers.base import Ran, Running, Weight, floats
from lstmcalc.layers.core import PassesMask
from lstmcalc.layers.declared import ANY_AXES, SEQUENCE, ClosedForm, Example, Tensors
from lstmcalc.layers.normalization import axes_of
from lstmcalc.shapes import Shapes, broadcast, format_shape, known


class ReLU(PassesMask, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The positive part of its input, with a slope below `threshold` and a largest value."
    source: ClassVar[str] = "keras.layers.ReLU"

    max_value: OptionalNonNegative = None
    negative_slope: NonNegative = 0.0
    threshold: NonNegative = 0.0

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.activations import relu

        (x,) = floats(run)
        return Ran((relu(x, self.negative_slope, self.max_value, self.threshold),), run.masks)


class LeakyReLU(PassesMask, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The positive part of its input, and a fraction of the negative one."
    source: ClassVar[str] = "Maas et al. 2013; keras.layers.LeakyReLU"
    keywords: ClassVar[dict[str, Rule]] = {"alpha": NUMBER}  # what Keras 2 called negative_slope

    negative_slope: NonNegative = 0.3
    alpha: float | None = None

    def check(self) -> None:
        if self.alpha is not None and self.alpha < 0:
            raise Refusal(f"LeakyReLU: alpha must be a number of at least 0, but is {self.alpha}", argument="alpha")

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.activations import leaky_relu

        slope = self.negative_slope if self.alpha is None else self.alpha
        return Ran((leaky_relu(floats(run)[0], slope),), run.masks)


class PReLU(PassesMask, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A LeakyReLU whose slopes are learned."
    source: ClassVar[str] = "He et al. 2015; keras.layers.PReLU"
    takes: ClassVar[Tensors] = Tensors((ANY_AXES,))
    closed_form: ClassVar[ClosedForm] = ClosedForm(
        None, "the product of the axes but the samples, those in shared_axes counting as 1"
    )
    example: ClassVar[Example] = Example(inputs=(SEQUENCE,))

    alpha_initializer: Initializer = "Zeros"
    alpha_regularizer: Regularizer = None
    alpha_constraint: Constraint = None
    shared_axes: OptionalAxes = None

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        shape = inputs[0]
        shared = {axis % (len(shape) - 1) for axis in self._shared()}
        sizes = (
            1 if axis % (len(shape) - 1) in shared else known(shape, axis, "PReLU", f"axis {axis}")
            for axis in range(1, len(shape))
        )
        return (self.weight("alpha", *sizes),)

    def output_shapes(self, inputs: Shapes) -> Shapes:
        rank = len(inputs[0])
        for axis in self._shared():
            if not 2 - rank <= axis < rank:
                raise Refusal(
                    f"PReLU has no axis {axis} to share: its input is {format_shape(inputs[0])}",
                    "axis 1 is the first after the samples",
                    "shared_axes",
                )
        return (inputs[0],)

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.activations import relu

        (x,) = floats(run)
        return Ran((relu(x) - run.weight("alpha") * relu(-x),), run.masks)

    def _shared(self) -> tuple[int, ...]:
        axes = (self.shared_axes,) if isinstance(self.shared_axes, int) else self.shared_axes
        return axes or ()


class ELU(PassesMask, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "An exponential below 0, the input itself above."
    source: ClassVar[str] = "Clevert et al. 2015; keras.layers.ELU"

    alpha: Number = 1.0

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.activations import elu

        return Ran((elu(floats(run)[0], self.alpha),), run.masks)


class Softmax(PassesMask, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Numbers that add up to 1 along an axis."
    source: ClassVar[str] = "keras.layers.Softmax"
    mask_arguments: ClassVar[tuple[str, ...]] = ("mask",)

    axis: OneOrMoreAxes = -1

    def output_shapes(self, inputs: Shapes) -> Shapes:
        if not axes_of(self.axis, inputs[0], "Softmax"):
            raise Refusal("Softmax needs an axis to work on, but axis is []", argument="axis")
        return (inputs[0],)

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.attention import masked_softmax

        (x,), (mask,) = floats(run), run.masks
        if mask is not None and broadcast(x.shape, mask.shape) != x.shape:
            raise Refusal(
                f"Softmax takes a mask that broadcasts to its input, but the mask is {format_shape(mask.shape)} "
                f"and the input {format_shape(x.shape)}",
                "Keras 3 fails on it too: let no mask reach this layer, or write Activation: softmax",
            )
        return Ran((masked_softmax(x, mask, self.axis),), run.masks)
