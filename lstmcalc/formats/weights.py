"""Files that hold arrays alone, by layer: weights of Keras in HDF5, .npz and .safetensors."""

from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

import msgspec

from lstmcalc.containers.files import damaged, open_file
from lstmcalc.containers.hdf5 import Group, open_hdf5
from lstmcalc.containers.headers import Header
from lstmcalc.containers.safetensors import safetensors_headers
from lstmcalc.containers.signatures import ZIP
from lstmcalc.errors import ModelError, Note, Problem
from lstmcalc.formats.saved.members import WEIGHTS
from lstmcalc.limits import FILE_BYTES, HDF5_MEMBERS, NESTING

IN_MODEL = "model_weights"  # the group of an HDF5 model
NAMES = ("layer_names", "layer_names0")  # attributes of Keras 1 and 2
OPTIMIZER = "optimizer"
# What a file of Keras 3 holds beside the weights of a model: the groups at its top, and those of generators.
BESIDE = (OPTIMIZER, "metrics", "_metrics", "compile_metrics", "_compile_metrics", "loss_tracker", "_loss_tracker")
SEEDS = ("seed_generator", "_seed_generator", "random_generator", "_random_generator")
MODEL_LAYERS = ("layers", "_layer_checkpoint_dependencies")  # TensorFlow 2.12 had another name for it
OWN = "vars"
TOLD_BY = 100  # groups by which a file is told to be of Keras


class HeldLayer(msgspec.Struct, frozen=True):
    """The arrays of a layer, each named as the file does from the layer on; of a model inside, its layers."""

    name: str
    arrays: tuple[Header, ...] = ()
    layers: tuple["HeldLayer", ...] = ()

    @property
    def params(self) -> int:
        """All numbers of them."""
        return sum(each.params for each in self.arrays) + sum(each.params for each in self.layers)

    def all_arrays(self, above: str = "") -> Iterator[Header]:
        """Its arrays, and those of the layers inside with their names before them."""
        for each in self.arrays:
            yield _named(f"{above}{each.name}", each)
        for layer in self.layers:
            yield from layer.all_arrays(f"{above}{layer.name}/")


def _layers_of(name: str, layers: Iterable[HeldLayer]) -> Iterator[HeldLayer]:
    for layer in layers:
        if layer.name == name:
            yield layer
        yield from _layers_of(name, layer.layers)


class HeldWeights(msgspec.Struct, frozen=True):
    """What a file of arrays holds, by layer; `beside` are how many arrays of what else are left out.

    `empty` are the names of the layers that have none.
    """

    file: str
    layers: tuple[HeldLayer, ...]
    beside: tuple[tuple[str, int], ...] = ()
    empty: frozenset[str] = frozenset()

    def arrays_of(self, name: str) -> tuple[Header, ...] | None:
        """The arrays of a layer, at any depth; None where the file names no such layer, or several."""
        found = list(_layers_of(name, self.layers))
        if not found:
            return () if name in self.empty else None
        return tuple(found[0].all_arrays()) if len(found) == 1 and name not in self.empty else None

    @property
    def params(self) -> int:
        """All numbers of its layers."""
        return sum(layer.params for layer in self.layers)


def holds_weights(root: Group) -> bool:
    """Whether an HDF5 file holds weights as a Keras wrote them."""
    return is_of_keras_2(root) or root.group(*MODEL_LAYERS) is not None or _has_own(root)


def is_of_keras_2(root: Group) -> bool:
    """Whether a group holds the weights of a model as Keras 1 and 2 wrote them."""
    return bool(set(NAMES) & set(root.attributes()))


def _has_own(root: Group) -> bool:
    """Whether one of the first groups, at most two levels down, is that of a layer's own arrays."""
    level = [root]
    for _ in range(3):
        below: list[Group] = []
        for group in level:
            names = group.groups()
            if OWN in names:
                return True
            inside = (group.group(name) for name in names[: TOLD_BY - len(below)])
            below += [each for each in inside if each is not None]
        level = below
    return False


# HDF5.


