"""Arguments are Keras's: their names, positions and defaults, the words they take, and which values are refused."""

import inspect
import re
from typing import Any

import keras
import pytest
from descriptions import RECURRENT, Call, Input, Layer, Model
from hypothesis import given, note
from hypothesis import strategies as st
from keras.src import activations, constraints, initializers, regularizers
from keras.src.utils.dtype_utils import dtype_size
from live import Build
from refusals import is_deliberate
from written import spec_of

import lstmcalc
from lstmcalc.layers import arguments
from lstmcalc.layers.base import arguments_of
from lstmcalc.layers.catalogue import FAMILIES, MODULES, find

CLASSES = [name for name in MODULES if hasattr(keras.layers, name) and name != "Lambda"]
# Keras takes these as keywords alone.
KEYWORDS = {"LSTM": {"implementation", "zero_output_for_mask"}, "SimpleRNN": {"zero_output_for_mask"}}
KEYWORDS["GRU"] = KEYWORDS["LSTM"]
# These are read wherever they stand among the keywords, or refused.
OF_ALL_LAYERS = {"name", "dtype"}
REFUSED = {"StringLookup": {"salt"}}


@pytest.mark.parametrize("name", CLASSES)
def test_arguments_have_the_names_positions_and_defaults_of_keras(name: str) -> None:
    parameters = inspect.signature(getattr(keras.layers, name)).parameters.values()
    theirs = {each.name: each.default for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD}
    left_out = OF_ALL_LAYERS | REFUSED.get(name, set())
    ours = arguments_of(_found(name))
    assert [each for each in ours if each not in KEYWORDS.get(name, ())] == [x for x in theirs if x not in left_out]
    for each in ours.keys() & theirs.keys():
        assert ours[each].required == (theirs[each] is inspect.Parameter.empty), each
        if not ours[each].required:
            assert ours[each].default in (theirs[each], _alike(theirs[each])), each


def _found(name: str) -> Any:
    found = find(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (arguments.ACTIVATIONS, activations),
        (arguments.INITIALIZERS, initializers),
        (arguments.REGULARIZERS, regularizers),
        (arguments.CONSTRAINTS, constraints),
    ],
    ids=["activations", "initializers", "regularizers", "constraints"],
)
def test_the_words_taken_are_those_of_keras(ours: tuple[str, ...], theirs: Any) -> None:
    assert sorted(ours) == sorted(theirs.ALL_OBJECTS_DICT)


@pytest.mark.parametrize("dtype", sorted(arguments.DTYPE_BITS))
def test_a_scalar_takes_as_many_bits_as_in_keras(dtype: str) -> None:
    assert arguments.DTYPE_BITS[dtype] == dtype_size(dtype)


@pytest.mark.parametrize("policy", sorted(arguments.MIXED))
def test_a_mixed_policy_computes_and_stores_in_the_dtypes_of_keras(policy: str) -> None:
    theirs = keras.DTypePolicy(policy)
    assert arguments.MIXED[policy] == (theirs.compute_dtype, theirs.variable_dtype)


# Values that an argument can hardly take.

SEQUENCE_FAMILIES = ("core", "recurrent", "reshaping", "regularization", "merging", "wrappers")
BASE: dict[str, dict[str, Any]] = {
    **{name: {"units": 3} for name in ("Dense", *RECURRENT)},
    "Embedding": {"input_dim": 3, "output_dim": 2},
    "Activation": {"activation": "relu"},
    "Reshape": {"target_shape": [-1]},
    "RepeatVector": {"n": 2},
    "Permute": {"dims": [2, 1]},
    **{name: {"rate": 0.5} for name in ("Dropout", "SpatialDropout1D", "GaussianDropout", "AlphaDropout")},
    "GaussianNoise": {"stddev": 0.5},
    "Dot": {"axes": 1},
    **{name: {} for name in ("Flatten", "Masking", "ActivityRegularization", "TimeDistributed", "Bidirectional")},
    **{name: {} for name in FAMILIES["merging"] if name != "Dot"},
}
WRAPPED = {"TimeDistributed": Layer("Dense", {"units": 2}), "Bidirectional": Layer("LSTM", {"units": 2})}
NONSENSE = st.sampled_from(
    [
        *(None, True, False, 0, -1, 2, 2.0, 0.5, 1.5, -0.5, 1e9, 10**12, 2**32, "x", "", [], [1], [1, 2], [2, 1], [-1]),
        *(["a"], [None], {}, {"a": 1}, "tanh", "glorot_uniform", "l2", "max_norm", "float16", "float8"),
        {"class_name": "L2", "config": {"l2": 0.1}},
        {"class_name": "Zeros", "config": {}},
        {"class_name": "MaxNorm", "config": {}},
    ]
)


@st.composite
def one_argument(draw: st.DrawFn) -> tuple[str, str, Any]:
    """A class, one of its arguments (or one that it has not), and a value."""
    name = draw(st.sampled_from(sorted(BASE)))
    known = [each for each in arguments_of(_found(name)) if each not in ("layer", "backward_layer")]
    return name, draw(st.sampled_from([*known, *_found(name).common, "unit"])), draw(NONSENSE)


@given(one_argument())
def test_a_value_that_keras_refuses_is_refused(drawn: tuple[str, str, Any]) -> None:
    name, argument, value = drawn
    layer = Layer(name, {**BASE[name], argument: value}, wrapped=WRAPPED.get(name))
    merges = name in FAMILIES["merging"]
    call = Call(layer, ((-1, 0), (-1, 0)) if merges else (), is_list=merges)
    description = Model("functional", (Input((4,) if name == "RepeatVector" else (4, 4), 2),), (call,))
    keras_build = Build(description)
    note(f"Keras: {keras_build.error!r}")
    try:
        lstmcalc.from_dict(spec_of(description, keras_build.names))
    except lstmcalc.ModelError as error:
        is_of_the_value = re.match(rf"({name}: {argument}|a name)(\[.*\])? (must|are|is|has)\b", error.message)
        assert keras_build.error or is_of_the_value or is_deliberate(error, description)
    else:
        assert keras_build.error is None


def _alike(default: Any) -> Any:
    """`(2, 2)` as 2: one number stands for all axes."""
    while isinstance(default, tuple) and len(set(default)) == 1:
        default = default[0]
    return default
