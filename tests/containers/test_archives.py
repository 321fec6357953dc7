"""Zip archives: members are read within limits, and no size is believed that the file cannot have."""

import io
import struct
import zipfile

import pytest

from lstmcalc import ModelError
from lstmcalc.containers import archives
from lstmcalc.containers.archives import DEFLATE_RATIO, open_archive

HUGE = 0xFFFF_FFF0  # bytes, as far as a header without an extension goes: 4 GiB
# Where the sizes of the first member stand in its entry of the directory at the end (APPNOTE.TXT, 4.3.12).
FLAGS, METHOD, PACKED, UNPACKED = 8, 10, 20, 24


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


def claiming(data: bytes, **fields: int) -> bytes:
    """The archive with other numbers in the entry of its first member."""
    changed, start = bytearray(data), data.index(b"PK\x01\x02")
    for name, value in fields.items():
        form, offset = {"flags": ("<H", FLAGS), "method": ("<H", METHOD)}.get(
            name, ("<I", {"packed": PACKED, "unpacked": UNPACKED}.get(name))
        )
        struct.pack_into(form, changed, start + offset, value)
    return bytes(changed)


def archive_of(data: bytes):
    return open_archive("w.zip", io.BytesIO(data))


def refused(call) -> str:
    with pytest.raises(ModelError) as caught:
        call()
    assert caught.value.file == "w.zip"
    return caught.value.message


def test_members_are_listed_in_order_with_their_sizes_and_read():
    with archive_of(zipped(("b", b"12345"), ("a/c", b""))) as archive:
        assert archive.names == ("b", "a/c")
        assert [archive.size_bytes(name) for name in archive.names] == [5, 0]
        assert archive.read("b", most=5) == b"12345"
        assert archive.open("b").read(2) == b"12"


def test_a_member_of_more_than_is_asked_for_is_not_unpacked():
    with archive_of(zipped(("a", b"123456"))) as archive:
        assert refused(lambda: archive.read("a", most=5)) == "is damaged: 'a' is larger than 5 bytes"


def test_a_member_that_is_not_there_is_said_to_be():
    with archive_of(zipped(("a", b""))) as archive:
        assert refused(lambda: archive.read("b", most=5)) == "is damaged: there is no b in it"


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("claims", [{"unpacked": HUGE}, {"packed": HUGE}, {"packed": HUGE, "unpacked": HUGE}], ids=str)
@pytest.mark.parametrize("act", ["size_bytes", "open", "read"])
def test_a_member_that_claims_a_huge_size_is_refused_before_anything_is_read(method, claims, act):
    data = claiming(zipped(("a", b"12345"), method=method), **claims)
    with archive_of(data) as archive:
        given = {"most": 2 * HUGE} if act == "read" else {}
        message = refused(lambda: getattr(archive, act)("a", **given))
    assert message == "is damaged: 'a' is said to be larger than what the file holds of it"


def test_as_much_as_deflating_can_take_away_is_believed():
    """100 MB of zeros come within a percent of the bound."""
    zeros = bytes(100_000_000)
    data = zipped(("a", zeros))
    assert 0.99 * DEFLATE_RATIO < len(zeros) / len(data) < DEFLATE_RATIO
    with archive_of(data) as archive:
        assert archive.size_bytes("a") == len(zeros)
        assert archive.read("a", most=len(zeros)) == zeros


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (claiming(zipped(("a", b"12345")), method=14), "'a' is compressed in a way that NumPy and Keras never use"),
        (claiming(zipped(("a", b"12345")), flags=1), "'a' cannot be unpacked"),  # encrypted
        (claiming(zipped(("a", b"12345"), method=zipfile.ZIP_STORED), packed=9, unpacked=9), "'a' cannot be unpacked"),
        (zipped(("a", b"12345"), method=zipfile.ZIP_STORED).replace(b"12345", b"12346"), "'a' cannot be unpacked"),
        (claiming(zipped(("a", b"12345")), unpacked=7), "'a' is cut off"),
    ],
)
def test_a_member_that_cannot_be_unpacked_is_refused(data, message):
    with archive_of(data) as archive:
        assert refused(lambda: archive.read("a", most=100)) == f"is damaged: {message}"


@pytest.mark.parametrize("data", [b"", b"PK", zipped(("a", b"12345"))[:-5], bytes(1000)])
def test_what_is_no_archive_is_refused(data):
    def entered():
        with archive_of(data):
            pass

    assert refused(entered) == "is damaged: it is no whole zip archive"


def test_an_archive_of_too_many_members_is_refused(monkeypatch):
    monkeypatch.setattr(archives, "ARCHIVE_MEMBERS", 2)
    names = [(str(number), b"") for number in range(3)]
    with archive_of(zipped(*names[:2])) as archive:
        assert len(archive.names) == 2

    def entered():
        with archive_of(zipped(*names)):
            pass

    assert refused(entered) == "is damaged: it has more than 2 members"
