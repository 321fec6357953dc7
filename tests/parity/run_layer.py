"""One layer run on arrays, in live Keras and here, with the same weights, inputs and masks."""

import warnings
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from forward_layers import filled
from keras.src.backend import get_keras_mask
from one_layer import TAKE_A_LIST, is_nonsense
from other_layers import OF_THE_CALL, Drawn
from signal_layers import AUGMENTATION

import lstmcalc
from lstmcalc.errors import Refusal
from lstmcalc.layers.base import Layer, Ran
from lstmcalc.models.model import Placed

Array = np.ndarray[Any, Any]
LEFT_OUT = ("dtype", "autocast", "flash_attention")  # what says how it is computed, and nothing of what
POSITIVE = ("moving_variance", "moving_stddev", "renorm_stddev", "variance")
# Keras takes the variance as a difference of means, in float32, which costs digits where epsilon is small.
DIFFERENCES = ("LayerNormalization", "GroupNormalization")
# Keras moves masked scores by 1e9, so that where all are masked the digits of float32 decide.
MOVED = ("Attention", "AdditiveAttention")
# Sums of many waves, and their logarithm: in float32 the order of the sum shows.
TRANSFORMED = ("MelSpectrogram",)
INDICES = ("Embedding", "ReversibleEmbedding", "CategoryEncoding")
# What is refused, and what Keras runs where the sizes of some axes happen to be the same.
CONTRADICTED = (
    "Keras 3 infers that the last axis becomes the vector",
    "axis 0 is the samples",
    "GlobalAveragePooling1D takes a mask (samples, timesteps)",
)


class ContradictionError(Exception):
    """Keras gave another shape than it inferred."""


class Case:
    """A layer of both, or what one of them raised; its weights; arrays for its inputs, and their masks."""

    def __init__(self, class_name: str, drawn: Drawn, seed: int, masked: Sequence[bool], dtype: str) -> None:
        given, shapes = drawn
        self.class_name = class_name
        self.given = {key: value for key, value in given.items() if key not in LEFT_OUT}
        if class_name in DIFFERENCES:
            self.given["epsilon"] = max(self.given.get("epsilon", 0), 0.5)
        elif self.given.get("epsilon", 1) <= 0:
            self.given["epsilon"] = 1e-3  # nothing to divide by
        self.shapes = [filled(shape) for shape in shapes]
        self.dtype = "float32" if class_name in MOVED else "float64" if class_name in TRANSFORMED else dtype
        self.random = np.random.default_rng(seed)
        self.inputs = [self._input(shape) for shape in self.shapes]
        pairs = zip(self.inputs, [*masked, *(False,) * len(self.inputs)], strict=False)
        self.masks = tuple(self._mask(x) if is_masked and x.ndim > 1 else None for x, is_masked in pairs)
        for x, mask in zip(self.inputs, self.masks, strict=True):
            if mask is not None:
                x[~mask] = 0

    def _input(self, shape: tuple[int, ...]) -> Array:
        inside = next(iter(self.given["layer"]), "") if "layer" in self.given else self.class_name
        if inside in INDICES:
            given = self.given["layer"][inside] if "layer" in self.given else self.given
            size = max(given.get("input_dim", given.get("num_tokens", 9)), 1)
            return self.random.integers(0, size, shape).astype("int32")
        x = self.random.standard_normal(shape) * 2
        if self.class_name == "Masking":
            x[self.random.random(shape[:-1]) < 0.5] = self.given.get("mask_value", 0)
        return x.astype(self.dtype)

    def _mask(self, x: Array) -> Array:
        return self.random.random(x.shape[:-1]) < 0.6

    def in_keras(self) -> tuple[list[Array], list[Array | None]]:
        """What the live layer gives, and the masks of that. Raises whatever Keras does."""
        of_the_call = {key: value for key, value in self.given.items() if key in OF_THE_CALL}
        given = {key: value for key, value in self.given.items() if key not in OF_THE_CALL}
        if "layer" in given:
            ((name, inside),) = given["layer"].items()
            given["layer"] = getattr(keras.layers, name)(**inside, dtype=self.dtype)
        self.live = getattr(keras.layers, self.class_name)(**given, dtype=self.dtype)
        tensors = [keras.Input(batch_shape=shape) for shape in self.shapes]
        inferred = [tuple(each.shape) for each in keras.tree.flatten(self._called(tensors, of_the_call))]
        self.values = [self._weight(weight) for weight in self.live.weights]
        self.live.set_weights(self.values)
        if self.class_name == "Normalization":
            self.live.finalize_state()
        inputs = [x.copy() for x in self.inputs]
        for x, mask in zip(inputs, self.masks, strict=True):
            if mask is not None:
                keras.src.backend.set_keras_mask(x, mask)
        outputs = keras.tree.flatten(self._called(inputs, of_the_call))
        if [tuple(each.shape) for each in outputs] != inferred:
            raise ContradictionError
        masks = [get_keras_mask(each) if self.live.supports_masking else None for each in outputs]
        return [np.asarray(each) for each in outputs], masks

    def _called(self, tensors: list[Any], of_the_call: dict[str, Any]) -> Any:
        if self.class_name in AUGMENTATION:  # called by itself, such a layer is in training
            of_the_call = {"training": False}
        is_list = self.class_name in TAKE_A_LIST or isinstance(self.live, keras.src.layers.merging.base_merge.Merge)
        return self.live(tensors, **of_the_call) if is_list else self.live(*tensors, **of_the_call)

    def _weight(self, weight: Any) -> Array:
        if "int" in str(weight.dtype):
            return np.zeros(weight.shape, weight.dtype)
        values = self.random.standard_normal(weight.shape)
        return np.asarray(1 + np.abs(values) if weight.name in POSITIVE else values, weight.dtype)

    def here(self) -> Ran:
        """What the layer gives here. Raises ModelError, or Refusal when it cannot be run."""
        names = [f"input {i}" for i in range(len(self.shapes))]
        inputs = {
            name: {"shape": list(axes), "batch": samples}
            for name, (samples, *axes) in zip(names, self.shapes, strict=True)
        }
        model = lstmcalc.from_dict({"inputs": inputs, "layers": [{self.class_name: self.given, "from": names}]})
        (placed,) = model.placed
        weights = {id(own): value for own, value in zip(placed.weights, self.values, strict=True)}
        running = OneLayer(placed, weights, tuple(self.inputs), self.masks, np.dtype(self.dtype))
        ran = placed.calls[0].called.forward(running)
        unread = {name for name, _ in running.unread()}
        assert unread <= set(placed.layer.of_training), f"{unread} are not read"
        return ran


