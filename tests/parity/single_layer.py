"""One layer, in live Keras and here: its arguments, what it takes, what it gives."""

import inspect
import os
from typing import Any

import keras
from convolution_layers import Drawn
from descriptions import Call, Input, Layer, Model
from test_live_models import hold_against_keras

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


def hold_arguments_against_keras(class_name: str) -> None:
    """Fail where names, positions or defaults of the arguments differ from those of `__init__`."""
    ours = arguments_of(_found(class_name))
    parameters = inspect.signature(getattr(keras.layers, class_name)).parameters.values()
    theirs = {each.name: each.default for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD}
    theirs.pop("name", None)
    assert list(ours) == list(theirs)
    for name, default in theirs.items():
        assert ours[name].required == (default is inspect.Parameter.empty), name
        if not ours[name].required:
            assert ours[name].default == _alike(default), name


def hold_config_against_keras(class_name: str) -> None:
    """Fail where Keras saves an argument that we do not know."""
    known = {*arguments_of(_found(class_name)), *_found(class_name).keywords, *COMMON}
    assert set(_made(class_name).get_config()) <= known


def hold_masks_against_keras(class_name: str) -> None:
    """Fail where we and Keras differ in who takes a mask."""
    made, ours = _made(class_name), _found(class_name)
    assert ours.takes_mask == ("mask" in inspect.signature(made.call).parameters)
    assert made.supports_masking == (ours.takes_mask or ours.masks is not Protocol.masks)


def _made(class_name: str) -> Any:
    """The live layer with a 2 for each argument that it needs."""
    needed = [each.name for each in arguments_of(_found(class_name)).values() if each.required]
    return getattr(keras.layers, class_name)(**dict.fromkeys(needed, 2))


def _found(class_name: str) -> Any:
    found = find(class_name)
    assert found is not None
    return found


def _alike(default: Any) -> Any:
    """`(2, 2)` as 2: one number stands for all axes."""
    while isinstance(default, tuple) and len(set(default)) == 1:
        default = default[0]
    return default
