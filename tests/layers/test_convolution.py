"""Convolutions weigh and give what a reader can work out, and their MACs are the multiplications of plain loops."""

import re
from itertools import product
from math import prod

import pytest

import lstmcalc
from lstmcalc.layers.base import arguments_of
from lstmcalc.layers.catalogue import FAMILIES, find
from lstmcalc.layers.spatial import each_axis


def placed(expression):
    """The only layer of a model, with its weights and its inputs."""
    (found,) = lstmcalc.parse(expression).placed
    return found


def weights_of(expression):
    return [(each.name, each.shape) for each in placed(expression).weights]


def macs_of(expression):
    found = placed(expression)
    return sum(each.macs for each in found.layer.products(found.input_shapes))


def refusal_of(expression):
    with pytest.raises(lstmcalc.ModelError) as caught:
        lstmcalc.parse(expression)
    return caught.value


# Params and shapes.

PARAMS_AND_OUTPUT = {
    "Input(10, 16) | Conv1D(32, 3)": (3 * 16 * 32 + 32, (None, 8, 32)),
    "Input(10, 16) | Conv1D(32, 3, padding='same')": (3 * 16 * 32 + 32, (None, 10, 32)),
    "Input(10, 16) | Conv1D(32, 3, 2, 'SAME')": (3 * 16 * 32 + 32, (None, 5, 32)),
    "Input(10, 16) | Conv1D(32, 3, padding='causal', dilation_rate=4)": (3 * 16 * 32 + 32, (None, 10, 32)),
    "Input(10, 16) | Conv1D(32, 3, dilation_rate=4)": (3 * 16 * 32 + 32, (None, 2, 32)),
    "Input(10, 16) | Conv1D(32, 3, groups=4)": (3 * 4 * 32 + 32, (None, 8, 32)),
    "Input(10, 16) | Conv1D(32, 3, use_bias=False)": (3 * 16 * 32, (None, 8, 32)),
    "Input(16, 10) | Conv1D(32, 3, data_format='channels_first')": (3 * 16 * 32 + 32, (None, 32, 8)),
    "Input(3, 16) | Conv1D(32, 3)": (3 * 16 * 32 + 32, (None, 1, 32)),
    "Input(None, 16) | Conv1D(32, 3)": (3 * 16 * 32 + 32, (None, None, 32)),
    "Input(28, 28, 1) | Conv2D(32, (3, 5))": (3 * 5 * 1 * 32 + 32, (None, 26, 24, 32)),
    "Input(28, None, 3) | Conv2D(8, 3, strides=(2, 1))": (3 * 3 * 3 * 8 + 8, (None, 13, None, 8)),
    "Input(9, 9, 9, 2) | Conv3D(4, 2, strides=2)": (2 * 2 * 2 * 2 * 4 + 4, (None, 4, 4, 4, 4)),
    "Input(10, 16) | Conv1DTranspose(32, 3)": (3 * 32 * 16 + 32, (None, 12, 32)),
    "Input(10, 16) | Conv1DTranspose(32, 3, 2)": (3 * 32 * 16 + 32, (None, 9 * 2 + 3, 32)),
    "Input(10, 16) | Conv1DTranspose(32, 3, 4)": (3 * 32 * 16 + 32, (None, 9 * 4 + 4, 32)),
    "Input(10, 16) | Conv1DTranspose(32, 3, 2, 'same')": (3 * 32 * 16 + 32, (None, 20, 32)),
    "Input(10, 16) | Conv1DTranspose(32, 3, 2, 'same', 0)": (3 * 32 * 16 + 32, (None, 9 * 2 + 1, 32)),
    "Input(10, 16) | Conv1DTranspose(32, 4, 2, 'same', 1)": (4 * 32 * 16 + 32, (None, 9 * 2 + 1, 32)),
    "Input(5, 5, 8) | Conv2DTranspose(4, 2, strides=2)": (2 * 2 * 4 * 8 + 4, (None, 10, 10, 4)),
    "Input(5, None, 5, 8) | Conv3DTranspose(4, 2)": (2 * 2 * 2 * 4 * 8 + 4, (None, 6, None, 6, 4)),
    "Input(10, 16) | SeparableConv1D(32, 3)": (3 * 16 + 16 * 32 + 32, (None, 8, 32)),
    "Input(10, 16) | SeparableConv1D(32, 3, depth_multiplier=2)": (3 * 16 * 2 + 32 * 32 + 32, (None, 8, 32)),
    "Input(9, 9, 4) | SeparableConv2D(6, 3, strides=2)": (9 * 4 + 4 * 6 + 6, (None, 4, 4, 6)),
    "Input(10, 16) | DepthwiseConv1D(3, depth_multiplier=2)": (3 * 16 * 2 + 32, (None, 8, 32)),
    "Input(9, 9, 4) | DepthwiseConv2D((2, 3))": (2 * 3 * 4 + 4, (None, 8, 7, 4)),
    "Input(5, 8, 8, 3) | ConvLSTM2D(4, 3)": (4 * (3 * 3 * (3 + 4) * 4 + 4), (None, 6, 6, 4)),
    "Input(5, 8, 3) | ConvLSTM1D(4, 3, padding='same')": (4 * (3 * (3 + 4) * 4 + 4), (None, 8, 4)),
    "Input(5, 3, 8) | ConvLSTM1D(4, 3, data_format='channels_first')": (4 * (3 * (3 + 4) * 4 + 4), (None, 4, 6)),
    "Input(None, 8, 8, 3) | ConvLSTM2D(4, 3, return_sequences=True)": (
        4 * (3 * 3 * (3 + 4) * 4 + 4),
        (None, None, 6, 6, 4),
    ),
    "Input(5, 4, 4, 4, 2) | ConvLSTM3D(3, 2)": (4 * (8 * (2 + 3) * 3 + 3), (None, 3, 3, 3, 3)),
    "Input(5, 8, 3) | Bidirectional(ConvLSTM1D(4, 3))": (2 * 4 * (3 * (3 + 4) * 4 + 4), (None, 6, 8)),
    "Input(5, 28, 28, 1) | TimeDistributed(Conv2D(8, 3))": (3 * 3 * 8 + 8, (None, 5, 26, 26, 8)),
}


