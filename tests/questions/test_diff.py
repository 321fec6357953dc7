"""Differences: which layers are matched, what is said of them, and numbers that add up."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lstmcalc
from lstmcalc.facts.summary import summarize
from lstmcalc.questions.diff import difference
from lstmcalc.questions.sides import Side


def side(spec, name="m"):
    model = lstmcalc.parse(spec) if isinstance(spec, str) else lstmcalc.from_dict(spec)
    return Side(name, summarize(model), model)


def changes(old, new):
    found = difference(side(old), side(new))
    return [(each.kind, each.old_name, each.name) for each in found.changes]


def fields(old, new):
    return {
        each.name: [(field.name, field.old, field.new) for field in each.fields]
        for each in difference(side(old), side(new)).changes
    }


def test_a_model_does_not_differ_from_itself():
    assert not difference(side("Input(5, 1) | LSTM(5)"), side("Input(5, 1) | LSTM(5)")).differs


def test_layers_are_matched_by_name_first():
    old = "Input(5, 1) | Dense(2, name='a') | Dense(3, name='b')"
    new = "Input(5, 1) | Dense(3, name='b') | Dense(2, name='c')"
    assert changes(old, new) == [("removed", None, "a"), ("changed", "b", "b"), ("added", None, "c")]


def test_then_by_place_and_class():
    old = "Input(5, 1) | LSTM(5, return_sequences=True) | Dense(3)"
    new = "Input(5, 1) | LSTM(5, return_sequences=True, name='encoder') | Dense(3)"
    assert changes(old, new) == [("changed", "lstm", "encoder")]
    other = "Input(5, 1) | GRU(5, return_sequences=True) | Dense(3)"
    assert [each[0] for each in changes(old, other)] == ["removed", "added"]


def test_an_inserted_layer_is_added_and_the_others_stay():
    old = "Input(5, 4) | Dense(4) | LSTM(5)"
    new = "Input(5, 4) | Dense(4) | Dropout(0.5) | LSTM(5)"
    assert changes(old, new) == [("added", None, "dropout")]


def test_the_same_name_with_another_class_has_changed():
    old, new = "Input(5, 1) | LSTM(5, name='rnn')", "Input(5, 1) | GRU(5, name='rnn')"
    assert ("class", "LSTM", "GRU") in fields(old, new)["rnn"]


def test_arguments_shapes_and_arguments_of_layers_inside_are_told():
    found = fields(
        "Input(None, 3) | Bidirectional(LSTM(4), merge_mode='concat') | Dense(2, trainable=False)",
        "Input(None, 3) | Bidirectional(LSTM(6), merge_mode='sum') | Dense(2)",
    )
    assert found == {
        "bidirectional": [
            ("layer.units", "4", "6"),
            ("merge_mode", "concat", "sum"),
            ("output", "(None, 8)", "(None, 6)"),
            ("MACs per timestep", "224", "432"),
        ],
        "dense": [("input", "(None, 8)", "(None, 6)"), ("trainable params", "0", "all")],
    }


def test_a_change_of_connections_is_told_under_the_new_names():
    def spec(first, source):
        return {
            "inputs": {"a": [4], "b": [4]},
            "layers": [
                {"Dense": 4, "from": "a", "name": first},
                {"Dense": 4, "from": "b", "name": "y"},
                {"Add": None, "from": [first, source], "name": "add"},
                {"Add": None, "from": ["add", "y"], "name": "end"},
            ],
        }

    assert changes(spec("x", "y"), spec("z", "y")) == [("changed", "x", "z")]
    assert fields(spec("x", "y"), spec("x", "x"))["add"] == [("connected to", "x, y", "x, x")]


def test_layers_of_a_chain_in_another_order_are_told():
    found = fields("Input(5) | Dropout(0.5) | Dense(5)", "Input(5) | Dense(5) | Dropout(0.5)")
    assert found == {
        "dense": [("after", "dropout", "the input")],
        "dropout": [("after", "the input", "dense")],
    }
    assert changes("Input(5) | Dense(5)", "Input(5) | Dropout(0.5) | Dense(5)") == [("added", None, "dropout")]


def test_layers_of_a_chain_inside_in_another_order_are_told_as_those_of_a_chain():
    def spec(*layers):
        inside = {"Model": {"input": [5], "layers": list(layers)}, "name": "core"}
        return {
            "inputs": {"x": [5], "y": [5]},
            "layers": [{**inside, "from": "x"}, {"Add": None, "from": ["core", "y"]}],
        }

    found = fields(spec({"Dropout": 0.5}, {"Dense": 5}), spec({"Dense": 5}, {"Dropout": 0.5}))
    assert (found["dense"], found["dropout"]) == (
        [("after", "dropout", "the input")],
        [("after", "the input", "dense")],
    )


def encoder_decoder(states):
    return {
        "inputs": {"x": [5, 3], "y": [5, 3]},
        "layers": [
            {"LSTM": {"units": 4, "return_state": True}, "name": "enc", "from": "x"},
            {"LSTM": 4, "name": "dec", "from": "y", "initial_state": states},
        ],
    }


def test_another_state_of_the_same_layer_is_another_connection():
    old, new = encoder_decoder(["enc.state_h", "enc.state_c"]), encoder_decoder(["enc.state_c", "enc.state_h"])
    connected = ("connected to", "y, enc[0][1], enc[0][2]", "y, enc[0][2], enc[0][1]")
    assert fields(old, new) == {"dec": [connected]}


def test_outputs_in_another_order_are_told():
    def spec(outputs):
        layers = [{"Dense": 5, "name": "d", "from": "a"}, {"Dense": 5, "name": "e", "from": "b"}]
        return {"inputs": {"a": [5], "b": [5]}, "layers": layers, "outputs": outputs}

    (found,) = difference(side(spec(["d", "e"])), side(spec(["e", "d"]))).fields
    assert (found.old, found.new) == ("d (None, 5), e (None, 5)", "e (None, 5), d (None, 5)")


def test_the_weights_that_a_layer_states_are_told_in_the_words_of_a_spec():
    def spec(shape):
        return {"input": [4], "layers": [{"Custom": {"class": "A", "output_shape": [4], "weights": {"k": shape}}}]}

    assert fields(spec([4, 4]), spec([2, 8])) == {"a": [("weights.k.shape", "[4, 4]", "[2, 8]")]}


def test_macs_per_timestep_are_told_where_both_have_them():
    assert fields("Input(None, 3) | LSTM(4)", "Input(7, 3) | LSTM(4)") == {
        "lstm": [("input", "(None, None, 3)", "(None, 7, 3)")]
    }


def test_models_inside_are_named_by_their_place_whatever_inputs_there_are_before():
    inside = {"Sequential": [{"Dense": 4}, {"Dense": 4}], "name": "core"}
    old = {"input": [4], "layers": [inside]}
    new = {"input": [4], "layers": [{"Sequential": [{"Dense": 4, "name": "x"}], "name": "first"}, inside]}
    assert changes(old, new) == [("added", None, "first")]


def test_layers_of_models_inside_are_told_below_it():
    def spec(units):
        return {"input": [5, 1], "layers": [{"Sequential": [{"LSTM": units}, {"Dense": 1}], "name": "core"}]}

    found = difference(side(spec(5)), side(spec(6))).changes
    assert [(each.level, each.name) for each in found] == [(0, "core"), (1, "lstm"), (1, "dense")]
    assert sum(each.params for each in found if each.level == 1) == found[0].params


def test_a_shared_layer_counts_once():
    spec = {
        "inputs": {"a": [4], "b": [4]},
        "layers": [{"Dense": 4, "from": "a", "name": "d"}, {"reuse": "d", "from": "b", "name": "e"},
                   {"Add": None, "from": ["d", "e"]}],
    }  # fmt: skip
    found = difference(side("Input(4) | Flatten()"), side(spec))
    assert sum(each.params for each in found.changes) == 20


LAYERS = st.sampled_from(
    ["LSTM(3, return_sequences=True)", "LSTM(4, return_sequences=True)", "GRU(2, return_sequences=True)",
     "Dense(3)", "Dense(5, name='head')", "Dropout(0.5)", "Bidirectional(LSTM(2, return_sequences=True))",
     "Dense(3, trainable=False)"]
)  # fmt: skip
MODELS = st.lists(LAYERS, min_size=1, max_size=6).filter(lambda found: found.count("Dense(5, name='head')") < 2)


@settings(max_examples=100, deadline=None)
@given(MODELS, MODELS)
def test_what_is_told_of_the_layers_adds_up_to_the_totals(old, new):
    old, new = (" | ".join(["Input(5, 4)", *each]) for each in (old, new))
    there, back = difference(side(old), side(new)), difference(side(new), side(old))
    totals = {each.name: each for each in there.totals}
    assert sum(each.params for each in there.changes) == totals["params"].change
    macs = sum((each.new_macs or 0) - (each.old_macs or 0) for each in there.changes)
    assert macs == totals["macs"].change
    assert there.differs == back.differs
    assert there.differs == (old != new)
    kinds = {"added": "removed", "removed": "added", "changed": "changed"}
    assert sorted(kinds[each.kind] for each in there.changes) == sorted(each.kind for each in back.changes)


@pytest.mark.parametrize("position", [0, 1])
def test_a_saved_summary_is_compared_in_what_it_holds(tmp_path, position):
    from lstmcalc.cli import run
    from lstmcalc.questions.sides import side_of
    from lstmcalc.sources import Reading

    path = tmp_path / "old.json"
    assert run(["summary", "Input(5, 1) | LSTM(5) | Dense(1)", "--format", "json", "-o", str(path)]) == 0
    saved = side_of(str(path), Reading())
    assert not difference(*((saved, side("Input(5, 1) | LSTM(5) | Dense(1)"))[:: 1 - 2 * position])).differs
    found = difference(saved, side("Input(5, 1) | LSTM(6) | Dense(1)"))
    assert [each.params for each in found.changes] == [4 * (6 + 1 + 1) * 6 - 140, 1]


@pytest.mark.parametrize("kind", ["Sequential", "Model"])
def test_what_changed_in_a_model_inside_is_told_of_saved_summaries(tmp_path, capsys, kind):
    from lstmcalc.cli import run

    for name, units in (("old", 5), ("new", 6)):
        inside = {"layers": [{"LSTM": units}], "input": [5, 1]}
        spec = {"input": [5, 1], "layers": [{kind: inside, "name": "core"}]}
        (tmp_path / f"{name}.yaml").write_text(json.dumps(spec))
        saved = str(tmp_path / f"{name}.json")
        assert run(["summary", str(tmp_path / f"{name}.yaml"), "--format", "json", "-o", saved]) == 0
    assert run(["diff", str(tmp_path / "old.json"), str(tmp_path / "new.json"), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)["layers"]
    assert [(each["name"], each["level"], each["old_params"], each["new_params"]) for each in found] == [
        ("core", 0, 140, 192),
        ("lstm", 1, 140, 192),
    ]


def test_a_saved_summary_has_every_call_and_connection(tmp_path):
    from lstmcalc.cli import run
    from lstmcalc.questions.sides import side_of
    from lstmcalc.sources import Reading

    saved, siamese = tmp_path / "saved.json", str(Path(__file__).parents[2] / "specs" / "siamese.yaml")
    assert run(["summary", siamese, "--format", "json", "-o", str(saved)]) == 0
    old, new = (side_of(source, Reading()) for source in (str(saved), siamese))
    found = difference(old, new)
    assert (found.differs, found.is_partial) == (False, True)
