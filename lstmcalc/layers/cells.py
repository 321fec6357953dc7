"""Recurrence in its general form: RNN, and the cells that it repeats over the timesteps."""

from typing import TYPE_CHECKING, ClassVar

import msgspec

from lstmcalc.errors import Refusal
from lstmcalc.layers.arguments import Activation, Boolean, Constraint, Initializer, Positive, Rate, Regularizer, Seed
from lstmcalc.layers.base import CellOrCells, Cells, Layer, Names, Product, Ran, Running, Weight, product_of
from lstmcalc.layers.declared import VECTOR, ClosedForm, Gating, Tensors
from lstmcalc.layers.recurrent import GRU, LSTM, Recurrent, SimpleRNN, require_sequence
from lstmcalc.shapes import Shape, Shapes

if TYPE_CHECKING:
    from lstmcalc.kernels.recurrence import Array, Course, Timesteps


class Stepping(Layer, frozen=True, eq=False, kw_only=True):
    """What a step of an RNN can be: a cell, or cells one above the other.

    On arrays it is run over all timesteps at once, and gives all outputs and its last states:
    a timestep of a cell needs nothing of the cells above it.
    """

    takes: ClassVar[Tensors] = Tensors((VECTOR,), "{}, in an RNN")

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes of the states, those of all cells in one row; the first of the last cell is the output's."""
        raise NotImplementedError

    @property
    def output_size(self) -> int:
        """The size of the output."""
        raise NotImplementedError

    @property
    def depth(self) -> int:
        """How deep the lists are in which Keras keeps the states: 0 for one state, 1 for those of an LSTMCell."""
        raise NotImplementedError

    def bind(self, inputs: Shapes, names: Names) -> Layer:
        """Refuse to be a layer of a model: in Keras, the call of a cell needs the states too."""
        raise Refusal(
            f"{self.class_name} is one timestep of a recurrent layer, and no layer by itself",
            f"repeat it over the timesteps: 'RNN: {{{self.class_name}: ...}}'",
        )

    def output_shapes(self, inputs: Shapes) -> Shapes:
        return ((inputs[0][0], self.output_size),)


class Cell(Stepping, frozen=True, eq=False, kw_only=True):
    """One timestep of a recurrent layer, which says what it weighs."""

    gives: ClassVar[Tensors] = Tensors((("samples", "units"),), "{}; {states}")

    repeated: ClassVar[type[Recurrent]]

    units: Positive = 1

    @property
    def whole(self) -> Recurrent:
        """The recurrent layer that repeats this cell."""
        return self.repeated(**msgspec.structs.asdict(self))

    @property
    def state_names(self) -> tuple[str, ...]:
        return self.repeated.states

    @property
    def sizes(self) -> tuple[int, ...]:
        return (self.units,) * len(self.repeated.states)

    @property
    def output_size(self) -> int:
        return self.units

    @property
    def depth(self) -> int:
        return len(self.repeated.states) - 1

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        return self.whole.weights(_one_timestep(inputs))

    def weights_of_today(self, arrays: "list[Array]") -> "list[Array]":
        return self.whole.weights_of_today(arrays)

    def products(self, inputs: Shapes) -> tuple[Product, ...]:
        whole = self.whole.products(_one_timestep(inputs))
        return tuple(Product(each.factors[1:], each.unknown) for each in whole or ())  # without the one timestep

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.recurrence import Timesteps

        course = self.whole.course(run, Timesteps(run.inputs[0], run.masks[0], run.initial_state))
        return Ran((course.outputs, *course.states))


def _one_timestep(inputs: Shapes) -> Shapes:
    samples, features = inputs[0]
    return ((samples, 1, features),)


