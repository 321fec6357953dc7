"""The bytes of an HDF5 file, by the HDF5 File Format Specification 3.0: what its objects say, within bounds.

Read are the parts that Keras's files are made of, by every version of h5py: superblocks, object headers, groups
by symbol tables and by links, attributes, and what describes an array. Whatever is damaged raises Damage; nothing
is looked at twice that could lead in a circle, and what is read is counted, so that no file can hold a reader up.
"""

import struct
from collections.abc import Callable, Iterator
from typing import BinaryIO

import msgspec

from lstmcalc.containers.hdf5_dense import ATTRIBUTES, LINKS, Misplaced, dense_messages
from lstmcalc.containers.signatures import HDF5
from lstmcalc.limits import HDF5_ATTRIBUTE, HDF5_MEMBERS, HDF5_MESSAGES, HDF5_STEPS, HDF5_TEXT, RANK

NOWHERE = 2**64 - 1  # the address of what is not there
OFFSET = struct.Struct("<Q")
PAIR = struct.Struct("<QQ")
STEP_BYTES = 1024  # that are read in the time that any place in the file takes

DATASPACE, LINK_INFO, DATATYPE, LINK, LAYOUT, FILTERS, ATTRIBUTE = 0x01, 0x02, 0x03, 0x06, 0x08, 0x0B, 0x0C
EXTERNAL_FILES, CONTINUATION, SYMBOL_TABLE, ATTRIBUTE_INFO = 0x07, 0x10, 0x11, 0x15
INTEGER, FLOAT, TEXT, OPAQUE, ENUMERATION, VARIABLE = 0, 1, 3, 5, 8, 9


class Damage(Exception):
    """What is wrong with the bytes, in a sentence."""


class Message(msgspec.Struct, frozen=True, gc=False):
    """One message of an object's header: its type, whether it stands elsewhere, and its bytes."""

    type: int
    is_shared: bool
    data: bytes


class Datatype(msgspec.Struct, frozen=True, gc=False):
    """What the entries of an array are: the class of numbers or texts, bytes of one, and what the class says."""

    kind: int
    size: int
    bits: int
    properties: bytes

    @property
    def code(self) -> str | None:
        """Numbers as NumPy calls them, `<f4`; None for what is no number."""
        order = ">" if self.bits & 1 else "<"
        if self.kind == FLOAT and self.size in (2, 4, 8) and not self.bits & 0x40:
            return f"{order}f{self.size}"
        if self.kind == INTEGER and self.size in (1, 2, 4, 8):
            return f"{order}{'i' if self.bits & 8 else 'u'}{self.size}"
        if self.kind == ENUMERATION and self.size == 1:
            return "|b1"  # as h5py writes booleans
        if self.kind == OPAQUE:
            return f"|V{self.size}"
        return None

    @property
    def is_variable_text(self) -> bool:
        """Whether it is a text of any length, which stands in a heap."""
        return self.kind == VARIABLE and self.bits & 0xF == 1


class Attribute(msgspec.Struct, frozen=True, gc=False):
    """One attribute: its name, what its entries are, its shape (None for an empty one), and their bytes."""

    name: str
    datatype: Datatype
    shape: tuple[int, ...] | None
    data: bytes


class Storage(msgspec.Struct, frozen=True, gc=False):
    """Where the numbers of an array stand: all at one address, or the bytes themselves; neither, where in chunks."""

    address: int | None = None
    size_bytes: int = 0
    data: bytes | None = None


