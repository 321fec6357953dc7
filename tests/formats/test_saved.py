"""What Keras saved, in the words and forms of each Keras: counted as the same model is that a spec says."""

import io
import json
import random
import shutil
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import lstmcalc
from lstmcalc import cli
from lstmcalc.formats.saved.config import Config
from lstmcalc.formats.saved.dialect import dialect_of
from lstmcalc.formats.values import Mapping
from lstmcalc.questions.summary import summary_of
from lstmcalc.sources import Reading

SAVED = Path(__file__).parents[1] / "data" / "saved"


def layer(class_name, name, **config):
    return {"class_name": class_name, "config": {"name": name, "trainable": True, **config}}


def called(entry, *nodes):
    return {**entry, "name": entry["config"]["name"], "inbound_nodes": list(nodes)}


def sequential(*layers, version="2.2.4", **more):
    return {
        "class_name": "Sequential",
        "config": {"name": "m", "layers": list(layers)},
        "keras_version": version,
        **more,
    }


def functional(layers, inputs, outputs, class_name="Model", version="2.2.4"):
    config = {"name": "m", "layers": layers, "input_layers": inputs, "output_layers": outputs}
    return {"class_name": class_name, "config": config, "keras_version": version}


def written(folder, document, name="model.json"):
    path = folder / name
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return path


def load(folder, document):
    return lstmcalc.load(written(folder, document))


def refused(path, **options):
    with pytest.raises(lstmcalc.ModelError) as caught:
        lstmcalc.load(path, **options)
    return caught.value


# What Keras let pass.


def tensor(name, shape):
    return called(layer("InputLayer", name, batch_input_shape=[None, *shape]))


@pytest.mark.parametrize(
    ("inputs", "taken", "shape", "message"),
    [
        (
            {"q": [5, 3], "v": [7, 4]},
            layer("Attention", "x"),
            (None, 5, 4),
            "Attention takes query and key of one number of features",
        ),
        (
            {"q": [5, 3], "v": [7, 4], "k": [6, 3]},
            layer("Attention", "x"),
            (None, 5, 4),
            "Attention takes a key for each value",
        ),
        ({"q": [5]}, layer("Concatenate", "x", axis=4), (None, 5), "Concatenate along axis 4 needs more axes"),
        (
            {"q": [5, 3]},
            layer(
                "Bidirectional",
                "x",
                layer=layer("LSTM", "a", units=4),
                backward_layer=layer("LSTM", "b", units=5, go_backwards=True),
                merge_mode="sum",
            ),
            (None, 4),
            "Bidirectional with merge_mode sum takes layers of one number of units",
        ),
    ],
)
def test_what_keras_let_pass_is_counted_with_a_note(inputs, taken, shape, message, tmp_path):
    entries = [tensor(name, axes) for name, axes in inputs.items()]
    calls = [called(taken, [[name, 0, 0, {}] for name in inputs])]
    saved = functional([*entries, *calls], [[name, 0, 0] for name in inputs], [["x", 0, 0]], version="2.15.0")
    model = load(tmp_path, saved)
    assert model.output_shape == shape
    (note,) = model.notes
    assert note.message.startswith(message) and note.message.endswith(": Keras let it pass when it saved the model")
    assert note.line == 1 and note.layer == "x"


def test_what_keras_let_pass_is_refused_of_a_spec():
    with pytest.raises(lstmcalc.ModelError, match="Attention takes query and key of one number of features"):
        lstmcalc.from_dict({"inputs": {"q": [5, 3], "v": [7, 4]}, "layers": [{"Attention": None, "from": ["q", "v"]}]})


# What today's Keras saved: recorded by tests/data/record_saved.py with Keras 3.15.1.

# LSTM 4 * ((3 + 4) * 4 + 4), BatchNormalization 4 * 4 of which half are trained, Dense 4 * 2 + 2.
CHAIN_PARAMS = 128 + 16 + 10
# Dense (3 + 1) * 4, two LSTM 4 * ((4 + 6) * 6 + 6), Dense (6 + 1) * 5 and (5 + 1) * 2.
GRAPH_PARAMS = 16 + 2 * 264 + 35 + 12


@pytest.mark.parametrize("suffix", ["json", "keras", "h5"])
@pytest.mark.parametrize(("name", "total"), [("chain", CHAIN_PARAMS), ("graph", GRAPH_PARAMS)])
def test_a_model_of_keras_3_is_read_from_each_of_its_files(name, total, suffix):
    model = lstmcalc.load(SAVED / f"{name}.{suffix}")
    assert (model.name, model.count_params()) == (name, total)


