"""Each layer but the recurrent ones, run on arrays, gives the numbers and the masks of live Keras."""

import pytest
from forward_layers import LAYERS
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject
from one_layer import EXAMPLES
from run_layer import hold_run_against_keras


@pytest.mark.parametrize("class_name", LAYERS)
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_a_layer_gives_what_it_does_in_keras(class_name: str, data: DataObject) -> None:
    drawn = data.draw(LAYERS[class_name])
    masked = data.draw(st.lists(st.booleans(), min_size=4, max_size=4))
    seed, dtype = data.draw(st.integers(0, 2**32)), data.draw(st.sampled_from(["float32", "float32", "float64"]))
    said = hold_run_against_keras(class_name, drawn, seed, masked, dtype)
    assert not said.startswith("refused here"), said
