"""The kinds of argument that layers take: what each accepts, and the words and schema that say so."""

import math
import re
from collections.abc import Callable, Iterable
from typing import Annotated, Any

from lstmcalc.errors import Refusal, did_you_mean, inside, is_name, shown
from lstmcalc.limits import DIMENSION, RANK

ACTIVATIONS = tuple(
    (
        "celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu "
        "linear log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus "
        "softsign sparse_plus sparse_sigmoid sparsemax squareplus swish tanh tanh_shrink threshold"
    ).split()
)
# What Keras 1 and 2 called otherwise: their hard_sigmoid.
OLDER_ACTIVATIONS = ("hard_sigmoid_of_keras_1",)
INITIALIZERS = tuple(
    (
        "Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity IdentityInitializer Initializer "
        "LecunNormal LecunUniform Ones Orthogonal OrthogonalInitializer RandomNormal RandomUniform STFT "
        "STFTInitializer TruncatedNormal VarianceScaling Zeros constant glorot_normal glorot_uniform "
        "he_normal he_uniform identity initializer lecun_normal lecun_uniform normal one ones orthogonal "
        "random_normal random_uniform stft truncated_normal uniform variance_scaling zero zeros"
    ).split()
)
REGULARIZERS = tuple(
    "L1 L1L2 L2 OrthogonalRegularizer Regularizer l1 l1l2 l2 orthogonal_regularizer regularizer".split()
)
CONSTRAINTS = tuple(
    "Constraint MaxNorm MinMaxNorm NonNeg UnitNorm constraint max_norm min_max_norm non_neg unit_norm".split()
)
# The axes that a weight must have for what cannot make weights of any shape: the least, and the most.
INITIALIZER_RANKS: dict[str, tuple[int, int | None]] = {
    **dict.fromkeys(("orthogonal", "Orthogonal", "OrthogonalInitializer"), (2, None)),
    **dict.fromkeys(("identity", "Identity", "IdentityInitializer"), (2, 2)),
    **dict.fromkeys(("stft", "STFT", "STFTInitializer"), (3, 3)),
}
# Keras 1 and 2 spelled these so as well (keras/regularizers.py and keras/constraints.py of 1.2.2 and 2.2.5).
OLDER = {
    "l1_l2": "L1L2",
    "l1l2": "L1L2",
    "WeightRegularizer": "L1L2",
    "ActivityRegularizer": "L1L2",
    "activity_l1": "L1",
    "activity_l2": "L2",
    "activity_l1l2": "L1L2",
    "nonneg": "NonNeg",
    "maxnorm": "MaxNorm",
    "unitnorm": "UnitNorm",
}

# Bits of one scalar, as keras/src/utils/dtype_utils.py has them.
DTYPE_BITS = {
    "float16": 16,
    "float32": 32,
    "float64": 64,
    "bfloat16": 16,
    "int8": 8,
    "int16": 16,
    "int32": 32,
    "int64": 64,
    "uint8": 8,
    "uint16": 16,
    "uint32": 32,
    "uint64": 64,
    "bool": 1,
}
MIXED = {"mixed_float16": ("float16", "float32"), "mixed_bfloat16": ("bfloat16", "float32")}

NAMES = "not empty, without '/' and of printable characters"

Read = Callable[[Any], Any]


class Rule:
    """What one kind of argument takes: `takes` in words, `schema` as JSON Schema, `read` to check a value.

    `read` gives the value as the layer keeps it, or raises Refusal whose message
    continues the argument's name: `must be at least 1, but is -5`. `objects` says of which kind
    of Keras's objects it takes one: `an activation`. `write` gives what is written for what the layer keeps.
    """

    def __init__(
        self, takes: str, schema: dict[str, Any], read: Read, objects: str | None = None, write: Read | None = None
    ) -> None:
        self.takes = takes
        self.schema = schema
        self.read = read
        self.objects = objects
        self.write = write or (lambda value: value)

    def or_none(self) -> "Rule":
        """The same rule that takes None too."""
        schema = {"anyOf": [self.schema, {"type": "null"}]}
        takes = f"{self.takes}, or null"
        read, write = self.read, self.write
        return Rule(
            takes,
            schema,
            lambda value: None if value is None else read(value),
            self.objects,
            lambda value: None if value is None else write(value),
        )


def refuse(takes: str, value: object, help: str | None = None) -> Refusal:
    """The Refusal of a value that is not what is taken."""
    return Refusal(f"must be {takes}, but is {shown(value)}", help)


