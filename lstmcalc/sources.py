"""What a MODEL argument may be: where its bytes come from, which kind they are of, and the model of it."""

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property, lru_cache, partial
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO, TypeVar

import msgspec

from lstmcalc.containers.signatures import HDF5, ZIP
from lstmcalc.errors import ModelError, Problem, Problems, Source, reason_of
from lstmcalc.formats.document import (
    spec_of_document,
    spec_of_expression,
    spec_of_stages,
    stages_of,
    without_variables,
)
from lstmcalc.formats.files import (
    SUFFIXES,
    Reader,
    is_regular,
    most_of,
    read_bytes,
    spec_reader,
    suffix_of,
    unreadable,
)
from lstmcalc.formats.revisions import PREFIX
from lstmcalc.formats.spec import Spec
from lstmcalc.formats.text import decode, decode_text
from lstmcalc.formats.values import plain
from lstmcalc.formats.variables import Variables
from lstmcalc.limits import CONFIG_BYTES, FILE_BYTES, NESTING
from lstmcalc.models.build import build
from lstmcalc.models.context import Bindings
from lstmcalc.models.model import BuiltModel

if TYPE_CHECKING:
    from lstmcalc.formats.customs import Declarations
    from lstmcalc.formats.saved.config import Config
    from lstmcalc.formats.weights import HeldWeights

Made = TypeVar("Made")

STDIN, STDIN_NAME = "-", "<stdin>"
MODEL_SAVED = "model.save('model.keras')"
SPEC_SUFFIXES = (".yaml", ".yml")
SCRIPTS = (".py", ".ipynb")
IMPORTS = re.compile(rb"^\s*(from\s+[\w.]+\s+import\s|import\s+[\w.]+)", re.MULTILINE)
# How pasted Keras begins: with a model, or a module of Keras's.
PASTED = re.compile(r"\s*((keras|tf|tensorflow|models|layers)\.[\w.]*|)(Sequential|Model)\(")
HEAD = 1024  # bytes by which a kind is told


# Where the bytes come from.


class Content(msgspec.Struct, frozen=True, eq=False, dict=True):
    """What a MODEL argument holds: bytes that are read when they are asked for, and once.

    `name` is how errors call it; `path` is None of an expression and of standard input. `read`
    gives so many bytes, and one more where there are more. What `is_regular` is a file that can be
    opened again: only as much of it is read as is needed.
    """

    name: str
    path: str | None
    read: Callable[[int], bytes] | None  # None of an expression, which stands in the argument itself
    is_regular: bool = False

    @cached_property
    def head(self) -> bytes:
        """The first bytes, by which a kind is told. Raises ModelError."""
        if self.read is None or not self.is_regular:
            return self.data[:HEAD]
        return self.read(HEAD)[:HEAD]

    @cached_property
    def data(self) -> bytes:
        """The bytes, of a file that is no text only the first. Raises ModelError."""
        if self.read is None:
            return b""
        return self.read(CONFIG_BYTES if self.is_regular else FILE_BYTES)

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """The bytes as a file, open while the block runs. Raises ModelError."""
        if self.is_regular and self.path is not None:
            from lstmcalc.containers.files import open_file

            with open_file(self.path) as file:
                yield file
        else:
            if len(self.data) > FILE_BYTES:
                raise unreadable(self.name, f"is larger than {FILE_BYTES // 2**20} MiB")
            yield BytesIO(self.data)

    @cached_property
    def text(self) -> Source:
        """The text of a spec. Raises ModelError when the bytes are none, or too many."""
        return decode(self.data, self.name)

    @cached_property
    def config(self) -> "Config | None":
        """The config that it is in JSON; None where it is none. Raises ModelError for JSON that is none."""
        from lstmcalc.formats.saved.files import config_in

        return config_in(decode_text(self.data, self.name))

    @property
    def suffix(self) -> str:
        """The suffix of the path: `.yaml`."""
        return suffix_of(self.path or "")

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.path is not None and "\0" not in self.path and os.path.isdir(self.path)

    @property
    def is_json(self) -> bool:
        """Whether it may be JSON, by how it begins; most are YAML. A string of several lines is a docstring."""
        start = self.head.lstrip(b"\xef\xbb\xbf \t\r\n")
        return start[:1] == b"{" or (start[:1] == b'"' and b"\n" not in start.rstrip())


