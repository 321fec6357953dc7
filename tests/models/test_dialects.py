"""Models in the words of Keras 1 and 2: they are those of Keras 3's words, and what differs follows the dialect."""

import numpy as np
import pytest

import lstmcalc
from lstmcalc.errors import ModelError

SAY_SO = "or say 'dialect: keras1' at the top of the spec (of an expression --dialect keras1)"


def shape_and_weights(model):
    return (
        model.output_shape,
        model.layers[0].class_name,
        [(weight.name, weight.shape, weight.initializer) for weight in model.all_weights()],
    )


@pytest.mark.parametrize(
    ("older", "today", "input"),
    [
        ("Dense(7, 'uniform', 'relu')", "Dense(7, 'relu', kernel_initializer='uniform')", "5"),
        ("Dense(output_dim=7, bias=False, W_regularizer=l2(0.01))", "Dense(7, use_bias=False)", "5"),
        ("Dense(7, init='normal', W_constraint=maxnorm(2), b_constraint=nonneg())",
         "Dense(7, kernel_initializer='normal')", "5"),
        ("LSTM(7, 'uniform', 'identity')",
         "LSTM(7, kernel_initializer='uniform', recurrent_initializer='identity')", "4, 5"),
        ("LSTM(output_dim=7, forget_bias_init='zero', return_sequences=True, consume_less='gpu')",
         "LSTM(7, unit_forget_bias=False, return_sequences=True)", "4, 5"),
        ("SimpleRNN(output_dim=7, inner_init='orthogonal', dropout_W=0.1, dropout_U=0.2)",
         "SimpleRNN(7, dropout=0.1, recurrent_dropout=0.2)", "4, 5"),
        ("GRU(7)", "GRU(7, reset_after=False)", "4, 5"),
        ("Bidirectional(GRU(output_dim=7))", "Bidirectional(GRU(7, reset_after=False))", "4, 5"),
        ("TimeDistributed(Dense(output_dim=7))", "TimeDistributed(Dense(7))", "4, 5"),
        ("Convolution1D(7, 3, border_mode='same', subsample_length=2)",
         "Conv1D(7, 3, padding='same', strides=2)", "9, 5"),
        ("Convolution1D(7, 3, 'uniform')", "Conv1D(7, 3, kernel_initializer='uniform')", "9, 5"),
        ("AtrousConvolution1D(7, 3, atrous_rate=2)", "Conv1D(7, 3, dilation_rate=2)", "9, 5"),
        ("Convolution2D(7, 3, 2)", "Conv2D(7, [3, 2])", "9, 8, 5"),
        ("Conv2D(7, 3, 2)", "Conv2D(7, [3, 2])", "9, 8, 5"),
        ("Convolution2D(nb_filter=7, nb_row=3, nb_col=2, subsample=(2, 1), dim_ordering='th')",
         "Conv2D(7, [3, 2], strides=[2, 1], data_format='channels_first')", "9, 8, 5"),
        ("Convolution2D(7, 3, nb_col=2, dim_ordering='tf')", "Conv2D(7, [3, 2])", "9, 8, 5"),
        ("AtrousConvolution2D(7, 3, 3, atrous_rate=(2, 1), dim_ordering='default')",
         "Conv2D(7, 3, dilation_rate=[2, 1])", "9, 8, 5"),
        ("Deconvolution2D(7, 3, 3, output_shape=(None, 11, 10, 7))", "Conv2DTranspose(7, 3)", "9, 8, 5"),
        ("SeparableConvolution2D(7, 3, 3, init='uniform', depth_multiplier=2)",
         "SeparableConv2D(7, 3, depth_multiplier=2, depthwise_initializer='uniform', pointwise_initializer='uniform')",
         "9, 8, 5"),
        ("Convolution3D(7, 3, 2, 1)", "Conv3D(7, [3, 2, 1])", "9, 8, 7, 5"),
        ("LocallyConnected1D(7, filter_length=3)", "LocallyConnected1D(7, 3)", "9, 5"),
        ("LocallyConnected2D(7, 3, 2)", "LocallyConnected2D(7, [3, 2])", "9, 8, 5"),
        ("ConvLSTM2D(7, 3, 2, border_mode='same')", "ConvLSTM2D(7, [3, 2], padding='same')", "4, 9, 8, 5"),
        ("MaxPooling1D(pool_length=3, stride=1)", "MaxPooling1D(3, 1)", "9, 5"),
        ("AveragePooling2D((2, 2), border_mode='same')", "AveragePooling2D(2, padding='same')", "9, 8, 5"),
        ("GlobalMaxPooling2D(dim_ordering='th')", "GlobalMaxPooling2D(data_format='channels_first')", "9, 8, 5"),
        ("UpSampling1D(length=3)", "UpSampling1D(3)", "9, 5"),
        ("ZeroPadding1D({'left_pad': 1, 'right_pad': 2})", "ZeroPadding1D([1, 2])", "9, 5"),
        ("ZeroPadding2D((1, 2, 3, 4))", "ZeroPadding2D([[1, 2], [3, 4]])", "9, 8, 5"),
        ("ZeroPadding2D({'top_pad': 1, 'left_pad': 3})", "ZeroPadding2D([[1, 0], [3, 0]])", "9, 8, 5"),
        ("Cropping2D(cropping=((1, 1), (2, 2)), dim_ordering='tf')", "Cropping2D([[1, 1], [2, 2]])", "9, 8, 5"),
        ("Dropout(p=0.5)", "Dropout(0.5)", "5"),
        ("SpatialDropout2D(0.5, 'th')", "SpatialDropout2D(0.5, data_format='channels_first')", "9, 8, 5"),
        ("GaussianNoise(sigma=0.5)", "GaussianNoise(0.5)", "5"),
        ("GaussianDropout(p=0.5)", "GaussianDropout(0.5)", "5"),
        ("BatchNormalization(1e-5, 0, -1, 0.9, beta_init='one')",
         "BatchNormalization(epsilon=1e-5, momentum=0.9, beta_initializer='one')", "5"),
        ("LeakyReLU(0.2)", "LeakyReLU(0.2)", "5"),
        ("PReLU('one')", "PReLU('one')", "5"),
        ("PReLU(init='one')", "PReLU('one')", "5"),
    ],
)  # fmt: skip
def test_a_layer_in_the_words_of_keras_1_is_that_of_todays(older, today, input):
    made = lstmcalc.parse(f"Input({input}) | {older}", dialect="keras1")
    assert shape_and_weights(made) == shape_and_weights(lstmcalc.parse(f"Input({input}) | {today}"))
    assert made.notes == ()


