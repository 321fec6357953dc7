"""Scripts are read by their syntax tree: the counts of known programs, what must be asked, and that nothing runs."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

import lstmcalc
from lstmcalc import ModelError, cli
from lstmcalc.sources import Reading


def load(folder: Path, text: str, name: str = "train.py", **options):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return Reading(options.pop("given", {}), **options).model(str(path))


def refused(folder: Path, text: str, **options) -> ModelError:
    with pytest.raises(ModelError) as caught:
        load(folder, text, **options)
    return caught.value


def asked(error: ModelError) -> list[str]:
    """What is asked for, as it is to be typed."""
    return [str(each.help).removeprefix('give it: --set "').removesuffix('=..."') for each in error.problems]


# The programs that teach how the params of an LSTM are counted.

HEADS = {
    "keras1": "from keras.models import Sequential\nfrom keras.layers.core import Dense, TimeDistributedDense\n"
    "from keras.layers.recurrent import LSTM\nfrom keras.layers import TimeDistributed\n",
    "keras2": "from keras.models import Sequential\nfrom keras.layers import Dense, TimeDistributed, LSTM\n",
    "keras3": "from keras import Sequential\nfrom keras.layers import Dense, TimeDistributed, LSTM, Input\n",
}
DATA = """
from numpy import array
length = 5
seq = array([i/float(length) for i in range(length)])
"""
AROUND = """
n_neurons = length
n_batch = 1
n_epoch = 1000
{model}
model.compile(loss='mean_squared_error', optimizer='adam')
print(model.summary())
model.fit(X, y, epochs=n_epoch, batch_size=n_batch, verbose=2)
result = model.predict(X, batch_size=n_batch, verbose=0)
for value in result[0,:]:
    print('%.1f' % value)
