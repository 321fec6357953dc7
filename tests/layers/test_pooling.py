"""Pooling gives as many windows as fit, whole axes, or a given number; it weighs and multiplies nothing."""

import pytest

import lstmcalc
from lstmcalc.layers.catalogue import FAMILIES, find

OUTPUT = {
    "Input(10, 4) | MaxPooling1D()": (None, 5, 4),
    "Input(11, 4) | MaxPooling1D()": (None, 5, 4),
    "Input(11, 4) | MaxPooling1D(padding='same')": (None, 6, 4),
    "Input(10, 4) | MaxPooling1D(3, 2)": (None, 4, 4),
    "Input(10, 4) | MaxPooling1D(3, 2, 'same')": (None, 5, 4),
    "Input(4, 10) | MaxPooling1D(data_format='channels_first')": (None, 4, 5),
    "Input(None, 4) | MaxPooling1D()": (None, None, 4),
    "Input(9, 8, 3) | MaxPooling2D((2, 3))": (None, 4, 2, 3),
    "Input(9, 8, 7, 3) | MaxPooling3D()": (None, 4, 4, 3, 3),
    "Input(9, 8, 3) | AveragePooling2D(3, strides=1)": (None, 7, 6, 3),
    "Input(10, 4) | GlobalMaxPooling1D()": (None, 4),
    "Input(4, 10) | GlobalAveragePooling1D('channels_first')": (None, 4),
    "Input(10, 4) | GlobalAveragePooling1D(keepdims=True)": (None, 1, 4),
    "Input(3, 9, 8) | GlobalMaxPooling2D('channels_first', True)": (None, 3, 1, 1),
    "Input(9, 8, 7, None) | GlobalAveragePooling3D()": (None, None),
    "Input(None, 4) | AdaptiveMaxPooling1D(3)": (None, 3, 4),
    "Input(9, 8, 3) | AdaptiveAveragePooling2D([2, 5])": (None, 2, 5, 3),
    "Input(3, 9, 8, 7) | AdaptiveMaxPooling3D(2, 'channels_first')": (None, 3, 2, 2, 2),
}


@pytest.mark.parametrize("expression", OUTPUT)
def test_pooling_gives_its_windows(expression):
    model = lstmcalc.parse(expression)
    assert (model.output_shape, model.count_params()) == (OUTPUT[expression], 0)


@pytest.mark.parametrize("class_name", FAMILIES["pooling"])
def test_pooling_is_not_counted_in_macs(class_name):
    given = "Input(" + "9, " * int(class_name[-2]) + "3)"
    (found,) = lstmcalc.parse(f"{given} | {class_name}({'' if 'Global' in class_name else 2})").placed
    assert (found.layer.products(found.input_shapes), found.weights) == ((), ())


def test_the_mean_over_timesteps_alone_takes_a_mask():
    takes = [name for name in FAMILIES["pooling"] if "mask" in find(name).mask_arguments]
    assert takes == ["GlobalAveragePooling1D"]


def test_pooling_gives_no_mask():
    model = lstmcalc.parse("Input(10, dtype='int32') | Embedding(9, 4, mask_zero=True) | MaxPooling1D()")
    assert model.outputs[0].mask is None


REFUSED = {
    "Input(3, 4) | MaxPooling1D(4)": (
        "MaxPooling1D takes at least 4 positions without padding, but its input has 3 positions",
        "take a smaller pool_size, or padding: same",
    ),
    "Input(9, 4) | MaxPooling1D(padding='SAME')": (
        "MaxPooling1D: padding must be one of valid, same, but is 'SAME'",
        "did you mean 'same'?",
    ),
    "Input(9, 9, 4) | AveragePooling2D()": (
        "AveragePooling2D needs 'pool_size', a whole number of at least 1, or a list with one for each axis",
        None,
    ),
    "Input(9, 9, 4) | MaxPooling2D(2, [1, 2, 3])": (
        "MaxPooling2D: strides must be a number or a list of 2 numbers, but is [1, 2, 3]",
        None,
    ),
    "Input(28, 28) | GlobalAveragePooling2D()": (
        "GlobalAveragePooling2D takes 4 axes (samples, height, width, channels), but its input has 3: (None, 28, 28)",
        "an axis of 1 for the channels comes with 'Reshape: {target_shape: [28, 28, 1]}'",
    ),
    "Input(9, 4) | LSTM(8) | GlobalMaxPooling1D()": (
        "GlobalMaxPooling1D takes 3 axes (samples, timesteps, features), but its input has 2: (None, 8)",
        "lstm gives only its last output; add return_sequences: true to keep the timesteps",
    ),
    "Input(9, 4) | AdaptiveMaxPooling1D(0)": ("AdaptiveMaxPooling1D: output_size must be at least 1, but is 0", None),
}


@pytest.mark.parametrize("expression", REFUSED)
def test_what_does_not_fit_is_refused_with_what_to_do(expression):
    with pytest.raises(lstmcalc.ModelError) as caught:
        lstmcalc.parse(expression)
    assert (caught.value.message, caught.value.help) == REFUSED[expression]
