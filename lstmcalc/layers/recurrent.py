"""Recurrent layers: LSTM, GRU and SimpleRNN, and the two that Keras 2 had for the GPU alone."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from lstmcalc.errors import Refusal
from lstmcalc.layers.arguments import (
    OLDER_ACTIVATIONS,
    Activation,
    Boolean,
    Constraint,
    CuDNN,
    Implementation,
    Initializer,
    Positive,
    Rate,
    Regularizer,
    Seed,
)
from lstmcalc.layers.base import (
    HARD_SIGMOID,
    Layer,
    MaskMaker,
    Product,
    Ran,
    Running,
    Tensor,
    Today,
    Weight,
    product_of,
)
from lstmcalc.layers.declared import SEQUENCE, ClosedForm, Elsewhere, Gating, Tensors, When
from lstmcalc.layers.gating import GRU_GATING, LSTM_ELSEWHERE, LSTM_GATING, SIMPLE_GATING
from lstmcalc.shapes import Shape, Shapes, format_shape, known, product, require_rank

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lstmcalc.kernels.gates import Weights
    from lstmcalc.kernels.recurrence import Course, Timesteps

    Array = NDArray[Any]


class Recurrent(Layer, frozen=True, eq=False, kw_only=True):
    """What recurrent layers have in common: a state that goes from one timestep to the next.

    A subclass has the names of its states and their shapes; the first state is the output.
    """

    takes: ClassVar[Tensors] = Tensors((SEQUENCE,))
    gives: ClassVar[Tensors] = Tensors(
        (("samples", "units"), ("samples", "timesteps", "units")), "{}, or {} with return_sequences; {states}"
    )
    states: ClassVar[tuple[str, ...]] = ("state",)
    mask_arguments: ClassVar[tuple[str, ...]] = ("mask",)
    first_axis_is_time: ClassVar[bool] = True
    inputs_help: ClassVar[str | None] = "states stand in 'initial_state: [...]' beside 'from', not in it"

    return_sequences: Boolean = False
    return_state: Boolean = False
    go_backwards: Boolean = False
    stateful: Boolean = False
    unroll: bool = False
    zero_output_for_mask: bool = False

    @property
    def state_names(self) -> tuple[str, ...]:
        return self.states

    @property
    def output_names(self) -> tuple[str | None, ...]:
        return (None, *self.states) if self.return_state else (None,)

    def advice(self, output: Shape, wants_time: bool) -> str | None:
        return last_output_advice(self) if wants_time and not self.return_sequences else None

    def output_shapes(self, inputs: Shapes) -> Shapes:
        states = self.state_shapes(inputs)
        samples, *axes = states[0]
        output: Shape = (samples, inputs[0][1], *axes) if self.return_sequences else states[0]
        return (output, *states) if self.return_state else (output,)

    def masks(self, inputs: Sequence[Tensor], make: MaskMaker) -> tuple[Tensor | None, ...]:
        return (inputs[0].mask if self.return_sequences else None,)

    def course(self, run: Running, sequence: "Timesteps") -> "Course":
        """The outputs and the last states over a sequence that stands in the order in which it is read."""
        raise NotImplementedError

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.recurrence import sequence_of, without_masked

        mask = run.masks[0] if run.masks else None
        if mask is not None and mask.ndim < 2:
            raise Refusal(
                f"{self.class_name} takes a mask (samples, timesteps), but its mask has {mask.ndim} axis",
                "mask the timesteps of its own input",
            )
        x = run.inputs[0].astype(run.dtype, copy=False)
        sequence = sequence_of(x, mask, run.initial_state, self.go_backwards, self.return_sequences)
        course = self.course(run, sequence)
        outputs = without_masked(course, sequence.mask, self.zero_output_for_mask, self.unroll)
        output = outputs if self.return_sequences else outputs[:, -1]
        return Ran(
            (output, *course.states) if self.return_state else (output,),
            run.passed_masks[:1] if self.return_sequences else (),
            course.states if self.stateful else (),
        )

    def check_masks(self, inputs: Shapes, masks: Mapping[str, Sequence[Shape | None]]) -> None:
        """Refuse masks that do not say of each timestep whether it is read."""
        super().check_masks(inputs, masks)
        for shape in masks.get("mask", ()):
            if shape is not None and len(shape) != 2:
                wanted, found = format_shape(inputs[0][:2]), format_shape(shape)
                raise Refusal(f"mask takes a mask of {wanted}, but has {found}", argument="mask")

    def require_samples(self, inputs: Shapes) -> None:
        """Refuse an unknown number of samples where the states are kept from batch to batch."""
        if self.stateful and inputs[0][0] is None:
            raise Refusal(
                f"{self.class_name} is stateful, which needs a fixed number of samples, "
                f"but its input is {format_shape(inputs[0])}",
                "give the input a batch: 'input: {shape: [5, 1], batch: 32}', or --batch 32",
            )


class Gated(Recurrent, frozen=True, eq=False, kw_only=True):
    """A recurrent layer whose step is `gates` matrices of `features + units` by `units`."""

    gating: ClassVar[Gating] = SIMPLE_GATING

    units: Positive = 1
    use_bias: Boolean = True

    saved_in: ClassVar[str] = "cell/vars"  # Keras keeps them in a cell inside

    @property
    def gates(self) -> int:
        """How many gates stand side by side in the columns of the weights."""
        return len(self.gating.gates)

    def bias_shape(self) -> tuple[int, ...]:
        """The shape of the bias: one row for each gate's units."""
        return (self.gates * self.units,)

    @property
    def forget_gate(self) -> tuple[int, int] | None:
        """From where to where the bias starts at 1: of the forget gate of an LSTM, as unit_forget_bias says."""
        return None

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        features = self._features(inputs)
        self.require_samples(inputs)
        columns = self.gates * self.units
        kernel = self.weight("kernel", features, columns)
        recurrent_kernel = self.weight("recurrent_kernel", self.units, columns, initializer="recurrent_initializer")
        bias = (self.weight("bias", *self.bias_shape(), ones=self.forget_gate),) if self.use_bias else ()
        return (kernel, recurrent_kernel, *bias)

    def state_shapes(self, inputs: Shapes) -> Shapes:
        self._features(inputs)
        return ((inputs[0][0], self.units),) * len(self.states)

    def products(self, inputs: Shapes) -> tuple[Product, ...]:
        _, timesteps, _ = inputs[0]
        columns = self.gates * self.units
        return (
            product_of(timesteps, columns, self._features(inputs)),
            product_of(timesteps, columns, self.units),
        )

    def weights_of_today(self, arrays: "list[Array]") -> "list[Array]":
        return gates_of_today(self, self.gating, arrays)

    def arrays(self, run: Running) -> "Weights":
        """The layer's weights on a run: kernel, recurrent_kernel, and the bias or None."""
        bias = run.weight("bias") if self.use_bias else None
        return run.weight("kernel"), run.weight("recurrent_kernel"), bias

    def _features(self, inputs: Shapes) -> int:
        require_sequence(inputs[0], self.class_name)
        return known(inputs[0], 2, self.class_name)