def integer_rule(least: int | None, most: int = DIMENSION) -> Rule:
    """Whole numbers from `least` to `most`; a float is none, nor is a boolean."""

    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise refuse("a whole number", value, _integer_help(value))
        if least is not None and value < least:
            raise refuse(f"at least {least}", value)
        if value > most:
            raise refuse(f"at most {most:,}", value)
        return value

    takes = "a whole number" if least is None else f"a whole number of at least {least}"
    schema: dict[str, Any] = {"type": "integer", "maximum": most}
    return Rule(takes, schema if least is None else schema | {"minimum": least}, read)


def _integer_help(value: Any) -> str | None:
    """How a whole number that was written as another kind of value is written."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 10**15:
        return f"write {int(value)}"
    digits = value.replace("_", "") if isinstance(value, str) else ""
    if len(digits) < 20 and digits.isdecimal():
        return f"write {int(digits)}, without quotes or underscores"
    return None


def number_rule(least: float = -math.inf, most: float = math.inf) -> Rule:
    """Finite numbers from `least` to `most`."""
    bounded = math.isfinite(least)
    takes = f"a number from {least:g} to {most:g}" if math.isfinite(most) else "a number"
    if bounded and not math.isfinite(most):
        takes = f"a number of at least {least:g}"

    def read(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise refuse(takes, value, _number_help(value))
        if not abs(value) < 10**300 or not least <= value <= most:  # NaN compares false
            raise refuse(takes, value)
        return value

    schema: dict[str, Any] = {"type": "number"}
    if bounded:
        schema["minimum"] = least
    if math.isfinite(most):
        schema["maximum"] = most
    return Rule(takes, schema, read)


def _number_help(value: Any) -> str | None:
    """How a number that was written as a string is written: PyYAML, which is YAML 1.1, makes one of `1e-6`."""
    text = value.replace("_", "") if isinstance(value, str) else ""
    is_number = len(text) < 20 and re.fullmatch(r"-?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", text, re.ASCII | re.IGNORECASE)
    return f"write {text}, without quotes or underscores" if is_number else None


def choice_rule(choices: Iterable[Any]) -> Rule:
    """One of a few values."""
    allowed = tuple(choices)
    words = (str(each).lower() if isinstance(each, bool) else "null" if each is None else str(each) for each in allowed)
    takes = f"one of {', '.join(words)}"

    def read(value: Any) -> Any:
        for each in allowed:
            if value == each and type(value) is type(each):
                return each
        help = (
            did_you_mean(value, [each for each in allowed if isinstance(each, str)]) if isinstance(value, str) else None
        )
        raise refuse(takes, value, help)

    return Rule(takes, {"enum": list(allowed)}, read)


def any_case(rule: Rule) -> Rule:
    """The same rule for words in capitals too, as Keras lowers them."""
    return Rule(rule.takes, rule.schema, lambda value: rule.read(value.lower() if isinstance(value, str) else value))


def sizes_rule(least: int) -> Rule:
    """A whole number for all axes, or a list with one for each; the layer knows how many axes there are."""
    one = integer_rule(least)
    takes = f"a whole number of at least {least}, or a list with one for each axis"

    def read(value: Any) -> int | tuple[int, ...]:
        if isinstance(value, list | tuple):
            return each_of(one.read, _entries(value))
        if isinstance(value, bool) or not isinstance(value, int):
            raise refuse(takes, value)
        return int(one.read(value))

    return Rule(takes, {"anyOf": [one.schema, {"type": "array", "items": one.schema}]}, read)


def each_of(read: Read, values: Iterable[Any]) -> tuple[Any, ...]:
    """Every entry of a list as `read` gives it; the Refusal of one says which it is."""
    found = []
    for position, value in enumerate(values):
        with inside(position):
            found.append(read(value))
    return tuple(found)


def _entries(value: list[Any] | tuple[Any, ...]) -> list[Any] | tuple[Any, ...]:
    if len(value) > RANK:
        raise Refusal(f"must have at most {RANK} entries, but has {len(value)}")
    return value


def _margins(value: Any) -> int | tuple[int | tuple[int, ...], ...]:
    if isinstance(value, list | tuple):
        return each_of(MARGIN.read, _entries(value))
    margin: int = MARGIN.read(value)
    return margin


def object_rule(what: str, names: tuple[str, ...]) -> Rule:
    """The name of an object of Keras's, or what Keras saves of one: `{class_name: L2, config: {l2: 0.01}}`."""
    known = set(names)
    takes = f"the name of {what}"

    def read(value: Any) -> Any:
        if isinstance(value, dict):
            name, config = value.get("class_name"), value.get("config", {})
            if isinstance(name, str) and isinstance(config, dict):
                return {**value, "class_name": check(name), "config": config}
            raise refuse(f"{takes} or {{class_name: ..., config: ...}}", value)
        if not isinstance(value, str):
            raise refuse(takes, value)
        return check(value)

    def check(name: str) -> str:
        if name in known or name in OLDER:
            return name
        listed = [name for name in names if name.islower()]  # Keras's class names besides say the same
        help = did_you_mean(name, names) or f"taken are: {', '.join(listed)}"
        raise Refusal(f"must be {takes}, but is {shown(name)}", help)

    schema = {"anyOf": [{"enum": list(names)}, {"type": "object", "required": ["class_name"]}]}
    return Rule(takes, schema, read, what)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    help = None
    if isinstance(value, str) and value.lower() in ("on", "yes", "off", "no"):
        help = "YAML 1.2 has no 'on' and 'yes': write true or false"
    raise refuse("true or false", value, help)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    help = "put it in quotes" if isinstance(value, int | float) else None
    raise refuse("a string", value, help)


