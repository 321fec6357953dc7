"""Every other layer, from activations to spectrograms: each is as in live Keras."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject
from one_layer import EXAMPLES, hold_against_keras
from other_layers import ACTIVATIONS, ATTENTION, NORMALIZATION, OTHERS, RECURRENT, WRAPPERS, shapes
from signal_layers import LAYERS as SIGNALS

DRAWN = {**ACTIVATIONS, **ATTENTION, **NORMALIZATION, **RECURRENT, **OTHERS, **SIGNALS}
SPECTRAL = WRAPPERS["SpectralNormalization"]


@pytest.mark.parametrize("class_name", DRAWN)
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_a_layer_is_as_in_keras(class_name: str, data: DataObject) -> None:
    hold_against_keras(class_name, data.draw(DRAWN[class_name]))


@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_an_rnn_in_two_directions_is_as_in_keras(data: DataObject) -> None:
    hold_against_keras("RNN", data.draw(RECURRENT["RNN"]), "Bidirectional")


@pytest.mark.parametrize("class_name", NORMALIZATION)
@settings(max_examples=EXAMPLES // 4)
@given(data=st.data())
def test_a_normalization_on_each_timestep_is_as_in_keras(class_name: str, data: DataObject) -> None:
    given, [(samples, *axes)] = data.draw(NORMALIZATION[class_name])
    hold_against_keras(class_name, (given, [(samples, 4, *axes)]), "TimeDistributed")


@pytest.mark.parametrize("class_name", SPECTRAL)
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_spectral_normalization_is_as_in_keras(class_name: str, data: DataObject) -> None:
    options = {"trainable": st.booleans()}
    if class_name in ("Dense", "EinsumDense"):
        options |= {"lora_rank": st.sampled_from([None, 2])}
    given = SPECTRAL[class_name] | data.draw(st.fixed_dictionaries({}, optional=options))
    hold_against_keras(class_name, (given, [data.draw(shapes(2, 4))]), "SpectralNormalization")
