"""Models in the style of public Keras examples, each as a script writes it and as a spec says it."""

from collections.abc import Callable
from typing import Any

import keras
from keras import Input, Model, Sequential, layers

Pair = tuple[Callable[[], Any], str]

MODELS: dict[str, Pair] = {}


def same_as(spec: str) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Put a function that builds a Keras model beside the spec of the same model."""

    def note(build: Callable[[], Any]) -> Callable[[], Any]:
        MODELS[build.__name__] = (build, spec)
        return build

    return note


@same_as("""
inputs: {source: [null, 71], target: [null, 93]}
layers:
  - LSTM: {units: 256, return_state: true}
    name: encoder
    from: source
  - LSTM: {units: 256, return_sequences: true, return_state: true}
    from: target
    initial_state: [encoder.state_h, encoder.state_c]
    name: decoder
  - Dense: {units: 93, activation: softmax}
""")
def seq2seq_characters() -> Any:
    source, target = Input((None, 71), name="source"), Input((None, 93), name="target")
    _, *states = layers.LSTM(256, return_state=True, name="encoder")(source)
    outputs, _, _ = layers.LSTM(256, return_sequences=True, return_state=True, name="decoder")(
        target, initial_state=states
    )
    return Model([source, target], layers.Dense(93, activation="softmax")(outputs))


@same_as("""
inputs: {source: {shape: [null], dtype: int32}, target: {shape: [null], dtype: int32}}
layers:
  - Embedding: {input_dim: 8000, output_dim: 128, mask_zero: true}
    from: source
  - Bidirectional: {GRU: {units: 64, return_sequences: true, return_state: true}}
  - Concatenate:
    from: [bidirectional.forward_state, bidirectional.backward_state]
  - Embedding: {input_dim: 9000, output_dim: 128, mask_zero: true}
    from: target
  - GRU: {units: 128, return_sequences: true}
    initial_state: concatenate
  - AdditiveAttention:
    from: [gru_1, bidirectional]
  - Concatenate: {axis: -1}
    from: [gru_1, additive_attention]
  - Dropout: 0.3
  - TimeDistributed: {Dense: {units: 9000, activation: softmax}}
""")
def seq2seq_bahdanau() -> Any:
    source, target = Input((None,), dtype="int32", name="source"), Input((None,), dtype="int32", name="target")
    embedded = layers.Embedding(8000, 128, mask_zero=True)(source)
    encoded, forward, backward = layers.Bidirectional(layers.GRU(64, return_sequences=True, return_state=True))(
        embedded
    )
    state = layers.Concatenate()([forward, backward])
    decoded = layers.GRU(128, return_sequences=True)(
        layers.Embedding(9000, 128, mask_zero=True)(target), initial_state=state
    )
    context = layers.AdditiveAttention()([decoded, encoded])
    joined = layers.Dropout(0.3)(layers.Concatenate(axis=-1)([decoded, context]))
    return Model([source, target], layers.TimeDistributed(layers.Dense(9000, activation="softmax"))(joined))


@same_as("""
inputs:
  words: {shape: [75], dtype: int32}
  chars: {shape: [75, 10], dtype: int32}
layers:
  - Embedding: {input_dim: 35180, output_dim: 100, trainable: false}
    name: word_embedding
    from: words
  - TimeDistributed: {Embedding: {input_dim: 80, output_dim: 20, mask_zero: false}}
    from: chars
  - TimeDistributed: {LSTM: {units: 25, recurrent_dropout: 0.5}}
    name: char_encoder
  - Concatenate:
    from: [word_embedding, char_encoder]
  - SpatialDropout1D: 0.3
  - Bidirectional: {LSTM: {units: 50, return_sequences: true, recurrent_dropout: 0.6}}
  - TimeDistributed: {Dense: {units: 50, activation: relu}}
  - Dense: {units: 18, activation: linear, name: emissions}
""")
def word_and_character_tagger() -> Any:
    words, chars = Input((75,), dtype="int32", name="words"), Input((75, 10), dtype="int32", name="chars")
    word = layers.Embedding(35180, 100, trainable=False, name="word_embedding")(words)
    char = layers.TimeDistributed(layers.Embedding(80, 20, mask_zero=False))(chars)
    char = layers.TimeDistributed(layers.LSTM(25, recurrent_dropout=0.5), name="char_encoder")(char)
    joined = layers.SpatialDropout1D(0.3)(layers.Concatenate()([word, char]))
    main = layers.Bidirectional(layers.LSTM(50, return_sequences=True, recurrent_dropout=0.6))(joined)
    main = layers.TimeDistributed(layers.Dense(50, activation="relu"))(main)
    return Model([words, chars], layers.Dense(18, activation="linear", name="emissions")(main))


@same_as("""
input: [16, 32, 32, 3]
layers:
  - TimeDistributed: {Conv2D: {filters: 16, kernel_size: [3, 3], padding: same, activation: relu}}
  - TimeDistributed: {MaxPooling2D: [4, 4]}
  - TimeDistributed: {Dropout: 0.25}
  - TimeDistributed: {Conv2D: {filters: 32, kernel_size: [3, 3], padding: same, activation: relu}}
  - TimeDistributed: {MaxPooling2D: {pool_size: [4, 4]}}
  - TimeDistributed: {Flatten: {}}
  - LSTM: 32
  - Dense: {units: 50, activation: softmax}
