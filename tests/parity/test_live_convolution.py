"""Convolutions, pooling and resizing take, weigh and give what they do in live Keras."""

import inspect
import os
from typing import Any

import keras
import pytest
from convolution_layers import CONVOLUTIONAL_RECURRENT, LAYERS, NONSENSE, Drawn, Shape, of_any_rank
from descriptions import Call, Input, Layer, Model
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject
from live import Build
from test_live_models import hold_against_keras
from written import spec_of

import lstmcalc
from lstmcalc.layers.base import COMMON, arguments_of
from lstmcalc.layers.base import Layer as Protocol
from lstmcalc.layers.catalogue import find

EXAMPLES = int(os.environ.get("LSTMCALC_PARITY_EXAMPLES", "60"))  # of each class


def model_of(class_name: str, drawn: Drawn, wrapper: str | None = None, **options: Any) -> Model:
    """A model of that layer alone, or in a wrapper with `options`."""
    given, (samples, *axes) = drawn
    layer = Layer(class_name, given)
    if wrapper:
        layer = Layer(wrapper, options, wrapped=layer)
    return Model("functional", (Input(tuple(axes), samples),), (Call(layer),))


def hold_layer_against_keras(class_name: str, drawn: Drawn, wrapper: str | None = None, **options: Any) -> None:
    """Fail where one refuses what the other takes, or where shapes, dtypes or weights differ."""
    hold_against_keras(model_of(class_name, drawn, wrapper, **options))


def hold_config_against_keras(class_name: str) -> None:
    """Fail where Keras saves an argument that we do not know."""
    known = {*arguments_of(_found(class_name)), *_found(class_name).keywords, *COMMON}
    assert set(_made(class_name).get_config()) <= known


def hold_masks_against_keras(class_name: str) -> None:
    """Fail where we and Keras differ in who takes a mask."""
    made, ours = _made(class_name), _found(class_name)
    assert ("mask" in ours.mask_arguments) == ("mask" in inspect.signature(made.call).parameters)
    assert made.supports_masking == ("mask" in ours.mask_arguments or ours.masks is not Protocol.masks)


def _made(class_name: str) -> Any:
    """The live layer with a 2 for each argument that it needs."""
    needed = [each.name for each in arguments_of(_found(class_name)).values() if each.required]
    return getattr(keras.layers, class_name)(**dict.fromkeys(needed, 2))


def _found(class_name: str) -> Any:
    found = find(class_name)
    assert found is not None
    return found


@pytest.mark.parametrize("class_name", LAYERS)
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_a_layer_is_as_in_keras(class_name: str, data: DataObject) -> None:
    hold_layer_against_keras(class_name, data.draw(of_any_rank(class_name)))


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
