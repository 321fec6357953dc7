"""Budgets: their places, and the numbers that they are held against."""

import pytest

import lstmcalc
from lstmcalc.errors import ModelError, Source
from lstmcalc.facts.summary import summarize
from lstmcalc.formats.yaml import read_yaml
from lstmcalc.questions.budget import hold, read_budget
from lstmcalc.questions.project import read_project
from lstmcalc.views.check.words import exact, share

PATTERNS = "'budget' has a table for each pattern of files, and 'params' is none"
SENTENCE = "Input(5, 64) | LSTM(128, return_sequences=True) | LSTM(256)"


def held(expression, budget, dtype=None):
    model = lstmcalc.parse(expression)
    limits = read_budget(read_yaml(Source("b.yaml", budget)))
    return hold(model, summarize(model, dtype), limits, dtype)


def actual(expression, metric, dtype=None):
    (found,) = held(expression, f"{{{metric}: 1}}", dtype)
    return found.actual


@pytest.mark.parametrize(
    ("budget", "sentence", "place"),
    [
        ("[1]", "a budget is a mapping such as {params: 1M}, not a list", (1, 1)),
        ("{parms: 1}", "a budget has no key 'parms'", (1, 2)),
        ("{0x10: 1}", "a budget has no key '0x10'", (1, 2)),
        ("{params: null}", "params must be a number such as 1M, but is null", (1, 10)),
        ("{params: true}", "params must be a number such as 1M, but is true", (1, 10)),
        ("{size: .nan}", "size must be a size such as 4096, 400 KiB or 4 MiB, but is 'nan'", (1, 8)),
        ("{layers: 5}", "'layers' of a budget is a mapping from names to budgets, not the number 5", (1, 10)),
        ("{layers: {a: 5}}", "the budget of a is a mapping such as {params: 1M}, not the number 5", (1, 14)),
        ("{layers: {a: {layers: {}}}}", "the budget of a has no key 'layers'", (1, 15)),
        ("{params: 1,\n size: -1}", "size must be at least 0, but is -1", (2, 8)),
    ],
)
def test_a_wrong_budget_is_an_error_at_its_place(budget, sentence, place):
    with pytest.raises(ModelError) as error:
        read_budget(read_yaml(Source("b.yaml", budget)))
    assert error.value.message == sentence
    assert (error.value.line, error.value.column) == place


def test_a_layer_whose_name_is_a_number_is_named_as_it_was_written():
    (found,) = held("Input(5) | Dense(2, name='0x10')", "{layers: {0x10: {params: 12}}}")
    assert (found.layer, found.actual, found.fits) == ("0x10", 12, True)


def test_no_budget_has_no_limits():
    assert read_budget(None) == ()
    assert read_budget(read_yaml(Source("b.yaml", "null"))) == ()


def test_each_metric_is_the_number_that_a_reader_computes():
    first, second = 4 * ((64 + 128) * 128 + 128), 4 * ((128 + 256) * 256 + 256)
    assert actual(SENTENCE, "params") == first + second
    assert actual(SENTENCE, "size") == 4 * (first + second)
    assert actual(SENTENCE, "size", "float16") == 2 * (first + second)
    assert actual(SENTENCE, "macs") == 5 * 4 * 128 * (64 + 128) + 5 * 4 * 256 * (128 + 256)
    assert actual(SENTENCE, "state") == 4 * 2 * (128 + 256)  # h and c of each
    assert actual(SENTENCE, "state", "float16") == 2 * 2 * (128 + 256)
    assert actual(SENTENCE, "activations") == 4 * 5 * (64 + 128)  # the first LSTM's input and output
    assert actual("Input(5, 1) | Dense(8, trainable=False) | LSTM(5)", "trainable_params") == 4 * (8 + 5 + 1) * 5


def test_the_state_of_layers_inside_counts_once():
    assert actual("Input(5, 1) | Bidirectional(LSTM(7))", "state") == 4 * 2 * 2 * 7
    assert actual("Input(5, 6, 1) | TimeDistributed(GRU(7))", "state") == 4 * 7
    assert actual("Input(5, 1) | RNN([LSTMCell(3), GRUCell(4)])", "state") == 4 * (3 + 3 + 4)
    assert actual("Input(5, 1) | Flatten() | Dense(1)", "state") == 0


