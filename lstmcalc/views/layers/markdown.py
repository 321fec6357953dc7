"""The catalogue, or one layer of it, in Markdown."""

from collections.abc import Iterator

from lstmcalc.reference.descriptions import Description
from lstmcalc.views.layers.words import Families, macs, written
from lstmcalc.views.look import Look


def show(described: Families | Description, look: Look) -> Iterator[str]:
    """The catalogue as a table, or a description."""
    return _description(described) if isinstance(described, Description) else _catalogue(described)


def _catalogue(families: Families) -> Iterator[str]:
    """The catalogue as a Markdown table."""
    yield "| Family | Layers |"
    yield "| --- | --- |"
    for family, names in families.items():
        yield f"| {family.replace('_', ' ')} | {', '.join(f'`{name}`' for name in names)} |"


def _description(layer: Description) -> Iterator[str]:
    """A description in Markdown."""
    yield f"### {layer.name}"
    yield ""
    yield layer.sentence
    yield ""
    yield f"- source: {layer.source}"
    yield f"- input: {layer.inputs}"
    yield f"- output: {layer.output}"
    yield f"- params: `{layer.params}`"
    yield f"- MACs: {macs(layer)}"
    for weight in layer.weights:
        yield f"- weight `{weight.name}`: `({', '.join(weight.shape)})`{'' if weight.trainable else ', not trained'}"
    yield ""
    yield "| Argument | Takes | Default |"
    yield "| --- | --- | --- |"
    for argument in layer.arguments:
        default = "required" if argument.required else f"`{written(argument.default)}`"
        yield f"| `{argument.name}` | {argument.takes} | {default} |"
