"""Recurrent layers, cells and wrappers on arrays, through `model.run`: laws, and what is said of what cannot be."""

from typing import Any

import numpy as np
import pytest

import lstmcalc
from lstmcalc.api import Model

Array = np.ndarray[Any, Any]
Weights = dict[str, list[Array]]


def numbers(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape)


def model_of(*layers: Any, shape: tuple[int, ...] = (5, 2), **spec: Any) -> Model:
    return lstmcalc.from_dict({"input": {"shape": list(shape)}, "layers": list(layers), "dtype": "float64", **spec})


def weights_of(model: Model, seed: int = 1) -> Weights:
    """Weights that are not the initial ones: no bias is zero."""
    return {
        name: [numbers(*weight.shape, seed=seed + number) for number, weight in enumerate(weights)]
        for name, weights in model.get_weights().items()
    }


def outputs(model: Model, x: Array, weights: Weights) -> list[Array]:
    y = model.predict(x, weights=weights, dtype="float64")
    return y if isinstance(y, list) else [y]


@pytest.mark.parametrize("class_name", ["LSTM", "GRU", "SimpleRNN", "CuDNNLSTM", "CuDNNGRU"])
class TestLayers:
    def test_go_backwards_is_flipping_the_sequence(self, class_name: str) -> None:
        ahead = model_of({class_name: {"units": 3, "return_sequences": True, "name": "a"}})
        back = model_of({class_name: {"units": 3, "return_sequences": True, "go_backwards": True, "name": "a"}})
        x, weights = numbers(2, 5, 2), weights_of(ahead)
        np.testing.assert_array_equal(outputs(back, x, weights)[0], outputs(ahead, x[:, ::-1], weights)[0])

    def test_states_that_are_handed_on_are_one_long_sequence(self, class_name: str) -> None:
        layer = {class_name: {"units": 3, "stateful": True, "name": "a"}}
        part = model_of(layer, input={"shape": [2, 2], "batch": 2})
        whole = model_of(layer, input={"shape": [6, 2], "batch": 2})
        x, weights = numbers(2, 6, 2), weights_of(whole)
        states: Any = None
        for start in (0, 2, 4):
            run = part.run(x[:, start : start + 2], weights=weights, states=states, dtype="float64")
            states = run.states
        np.testing.assert_allclose(run.outputs, outputs(whole, x, weights)[0], rtol=1e-12)

    def test_nothing_is_kept_between_two_runs(self, class_name: str) -> None:
        layer = {class_name: {"units": 3, "stateful": True, "name": "a"}}
        model = model_of(layer, input={"shape": [2, 2], "batch": 2})
        x, weights = numbers(2, 2, 2), weights_of(model)
        np.testing.assert_array_equal(outputs(model, x, weights), outputs(model, x, weights))

    def test_the_returned_state_is_the_last_output(self, class_name: str) -> None:
        model = model_of({class_name: {"units": 3, "return_sequences": True, "return_state": True}})
        y, h, *_ = outputs(model, numbers(2, 5, 2), weights_of(model))
        np.testing.assert_array_equal(y[:, -1], h)


def test_masking_the_tail_is_shortening_the_sequence() -> None:
    masked = model_of("Masking", {"LSTM": {"units": 3, "name": "a"}})
    short = model_of({"LSTM": {"units": 3, "name": "a"}}, shape=(3, 2))
    x, weights = numbers(2, 5, 2), weights_of(short)
    x[:, 3:] = 0
    np.testing.assert_array_equal(outputs(masked, x, weights)[0], outputs(short, x[:, :3], weights)[0])


def test_a_mask_goes_through_layers_that_keep_the_timesteps() -> None:
    middle = [
        {"GRU": {"units": 3, "return_sequences": True, "name": "a"}},
        {"TimeDistributed": {"layer": {"Dense": {"units": 2}}, "name": "b"}},
        {"Bidirectional": {"layer": {"LSTM": {"units": 2, "return_sequences": True}}, "name": "c"}},
        {"SimpleRNN": {"units": 3, "name": "d"}},
    ]
    masked, short = model_of("Masking", *middle), model_of(*middle, shape=(3, 2))
    x, weights = numbers(2, 5, 2), weights_of(short)
    x[:, 3:] = 0
    np.testing.assert_allclose(outputs(masked, x, weights)[0], outputs(short, x[:, :3], weights)[0], rtol=1e-12)