class Parts:
    """The bytes of a file, read at any place, and never beyond its end.

    Every reading of what describes the file is counted, so that one whose groups lead to each other over and over
    ends as soon as no honest file of any size would still be read.
    """

    def __init__(self, file: BinaryIO, size_bytes: int) -> None:
        self._file = file
        self._steps = 0
        self._heaps: dict[int, dict[int, tuple[int, int]]] = {}
        self.size_bytes = size_bytes
        self.root = self._superblock()

    def at(self, address: int, size: int) -> bytes:
        """So many bytes of what describes the file. Raises Damage where it does not have them."""
        self._count(1 + size // STEP_BYTES)
        return self.numbers(address, size)

    def _count(self, steps: int) -> None:
        self._steps += steps
        if self._steps > HDF5_STEPS:
            raise Damage("it has more groups than any model, or they lead to each other over and over")

    def numbers(self, address: int, size: int) -> bytes:
        """So many bytes of an array. Raises Damage where the file does not have them."""
        if address > self.size_bytes or size > self.size_bytes - address:
            raise Damage("it is cut off, or names a place outside itself")
        self._file.seek(address)
        data = self._file.read(size)
        if len(data) < size:
            raise Damage("it is cut off")
        return data

    def _superblock(self) -> int:
        """The address of the root group's header."""
        if self.at(0, len(HDF5)) != HDF5:
            raise Damage("it does not begin as HDF5 does")
        version = self.at(8, 1)[0]
        if version in (0, 1):
            offsets, lengths = self.at(13, 2)
            start = 24 if version == 0 else 28
            address = start + 4 * 8 + 8  # four addresses, and where the root's name stands
        elif version in (2, 3):
            offsets, lengths = self.at(9, 2)
            address = 12 + 3 * 8
        else:
            raise Damage(f"it is of a version of HDF5 that is not known here ({version})")
        if (offsets, lengths) != (8, 8):
            raise Damage("its lengths are not written in 8 bytes, as Keras writes them")
        root: int = OFFSET.unpack(self.at(address, 8))[0]
        return root

    # Headers of objects.

    def messages(self, address: int) -> list[Message]:
        """The messages of an object's header, those of its continuations too."""
        start = self.at(address, 4)
        if start == b"OHDR":
            return self._messages_2(address)
        if start[0] != 1:
            raise Damage("an object in it has no header")
        count, _, size = struct.unpack("<HII", self.at(address + 2, 10))
        found: list[Message] = []
        self._collect([(address + 16, size)], found, self._block_1, count)
        return found

    def _messages_2(self, address: int) -> list[Message]:
        flags = self.at(address + 5, 1)[0]
        place = address + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
        width = 1 << (flags & 3)
        size = int.from_bytes(self.at(place, width), "little")
        found: list[Message] = []
        ordered = bool(flags & 4)
        self._collect([(place + width, size)], found, lambda data: self._block_2(data, ordered), None)
        return found

    def _collect(
        self,
        blocks: list[tuple[int, int]],
        found: list[Message],
        read: Callable[[bytes], Iterator[Message]],
        count: int | None,
    ) -> None:
        seen: set[int] = set()
        while blocks:
            address, size = blocks.pop(0)
            if address in seen or len(found) > HDF5_MESSAGES:
                raise Damage("the header of an object has no end")
            seen.add(address)
            for message in read(self.at(address, size)):
                if count is not None and len(found) + len(seen) - 1 >= count:
                    return
                self._count(1)
                if message.type == CONTINUATION:
                    place, length = PAIR.unpack(_part(message.data, 0, 16))
                    if count is None:  # of version 2: a signature before it, a checksum after it
                        if self.at(place, 4) != b"OCHK" or length < 8:
                            raise Damage("the header of an object goes on where nothing is")
                        place, length = place + 4, length - 8
                    blocks.append((place, length))
                else:
                    found.append(message)

    def _block_1(self, data: bytes) -> Iterator[Message]:
        place = 0
        while place + 8 <= len(data):
            kind, size, flags = struct.unpack_from("<HHB", data, place)
            yield Message(kind, bool(flags & 2), _part(data, place + 8, size))
            place += 8 + size

    def _block_2(self, data: bytes, ordered: bool) -> Iterator[Message]:
        place, header = 0, 6 if ordered else 4
        while place + header <= len(data):
            kind, size, flags = struct.unpack_from("<BHB", data, place)
            yield Message(kind, bool(flags & 2), _part(data, place + header, size))
            place += header + size

    # Groups.

    def links(self, messages: list[Message]) -> dict[str, int] | None:
        """The objects in a group by name; None for what is no group. Links that lead elsewhere are left out."""
        found: dict[str, int] = {}
        is_group = False
        for message in messages:
            if message.type == SYMBOL_TABLE:
                is_group = True
                tree, heap = PAIR.unpack(_part(message.data, 0, 16))
                self._symbols(tree, self._heap(heap), found)
            elif message.type == LINK:
                is_group = True
                name, address = _link(message.data)
                if address is not None:
                    found[name] = address
            elif message.type == LINK_INFO:
                is_group = True
                for data in self._dense(message.data, 8, LINKS):
                    name, address = _link(data)
                    if address is not None:
                        found[name] = address
            if len(found) > HDF5_MEMBERS:
                raise Damage(f"a group in it has more than {HDF5_MEMBERS:,} members")
        return found if is_group else None

    def _dense(self, data: bytes, order_size: int, kind: int) -> Iterator[bytes]:
        """The messages that stand densely, by what tells of them; where creation is ordered, that has so many bytes."""
        place = 2 + (order_size if _part(data, 1, 1)[0] & 1 else 0)
        heap, index = PAIR.unpack(_part(data, place, 16))
        if heap == NOWHERE:
            return
        try:
            yield from dense_messages(self.at, heap, index, kind, HDF5_MEMBERS, self.size_bytes)
        except Misplaced as error:
            raise Damage(str(error)) from None

    def _heap(self, address: int) -> bytes:
        """The names of a group."""
        if self.at(address, 4) != b"HEAP":
            raise Damage("the names of a group are not where they should be")
        size, _, place = struct.unpack("<QQQ", self.at(address + 8, 24))
        return self.at(place, size)

    def _symbols(self, tree: int, names: bytes, found: dict[str, int]) -> None:
        """Walk a group's tree, whose leaves have names and addresses."""
        waiting, seen = [tree], set[int]()
        while waiting:
            address = waiting.pop()
            if address in seen or len(found) > HDF5_MEMBERS:
                raise Damage("the members of a group have no end")
            seen.add(address)
            start = self.at(address, 8)
            if start[:4] == b"TREE":
                (used,) = struct.unpack_from("<H", start, 6)
                entries = self.at(address + 24, 16 * used + 8)
                children = [OFFSET.unpack_from(entries, 8 + 16 * number)[0] for number in range(used)]
                waiting += reversed(children)
            elif start[:4] == b"SNOD":
                (used,) = struct.unpack_from("<H", start, 6)
                entries = self.at(address + 8, 40 * used)
                self._count(used)
                for number in range(used):
                    name, header, cached = struct.unpack_from("<QQI", entries, 40 * number)
                    if cached != 2:  # which is a link by a path
                        found[_name_at(names, name)] = header
            else:
                raise Damage("the members of a group are not where they should be")

    # Attributes.

    def attributes(self, messages: list[Message]) -> Iterator[Attribute]:
        """The attributes of an object."""
        for message in messages:
            if message.type == ATTRIBUTE_INFO:
                yield from map(_attribute, self._dense(message.data, 2, ATTRIBUTES))
            elif message.type == ATTRIBUTE:
                yield _attribute(message.data)

    def texts(self, attribute: Attribute) -> list[str]:
        """The texts of an attribute. Raises Damage for what is none."""
        shape, datatype = attribute.shape, attribute.datatype
        if shape is None:
            return []
        count = _count(shape)
        if count * datatype.size > HDF5_ATTRIBUTE:
            raise Damage(f"the attribute '{attribute.name}' is larger than Keras writes any")
        data = _part(attribute.data, 0, count * datatype.size)
        if datatype.kind == TEXT:
            size = datatype.size
            return [_decoded(data[size * n : size * (n + 1)]) for n in range(count)]
        if not datatype.is_variable_text or datatype.size != 16:
            raise Damage(f"the attribute '{attribute.name}' is no text")
        found, total = [], 0
        for number in range(count):
            length, address, index = struct.unpack_from("<IQI", data, 16 * number)
            total += length
            if total > HDF5_TEXT:
                raise Damage(f"the attribute '{attribute.name}' is longer than {HDF5_TEXT // 2**20} MiB")
            found.append(_decoded(self._object_of_heap(address, index)[:length]) if length else "")
        return found

    def _object_of_heap(self, address: int, wanted: int) -> bytes:
        """An object of a collection of the global heap."""
        if address not in self._heaps:
            self._heaps[address] = dict(self._objects_of_heap(address))
        if wanted not in self._heaps[address]:
            raise Damage("a text in it is not where it should be")
        return self.at(*self._heaps[address][wanted])

    def _objects_of_heap(self, address: int) -> Iterator[tuple[int, tuple[int, int]]]:
        """The objects of a collection by number: the place and the size of each."""
        start = self.at(address, 16)
        (length,) = OFFSET.unpack_from(start, 8)
        if start[:4] != b"GCOL" or length < 16:
            raise Damage("a text in it is not where it should be")
        place, end = address + 16, min(address + length, self.size_bytes)
        while place + 16 <= end:
            index, size = struct.unpack("<H6xQ", self.at(place, 16))
            if index == 0:  # the rest of the collection is free
                return
            yield index, (place + 16, size)
            place += 16 + -(-size // 8) * 8

    # Arrays.

    def array(self, messages: list[Message]) -> tuple[Datatype, tuple[int, ...] | None, Storage] | None:
        """What an array is made of, its shape (None for an empty one) and where its numbers are; None for no array."""
        by_type = {message.type: message for message in reversed(messages)}
        if not {DATASPACE, DATATYPE, LAYOUT} <= by_type.keys():
            return None
        if any(by_type[kind].is_shared for kind in (DATASPACE, DATATYPE, LAYOUT)):
            raise Damage("an array in it is described elsewhere, as Keras never writes it")
        storage = Storage()
        if EXTERNAL_FILES not in by_type and FILTERS not in by_type:
            storage = _storage(by_type[LAYOUT].data)
        return _datatype(by_type[DATATYPE].data), _dataspace(by_type[DATASPACE].data), storage


def _part(data: bytes, start: int, size: int) -> bytes:
    if start + size > len(data):
        raise Damage("a part of it is shorter than it says")
    return data[start : start + size]


def _count(shape: tuple[int, ...]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count


def _decoded(data: bytes) -> str:
    try:
        return data.split(b"\0", 1)[0].decode("utf-8")
    except UnicodeDecodeError:
        raise Damage("a text in it is not in UTF-8") from None


def _name_at(names: bytes, offset: int) -> str:
    end = names.find(b"\0", offset)
    if offset >= len(names) or end < 0:
        raise Damage("the name of a member is not where it should be")
    return _decoded(names[offset:end])


def _link(data: bytes) -> tuple[str, int | None]:
    """A link's name, and the address of what it names; None where that is a path."""
    version, flags = _part(data, 0, 2)
    if version != 1:
        raise Damage("a link in it is of a version that is not known here")
    place, kind = 2, 0
    if flags & 8:
        kind, place = _part(data, place, 1)[0], place + 1
    place += (8 if flags & 4 else 0) + (1 if flags & 0x10 else 0)
    width = 1 << (flags & 3)
    length = int.from_bytes(_part(data, place, width), "little")
    name = _decoded(_part(data, place + width, length))
    if kind:
        return name, None
    return name, OFFSET.unpack(_part(data, place + width + length, 8))[0]


def _dataspace(data: bytes) -> tuple[int, ...] | None:
    version, rank, _, kind = _part(data, 0, 4)
    if version not in (1, 2):
        raise Damage("the shape of an array is of a version that is not known here")
    if version == 2 and kind == 2:
        return None
    if rank > RANK:
        raise Damage(f"an array in it has {rank} axes, more than {RANK}")
    start = 8 if version == 1 else 4
    return struct.unpack(f"<{rank}Q", _part(data, start, 8 * rank))


def _datatype(data: bytes) -> Datatype:
    start = _part(data, 0, 8)
    kind, bits = start[0] & 0xF, int.from_bytes(start[1:4], "little")
    size = int.from_bytes(start[4:8], "little")
    return Datatype(kind, size, bits, data[8:])


def _attribute(data: bytes) -> Attribute:
    version, flags = _part(data, 0, 2)
    if version not in (1, 2, 3) or (version > 1 and flags & 3):
        raise Damage("an attribute in it is of a kind that is not known here")
    sizes = struct.unpack("<HHH", _part(data, 2, 6))
    place = 9 if version == 3 else 8
    parts = []
    for size in sizes:
        parts.append(_part(data, place, size))
        place += -(-size // 8) * 8 if version == 1 else size
    name, datatype, dataspace = parts
    return Attribute(_decoded(name), _datatype(datatype), _dataspace(dataspace), data[place:])


def _storage(data: bytes) -> Storage:
    version = _part(data, 0, 1)[0]
    if version in (3, 4):
        kind = _part(data, 1, 1)[0]
        if kind == 0:
            size = int.from_bytes(_part(data, 2, 2), "little")
            return Storage(None, size, _part(data, 4, size))
        if kind == 1:
            address, size = PAIR.unpack(_part(data, 2, 16))
            return Storage(address, size)
        return Storage()
    if version in (1, 2):
        kind = _part(data, 2, 1)[0]
        if kind == 1:
            (address,) = OFFSET.unpack(_part(data, 8, 8))
            return Storage(address, 2**63)
        return Storage()
    raise Damage("where the numbers of an array stand is of a version that is not known here")