def test_an_embedding_of_keras_1_has_its_length_and_its_init():
    older = lstmcalc.parse("Embedding(50, 8, 'normal', 7, mask_zero=True, dropout=0.2)", dialect="keras1")
    today = lstmcalc.parse("Input(7, dtype='int32') | Embedding(50, 8, 'normal', mask_zero=True)".replace("7,", "[7],"))
    assert shape_and_weights(older)[0] == shape_and_weights(today)[0] == (None, 7, 8)
    assert older.count_params() == 400


CHAIN = {
    "keras1": """
  - Convolution1D: {nb_filter: 12, filter_length: 3, border_mode: same, W_regularizer: l2}
  - MaxPooling1D: {pool_length: 2, stride: 2}
  - GRU: {output_dim: 16, inner_activation: hard_sigmoid, init: uniform, return_sequences: true}
  - Dropout: {p: 0.5}
  - LSTM: 8
  - Dense: {output_dim: 1, activation: hard_sigmoid}
""",
    "keras2": """
  - Conv1D: {filters: 12, kernel_size: 3, padding: same, kernel_regularizer: l2}
  - MaxPooling1D: {pool_size: 2, strides: 2}
  - GRU: {units: 16, return_sequences: true, kernel_initializer: uniform, implementation: 1}
  - Dropout: 0.5
  - LSTM: 8
  - Dense: {units: 1, activation: hard_sigmoid}
""",
    "keras3": """
  - Conv1D: {filters: 12, kernel_size: 3, padding: same, kernel_regularizer: l2}
  - MaxPooling1D: {pool_size: 2, strides: 2}
  - GRU:
      units: 16
      return_sequences: true
      kernel_initializer: uniform
      reset_after: false
      recurrent_activation: hard_sigmoid_of_keras_1
  - Dropout: 0.5
  - LSTM: {units: 8, recurrent_activation: hard_sigmoid_of_keras_1}
  - Dense: {units: 1, activation: hard_sigmoid_of_keras_1}
""",
}
GRAPH = {
    "keras1": """
  - LSTM: {output_dim: 6, return_sequences: true, inner_init: orthogonal}
    name: seen
    from: x
  - TimeDistributedDense: 4
  - Merge: {mode: concat, concat_axis: -1}
    from: [seen, time_distributed_dense]
  - GRU: {output_dim: 5, consume_less: mem}
  - Dense: {output_dim: 2, bias: false}
""",
    "keras2": """
  - LSTM: {units: 6, return_sequences: true}
    name: seen
    from: x
  - TimeDistributed: {Dense: 4}
  - Concatenate: {axis: -1}
    from: [seen, time_distributed]
  - GRU: {units: 5, implementation: 1}
  - Dense: {units: 2, use_bias: false}
""",
    "keras3": """
  - LSTM: {units: 6, return_sequences: true, recurrent_activation: hard_sigmoid_of_keras_1}
    name: seen
    from: x
  - TimeDistributed: {Dense: 4}
  - Concatenate: {axis: -1}
    from: [seen, time_distributed]
  - GRU: {units: 5, reset_after: false, recurrent_activation: hard_sigmoid_of_keras_1}
  - Dense: {units: 2, use_bias: false}
""",
}
NESTED = {
    "keras1": """
  - TimeDistributed:
      Sequential:
        - Convolution2D: {nb_filter: 3, nb_row: 3, nb_col: 2, subsample: [2, 1]}
        - "Convolution2D(4, 1, 1)"
        - Flatten
  - Bidirectional: {GRU: {output_dim: 5}}
  - Sequential: [{Dense: {output_dim: 2, init: normal}}]
""",
    "keras2": """
  - TimeDistributed:
      Sequential:
        - Conv2D: {filters: 3, kernel_size: [3, 2], strides: [2, 1]}
        - "Conv2D(4, 1, 1)"
        - Flatten
  - Bidirectional: {GRU: 5}
  - Sequential: [{Dense: {units: 2, kernel_initializer: normal}}]
""",
    "keras3": """
  - TimeDistributed:
      Sequential:
        - Conv2D: {filters: 3, kernel_size: [3, 2], strides: [2, 1]}
        - Conv2D: {filters: 4, kernel_size: 1}
        - Flatten
  - Bidirectional: {GRU: {units: 5, reset_after: false, recurrent_activation: hard_sigmoid_of_keras_1}}
  - Sequential: [{Dense: {units: 2, kernel_initializer: normal}}]
""",
}
MODELS = {
    "a chain": ("input: [40, 6]", CHAIN, 228 + 3 * (12 + 16 + 1) * 16 + 4 * (16 + 8 + 1) * 8 + 9),
    "a graph": (
        "inputs: {x: [7, 3]}",
        GRAPH,
        4 * (3 + 6 + 1) * 6 + (6 + 1) * 4 + 3 * (10 + 5 + 1) * 5 + 5 * 2,
    ),
    "models inside": (
        "input: [5, 7, 6, 2]",
        NESTED,
        (3 * 2 * 2 + 1) * 3 + (3 + 1) * 4 + 2 * 3 * (3 * 5 * 4 + 5 + 1) * 5 + (10 + 1) * 2,
    ),
}