def test_a_call_with_initial_states_does_not_use_the_mask_but_passes_it_on() -> None:
    spec = {
        "inputs": {"x": {"shape": [4, 1]}, "h": {"shape": [2]}},
        "layers": [
            {"Masking": {}, "from": "x", "name": "masked"},
            {"SimpleRNN": {"units": 2, "return_sequences": True}, "name": "a", "initial_state": "h"},
            {"SimpleRNN": {"units": 2}, "name": "b"},
        ],
        "dtype": "float64",
    }
    model = lstmcalc.from_dict(spec)
    weights = weights_of(model)
    x, h = numbers(1, 4, 1), numbers(1, 2)
    x[:, 2:] = 0
    run = model.run([x, h], weights=weights, dtype="float64")
    kernel, recurrent, bias = weights["a"]
    state, after = h, np.zeros((1, 2))
    for timestep in range(4):
        state = np.tanh(x[:, timestep] @ kernel + bias + state @ recurrent)
        np.testing.assert_allclose(run.layers["a"][:, timestep], state, rtol=1e-12)
        if timestep < 2:
            after = np.tanh(state @ weights["b"][0] + weights["b"][2] + after @ weights["b"][1])
    np.testing.assert_allclose(run.outputs, after, rtol=1e-12)


class TestBidirectional:
    @staticmethod
    def merged(mode: str | None, sequences: bool = True, **layer: Any) -> list[Array]:
        inside = {"LSTM": {"units": 3, "return_sequences": sequences, **layer}}
        model = model_of({"Bidirectional": {"layer": inside, "merge_mode": mode}, "name": "a"})
        return outputs(model, numbers(2, 5, 2), weights_of(model))

    @pytest.mark.parametrize("sequences", [True, False])
    def test_each_merge_mode_is_what_its_name_says(self, sequences: bool) -> None:
        forward, backward = self.merged(None, sequences)
        assert np.array_equal(self.merged("sum", sequences)[0], forward + backward)
        assert np.array_equal(self.merged("ave", sequences)[0], (forward + backward) / 2)
        assert np.array_equal(self.merged("mul", sequences)[0], forward * backward)
        assert np.array_equal(self.merged("concat", sequences)[0], np.concatenate([forward, backward], axis=-1))

    def test_the_second_half_of_the_weights_reads_from_the_end(self) -> None:
        forward, backward = self.merged(None)
        single = model_of({"LSTM": {"units": 3, "return_sequences": True, "name": "a"}})
        model = model_of({"Bidirectional": {"LSTM": {"units": 3}}, "name": "a"})
        weights, x = weights_of(model)["a"], numbers(2, 5, 2)
        np.testing.assert_allclose(outputs(single, x, {"a": weights[:3]})[0], forward, rtol=1e-12)
        flipped = outputs(single, x[:, ::-1], {"a": weights[3:]})[0]
        np.testing.assert_allclose(flipped[:, ::-1], backward, rtol=1e-12)

    def test_states_are_those_of_both(self) -> None:
        forward, backward, h, c, back_h, back_c = self.merged(None, return_state=True)
        np.testing.assert_array_equal(h, forward[:, -1])
        np.testing.assert_array_equal(back_h, backward[:, 0])
        assert not np.array_equal(c, back_c)

    def test_outputs_of_masked_timesteps_are_zeros_in_sequences(self) -> None:
        layer = {"LSTM": {"units": 3, "return_sequences": True}}
        model = model_of("Masking", {"Bidirectional": {"layer": layer, "name": "a"}})
        x = numbers(2, 5, 2)
        x[:, 1] = 0
        (y,) = outputs(model, x, weights_of(model))
        assert not y[:, 1].any()
        assert y[:, [0, 2, 3, 4]].all()


class TestCells:
    @pytest.mark.parametrize("class_name", ["LSTM", "GRU", "SimpleRNN"])
    def test_an_rnn_of_a_cell_is_the_layer(self, class_name: str) -> None:
        layer = model_of({class_name: {"units": 3, "return_sequences": True, "name": "a"}})
        rnn = model_of({"RNN": {"cell": {f"{class_name}Cell": {"units": 3}}, "return_sequences": True, "name": "a"}})
        x, weights = numbers(2, 5, 2), weights_of(layer)
        np.testing.assert_array_equal(outputs(rnn, x, weights)[0], outputs(layer, x, weights)[0])

    def test_stacked_cells_are_layers_one_above_the_other(self) -> None:
        names = ["LSTM", "GRU", "SimpleRNN"]
        layers = [{name: {"units": 2 + i, "return_sequences": True, "name": name}} for i, name in enumerate(names)]
        stack = model_of(*layers)
        cells = [{f"{name}Cell": {"units": 2 + i}} for i, name in enumerate(names)]
        rnn = model_of({"RNN": {"cell": cells, "return_sequences": True, "name": "rnn"}})
        x, weights = numbers(2, 5, 2), weights_of(stack)
        whole = {"rnn": [weight for name in names for weight in weights[name]]}
        np.testing.assert_array_equal(outputs(rnn, x, whole)[0], outputs(stack, x, weights)[0])


