"""What the tests of this folder share: models of texts, and what is compared of two models."""

from typing import Any

import pytest

from lstmcalc.errors import ModelError, Source
from lstmcalc.models.model import BuiltModel
from lstmcalc.sources import model_of_text


def model(text: str, given: dict[str, Any] | None = None) -> BuiltModel:
    """The model of a YAML text."""
    return model_of_text(Source("model.yaml", text), given)


def chain(*items: str, input: str = "[5, 1]") -> BuiltModel:
    """The model of one input and these items of `layers`, each as it stands after its dash."""
    return model(f"input: {input}\nlayers:\n" + "".join(f"  - {item}\n" for item in items))


def names(found: BuiltModel) -> list[str]:
    """The names of the layers, in their order."""
    return [layer.name for layer in found.layers]


def facts(found: BuiltModel) -> dict[str, Any]:
    """Everything that two models have in common when they are the same: kind, shapes, layers, weights, graph."""
    return {
        "name": found.name,
        "kind": found.kind,
        "inputs": [(each.operation.name, each.shape, each.dtype) for each in found.inputs],
        "outputs": list(zip(found.output_refs, (each.shape for each in found.outputs), strict=True)),
        "layers": [
            (
                placed.layer.name,
                placed.layer.class_name,
                [(each.name, each.shape, each.trainable, each.dtype) for each in placed.weights],
                [[(tensor.operation.name, tensor.tensor_index) for tensor in call.inputs] for call in placed.calls],
            )
            for placed in found.placed
        ],
    }


def problems(text: str, given: dict[str, Any] | None = None) -> list[str]:
    """The problems of a YAML text, each with its line and column before it."""
    with pytest.raises(ModelError) as caught:
        model(text, given)
    return [str(problem).removeprefix("model.yaml:") for problem in caught.value.problems]