""")
def cnn_lstm_actions() -> Any:
    return Sequential([
        Input((16, 32, 32, 3)),
        layers.TimeDistributed(layers.Conv2D(16, (3, 3), padding="same", activation="relu")),
        layers.TimeDistributed(layers.MaxPooling2D((4, 4))),
        layers.TimeDistributed(layers.Dropout(0.25)),
        layers.TimeDistributed(layers.Conv2D(32, (3, 3), padding="same", activation="relu")),
        layers.TimeDistributed(layers.MaxPooling2D((4, 4))),
        layers.TimeDistributed(layers.Flatten()),
        layers.LSTM(32),
        layers.Dense(50, activation="softmax"),
    ])  # fmt: skip


@same_as("""
inputs: {input_layer: [null, 16, 16, 1]}
layers:
  - ConvLSTM2D: {filters: 8, kernel_size: [5, 5], padding: same, return_sequences: true, activation: relu}
  - BatchNormalization
  - ConvLSTM2D: {filters: 8, kernel_size: [3, 3], padding: same, return_sequences: true, activation: relu}
  - BatchNormalization
  - ConvLSTM2D: {filters: 8, kernel_size: [1, 1], padding: same, return_sequences: true, activation: relu}
  - Conv3D: {filters: 1, kernel_size: [3, 3, 3], activation: sigmoid, padding: same}
""")
def next_frame_convlstm() -> Any:
    frames = Input((None, 16, 16, 1))
    x = layers.ConvLSTM2D(8, (5, 5), padding="same", return_sequences=True, activation="relu")(frames)
    x = layers.BatchNormalization()(x)
    x = layers.ConvLSTM2D(8, (3, 3), padding="same", return_sequences=True, activation="relu")(x)
    x = layers.BatchNormalization()(x)
    x = layers.ConvLSTM2D(8, (1, 1), padding="same", return_sequences=True, activation="relu")(x)
    return Model(frames, layers.Conv3D(1, (3, 3, 3), activation="sigmoid", padding="same")(x))


@same_as("""
inputs: {tokens: {shape: [200], dtype: int64}}
layers:
  - Embedding: {input_dim: 20000, output_dim: 32}
    name: token_embedding
  - MultiHeadAttention: {num_heads: 2, key_dim: 32}
    from: [token_embedding, token_embedding]
  - Dropout: 0.1
    name: dropped
  - Add:
    from: [token_embedding, dropped]
  - LayerNormalization: {epsilon: 1e-6}
    name: norm
  - Sequential:
      - Dense: {units: 32, activation: relu}
      - Dense: 32
    name: ffn
  - Dropout: 0.1
    name: dropped_again
  - Add:
    from: [norm, dropped_again]
  - LayerNormalization: {epsilon: 1e-6}
  - GlobalAveragePooling1D
  - Dense: {units: 20, activation: relu}
  - Dense: {units: 2, activation: softmax}
""")
def transformer_classifier() -> Any:
    tokens = Input((200,), dtype="int64", name="tokens")
    x = layers.Embedding(20000, 32, name="token_embedding")(tokens)
    attended = layers.Dropout(0.1, name="dropped")(layers.MultiHeadAttention(num_heads=2, key_dim=32)(x, x))
    x = layers.LayerNormalization(epsilon=1e-6, name="norm")(layers.Add()([x, attended]))
    ffn = Sequential([layers.Dense(32, activation="relu"), layers.Dense(32)], name="ffn")
    y = layers.Dropout(0.1, name="dropped_again")(ffn(x))
    x = layers.LayerNormalization(epsilon=1e-6)(layers.Add()([x, y]))
    x = layers.Dense(20, activation="relu")(layers.GlobalAveragePooling1D()(x))
    return Model(tokens, layers.Dense(2, activation="softmax")(x))


@same_as("""
inputs: {input_layer: [500, 1]}
layers:
  - LayerNormalization: {epsilon: 1e-6}
    name: block_norm
  - MultiHeadAttention: {key_dim: 256, num_heads: 4, dropout: 0.25}
    from: [block_norm, block_norm]
    name: block_attention
  - Dropout: {rate: 0.25, name: dropped}
  - Add:
    from: [dropped, input_layer]
    name: res
  - LayerNormalization: {epsilon: 1e-6}
  - Conv1D: {filters: 4, kernel_size: 1, activation: relu}
  - Dropout: 0.25
  - Conv1D: {filters: 1, kernel_size: 1}
  - Add:
    from: [conv1d_1, res]
  - GlobalAveragePooling1D: {data_format: channels_first}
  - Dense: {units: 128, activation: relu}
  - Dropout: 0.4
  - Dense: {units: 2, activation: softmax}
