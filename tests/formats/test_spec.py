"""A spec: its items, the keys beside a class, references, models inside, names and kind."""

from pathlib import Path

import pytest
from reading import chain, facts, model, names, problems

import lstmcalc
from lstmcalc.limits import LAYERS
from lstmcalc.models.model import BuiltModel

LSTM_5_ON_1 = 4 * ((1 + 5) * 5 + 5)


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


# Items.


@pytest.mark.parametrize(
    "item",
    [
        "LSTM: 5",
        "LSTM: {units: 5}",
        '"LSTM(5)"',
        "LSTM(5)",
        "LSTM(units=5)",
        '"keras.layers.LSTM(5)"',
        "LSTM:\n      units: 5",
    ],
)
def test_an_item_is_the_same_layer_in_each_of_its_forms(item: str) -> None:
    assert facts(chain(item)) == facts(chain("LSTM: {units: 5, return_sequences: false}"))


@pytest.mark.parametrize(
    "item", ["Flatten", "Flatten:", "Flatten: {}", '"Flatten()"', "Flatten()", '{"Flatten": null}']
)
def test_a_layer_without_arguments_is_the_same_in_each_of_its_forms(item: str) -> None:
    assert facts(chain(item)) == facts(chain("Flatten: {data_format: null}"))


def test_the_value_after_a_class_is_its_first_argument() -> None:
    assert chain("Reshape: [1, 5]").output_shape == (None, 1, 5)
    assert chain("Dropout: 0.5").layers[0].rate == 0.5  # type: ignore[attr-defined]
    assert chain("Activation: relu").layers[0].activation == "relu"  # type: ignore[attr-defined]


def test_arguments_have_keras_defaults() -> None:
    layer = chain("LSTM: 5").layers[0]
    assert (layer.activation, layer.recurrent_activation, layer.use_bias) == ("tanh", "sigmoid", True)  # type: ignore[attr-defined]


# The top level.


def test_a_model_without_a_name_has_that_of_its_file(tmp_path: Path) -> None:
    write(tmp_path, tagger="input: [5, 1]\nlayers: [Flatten]", other="name: own\ninput: [5, 1]\nlayers: [Flatten]")
    assert lstmcalc.load(str(tmp_path / "tagger.yaml")).name == "tagger"
    assert lstmcalc.load(str(tmp_path / "other.yaml")).name == "own"


def test_a_model_without_a_file_is_named_as_keras_names_it() -> None:
    assert chain("Flatten").name == "sequential"
    assert chain("Flatten:\n    from: input_layer").name == "functional"


def test_an_input_is_one_sample_without_the_samples_axis() -> None:
    assert chain("Flatten", input="[5, 2]").input_shape == (None, 5, 2)
    assert chain("GlobalAveragePooling1D", input="[null, 2]").input_shape == (None, None, 2)
    assert chain("Embedding: [3, 4]".replace("[3, 4]", "{input_dim: 3, output_dim: 4}"), input="[]").input_shape == (
        None,
    )


def test_an_input_has_a_dtype_and_a_batch_of_its_own() -> None:
    found = chain("Flatten", input="{shape: [5, 2], dtype: int32, batch: 32}")
    assert (found.input_shape, found.inputs[0].dtype) == ((32, 5, 2), "int32")


def test_a_stateful_layer_takes_a_fixed_batch() -> None:
    found = chain("LSTM: {units: 5, stateful: true}", input="{shape: [5, 1], batch: 32}")
    assert found.output_shape == (32, 5)


def test_several_inputs_have_their_names_and_their_order() -> None:
    found = model("inputs: {b: [5], a: {shape: [3], dtype: int32}}\nlayers: [{Concatenate: , from: [b, a]}]")
    assert [(each.operation.name, each.shape, each.dtype) for each in found.inputs] == [
        ("b", (None, 5), "float32"),
        ("a", (None, 3), "int32"),
    ]


