"""Weights as Keras saves them in HDF5: by Keras 3 in .weights.h5 and .keras, by Keras 2 and tf.keras in .h5."""

import io
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from lstmcalc.arrays.matching import Found, Mismatch, match_weights, misfit
from lstmcalc.containers.archives import open_archive
from lstmcalc.containers.arrays import Stored
from lstmcalc.containers.files import damaged, open_file
from lstmcalc.containers.hdf5 import Group, open_hdf5
from lstmcalc.containers.hdf5 import write_hdf5 as write_groups
from lstmcalc.containers.signatures import ZIP
from lstmcalc.errors import ModelError, Problem
from lstmcalc.formats.saved.members import WEIGHTS
from lstmcalc.formats.weights import IN_MODEL, MODEL_LAYERS, is_of_keras_2
from lstmcalc.layers.base import Layer, Weight, saved_keys, snake_case
from lstmcalc.limits import BESIDE_WEIGHTS
from lstmcalc.models.model import BuiltModel, Placed, unique

Array = NDArray[Any]

LARGEST_SCALAR = 8  # bytes


@contextmanager
def hdf5_weights(model: BuiltModel, path: str) -> Iterator[Found]:
    """Each weight of the model with what the file holds for it, open while the block runs.

    Layers are matched by name where the file has every name and a user gave them, else by
    place, as Keras does.
    """
    with open_file(path) as raw:
        file = _member(path, raw, model) if raw.read(4).startswith(ZIP) else raw
        with open_hdf5(path, file) as root:
            legacy = root.group(IN_MODEL) or root
            if is_of_keras_2(legacy):
                yield _of_keras_2(model, legacy)
            elif root.group(*MODEL_LAYERS) is not None:
                yield _of_keras_3(model, root)
            else:
                help = "taken are files of model.save_weights() and model.save() of Keras"
                raise ModelError(Problem("is HDF5, but holds no weights of Keras", file=path, help=help))


def _member(path: str, file: BinaryIO, model: BuiltModel) -> BinaryIO:
    """The weights inside a .keras file, which is a zip; as much of them as the model can need."""
    most = 4 * LARGEST_SCALAR * model.count_params() + BESIDE_WEIGHTS
    with open_archive(path, file) as archive:
        if archive.size_bytes(WEIGHTS) > most:
            more = "more than this model and its optimizer take"
            raise damaged(path, f"its {WEIGHTS} is larger than {most:,} bytes, {more}")
        return io.BytesIO(archive.read(WEIGHTS, most))


# Keras 2: `layer_names`, and in each layer's group `weight_names`.


def _of_keras_2(model: BuiltModel, root: Group) -> Found:
    listed: dict[str, tuple[list[str], list[Stored]]] = {}
    for layer in root.words("layer_names"):
        group = root.group(layer)
        if group is not None and (names := group.words("weight_names")):
            listed[layer] = names, [group.array(name) for name in names]
    placed = [each for each in model.placed if each.weights]
    if len(placed) == len(listed):
        pairs = [(each.layer, each.layer.name == name) for each, name in zip(placed, listed, strict=True)]
        if not _name_decides(pairs, listed):
            listed = {layer.name: each for (layer, _), each in zip(pairs, listed.values(), strict=True)}
    by_name = {each.layer.name: each for each in placed}
    arrays = {
        name: _in_order(by_name[name], names, stored) if name in by_name else stored
        for name, (names, stored) in listed.items()
    }
    return match_weights(model, arrays)


def _in_order(placed: Placed, names: Sequence[str], stored: Sequence[Stored]) -> list[Stored]:
    """The arrays of a layer in Keras 3's order: Keras 2 lists those that training changes first.

    What a layer's file says of `trainable` may differ from the model, so the names decide,
    and the shapes where Keras 2 had other names.
    """
    weights = unique(placed.weights)
    if len(weights) != len(stored):
        return _of_keras_1(placed, weights, stored)
    trained_first = sorted(range(len(weights)), key=lambda i: not weights[i].trainable)
    said = [name.rpartition("/")[2].partition(":")[0] for name in names]
    for order in (trained_first, list(range(len(weights)))):
        if [weights[i].name for i in order] == said:
            return [each for _, each in sorted(zip(order, stored, strict=True), key=lambda pair: pair[0])]
    for order in (trained_first, list(range(len(weights)))):
        if [weights[i].shape for i in order] == [each.shape for each in stored]:
            return [each for _, each in sorted(zip(order, stored, strict=True), key=lambda pair: pair[0])]
    return list(stored)


