"""What a layer is, said by its own declaration: arguments, shapes, weights, formula, MACs, source."""

from collections.abc import Iterator
from typing import Any

import msgspec

from lstmcalc.errors import ModelError, Problem, did_you_mean
from lstmcalc.layers.base import Layer, Weight, arguments_of
from lstmcalc.layers.catalogue import FAMILIES, KNOWN, MODULES, find, operations
from lstmcalc.layers.refused import REFUSED
from lstmcalc.reference.examples import example_of
from lstmcalc.reference.symbolic import symbolic
from lstmcalc.reference.words import input_words, output_words, params_words, sentence_of, source_of
from lstmcalc.shapes import Shapes


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
    return {**FAMILIES, "operations": operations(), "models": tuple(each.name for each in STATED)}


def describe(name: str) -> Description:
    """The description of a layer. Raises ModelError for a name that is not known."""
    stated = {each.name: each for each in STATED}.get("Input" if name == "InputLayer" else name)
    if stated is not None:
        return stated
    layer = find(name)
    if layer is None:
        raise _unknown(name)
    made, inputs = example_of(layer)
    weights, macs = formulas(made, inputs)
    return Description(
        layer.__name__,
        MODULES.get(layer.__name__, "operations"),
        sentence_of(layer),
        source_of(layer),
        input_words(made),
        output_words(made),
        params_words(layer.closed_form),
        (
            *(
                ArgumentFacts(argument.name, argument.rule.takes, argument.required, argument.default)
                for argument in arguments_of(layer).values()
            ),
            *(
                ArgumentFacts(name, f"{rule.takes}, where it is none of the inputs", False, None)
                for name, rule in layer.call_arguments.items()
                if name in layer.call_inputs
            ),
        ),
        tuple(name for name in layer.common if name not in arguments_of(layer)),
        weights,
        macs,
        f" ({layer.example.said})" if layer.example.said else "",
    )


def _unknown(name: str) -> ModelError:
    if name in REFUSED:
        return ModelError(Problem(f"the layer '{name}' is not supported: {REFUSED[name]}"))
    help = did_you_mean(name, (*KNOWN, *operations())) or "'lstmcalc layers' lists them"
    return ModelError(Problem(f"the layer '{name}' is not known", help=help))


def formulas(layer: Layer, inputs: Shapes) -> tuple[tuple[WeightFormula, ...], str | None]:
    """The weights' shapes and the MACs of one sample, in terms of axes and arguments.

    They are not written anywhere: the layer's own `weights` and `products` are run on
    the symbolic integers of an example. None for MACs that nobody can know.
    """
    weights = tuple(
        WeightFormula(path, tuple(f"{symbolic(size):f}" for size in weight.shape), weight.trainable)
        for path, weight in _all_weights(layer, inputs)
    )
    products = layer.products(inputs)
    if products is None:
        return weights, None
    total = symbolic(0)
    for product in products:
        total = total + product.macs
    return weights, f"{total:f}"


def _all_weights(layer: Layer, inputs: Shapes) -> Iterator[tuple[str, Weight]]:
    """Each weight with its path: `kernel`, `query/kernel`."""
    for weight in layer.weights(inputs):
        yield weight.name, weight
    for inner, shapes in layer.inner(inputs):
        for path, weight in _all_weights(inner, shapes):
            yield f"{inner.name}/{path}", weight
