"""What the command line says of layers that nobody knows: `--custom NAME=...`, or a YAML file of Custom statements."""

import re

import msgspec

from lstmcalc.errors import ModelError, Problem, shown
from lstmcalc.formats.items import read_item
from lstmcalc.formats.spec import Definition
from lstmcalc.formats.values import Mapping, Scalar, Sequence, Value
from lstmcalc.formats.variables import Scope
from lstmcalc.limits import DIMENSION, RANK

IDENTITY = "identity"
SHAPE = re.compile(r"\s*(\([^()]*\))\s*(?:,\s*([0-9_,]+)\s*)?")
TAKES = 'takes NAME=identity, "NAME=(None, 64), 8256" or a YAML file of Custom statements'


class Declaration(msgspec.Struct, frozen=True, eq=False):
    """What a layer is: its output's shape, samples first (None for its input's), and its params; or a statement."""

    name: str
    shape: tuple[int | None, ...] | None = None
    params: int | None = None
    statement: Definition | None = None


Declarations = dict[str, Declaration]


def read_customs(given: tuple[str, ...]) -> Declarations:
    """The declarations of `--custom`, by the name of a class or of a layer. Raises ModelError."""
    found: Declarations = {}
    for each in given:
        for declared in [_declaration(each)] if "=" in each else _of_file(each):
            if declared.name in found:
                raise _wrong(each, f"declares {shown(declared.name)} twice")
            found[declared.name] = declared
    return found


def _declaration(text: str) -> Declaration:
    name, _, value = text.partition("=")
    name = name.strip()
    if not name:
        raise _wrong(text, "has no name before the '='")
    if value.strip() == IDENTITY:
        return Declaration(name)
    matched = SHAPE.fullmatch(value)
    if matched is None:
        raise _wrong(text, TAKES)
    digits = re.sub("[_,]", "", matched[2] or "")
    return Declaration(name, _shape(text, matched[1]), int(digits) if digits else None)


def _shape(text: str, written: str) -> tuple[int | None, ...]:
    from ast import literal_eval

    try:
        found = literal_eval(written)
    except (ValueError, SyntaxError):
        raise _wrong(text, "has a shape that is none: write (None, 64), samples first") from None
    sizes = found if isinstance(found, tuple) else (found,)
    if not 1 <= len(sizes) <= RANK or not all(
        each is None or (type(each) is int and 1 <= each <= DIMENSION) for each in sizes
    ):
        raise _wrong(text, "has a shape that is none: write (None, 64), samples first")
    return sizes


def _of_file(path: str) -> list[Declaration]:
    """The Custom statements of a YAML file: a list of them, or one."""
    from lstmcalc.formats.files import read_text
    from lstmcalc.formats.yaml import read_yaml

    root = read_yaml(read_text(path), empty="there is nothing in it: it takes a list of Custom statements")
    items: tuple[Value, ...] = root.items if isinstance(root, Sequence) else (root,)
    found = []
    for each in items:
        item = read_item(each, Scope({}))
        kwargs = item.kwargs
        if item.args and isinstance(item.args[0], Mapping):
            kwargs = item.args[0].entries
        name = next((value for key, value in kwargs if key.value == "class"), None)
        if item.class_name != "Custom" or not isinstance(name, Scalar):
            message = (
                "a declaration is a Custom statement: 'Custom: {class: MyLayer, output_shape: [64], weights: {...}}'"
            )
            raise ModelError(Problem(message, each.place))
        statement = Definition("Custom", item.place, (), kwargs)
        found.append(Declaration(str(name.value), statement=statement))
    return found


def _wrong(text: str, message: str) -> ModelError:
    return ModelError(Problem(f"--custom {shown(text)} {message}", file=None))