def gates_of_today(layer: Layer, gating: Gating, arrays: "list[Array]") -> "list[Array]":
    """The weights with the columns of gates multiplied whose activation was hard_sigmoid before Keras 3."""
    older = [
        each.activation in layer.replaceable and getattr(layer, each.activation) in OLDER_ACTIVATIONS
        for each in gating.gates
    ]
    if not any(older):
        return arrays
    found = []
    for array in arrays:
        columns = array.reshape(*array.shape[:-1], len(older), -1).copy()
        columns[..., older, :] *= HARD_SIGMOID
        found.append(columns.reshape(array.shape))
    return found


def require_sequence(shape: Shape, who: str) -> None:
    """Refuse a shape that is not (samples, timesteps, features), with what makes one of more axes."""
    help = None
    if len(shape) == 4:
        rows, rest = shape[1], product(shape[2:])
        if rest is not None:
            help = f"'Reshape: [{-1 if rows is None else rows}, {rest}]' before it makes timesteps of the first axis"
            help += "; the samples axis is never written in an input"
    elif len(shape) > 4:
        help = "'TimeDistributed: Flatten' before it keeps the timesteps and makes features of the rest"
    require_rank(shape, 3, who, help)


def last_output_advice(layer: Layer) -> str:
    """What to do about a layer that gives its last output alone."""
    return f"{layer.name} gives only its last output; add return_sequences: true to keep the timesteps"