""")
def timeseries_transformer() -> Any:
    series = Input((500, 1))
    x = layers.LayerNormalization(epsilon=1e-6, name="block_norm")(series)
    x = layers.MultiHeadAttention(key_dim=256, num_heads=4, dropout=0.25, name="block_attention")(x, x)
    x = layers.Dropout(0.25, name="dropped")(x)
    res = layers.Add(name="res")([x, series])
    x = layers.LayerNormalization(epsilon=1e-6)(res)
    x = layers.Conv1D(filters=4, kernel_size=1, activation="relu")(x)
    x = layers.Dropout(0.25)(x)
    x = layers.Conv1D(filters=1, kernel_size=1)(x)
    x = layers.Add()([x, res])
    x = layers.GlobalAveragePooling1D(data_format="channels_first")(x)
    x = layers.Dropout(0.4)(layers.Dense(128, activation="relu")(x))
    return Model(series, layers.Dense(2, activation="softmax")(x))


WAVENET = "\n".join(
    f"""
  - Conv1D: {{filters: 16, kernel_size: 2, dilation_rate: {rate}, padding: causal}}
    from: {above}
    name: filter_{rate}
  - Conv1D: {{filters: 16, kernel_size: 2, dilation_rate: {rate}, padding: causal, activation: sigmoid}}
    from: {above}
    name: gate_{rate}
  - Multiply:
    from: [filter_{rate}, gate_{rate}]
    name: gated_{rate}
  - Conv1D: {{filters: 16, kernel_size: 1}}
    name: skip_{rate}
  - Add:
    from: [{above}, skip_{rate}]
    name: sum_{rate}"""
    for rate, above in ((1, "start"), (2, "sum_1"), (4, "sum_2"), (8, "sum_4"))
).rpartition("\n  - Add:")[0]


@same_as(f"""
inputs: {{waveform: [null, 1]}}
layers:
  - Conv1D: {{filters: 16, kernel_size: 1}}
    name: start
{WAVENET}
  - Add:
    from: [skip_1, skip_2, skip_4, skip_8]
  - ReLU
  - Conv1D: {{filters: 256, kernel_size: 1}}
  - Softmax
""")
def wavenet() -> Any:
    waveform = Input((None, 1), name="waveform")
    x = layers.Conv1D(16, 1, name="start")(waveform)
    skips = []
    for rate in (1, 2, 4, 8):
        given = {"dilation_rate": rate, "padding": "causal"}
        left = layers.Conv1D(16, 2, name=f"filter_{rate}", **given)(x)
        right = layers.Conv1D(16, 2, activation="sigmoid", name=f"gate_{rate}", **given)(x)
        gated = layers.Multiply(name=f"gated_{rate}")([left, right])
        skips.append(layers.Conv1D(16, 1, name=f"skip_{rate}")(gated))
        x = layers.Add(name=f"sum_{rate}")([x, skips[-1]])
    x = layers.Conv1D(256, 1)(layers.ReLU()(layers.Add()(skips)))
    return Model(waveform, layers.Softmax()(x))


@same_as("""
inputs: {left: {shape: [30], dtype: int32}, right: {shape: [30], dtype: int32}}
layers:
  - Embedding: {input_dim: 5000, output_dim: 50, mask_zero: true}
    from: left
    name: embed
  - LSTM: {units: 40}
    name: shared
  - reuse: embed
    from: right
    name: embedded_right
  - reuse: shared
    name: right_vector
  - Dot: {axes: 1, normalize: true}
    from: [shared, right_vector]
  - Dense: {units: 1, activation: sigmoid}
""")
def siamese_shared_lstm() -> Any:
    left, right = Input((30,), dtype="int32", name="left"), Input((30,), dtype="int32", name="right")
    embed, shared = layers.Embedding(5000, 50, mask_zero=True, name="embed"), layers.LSTM(40, name="shared")
    vectors = [shared(embed(left)), shared(embed(right))]
    near = layers.Dot(axes=1, normalize=True)(vectors)
    return Model([left, right], layers.Dense(1, activation="sigmoid")(near))


@same_as("""
inputs: {anchor: [28, 28], positive: [28, 28], negative: [28, 28]}
layers:
  - Model:
      inputs: {rows: [28, 28]}
      layers:
        - Bidirectional: {LSTM: 32, merge_mode: ave}
        - Dense: 16
        - UnitNormalization
    name: embedding
    from: anchor
  - {reuse: embedding, from: positive, name: p}
  - {reuse: embedding, from: negative, name: n}
