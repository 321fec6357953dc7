"""What a layer is, said by its own declaration: arguments, shapes, weights, formula, MACs, source."""

import re
from typing import Any

import msgspec

from lstmcalc.errors import ModelError, Problem, did_you_mean
from lstmcalc.layers.base import Argument, Layer, Names, Weight, arguments_of
from lstmcalc.layers.catalogue import FAMILIES, KNOWN, MODULES, find
from lstmcalc.layers.refused import REFUSED
from lstmcalc.reference.symbolic import Symbolic, named, symbolic
from lstmcalc.shapes import Shape, Shapes

SECTION = re.compile(r"^(Input|Output|Params): +(.*(?:\n +.*)*)", re.MULTILINE)
AXES = re.compile(r"\(([^()]*)\)")
# Sizes that stand for an axis or an argument while its formula is found: distinct primes, so that nothing cancels.
PRIMES = (29, 31, 37, 41, 43, 47, 53, 59, 61)

KERNEL = {
    1: (named("kernel_size", 3),),
    2: (named("kernel_height", 3), named("kernel_width", 5)),
    3: (named("kernel_depth", 3), named("kernel_height", 5), named("kernel_width", 7)),
}
CONVOLUTION = re.compile(r"(?:Separable|Depthwise)?Conv(?:LSTM)?(\d)D(?:Transpose)?\Z")
# What stands in for required arguments that are no sizes, and for inputs that the docstring leaves open.
SAMPLES: dict[str, dict[str, Any]] = {
    "Activation": {"activation": "relu"},
    "Dot": {"axes": -1},
    "EinsumDense": {"equation": "abc,cd->abd", "output_shape": (None, named("units", 67))},
    "Lambda": {"output_shape": ((named("features", 29),),)},
    "Custom": {"class": "MyLayer", "output_shape": ((named("features", 29),),)},
    "Permute": {"dims": (2, 1)},
    "Reshape": {"target_shape": (-1,)},
    **{name: {"rate": 0.5} for name in ("Dropout", "GaussianDropout", "AlphaDropout")},
    **{name: {"rate": 0.5} for name in ("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D")},
    "GaussianNoise": {"stddev": 0.5},
}
INNER = {"Bidirectional": "LSTM", "RNN": "LSTMCell", "StackedRNNCells": "LSTMCell"}
SEQUENCE = ("timesteps", "features")
INPUTS: dict[str, tuple[tuple[str, ...], ...]] = {
    **dict.fromkeys(("TimeDistributed", "Permute", "PReLU", "EinsumDense"), (SEQUENCE,)),
    **dict.fromkeys(("Dot",), (SEQUENCE, SEQUENCE)),
    "MultiHeadAttention": (("steps", "features"), ("timesteps", "values"), ("timesteps", "keys")),
}


class ArgumentFacts(msgspec.Struct, frozen=True):
    """One argument: what it takes in words, and its default as a spec writes it (None when it is required)."""

    name: str
    takes: str
    required: bool
    default: Any


class WeightFormula(msgspec.Struct, frozen=True):
    """One weight: its name with those of the layers inside, and its shape in terms of axes and arguments."""

    name: str
    shape: tuple[str, ...]
    trainable: bool


class Description(msgspec.Struct, frozen=True):
    """All that is known of a layer without a model."""

    name: str
    family: str
    sentence: str
    source: str
    inputs: str
    output: str
    params: str
    arguments: tuple[ArgumentFacts, ...]
    common_arguments: tuple[str, ...]
    weights: tuple[WeightFormula, ...]
    macs: str | None
    macs_note: str = ""


# The builder's own: they hold layers or stand for an input, and declare nothing.
STATED = (
    Description(
        "Input",
        "models",
        "Where samples enter the model; the keys 'input' and 'inputs' of a spec say the same.",
        "keras.Input",
        "none",
        "(samples, *shape)",
        "0",
        (
            ArgumentFacts("shape", "the sizes of one sample", True, None),
            ArgumentFacts("batch_size", "a fixed number of samples, or null", False, None),
            ArgumentFacts("dtype", "a dtype", False, "float32"),
            ArgumentFacts("batch_shape", "the shape with its samples, in place of shape and batch_size", False, None),
        ),
        ("name",),
        (),
        "0",
    ),
    Description(
        "Sequential",
        "models",
        "A model inside a model: its layers are called one after another.",
        "keras.Sequential",
        "what its first layer takes",
        "what its last layer gives",
        "the sum over its layers, each weight once",
        (
            ArgumentFacts("layers", "a list of layers", True, None),
            ArgumentFacts("input", "the shape of one sample; without it, that of the first call", False, None),
        ),
        ("name", "trainable"),
        (),
        "the sum over its layers",
    ),
    Description(
        "Model",
        "models",
        "A model inside a model, with the keys of a spec, or the path of another spec.",
        "keras.Model",
        "what its inputs state, in their order",
        "its outputs, in their order",
        "the sum over its layers, each weight once",
        (
            ArgumentFacts("input", "one input, in place of inputs", False, None),
            ArgumentFacts("inputs", "a mapping from names to inputs", False, None),
            ArgumentFacts("layers", "a list of layers", True, None),
            ArgumentFacts("outputs", "references; without them, every output of the last layer", False, None),
            ArgumentFacts("kind", "sequential or functional", False, None),
            ArgumentFacts("dtype", "the dtype of the weights; without it, that of the model around", False, None),
        ),
        ("name", "trainable"),
        (),
        "the sum over its layers",
    ),
)


