"""Weights as Keras saves them in HDF5: by Keras 3 in .weights.h5 and .keras, by Keras 2 and tf.keras in .h5."""

import io
import zipfile
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from lstmcalc.arrays.files import Stored, opened, reading
from lstmcalc.arrays.matching import Found, Mismatch, matched, misfit
from lstmcalc.errors import ModelError, Problem
from lstmcalc.layers.base import Layer, Weight, saved_keys, snake_case
from lstmcalc.models.model import Model, Placed, unique

Array = NDArray[Any]
Group = Any  # h5py has no types

SIGNATURE = b"\x89HDF\r\n\x1a\n"
MEMBER = "model.weights.h5"
BESIDE_WEIGHTS = 2**26  # 64 MiB: what a file may hold besides four times the weights, an optimizer's included
LARGEST_SCALAR = 8  # bytes
BFLOAT16 = 2  # bytes
UNNAMED = np.dtype("V2")  # of bfloat16 in the .h5 files of Keras 3
# What Keras 3 calls the layers inside a model; TensorFlow 2.12 had another name for it.
LAYERS = ("layers", "_layer_checkpoint_dependencies")


def _h5py(path: str) -> Any:
    try:
        import h5py
    except ImportError:
        help = "install it with: pip install 'lstmcalc[hdf5]'; .npz files are read without"
        raise ModelError(Problem("is HDF5, which needs h5py", file=path, help=help)) from None
    return h5py


@contextmanager
def hdf5_weights(model: Model, path: str) -> Iterator[Found]:
    """Each weight of the model with what the file holds for it, open while the block runs.

    Layers are matched by name where the file has every name and a user gave them, else by
    place, as Keras does.
    """
    h5py = _h5py(path)
    with reading(path), open(path, "rb") as raw:
        if path.endswith(".keras"):
            raw = io.BytesIO(_member(raw, model))  # type: ignore[assignment]
        if raw.read(len(SIGNATURE)) != SIGNATURE:
            raise ValueError("it does not begin as HDF5 does")
        raw.seek(0)
        with h5py.File(raw, "r") as file:
            legacy = _inside(file, "model_weights") or file
            if "layer_names" in legacy.attrs or "layer_names0" in legacy.attrs:
                yield _of_keras_2(model, legacy)
            elif any(_inside(file, name) is not None for name in LAYERS):
                yield _of_keras_3(model, file)
            else:
                help = "taken are files of model.save_weights() and model.save() of Keras"
                raise ModelError(Problem("is HDF5, but holds no weights of Keras", file=path, help=help))


def _member(file: BinaryIO, model: Model) -> bytes:
    """The weights inside a .keras file, which is a zip; as much of them as the model can need."""
    most = 4 * LARGEST_SCALAR * model.count_params() + BESIDE_WEIGHTS
    with zipfile.ZipFile(file) as archive:
        if MEMBER not in archive.namelist():
            raise ValueError(f"there is no {MEMBER} in it")
        with opened(archive, archive.getinfo(MEMBER)) as member:
            data = member.read(most + 1)
    if len(data) > most:
        raise ValueError(f"its {MEMBER} is larger than {most:,} bytes, more than this model and its optimizer take")
    return data


def _inside(group: Group, *names: str) -> Group | None:
    """The first of these groups that stands in a group itself, and not behind a link that leads elsewhere."""
    import h5py

    return next((each for each in (_own(group, name) for name in names) if isinstance(each, h5py.Group)), None)


def _own(group: Group, path: str) -> Group | None:
    """What stands in a group under a name, or in groups inside it; nothing where a link leads elsewhere."""
    import h5py

    for name in path.split("/"):
        if not isinstance(group, h5py.Group) or not isinstance(group.get(name, getlink=True), h5py.HardLink):
            return None
        group = group[name]
    return group