def weights_in_hdf5(path: str, file: BinaryIO) -> HeldWeights:
    """The arrays of a weights file of any Keras, or of the weights in a saved model. Raises ModelError."""
    with open_hdf5(path, file) as root:
        layers = root.group(IN_MODEL) or root
        if is_of_keras_2(layers):
            found = tuple(_layers_of_keras_2(layers))
            empty = frozenset(layers.words(NAMES[0])) - {layer.name for layer in found}
            return HeldWeights(path, found, _beside_of_keras_2(root), empty)
        objects = _Objects(path)
        found = tuple(objects.layers_of(root, 0))
        return HeldWeights(path, found, tuple(objects.beside.items()), frozenset(objects.empty))


def weights_of_saved(path: str) -> HeldWeights:
    """The arrays in a file that holds a model and its weights. Raises ModelError."""
    with open_file(path) as file:
        if not file.read(len(ZIP[0])).startswith(ZIP):
            return weights_in_hdf5(path, file)
        from lstmcalc.containers.archives import open_archive  # zipfile is imported where there is a zip file

        with open_archive(path, file) as archive:
            return weights_in_hdf5(path, archive.part(WEIGHTS, FILE_BYTES))


def _layers_of_keras_2(root: Group) -> Iterator[HeldLayer]:
    """The groups that `layer_names` lists, each with the arrays that its `weight_names` list."""
    for layer in root.words("layer_names"):
        group = root.group(layer)
        if group is None:
            raise damaged(root.path, f"it names a layer '{layer}', of which it holds nothing")
        headers = [(name, _header(group, name)) for name in group.words("weight_names")]
        if headers:
            yield HeldLayer(layer, tuple(_named(_within(name, layer), each) for name, each in headers))


def _beside_of_keras_2(root: Group) -> tuple[tuple[str, int], ...]:
    optimizer = root.group("optimizer_weights")
    count = len(optimizer.words("weight_names")) if optimizer is not None else 0
    return ((OPTIMIZER, count),) if count else ()


def _within(name: str, layer: str) -> str:
    """`lstm/lstm_cell/kernel:0` of the layer 'lstm' is its `lstm_cell/kernel`."""
    before, colon, number = name.rpartition(":")
    short = before if colon and number.isdecimal() else name
    return short.removeprefix(f"{layer}/") or short


def _named(name: str, header: Header) -> Header:
    return msgspec.structs.replace(header, name=name)


def _header(group: Group, name: str) -> Header:
    found = group.header(name)
    if found is None:
        message = f"holds '{group.name.rstrip('/')}/{name}' of other things than numbers, which are no weights"
        raise ModelError(Problem(message, file=group.path))
    return found


