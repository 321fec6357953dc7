"""Every class of `keras.layers` is either known or refused with a reason."""

import json
from pathlib import Path

import keras
import pytest

from lstmcalc.layers.catalogue import INPUTS, KNOWN, find
from lstmcalc.layers.refused import REFUSED

CLASSES = [name for name in dir(keras.layers) if name[0].isupper()]


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_of_keras_is_known_or_refused(name: str) -> None:
    assert (name in KNOWN) != (name in REFUSED)


@pytest.mark.parametrize("name", [name for name in CLASSES if name in KNOWN and name not in INPUTS])
def test_a_name_means_the_class_that_it_means_in_keras(name: str) -> None:
    layer = find(name)
    assert layer is not None
    assert layer.__name__ == getattr(keras.layers, name).__name__


def test_nothing_is_refused_that_keras_has_not() -> None:
    recorded = Path(__file__).parents[1] / "data" / "keras_signatures.json"
    older = {name for signatures in json.loads(recorded.read_text(encoding="utf-8")).values() for name in signatures}
    assert set(REFUSED) <= {*CLASSES, *older}
