"""Layers that Keras 1 had and Keras 2 dropped, with their arguments and weights as Keras 1 named them."""

from functools import reduce
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from lstmcalc.errors import Refusal
from lstmcalc.layers.arguments import (
    Activation,
    Anything,
    Boolean,
    Constraint,
    Initializer,
    Integer,
    Keras1Mode,
    Number,
    OneOrMoreAxes,
    OptionalAxes,
    Positive,
    Regularizer,
    SizeList,
    Values,
)
from lstmcalc.layers.base import Layer, Product, Ran, Running, Today, Weight, floats, product_of
from lstmcalc.layers.core import Dense, PassesMask
from lstmcalc.layers.declared import ANY_AXES, SEQUENCE, VECTOR, ClosedForm, Example, Tensors
from lstmcalc.layers.merging import Add, Average, Concatenate, Dot, Maximum, Multiply
from lstmcalc.layers.normalization import EPSILON
from lstmcalc.layers.wrappers import TimeDistributed
from lstmcalc.shapes import Shapes, format_shape, known, require_rank

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


OF_MODES: dict[str, type[Layer]] = {"sum": Add, "mul": Multiply, "ave": Average, "max": Maximum}


class Merge(Layer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Several tensors in one, by `mode`."
    source: ClassVar[str] = "keras.layers.Merge of Keras 1"
    is_of_keras_3: ClassVar[bool] = False
    takes: ClassVar[Tensors] = Tensors(
        words="a list of tensors: of one shape; with mode concat, tensors that agree in every axis but concat_axis"
    )
    gives: ClassVar[Tensors] = Tensors(
        words="the input's shape; with concat its sizes added, with dot and cos the axes other than dot_axes"
    )
    inputs_taken: ClassVar[tuple[int, int | None]] = (2, None)
    takes_list: ClassVar[bool] = True

    layers: Anything = None
    mode: Keras1Mode = "sum"
    concat_axis: Integer = -1
    dot_axes: OneOrMoreAxes = -1
    output_shape: SizeList = None
    output_mask: Anything = None
    arguments: Anything = None
    node_indices: Anything = None
    tensor_indices: Anything = None

    def check(self) -> None:
        if self.layers is not None:
            raise Refusal("Merge takes its inputs beside it, not among its arguments", "write 'from: [a, b]'", "layers")

    def output_shapes(self, inputs: Shapes) -> Shapes:
        if self.mode == "concat":
            return Concatenate(axis=self.concat_axis).output_shapes(inputs)
        if self.mode != "dot" and len(set(inputs)) > 1:
            listed = ", ".join(map(format_shape, inputs))
            raise Refusal(f"Merge with mode {self.mode} takes inputs of one shape, but has {listed}")
        if self.mode not in ("dot", "cos"):
            return inputs[:1]
        if len(inputs) != 2:
            raise Refusal(f"Merge with mode {self.mode} takes 2 inputs, but has {len(inputs)}")
        return self._dot().output_shapes(inputs)

    def of_today(self) -> Today:
        common: dict[str, Any] = {"name": self.name, "trainable": self.trainable, "dtype": self.dtype}
        if self.mode == "concat":
            return Today(Concatenate(axis=self.concat_axis, **common))
        if self.mode in ("dot", "cos"):
            return Today(msgspec.structs.replace(self._dot(), normalize=self.mode == "cos", **common))
        return Today(OF_MODES[self.mode](**common))

    def products(self, inputs: Shapes) -> tuple[Product, ...]:
        return self._dot().products(inputs) if self.mode in ("dot", "cos") else ()

    def forward(self, run: Running) -> Ran:
        import numpy as np

        inputs = floats(run)
        if self.mode == "concat":
            return Ran((np.concatenate(inputs, axis=self.concat_axis),))
        if self.mode in ("dot", "cos"):
            return Ran((self._product(*inputs),))
        total = reduce({"mul": np.multiply, "max": np.maximum}.get(self.mode, np.add), inputs)
        return Ran((total / len(inputs) if self.mode == "ave" else total,))

    def _product(self, first: "Array", second: "Array") -> "Array":
        """The dot product; with mode cos by the square root of those of each with itself."""
        import numpy as np

        from lstmcalc.kernels.products import dot

        i, j = self._dot().both((first.shape, second.shape))
        product = dot(first, second, i, j)
        if self.mode == "dot":
            return product
        with np.errstate(invalid="ignore"):
            lengths = np.sqrt(dot(first, first, i, j) * dot(second, second, i, j))
        cosine: Array = product / np.maximum(lengths, EPSILON)
        return cosine

    def _dot(self) -> Dot:
        axes = self.dot_axes
        if not isinstance(axes, int) and len(axes) != 2:
            raise Refusal(f"dot_axes must be an axis or a list of two, but is {list(axes)}", argument="dot_axes")
        return Dot(axes=axes)


class MaxoutDense(Layer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The largest of `nb_feature` Dense layers."
    source: ClassVar[str] = "Goodfellow et al. 2013; keras.layers.MaxoutDense of Keras 1"
    is_of_keras_3: ClassVar[bool] = False
    takes: ClassVar[Tensors] = Tensors((VECTOR,))
    gives: ClassVar[Tensors] = Tensors((("samples", "output_dim"),))
    closed_form: ClassVar[ClosedForm] = ClosedForm("nb_feature*(features+1)*output_dim")

    output_dim: Positive
    nb_feature: Positive = 4
    init: Initializer = "glorot_uniform"
    weights_: Values = None
    W_regularizer: Regularizer = None
    b_regularizer: Regularizer = None
    activity_regularizer: Regularizer = None
    W_constraint: Constraint = None
    b_constraint: Constraint = None
    bias: Boolean = True

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        kernel = self.weight("W", self.nb_feature, self._features(inputs), self.output_dim, initializer="init")
        bias = self.weight("b", self.nb_feature, self.output_dim, initializer="zeros")
        return (kernel, bias) if self.bias else (kernel,)

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.products import einsum

        y = einsum("bi,nio->bno", *floats(run), run.weight("W"))
        if self.bias:
            y = y + run.weight("b")
        return Ran((y.max(axis=1),))

    def output_shapes(self, inputs: Shapes) -> Shapes:
        self._features(inputs)
        return ((inputs[0][0], self.output_dim),)

    def products(self, inputs: Shapes) -> tuple[Product, ...]:
        return (product_of(self.nb_feature, self._features(inputs), self.output_dim),)

    def _features(self, inputs: Shapes) -> int:
        require_rank(inputs[0], 2, "MaxoutDense")
        return known(inputs[0], 1, "MaxoutDense")


def _activated(activation: Any, x: "Array") -> "Array":
    """An array after an activation as Keras 1 had it."""
    from lstmcalc.kernels.activations import activate, hard_sigmoid_of_keras_1

    name = activation["class_name"] if isinstance(activation, dict) else activation
    return hard_sigmoid_of_keras_1(x) if name == "hard_sigmoid" else activate(activation, x)


class PerPlace(PassesMask, frozen=True, eq=False, kw_only=True):
    """What activations have in common that learn a number for each place of their input, but along `shared_axes`."""

    takes: ClassVar[Tensors] = Tensors((ANY_AXES,))
    example: ClassVar[Example] = Example(inputs=(SEQUENCE,))

    def places(self, inputs: Shapes, shared: "int | tuple[int, ...] | None") -> tuple[int, ...]:
        """The size of each axis but the samples, 1 of one that is shared. Raises Refusal for what is no axis."""
        shape = inputs[0]
        axes = (shared,) if isinstance(shared, int) else shared or ()
        for axis in axes:
            if not 0 < axis < len(shape):
                raise Refusal(
                    f"{self.class_name} has no axis {axis} to share: its input is {format_shape(shape)}",
                    "axis 1 is the first after the samples",
                    "shared_axes",
                )
        return tuple(
            1 if axis in axes else known(shape, axis, self.class_name, f"axis {axis}") for axis in range(1, len(shape))
        )


class ParametricSoftplus(PerPlace, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A softplus whose height and slope are learned."
    source: ClassVar[str] = "keras.layers.ParametricSoftplus of Keras 1"
    is_of_keras_3: ClassVar[bool] = False
    closed_form: ClassVar[ClosedForm] = ClosedForm(
        None, "2 * the product of the axes but the samples, those in shared_axes counting as 1"
    )

    alpha_init: Number = 0.2
    beta_init: Number = 5.0
    weights_: Values = None
    shared_axes: OptionalAxes = None

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        sizes = self.places(inputs, self.shared_axes)
        starts = (("alphas", self.alpha_init), ("betas", self.beta_init))
        return tuple(
            self.weight(name, *sizes, initializer={"class_name": "Constant", "config": {"value": start}})
            for name, start in starts
        )

    def output_shapes(self, inputs: Shapes) -> Shapes:
        self.places(inputs, self.shared_axes)
        return (inputs[0],)

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.activations import activate

        (x,) = floats(run)
        return Ran((activate("softplus", run.weight("betas") * x) * run.weight("alphas"),), run.masks)


class SReLU(PerPlace, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A line between two thresholds, with other slopes beyond them, all of them learned."
    source: ClassVar[str] = "Jin et al. 2015; keras.layers.SReLU of Keras 1"
    is_of_keras_3: ClassVar[bool] = False
    closed_form: ClassVar[ClosedForm] = ClosedForm(
        None, "4 * the product of the axes but the samples, those in shared_axes counting as 1"
    )

    t_left_init: Initializer = "zero"
    a_left_init: Initializer = "glorot_uniform"
    t_right_init: Initializer = "glorot_uniform"
    a_right_init: Initializer = "one"
    shared_axes: OptionalAxes = None

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        sizes = self.places(inputs, self.shared_axes)
        names = ("t_left", "a_left", "t_right", "a_right")
        return tuple(self.weight(name, *sizes, initializer=f"{name}_init") for name in names)

    def output_shapes(self, inputs: Shapes) -> Shapes:
        self.places(inputs, self.shared_axes)
        return (inputs[0],)

    def forward(self, run: Running) -> Ran:
        import numpy as np

        (x,) = floats(run)
        low = run.weight("t_left")
        high = low + np.abs(run.weight("t_right"))
        left = np.minimum(x - low, 0) * run.weight("a_left")
        middle = np.clip(x - low, 0, high - low)
        right = np.maximum(x - high, 0) * run.weight("a_right")
        return Ran((low + left + middle + right,), run.masks)


class Highway(Layer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A Dense layer and its input, mixed by a gate."
    source: ClassVar[str] = "Srivastava et al. 2015; keras.layers.Highway of Keras 1"
    is_of_keras_3: ClassVar[bool] = False
    takes: ClassVar[Tensors] = Tensors((VECTOR,))
    closed_form: ClassVar[ClosedForm] = ClosedForm("2*(features+1)*features")

    init: Initializer = "glorot_uniform"
    activation: Activation = None
    weights_: Values = None
    W_regularizer: Regularizer = None
    b_regularizer: Regularizer = None
    activity_regularizer: Regularizer = None
    W_constraint: Constraint = None
    b_constraint: Constraint = None
    bias: Boolean = True
    transform_bias: Number = -2  # of Keras 1.0 alone

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        features = self._features(inputs)
        kernels = (self.weight(name, features, features, initializer="init") for name in ("W", "W_carry"))
        biases = (self.weight(name, features, initializer="zeros") for name in ("b", "b_carry"))
        return (*kernels, *biases) if self.bias else tuple(kernels)

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.activations import sigmoid

        (x,) = floats(run)
        carry, y = x @ run.weight("W_carry"), x @ run.weight("W")
        if self.bias:
            carry, y = carry + run.weight("b_carry"), y + run.weight("b")
        gate = sigmoid(carry)
        return Ran((_activated(self.activation, y) * gate + (1 - gate) * x,))

    def output_shapes(self, inputs: Shapes) -> Shapes:
        self._features(inputs)
        return (inputs[0],)

    def products(self, inputs: Shapes) -> tuple[Product, ...]:
        features = self._features(inputs)
        return (product_of(features, features),) * 2

    def _features(self, inputs: Shapes) -> int:
        require_rank(inputs[0], 2, "Highway")
        return known(inputs[0], 1, "Highway")


class TimeDistributedDense(PassesMask, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The same Dense on each timestep."
    source: ClassVar[str] = "keras.layers.TimeDistributedDense of Keras 1"
    is_of_keras_3: ClassVar[bool] = False
    takes: ClassVar[Tensors] = Tensors((SEQUENCE,))
    gives: ClassVar[Tensors] = Tensors((("samples", "timesteps", "output_dim"),))
    closed_form: ClassVar[ClosedForm] = ClosedForm("features*output_dim+output_dim")
    first_axis_is_time: ClassVar[bool] = True

    output_dim: Positive
    init: Initializer = "glorot_uniform"
    activation: Activation = None
    weights_: Values = None
    W_regularizer: Regularizer = None
    b_regularizer: Regularizer = None
    activity_regularizer: Regularizer = None
    W_constraint: Constraint = None
    b_constraint: Constraint = None
    bias: Boolean = True

    def of_today(self) -> Today:
        dense = Dense(
            units=self.output_dim,
            activation=self.activation,
            use_bias=self.bias,
            kernel_initializer=self.init,
            kernel_regularizer=self.W_regularizer,
            bias_regularizer=self.b_regularizer,
            kernel_constraint=self.W_constraint,
            bias_constraint=self.b_constraint,
            activity_regularizer=self.activity_regularizer,
            name="dense",
            trainable=self.trainable,
            dtype=self.dtype,
        )
        return Today(TimeDistributed(layer=dense, name=self.name, trainable=self.trainable, dtype=self.dtype))

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        kernel = self.weight("W", self._features(inputs), self.output_dim, initializer="init")
        return (kernel, self.weight("b", self.output_dim, initializer="zeros")) if self.bias else (kernel,)

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.products import matmul

        y = matmul(floats(run)[0], run.weight("W"))
        if self.bias:
            y += run.weight("b")
        return Ran((_activated(self.activation, y),), run.masks)

    def output_shapes(self, inputs: Shapes) -> Shapes:
        self._features(inputs)
        return ((*inputs[0][:2], self.output_dim),)

    def products(self, inputs: Shapes) -> tuple[Product, ...]:
        return (product_of(inputs[0][1], self._features(inputs), self.output_dim),)

    def _features(self, inputs: Shapes) -> int:
        require_rank(inputs[0], 3, "TimeDistributedDense")
        return known(inputs[0], 2, "TimeDistributedDense")
