"""The doors for Python: a model from a file, an expression or a dictionary, with Keras's methods."""

from collections.abc import Callable, Mapping, Sequence
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

import msgspec

from lstmcalc import sources
from lstmcalc.facts.summary import summarize
from lstmcalc.models import model
from lstmcalc.models.walk import written
from lstmcalc.views.table import render

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lstmcalc.arrays.run import Step, Watch

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


class Model(model.Model, frozen=True, eq=False, kw_only=True):
    """A model with its shapes inferred and its params counted; `lstmcalc.load`, `parse` and `from_dict` give one."""

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
        table = render(self, line_length, expand_nested, show_trainable)
        if print_fn is None:
            print(table, end="")  # noqa: T201
        else:
            print_fn(table)

    def to_dict(self) -> dict[str, Any]:
        """The object that `lstmcalc summary --format json` prints; `lstmcalc schema summary` is its schema."""
        from lstmcalc.facts.objects import object_of

        fields: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(object_of(summarize(self))))
        return fields

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
            layers.setdefault(written(step.path), []).extend(step.outputs)
        return Run(outputs, kept, {path: _one_or_all(arrays) for path, arrays in layers.items()})

    def _run(
        self, x: Any, weights: Any, states: Any, dtype: str, watch: "Watch | None"
    ) -> "tuple[Array | list[Array], dict[str, tuple[Array, ...]]]":
        from lstmcalc.arrays.inputs import arranged
        from lstmcalc.arrays.run import run
        from lstmcalc.arrays.weights import by_identity

        ran = run(self, arranged(self, x, dtype), by_identity(self, weights), states, dtype, watch)
        return _one_or_all(ran.outputs), ran.states


def _one_or_all(arrays: "Sequence[Array]") -> "Array | list[Array]":
    return arrays[0] if len(arrays) == 1 else list(arrays)


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
