"""Links and attributes of HDF5 that stand densely: an index, a B-tree of version 2, of places in a fractal heap.

h5py writes them for groups of more than eight members whose names are not in ASCII, and for objects of more attributes.
"""

import struct
from collections.abc import Callable, Iterator

import msgspec

ReadAt = Callable[[int, int], bytes]  # so many bytes from an address

NOWHERE = 2**64 - 1
LINKS, ATTRIBUTES = 5, 8  # types of records: of names of links, and of attributes
HEAP_ID = {LINKS: 4, ATTRIBUTES: 0}  # where in a record its place in the heap begins
MOST_ROWS, MOST_LEVELS = 64, 8  # of blocks in a heap whose offsets have 64 bits; of an index that no file exceeds


class Misplaced(Exception):
    """What is not where it should be, in a sentence."""


class _Heap(msgspec.Struct, frozen=True):
    """The header of a fractal heap: how its blocks are laid out."""

    id_length: int
    has_checksums: bool
    width: int
    first_size: int
    largest_direct: int
    offset_bytes: int
    length_bytes: int
    root: int
    rows: int

    def size_of_row(self, row: int) -> int:
        """How large each block of a row is."""
        return self.first_size << max(row - 1, 0)

    @property
    def header_bytes(self) -> int:
        """What stands in a block before its entries: a signature, a version, an address and an offset."""
        return 4 + 1 + 8 + self.offset_bytes


def dense_messages(
    read: ReadAt, heap_address: int, index_address: int, kind: int, most: int, most_bytes: int
) -> Iterator[bytes]:
    """The messages of links or attributes that an index lists, as many, and as much, as a file can hold.

    Raises Misplaced.
    """
    heap, total = _heap(read, heap_address), 0
    for number, record in enumerate(_records(read, index_address, kind)):
        if number >= most:
            raise Misplaced(f"there are more than {most:,} entries in a dense part of it")
        place = HEAP_ID[kind]
        found = _object(read, heap, record[place : place + heap.id_length], most_bytes - total)
        total += len(found)
        yield found


def _heap(read: ReadAt, address: int) -> _Heap:
    data = read(address, 142)
    if data[:4] != b"FRHP" or data[4] != 0:
        raise Misplaced("a heap of it is not where it should be")
    id_length, filters, flags, largest = struct.unpack_from("<HHBI", data, 5)
    width, first, direct, bits, _, root, rows = struct.unpack_from("<HQQHHQH", data, 110)
    if filters or not 1 <= bits <= 64 or not width or not first or not direct or rows > MOST_ROWS:
        raise Misplaced("a heap of it is laid out as no file of Keras is")
    length_bytes = min((direct.bit_length() + 7) // 8, (largest.bit_length() + 7) // 8)
    return _Heap(id_length, bool(flags & 2), width, first, direct, -(-bits // 8), length_bytes, root, rows)


def _object(read: ReadAt, heap: _Heap, identity: bytes, most: int) -> bytes:
    """An object of a heap by its identity there."""
    if len(identity) < 1 + heap.offset_bytes + heap.length_bytes or identity[0] & 0x30:
        raise Misplaced("an entry of it is no plain object of its heap")  # huge ones and tiny ones, which Keras has not
    end = 1 + heap.offset_bytes
    offset = int.from_bytes(identity[1:end], "little")
    length = int.from_bytes(identity[end : end + heap.length_bytes], "little")
    if length > most:
        raise Misplaced("the entries of a heap are larger together than the file")
    block, start = _block(read, heap, offset)
    return read(block + offset - start, length)


def _block(read: ReadAt, heap: _Heap, offset: int) -> tuple[int, int]:
    """The address of the direct block that holds an offset of a heap, and the offset that it begins at."""
    if not heap.rows:
        return heap.root, 0
    address, start, rows = heap.root, 0, heap.rows
    direct_rows = (heap.largest_direct // heap.first_size).bit_length() + 1
    for _ in range(MOST_LEVELS):
        if read(address, 4) != b"FHIB":
            raise Misplaced("a block of a heap is not where it should be")
        entries, number = address + heap.header_bytes, 0
        for row in range(rows):
            size = heap.size_of_row(row)
            if offset < start + size * heap.width:
                column = (offset - start) // size
                start += column * size
                (found,) = struct.unpack("<Q", read(entries + 8 * (number + column), 8))
                break
            start += size * heap.width
            number += heap.width
        else:
            raise Misplaced("an entry of it lies beyond its heap")
        if found == NOWHERE:
            raise Misplaced("an entry of it lies in a block that is not there")
        if row < direct_rows:
            return found, start
        rows = (size // heap.first_size // heap.width).bit_length()
        address = found
    raise Misplaced("the blocks of a heap lead in a circle")


def _records(read: ReadAt, address: int, kind: int) -> Iterator[bytes]:
    """The records of an index in their order."""
    data = read(address, 38)
    if data[:4] != b"BTHD" or data[5] != kind:
        raise Misplaced("an index of it is not where it should be")
    node_size, record_size, depth = struct.unpack_from("<IHH", data, 6)
    root, count = struct.unpack_from("<QH", data, 16)
    if not record_size or depth > MOST_LEVELS or node_size < 16 + record_size:
        raise Misplaced("an index of it is laid out as none is")
    yield from _node(read, (node_size, record_size), root, count, depth)


def _node(read: ReadAt, sizes: tuple[int, int], address: int, count: int, depth: int) -> Iterator[bytes]:
    """The records of a node and of those below it."""
    node_size, record_size = sizes
    if address == NOWHERE:
        return
    data = read(address, node_size)
    if data[:4] != (b"BTIN" if depth else b"BTLF") or 6 + count * record_size > node_size:
        raise Misplaced("a node of an index is not where it should be")
    records = [data[6 + record_size * n : 6 + record_size * (n + 1)] for n in range(count)]
    if not depth:
        yield from records
        return
    place = 6 + count * record_size
    count_bytes, total_bytes = _widths(sizes, depth)
    step = 8 + count_bytes + total_bytes
    for number in range(count + 1):
        pointer = data[place + step * number : place + step * (number + 1)]
        if len(pointer) < step:
            raise Misplaced("a node of an index is cut off")
        below = int.from_bytes(pointer[:8], "little")
        held = int.from_bytes(pointer[8 : 8 + count_bytes], "little")
        yield from _node(read, sizes, below, held, depth - 1)
        yield from records[number : number + 1]


def _widths(sizes: tuple[int, int], depth: int) -> tuple[int, int]:
    """How many bytes the number of records of a child takes, and of all below it, which leaves do not have."""
    node_size, record_size = sizes
    most = (node_size - 10) // record_size
    count_bytes = (most.bit_length() + 7) // 8
    total, total_bytes = most, 0
    for level in range(1, depth + 1):
        if level == depth:
            break
        step = 8 + count_bytes + total_bytes
        inner = (node_size - 10 - step) // (record_size + step)
        total = (inner + 1) * total + inner
        total_bytes = (total.bit_length() + 7) // 8
    return count_bytes, total_bytes