def test_the_outputs_are_those_of_the_last_layer() -> None:
    assert chain("LSTM: {units: 5, return_state: true}").output_refs == ("lstm", "lstm.state_h", "lstm.state_c")


def test_outputs_name_what_the_model_gives() -> None:
    found = model("input: [5, 1]\noutputs: [lstm.state_c, lstm]\nlayers: [{LSTM: {units: 5, return_state: true}}]")
    assert found.output_refs == ("lstm.state_c", "lstm")
    assert [each.tensor_index for each in found.outputs] == [2, 0]


def test_an_input_may_be_an_output() -> None:
    found = model("inputs: {a: [5]}\noutputs: [dense, a]\nlayers: [{Dense: 2}]")
    assert found.output_shape == [(None, 2), (None, 5)]


def test_a_dtype_is_that_of_all_weights() -> None:
    found = model("dtype: float16\ninput: [5, 1]\nlayers: [{Dense: 2}, {Dense: {units: 2, dtype: float64}}]")
    assert [weight.dtype for weight in found.all_weights()] == ["float16"] * 2 + ["float64"] * 2


def test_a_budget_is_no_part_of_the_model() -> None:
    assert facts(model("budget: {params: 1M}\ninput: [5, 1]\nlayers: [Flatten]")) == facts(chain("Flatten"))


def test_an_input_may_stand_among_the_layers() -> None:
    for item in (
        "Input: [5, 1]",
        '"Input(5, 1)"',
        '"Input((5, 1))"',
        "Input: {shape: [5, 1]}",
        "InputLayer: {shape: [5, 1]}",
    ):
        assert facts(model(f"layers:\n  - {item}\n  - LSTM: 5\n")) == facts(chain("LSTM: 5"))


def test_an_input_among_the_layers_has_a_name() -> None:
    for item in ("Input: {shape: [5, 1], name: x}", "Input: [5, 1]\n    name: x"):
        assert model(f"layers:\n  - {item}\n  - LSTM: 5\n").inputs[0].operation.name == "x"


# Keys beside a class.


def test_a_name_stands_beside_the_class_or_among_its_arguments() -> None:
    assert facts(chain("LSTM: 5\n    name: x")) == facts(chain("LSTM: {units: 5, name: x}"))


def test_trainable_stands_beside_the_class_or_among_its_arguments() -> None:
    assert facts(chain("LSTM: 5\n    trainable: false")) == facts(chain("LSTM: {units: 5, trainable: false}"))


def test_weights_of_a_layer_that_is_not_trainable_count_as_non_trainable() -> None:
    found = chain("Dense: 3\n    trainable: false", "Dense: 3")
    assert [weight.trainable for weight in found.all_weights()] == [False, False, True, True]


def test_a_model_inside_that_is_not_trainable_has_no_trainable_weights() -> None:
    found = chain("Sequential: [{Dense: 3}, {TimeDistributed: {Dense: 3}}]\n    trainable: false")
    assert not any(weight.trainable for weight in found.all_weights())


def test_an_item_takes_the_one_above_unless_from_says_otherwise() -> None:
    found = model(
        "input: [4]\nlayers:\n"
        "  - Dense: 8\n  - Dense: 16\n    from: input_layer\n  - Dense: 1\noutputs: [dense, dense_2]\n"
    )
    assert {placed.layer.name: placed.weights[0].shape for placed in found.placed} == {
        "dense": (4, 8),
        "dense_1": (4, 16),
        "dense_2": (16, 1),
    }


def test_from_may_be_a_list_of_one_for_a_layer_that_takes_a_list() -> None:
    assert chain("Concatenate:\n    from: [input_layer]").output_shape == (None, 5, 1)


def test_repeat_makes_so_many_layers_each_with_its_own_weights() -> None:
    found = chain("Dense: 3\n    repeat: 3")
    assert names(found) == ["dense", "dense_1", "dense_2"]
    assert found.count_params() == (1 * 3 + 3) + 2 * (3 * 3 + 3)


