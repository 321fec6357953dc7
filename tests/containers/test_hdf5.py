"""HDF5: what stands in the file itself is listed and read; links, other files and filters are not followed."""

import contextlib
import random
from pathlib import Path

import numpy as np
import pytest

from lstmcalc import ModelError
from lstmcalc.containers import hdf5, hdf5_format
from lstmcalc.containers.files import open_file
from lstmcalc.containers.hdf5 import open_hdf5, write_hdf5
from lstmcalc.containers.signatures import HDF5

h5py = pytest.importorskip("h5py")


@pytest.fixture
def path(tmp_path) -> str:
    return str(tmp_path / "w.h5")


def written(path, write):
    with h5py.File(path, "w") as file:
        write(file)
    return opened(path)


class opened:
    """The root group of a file, open while the block runs."""

    def __init__(self, path) -> None:
        self.path = path

    def __enter__(self):
        self.file = open_file(self.path)
        self.root = open_hdf5(self.path, self.file.__enter__())
        return self.root.__enter__()

    def __exit__(self, *error) -> None:
        self.root.__exit__(*error)
        self.file.__exit__(*error)


def refused(call) -> str:
    with pytest.raises(ModelError) as caught:
        call()
    return caught.value.message


def test_groups_arrays_and_attributes_are_listed(path):
    def write(file):
        file["a/b/0"] = np.zeros((2, 3), "f4")
        file["a/c"] = np.zeros(1)
        file["a"].attrs["name"] = "dense"

    with written(path, write) as root:
        a = root.group("a")
        assert (root.groups(), root.arrays(), root.attributes()) == (("a",), (), ())
        assert (a.name, a.groups(), a.arrays(), a.attributes()) == ("/a", ("b",), ("c",), ("name",))
        assert root.group("x", "a/x", "a/b").arrays() == ("0",)
        assert [root.group(name) for name in ("x", "a/c", "a/c/d", "a/b/0")] == [None] * 4
        stored = root.array("a/b/0")
        assert (stored.name, stored.shape, str(stored.dtype), stored.size_bytes) == ("/a/b/0", (2, 3), "float32", 24)


def test_what_is_written_is_read_again(path):
    write_hdf5(path, {"a/b/0": np.arange(3.0)}, {"a/b": {"name": "dense"}, "c": {}})
    with opened(path) as root:
        assert root.groups() == ("a", "c")
        assert root.group("a/b").text("name") == "dense"
        assert root.array("a/b/0").read().tolist() == [0, 1, 2]


def test_texts_are_read_whatever_their_form_and_other_things_are_none(path):
    def write(file):
        file.attrs["text"], file.attrs["bytes"], file.attrs["fixed"] = "\u00e9", "\u00e9".encode(), np.bytes_("a")
        file.attrs["number"], file.attrs["list"], file.attrs["empty"] = 3, ["a"], h5py.Empty("f4")

    with written(path, write) as root:
        texts = {name: root.text(name) for name in (*root.attributes(), "missing")}
    assert texts == {
        **dict.fromkeys(("text", "bytes"), "\u00e9"),
        "fixed": "a",
        **dict.fromkeys(("number", "list", "empty", "missing")),
    }


def test_a_list_of_names_is_read_from_its_parts(path):
    def write(file):
        file.attrs["whole"], file.attrs["whole1"] = [b"a", b"bc"], [b"no part"]
        file.attrs["parts0"], file.attrs["parts1"], file.attrs["parts3"] = ["a"], np.array([b"b", b"c"]), ["no part"]
        file.attrs["none"] = np.array([], "S1")

    with written(path, write) as root:
        assert [root.words(name) for name in ("whole", "parts", "none", "missing")] == [
            ["a", "bc"],
            list("abc"),
            [],
            [],
        ]


def of_vlen(file):
    lists = np.empty(1, object)
    lists[0] = np.arange(2, dtype="i4")
    file.attrs.create("a", lists, dtype=h5py.vlen_dtype("i4"))


def of_records(file):
    file.attrs["a"] = np.zeros(1, [("x", "i4")])


def of_references(file):
    file.attrs.create("a", file.ref, dtype=h5py.ref_dtype)


def not_utf_8(file):
    file.attrs["a"] = np.bytes_(b"\xff")


def of_numbers(file):
    file.attrs["a"] = [1, 2]


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (of_vlen, "is damaged: the attribute 'a' is no text"),
        (of_records, "is damaged: the attribute 'a' is no text"),
        (of_references, "is damaged: the attribute 'a' is no text"),
        (not_utf_8, "is damaged: a text in it is not in UTF-8"),
        (of_numbers, "is damaged: the attribute 'a' is no text"),
    ],
)
def test_an_attribute_of_other_things_than_names_is_refused(path, write, message):
    with written(path, write) as root:
        assert refused(lambda: root.words("a")) == message


def test_an_attribute_larger_than_the_limit_is_refused(path, monkeypatch):
    with written(path, lambda file: file.attrs.update(a=["x"] * 100)) as root:
        assert len(root.words("a")) == 100
        monkeypatch.setattr(hdf5_format, "HDF5_ATTRIBUTE", 1599)  # 16 bytes a text
        message = "is damaged: the attribute 'a' is larger than Keras writes any"
        assert refused(lambda: root.words("a")) == message