def _stored(group: Group, path: str) -> Stored:
    """An array that is whole, in this file and not compressed, as Keras writes it; bfloat16 as float32."""
    import h5py

    dataset = _own(group, path)
    if not isinstance(dataset, h5py.Dataset) or dataset.shape is None:
        raise ValueError(f"'{path}' in {group.name} is no array of this file")
    if dataset.is_virtual or dataset.external or dataset.chunks is not None:
        raise ValueError(f"{dataset.name} is compressed, in chunks or in another file, as Keras never writes it")
    if dataset.dtype.hasobject or dataset.nbytes > max(dataset.id.get_storage_size(), 0):
        raise ValueError(f"{dataset.name} is said to be larger than what the file holds of it")
    if dataset.attrs.get("dtype") != "bfloat16" and dataset.dtype != UNNAMED:
        return Stored(dataset.name, dataset.shape, dataset.dtype, lambda: np.asarray(dataset))
    if dataset.dtype.itemsize != BFLOAT16:
        raise ValueError(f"{dataset.name} is said to be bfloat16, but is {dataset.dtype}")
    return Stored(dataset.name, dataset.shape, np.dtype(np.float32), lambda: _of_bfloat16(np.asarray(dataset)))


def _of_bfloat16(array: Array) -> Array:
    """The upper halves of float32 numbers as such numbers."""
    return (array.view(np.uint16).astype(np.uint32) << 16).view(np.float32)


# Keras 2: `layer_names`, and in each layer's group `weight_names`.


def _of_keras_2(model: Model, root: Group) -> Found:
    listed: dict[str, tuple[list[str], list[Stored]]] = {}
    for layer in _words(root, "layer_names"):
        group = _inside(root, layer)
        names = _words(group, "weight_names") if group is not None else []
        if names:
            listed[layer] = names, [_stored(group, name) for name in names]
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
    return matched(model, arrays)


def _words(group: Group, attribute: str) -> list[str]:
    """A list of names in an attribute, which Keras splits where it is too long for one."""
    parts = [attribute] if attribute in group.attrs else []
    while not parts or parts[-1] != attribute:
        part = f"{attribute}{len(parts)}"
        if part not in group.attrs:
            break
        parts.append(part)
    words = [word for part in parts for word in np.ravel(group.attrs[part])]
    return [word.decode("utf-8") if isinstance(word, bytes) else str(word) for word in words]


def _in_order(placed: Placed, names: Sequence[str], stored: Sequence[Stored]) -> list[Stored]:
    """The arrays of a layer in Keras 3's order: Keras 2 lists those that training changes first.

    What a layer's file says of `trainable` may differ from the model, so the names decide,
    and the shapes where Keras 2 had other names.
    """
    weights = unique(placed.weights)
    if len(weights) != len(stored):
        return list(stored)
    trained_first = sorted(range(len(weights)), key=lambda i: not weights[i].trainable)
    said = [name.rpartition("/")[2].partition(":")[0] for name in names]
    for order in (trained_first, list(range(len(weights)))):
        if [weights[i].name for i in order] == said:
            return [each for _, each in sorted(zip(order, stored, strict=True), key=lambda pair: pair[0])]
    for order in (trained_first, list(range(len(weights)))):
        if [weights[i].shape for i in order] == [each.shape for each in stored]:
            return [each for _, each in sorted(zip(order, stored, strict=True), key=lambda pair: pair[0])]
    return list(stored)


# Keras 3: groups as the attributes of Keras's objects are called, each with its own arrays in `vars`.


def _of_keras_3(model: Model, root: Group) -> Found:
    found: list[tuple[str, Weight, Stored]] = []
    problems: list[Problem] = []
    for name, group, placed in _children(model.placed, root):
        _collect(name, placed, group, found, problems)
    known = {id(weight) for _, weight, _ in found}
    for placed in model.placed:
        if not problems and any(id(weight) not in known for weight in placed.weights):
            problems.append(Problem("the file holds none of its weights", layer=placed.layer.name))
    if problems:
        raise Mismatch(problems)
    return found


def _children(placed: Sequence[Placed], group: Group) -> Iterator[tuple[str, Group | None, Placed]]:
    """The layers of a model with their groups: by name where every name is there, else as Keras numbers them."""
    layers = _inside(group, *LAYERS)
    named: dict[str, str] = {}
    for key in layers if layers is not None else ():
        own = _inside(layers, f"{key}/vars")
        if own is not None:
            named[str(own.attrs.get("name", ""))] = key
    keys = saved_keys([each.layer for each in placed])
    pairs = [(each, key) for each, key in zip(placed, keys, strict=True) if each.weights]
    by_name = _name_decides([(each.layer, named.get(each.layer.name) == key) for each, key in pairs], named)
    for each, key in pairs:
        name = each.layer.name
        yield name, _inside(layers, named[name] if by_name else key), each


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


