"""What all models of one build share: while their layers are made, and while they are called."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from lstmcalc.errors import ModelError, Place, Problem, Problems
from lstmcalc.formats.spec import Spec
from lstmcalc.layers.base import Names
from lstmcalc.limits import LAYERS

if TYPE_CHECKING:
    from lstmcalc.formats.customs import Declarations
    from lstmcalc.formats.weights import HeldWeights
    from lstmcalc.models.calls import Called


class Bindings(msgspec.Struct, frozen=True):
    """What the command line says of the inputs: `--timesteps [INPUT=]N` (by input, None for all) and `--batch N`."""

    timesteps: dict[str | None, int] = {}
    batch: int | None = None


class Faulty(Exception):
    """A layer inside is at fault, and its problem is kept already."""


class Making:
    """While layers are made: problems, how many layers there are, and the files that the models stand in.

    `files` are those around the model that is made, `depth` how many models are around it;
    `customs` say what layers are that nobody knows, and the file `weights` what they hold.
    """

    def __init__(self, problems: Problems, customs: "Declarations | None" = None, weights: "str | None" = None) -> None:
        self.problems = problems
        self.weights = weights
        self.customs: Declarations = customs or {}
        self.declared: set[str] = set()  # those of them that were found
        self.layers = 0
        self.depth = 0
        self.files: list[str] = []
        self.specs: dict[str, Spec] = {}
        self.sizes: dict[str, int] = {}

    def count(self, more: int, place: Place, ahead: int = 0) -> None:
        """Count layers, and those that come `ahead`. Raises ModelError when there are more than `limits.LAYERS`."""
        self.layers += more
        layers = self.layers + ahead
        if layers > LAYERS:
            raise ModelError(Problem(f"a model has at most {LAYERS:,} layers, but this makes {layers:,}", place))

    @cached_property
    def held(self) -> "HeldWeights | None":
        """What the model's own file holds, by layer; None where it holds none. Raises ModelError."""
        if self.weights is None:
            return None
        from lstmcalc.formats.weights import weights_of_saved

        return weights_of_saved(self.weights)

    @contextmanager
    def inside(self, path: str | None) -> Iterator[None]:
        """A block in which a model inside another is made, of the file of that path."""
        self.depth += 1
        if path is not None:
            self.files.append(path)
        try:
            yield
        finally:
            self.depth -= 1
            if path is not None:
                self.files.pop()


class Calling(msgspec.Struct, frozen=True, eq=False):
    """While layers are called: the names given so far, problems, and what is bound.

    `shared` are the layers of a saved model that stand in it more than once, by the number that says so.
    """

    names: Names
    problems: Problems
    bindings: Bindings = Bindings()
    shared: "dict[int, Called]" = {}