outputs: [embedding, p, n]
""")
def triplet_network() -> Any:
    rows = Input((28, 28), name="rows")
    x = layers.Bidirectional(layers.LSTM(32), merge_mode="ave")(rows)
    inner = Model(rows, layers.UnitNormalization()(layers.Dense(16)(x)), name="embedding")
    inputs = [Input((28, 28), name=name) for name in ("anchor", "positive", "negative")]
    return Model(inputs, [inner(each) for each in inputs])


@same_as("""
input: [30, 1]
layers:
  - LSTM: 128
  - Dropout: {rate: 0.2}
  - RepeatVector: {n: 30}
  - LSTM: {units: 128, return_sequences: true}
  - Dropout: {rate: 0.2}
  - TimeDistributed: {Dense: 1}
""")
def lstm_autoencoder() -> Any:
    return Sequential([
        layers.InputLayer(shape=(30, 1)),
        layers.LSTM(128),
        layers.Dropout(rate=0.2),
        layers.RepeatVector(n=30),
        layers.LSTM(128, return_sequences=True),
        layers.Dropout(rate=0.2),
        layers.TimeDistributed(layers.Dense(1)),
    ])  # fmt: skip


@same_as("""
input: [288, 1]
layers:
  - Conv1D: {filters: 32, kernel_size: 7, padding: same, strides: 2, activation: relu}
  - Dropout: {rate: 0.2}
  - Conv1D: {filters: 16, kernel_size: 7, padding: same, strides: 2, activation: relu}
  - Conv1DTranspose: {filters: 16, kernel_size: 7, padding: same, strides: 2, activation: relu}
  - Dropout: {rate: 0.2}
  - Conv1DTranspose: {filters: 32, kernel_size: 7, padding: same, strides: 2, activation: relu}
  - Conv1DTranspose: {filters: 1, kernel_size: 7, padding: same}
""")
def anomaly_autoencoder() -> Any:
    given = {"kernel_size": 7, "padding": "same"}
    return Sequential([
        layers.Input((288, 1)),
        layers.Conv1D(filters=32, strides=2, activation="relu", **given),
        layers.Dropout(rate=0.2),
        layers.Conv1D(filters=16, strides=2, activation="relu", **given),
        layers.Conv1DTranspose(filters=16, strides=2, activation="relu", **given),
        layers.Dropout(rate=0.2),
        layers.Conv1DTranspose(filters=32, strides=2, activation="relu", **given),
        layers.Conv1DTranspose(filters=1, **given),
    ])  # fmt: skip


@same_as("""
name: old_gru
input: [null, 40]
layers:
  - GRU: {units: 100, reset_after: false, return_sequences: true}
    repeat: 2
  - GRU: {units: 50, reset_after: false, recurrent_activation: hard_sigmoid, go_backwards: true}
  - Dense: 10
  - Activation: softmax
""")
def gru_without_reset_after() -> Any:
    return Sequential(
        [
            Input((None, 40)),
            layers.GRU(100, reset_after=False, return_sequences=True),
            layers.GRU(100, reset_after=False, return_sequences=True),
            layers.GRU(50, reset_after=False, recurrent_activation="hard_sigmoid", go_backwards=True),
            layers.Dense(10),
            layers.Activation("softmax"),
        ],
        name="old_gru",
    )


@same_as("""
inputs: {input_layer: [20, 8]}
layers:
  - RNN: {cell: [{LSTMCell: 32}, {GRUCell: 16}, {SimpleRNNCell: 8}], return_sequences: true, return_state: true}
  - RNN: {cell: {StackedRNNCells: {cells: [{LSTMCell: 8}, {LSTMCell: 4}]}}}
    from: rnn.0
  - Dense: 1
""")
def stacked_cells() -> Any:
    series = Input((20, 8))
    cells = [layers.LSTMCell(32), layers.GRUCell(16), layers.SimpleRNNCell(8)]
    x, *_ = layers.RNN(cells, return_sequences=True, return_state=True)(series)
    x = layers.RNN(layers.StackedRNNCells([layers.LSTMCell(8), layers.LSTMCell(4)]))(x)
    return Model(series, layers.Dense(1)(x))


@same_as("""
input: {shape: [null, 65], batch: 16}
layers:
  - LSTM: {units: 256, return_sequences: true, stateful: true}
    repeat: 3
  - TimeDistributed: {Dense: {units: 65, activation: softmax}}
""")
def stateful_char_rnn() -> Any:
    stack = [layers.LSTM(256, return_sequences=True, stateful=True) for _ in range(3)]
    output = layers.TimeDistributed(layers.Dense(65, activation="softmax"))
    return Sequential([Input((None, 65), batch_size=16), *stack, output])


@same_as("""
input: {shape: [400], dtype: int32}
layers:
  - Embedding: {input_dim: 5000, output_dim: 50}
  - Dropout: 0.2
  - Conv1D: {filters: 250, kernel_size: 3, padding: valid, activation: relu, strides: 1}
  - MaxPooling1D: {pool_size: 4}
  - LSTM: 70
  - Dense: 1
  - Activation: sigmoid
