"""What all models of one build share."""

import msgspec

from lstmcalc.errors import Problems
from lstmcalc.formats.spec import Spec
from lstmcalc.layers.base import Names


class Bindings(msgspec.Struct, frozen=True):
    """What the command line says of the inputs: `--timesteps [INPUT=]N` (by input, None for all) and `--batch N`."""

    timesteps: dict[str | None, int] = {}
    batch: int | None = None


class Faulty(Exception):
    """A layer inside is at fault, and its problem is kept already."""


class Context:
    """What all models of one build share: names, problems, how deep and how many."""

    def __init__(self, bindings: Bindings, dtype: str) -> None:
        self.bindings = bindings
        self.dtype = dtype
        self.names = Names()
        self.problems = Problems()
        self.files: list[str] = []
        self.specs: dict[str, Spec] = {}
        self.sizes: dict[str, int] = {}
        self.graphs: set[str] = set()
        self.depth = 0
        self.layers = 0
