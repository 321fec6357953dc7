"""Zip archives: what they say of their members is held against the file, and no more unpacked than is asked for."""

import io
import os
import struct
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any, BinaryIO

from lstmcalc.containers.files import damaged, said, unwritable
from lstmcalc.limits import ARCHIVE_MEMBERS

# A byte that is deflated holds four references at most, each of two bits, and each to 258 bytes (RFC 1951).
DEFLATE_RATIO = 4 * 258
# How NumPy and Keras write: the most that a byte of each can become.
RATIOS = {zipfile.ZIP_STORED: 1, zipfile.ZIP_DEFLATED: DEFLATE_RATIO}


LOCAL_HEADER = struct.Struct("<26xHH")  # how long a member's name is, and what stands between that and its bytes


class _Part(io.RawIOBase):
    """The bytes of a file from one place to another, read at any place."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._file, self._start, self._size, self._place = file, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        before = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._size}[whence]
        self._place = before + offset
        return self._place

    def readinto(self, buffer: Any, /) -> int:
        self._file.seek(self._start + self._place)
        data = self._file.read(max(0, min(len(buffer), self._size - self._place)))
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)


class Archive:
    """The members of a zip archive, which are read and never extracted: a name is no path here."""

    def __init__(self, path: str, archive: zipfile.ZipFile, file: BinaryIO, size_bytes: int) -> None:
        self.path = path
        self._archive = archive
        self._file = file
        self._size_bytes = size_bytes

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the members, in the order of the archive, each once."""
        return tuple(dict.fromkeys(info.filename for info in self._archive.infolist()))

    def size_bytes(self, name: str) -> int:
        """How large a member is when it is unpacked. Raises ModelError for one that cannot be that large."""
        info = self._info(name)
        if info.compress_size > self._size_bytes or info.file_size > info.compress_size * RATIOS[info.compress_type]:
            raise damaged(self.path, f"'{name}' is said to be larger than what the file holds of it")
        return info.file_size

    def open(self, name: str) -> IO[bytes]:
        """A member, to be read from its start. Raises ModelError."""
        self.size_bytes(name)
        with said(self.path, f"'{name}' cannot be unpacked", zipfile.BadZipFile):
            return self._archive.open(self._info(name))

    def part(self, name: str, most: int) -> BinaryIO:
        """A member to read at any place: where it stands in the file, or of `most` bytes that are unpacked."""
        info, size = self._info(name), self.size_bytes(name)
        if info.compress_type == zipfile.ZIP_STORED:
            start = info.header_offset
            self._file.seek(start)
            header = self._file.read(LOCAL_HEADER.size)
            if len(header) == LOCAL_HEADER.size:
                name_length, extra_length = LOCAL_HEADER.unpack(header)
                return io.BufferedReader(
                    _Part(self._file, start + LOCAL_HEADER.size + name_length + extra_length, size)
                )
        return io.BytesIO(self.read(name, most))

    def read(self, name: str, most: int) -> bytes:
        """The bytes of a member. Raises ModelError for more than `most`, and for fewer than it is said to have."""
        size = self.size_bytes(name)
        if size > most:
            raise damaged(self.path, f"'{name}' is larger than {most:,} bytes")
        with said(self.path, f"'{name}' cannot be unpacked", zipfile.BadZipFile), self.open(name) as member:
            data = member.read(size)
        if len(data) < size:
            raise damaged(self.path, f"'{name}' is cut off")
        return data

    def _info(self, name: str) -> zipfile.ZipInfo:
        try:
            info = self._archive.getinfo(name)
        except KeyError:
            raise damaged(self.path, f"there is no {name} in it") from None
        if info.compress_type not in RATIOS:
            raise damaged(self.path, f"'{name}' is compressed in a way that NumPy and Keras never use")
        return info


@contextmanager
def open_archive(path: str, file: BinaryIO) -> Iterator[Archive]:
    """The archive that a file is, open while the block runs. Raises ModelError."""
    size = file.seek(0, os.SEEK_END)
    with said(path, "it is no whole zip archive", zipfile.BadZipFile):
        opened = zipfile.ZipFile(file)
    with opened:
        if len(opened.infolist()) > ARCHIVE_MEMBERS:
            raise damaged(path, f"it has more than {ARCHIVE_MEMBERS:,} members")
        yield Archive(path, opened, file, size)


def write_archive(path: str, members: Mapping[str, bytes]) -> None:
    """Write a zip archive whose members are not compressed, as Keras does. Raises ModelError."""
    if "\0" in path:
        raise unwritable(path, ValueError())
    try:
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in members.items():
                archive.writestr(zipfile.ZipInfo(name), data)
    except OSError as error:
        raise unwritable(path, error) from None
