"""Initial weights by their formulas: fans, limits, spreads; what a bias with a forget gate is; what is refused."""

import numpy as np
import pytest

import lstmcalc
from lstmcalc import ModelError
from lstmcalc.arrays.initializers import fans, initial
from lstmcalc.layers.arguments import Initializer
from lstmcalc.layers.base import Layer

UNIFORM = {
    "glorot_uniform": lambda fan_in, fan_out: np.sqrt(6 / (fan_in + fan_out)),
    "he_uniform": lambda fan_in, fan_out: np.sqrt(6 / fan_in),
    "lecun_uniform": lambda fan_in, fan_out: np.sqrt(3 / fan_in),
    "random_uniform": lambda fan_in, fan_out: 0.05,
}
NORMAL = {
    "glorot_normal": lambda fan_in, fan_out: np.sqrt(2 / (fan_in + fan_out)),
    "he_normal": lambda fan_in, fan_out: np.sqrt(2 / fan_in),
    "lecun_normal": lambda fan_in, fan_out: np.sqrt(1 / fan_in),
    "random_normal": lambda fan_in, fan_out: 0.05,
}
KERNELS = {
    "Input(200) | Dense(300, kernel_initializer={initializer!r})": (200, 300),
    "Input(9, 20) | Conv1D(30, 5, kernel_initializer={initializer!r})": (5 * 20, 5 * 30),
    "Input(9, 9, 20) | Conv2D(30, (3, 2), kernel_initializer={initializer!r})": (6 * 20, 6 * 30),
}


def kernel(expression, seed=0):
    (weights,) = lstmcalc.parse(expression).get_weights(seed).values()
    return weights[0]


@pytest.mark.parametrize("initializer", UNIFORM)
@pytest.mark.parametrize("expression", KERNELS)
def test_uniform_initializers_fill_their_limits(expression, initializer):
    array, limit = kernel(expression.format(initializer=initializer)), UNIFORM[initializer](*KERNELS[expression])
    assert 0.99 * limit < np.abs(array).max() <= limit * (1 + 1e-6)
    assert array.std() == pytest.approx(limit / np.sqrt(3), rel=0.05)
    assert array.mean() == pytest.approx(0, abs=0.05 * limit)


@pytest.mark.parametrize("initializer", NORMAL)
@pytest.mark.parametrize("expression", KERNELS)
def test_normal_initializers_have_their_spread_and_the_truncated_ones_end(expression, initializer):
    array, spread = kernel(expression.format(initializer=initializer)), NORMAL[initializer](*KERNELS[expression])
    assert array.std() == pytest.approx(spread, rel=0.05)
    if initializer != "random_normal":
        assert np.abs(array).max() <= 2 * spread / 0.8796 * (1 + 1e-4)


@pytest.mark.parametrize("shape", [(), (7,), (3, 5), (4, 3, 5), (2, 4, 3, 5)])
def test_fans_count_what_goes_in_and_out(shape):
    expected = {(): (1, 1), (7,): (7, 7), (3, 5): (3, 5), (4, 3, 5): (12, 20), (2, 4, 3, 5): (24, 40)}
    assert fans(shape) == expected[shape]


def test_a_recurrent_kernel_has_rows_at_right_angles():
    array = lstmcalc.parse("Input(5, 3) | LSTM(8)").get_weights()["lstm"][1]
    np.testing.assert_allclose(array @ array.T, np.eye(8), atol=1e-5)


def test_an_orthogonal_kernel_with_more_rows_has_columns_at_right_angles_of_its_gain():
    array = kernel("Input(9) | Dense(4, kernel_initializer={'class_name': 'Orthogonal', 'config': {'gain': 3.0}})")
    np.testing.assert_allclose(array.T @ array, 9 * np.eye(4), atol=1e-4)


@pytest.mark.parametrize("layer", ["LSTM(4)", "RNN(LSTMCell(4))", "ConvLSTM1D(4, 1)"])
def test_the_bias_of_a_forget_gate_begins_at_1(layer):
    axes = "5, 3, 2" if "Conv" in layer else "5, 3"
    (weights,) = lstmcalc.parse(f"Input({axes}) | {layer}").get_weights().values()
    assert weights[2].tolist() == [0] * 4 + [1] * 4 + [0] * 8


def test_the_forget_gate_of_a_cudnn_lstm_begins_at_1_in_the_bias_of_the_state():
    (weights,) = lstmcalc.parse("Input(5, 3) | CuDNNLSTM(4)").get_weights().values()
    assert weights[2].tolist() == [0] * 20 + [1] * 4 + [0] * 8