def test_repeated_layers_of_a_name_are_numbered_after_the_first() -> None:
    assert names(chain("Dense: 3\n    name: x\n    repeat: 3", "Dense: 1")) == ["x", "x_1", "x_2", "dense"]


def test_the_name_of_repeated_layers_means_the_last_of_them() -> None:
    found = model(
        "input: [4]\nlayers:\n  - Dense: 4\n    name: x\n    repeat: 3\n  - Dense: 1\n  - Add:\n    from: [x, dense]\n"
    )
    assert [tensor.operation.name for tensor in found.placed[-1].calls[0].inputs] == ["x_2", "dense"]


def test_repeated_layers_that_are_not_trainable_are_all_so() -> None:
    found = chain("Dense: 3\n    repeat: 2\n    trainable: false")
    assert [weight.trainable for weight in found.all_weights()] == [False] * 4


def test_a_layer_that_is_reused_is_counted_once_and_has_one_row() -> None:
    found = model(
        "inputs: {a: [5, 1], b: [5, 1]}\nlayers:\n"
        "  - LSTM: 5\n    from: a\n    name: encoder\n  - reuse: encoder\n    from: b\n    name: again\n"
        "  - Concatenate:\n    from: [encoder, again]\n"
    )
    assert found.count_params() == LSTM_5_ON_1
    assert names(found) == ["encoder", "concatenate"]
    assert len(found.placed[0].calls) == 2


def test_the_name_beside_reuse_is_that_of_the_call_and_its_states() -> None:
    found = model(
        "inputs: {a: [5, 1], b: [7, 1]}\nlayers:\n"
        "  - LSTM: {units: 5, return_state: true}\n    from: a\n    name: x\n"
        "  - reuse: x\n    from: b\n    name: y\n"
        "outputs: [x.state_h, y.state_h]\n"
    )
    assert [(each.operation.name, each.node_index, each.tensor_index) for each in found.outputs] == [
        ("x", 0, 1),
        ("x", 1, 1),
    ]


def test_reuse_takes_the_item_above_when_it_has_no_from() -> None:
    assert chain("Dense: 1\n    name: x", "reuse: x", "reuse: x").count_params() == 1 * 1 + 1


def test_the_states_of_one_layer_begin_another() -> None:
    found = model(
        "inputs: {a: [5, 1], b: [5, 1]}\nlayers:\n"
        "  - LSTM: {units: 5, return_state: true}\n    name: encoder\n    from: a\n"
        "  - LSTM: 5\n    from: b\n    initial_state: [encoder.state_h, encoder.state_c]\n"
    )
    decoder = found.placed[-1]
    assert [(each.operation.name, each.tensor_index) for each in decoder.calls[0].inputs] == [
        ("b", 0),
        ("encoder", 1),
        ("encoder", 2),
    ]


def test_one_initial_state_needs_no_list() -> None:
    text = "inputs: {a: [5, 1], s: [4]}\nlayers:\n  - GRU: 4\n    from: a\n    initial_state: "
    assert facts(model(text + "s\n")) == facts(model(text + "[s]\n"))


def test_a_bidirectional_takes_the_states_of_both_directions() -> None:
    found = model(
        "inputs: {a: [5, 1], b: [5, 1]}\nlayers:\n"
        "  - Bidirectional: {GRU: {units: 5, return_state: true}}\n    name: x\n    from: a\n"
        "  - Bidirectional: {GRU: 5}\n    from: b\n    initial_state: [x.forward_state, x.backward_state]\n"
    )
    assert found.output_shape == (None, 10)


# References.

