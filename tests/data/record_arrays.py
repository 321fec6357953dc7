"""Records the arrays of live Keras: what its initializers give, and how its files of weights are laid out.

    PYTHONPATH=tests/parity:tests python tests/data/record_arrays.py

Writes keras_arrays.json beside itself. Of each initializer, with a seed where it takes one: some numbers of arrays of
several shapes. Of each model of tests/parity/test_weight_files.py, whose weight number n is full of n: where Keras puts
it in a .weights.h5 and in an .h5, and the attributes that it writes there.
"""

import json
import tempfile
import warnings
from pathlib import Path
from typing import Any

import conftest  # noqa: F401 - live Keras on its NumPy backend, as the parity tests have it
import h5py
import keras
import numpy as np
from keras import layers
from test_initializers import CONFIGS, INITIALIZERS, NOT_ALONE, in_keras, seeded
from test_weight_files import CASES, SEQUENCE
from waves import some

FILE = Path(__file__).with_name("keras_arrays.json")
SHAPES = [(4,), (5, 3), (3, 5), (3, 4, 6), (6, 1, 5)]  # the last is one that STFT makes
LORA = {
    "Dense with LoRA": (layers.Dense, {"units": 3, "lora_rank": 2, "lora_alpha": 4}),
    "Conv1D with LoRA": (layers.Conv1D, {"filters": 3, "kernel_size": 2, "lora_rank": 2, "lora_alpha": 4}),
}


def initializers() -> list[dict[str, Any]]:
    """What each initializer gives."""
    found = []
    for value in [*(each for each in INITIALIZERS if each not in NOT_ALONE), *CONFIGS]:
        made = {shape: in_keras(seeded(value), shape) for shape in SHAPES}
        arrays = [[list(shape), some(array)] for shape, array in made.items() if array is not None]
        found.append({"initializer": seeded(value), "arrays": arrays})
    return found


def files() -> dict[str, dict[str, Any]]:
    """How the files of each model are laid out."""
    found = {}
    for name, (make, spec) in CASES.items():
        keras.backend.clear_session()
        found[name] = {"spec": {"input": SEQUENCE, **spec} if "inputs" not in spec else spec, **laid_out(make())}
    for name, (kind, given) in LORA.items():
        keras.backend.clear_session()
        model = keras.Sequential([keras.Input(tuple(SEQUENCE)), kind(**given)])
        found[name] = {"spec": {"input": SEQUENCE, "layers": [{kind.__name__: given}]}, **laid_out(model)}
    return found


def laid_out(model: keras.Model) -> dict[str, Any]:
    """A model's two files."""
    model.set_weights([np.full(each.shape, number, each.dtype) for number, each in enumerate(model.weights)])
    with tempfile.TemporaryDirectory() as folder:
        model.save_weights(f"{folder}/m.weights.h5")
        model.save(f"{folder}/m.h5")
        return {kind: contents(f"{folder}/{kind}") for kind in ("m.weights.h5", "m.h5")}


def contents(path: str) -> dict[str, Any]:
    """Where the arrays of a file stand, with their shapes and the number that each is full of; and names of groups."""
    found: dict[str, Any] = {"arrays": {}, "names": {}}

    def visit(name: str, node: Any) -> None:
        if isinstance(node, h5py.Dataset):
            number = np.unique(node)
            assert number.size == 1
            found["arrays"][name] = [list(node.shape), float(number[0])]
        for attribute in ("name", "layer_names", "weight_names"):
            if attribute in node.attrs:
                value = node.attrs[attribute]
                found["names"].setdefault(name, {})[attribute] = value if isinstance(value, str) else listed(value)

    with h5py.File(path, "r") as file:
        file.visititems(visit)
    return found


def listed(value: Any) -> list[str]:
    """A list of names."""
    return [each.decode() if isinstance(each, bytes) else str(each) for each in value]


def main() -> None:
    """Write the file, one entry a line."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made, laid = initializers(), files()
    lines = [f'{{"versions": {json.dumps({"keras": keras.__version__})},', '"initializers": [']
    lines += [",\n".join(map(json.dumps, made)), "],", '"files": {']
    lines += [",\n".join(f"{json.dumps(name)}: {json.dumps(each)}" for name, each in laid.items()), "}}"]
    FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