@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_a_file_is_read_whatever_its_name_and_without_h5py(suffix, tmp_path, monkeypatch):
    shutil.copy(SAVED / f"chain.{suffix}", tmp_path / "model")
    monkeypatch.setitem(sys.modules, "h5py", None)
    model = lstmcalc.load(tmp_path / "model")
    assert model.count_params() == CHAIN_PARAMS
    assert model.verify().agrees


@pytest.mark.parametrize("suffix", ["json", "keras", "h5"])
def test_a_model_comes_on_standard_input(suffix, monkeypatch):
    data = (SAVED / f"graph.{suffix}").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), "ascii"))
    assert lstmcalc.load("-").count_params() == GRAPH_PARAMS


def test_a_graph_has_the_shapes_and_names_that_keras_gave():
    model = lstmcalc.load(SAVED / "graph.keras")
    assert model.output_shape == [(None, 2), (None, 6)]
    assert model.input_shape == [(None, None, 3), (None, None, 3)]
    assert [each["name"] for each in model.to_dict()["inputs"]] == ["source", "target"]
    assert [each.name for each in model.layers] == ["shared", "encoder", "decoder", "inner"]


# In the words of Keras 1, by hand.

LSTM_1 = {"output_dim": 4, "init": "glorot_uniform", "inner_init": "orthogonal", "inner_activation": "hard_sigmoid"}
OF_KERAS_1 = [
    layer("Convolution1D", "conv", batch_input_shape=[None, 9, 3], nb_filter=5, filter_length=2, border_mode="valid"),
    layer("MaxPooling1D", "pool", pool_length=2, stride=2),
    layer("LSTM", "lstm", **LSTM_1, forget_bias_init="one", consume_less="cpu", dropout_W=0.2, input_dim=5),
    layer("Highway", "highway", transform_bias=-2),
    layer("MaxoutDense", "maxout", output_dim=3, nb_feature=2),
    layer("Dense", "dense", output_dim=2, W_regularizer={"name": "WeightRegularizer", "l1": 0.0, "l2": 0.01}),
]
# Conv1D 2 * 3 * 5 + 5, LSTM 4 * ((5 + 4) * 4 + 4), Highway 2 * (4 * 4 + 4), Maxout 2 * (4 * 3 + 3), Dense 3 * 2 + 2.
PARAMS_OF_KERAS_1 = 35 + 160 + 40 + 30 + 8


def test_a_sequential_of_keras_1_is_a_bare_list(tmp_path):
    document = {"class_name": "Sequential", "config": OF_KERAS_1, "keras_version": "1.2.2"}
    assert load(tmp_path, document).count_params() == PARAMS_OF_KERAS_1


def test_without_a_version_the_words_tell_the_keras(tmp_path):
    document = {"class_name": "Sequential", "config": [*OF_KERAS_1[:1], layer("GRU", "g", output_dim=4, init="zero")]}
    assert load(tmp_path, document).count_params() == 35 + 3 * ((5 + 4) * 4 + 4)  # without a second bias


@pytest.mark.parametrize("mode", [1, 2])
def test_a_normalization_of_keras_1_in_another_mode_is_counted_with_a_note(mode, tmp_path):
    dense = layer("Dense", "d", output_dim=4, batch_input_shape=[None, 3])
    saved = sequential(dense, layer("BatchNormalization", "b", mode=mode), version="1.2.2")
    model = load(tmp_path, saved)
    assert model.count_params() == 16 + 16
    (note,) = model.notes
    assert note.message.startswith(f"BatchNormalization: mode {mode} normalizes each sample")


def test_the_timesteps_first_are_noted(tmp_path):
    saved = sequential(layer("LSTM", "x", units=4, batch_input_shape=[None, 5, 3], time_major=True), version="2.4.0")
    model = load(tmp_path, saved)
    assert model.count_params() == 128
    (note,) = model.notes
    assert note.message.startswith("LSTM: time_major is true")


def test_a_config_of_keras_0_is_told_to_be_that(tmp_path):
    saved = {"name": "Sequential", "layers": [{"name": "Dense", "output_dim": 4, "input_dim": 3}], "loss": "mse"}
    assert refused(written(tmp_path, saved)).message == "is a config of a Keras before 1.0, which is not read"


def test_a_sequential_of_keras_1_may_begin_with_a_merge_of_others(tmp_path):
    def branch(name, features):
        return {
            "class_name": "Sequential",
            "config": [layer("Dense", name, output_dim=4, batch_input_shape=[None, features])],
        }

    merge = layer("Merge", "merge", mode="concat", concat_axis=-1, layers=[branch("a", 3), branch("b", 5)])
    document = {
        "class_name": "Sequential",
        "config": [merge, layer("Dense", "c", output_dim=2)],
        "keras_version": "1.2.2",
    }
    model = load(tmp_path, document)
    assert (model.count_params(), model.output_shape) == (16 + 24 + 18, (None, 2))