""")
def imdb_cnn_lstm() -> Any:
    return Sequential([
        Input((400,), dtype="int32"),
        layers.Embedding(5000, 50),
        layers.Dropout(0.2),
        layers.Conv1D(250, 3, padding="valid", activation="relu", strides=1),
        layers.MaxPooling1D(pool_size=4),
        layers.LSTM(70),
        layers.Dense(1),
        layers.Activation("sigmoid"),
    ])  # fmt: skip


@same_as("""
inputs:
  story: {shape: [68], dtype: int32}
  question: {shape: [4], dtype: int32}
layers:
  - Sequential:
      - Embedding: {input_dim: 22, output_dim: 64}
      - Dropout: 0.3
    name: encode_m
    from: story
  - Sequential:
      - Embedding: {input_dim: 22, output_dim: 4}
      - Dropout: 0.3
    name: encode_c
    from: story
  - Sequential: {layers: [Embedding: {input_dim: 22, output_dim: 64}, Dropout: 0.3]}
    name: encode_q
    from: question
  - Dot: {axes: [2, 2]}
    from: [encode_m, encode_q]
  - Activation: softmax
  - Add:
    from: [activation, encode_c]
  - Permute: [2, 1]
  - Concatenate:
    from: [permute, encode_q]
  - LSTM: 32
  - Dropout: 0.3
  - Dense: 22
  - Activation: softmax
""")
def babi_memory_network() -> Any:
    story, question = Input((68,), dtype="int32", name="story"), Input((4,), dtype="int32", name="question")

    def encoder(name: str, size: int) -> Any:
        return Sequential([layers.Embedding(22, size), layers.Dropout(0.3)], name=name)

    m, c, q = (encoder(*each) for each in (("encode_m", 64), ("encode_c", 4), ("encode_q", 64)))
    encoded_m, encoded_c, encoded_q = m(story), c(story), q(question)
    match = layers.Activation("softmax")(layers.Dot(axes=(2, 2))([encoded_m, encoded_q]))
    response = layers.Permute((2, 1))(layers.Add()([match, encoded_c]))
    answer = layers.LSTM(32)(layers.Concatenate()([response, encoded_q]))
    answer = layers.Dense(22)(layers.Dropout(0.3)(answer))
    return Model([story, question], layers.Activation("softmax")(answer))


@same_as("""
inputs: {image: [128, 32, 1]}
layers:
  - Conv2D: {filters: 32, kernel_size: 3, activation: relu, kernel_initializer: he_normal, padding: same, name: Conv1}
  - MaxPooling2D: {pool_size: [2, 2], name: pool1}
  - Conv2D: {filters: 64, kernel_size: 3, activation: relu, kernel_initializer: he_normal, padding: same, name: Conv2}
  - MaxPooling2D: {pool_size: [2, 2], name: pool2}
  - Reshape: {target_shape: [32, 512], name: reshape}
  - Dense: {units: 64, activation: relu, name: dense1}
  - Dropout: 0.2
  - Bidirectional: {LSTM: {units: 128, return_sequences: true, dropout: 0.25}}
  - Bidirectional: {LSTM: {units: 64, return_sequences: true, dropout: 0.25}}
  - Dense: {units: 21, activation: softmax, name: dense2}
""")
def captcha_ocr() -> Any:
    image = Input((128, 32, 1), name="image")
    given = {"activation": "relu", "kernel_initializer": "he_normal", "padding": "same"}
    x = layers.MaxPooling2D((2, 2), name="pool1")(layers.Conv2D(32, (3, 3), name="Conv1", **given)(image))
    x = layers.MaxPooling2D((2, 2), name="pool2")(layers.Conv2D(64, (3, 3), name="Conv2", **given)(x))
    x = layers.Reshape(target_shape=(32, 512), name="reshape")(x)
    x = layers.Dropout(0.2)(layers.Dense(64, activation="relu", name="dense1")(x))
    x = layers.Bidirectional(layers.LSTM(128, return_sequences=True, dropout=0.25))(x)
    x = layers.Bidirectional(layers.LSTM(64, return_sequences=True, dropout=0.25))(x)
    return Model(image, layers.Dense(21, activation="softmax", name="dense2")(x))


@same_as("""
inputs: {spectrogram: [null, 193]}
layers:
  - Reshape: {target_shape: [-1, 193, 1], name: expand_dim}
  - Conv2D: {filters: 32, kernel_size: [11, 41], strides: [2, 2], padding: same, use_bias: false}
  - BatchNormalization
  - ReLU
  - Conv2D: {filters: 32, kernel_size: [11, 21], strides: [1, 2], padding: same, use_bias: false}
  - BatchNormalization
  - ReLU
  - Reshape: [-1, 1568]
  - Bidirectional: {GRU: {units: 32, return_sequences: true, reset_after: true, name: gru_1}, name: bidirectional_1}
  - Dropout: {rate: 0.5}
  - Bidirectional:
      GRU: {units: 32, return_sequences: true, reset_after: true, name: gru_2}
      merge_mode: concat
      name: bidirectional_2
  - Dense: {units: 1024, name: dense_1}
  - ReLU: {name: dense_1_relu}
  - Dense: {units: 32, activation: softmax}