def content_of(argument: str) -> Content:
    """What a MODEL argument holds: a path, `git:REV:path`, `-` for standard input, or an expression.

    A known suffix is always that of a path. Raises ModelError for what is none of these.
    """
    argument = os.fsdecode(argument)
    if argument == STDIN:
        return Content(STDIN_NAME, None, _read_stdin)
    if suffix_of(argument) in SUFFIXES or os.path.exists(argument) or argument.startswith(PREFIX):
        return Content(argument, argument, partial(read_bytes, argument), is_regular(argument))
    if "(" in argument:
        return Content(argument, None, None)
    help = "an expression has parentheses: 'Input(5, 1) | LSTM(5)'"
    raise ModelError(Problem("no such file, and not an expression", file=argument, help=help))


def _read_stdin(most: int) -> bytes:
    if sys.stdin is None:
        raise unreadable(STDIN_NAME, "standard input is closed")
    try:
        return _bytes_of_stream(sys.stdin, most)
    except OSError as error:
        raise unreadable(STDIN_NAME, reason_of(error)) from None


@lru_cache(maxsize=1)
def _bytes_of_stream(stream: TextIO, most: int) -> bytes:
    """What a stream gives, which gives it once, for all who ask."""
    start = stream.buffer.read(HEAD)
    return start + stream.buffer.read(most_of(start, most) + 1 - len(start))


# Which kind they are of.


class Kind(msgspec.Struct, frozen=True, eq=False):
    """One thing that a MODEL argument may hold: told by `matches`, and `opens` gives what makes Specs of it.

    The first of `KINDS` that matches is it. `opens` sees how it is to be read, and raises ModelError.
    """

    what: str
    matches: Callable[[Content], bool]
    opens: "Callable[[Content, Reading], Reader]"


def _expression_reader(content: Content, reading: "Reading") -> Reader:
    source = Source("<expression>", content.name, is_file=False)
    stages = stages_of(source)
    return lambda given: spec_of_stages(source, stages, given)


def _document_reader(content: Content, reading: "Reading") -> Reader:
    """What makes Specs of a spec; that of standard input has no file to be named after, nor to find others beside."""
    if content.path is not None:
        return spec_reader(content.text)
    from lstmcalc.formats.yaml import read_yaml

    root = read_yaml(content.text)
    return lambda given: spec_of_document(root, given)


def _is_saved_summary(content: Content) -> bool:
    """Whether it is what `summary --format json` printed: by a key that no other JSON has."""
    if not content.is_json:  # most are YAML, for which no pattern is compiled
        return False
    text = content.text.text
    if re.match(r'\s*\{\s*"schema_version"\s*:', text):
        return True
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return False
    return isinstance(found, dict) and type(found.get("schema_version")) is int  # true is none


# What Keras saved.


def _of_saved(read: Callable[[Content], Spec]) -> "Callable[[Content, Reading], Reader]":
    """What reads a saved model, which has no variables."""

    def opens(content: Content, reading: "Reading") -> Reader:
        spec = read(content)
        return lambda given: without_variables(spec, given)

    return opens


def _hdf5_spec(content: Content) -> Spec:
    from lstmcalc.formats.saved.hdf5 import spec_of_hdf5

    with content.open() as file:
        return spec_of_hdf5(content.name, file)


def _archive_spec(content: Content) -> Spec:
    from lstmcalc.formats.saved.files import spec_of_keras_archive

    with content.open() as file:
        return spec_of_keras_archive(content.name, file)


def _config_spec(content: Content) -> Spec:
    from lstmcalc.formats.saved.files import spec_of_config

    assert content.config is not None
    return spec_of_config(content.config)


def _yaml_config_spec(content: Content) -> Spec:
    from lstmcalc.formats.saved.model import spec_of_saved
    from lstmcalc.formats.yaml import read_yaml

    return spec_of_saved(read_yaml(decode_text(content.data, content.name), of_python=True))


def _folder_spec(content: Content) -> Spec:
    from lstmcalc.formats.saved.folder import spec_of_folder

    return spec_of_folder(content.name)


def _is_json_config(content: Content) -> bool:
    is_one = content.is_json and (b"class_name" in content.data or b'"loss"' in content.data)
    return is_one and content.config is not None


