"""The table of Keras 1 and 2: INTERFACE's example, and numbers whole at every width."""

import re

import pytest
from drawn import MODELS, recorded_model

import lstmcalc
from lstmcalc.facts.summary import summarize
from lstmcalc.views.summary.classic import show
from lstmcalc.views.summary.look import SummaryLook

MANY_TO_MANY = """\
_________________________________________________________________
Layer (type)                 Output Shape              Param #
=================================================================
lstm_1 (LSTM)                (None, 5, 5)              140
_________________________________________________________________
time_distributed_1 (TimeDist (None, 5, 1)              6
=================================================================
Total params: 146
Trainable params: 146
Non-trainable params: 0
_________________________________________________________________
"""
ENCODER_DECODER = """\
__________________________________________________________________________________________________
Layer (type)                    Output Shape         Param #     Connected to
==================================================================================================
source (InputLayer)             (None, None, 71)     0
__________________________________________________________________________________________________
target (InputLayer)             (None, None, 93)     0
__________________________________________________________________________________________________
encoder (LSTM)                  [(None, 256), (None, 335872      source[0][0]
                                256), (None, 256)]
__________________________________________________________________________________________________
decoder (LSTM)                  (None, None, 256)    358400      target[0][0]
                                                                 encoder[0][1]
                                                                 encoder[0][2]
__________________________________________________________________________________________________
characters (Dense)              (None, None, 93)     23901       decoder[0][0]
==================================================================================================
Total params: 718,173
Trainable params: 718,173
Non-trainable params: 0
__________________________________________________________________________________________________
"""


def classic(name: str, width: int | None = None, **options) -> str:
    return "".join(f"{line}\n" for line in show(summarize(recorded_model(name)), SummaryLook(width=width, **options)))


def test_the_classic_table_is_the_one_that_the_articles_show():
    assert classic("many_to_many") == MANY_TO_MANY


def test_a_graph_has_a_line_for_each_tensor_that_goes_into_a_layer():
    assert classic("encoder_decoder") == ENCODER_DECODER


def test_automatic_names_count_from_1_and_given_names_stay():
    spec = {"inputs": {"x": [4, 3]}, "layers": [{"LSTM": 2}, {"Dense": 2, "name": "mine"}, {"Dense": 2}, {"Dense": 2}]}
    lines = list(show(summarize(lstmcalc.from_dict(spec)), SummaryLook(width=98)))
    names = [line.split()[0] for line in lines if "(None" in line]
    assert names == ["x", "lstm_1", "mine", "dense_1", "dense_2"]


def test_the_rows_of_masks_are_no_layers_and_are_left_out():
    assert "not_equal" not in classic("masks") and "NotEqual" not in classic("masks")


@pytest.mark.parametrize("name", MODELS)
def test_no_number_is_cut_at_any_width(name):
    summary = summarize(recorded_model(name))
    layers = [row for row in summary.rows if not row.is_operation]
    for width in range(40, 201):
        blocks = re.split("_{40,}|={40,}", classic(name, width))[2:-2]
        assert len(blocks) == len(layers)
        for block, row in zip(blocks, layers, strict=True):
            (first, *_) = block.strip("\n").splitlines()
            assert re.search(rf" {row.counted}( |$)", first), (width, block)
            numbers = {str(size) for shapes in row.output_shapes for shape in shapes for size in shape}
            assert numbers <= set(re.findall(r"\w+", block)), (width, block)
            connected = [each for call in row.calls for each in call.connected if each.is_layer]
            for each in [] if summary.is_chain else connected:
                assert f"[{each.node_index}][{each.tensor_index}]" in block


def test_a_name_is_cut_so_that_a_space_stands_before_the_shape():
    (line,) = [line for line in classic("long_names", 60).splitlines() if line.startswith("a_name")]
    assert line == "a_name_of_a_layer_ (None, 12, 7) 294    input_1[0][0]"


def test_wide_names_are_cut_by_their_cells():
    (line,) = [line for line in classic("wide_names", 60).splitlines() if line.startswith("双")]
    assert line == "双方向の長・短期記 (None, 12, 7) 364    input_1[0][0]"


def test_layers_and_weights_inside_stand_under_their_model():
    table = classic("nested", expand_nested=True, show_weights=True)
    names = [
        line.split()[0] for line in table.splitlines() if line.startswith("   ") and line[3:].strip()[0] not in "lr["
    ]
    assert names[:2] == ["bidirectional_1", "forward_lstm/kernel"]
