"""The loop over time and its steps: by hand, and by laws that hold whatever the numbers."""

import math
from itertools import product
from typing import Any

import numpy as np
import pytest

from lstmcalc.kernels import gates
from lstmcalc.kernels.recurrence import Course, Timesteps, sequence_of, without_masked

Array = np.ndarray[Any, Any]
GATES = {"lstm": 4, "gru": 3, "gru before": 3, "simple_rnn": 1}
EVERY = [(name, activations) for name in GATES for activations in (("tanh", "sigmoid"), ("softsign", "hard_sigmoid"))]


def numbers(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape)


def run(name: str, sequence: Timesteps, activations: tuple[str, str] = ("tanh", "sigmoid"), units: int = 3) -> Course:
    count = GATES[name]
    features = sequence.x.shape[-1]
    bias = numbers(2, count * units, seed=3) if name == "gru" else numbers(count * units, seed=3)
    weights = (numbers(features, count * units, seed=1), numbers(units, count * units, seed=2), bias)
    if name == "lstm":
        return gates.lstm(sequence, weights, *activations)
    if name == "simple_rnn":
        return gates.simple_rnn(sequence, weights, activations[0])
    return gates.gru(sequence, weights, *activations, reset_after=name == "gru")


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def test_two_steps_of_an_lstm_are_those_of_the_paper() -> None:
    x, kernel, recurrent, bias = [0.5, -1.0], [0.1, 0.2, 0.3, 0.4], [0.5, 0.6, -0.7, 0.8], [0.01, 1.0, 0.03, -0.04]
    h = c = 0.0
    for value in x:
        i, f, g, o = (value * k + h * r + b for k, r, b in zip(kernel, recurrent, bias, strict=True))
        c = sigmoid(f) * c + sigmoid(i) * math.tanh(g)
        h = sigmoid(o) * math.tanh(c)
    weights = (np.array([kernel]), np.array([recurrent]), np.array(bias))
    course = gates.lstm(Timesteps(np.array(x)[None, :, None]), weights, "tanh", "sigmoid")
    assert course.outputs[0, -1, 0] == pytest.approx(h, abs=1e-15)
    assert [state.item() for state in course.states] == pytest.approx([h, c], abs=1e-15)


@pytest.mark.parametrize("reset_after", [True, False])
def test_two_steps_of_a_gru_are_those_of_the_paper(reset_after: bool) -> None:
    x, kernel, recurrent = [0.5, -1.0], [0.1, 0.2, 0.3], [0.5, 0.6, -0.7]
    bias, late = [0.01, 0.02, 0.03], [0.4, -0.5, 0.6] if reset_after else [0.0, 0.0, 0.0]
    h = 0.0
    for value in x:
        of_x = [value * k + b for k, b in zip(kernel, bias, strict=True)]
        z, r = (sigmoid(a + h * k + b) for a, k, b in zip(of_x[:2], recurrent, late, strict=False))
        candidate = math.tanh(of_x[2] + (r * (h * recurrent[2] + late[2]) if reset_after else r * h * recurrent[2]))
        h = z * h + (1 - z) * candidate
    weights = (np.array([kernel]), np.array([recurrent]), np.array([bias, late] if reset_after else bias))
    course = gates.gru(Timesteps(np.array(x)[None, :, None]), weights, "tanh", "sigmoid", reset_after)
    assert course.outputs[0, -1, 0] == pytest.approx(h, abs=1e-15)


def test_a_simple_rnn_feeds_its_output_back() -> None:
    weights = (np.array([[2.0]]), np.array([[3.0]]), np.array([1.0]))
    course = gates.simple_rnn(Timesteps(np.array([[[1.0], [2.0]]])), weights, "linear")
    assert course.outputs.ravel().tolist() == [3, 2 * 2 + 3 * 3 + 1]


