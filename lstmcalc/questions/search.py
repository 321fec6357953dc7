"""Searching over variables: the value that a budget leaves room for, and every combination of values."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, pairwise, product

import msgspec

from lstmcalc.errors import ModelError, Note, Place, Problem, Source, merge_notes
from lstmcalc.facts.summary import summarize, totals
from lstmcalc.formats.values import Scalar, Value
from lstmcalc.formats.variables import Variables
from lstmcalc.models.model import BuiltModel
from lstmcalc.questions.budget import Held, Limit, hold, read_budget
from lstmcalc.questions.project import find_project
from lstmcalc.sources import Reading, variables_of

SCANNED = 10_000  # values that are all tried where the numbers neither grow nor shrink
SPREAD = 16  # values tried on each side of an answer, to see whether the numbers grow
FAR = 5  # doublings beyond it that are tried as well

OPEN, CLOSE = "[{(", "]})"
GROWS, SHRINKS, NEITHER = "grows", "shrinks", "neither"


class Probe(msgspec.Struct, frozen=True):
    """What one value of the variable gave: budgets held, or the error of a model that cannot be."""

    value: int
    held: tuple[Held, ...] = ()
    error: ModelError | None = None
    notes: tuple[Note, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether there is a model, and it keeps every budget."""
        return self.error is None and all(each.fits for each in self.held)