def _name(value: Any) -> str:
    name = _text(value)
    if not is_name(name):
        raise refuse(NAMES, value)
    return name


def dimension(value: Any) -> int | None:
    """One axis of a shape: a whole number of at least 1, or None."""
    return None if value is None else int(POSITIVE.read(value))


def _shape(value: Any) -> tuple[int | None, ...]:
    if not isinstance(value, list | tuple):
        raise refuse("a list of sizes", value, f"write [{value}]" if isinstance(value, int) else None)
    if len(value) > RANK:
        raise Refusal(f"must have at most {RANK} axes, but has {len(value)}")
    return each_of(dimension, value)


def _integers(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list | tuple):
        raise refuse("a list of whole numbers", value, f"write [{value}]" if isinstance(value, int) else None)
    if len(value) > RANK:
        raise Refusal(f"must have at most {RANK} entries, but has {len(value)}")
    return each_of(INTEGER.read, value)


def _target_shape(value: Any) -> tuple[int, ...]:
    sizes = _integers(value)
    if any(size < 1 and size != -1 for size in sizes):
        raise refuse("a list of sizes of at least 1, with one -1 at most", list(sizes))
    if sizes.count(-1) > 1:
        raise Refusal(f"must have one -1 at most, but is {list(sizes)}")
    return sizes


def _axes(value: Any) -> int | tuple[int, ...]:
    if isinstance(value, list | tuple):
        axes = _integers(value)
        if len(axes) != 2:
            raise refuse("an axis or a list of two axes", value)
        return axes
    if isinstance(value, bool) or not isinstance(value, int):
        raise refuse("an axis or a list of two axes", value)
    return int(INTEGER.read(value))


def dtype_rule(known: tuple[str, ...]) -> Rule:
    """One of these dtypes and policies, or what Keras saves of it."""

    def read(value: Any) -> str:
        if isinstance(value, dict) and value.get("class_name") in ("DTypePolicy", "Policy", "FloatDTypePolicy"):
            config = value.get("config")
            value = config.get("name") if isinstance(config, dict) else None
        if isinstance(value, str) and value in known:
            return value
        if isinstance(value, str) and (value in DTYPE_BITS or "_from_" in value):
            raise Refusal(
                f"must be a dtype, but {shown(value)} is a quantized policy, whose weights are stored in other shapes",
                "state the dtype of the unquantized model; --dtype int8 gives its size in int8",
            )
        help = did_you_mean(value, known) if isinstance(value, str) else None
        raise refuse(f"one of {', '.join(known)}", value, help)

    return Rule("a dtype", {"enum": list(known)}, read)


def _unsupported(reason: str) -> Rule:
    def read(value: Any) -> None:
        if value is not None:
            raise Refusal(reason)

    return Rule("null", {"enum": [None]}, read)