# In the words of Keras 2 and tf.keras.

INPUT = called(layer("InputLayer", "x", batch_input_shape=[None, 5, 3], dtype="float32", sparse=False))


def test_states_of_keras_2_stand_among_the_inputs(tmp_path):
    encoder = called(layer("LSTM", "encoder", units=4, return_state=True), [["x", 0, 0, {}]])
    states = [["x", 0, 0, {}], ["encoder", 0, 1, {}], ["encoder", 0, 2, {}]]
    decoder = called(layer("LSTM", "decoder", units=4, return_sequences=True, time_major=False), states)
    model = load(tmp_path, functional([INPUT, encoder, decoder], [["x", 0, 0]], [["decoder", 0, 0]]))
    assert (model.count_params(), model.output_shape) == (2 * 128, (None, 5, 4))


def test_states_of_tf_keras_stand_among_the_arguments(tmp_path):
    encoder = called(layer("GRU", "encoder", units=4, return_state=True, reset_after=True), [["x", 0, 0, {}]])
    given = [["x", 0, 0, {"initial_state": ["encoder", 0, 1], "training": None}]]
    decoder = called(layer("GRU", "decoder", units=4, reset_after=True), given)
    model = load(tmp_path, functional([INPUT, encoder, decoder], [["x", 0, 0]], [["decoder", 0, 0]], "Functional"))
    assert model.count_params() == 2 * 3 * ((3 + 4) * 4 + 2 * 4)


def test_calls_of_a_model_inside_are_counted_from_1_by_keras_2(tmp_path):
    inner = sequential(layer("Dense", "dense", units=2, batch_input_shape=[None, 5, 3]))
    inner["config"]["name"] = "inner"
    entry = {**inner, "name": "inner", "inbound_nodes": [[["x", 0, 0, {}]], [["x", 0, 0, {}]]]}
    add = called(layer("Add", "add"), [["inner", 1, 0, {}], ["inner", 2, 0, {}]])
    model = load(tmp_path, functional([INPUT, entry, add], [["x", 0, 0]], [["add", 0, 0]]))
    assert (model.count_params(), model.output_shape) == (8, (None, 5, 2))


@pytest.mark.parametrize("kind", ["graph", "chain"])
def test_a_layer_that_stands_in_two_models_is_counted_once_where_the_file_says_so(kind, tmp_path):
    shared = {**layer("Dense", "d", units=3, batch_input_shape=[None, 5, 3]), "shared_object_id": 7}
    inner = sequential(shared)
    inner["config"]["name"] = "inner"
    if kind == "chain":
        assert load(tmp_path, sequential(inner, shared)).count_params() == 12
        return
    first = {**inner, "name": "inner", "inbound_nodes": [[["x", 0, 0, {}]]]}
    again = called(shared, [["inner", 1, 0, {}]])
    model = load(tmp_path, functional([INPUT, first, again], [["x", 0, 0]], [["d", 0, 0]]))
    assert (model.count_params(), model.output_shape) == (12, (None, 5, 3))


def test_a_model_with_names_that_are_not_in_ascii_is_read_with_its_weights(tmp_path):
    h5py = pytest.importorskip("h5py")
    names = [f"層{number}" for number in range(12)]
    saved = sequential(
        layer("Dense", names[0], units=3, batch_input_shape=[None, 3]), *(layer("Dense", n, units=3) for n in names[1:])
    )
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file.attrs["model_config"] = json.dumps(saved)
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [name.encode() for name in names]
        for name in names:
            inside = group.create_group(name)
            inside.attrs["weight_names"] = [f"{name}/kernel:0".encode(), f"{name}/bias:0".encode()]
            inside[f"{name}/kernel:0"], inside[f"{name}/bias:0"] = np.zeros((3, 3), "f4"), np.zeros(3, "f4")
    assert lstmcalc.load(tmp_path / "m.h5").count_params() == 12 * 12
    assert summary_of(str(tmp_path / "m.h5"), Reading()).notes == ()


def test_calls_that_keras_3_left_out_of_a_graph_leave_gaps_in_the_numbers(tmp_path):
    inner = sequential(layer("Dense", "dense", units=3, batch_input_shape=[None, 5, 3]))
    inner["config"]["name"] = "inner"
    entry = {**inner, "name": "inner", "inbound_nodes": [[["x", 0, 0, {}]], [["inner", 0, 0, {}]]]}
    add = called(layer("Add", "add"), [["inner", 0, 0, {}], ["inner", 2, 0, {}]])
    model = load(tmp_path, functional([INPUT, entry, add], [["x", 0, 0]], [["add", 0, 0]]))
    assert (model.count_params(), model.output_shape) == (12, (None, 5, 3))


