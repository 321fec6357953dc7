"""The small protocol that every layer, and a model, fulfils."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol, Self

import msgspec

from lstmcalc.errors import Refusal, Remark
from lstmcalc.layers.arguments import (
    DTYPE_BITS,
    INITIALIZER_RANKS,
    MIXED,
    OLDER_ACTIVATIONS,
    Boolean,
    Regularizer,
    Rule,
)
from lstmcalc.layers.declared import Axes, ClosedForm, Example, Gating, Tensors
from lstmcalc.shapes import Shape, Shapes, agree, format_shape

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[Any]
    DType = np.dtype[Any]

HARD_SIGMOID = 1.2  # 0.2 * x + 0.5 of Keras 1 and 2, x / 6 + 0.5 of Keras 3
COMMON = ("name", "trainable", "dtype", "autocast", "activity_regularizer")


class Weight(msgspec.Struct, frozen=True, eq=False):
    """One weight: Keras's name for it, its shape, whether training changes it, what makes it; counted by identity.

    `initializer` is Keras's name for it, or `{class_name: ..., config: ...}`; `argument` the argument of the
    layer that gave it, None where no argument does. From the first to the second number of `ones` the numbers
    are ones, whatever the initializer; `fan_axes` are the axes that lead in and out, where the shape does not
    tell; of a weight that `is_root`, the initializer makes the square.
    """

    name: str
    shape: tuple[int, ...]
    trainable: bool = True
    dtype: str = "float32"
    initializer: Any = "glorot_uniform"
    argument: str | None = None
    ones: tuple[int, int] | None = None
    fan_axes: tuple[tuple[int, ...], tuple[int, ...]] | None = None
    is_root: bool = False

    @property
    def params(self) -> int:
        """How many scalars it holds."""
        count = 1
        for size in self.shape:
            count *= size
        return count

    @property
    def bits(self) -> int:
        """How many bits it takes in its own dtype."""
        return self.params * DTYPE_BITS[self.dtype]


class Today(msgspec.Struct, frozen=True):
    """The layer of Keras 3 that computes the same as an older one, and what is to be said of it."""

    layer: "Layer"
    note: str | None = None


class SavedSum(msgspec.Struct, frozen=True):
    """A weight that Keras saves with the product of two others added to it, which are not saved themselves (LoRA)."""

    weight: str
    factors: tuple[str, str]
    scale: float = 1.0


def lora_sum(weight: str, rank: int | None = None, alpha: float | None = None) -> SavedSum:
    """A weight with its `lora_..._a` and `lora_..._b`; without rank and alpha they are not scaled."""
    scale = alpha / rank if alpha and rank else 1.0
    return SavedSum(weight, (f"lora_{weight}_a", f"lora_{weight}_b"), scale)


class Product(msgspec.Struct, frozen=True):
    """One matrix product of a layer for one sample, as the factors of its multiply-accumulates.

    Of `unknown` axes (timesteps that the model does not know) no factor is here.
    """

    factors: tuple[int, ...]
    unknown: int = 0

    @property
    def macs(self) -> int:
        """Multiply-accumulates, per unknown axis of size 1."""
        count = 1
        for factor in self.factors:
            count *= factor
        return count


def product_of(*factors: int | None) -> Product:
    """A Product of factors some of which may be unknown."""
    known = tuple(factor for factor in factors if factor is not None)
    return Product(known, len(factors) - len(known))


class Tensor(msgspec.Struct, frozen=True, eq=False):
    """A symbolic tensor: its shape, its dtype, where it comes from, and its mask."""

    shape: Shape
    dtype: str
    operation: "Operation"
    node_index: int
    tensor_index: int
    mask: "Tensor | None" = None


class Operation(Protocol):
    """What makes tensors: a layer, or an operation that Keras adds to carry a mask."""

    @property
    def name(self) -> str: ...

    @property
    def class_name(self) -> str: ...


class MaskMaker(Protocol):
    """How a layer adds the operations that make its output's mask."""

    def __call__(self, class_name: str, inputs: Sequence[Tensor], shape: Shape, dtype: str = "bool") -> Tensor: ...