@pytest.mark.parametrize("dialect", ["keras1", "keras2", "keras3"])
@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_the_same_in_the_words_of_each_keras(tmp_path, name, dialect):
    head, layers, params = MODELS[name]
    models = []
    for words in (dialect, "keras3"):
        path = tmp_path / f"{words}.yaml"
        path.write_text(f"dialect: {words}\n{head}\nlayers:{layers[words]}", encoding="utf-8")
        models.append(lstmcalc.load(path))
    mine, today = models
    assert mine.count_params() == today.count_params() == params
    assert mine.notes == ()
    assert [weight.shape for weight in mine.all_weights()] == [weight.shape for weight in today.all_weights()]
    x = np.random.default_rng(0).normal(size=(2, *today.input_shape[1:]))
    arrays = [array for of_layer in today.get_weights(1).values() for array in of_layer]
    numbers = iter(arrays)
    weights = {layer: [next(numbers) for _ in of_layer] for layer, of_layer in mine.get_weights(1).items()}
    np.testing.assert_allclose(
        mine.predict(x, weights=weights), today.predict(x, weights=today.get_weights(1)), rtol=1e-5
    )


def test_hard_sigmoid_is_what_the_dialect_called_so():
    x = np.array([[-1.0, 0.0, 1.0]])
    for dialect, slope in (("keras1", 0.2), ("keras2", 0.2), ("keras3", 1 / 6)):
        model = lstmcalc.parse("Input(3) | Activation('hard_sigmoid')", dialect=dialect)
        np.testing.assert_allclose(model.predict(x, weights={}), slope * x + 0.5, rtol=1e-6)