def test_more_members_or_attributes_than_the_limit_are_refused(path, monkeypatch):
    def write(file):
        for name in ("a", "b", "c"):
            file.create_group(name)
            file.attrs[name] = name

    with written(path, write) as root:
        monkeypatch.setattr(hdf5, "HDF5_MEMBERS", 2)
        assert refused(root.attributes) == "is damaged: / has more than 2 attributes"
        monkeypatch.setattr(hdf5_format, "HDF5_MEMBERS", 2)
        assert refused(opened(path).__enter__) == "is damaged: a group in it has more than 2 members"


@pytest.fixture
def other(tmp_path) -> str:
    """Another file, which holds what the links lead to."""
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["a/0"] = np.zeros(3)
    return str(tmp_path / "other.h5")


def soft(file, other):
    file["own/0"] = np.zeros(3)
    file["a"] = h5py.SoftLink("/own")


def external(file, other):
    file["own/0"] = np.zeros(3)
    file["a"] = h5py.ExternalLink(other, "/a")


@pytest.mark.parametrize("write", [soft, external])
def test_a_link_is_not_followed(path, other, write):
    with written(path, lambda file: write(file, other)) as root:
        assert root.groups() == ("own",)
        assert (root.group("a"), root.group("a/0")) == (None, None)
        assert refused(lambda: root.array("a/0")) == "is damaged: 'a/0' in / is no array of this file"
    with h5py.File(path) as file:
        assert file["a/0"].shape == (3,)  # which h5py would have followed


def virtual(file, other):
    layout = h5py.VirtualLayout((3,), "f8")
    layout[:] = h5py.VirtualSource(other, "a/0", (3,))
    file.create_virtual_dataset("a", layout)


def virtual_of_itself(file, other):
    file["b"] = np.zeros(3)
    layout = h5py.VirtualLayout((3,), "f8")
    layout[:] = h5py.VirtualSource(".", "b", (3,))
    file.create_virtual_dataset("a", layout)


def in_raw_bytes_of_another_file(file, other):
    file.create_dataset("a", (3,), "f8", external=[(other, 0, 24)])


def in_chunks(file, other):
    file.create_dataset("a", data=np.zeros(3), chunks=(1,))


def compressed(file, other):
    file.create_dataset("a", data=np.zeros(3), compression="gzip")


@pytest.mark.parametrize("write", [virtual, virtual_of_itself, in_raw_bytes_of_another_file, in_chunks, compressed])
def test_an_array_that_is_not_whole_in_the_file_is_refused(path, other, write):
    with written(path, lambda file: write(file, other)) as root:
        message = "is damaged: /a is compressed, in chunks or in another file, as Keras never writes it"
        assert root.array("a").shape == (3,)
        assert refused(root.array("a").read) == message


def never_written(file):
    file.create_dataset("a", (2**40,), "f8")


def of_objects(file):
    file.create_dataset("a", data=["a", "b"])


def test_an_array_larger_than_the_file_is_refused(path):
    with written(path, never_written) as root:
        message = "is damaged: /a is said to be larger than what the file holds of it"
        assert refused(lambda: root.array("a")) == message


def test_an_array_of_texts_is_refused(path):
    with written(path, of_objects) as root:
        assert refused(lambda: root.array("a")) == "is damaged: /a holds no numbers"


def test_an_array_that_says_that_it_is_larger_than_the_file_is_refused(path):
    """Its shape and the length of its numbers say so both, a terabyte."""
    with h5py.File(path, "w") as file:
        file["a"] = np.zeros(12345)
    with open(path, "r+b") as raw:
        data = raw.read()
        for number in (12345, 8 * 12345):
            data = data.replace(number.to_bytes(8, "little"), (number << 24).to_bytes(8, "little"))
        raw.seek(0)
        raw.write(data)
    with opened(path) as root:
        message = "is damaged: /a is said to be larger than what the file holds of it"
        assert refused(lambda: root.array("a")) == message


def test_an_array_without_a_shape_is_none(path):
    with written(path, lambda file: file.create_dataset("a", data=h5py.Empty("f4"))) as root:
        assert refused(lambda: root.array("a")) == "is damaged: 'a' in / is no array of this file"


@pytest.mark.parametrize("is_named", [True, False])
def test_bfloat16_is_read_as_float32(path, is_named):
    def write(file):
        halves = np.full(2, 0x3FC0, np.uint16)  # 1.5
        file["a"] = halves if is_named else halves.view("V2")
        if is_named:
            file["a"].attrs["dtype"] = "bfloat16"

    with written(path, write) as root:
        stored = root.array("a")
        assert (str(stored.dtype), stored.read().tolist()) == ("float32", [1.5, 1.5])