""")
def deep_speech() -> Any:
    spectrogram = Input((None, 193), name="spectrogram")
    x = layers.Reshape((-1, 193, 1), name="expand_dim")(spectrogram)
    x = layers.Conv2D(32, [11, 41], strides=[2, 2], padding="same", use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Conv2D(32, [11, 21], strides=[1, 2], padding="same", use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Reshape((-1, 1568))(x)
    recurrent = layers.GRU(32, return_sequences=True, reset_after=True, name="gru_1")
    x = layers.Dropout(rate=0.5)(layers.Bidirectional(recurrent, name="bidirectional_1")(x))
    recurrent = layers.GRU(32, return_sequences=True, reset_after=True, name="gru_2")
    x = layers.Bidirectional(recurrent, name="bidirectional_2", merge_mode="concat")(x)
    x = layers.ReLU(name="dense_1_relu")(layers.Dense(units=1024, name="dense_1")(x))
    return Model(spectrogram, layers.Dense(units=32, activation="softmax")(x))


@same_as("""
inputs: {features: [60, 34]}
layers:
  - Masking: {mask_value: -1.0}
  - Bidirectional: {LSTM: {units: 64, return_sequences: true}}
    name: context
  - Dense: {units: 1, activation: tanh}
  - Flatten
  - Activation: softmax
  - RepeatVector: 128
  - Permute: [2, 1]
  - Multiply:
    from: [context, permute]
  - Lambda: {output_shape: [128]}
    name: weighted_sum
  - Dense: {units: 4, activation: softmax}
""")
def attention_by_hand() -> Any:
    features = Input((60, 34), name="features")
    context = layers.Bidirectional(layers.LSTM(64, return_sequences=True), name="context")(
        layers.Masking(mask_value=-1.0)(features)
    )
    scores = layers.Activation("softmax")(layers.Flatten()(layers.Dense(1, activation="tanh")(context)))
    scores = layers.Permute([2, 1])(layers.RepeatVector(128)(scores))
    joined = layers.Multiply()([context, scores])
    summed = layers.Lambda(lambda x: keras.ops.sum(x, axis=1), output_shape=(128,), name="weighted_sum")(joined)
    return Model(features, layers.Dense(4, activation="softmax")(summed))


@same_as("""
inputs:
  title: {shape: [null], dtype: int32}
  body: {shape: [null], dtype: int32}
  tags: [12]
layers:
  - Embedding: {input_dim: 10000, output_dim: 64}
    from: title
  - Embedding: {input_dim: 10000, output_dim: 64}
    from: body
  - LSTM: 128
    from: embedding
  - LSTM: 32
    from: embedding_1
  - Concatenate:
    from: [lstm, lstm_1, tags]
  - Dense: 1
    name: priority
  - Dense: 4
    name: department
    from: concatenate
outputs: [priority, department]
""")
def ticket_triage() -> Any:
    title, body = Input((None,), dtype="int32", name="title"), Input((None,), dtype="int32", name="body")
    tags = Input((12,), name="tags")
    first, second = layers.Embedding(10000, 64)(title), layers.Embedding(10000, 64)(body)
    x = layers.concatenate([layers.LSTM(128)(first), layers.LSTM(32)(second), tags])
    return Model([title, body, tags], [layers.Dense(1, name="priority")(x), layers.Dense(4, name="department")(x)])


@same_as("""
inputs: {question: {shape: [10], dtype: int32}, video: [5, 32, 32, 3]}
layers:
  - TimeDistributed:
      Sequential:
        - Conv2D: {filters: 16, kernel_size: 3, activation: relu, padding: same}
        - Conv2D: {filters: 16, kernel_size: 3}
        - MaxPooling2D
        - Flatten
    name: vision
    trainable: false
    from: video
  - LSTM: 64
  - Embedding: {input_dim: 500, output_dim: 32}
    from: question
  - LSTM: 64
  - Concatenate:
    from: [lstm, lstm_1]
  - Dense: {units: 100, activation: softmax}
""")
def video_question_answering() -> Any:
    question, video = Input((10,), dtype="int32", name="question"), Input((5, 32, 32, 3), name="video")
    vision = Sequential([
        layers.Conv2D(16, 3, activation="relu", padding="same"),
        layers.Conv2D(16, 3),
        layers.MaxPooling2D(),
        layers.Flatten(),
    ])  # fmt: skip
    frames = layers.TimeDistributed(vision, name="vision")
    frames.trainable = False
    encoded = layers.LSTM(64)(frames(video))
    asked = layers.LSTM(64)(layers.Embedding(500, 32)(question))
    return Model([question, video], layers.Dense(100, activation="softmax")(layers.concatenate([encoded, asked])))


@same_as("""
inputs: {series: [168, 7]}
layers:
  - Conv1D: {filters: 64, kernel_size: 8, padding: same, use_bias: false}
    name: c1
  - BatchNormalization
  - ReLU
  - GlobalAveragePooling1D
  - Permute: [2, 1]
    from: series
  - LSTM: 8
  - Dropout: 0.8
  - Concatenate:
    from: [dropout, global_average_pooling1d]
  - Dense: {units: 6, activation: softmax}
