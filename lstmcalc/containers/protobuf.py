"""Protocol buffers: the fields of a message, by their wire format alone; what is not asked for is stepped over.

https://protobuf.dev/programming-guides/encoding: a field is a key, which has its number and its wire type, and a value.
"""

import os
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from lstmcalc.containers.files import damaged
from lstmcalc.limits import PROTOBUF_FIELDS

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
LONGEST = 10  # bytes of a number


class Extent(msgspec.Struct, frozen=True, gc=False):
    """Where a message, a text or bytes stand in the file."""

    start: int
    end: int


class Messages:
    """The messages of one file, read from their places; `fields` counts all that were stepped over."""

    def __init__(self, path: str, file: BinaryIO) -> None:
        self.path = path
        self._file = file
        self.whole = Extent(0, file.seek(0, os.SEEK_END))
        self.fields = 0

    def spans(self, message: Extent, number: int) -> Iterator[Extent]:
        """The fields of a number in a message: those that are messages, texts or bytes. Raises ModelError."""
        place = message.start
        while place < message.end:
            self.fields += 1
            if self.fields > PROTOBUF_FIELDS:
                raise damaged(self.path, f"it has more than {PROTOBUF_FIELDS:,} fields")
            key, place = self._number(place, message.end)
            wire = key & 7
            if wire == VARINT:
                _, place = self._number(place, message.end)
            elif wire == LENGTH:
                length, place = self._number(place, message.end)
                if length > message.end - place:
                    raise damaged(self.path, "a part of it is larger than what holds it")
                if key >> 3 == number:
                    yield Extent(place, place + length)
                place += length
            elif wire in (FIXED64, FIXED32):
                place += 8 if wire == FIXED64 else 4
            else:
                raise damaged(self.path, "it is no protocol buffer")

    def first(self, message: Extent, number: int) -> Extent | None:
        """The first field of a number, None where there is none."""
        return next(self.spans(message, number), None)

    def bytes_of(self, span: Extent, most: int) -> bytes:
        """The bytes of a field. Raises ModelError for more than `most`."""
        if span.end - span.start > most:
            raise damaged(self.path, f"a text in it is longer than {most:,} bytes")
        self._file.seek(span.start)
        return self._file.read(span.end - span.start)

    def _number(self, place: int, end: int) -> tuple[int, int]:
        """A number and the place after it."""
        self._file.seek(place)
        data = self._file.read(min(LONGEST, end - place))
        number = 0
        for position, byte in enumerate(data):
            number |= (byte & 0x7F) << 7 * position
            if byte < 0x80:
                return number, place + position + 1
        raise damaged(self.path, "a number in it has no end")