class LSTMCell(Cell, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "One timestep of an LSTM."
    source: ClassVar[str] = "keras.layers.LSTMCell"
    closed_form: ClassVar[ClosedForm] = LSTM.closed_form
    replaceable: ClassVar[tuple[str, ...]] = LSTM.replaceable
    gating: ClassVar[Gating] = LSTM.gating
    repeated: ClassVar[type[Recurrent]] = LSTM

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
    kernel_constraint: Constraint = None
    recurrent_constraint: Constraint = None
    bias_constraint: Constraint = None
    dropout: Rate = 0.0
    recurrent_dropout: Rate = 0.0
    seed: Seed = None


class GRUCell(Cell, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "One timestep of a GRU."
    source: ClassVar[str] = "keras.layers.GRUCell"
    closed_form: ClassVar[ClosedForm] = GRU.closed_form
    replaceable: ClassVar[tuple[str, ...]] = GRU.replaceable
    gating: ClassVar[Gating] = GRU.gating
    repeated: ClassVar[type[Recurrent]] = GRU

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
    kernel_constraint: Constraint = None
    recurrent_constraint: Constraint = None
    bias_constraint: Constraint = None
    dropout: Rate = 0.0
    recurrent_dropout: Rate = 0.0
    reset_after: Boolean = True
    seed: Seed = None


class SimpleRNNCell(Cell, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "One timestep of a SimpleRNN."
    source: ClassVar[str] = "keras.layers.SimpleRNNCell"
    closed_form: ClassVar[ClosedForm] = SimpleRNN.closed_form
    replaceable: ClassVar[tuple[str, ...]] = SimpleRNN.replaceable
    gating: ClassVar[Gating] = SimpleRNN.gating
    repeated: ClassVar[type[Recurrent]] = SimpleRNN

    units: Positive
    activation: Activation = "tanh"
    use_bias: Boolean = True
    kernel_initializer: Initializer = "glorot_uniform"
    recurrent_initializer: Initializer = "orthogonal"
    bias_initializer: Initializer = "zeros"
    kernel_regularizer: Regularizer = None
    recurrent_regularizer: Regularizer = None
    bias_regularizer: Regularizer = None
    kernel_constraint: Constraint = None
    recurrent_constraint: Constraint = None
    bias_constraint: Constraint = None
    dropout: Rate = 0.0
    recurrent_dropout: Rate = 0.0
    seed: Seed = None


class StackedRNNCells(Stepping, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Cells one above the other: each timestep goes through all of them."
    source: ClassVar[str] = "keras.layers.StackedRNNCells"
    gives: ClassVar[Tensors] = Tensors((("samples", "units of the last cell"),), "{}; the states of all cells")
    closed_form: ClassVar[ClosedForm] = ClosedForm(None, "those of the cells")
    inner_example: ClassVar[tuple[str, int]] = ("LSTMCell", 64)

    cells: Cells

    def check(self) -> None:
        _check_cells("StackedRNNCells", "cells", self.cells)

    @property
    def state_names(self) -> tuple[str, ...]:
        """Those of the cells, numbered where there are several: `state_h_0`, `state_c_0`, `state_1`."""
        if len(self.cells) == 1:
            return self.cells[0].state_names
        return tuple(f"{name}_{i}" for i, cell in enumerate(self.cells) for name in cell.state_names)

    @property
    def steps(self) -> tuple[Stepping, ...]:
        """The cells."""
        return tuple(cell for cell in self.cells if isinstance(cell, Stepping))

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(size for cell in self.steps for size in cell.sizes)

    @property
    def output_size(self) -> int:
        return self.steps[-1].output_size

    @property
    def depth(self) -> int:
        return 1 + max(cell.depth for cell in self.steps)

    def inner(self, inputs: Shapes) -> tuple[tuple[Layer, Shapes], ...]:
        samples, features = inputs[0]
        sizes: Shape = (features, *(cell.output_size for cell in self.steps))
        return tuple((cell, ((samples, size),)) for cell, size in zip(self.cells, sizes, strict=False))

    def products(self, inputs: Shapes) -> tuple[Product, ...]:
        return tuple(each for cell, shapes in self.inner(inputs) for each in cell.products(shapes) or ())

    def forward(self, run: Running) -> Ran:
        (outputs,), states, at = run.inputs, run.initial_state, 0
        last: list[Array] = []
        for number, cell in enumerate(self.steps):
            own = None if states is None else states[at : at + len(cell.sizes)]
            outputs, *after = run.inner(number, (outputs,), run.masks, own).outputs
            last += after
            at += len(cell.sizes)
        return Ran((outputs, *last))


class RNN(Recurrent, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A cell, or several one above the other, repeated over the timesteps."
    source: ClassVar[str] = "keras.layers.RNN"
    gives: ClassVar[Tensors] = Tensors(
        (("samples", "units of the last cell"), ("samples", "timesteps", "units")),
        "{}, or {} with return_sequences; the cells' states",
    )
    closed_form: ClassVar[ClosedForm] = ClosedForm(None, "those of the cells")
    inner_example: ClassVar[tuple[str, int]] = ("LSTMCell", 64)

    cell: CellOrCells
    return_sequences: Boolean = False
    return_state: Boolean = False
    go_backwards: Boolean = False
    stateful: Boolean = False
    unroll: Boolean = False
    zero_output_for_mask: Boolean = False

    def check(self) -> None:
        _check_cells("RNN", "cell", (self.cell,))
        if self.return_state and self.step.depth > 2:
            raise Refusal(
                "RNN cannot return the states of LSTMCells two stacks deep: Keras 3 fails on it",
                "leave out return_state, or write the cells in one list",
                "return_state",
            )

    @property
    def step(self) -> Stepping:
        """The cell, or the cells one above the other."""
        assert isinstance(self.cell, Stepping)
        return self.cell

    @property
    def state_names(self) -> tuple[str, ...]:
        return self.cell.state_names

    @property
    def output_names(self) -> tuple[str | None, ...]:
        return (None, *self.state_names) if self.return_state else (None,)

    def inner(self, inputs: Shapes) -> tuple[tuple[Layer, Shapes], ...]:
        require_sequence(inputs[0], "RNN")
        samples, _, features = inputs[0]
        return ((self.cell, ((samples, features),)),)

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        self.require_samples(inputs)
        return ()

    def output_shapes(self, inputs: Shapes) -> Shapes:
        require_sequence(inputs[0], "RNN")
        samples, timesteps, _ = inputs[0]
        units = self.step.output_size
        output: Shape = (samples, timesteps, units) if self.return_sequences else (samples, units)
        return (output, *self.state_shapes(inputs)) if self.return_state else (output,)

    def state_shapes(self, inputs: Shapes) -> Shapes:
        return tuple((inputs[0][0], size) for size in self.step.sizes)

    def products(self, inputs: Shapes) -> tuple[Product, ...]:
        timesteps = product_of(inputs[0][1])
        ((cell, shapes),) = self.inner(inputs)
        return tuple(
            Product((*timesteps.factors, *each.factors), timesteps.unknown + each.unknown)
            for each in cell.products(shapes) or ()
        )

    def course(self, run: Running, sequence: "Timesteps") -> "Course":
        from lstmcalc.kernels.recurrence import Course

        outputs, *states = run.inner(0, (sequence.x,), (sequence.mask,), sequence.initial).outputs
        return Course(outputs, tuple(states))


def _check_cells(who: str, argument: str, cells: tuple[Layer, ...]) -> None:
    if not isinstance(cells, tuple) or not cells:
        raise Refusal(f"{who} takes a list of cells, at least one", argument=argument)
    for cell in cells:
        if not isinstance(cell, Stepping):
            raise Refusal(
                f"{who} takes cells, but has {cell.class_name}",
                "cells are LSTMCell, GRUCell, SimpleRNNCell and StackedRNNCells",
                argument,
            )