def _is_yaml_config(content: Content) -> bool:
    """Whether it is what `to_yaml` of Keras 1 or 2 gave: a class at its top."""
    data = content.data
    return b"class_name" in data and re.search(rb"^\{?class_name *:", data, re.MULTILINE) is not None


def _refuse_saved_summary(content: Content, reading: "Reading") -> Reader:
    message = "is the JSON that 'summary --format json' printed, which only diff and --baseline take"
    raise ModelError(Problem(message, file=content.name, help="give the model that it was printed of"))


def _is_other(content: Content) -> bool:
    return _other(content) is not None


def _other(content: Content) -> "tuple[str, str] | None":
    """What it is that is not read, and what to do; None for what may be."""
    head = content.head
    is_told_by_suffix = content.suffix not in SPEC_SUFFIXES
    if not is_told_by_suffix and head[:1].isascii() and head[:1].isalnum():
        return None  # most are YAML
    from lstmcalc.formats.saved.others import PROMISES, other_of

    if content.is_json and b'"graph-model"' in content.data and b'"modelTopology"' in content.data:
        help = "convert the Keras model with tensorflowjs to the layers format"
        return "a graph model of TensorFlow.js, which has no layers", help
    found = other_of(head, content.suffix)
    if found is not None:
        return found.what, found.help
    if content.suffix in PROMISES:
        empty = "empty" if not head else PROMISES[content.suffix]
        again = {".npz": "numpy.savez(...)", ".safetensors": "safetensors.numpy.save_file(...)"}
        return empty, f"save it again: {again.get(content.suffix, MODEL_SAVED)}"
    return None


def _refuse_other(content: Content, reading: "Reading") -> Reader:
    found = _other(content)
    assert found is not None
    raise ModelError(Problem(f"is {found[0]}", file=content.name, help=found[1]))


# Scripts.


def _is_script(content: Content) -> bool:
    if content.read is None:
        return PASTED.match(content.name) is not None
    if content.suffix in SCRIPTS:
        return True
    is_named = content.suffix != "" or content.is_folder
    return not is_named and not content.is_json and IMPORTS.search(content.data[:CONFIG_BYTES]) is not None


def _script_reader(content: Content, reading: "Reading") -> Reader:
    from lstmcalc.scripts.encoding import text_of
    from lstmcalc.scripts.notebook import cells_of
    from lstmcalc.scripts.script import Choice, spec_of_script

    is_pasted = content.read is None
    if is_pasted:
        sources = [Source("<expression>", content.name, is_file=False)]
    elif content.suffix == ".ipynb":
        sources = cells_of(content.data, content.name)
    else:
        sources = [text_of(content.data, content.name)]
    choice = Choice(reading.wanted, reading.input_shape, reading.dialect, is_pasted)

    def read(given: Variables) -> Spec:
        return spec_of_script(sources, {name: plain(value) for name, value in given.items()}, choice, module_beside)

    def module_beside(name: str) -> Source | None:
        """A module beside the script, or in a package there, in the same revision."""
        if content.path is None or not name.replace(".", "").isidentifier():
            return None
        folder, mark, _ = content.path.rpartition("/")
        for path in (f"{name.replace('.', '/')}.py", f"{name.replace('.', '/')}/__init__.py"):
            beside = f"{folder}{mark}{path}" if mark or not content.path.startswith(PREFIX) else None
            if beside is None:
                head = content.path.rpartition(":")[0]
                beside = f"{head}:{path}"
            try:
                return text_of(read_bytes(beside), beside)
            except ModelError:
                continue
        return None

    return read


# Arrays alone.


def _holds_arrays(content: Content) -> bool:
    return _reads_arrays(content) is not None


