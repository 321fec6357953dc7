"""From what a user names to a Model: the three doors of the Python interface and the one of the commands."""

import os
from typing import Any

import msgspec

from lstmcalc.build import Bindings, build
from lstmcalc.errors import ModelError, Problem, Source
from lstmcalc.limits import SPEC_BYTES
from lstmcalc.model import Model
from lstmcalc.spec.files import read_spec
from lstmcalc.spec.spec import spec_of_document, spec_of_expression
from lstmcalc.spec.variables import Variables
from lstmcalc.spec.yaml import read_yaml


def model_of(source: str, given: dict[str, Any] | None = None, bindings: Bindings | None = None) -> Model:
    """The model of a MODEL argument: a path, `-`, or an expression. Raises ModelError."""
    path = os.fspath(source)
    spec = read_spec(path, _variables(given))
    return build(spec, bindings, path if os.path.exists(path) else None)


def model_of_expression(expression: str, given: dict[str, Any] | None = None) -> Model:
    """The model of a one-line expression. Raises ModelError."""
    return build(spec_of_expression(Source("<expression>", expression, is_file=False), _variables(given)))


def model_of_dict(spec: dict[str, Any], given: dict[str, Any] | None = None) -> Model:
    """The model of a dictionary with the keys of a spec; places count in it written as JSON. Raises ModelError."""
    source = _json_source("<dict>", spec)
    return build(spec_of_document(read_yaml(source), _variables(given)))


def _variables(given: dict[str, Any] | None) -> Variables:
    variables: Variables = {}
    for name, value in (given or {}).items():
        text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        variables[name] = read_yaml(Source(f"--set {name}", text or "''", is_file=False))
    return variables


def _json_source(name: str, value: Any) -> Source:
    try:
        text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    except (TypeError, ValueError, RecursionError, UnicodeError) as error:
        raise ModelError(Problem(f"{name} cannot be read: {error}")) from None
    if len(text) > SPEC_BYTES:
        raise ModelError(Problem(f"{name} is larger than {SPEC_BYTES // 2**20} MiB, the most that a spec may be"))
    return Source(name, text, is_file=False)
