"""The doors for Python: a model from a file, an expression or a dictionary, with Keras's methods."""

from collections.abc import Callable, Mapping, Sequence
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

import msgspec

from lstmcalc import sources
from lstmcalc.containers.files import write_text
from lstmcalc.errors import ModelError, Problem, did_you_mean, shown
from lstmcalc.facts.summary import summarize
from lstmcalc.formats.spec import Spec
from lstmcalc.formats.values import Value
from lstmcalc.layers.base import Layer
from lstmcalc.models import model
from lstmcalc.models.walk import join_path
from lstmcalc.reference.keys import DIALECTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lstmcalc.arrays.run import Step, Watch
    from lstmcalc.arrays.verify import Verification
    from lstmcalc.questions.budget import Held
    from lstmcalc.questions.diff import Difference
    from lstmcalc.questions.explain import Explanation
    from lstmcalc.questions.sides import Side

    Array = NDArray[Any]
    Weights = dict[str, list[Array]]


class Run(msgspec.Struct, frozen=True, eq=False):
    """What a run gave.

    `outputs` is as `predict` gives it. `states` are those of stateful layers by path
    (`lstm`, `bidirectional/forward_lstm`), for the next run. `layers` has what each layer
    gave by its path (`encoder/lstm` in a model inside): an array, or a list when the
    layer has several outputs or was called several times.
    """

    outputs: "Array | list[Array]"
    states: "dict[str, tuple[Array, ...]]"
    layers: "dict[str, Array | list[Array]]"