@pytest.mark.parametrize(
    ("dtype", "size"),
    [
        *(("bool", 1), ("int8", 3), ("uint8", 3), ("int16", 6), ("uint16", 6), ("int32", 12), ("uint32", 12)),
        *(("int64", 24), ("uint64", 24), ("float16", 6), ("bfloat16", 6), ("float32", 12), ("float64", 24)),
    ],
)
def test_three_numbers_take_the_bytes_of_their_dtype(dtype, size):
    # A layer of strings or integers hands on what came in; one of floats gives its own.
    flatten = {"Flatten": {"dtype": dtype}} if "float" in dtype else "Flatten"
    model = lstmcalc.from_dict({"input": {"shape": [3], "dtype": dtype}, "layers": [flatten]})
    limits = read_budget(read_yaml(Source("b.yaml", "{activations: 1}")))
    (found,) = hold(model, summarize(model, None), limits, None)
    assert found.actual == size + size  # what goes in, and what comes out


def test_the_activations_of_a_model_inside_count():
    spec = {"input": [4], "layers": [{"Sequential": [{"Dense": 100}, {"Dense": 50}, {"Dense": 1}]}]}
    model = lstmcalc.from_dict(spec)
    limits = read_budget(read_yaml(Source("b.yaml", "{activations: 1}")))
    assert hold(model, summarize(model), limits)[0].actual == 4 * (100 + 50)


def test_the_activations_of_layers_inside_wrappers_count_though_they_have_no_calls():
    found = held("Input(6, 5) | TimeDistributed(Dense(20), name='td')", "{layers: {td/dense: {activations: 1}}}")
    assert [each.actual for each in found] == [4 * (5 + 20)]
    found = held("Input(6, 5) | Bidirectional(LSTM(4), name='b')", "{layers: {b/*: {activations: 1}}}")
    assert [each.actual for each in found] == [4 * (6 * 5 + 4)] * 2
    spec = {"input": [6, 5], "layers": [{"TimeDistributed": {"Sequential": [{"Dense": 400}, {"Dense": 2}]}}]}
    model = lstmcalc.from_dict(spec)
    limits = read_budget(read_yaml(Source("b.yaml", "{activations: 1}")))
    assert hold(model, summarize(model), limits)[0].actual == 4 * (400 + 5)  # more than 6 * (5 + 2), in one timestep
    limits = read_budget(read_yaml(Source("b.yaml", "{layers: {'*/dense_1': {activations: 1}}}")))
    assert hold(model, summarize(model), limits)[0].actual == 4 * (400 + 2)


def test_the_activations_of_attention_are_known_though_its_projections_leave_an_axis_open():
    attention = {"MultiHeadAttention": {"num_heads": 2, "key_dim": 8}, "from": ["x", "x"]}
    model = lstmcalc.from_dict({"inputs": {"x": [7, 16]}, "layers": [attention]})
    limits = read_budget(read_yaml(Source("b.yaml", "{activations: 1}")))
    assert hold(model, summarize(model), limits)[0].actual == 4 * (7 * 16 + 7 * 16)


def test_a_pattern_holds_each_layer_that_it_fits():
    found = held(SENTENCE, '{layers: {"lstm*": {params: 100k}}}')
    assert [(each.layer, each.actual, each.over, each.fits) for each in found] == [
        ("lstm", 98_816, -1_184, True),
        ("lstm_1", 394_240, 294_240, False),
    ]


def test_a_layer_inside_another_is_named_by_its_path():
    (found,) = held("Input(5, 1) | Bidirectional(LSTM(7))", "{layers: {bidirectional/forward_lstm: {params: 1}}}")
    assert found.actual == 4 * (1 + 7 + 1) * 7


def test_a_layer_that_is_not_there_is_an_error_with_a_suggestion():
    with pytest.raises(ModelError) as error:
        held(SENTENCE, "{layers: {lstm_2: {params: 1}}}")
    assert error.value.message == "the budget names 'lstm_2', which is no layer"
    assert (error.value.line, error.value.column) == (1, 28)
    assert error.value.help == "did you mean 'lstm_1'?"


def test_what_a_budget_needs_and_nobody_knows_names_the_timesteps():
    with pytest.raises(ModelError) as error:
        held("Input(None, 1) | LSTM(5)", "{macs: 1k}")
    assert error.value.message == "MACs are unknown (120 per timestep), and the budget limits them"
    assert error.value.help == "the timesteps of 'input_layer' are unknown: give them with --timesteps N"
    assert held("Input(None, 1) | LSTM(5)", "{params: 1k, state: 40}")[1].fits


def test_the_largest_layers_are_three_and_add_up_where_there_are_no_more():
    (found,) = held(f"{SENTENCE} | Dense(1)", "{params: 1}")
    assert found.largest == (("lstm_1", 394_240), ("lstm", 98_816), ("dense", 257))
    assert sum(amount for _, amount in found.largest) == found.actual


# pyproject.toml