def test_unit_forget_bias_can_be_left_out_and_a_gru_has_none():
    assert not lstmcalc.parse("Input(5, 3) | LSTM(4, unit_forget_bias=False)").get_weights()["lstm"][2].any()
    assert not lstmcalc.parse("Input(5, 3) | GRU(4)").get_weights()["gru"][2].any()


@pytest.mark.parametrize(
    ("argument", "number", "expected"),
    [
        ("kernel_initializer='ones'", 0, 1.0),
        ("recurrent_initializer='zeros'", 1, 0.0),
        ("bias_initializer={'class_name': 'Constant', 'config': {'value': 0.5}}, unit_forget_bias=False", 2, 0.5),
    ],
)
def test_each_weight_has_the_initializer_of_its_own_argument(argument, number, expected):
    weights = lstmcalc.parse(f"Input(5, 3) | LSTM(4, {argument})").get_weights()["lstm"]
    assert np.unique(weights[number]).tolist() == [expected]
    others = [array for position, array in enumerate(weights[:2]) if position != number]
    assert all(len(np.unique(array)) > 10 for array in others)


def test_the_parts_of_a_separable_convolution_have_initializers_of_their_own():
    layer = "SeparableConv1D(4, 2, depthwise_initializer='ones', pointwise_initializer='zeros')"
    depthwise, pointwise, _ = lstmcalc.parse(f"Input(5, 3) | {layer}").get_weights()["separable_conv1d"]
    assert depthwise.all() and not pointwise.any()
    (weights,) = lstmcalc.parse("Input(5, 3) | DepthwiseConv1D(2, depthwise_initializer='ones')").get_weights().values()
    assert weights[0].all()


def test_the_layers_inside_an_attention_have_its_initializers():
    layers = [{"MultiHeadAttention": {"num_heads": 2, "key_dim": 3, "kernel_initializer": "ones"}, "from": ["x", "x"]}]
    model = lstmcalc.from_dict({"inputs": {"x": [5, 4]}, "layers": layers})
    weights = model.get_weights()["multi_head_attention"]
    assert [np.unique(array).tolist() for array in weights] == [[1.0], [0.0]] * 4


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("Input(3) | MaxoutDense(4, init='ones')", [1, 0]),
        ("Input(3) | Highway(init='ones')", [1, 1, 0, 0]),
        ("Input(5, 3) | TimeDistributedDense(4, init='ones')", [1, 0]),
        ("Input(5) | ReversibleEmbedding(9, 4, tie_weights=False, embeddings_initializer='ones')", [1, 1]),
    ],
)
def test_an_argument_of_another_name_than_its_weight_makes_it(expression, expected):
    (weights,) = lstmcalc.parse(expression).get_weights().values()
    assert [np.unique(array).tolist() for array in weights] == [[number] for number in expected]


def test_the_deviations_of_renorm_begin_at_the_roots_of_the_moving_variance():
    four = {"class_name": "Constant", "config": {"value": 4}}
    layer = {"BatchNormalization": {"renorm": True, "moving_variance_initializer": four}}
    (weights,) = lstmcalc.from_dict({"input": [3], "layers": [layer]}).get_weights().values()
    assert [np.unique(array).tolist() for array in weights] == [[1], [0], [0], [4], [2], [0], [2]]


class Shifted(Layer, frozen=True, eq=False, kw_only=True):
    """A layer of a newcomer's, who says nothing of what makes its weights but by the names of its arguments."""

    shift_initializer: Initializer = "ones"
    odd_initializer: Initializer = None

    def weights(self, inputs):
        return (
            self.weight("shift", 2),
            self.weight("odd", 2),
            self.weight("unheard_of", 9, 3),
            self.weight("n", 2, dtype="int32"),
        )


def test_a_weight_of_a_new_name_is_made_by_its_argument_and_else_as_add_weight_of_keras_decides():
    shift, odd, unheard_of, n = (initial(weight, (0,)) for weight in Shifted().weights(((None, 2),)))
    assert (shift.tolist(), n.tolist(), str(n.dtype)) == ([1, 1], [0, 0], "int32")
    assert 0 < np.abs(odd).max() <= np.sqrt(6 / (2 + 2))
    assert 0.5 * np.sqrt(6 / 12) < np.abs(unheard_of).max() <= np.sqrt(6 / 12)