class _Objects:
    """The walk over a file of Keras 3: groups as the attributes of its objects are called, arrays in their `vars`."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.beside: dict[str, int] = {}
        self.empty: set[str] = set()

    def layers_of(self, model: Group, level: int, key: str = OWN) -> Iterator[HeldLayer]:
        """The layers of a model: those of its `layers`, and those that are attributes of it or stand in lists of it."""
        if own := tuple(self.own(model, "")):
            yield HeldLayer(key, own)
        for name, group in self.inside(model, level):
            if name == OWN:
                continue
            if level == 0 and name in BESIDE:
                self.leave_out(OPTIMIZER if name == OPTIMIZER else "metrics", group, level + 1)
            elif name in SEEDS:
                self.leave_out("seeds", group, level + 1)
            elif OWN not in group.groups():  # `layers`, or a list or a dict of layers
                yield from self.layers_of(group, level + 1, name)
            else:
                yield from self.layer(name, group, level + 1)

    def layer(self, key: str, group: Group, level: int) -> Iterator[HeldLayer]:
        """A layer, or a model inside, with its layers; nothing where neither has arrays."""
        own = group.group(OWN)
        name = (own.text("name") if own is not None else None) or key
        if group.group(*MODEL_LAYERS) is not None:
            layers = tuple(self.layers_of(group, level))
            found = HeldLayer(name, layers=layers)
        else:
            found = HeldLayer(name, tuple(self.arrays(group, "", level)))
        if found.arrays or found.layers:
            yield found
        else:
            self.empty.add(name)

    def arrays(self, group: Group, above: str, level: int) -> Iterator[Header]:
        """The arrays of a layer and of what is inside it."""
        yield from self.own(group, above)
        for name, inner in self.inside(group, level):
            if name in SEEDS:
                self.leave_out("seeds", inner, level + 1)
            elif name != OWN:
                yield from self.arrays(inner, f"{above}{name}/", level + 1)

    def own(self, group: Group, above: str) -> Iterator[Header]:
        """The arrays of an object itself, in their order."""
        own = group.group(OWN)
        for name in _in_order(own.arrays()) if own is not None else ():
            assert own is not None
            yield _named(f"{above}{name}", _header(own, name))

    def leave_out(self, what: str, group: Group, level: int) -> None:
        """Count the arrays of a group that are none of the model's."""
        count = sum(1 for _ in self.arrays(group, "", level))
        if count:
            self.beside[what] = self.beside.get(what, 0) + count

    def inside(self, group: Group, level: int) -> Iterator[tuple[str, Group]]:
        """The groups in a group, as deep as a real model has them."""
        if level > NESTING:
            raise damaged(self.path, f"groups stand in groups more than {NESTING} deep")
        for name in sorted(group.groups(), key=_numbered):
            found = group.group(name)
            if found is not None:
                yield name, found


def _in_order(names: Iterable[str]) -> list[str]:
    """Numbers in their order, and what is none behind them."""
    return sorted(names, key=lambda name: (int(name) if name.isdecimal() and len(name) < 9 else HDF5_MEMBERS, name))


def _numbered(name: str) -> tuple[str, int]:
    """What a name sorts by: `dense_2` stands before `dense_10`."""
    before, _, number = name.rpartition("_")
    return (before, int(number)) if number.isdecimal() and len(number) < 9 else (name, 0)


# Arrays by their names.


def weights_in_npz(path: str, file: BinaryIO) -> HeldWeights:
    """The arrays of a .npz file. Raises ModelError."""
    from lstmcalc.containers.archives import open_archive
    from lstmcalc.containers.npy import npz_headers  # NumPy is imported where its files are read

    with open_archive(path, file) as archive:
        return HeldWeights(path, tuple(_by_name(npz_headers(path, archive))))


def weights_in_safetensors(path: str, file: BinaryIO) -> HeldWeights:
    """The tensors of a .safetensors file. Raises ModelError."""
    return HeldWeights(path, tuple(_by_name(safetensors_headers(path, file))))


def _by_name(headers: Iterable[Header]) -> Iterator[HeldLayer]:
    """Arrays by layer: what stands before the last '/' or '.' of a name is its layer, `lstm/0`, `lstm.weight`."""
    found: dict[str, list[Header]] = {}
    for header in headers:
        mark = "/" if "/" in header.name else "."
        layer, _, name = header.name.rpartition(mark)
        found.setdefault(layer or name, []).append(_named(name, header))
    for layer, arrays in found.items():
        if all(each.name.isdecimal() for each in arrays):
            arrays.sort(key=lambda each: int(each.name))
        yield HeldLayer(layer, tuple(arrays))


# What is said of it.


def notes_of(held: HeldWeights) -> Iterator[Note]:
    """What the file holds beside the model's weights, which is not counted."""
    if held.beside:
        yield Note(f"left out: {_listed(held.beside)}, which are not the model's", file=held.file)


def _listed(beside: Sequence[tuple[str, int]]) -> str:
    """`12 arrays of the optimizer and 2 of metrics`."""
    words = {"optimizer": "the optimizer"}
    said = [f"{count} of {words.get(what, what)}" for what, count in beside]
    first, *others = said
    first = first.replace(" of ", " array of " if beside[0][1] == 1 else " arrays of ", 1)
    return " and ".join((", ".join((first, *others[:-1])), *others[-1:]))