def test_a_circle_of_groups_is_walked_as_far_as_somebody_walks(path):
    def write(file):
        group = file.create_group("a")
        group["a"] = group

    with written(path, write) as root:
        assert root.group("/".join("a" * 50)).groups() == ("a",)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is damaged: it is cut off, or names a place outside itself"),
        (b"PK\x03\x04 and more", "is damaged: it does not begin as HDF5 does"),
        (HDF5 + bytes(1000), "is damaged: its lengths are not written in 8 bytes, as Keras writes them"),
    ],
)
def test_what_is_no_hdf5_is_refused(path, data, message):
    with open(path, "wb") as file:
        file.write(data)
    assert refused(opened(path).__enter__) == message


def test_a_file_that_is_cut_off_is_refused_in_our_words(path):
    write_hdf5(path, {"a/b/0": np.arange(300.0)}, {"a/b": {"name": "dense"}})
    with open(path, "rb") as file:
        data = file.read()
    for length in range(len(HDF5), len(data), 37):
        with open(path, "wb") as file:
            file.write(data[:length])
        with pytest.raises(ModelError) as caught, opened(path) as root:
            root.array("a/b/0").read()
        assert caught.value.message.startswith("is damaged: ")


def test_a_file_that_cannot_be_written_is_said_in_the_words_of_the_system(tmp_path):
    message = "cannot be written: no such file or directory"
    assert refused(lambda: write_hdf5(str(tmp_path / "no" / "w.h5"), {}, {})) == message
    message = "cannot be written: its name has a NUL, which no name of a file can have"
    assert refused(lambda: write_hdf5(str(tmp_path / "w\0.h5"), {}, {})) == message
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("version", ["earliest", "v108", "v110", "latest"])
def test_files_of_every_version_of_hdf5_are_read(path, version):
    with h5py.File(path, "w", libver=version) as file:
        for number in range(5):
            file[f"layers/dense_{number}/vars/0"] = np.full((2, 3), number, "f4")
            file[f"layers/dense_{number}/vars/1"] = np.full(3, number, ">f8")
        file["layers"].attrs["name"], file["layers"].attrs["names"] = "é" * 3000, [b"a", b"bc"]
        file["flags"], file["half"] = np.array([True, False]), np.ones(2, "f2")
    with opened(path) as root:
        layers = root.group("layers")
        assert layers.groups() == tuple(f"dense_{number}" for number in range(5))
        assert (layers.text("name"), layers.words("names")) == ("é" * 3000, ["a", "bc"])
        for number in range(5):
            assert layers.array(f"dense_{number}/vars/0").read().tolist() == [[number] * 3] * 2
            assert layers.array(f"dense_{number}/vars/1").read().tolist() == [number] * 3
        assert root.array("flags").read().tolist() == [True, False]
        assert str(root.array("half").dtype) == "float16"


def test_groups_of_many_members_are_read(path):
    names = [f"layer_{number:04}" for number in range(500)]
    with written(path, lambda file: [file.create_group(name) for name in names]) as root:
        assert root.groups() == tuple(names)


@pytest.mark.parametrize("version", ["earliest", "latest"])
@pytest.mark.parametrize("count", [5, 9, 300, 5000])
def test_names_that_are_not_in_ascii_and_many_attributes_stand_densely(path, version, count):
    names = [f"名前{'x' * (number % 29)}{number}" for number in range(count)]
    few = min(count, 300)
    with h5py.File(path, "w", libver=version) as file:
        group = file.create_group("g", track_order=bool(count % 2))
        for number, name in enumerate(names):
            group[name] = np.full(2, number, "f4")
        for number in range(few):
            group.attrs[f"a{number}"] = f"v{number}"
        for name in names[::7]:
            del group[name]
    with opened(path) as root:
        group, left = root.group("g"), [name for number, name in enumerate(names) if number % 7]
        assert group.arrays() == tuple(sorted(left))
        assert [group.text(f"a{number}") for number in range(few)] == [f"v{number}" for number in range(few)]
        assert group.array(left[-1]).read().tolist() == [names.index(left[-1])] * 2


def test_a_dense_group_whose_bytes_are_changed_is_read_or_refused(path):
    with h5py.File(path, "w", libver="latest") as file:
        for number in range(400):
            file.create_group(f"名前{number}")
    draw = random.Random(3)
    whole = Path(path).read_bytes()
    for _ in range(300):
        changed = bytearray(whole)
        for _ in range(draw.choice([1, 3, 9])):
            changed[draw.randrange(len(changed))] = draw.choice([0, 1, 255, draw.randrange(256)])
        Path(path).write_bytes(changed)
        with contextlib.suppress(ModelError), opened(path) as root:
            root.groups()


def test_names_that_were_joined_on_windows_are_groups_in_groups(path):
    def write(file):
        file["layers\\rnn/vars/0"] = np.zeros(1)
        file["layers\\rnn\\cell/vars/0"] = np.zeros(2)

    with written(path, write) as root:
        assert (root.groups(), root.group("layers").groups()) == (("layers",), ("rnn",))
        assert root.group("layers/rnn").groups() == ("cell", "vars")
        assert root.group("layers").array("rnn/cell/vars/0").shape == (2,)