def _collect(
    path: str, placed: Placed, group: Group | None, found: list[tuple[str, Weight, Stored]], problems: list[Problem]
) -> None:
    """What a layer's group holds for its weights and for those of the layers inside."""
    if group is None:
        problems.append(Problem("the file holds no such layer", layer=path))
        return
    if isinstance(placed.layer, Model):
        for name, inner, each in _children(placed.inner, group):
            _collect(f"{path}/{name}", each, inner, found, problems)
        return
    _collect_own(path, placed, group, found, problems)
    names = placed.layer.saved_inner([each.layer for each in placed.inner])
    for each, name in zip(placed.inner, names, strict=True):
        if each.weights:
            public = name.lstrip("_")  # the first versions of Keras 3 save the private attribute where there are both
            inner = _inside(group, public, f"_{public}")
            _collect(f"{path}/{each.layer.name}", each, inner, found, problems)


def _collect_own(
    path: str, placed: Placed, group: Group, found: list[tuple[str, Weight, Stored]], problems: list[Problem]
) -> None:
    wanted = _kept(placed)
    if not wanted:
        return
    own = _inside(group, placed.layer.saved_in)
    numbers = sorted((key for key in own if key.isdecimal()), key=int) if own is not None else []
    stored = [_stored(own, number) for number in numbers]
    problem = misfit(path, placed.layer.class_name, wanted, [each.shape for each in stored])
    if problem is not None:
        problems.append(problem)
        return
    found += [(path, *pair) for pair in zip(wanted, stored, strict=True)]
    factors = {name for each in placed.layer.saved_sums for name in each.factors}
    for weight in placed.own:
        if weight.name in factors:  # they are in the sum
            zeros = np.zeros(weight.shape, np.float32)
            found.append((path, weight, Stored("", weight.shape, zeros.dtype, lambda zeros=zeros: zeros)))  # type: ignore[misc]


def _kept(placed: Placed) -> tuple[Weight, ...]:
    """The weights that Keras 3 saves of a layer itself."""
    return placed.layer.saved_weights(placed.own, tuple(weight for each in placed.inner for weight in each.weights))


# Writing, as Keras 3 does.


def write_hdf5(model: Model, path: str, arrays: Mapping[int, Array]) -> None:
    """Write a .weights.h5 file that Keras 3 loads. Raises ModelError."""
    h5py = _h5py(path)
    try:
        with h5py.File(path, "w") as file:
            _write_layers(file.create_group("layers"), model.placed, arrays)
            file.create_group("vars").attrs["name"] = model.name
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ModelError(Problem(f"cannot be written: {reason}", file=path)) from None


def _write_layers(group: Group, placed: Sequence[Placed], arrays: Mapping[int, Array]) -> None:
    for key, each in zip(saved_keys([each.layer for each in placed]), placed, strict=True):
        _write(group.create_group(key), each, arrays)


def _write(group: Group, placed: Placed, arrays: Mapping[int, Array]) -> None:
    layer = placed.layer
    group.create_group("vars").attrs["name"] = layer.name
    if isinstance(layer, Model):
        _write_layers(group.create_group("layers"), placed.inner, arrays)
        return
    for number, weight in enumerate(_kept(placed)):
        group[f"{layer.saved_in}/{number}"] = _summed(placed, weight, arrays)
    for name, each in zip(layer.saved_inner([each.layer for each in placed.inner]), placed.inner, strict=True):
        _write(group.create_group(name), each, arrays)


def _summed(placed: Placed, weight: Weight, arrays: Mapping[int, Array]) -> Array:
    """A weight with what is added to it when it is saved."""
    array, own = arrays[id(weight)], {each.name: arrays[id(each)] for each in placed.own}
    for each in placed.layer.saved_sums:
        if each.weight == weight.name:
            low, high = each.factors
            array = array + each.scale * (own[low] @ own[high])
    return array
