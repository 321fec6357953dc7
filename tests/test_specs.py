"""The worked examples: each runs as it stands and gives what its comment says."""

from pathlib import Path

import pytest

import lstmcalc

SPECS = Path(__file__).parents[1] / "specs"

# Closed forms that a reader can check: an LSTM has 4 * ((features + units) * units + units) params.
LSTM_5_ON_1 = 4 * ((1 + 5) * 5 + 5)
EXPECTED = {
    "one_to_one": (LSTM_5_ON_1 + 5 + 1, (None, 1)),
    "many_to_one": (LSTM_5_ON_1 + 5 * 5 + 5, (None, 5)),
    "many_to_many": (LSTM_5_ON_1 + 5 + 1, (None, 5, 1)),
    "echo": (LSTM_5_ON_1 + 5 + 1, (None, 5, 1)),
    "sentence": (98_816 + 394_240, (None, 256)),
    "words_embedded": (20_000 * 300 + 219_648, (None, 128)),
    "return_state": (32, [(None, 2), (None, 2), (None, 2)]),
    "system_actions": (4 * ((300 + 128) * 128 + 128) + 128 * 3 + 3, (None, None, 3)),
    "unknown_timesteps": (161_600, (None, 200)),
    "bidirectional_tagger": (10_000 * 100 + 2 * 4 * ((100 + 64) * 64 + 64) + 128 * 17 + 17, (None, None, 17)),
    "budgeted_tagger": (2_500 * 100 + 2 * 4 * ((100 + 48) * 48 + 48) + 96 * 17 + 17, (None, None, 17)),
    "encoder_decoder": (
        4 * ((71 + 256) * 256 + 256) + 4 * ((93 + 256) * 256 + 256) + 256 * 93 + 93,
        (None, None, 93),
    ),
    "siamese": (2 * 4 * ((50 + 32) * 32 + 32) + 64 * 16 + 16 + 16 + 1, (None, 1)),
    "cnn_lstm_video": (
        (3 * 3 * 3 * 16 + 16) + (3 * 3 * 16 * 32 + 32) + 4 * ((32 + 64) * 64 + 64) + 64 * 10 + 10,
        (None, 10),
    ),
    "convlstm_video": (
        4 * (9 * (1 + 32) * 32 + 32) + 4 * (9 * (32 + 32) * 32 + 32) + 2 * 4 * 32 + 27 * 32 + 1,
        (None, None, 40, 40, 1),
    ),
    "bilstm_attention": (20_000 * 128 + 2 * 4 * ((128 + 64) * 64 + 64) + 128 + 1, (None, 1)),
    "conv_lstm_sensors": (
        (3 * 9 * 64 + 64) + (3 * 64 * 64 + 64) + 4 * ((64 + 100) * 100 + 100) + 100 * 6 + 6,
        (None, 6),
    ),
    "transformer_block": (
        4 * (64 * 64 + 64) + 2 * (2 * 64) + (64 * 256 + 256) + (256 * 64 + 64),
        (None, 50, 64),
    ),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_worked_example_has_the_params_and_the_output_that_its_comment_says(name):
    model = lstmcalc.load(SPECS / f"{name}.yaml")
    assert (model.count_params(), model.output_shape) == EXPECTED[name]


def test_every_worked_example_is_expected_here():
    assert {path.stem for path in SPECS.glob("*.yaml")} == set(EXPECTED)