"""
PROGRAMS = {
    "one to one": (
        "X = seq.reshape(len(seq), 1, 1)\ny = seq.reshape(len(seq), 1)\n",
        "model = Sequential()\nmodel.add(LSTM(n_neurons, input_shape=(1, 1)))\nmodel.add(Dense(1))",
        146,
    ),
    "many to one": (
        "X = seq.reshape(1, 5, 1)\ny = seq.reshape(1, 5)\n",
        "model = Sequential()\nmodel.add(LSTM(5, input_shape=(5, 1)))\nmodel.add(Dense(length))",
        170,
    ),
    "many to many": (
        "X = seq.reshape(1, length, 1)\ny = seq.reshape(1, length, 1)\n",
        "model = Sequential()\nmodel.add(LSTM(n_neurons, input_shape=(length, 1), return_sequences=True))\n"
        "model.add(TimeDistributed(Dense(1)))",
        146,
    ),
}


@pytest.mark.parametrize("dialect", HEADS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_programs_of_articles_have_the_counts_of_articles(name, dialect, tmp_path):
    data, model, params = PROGRAMS[name]
    if dialect == "keras1":
        model = model.replace("TimeDistributed(Dense(1))", "TimeDistributedDense(1)")
    if dialect == "keras3":
        model = model.replace("Sequential()\n", "Sequential([Input((X.shape[1], 1))])\n")
    assert load(tmp_path, HEADS[dialect] + DATA + data + AROUND.format(model=model)).count_params() == params


def test_the_sentence_of_keras_1_and_2(tmp_path):
    text = """
        from keras.models import Sequential
        from keras.layers import LSTM
        model = Sequential()
        model.add(LSTM(128, input_dim=64, input_length=5, return_sequences=True))
        model.add(LSTM(256))
    """.replace("        ", "")
    # 4 * ((64 + 128) * 128 + 128) + 4 * ((128 + 256) * 256 + 256)
    assert load(tmp_path, text).count_params() == 493_056


@pytest.mark.parametrize(
    ("call", "outputs"),
    [("LSTM(2)", 1), ("LSTM(2, return_sequences=True)", 1), ("LSTM(2, return_sequences=True, return_state=True)", 3)],
)
def test_what_an_lstm_returns(call, outputs, tmp_path):
    text = (
        f"from keras import Model, Input\nfrom keras.layers import LSTM\nx = Input((5, 1))\nmodel = Model(x, {call}(x))"
    )
    model = load(tmp_path, text)
    assert (model.count_params(), len(model.outputs)) == (32, outputs)  # 4 * ((1 + 2) * 2 + 2)


# Python that is followed.

HEAD = "import keras\nfrom keras import layers\nfrom keras.layers import *\n"


@pytest.mark.parametrize(
    "text",
    [
        "m = keras.Sequential([Input((7,)), Dense(3)])",
        "m = keras.Sequential()\nm.add(Input((7,)))\nm.add(Dense(3))",
        "x = Input((7,))\nm = keras.Model(x, Dense(3)(x))",
        "def build(n, units=3):\n    x = Input((n,))\n    return keras.Model(x, Dense(units)(x))\nm = build(7)",
        "build = lambda n: keras.Sequential([Input((n,)), Dense(3)])\nm = build(7)",
        "sizes = [7, 3]\nm = keras.Sequential([Input(sizes[:1])] + [Dense(n) for n in sizes[1:]])",
        "c = {'in': 7, 'units': 3}\nm = keras.Sequential([Input((c['in'],)), Dense(**{'units': c.get('units')})])",
        "n = 1\nwhile n < 3:\n    n += 1\nm = keras.Sequential([Input((7,)), Dense(n)])",
        "a, *b = (3, 7)\nm = keras.Sequential([Input((*b,)), Dense(a)])",
        "import math\nm = keras.Sequential([Input((int(2 ** 3 - 1),)), Dense(math.ceil(14 / 5) if True else 9)])",
        "class C:\n    units = 3\n    def __init__(self, n=7):\n        self.n = n\n        self.model = self.make()\n"
        "    def make(self):\n        return keras.Sequential([Input((self.n,)), Dense(self.units)])\nm = C().model",
        "from dataclasses import dataclass\n@dataclass\nclass C:\n    n: int = 7\n    units: int = 3\nc = C()\n"
        "m = keras.Sequential([Input((c.n,)), Dense(c.units)])",
        "from collections import namedtuple\nC = namedtuple('C', 'n units')\nc = C(7, units=3)\n"
        "m = keras.Sequential([Input((c.n,)), Dense(c.units)])",
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--the-units', type=int, default=3)\n"
        "args = p.parse_args()\nm = keras.Sequential([Input((7,)), Dense(args.the_units)])",
        "import os\nm = keras.Sequential([Input((7,)), Dense(int(os.environ.get('UNITS', '3')))])",
        "try:\n    import absent\n    n = 7\nexcept ImportError:\n    n = 9\n"
        "m = keras.Sequential([Input((n,)), Dense(3)])",
        "n = 0\ndef more():\n    global n\n    n += 7\nmore()\nm = keras.Sequential([Input((n,)), Dense(3)])",
        "import numpy as np\nX = np.zeros((100, 7))\nm = keras.Sequential([Input(X.shape[1:]), Dense(3)])",
        "if __name__ == '__main__':\n    m = keras.Sequential([Input((7,)), Dense(3)])",
        "m = keras.Sequential([Input((7,)), Dense(5), Dense(3)])\nm.pop()\nm.pop()\nm.add(Dense(3))",
        "b = keras.Sequential([Input((7,)), Dense(3), Dense(4)])\nm = keras.Model(b.input, b.layers[-2].output)",
        "b = keras.Sequential([Input((7,)), Dense(3, name='x'), Dense(4)])\n"
        "m = keras.Model(b.inputs, b.get_layer('x').output)",
        "for name, n in zip(['a'], [3]):\n    m = keras.Sequential([Input((7,)), Dense(n, name=f'{name}_{n}')])",
        "def deep(n):\n    return [] if n == 0 else [ReLU()] + deep(n - 1)\n"
        "m = keras.Sequential([Input((7,)), Dense(3), *deep(4)])",
        "import functools\nD = functools.partial(Dense, 3)\nm = keras.Sequential([Input((7,)), D()])",
    ],
)
def test_python_is_followed_as_far_as_it_builds_models(text, tmp_path):
    assert load(tmp_path, HEAD + text).count_params() == 7 * 3 + 3


def test_functional_calls_states_merges_and_arithmetic(tmp_path):
    model = load(
        tmp_path,
        """