def test_a_model_inside_that_is_called_once_may_be_named_by_the_call_that_made_it_too(tmp_path):
    inner = sequential(layer("Dense", "dense", units=3, batch_input_shape=[None, 5, 3]))
    inner["config"]["name"] = "inner"
    entry = {**inner, "name": "inner", "inbound_nodes": [[["x", 0, 0, {}]]]}
    add = called(layer("Add", "add"), [["inner", 0, 0, {}], ["inner", 1, 0, {}]])
    model = load(tmp_path, functional([INPUT, entry, add], [["x", 0, 0]], [["add", 0, 0]]))
    assert (model.count_params(), model.output_shape) == (12, (None, 5, 3))


@pytest.mark.parametrize("where", ["config", "build_config"])
def test_a_sequential_that_was_built_without_an_input_has_the_one_it_was_built_on(where, tmp_path):
    document = sequential(layer("LSTM", "lstm", units=4), layer("Dense", "d", units=2))
    document |= {"build_config": {"input_shape": [None, 5, 3]}} if where == "build_config" else {}
    document["config"] |= {"build_input_shape": [None, 5, 3]} if where == "config" else {}
    model = load(tmp_path, document)
    assert (model.count_params(), model.input_shape) == (128 + 10, (None, 5, 3))


@pytest.mark.parametrize(
    ("document", "version", "dialect"),
    [
        ({"keras_version": "1.2.2"}, None, "keras1"),
        ({"keras_version": "2.1.6-tf"}, None, "keras2"),
        ({"keras_version": "3.15.1"}, None, "keras3"),
        ({}, "2.15.0", "keras2"),
        ({"module": "keras", "registered_name": "Functional"}, None, "keras3"),
        ({"module": "keras"}, "2.15.0", "keras2"),
        ({"config": [layer("Dense", "d", output_dim=3, init="uniform")]}, None, "keras1"),
        ({"config": {"layers": [layer("Dense", "d", units=3)]}}, None, "keras2"),
    ],
)
def test_the_dialect_is_that_of_the_keras_that_saved_it(document, version, dialect, tmp_path):
    config = Config("m.json", json.dumps(document)).value()
    assert isinstance(config, Mapping)
    assert dialect_of(config, version) == dialect


def test_layers_stand_in_any_order_and_names_may_have_a_slash(tmp_path):
    last = called(layer("Dense", "a/last", units=1), [["b/first", 0, 0, {}]])
    first = called(layer("Dense", "b/first", units=2), [["x", 0, 0, {}]])
    model = load(tmp_path, functional([last, first, INPUT], [["x", 0, 0]], [["a/last", 0, 0]]))
    assert model.count_params() == 8 + 3
    assert [each.name for each in model.layers] == ["b/first", "a/last"]


def test_a_second_layer_may_go_forwards_where_the_first_goes_backwards(tmp_path):
    inner = layer("LSTM", "lstm", units=4, go_backwards=True, return_sequences=True)
    bidirectional = layer("Bidirectional", "b", layer=inner, merge_mode="concat", batch_input_shape=[None, 5, 3])
    assert load(tmp_path, sequential(bidirectional)).count_params() == 2 * 128


def test_layers_that_operations_are_called_like_are_layers_before_keras_3(tmp_path):
    reshape = {"class_name": "Reshape", "config": {"name": "r", "target_shape": [3, 5]}}
    add = {"class_name": "Add", "config": {"name": "a"}}
    nodes = [["r", 0, 0, {}]] * 3
    layers = [INPUT, called(reshape, [["x", 0, 0, {}]]), called(add, nodes)]
    assert load(tmp_path, functional(layers, [["x", 0, 0]], [["a", 0, 0]])).output_shape == (None, 3, 5)


def test_one_model_in_two_files_does_not_differ():
    models = [lstmcalc.load(SAVED / f"chain.{suffix}") for suffix in ("json", "h5", "keras")]
    assert not any(models[0].diff(each).differs for each in models[1:])


def test_old_forms_of_arguments_are_read(tmp_path):
    old = layer(
        "Conv1D",
        "conv",
        batch_input_shape=[None, 9, 3],
        filters=5.0,
        kernel_size=[2],
        activation={"class_name": "function", "config": "relu"},
        kernel_initializer={"class_name": "MyOwn", "config": {}},
        kernel_constraint={"name": "MaxNorm", "m": 2, "axis": 0},
        dtype={"class_name": "Policy", "config": {"name": "float32", "loss_scale": None}},
    )
    assert load(tmp_path, sequential(old)).count_params() == 35


