"""UpSampling, padding, cropping and resizing change sizes as a reader can work out, without a weight."""

import pytest

import lstmcalc
from lstmcalc.layers.catalogue import FAMILIES

OUTPUT = {
    "Input(10, 4) | UpSampling1D(3)": (None, 30, 4),
    "Input(None, 4) | UpSampling1D()": (None, None, 4),
    "Input(9, 8, 3) | UpSampling2D((2, 3), interpolation='BILINEAR')": (None, 18, 24, 3),
    "Input(3, 9, 8) | UpSampling2D(data_format='channels_first')": (None, 3, 18, 16),
    "Input(9, 8, 7, 3) | UpSampling3D([1, 2, 3])": (None, 9, 16, 21, 3),
    "Input(10, 4) | ZeroPadding1D()": (None, 12, 4),
    "Input(10, 4) | ZeroPadding1D((3, 0))": (None, 13, 4),
    "Input(4, 10) | ZeroPadding1D(2, 'channels_first')": (None, 4, 14),
    "Input(9, 8, 3) | ZeroPadding2D()": (None, 11, 10, 3),
    "Input(9, None, 3) | ZeroPadding2D([1, [2, 3]])": (None, 11, None, 3),
    "Input(9, 8, 7, 3) | ZeroPadding3D([[1, 0], 0, 2])": (None, 10, 8, 11, 3),
    "Input(10, 4) | Cropping1D()": (None, 8, 4),
    "Input(10, 4) | Cropping1D([0, 9])": (None, 1, 4),
    "Input(9, 8, 3) | Cropping2D()": (None, 9, 8, 3),
    "Input(9, 8, 3) | Cropping2D([[1, 2], 3])": (None, 6, 2, 3),
    "Input(9, 8, 7, 3) | Cropping3D()": (None, 7, 6, 5, 3),
    "Input(28, 30, 3) | Resizing(32, 16)": (None, 32, 16, 3),
    "Input(3, None, None) | Resizing(32, 16, data_format='channels_first')": (None, 3, 32, 16),
    "Input(28, 30, 3) | CenterCrop(20, 10)": (None, 20, 10, 3),
}


@pytest.mark.parametrize("expression", OUTPUT)
def test_sizes_change_as_the_arguments_say(expression):
    model = lstmcalc.parse(expression)
    assert (model.output_shape, model.count_params()) == (OUTPUT[expression], 0)


def test_what_is_cropped_again_was_padded():
    for padding in (0, 1, [3, 2]):
        model = lstmcalc.from_dict(
            {
                "input": [7, 4],
                "layers": [{"ZeroPadding1D": {"padding": padding}}, {"Cropping1D": {"cropping": padding}}],
            }
        )
        assert model.output_shape == (None, 7, 4)


def test_resizing_is_not_counted_in_macs():
    for class_name in FAMILIES["resizing"]:
        if class_name[-2:] in ("1D", "2D", "3D"):
            given, sizes = "Input(" + "9, " * int(class_name[-2]) + "3)", 2
        else:
            given, sizes = "Input(9, 9, 3)", "4, 4"
        (found,) = lstmcalc.parse(f"{given} | {class_name}({sizes})").placed
        assert (found.layer.products(found.input_shapes), found.weights) == ((), ())


REFUSED = {
    "Input(10, 4) | UpSampling1D([2])": ("UpSampling1D: size must be a whole number, but is [2]", None),
    "Input(10, 4) | Cropping1D([5, 5])": (
        "Cropping1D takes (10) off (10), which leaves nothing",
        "take a smaller cropping",
    ),
    "Input(9, 8, 3) | Cropping2D([[1, 2], 4])": (
        "Cropping2D takes (3, 8) off (9, 8), which leaves nothing",
        "take a smaller cropping",
    ),
    "Input(9, 8, 3) | ZeroPadding2D([1, 2, 3])": (
        "ZeroPadding2D: padding must be a number or a list of 2, each a number or a list of 2 (before, after), "
        "but is [1, 2, 3]",
        None,
    ),
    "Input(9, 3) | ZeroPadding1D([1, 2, 3])": (
        "ZeroPadding1D: padding must be a number or a list of 2 (before, after), but is [1, 2, 3]",
        None,
    ),
    "Input(9, 8, 3) | ZeroPadding2D(-1)": ("ZeroPadding2D: padding must be at least 0, but is -1", None),
    "Input(9, 8, 3) | UpSampling2D(interpolation='bilnear')": (
        "UpSampling2D: interpolation must be one of nearest, bilinear, bicubic, lanczos3, lanczos5, area, "
        "but is 'bilnear'",
        "did you mean 'bilinear'?",
    ),
    "Input(28, 28) | Resizing(32, 32)": (
        "Resizing takes 4 axes (samples, height, width, channels), but its input has 3: (None, 28, 28)",
        "an axis of 1 for the channels comes with 'Reshape: {target_shape: [28, 28, 1]}'",
    ),
    "Input(28, 28, 3) | Resizing(32, 32, crop_to_aspect_ratio=True, pad_to_aspect_ratio=True)": (
        "Resizing takes crop_to_aspect_ratio or pad_to_aspect_ratio, but has both",
        "leave one of them out",
    ),
}


@pytest.mark.parametrize("expression", REFUSED)
def test_what_does_not_fit_is_refused_with_what_to_do(expression):
    with pytest.raises(lstmcalc.ModelError) as caught:
        lstmcalc.parse(expression)
    assert (caught.value.message, caught.value.help) == REFUSED[expression]