def families() -> dict[str, tuple[str, ...]]:
    """The layers by family, in the order of the catalogue, and last what the builder reads itself."""
    return {**FAMILIES, "models": tuple(each.name for each in STATED)}


def describe(name: str) -> Description:
    """The description of a layer. Raises ModelError for a name that is not known."""
    stated = {each.name: each for each in STATED}.get("Input" if name == "InputLayer" else name)
    if stated is not None:
        return stated
    layer = find(name)
    if layer is None:
        raise _unknown(name)
    sentence, source, sections = _docstring(layer)
    weights, macs = formulas(layer)
    return Description(
        layer.__name__,
        MODULES[layer.__name__],
        sentence,
        source,
        sections.get("Input", ""),
        sections.get("Output", ""),
        sections.get("Params", "0"),
        tuple(
            ArgumentFacts(each.name, each.rule.takes, each.required, each.default)
            for each in arguments_of(layer).values()
        ),
        tuple(name for name in layer.common if name not in arguments_of(layer)),
        weights,
        macs,
        " (padding same, strides 1)" if CONVOLUTION.match(layer.__name__) else "",
    )


def _unknown(name: str) -> ModelError:
    if name in REFUSED:
        return ModelError(Problem(f"the layer '{name}' is not supported: {REFUSED[name]}"))
    help = did_you_mean(name, KNOWN) or "'lstmcalc layers' lists them"
    return ModelError(Problem(f"the layer '{name}' is not known", help=help))


def _docstring(layer: type[Layer]) -> tuple[str, str, dict[str, str]]:
    """The sentence, the source in parentheses at its end, and the sections of a layer's docstring."""
    text = re.sub(r"\n {4}", "\n", layer.__doc__ or "")
    first = " ".join(text.split("\n\n", 1)[0].split())
    found = re.match(r"(.*?) \(([^()]*keras[^()]*(?:\([^()]*\))?[^()]*)\)\.?$", first)
    sections = {name: " ".join(body.split()) for name, body in SECTION.findall(text)}
    if found is None:
        return first, f"lstmcalc.layers.{layer.__name__}", sections
    return f"{found[1].rstrip('.')}.", found[2], sections


def formulas(layer: type[Layer]) -> tuple[tuple[WeightFormula, ...], str | None]:
    """The weights' shapes and the MACs of one sample, in terms of axes and arguments.

    They are not written anywhere: the layer's own `weights` and `products` are run on
    symbolic integers. None for MACs that nobody can know.
    """
    made, inputs = _sample(layer)
    found = tuple(
        WeightFormula(path, tuple(f"{symbolic(size):f}" for size in weight.shape), weight.trainable)
        for path, weight in _all_weights(made, inputs)
    )
    products = made.products(inputs)
    if products is None:
        return found, None
    total = symbolic(0)
    for product in products:
        total = total + product.macs
    return found, f"{total:f}"


def _all_weights(layer: Layer, inputs: Shapes) -> list[tuple[str, Weight]]:
    """Each weight with its path: `kernel`, `query/kernel`."""
    weights = [(weight.name, weight) for weight in layer.weights(inputs)]
    for inner, shapes in layer.inner(inputs):
        weights += [(f"{inner.name}/{path}", weight) for path, weight in _all_weights(inner, shapes)]
    return weights


def _sample(layer: type[Layer]) -> tuple[Layer, Shapes]:
    """A layer of that class with symbolic arguments, and the symbolic shapes of its inputs."""
    sizes = iter(PRIMES)
    inputs = _sample_inputs(layer, sizes)
    stated = dict(SAMPLES.get(layer.__name__, {}))
    if convolution := CONVOLUTION.match(layer.__name__):
        stated = {"kernel_size": KERNEL[int(convolution[1])], "padding": "same"}
    values: dict[str, Any] = {}
    for argument in arguments_of(layer).values():
        if argument.name in stated:
            values[argument.field] = stated[argument.name]
        elif argument.required:
            values[argument.field] = _sample_value(layer, argument, next(sizes))
    made = layer(name=Names().give(layer.__name__), **values)
    return made, inputs


def _sample_value(layer: type[Layer], argument: Argument, size: int) -> Any:
    if argument.name in ("layer", "cell", "cells"):
        inner = find(INNER.get(layer.__name__, "Dense"))
        assert inner is not None
        made, _ = _sample(inner)
        return (made,) if argument.name == "cells" else made
    return argument.rule.read(named(argument.name, size))


def _sample_inputs(layer: type[Layer], sizes: Any) -> Shapes:
    known: dict[str, Symbolic] = {}
    shapes: list[Shape] = []
    for axes in INPUTS.get(layer.__name__) or _written_axes(layer):
        for axis in axes:
            known.setdefault(axis, named(axis, next(sizes)))
        shapes.append((None, *(known[axis] for axis in axes)))
    least, _ = layer.inputs_taken
    number = max(least, len(INPUTS.get(layer.__name__, ())), 1)
    return tuple(shapes[position % len(shapes)] for position in range(number))


def _written_axes(layer: type[Layer]) -> list[tuple[str, ...]]:
    """The axes of the inputs as the docstring's `Input` names them, without the samples."""
    written = AXES.findall(_docstring(layer)[2].get("Input", "")) or ["samples, timesteps, features"]
    names = [tuple(axis.strip() for axis in axes.split(",") if axis.strip(". ")) for axes in written]
    return [axes[1:] for axes in names]
