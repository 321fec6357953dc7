"""Convolutions, pooling and resizing take, weigh and give what they do in live Keras."""

import pytest
from convolution_layers import CONVOLUTIONAL_RECURRENT, LAYERS, NONSENSE, Shape, of_any_rank
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject
from live import Build
from single_layer import (
    EXAMPLES,
    hold_arguments_against_keras,
    hold_config_against_keras,
    hold_layer_against_keras,
    hold_masks_against_keras,
    model_of,
)
from written import spec_of

import lstmcalc


@pytest.mark.parametrize("class_name", LAYERS)
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_a_layer_is_as_in_keras(class_name: str, data: DataObject) -> None:
    hold_layer_against_keras(class_name, data.draw(of_any_rank(class_name)))


@pytest.mark.parametrize("class_name", LAYERS)
def test_the_arguments_have_the_positions_and_defaults_of_keras(class_name: str) -> None:
    hold_arguments_against_keras(class_name)


@pytest.mark.parametrize("class_name", LAYERS)
def test_the_arguments_are_those_that_keras_saves(class_name: str) -> None:
    hold_config_against_keras(class_name)


@pytest.mark.parametrize("class_name", LAYERS)
def test_masks_are_taken_where_keras_takes_them(class_name: str) -> None:
    hold_masks_against_keras(class_name)


@pytest.mark.parametrize("class_name", LAYERS)
@settings(max_examples=EXAMPLES // 4)
@given(data=st.data())
def test_a_layer_on_each_timestep_is_as_in_keras(class_name: str, data: DataObject) -> None:
    given, (samples, *axes) = data.draw(LAYERS[class_name])
    shape = (samples, data.draw(st.sampled_from([None, 4])), *axes)
    hold_layer_against_keras(class_name, (given, shape), "TimeDistributed")


@pytest.mark.parametrize("class_name", CONVOLUTIONAL_RECURRENT)
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_a_convlstm_in_two_directions_is_as_in_keras(class_name: str, data: DataObject) -> None:
    mode = data.draw(st.sampled_from(["concat", "sum", "mul", "ave", None]))
    drawn = data.draw(LAYERS[class_name])
    hold_layer_against_keras(class_name, drawn, "Bidirectional", merge_mode=mode)


@pytest.mark.parametrize(("class_name", "given", "shape"), NONSENSE)
def test_what_cannot_be_meant_is_refused_though_keras_takes_it(
    class_name: str, given: dict[str, object], shape: Shape
) -> None:
    model = model_of(class_name, (given, shape))
    assert Build(model).error is None
    with pytest.raises(lstmcalc.ModelError):
        lstmcalc.from_dict(spec_of(model, {}))