def test_an_activation_that_nobody_knows_is_counted_and_not_run(tmp_path):
    model = load(tmp_path, sequential(layer("Dense", "d", units=2, activation="my_own", batch_input_shape=[None, 3])))
    assert model.count_params() == 8
    with pytest.raises(lstmcalc.ModelError, match="what the activation my_own computes is not known here"):
        model.predict([[1.0, 2.0, 3.0]], weights=model.get_weights())


def test_a_class_that_only_has_the_name_of_one_of_keras_is_another(tmp_path):
    own = layer("Attention", "attention", step_dim=5, batch_input_shape=[None, 5, 3])
    error = refused(written(tmp_path, sequential(own)))
    assert (
        error.message == "Attention has an argument 'step_dim' that Keras's has not: it is a class of the author's own"
    )
    registered = {**layer("Dense", "dense", units=3), "registered_name": "mine>Dense", "module": "mine"}
    assert "class of the author's own" in refused(written(tmp_path, sequential(registered))).message


# Operations of TensorFlow in graphs of tf.keras.


def operation(function, inbound, class_name="TFOpLambda"):
    return called(layer(class_name, "op", dtype="float32", function=function), inbound)


def given(**arguments):
    return ["x", 0, 0, {**arguments, "name": None}]


EVERY = {"start": None, "stop": None, "step": None}


@pytest.mark.parametrize(
    ("function", "inbound", "shape"),
    [
        ("math.multiply", given(y=2.0), (None, 5, 3)),
        ("math.subtract", ["_CONSTANT_VALUE", -1, 1.0, {"y": ["x", 0, 0], "name": None}], (None, 5, 3)),
        ("math.add", given(y=["x", 0, 0]), (None, 5, 3)),
        ("math.reduce_mean", given(axis=1, keepdims=False), (None, 3)),
        ("compat.v1.transpose", given(perm=[0, 2, 1]), (None, 3, 5)),
        ("reshape", given(shape=[-1, 15]), (None, 15)),
        ("concat", [["x", 0, 0, {"axis": -1}], ["x", 0, 0, {"axis": -1}]], (None, 5, 6)),
        ("linalg.matmul", given(b=["x", 0, 0], transpose_b=True), (None, 5, 5)),
        ("clip_by_value", given(clip_value_min=0, clip_value_max=1), (None, 5, 3)),
        ("__operators__.getitem", ["x", 0, 0, {"slice_spec": [EVERY, -1]}], (None, 3)),
        ("__operators__.getitem", ["x", 0, 0, {"slice_spec": [EVERY, {**EVERY, "stop": 2}]}], (None, 2, 3)),
    ],
)
def test_an_operation_of_tensorflow_is_counted_and_run(function, inbound, shape, tmp_path):
    document = functional([INPUT, operation(function, inbound)], [["x", 0, 0]], [["op", 0, 0]], "Functional", "2.8.0")
    model = load(tmp_path, document)
    assert (model.count_params(), model.output_shape) == (0, shape)
    assert model.verify().agrees


def test_an_operation_that_nobody_knows_is_declared(tmp_path):
    document = functional([INPUT, operation("signal.fft", given())], [["x", 0, 0]], [["op", 0, 0]], "Functional")
    path = written(tmp_path, document)
    assert refused(path).message == "what the operation 'tf.signal.fft' gives is not known here"
    assert lstmcalc.load(path, custom=("op=identity",)).output_shape == (None, 5, 3)


# What is no config.


def test_a_spec_in_braces_is_a_spec_though_it_names_a_class(tmp_path):
    text = "{input: [5, 1], layers: [{LSTM: {units: 5, kernel_initializer: {class_name: Ones, config: {}}}}]}"
    assert lstmcalc.load(written(tmp_path, text, "m.yaml")).count_params() == 140
    assert lstmcalc.load(written(tmp_path, '{"input": [5, 1], "layers": [{"LSTM": 5}]}')).count_params() == 140


def test_weights_alone_are_told_to_be_that(tmp_path):
    model = lstmcalc.parse("Input(5, 1) | LSTM(5)")
    model.save_weights(tmp_path / "w.weights.h5", model.get_weights())
    assert refused(tmp_path / "w.weights.h5").message == "holds arrays alone, without the model that they are of"


