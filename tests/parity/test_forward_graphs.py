"""Random graphs run in live Keras and here on the same weights and inputs: the outputs are the same."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest import mock

import jax
import keras
import numpy as np
import pytest
from descriptions import Call, Layer, Model
from hypothesis import assume, given, note
from hypothesis import strategies as st
from keras.src.backend.common import dtypes
from keras.src.layers.merging.base_merge import Merge
from keras.src.models.functional import Functional
from live import Build
from models import functional_models, sequential
from written import spec_of

import lstmcalc
from lstmcalc import api
from lstmcalc.arrays.samples import index_limits

TOLERANCE = 1e-5  # relative to the largest output
PRECISE = 1e-10  # the same in float64
HUGE, TINY = 1e30, 1e-6  # numbers that overflow in the next step, and that are none
SAMPLES = 3
# Refused at run time, where Keras reads what happens to be there, or raises.
OF_VALUES = ("takes indices from",)

pytestmark = pytest.mark.filterwarnings("ignore")  # Keras says that masks are lost, NumPy that numbers overflow


def in_float32(model: Model) -> Model:
    """The same model with every layer in float32, as lstmcalc computes, and inputs of floats or of indices."""
    inputs = tuple(replace(each, dtype=each.dtype if each.dtype == "int32" else None) for each in model.inputs)
    calls = tuple(Call(_in_float32(call.layer), call.inputs, call.states, call.is_list) for call in model.calls)
    return replace(model, inputs=inputs, calls=calls, dtype=None)


def _in_float32(layer: Any) -> Any:
    if not isinstance(layer, Layer):
        return layer
    arguments = {name: value for name, value in layer.arguments.items() if name not in ("dtype", "autocast")}
    return replace(
        layer,
        arguments=arguments,
        wrapped=_in_float32(layer.wrapped),
        backward=_in_float32(layer.backward),
        model=None if layer.model is None else in_float32(layer.model),
    )


def random_inputs(model: api.Model, sizes: list[int], rng: np.random.Generator) -> list[np.ndarray]:
    """Arrays of which every fourth timestep is zeros, so that masks hide some; indices for an Embedding."""
    arrays = []
    stated = {tensor.shape[0] for tensor in model.inputs if tensor.shape[0]}
    assume(len(stated) < 2)  # a model of two numbers of samples can be built, and never run
    samples = stated.pop() if stated else SAMPLES
    for tensor, limit in zip(model.inputs, index_limits(model), strict=True):
        assume(limit is not None or tensor.dtype == "float32")  # integers that are no indices: each backend its own
        shape = (samples, *(axis or size for axis, size in zip(tensor.shape[1:], sizes, strict=False)))
        array = rng.normal(size=shape) if limit is None else rng.integers(0, limit, shape)
        if len(shape) > 1:
            array[rng.random(shape[:2]) < 0.25] = 0
        arrays.append(array.astype(tensor.dtype))
    return arrays


def hold_forward_against_keras(description: Model, sizes: list[int], seed: int) -> None:
    """Build both, give them the same weights, run both, and compare every output.

    Keras's own float32 is sometimes further off than the tolerance, as after several
    normalizations of numbers that are nearly equal. There float64 decides, far more strictly.
    """
    described = in_float32(description)
    live = Build(described)
    assume(live.error is None and not contradicts_itself(live.model))
    spec = spec_of(described, live.names)
    note(f"spec: {spec}")
    try:
        model = lstmcalc.from_dict(spec)
    except lstmcalc.ModelError:
        assume(False)
    rng = np.random.default_rng(seed)
    weights = {name: list(random_weights(live.model.get_layer(name), rng)) for name in model.get_weights()}
    x = random_inputs(model, sizes, rng)
    theirs = run_in_keras(live.model, weights, x)
    try:
        ours = model.predict(x, weights=weights)
    except lstmcalc.ModelError as error:
        note(f"refused: {error}")
        assert theirs is None or is_empty(theirs) or any(each in str(error) for each in OF_VALUES)
        assume(False)
    assume(theirs is not None)
    try:
        compare(ours, theirs)
    except AssertionError as error:
        note(f"float32: {error}")
        with in_float64():
            precise = run_in_keras(Build(replace(described, dtype="float64")).model, weights, x)
        compare(model.predict(x, weights=weights, dtype="float64"), precise, PRECISE)


def random_weights(layer: keras.Layer, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Weights of every sign; variances of none."""
    for weight in layer.weights:
        array = (0.7 * rng.normal(size=weight.shape)).astype(np.float32)
        yield np.abs(array) if weight.name.endswith("variance") else array


