"""The doors for Python: a model from a file, an expression or a dictionary, with Keras's methods."""

from typing import Any

import msgspec

from lstmcalc import model, sources
from lstmcalc.summary import summarize
from lstmcalc.views.json import summary_object
from lstmcalc.views.table import render


class Model(model.Model, frozen=True, eq=False, kw_only=True):
    """A model with its shapes inferred and its params counted; `lstmcalc.load`, `parse` and `from_dict` give one."""

    def summary(
        self, line_length: int | None = None, expand_nested: bool = False, show_trainable: bool = False
    ) -> None:
        """Print Keras's table on standard output; the arguments are those of `keras.Model.summary`."""
        print(render(self, line_length, expand_nested, show_trainable), end="")  # noqa: T201

    def to_dict(self) -> dict[str, Any]:
        """The object that `lstmcalc summary --format json` prints; `lstmcalc schema summary` is its schema."""
        fields: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(summary_object(summarize(self))))
        return fields


def load(path: str, given: dict[str, Any] | None) -> Model:
    """The model of a spec file."""
    return _with_methods(sources.model_of(path, given))


def parse(expression: str, given: dict[str, Any] | None) -> Model:
    """The model of a one-line expression."""
    return _with_methods(sources.model_of_expression(expression, given))


def from_dict(spec: dict[str, Any], given: dict[str, Any] | None) -> Model:
    """The model of a dictionary with the keys of a spec."""
    return _with_methods(sources.model_of_dict(spec, given))


def _with_methods(built: model.Model) -> Model:
    return Model(**{field: getattr(built, field) for field in built.__struct_fields__})
