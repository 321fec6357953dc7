"""What is repeated together and what models share: laws, and each sentence of what a group means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import facts, model, names

import lstmcalc
from lstmcalc.errors import ModelError
from lstmcalc.limits import LAYERS

UNROLLED = """
inputs: {x: [1, 5], h: [4], c: [4]}
layers:
  - LSTM: {units: 4, return_state: true}
    name: lstm
    from: x
    initial_state: [h, c]
  - Dense: 5
    name: note
    from: lstm
"""


def groups(text):
    return model(f"input: [6]\nlayers:\n{text}")


def test_a_group_is_its_items_written_out():
    written = "".join("  - Dense: 4\n  - BatchNormalization\n  - Dense: 6\n" for _ in range(3))
    repeated = "  - repeat: 3\n    layers:\n      - Dense: 4\n      - BatchNormalization\n      - Dense: 6\n"
    assert facts(groups(repeated)) == facts(groups(written))


def test_a_group_of_one_round_is_its_items():
    assert facts(groups("  - repeat: 1\n    layers: [{Dense: 4}, {Dense: 6}]\n")) == facts(
        groups("  - Dense: 4\n  - Dense: 6\n")
    )


@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 3))
def test_groups_in_groups_are_as_many_layers_as_their_product(outer, inner, times):
    spec = {
        "input": [6],
        "layers": [
            {"repeat": outer, "layers": [{"repeat": inner, "layers": [{"Dense": 6, "repeat": times}]}, {"Dense": 6}]}
        ],
    }
    assert lstmcalc.from_dict(spec).count_params() == (outer * inner * times + outer) * 42


def test_names_in_a_group_are_numbered_in_the_order_in_which_layers_are_made():
    found = groups("""
  - repeat: 2
    layers:
      - repeat: 2
        layers: [{Dense: 6, name: inner}]
      - Dense: 6
        name: outer
      - Dense: 6
""")
    assert names(found) == ["inner", "inner_1", "outer", "dense", "inner_2", "inner_3", "outer_1", "dense_1"]


def test_after_a_group_a_name_means_the_last_round_and_with_0_the_first():
    found = model("""
inputs: {x: [6]}
layers:
  - repeat: 3
    layers: [{Dense: 6, name: a}, {Dense: 6}]
  - Add:
    from: [a, a_0, a_1, a_2, dense]
""")
    (add,) = (placed for placed in found.placed if placed.layer.class_name == "Add")
    assert [tensor.operation.name for tensor in add.calls[0].inputs] == ["a_2", "a", "a_1", "a_2", "dense_2"]


def test_a_reference_in_a_group_means_this_round_by_a_given_name_and_by_an_automatic_one():
    found = model("""
inputs: {x: [6]}
layers:
  - repeat: 2
    layers:
      - Dense: 6
      - Dense: 6
        name: named
      - Add:
        from: [dense, named]
""")
    adds = [placed for placed in found.placed if placed.layer.class_name == "Add"]
    assert [[tensor.operation.name for tensor in add.calls[0].inputs] for add in adds] == [
        ["dense", "named"],
        ["dense_1", "named_1"],
    ]


def test_the_first_item_of_a_later_round_takes_what_the_round_before_gave():
    spec = "inputs: {y: [6]}\nlayers:\n  - repeat: 2\n    from: y\n    layers: [{Dense: 5}, {Dense: 4}]\n"
    found = model(spec)
    first, second, third, _ = found.placed
    assert [placed.calls[0].inputs[0].operation.name for placed in (first, second, third)] == ["y", "dense", "dense_1"]


def test_a_reference_to_an_item_below_means_the_round_before():
    repeated = """
  - repeat: 3
    layers:
      - Reshape: [1, 5]
      - reuse: lstm
        name: step
        initial_state: [step, step.state_c]
      - reuse: note
        name: next
        from: step
"""
    written = "".join(
        f"""
  - Reshape: [1, 5]
  - reuse: lstm
    name: step{after}
    initial_state: [{before}, {before}.state_c]
  - reuse: note
    name: next{after}
    from: step{after}
"""
        for before, after in (("lstm", ""), ("step", "_1"), ("step_1", "_2"))
    )
    assert facts(model(UNROLLED + repeated + "outputs: [note, next_0, next_1, next_2]")) == {
        **facts(model(UNROLLED + written + "outputs: [note, next, next_1, next_2]")),
        "outputs": [(ref, (None, 5)) for ref in ("note", "next_0", "next_1", "next_2")],
    }


def test_each_of_repeated_layers_starts_from_the_initial_state():
    found = model("""
inputs: {x: [null, 6], h: [6]}
layers:
  - GRU: {units: 6, return_sequences: true}
    from: x
    initial_state: h
    repeat: 3