import tensorflow as tf
from tensorflow.keras.layers import LSTM, Dense, concatenate, add
e = tf.keras.Input((None, 3)); d = tf.keras.Input((None, 3))
_, h, c = LSTM(4, return_state=True)(e)
y = LSTM(4, return_sequences=True)(d, initial_state=[h, c])
y = add([y, y * 2.0])
y = tf.concat([y, -y], axis=-1)
y = concatenate([y, y])[:, -1]
out = Dense(int(y.shape[-1]))(y)
model = tf.keras.Model([e, d], out)
""",
    )
    assert model.output_shape == (None, 16)
    assert model.count_params() == 2 * 4 * ((3 + 4) * 4 + 4) + 17 * 16


def test_what_is_frozen_in_a_script_is_frozen(tmp_path):
    text = """
b = keras.Sequential([Input((7,)), Dense(3), Dense(4)])
b.trainable = False
m = keras.Sequential([b, Dense(2), Dense(1)])
for layer in m.layers[1:2]:
    layer.trainable = False
"""
    weights = load(tmp_path, HEAD + text).all_weights()
    assert sum(each.params for each in weights if each.trainable) == 2 + 1


def test_a_layer_that_two_models_share_is_one_layer(tmp_path):
    text = """
shared = Dense(7)
inner = keras.Sequential([Input((7,)), shared])
x = Input((7,))
m = keras.Model(x, shared(inner(x)))
"""
    assert load(tmp_path, HEAD + text).count_params() == 56


# Classes of the author's own.

OWN = """
class Block(layers.Layer):
    def __init__(self, dim):
        super().__init__()
        self.attention = layers.MultiHeadAttention(2, dim)
        self.feed = keras.Sequential([layers.Dense(8, activation="relu"), layers.Dense(dim)])
    def call(self, x):
        return self.feed(x + self.attention(x, x))

class Scale(layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1],), name="w")
        self.fixed = self.add_weight(shape=(), name="fixed", trainable=False)
    def call(self, x):
        return x * self.w

class Net(keras.Model):
    def __init__(self, classes):
        super().__init__()
        self.block, self.scale, self.head = Block(4), Scale(), layers.Dense(classes)
    def call(self, x, training=False):
        x = self.scale(self.block(x))
        if training:
            x = x * 2
        return self.head(x[:, 0])
"""
# Attention: 3 * (4 * 8 + 8) + 8 * 4 + 4; Dense 4*8+8, 8*4+4; scale 4 + 1; head (4 + 1) * 3.
OWN_PARAMS = 3 * 40 + 36 + 40 + 36 + 5 + 15


@pytest.mark.parametrize(
    ("after", "options"),
    [
        ("net = Net(3)\nnet.build((None, 6, 4))", {}),
        ("net = Net(classes=3)\nout = net(keras.Input((6, 4)))", {}),
        ("import numpy as np\nnet = Net(3)\nnet.compile('adam', 'mse')\nnet.fit(np.zeros((10, 6, 4)), None)", {}),
        ("net = Net(3)", {"input_shape": (None, 6, 4)}),
    ],
)
def test_a_subclassed_model_is_followed_through_its_call(after, options, tmp_path):
    model = load(tmp_path, HEAD + OWN + after, **options)
    assert (model.count_params(), model.output_shape) == (OWN_PARAMS, (None, 3))
    assert sum(each.params for each in model.all_weights() if not each.trainable) == 1


def test_a_subclassed_model_without_a_shape_says_what_to_type(tmp_path):
    error = refused(tmp_path, HEAD + OWN + "net = Net(3)")
    assert "Net is not called on a shape" in error.message and "--input-shape" in str(error.help)


def test_an_own_layer_in_a_chain_is_followed_on_what_stands_above_it(tmp_path):
    model = load(
        tmp_path, HEAD + OWN + "m = keras.Sequential([Input((6, 4)), Scale(), Lambda(lambda x: x[:, 0]), Dense(3)])"
    )
    assert (model.count_params(), model.output_shape) == (5 + 15, (None, 3))


def test_an_own_layer_has_its_weights_and_those_of_the_layers_inside(tmp_path):
    text = """
