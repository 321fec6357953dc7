"""The catalogue, or one layer of it, as text."""

import textwrap
from collections.abc import Iterator

from lstmcalc.reference.descriptions import ArgumentFacts, Description
from lstmcalc.views.layers.words import Families, macs, written
from lstmcalc.views.look import Look

WIDEST = 100  # columns of running text
INDENT = 10  # columns of a label


def show(described: Families | Description, look: Look) -> Iterator[str]:
    """The layers by family, or all that is known of one."""
    width = look.text_width(WIDEST)
    if isinstance(described, Description):
        return description_lines(described, width)
    return catalogue_lines(described, width)


def catalogue_lines(families: Families, width: int) -> Iterator[str]:
    """The layers by family, a paragraph each."""
    for family, names in families.items():
        yield f"{family.replace('_', ' ')}:"
        yield from textwrap.wrap(", ".join(names), width, initial_indent="  ", subsequent_indent="  ")
    yield ""
    yield from textwrap.wrap("'lstmcalc layers NAME' describes one of them.", width)


def description_lines(layer: Description, width: int) -> Iterator[str]:
    """All that is known of a layer."""
    yield from textwrap.wrap(f"{layer.name} ({layer.family.replace('_', ' ')})", width)
    yield ""
    yield from textwrap.wrap(layer.sentence, width)
    yield ""
    for label, text in (
        ("source", layer.source),
        ("input", layer.inputs),
        ("output", layer.output),
        ("params", layer.params),
        ("MACs", macs(layer)),
    ):
        yield from _labeled(label, text, width)
    if layer.weights:
        yield ""
        yield "weights"
        longest = max(len(weight.name) for weight in layer.weights)
        for weight in layer.weights:
            shape = f"({', '.join(weight.shape)})"
            yield from textwrap.wrap(
                f"{shape}{'' if weight.trainable else '  not trained'}",
                width,
                initial_indent=f"  {weight.name:<{longest}}  ",
                subsequent_indent=" " * (longest + 5),
            )
    yield ""
    yield "arguments"
    yield from _argument_lines(layer.arguments, width)
    yield from _labeled("and", ", ".join(layer.common_arguments), width)


def _labeled(label: str, text: str, width: int) -> list[str]:
    indent = " " * INDENT
    return textwrap.wrap(text, width, initial_indent=f"{label:<{INDENT}}", subsequent_indent=indent)


def _argument_lines(arguments: tuple[ArgumentFacts, ...], width: int) -> Iterator[str]:
    longest = max((len(argument.name) for argument in arguments), default=0)
    for argument in arguments:
        default = "required" if argument.required else f"default {written(argument.default)}"
        yield from textwrap.wrap(
            f"{argument.takes}; {default}",
            width,
            initial_indent=f"  {argument.name:<{longest}}  ",
            subsequent_indent=" " * (longest + 4),
        )
