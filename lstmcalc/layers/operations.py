"""The operations of `keras.ops` as they stand in saved graphs: layers without weights, by the names `ops.NAME`.

An operation is called on tensors and on numbers: `call_inputs` are what Keras calls both, in their order.
"""

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar, cast

from lstmcalc.errors import Refusal
from lstmcalc.layers.arguments import (
    Anything,
    Boolean,
    Integer,
    Number,
    OneOrMoreAxes,
    OptionalAxes,
    OptionalDtype,
    OptionalInteger,
    OptionalNumber,
    Positive,
    Rule,
    Text,
)
from lstmcalc.layers.base import Layer, Product, Ran, Running, Tensor, arguments_of, product_of
from lstmcalc.layers.declared import Example, Tensors
from lstmcalc.shapes import Shape, Shapes, broadcast, format_shape

if TYPE_CHECKING:
    from lstmcalc.layers.base import Array

ANYTHING = Rule("a number or lists of numbers", {}, lambda value: value)
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
FLOATS = ("bfloat16", "float16", "float32", "float64")
PREFIX = "ops."
OPTIONS: dict[str, Any] = {"frozen": True, "eq": False, "kw_only": True}
OF_CLASSES: Any = type(Layer)


# Where Keras 3 has the classes of operations that are not among those of NumPy.
MODULES_OF_KERAS = {
    "nn": (
        *("Celu", "Elu", "Gelu", "HardSigmoid", "HardSilu", "HardTanh", "LeakyRelu", "LogSigmoid", "LogSoftmax"),
        *("Normalize", "OneHot", "Relu", "Relu6", "Selu", "Sigmoid", "Silu", "Softmax", "Softplus", "Softsign"),
    ),
    "core": ("Cast", "ConvertToTensor", "Slice", "StopGradient"),
    "math": ("Logsumexp", "Rsqrt", "TopK"),
    "linalg": ("Norm",),
}


class OperationLayer(Layer, frozen=True, eq=False, kw_only=True):
    """One operation, which has no weights."""

    gives: ClassVar[Tensors] = Tensors(words="what follows from its inputs and arguments")
    takes: ClassVar[Tensors] = Tensors(words="any")
    common: ClassVar[tuple[str, ...]] = ("name", "trainable", "dtype")
    keeps_input_dtype: ClassVar[bool] = True
    is_operation: ClassVar[bool] = True
    call_inputs: ClassVar[tuple[str, ...]] = ("x",)

    @property
    def class_name(self) -> str:
        return type(self).__name__.removeprefix(PREFIX)

    @property
    def module(self) -> str:
        """Where Keras 3 has its class."""
        found = (module for module, names in MODULES_OF_KERAS.items() if self.class_name in names)
        return f"keras.src.ops.{next(found, 'numpy')}"

    @property
    def operation(self) -> str:
        """Keras's name of it."""
        return self.class_name

    @property
    def converts_inputs(self) -> bool:
        return False

    def constants(self) -> tuple[Any, ...]:
        """What it is called on that is no tensor, None for each tensor."""
        return tuple(getattr(self, name) for name in self.call_inputs if name in self.call_arguments)

    def given(self, inputs: Sequence[Any]) -> tuple[Any, ...]:
        """Tensors and numbers in the order in which it is called on them."""
        left = iter(inputs)
        return tuple(next(left, None) if each is None else each for each in self.constants())


# Numbers one by one.