class Gate(layers.Layer):
    def __init__(self, units):
        super().__init__()
        self.inner = layers.Dense(units)
    def build(self, shape):
        self.scale = self.add_weight(shape=(4,), name="scale")
    def call(self, x):
        return self.inner(x) * self.scale

gate = Gate(4)
x = Input((6, 4))
m = keras.Model(x, gate(gate(x)))
"""
    model = load(tmp_path, HEAD + text)
    assert (model.count_params(), model.output_shape) == (20 + 4, (None, 6, 4))  # once, though called twice


def test_positions_are_counted_from_a_constant(tmp_path):
    text = """
from keras import ops
class TokenAndPosition(layers.Layer):
    def __init__(self, length, words, dim):
        super().__init__()
        self.token, self.position = layers.Embedding(words, dim), layers.Embedding(length, dim)
    def call(self, x):
        return self.token(x) + self.position(ops.arange(0, ops.shape(x)[-1], 1))

x = Input((7,), dtype="int32")
m = keras.Model(x, TokenAndPosition(7, 50, 4)(x))
"""
    model = load(tmp_path, HEAD + text)
    assert (model.count_params(), model.output_shape) == ((50 + 7) * 4, (None, 7, 4))


def test_an_own_layer_takes_several_tensors_and_gives_several(tmp_path):
    text = """
from keras import ops
class Attention(layers.Layer):
    def __init__(self, units):
        super().__init__()
        self.w, self.u, self.v = layers.Dense(units), layers.Dense(units), layers.Dense(1)
    def call(self, query, values):
        score = self.v(ops.tanh(self.w(ops.expand_dims(query, 1)) + self.u(values)))
        weights = ops.softmax(score, axis=1)
        return ops.sum(weights * values, axis=1), weights

x = Input((6, 4))
hidden = LSTM(3)(x)
context, weights = Attention(5)(hidden, x)
m = keras.Model(x, [Dense(2)(context), weights])
"""
    model = load(tmp_path, HEAD + text)
    lstm, attention = 4 * ((4 + 3) * 3 + 3), (3 * 5 + 5) + (4 * 5 + 5) + (5 + 1)
    assert model.count_params() == lstm + attention + (4 * 2 + 2)
    assert model.output_shape == [(None, 2), (None, 6, 1)]


def test_what_an_unknown_takes_part_in_is_unknown(tmp_path):
    text = """