@pytest.mark.parametrize(
    ("dialect", "expression", "shape", "params"),
    [
        ("keras1", "Convolution2D(32, 3, 3)", (None, 26, 26, 32), 3 * 3 * 3 * 32 + 32),
        ("keras2", "Convolution2D(32, 3, 3)", (None, 26, 26, 32), 3 * 3 * 3 * 32 + 32),
        ("keras3", "Convolution2D(32, 3, 3)", (None, 9, 9, 32), 3 * 3 * 3 * 32 + 32),
        ("keras1", "Convolution2D(32, 5, 1)", (None, 24, 28, 32), 5 * 3 * 32 + 32),
        ("keras3", "Convolution2D(32, 5, 1)", (None, 24, 24, 32), 5 * 5 * 3 * 32 + 32),
        ("keras3", "AtrousConvolution2D(32, 5, 1)", (None, 24, 28, 32), 5 * 3 * 32 + 32),
    ],
)
def test_two_sizes_are_what_the_dialect_takes_them_for(dialect, expression, shape, params):
    model = lstmcalc.parse(f"Input(28, 28, 3) | {expression}", dialect=dialect)
    assert (model.output_shape, model.count_params()) == (shape, params)


@pytest.mark.parametrize(
    ("expression", "column", "message", "help"),
    [
        (
            "Input(28, 28, 3) | Convolution2D(32, 3, 3)", 20,
            "Convolution2D has a kernel of 3 and strides of 3 here, as in Keras 3: in Keras 1 and 2 its kernel is 3x3",
            f"write kernel_size=(3, 3), or strides=3 by its name, {SAY_SO}",
        ),
        (
            "Input(4, 5) | GRU(output_dim=7)", 15,
            "GRU: 'output_dim' is a word of Keras 1, whose GRU had no reset_after: here it is true, as in Keras 3, "
            "and each gate has a second bias",
            f"write reset_after: false, {SAY_SO}",
        ),
        (
            "Input(4, 5) | LSTM(7, inner_activation='hard_sigmoid')", 15,
            "LSTM: 'inner_activation' is a word of Keras 1, whose hard_sigmoid was 0.2 * x + 0.5: here it is that of "
            "Keras 3, x / 6 + 0.5, with the same count",
            f"write hard_sigmoid_of_keras_1, {SAY_SO}",
        ),
        (
            "Input(4, 5) | TimeDistributed(Dense(3)) | Bidirectional(LSTM(init='uniform', units=7))", 57,
            "LSTM: 'init' is a word of Keras 1, whose recurrent_activation was hard_sigmoid: here it is sigmoid, "
            "as in Keras 3, with the same count",
            f"state recurrent_activation, {SAY_SO}",
        ),
    ],
)  # fmt: skip
def test_a_thing_that_meant_something_else_is_noted_in_a_model_of_keras_3(expression, column, message, help):
    (note,) = lstmcalc.parse(expression).notes
    assert (note.line, note.column, note.message, note.help) == (1, column, message, help)


@pytest.mark.parametrize(
    "expression",
    [
        "Input(4, 5) | GRU(16)",
        "Input(4, 5) | LSTM(16, recurrent_activation='hard_sigmoid')",
        "Input(4, 5) | LSTM(output_dim=16, inner_activation='sigmoid')",
        "Input(4, 5) | GRU(output_dim=16, reset_after=False, inner_activation='tanh')",
        "Input(5) | Dense(output_dim=1, init='normal') | Dropout(p=0.5)",
        "Input(28, 28, 3) | Conv2D(32, 3) | Conv2D(32, (3, 3), 2) | AtrousConvolution2D(3, 3, 3)",
        "LSTM(5, input_dim=3, input_length=4)",
        "Input(4, 5) | LeakyReLU(alpha=0.1)",
    ],
)
def test_what_means_the_same_in_every_keras_is_not_noted(expression):
    assert lstmcalc.parse(expression).notes == ()


