"""From what a user names to a Model: the three doors of the Python interface and the one of the commands."""

import os
from collections.abc import Callable
from typing import Any, TypeVar

from lstmcalc.errors import ModelError, Problem, Source
from lstmcalc.formats.document import spec_of_document, spec_of_expression
from lstmcalc.formats.files import spec_reader
from lstmcalc.formats.spec import Spec
from lstmcalc.formats.variables import Variables
from lstmcalc.formats.yaml import read_yaml
from lstmcalc.limits import NESTING
from lstmcalc.models.build import build
from lstmcalc.models.context import Bindings
from lstmcalc.models.model import Model

Made = TypeVar("Made")


def model_of(source: str, given: dict[str, Any] | None = None, bindings: Bindings | None = None) -> Model:
    """The model of a MODEL argument: a path, `-`, or an expression. Raises ModelError."""
    return spec_and_model_of(source, given, bindings)[1]


def spec_and_model_of(
    source: str, given: dict[str, Any] | None = None, bindings: Bindings | None = None
) -> tuple[Spec, Model]:
    """What a MODEL argument says, and the model of it. Raises ModelError."""
    return Template(source, bindings).spec_and_model(variables_of(given))


class Template:
    """A MODEL argument, read once, of which models are made with values of its variables. Raises ModelError."""

    def __init__(self, source: str, bindings: Bindings | None = None) -> None:
        path = os.fsdecode(source)
        self.bindings = bindings
        self.file = path if os.path.exists(path) else None
        self.read = _within_the_stack(lambda: spec_reader(path))

    def spec_and_model(self, given: Variables) -> tuple[Spec, Model]:
        """What it says with those values, and the model of it. Raises ModelError."""

        def make() -> tuple[Spec, Model]:
            spec = self.read(given)
            return spec, build(spec, self.bindings, self.file)

        return _within_the_stack(make)


def model_of_expression(expression: str, given: dict[str, Any] | None = None) -> Model:
    """The model of a one-line expression. Raises ModelError."""
    source = Source("<expression>", expression, is_file=False)
    return _within_the_stack(lambda: build(spec_of_expression(source, variables_of(given))))


def model_of_text(source: Source, given: dict[str, Any] | None = None) -> Model:
    """The model of a YAML text. Raises ModelError."""
    return _within_the_stack(lambda: build(spec_of_document(read_yaml(source), variables_of(given))))


def model_of_dict(spec: dict[str, Any], given: dict[str, Any] | None = None) -> Model:
    """The model of a dictionary with the keys of a spec; places count in it written as JSON. Raises ModelError."""
    from lstmcalc.formats.objects import written

    return model_of_text(written("<dict>", spec), given)


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
        source = Source(f"--set {name}", value, is_file=False) if isinstance(value, str) else _written(name, value)
        variables[name] = read_yaml(source, empty=f"--set gives '{name}' no value")
    return variables


def _written(name: str, value: object) -> Source:
    from lstmcalc.formats.objects import written

    return written(f"--set {name}", value)