import pickle
factor = pickle.load(open("factor.pkl", "rb"))
m = keras.Sequential([Input((4,)), Dense(factor * 8)])
"""
    assert asked(refused(tmp_path, HEAD + text)) == ["factor * 8"]
    text = "import elsewhere\nx = Input((4,))\nm = keras.Model(x, Dense(2)(x + elsewhere.positions(4)))"
    assert "elsewhere.positions(4)" in refused(tmp_path, HEAD + text).message


def test_what_cannot_be_followed_is_named_and_may_be_declared(tmp_path):
    text = HEAD + "x = Input((6, 4))\nm = keras.Model(x, Dense(2)(Lambda(elsewhere, name='cut')(x)))"
    assert "--custom cut=identity" in str(refused(tmp_path, text).problems[0].help)
    assert load(tmp_path, text, customs=("cut=(None, 9)",)).count_params() == 20


def test_a_class_from_elsewhere_that_is_called_like_a_layer_may_be_declared(tmp_path):
    text = HEAD + "from attention import Attention\nfrom sklearn import Scaler\ns = Scaler()\nx = Input((6, 4))\n"
    text += "y = Attention(name='a')(LSTM(5, return_sequences=True)(x))\nm = keras.Model(x, Dense(2)(y))"
    assert "--custom Attention=identity" in str(refused(tmp_path, text).problems[0].help)
    lstm = 4 * ((4 + 5) * 5 + 5)
    assert load(tmp_path, text, customs=("Attention=(None, 9), 7",)).count_params() == lstm + 7 + 20


# What only a run would know.

UNKNOWN = """
import numpy as np
X_train, y_train = load_data()
vocab = build_vocab(X_train)
maxlen = max(len(x) for x in X_train)
m = keras.Sequential()
m.add(Embedding(len(vocab) + 1, 16, input_length=maxlen))
m.add(LSTM(8))
m.add(Dense(y_train.shape[1]))
"""


def test_what_is_unknown_is_asked_for_all_at_once(tmp_path):
    error = refused(tmp_path, HEAD + UNKNOWN)
    assert asked(error) == ["len(vocab) + 1", "y_train.shape[1]"]
    assert [each.place.line for each in error.problems] == [10, 12]


def test_what_is_asked_for_can_be_given(tmp_path):
    given = {"len(vocab) + 1": "100", "y_train.shape[1]": "3"}
    model = load(tmp_path, HEAD + UNKNOWN, given=given)
    assert model.count_params() == 1600 + 4 * ((16 + 8) * 8 + 8) + 27
    assert [each.message.partition(",")[0] for each in model.notes] == ["maxlen is not known"]
    assert model.input_shape == (None, None)
    assert load(tmp_path, HEAD + UNKNOWN, given={**given, "maxlen": "9"}).input_shape == (None, 9)


def test_a_length_that_matters_after_all_is_asked_for(tmp_path):
    text = HEAD + "n = len(read())\nm = keras.Sequential([Input((n, 4)), Permute((2, 1)), LSTM(3)])"
    assert asked(refused(tmp_path, text)) == ["n"]
    assert load(tmp_path, text, given={"n": "5"}).count_params() == 4 * ((5 + 3) * 3 + 3)


def test_a_name_can_be_given_another_value_which_solve_and_sweep_do(tmp_path):
    text = HEAD + "units = 3\nm = keras.Sequential([Input((7,)), Dense(units)])"
    assert load(tmp_path, text, given={"units": "5"}).count_params() == 40
    error = refused(tmp_path, text, given={"unit": "5"})
    assert error.message == "--set gives 'unit', which the script does not ask for"


def test_an_unknown_that_does_not_matter_stops_nothing(tmp_path):
    text = (
        HEAD + "x = read()\nprint(x.shape[3] + len(x))\nm = keras.Sequential([Input((7,)), Dropout(x.rate), Dense(3)])"
    )
    assert asked(refused(tmp_path, text)) == ["x.rate"]
    assert load(tmp_path, text.replace("x.rate", "0.5")).count_params() == 24


@pytest.mark.parametrize(
    ("text", "question", "value", "params"),
    [
        ("if cond():\n    n = 3\nelse:\n    n = 5\nm = keras.Sequential([Input((7,)), Dense(n)])", "n", "3", 24),
        ("n = 3 if cond() else 5\nm = keras.Sequential([Input((7,)), Dense(n)])", "n", "3", 24),
        ("m = keras.Sequential([Input((7,)), Dense(3)])\nif cond():\n    m.add(Dense(1))", "cond()", "false", 24),
        (
            "if gpu():\n    D = Dense\nelse:\n    D = lambda n: Dense(n)\nm = keras.Sequential([Input((7,)), D(3)])",
            "gpu()",
            "true",
            24,
        ),
        ("m = keras.Sequential([Input((7,))])\nfor x in read():\n    m.add(Dense(3))", "read()", "[1]", 24),
        (
            "def f():\n    if cond():\n        return 3\n    return 5\n"
            "n = f()\nm = keras.Sequential([Input((7,)), Dense(n)])",
            *("n", "3", 24),
        ),
    ],
)
def test_neither_branch_of_an_unknown_is_taken_silently(text, question, value, params, tmp_path):
    assert asked(refused(tmp_path, HEAD + text)) == [question]
    assert load(tmp_path, HEAD + text, given={question: value}).count_params() == params


# Several models.

SEVERAL = (
    HEAD
    + """
