"""RNN and its cells: as in live Keras."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject
from one_layer import EXAMPLES, hold_against_keras, hold_arguments_against_keras
from other_layers import RECURRENT


@pytest.mark.parametrize("class_name", RECURRENT)
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_a_layer_is_as_in_keras(class_name: str, data: DataObject) -> None:
    hold_against_keras(class_name, data.draw(RECURRENT[class_name]))


@pytest.mark.parametrize("class_name", RECURRENT)
def test_the_arguments_have_the_positions_and_defaults_of_keras(class_name: str) -> None:
    hold_arguments_against_keras(class_name)


@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_an_rnn_in_two_directions_is_as_in_keras(data: DataObject) -> None:
    hold_against_keras("RNN", data.draw(RECURRENT["RNN"]), "Bidirectional")