class Elementwise(OperationLayer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A function of each number."

    def output_dtypes(self, inputs: Sequence[Tensor], count: int) -> tuple[str, ...]:
        dtype = inputs[0].dtype
        if self.operation in ("LogicalNot", "Isfinite", "Isinf", "Isnan"):
            return ("bool",) * count
        keeps = self.operation in KEEP_INTEGERS
        return (dtype if keeps or dtype in FLOATS else "float32",) * count

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.operations import elementwise

        (x,) = run.inputs
        own = {each.name: getattr(self, each.field) for each in arguments_of(type(self)).values()}
        own = {name: value for name, value in own.items() if value is not None}
        y = elementwise(self.operation, x, **own)
        return Ran((y.astype(x.dtype) if x.dtype.kind == "f" and y.dtype.kind == "f" else y,))


KEEP_INTEGERS = (
    *("Abs", "Absolute", "Copy", "Negative", "OnesLike", "Sign", "Square", "StopGradient", "ZerosLike", "Relu"),
    *("Round", "NanToNum", "Identity", "Relu6"),
)
_PLAIN = (
    "Abs Absolute Arccos Arccosh Arcsin Arcsinh Arctan Arctanh Ceil Cos Cosh Exp Expm1 Floor Isfinite Isinf Isnan "
    "Log Log10 Log1p Log2 LogicalNot Negative Reciprocal Rsqrt Sign Sin Sinh Sqrt Square StopGradient Tan "
    "Tanh Trunc Relu Relu6 Sigmoid Silu Softplus Softsign Selu HardSigmoid HardSilu LogSigmoid HardTanh Mish Copy"
).split()


class LikeOperation(Elementwise, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Zeros or ones in the shape of the input."
    common: ClassVar[tuple[str, ...]] = ("name", "trainable")

    dtype_: OptionalDtype = None

    def output_dtypes(self, inputs: Sequence[Tensor], count: int) -> tuple[str, ...]:
        return (self.dtype_ or inputs[0].dtype,) * count


class ConvertOperation(LikeOperation, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The input itself, in a dtype where one is named."

    dtype_: OptionalDtype = None
    sparse: Anything = None
    ragged: Anything = None

    def forward(self, run: Running) -> Ran:
        return Ran(run.inputs)


class GeluOperation(Elementwise, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The activation gelu."

    approximate: Boolean = True


class SlopeOperation(Elementwise, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The activation leaky_relu."

    negative_slope: Number = 0.2


class AlphaOperation(Elementwise, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The activation elu or celu."

    alpha: Number = 1.0


class SoftmaxOperation(Elementwise, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The activation softmax or log_softmax along an axis."

    axis: OneOrMoreAxes = -1


class ClipOperation(OperationLayer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Numbers within bounds."

    x_min: Anything
    x_max: Anything

    def forward(self, run: Running) -> Ran:
        import numpy as np

        (x,) = run.inputs
        return Ran((np.clip(x, self.x_min, self.x_max).astype(x.dtype),))


class RoundOperation(OperationLayer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Numbers with so many decimals."

    decimals: Integer = 0

    def forward(self, run: Running) -> Ran:
        (x,) = run.inputs
        return Ran((x.round(self.decimals),))


class CumulativeOperation(OperationLayer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Running sums or products along an axis."

    axis: OptionalInteger = None
    dtype_: OptionalDtype = None

    def output_shapes(self, inputs: Shapes) -> Shapes:
        return inputs[:1] if self.axis is not None else ((_size(inputs[0]),),)

    def forward(self, run: Running) -> Ran:
        import numpy as np

        (x,) = run.inputs
        add = self.operation == "Cumsum"
        return Ran(((np.cumsum if add else np.cumprod)(x, axis=self.axis, dtype=x.dtype),))


class NormalizeOperation(OperationLayer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Numbers whose norm along an axis is 1."

    axis: Integer = -1
    order: Number = 2
    epsilon: OptionalNumber = None

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.operations import normalize

        (x,) = run.inputs
        return Ran((normalize(x, self.axis, self.order, 1e-7 if self.epsilon is None else self.epsilon),))


class CastOperation(OperationLayer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Numbers in another dtype."
    common: ClassVar[tuple[str, ...]] = ("name", "trainable")

    dtype_: OptionalDtype

    def output_dtypes(self, inputs: Sequence[Tensor], count: int) -> tuple[str, ...]:
        return (str(self.dtype_),) * count

    def forward(self, run: Running) -> Ran:
        import numpy as np

        (x,) = run.inputs
        return Ran((x.astype(np.float32 if self.dtype_ == "bfloat16" else self.dtype_),))


# Two arrays, or an array and a number.


class Binary(OperationLayer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A function of two tensors number by number, or of a tensor and a number."
    inputs_taken: ClassVar[tuple[int, int | None]] = (1, 2)
    call_inputs: ClassVar[tuple[str, ...]] = ("x1", "x2")
    call_arguments: ClassVar[dict[str, Rule]] = {"x1": ANYTHING, "x2": ANYTHING}

    x1: Any = None
    x2: Any = None

    def output_shapes(self, inputs: Shapes) -> Shapes:
        first, second = self._both(inputs)
        joined = broadcast(first, second)
        if joined is None:
            both = f"{format_shape(first)} and {format_shape(second)}"
            raise Refusal(f"{self.class_name} takes tensors of one shape, or that broadcast, but has {both}")
        return (joined,)

    def _both(self, inputs: Shapes) -> tuple[Shape, Shape]:
        numbers = sum(each is not None for each in self.constants())
        if len(inputs) + numbers != 2:
            raise Refusal(f"{self.class_name} takes 2 tensors, or one and a number (x1 or x2)")
        left = iter(inputs)
        first, second = (next(left) if each is None else _shape_of(each) for each in self.constants())
        return first, second

    def output_dtypes(self, inputs: Sequence[Tensor], count: int) -> tuple[str, ...]:
        if self.operation in COMPARISONS:
            return ("bool",) * count
        dtype = _promoted([*(each.dtype for each in inputs), *map(_kind, self.constants())])
        if self.operation in ("Divide", "TrueDivide", "Arctan2") and dtype not in FLOATS:
            dtype = "float32"
        return (dtype,) * count

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.operations import binary

        first, second = (_number(each, run.inputs[0]) for each in self.given(run.inputs))
        return Ran((binary(self.operation, first, second),))


COMPARISONS = (
    *("Equal", "Greater", "GreaterEqual", "Less", "LessEqual", "NotEqual"),
    *("LogicalAnd", "LogicalOr", "LogicalXor"),
)
_BINARY = (
    *COMPARISONS,
    *("Add", "Arctan2", "Divide", "FloorDivide", "Maximum", "Minimum", "Mod", "Multiply", "Power", "Subtract"),
    "TrueDivide",
)


class WhereOperation(OperationLayer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Numbers of one tensor where a condition holds, and of another where not."
    inputs_taken: ClassVar[tuple[int, int | None]] = (1, 3)
    call_inputs: ClassVar[tuple[str, ...]] = ("condition", "x1", "x2")
    call_arguments: ClassVar[dict[str, Rule]] = {"condition": ANYTHING, "x1": ANYTHING, "x2": ANYTHING}

    condition: Any = None
    x1: Any = None
    x2: Any = None

    def output_shapes(self, inputs: Shapes) -> Shapes:
        left = iter(inputs)
        shapes = [next(left, None) if each is None else _shape_of(each) for each in self.constants()]
        if None in shapes or next(left, None) is not None:
            raise Refusal("Where takes a condition and two tensors or numbers (x1, x2)")
        joined: Shape | None = ()
        for shape in shapes:
            joined = None if joined is None or shape is None else broadcast(joined, shape)
        if joined is None:
            raise Refusal("Where takes tensors that broadcast")
        return (joined,)

    def output_dtypes(self, inputs: Sequence[Tensor], count: int) -> tuple[str, ...]:
        dtypes = [each.dtype for each in inputs]
        given = dtypes[1:] if self.condition is None else dtypes
        return (_promoted([*given, *map(_kind, (self.x1, self.x2))]),) * count

    def forward(self, run: Running) -> Ran:
        import numpy as np

        condition, first, second = self.given(run.inputs)
        like = next((each for each in (first, second) if isinstance(each, np.ndarray)), run.inputs[0])
        return Ran((np.where(condition, _number(first, like), _number(second, like)),))


# All numbers along axes.


class Reduction(OperationLayer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "One number of all along an axis, along several, or of all."

    axis: OptionalAxes = None
    keepdims: Boolean = False
    initial: Anything = None
    where: Anything = None
    dtype_: OptionalDtype = None

    def output_shapes(self, inputs: Shapes) -> Shapes:
        axes = _axes(self.axis, inputs[0], self.class_name)
        if self.keepdims:
            return (tuple(1 if axis in axes else size for axis, size in enumerate(inputs[0])),)
        return (tuple(size for axis, size in enumerate(inputs[0]) if axis not in axes),)

    def output_dtypes(self, inputs: Sequence[Tensor], count: int) -> tuple[str, ...]:
        dtype = inputs[0].dtype
        if self.operation in ("All", "Any"):
            dtype = "bool"
        elif self.operation in ("Argmax", "Argmin", "CountNonzero"):
            dtype = "int32"
        elif dtype not in FLOATS and self.operation in ("Mean", "Std", "Var", "Logsumexp", "Norm"):
            dtype = "float32"
        elif dtype in ("bool", "int8", "int16") and self.operation in ("Sum", "Prod"):
            dtype = "int32"
        return (dtype,) * count

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.operations import reduce

        (x,) = run.inputs
        y = reduce(self.operation, x, self.axis, self.keepdims)
        return Ran((y.astype(x.dtype) if y.dtype.kind == x.dtype.kind == "f" else y,))


_REDUCTIONS = "All Amax Amin Any Argmax Argmin CountNonzero Logsumexp Max Mean Min Prod Std Sum Var".split()


class NormOperation(Reduction, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The Euclidean norm along axes."

    ord: Anything = None
    axis: OptionalAxes = None
    keepdims: Boolean = False

    def forward(self, run: Running) -> Ran:
        import numpy as np

        if self.ord not in (None, 2, "euclidean", "fro"):
            raise Refusal(f"Norm of the order {self.ord} cannot be run here", argument="ord")
        (x,) = run.inputs
        return Ran((np.sqrt(np.sum(np.square(x), axis=self.axis, keepdims=self.keepdims)),))


# Axes and places.


class ReshapeOperation(OperationLayer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The same numbers in another shape, samples included, with one axis of -1 worked out."

    newshape: OneOrMoreAxes

    def output_shapes(self, inputs: Shapes) -> Shapes:
        shape = (self.newshape,) if isinstance(self.newshape, int) else self.newshape
        size = None if None in inputs[0] else prod(each for each in inputs[0] if each is not None)
        rest = prod(each for each in shape if each != -1)
        if -1 not in shape:
            if size is not None and size != rest:
                raise self._unfit(inputs[0], shape)
            return (tuple(shape),)
        if size is None:
            return (tuple(None if each == -1 else each for each in shape),)
        if rest == 0 or size % rest:
            raise self._unfit(inputs[0], shape)
        return (tuple(size // rest if each == -1 else each for each in shape),)

    def _unfit(self, given: Shape, shape: Sequence[int]) -> Refusal:
        return Refusal(f"Reshape cannot make {tuple(shape)} of {format_shape(given)}", argument="newshape")

    def forward(self, run: Running) -> Ran:
        (x,) = run.inputs
        return Ran((x.reshape(self.newshape),))


class TransposeOperation(OperationLayer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The axes in another order, samples included."

    axes: OptionalAxes = None

    def output_shapes(self, inputs: Shapes) -> Shapes:
        return (tuple(inputs[0][axis] for axis in self._order(len(inputs[0]))),)

    def _order(self, rank: int) -> tuple[int, ...]:
        axes = tuple(reversed(range(rank))) if self.axes is None else self.axes
        order = tuple(_axis(each, rank, "Transpose") for each in ((axes,) if isinstance(axes, int) else axes))
        if sorted(order) != list(range(rank)):
            raise Refusal(f"Transpose takes each of {rank} axes once, but axes is {list(order)}", argument="axes")
        return order

    def forward(self, run: Running) -> Ran:
        (x,) = run.inputs
        return Ran((x.transpose(self._order(x.ndim)),))


class ExpandDimsOperation(OperationLayer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A new axis of 1, or several."

    axis: OneOrMoreAxes

    def output_shapes(self, inputs: Shapes) -> Shapes:
        axes = (self.axis,) if isinstance(self.axis, int) else self.axis
        rank = len(inputs[0]) + len(axes)
        new = {_axis(each, rank, self.class_name) for each in axes}
        left = iter(inputs[0])
        return (tuple(1 if axis in new else next(left) for axis in range(rank)),)

    def forward(self, run: Running) -> Ran:
        import numpy as np

        (x,) = run.inputs
        return Ran((np.expand_dims(x, self.axis),))


class SqueezeOperation(OperationLayer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The axes of 1 left out, or those named."

    axis: OptionalAxes = None

    def output_shapes(self, inputs: Shapes) -> Shapes:
        shape = inputs[0]
        if self.axis is None:
            return (tuple(size for size in shape if size != 1),)
        axes = _axes(self.axis, shape, self.class_name)
        for axis in axes:
            if shape[axis] not in (1, None):
                raise Refusal(
                    f"Squeeze leaves out axes of 1, but axis {axis} of {format_shape(shape)} is {shape[axis]}"
                )
        return (tuple(size for axis, size in enumerate(shape) if axis not in axes),)

    def forward(self, run: Running) -> Ran:
        import numpy as np

        (x,) = run.inputs
        return Ran((np.squeeze(x, self.axis),))


class JoinOperation(OperationLayer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Tensors side by side along an axis, or along a new one (Stack)."
    inputs_taken: ClassVar[tuple[int, int | None]] = (1, None)
    call_inputs: ClassVar[tuple[str, ...]] = ("xs", "x")

    axis: Integer = 0

    def output_shapes(self, inputs: Shapes) -> Shapes:
        rank = len(inputs[0])
        if any(len(each) != rank for each in inputs):
            listed = ", ".join(map(format_shape, inputs))
            raise Refusal(f"{self.class_name} takes tensors of one rank, but has {listed}")
        is_stack = self.operation == "Stack"
        axis = _axis(self.axis, rank + is_stack, self.class_name)
        joined: list[int | None] = []
        for place, sizes in enumerate(zip(*inputs, strict=True)):
            known = {size for size in sizes if size is not None}
            if place == axis and not is_stack:
                joined.append(None if None in sizes else sum(size for size in sizes if size is not None))
            elif len(known) > 1:
                listed = ", ".join(map(format_shape, inputs))
                raise Refusal(f"{self.class_name} takes tensors that agree in every other axis, but has {listed}")
            else:
                joined.append(None if None in sizes and place == 0 else next(iter(known), None))
        if is_stack:
            joined.insert(axis, len(inputs))
        return (tuple(joined),)

    def output_dtypes(self, inputs: Sequence[Tensor], count: int) -> tuple[str, ...]:
        return (_promoted([each.dtype for each in inputs]),) * count

    def forward(self, run: Running) -> Ran:
        import numpy as np

        return Ran(((np.stack if self.operation == "Stack" else np.concatenate)(run.inputs, axis=self.axis),))


class SplitOperation(OperationLayer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Parts of a tensor along an axis: so many of one size, or cut at the places named."

    indices_or_sections: OneOrMoreAxes
    axis: Integer = 0

    @property
    def output_names(self) -> tuple[str | None, ...]:
        parts = self.indices_or_sections
        return (None,) * (parts if isinstance(parts, int) else len(parts) + 1)

    @property
    def has_main_output(self) -> bool:
        return len(self.output_names) == 1

    def output_shapes(self, inputs: Shapes) -> Shapes:
        shape, parts = inputs[0], self.indices_or_sections
        axis = _axis(self.axis, len(shape), "Split")
        size = shape[axis]
        sizes: list[int | None]
        if isinstance(parts, int):
            if parts < 1 or (size is not None and size % parts):
                raise Refusal(f"Split cannot make {parts} equal parts of an axis of {size}", argument="axis")
            sizes = [None if size is None else size // parts] * parts
        else:
            cuts = [0, *parts]
            sizes = [end - start for start, end in zip(cuts, parts, strict=False)]
            sizes.append(None if size is None else size - cuts[-1])
        return tuple((*shape[:axis], each, *shape[axis + 1 :]) for each in sizes)

    def forward(self, run: Running) -> Ran:
        import numpy as np

        (x,) = run.inputs
        return Ran(tuple(np.split(x, self.indices_or_sections, axis=self.axis)))


class TileOperation(OperationLayer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A tensor again and again along its axes."

    repeats: OneOrMoreAxes

    def output_shapes(self, inputs: Shapes) -> Shapes:
        repeats = (self.repeats,) if isinstance(self.repeats, int) else self.repeats
        rank = max(len(repeats), len(inputs[0]))
        shape = (*(1,) * (rank - len(inputs[0])), *inputs[0])
        times = (*(1,) * (rank - len(repeats)), *repeats)
        return (tuple(None if size is None else size * each for size, each in zip(shape, times, strict=True)),)

    def forward(self, run: Running) -> Ran:
        import numpy as np

        (x,) = run.inputs
        return Ran((np.tile(x, self.repeats),))


class RepeatOperation(OperationLayer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Each entry of an axis so many times."

    repeats: OneOrMoreAxes
    axis: OptionalInteger = None

    def output_shapes(self, inputs: Shapes) -> Shapes:
        shape: Shape = (_size(inputs[0]),) if self.axis is None else inputs[0]
        axis = _axis(0 if self.axis is None else self.axis, len(shape), "Repeat")
        size, times = shape[axis], self.repeats
        if isinstance(times, int) or len(times) == 1:
            each = times if isinstance(times, int) else times[0]
            many = None if size is None else size * each
        else:
            many = sum(times)
        return ((*shape[:axis], many, *shape[axis + 1 :]),)

    def forward(self, run: Running) -> Ran:
        import numpy as np

        (x,) = run.inputs
        return Ran((np.repeat(x, self.repeats, axis=self.axis),))


class FlipOperation(OperationLayer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The entries of an axis in reverse."

    axis: OptionalAxes = None

    def forward(self, run: Running) -> Ran:
        import numpy as np

        (x,) = run.inputs
        return Ran((np.flip(x, self.axis),))


class RollOperation(OperationLayer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The entries of an axis moved on, the last to the front."

    shift: OneOrMoreAxes
    axis: OptionalAxes = None

    def forward(self, run: Running) -> Ran:
        import numpy as np

        (x,) = run.inputs
        return Ran((np.roll(x, self.shift, self.axis),))


class SwapaxesOperation(OperationLayer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Two axes in each other's place."

    axis1: Integer
    axis2: Integer

    def output_shapes(self, inputs: Shapes) -> Shapes:
        shape = list(inputs[0])
        first, second = (_axis(each, len(shape), "Swapaxes") for each in (self.axis1, self.axis2))
        shape[first], shape[second] = shape[second], shape[first]
        return (tuple(shape),)

    def forward(self, run: Running) -> Ran:
        (x,) = run.inputs
        return Ran((x.swapaxes(self.axis1, self.axis2),))


class MoveaxisOperation(OperationLayer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Axes at other places, the others in their order."

    source_: OneOrMoreAxes
    destination: OneOrMoreAxes

    def output_shapes(self, inputs: Shapes) -> Shapes:
        shape = inputs[0]
        sources, places = (
            [_axis(each, len(shape), "Moveaxis") for each in ((axes,) if isinstance(axes, int) else axes)]
            for axes in (self.source_, self.destination)
        )
        order = [axis for axis in range(len(shape)) if axis not in sources]
        for place, source in sorted(zip(places, sources, strict=False)):
            order.insert(place, source)
        return (tuple(shape[axis] for axis in order),)

    def forward(self, run: Running) -> Ran:
        import numpy as np

        (x,) = run.inputs
        return Ran((np.moveaxis(x, self.source_, self.destination),))


class BroadcastToOperation(OperationLayer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A tensor in a larger shape, axes of 1 repeated."

    shape: OneOrMoreAxes

    def output_shapes(self, inputs: Shapes) -> Shapes:
        wanted = (self.shape,) if isinstance(self.shape, int) else tuple(self.shape)
        if broadcast(inputs[0], wanted) is None:
            raise Refusal(f"BroadcastTo cannot make {format_shape(wanted)} of {format_shape(inputs[0])}")
        return (wanted,)

    def forward(self, run: Running) -> Ran:
        import numpy as np

        (x,) = run.inputs
        return Ran((np.broadcast_to(x, self.shape),))


class PadOperation(OperationLayer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "More numbers before and after the entries of each axis."
    call_arguments: ClassVar[dict[str, Rule]] = {"constant_values": ANYTHING}

    pad_width: Anything
    mode: Text = "constant"
    constant_values: Any = None

    def output_shapes(self, inputs: Shapes) -> Shapes:
        pairs = self._pairs(len(inputs[0]))
        return (tuple(None if size is None else size + sum(pair) for size, pair in zip(inputs[0], pairs, strict=True)),)

    def _pairs(self, rank: int) -> list[tuple[int, int]]:
        width = self.pad_width
        if isinstance(width, int):
            return [(width, width)] * rank
        pairs = [tuple(each) if isinstance(each, list | tuple) else (each,) for each in width]
        if len(pairs) == 2 and all(len(each) == 1 for each in pairs):
            pairs = [(pairs[0][0], pairs[1][0])]
        pairs = pairs * rank if len(pairs) == 1 else pairs
        if len(pairs) != rank or any(type(n) is not int or n < 0 for pair in pairs for n in pair):
            raise Refusal(f"Pad takes a pair of numbers for each of {rank} axes", argument="pad_width")
        return [(pair[0], pair[-1]) for pair in pairs]

    def forward(self, run: Running) -> Ran:
        import numpy as np

        (x,) = run.inputs
        pairs = self._pairs(x.ndim)
        if self.mode != "constant":
            return Ran((np.pad(x, pairs, mode=self.mode),))  # type: ignore[call-overload]
        return Ran((np.pad(x, pairs, constant_values=self.constant_values or 0),))


class TakeOperation(OperationLayer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The entries of an axis at places, which are numbers or a tensor."
    inputs_taken: ClassVar[tuple[int, int | None]] = (1, 2)
    call_inputs: ClassVar[tuple[str, ...]] = ("x", "indices")
    call_arguments: ClassVar[dict[str, Rule]] = {"indices": ANYTHING}

    axis: OptionalInteger = None
    indices: Any = None

    def output_shapes(self, inputs: Shapes) -> Shapes:
        places = inputs[1] if len(inputs) > 1 else _shape_of(self.indices)
        if self.axis is None:
            return (places,)
        axis = _axis(self.axis, len(inputs[0]), "Take")
        return ((*inputs[0][:axis], *places, *inputs[0][axis + 1 :]),)

    def forward(self, run: Running) -> Ran:
        import numpy as np

        places = run.inputs[1] if len(run.inputs) > 1 else np.asarray(self.indices)
        return Ran((np.take(run.inputs[0], places.astype(np.int64), axis=self.axis),))


def _written_keys(key: Any) -> Any:
    """Brackets as a spec has them: numbers, '1:3', '...' and null."""
    entries = [_written_key(each) for each in _keys(key)]
    return entries if isinstance(key, list | tuple) else entries[0]


def _written_key(entry: Any) -> Any:
    if entry is Ellipsis:
        return "..."
    if not isinstance(entry, slice):
        return entry
    bounds = ["" if each is None else str(each) for each in (entry.start, entry.stop)]
    return ":".join(bounds if entry.step is None else [*bounds, str(entry.step)])


KEY = Rule("numbers, '1:3', '...' and null", {}, lambda value: value, write=_written_keys)


class GetItemOperation(OperationLayer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = (
        "Parts of a tensor, as Python's brackets give them: numbers, '1:3', '...', null for a new axis."
    )
    call_inputs: ClassVar[tuple[str, ...]] = ("x", "key")
    call_arguments: ClassVar[dict[str, Rule]] = {"key": KEY}

    key: Any = None

    def output_shapes(self, inputs: Shapes) -> Shapes:
        shape, left = inputs[0], list(inputs[0])
        keys = _keys(self.key)
        taken = sum(each is not None and each is not Ellipsis for each in keys)
        if taken > len(shape):
            raise Refusal(f"{taken} axes are named of {format_shape(shape)}, which has {len(shape)}", argument="key")
        found: list[int | None] = []
        for each in keys:
            if each is None:
                found.append(1)
            elif each is Ellipsis:
                many = len(shape) - taken
                found += left[:many]
                left = left[many:]
            else:
                size = left.pop(0)
                if isinstance(each, slice):
                    found.append(None if size is None else len(range(*each.indices(size))))
                elif size is not None and not -size <= each < size:
                    raise Refusal(f"{each} is no place of an axis of {size}", argument="key")
        return ((*found, *left),)

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.operations import get_item

        return Ran((get_item(run.inputs[0], _keys(self.key)),))


class SliceOperation(OperationLayer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A part of a tensor from a place on, of a shape."
    call_inputs: ClassVar[tuple[str, ...]] = ("inputs", "start_indices")
    call_arguments: ClassVar[dict[str, Rule]] = {"start_indices": ANYTHING}

    shape: OneOrMoreAxes
    start_indices: Any = None

    def output_shapes(self, inputs: Shapes) -> Shapes:
        wanted = (self.shape,) if isinstance(self.shape, int) else tuple(self.shape)
        starts = self._starts(len(wanted))
        sizes = zip(wanted, inputs[0], starts, strict=False)
        return (tuple((None if size is None else size - start) if each == -1 else each for each, size, start in sizes),)

    def _starts(self, count: int) -> list[int]:
        starts = self.start_indices if isinstance(self.start_indices, list | tuple) else [0] * count
        if len(starts) != count or any(type(each) is not int for each in starts):
            raise Refusal("Slice takes a start for each axis", argument="start_indices")
        return list(starts)

    def forward(self, run: Running) -> Ran:
        (x,) = run.inputs
        sizes = self.output_shapes((x.shape,))[0]
        starts = self._starts(len(sizes))
        return Ran((x[tuple(slice(at, at + (size or 0)) for at, size in zip(starts, sizes, strict=True))],))


class OneHotOperation(OperationLayer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A 1 at the place of each index, along a new axis."
    common: ClassVar[tuple[str, ...]] = ("name", "trainable")

    num_classes: Positive
    axis: Integer = -1
    dtype_: OptionalDtype = None
    sparse: Boolean = False

    def output_shapes(self, inputs: Shapes) -> Shapes:
        axis = _axis(self.axis, len(inputs[0]) + 1, "OneHot")
        return ((*inputs[0][:axis], self.num_classes, *inputs[0][axis:]),)

    def output_dtypes(self, inputs: Sequence[Tensor], count: int) -> tuple[str, ...]:
        return (self.dtype_ or "float32",) * count

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.operations import one_hot

        return Ran((one_hot(run.inputs[0], self.num_classes, self.axis, self.dtype_ or "float32"),))


class TopKOperation(OperationLayer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The largest numbers of the last axis, and their places."

    k: Positive
    sorted: Boolean = True

    @property
    def output_names(self) -> tuple[str | None, ...]:
        return (None, None)

    @property
    def has_main_output(self) -> bool:
        return False

    def output_shapes(self, inputs: Shapes) -> Shapes:
        return ((*inputs[0][:-1], self.k),) * 2

    def output_dtypes(self, inputs: Sequence[Tensor], count: int) -> tuple[str, ...]:
        return (inputs[0].dtype, "int32")

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.operations import top_k

        return Ran(top_k(run.inputs[0], self.k))


# Products.


class MatmulOperation(OperationLayer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The matrix product of the last two axes of two tensors."
    inputs_taken: ClassVar[tuple[int, int | None]] = (2, 2)
    call_inputs: ClassVar[tuple[str, ...]] = ("x1", "x2")

    transpose_a: Boolean = False
    transpose_b: Boolean = False

    def _turned(self, inputs: Shapes) -> tuple[Shape, Shape]:
        first, second = inputs
        if len(first) < 2 or len(second) < 2:
            raise Refusal(f"{self.class_name} takes tensors of at least 2 axes here")
        first = (*first[:-2], first[-1], first[-2]) if self.transpose_a else first
        return first, (*second[:-2], second[-1], second[-2]) if self.transpose_b else second

    def output_shapes(self, inputs: Shapes) -> Shapes:
        first, second = self._turned(inputs)
        batch = broadcast(first[:-2], second[:-2])
        inner = (first[-1], second[-2])
        if batch is None or (None not in inner and inner[0] != inner[1]):
            both = f"{format_shape(inputs[0])} and {format_shape(inputs[1])}"
            raise Refusal(f"{self.class_name} cannot multiply {both}")
        return ((*batch, first[-2], second[-1]),)

    def products(self, inputs: Shapes) -> tuple[Product, ...]:
        first, second = self._turned(inputs)
        batch = broadcast(first[:-2], second[:-2]) or ()
        return (product_of(*batch[1:], first[-2], first[-1], second[-1]),)

    def output_dtypes(self, inputs: Sequence[Tensor], count: int) -> tuple[str, ...]:
        return (_promoted([each.dtype for each in inputs]),) * count

    def forward(self, run: Running) -> Ran:
        first, second = run.inputs
        first = first.swapaxes(-1, -2) if self.transpose_a else first
        return Ran((first @ (second.swapaxes(-1, -2) if self.transpose_b else second),))


class EinsumOperation(OperationLayer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A tensor product by an equation."
    inputs_taken: ClassVar[tuple[int, int | None]] = (1, None)
    example: ClassVar[Example] = Example(
        {"subscripts": "abc,acd->abd"}, (("samples", "timesteps", "features"), ("samples", "features", "units"))
    )

    subscripts: Text

    def _terms(self, inputs: Shapes) -> tuple[list[str], str]:
        left, arrow, right = self.subscripts.replace(" ", "").partition("->")
        terms = left.split(",")
        if not arrow or "." in self.subscripts or len(terms) != len(inputs):
            raise Refusal(
                f"the equation '{self.subscripts}' is not taken for {len(inputs)} tensors", None, "subscripts"
            )
        for term, shape in zip(terms, inputs, strict=True):
            if len(term) != len(shape):
                raise Refusal(f"'{term}' has {len(term)} axes, but its tensor is {format_shape(shape)}")
        return terms, right

    def _sizes(self, inputs: Shapes) -> dict[str, int | None]:
        sizes: dict[str, int | None] = {}
        for term, shape in zip(self._terms(inputs)[0], inputs, strict=True):
            for letter, size in zip(term, shape, strict=True):
                before = sizes.get(letter)
                if before not in (None, 1) and size not in (None, 1, before):
                    raise Refusal(f"'{letter}' is {before} in one tensor, and {size} in another")
                sizes[letter] = size if before in (None, 1) else before
        return sizes

    def output_shapes(self, inputs: Shapes) -> Shapes:
        sizes, (_, right) = self._sizes(inputs), self._terms(inputs)
        if not set(right) <= sizes.keys():
            raise Refusal(f"the output '{right}' has letters that no tensor has", argument="subscripts")
        return (tuple(sizes[letter] for letter in right),)

    def products(self, inputs: Shapes) -> tuple[Product, ...]:
        first = self._terms(inputs)[0][0][:1]
        return (product_of(*(size for letter, size in self._sizes(inputs).items() if letter != first)),)

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.products import einsum

        return Ran((einsum(self.subscripts, *run.inputs),))


# Helpers.


def _shape_of(value: Any) -> Shape:
    """The shape of a number, or of lists of numbers."""
    shape: list[int] = []
    while isinstance(value, list | tuple):
        shape.append(len(value))
        value = value[0] if value else None
    return tuple(shape)


def _size(shape: Shape) -> int | None:
    return None if None in shape else prod(each for each in shape if each is not None)


def _axis(axis: int, rank: int, who: str) -> int:
    """An axis from the front. Raises Refusal for one that is not there."""
    if not -rank <= axis < rank:
        raise Refusal(f"{who}: {axis} is no axis of {rank}", argument="axis")
    return axis % rank


def _axes(axes: int | tuple[int, ...] | None, shape: Shape, who: str) -> set[int]:
    rank = len(shape)
    if axes is None:
        return set(range(rank))
    return {_axis(each, rank, who) for each in ((axes,) if isinstance(axes, int) else axes)}


def _kind(value: Any) -> str | None:
    """The kind of a number that is no tensor; None for none."""
    while isinstance(value, list | tuple) and value:
        value = value[0]
    return {bool: "bool", int: "int", float: "float"}.get(type(value))


def _promoted(dtypes: Sequence[str | None]) -> str:
    """The dtype of what is made of several; plain numbers have no size of their own."""
    known = [each for each in dtypes if each is not None]
    floats = [each for each in known if each in FLOATS]
    if floats:
        return max(floats, key=FLOATS.index)
    if "float" in known:
        return "float32"
    integers = [each for each in known if each in INTEGERS]
    if integers:
        return max(integers, key=lambda each: (int(each.strip("uint")), each))
    return "int32" if "int" in known else known[0] if known else "float32"


def _number(value: Any, like: "Array") -> "Array":
    """A number in the dtype of an array, as Keras gives it."""
    import numpy as np

    if isinstance(value, np.ndarray):
        return value
    array = np.asarray(value)
    keeps = like.dtype.kind == "f" or array.dtype.kind != "f"
    return array.astype(like.dtype if keeps and like.dtype.kind != "b" else np.float32)


def _keys(key: Any) -> list[Any]:
    """The entries of brackets. Raises Refusal for what cannot stand there."""
    entries = key if isinstance(key, list | tuple) else [key]
    return [_key(each) for each in entries]


def _key(entry: Any) -> Any:
    if isinstance(entry, dict):
        if entry.get("class_name") == "__ellipsis__":
            return Ellipsis
        config = entry.get("config", entry)
        if isinstance(config, dict) and "stop" in config:
            return slice(*(_bound(config.get(name)) for name in ("start", "stop", "step")))
    if entry is None or (type(entry) is int):
        return entry
    if entry == "...":
        return Ellipsis
    if isinstance(entry, str) and 0 < entry.count(":") < 3:
        parts = entry.split(":")
        if all(part.strip().lstrip("-").isdecimal() or not part.strip() for part in parts):
            return slice(*(int(part) if part.strip() else None for part in parts))
    raise Refusal(f"brackets take numbers, '1:3', '...' and null, not {entry!r}", argument="key")


def _bound(value: Any) -> int | None:
    if value is not None and type(value) is not int:
        raise Refusal(f"a slice has whole numbers, not {value!r}", argument="key")
    return value


# Their names.


def _declared(base: type[OperationLayer], *names: str) -> dict[str, type[Layer]]:
    """A class for each name, which says what `base` says."""
    made: dict[str, type[Layer]] = {}
    for name in names:
        namespace = {"__module__": __name__, "__qualname__": f"{PREFIX}{name}", "source": f"keras.ops, {name}"}
        made[name] = cast(type[Layer], OF_CLASSES(f"{PREFIX}{name}", (base,), namespace, **OPTIONS))
    return made


OPERATIONS: dict[str, type[Layer]] = {
    **_declared(Elementwise, *_PLAIN),
    **_declared(LikeOperation, "ZerosLike", "OnesLike"),
    **_declared(ConvertOperation, "ConvertToTensor"),
    **_declared(GeluOperation, "Gelu"),
    **_declared(SlopeOperation, "LeakyRelu"),
    **_declared(AlphaOperation, "Elu", "Celu"),
    **_declared(SoftmaxOperation, "Softmax", "LogSoftmax"),
    **_declared(ClipOperation, "Clip"),
    **_declared(RoundOperation, "Round"),
    **_declared(CumulativeOperation, "Cumsum", "Cumprod"),
    **_declared(NormalizeOperation, "Normalize"),
    **_declared(CastOperation, "Cast"),
    **_declared(Binary, *_BINARY),
    **_declared(WhereOperation, "Where"),
    **_declared(Reduction, *_REDUCTIONS),
    **_declared(NormOperation, "Norm"),
    **_declared(ReshapeOperation, "Reshape"),
    **_declared(TransposeOperation, "Transpose"),
    **_declared(ExpandDimsOperation, "ExpandDims"),
    **_declared(SqueezeOperation, "Squeeze"),
    **_declared(JoinOperation, "Concatenate", "Stack"),
    **_declared(SplitOperation, "Split"),
    **_declared(TileOperation, "Tile"),
    **_declared(RepeatOperation, "Repeat"),
    **_declared(FlipOperation, "Flip"),
    **_declared(RollOperation, "Roll"),
    **_declared(SwapaxesOperation, "Swapaxes"),
    **_declared(MoveaxisOperation, "Moveaxis"),
    **_declared(BroadcastToOperation, "BroadcastTo"),
    **_declared(PadOperation, "Pad"),
    **_declared(TakeOperation, "Take"),
    **_declared(GetItemOperation, "GetItem"),
    **_declared(SliceOperation, "Slice"),
    **_declared(OneHotOperation, "OneHot"),
    **_declared(TopKOperation, "TopK"),
    **_declared(MatmulOperation, "Matmul", "Dot"),
    **_declared(EinsumOperation, "Einsum"),
}