small = keras.Sequential([Input((7,)), Dense(3)], name="a")
large = keras.Sequential([Input((7,)), Dense(5)], name="b")
small.compile("adam", "mse")
"""
)


def test_of_several_models_the_last_that_is_used_is_taken_with_a_note(tmp_path):
    model = load(tmp_path, SEVERAL)
    assert model.count_params() == 24
    assert [each.message for each in model.notes] == [
        "of 2 models this is 'small' of line 5; the others are 'large' of line 6"
    ]


@pytest.mark.parametrize("wanted", ["large", "b", "6"])
def test_a_model_is_chosen_by_its_name_or_its_line(wanted, tmp_path):
    model = load(tmp_path, SEVERAL, wanted=wanted)
    assert (model.count_params(), model.notes) == (40, ())


def test_a_model_that_is_not_there_is_refused(tmp_path):
    error = refused(tmp_path, SEVERAL, wanted="larg")
    assert (error.message, error.help) == ("no model is called 'larg'", "did you mean 'large'?")


def test_a_function_that_nobody_calls_is_offered_with_its_parameters(tmp_path):
    text = HEAD + "def build(units, depth=1):\n    return keras.Sequential([Input((7,))] + [Dense(units)] * depth)"
    assert asked(refused(tmp_path, text)) == ["units"]
    assert load(tmp_path, text, given={"units": "3"}).count_params() == 24


# Where it stands.


def test_a_module_beside_the_script_is_read_as_data(tmp_path):
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "__init__.py").write_text("", encoding="utf-8")
    text = "UNITS = 3\ndef build():\n    return keras.Sequential([Input((7,)), Dense(UNITS)])"
    (tmp_path / "nets" / "one.py").write_text(HEAD + text, encoding="utf-8")
    assert load(tmp_path, "from nets.one import build\nm = build()").count_params() == 24


def test_a_notebook_is_read_cell_by_cell(tmp_path):
    cells = [
        {"cell_type": "markdown", "source": ["# text"]},
        {"cell_type": "code", "source": ["%matplotlib inline\n", "!pip install keras\n", HEAD]},
        {"cell_type": "code", "source": "m = keras.Sequential([Input((7,)),\n  Dense(unit=3)])"},
    ]
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps({"cells": cells, "nbformat": 4}), encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        lstmcalc.load(path)
    assert (caught.value.file, caught.value.line) == (f"{path}: cell 3", 2)
    cells[2]["source"] = "m = keras.Sequential([Input((7,)), Dense(3)])"
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    assert lstmcalc.load(path).count_params() == 24


def test_what_is_for_ipython_alone_is_passed_over(tmp_path):
    sources = [
        "%%bash\nrm -rf x\n",
        "%%time\n" + HEAD,
        "!pip install \\\n   keras\nfiles = !ls\nkeras?\nif True:\n    %matplotlib inline\n",
        "this is no Python",
        "m = keras.Sequential([Input((7,)), Dense(3)])",
    ]
    path = tmp_path / "n.ipynb"
    path.write_text(
        json.dumps({"cells": [{"cell_type": "code", "source": each} for each in sources]}), encoding="utf-8"
    )
    assert lstmcalc.load(path).count_params() == 24
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": each} for each in sources[:-1]]}))
    with pytest.raises(ModelError, match="is no Python that can be read"):
        lstmcalc.load(path)


@pytest.mark.parametrize(
    "data", ["# coding: gbk\n# 层\n".encode("gbk"), b"# \xff\n", b"\xef\xbb\xbf", "# 层\r\n".encode()]
)
def test_a_script_is_read_in_the_encoding_that_it_says(data, tmp_path):
    path = tmp_path / "train.py"
    path.write_bytes(data + f"{HEAD}m = keras.Sequential([Input((7,)), Dense(3)])".encode())
    assert lstmcalc.load(path).count_params() == 24


@pytest.mark.parametrize(
    "opening", ['"""What it builds."""', '"What it builds."', '"""\nclass_name: loss\n"""', "# a model"]
)
def test_a_script_on_standard_input_may_begin_with_its_docstring(opening, monkeypatch, capsys):
    text = f"{opening}\nimport keras\nm = keras.Sequential([keras.Input((5, 1)), keras.layers.LSTM(5)])\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert cli.run(["count", "-"]) == 0
    assert capsys.readouterr().out == "140\n"


def test_a_script_comes_from_standard_input(monkeypatch, capsys):
    text = HEAD + "m = keras.Sequential([Input((7,)), Dense(3)])\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert cli.run(["count", "-"]) == 0
    assert capsys.readouterr().out == "24\n"


@pytest.mark.parametrize(
    "pasted",
    [
        "keras.Sequential([Input((7,)), Dense(3)])",
        "tf.keras.Sequential([tf.keras.Input((7,)), tf.keras.layers.Dense(3)])",
        "Sequential([layers.Input((7,)), layers.Dense(3)])",
    ],
)
def test_pasted_keras_is_the_model_that_keras_has(pasted):
    model = Reading().model(pasted)
    assert (model.name, [layer.name for layer in model.layers], model.count_params()) == ("sequential", ["dense"], 24)


# Older Python, and models that begin with others.


def test_python_2_is_read(tmp_path):
    text = """
