"""HDF5: groups, their attributes and their arrays, as far as they stand in the file itself and are not compressed."""

import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, BinaryIO

import numpy as np

from lstmcalc.containers.arrays import Array, Stored
from lstmcalc.containers.files import damaged, said, unwritable
from lstmcalc.containers.heaps import check_heaps
from lstmcalc.errors import ModelError, Problem
from lstmcalc.limits import HDF5_ATTRIBUTE, HDF5_MEMBERS

Object = Any  # h5py has no types

SIGNATURE = b"\x89HDF\r\n\x1a\n"
LENGTHS = (8, 8)  # bytes of an address and of a length
BFLOAT16 = 2  # bytes
UNNAMED = np.dtype("V2")  # of bfloat16 in the .h5 files of Keras 3


def _h5py(path: str) -> Any:
    try:
        import h5py
    except ImportError:
        help = "install it with: pip install 'lstmcalc[hdf5]'; .npz files are read without"
        raise ModelError(Problem("is HDF5, which needs h5py", file=path, help=help)) from None
    return h5py


class Group:
    """A group: what stands in it, and in groups inside it, but for what stands behind a link that leads elsewhere.

    All of its methods raise ModelError for a file that is damaged, or larger than the limits.
    """

    def __init__(self, path: str, group: Object, file_bytes: int) -> None:
        self.path = path
        self._h5py = _h5py(path)
        self._group = group
        self._file_bytes = file_bytes

    @property
    def name(self) -> str:
        """Its name in the file, from the root: `/layers/dense`."""
        return str(self._group.name)

    def groups(self) -> tuple[str, ...]:
        """The names of the groups in it."""
        return self._names(self._h5py.Group)

    def arrays(self) -> tuple[str, ...]:
        """The names of the arrays in it."""
        return self._names(self._h5py.Dataset)

    def _names(self, kind: type) -> tuple[str, ...]:
        with self._said():
            if len(self._group) > HDF5_MEMBERS:
                raise damaged(self.path, f"{self.name} has more than {HDF5_MEMBERS:,} members")
            return tuple(name for name in self._group if self._is_own(self._group, name, kind))

    def _is_own(self, group: Object, name: str, kind: type = object) -> bool:
        """Whether that stands in the group under a name, and not behind a link."""
        is_link = not isinstance(group.get(name, getlink=True), self._h5py.HardLink)
        return not is_link and issubclass(group.get(name, getclass=True), kind)

    def group(self, *paths: str) -> "Group | None":
        """The first of these groups that is there; a path is of names with '/' between them."""
        for path in paths:
            own = self._own(path)
            if isinstance(own, self._h5py.Group):
                return Group(self.path, own, self._file_bytes)
        return None

    def array(self, path: str) -> Stored:
        """An array that is whole, in this file and not compressed, as Keras writes it; bfloat16 as float32."""
        dataset = self._own(path)
        if not isinstance(dataset, self._h5py.Dataset):
            raise damaged(self.path, f"'{path}' in {self.name} is no array of this file")
        with said(self.path, f"'{path}' in {self.name} cannot be read"):
            return self._stored(dataset)

    def _stored(self, dataset: Object) -> Stored:
        name = dataset.name
        if dataset.shape is None:
            raise damaged(self.path, f"{name} is no array of this file")
        if dataset.is_virtual or dataset.external or dataset.chunks is not None:
            how = "compressed, in chunks or in another file"
            raise damaged(self.path, f"{name} is {how}, as Keras never writes it")
        held = min(dataset.id.get_storage_size(), self._file_bytes)
        if dataset.dtype.hasobject or dataset.nbytes > held:
            raise damaged(self.path, f"{name} is said to be larger than what the file holds of it")
        is_bfloat16 = dataset.dtype == UNNAMED or self._text(dataset, "dtype") == "bfloat16"
        if not is_bfloat16:
            return Stored(name, dataset.shape, dataset.dtype, partial(self._numbers, dataset))
        if dataset.dtype.itemsize != BFLOAT16:
            raise damaged(self.path, f"{name} is said to be bfloat16, but is {dataset.dtype}")
        read = partial(self._numbers, dataset)
        return Stored(name, dataset.shape, np.dtype(np.float32), lambda: _of_bfloat16(read()))

    def _numbers(self, dataset: Object) -> Array:
        with said(self.path, "the numbers of an array cannot be read"):
            return np.asarray(dataset)

    def attributes(self) -> tuple[str, ...]:
        """The names of its attributes."""
        with self._said():
            if len(self._group.attrs) > HDF5_MEMBERS:
                raise damaged(self.path, f"{self.name} has more than {HDF5_MEMBERS:,} attributes")
            return tuple(self._group.attrs)

    def text(self, attribute: str) -> str | None:
        """The text of an attribute; None where there is none, or it is no text."""
        return self._text(self._group, attribute)

    def _text(self, owner: Object, attribute: str) -> str | None:
        value = self._attribute(owner, attribute)
        if value is None or value.ndim or value.dtype.kind not in "SUO":
            return None
        with said(self.path, f"the attribute '{attribute}' of {owner.name} is no text"):
            (text,) = _words(value)
        return text

    def words(self, attribute: str) -> list[str]:
        """The texts of an attribute: of `name`, and of `name0`, `name1`, ... where there were too many for one."""
        whole = self._attribute(self._group, attribute)
        parts = [] if whole is None else [whole]
        while whole is None and (part := self._attribute(self._group, f"{attribute}{len(parts)}")) is not None:
            parts.append(part)
        with said(self.path, f"the attribute '{attribute}' of {self.name} is no list of names"):
            return [word for part in parts for word in _words(part)]

    def _attribute(self, owner: Object, name: str) -> Array | None:
        """The value of an attribute as an array; None where there is none, or an empty one."""
        with said(self.path, f"the attribute '{name}' of {owner.name} cannot be read"):
            attributes = owner.attrs
            if name not in attributes:
                return None
            described = attributes.get_id(name)
            if described.shape is None:
                return None
            if math.prod(described.shape) * described.dtype.itemsize > HDF5_ATTRIBUTE:
                raise damaged(self.path, f"the attribute '{name}' of {owner.name} is larger than Keras writes any")
            is_text = self._h5py.check_string_dtype(described.dtype) is not None
            if not is_text and described.dtype.kind not in "fiub":  # others crash HDF5 where they are damaged
                raise damaged(self.path, f"the attribute '{name}' of {owner.name} is neither texts nor numbers")
            return np.asarray(attributes[name])

    def _own(self, path: str) -> Object | None:
        """What stands in the group under a name, or in groups inside it; nothing where a link leads elsewhere."""
        own = self._group
        with self._said():
            for name in path.split("/"):
                if not isinstance(own, self._h5py.Group) or not self._is_own(own, name):
                    return None
                own = own[name]
        return own

    @contextmanager
    def _said(self) -> Iterator[None]:
        with said(self.path, f"what stands in {self.name} cannot be read"):
            yield