class Solution(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of a search between `low` and `high`: a value of a variable, or None where none fits.

    `trend` is what the numbers did at the values that were `tried`. Where it is
    "neither", every value between was tried; `is_cut` says that these were too many, and
    `high` is less than was allowed. `proof` has the answer's probe and that of its
    neighbour; where none fits, the one that comes closest. `notes` are those of its models.
    """

    variable: str
    value: int | None
    low: int
    high: int
    wants_least: bool
    trend: str
    tried: int
    is_cut: bool
    proof: tuple[Probe, ...]
    notes: tuple[Note, ...] = ()


class Search:
    """Tries values, each once."""

    def __init__(self, attempt: Callable[[int], Probe], low: int, high: int, wants_least: bool) -> None:
        self.attempt, self.low, self.high, self.wants_least = attempt, low, high, wants_least
        self.probes: dict[int, Probe] = {}

    def at(self, value: int) -> Probe:
        """The probe of a value."""
        if value not in self.probes:
            self.probes[value] = self.attempt(value)
        return self.probes[value]

    def solution(self, variable: str) -> Solution:
        """The largest value that fits, or the least. Raises ModelError where no value gives a model."""
        allowed = self.high
        self._gallop()
        value = self._bisected()
        if self.trend != NEITHER:
            self._spread(self.low if value is None else value)
            value = self._bisected()
        if self.trend == NEITHER:
            value = self._scanned()
        if all(probe.error is not None for probe in self.probes.values()):
            error = self.probes[self.low].error
            assert error is not None
            raise error
        proof = self._proof(value)
        return Solution(
            variable=variable,
            value=value,
            low=self.low,
            high=self.high,
            wants_least=self.wants_least,
            trend=self.trend,
            tried=len(self.probes),
            is_cut=self.high < allowed,
            proof=proof,
            notes=merge_notes(note for probe in proof for note in probe.notes),
        )

    @property
    def trend(self) -> str:
        """Whether every number grows, or shrinks, from each value that was tried to the next.

        Once a value fits, those that give no model may stand at both ends.
        """
        probes = [self.probes[value] for value in sorted(self.probes)]
        if any(probe.fits for probe in probes):
            made = [at for at, probe in enumerate(probes) if probe.error is None]
            probes = probes[made[0] : made[-1] + 1]
        if _is_ordered(probes):
            return GROWS
        return SHRINKS if _is_ordered(probes[::-1]) else NEITHER

    def _gallop(self) -> None:
        """Try values ever further apart, until what is searched lies between two of them, and one more."""
        step, value, before = 1, self.low, self.at(self.low).fits
        while value < self.high:
            value = min(value + step, self.high)
            step *= 2
            fits = self.at(value).fits
            if (before and not fits) or (self.wants_least and fits and not before):
                self.at(min(value + step, self.high))
                return
            before = fits

    def _bisected(self) -> int | None:
        """The answer where the numbers grow or shrink; None where none fits."""
        fitting = sorted(value for value, probe in self.probes.items() if probe.fits)
        if not fitting:
            return None
        if not self.wants_least and self.trend == SHRINKS and self.at(self.high).fits:
            return self.high
        ends = fitting[0] if self.wants_least else fitting[-1]
        beyond = [value for value in self.probes if (value < ends if self.wants_least else value > ends)]
        if not beyond:
            return ends
        outside = max(beyond) if self.wants_least else min(beyond)
        while abs(outside - ends) > 1:
            middle = (ends + outside) // 2
            ends, outside = (middle, outside) if self.at(middle).fits else (ends, middle)
        return ends

    def _spread(self, value: int) -> None:
        """Try values evenly on both sides, and those next to it."""
        above = min(2 * value + SPREAD - self.low, self.high)
        for near in range(value - 3, value + 4):
            if self.low <= near <= self.high:
                self.at(near)
        for part in range(1, SPREAD + 1):
            self.at(self.low + (value - self.low) * part // SPREAD)
            self.at(value + (above - value) * part // SPREAD)
        for doubling in range(1, FAR + 1):
            far = (2 << doubling) * value - value + (1 << doubling)
            if self.low <= far <= self.high:
                self.at(far)

    def _scanned(self) -> int | None:
        """The answer where every value has to be tried; the search ends at the last of them."""
        self.high = min(self.high, self.low + SCANNED - 1)
        values = range(self.low, self.high + 1)
        fitting = [value for value in values if self.at(value).fits]
        self.probes = {value: self.probes[value] for value in values}
        if not fitting:
            return None
        return fitting[0] if self.wants_least else fitting[-1]

    def _proof(self, value: int | None) -> tuple[Probe, ...]:
        if value is None:
            made = [probe for probe in self.probes.values() if probe.error is None]
            return (min(made, key=_excess),)
        beside = value - 1 if self.wants_least else value + 1
        return (self.at(value), self.at(beside)) if self.low <= beside <= self.high else (self.at(value),)


def _is_ordered(probes: Sequence[Probe]) -> bool:
    """Whether each number is at least that of the probe before; what cannot be built comes last."""
    for before, after in pairwise(probes):
        if after.error is not None:
            continue
        if before.error is not None or len(before.held) != len(after.held):
            return False
        if any(each.actual > other.actual for each, other in zip(before.held, after.held, strict=True)):
            return False
    return True


def _excess(probe: Probe) -> tuple[float, int]:
    return max(each.over / (each.limit.most or 1) for each in probe.held), probe.value


class Wanted(msgspec.Struct, frozen=True):
    """What is searched: a variable's largest value, or the least, of those allowed."""

    variable: str
    low: int
    high: int
    wants_least: bool


def solve(source: str, wanted: Wanted, limits: Sequence[Limit], reading: Reading) -> Solution:
    """The value with which a MODEL argument keeps all its budgets: of its spec, its project, and these.

    Raises ModelError for a model without any, and where no value gives a model.
    """
    template = reading.template(source)
    fixed = variables_of(reading.given)
    place = Place(Source(f"--var {wanted.variable}", "", is_file=False))
    others = (*find_project().limits_of(source), *limits)

    def attempt(value: int) -> Probe:
        try:
            spec, model = template.spec_and_model({**fixed, wanted.variable: Scalar(value, place, str(value))})
        except ModelError as error:
            return Probe(value, error=error)
        found = (*read_budget(spec.budget), *others)
        if not found:
            help = "write 'budget: {params: 1M}' in the spec, or give --max-params 1M"
            raise ModelError(Problem(f"the model {model.name!r} has no budget", help=help))
        held = hold(model, summarize(model, reading.dtype), found, reading.dtype)
        return Probe(value, held, notes=model.notes)

    return Search(attempt, wanted.low, wanted.high, wanted.wants_least).solution(wanted.variable)


# Combinations.


class SweepPoint(msgspec.Struct, frozen=True):
    """One combination of values, and the totals of its model, or its error."""

    values: tuple[str, ...]
    params: int | None = None
    trainable_params: int | None = None
    size_bytes: int | None = None
    macs: int | None = None
    error: ModelError | None = None
    notes: tuple[Note, ...] = ()


Choices = Mapping[str, Sequence[tuple[str, Value]]]


class Sweep(msgspec.Struct, frozen=True, eq=False):
    """The variables of a sweep with the texts of their values, and its points, each as it is known.

    `notes` are those of the points that were taken so far.
    """

    texts: dict[str, tuple[str, ...]]
    points: Iterator[SweepPoint]
    noted: list[Note]

    @property
    def notes(self) -> tuple[Note, ...]:
        """The notes of the models of the points so far, each once."""
        return merge_notes(self.noted)


def sweep(source: str, reading: Reading) -> Sweep:
    """Every combination of the values that `reading` gives, several of a variable with commas between them.

    Raises ModelError where none gives a model.
    """
    choices = {name: _values(name, text) for name, text in reading.given.items()}
    template = reading.template(source)
    points = points_of(lambda given: template.spec_and_model(given)[1], choices, {}, reading.dtype)
    texts = {name: tuple(text for text, _ in values) for name, values in choices.items()}
    noted: list[Note] = []

    def listened() -> Iterator[SweepPoint]:
        for point in chain([first], points):
            noted.extend(point.notes)
            yield point

    first = next(points)
    return Sweep(texts, listened(), noted)


def _values(name: str, text: str) -> list[tuple[str, Value]]:
    texts = list(_split(text))
    return [(each, variables_of({name: each})[name]) for each in texts]


def _split(text: str) -> Iterator[str]:
    """The parts between commas that stand in no brackets."""
    depth, start = 0, 0
    for position, character in enumerate(text):
        depth += (character in OPEN) - (character in CLOSE)
        if character == "," and depth == 0:
            yield text[start:position].strip()
            start = position + 1
    yield text[start:].strip()


def points_of(
    make: Callable[[Variables], BuiltModel], choices: Choices, fixed: Variables, dtype: str | None
) -> Iterator[SweepPoint]:
    """A point for each combination, the last variable changing fastest. Raises ModelError where none gives a model."""
    faulty: list[SweepPoint] = []
    has_model = False
    for combination in product(*choices.values()):
        texts = tuple(text for text, _ in combination)
        given = {**fixed, **{name: value for name, (_, value) in zip(choices, combination, strict=True)}}
        point = _point(make, texts, given, dtype)
        if has_model:
            yield point
        elif point.error is not None:
            faulty.append(point)
        else:
            has_model = True
            yield from faulty
            yield point
    if not has_model:
        error = faulty[0].error
        assert error is not None
        raise error


def _point(
    make: Callable[[Variables], BuiltModel], texts: tuple[str, ...], given: Variables, dtype: str | None
) -> SweepPoint:
    try:
        model = make(given)
        total, trainable, macs = totals(model, dtype)
    except ModelError as error:
        return SweepPoint(texts, error=error)
    return SweepPoint(texts, total.params, trainable.params, total.size_bytes, macs.total, notes=model.notes)