def test_a_model_that_was_never_built_is_told_to_be_so(tmp_path):
    error = refused(written(tmp_path, sequential(layer("Dense", "d", units=2))))
    assert (error.message, error.help) == (
        "the model has no input",
        "it was saved before it was built: call it on data, or give it an Input, and save it again",
    )


# Other files.


def test_yaml_of_keras_2_may_have_tuples_and_nothing_else_of_python(tmp_path):
    text = (
        "backend: tensorflow\nclass_name: Sequential\nconfig:\n- class_name: Dense\n  config:\n"
        "    batch_input_shape: !!python/tuple [null, 3]\n    name: !!python/unicode 'dense'\n    units: 2\n"
        "keras_version: 2.2.4\nbackend: tensorflow\n"
    )
    assert lstmcalc.load(written(tmp_path, text, "m.yaml")).count_params() == 8
    bad = text.replace("!!python/tuple", "!!python/object/apply:os.system")
    error = refused(written(tmp_path, bad, "m.yaml"))
    assert error.message == (
        "the tag '!!python/object/apply:os.system' is not taken: a model is data, and makes no objects"
    )
    assert (error.line, error.column) == (6, 24)


def test_a_model_of_tensorflow_js_is_read_and_a_graph_is_refused(tmp_path):
    topology = {"keras_version": "2.2.4", "model_config": sequential(*dense(2)), "backend": "tensorflow"}
    path = written(tmp_path, {"modelTopology": topology, "weightsManifest": []})
    assert lstmcalc.load(path).count_params() == 8
    path = written(tmp_path, {"format": "graph-model", "modelTopology": {"node": []}})
    assert refused(path).message == "is a graph model of TensorFlow.js, which has no layers"


def dense(units, **more):
    return [layer("Dense", "dense", units=units, batch_input_shape=[None, 3], **more)]


def test_json_in_json_is_read(tmp_path):
    assert load(tmp_path, json.dumps(json.dumps(sequential(*dense(2))))).count_params() == 8


def field(number, data):
    """A field of a protocol buffer that has a length."""
    length = bytearray()
    left = len(data)
    while left > 127:
        length.append(left & 127 | 128)
        left >>= 7
    return bytes([number << 3 | 2]) + bytes([*length, left]) + data


def test_the_config_of_a_saved_model_folder_is_found(tmp_path):
    text = json.dumps(sequential(*dense(2))).encode()
    folder = tmp_path / "folder"
    folder.mkdir()
    other = field(4, b"_tf_keras_layer") + field(5, b"{}")
    (folder / "saved_model.pb").write_bytes(field(2, field(7, field(1, field(4, field(1, b"other"))))))
    assert refused(folder).message == "is a SavedModel without a Keras config"
    inside = field(4, field(1, b"_tf_keras_sequential") + field(3, text))
    (folder / "saved_model.pb").write_bytes(b"\x08\x01" + field(2, field(7, field(1, b"") + field(1, inside))))
    assert lstmcalc.load(folder).count_params() == 8
    metadata = field(1, other) + field(1, b"\x10\x05" + field(4, b"_tf_keras_sequential") + field(5, text))
    (folder / "keras_metadata.pb").write_bytes(metadata.replace(b'"units": 2', b'"units": 4'))
    assert lstmcalc.load(folder).count_params() == 16


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("m.h5", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "is a pointer of Git LFS"),
        ("m.tflite", b"\x1c\0\0\0TFL3" + bytes(20), "is a model of TensorFlow Lite"),
        ("m.onnx", b"\x08\x07\x12\x07pytorch", "is an ONNX model"),
        ("m.pt", b"\x80\x02\x8a", "is a pickle"),
        ("m.pb", b"\x0a\x05", "is a graph of TensorFlow"),
        ("m.keras", b"hello", "is no .keras file, which is a zip archive"),
        ("m.h5", b"<!DOCTYPE html>", "is a web page"),
        ("m.npy", b"\x93NUMPY\x01\0", "is one NumPy array"),
        ("m.json", b'{"class_name": "Sequential", "config": [', "the JSON ends before it is whole"),
        ("m.json", b'{"class_name": "MyModel", "config": {}}', "'MyModel' is no model whose layers are saved"),
    ],
)
def test_another_file_is_told_what_it_is(name, data, message, tmp_path):
    (tmp_path / name).write_bytes(data)
    assert refused(tmp_path / name).message.startswith(message)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"a/data.pkl": b""}, "is a file of PyTorch's, which is not read"),
        ({"a.npy": b""}, "holds arrays alone, without the model that they are of"),
        ({"x": b""}, "is a zip file without config.json, which a .keras file has"),
        ({"config.json": b"{"}, "config.json: the JSON ends before it is whole"),
    ],
)
def test_a_zip_file_of_something_else_is_told_what_it_is(members, message, tmp_path):
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    assert refused(tmp_path / "m.keras").message == message


