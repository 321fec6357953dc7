"""What a layer says of itself as data: the axes of its tensors, its closed form, its gates, an example of it."""

from collections.abc import Mapping
from typing import Any

import msgspec

# The names of a tensor's axes, samples first; `...` stands for any number of axes.
Axes = tuple[str, ...]

ANY_AXES: Axes = ("samples", "...")
FEATURES_LAST: Axes = ("samples", "...", "features")
VECTOR: Axes = ("samples", "features")
SEQUENCE: Axes = ("samples", "timesteps", "features")
IMAGE: Axes = ("samples", "height", "width", "channels")
VOLUME: Axes = ("samples", "depth", "height", "width", "channels")


class Tensors(msgspec.Struct, frozen=True):
    """The tensors that go into a layer, or come out of it.

    `axes` names the axes of each; after those of the last tensor come others that it may
    have. `words` say what names cannot, with a {} for each of the axes, and {states} for
    the names of the layer's states. `of` says what a tensor holds where it is no features,
    `indices`: two axes of such are samples and timesteps.
    """

    axes: tuple[Axes, ...] = ()
    words: str = ""
    of: str = ""


def channels_first(axes: Axes) -> Axes:
    """The same axes with data_format channels_first: the last stands after the samples, or after the timesteps."""
    place = 2 if "timesteps" in axes[1:2] and len(axes) > 3 else 1
    *others, last = axes
    return (*others[:place], last, *others[place:]) if others else axes


class When(msgspec.Struct, frozen=True):
    """The formula that holds where an argument has a value that is not its default."""

    argument: str
    value: Any
    formula: str


class ClosedForm(msgspec.Struct, frozen=True):
    """How many params a layer has, as a formula of the axes of its inputs and of its arguments.

    `formula` is of whole numbers, names, + - * // and `prod(argument)`; None where none can
    be written, and `words` say it. Arguments that neither it nor `otherwise` speaks of are
    as they are by default, or change nothing. `null` names the argument that stands in for
    one that is null.
    """

    formula: str | None = "0"
    words: str = ""
    otherwise: tuple[When, ...] = ()
    null: Mapping[str, str] = {}


class Gate(msgspec.Struct, frozen=True):
    """One gate of a recurrent layer: its letter in the papers, its name, its activation, and what it decides.

    `activation` is the argument that has it, or the activation itself. What could become the new state is called
    `candidate`: it weighs as much as a gate.
    """

    letter: str
    name: str
    activation: str
    decides: str

    @property
    def is_candidate(self) -> bool:
        """Whether it is no gate in the strict sense."""
        return self.name == "candidate"


class Elsewhere(msgspec.Struct, frozen=True):
    """What another library has for the same layer, by the biases of a gate there.

    `biases` where the layer has biases, `without` where it has none, `more` vectors of
    units besides. It is told only where a gate of the layer has `beside` biases, if that
    is stated.
    """

    library: str
    biases: int
    without: int = 0
    more: int = 0
    beside: int | None = None


class Gating(msgspec.Struct, frozen=True, kw_only=True):
    """What a recurrent layer does at each timestep.

    `gates` stand in the order of Keras's columns. `steps` say how the new states are made
    of them, a label and a text each, in which {activation} and other arguments stand for
    what they are, and {bias} for ` + bias` where there is one. `story` says it in words that teach,
    `states` what each state is, `lesson` why others count otherwise; {reads} begins a story for
    a layer and for a cell alike. `family` is the name that layers of the same gates share.
    """

    gates: tuple[Gate, ...]
    steps: tuple[tuple[str, str], ...]
    family: str = ""
    story: str = ""
    states: str = ""
    elsewhere: tuple[Elsewhere, ...] = ()
    lesson: str = ""


class Size(msgspec.Struct, frozen=True):
    """A size in an example: its name in formulas, and a number for it, best a prime of its own."""

    name: str
    value: int


class Example(msgspec.Struct, frozen=True):
    """A small layer of a class: arguments that cannot be guessed from what they take, and the axes of its inputs.

    `said` tells of arguments on which a formula depends.
    """

    arguments: Mapping[str, Any] = {}
    inputs: tuple[Axes, ...] = ()
    said: str = ""