# Keras 1: the weights of each gate by themselves, in an order of their own.


def _of_keras_1(placed: Placed, weights: Sequence[Weight], stored: Sequence[Stored]) -> list[Stored]:
    """The arrays of a recurrent layer whose gates stand one by one, put side by side; others as they stand."""
    order = (placed.inner[0].layer if placed.inner else placed.layer).gates_of_keras_1
    if not order or len(stored) != len(weights) * len(order):
        return list(stored)
    found: list[Stored] = []
    for start in range(0, len(stored), 3 * len(order)):  # kernel, recurrent kernel and bias of each gate
        for kind in range(3):
            parts = [stored[start + 3 * gate + kind] for gate in order]
            if len({each.shape[:-1] for each in parts}) > 1 or any(not each.shape for each in parts):
                return list(stored)  # they do not stand side by side: what does not fit is said of them
            found.append(_side_by_side(parts))
    return found


def _side_by_side(parts: Sequence[Stored]) -> Stored:
    first = parts[0]
    shape = (*first.shape[:-1], sum(each.shape[-1] for each in parts if each.shape))
    return Stored(first.name, shape, first.dtype, lambda: np.concatenate([each.read() for each in parts], axis=-1))


# Keras 3: groups as the attributes of Keras's objects are called, each with its own arrays in `vars`.


def _of_keras_3(model: BuiltModel, root: Group) -> Found:
    collecting = _Collecting()
    collecting.read_layers("", model.placed, root)
    known = {id(weight) for _, weight, _ in collecting.found}
    for placed in model.placed:
        if not collecting.problems and any(id(weight) not in known for weight in placed.weights):
            collecting.problems.append(Problem("the file holds none of its weights", layer=placed.layer.name))
    if collecting.problems:
        raise Mismatch(collecting.problems)
    return collecting.found


class _Collecting:
    """What a file holds for the layers of a model so far; a layer that models share stands where it comes first."""

    def __init__(self) -> None:
        self.found: list[tuple[str, Weight, Stored]] = []
        self.problems: list[Problem] = []
        self.seen: set[int] = set()

    def read_layers(self, above: str, layers: Sequence[Placed], group: Group) -> None:
        """The layers of a model, whose paths begin with `above`."""
        for name, own, placed in _children(layers, group):
            if id(placed.layer) not in self.seen:
                self.seen.add(id(placed.layer))
                self._read(f"{above}{name}", placed, own)

    def _read(self, path: str, placed: Placed, group: Group | None) -> None:
        """What a layer's group holds for its weights and for those of the layers inside."""
        if group is None:
            self.problems.append(Problem("the file holds no such layer", layer=path))
            return
        if isinstance(placed.layer, BuiltModel):
            self.read_layers(f"{path}/", placed.inner, group)
            return
        self._read_own(path, placed, group)
        names = placed.layer.saved_inner([inner.layer for inner in placed.inner])
        for inner, name in zip(placed.inner, names, strict=True):
            if inner.weights:
                public = name.lstrip(
                    "_"
                )  # the first versions of Keras 3 save the private attribute where there are both
                self._read(f"{path}/{inner.layer.name}", inner, group.group(public, f"_{public}"))

    def _read_own(self, path: str, placed: Placed, group: Group) -> None:
        wanted = _kept(placed)
        if not wanted:
            return
        stored = _stated(wanted, group) if placed.layer.is_stated else _numbered(group.group(placed.layer.saved_in))
        problem = misfit(path, placed.layer.class_name, wanted, [array.shape for array in stored])
        if problem is not None:
            self.problems.append(problem)
            return
        self.found += [(path, *pair) for pair in zip(wanted, stored, strict=True)]
        factors = {name for each in placed.layer.saved_sums for name in each.factors}
        for weight in placed.own:
            if weight.name in factors:  # they are in the sum
                self.found.append((path, weight, _zeros(weight.shape)))


def _numbered(own: Group | None) -> list[Stored]:
    """The arrays of a group in the order of their numbers."""
    return [own.array(number) for number in sorted(filter(str.isdecimal, own.arrays()), key=int)] if own else []


def _stated(wanted: Sequence[Weight], group: Group) -> list[Stored]:
    """The arrays of a layer that is known by them, `dense/0`; of one whose weights have other names, its own."""
    if not all(weight.name.rpartition("/")[2].isdecimal() for weight in wanted):
        return _numbered(group.group("vars"))
    found = []
    for weight in wanted:
        above, slash, number = weight.name.rpartition("/")
        own = group.group(f"{above}{slash}vars")
        if own is not None and number in own.arrays():
            found.append(own.array(number))
    return found