class Model(model.BuiltModel, frozen=True, eq=False, kw_only=True):
    """A model with its shapes inferred and its params counted; `lstmcalc.load`, `parse` and `from_dict` give one.

    `notes` say what of it is allowed and surely not meant, each with its `message`, `help`, `path`,
    `line` and `column`. `spec_budget` is the budget as its spec writes it, None where it has none.
    """

    spec_budget: Value | None = None

    def __repr__(self) -> str:
        return f"<{self.class_name} name={self.name}, params={self.count_params()}>"

    def summary(
        self,
        line_length: int | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        *,
        print_fn: Callable[[str], Any] | None = None,
    ) -> None:
        """Print Keras's table on standard output, or hand it to `print_fn`, whole, as `keras.Model.summary` does."""
        from lstmcalc.views.summary.look import SummaryLook
        from lstmcalc.views.summary.table import show

        look = SummaryLook(width=line_length, expand_nested=expand_nested, show_trainable=show_trainable)
        table = "".join(f"{line}\n" for line in show(summarize(self), look))
        if print_fn is None:
            print(table, end="")  # noqa: T201
        else:
            print_fn(table)

    def to_dict(self) -> dict[str, Any]:
        """The object that `lstmcalc summary --format json` prints; `lstmcalc schema summary` is its schema."""
        from lstmcalc.facts.objects import object_of

        fields: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(object_of(summarize(self))))
        return fields

    def get_layer(self, name: str) -> Layer:
        """The layer of that name, as `keras.Model.get_layer` gives it. Raises ModelError."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        names = [layer.name for layer in self.layers]
        help = did_you_mean(name, names) or f"the layers are: {', '.join(names[:20])}"
        raise ModelError(Problem(f"the model has no layer '{name}'", help=help, file=self.file))

    # What a command asks, a function asks: facts, which are not printed.

    def explain(self, *layers: str, dtype: str | None = None) -> "Explanation":
        """Where each number of these layers comes from, or of all: what `lstmcalc explain` tells.

        A layer inside another is named by its path, `encoder/dense`. `dtype` stands in for
        that of every weight where sizes are told. Raises ModelError for a name that no layer has.
        """
        from lstmcalc.questions.explain import explain

        return explain(self, layers, dtype)

    def check(  # type: ignore[override]  # of a layer it is another question: do its arguments go together
        self,
        budget: dict[str, Any] | None = None,
        *,
        baseline: "Model | str | PathLike[str] | None" = None,
        max_increase: str | None = None,
        dtype: str | None = None,
    ) -> "tuple[Held, ...]":
        """Budgets held against the model: each with its limit, the actual number and whether it `fits`.

        `budget` has the keys of a spec's (`{"params": "1M", "layers": {"lstm": {"size": "4 MiB"}}}`);
        without one the spec's own is held. With `baseline`, a model or a MODEL argument, the
        model may be `max_increase` more than that: `5%`, `2k` params, `4KiB`. `dtype` stands
        in for that of floats where sizes are told. Raises ModelError where there is no
        budget, for one that cannot be read, and for one on a number that is unknown.
        """
        from lstmcalc.questions.budget import budget_of, read_budget
        from lstmcalc.questions.check import check, over

        limits = read_budget(self.spec_budget) if budget is None else budget_of(budget)
        if baseline is not None or max_increase is not None:
            limits += (over(_side(baseline, dtype), max_increase),)
        return check(self, limits, dtype)

    def diff(self, other: "Model | str | PathLike[str]", *, dtype: str | None = None) -> "Difference":
        """What changed from this model to another: layers, totals, and the model itself.

        `other` is a model or a MODEL argument: a path, `git:REV:path`, an expression, a saved
        JSON summary. `dtype` stands in for that of every weight. Raises ModelError.
        """
        from lstmcalc.questions.diff import difference

        return difference(_side(self, dtype), _side(other, dtype))

    def convert(
        self,
        form: str,
        path: "str | PathLike[str] | None" = None,
        weights: "Mapping[str, Sequence[Any]] | str | PathLike[str] | None" = None,
    ) -> str:
        """The model in another form: `yaml`, `keras-json`, `python`, as a text that is written to `path` too.

        `keras` writes a .keras file that Keras 3 loads to `path`, with `weights` (as
        `get_weights` gives them, or a file) or those of the model's own file; its text is the config. Raises
        ModelError for what that form cannot say.
        """
        from lstmcalc.questions.convert import FORMS, convert, convert_weights

        if form not in FORMS:
            message = f"a model is converted to {', '.join(FORMS)}, not to {shown(form)}"
            raise ModelError(Problem(message, help=did_you_mean(form, FORMS)))
        if form == "keras":
            if path is None:
                raise ModelError(Problem("a .keras file needs a path", help="model.convert('keras', 'model.keras')"))
            given = fspath(weights) if isinstance(weights, str | PathLike) else weights
            convert_weights(self, fspath(path), given)
            return convert(self, "keras-json").text
        if weights is not None:
            raise ModelError(Problem(f"{form} holds no weights", help="model.convert('keras', path, weights)"))
        text = convert(self, form).text
        if path is not None:
            write_text(fspath(path), text)
        return text

    def verify(
        self,
        x: Any = None,
        *,
        weights: "Mapping[str, Sequence[Any]] | str | PathLike[str] | None" = None,
        expect: Any = None,
        seed: int = 0,
        atol: float = 1e-5,
        dtype: str = "float32",
        max_memory: int | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> "Verification":
        """A forward pass held against the inferred shapes, the counts, the closed forms and `expect`.

        `x` is as `predict` takes it, `expect` an output, a list of them or a mapping by
        reference, `weights` as `get_weights` gives them; each may be the path of a file
        instead. Without `x` and `weights` they are random, of `seed`. `max_memory` is in
        bytes, without it what the machine has; `progress` hears the name of each thing
        that is done. Raises ModelError for what cannot be read or run; what disagrees is
        in the result, which then does not `agree`.
        """
        from lstmcalc.arrays.trial import Request, prepare, run_trial

        request = Request(
            weights=weights, inputs=x, expect=expect, seed=seed, atol=atol, dtype=dtype, max_memory=max_memory
        )
        return run_trial(prepare(self, request), progress)

    # On arrays.

    def get_weights(self, seed: int = 0) -> "Weights":
        """Initial weights as Keras's initializers make them, as `{layer.name: layer.get_weights()}` would be in Keras.

        The same seed gives the same weights. A model inside is a layer here too: its
        weights stand in one list, in Keras's order. Layers without weights are left out.
        """
        from lstmcalc.arrays.initializers import initial_weights
        from lstmcalc.arrays.weights import by_layer

        return by_layer(self, initial_weights(self, seed))

    def load_weights(self, path: "str | PathLike[str]") -> "Weights":
        """The weights of a file, as `get_weights` gives them; nothing in the model changes.

        Reads .npz (`layer/0`, `layer/1`, ...), and with h5py .weights.h5, .keras and .h5 of
        Keras. Raises ModelError, naming the layers that they do not fit.
        """
        from lstmcalc.arrays.weights import by_layer, load_weights

        return by_layer(self, load_weights(self, fspath(path)))

    def save_weights(self, path: "str | PathLike[str]", weights: "Mapping[str, Sequence[Any]]") -> None:
        """Write weights to .npz, or with h5py to .weights.h5, which Keras 3 loads. Raises ModelError."""
        from lstmcalc.arrays.weights import save_weights

        save_weights(self, fspath(path), weights)

    def predict(
        self, x: Any, *, weights: "Mapping[str, Sequence[Any]]", dtype: str = "float32"
    ) -> "Array | list[Array]":
        """The outputs for `x`: an array, a list in the order of the inputs, or `{name: array}`; samples first.

        A list when there are several outputs. `weights` are as `get_weights` gives them;
        `dtype` is that of the computation, float32 or float64. Raises ModelError for what
        does not fit, and for layers that cannot be run.
        """
        return self._run(x, weights, {}, dtype, None)[0]

    def run(
        self,
        x: Any,
        *,
        weights: "Mapping[str, Sequence[Any]]",
        states: "Mapping[str, tuple[Array, ...]] | None" = None,
        dtype: str = "float32",
    ) -> Run:
        """The outputs as `predict` gives them, the states of stateful layers, and what each layer gave.

        `states` are those of the run before; without them, layers begin with zeros. The
        model keeps nothing. Raises ModelError as `predict` does.
        """
        steps: list[Step] = []
        outputs, kept = self._run(x, weights, states or {}, dtype, steps.append)
        layers: dict[str, list[Array]] = {}
        for step in sorted(steps, key=lambda step: step.node.index):
            layers.setdefault(join_path(step.path), []).extend(step.outputs)
        return Run(outputs, kept, {path: _one_or_all(arrays) for path, arrays in layers.items()})

    def _run(
        self, x: Any, weights: Any, states: Any, dtype: str, watch: "Watch | None"
    ) -> "tuple[Array | list[Array], dict[str, tuple[Array, ...]]]":
        from lstmcalc.arrays.inputs import arrange_inputs
        from lstmcalc.arrays.run import run
        from lstmcalc.arrays.weights import by_identity

        ran = run(self, arrange_inputs(self, x, dtype), by_identity(self, weights), states, dtype, watch)
        return _one_or_all(ran.outputs), ran.states


def _one_or_all(arrays: "Sequence[Array]") -> "Array | list[Array]":
    return arrays[0] if len(arrays) == 1 else list(arrays)


def _side(of: "Model | str | PathLike[str] | None", dtype: str | None) -> "Side":
    """One side of a comparison, a model that is there or a MODEL argument."""
    from lstmcalc.questions.sides import Side, side_of

    if isinstance(of, model.BuiltModel):
        return Side(of.file or of.name, summarize(of, dtype), of)
    if of is None:
        raise ModelError(Problem("an increase is that over a baseline, and there is none", help="give both"))
    return side_of(fspath(of), sources.Reading(dtype=dtype))


def load(
    path: "str | PathLike[str]",
    given: dict[str, Any] | None,
    dialect: str | None = None,
    custom: "str | tuple[str, ...]" = (),
) -> Model:
    """The model of a MODEL argument."""
    return _with_methods(
        *sources.Reading(
            given or {}, dialect=_dialect(dialect), customs=(custom,) if isinstance(custom, str) else tuple(custom)
        ).spec_and_model(fspath(path))
    )


def parse(expression: str, given: dict[str, Any] | None, dialect: str | None = None) -> Model:
    """The model of a one-line expression."""
    return _with_methods(*sources.of_expression(expression, given, _dialect(dialect)))


def _dialect(dialect: str | None) -> str | None:
    """A dialect that there is. Raises ModelError."""
    if dialect is not None and dialect not in DIALECTS:
        *first, last = DIALECTS
        message = f"'dialect' must be {', '.join(first)} or {last}, not {shown(dialect)}"
        raise ModelError(Problem(message, help=did_you_mean(str(dialect), DIALECTS)))
    return dialect


def from_dict(spec: dict[str, Any], given: dict[str, Any] | None) -> Model:
    """The model of a dictionary with the keys of a spec."""
    return _with_methods(*sources.of_dict(spec, given))


def _with_methods(spec: Spec, built: model.BuiltModel) -> Model:
    fields = {field: getattr(built, field) for field in built.__struct_fields__}
    return Model(spec_budget=spec.budget, **fields)