@pytest.mark.parametrize("expression", PARAMS_AND_OUTPUT)
def test_a_convolution_weighs_its_kernel_and_gives_its_positions(expression):
    model = lstmcalc.parse(expression)
    assert (model.count_params(), model.output_shape) == PARAMS_AND_OUTPUT[expression]


def test_the_weights_stand_in_the_order_of_keras():
    assert weights_of("Input(10, 4) | Conv1D(6, 3, groups=2)") == [("kernel", (3, 2, 6)), ("bias", (6,))]
    assert weights_of("Input(10, 4) | Conv1DTranspose(6, 3)") == [("kernel", (3, 6, 4)), ("bias", (6,))]
    assert weights_of("Input(10, 4) | DepthwiseConv1D(3, depth_multiplier=2)") == [
        ("kernel", (3, 4, 2)),
        ("bias", (8,)),
    ]
    assert weights_of("Input(9, 9, 4) | SeparableConv2D(6, 3, depth_multiplier=2)") == [
        ("depthwise_kernel", (3, 3, 4, 2)),
        ("pointwise_kernel", (1, 1, 8, 6)),
        ("bias", (6,)),
    ]
    assert weights_of("Input(5, 8, 8, 3) | ConvLSTM2D(4, 3)") == [
        ("kernel", (3, 3, 3, 16)),
        ("recurrent_kernel", (3, 3, 4, 16)),
        ("bias", (16,)),
    ]


def test_lora_leaves_two_thin_matrices_to_train():
    weights = placed("Input(10, 4) | Conv1D(6, 3, lora_rank=2)").weights
    assert [(each.name, each.shape, each.trainable) for each in weights] == [
        ("kernel", (3, 4, 6), False),
        ("bias", (6,), True),
        ("lora_kernel_a", (3, 4, 2), True),
        ("lora_kernel_b", (2, 6), True),
    ]


