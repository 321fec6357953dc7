"""Recurrent layers on arrays give the numbers of live Keras: with masks, initial states, and states that are kept."""

import math
import os
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import jax
import keras
import numpy as np
import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st
from keras.src.backend.common import dtypes
from recurrent_models import Chain, convolutional, of_sequences, sequences

import lstmcalc

Array = np.ndarray[Any, Any]
EXAMPLES = int(os.environ.get("LSTMCALC_PARITY_EXAMPLES", "150"))
TOLERANCES = {"float32": 1e-5, "float64": 1e-10}
SAID: Counter[str] = Counter()


@contextmanager
def in_its_dtype(dtype: str) -> Iterator[None]:
    """Compute in float64 where that is asked for: but on TensorFlow, Keras and JAX make it float32."""
    with mock.patch.dict(dtypes.BIT64_TO_BIT32_DTYPE, {"float64": "float64"}), jax.enable_x64(dtype == "float64"):
        yield


def arrays_for(chain: Chain, random: np.random.Generator, dtype: str) -> list[Array]:
    """The input, in which some timesteps are masked if anything masks them, and the initial states."""
    if chain.indices:
        x = random.integers(0, chain.indices, chain.shape).astype("int32")
    else:
        x = random.standard_normal(chain.shape).astype(dtype)
        x[random.random(chain.shape[:-1]) < random.choice([0, 0.3, 0.7])] = 0
    sizes = [each for states in chain.states.values() for each in states]
    return [x, *(random.standard_normal(each).astype(dtype) for each in sizes)]


def weight_of(shape: tuple[int, ...], random: np.random.Generator) -> Array:
    """Numbers that let nothing grow from timestep to timestep, where differences would grow too."""
    scale = min(0.7, 1 / math.sqrt(math.prod(shape[:-1])))
    return scale * random.standard_normal(shape)


def hold_against_keras(chain: Chain, seed: int, dtype: str) -> str:
    """Run both twice where states are kept, and fail where outputs differ; says what happened."""
    keras.backend.clear_session()
    keras.config.set_dtype_policy(dtype)
    random = np.random.default_rng(seed)
    given = [arrays_for(chain, random, dtype) for _ in range(2 if chain.is_stateful else 1)]
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"), in_its_dtype(dtype):
            warnings.simplefilter("ignore")
            model = chain.in_keras(dtype)
            model.set_weights([weight_of(each.shape, random) for each in model.weights])
            theirs = [model(inputs if len(inputs) > 1 else inputs[0]) for inputs in given]
            weights = {layer.name: layer.get_weights() for layer in model.layers if layer.get_weights()}
    except Exception as error:  # whatever Keras raises is its refusal
        return f"Keras refuses: {type(error).__name__}"
    finally:
        keras.config.set_dtype_policy("float32")
    ours, states = lstmcalc.from_dict({**chain.spec(), "dtype": dtype}), None
    for inputs, outputs in zip(given, theirs, strict=True):
        run = ours.run(inputs if len(inputs) > 1 else inputs[0], weights=weights, states=states, dtype=dtype)
        states = run.states
        flat = [np.asarray(each) for each in keras.tree.flatten(outputs)]
        got = run.outputs if isinstance(run.outputs, list) else [run.outputs]
        assert len(got) == len(flat)
        for mine, their in zip(got, flat, strict=True):
            hold(mine, their, dtype)
    return "the same"


def hold(ours: Array, theirs: Array, dtype: str) -> None:
    """Fail where two arrays differ by more than the tolerance times the largest number."""
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype == dtype
    largest = max(float(np.abs(theirs).max(initial=0)), 1e-30)
    difference = float(np.abs(ours.astype("float64") - theirs).max(initial=0))
    assert difference <= TOLERANCES[dtype] * largest, f"differ by {difference / largest:.2g} of the largest"


@pytest.mark.parametrize("chains", [sequences(), of_sequences(), convolutional()], ids=["rnn", "nested", "conv"])
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_recurrent_layers_give_what_they_do_in_keras(chains: st.SearchStrategy[Chain], data: st.DataObject) -> None:
    chain, seed = data.draw(chains), data.draw(st.integers(0, 2**32))
    note(str(chain.spec()))
    said = hold_against_keras(chain, seed, data.draw(st.sampled_from(["float32", "float32", "float64"])))
    SAID[said] += 1


def test_most_chains_were_compared() -> None:
    assert SAID["the same"] > 0.6 * SAID.total(), SAID