""")
def lstm_fcn() -> Any:
    series = Input((168, 7), name="series")
    x = layers.Conv1D(64, 8, padding="same", use_bias=False, name="c1")(series)
    x = layers.GlobalAveragePooling1D()(layers.ReLU()(layers.BatchNormalization()(x)))
    y = layers.Dropout(0.8)(layers.LSTM(8)(layers.Permute((2, 1))(series)))
    return Model(series, layers.Dense(6, activation="softmax")(layers.concatenate([y, x])))


@same_as("""
inputs: {pixels: [16, 20, 20, 1]}
layers:
  - Conv3D: {filters: 8, kernel_size: 3, activation: relu}
  - MaxPooling3D: {pool_size: 2}
  - BatchNormalization
  - Conv3D: {filters: 16, kernel_size: [3, 3, 3], activation: relu}
  - GlobalAveragePooling3D: {keepdims: true}
  - Flatten
  - Dense: {units: 32, activation: relu}
  - Dropout: 0.3
  - Dense: {units: 1, activation: sigmoid}
name: 3dcnn
""")
def volume_cnn() -> Any:
    pixels = Input((16, 20, 20, 1), name="pixels")
    x = layers.Conv3D(filters=8, kernel_size=3, activation="relu")(pixels)
    x = layers.BatchNormalization()(layers.MaxPooling3D(pool_size=2)(x))
    x = layers.Conv3D(filters=16, kernel_size=(3, 3, 3), activation="relu")(x)
    x = layers.Flatten()(layers.GlobalAveragePooling3D(keepdims=True)(x))
    x = layers.Dropout(0.3)(layers.Dense(units=32, activation="relu")(x))
    return Model(pixels, layers.Dense(units=1, activation="sigmoid")(x), name="3dcnn")


@same_as("""
inputs: {encoder_inputs: {shape: [null], dtype: int64}, decoder_inputs: {shape: [null], dtype: int64}}
layers:
  - Model:
      inputs: {ids: {shape: [null], dtype: int64}}
      layers:
        - Embedding: {input_dim: 1000, output_dim: 64}
        - MultiHeadAttention: {num_heads: 8, key_dim: 64}
          from: [embedding, embedding]
        - Add:
          from: [embedding, multi_head_attention]
        - LayerNormalization
    name: transformer_encoder
    from: encoder_inputs
  - Embedding: {input_dim: 1000, output_dim: 64}
    name: target_embedding
    from: decoder_inputs
  - MultiHeadAttention: {num_heads: 8, key_dim: 64}
    from: [target_embedding, target_embedding]
    name: self_attention
  - LayerNormalization
  - MultiHeadAttention: {num_heads: 8, key_dim: 64, value_dim: 16}
    from: [layer_normalization_1, transformer_encoder, transformer_encoder]
    name: cross_attention
  - Dropout: 0.5
  - Dense: {units: 1000, activation: softmax}
""")
def translation_transformer() -> Any:
    ids = Input((None,), dtype="int64", name="ids")
    x = layers.Embedding(1000, 64)(ids)
    x = layers.LayerNormalization()(layers.Add()([x, layers.MultiHeadAttention(8, 64)(x, x)]))
    encoder = Model(ids, x, name="transformer_encoder")
    source = Input((None,), dtype="int64", name="encoder_inputs")
    target = Input((None,), dtype="int64", name="decoder_inputs")
    encoded = encoder(source)
    y = layers.Embedding(1000, 64, name="target_embedding")(target)
    y = layers.LayerNormalization()(layers.MultiHeadAttention(8, 64, name="self_attention")(y, y))
    y = layers.MultiHeadAttention(8, 64, value_dim=16, name="cross_attention")(y, encoded, encoded)
    return Model([source, target], layers.Dense(1000, activation="softmax")(layers.Dropout(0.5)(y)))


@same_as("""
inputs: {input_layer: {shape: [250], dtype: int32}}
layers:
  - Embedding: {input_dim: 20000, output_dim: 128}
  - Conv1D: {filters: 128, kernel_size: 3, padding: same, activation: relu}
    from: embedding
  - Conv1D: {filters: 128, kernel_size: 4, padding: same, activation: relu}
    from: embedding
  - Conv1D: {filters: 128, kernel_size: 5, padding: same, activation: relu}
    from: embedding
  - GlobalMaxPooling1D:
    from: conv1d
  - GlobalMaxPooling1D:
    from: conv1d_1
  - GlobalMaxPooling1D:
    from: conv1d_2
  - Concatenate:
    from: [global_max_pooling1d, global_max_pooling1d_1, global_max_pooling1d_2]
  - Dense: {units: 1, kernel_regularizer: l2}