class LSTM(Gated, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Long short-term memory."
    gates_of_keras_1: ClassVar[tuple[int, ...]] = (0, 2, 1, 3)
    source: ClassVar[str] = "Hochreiter and Schmidhuber 1997; keras.layers.LSTM"
    closed_form: ClassVar[ClosedForm] = ClosedForm("4*((features+units)*units+units)")
    replaceable: ClassVar[tuple[str, ...]] = ("recurrent_activation",)
    gating: ClassVar[Gating] = LSTM_GATING
    states: ClassVar[tuple[str, ...]] = ("state_h", "state_c")

    units: Positive
    activation: Activation = "tanh"
    recurrent_activation: Activation = "sigmoid"
    use_bias: Boolean = True
    kernel_initializer: Initializer = "glorot_uniform"
    recurrent_initializer: Initializer = "orthogonal"
    bias_initializer: Initializer = "zeros"
    unit_forget_bias: Boolean = True
    kernel_regularizer: Regularizer = None
    recurrent_regularizer: Regularizer = None
    bias_regularizer: Regularizer = None
    activity_regularizer: Regularizer = None
    kernel_constraint: Constraint = None
    recurrent_constraint: Constraint = None
    bias_constraint: Constraint = None
    dropout: Rate = 0.0
    recurrent_dropout: Rate = 0.0
    seed: Seed = None
    return_sequences: Boolean = False
    return_state: Boolean = False
    go_backwards: Boolean = False
    stateful: Boolean = False
    unroll: Boolean = False
    use_cudnn: CuDNN = "auto"
    implementation: Implementation = 2
    zero_output_for_mask: Boolean = False

    @property
    def forget_gate(self) -> tuple[int, int] | None:
        return (self.units, 2 * self.units) if self.unit_forget_bias else None

    def check(self) -> None:
        if self.use_bias and self.unit_forget_bias and self.bias_initializer is None:
            raise Refusal("unit_forget_bias needs a bias_initializer, but it is null", argument="bias_initializer")

    def course(self, run: Running, sequence: "Timesteps") -> "Course":
        from lstmcalc.kernels.gates import lstm

        return lstm(sequence, self.arrays(run), self.activation, self.recurrent_activation)


class GRU(Gated, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Gated recurrent unit."
    gates_of_keras_1: ClassVar[tuple[int, ...]] = (0, 1, 2)
    source: ClassVar[str] = "Cho et al. 2014; keras.layers.GRU"
    closed_form: ClassVar[ClosedForm] = ClosedForm(
        "3*((features+units)*units+2*units)",
        otherwise=(When("reset_after", False, "3*((features+units)*units+units)"),),
    )
    replaceable: ClassVar[tuple[str, ...]] = ("activation", "recurrent_activation")
    gating: ClassVar[Gating] = GRU_GATING

    units: Positive
    activation: Activation = "tanh"
    recurrent_activation: Activation = "sigmoid"
    use_bias: Boolean = True
    kernel_initializer: Initializer = "glorot_uniform"
    recurrent_initializer: Initializer = "orthogonal"
    bias_initializer: Initializer = "zeros"
    kernel_regularizer: Regularizer = None
    recurrent_regularizer: Regularizer = None
    bias_regularizer: Regularizer = None
    activity_regularizer: Regularizer = None
    kernel_constraint: Constraint = None
    recurrent_constraint: Constraint = None
    bias_constraint: Constraint = None
    dropout: Rate = 0.0
    recurrent_dropout: Rate = 0.0
    seed: Seed = None
    return_sequences: Boolean = False
    return_state: Boolean = False
    go_backwards: Boolean = False
    stateful: Boolean = False
    unroll: Boolean = False
    reset_after: Boolean = True
    use_cudnn: CuDNN = "auto"
    implementation: Implementation = 2
    zero_output_for_mask: Boolean = False

    def bias_shape(self) -> tuple[int, ...]:
        """With reset_after the input's and the state's part have a bias each, in two rows."""
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def course(self, run: Running, sequence: "Timesteps") -> "Course":
        from lstmcalc.kernels.gates import gru

        return gru(sequence, self.arrays(run), self.activation, self.recurrent_activation, self.reset_after)


class SimpleRNN(Gated, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Fully connected recurrence: the output is fed back."
    source: ClassVar[str] = "Elman 1990; keras.layers.SimpleRNN"
    replaceable: ClassVar[tuple[str, ...]] = ("activation",)
    closed_form: ClassVar[ClosedForm] = ClosedForm("(features+units)*units+units")

    units: Positive
    activation: Activation = "tanh"
    use_bias: Boolean = True
    kernel_initializer: Initializer = "glorot_uniform"
    recurrent_initializer: Initializer = "orthogonal"
    bias_initializer: Initializer = "zeros"
    kernel_regularizer: Regularizer = None
    recurrent_regularizer: Regularizer = None
    bias_regularizer: Regularizer = None
    activity_regularizer: Regularizer = None
    kernel_constraint: Constraint = None
    recurrent_constraint: Constraint = None
    bias_constraint: Constraint = None
    dropout: Rate = 0.0
    recurrent_dropout: Rate = 0.0
    return_sequences: Boolean = False
    return_state: Boolean = False
    go_backwards: Boolean = False
    stateful: Boolean = False
    unroll: Boolean = False
    seed: Seed = None
    zero_output_for_mask: Boolean = False

    def course(self, run: Running, sequence: "Timesteps") -> "Course":
        from lstmcalc.kernels.gates import simple_rnn

        return simple_rnn(sequence, self.arrays(run), self.activation)


class OfCuDNN(Gated, frozen=True, eq=False, kw_only=True):
    """What the layers that ran on cuDNN have in common: each computes what a layer of Keras 3 does."""

    same: ClassVar[tuple[type[Layer], dict[str, Any]]]
    is_of_keras_3: ClassVar[bool] = False
    mask_arguments: ClassVar[tuple[str, ...]] = ()

    def of_today(self) -> Today:
        layer, also = self.same
        given = {field: getattr(self, field) for field in self.__struct_fields__ if field in layer.__struct_fields__}
        biases = "" if self.gates == 3 else ", whose two biases of each gate are one there"
        note = f"{self.class_name} is written as {layer.__name__}, which computes the same{biases}"
        return Today(layer(**(given | also)), note)

    def weights_of_today(self, arrays: "list[Array]") -> "list[Array]":
        from lstmcalc.kernels.gates import of_cudnn

        kernel, recurrent_kernel, bias = arrays
        return [each for each in of_cudnn((kernel, recurrent_kernel, bias), self.gates) if each is not None]


class CuDNNLSTM(OfCuDNN, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The LSTM that Keras 2 ran on NVIDIA's cuDNN, with two biases for each gate."
    source: ClassVar[str] = "keras.layers.CuDNNLSTM of Keras 2"
    closed_form: ClassVar[ClosedForm] = ClosedForm("4*((features+units)*units+2*units)")
    gating: ClassVar[Gating] = msgspec.structs.replace(
        LSTM_GATING, elsewhere=(Elsewhere("Keras LSTM", 1), *LSTM_ELSEWHERE)
    )
    states: ClassVar[tuple[str, ...]] = ("state_h", "state_c")
    same: ClassVar[tuple[type[Layer], dict[str, Any]]] = (LSTM, {})

    units: Positive
    kernel_initializer: Initializer = "glorot_uniform"
    recurrent_initializer: Initializer = "orthogonal"
    bias_initializer: Initializer = "zeros"
    unit_forget_bias: Boolean = True
    kernel_regularizer: Regularizer = None
    recurrent_regularizer: Regularizer = None
    bias_regularizer: Regularizer = None
    activity_regularizer: Regularizer = None
    kernel_constraint: Constraint = None
    recurrent_constraint: Constraint = None
    bias_constraint: Constraint = None
    return_sequences: Boolean = False
    return_state: Boolean = False
    go_backwards: Boolean = False
    stateful: Boolean = False

    def bias_shape(self) -> tuple[int, ...]:
        """The input's and the state's part have a bias each, one after the other."""
        return (8 * self.units,)

    @property
    def forget_gate(self) -> tuple[int, int] | None:
        """That of the state's part, as keras/layers/rnn/cudnn_lstm.py of Keras 2 has it."""
        return (5 * self.units, 6 * self.units) if self.unit_forget_bias else None

    def masks(self, inputs: Sequence[Tensor], make: MaskMaker) -> tuple[Tensor | None, ...]:
        return ()

    def course(self, run: Running, sequence: "Timesteps") -> "Course":
        from lstmcalc.kernels.gates import lstm, of_cudnn

        _refuse_mask(self, run)
        return lstm(sequence, of_cudnn(self.arrays(run), self.gates), "tanh", "sigmoid")


class CuDNNGRU(OfCuDNN, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The GRU that Keras 2 ran on NVIDIA's cuDNN, with two biases for each gate."
    source: ClassVar[str] = "keras.layers.CuDNNGRU of Keras 2"
    closed_form: ClassVar[ClosedForm] = ClosedForm("3*((features+units)*units+2*units)")
    gating: ClassVar[Gating] = GRU_GATING
    same: ClassVar[tuple[type[Layer], dict[str, Any]]] = (GRU, {"reset_after": True})

    units: Positive
    kernel_initializer: Initializer = "glorot_uniform"
    recurrent_initializer: Initializer = "orthogonal"
    bias_initializer: Initializer = "zeros"
    kernel_regularizer: Regularizer = None
    recurrent_regularizer: Regularizer = None
    bias_regularizer: Regularizer = None
    activity_regularizer: Regularizer = None
    kernel_constraint: Constraint = None
    recurrent_constraint: Constraint = None
    bias_constraint: Constraint = None
    return_sequences: Boolean = False
    return_state: Boolean = False
    go_backwards: Boolean = False
    stateful: Boolean = False

    def bias_shape(self) -> tuple[int, ...]:
        """The input's and the state's part have a bias each, one after the other."""
        return (6 * self.units,)

    def masks(self, inputs: Sequence[Tensor], make: MaskMaker) -> tuple[Tensor | None, ...]:
        return ()

    def course(self, run: Running, sequence: "Timesteps") -> "Course":
        from lstmcalc.kernels.gates import gru, of_cudnn

        _refuse_mask(self, run)
        return gru(sequence, of_cudnn(self.arrays(run), self.gates), "tanh", "sigmoid", reset_after=True)


def _refuse_mask(layer: Layer, run: Running) -> None:
    if run.masks and run.masks[0] is not None:
        raise Refusal(f"{layer.class_name} takes no mask: cuDNN knew none", "use LSTM or GRU, which compute the same")