def _zeros(shape: tuple[int, ...]) -> Stored:
    zeros = np.zeros(shape, np.float32)
    return Stored("", shape, zeros.dtype, lambda: zeros)


def _children(placed: Sequence[Placed], group: Group) -> Iterator[tuple[str, Group | None, Placed]]:
    """The layers of a model with their groups: by name where every name is there, else as Keras numbers them."""
    layers = group.group(*MODEL_LAYERS)
    if layers is None:
        yield from ((each.layer.name, None, each) for each in placed if each.weights)
        return
    named = {own.text("name") or "": key for key in layers.groups() if (own := layers.group(f"{key}/vars")) is not None}
    keys = saved_keys([each.layer for each in placed])
    pairs = [(each, key) for each, key in zip(placed, keys, strict=True) if each.weights]
    by_name = _name_decides([(each.layer, named.get(each.layer.name) == key) for each, key in pairs], named)
    for each, key in pairs:
        name = each.layer.name
        yield name, layers.group(named[name] if by_name else key), each


def _name_decides(layers: Sequence[tuple[Layer, bool]], names: Container[str]) -> bool:
    """Whether layers are matched by name, and not by place; each with whether both say the same.

    By name where a file has all of them, but for names that Keras gives in the order in
    which a script makes its layers: of these, the place alone says which layer is meant.
    """
    given = [layer for layer, is_same in layers if not is_same and not _is_automatic(layer)]
    return bool(given) and all(layer.name in names for layer, _ in layers)


def _is_automatic(layer: Layer) -> bool:
    """Whether a layer's name is one of those that Keras gives: `dense`, `dense_1`."""
    name, _, number = layer.name.rpartition("_")
    kind = snake_case(layer.class_name)
    return layer.name == kind or (name == kind and number.isdecimal())


def _kept(placed: Placed) -> tuple[Weight, ...]:
    """The weights that Keras 3 saves of a layer itself."""
    return placed.layer.saved_weights(placed.own, tuple(weight for each in placed.inner for weight in each.weights))


# Writing, as Keras 3 does.


def write_hdf5(model: BuiltModel, path: str, arrays: Mapping[int, Array], file: BinaryIO | None = None) -> None:
    """Write a .weights.h5 file that Keras 3 loads, or its bytes to a `file`. Raises ModelError."""
    written = Written(arrays)
    written.add_layers("layers", model.placed)
    write_groups(path, written.arrays, written.texts | {"vars": {"name": model.name}}, file)


class Written:
    """What a file is going to hold: the arrays by their paths in it, and the attributes of its groups."""

    def __init__(self, weights: Mapping[int, Array]) -> None:
        self.weights = weights
        self.arrays: dict[str, Array] = {}
        self.texts: dict[str, dict[str, str]] = {}
        self.seen: set[int] = set()

    def add_layers(self, path: str, placed: Sequence[Placed]) -> None:
        """The layers of a model under a path; one that models share stands where it comes first."""
        self.texts[path] = {}
        for key, each in zip(saved_keys([each.layer for each in placed]), placed, strict=True):
            if id(each.layer) not in self.seen:
                self.seen.add(id(each.layer))
                self.add(f"{path}/{key}", each)

    def add(self, path: str, placed: Placed) -> None:
        """A layer and the layers inside under a path."""
        layer = placed.layer
        self.texts[f"{path}/vars"] = {"name": layer.name}
        if isinstance(layer, BuiltModel):
            self.add_layers(f"{path}/layers", placed.inner)
            return
        self.texts[f"{path}/{layer.saved_in}"] = self.texts.get(f"{path}/{layer.saved_in}", {})
        for number, weight in enumerate(_kept(placed)):
            self.arrays[f"{path}/{layer.saved_in}/{number}"] = _summed(placed, weight, self.weights)
        for name, each in zip(layer.saved_inner([each.layer for each in placed.inner]), placed.inner, strict=True):
            self.add(f"{path}/{name}", each)


def _summed(placed: Placed, weight: Weight, arrays: Mapping[int, Array]) -> Array:
    """A weight with what is added to it when it is saved."""
    array, own = arrays[id(weight)], {each.name: arrays[id(each)] for each in placed.own}
    for each in placed.layer.saved_sums:
        if each.weight == weight.name:
            low, high = each.factors
            array = array + each.scale * (own[low] @ own[high])
    return array