# Where a mistake stands.


def test_a_mistake_in_json_has_its_line_and_column(tmp_path):
    text = json.dumps(sequential(*dense(2, activation="relu")), indent=1).replace('"units": 2', '"units": -2')
    error = refused(written(tmp_path, text))
    line = next(number for number, each in enumerate(text.splitlines(), 1) if "units" in each)
    assert (error.message, error.line, error.column) == ("Dense: units must be at least 1, but is -2", line, 15)


def test_a_mistake_in_an_archive_has_the_path_of_its_layer(tmp_path):
    document = json.loads((SAVED / "chain.json").read_text())
    document["config"]["layers"][1]["config"]["units"] = 0
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        archive.writestr("config.json", json.dumps(document))
    error = refused(tmp_path / "m.keras")
    assert error.problems[0].where == f"{tmp_path / 'm.keras'}: config.json: layers[1] 'lstm'"
    assert (error.line, error.column) == (None, None)


def test_all_classes_that_are_missing_are_said_together(tmp_path):
    document = sequential(
        *dense(2), layer("Mine", "mine"), layer("Lambda", "lambda_1", function=["4wEAAA", None, None])
    )
    error = refused(written(tmp_path, document))
    assert [each.message for each in error.problems] == [
        "the layer 'Mine' is of a class of the author's own",
        "the Lambda 'lambda_1' does not say the shape that it gives: its code is never looked at",
    ]


# What the command line declares.


@pytest.mark.parametrize(
    ("custom", "total", "shape"),
    [
        (("Mine=identity",), 8, (None, 2)),
        (("mine=(None, 64), 8256",), 8 + 8256, (None, 64)),
        (("Mine=(None, 7), 1_000",), 1008, (None, 7)),
    ],
)
def test_a_class_that_nobody_knows_is_declared(custom, total, shape, tmp_path):
    path = written(tmp_path, sequential(*dense(2), layer("Mine", "mine", size=3)))
    model = lstmcalc.load(path, custom=custom)
    assert (model.count_params(), model.output_shape) == (total, shape)


# LSTM 4 * ((4 + 6) * 6 + 6); (6, 3) and a Dense (6 + 1) * 5 of the author's own class; Dense (5 + 1) * 2.
OWN_PARAMS = 264 + (18 + 35) + 12


@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_a_class_that_nobody_knows_is_known_by_the_file(suffix):
    model = lstmcalc.load(SAVED / f"own.{suffix}")
    assert model.count_params() == OWN_PARAMS
    attending = model.to_dict()["layers"][1]
    assert (attending["class"], attending["output_shapes"]) == ("Attending", [[None, 5]])
    assert [each["shape"] for each in attending["weights"]] == [[6, 3], [6, 5], [5]]
    (note,) = model.notes
    assert note.message == "Attending is not known here: it is counted by its arrays in the file, as trained"


def test_a_class_is_declared_by_its_shape_alone_where_the_file_holds_its_weights():
    assert lstmcalc.load(SAVED / "own.keras", custom="Attending=(None, 5)").count_params() == OWN_PARAMS
    assert lstmcalc.load(SAVED / "own.h5", custom="attending=(None, 5), 53").count_params() == OWN_PARAMS
    error = refused(SAVED / "own.h5", custom="Attending=(None, 5), 54")
    assert error.message == "--custom declares 54 params, but the file holds 53 of the layer"
    error = refused(SAVED / "own.json")
    assert error.message == "the layer 'Attending' is of a class of the author's own"


def changed(folder, name, before, after):
    """A .keras file whose config says something else."""
    path = folder / "changed.keras"
    with zipfile.ZipFile(SAVED / name) as old, zipfile.ZipFile(path, "w") as new:
        for member in old.namelist():
            data = old.read(member)
            assert member != "config.json" or before in data
            new.writestr(member, data.replace(before, after) if member == "config.json" else data)
    return path


def test_where_a_file_does_not_say_the_shape_its_params_are_told(tmp_path):
    path = changed(tmp_path, "own.keras", b'"shape": [null, 5]', b'"shape": null     ')
    assert refused(path).help == (
        'declare it: --custom Attending=identity, or --custom "Attending=(None, 64)", samples first; '
        "its 53 params stand in the file"
    )


