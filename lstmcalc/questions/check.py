"""Models held against every budget that is theirs: of their spec, of a project, of the caller, over another model."""

import os
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from lstmcalc.errors import ModelError, NoModelFound, Note, Place, Problem, Problems, Refusal, merge_notes, shown
from lstmcalc.facts.summary import Summary, summarize
from lstmcalc.formats.revisions import PREFIX, lacks
from lstmcalc.models.model import BuiltModel
from lstmcalc.questions.budget import Held, Limit, hold, read_budget
from lstmcalc.questions.project import Project, find_project
from lstmcalc.questions.sides import Side, side_of
from lstmcalc.reference.units import increase
from lstmcalc.sources import SCRIPTS, Reading


class Checked(msgspec.Struct, frozen=True):
    """The budgets of one MODEL argument, held; `file` is None where it is no file.

    `is_new` says that the baseline has no such file, so that no increase binds it. `places` are where the largest
    layers are made of the budgets that are exceeded.
    """

    model: str
    name: str
    held: tuple[Held, ...]
    file: str | None = None
    is_new: bool = False
    notes: tuple[Note, ...] = ()
    places: tuple[tuple[str, Place], ...] = ()

    def place_of(self, held: Held) -> Place | None:
        """Where to look at first: the limit where a file states it, else where the largest layer is made."""
        if held.limit.place is not None or not held.largest:
            return held.limit.place
        return dict(self.places).get(held.largest[0][0])

    @property
    def exceeded(self) -> tuple[Held, ...]:
        """The budgets that it does not keep."""
        return tuple(each for each in self.held if not each.fits)


class Checkup(msgspec.Struct, frozen=True):
    """Every MODEL argument with its budgets held, and the notes of all."""

    models: tuple[Checked, ...]
    notes: tuple[Note, ...]

    @property
    def exceeds(self) -> bool:
        """Whether any does not keep one of its budgets."""
        return any(checked.exceeded for checked in self.models)


class Increase(msgspec.Struct, frozen=True):
    """What a model may be more than another: `5%` or `2k` of params, or a size such as `4 KiB`."""

    written: str

    @property
    def metric(self) -> str:
        """`params`, or `size` where bytes are written."""
        return "size" if self.written.rstrip().endswith("B") else "params"

    def over(self, old: Summary, name: str) -> Limit:
        """The limit for a model that is compared with `old`, which is called by that name."""
        base = old.total.size_bytes if self.metric == "size" else old.total.params
        most = increase(base, self.written, self.metric)
        written = f"{self.written} over {base:,}{' B' if self.metric == 'size' else ''} of {name}"
        return Limit(self.metric, most, written, option="--max-increase")


def increase_of(text: str) -> Increase:
    """The increase of a text. Raises Refusal."""
    asked = Increase(text)
    try:
        increase(0, text, asked.metric)
    except Refusal:
        raise Refusal(f"takes 5%, 2k or 4KiB, not '{text}'") from None
    return asked


class Baseline(msgspec.Struct, frozen=True):
    """What models are compared with, a MODEL argument or `git:REV` alone, and what they may be more."""

    old: str
    increase: Increase

    def limit(self, model: str, reading: Reading) -> Limit | None:
        """The limit for a MODEL argument; None for a file that the revision does not have. Raises ModelError."""
        old = self._of(model)
        try:
            return self.increase.over(side_of(old, reading).summary, old)
        except ModelError:
            if self._is_revision_alone and lacks(old):
                return None
            raise

    def _of(self, model: str) -> str:
        """What a MODEL argument is compared with: `git:REV` alone is the model's own file there. Raises ModelError."""
        if not self._is_revision_alone:
            return self.old
        if not os.path.isfile(model):
            message = f"--baseline {self.old} is the model's own file there, and {shown(model)} is no file"
            raise ModelError(Problem(message, help=f"name a file of the revision: --baseline {self.old}:model.yaml"))
        return f"{self.old}:./{os.path.relpath(model)}"

    @property
    def _is_revision_alone(self) -> bool:
        return self.old.startswith(PREFIX) and ":" not in self.old.removeprefix(PREFIX)