@pytest.mark.parametrize(
    ("expression", "column", "message", "help"),
    [
        ("LSTM(output_dim=-5)", 31, "LSTM: units (output_dim) must be at least 1, but is -5", None),
        ("LSTM(output_dim=5, units=3)", 34, "LSTM has 'output_dim' and 'units', which are one argument", None),
        ("LSTM(5, output_dim=3)", 23, "LSTM has 'units' and 'output_dim', which are one argument", None),
        ("Conv1D(3, filter_length=0)", 39, "Conv1D: kernel_size (filter_length) must be at least 1, but is 0", None),
        ("Conv1D(3, 3, border_mode='full')", 40,
         "Conv1D: padding (border_mode) must be one of valid, same, causal, but is 'full'", None),
        ("Conv1D(3, filter_lenght=3)", 25, "Conv1D has no argument 'filter_lenght'",
         "did you mean 'filter_length', which is 'kernel_size'?"),
        ("LSTM(3, inner_activatoin='tanh')", 23, "LSTM has no argument 'inner_activatoin'",
         "did you mean 'inner_activation', which is 'recurrent_activation'?"),
        ("LSTM(3, U_regularzer='l2')", 23, "LSTM has no argument 'U_regularzer'",
         "did you mean 'U_regularizer', which is 'recurrent_regularizer'?"),
        ("BatchNormalization(mode=1)", 39,
         "BatchNormalization: mode 1 normalizes each sample, or by the batch when the model is used too, "
         "which Keras 2 and 3 do not do", "mode: 0 is taken"),
        ("GRU(3, consume_less='all')", 35, "GRU: consume_less must be one of cpu, mem, gpu, but is 'all'", None),
        ("LSTM(3, forget_bias_init='uniform')", 40,
         "LSTM: forget_bias_init must be one of one, ones, zero, zeros, but is 'uniform'", None),
        ("Conv2D(3, nb_row=3)", 25, "Conv2D needs 'nb_col' beside 'nb_row'", None),
    ],
)  # fmt: skip
def test_a_mistake_points_at_what_was_written_and_names_what_is_meant(expression, column, message, help):
    with pytest.raises(ModelError) as caught:
        lstmcalc.parse(f"Input(4, 5) | {expression}")
    error = caught.value
    assert (error.message, error.help) == (message, help)
    assert error.column == column


def test_too_many_arguments_are_counted_as_the_dialect_counts_them():
    with pytest.raises(ModelError) as caught:
        lstmcalc.parse("Input(5) | Dropout(0.5, None, 3, 4)", dialect="keras1")
    assert caught.value.message == "Dropout takes 3 arguments in Keras 1, but has 4"


def test_a_dialect_that_there_is_not_is_refused(tmp_path):
    with pytest.raises(ModelError, match="'dialect' must be keras1, keras2 or keras3, not 'keras4'"):
        lstmcalc.parse("Input(5) | Dense(1)", dialect="keras4")
    with pytest.raises(ModelError) as caught:
        lstmcalc.from_dict({"dialect": "keras", "input": [5], "layers": [{"Dense": 1}]})
    assert caught.value.message == "'dialect' must be keras1, keras2 or keras3, not 'keras'"


def test_the_dialect_of_a_model_wins_over_that_of_the_command(tmp_path):
    path = tmp_path / "model.yaml"
    path.write_text("input: [4, 5]\nlayers:\n  - GRU: 7\n")
    assert lstmcalc.load(path, dialect="keras1").count_params() == 3 * (5 + 7 + 1) * 7
    path.write_text("dialect: keras3\ninput: [4, 5]\nlayers:\n  - GRU: 7\n")
    assert lstmcalc.load(path, dialect="keras1").count_params() == 3 * (5 + 7 + 2) * 7


def test_a_model_in_a_file_of_its_own_has_a_dialect_of_its_own(tmp_path):
    (tmp_path / "inner.yaml").write_text("input: [4, 5]\nlayers:\n  - GRU: 7\n")
    (tmp_path / "outer.yaml").write_text(
        "dialect: keras1\ninput: [4, 5]\nlayers:\n  - Model: inner.yaml\n  - Sequential: [{Dense: {output_dim: 1}}]\n"
    )
    assert lstmcalc.load(tmp_path / "outer.yaml").count_params() == 3 * (5 + 7 + 2) * 7 + 8