def test_a_summary_says_what_the_file_holds_beside_and_where_it_disagrees(tmp_path):
    assert summary_of(str(SAVED / "chain.keras"), Reading()).notes == ()
    path = changed(tmp_path, "chain.keras", b'"units": 2', b'"units": 3')
    (note,) = summary_of(str(path), Reading()).notes
    assert note.message.startswith("the weights in the file: ") and "(4, 2)" in note.message
    assert cli.run(["verify", str(path)]) == 1


def test_arrays_of_an_optimizer_are_left_out_and_noted(tmp_path):
    h5py = pytest.importorskip("h5py")
    shutil.copy(SAVED / "chain.h5", tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5", "a") as file:
        group = file.create_group("optimizer_weights")
        group.attrs["weight_names"] = [b"iteration:0", b"m:0"]
    summary = summary_of(str(tmp_path / "m.h5"), Reading())
    assert summary.total.params == CHAIN_PARAMS
    assert [note.message for note in summary.notes] == [
        "left out: 2 arrays of the optimizer, which are not the model's"
    ]


def test_a_declaration_of_a_layer_that_is_not_there_is_noted(tmp_path):
    model = lstmcalc.load(written(tmp_path, sequential(*dense(2))), custom=("Mine=identity",))
    assert [each.message for each in model.notes] == ["--custom declares 'Mine', which is no layer of this model"]


def test_a_file_of_custom_statements_declares_classes(tmp_path):
    path = written(tmp_path, sequential(*dense(2), layer("Mine", "mine", size=3)))
    statement = "- Custom: {class: Mine, output_shape: [4], weights: {kernel: [2, 4]}}\n"
    declared = written(tmp_path, statement, "declared.yaml")
    model = lstmcalc.load(path, custom=(str(declared),))
    assert (model.count_params(), model.output_shape) == (16, (None, 4))


@pytest.mark.parametrize("custom", ["Mine=", "=identity", "Mine=(None, 0)", "Mine=4", "Mine=(None, [3])"])
def test_a_declaration_that_is_none_is_refused(custom, tmp_path):
    path = written(tmp_path, sequential(*dense(2)))
    assert refused(path, custom=(custom,)).message.startswith(f"--custom '{custom}' ")


def test_a_lambda_has_the_shape_that_the_config_says(tmp_path):
    stated = layer("Lambda", "l", function=["4wEAAA", None, None], output_shape=[4], output_shape_type="raw")
    model = load(tmp_path, sequential(*dense(2), stated, layer("Dense", "last", units=1)))
    assert model.count_params() == 8 + 5


# Files that lie.


def documents():
    for path in sorted(SAVED.iterdir()):
        yield path.suffix, path.read_bytes()


@pytest.mark.parametrize(("suffix", "data"), list(documents()), ids=[path.name for path in sorted(SAVED.iterdir())])
def test_a_file_of_which_bytes_are_changed_gives_a_model_or_one_error(suffix, data, tmp_path):
    draw = random.Random(7)
    path = tmp_path / f"m{suffix}"
    for _ in range(150):
        changed = bytearray(data)
        for _ in range(draw.choice([1, 2, 8])):
            changed[draw.randrange(len(changed))] = draw.choice([0, 1, 32, 48, 57, 91, 123, 255, draw.randrange(256)])
        if draw.random() < 0.2:
            del changed[draw.randrange(len(changed)) :]
        path.write_bytes(changed)
        try:
            lstmcalc.load(path)
        except lstmcalc.ModelError as error:
            assert str(error)  # its places are found


def test_a_config_nested_deep_is_refused(tmp_path):
    inner = dense(2)[0]
    for _ in range(300):
        inner = {"class_name": "TimeDistributed", "config": {"name": "t", "layer": inner}}
    assert "nested" in refused(written(tmp_path, sequential(inner))).message
    text = '{"class_name": "Sequential", "config": ' + "[" * 100_000 + "]" * 100_000 + "}"
    assert refused(written(tmp_path, text)).message == "the JSON is nested too deep"


@pytest.mark.parametrize("key", ["input_layers", "output_layers"])
def test_a_graph_whose_ends_are_not_there_is_refused(key, tmp_path):
    document = functional([INPUT], [["x", 0, 0]], [["x", 0, 0]])
    document["config"][key] = [["y", 0, 0]]
    assert refused(written(tmp_path, document)).message.startswith(("call 0 of 'y' is named", f"{key} names no layer"))


def test_a_circle_is_refused(tmp_path):
    first = called(layer("Dense", "a", units=2), [["b", 0, 0, {}]])
    second = called(layer("Dense", "b", units=2), [["a", 0, 0, {}]])
    document = functional([INPUT, first, second], [["x", 0, 0]], [["b", 0, 0]])
    assert refused(written(tmp_path, document)).message == "a layer is called on what depends on it"
