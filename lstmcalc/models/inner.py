"""The spec of a model inside a model: an inline one, a list of layers, or another file's."""

import os
from collections.abc import Iterator
from contextlib import suppress

import msgspec

from lstmcalc.errors import ModelError, Problem, Problems, did_you_mean, shown
from lstmcalc.formats.document import spec_of_document
from lstmcalc.formats.files import read_file
from lstmcalc.formats.spec import Definition, Spec
from lstmcalc.formats.values import Mapping, Scalar, Sequence, Value, kind_of
from lstmcalc.limits import NESTING
from lstmcalc.models.context import Making


def inner_spec(definition: Definition, outer: Spec, making: Making) -> tuple[Spec, str | None]:
    """The spec of a `Sequential:` or `Model:` item, and the file that it stands in. Raises ModelError."""
    if definition.model is not None:
        return definition.model, None
    if outer.is_saved:
        from lstmcalc.formats.saved.model import spec_of_model

        root = definition.args[0]
        assert isinstance(root, Mapping)
        return spec_of_model(root, outer.dialect), None
    if definition.class_name == "Sequential":
        return _sequential_spec(definition, outer), None
    value = definition.args[0] if definition.args else Mapping(definition.kwargs, definition.place)
    if isinstance(value, Scalar) and isinstance(value.value, str) and len(definition.args) == 1:
        return _file_spec(value, outer, making)
    if not isinstance(value, Mapping) or not value.entries or len(definition.args) > 1:
        help = "write 'Model: {inputs: ..., layers: ..., outputs: ...}' or 'Model: path/to/other.yaml'"
        found = f", not {kind_of(definition.args[-1])}" if definition.args else ""
        place = definition.args[-1].place if definition.args else definition.place
        raise ModelError(Problem(f"Model takes a model or a path to one{found}", place, help=help))
    spec = spec_of_document(value, {}, outer.directory, outer.scope)
    spec = msgspec.structs.replace(spec, dialect=outer.dialect)
    sibling = definition.name
    if spec.name is not None and sibling is not None:
        message = "'name' is given twice: beside the class and among its arguments"
        raise ModelError(Problem(message, sibling.place, help="leave one of them out"))
    return (spec if spec.kind else msgspec.structs.replace(spec, kind="functional")), None


def _file_spec(value: Scalar, outer: Spec, making: Making) -> tuple[Spec, str]:
    path = os.path.join(outer.directory, str(value.value))
    name = shown(value.value)
    real = os.path.realpath(path) if "\0" not in path else path
    if real in making.files:
        raise ModelError(Problem(f"the model {name} contains itself", value.place))
    if real not in making.specs:
        try:
            making.specs[real] = read_file(path, {})
        except ModelError as error:
            if error.problems[0].place is not None:
                raise
            raise ModelError(Problem(f"the model {name} {error.message}", value.place)) from None
    return making.specs[real], real


def layers_of_file(path: str, making: Making, depth: int = 0) -> int:
    """How many layers a file makes at least, those of the files that it names included, before any is built."""
    if path not in making.sizes:
        making.sizes[path] = 0  # of a file that contains itself, which is refused where it is built
        spec = making.specs[path]
        firsts = (each for each in spec.definitions if each.repeat is None or each.repeat.number == 0)
        making.sizes[path] = sum(_times(each) * (1 + _layers_of_paths(each, spec, making, depth)) for each in firsts)
    return making.sizes[path]


def _layers_of_paths(definition: Definition, outer: Spec, making: Making, depth: int) -> int:
    total = 0
    for value in _paths(definition):
        with suppress(ModelError):  # it is said where the model is built
            _, path = _file_spec(value, outer, making)
            total += layers_of_file(path, making, depth + 1) if depth < NESTING else 0
    return total


def _times(definition: Definition) -> int:
    return 1 if definition.repeat is None else definition.repeat.times


def _paths(definition: Definition) -> Iterator[Scalar]:
    """The paths to models that a definition names, wrapped ones too."""
    key = Scalar(definition.class_name, definition.place, definition.class_name)
    own = tuple((key, value) for value in definition.args)
    values: list[Value] = [Mapping((*own, *definition.kwargs), definition.place)]
    while values:
        value = values.pop()
        if isinstance(value, Sequence):
            values += value.items
        elif isinstance(value, Mapping):
            named = [each for key, each in value.entries if key.value == "Model"]
            yield from (each for each in named if isinstance(each, Scalar))
            values += [each for _, each in value.entries]


def _sequential_spec(definition: Definition, outer: Spec) -> Spec:
    problems, taken = Problems(), ("layers", "input", "name", "trainable")
    named = {str(key.value): value for key, value in definition.kwargs}
    for key, _ in definition.kwargs:
        if key.value not in taken:
            help = did_you_mean(str(key.value), taken) or f"it takes {', '.join(taken)}"
            problems.add(f"Sequential has no argument {shown(str(key.value))}", key.place, help=help)
    layers = definition.args[0] if definition.args else named.get("layers")
    if not isinstance(layers, Sequence) or len(definition.args) > 1:
        problems.raise_found()
        help = "write 'Sequential: [...]' or 'Sequential: {layers: [...]}'"
        culprit = definition.args[-1] if definition.args else layers
        found = f", not {kind_of(culprit)}" if culprit is not None else ""
        place = definition.place if culprit is None else culprit.place
        raise ModelError(Problem(f"Sequential takes a list of layers{found}", place, help=help))
    entries = tuple((key, value) for key, value in definition.kwargs if key.value == "input")
    document = Mapping((*entries, (Scalar("layers", layers.place), layers)), definition.place)
    spec = spec_of_document(document, {}, outer.directory, outer.scope)
    return msgspec.structs.replace(
        spec, kind="sequential", dialect=outer.dialect, problems=(*problems.found, *spec.problems)
    )