STATES = {
    "LSTM: {units: 5, return_state: true}": ["x.0", "x.state_h", "x.state_c"],
    "GRU: {units: 5, return_state: true}": ["x", "x.state"],
    "SimpleRNN: {units: 5, return_state: true}": ["x", "x.state"],
    "Bidirectional: {LSTM: {units: 5, return_state: true}}": [
        *("x", "x.forward_h", "x.forward_c", "x.backward_h", "x.backward_c"),
    ],
    "Bidirectional: {GRU: {units: 5, return_state: true}}": ["x", "x.forward_state", "x.backward_state"],
    "Bidirectional: {GRU: {units: 5, return_state: true}, merge_mode: null}": [
        *("x.0", "x.1", "x.forward_state", "x.backward_state"),
    ],
    "Bidirectional: {GRU: 5, merge_mode: null}": ["x.0", "x.1"],
}


@pytest.mark.parametrize("item", STATES)
def test_each_output_has_a_name_and_a_number_in_keras_order(item: str) -> None:
    text = f"input: [5, 1]\nlayers:\n  - {item}\n    name: x\noutputs: "
    by_name = model(text + f"[{', '.join(STATES[item])}]")
    by_number = model(text + f"[{', '.join(f'x.{i}' for i in range(len(STATES[item])))}]")
    positions = [tensor.tensor_index for tensor in by_name.outputs]
    assert positions == [tensor.tensor_index for tensor in by_number.outputs] == list(range(len(STATES[item])))


def test_an_exact_layer_name_wins_over_a_state() -> None:
    text = (
        "input: [5, 1]\nlayers:\n  - LSTM: {{units: 5, return_state: true}}\n    name: x\n"
        "  - Dense: 2\n    name: {}\n    from: x\noutputs: [x, x.state_h]\n"
    )
    assert model(text.format("x.state_h")).output_shape == [(None, 5), (None, 2)]


def test_a_name_with_a_dot_is_a_reference() -> None:
    text = "input: [5, 1]\nlayers:\n  - LSTM: {units: 5, return_state: true}\n    name: a.b\noutputs: "
    assert model(text + "a.b").output_shape == (None, 5)
    assert [each.tensor_index for each in model(text + "a.b.state_c").outputs] == [2]


def test_an_item_that_a_model_names_by_a_number_is_named_by_its_text() -> None:
    assert model("inputs: {1: [5]}\nlayers:\n  - Flatten:\n    from: 1\n").inputs[0].operation.name == "1"


# Wrappers.


def test_the_capitalised_key_of_a_wrapper_is_its_layer() -> None:
    short = chain("Bidirectional: {LSTM: 4, merge_mode: sum}")
    assert facts(short) == facts(chain("Bidirectional: {layer: {LSTM: 4}, merge_mode: sum}"))
    assert facts(short) == facts(chain("Bidirectional(LSTM(4), merge_mode='sum')"))
    assert facts(short) == facts(chain('Bidirectional: {layer: "LSTM(4)", merge_mode: sum}'))


def test_a_wrapped_layer_has_a_name_and_arguments_of_its_own() -> None:
    found = chain("TimeDistributed: {Dense: {units: 3, name: inner, use_bias: false}, name: outer}")
    assert names(found) == ["outer"]
    assert [each.layer.name for each in found.placed[0].inner] == ["inner"]
    assert found.count_params() == 3


def test_wrappers_stand_in_wrappers() -> None:
    found = chain("TimeDistributed: {TimeDistributed: {Dense: 3}}", input="[2, 4, 6]")
    assert (found.output_shape, found.count_params()) == ((None, 2, 4, 3), 6 * 3 + 3)


# Models inside.


@pytest.mark.parametrize(
    "item",
    [
        "Sequential: [{Dense: 3}, Flatten]",
        "Sequential: {layers: [{Dense: 3}, Flatten]}",
        'Sequential: ["Dense(3)", "Flatten()"]',
        "Sequential([Dense(3), Flatten()])",
        "Sequential: {input: [5, 1], layers: [{Dense: 3}, Flatten]}",
        "Sequential: [{Dense: {units: 3, input_shape: [5, 1]}}, Flatten]",
    ],
)
def test_a_sequential_inside_is_the_same_in_each_of_its_forms(item: str) -> None:
    found = chain(item)
    assert names(found) == ["sequential"]
    assert [each.layer.name for each in found.placed[0].inner] == ["dense", "flatten"]
    assert (found.output_shape, found.count_params()) == ((None, 15), 6)


