"""Parameter counts and shapes of sequence models, as Keras has them, without Keras."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lstmcalc.api import Model
    from lstmcalc.errors import ModelError

__all__ = ["Model", "ModelError", "__version__", "from_dict", "load", "parse"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """The classes, imported when they are asked for: most of a start would be spent on them."""
    if name == "Model":
        from lstmcalc.api import Model

        return Model
    if name == "ModelError":
        from lstmcalc.errors import ModelError

        return ModelError
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load(
    path: str, *, set: "dict[str, Any] | None" = None, dialect: str | None = None, custom: "str | tuple[str, ...]" = ()
) -> "Model":
    """The model of a spec file (YAML).

    `set` gives variables their values, as `--set` does; `dialect` (keras1, keras2, keras3)
    says whose words it has where it does not say it. Raises ModelError with every mistake
    that was found, each with its file, line and column.
    """
    from lstmcalc import api

    return api.load(path, set, dialect, custom)


def parse(expression: str, *, set: "dict[str, Any] | None" = None, dialect: str | None = None) -> "Model":
    """The model of a one-line expression: `Input(5, 1) | LSTM(5)`. `dialect` is as for `load`. Raises ModelError."""
    from lstmcalc import api

    return api.parse(expression, set, dialect)


def from_dict(spec: "dict[str, Any]", *, set: "dict[str, Any] | None" = None) -> "Model":
    """The model of a dictionary with the keys of a spec. Raises ModelError."""
    from lstmcalc import api

    return api.from_dict(spec, set)
