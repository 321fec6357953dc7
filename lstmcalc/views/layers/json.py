"""The catalogue, or one layer of it, as a JSON object."""

from collections.abc import Iterator
from typing import Any

from lstmcalc.facts.objects import SCHEMA_VERSION
from lstmcalc.reference.descriptions import Description
from lstmcalc.views.json import encode
from lstmcalc.views.layers.words import Families
from lstmcalc.views.look import Look


def show(described: Families | Description, look: Look) -> Iterator[str]:
    """The object of `layers --format json`, or of `layers NAME --format json`."""
    yield encode(_description(described) if isinstance(described, Description) else _catalogue(described))


def _catalogue(families: Families) -> dict[str, Any]:
    """The object of `layers --format json`."""
    return {"schema_version": SCHEMA_VERSION, "families": {family: list(names) for family, names in families.items()}}


def _description(layer: Description) -> dict[str, Any]:
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