def test_a_model_inside_has_inputs_layers_and_outputs() -> None:
    found = model(
        "inputs: {a: [5, 1], b: [3]}\nlayers:\n"
        "  - Model:\n"
        "      inputs: {x: [5, 1], y: [3]}\n"
        "      layers: [{LSTM: 4, from: x}, {Concatenate: , from: [lstm, y]}, {Dense: 2}]\n"
        "      outputs: [dense, lstm]\n"
        "    name: inner\n"
        "    from: [a, b]\n"
        "outputs: [inner.0, inner.1]\n"
    )
    assert found.output_shape == [(None, 2), (None, 4)]
    assert found.count_params() == 4 * ((1 + 4) * 4 + 4) + 7 * 2 + 2


def test_a_model_inside_is_named_beside_its_class_or_among_its_keys() -> None:
    beside = chain("Model: {input: [5, 1], layers: [Flatten]}\n    name: x")
    assert facts(beside) == facts(chain("Model: {name: x, input: [5, 1], layers: [Flatten]}"))


def test_a_model_in_another_file_is_found_from_this_file(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    write(
        tmp_path / "parts",
        encoder="input: [5, 1]\nlayers: [{LSTM: 5}]",
        both="input: [5, 1]\nlayers: [{Model: encoder.yaml}]",
    )
    write(tmp_path, whole="input: [5, 1]\nlayers: [{Model: parts/both.yaml}, {Dense: 1}]")
    found = lstmcalc.load(str(tmp_path / "whole.yaml"))
    assert names(found) == ["both", "dense"]
    assert found.count_params() == LSTM_5_ON_1 + 5 + 1


def test_a_model_in_another_file_is_used_more_than_once(tmp_path: Path) -> None:
    write(
        tmp_path,
        inner="input: [5, 1]\nlayers: [{TimeDistributed: {Dense: 1}}]",
        outer="input: [5, 1]\nlayers: [{Model: inner.yaml}, {Model: inner.yaml, name: second}]",
    )
    assert lstmcalc.load(str(tmp_path / "outer.yaml")).count_params() == 2 * (1 + 1)


def test_a_model_in_another_file_sees_its_own_variables_only(tmp_path: Path) -> None:
    write(
        tmp_path,
        inner="vars: {units: 2}\ninput: [5, 1]\nlayers: [{Dense: $units}]",
        outer="vars: {units: 3}\ninput: [5, 1]\nlayers: [{Model: inner.yaml}, {Dense: $units}]",
        blind="vars: {more: 3}\ninput: [5, 1]\nlayers: [{Model: blinder.yaml}]",
        blinder="input: [5, 1]\nlayers: [{Dense: $more}]",
    )
    found = lstmcalc.load(str(tmp_path / "outer.yaml"), set={"units": 4})
    assert [weight.shape for weight in found.all_weights()] == [(1, 2), (2,), (2, 4), (4,)]
    with pytest.raises(lstmcalc.ModelError, match="the variable 'more' has no value"):
        lstmcalc.load(str(tmp_path / "blind.yaml"))


def test_a_model_in_another_file_has_its_own_dtype(tmp_path: Path) -> None:
    write(
        tmp_path,
        inner="dtype: float16\ninput: [5, 1]\nlayers: [{Dense: 2}]",
        outer="dtype: float64\ninput: [5, 1]\nlayers: [{Model: inner.yaml}, {Dense: 2}]",
    )
    found = lstmcalc.load(str(tmp_path / "outer.yaml"))
    assert [weight.dtype for weight in found.all_weights()] == ["float16"] * 2 + ["float64"] * 2


def test_a_file_never_contains_itself(tmp_path: Path) -> None:
    write(
        tmp_path,
        a="input: [5, 1]\nlayers: [{Model: b.yaml}]",
        b="input: [5, 1]\nlayers: [{Model: ./a.yaml}]",
    )
    with pytest.raises(lstmcalc.ModelError) as caught:
        lstmcalc.load(str(tmp_path / "a.yaml"))
    (problem,) = caught.value.problems
    assert problem.message == "the model './a.yaml' contains itself"
    assert problem.where == f"{tmp_path / 'b.yaml'}:2:18"


def test_a_long_chain_of_files_is_read_once_each(tmp_path: Path) -> None:
    state = "{LSTM: {units: 1, return_state: true, return_sequences: true}}"
    for number in range(20):
        write(tmp_path, **{f"m{number}": f"input: [5, 1]\nlayers: [{state}, {{Model: m{number + 1}.yaml}}]"})
    write(tmp_path, m20="input: [5, 1]\nlayers: [{Dense: 1}]")
    found = lstmcalc.load(str(tmp_path / "m0.yaml"))  # each file twice would be a million
    assert found.count_params() == 20 * 4 * ((1 + 1) * 1 + 1) + 2


def test_a_model_stands_in_a_wrapper() -> None:
    found = chain("TimeDistributed: {Sequential: [{Conv1D: {filters: 3, kernel_size: 2}}, Flatten]}", input="[7, 5, 1]")
    assert (found.output_shape, found.count_params()) == ((None, 7, 12), 2 * 3 + 3)


def test_a_model_of_another_file_stands_in_a_wrapper(tmp_path: Path) -> None:
    write(
        tmp_path,
        frame="input: [5, 1]\nlayers: [{LSTM: 5}]",
        video="input: [7, 5, 1]\nlayers: [{TimeDistributed: {Model: frame.yaml}}]",
    )
    found = lstmcalc.load(str(tmp_path / "video.yaml"))
    assert (found.output_shape, found.count_params()) == ((None, 7, 5), LSTM_5_ON_1)


# Layers that Keras does not have.


def test_a_custom_layer_weighs_and_gives_what_it_states() -> None:
    found = chain(
        "Custom: {class: MyAttention, output_shape: [64], "
        "weights: {kernel: [128, 64], bias: {shape: [64], trainable: false}}}"
    )
    assert (found.output_shape, found.layers[0].class_name, names(found)) == (
        (None, 64),
        "MyAttention",
        ["my_attention"],
    )
    assert [(each.name, each.shape, each.trainable) for each in found.all_weights()] == [
        ("kernel", (128, 64), True),
        ("bias", (64,), False),
    ]


def test_a_custom_layer_may_give_several_outputs() -> None:
    found = chain("Custom: {class: Split, output_shape: [[2], [3, null]]}")
    assert (found.output_refs, found.output_shape) == (("split.0", "split.1"), [(None, 2), (None, 3, None)])


def test_a_lambda_gives_the_shape_that_it_states() -> None:
    found = chain("Lambda: {output_shape: [2, 2]}")
    assert (found.output_shape, found.count_params()) == ((None, 2, 2), 0)


def test_an_unknown_class_is_never_a_layer_without_params() -> None:
    assert problems("input: [5, 1]\nlayers: [{Lstm2: 5}]") == [
        "2:11: the layer 'Lstm2' is not known (did you mean 'LSTM'?)"
    ]


# The first layer's own shape.


@pytest.mark.parametrize(
    ("item", "shape"),
    [
        ("LSTM: {units: 5, input_shape: [5, 64]}", (None, 5, 64)),
        ("LSTM: {units: 5, batch_input_shape: [32, 5, 64]}", (32, 5, 64)),
        ("LSTM: {units: 5, input_dim: 64, input_length: 5}", (None, 5, 64)),
        ("LSTM: {units: 5, input_dim: 64}", (None, None, 64)),
        ("LSTM: {units: 5, input_shape: [null, 64], batch_size: 8}", (8, None, 64)),
        ("Dense: {units: 5, input_dim: 64}", (None, 64)),
        ("Embedding: {input_dim: 100, output_dim: 8, input_length: 10}", (None, 10)),
        ("Embedding: {input_dim: 100, output_dim: 8}", (None, None)),
        ("TimeDistributed: {Dense: 5, input_shape: [5, 64]}", (None, 5, 64)),
        ("Bidirectional: {LSTM: 5, input_shape: [5, 64]}", (None, 5, 64)),
        ('"LSTM(128, input_dim=64, input_length=5)"', (None, 5, 64)),
        ('"LSTM(128, input_shape=(10, 300))"', (None, 10, 300)),
    ],
)
def test_the_first_layer_may_state_the_input(item: str, shape: tuple[int | None, ...]) -> None:
    assert model(f"layers:\n  - {item}\n").input_shape == shape


def test_the_input_and_the_first_layer_may_say_the_same() -> None:
    assert facts(chain("LSTM: {units: 5, input_shape: [5, 1]}")) == facts(chain("LSTM: 5"))


# Names.


def test_layers_are_named_as_keras_names_them_the_layers_inside_first() -> None:
    found = chain(
        "LSTM: {units: 5, return_sequences: true}",
        "LSTM: {units: 5, return_sequences: true}",
        "TimeDistributed: {Dense: 1}",
        "Dense: 1",
    )
    assert names(found) == ["lstm", "lstm_1", "time_distributed", "dense_1"]


def test_a_given_name_takes_no_number() -> None:
    assert names(chain("Dense: 1\n    name: x", "Dense: 1")) == ["x", "dense"]


# Kind.


def test_a_chain_is_sequential() -> None:
    assert chain("LSTM: 5", "Dense: 1").kind == "Sequential"


@pytest.mark.parametrize(
    "text",
    [
        "inputs: {a: [5, 1]}\nlayers: [Flatten]",
        "input: [5, 1]\noutputs: flatten\nlayers: [Flatten]",
        "input: [5, 1]\nlayers: [{Flatten: , from: input_layer}]",
        "inputs: {a: [5, 1], s: [4]}\nlayers: [{GRU: 4, from: a, initial_state: s}]",
        "input: [5, 1]\nlayers: [{Dense: 1, name: x}, {reuse: x}]",
        "input: [5, 1]\nlayers: [{LSTM: {units: 5, return_state: true}}]",
        "input: [5, 1]\nlayers: [{Bidirectional: {LSTM: 5, merge_mode: null}, name: x}]",
        "kind: functional\ninput: [5, 1]\nlayers: [Flatten]",
        "layers: [{Input: [5, 1], name: a}, {Input: [5, 1], name: b}, {Add: , from: [a, b]}]",
    ],
)
def test_a_graph_is_functional(text: str) -> None:
    assert model(text).kind == "Functional"


def test_kind_may_be_written_as_keras_writes_it() -> None:
    assert model("kind: Functional\ninput: [5, 1]\nlayers: [Flatten]").kind == "Functional"


def test_a_chain_and_its_graph_have_the_same_layers() -> None:
    text = "input: [5, 1]\nlayers: [{LSTM: {units: 5, return_sequences: true}}, {Dense: 1}]\nkind: "
    sequential, functional = facts(model(text + "sequential")), facts(model(text + "functional"))
    assert sequential["layers"] == functional["layers"]
    assert sequential["outputs"] == functional["outputs"]


# Size.


def test_a_spec_of_many_layers_is_read_in_time_that_grows_with_them() -> None:
    found = chain(*["Dense: {units: 1, use_bias: false}"] * 20_000)  # minutes, if anything were quadratic
    assert found.count_params() == 20_000


def test_as_many_layers_as_the_limit_are_taken() -> None:
    found: BuiltModel = chain(f"Flatten:\n    repeat: {LAYERS}")
    assert len(found.layers) == LAYERS
