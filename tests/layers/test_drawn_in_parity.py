"""Every layer of the catalogue is drawn in the parity tests, for shapes, weights and forward pass; needs no Keras."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from lstmcalc.layers.catalogue import MODULES

TESTS = Path(__file__).parents[1]
# Why live Keras cannot be asked, and the tests that hold these layers against values worked out by hand.
APART = {
    **dict.fromkeys(("CuDNNLSTM", "CuDNNGRU"), ("not in Keras 3", "test_recurrent_forward.py")),
    **dict.fromkeys(("Merge", "MaxoutDense", "Highway", "TimeDistributedDense"), ("not in Keras 3", "test_keras1.py")),
    **dict.fromkeys(("ParametricSoftplus", "SReLU"), ("not in Keras 3", "test_keras1.py")),
    **dict.fromkeys(
        ("LocallyConnected1D", "LocallyConnected2D", "ThresholdedReLU"), ("not in Keras 3", "test_keras2.py")
    ),
    **dict.fromkeys(("RandomHeight", "RandomWidth"), ("not in Keras 3", "test_keras2.py")),
    **dict.fromkeys(
        ("Hashing", "HashedCrossing", "StringLookup", "IntegerLookup", "TextVectorization"),
        ("computed by TensorFlow alone", "test_preprocessing.py"),
    ),
    **dict.fromkeys(("Lambda", "Custom"), ("stated, and not known", "test_forward.py")),
}

NOT_RUN = {"ContrastLimitedAdaptiveHistogramEqualization"}  # here, and its shapes and weights are held against Keras


@cache
def drawn() -> dict[str, set[str]]:
    """The layers that the parity tests draw, in a process of its own: their modules have short names."""
    paths = f"{TESTS.parent}:{TESTS / 'parity'}"
    done = subprocess.run(
        [sys.executable, str(TESTS / "parity" / "drawn_layers.py"), *(name for name in MODULES if name not in APART)],
        env={"PYTHONPATH": paths, "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return {what: set(names) for what, names in json.loads(done.stdout).items()}


@pytest.mark.parametrize("what", ["shapes and weights", "forward"])
def test_every_layer_is_drawn_in_the_parity_tests(what: str) -> None:
    assert set(MODULES) - drawn()[what] == set(APART) | (NOT_RUN if what == "forward" else set())


@pytest.mark.parametrize("name", APART)
def test_a_layer_that_keras_cannot_be_asked_of_has_a_test_by_hand(name: str) -> None:
    _, path = APART[name]
    assert name in (TESTS / "layers" / path).read_text(encoding="utf-8")