from keras.models import Sequential
from keras.layers.core import Dense
try:
    n = 07
except ValueError, error:
    raise IOError, error
print "units", n
if n <> 3: print >>out, "no"
print
m = Sequential()
m.add(Dense(output_dim=3L, input_dim=n))
print m.summary()
"""
    assert load(tmp_path, text.replace("07", "7")).count_params() == 24


def test_a_sequential_of_keras_1_may_begin_with_a_merge_of_others(tmp_path):
    text = """
from keras.models import Sequential
from keras.layers import Dense, Merge
left = Sequential([Dense(3, input_dim=4)])
right = Sequential([Dense(5, input_dim=4)])
m = Sequential()
m.add(Merge([left, right], mode='concat'))
m.add(Dense(2))
m.compile('sgd', 'mse')
"""
    model = load(tmp_path, text)
    assert (model.count_params(), model.output_shape) == (15 + 25 + 18, (None, 2))


def test_a_chain_without_an_input_is_called_on_the_data_that_it_is_fitted_to(tmp_path):
    text = (
        HEAD
        + """
(x, y), _ = keras.datasets.mnist.load_data()
x = x.reshape((60000, 28 * 28))
m = keras.Sequential([Dense(512), Dense(10)])
m.fit(x, y)
"""
    )
    assert load(tmp_path, text).count_params() == 407_050


def test_a_chain_without_an_input_says_what_to_type(tmp_path):
    text = HEAD + "m = keras.Sequential([LSTM(5)])\nm.fit(read(), None)"
    assert "--input-shape" in str(refused(tmp_path, text).help)
    assert load(tmp_path, text, input_shape=(None, 5, 1)).count_params() == 140


def test_a_method_that_nobody_calls_is_offered_too(tmp_path):
    text = (
        HEAD
        + """
class Net:
    def __init__(self, units):
        self.model, self.units = keras.Sequential(), units
    def build_model(self, features):
        self.model.add(Input((features,)))
        self.model.add(Dense(self.units))