""")
def text_cnn_of_three_widths() -> Any:
    words = Input((250,), dtype="int32")
    x = layers.Embedding(20000, 128)(words)
    widths = [layers.Conv1D(128, width, padding="same", activation="relu")(x) for width in (3, 4, 5)]
    pooled = layers.Concatenate()([layers.GlobalMaxPooling1D()(each) for each in widths])
    return Model(words, layers.Dense(1, kernel_regularizer="l2")(pooled))


@same_as("""
inputs: {history: [12, 3], forecast: [4, 2]}
layers:
  - GRU: {units: 32, return_state: true, dropout: 0.1, recurrent_dropout: 0.1}
    from: history
  - LayerNormalization:
    from: gru.state
  - GRU: {units: 32, return_sequences: true, unroll: true}
    from: forecast
    initial_state: layer_normalization
  - RepeatVector: 1
    from: gru.0
  - Concatenate: {axis: 1}
    from: [gru_1, repeat_vector]
  - TimeDistributed:
      layer: {Dense: {units: 1, kernel_constraint: non_neg}}
""")
def gru_forecast() -> Any:
    history, forecast = Input((12, 3), name="history"), Input((4, 2), name="forecast")
    last, state = layers.GRU(32, return_state=True, dropout=0.1, recurrent_dropout=0.1)(history)
    state = layers.LayerNormalization()(state)
    x = layers.GRU(32, return_sequences=True, unroll=True)(forecast, initial_state=state)
    x = layers.Concatenate(axis=1)([x, layers.RepeatVector(1)(last)])
    return Model([history, forecast], layers.TimeDistributed(layers.Dense(1, kernel_constraint="non_neg"))(x))


@same_as("""
inputs: {clip: [20, 40, 40, 2]}
layers:
  - TimeDistributed:
      Model:
        inputs: {frame: [40, 40, 2]}
        layers:
          - SeparableConv2D: {filters: 24, kernel_size: 3, strides: 2, depth_multiplier: 2}
          - DepthwiseConv2D: {kernel_size: 3, padding: same}
          - PReLU: {shared_axes: [1, 2]}
          - GroupNormalization: {groups: 8}
          - GlobalMaxPooling2D
      name: per_frame
  - Bidirectional:
      layer: {LSTM: {units: 10, return_sequences: true}}
      backward_layer: {GRU: {units: 10, return_sequences: true, go_backwards: true}}
  - SimpleRNN: {units: 12, activation: relu}
  - Dense: {units: 3, use_bias: false}
""")
def per_frame_model() -> Any:
    frame = Input((40, 40, 2), name="frame")
    x = layers.SeparableConv2D(24, 3, strides=2, depth_multiplier=2)(frame)
    x = layers.PReLU(shared_axes=[1, 2])(layers.DepthwiseConv2D(3, padding="same")(x))
    inner = Model(frame, layers.GlobalMaxPooling2D()(layers.GroupNormalization(groups=8)(x)))
    clip = Input((20, 40, 40, 2), name="clip")
    y = layers.TimeDistributed(inner, name="per_frame")(clip)
    backward = layers.GRU(10, return_sequences=True, go_backwards=True)
    y = layers.Bidirectional(layers.LSTM(10, return_sequences=True), backward_layer=backward)(y)
    return Model(clip, layers.Dense(3, use_bias=False)(layers.SimpleRNN(12, activation="relu")(y)))


@same_as("""
inputs: {noise: [10, 4], memory: [8, 6]}
layers:
  - Bidirectional: {LSTM: {units: 6, return_sequences: true, return_state: true}, merge_mode: null}
    from: noise
    name: both
  - Attention: {use_scale: true, score_mode: concat}
    from: [both.0, memory]
  - GroupQueryAttention: {head_dim: 8, num_query_heads: 4, num_key_value_heads: 2}
    from: [both.1, memory]
  - Average:
    from: [attention, grouped_query_attention]
  - LSTM: 6
    initial_state: [both.forward_h, both.backward_c]
  - Dense: 2
""")
def two_attentions() -> Any:
    noise, memory = Input((10, 4), name="noise"), Input((8, 6), name="memory")
    recurrent = layers.LSTM(6, return_sequences=True, return_state=True)
    forward, backward, h, _, _, c = layers.Bidirectional(recurrent, merge_mode=None, name="both")(noise)
    one = layers.Attention(use_scale=True, score_mode="concat")([forward, memory])
    other = layers.GroupQueryAttention(8, 4, 2)(backward, memory)
    x = layers.LSTM(6)(layers.Average()([one, other]), initial_state=[h, c])
    return Model([noise, memory], layers.Dense(2)(x))
