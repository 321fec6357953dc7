"""Which layers the parity tests draw, as one JSON object: for shapes and weights, and for the forward pass.

Needs no Keras: `python drawn_layers.py CLASS ...` looks until it has seen those classes, in as many
random models as a parity test makes.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import convolution_layers
import forward_layers
import models
import other_layers
import recurrent_models
import signal_layers
from descriptions import Layer, Model
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lstmcalc.layers.catalogue import ALIASES, MODULES

EXAMPLES = 500  # as tests/parity/conftest.py has it


class Complete(Exception):
    """All that was looked for was seen."""


def in_model(model: Model) -> Iterator[str]:
    """The classes of a random model's layers, those inside them included."""
    for call in model.calls:
        if isinstance(call.layer, Layer):
            yield from _in_layer(call.layer)


def _in_layer(layer: Layer) -> Iterator[str]:
    yield layer.class_name
    for inside in (layer.wrapped, layer.backward):
        if inside is not None:
            yield from _in_layer(inside)
    if layer.model is not None:
        yield from in_model(layer.model)


def in_items(value: Any) -> Iterator[str]:
    """The classes of layers that stand anywhere in arguments as a spec writes them."""
    if isinstance(value, dict):
        yield from value
        value = tuple(value.values())
    if isinstance(value, list | tuple):
        for inside in value:
            yield from in_items(inside)


def drawn(strategy: st.SearchStrategy[Any], classes: Any, wanted: set[str]) -> set[str]:
    """The classes that examples have in them, until all that are wanted were seen."""
    found: set[str] = set()

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def look(example: Any) -> None:
        found.update(classes(example))
        if wanted <= found:
            raise Complete

    with suppress(Complete):
        look()
    return found


def by_test(wanted: set[str]) -> dict[str, list[str]]:
    """The layers of the catalogue by what is compared of them."""
    chains = st.one_of(recurrent_models.sequences(), recurrent_models.of_sequences(), recurrent_models.convolutional())
    alone = known({*convolution_layers.LAYERS, *other_layers.LAYERS, *other_layers.WRAPPERS, *signal_layers.LAYERS})
    alone |= drawn(other_layers.RECURRENT["RNN"], in_items, {"StackedRNNCells"})
    forward = known(forward_layers.LAYERS)
    return {
        "shapes and weights": sorted(known(alone | drawn(models.any_model, in_model, wanted - alone))),
        "forward": sorted(known(forward | drawn(chains, lambda chain: in_items(chain.items), wanted - forward))),
    }


def known(names: Iterable[str]) -> set[str]:
    """The names that are layers, as the catalogue names them."""
    return {ALIASES.get(name, name) for name in names} & set(MODULES)


if __name__ == "__main__":
    print(json.dumps(by_test(set(sys.argv[1:]))))
