"""Raw values with their places: what every reader of `spec/` gives."""

from collections.abc import Callable

import msgspec

from lstmcalc.errors import ModelError, Place, Problem, shown


class Scalar(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A number, a string, a boolean or null.

    `text` is what was written. `is_plain` says that no quotes stand around it, and
    `is_variable` that it stands for a variable, or for arithmetic with some.
    """

    value: int | float | bool | str | None
    place: Place
    text: str = ""
    is_plain: bool = False
    is_variable: bool = False


class Sequence(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A list."""

    items: tuple["Value", ...]
    place: Place


class Mapping(msgspec.Struct, frozen=True, eq=False, gc=False):
    """Keys and values in the order in which they were written."""

    entries: tuple[tuple[Scalar, "Value"], ...]
    place: Place

    def get(self, key: str) -> "Value | None":
        """The value of a key, None when it is not there."""
        return next((value for name, value in self.entries if name.value == key), None)


class Constructor(msgspec.Struct, frozen=True, eq=False, gc=False):
    """`LSTM(5, return_sequences=True)` in an expression."""

    name: str
    args: tuple["Value", ...]
    kwargs: tuple[tuple[Scalar, "Value"], ...]
    place: Place


class Sum(msgspec.Struct, frozen=True, eq=False, gc=False):
    """Integer arithmetic whose variables are not known yet: `left operator right`; `height` operations deep."""

    operator: str
    left: "Value"
    right: "Value"
    place: Place
    height: int = 1


class CallOutput(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A tensor that a call gives: the number of the call in its Spec, and which of its outputs it is."""

    call: int
    index: int
    place: Place


Value = Scalar | Sequence | Mapping | Constructor | Sum | CallOutput
Plain = int | float | bool | str | None | list["Plain"] | dict[str, "Plain"]


ArgumentNames = Callable[[str], tuple[str, ...]]


def plain(value: Value, names: ArgumentNames = lambda called: ()) -> Plain:
    """A value without its places. A call becomes what Keras saves of an object: its class name and config.

    `names` gives the names of the arguments that may stand without one in a call. Raises
    ModelError for a call with more of them.
    """
    match value:
        case Scalar():
            return value.value
        case Sequence():
            return [plain(item, names) for item in value.items]
        case Mapping():
            return {str(key.value): plain(item, names) for key, item in value.entries}
        case Constructor():
            unnamed = dict(zip(names(value.name), value.args, strict=False))
            named = {str(key.value): item for key, item in value.kwargs}
            _refuse_arguments(value, len(unnamed), unnamed.keys() & named.keys())
            config = {name: plain(item, names) for name, item in (unnamed | named).items()}
            return {"class_name": value.name, "config": config}
        case Sum() | CallOutput():
            raise AssertionError("variables are replaced, and tensors resolved, before a value is made plain")


def _refuse_arguments(call: Constructor, unnamed: int, twice: set[str]) -> None:
    for key, _ in call.kwargs:
        if key.value in twice:
            raise ModelError(Problem(f"{call.name} has the argument {shown(key.value)} twice", key.place))
    if len(call.args) > unnamed:
        takes = f"{unnamed} argument{'s' if unnamed > 1 else ''}" if unnamed else "no argument"
        message = f"{call.name} takes {takes} without a name here, but has {len(call.args)}"
        help = "write each argument with its name, name=value"
        raise ModelError(Problem(message, call.args[unnamed].place, help=help))


def kind_of(value: Value) -> str:
    """What a value is, in the words of an error message."""
    match value:
        case Scalar(value=None):
            return "null" if value.text else "an empty value"
        case Scalar(value=bool()):
            return shown(value.value)
        case Scalar(value=str()):
            return f"the string {shown(value.value)}"
        case Scalar():
            number = shown(value.value)
            return number if " " in number else f"the number {number}"
        case Sequence():
            return "a list" if value.items else "an empty list"
        case Mapping():
            return "a mapping" if value.entries else "an empty mapping"
        case Constructor():
            return f"the call {value.name}(...)"
        case Sum():
            return "arithmetic"
        case CallOutput():
            return "a tensor"