class OneLayer:
    """A run of one layer; see `lstmcalc.layers.base.Running`."""

    initial_state = None

    def __init__(
        self,
        placed: Placed,
        weights: dict[int, Array],
        inputs: tuple[Array, ...],
        masks: tuple[Array | None, ...],
        dtype: np.dtype[Any],
    ) -> None:
        self.placed, self.weights, self.inputs, self.dtype = placed, weights, inputs, dtype
        self.masks = self.passed_masks = masks
        self.read: set[int] = set()

    def weight(self, name: str, number: int = 0) -> Array:
        own = [each for each in self.placed.own if each.name == name][number]
        self.read.add(id(own))
        return self.weights[id(own)]

    def inner(self, number: int, inputs: Sequence[Array], masks: Sequence[Array | None] = (), state: Any = None) -> Ran:
        placed = self.placed.inner[number]
        given = tuple(masks) or (None,) * len(inputs)
        running = OneLayer(placed, self.weights, tuple(inputs), given, self.dtype)
        assert isinstance(placed.layer, Layer)
        ran = placed.layer.forward(running)
        self.read |= running.read
        return ran

    def unread(self) -> list[tuple[str, tuple[int, ...]]]:
        """The weights that nothing asked for."""
        return [(each.name, each.shape) for each in self.placed.weights if id(each) not in self.read]


def hold_run_against_keras(
    class_name: str, drawn: Drawn, seed: int, masked: Sequence[bool] = (), dtype: str = "float32"
) -> str:
    """Fail where outputs or masks differ; says whether it was run, or who refused it."""
    keras.backend.clear_session()
    case = Case(class_name, drawn, seed, masked, dtype)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            outputs, masks = case.in_keras()
    except Exception:  # whatever Keras raises is its refusal
        return "refused by Keras"
    try:
        ran = case.here()
    except (lstmcalc.ModelError, Refusal) as refusal:
        is_known = any(word in str(refusal) for word in CONTRADICTED)
        is_known = is_known or is_nonsense(class_name, (case.given, case.shapes))
        return "refused by both" if is_known else f"refused here: {refusal}"
    assert len(ran.outputs) == len(outputs)
    for ours, theirs in zip(ran.outputs, outputs, strict=True):
        hold(ours, theirs, case)
    # Of several outputs Keras's own inference masks the first alone; its eager scores keep the mask of the softmax.
    mask, their_mask = (*ran.masks, None)[0], masks[0]
    assert (mask is None) == (their_mask is None), (mask, their_mask)
    assert mask is None or np.array_equal(mask, their_mask)
    return "run"


def hold(ours: Array, theirs: Array, case: Case) -> None:
    """Fail where two arrays differ by more than 1e-5 of the largest number."""
    assert ours.shape == theirs.shape
    assert theirs.dtype.kind != "f" or ours.dtype == case.dtype, ours.dtype
    finite = np.isfinite(theirs)
    np.testing.assert_array_equal(ours[~finite], theirs[~finite])
    largest = max(float(np.abs(theirs[finite]).max(initial=0)), 1e-30)
    difference = float(np.abs(ours.astype("float64") - theirs)[finite].max(initial=0))
    assert difference <= 1e-5 * largest, f"differ by {difference / largest:.2g} of the largest"
