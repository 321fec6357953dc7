"""The arrays of live Keras, recorded: what its initializers give for a seed, and how its files of weights are laid out.

`python tests/data/record_arrays.py`, where Keras is installed, writes the answers again.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from waves import hold

import lstmcalc

RECORDED = json.loads((Path(__file__).parents[1] / "data" / "keras_arrays.json").read_text(encoding="utf-8"))
INITIALIZERS = [(each["initializer"], *array) for each in RECORDED["initializers"] for array in each["arrays"]]
FILES = RECORDED["files"]


def initialized(initializer: Any, shape: list[int]) -> np.ndarray:
    """A weight of that shape as an initializer makes it."""
    *axes, units = shape
    kind = {"units": units, ("kernel" if axes else "bias") + "_initializer": initializer}
    item: Any = {"Dense": kind}
    if len(axes) > 1:
        item = {"Conv1D": {"filters": units, "kernel_size": axes[0], "kernel_initializer": initializer}}
    model = lstmcalc.from_dict({"input": [9, axes[-1]] if len(axes) > 1 else axes or [2], "layers": [item]})
    ((kernel, bias),) = model.get_weights(seed=1).values()
    return kernel if axes else bias


@pytest.mark.parametrize(("initializer", "shape", "numbers"), INITIALIZERS)
def test_a_seeded_initializer_gives_the_numbers_of_keras(
    initializer: Any, shape: list[int], numbers: list[float]
) -> None:
    hold(initialized(initializer, shape), [numbers])


def numbered(model: Any) -> dict[str, list[np.ndarray]]:
    """The weights of a model, number n full of n."""
    number = iter(range(10**6))
    return {
        layer["name"]: [np.full(each["shape"], next(number), each["dtype"]) for each in layer["weights"]]
        for layer in model.to_dict()["layers"]
        if layer["weights"]
    }


@pytest.mark.parametrize("name", FILES)
def test_weights_are_written_where_keras_3_looks_for_them(name: str, tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    model = lstmcalc.from_dict(FILES[name]["spec"])
    model.save_weights(tmp_path / "m.weights.h5", numbered(model))
    found = {}
    with h5py.File(tmp_path / "m.weights.h5") as file:
        file.visititems(lambda path, node: found.update({path: node[()]} if isinstance(node, h5py.Dataset) else {}))
    arrays = FILES[name]["m.weights.h5"]["arrays"]
    assert set(found) == set(arrays)
    for path, (shape, number) in arrays.items():
        np.testing.assert_array_equal(found[path], np.full(shape, number))


@pytest.mark.parametrize("kind", ["m.weights.h5", "m.h5"])
@pytest.mark.parametrize("name", FILES)
def test_weights_are_read_from_where_keras_wrote_them(name: str, kind: str, tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / kind, "w") as file:
        for path, (shape, number) in FILES[name][kind]["arrays"].items():
            file[path] = np.full(shape, number, "float32")
        for path, names in FILES[name][kind]["names"].items():
            for attribute, value in names.items():
                file.require_group(path).attrs[attribute] = value
    model = lstmcalc.from_dict(FILES[name]["spec"])
    expected = numbered(model)
    if kind == "m.weights.h5" and "LoRA" in name:  # Keras 3 adds what LoRA learned to the kernel when it saves
        ((layer, arrays),) = expected.items()
        (path,) = [path for path in FILES[name][kind]["arrays"] if path.endswith("/0")]
        merged = np.full_like(arrays[0], FILES[name][kind]["arrays"][path][1])
        expected = {layer: [merged, *arrays[1:-2], *map(np.zeros_like, arrays[-2:])]}
    weights = model.load_weights(tmp_path / kind)
    assert list(weights) == list(expected)
    for layer, arrays in expected.items():
        for ours, theirs in zip(weights[layer], arrays, strict=True):
            np.testing.assert_array_equal(ours, theirs)
