"""What is noted of a call: `trainable: false` where it freezes nothing, and what layers say of themselves."""

from typing import ClassVar

import pytest

import lstmcalc
from lstmcalc.errors import ModelError, Remark
from lstmcalc.layers import catalogue
from lstmcalc.layers.base import Layer
from lstmcalc.shapes import Shapes

FREEZES_NOTHING = (
    "trainable: false among the arguments of {} freezes none of the layers inside, as Keras has it: "
    "{} of their params are trained"
)


def messages(expression):
    return [(note.layer, note.message) for note in lstmcalc.parse(expression).notes]


@pytest.mark.parametrize(
    ("expression", "layer", "class_name", "params"),
    [
        ("TimeDistributed(Dense(5), trainable=False)", "time_distributed", "TimeDistributed", 35),
        ("Bidirectional(LSTM(2), trainable=False)", "bidirectional", "Bidirectional", 144),
        ("RNN(LSTMCell(2), trainable=False)", "rnn", "RNN", 72),
        ("RNN([LSTMCell(2), GRUCell(2)], trainable=False)", "rnn", "RNN", 72 + 36),
        ("Sequential([Dense(5), BatchNormalization()], trainable=False)", "sequential", "Sequential", 45),
    ],
)
def test_a_trainable_among_the_arguments_of_what_holds_layers_is_noted(expression, layer, class_name, params):
    assert messages(f"Input(4, 6) | {expression}") == [(layer, FREEZES_NOTHING.format(class_name, params))]


@pytest.mark.parametrize(
    "expression",
    [
        "Dense(5, trainable=False)",
        "TimeDistributed(Dense(5, trainable=False), trainable=False)",
        "TimeDistributed(Flatten(), trainable=False)",
        "Bidirectional(LSTM(2, trainable=False), trainable=False)",
        "TimeDistributed(Dense(5), trainable=True)",
    ],
)
def test_a_trainable_that_leaves_nothing_to_train_is_not_noted(expression):
    assert (
        messages(f"Input(4, 6, 2) | {expression}" if "Flatten" in expression else f"Input(4, 6) | {expression}") == []
    )


def test_a_trainable_beside_the_class_is_not_noted():
    frozen = lstmcalc.from_dict({"input": [4, 6], "layers": [{"TimeDistributed": {"Dense": 5}, "trainable": False}]})
    assert frozen.notes == ()
    assert [weight.trainable for weight in frozen.all_weights()] == [False, False]


def test_a_wrapper_inside_a_wrapper_is_noted_where_its_own_trainable_stands(tmp_path):
    path = tmp_path / "model.yaml"
    path.write_text(
        "input: [3, 4, 6]\nlayers:\n  - TimeDistributed:\n      Bidirectional: {LSTM: 2, trainable: false}\n"
    )
    (note,) = lstmcalc.load(path).notes
    assert (note.line, note.column, note.layer) == (4, 43, "bidirectional")
    assert note.path == str(path)


def test_a_model_inside_is_noted_once_however_often_it_is_called():
    inside = {"Sequential": {"layers": [{"Dense": 6}], "trainable": False}, "name": "same"}
    model = lstmcalc.from_dict({"input": [6], "layers": [inside, {"reuse": "same"}, {"reuse": "same"}]})
    assert [(note.layer, note.message) for note in model.notes] == [("same", FREEZES_NOTHING.format("Sequential", 42))]


class Doubtful(Layer, frozen=True, eq=False, kw_only=True):
    """A layer that doubts inputs of one feature."""

    sentence: ClassVar[str] = "Its input, in doubt."
    source: ClassVar[str] = "nowhere"

    def remarks(self, inputs: Shapes) -> tuple[Remark, ...]:
        return (Remark("one feature is few", "give it more"),) if inputs[0][-1] == 1 else ()


@pytest.fixture
def doubtful(monkeypatch):
    for name in ("FAMILIES", "MODULES", "FOUND", "KNOWN"):
        monkeypatch.setattr(catalogue, name, getattr(catalogue, name).copy())
    catalogue.register(Doubtful)


@pytest.mark.usefixtures("doubtful")
@pytest.mark.parametrize(
    ("expression", "layers"),
    [
        ("Input(5, 2) | Doubtful()", []),
        ("Input(5, 1) | Doubtful()", ["doubtful"]),
        ("Input(5, 1) | TimeDistributed(Doubtful())", ["doubtful"]),
        ("Input(5, 1) | Sequential([Doubtful(), Doubtful()])", ["doubtful", "doubtful_1"]),
        ("Input(4, 5, 1) | TimeDistributed(Sequential([Doubtful()]))", ["doubtful"]),
    ],
)
def test_what_a_layer_remarks_is_noted_of_it_wherever_it_stands(expression, layers):
    notes = lstmcalc.parse(expression).notes
    assert sorted(note.layer or "" for note in notes) == layers
    assert {(note.message, note.help) for note in notes} <= {("one feature is few", "give it more")}


@pytest.mark.usefixtures("doubtful")
def test_a_call_on_other_shapes_is_noted_at_its_own_place():
    layers = [{"Doubtful": None, "name": "d", "from": "x"}, {"reuse": "d", "from": "y"}, {"Dense": 3}]
    model = lstmcalc.from_dict({"inputs": {"x": [5, 2], "y": [5, 1]}, "layers": layers, "outputs": ["d", "dense"]})
    assert [note.message for note in model.notes] == ["one feature is few"]


@pytest.mark.usefixtures("doubtful")
def test_an_error_has_what_was_noted_until_then():
    with pytest.raises(ModelError) as caught:
        lstmcalc.parse("Input(5, 1) | Doubtful() | Conv2D(3, 3)")
    assert [note.message for note in caught.value.notes] == ["one feature is few"]