class Running(Protocol):
    """What a layer is run on: arrays in, its own weights by name, and the layers inside it.

    `dtype` is that of the computation; `initial_state` is None where none is given. A
    weight counts as used when it is asked for.
    """

    @property
    def inputs(self) -> "tuple[Array, ...]": ...

    @property
    def masks(self) -> "tuple[Array | None, ...]":
        """The masks that the layer applies, one for each input, or for each of its `mask_arguments`."""
        ...

    @property
    def passed_masks(self) -> "tuple[Array | None, ...]":
        """The masks that Keras passes on to the outputs: not always those that it gives the layer to apply."""
        ...

    @property
    def initial_state(self) -> "tuple[Array, ...] | None": ...

    @property
    def dtype(self) -> "DType": ...

    def weight(self, name: str, number: int = 0) -> "Array":
        """The layer's own weight of that name; `number` counts those of one name."""
        ...

    def inner(
        self,
        number: int,
        inputs: "Sequence[Array]",
        masks: "Sequence[Array | None]" = (),
        initial_state: "tuple[Array, ...] | None" = None,
    ) -> "Ran":
        """What the layer inside of that number, in the order of `Layer.inner`, gives."""
        ...


class Ran(msgspec.Struct, frozen=True, eq=False):
    """What a layer gave: its outputs, their masks (none left out at the end), and the states of a stateful one."""

    outputs: "tuple[Array, ...]"
    masks: "tuple[Array | None, ...]" = ()
    states: "tuple[Array, ...]" = ()


def floats(run: Running) -> "tuple[Array, ...]":
    """The inputs of a run as floats: integers in the dtype of the computation, as NumPy would not have them."""
    return tuple(x if x.dtype.kind == "f" else x.astype(run.dtype) for x in run.inputs)