def contradicts_itself(model: keras.Model) -> bool:
    """Whether Keras runs a merge otherwise than it infers: it is shared, and the inputs' ranks differ later alone."""
    return any(
        contradicts_itself(layer)
        if isinstance(layer, keras.Model)
        else isinstance(layer, Merge)
        and not layer._reshape_required
        and any(len({tensor.ndim for tensor in node.input_tensors}) > 1 for node in layer._inbound_nodes)
        for layer in model.layers
    )


@contextmanager
def in_float64() -> Iterator[None]:
    """Let Keras compute in float64 throughout, as it does on TensorFlow: on others, normalizations are in float32."""
    keras.config.set_floatx("float64")
    try:
        with mock.patch.dict(dtypes.BIT64_TO_BIT32_DTYPE, float64="float64"), jax.enable_x64(True):
            yield  # its convolutions on NumPy are JAX's
    finally:
        keras.config.set_floatx("float32")


@contextmanager
def masks_kept() -> Iterator[None]:
    """Let Keras's NumPy backend keep a mask where the others do: it copies what goes into a model, the mask not."""
    convert = Functional._convert_inputs_to_tensors

    def converted(self: Functional, arrays: list[Any]) -> list[Any]:
        copies = zip(arrays, convert(self, arrays), strict=True)
        return [array if getattr(array, "dtype", None) == copy.dtype else copy for array, copy in copies]

    with mock.patch.object(Functional, "_convert_inputs_to_tensors", converted):
        yield


def run_in_keras(model: keras.Model, weights: dict[str, Any], x: list[np.ndarray]) -> Any:
    """What Keras gives, None where it cannot run the model that it built, such as the softmax of booleans."""
    for name, arrays in weights.items():
        model.get_layer(name).set_weights(arrays)
    try:
        with masks_kept():
            return model(x if len(x) > 1 else x[0], training=False)
    except Exception as error:  # whatever its NumPy backend raises
        note(f"Keras: {type(error).__name__}: {error}")
        return None


def is_empty(outputs: Any) -> bool:
    """Whether an output has no numbers, as that of a convolution over nothing."""
    return any(0 in array.shape for array in (outputs if isinstance(outputs, (list, tuple)) else [outputs]))


def compare(ours: Any, theirs: Any, tolerance: float = TOLERANCE) -> None:
    """Fail where outputs are apart by more than the tolerance times the largest of them."""
    mine, others = (each if isinstance(each, (list, tuple)) else [each] for each in (ours, theirs))
    assert len(mine) == len(others)
    for array, tensor in zip(mine, others, strict=True):
        other = np.asarray(keras.ops.convert_to_numpy(tensor), np.float64)
        assert array.shape == other.shape
        finite = np.isfinite(other) & (np.abs(other) < HUGE)
        np.testing.assert_array_equal(np.isfinite(array) & (np.abs(array) < HUGE), finite)
        largest = np.abs(other[finite]).max(initial=0.0)
        apart = np.abs(array[finite] - other[finite]).max(initial=0.0)
        assert apart <= tolerance * max(largest, TINY), f"{apart} apart, the largest output is {largest}"


SIZES = st.lists(st.integers(1, 6), min_size=4, max_size=4)
SEED = st.integers(0, 2**32 - 1)