def test_a_convlstm_gives_its_two_states_in_the_shape_of_its_output():
    model = lstmcalc.parse("Input(5, 8, 8, 3) | ConvLSTM2D(4, 3, return_state=True)")
    assert model.output_shape == [(None, 6, 6, 4)] * 3


def test_the_argument_trainable_does_not_reach_the_cell_of_a_convlstm():
    assert all(each.trainable for each in placed("Input(5, 8, 3) | ConvLSTM1D(4, 3, trainable=False)").weights)
    frozen = lstmcalc.from_dict(
        {"input": [5, 8, 3], "layers": [{"ConvLSTM1D": {"filters": 4, "kernel_size": 3}, "trainable": False}]}
    )
    assert not any(each.trainable for each in frozen.all_weights())


def test_the_states_of_one_convlstm_start_another():
    frames = {"ConvLSTM2D": {"filters": 4, "kernel_size": 3, "return_state": True}}
    spec = {
        "inputs": {"past": [5, 8, 8, 1], "next": [7, 8, 8, 2]},
        "layers": [
            {**frames, "name": "encoder", "from": "past"},
            {**frames, "name": "decoder", "from": "next", "initial_state": ["encoder.state_h", "encoder.state_c"]},
        ],
    }
    assert lstmcalc.from_dict(spec).output_shape[0] == (None, 6, 6, 4)
    frames["ConvLSTM2D"]["padding"] = "same"
    spec["layers"][0] = {"ConvLSTM2D": {**frames["ConvLSTM2D"], "padding": "valid"}, "name": "encoder", "from": "past"}
    with pytest.raises(lstmcalc.ModelError, match=r"state_h must be \(None, 8, 8, 4\), but is \(None, 6, 6, 4\)"):
        lstmcalc.from_dict(spec)


# Multiply-accumulates, against loops that do nothing but count.


def stops(size, kernel, stride=1, dilation=1, padding="valid"):
    """The first position of each window."""
    reach = (kernel - 1) * dilation + 1
    return range(0, size - reach + 1 if padding == "valid" else size, stride)