def _reads_arrays(content: Content) -> "Callable[[str, BinaryIO], HeldWeights] | None":
    """What reads the arrays of a file that holds nothing else; None for another file."""
    head = content.head
    if head.startswith(HDF5):
        from lstmcalc.formats.saved.hdf5 import holds_weights_alone
        from lstmcalc.formats.weights import weights_in_hdf5

        with content.open() as file:
            return weights_in_hdf5 if holds_weights_alone(content.name, file) else None
    if head.startswith(ZIP):
        from lstmcalc.formats.saved.files import holds_arrays_alone
        from lstmcalc.formats.weights import weights_in_npz

        with content.open() as file:
            return weights_in_npz if holds_arrays_alone(content.name, file) else None
    if head[7:9] == b"\0{":  # the end of a length, and a brace
        from lstmcalc.containers.safetensors import is_safetensors
        from lstmcalc.formats.weights import weights_in_safetensors

        return weights_in_safetensors if is_safetensors(head) else None
    return None


def _refuse_arrays(content: Content, reading: "Reading") -> Reader:
    help = "count, summary and diff tell of the arrays; 'verify MODEL --weights FILE' runs a model with them"
    raise ModelError(Problem("holds arrays alone, without the model that they are of", file=content.name, help=help))


EXPRESSION = Kind("an expression", lambda content: content.read is None, _expression_reader)
SAVED_SUMMARY = Kind("a saved summary", _is_saved_summary, _refuse_saved_summary)
ARRAYS = Kind("arrays alone", _holds_arrays, _refuse_arrays)
SPEC = Kind("a spec", lambda content: True, _document_reader)
KINDS = (
    Kind("a script", _is_script, _script_reader),
    EXPRESSION,
    Kind("a SavedModel folder", lambda content: content.is_folder, _of_saved(_folder_spec)),
    ARRAYS,
    Kind("a saved Keras model in HDF5", lambda content: content.head.startswith(HDF5), _of_saved(_hdf5_spec)),
    Kind("a .keras file", lambda content: content.head.startswith(ZIP), _of_saved(_archive_spec)),
    Kind("a saved Keras config", _is_json_config, _of_saved(_config_spec)),
    SAVED_SUMMARY,
    Kind("a file that is not read", _is_other, _refuse_other),
    Kind("a saved Keras config in YAML", _is_yaml_config, _of_saved(_yaml_config_spec)),
    SPEC,
)


def kind_of(content: Content) -> Kind:
    """The kind of a content. Raises ModelError."""
    return next(kind for kind in KINDS if kind.matches(content))


def held_weights(content: Content, reading: "Reading") -> "HeldWeights | None":
    """What a file of arrays alone holds; None for what is a model. Raises ModelError."""
    if kind_of(content) is not ARRAYS:
        return None
    reading.refuse_for_arrays(content.name)
    read = _reads_arrays(content)
    assert read is not None
    with content.open() as file:
        return read(content.name, file)


# The model of it.


class Template:
    """A MODEL argument, read once, of which models are made with values of its variables. Raises ModelError."""

    def __init__(self, source: str | Content, reading: "Reading | None" = None) -> None:
        content = source if isinstance(source, Content) else content_of(source)
        self.reading = reading or Reading()
        self.file = content.path if content.path is not None and os.path.exists(content.path) else None
        self.read = _within_the_stack(lambda: kind_of(content).opens(content, self.reading))

    def spec_and_model(self, given: Variables) -> tuple[Spec, BuiltModel]:
        """What it says with those values, and the model of it. Raises ModelError."""

        def make() -> tuple[Spec, BuiltModel]:
            reading, spec = self.reading, self.read(given)
            if reading.dialect is not None and spec.dialect is None:
                spec = msgspec.structs.replace(spec, dialect=reading.dialect)
            try:
                model = build(spec, reading.bindings, self.file, _customs(reading.customs))
            except ModelError:
                if spec.asks:
                    raise ModelError(spec.asks) from None
                raise
            return spec, model if reading.notes else msgspec.structs.replace(model, notes=())

        return _within_the_stack(make)


def _customs(given: tuple[str, ...]) -> "Declarations | None":
    """What `--custom` declares; None for nothing."""
    if not given:
        return None
    from lstmcalc.formats.customs import read_customs

    return read_customs(given)