"""
    )
    assert asked(refused(tmp_path, text)) == ["units", "features"]
    assert load(tmp_path, text, given={"features": "7", "units": "3"}).count_params() == 24


def test_where_a_condition_hides_the_model_the_condition_is_asked_for(tmp_path):
    text = HEAD + "import os\nif os.path.isfile('m.h5'):\n    m = load_model('m.h5')\nelse:\n"
    text += "    m = keras.Sequential([Input((7,)), Dense(3)])"
    assert asked(refused(tmp_path, text)) == ["os.path.isfile('m.h5')"]
    assert load(tmp_path, text, given={"os.path.isfile('m.h5')": "false"}).count_params() == 24


# What is refused.


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import torch\nclass Net(torch.nn.Module):\n    pass\n", "is a script for PyTorch"),
        ("from flax import linen as nn\n", "is a script for Flax"),
        ("x = 1\n", "builds no Keras model that is found"),
        ("", "builds no Keras model that is found"),
        ("def f(:\n", "is no Python that can be read"),
        ("(" * 5000, "is no Python that can be read"),
        (HEAD + "m = keras.Sequential([Input((7,)), Dense(unit=3)])", "Dense has no argument 'unit'"),
        (HEAD + "def f():\n    return f()\nf()", "levels deep"),
        (HEAD + "x = Input((7,))\nm = keras.Model(x, keras.Sequential()(x))", "at least one layer"),
    ],
)
def test_what_is_no_script_with_a_model_is_said(text, message, tmp_path):
    assert message in refused(tmp_path, text).message


@pytest.mark.parametrize(
    "loop",
    [
        "while True:\n    n += 1\n",
        "for i in range(10 ** 9):\n    n += i\n",
        "for i in range(999):\n    for j in range(999):\n        for k in range(999):\n            n += 1\n",
        "x = [0] * 10 ** 9\n",
        "x = 'a' * 10 ** 12\n",
        "x = 10 ** 10 ** 10\n",
        "x = [[i for i in range(10 ** 6)] for j in range(10 ** 6)]\n",
    ],
)
def test_a_loop_that_does_not_end_is_passed_over(loop, tmp_path):
    assert load(tmp_path, f"{HEAD}n = 0\n{loop}m = keras.Sequential([Input((7,)), Dense(3)])").count_params() == 24


def test_nothing_of_a_script_runs(tmp_path):
    path = tmp_path / "there"
    text = f"""
open({str(path)!r}, "w").write("x")
__import__("os").system("touch {path}")
exec("open({str(path)!r}, 'w')")
import subprocess; subprocess.run(["touch", {str(path)!r}])
m = keras.Sequential([Input((7,)), Dense(3), Lambda(lambda x: open({str(path)!r}, "w"))])
"""
    with pytest.raises(ModelError):
        load(tmp_path, HEAD + text)
    assert not path.exists()


def test_a_count_of_a_script_imports_neither_keras_nor_what_the_script_does(tmp_path):
    (tmp_path / "train.py").write_text(
        HEAD + "import wave\nm = keras.Sequential([Input((7,)), Dense(3)])", encoding="utf-8"
    )
    code = (
        "import sys, lstmcalc.cli as cli; cli.run(['count', 'train.py']); "
        "print(sorted({'keras', 'numpy', 'wave', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "24\n[]\n"


@pytest.mark.parametrize("command", [["check", "--max-params", "10"], ["explain"], ["convert", "--to", "yaml"]])
def test_commands_take_scripts(command, tmp_path, capsys):
    (tmp_path / "train.py").write_text(HEAD + "m = keras.Sequential([Input((7,)), Dense(3)])", encoding="utf-8")
    code = cli.run([command[0], str(tmp_path / "train.py"), *command[1:]])
    assert code == (1 if command[0] == "check" else 0)
    assert "24" in capsys.readouterr().out or command[0] == "convert"


def test_the_hook_passes_over_scripts_without_a_budget_or_a_model(tmp_path, capsys):
    (tmp_path / "none.py").write_text("x = 1", encoding="utf-8")
    (tmp_path / "asks.py").write_text(f"{HEAD}m = keras.Sequential([Input((7,)), Dense(read())])", encoding="utf-8")
    none, asks = str(tmp_path / "none.py"), str(tmp_path / "asks.py")
    assert cli.run(["check", "--if-budgeted", none, asks]) == 0
    assert cli.run(["check", "--if-budgeted", "--max-params", "10", none]) == 0
    assert cli.run(["check", "--max-params", "10", none]) == 2
    assert cli.run(["check", "--if-budgeted", "--max-params", "10", asks]) == 2
    assert "--set" in capsys.readouterr().err


def test_an_annotation_marks_the_line_where_the_largest_layer_is_made(tmp_path, capsys):
    path = tmp_path / "train.py"
    path.write_text(f"{HEAD}m = keras.Sequential([Input((7,)),\n  Dense(3),\n  Dense(30)])", encoding="utf-8")
    assert cli.run(["check", str(path), "--max-params", "10", "--format", "github"]) == 1
    assert f"file={path},line=6,col=3" in capsys.readouterr().out