class TestTimeDistributed:
    def test_a_layer_is_called_on_each_timestep(self) -> None:
        model = model_of({"TimeDistributed": {"LSTM": {"units": 3}}, "name": "a"}, shape=(4, 5, 2))
        inside = model_of({"LSTM": {"units": 3, "name": "a"}})
        x, weights = numbers(2, 4, 5, 2), weights_of(inside)
        (y,) = outputs(model, x, weights)
        for timestep in range(4):
            expected = outputs(inside, x[:, timestep], weights)[0]
            np.testing.assert_allclose(y[:, timestep], expected, rtol=1e-12)

    def test_a_softmax_over_the_samples_stays_in_its_timestep(self) -> None:
        model = model_of({"TimeDistributed": {"Softmax": {"axis": 0}}})
        (y,) = outputs(model, numbers(3, 5, 2), {})
        np.testing.assert_allclose(y.sum(axis=0), np.ones((5, 2)))

    def test_a_stateful_layer_goes_on_from_timestep_to_timestep(self) -> None:
        inside = {"LSTM": {"units": 3, "stateful": True, "name": "a"}}
        model = model_of({"TimeDistributed": {"layer": inside, "name": "a"}}, input={"shape": [4, 5, 2], "batch": 2})
        whole = model_of({"LSTM": {"units": 3, "return_sequences": True, "name": "a"}}, shape=(20, 2))
        x, weights = numbers(2, 4, 5, 2), weights_of(whole)
        expected = outputs(whole, x.reshape(2, 20, 2), weights)[0][:, 4::5]
        np.testing.assert_allclose(outputs(model, x, weights)[0], expected, rtol=1e-12)

    def test_a_mask_of_the_timesteps_alone_is_refused_for_a_layer_that_has_its_own(self) -> None:
        spec = {
            "input": {"shape": [4], "dtype": "int32"},
            "layers": [
                {"Embedding": {"input_dim": 3, "output_dim": 4, "mask_zero": True}},
                {"TimeDistributed": {"Reshape": {"target_shape": [2, 2]}}},
                {"TimeDistributed": {"LSTM": {"units": 3}, "name": "outer"}},
            ],
        }
        model = lstmcalc.from_dict(spec)
        with pytest.raises(lstmcalc.ModelError) as raised:
            model.predict(np.ones((2, 4), "int32"), weights=model.get_weights())
        assert raised.value.message == "LSTM takes a mask (samples, timesteps), but its mask has 1 axis"
        assert raised.value.layer == "outer/lstm"


def test_a_conv_lstm_of_one_position_is_an_lstm() -> None:
    conv = model_of({"ConvLSTM1D": {"filters": 3, "kernel_size": 1, "name": "a"}}, shape=(5, 1, 2))
    lstm = model_of({"LSTM": {"units": 3, "name": "a"}})
    x, weights = numbers(2, 5, 2), weights_of(lstm)
    (y,) = outputs(conv, x[:, :, None], {"a": [*(weight[None] for weight in weights["a"][:2]), weights["a"][2]]})
    np.testing.assert_allclose(y[:, 0], outputs(lstm, x, weights)[0], rtol=1e-12)


def test_each_sample_of_a_conv_lstm_has_its_own_mask() -> None:
    def layers(timesteps: int) -> Model:
        return model_of(
            {"Embedding": {"input_dim": 4, "output_dim": 6, "mask_zero": True, "name": "e"}},
            {"TimeDistributed": {"Reshape": {"target_shape": [3, 2]}}},
            {"ConvLSTM1D": {"filters": 2, "kernel_size": 2, "name": "a"}},
            input={"shape": [timesteps], "dtype": "int32"},
        )

    weights = weights_of(layers(4))
    (y,) = outputs(layers(4), np.array([[1, 2, 0, 0], [0, 3, 0, 1], [1, 2, 3, 3]]), weights)
    for number, short in ((0, [[1, 2]]), (1, [[3, 1]])):
        np.testing.assert_allclose(y[[number]], outputs(layers(2), np.array(short), weights)[0], rtol=1e-12)


@pytest.mark.parametrize("class_name", ["CuDNNLSTM", "CuDNNGRU"])
def test_a_layer_of_cudnn_refuses_a_mask(class_name: str) -> None:
    model = model_of("Masking", {class_name: {"units": 3, "name": "a"}})
    with pytest.raises(lstmcalc.ModelError) as raised:
        model.predict(numbers(1, 5, 2), weights=model.get_weights())
    assert raised.value.message == f"{class_name} takes no mask: cuDNN knew none"
    assert raised.value.help == "use LSTM or GRU, which compute the same"


@pytest.mark.parametrize("name", ["LSTM", "GRU", "SimpleRNN"])
@pytest.mark.parametrize(
    ("activation", "message"),
    [
        ("threshold", "the activation threshold needs a threshold and a default_value"),
        ("glu", "a gate keeps its size, but its activation makes (2, 2) of (2, 4)"),
    ],
)
def test_an_activation_that_a_gate_cannot_have_is_refused(name: str, activation: str, message: str) -> None:
    model = model_of({name: {"units": 4, "activation": activation}})
    with pytest.raises(lstmcalc.ModelError) as refused:
        model.predict(numbers(2, 5, 2), weights=model.get_weights())
    assert refused.value.message == message
