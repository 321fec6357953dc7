"""Texts before they are read: of bounded length, and of characters that a text can hold."""

import re

from lstmcalc.errors import ModelError, Place, Problem, Source
from lstmcalc.limits import SPEC_BYTES

# What YAML does not take: control characters and surrogates. The second takes long to compile, so it waits for its use.
UNPRINTABLE_ASCII = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
UNPRINTABLE = "[^\x09\x0a\x0d\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"


def check_length(source: Source) -> Source:
    """The source itself. Raises ModelError when it is too long, or holds what no text holds."""
    if len(source.text) > SPEC_BYTES:
        raise too_large(source.name)
    found = re.search(UNPRINTABLE_ASCII if source.text.isascii() else UNPRINTABLE, source.text)
    if found:
        hint = ": this is not a text file, or not in UTF-8" if source.is_file else ""
        raise ModelError(
            Problem(f"the character U+{ord(found[0]):04X} cannot stand here{hint}", source.place(found.start()))
        )
    return source


def decode(data: bytes, name: str) -> Source:
    """The text of a file's bytes. Raises ModelError when they are too many for a spec, or not UTF-8."""
    if len(data) > SPEC_BYTES:
        raise too_large(name)
    return check_length(decode_text(data, name))


def decode_text(data: bytes, name: str) -> Source:
    """The text of bytes, of any length. Raises ModelError when they are not UTF-8."""
    try:
        return Source(name, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        end = Source(name, before).place(len(before))
        message = f"the byte 0x{data[error.start]:02X} is not UTF-8: a spec is a text file in UTF-8"
        help = "it looks like UTF-16: save it as UTF-8" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else None
        place = Place(Source(name, ""), end.line, end.column)
        raise ModelError(Problem(message, place, help=help)) from None


def too_large(name: str) -> ModelError:
    """The ModelError of a text longer than `limits.SPEC_BYTES`."""
    return ModelError(Problem(f"is larger than {SPEC_BYTES // 2**20} MiB, the most that a spec may be", file=name))