""")
    assert [[tensor.operation.name for tensor in placed.calls[0].inputs] for placed in found.placed] == [
        ["x", "h"],
        ["gru", "h"],
        ["gru_1", "h"],
    ]


def test_trainable_false_beside_a_group_freezes_all_of_it():
    layers = "[{Dense: 6}, {Sequential: [{Dense: 6}]}]"
    found = groups(f"  - repeat: 2\n    trainable: false\n    layers: {layers}\n")
    assert not any(weight.trainable for weight in found.all_weights())


def test_a_group_stands_in_a_model_inside_too():
    inside = {"Sequential": [{"repeat": 2, "layers": [{"Dense": 6}, "ReLU"]}]}
    assert lstmcalc.from_dict({"input": [6], "layers": [inside]}).count_params() == 2 * 42


def test_the_most_layers_that_there_may_be_may_stand_in_a_group():
    spec = {"input": [6], "layers": [{"repeat": LAYERS // 2 + 1, "layers": ["ReLU", "ReLU"]}]}
    with pytest.raises(ModelError, match=f"at most {LAYERS:,} layers, but this makes {LAYERS + 2:,}"):
        lstmcalc.from_dict(spec)


@pytest.mark.parametrize("inside", [{"Dense": 1}, {"Sequential": [{"Dense": 1}, {"Dense": 1}]}])
def test_groups_that_multiply_are_refused_before_they_are_written_out(inside):
    layers = [inside]
    for _ in range(20):
        layers = [{"repeat": 1_000_000, "layers": layers}]
    with pytest.raises(ModelError, match="at most 100,000 layers, but this makes a number of more than 100 digits"):
        lstmcalc.from_dict({"input": [6], "layers": layers})


def test_models_inside_a_group_count_with_their_layers():
    inside = {"Sequential": [{"Dense": 6, "repeat": 1000}]}
    with pytest.raises(ModelError, match="a model has at most 100,000 layers"):
        lstmcalc.from_dict({"input": [6], "layers": [{"repeat": 1000, "layers": [inside]}]})


# Layers that models share.


def test_a_shared_layer_is_counted_once_and_its_inner_row_tells_its_part():
    found = lstmcalc.from_dict(
        {
            "inputs": {"x": [10]},
            "layers": [
                {"Dense": 10, "name": "d"},
                {"Model": {"inputs": {"a": [10]}, "layers": [{"reuse": "d"}]}, "name": "m1"},
            ],
        }
    )
    outer, inner = found.to_dict()["layers"]
    assert (found.count_params(), outer["counted_params"], inner["counted_params"]) == (110, 110, 0)
    assert (inner["params"], inner["layers"][0]["name"], inner["layers"][0]["params"]) == (110, "d", 110)


def test_a_layer_of_the_own_model_wins_over_one_around():
    found = lstmcalc.from_dict(
        {
            "inputs": {"x": [10]},
            "layers": [
                {"Dense": 10, "name": "d"},
                {"Model": {"inputs": {"a": [10]}, "layers": [{"Dense": 10, "name": "d"}, {"reuse": "d"}]}},
            ],
        }
    )
    assert found.count_params() == 220


def test_a_model_in_a_file_of_its_own_sees_no_layer_around(tmp_path):
    (tmp_path / "inner.yaml").write_text("inputs: {a: [10]}\nlayers:\n  - reuse: d\n")
    (tmp_path / "outer.yaml").write_text(
        "inputs: {x: [10]}\nlayers:\n  - Dense: 10\n    name: d\n  - Model: inner.yaml\n"
    )
    with pytest.raises(ModelError) as caught:
        lstmcalc.load(tmp_path / "outer.yaml")
    assert (caught.value.message, caught.value.help) == (
        "'d' is no layer above",
        "a model in a file of its own sees no layer of the model around",
    )
    assert (caught.value.file, caught.value.line, caught.value.column) == (str(tmp_path / "inner.yaml"), 3, 12)


def test_a_frozen_layer_may_be_shared_with_a_frozen_model():
    found = lstmcalc.from_dict(
        {
            "inputs": {"x": [10]},
            "layers": [
                {"Dense": 10, "name": "d", "trainable": False},
                {"Model": {"inputs": {"a": [10]}, "layers": [{"reuse": "d"}]}, "trainable": False},
            ],
        }
    )
    assert [weight.trainable for weight in found.all_weights()] == [False, False]


def test_a_call_with_keys_beside_it_is_the_fourth_form_of_an_item():
    mapping = "inputs: {x: [10, 64]}\nlayers:\n  - MultiHeadAttention: {num_heads: 8, key_dim: 64}\n    from: [x, x]\n"
    call = 'inputs: {x: [10, 64]}\nlayers:\n  - "MultiHeadAttention(num_heads=8, key_dim=64)":\n    from: [x, x]\n'
    assert facts(model(call)) == facts(model(mapping))
    assert model(call).count_params() == 132_672
