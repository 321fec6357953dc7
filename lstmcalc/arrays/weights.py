"""Weights by layer, as `layer.get_weights()` of Keras lists them: held against the model, read and written."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstmcalc.arrays.matching import Found, Mismatch, match_weights
from lstmcalc.containers.arrays import Stored
from lstmcalc.containers.npy import stored_in, write_arrays
from lstmcalc.errors import ModelError, Problem
from lstmcalc.layers.base import Weight
from lstmcalc.models.model import BuiltModel, unique

Array = NDArray[Any]
Weights = dict[str, list[Array]]

FORMATS = ".npz, .weights.h5, .keras or .h5"


def by_layer(model: BuiltModel, arrays: Mapping[int, Array]) -> Weights:
    """The arrays of a model's weights by the name of the layer, as `{layer.name: layer.get_weights()}` in Keras.

    A model inside is a layer: its weights stand under its name, in its order. Layers
    without weights are left out.
    """
    return {
        placed.layer.name: [arrays[id(weight)] for weight in unique(placed.weights)]
        for placed in model.placed
        if placed.weights
    }


def by_identity(model: BuiltModel, weights: Mapping[str, Sequence[Any]]) -> dict[int, Array]:
    """The arrays by the identity of the `Weight`. Raises Mismatch, naming each layer that they do not fit."""
    lists = arrays_by_layer(weights, "weights")
    found = match_weights(model, {name: each for name, each in lists.items() if each})
    return {id(weight): _of_dtype(layer, weight, array) for layer, weight, array in found}


def arrays_by_layer(given: Any, what: str) -> dict[str, list[Array]]:
    """A mapping from layers to arrays, from one to what NumPy makes arrays of. Raises Mismatch for what is none."""
    help = "give {layer.name: layer.get_weights() for layer in model.layers}" if what == "weights" else None
    if not isinstance(given, Mapping):
        wanted = f"{what} are a mapping from the names of layers to lists of arrays"
        raise Mismatch(Problem(f"{wanted}, but are {type(given).__name__}", help=help))
    arrays: dict[str, list[Array]] = {}
    for name, each in zip(map(str, given), given.values(), strict=True):
        if not isinstance(each, list | tuple | np.ndarray):
            raise Mismatch(
                Problem(f"{what} are a list of arrays, but are {type(each).__name__}", layer=name, help=help)
            )
        try:
            arrays[name] = list(map(np.asarray, each))
        except ValueError:
            message = f"a {what.removesuffix('s')} takes an array, but has lists of several lengths"
            raise Mismatch(Problem(message, layer=name, help=help)) from None
    return arrays


def load_weights(model: BuiltModel, path: str) -> dict[int, Array]:
    """The weights of a file, by the identity of the `Weight`.

    Takes .npz (`layer/0`, `layer/1`, ... in Keras's order), and with h5py what Keras
    writes: .weights.h5 and .keras of Keras 3, .h5 of Keras 2. Raises Mismatch for weights
    that do not fit, naming the layers; ModelError for a file that cannot be read.
    """
    if path.endswith(".npz"):
        with name_file(path), stored_in(path) as stored:
            return read_all(_of_names(model, stored))
    if path.endswith((".h5", ".hdf5", ".keras")) or (model.holds_weights and path == model.file):
        from lstmcalc.arrays.hdf5 import hdf5_weights

        with name_file(path), hdf5_weights(model, path) as found:
            return read_all(found)
    raise ModelError(Problem(f"weights are read from {FORMATS}", file=path))


def save_weights(model: BuiltModel, path: str, weights: Mapping[str, Sequence[Any]]) -> None:
    """Write weights as .npz, or as .weights.h5, which Keras 3 loads. Raises ModelError, and Mismatch."""
    arrays = by_identity(model, weights)
    if path.endswith(".npz"):
        listed = by_layer(model, arrays)
        write_arrays(path, {f"{name}/{i}": array for name, each in listed.items() for i, array in enumerate(each)})
    elif path.endswith(".weights.h5"):
        from lstmcalc.arrays.hdf5 import write_hdf5

        write_hdf5(model, path, arrays)
    else:
        raise ModelError(Problem("weights are written to .npz or .weights.h5", file=path))


@contextmanager
def name_file(path: str) -> Iterator[None]:
    """A block whose problems are those of a file."""
    try:
        yield
    except ModelError as error:
        kind = type(error)
        raise kind([Problem(each.text, file=each.file or path, help=each.help) for each in error.problems]) from None


def read_all(found: Found) -> dict[int, Array]:
    """The numbers of what was found, by the identity of the `Weight`."""
    arrays: dict[int, Array] = {}
    for layer, weight, stored in found:
        _check_kind(layer, weight, stored.dtype)
        arrays[id(weight)] = _of_dtype(layer, weight, stored.read())
    return arrays


def _of_dtype(layer: str, weight: Weight, array: Array) -> Array:
    """An array as its weight has it: integers and booleans become floats where it holds floats, as in Keras."""
    if array.dtype.kind == "V" and array.dtype.name == "bfloat16":  # of ml_dtypes, which Keras has and NumPy does not
        return array.astype(np.float32)
    _check_kind(layer, weight, array.dtype)
    is_float = "float" in weight.dtype
    if (array.dtype.kind == "f") == is_float:
        return array
    return array.astype("float32" if weight.dtype == "bfloat16" else weight.dtype)


def _check_kind(layer: str, weight: Weight, dtype: "np.dtype[Any]") -> None:
    if dtype.kind not in "fiub":
        raise Mismatch(Problem(f"{weight.name} takes numbers, but is given {dtype}", layer=layer))


def _of_names(model: BuiltModel, stored: Mapping[str, Stored]) -> Found:
    """Each weight with what stands under `layer/number`."""
    given: dict[str, dict[int, Stored]] = {}
    for name, each in stored.items():
        layer, slash, number = name.rpartition("/")
        if not slash or not number.isascii() or not number.isdigit() or len(number) > 9:
            help = "names are those of layers: lstm/0, lstm/1, lstm/2"
            raise ModelError(Problem(f"holds '{name}', but takes weights as 'layer/number'", help=help))
        given.setdefault(layer, {})[int(number)] = each
    listed = {layer: [each[number] for number in sorted(each)] for layer, each in given.items()}
    return match_weights(model, listed)