class Reading(msgspec.Struct, frozen=True):
    """How MODEL arguments are read: with which values of variables and which sizes; and the dtype of their sizes.

    `wanted` is which model of a script, `input_shape` what a subclassed one is called on, samples first.
    `dialect` is that of what does not say its own; `notes` whether they are wanted; `customs` what
    layers are that nobody knows, as `--custom` says it.
    """

    given: dict[str, Any] = {}
    bindings: Bindings = Bindings()
    dtype: str | None = None
    dialect: str | None = None
    notes: bool = True
    customs: tuple[str, ...] = ()
    wanted: str | None = None
    input_shape: tuple[int | None, ...] | None = None

    def spec_and_model(self, source: str | Content) -> tuple[Spec, BuiltModel]:
        """What a MODEL argument says, and the model of it. Raises ModelError."""
        return self.template(source).spec_and_model(variables_of(self.given))

    def model(self, source: str | Content) -> BuiltModel:
        """The model of a MODEL argument. Raises ModelError."""
        return self.spec_and_model(source)[1]

    def refuse_for_arrays(self, name: str) -> None:
        """Refuse what is said of a model where there are arrays alone. Raises ModelError."""
        said = {
            "--set": self.given,
            "--timesteps": self.bindings.timesteps,
            "--batch": self.bindings.batch,
            "--dialect": self.dialect,
            "--custom": self.customs,
        }
        given = [option for option, value in said.items() if value]
        if given:
            message = f"holds arrays alone, of which {given[0]} says nothing"
            raise ModelError(Problem(message, file=name, help=f"leave out {given[0]}"))

    def template(self, source: str | Content) -> Template:
        """A MODEL argument of which models with other values are made. Raises ModelError."""
        return Template(source, self)


def model_of(source: str, given: dict[str, Any] | None = None) -> BuiltModel:
    """The model of a MODEL argument. Raises ModelError."""
    return Reading(given or {}).model(source)


def made_of_each(sources: Iterable[str], make: Callable[[str], Made]) -> list[Made]:
    """What is made of each of several MODEL arguments. Raises ModelError with what is wrong with any."""
    problems = Problems()
    made: list[Made] = []
    for source in sources:
        with problems.caught():
            made.append(make(source))
    problems.raise_found()
    return made


def of_expression(
    expression: str, given: dict[str, Any] | None = None, dialect: str | None = None
) -> tuple[Spec, BuiltModel]:
    """What a one-line expression says in a dialect, and the model of it. Raises ModelError."""
    source = Source("<expression>", expression, is_file=False)
    return _made(lambda: msgspec.structs.replace(spec_of_expression(source, variables_of(given)), dialect=dialect))


def of_text(source: Source, given: dict[str, Any] | None = None) -> tuple[Spec, BuiltModel]:
    """What a YAML text says, and the model of it. Raises ModelError."""
    from lstmcalc.formats.yaml import read_yaml

    return _made(lambda: spec_of_document(read_yaml(source), variables_of(given)))


def of_dict(spec: dict[str, Any], given: dict[str, Any] | None = None) -> tuple[Spec, BuiltModel]:
    """What a dictionary with the keys of a spec says, and the model; places count in it written as JSON.

    Raises ModelError.
    """
    from lstmcalc.formats.dictionary import write_json

    return of_text(write_json("<dict>", spec), given)


def model_of_text(source: Source, given: dict[str, Any] | None = None) -> BuiltModel:
    """The model of a YAML text. Raises ModelError."""
    return of_text(source, given)[1]


def _made(read: Callable[[], Spec]) -> tuple[Spec, BuiltModel]:
    def make() -> tuple[Spec, BuiltModel]:
        spec = read()
        return spec, build(spec)

    return _within_the_stack(make)


def _within_the_stack(make: Callable[[], Made]) -> Made:
    """What `make` gives; a ModelError where Python's stack ends before a bound of `limits` is met."""
    try:
        return make()
    except RecursionError:
        raise ModelError(
            Problem(f"nested too deep: {NESTING} levels are the most, of models inside models fewer")
        ) from None


def variables_of(given: dict[str, Any] | None) -> Variables:
    """The values of `--set NAME=VALUE`: a string is read as the command line's, as YAML."""
    variables: Variables = {}
    for name, value in (given or {}).items():
        from lstmcalc.formats.yaml import read_yaml

        source = Source(f"--set {name}", value, is_file=False) if isinstance(value, str) else _written(name, value)
        variables[name] = read_yaml(source, empty=f"--set gives '{name}' no value")
    return variables


def _written(name: str, value: object) -> Source:
    from lstmcalc.formats.dictionary import write_json

    return write_json(f"--set {name}", value)