def test_a_weight_says_which_argument_makes_it():
    weights = lstmcalc.parse("Input(5, 3) | LSTM(4)").all_weights()
    assert [weight.argument for weight in weights] == [
        "kernel_initializer",
        "recurrent_initializer",
        "bias_initializer",
    ]


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (
            {"MultiHeadAttention": {"num_heads": 2, "key_dim": 3, "kernel_initializer": "identity"}},
            "kernel_initializer: identity makes weights of 2 axes, but kernel has 3",
        ),
        (
            {"MultiHeadAttention": {"num_heads": 2, "key_dim": 3, "bias_initializer": "orthogonal"}},
            "bias_initializer: orthogonal makes weights of at least 2 axes, but bias has 1",
        ),
        (
            {"RNN": {"LSTMCell": {"units": 3, "recurrent_initializer": "stft"}}},
            "recurrent_initializer: stft makes weights of 3 axes, but recurrent_kernel has 2",
        ),
        (
            {"DepthwiseConv1D": {"kernel_size": 2, "depthwise_initializer": "identity"}},
            "depthwise_initializer: identity makes weights of 2 axes, but kernel has 3",
        ),
    ],
)
def test_an_initializer_that_cannot_make_a_weight_of_that_many_axes_is_refused_by_its_argument(layer, message):
    item = {**layer, "from": ["x", "x"]} if "MultiHeadAttention" in layer else layer
    with pytest.raises(ModelError) as caught:
        lstmcalc.from_dict({"inputs": {"x": [5, 4]}, "layers": [item]})
    assert caught.value.message == message
    assert str(caught.value).startswith("<dict>:")


def test_a_seed_of_an_initializer_holds_whatever_the_seed_of_the_model():
    expression = "Input(3) | Dense(4, kernel_initializer={'class_name': 'GlorotUniform', 'config': {'seed': 7}})"
    np.testing.assert_array_equal(kernel(expression, seed=1), kernel(expression, seed=2))


def test_weights_have_their_own_dtypes():
    model = lstmcalc.from_dict({"input": [3], "dtype": "float16", "layers": [{"Dense": 4}, "Normalization"]})
    dtypes = [[str(array.dtype) for array in arrays] for arrays in model.get_weights().values()]
    assert dtypes == [["float16"] * 2, ["float16", "float16", "int32"]]


@pytest.mark.parametrize(
    ("initializer", "message"),
    [
        ("Initializer", "the initializer Initializer is not known to lstmcalc"),
        (
            {"class_name": "VarianceScaling", "config": {"mode": "fan_up"}},
            "VarianceScaling takes a scale above 0, a mode of fan_in, fan_out and fan_avg and a distribution of "
            "uniform, truncated_normal, normal, untruncated_normal, but has 1.0, 'fan_up' and 'truncated_normal'",
        ),
        (
            {"class_name": "Constant", "config": {"value": [1, 2]}},
            "an initializer's value must be a number, but is [1, 2]",
        ),
        (
            {"class_name": "TruncatedNormal", "config": {"mean": float("nan")}},
            "an initializer's mean must be from -1e+38 to 1e+38, but is .nan",
        ),
        (
            {"class_name": "RandomNormal", "config": {"stddev": -1}},
            "an initializer's stddev must be at least 0, but is -1",
        ),
        (
            {"class_name": "RandomUniform", "config": {"minval": 2, "maxval": 1}},
            "an initializer's minval must be at most its maxval, but is 2 beside 1",
        ),
        (
            {"class_name": "VarianceScaling", "config": {"mode": ["a"]}},
            "VarianceScaling takes a scale above 0, a mode of fan_in, fan_out and fan_avg and a distribution of "
            "uniform, truncated_normal, normal, untruncated_normal, but has 1.0, ['a'] and 'truncated_normal'",
        ),
        (
            {"class_name": "GlorotUniform", "config": {"input_axes": [5], "output_axes": [1]}},
            "an initializer's input_axes and output_axes are lists of axes of (3, 4), but one is [5]",
        ),
    ],
)
def test_an_initializer_that_cannot_be_run_is_refused_with_its_layer(initializer, message):
    model = lstmcalc.from_dict({"input": [3], "layers": [{"Dense": {"units": 4, "kernel_initializer": initializer}}]})
    with pytest.raises(ModelError) as caught:
        model.get_weights()
    assert (caught.value.layer, caught.value.message) == ("dense", message)


@pytest.mark.parametrize("seed", [-1, 1.5, None, "a", True], ids=repr)
def test_a_seed_that_is_no_whole_number_from_0_is_refused(seed):
    with pytest.raises(ModelError, match="a seed is a whole number from 0, not"):
        lstmcalc.parse("Input(3) | Dense(2)").get_weights(seed=seed)
