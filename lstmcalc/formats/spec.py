"""The `Spec`: a model as it was written, its layers not yet looked up: what was made, and what was called on what."""

import msgspec

from lstmcalc.errors import Note, Place, Problem
from lstmcalc.formats.values import Scalar, Value
from lstmcalc.formats.variables import Scope


class Repeat(msgspec.Struct, frozen=True, eq=False, gc=False):
    """Which of so many copies of an item it is: `number` from 0, `times` of them, as the `repeat` at `place` says.

    `first` is the number of the first copy: of its definition, or of its call where nothing is
    made. `group` is the place of the outermost group that it stands in, None in none.
    """

    number: int
    times: int
    place: Place
    first: int
    group: Place | None = None


class Saved(msgspec.Struct, frozen=True, eq=False, gc=False):
    """What Keras saved of a layer beside its arguments.

    One that `is_own` is of a class that its author wrote, one that `is_keras` of a module of Keras, as the
    file says it. `built_on` is the shape that it was
    built on, and `gives` that of its output, where the config has them, samples first; layers of
    one `shared` number are one layer.
    """

    is_own: bool = False
    built_on: Value | None = None
    shared: int | None = None
    gives: Value | None = None
    is_keras: bool = False


class Definition(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A layer that was made: its class with its arguments, and what stands beside the class of the layer itself.

    `older` are the words that an older Keras had for arguments, by the names that they have now.
    One with `problems` could not be read: its class is a guess, and it has no arguments.
    `saved` is there where Keras saved it, `model` is that of a model inside which was read already.
    """

    class_name: str
    place: Place
    args: tuple[Value, ...] = ()
    kwargs: tuple[tuple[Scalar, Value], ...] = ()
    name: Value | None = None
    trainable: Value | None = None
    repeat: Repeat | None = None
    problems: tuple[Problem, ...] = ()
    older: dict[str, str] = {}
    saved: Saved | None = None
    model: "Spec | None" = None


class Call(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A call of a layer: which one, on what, and with which arguments of the call.

    `layer` is the number of its definition, or a reference to a layer that stands above (`reuse`).
    `inputs` are references, by names or by the numbers of calls; without them the call takes
    what the call before gave. `name` is that of what the call gives, where the layer has another.
    `made` definitions were made by then: Keras names a layer when it is made, and some name
    layers of their own when they are called.
    `repeat` says which copy it is of a call in a group.
    """

    layer: int | Value
    place: Place
    made: int
    inputs: Value | None = None
    arguments: dict[str, Value] = {}
    name: Value | None = None
    repeat: Repeat | None = None
    problems: tuple[Problem, ...] = ()


class Input(msgspec.Struct, frozen=True, eq=False):
    """One input as it was written: a shape, or a mapping with `shape`, `dtype` and `batch`."""

    name: Scalar | None
    value: Value


class Spec(msgspec.Struct, frozen=True, eq=False):
    """A model as it was written: definitions and calls, each in the order in which they were made.

    `dialect` is that of its words, None where it does not say it. `problems` are those of its
    top level, those of an item are in its definition or its call. What Keras saved, `is_saved`: Keras
    took it, so what is refused by choice is only noted. `input_calls` are the calls that are
    the inputs, in their order, where that is another than that of the calls. `holds_weights` says
    whether weights stand in the same file, `notes` what is to be said of how it was read, and `asks`
    what is to be asked for where it cannot be built, since sizes were left unknown.
    """

    place: Place
    definitions: tuple[Definition, ...]
    calls: tuple[Call, ...]
    inputs: tuple[Input, ...] = ()
    name: str | None = None
    kind: str | None = None
    names_inputs: bool = False
    outputs: Value | None = None
    budget: Value | None = None
    dtype: Value | None = None
    dialect: str | None = None
    directory: str = ""
    scope: Scope = Scope({})
    problems: tuple[Problem, ...] = ()
    is_saved: bool = False
    holds_weights: bool = False
    input_calls: tuple[int, ...] = ()
    notes: tuple[Note, ...] = ()
    asks: tuple[Problem, ...] = ()
