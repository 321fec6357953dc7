"""A layer's description, and the catalogue, as text, JSON and Markdown."""

import textwrap
from collections.abc import Iterator
from typing import Any

from lstmcalc.reference.descriptions import ArgumentFacts, Description
from lstmcalc.views.json import SCHEMA_VERSION

INDENT = 10  # columns of a label
Families = dict[str, tuple[str, ...]]


def catalogue_lines(families: Families, width: int) -> Iterator[str]:
    """The layers by family, a paragraph each."""
    for family, names in families.items():
        yield f"{family.replace('_', ' ')}:"
        yield from textwrap.wrap(", ".join(names), width, initial_indent="  ", subsequent_indent="  ")
    yield ""
    yield from textwrap.wrap("'lstmcalc layers NAME' describes one of them.", width)


def description_lines(layer: Description, width: int) -> Iterator[str]:
    """All that is known of a layer."""
    yield f"{layer.name} ({layer.family.replace('_', ' ')})"
    yield ""
    yield from textwrap.wrap(layer.sentence, width)
    yield ""
    for label, text in (
        ("source", layer.source),
        ("input", layer.inputs),
        ("output", layer.output),
        ("params", layer.params),
        ("MACs", _macs(layer)),
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


def _macs(layer: Description) -> str:
    if layer.macs is None:
        return "not known unless stated with 'macs'"
    return layer.macs if layer.macs == "0" else f"{layer.macs}, for one sample{layer.macs_note}"


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


def written(default: Any) -> str:
    """A default as a spec writes it."""
    if default is None:
        return "null"
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple):
        return f"[{', '.join(map(written, default))}]"
    return str(default)


def catalogue_object(families: Families) -> dict[str, Any]:
    """The object of `layers --format json`."""
    return {"schema_version": SCHEMA_VERSION, "families": {family: list(names) for family, names in families.items()}}


def description_object(layer: Description) -> dict[str, Any]:
    """The object of `layers NAME --format json`."""
    return {
        "schema_version": SCHEMA_VERSION,
        "name": layer.name,
        "family": layer.family,
        "description": layer.sentence,
        "source": layer.source,
        "input": layer.inputs,
        "output": layer.output,
        "params": layer.params,
        "macs": layer.macs,
        "weights": [
            {"name": weight.name, "shape": list(weight.shape), "trainable": weight.trainable}
            for weight in layer.weights
        ],
        "arguments": [
            {
                "name": argument.name,
                "takes": argument.takes,
                "required": argument.required,
                "default": argument.default,
            }
            for argument in layer.arguments
        ],
        "common_arguments": list(layer.common_arguments),
    }


def catalogue_markdown(families: Families) -> Iterator[str]:
    """The catalogue as a Markdown table."""
    yield "| Family | Layers |"
    yield "| --- | --- |"
    for family, names in families.items():
        yield f"| {family.replace('_', ' ')} | {', '.join(f'`{name}`' for name in names)} |"


def description_markdown(layer: Description) -> Iterator[str]:
    """A description in Markdown."""
    yield f"### {layer.name}"
    yield ""
    yield layer.sentence
    yield ""
    yield f"- source: {layer.source}"
    yield f"- input: {layer.inputs}"
    yield f"- output: {layer.output}"
    yield f"- params: `{layer.params}`"
    yield f"- MACs: {_macs(layer)}"
    for weight in layer.weights:
        yield f"- weight `{weight.name}`: `({', '.join(weight.shape)})`{'' if weight.trainable else ', not trained'}"
    yield ""
    yield "| Argument | Takes | Default |"
    yield "| --- | --- | --- |"
    for argument in layer.arguments:
        default = "required" if argument.required else f"`{written(argument.default)}`"
        yield f"| `{argument.name}` | {argument.takes} | {default} |"
