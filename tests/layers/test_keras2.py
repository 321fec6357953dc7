"""What Keras 2 had and Keras 3 dropped, held against computations written out here."""

from itertools import product

import numpy as np
import pytest

import lstmcalc
from lstmcalc.errors import ModelError


def run(expression, x, weights):
    model = lstmcalc.parse(expression)
    return model.predict(x, weights={model.layers[0].name: weights})


def weights_of(expression):
    return [(weight.name, weight.shape) for weight in lstmcalc.parse(expression).all_weights()]


def test_a_thresholded_relu_gives_what_is_above_theta():
    x = np.array([[-2.0, 0.5, 1.0, 1.5]])
    np.testing.assert_array_equal(run("Input(4) | ThresholdedReLU(1.0)", x, []), [[0, 0, 0, 1.5]])


def test_each_position_has_a_kernel_and_biases_of_its_own():
    assert weights_of("Input(10, 4) | LocallyConnected1D(3, 2)") == [("kernel", (9, 2 * 4, 3)), ("bias", (9, 3))]
    assert weights_of("Input(6, 7, 2) | LocallyConnected2D(3, (3, 2), strides=(2, 1))") == [
        ("kernel", (2 * 6, 3 * 2 * 2, 3)),
        ("bias", (2, 6, 3)),
    ]
    assert weights_of("Input(10, 4) | LocallyConnected1D(3, 2, use_bias=False)") == [("kernel", (9, 8, 3))]


def test_the_kernel_of_the_second_implementation_is_a_matrix_of_input_by_output():
    assert weights_of("Input(10, 4) | LocallyConnected1D(3, 2, implementation=2)")[0] == ("kernel", (10, 4, 9, 3))
    first = "Input(4, 10) | LocallyConnected1D(3, 2, implementation=2, data_format='channels_first')"
    assert weights_of(first)[0] == ("kernel", (4, 10, 3, 9))
    assert weights_of("Input(4, 5, 2) | LocallyConnected2D(3, 2, implementation=2)")[0] == (
        "kernel",
        (4, 5, 2, 3, 4, 3),
    )


def test_the_kernel_of_the_third_implementation_is_what_has_an_effect():
    valid = weights_of("Input(10, 4) | LocallyConnected1D(3, 3, implementation=3)")
    assert valid[0] == ("kernel", (8 * 3 * 4 * 3,))
    same = weights_of("Input(10, 4) | LocallyConnected1D(3, 3, padding='same', implementation=3)")
    assert same[0] == ("kernel", ((10 * 3 - 2) * 4 * 3,))  # the windows at both ends are cut off by one


def test_its_macs_are_those_of_what_each_position_sees():
    model = lstmcalc.parse("Input(10, 4) | LocallyConnected1D(3, 2)")
    assert model.to_dict()["macs"] == 9 * 2 * 4 * 3


def test_it_gives_each_position_the_product_with_its_own_kernel():
    rng = np.random.default_rng(1)
    x, kernel, bias = rng.normal(size=(2, 9, 4)), rng.normal(size=(4, 3 * 4, 5)), rng.normal(size=(4, 5))
    wanted = np.stack([x[:, 2 * i : 2 * i + 3].reshape(2, -1) @ kernel[i] + bias[i] for i in range(4)], axis=1)
    got = run("Input(9, 4) | LocallyConnected1D(5, 3, 2)", x, [kernel, bias])
    np.testing.assert_allclose(got, wanted, rtol=1e-5)


def test_with_the_channels_first_a_kernel_has_the_channels_before_the_places():
    rng = np.random.default_rng(2)
    x, kernel, bias = rng.normal(size=(2, 4, 9)), rng.normal(size=(7, 4 * 3, 5)), rng.normal(size=(7, 5))
    wanted = np.stack([x[:, :, i : i + 3].reshape(2, -1) @ kernel[i] + bias[i] for i in range(7)], axis=2)
    expression = "Input(4, 9) | LocallyConnected1D(5, 3, data_format='channels_first', activation='relu')"
    np.testing.assert_allclose(run(expression, x, [kernel, bias]), np.maximum(wanted, 0), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_the_implementations_are_one_convolution(data_format, padding):
    """The second with the numbers of the third in the places that have an effect, and others that have none."""
    shape = "3, 5, 6" if data_format == "channels_first" else "5, 6, 3"
    written = f"Input({shape}) | LocallyConnected2D(2, (3, 2), strides=(2, 1), padding='{padding}', "
    matrix = lstmcalc.parse(f"{written}data_format='{data_format}', implementation=2)")
    sparse = lstmcalc.parse(f"{written}data_format='{data_format}', implementation=3)")
    rows, columns = (2, 5) if padding == "valid" else (3, 6)
    rng = np.random.default_rng(3)
    kernel, bias = rng.normal(size=sparse.all_weights()[0].shape), rng.normal(size=(rows, columns, 2))
    full = rng.normal(size=matrix.all_weights()[0].shape)
    entries = []
    shift = (0, 0) if padding == "valid" else (1, 1)  # int(kernel_size / 2)
    for i, j, f, r, c, k in product(range(rows), range(columns), range(2), range(5), range(6), range(3)):
        if 0 <= r - 2 * i + shift[0] < 3 and 0 <= c - j + shift[1] < 2:
            output, place = ((f, i, j), (k, r, c)) if data_format == "channels_first" else ((i, j, f), (r, c, k))
            entries.append((output, place))
    for number, (output, place) in zip(kernel, sorted(entries), strict=True):
        full[(*place, *output)] = number
    x = rng.normal(size=(2, *matrix.input_shape[1:]))
    second, third = ({model.layers[0].name: [array, bias]} for model, array in ((matrix, full), (sparse, kernel)))
    np.testing.assert_allclose(
        matrix.predict(x, weights=second), sparse.predict(x, weights=third), rtol=1e-4, atol=1e-5
    )


def test_padding_takes_another_implementation_than_the_first():
    with pytest.raises(ModelError) as caught:
        lstmcalc.parse("Input(10, 4) | LocallyConnected1D(3, 2, padding='same')")
    assert caught.value.message == "LocallyConnected1D takes padding: same with implementation 2 or 3 alone"
    assert caught.value.help == "write padding: valid, or implementation: 2"


def test_the_positions_have_to_be_known():
    with pytest.raises(ModelError) as caught:
        lstmcalc.parse("Input(None, 4) | LocallyConnected1D(3, 2)")
    assert caught.value.message == (
        "LocallyConnected1D has a kernel for each position, and the positions of (None, None, 4) are unknown"
    )


@pytest.mark.parametrize(("name", "shape"), [("RandomHeight", (None, None, 7, 3)), ("RandomWidth", (None, 6, None, 3))])
def test_a_size_that_training_changes_is_unknown_and_inference_keeps_it(name, shape):
    model = lstmcalc.parse(f"Input(6, 7, 3) | {name}(0.2)")
    assert model.output_shape == shape and model.count_params() == 0
    x = np.arange(2.0 * 6 * 7 * 3, dtype="float32").reshape(2, 6, 7, 3)
    np.testing.assert_array_equal(model.predict(x, weights={}), x)
