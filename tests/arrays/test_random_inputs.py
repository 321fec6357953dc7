"""What a model is tried on where nobody gave anything: random numbers, words and truths, as its inputs take them."""

import json
from typing import Any

import numpy as np
import pytest

from lstmcalc import cli

SPEC = "input: {{shape: [{shape}], dtype: {dtype}}}\nlayers: [{layer}]\n"


@pytest.fixture
def shown(tmp_path, capsys):
    """The first output of a model that gives its input back, on what `verify` makes up for it."""

    def run(dtype: str, *options: str, layer: str = "Flatten", shape: str = "200") -> Any:
        (tmp_path / "m.yaml").write_text(SPEC.format(shape=shape, dtype=dtype, layer=layer))
        saved = str(tmp_path / "y.npz")
        assert cli.run(["verify", str(tmp_path / "m.yaml"), "--save", saved, *options]) == 0
        capsys.readouterr()
        with np.load(saved) as arrays:
            (array,) = arrays.values()
        return array

    return run


def test_floats_are_normal(shown):
    x = shown("float32")
    assert x.shape == (2, 200)
    assert abs(x.mean()) < 0.2 and x.std() == pytest.approx(1, abs=0.2)


def test_whole_numbers_go_from_0_to_below_10(shown):
    assert set(shown("int32").ravel().tolist()) == set(range(10))


def test_truths_are_both(shown):
    x = shown("bool")
    assert x.dtype == bool and 0.3 < x.mean() < 0.7


def test_strings_are_words(shown):
    assert set(shown("string").ravel().tolist()) == {"the", "cat", "sat on", "a mat", ""}


def test_indices_of_an_encoding_stay_below_its_tokens(shown):
    x = shown("int32", layer="{CategoryEncoding: {num_tokens: 3, output_mode: one_hot}}", shape="1")
    assert x.shape == (2, 3) and x.sum() == 2


def test_the_seed_decides_what_they_are_and_each_input_has_numbers_of_its_own(tmp_path, capsys, shown):
    assert (shown("float32", "--seed", "1") == shown("float32", "--seed", "1")).all()
    assert (shown("float32", "--seed", "1") != shown("float32", "--seed", "2")).any()
    spec = {"inputs": {"a": [3], "b": [3]}, "layers": [{"Subtract": None, "from": ["a", "b"]}]}
    (tmp_path / "m.yaml").write_text(json.dumps(spec))
    assert cli.run(["verify", str(tmp_path / "m.yaml"), "--save", str(tmp_path / "y.npy")]) == 0
    assert np.load(tmp_path / "y.npy").all()