class Layer(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """A layer: its arguments, and what follows from them and from the shapes of its inputs.

    `name` is unique in a model; `number` counts the automatic names of a class from 0,
    and is None for a name that was given. `is_frozen` says that training leaves the layers
    inside alone too. `keywords` are what Keras takes by name only, and `call_arguments` what
    it takes when the layer is called, each a field without a rule of its own; `mask_arguments`
    are the masks that a call may be given: `mask` of all inputs, or one for each input in
    turn. Two layers are equal only when they are the same one.

    A layer's `sentence` is said of it wherever it is described, and is its docstring too. `source` is
    its paper and its class in Keras. What else it declares, `layers/declared.py` explains.
    """

    name: str = ""
    trainable: Boolean = True
    dtype: str = "float32"
    autocast: Boolean = True
    activity_regularizer: Regularizer = None
    number: int | None = None
    is_frozen: bool = False

    sentence: ClassVar[str] = ""
    source: ClassVar[str] = ""
    takes: ClassVar[Tensors] = Tensors(words="any")
    gives: ClassVar[Tensors] = Tensors(words="the input's shape")
    closed_form: ClassVar[ClosedForm] = ClosedForm()
    gating: ClassVar[Gating | None] = None
    example: ClassVar[Example] = Example()
    inner_example: ClassVar[tuple[str, int]] = ("Dense", 1)  # a layer that it could hold, with its units
    has_kernel: ClassVar[bool] = False  # of its own, or embeddings, as the first of its weights
    has_twins: ClassVar[bool] = False  # inside: the second is as the first, and need not be explained again
    is_distributed: ClassVar[bool] = False  # calls the layer inside on each timestep by itself
    of_more_axes: ClassVar[str] = ""  # what is said of an output of more axes than two
    of_timesteps: ClassVar[str] = (  # why more timesteps are no more params
        "The same weights are used at every timestep: a longer sequence takes more work, but nothing more to learn."
    )
    assumed_input: ClassVar[Shape | None] = None  # of a first layer that is given no input, samples first
    is_operation: ClassVar[bool] = False  # of `keras.ops`, which Keras shows as a row, and not among its layers
    is_of_keras_3: ClassVar[bool] = True
    # Arguments whose hard_sigmoid of Keras 1 other weights make up for: see `weights_of_today`.
    replaceable: ClassVar[tuple[str, ...]] = ()
    is_loaded_whole: ClassVar[bool] = False  # by Keras: from a config that has each argument, as by default or not
    is_stated: ClassVar[bool] = False  # by its author, who says its weights, and not what they depend on

    inputs_taken: ClassVar[tuple[int, int | None]] = (1, 1)
    takes_list: ClassVar[bool] = False
    drops_masks: ClassVar[bool] = False  # off the arrays that it was called on, for the calls that come later
    keeps_input_dtype: ClassVar[bool] = False
    ignores_autocast: ClassVar[bool] = False
    first_axis_is_time: ClassVar[bool] = False
    common: ClassVar[tuple[str, ...]] = COMMON
    keywords: ClassVar[dict[str, Rule]] = {}
    call_arguments: ClassVar[dict[str, Rule]] = {}
    mask_arguments: ClassVar[tuple[str, ...]] = ()
    call_inputs: ClassVar[tuple[str, ...]] = (
        "inputs",
        "sequences",
    )  # what Keras calls the tensors that it is called on
    inputs_help: ClassVar[str | None] = None
    of_training: ClassVar[tuple[str, ...]] = ()  # the own weights that inference does not read
    gates_of_keras_1: ClassVar[tuple[int, ...]] = ()  # where each gate stands in its files, which has them one by one
    saved_in: ClassVar[str] = "vars"  # the group that holds the own weights in the files of Keras 3

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "sentence" in vars(cls):
            cls.__doc__ = cls.sentence

    def called_with(self, arguments: Mapping[str, Any]) -> Self:
        """The layer as a call with these `call_arguments` has it. Raises Refusal when they do not go together."""
        if not arguments:
            return self
        called = msgspec.structs.replace(self, **arguments)
        called.check()
        return called

    @property
    def class_name(self) -> str:
        """Keras's class name."""
        return type(self).__name__

    @property
    def compute_dtype(self) -> str:
        """The dtype of what the layer gives, by its dtype policy."""
        return MIXED[self.dtype][0] if self.dtype in MIXED else self.dtype

    @property
    def input_dtype(self) -> str:
        """The dtype that Keras converts the inputs to."""
        return self.compute_dtype

    @property
    def converts_inputs(self) -> bool:
        """Whether Keras copies a call's arguments to convert their dtypes; a Functional model does not."""
        return True

    @property
    def casts_inputs(self) -> bool:
        """Whether floats of another dtype are cast to the layer's own."""
        return self.autocast and not self.ignores_autocast

    @property
    def variable_dtype(self) -> str:
        """The dtype of the weights, by the layer's dtype policy."""
        return MIXED[self.dtype][1] if self.dtype in MIXED else self.dtype

    @property
    def state_names(self) -> tuple[str, ...]:
        """The names of the states that `initial_state` gives, in order; none but for recurrent layers."""
        return ()

    @property
    def output_names(self) -> tuple[str | None, ...]:
        """A name for each output; None for the main one and for one that has only a number."""
        return (None,)

    @property
    def has_main_output(self) -> bool:
        """Whether the layer's name alone means its first output."""
        return True

    def advice(self, output: Shape, wants_time: bool) -> str | None:
        """What to do about this layer when a layer below cannot take its output."""
        return None

    def check(self) -> None:
        """Refuse arguments that do not go together."""

    def remarks(self, inputs: Shapes) -> tuple[Remark, ...]:
        """What is allowed and surely not meant when the layer is called on these shapes."""
        return ()

    def doubts(self, inputs: Shapes) -> "Iterator[Refusal]":
        """What Keras lets pass on these shapes, and fails on when it runs: refused, and noted where Keras saved it."""
        return iter(())

    def inner(self, inputs: Shapes) -> "tuple[tuple[Layer, Shapes], ...]":
        """The layers inside, each with the shapes of its inputs."""
        return ()

    def bind(self, inputs: Shapes, names: "Names") -> "Layer":
        """The layer once the shapes of its first inputs are known; itself but for a Sequential without an input."""
        return self

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        """The layer's own weights, in Keras's order."""
        return ()

    def arrange_weights(self, own: tuple[Weight, ...], inner: tuple[Weight, ...]) -> tuple[Weight, ...]:
        """The layer's own weights and those of the layers inside, in Keras's order."""
        return (*own, *inner)

    def output_shapes(self, inputs: Shapes) -> Shapes:
        """The shapes of the outputs. Raises Refusal when the inputs do not fit."""
        return (inputs[0],)

    def output_names_of_axes(self, names: Axes) -> Axes:
        """The names of the output's axes where it has as many as the input, whose names are given."""
        return names

    def output_dtypes(self, inputs: Sequence[Tensor], count: int) -> tuple[str, ...]:
        """The dtypes of the outputs."""
        dtype = inputs[0].dtype if self.keeps_input_dtype else self.compute_dtype
        return (dtype,) * count

    def output_positions(self, inputs: Shapes, count: int) -> tuple[int, ...]:
        """The number of each output, by which a summary tells where a tensor comes from."""
        return tuple(range(count))

    def products(self, inputs: Shapes) -> tuple[Product, ...] | None:
        """The matrix products for one sample; None when nobody can know them."""
        return ()

    def check_masks(self, inputs: Shapes, masks: Mapping[str, Sequence[Shape | None]]) -> None:
        """Refuse masks of a call, by their argument, that do not have the first axes of their inputs."""
        for argument, shapes in masks.items():
            first = 0 if argument == "mask" else self.mask_arguments.index(argument)
            if first == 0 and len(shapes) > len(inputs):
                wanted = "a mask" if len(inputs) == 1 else f"a list of {len(inputs)} masks, one for each input"
                raise Refusal(f"{argument} takes {wanted}, but has {len(shapes)}", argument=argument)
            for input_shape, shape in zip(inputs[first:], shapes, strict=False):
                if shape is not None and not (len(shape) >= 2 and agree(shape, input_shape[: len(shape)])):
                    wanted = format_shape(input_shape[:2])
                    raise Refusal(f"{argument} takes a mask of {wanted}, but has {format_shape(shape)}", None, argument)

    def state_shapes(self, inputs: Shapes) -> Shapes:
        """The shapes of the states, in the order of `state_names`."""
        return ()

    def masks(self, inputs: Sequence[Tensor], make: MaskMaker) -> tuple[Tensor | None, ...]:
        """The outputs' masks; by default none."""
        return ()

    @property
    def index_limit(self) -> int | None:
        """What the indices that it takes stay below; None for a layer that takes none, or any."""
        return None

    @property
    def saved_sums(self) -> tuple[SavedSum, ...]:
        """The weights that Keras saves as a sum; none but with LoRA."""
        return ()

    def saved_weights(self, own: tuple[Weight, ...], inner: tuple[Weight, ...]) -> tuple[Weight, ...]:
        """What Keras 3 saves as the layer's own, in its order; `inner` are the weights of the layers inside."""
        left_out = {name for each in self.saved_sums for name in each.factors}
        return tuple(weight for weight in own if weight.name not in left_out)

    def saved_inner(self, inner: "Sequence[Layer]") -> tuple[str, ...]:
        """Where the files of Keras 3 have the layers inside: under the attribute that holds each, or the list.

        By default that is the argument; of a layer that no argument gave, its name.
        """
        held: dict[int, list[str]] = {}
        for field in self.__struct_fields__:
            value = getattr(self, field)
            if isinstance(value, Layer):
                held.setdefault(id(value), []).append(field)
            elif isinstance(value, tuple) and all(isinstance(each, Layer) for each in value):
                for each, key in zip(value, saved_keys(value), strict=True):
                    held.setdefault(id(each), []).append(f"{field}/{key}")
        return tuple(held[id(each)].pop(0) if held.get(id(each)) else each.name for each in inner)

    def as_written(self) -> "Layer":
        """The layer without what Keras adds to its arguments when it is made; itself for most."""
        return self

    def of_today(self) -> Today:
        """The layer of Keras 3 that computes the same, itself for most. Raises Refusal where there is none."""
        if not self.is_of_keras_3:
            raise Refusal(
                f"Keras 3 has no {self.class_name}", "convert it to YAML, or make it of layers that there are"
            )
        return Today(self)

    def weights_of_today(self, arrays: "list[Array]") -> "list[Array]":
        """The weights of the layer that `of_today` gives, from its own.

        The hard_sigmoid of Keras 1 and 2 of a number is that of Keras 3 of 1.2 times that number.
        """
        if any(getattr(self, each) in OLDER_ACTIVATIONS for each in self.replaceable):
            return [(array * HARD_SIGMOID).astype(array.dtype) for array in arrays]
        return arrays

    def forward(self, run: Running) -> Ran:
        """The layer on arrays, in inference. Raises Refusal where it is not known how."""
        raise Refusal(f"{self.class_name} cannot be run: lstmcalc does not know what it computes")

    def weight(
        self,
        name: str,
        *shape: int,
        trainable: bool = True,
        dtype: str | None = None,
        initializer: Any = None,
        ones: tuple[int, int] | None = None,
        fan_axes: tuple[tuple[int, ...], tuple[int, ...]] | None = None,
        is_root: bool = False,
    ) -> Weight:
        """One weight of this layer, made by its argument `{name}_initializer` where it has one.

        `initializer` is another argument of the layer, or an initializer of Keras's where no
        argument gives one. Where nothing does, it is made as `Layer.add_weight` of Keras decides.
        """
        dtype = dtype or self.variable_dtype
        named = initializer or f"{name}_initializer"
        argument = named if isinstance(named, str) and named in self.__struct_fields__ else None
        value = initializer if argument is None else getattr(self, argument)
        if value is None:
            value = "glorot_uniform" if "float" in dtype else "zeros"
        is_trained = trainable and self.trainable
        return Weight(name, shape, is_trained, dtype, value, argument, ones, fan_axes, is_root)

    def check_initializers(self, weights: Sequence[Weight]) -> None:
        """Refuse initializers that cannot make a weight of that many axes."""
        for weight in weights:
            value = weight.initializer
            name = value["class_name"] if isinstance(value, dict) else value
            least, most = INITIALIZER_RANKS.get(name, (0, None))
            rank = len(weight.shape)
            if rank < least or (most is not None and rank > most):
                wanted = f"{least}" if most == least else f"at least {least}"
                raise Refusal(
                    f"{weight.argument}: {name} makes weights of {wanted} axes, but {weight.name} has {rank}",
                    argument=weight.argument,
                )

    def check_states(self, inputs: Shapes, states: Shapes) -> None:
        """Refuse states of another number or size than the layer keeps."""
        wanted = self.state_shapes(inputs)
        if not wanted:
            help = "recurrent layers and Bidirectional do"
            raise Refusal(f"{self.class_name} takes no initial_state", help, "initial_state")
        names = ", ".join(self.state_names)
        if len(states) != len(wanted):
            number = f"{len(wanted)} initial state{'s' if len(wanted) > 1 else ''}"
            message = f"{self.class_name} takes {number} ({names}), but has {len(states)}"
            raise Refusal(message, argument="initial_state")
        for name, state, shape in zip(self.state_names, states, wanted, strict=True):
            if not agree(state, shape):
                message = f"the initial {name} must be {format_shape(shape)}, but is {format_shape(state)}"
                raise Refusal(message, _state_help(state, shape, self.state_names), argument="initial_state")


def _state_help(state: Shape, wanted: Shape, names: tuple[str, ...]) -> str | None:
    """What to do where a sequence is given for a state, or the state of one direction for that of both."""
    ends = ["state" if name == "state" else name.rpartition("_")[2] for name in names]
    both = ", ".join(f"[NAME.forward_{end}, NAME.backward_{end}]" for end in ends)
    together = f"Concatenate of {both}"
    if len(state) == len(wanted) + 1:
        given = " and ".join(f"NAME.{name}" for name in names)
        help = f"that is a sequence: its layer gives its states with return_state: true, as {given}"
        return help if names[0].startswith("forward") else f"{help} (a Bidirectional: {together})"
    if len(state) == len(wanted) and state[-1] is not None and wanted[-1] == 2 * state[-1]:
        return f"the states of a Bidirectional go in together: {together}"
    return None


class Names:
    """Names layers as Keras does in a fresh process: `lstm`, `lstm_1`, one count per prefix."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def give(self, class_name: str) -> str:
        """The next free automatic name of a class."""
        return self.give_numbered(class_name)[0]

    def peek(self, class_name: str) -> str:
        """The name that would be given next, which is left."""
        prefix = snake_case(class_name)
        count = self.counts.get(prefix, 0)
        return f"{prefix}_{count}" if count else prefix

    def give_numbered(self, class_name: str) -> tuple[str, int]:
        """The next free automatic name of a class, and its number, from 0."""
        prefix = snake_case(class_name)
        count = self.counts.get(prefix, 0)
        self.counts[prefix] = count + 1
        return (f"{prefix}_{count}" if count else prefix), count


@lru_cache(maxsize=1000)
def snake_case(class_name: str) -> str:
    """`TimeDistributed` -> `time_distributed`, as keras/src/utils/naming.py has it."""
    name = re.sub(r"\W+", "", class_name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def saved_keys(layers: Sequence[Layer]) -> list[str]:
    """What the files of Keras 3 call the layers of a list: their classes, numbered where one comes again."""
    counts: dict[str, int] = {}
    keys = []
    for layer in layers:
        key = snake_case(layer.class_name)
        count = counts.get(key, 0)
        counts[key] = count + 1
        keys.append(f"{key}_{count}" if count else key)
    return keys


class Argument(msgspec.Struct, frozen=True):
    """One argument of a layer: its name in Keras, its field here, what it takes, and its default."""

    name: str
    field: str
    rule: Rule
    required: bool
    default: Any = None


_ARGUMENTS: dict[type[Layer], dict[str, Argument]] = {}


def arguments_of(layer: type[Layer]) -> dict[str, Argument]:
    """The arguments of a layer, in Keras's positional order: those that its own body declares, or its base's.

    A field ends with `_` where Keras's name is taken: `weights_`, `class_`.
    """
    found = _ARGUMENTS.get(layer)
    if found is None:
        declared = next((rules for each in layer.__mro__ if (rules := rules_of(each)) or each is Layer), {})
        defaults = dict(zip(reversed(layer.__struct_fields__), reversed(layer.__struct_defaults__), strict=False))
        own = {} if declared.keys() <= set(COMMON) else declared
        found = {name.rstrip("_"): _argument(name, rule, defaults[name]) for name, rule in own.items()}
        _ARGUMENTS[layer] = found
    return found


def rules_of(layer: type) -> dict[str, Rule]:
    """What the fields that a class itself declares take."""
    annotations = vars(layer).get("__annotations__", {})
    return {
        name: rule
        for name, annotation in annotations.items()
        for rule in getattr(annotation, "__metadata__", ())
        if isinstance(rule, Rule)
    }


def _argument(field: str, rule: Rule, default: Any) -> Argument:
    is_required = default is msgspec.NODEFAULT
    is_plain = default is None or isinstance(default, bool | int | float | str | tuple)  # not a factory
    return Argument(field.rstrip("_"), field, rule, is_required, default if is_plain else None)


LAYER = Rule("a layer", {"$ref": "#/definitions/layer"}, lambda value: value)
OPTIONAL_LAYER = LAYER.or_none()
LIST_OF_LAYERS = {"type": "array", "items": {"$ref": "#/definitions/layer"}}
CELL = Rule(
    "a cell or a list of cells", {"anyOf": [{"$ref": "#/definitions/layer"}, LIST_OF_LAYERS]}, lambda value: value
)
CELLS = Rule("a list of cells", LIST_OF_LAYERS, lambda value: value)
Wrapped = Annotated[Layer, LAYER]
OptionalWrapped = Annotated[Layer | None, OPTIONAL_LAYER]
CellOrCells = Annotated[Layer, CELL]
Cells = Annotated[tuple[Layer, ...], CELLS]
