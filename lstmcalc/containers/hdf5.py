"""HDF5: groups, their attributes and their arrays, as far as they stand in the file itself and are not compressed."""

import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO

from lstmcalc.containers.files import damaged, unwritable
from lstmcalc.containers.hdf5_format import OPAQUE, Attribute, Damage, Datatype, Message, Parts, Storage
from lstmcalc.containers.headers import Header, dtype_name
from lstmcalc.errors import ModelError, Problem
from lstmcalc.limits import HDF5_MEMBERS

if TYPE_CHECKING:
    from lstmcalc.containers.arrays import Array, Stored

Described = tuple[Datatype, tuple[int, ...] | None, Storage]  # what an array is made of, its shape, and where it is

BFLOAT16 = 2  # bytes
BACKSLASH = "\\"  # what Keras 2.13 to 3.0 wrote on Windows between the names of groups: one group, not two


class Group:
    """A group: what stands in it, and in groups inside it, but for what stands behind a link that leads elsewhere.

    All of its methods raise ModelError for a file that is damaged, or larger than the limits.
    """

    def __init__(self, path: str, parts: Parts, messages: list[Message], links: dict[str, int], name: str) -> None:
        self.path = path
        self.name = name  # in the file, from the root: `/layers/dense`
        self._parts = parts
        self._messages = messages
        self._links = links
        self._groups: dict[str, Group | None] = {}

    def groups(self) -> tuple[str, ...]:
        """The names of the groups in it, in the order of the alphabet, as h5py lists them."""
        names = sorted({name.partition(BACKSLASH)[0] for name in self._links})
        return tuple(name for name in names if self._group(name) is not None)

    def arrays(self) -> tuple[str, ...]:
        """The names of the arrays in it, in the order of the alphabet."""
        return tuple(name for name in sorted(self._links) if self._is_array(name))

    def _is_array(self, name: str) -> bool:
        with self._said(name):
            messages = self._parts.messages(self._links[name])
            return self._parts.links(messages) is None and self._parts.array(messages) is not None

    def group(self, *paths: str) -> "Group | None":
        """The first of these groups that is there; a path is of names with '/' between them."""
        for path in paths:
            found: Group | None = self
            for name in path.split("/"):
                found = None if found is None else found._group(name)
            if found is not None:
                return found
        return None

    def _group(self, name: str) -> "Group | None":
        if name not in self._groups:
            self._groups[name] = self._opened(name)
        return self._groups[name]

    @cached_property
    def _joined(self) -> dict[str, dict[str, int]]:
        """The links whose names are several, by the first of them; most files have none."""
        found: dict[str, dict[str, int]] = {}
        for key, address in self._links.items():
            first, joint, rest = key.partition(BACKSLASH)
            if joint:
                found.setdefault(first, {})[rest] = address
        return found

    def _opened(self, name: str) -> "Group | None":
        inside = self._joined.get(name, {})
        messages: list[Message] = []
        links = None
        if name in self._links:
            with self._said(name):
                messages = self._parts.messages(self._links[name])
                links = self._parts.links(messages)
        if links is None and not inside:
            return None
        own = [] if links is None else messages
        return Group(self.path, self._parts, own, (links or {}) | inside, f"{self.name.rstrip('/')}/{name}")

    def array(self, path: str) -> "Stored":
        """An array that is whole, in this file and not compressed, as Keras writes it; bfloat16 as float32."""
        holder, name = self._holder(path)
        with holder._said(name):
            found, attributes = holder._described(name)
            if found is None or found[1] is None:
                raise damaged(self.path, f"'{path}' in {self.name} is no array of this file")
            return self._stored(f"{holder.name.rstrip('/')}/{name}", *found, attributes)

    def header(self, path: str) -> Header | None:
        """What the file says of an array, compressed or not; None for one of other things than numbers."""
        holder, name = self._holder(path)
        with holder._said(name):
            found, attributes = holder._described(name)
            if found is None:
                return None
            datatype, shape, storage = found
            code = datatype.code
            if shape is None or code is None:
                return None
            is_here = storage.data is not None or storage.address is not None
            if is_here and math.prod(shape) * datatype.size > min(storage.size_bytes, self._parts.size_bytes):
                raise Damage("an array is said to be larger than what the file holds of it")
            is_bfloat16 = self._is_bfloat16(datatype, attributes)
            if is_bfloat16 and datatype.size != BFLOAT16:
                raise Damage(f"an array is said to be bfloat16, but has numbers of {datatype.size} bytes")
            dtype = "bfloat16" if is_bfloat16 else dtype_name(code[1], datatype.size)
        return Header(path, shape, dtype, 8 * datatype.size)

    def _holder(self, path: str) -> "tuple[Group, str]":
        """The group that an array stands in, and its name there."""
        *groups, name = path.split("/")
        holder = self.group("/".join(groups)) if groups else self
        if holder is None or name not in holder._links:
            raise damaged(self.path, f"'{path}' in {self.name} is no array of this file")
        return holder, name

    def _described(self, name: str) -> "tuple[Described | None, dict[str, Attribute]]":
        messages = self._parts.messages(self._links[name])
        return self._parts.array(messages), {each.name: each for each in self._parts.attributes(messages)}

    def _is_bfloat16(self, datatype: Datatype, attributes: Mapping[str, Attribute]) -> bool:
        said = attributes.get("dtype")
        return datatype.kind == OPAQUE or (said is not None and self._parts.texts(said) == ["bfloat16"])

    def _stored(
        self,
        name: str,
        datatype: Datatype,
        shape: tuple[int, ...] | None,
        storage: Storage,
        attributes: Mapping[str, Attribute],
    ) -> "Stored":
        import numpy as np

        from lstmcalc.containers.arrays import Stored

        assert shape is not None
        code = datatype.code
        if code is None:
            raise damaged(self.path, f"{name} holds no numbers")
        dtype = np.dtype(code)
        is_bfloat16 = self._is_bfloat16(datatype, attributes)
        if is_bfloat16 and dtype.itemsize != BFLOAT16:
            raise damaged(self.path, f"{name} is said to be bfloat16, but is {dtype}")
        stored = Stored(name, shape, np.dtype(np.float32) if is_bfloat16 else dtype, lambda: read())
        size = dtype.itemsize
        for each in shape:
            size *= each
        is_here = storage.data is not None or storage.address is not None
        held = min(storage.size_bytes, self._parts.size_bytes)
        if is_here and size > held:
            raise damaged(self.path, f"{name} is said to be larger than what the file holds of it")

        def read() -> "Array":
            if not is_here:
                how = "compressed, in chunks or in another file"
                raise damaged(self.path, f"{name} is {how}, as Keras never writes it")
            with self._said(name):
                data = storage.data if storage.data is not None else self._parts.numbers(storage.address or 0, size)
            array: Array = np.frombuffer(data, dtype, size // max(1, dtype.itemsize)).reshape(shape)
            return _of_bfloat16(array) if is_bfloat16 else array

        return stored

    @cached_property
    def _attributes(self) -> dict[str, Attribute]:
        with self._said():
            found = {each.name: each for each in self._parts.attributes(self._messages)}
        if len(found) > HDF5_MEMBERS:
            raise damaged(self.path, f"{self.name} has more than {HDF5_MEMBERS:,} attributes")
        return found

    def attributes(self) -> tuple[str, ...]:
        """The names of its attributes."""
        return tuple(self._attributes)

    def text(self, attribute: str) -> str | None:
        """The text of an attribute; None where there is none, or it is no text."""
        found = self._attributes.get(attribute)
        if found is None or found.shape != () or found.datatype.code is not None:
            return None
        with self._said():
            texts = self._parts.texts(found)
        return texts[0]

    def words(self, attribute: str) -> list[str]:
        """The texts of an attribute: of `name`, and of `name0`, `name1`, ... where there were too many for one."""
        whole = self._attributes.get(attribute)
        parts = [] if whole is None else [whole]
        while whole is None and (part := self._attributes.get(f"{attribute}{len(parts)}")) is not None:
            parts.append(part)
        with self._said():
            return [
                word
                for part in parts
                if part.shape is not None and 0 not in part.shape
                for word in self._parts.texts(part)
            ]

    @contextmanager
    def _said(self, name: str = "") -> Iterator[None]:
        try:
            yield
        except Damage as damage:
            where = f" ({self.name.rstrip('/')}/{name})" if name else ""
            raise damaged(self.path, f"{damage}{where}") from None


def _of_bfloat16(array: "Array") -> "Array":
    """The upper halves of float32 numbers as such numbers."""
    import numpy as np

    return (array.view(np.uint16).astype(np.uint32) << 16).view(np.float32)


@contextmanager
def open_hdf5(path: str, file: BinaryIO) -> Iterator[Group]:
    """The root group of an HDF5 file, open while the block runs. Raises ModelError."""
    size = file.seek(0, os.SEEK_END)
    try:
        parts = Parts(file, size)
        messages = parts.messages(parts.root)
        links = parts.links(messages)
        if links is None:
            raise Damage("it has no root group")
    except Damage as damage:
        raise damaged(path, str(damage)) from None
    yield Group(path, parts, messages, links, "/")


def write_hdf5(
    path: str, arrays: Mapping[str, "Array"], texts: Mapping[str, Mapping[str, str]], into: BinaryIO | None = None
) -> None:
    """Write arrays by their paths, and the attributes of groups by theirs, which are texts. Raises ModelError.

    The bytes go `into` another file where there is one.
    """
    h5py = _h5py(path)
    if "\0" in path:  # where HDF5 ends the name, and writes a file of another
        raise unwritable(path, ValueError())
    try:
        with h5py.File(path if into is None else into, "w") as file:
            for group, attributes in texts.items():
                file.require_group(group).attrs.update(attributes)
            for name, array in arrays.items():
                file[name] = array
    except OSError as error:
        raise unwritable(path, error) from None


def _h5py(path: str) -> Any:
    try:
        import h5py
    except ImportError:
        help = "install it with: pip install 'lstmcalc[hdf5]'; .npz files are written without"
        raise ModelError(Problem("is HDF5, which is written with h5py", file=path, help=help)) from None
    return h5py