POSITIVE, INTEGER, NUMBER = integer_rule(1), integer_rule(None), number_rule()
BOOLEAN, TEXT, NAME = (
    Rule("true or false", {"type": "boolean"}, _boolean),
    Rule("a string", {"type": "string"}, _text),
    Rule("a name", {"type": "string", "pattern": "^[^/]+$"}, _name),
)
SHAPE = Rule("a list of sizes", {"type": "array", "items": {"type": ["integer", "null"], "minimum": 1}}, _shape)
INTEGERS = Rule("a list of whole numbers", {"type": "array", "items": {"type": "integer"}}, _integers)
DTYPE = dtype_rule((*DTYPE_BITS, *MIXED))
# As a policy of one layer int8 names a way to quantize.
POLICY = dtype_rule((*(name for name in DTYPE_BITS if name != "int8"), *MIXED))
WEIGHTS = _unsupported("are values, which do not change a model's size: give their shapes alone")

Positive = Annotated[int, POSITIVE]
OptionalPositive = Annotated[int | None, POSITIVE.or_none()]
Integer = Annotated[int, INTEGER]
Number = Annotated[float, NUMBER]
OptionalNumber = Annotated[float | None, NUMBER.or_none()]
NonNegative = Annotated[float, number_rule(0)]
Rate = Annotated[float, number_rule(0, 1)]
Boolean = Annotated[bool, BOOLEAN]
Text = Annotated[str, TEXT]
OptionalText = Annotated[str | None, TEXT.or_none()]
Seed = Annotated[int | None, integer_rule(0, 2**32 - 1).or_none()]
SizeList = Annotated[tuple[int | None, ...] | None, SHAPE.or_none()]
Integers = Annotated[tuple[int, ...], INTEGERS]
TargetShape = Annotated[
    tuple[int, ...],
    Rule("a list of sizes, one of them -1", {"type": "array", "items": {"type": "integer"}}, _target_shape),
]
Axes = Annotated[
    int | tuple[int, ...],
    Rule("an axis or a list of two axes", {"anyOf": [{"type": "integer"}, {"type": "array"}]}, _axes),
]
Activation = Annotated[str | None, object_rule("an activation", (*ACTIVATIONS, *OLDER_ACTIVATIONS)).or_none()]
Initializer = Annotated[Any, object_rule("an initializer", INITIALIZERS).or_none()]
REGULARIZER = object_rule("a regularizer", REGULARIZERS).or_none()
Regularizer = Annotated[Any, REGULARIZER]
Constraint = Annotated[Any, object_rule("a constraint", CONSTRAINTS).or_none()]
DATA_FORMAT = choice_rule(["channels_last", "channels_first", None])
DataFormat = Annotated[str | None, any_case(DATA_FORMAT)]
ExactDataFormat = Annotated[str | None, DATA_FORMAT]
PADDING = choice_rule(["valid", "same"])
Padding = Annotated[str, any_case(PADDING)]
ExactPadding = Annotated[str, PADDING]
CausalPadding = Annotated[str, any_case(choice_rule(["valid", "same", "causal"]))]
SIZES, MARGIN = sizes_rule(1), sizes_rule(0)
Sizes = Annotated[int | tuple[int, ...], SIZES]
OptionalSizes = Annotated[int | tuple[int, ...] | None, SIZES.or_none()]
OptionalMargins = Annotated[int | tuple[int, ...] | None, MARGIN.or_none()]
MARGINS = Rule(
    "a whole number of at least 0, or a list with a number or two (before, after) for each axis",
    {"anyOf": [MARGIN.schema, {"type": "array", "items": MARGIN.schema}]},
    _margins,
)
Margins = Annotated[int | tuple[int | tuple[int, ...], ...], MARGINS]
INTERPOLATION = choice_rule(["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area"])
Interpolation = Annotated[str, any_case(INTERPOLATION)]
ExactInterpolation = Annotated[str, INTERPOLATION]
FillMode = Annotated[str, choice_rule(["constant"])]
CuDNN = Annotated[bool | str, choice_rule(["auto", True, False])]
Implementation = Annotated[int, choice_rule([0, 1, 2])]
Local = Annotated[int, choice_rule([1, 2, 3])]  # implementation of a locally connected layer
MergeMode = Annotated[str | None, choice_rule(["sum", "mul", "ave", "concat", None])]
Quantization = Annotated[
    None, _unsupported("is not taken: quantized weights are stored in other shapes; --dtype int8 gives a size in int8")
]
Values = Annotated[None, WEIGHTS]