def _words(value: Array) -> list[str]:
    """The texts of an attribute. Raises TypeError and UnicodeDecodeError for what is none."""
    words: list[str] = []
    for word in value.ravel().tolist():
        if not isinstance(word, bytes | str):
            raise TypeError
        words.append(word.decode("utf-8") if isinstance(word, bytes) else word)
    return words


def _of_bfloat16(array: Array) -> Array:
    """The upper halves of float32 numbers as such numbers."""
    return (array.view(np.uint16).astype(np.uint32) << 16).view(np.float32)


@contextmanager
def open_hdf5(path: str, file: BinaryIO) -> Iterator[Group]:
    """The root group of an HDF5 file, open while the block runs. Raises ModelError."""
    h5py = _h5py(path)
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if file.read(len(SIGNATURE)) != SIGNATURE:
        raise damaged(path, "it does not begin as HDF5 does")
    check_heaps(path, file, size)
    file.seek(0)
    with said(path, "what it holds cannot be read"):
        opened = h5py.File(file, "r")
    with opened:
        if opened.id.get_create_plist().get_sizes() != LENGTHS:
            raise damaged(path, "its lengths are not written in 8 bytes, as Keras writes them")
        yield Group(path, opened, size)


def write_hdf5(path: str, arrays: Mapping[str, Array], texts: Mapping[str, Mapping[str, str]]) -> None:
    """Write arrays by their paths, and the attributes of groups by theirs, which are texts. Raises ModelError."""
    h5py = _h5py(path)
    if "\0" in path:  # where HDF5 ends the name, and writes a file of another
        raise unwritable(path, ValueError())
    try:
        with h5py.File(path, "w") as file:
            for group, attributes in texts.items():
                file.require_group(group).attrs.update(attributes)
            for name, array in arrays.items():
                file[name] = array
    except OSError as error:
        raise unwritable(path, error) from None
