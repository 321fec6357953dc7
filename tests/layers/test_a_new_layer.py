"""Layers that the product does not have, each registered by one line: every command and view works on them.

IndRNN (Li et al. 2018) has a vector where others have a recurrent matrix, the minimal gated
unit (Zhou et al. 2016) two gates, and a Squashing that is made up needs one of two words and
has a weight of a name that no other layer has.
"""

import json
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

import jsonschema
import numpy as np
import pytest

import lstmcalc
from lstmcalc import cli
from lstmcalc.kernels.activations import activate, sigmoid
from lstmcalc.kernels.recurrence import Course, Timesteps
from lstmcalc.layers import catalogue
from lstmcalc.layers.arguments import Activation, Boolean, Initializer, Positive, choice_rule
from lstmcalc.layers.base import Layer, Product, Ran, Running, Weight, floats, product_of
from lstmcalc.layers.catalogue import register
from lstmcalc.layers.cells import Cell
from lstmcalc.layers.declared import FEATURES_LAST, ClosedForm, Gate, Gating, Tensors
from lstmcalc.layers.recurrent import Gated, Recurrent
from lstmcalc.reference.schema import spec_schema
from lstmcalc.shapes import Shapes, known, require_rank


class IndRNN(Recurrent, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Units that each remember themselves alone."
    source: ClassVar[str] = "Li et al. 2018"
    closed_form: ClassVar[ClosedForm] = ClosedForm("features*units+units+units")
    gating: ClassVar[Gating] = Gating(
        gates=(Gate("h", "candidate", "activation", "the new h itself"),),
        steps=(("new h", "{activation}(kernel * x + recurrent_kernel * old h{bias})"),),
        states="state is h.",
    )

    units: Positive
    activation: Activation = "relu"
    use_bias: Boolean = True
    kernel_initializer: Initializer = "glorot_uniform"
    recurrent_initializer: Initializer = "random_uniform"
    bias_initializer: Initializer = "zeros"
    return_sequences: Boolean = False
    return_state: Boolean = False
    go_backwards: Boolean = False
    stateful: Boolean = False

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        require_rank(inputs[0], 3, "IndRNN")
        self.require_samples(inputs)
        kernel = self.weight("kernel", known(inputs[0], 2, "IndRNN"), self.units)
        recurrent_kernel = self.weight("recurrent_kernel", self.units)
        return (kernel, recurrent_kernel, *((self.weight("bias", self.units),) if self.use_bias else ()))

    def state_shapes(self, inputs: Shapes) -> Shapes:
        require_rank(inputs[0], 3, "IndRNN")
        return ((inputs[0][0], self.units),)

    def products(self, inputs: Shapes) -> tuple[Product, ...]:
        _, timesteps, features = inputs[0]
        return (product_of(timesteps, features, self.units), product_of(timesteps, self.units))

    def course(self, run: Running, sequence: Timesteps) -> Course:
        x = sequence.x @ run.weight("kernel")
        if self.use_bias:
            x = x + run.weight("bias")
        u = run.weight("recurrent_kernel")
        return over_timesteps(sequence, x, lambda x, h: activate(self.activation, x + u * h), self.units)


class IndRNNCell(Cell, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "One timestep of an IndRNN."
    source: ClassVar[str] = "Li et al. 2018"
    closed_form: ClassVar[ClosedForm] = IndRNN.closed_form
    gating: ClassVar[Gating] = IndRNN.gating
    repeated: ClassVar[type[Recurrent]] = IndRNN

    units: Positive
    activation: Activation = "relu"
    use_bias: Boolean = True
    kernel_initializer: Initializer = "glorot_uniform"
    recurrent_initializer: Initializer = "random_uniform"
    bias_initializer: Initializer = "zeros"


class MinimalGated(Gated, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A GRU with one gate for what two of its gates do."
    source: ClassVar[str] = "Zhou et al. 2016"
    closed_form: ClassVar[ClosedForm] = ClosedForm("2*((features+units)*units+units)")
    gating: ClassVar[Gating] = Gating(
        gates=(
            Gate("f", "forget gate", "recurrent_activation", "how much of the old h makes room"),
            Gate("h", "candidate", "activation", "what the new h could be, of x and f * old h"),
        ),
        steps=(("new h", "(1 - f) * old h + f * candidate"),),
        states="state is h.",
    )

    units: Positive
    activation: Activation = "tanh"
    recurrent_activation: Activation = "sigmoid"
    use_bias: Boolean = True
    kernel_initializer: Initializer = "glorot_uniform"
    recurrent_initializer: Initializer = "orthogonal"
    bias_initializer: Initializer = "zeros"
    return_sequences: Boolean = False
    return_state: Boolean = False
    go_backwards: Boolean = False
    stateful: Boolean = False

    def course(self, run: Running, sequence: Timesteps) -> Course:
        kernel, recurrent_kernel, bias = self.arrays(run)
        of_f, of_h = np.split(recurrent_kernel, 2, axis=1)

        def step(x: Any, h: Any) -> Any:
            x_f, x_h = np.split(x, 2, axis=-1)
            f = sigmoid(x_f + h @ of_f)
            return (1 - f) * h + f * activate(self.activation, x_h + (f * h) @ of_h)

        x = sequence.x @ kernel
        return over_timesteps(sequence, x if bias is None else x + bias, step, self.units)


class Squashing(Layer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Keeps each feature between -1 and 1."
    takes: ClassVar[Tensors] = Tensors((FEATURES_LAST,))
    closed_form: ClassVar[ClosedForm] = ClosedForm("features")

    how: Annotated[str, choice_rule(["softly", "hard"])]
    steepness_initializer: Initializer = "ones"

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        return (self.weight("steepness", known(inputs[0], -1, "Squashing")),)

    def forward(self, run: Running) -> Ran:
        y = floats(run)[0] * run.weight("steepness")
        return Ran((np.tanh(y) if self.how == "softly" else np.clip(y, -1, 1),))


def over_timesteps(sequence: Timesteps, xs: Any, step: Any, units: int) -> Course:
    """A step from timestep to timestep, which masked ones leave out."""
    h = np.zeros((len(xs), units), xs.dtype) if sequence.initial is None else sequence.initial[0]
    outputs = []
    for number in range(xs.shape[1]):
        new = step(xs[:, number], h)
        h = new if sequence.mask is None else np.where(sequence.mask[:, number, None], new, h)
        outputs.append(h)
    return Course(np.stack(outputs, axis=1), (h,))


@pytest.fixture(autouse=True, scope="module")
def registered() -> Iterator[None]:
    """The layers, registered for these tests alone."""
    tables = (catalogue.FAMILIES, catalogue.MODULES, catalogue.FOUND)
    before, names = [dict(table) for table in tables], list(catalogue.KNOWN)
    register(IndRNN)
    register(IndRNNCell)
    register(MinimalGated)
    register(Squashing)
    yield
    for table, kept in zip(tables, before, strict=True):
        table.clear()
        table.update(kept)
    catalogue.KNOWN[:] = names


NEW = ("IndRNN", "IndRNNCell", "MinimalGated", "Squashing")
MODELS = {
    "IndRNN": "Input(5, 3) | IndRNN(4)",
    "MinimalGated": "Input(5, 3) | MinimalGated(4, return_sequences=True)",
    "Squashing": "Input(5, 3) | Squashing('softly')",
    "in both directions": "Input(5, 3) | Bidirectional(IndRNN(4, return_state=True), merge_mode='sum')",
    "on each timestep": "Input(6, 5, 3) | TimeDistributed(MinimalGated(4, use_bias=False))",
    "as cells": "Input(5, 3) | RNN([IndRNNCell(4), LSTMCell(2)], return_sequences=True)",
    "masked": "Input(5, 3) | Masking() | Bidirectional(MinimalGated(2, return_sequences=True)) | IndRNN(4)",
}
LOOKS = {
    "summary": ("table", "json", "csv", "markdown"),
    "count": ("table", "json"),
    "explain": ("table", "json", "markdown"),
    "verify": ("table", "json"),
}
COLUMNS = "name,class,input_shape,output_shape,params,trainable,macs,size,share,connected"


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command prints that has nothing to complain about."""
    code = cli.run(list(arguments))
    done = capsys.readouterr()
    assert (code, done.err) == (0, ""), done.err
    return done.out


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[str, str]:
    """The error of a command and its help."""
    assert cli.run(list(arguments)) == 2
    error = json.loads(capsys.readouterr().err)["error"]
    return error["message"], error["help"]


@pytest.mark.parametrize("source", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize(("command", "look"), [(name, look) for name, looks in LOOKS.items() for look in looks])
def test_a_command_knows_the_layer_in_every_look(capsys, command, look, source):
    text = printed(capsys, command, source, "--format", look)
    assert text
    if look == "json":
        json.loads(text)


@pytest.mark.parametrize("source", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize(
    "options",
    [
        ["--style", "classic"],
        ["--columns", COLUMNS],
        ["--show-weights"],
        ["--expand-nested", "--show-weights", "--show-trainable"],
        ["--batch", "2", "--dtype", "int8"],
    ],
    ids=lambda options: options[0],
)
def test_a_summary_has_the_layer_in_every_style(capsys, options, source):
    assert "Total params" in printed(capsys, "summary", source, *options)


@pytest.mark.parametrize(
    ("source", "params", "shape"),
    [
        ("Input(5, 3) | IndRNN(4)", 3 * 4 + 4 + 4, (None, 4)),
        ("Input(5, 3) | IndRNN(4, use_bias=False, return_sequences=True)", 3 * 4 + 4, (None, 5, 4)),
        ("Input(5, 3) | Bidirectional(IndRNN(4))", 2 * (3 * 4 + 4 + 4), (None, 8)),
        ("Input(5, 3) | RNN(IndRNNCell(4))", 3 * 4 + 4 + 4, (None, 4)),
        ("Input(5, 3) | MinimalGated(4)", 2 * ((3 + 4) * 4 + 4), (None, 4)),
        ("Input(6, 5, 3) | TimeDistributed(MinimalGated(4))", 2 * ((3 + 4) * 4 + 4), (None, 6, 4)),
        ("Input(5, 3) | Squashing('hard')", 3, (None, 5, 3)),
    ],
)
def test_it_is_counted_by_its_weights(source, params, shape):
    model = lstmcalc.parse(source)
    assert (model.count_params(), model.output_shape) == (params, shape)


@pytest.mark.parametrize("source", MODELS.values(), ids=MODELS)
def test_its_weights_are_all_read_and_its_shapes_hold(capsys, source):
    found = json.loads(printed(capsys, "verify", source, "--format", "json"))
    assert found["agrees"]


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("IndRNN", "features*units+units+units"),
        ("MinimalGated", "2*((features+units)*units+units)"),
        ("Squashing", "features"),
    ],
)
def test_its_closed_form_is_held_against_its_weights(capsys, monkeypatch, name, formula):
    (row,) = json.loads(printed(capsys, "verify", MODELS[name], "--format", "json"))["layers"]
    assert (row["closed_form"], row["closed_form_params"]) == (formula, row["params"])
    monkeypatch.setattr(catalogue.find(name), "closed_form", ClosedForm(f"{formula}+1"))
    assert cli.run(["verify", MODELS[name]]) == 1


def test_the_same_numbers_come_of_a_layer_and_of_its_cell():
    x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    layer, repeated = lstmcalc.parse("Input(5, 3) | IndRNN(4)"), lstmcalc.parse("Input(5, 3) | RNN(IndRNNCell(4))")
    (weights,) = layer.get_weights(seed=1).values()
    h = np.zeros((2, 4), "float32")
    for timestep in range(5):
        h = np.maximum(x[:, timestep] @ weights[0] + weights[1] * h + weights[2], 0)
    np.testing.assert_allclose(layer.predict(x, weights={"ind_rnn": weights}), h, rtol=1e-5)
    np.testing.assert_allclose(repeated.predict(x, weights={"rnn": weights}), h, rtol=1e-5)


def test_a_budget_a_difference_and_a_search_take_it(capsys):
    assert "fits" in printed(capsys, "check", MODELS["IndRNN"], "--max-params", "20").lower()
    assert cli.run(["check", MODELS["IndRNN"], "--max-params", "19"]) == 1
    assert "ind_rnn 20" in capsys.readouterr().out
    assert "+ minimal_gated (MinimalGated)" in printed(capsys, "diff", MODELS["IndRNN"], MODELS["MinimalGated"])
    # 3 * 200 + 200 + 200 = 1,000
    found = printed(capsys, "solve", "Input(5, 3) | IndRNN(units)", "--var", "units", "--max-params", "1k")
    assert "units = 200 is the largest value" in found
    rows = printed(capsys, "sweep", "Input(5, 3) | MinimalGated(units)", "--set", "units=2,4", "--format", "csv")
    assert [line.split(",")[:2] for line in rows.splitlines()[1:]] == [["2", "24"], ["4", "64"]]


def test_two_gates_are_explained_with_what_each_decides(capsys):
    text = printed(capsys, "explain", "Input(5, 3) | MinimalGated(4)", "--width", "100")
    for line in (
        "The two gates",
        "  There are two of this size, each with a matrix and a bias of its own.",
        "    f  forget gate  how much of the old h makes room             sigmoid",
        "    h  candidate    what the new h could be, of x and f * old h  tanh",
        "    new h  (1 - f) * old h + f * candidate",
        "    2*((features+units)*units+units)  2 * ((3 + 4) * 4 + 4) = 64",
        "    one timestep: gates * units * (features + units)  2 * 4 * (3 + 4) = 56",
    ):
        assert line in text.splitlines()
    assert "What others count" not in text


def test_a_vector_in_place_of_a_matrix_is_explained_without_one(capsys):
    text = printed(capsys, "explain", "Input(5, 3) | IndRNN(4, return_state=True)", "--width", "100")
    for line in (
        "Units that each remember themselves alone. [Li et al. 2018]",
        "How h is made",
        "    new h  relu(kernel * x + recurrent_kernel * old h + bias)",
        "    features*units+units+units  3 * 4 + 4 + 4 = 20",
        "    recurrent_kernel  (4)     4           multiplies h",
        "    matrix product  5 * 4 = 20",
    ):
        assert line in text.splitlines()
    assert "each timestep a new state is made of the old one" in " ".join(text.split())
    assert "What each gate sees" not in text


def test_it_is_explained_inside_of_other_layers(capsys):
    both = printed(capsys, "explain", MODELS["in both directions"])
    assert "forward_ind_rnn (IndRNN): 20 params" in both and "backward_ind_rnn (IndRNN)" not in both
    assert "rnn/stacked_rnn_cells/ind_rnn_cell (IndRNNCell): 20 params" in printed(
        capsys, "explain", MODELS["as cells"]
    )
    assert "An RNN calls it on one timestep" in printed(capsys, "explain", "Input(5, 3) | RNN(IndRNNCell(4))")


def test_it_is_described_by_its_declaration(capsys):
    text = printed(capsys, "layers", "IndRNN", "--width", "100")
    for line in (
        "source    Li et al. 2018",
        "output    (samples, units), or (samples, timesteps, units) with return_sequences; state",
        "params    features*units+units+units",
        "MACs      features*timesteps*units + timesteps*units, for one sample",
        "  recurrent_kernel  (units)",
    ):
        assert line in text.splitlines()
    assert "  how                    one of softly, hard; required" in printed(capsys, "layers", "Squashing")


@pytest.mark.parametrize("look", ["table", "json", "markdown"])
@pytest.mark.parametrize("name", NEW)
def test_it_is_described_in_every_look(capsys, name, look):
    assert name in printed(capsys, "layers", name, "--format", look)
    assert name in printed(capsys, "layers", "--format", look)


@pytest.mark.parametrize(
    ("item", "is_right"),
    [
        ({"IndRNN": 4}, True),
        ({"RNN": {"IndRNNCell": 4}}, True),
        ({"Squashing": {"how": "hard"}}, True),
        ({"Squashing": "softly"}, True),
        ("Squashing", False),
        ({"Squashing": "hardly"}, False),
        ({"MinimalGated": {"unit": 4}}, False),
    ],
)
def test_the_schema_takes_what_lstmcalc_takes(capsys, item, is_right):
    spec = {"input": [5, 3], "layers": [item]}
    assert jsonschema.Draft7Validator(spec_schema()).is_valid(spec) is is_right
    assert jsonschema.Draft7Validator(json.loads(printed(capsys, "schema"))).is_valid(spec) is is_right
    if is_right:
        lstmcalc.from_dict(spec)
    else:
        with pytest.raises(lstmcalc.ModelError):
            lstmcalc.from_dict(spec)


@pytest.mark.parametrize(
    ("layer", "message", "help"),
    [
        ("Squashing", "Squashing needs 'how', one of softly, hard", None),
        ("Squashing('hardly')", "Squashing: how must be one of softly, hard, but is 'hardly'", "did you mean 'hard'?"),
        ("IndRNN(0)", "IndRNN: units must be at least 1, but is 0", None),
        ("IndRnn(4)", "the layer 'IndRnn' is not known", "did you mean 'IndRNN'?"),
        ("MinimalGated(unit=4)", "MinimalGated has no argument 'unit'", "did you mean 'units'?"),
        (
            "IndRNN(4) | IndRNN(3)",
            "IndRNN takes 3 axes (samples, timesteps, features), but its input has 2: (None, 4)",
            "ind_rnn gives only its last output; add return_sequences: true to keep the timesteps",
        ),
        (
            "IndRNNCell(4)",
            "IndRNNCell is one timestep of a recurrent layer, and no layer by itself",
            "repeat it over the timesteps: 'RNN: {IndRNNCell: ...}'",
        ),
    ],
)
def test_a_mistake_is_said_in_its_own_words(capsys, layer, message, help):
    assert refused(capsys, "count", f"Input(5, 3) | {layer}", "--format", "json") == (message, help)