def over(old: Side, increase: str | None) -> Limit:
    """The limit for a model that may be so much more than another. Raises ModelError."""
    if increase is None:
        raise ModelError(Problem("a baseline takes an increase, and there is none", help="give both"))
    try:
        return increase_of(increase).over(old.summary, old.source)
    except Refusal as refusal:
        raise ModelError(Problem(f"an increase {refusal.message}")) from None


def check(model: BuiltModel, limits: Iterable[Limit], dtype: str | None = None) -> tuple[Held, ...]:
    """The limits held against a model, sizes as if floats had `dtype`. Raises ModelError, for none of them too."""
    listed = tuple(limits)
    if not listed:
        raise _without_budget(model.name, "write 'budget: {params: 1M}' in the spec, or give one: {'params': '1M'}")
    return hold(model, summarize(model, dtype), listed, dtype)


def check_each(
    models: Sequence[str], limits: Sequence[Limit], baseline: Baseline | None, reading: Reading, if_budgeted: bool
) -> Checkup:
    """Every MODEL argument, or those of the project, with its budgets held.

    `if_budgeted` lets those pass that have none. Raises ModelError with what is wrong with any.
    """
    project = find_project()
    models = models or project.models
    if not models:
        help = 'name a MODEL, or models in pyproject.toml: [tool.lstmcalc] models = ["models/*.yaml"]'
        raise ModelError(Problem("there is no model to check", help=help))
    problems = Problems()
    checked: list[Checked] = []
    for source in models:
        with problems.caught():
            checked.append(_checked(source, (project, limits, baseline), reading, if_budgeted))
    problems.raise_found()
    if models == project.models:
        problems.found.extend(project.find_missed(models, (held for each in checked for held in each.held)))
        problems.raise_found()
    return Checkup(tuple(checked), merge_notes(note for model in checked for note in model.notes))


def _checked(
    source: str, bounds: tuple[Project, Sequence[Limit], Baseline | None], reading: Reading, if_budgeted: bool
) -> Checked:
    project, limits, baseline = bounds
    file = source if os.path.isfile(source) else None
    is_script = source.endswith(SCRIPTS)
    if if_budgeted and is_script and baseline is None and not (limits or project.limits_of(source)):
        return Checked(source, source, (), file)  # a script states no budget of its own
    try:
        spec, model = reading.spec_and_model(source)
    except NoModelFound:
        if if_budgeted:
            return Checked(source, source, (), file)
        raise
    found = (*read_budget(spec.budget), *project.limits_of(source), *limits)
    relative = baseline.limit(source, reading) if baseline is not None else None
    if relative is not None:
        found += (relative,)
    elif not found and baseline is None and not if_budgeted:
        help = "write 'budget: {params: 1M}' in the spec, give --max-params 1M, or let it pass with --if-budgeted"
        raise _without_budget(model.name, help, source if os.path.exists(source) else None)
    held = hold(model, summarize(model, reading.dtype), found, reading.dtype)
    is_new = baseline is not None and relative is None
    return Checked(source, model.name, held, file, is_new, model.notes, tuple(_places(model, held)))


def _places(model: BuiltModel, held: Sequence[Held]) -> Iterator[tuple[str, Place]]:
    """Where the largest layers of what is exceeded are made, as far as they are made in a file."""
    names = {each.largest[0][0] for each in held if not each.fits and each.largest}
    for placed in model.placed:
        if placed.layer.name in names and placed.place is not None and placed.place.source.is_file:
            yield placed.layer.name, placed.place


def _without_budget(name: str, help: str, file: str | None = None) -> ModelError:
    return ModelError(Problem(f"the model {name!r} has no budget", help=help, file=file))