def _one_or_more_axes(value: Any) -> int | tuple[int, ...]:
    if isinstance(value, list | tuple):
        return _integers(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise refuse("an axis or a list of axes", value)
    return int(INTEGER.read(value))


def _channel_axis(value: Any) -> int:
    axes = _one_or_more_axes(value)
    if isinstance(axes, int):
        return axes
    if len(axes) != 1:
        raise refuse("one axis", value)
    return axes[0]  # as Keras 2 saved it


def _numbers(value: Any) -> Any:
    if isinstance(value, list | tuple):
        entries = tuple(_numbers(each) for each in value)
        if len({numbers_shape(each) for each in entries}) > 1:
            raise Refusal("must be a number or lists of numbers of one length")
        return entries
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refuse("a number or lists of numbers", value)
    return value


def numbers_shape(numbers: Any) -> tuple[int, ...]:
    """The shape of a number (none) or of lists of numbers."""
    if not isinstance(numbers, tuple):
        return ()
    return (len(numbers), *(numbers_shape(numbers[0]) if numbers else ()))


def _size_or_sizes(value: Any) -> tuple[int | None, ...]:
    sizes: tuple[int | None, ...] = SHAPE.read(value if isinstance(value, list | tuple) else [value])
    return sizes


def _vocabulary(value: Any) -> tuple[Any, ...]:
    if isinstance(value, str):
        raise Refusal(
            f"is the file {shown(value)}, which is not read: its lines are needed to know how many tokens there are",
            "give the vocabulary as a list, or max_tokens with pad_to_max_tokens: true",
        )
    if not isinstance(value, list | tuple) or not value:
        raise refuse("a list of tokens, not empty", value)
    if len(set(map(repr, value))) < len(value):
        raise Refusal("must name each token once")
    return tuple(value)


def _mapping(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise refuse("a mapping", value)


ONE_OR_MORE_AXES = Rule(
    "an axis or a list of axes",
    {"anyOf": [{"type": "integer"}, {"type": "array", "items": {"type": "integer"}}]},
    _one_or_more_axes,
)
NUMBERS = Rule("a number or lists of numbers", {"type": ["number", "array"]}, _numbers)
SIZE_OR_SIZES = Rule(
    "a size or a list of sizes", {"anyOf": [{"type": "integer", "minimum": 1}, SHAPE.schema]}, _size_or_sizes
)
VOCABULARY = Rule("a list of tokens", {"type": "array", "minItems": 1}, _vocabulary)

OneOrMoreAxes = Annotated[int | tuple[int, ...], ONE_OR_MORE_AXES]
OptionalAxes = Annotated[int | tuple[int, ...] | None, ONE_OR_MORE_AXES.or_none()]
ChannelAxis = Annotated[int, Rule("an axis", {"type": ["integer", "array"]}, _channel_axis)]
OptionalNonNegative = Annotated[float | None, number_rule(0).or_none()]
OPTIONAL_POSITIVE, OPTIONAL_NUMBER = POSITIVE.or_none(), NUMBER.or_none()
OptionalDtype = Annotated[str | None, DTYPE.or_none()]
SEED = integer_rule(None, 2**63).or_none()
Groups = Annotated[int, integer_rule(-1)]
Numbers = Annotated[Any, NUMBERS]
OptionalNumbers = Annotated[Any, NUMBERS.or_none()]
OptionalBoolean = Annotated[bool | None, BOOLEAN.or_none()]
OptionalInteger = Annotated[int | None, INTEGER.or_none()]
OptionalMapping = Annotated[dict[str, Any] | None, Rule("a mapping", {"type": "object"}, _mapping).or_none()]
SizeOrSizes = Annotated[tuple[int | None, ...], SIZE_OR_SIZES]
Vocabulary = Annotated[tuple[Any, ...] | None, VOCABULARY.or_none()]
Anything = Annotated[Any, Rule("any value", {}, lambda value: value)]
ScoreMode = Annotated[str, choice_rule(["dot", "concat"])]
EncodingMode = Annotated[str, choice_rule(["multi_hot", "one_hot", "count", "binary"])]
BinMode = Annotated[str, choice_rule(["int", "one_hot", "multi_hot", "count"])]
CrossingMode = Annotated[str, choice_rule(["int", "one_hot"])]
LookupMode = Annotated[str, choice_rule(["int", "one_hot", "multi_hot", "count", "tf_idf", "binary", "tf-idf"])]
Standardize = Annotated[str | None, choice_rule(["lower_and_strip_punctuation", "lower", "strip_punctuation", None])]
Split = Annotated[str | None, choice_rule(["whitespace", "character", None])]
OovMethod = Annotated[str, choice_rule(["floormod", "farmhash"])]
VocabularyDtype = Annotated[str, choice_rule(["int64"])]
Keras1Mode = Annotated[str, choice_rule(["sum", "mul", "concat", "ave", "cos", "dot", "max"])]