@pytest.mark.parametrize(("name", "activations"), EVERY)
class TestEveryLayer:
    def test_samples_do_not_know_each_other(self, name: str, activations: tuple[str, str]) -> None:
        x = numbers(3, 4, 2)
        together = run(name, Timesteps(x), activations).outputs
        alone = [run(name, Timesteps(sample[None]), activations).outputs for sample in x]
        np.testing.assert_allclose(together, np.concatenate(alone), rtol=1e-12)

    def test_masking_the_tail_is_shortening_the_sequence(self, name: str, activations: tuple[str, str]) -> None:
        for samples in (1, 3):
            x = numbers(samples, 5, 2)
            mask = np.arange(5) < np.full((samples, 1), 3)
            masked, short = run(name, Timesteps(x, mask), activations), run(name, Timesteps(x[:, :3]), activations)
            for ours, theirs in zip(masked.states, short.states, strict=True):
                np.testing.assert_array_equal(ours, theirs)
            np.testing.assert_array_equal(masked.outputs[:, 4], short.outputs[:, 2])

    def test_each_sample_has_its_own_mask(self, name: str, activations: tuple[str, str]) -> None:
        x = numbers(3, 5, 2)
        mask = np.array([[1, 0, 1, 1, 0], [0, 0, 1, 0, 1], [1, 1, 1, 1, 1]], bool)
        course = run(name, Timesteps(x, mask), activations)
        for sample, counts, output in zip(x, mask, course.outputs, strict=True):
            alone = run(name, Timesteps(sample[counts][None]), activations)
            np.testing.assert_allclose(output[-1], alone.outputs[0, -1], rtol=1e-12)

    def test_timesteps_one_by_one_are_all_at_once(self, name: str, activations: tuple[str, str]) -> None:
        x = numbers(2, 4, 2)
        states = None
        for timestep in range(4):
            states = run(name, Timesteps(x[:, timestep : timestep + 1], initial=states), activations).states
        for ours, theirs in zip(states or (), run(name, Timesteps(x), activations).states, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-12)

    def test_the_states_that_came_in_stay_as_they_were(self, name: str, activations: tuple[str, str]) -> None:
        for samples in (1, 2):
            initial = run(name, Timesteps(numbers(samples, 2, 2)), activations).states
            before = [state.copy() for state in initial]
            run(name, Timesteps(numbers(samples, 3, 2), initial=initial), activations)
            for state, old in zip(initial, before, strict=True):
                np.testing.assert_array_equal(state, old)

    def test_the_last_output_alone_is_the_last_of_all(self, name: str, activations: tuple[str, str]) -> None:
        for timesteps in (1, 2, 5):
            x = numbers(2, timesteps, 2)
            last = run(name, Timesteps(x, every=False), activations).outputs
            np.testing.assert_array_equal(last[:, 0], run(name, Timesteps(x), activations).outputs[:, -1])

    def test_blocks_of_timesteps_do_not_show(
        self, name: str, activations: tuple[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for samples, few, every in product((1, 2), (0, 512), (True, False)):
            sequence = Timesteps(numbers(samples, 7, 2), every=every)
            whole = run(name, sequence, activations).outputs
            with monkeypatch.context() as patch:
                patch.setattr(gates, "FEW", few)  # on which it hangs where the input's part is made
                patch.setattr(gates, "BLOCK", 2 * samples * 4 * 3 * 8)
                np.testing.assert_allclose(run(name, sequence, activations).outputs, whole, rtol=1e-12)


@pytest.mark.parametrize(("samples", "timesteps"), [(1, 4), (3, 4), (16, 4)])
def test_the_input_beside_the_state_or_ahead_gives_the_same(
    samples: int, timesteps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    mask = np.random.default_rng(0).random((samples, timesteps)) < 0.6
    initial = (numbers(samples, 3, seed=7), numbers(samples, 3, seed=8))
    sequence = Timesteps(numbers(samples, timesteps, 2), mask, initial)
    courses = []
    for few, many in ((512, 1), (0, 99)):
        monkeypatch.setattr(gates, "FEW", few)
        monkeypatch.setattr(gates, "MANY", many)
        courses.append(run("lstm", sequence))
    for one, other in zip(*[(course.outputs, *course.states) for course in courses], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11)


@pytest.mark.parametrize("name", GATES)
def test_a_gate_that_is_shut_or_open_is_no_warning(name: str) -> None:
    for value in (-1e4, 1e4):
        course = run(name, Timesteps(np.full((2, 3, 2), value, "float32")))
        assert np.isfinite(course.outputs).all()


def test_a_gate_that_is_nearly_shut_keeps_its_digits() -> None:
    weights = (np.zeros((1, 4), "float32"), np.zeros((1, 4), "float32"), np.array([0, 0, 1, -12], "float32"))
    course = gates.lstm(Timesteps(np.zeros((1, 1, 1), "float32")), weights, "tanh", "sigmoid")
    expected = sigmoid(-12) * math.tanh(0.5 * math.tanh(1))
    assert course.outputs.item() == pytest.approx(expected, rel=1e-6)


def test_a_sequence_is_read_backwards_with_its_mask() -> None:
    x, mask = numbers(2, 3, 1), np.array([[True, False, False], [True, True, False]])
    sequence = sequence_of(x, mask, None, True, True)
    np.testing.assert_array_equal(sequence.x, x[:, ::-1])
    np.testing.assert_array_equal(sequence.mask, mask[:, ::-1])


def test_a_mask_with_more_axes_hides_what_it_hides_wholly() -> None:
    mask = np.array([[[True, False], [False, False]]])
    sequence = sequence_of(numbers(1, 2, 2), mask, None, False, True)
    assert sequence.mask is not None
    assert sequence.mask.tolist() == [[True, False]]


class TestOutputsOfMaskedTimesteps:
    course = Course(np.arange(1.0, 5.0).reshape(1, 4, 1), ())
    mask = np.array([[False, True, False, True]])

    def shown(self, **how: bool) -> list[float]:
        how = {"zeros": False, "unrolled": False, **how}
        outputs: list[float] = without_masked(self.course, self.mask, **how).ravel().tolist()
        return outputs

    def test_are_those_before(self) -> None:
        assert self.shown() == [1, 2, 3, 4]

    def test_are_zeros_where_wanted(self) -> None:
        assert self.shown(zeros=True) == [0, 2, 0, 4]

    def test_are_zeros_before_the_first_that_counts_when_unrolled(self) -> None:
        assert self.shown(unrolled=True) == [0, 2, 3, 4]
        assert self.shown(unrolled=True, zeros=True) == [0, 2, 3, 4]

    def test_of_the_last_output_alone_look_at_the_last_timestep(self) -> None:
        last = Course(np.array([[[9.0]]]), ())
        assert without_masked(last, self.mask, True, False).item() == 9
        assert without_masked(last, self.mask[:, :3], True, False).item() == 0


def test_cudnn_reads_each_gate_the_other_way_round() -> None:
    kernel = np.arange(6.0).reshape(2, 3)  # of one gate: cuDNN sees 3 rows of 2
    square = np.arange(9.0).reshape(3, 3)
    weights = (np.hstack([kernel] * 4), np.hstack([square] * 4), np.ones(24))
    read, recurrent, bias = gates.of_cudnn(weights, 4)
    assert read[:, :3].tolist() == [[0, 2, 4], [1, 3, 5]]
    assert recurrent[:, :3].tolist() == square.T.tolist()
    assert bias is not None
    assert bias.tolist() == [2.0] * 12


def test_an_lstm_of_cudnn_is_one_whose_kernels_are_rearranged() -> None:
    x = numbers(2, 3, 2)
    input_bias, late = numbers(12, seed=5), numbers(12, seed=6)
    parts = [numbers(2, 3, seed=10 + gate) for gate in range(4)]
    squares = [numbers(3, 3, seed=20 + gate) for gate in range(4)]
    stored = np.hstack([part.T.reshape(2, 3) for part in parts]), np.hstack([part.T for part in squares])
    theirs = gates.of_cudnn((*stored, np.concatenate([input_bias, late])), 4)
    plain = (np.hstack(parts), np.hstack(squares), input_bias + late)
    ours = [gates.lstm(Timesteps(x), each, "tanh", "sigmoid").outputs for each in (theirs, plain)]
    np.testing.assert_allclose(*ours, rtol=1e-12)