def project(tmp_path, text):
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text("input: [5, 1]\nlayers: [{LSTM: 5}]\n")
    (tmp_path / "deep").mkdir(exist_ok=True)
    (tmp_path / "deep" / "c.yaml").write_text("")
    return read_project(Source("pyproject.toml", text), str(tmp_path))


def places(limits):
    return [(each.metric, each.layer, each.most, each.place.line, each.place.column) for each in limits]


def test_a_limit_of_pyproject_stands_where_its_key_does(tmp_path):
    found = project(
        tmp_path,
        '[tool.other]\nparams = 1\n\n[tool.lstmcalc.budget."*.yaml"]\nparams = "1k"\n  size = 4096\n'
        '[tool.lstmcalc.budget."**/*.yaml"]\nlayers = {"ls=m" = {params = 3}}\n'
        '[tool.lstmcalc.budget."a.yaml".layers.lstm]\n"macs" = 10.5e2\n',
    )
    assert places(found.limits_of(str(tmp_path / "a.yaml"))) == [
        ("params", None, 1000, 5, 1),
        ("size", None, 4096, 6, 3),
        ("params", "ls=m", 3, 8, 1),
        ("macs", "lstm", 1050, 10, 1),
    ]
    assert places(found.limits_of(str(tmp_path / "deep" / "c.yaml"))) == [("params", "ls=m", 3, 8, 1)]
    assert found.limits_of("Input(5, 1) | LSTM(5)") == ()


def test_models_are_patterns_of_files_each_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = project(tmp_path, '[tool.lstmcalc]\nmodels = ["b.yaml", "*.yaml", "**/c.yaml"]\n')
    assert found.models == ("b.yaml", "a.yaml", "deep/c.yaml")


def test_a_pyproject_without_the_table_is_none_of_ours(tmp_path):
    assert project(tmp_path, "[tool.other]\n") is None


@pytest.mark.parametrize(
    ("text", "sentence", "place"),
    [
        ("[tool.lstmcalc]\nmodel = []\n", "[tool.lstmcalc] has no key 'model'", (2, 1)),
        ("[tool.lstmcalc]\nmodels = 'x'\n", "'models' must be a list of patterns", (2, 1)),
        ("[tool.lstmcalc]\nmodels = ['x*']\n", "the pattern 'x*' fits no file", (2, 1)),
        ("[tool.lstmcalc.budget]\nparams = 1\n", PATTERNS, (2, 1)),
        ("[tool.lstmcalc.budget.'a.yaml']\nparms = 1\n", "a budget has no key 'parms'", (2, 1)),
        (
            "[tool.lstmcalc.budget.'a.yaml']\nparams = 1979-05-27\n",
            "params must be a number such as 900000, 900k or 1M, but is '1979-05-27'",
            (2, 1),
        ),
        ("[tool.lstmcalc]\nmodels = \n", "no TOML: it ends too early", (2, 10)),
        ("[tool.lstmcalc]\nmodels = [\n", "no TOML: it ends too early", (2, 11)),
        ("[tool.lstmcalc]\nmodels = [] []\n", "no TOML: this cannot stand here", (2, 13)),
        ("[tool.lstmcalc]\nmodels = []\nmodels = []\nx = 1\n", "no TOML: this stands above already", (3, 12)),
        ("[tool]\n[tool.lstmcalc]\n[tool]\nx = 1\n", "no TOML: this stands above already", (3, 6)),
        ("models = [\nx = 1\ny = 2\n", "no TOML: this cannot stand here", (2, 1)),
        ("[tool]\nlstmcalc = 5\n", "[tool.lstmcalc] must be a table", (2, 1)),
        ("[tool.lstmcalc]\nmodels = [5]\n", "'models' must be a list of patterns", (2, 1)),
        ("[tool.lstmcalc]\nmodels = ['a.yaml', ['b.yaml']]\n", "'models' must be a list of patterns", (2, 1)),
    ],
)
def test_a_wrong_pyproject_is_an_error_at_its_place(tmp_path, text, sentence, place):
    with pytest.raises(ModelError) as error:
        project(tmp_path, text)
    assert error.value.message == sentence
    assert (error.value.line, error.value.column) == place


@pytest.mark.parametrize(
    ("size", "words"), [(1023, "1023 B"), (1024, "1.0 KiB (1,024 B)"), (1536, "1.5 KiB (1,536 B)")]
)
def test_a_size_has_a_unit_from_1_kib_on(size, words):
    assert exact(size, "size") == words
    assert exact(size, "params") == f"{size:,}"


def test_a_share_of_a_limit_of_0_is_none():
    assert share(5, 0) == "-"
    assert share(1, 1) == "100.0%"