def multiplications(axes, kernel, channels, filters, groups=1, **slide):
    """Those of a convolution, one by one."""
    count = 0
    for _stop in product(*(stops(size, taps, **slide) for size, taps in zip(axes, kernel, strict=True))):
        for _tap in product(*map(range, kernel)):
            for _filter in range(filters):
                for _channel in range(channels // groups):
                    count += 1
    return count


@pytest.mark.parametrize(
    ("arguments", "counted"),
    [
        ("4, 3", multiplications([9], [3], 6, 4)),
        ("4, 3, 2", multiplications([9], [3], 6, 4, stride=2)),
        ("4, 3, 2, 'same'", multiplications([9], [3], 6, 4, stride=2, padding="same")),
        ("4, 3, padding='causal', dilation_rate=2", multiplications([9], [3], 6, 4, dilation=2, padding="same")),
        ("4, 3, dilation_rate=3", multiplications([9], [3], 6, 4, dilation=3)),
        ("4, 3, groups=2", multiplications([9], [3], 6, 4, groups=2)),
    ],
)
def test_the_macs_of_conv1d_are_counted_multiplications(arguments, counted):
    assert macs_of(f"Input(9, 6) | Conv1D({arguments})") == counted


def test_the_macs_of_more_axes_are_counted_multiplications():
    image = multiplications([7, 6], [3, 2], 3, 5)
    assert macs_of("Input(7, 6, 3) | Conv2D(5, (3, 2))") == image
    assert macs_of("Input(3, 7, 6) | Conv2D(5, (3, 2), data_format='channels_first')") == image
    assert macs_of("Input(4, 5, 6, 2) | Conv3D(3, 2, 2)") == multiplications([4, 5, 6], [2] * 3, 2, 3, stride=2)


def test_each_channel_on_its_own_is_counted_without_the_others():
    depthwise = 4 * multiplications([9], [3], 1, 2)
    assert macs_of("Input(9, 4) | DepthwiseConv1D(3, depth_multiplier=2)") == depthwise
    pointwise = multiplications([7], [1], 4 * 2, 5)
    assert macs_of("Input(9, 4) | SeparableConv1D(5, 3, depth_multiplier=2)") == depthwise + pointwise


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_a_transposed_convolution_multiplies_each_input_position_with_the_kernel(padding):
    count = 0
    for _position in product(range(5), range(4)):
        for _tap in product(range(3), range(2)):
            for _filter in range(6):
                for _channel in range(2):
                    count += 1
    assert macs_of(f"Input(5, 4, 2) | Conv2DTranspose(6, (3, 2), 2, '{padding}')") == count


def test_a_convlstm_convolves_input_and_state_for_four_gates_at_each_timestep():
    count = 0
    for _timestep in range(5):
        for _gate in range(4):
            count += multiplications([8, 7], [3, 2], 3, 4)
            count += multiplications([6, 6], [3, 2], 4, 4, padding="same")
    assert macs_of("Input(5, 8, 7, 3) | ConvLSTM2D(4, (3, 2))") == count


def test_twice_the_timesteps_are_twice_the_macs_and_the_same_params():
    short, long = (f"Input({timesteps}, 8, 3) | ConvLSTM1D(4, 3)" for timesteps in (5, 10))
    assert macs_of(long) == 2 * macs_of(short)
    assert lstmcalc.parse(long).count_params() == lstmcalc.parse(short).count_params()


def test_the_macs_of_an_unknown_axis_are_per_position():
    found = placed("Input(None, 16) | Conv1D(32, 3)")
    assert [(each.macs, each.unknown) for each in found.layer.products(found.input_shapes)] == [(3 * 16 * 32, 1)]


# The closed forms that the layers declare.

FORMS = {
    1: ("Input(10, 6)", "3"),
    2: ("Input(10, 9, 6)", "(3, 2)"),
    3: ("Input(10, 9, 8, 6)", "(3, 2, 2)"),
}
OPTIONS = ("use_bias", "groups", "depth_multiplier")
CASES = [
    (name, option)
    for family in ("convolution", "separable_convolution")
    for name in FAMILIES[family]
    for option in OPTIONS
    if option in arguments_of(find(name))
]


def closed_form(found):
    """What the formula of a layer comes to, by Python alone."""
    layer = found.layer
    names = {name: getattr(layer, name) for name in layer.__struct_fields__}
    if layer.rank > 1:
        names["kernel_size"] = each_axis(layer.kernel_size, layer.rank)
    return eval(layer.closed_form.formula, {**names, "prod": prod, "features": 6, "channels": 6})


@pytest.mark.parametrize(("class_name", "option"), CASES)
def test_the_closed_form_is_the_sum_over_the_weights(class_name, option):
    given, kernel = FORMS[int(re.search(r"\d", class_name)[0])]
    filters = "" if class_name.startswith("Depthwise") else "4, "
    value = True if option == "use_bias" else 2
    found = placed(f"{given} | {class_name}({filters}{kernel}, {option}={value})")
    assert closed_form(found) == found.params


@pytest.mark.parametrize(("rank", "axes"), [(1, "9"), (2, "9, 8"), (3, "9, 8, 7")])
def test_the_closed_form_of_a_convlstm_is_the_sum_over_the_weights(rank, axes):
    found = placed(f"Input(5, {axes}, 6) | ConvLSTM{rank}D(4, {FORMS[rank][1]})")
    assert closed_form(found) == found.params


# Refusals.

REFUSED = {
    "Input(28, 28) | Conv2D(4, 3)": (
        "Conv2D takes 4 axes (samples, height, width, channels), but its input has 3: (None, 28, 28)",
        "an axis of 1 for the channels comes with 'Reshape: {target_shape: [28, 28, 1]}'",
    ),
    "Input(5, 8, 8, 3) | Conv2D(4, 3)": (
        "Conv2D takes 4 axes (samples, height, width, channels), but its input has 5: (None, 5, 8, 8, 3)",
        "for each timestep on its own it is 'TimeDistributed: {Conv2D: ...}'",
    ),
    "Input(8, 8, 3) | ConvLSTM2D(4, 3)": (
        "ConvLSTM2D takes 5 axes (samples, timesteps, rows, columns, channels), but its input has 4: (None, 8, 8, 3)",
        "an axis of 1 for the channels comes with 'Reshape: {target_shape: [8, 8, 3, 1]}'",
    ),
    "Input(10, 4) | Conv1D(4, 11)": (
        "Conv1D takes at least 11 positions without padding, but its input has 10 positions",
        "take a smaller kernel_size, or padding: same",
    ),
    "Input(10, 4) | Conv1D(4, 3, dilation_rate=5)": (
        "Conv1D takes at least 11 positions without padding, but its input has 10 positions",
        "take a smaller kernel_size, or padding: same",
    ),
    "Input(10, None) | Conv1D(4, 3)": (
        "Conv1D needs to know its features, but its input is (None, 10, None)",
        "weights are made for a fixed number of features: "
        "give that axis of the input a number (--timesteps N binds unknown timesteps)",
    ),
    "Input(10, 4) | Conv1D(6, 3, groups=3)": (
        "Conv1D takes features that 3 groups can share evenly, but has 4",
        "groups must divide 4",
    ),
    "Input(10, 4) | Conv1D(5, 3, groups=2)": (
        "Conv1D takes filters that 2 groups can share evenly, but has 5",
        "groups must divide 5",
    ),
    "Input(10, 4) | Conv1D(5, 3, strides=2, dilation_rate=2)": (
        "Conv1D takes strides or dilation_rate, but has strides of (2) and a dilation_rate of (2)",
        "leave one of them at 1",
    ),
    "Input(9, 9, 4) | Conv2D(5, 3, padding='causal')": (
        "Conv2D: padding must be one of valid, same, but is 'causal'",
        "causal is for Conv1D: timesteps have a past, an image has none",
    ),
    "Input(9, 9, 4) | Conv2D(5, [3])": (
        "Conv2D: kernel_size must be a number or a list of 2 numbers, but is [3]",
        None,
    ),
    "Input(9, 4) | Conv1D(5, 0)": ("Conv1D: kernel_size must be at least 1, but is 0", None),
    "Input(9, 4) | Conv1DTranspose(5, 3, 2, output_padding=2)": (
        "Conv1DTranspose: output_padding must be less than the strides, but is (2) with strides of (2)",
        None,
    ),
    "Input(1, 4) | Conv1DTranspose(5, 2, 2, 'same', 0)": (
        "Conv1DTranspose gives nothing of (1)",
        "add 1 to output_padding",
    ),
    "Input(5, 9, None, 4) | ConvLSTM2D(5, 3)": (
        "ConvLSTM2D needs to know the size of a timestep, but its input is (None, 5, 9, None, 4)",
        "the states have a fixed size: give its rows, columns a number",
    ),
    "Input(5, 9, 4) | ConvLSTM1D(5, 3, stateful=True)": (
        "ConvLSTM1D is stateful, which needs a fixed number of samples, but its input is (None, 5, 9, 4)",
        "give the input a batch: 'input: {shape: [5, 1], batch: 32}', or --batch 32",
    ),
    "Input(5, 9, 4) | ConvLSTM1D(5, 3, bias_initializer=None)": (
        "ConvLSTM1D needs a bias_initializer for the biases that unit_forget_bias leaves",
        "write zeros, or unit_forget_bias: false",
    ),
}


@pytest.mark.parametrize("expression", REFUSED)
def test_what_does_not_fit_is_refused_with_what_to_do(expression):
    error = refusal_of(expression)
    assert (error.message, error.help) == REFUSED[expression]


def test_a_refusal_stands_at_the_argument_at_fault():
    assert (
        refusal_of("Input(10, 4) | Conv1D(4, kernel_size=11)").column
        == len("Input(10, 4) | Conv1D(4, kernel_size=") + 1
    )


def test_the_last_output_of_a_recurrent_layer_has_no_timesteps_to_slide_over():
    assert refusal_of("Input(10, 4) | LSTM(8) | Conv1D(4, 3)").help == (
        "lstm gives only its last output; add return_sequences: true to keep the timesteps"
    )
