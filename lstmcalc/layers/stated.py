"""Layers that are stated rather than known: Lambda, and a layer that Keras does not have."""

from typing import Annotated, Any, ClassVar

import msgspec

from lstmcalc.errors import Refusal, inside, shown
from lstmcalc.layers.arguments import BOOLEAN, SHAPE, Rule, Text, each_of, integer_rule, refuse
from lstmcalc.layers.base import Layer, Product, Ran, Running, Weight, product_of
from lstmcalc.layers.declared import ClosedForm, Example, Size, Tensors
from lstmcalc.shapes import Shape, Shapes

UNKNOWN = "a model up to this layer, or after it, can be run"
MACS = Annotated[int | None, integer_rule(0, 2**63 - 1).or_none()]


class StatedWeight(msgspec.Struct, frozen=True):
    """A weight as it was stated: its shape, and whether training changes it."""

    shape: tuple[int, ...]
    trainable: bool = True


def _weight(value: Any) -> StatedWeight:
    if not isinstance(value, dict):
        return StatedWeight(_known_shape(value))
    if "shape" not in value or set(value) - {"shape", "trainable"}:
        raise refuse("a shape, or {shape: ..., trainable: ...}", value)
    with inside("shape"):
        shape = _known_shape(value["shape"])
    with inside("trainable"):
        return StatedWeight(shape, BOOLEAN.read(value.get("trainable", True)))


def _known_shape(value: Any) -> tuple[int, ...]:
    shape = SHAPE.read(value)
    if None in shape:
        raise Refusal(f"must have no unknown size, but is {shown(value)}")
    return tuple(size for size in shape if size is not None)


def _weights(value: Any) -> dict[str, StatedWeight]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise refuse("a mapping from names to shapes", value, "write {kernel: [128, 64], bias: [64]}")
    weights = {}
    for name, stated in value.items():
        with inside(name):
            weights[name] = _weight(stated)
    return weights


def _output(value: Any) -> tuple[Shape, ...]:
    if isinstance(value, list) and value and isinstance(value[0], list):
        return each_of(SHAPE.read, value)
    return (SHAPE.read(value),)


def _written_weights(weights: dict[str, StatedWeight]) -> dict[str, Any]:
    return {
        name: list(each.shape) if each.trainable else {"shape": list(each.shape), "trainable": False}
        for name, each in weights.items()
    }


STATED_SHAPE = {"type": "array", "items": {"type": ["integer", "null", "array"]}}
OutputShape = Annotated[
    tuple[Shape, ...],
    Rule(
        "the shape of one sample, or a list of shapes for several outputs",
        STATED_SHAPE,
        _output,
        write=lambda shapes: shapes[0] if len(shapes) == 1 else shapes,
    ),
]
StatedWeights = Annotated[
    dict[str, StatedWeight],
    Rule("a mapping from names to shapes", {"type": "object"}, _weights, write=_written_weights),
]


class Lambda(Layer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Any function without weights, known by the shape that it gives."
    source: ClassVar[str] = "keras.layers.Lambda"
    gives: ClassVar[Tensors] = Tensors(words="(samples, *output_shape)")
    example: ClassVar[Example] = Example({"output_shape": ((Size("features", 29),),)})
    inputs_taken: ClassVar[tuple[int, int | None]] = (1, None)
    mask_arguments: ClassVar[tuple[str, ...]] = ("mask",)

    output_shape: OutputShape
    macs: MACS = None

    @property
    def output_names(self) -> tuple[str | None, ...]:
        return (None,) * len(self.output_shape)

    @property
    def has_main_output(self) -> bool:
        return len(self.output_shape) == 1

    def output_shapes(self, inputs: Shapes) -> Shapes:
        return tuple((inputs[0][0], *shape) for shape in self.output_shape)

    def products(self, inputs: Shapes) -> tuple[Product, ...] | None:
        return None if self.macs is None else (product_of(self.macs),)

    def forward(self, run: Running) -> Ran:
        raise Refusal("Lambda cannot be run: what its function computes is not known here", UNKNOWN)


class Custom(Layer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A layer that Keras does not have, as its author states it."
    gives: ClassVar[Tensors] = Tensors(words="(samples, *output_shape)")
    closed_form: ClassVar[ClosedForm] = ClosedForm(None, "the sum over the stated weights")
    example: ClassVar[Example] = Example({"class": "MyLayer", "output_shape": ((Size("features", 29),),)})
    is_stated: ClassVar[bool] = True
    inputs_taken: ClassVar[tuple[int, int | None]] = (1, None)

    class_: Text
    output_shape: OutputShape
    weights_: StatedWeights = {}
    macs: MACS = None

    @property
    def class_name(self) -> str:
        return self.class_

    @property
    def output_names(self) -> tuple[str | None, ...]:
        return (None,) * len(self.output_shape)

    @property
    def has_main_output(self) -> bool:
        return len(self.output_shape) == 1

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        return tuple(self.weight(name, *each.shape, trainable=each.trainable) for name, each in self.weights_.items())

    def output_shapes(self, inputs: Shapes) -> Shapes:
        return tuple((inputs[0][0], *shape) for shape in self.output_shape)

    def products(self, inputs: Shapes) -> tuple[Product, ...] | None:
        return None if self.macs is None else (product_of(self.macs),)

    def forward(self, run: Running) -> Ran:
        raise Refusal(f"{self.class_} cannot be run: it was stated by its shapes, not by what it computes", UNKNOWN)


class Declared(Layer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A layer that is known by what the command line says of it: its output and its params."
    gives: ClassVar[Tensors] = Tensors(words="the shape that is declared, or the input's")
    takes: ClassVar[Tensors] = Tensors(words="any")
    closed_form: ClassVar[ClosedForm] = ClosedForm(None, "the params that are declared")
    is_stated: ClassVar[bool] = True
    inputs_taken: ClassVar[tuple[int, int | None]] = (1, None)
    mask_arguments: ClassVar[tuple[str, ...]] = ("mask",)

    class_: str = "Custom"
    shape: Shape | None = None
    params: int = 0
    arrays: tuple[tuple[str, tuple[int, ...], str], ...] = ()  # in its file: names, shapes, dtypes

    @property
    def class_name(self) -> str:
        return self.class_

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        if self.arrays:
            return tuple(self.weight(name, *shape, dtype=dtype) for name, shape, dtype in self.arrays)
        return (self.weight("weights", self.params),) if self.params else ()

    def output_shapes(self, inputs: Shapes) -> Shapes:
        if self.shape is None:
            return inputs[:1]
        first = self.shape[0] if self.shape[0] is not None else inputs[0][0]
        return ((first, *self.shape[1:]),)

    @property
    def is_identity(self) -> bool:
        """Whether it gives its input as it is, without a weight."""
        return self.shape is None and not self.params and not self.arrays

    def products(self, inputs: Shapes) -> tuple[Product, ...] | None:
        return () if self.is_identity else None

    def forward(self, run: Running) -> Ran:
        if self.is_identity:
            return Ran(run.inputs[:1], run.masks[:1])
        raise Refusal(f"{self.class_} cannot be run: its shape is known, but not what it computes", UNKNOWN)