@given(sequential(), SIZES, SEED)
def test_a_sequential_model_gives_what_it_gives_in_keras(description: Model, sizes: list[int], seed: int) -> None:
    hold_forward_against_keras(description, sizes, seed)


@given(functional_models(), SIZES, SEED)
def test_a_functional_model_gives_what_it_gives_in_keras(description: Model, sizes: list[int], seed: int) -> None:
    hold_forward_against_keras(description, sizes, seed)


def test_an_attention_takes_the_mask_off_for_the_calls_that_follow() -> None:
    given = keras.Input((3,), dtype="int32")
    x = keras.layers.Embedding(5, 2, mask_zero=True)(given)
    first = keras.layers.MultiHeadAttention(1, 1)(x, x)
    second = keras.layers.MultiHeadAttention(1, 1)(x, x)
    shared = keras.layers.Add()([x, first])
    live = keras.Model(given, [first, second, keras.layers.LSTM(1)(shared)])
    attention = {"MultiHeadAttention": {"num_heads": 1, "key_dim": 1}}
    layers = [
        {"Embedding": {"input_dim": 5, "output_dim": 2, "mask_zero": True}, "name": "x"},
        {**attention, "name": "first", "from": ["x", "x"]},
        {**attention, "name": "second", "from": ["x", "x"]},
        {"Add": None, "from": ["x", "first"]},
        {"LSTM": 1},
    ]
    spec = {"input": {"shape": [3], "dtype": "int32"}, "layers": layers, "outputs": ["first", "second", "lstm"]}
    model = lstmcalc.from_dict(spec)
    weights = list(model.get_weights(seed=1).values())
    live.set_weights([array for arrays in weights for array in arrays])
    words = np.array([[0, 1, 2], [3, 0, 0]])
    theirs = live(words)
    compare(model.predict(words, weights=model.get_weights(seed=1)), theirs)


@pytest.mark.parametrize("outputs", [["lstm", "again"], ["again", "lstm"], ["lstm.1", "again"]])
def test_a_stateful_layer_called_twice_goes_on_in_the_order_of_keras(outputs: list[str]) -> None:
    keras.backend.clear_session()
    x, y = keras.Input((5, 3), batch_size=2, name="x"), keras.Input((5, 3), batch_size=2, name="y")
    layer = keras.layers.LSTM(4, stateful=True, return_state=True)
    first, second = layer(x), layer(y)
    tensors = {"lstm": first[0], "lstm.1": first[1], "again": second[0]}
    live = keras.Model([x, y], [tensors[name] for name in outputs])
    layers = [
        {"LSTM": {"units": 4, "stateful": True, "return_state": True}, "from": "x"},
        {"reuse": "lstm", "name": "again", "from": "y"},
    ]
    inputs = {name: {"shape": [5, 3], "batch": 2} for name in "xy"}
    model = lstmcalc.from_dict({"inputs": inputs, "layers": layers, "outputs": outputs})
    weights = model.get_weights(seed=1)
    layer.set_weights(weights["lstm"])
    arrays = [np.random.default_rng(seed).normal(size=(2, 5, 3)).astype(np.float32) for seed in range(2)]
    compare(model.predict(arrays, weights=weights), live(arrays, training=False))


def test_two_gates_exchanged_are_noticed() -> None:
    keras.backend.clear_session()
    layer = keras.layers.LSTM(4, return_sequences=True)
    live = keras.Sequential([keras.Input((5, 3)), layer])
    model = lstmcalc.parse("Input(5, 3) | LSTM(4, return_sequences=True)")
    kernel, recurrent, bias = model.get_weights(seed=1)["lstm"]
    layer.set_weights([kernel, recurrent, bias])
    x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype(np.float32)
    theirs = live(x, training=False)
    compare(model.predict(x, weights={"lstm": [kernel, recurrent, bias]}), theirs)
    i, f, g, o = np.split(kernel, 4, axis=-1)
    with pytest.raises(AssertionError, match="apart"):
        compare(model.predict(x, weights={"lstm": [np.hstack([f, i, g, o]), recurrent, bias]}), theirs)
