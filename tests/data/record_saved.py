"""Saves small models with live Keras 3, for tests/formats/test_saved.py: run it again to record them anew.

python tests/data/record_saved.py
"""

import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "numpy"

import keras
from keras import layers as L

FOLDER = Path(__file__).parent / "saved"


def chain() -> keras.Model:
    inputs = keras.Input((5, 3))
    layers = [L.LSTM(4, return_sequences=True), L.BatchNormalization(), L.TimeDistributed(L.Dense(2))]
    return keras.Sequential([inputs, *layers], name="chain")


def graph() -> keras.Model:
    """An encoder whose states begin a decoder, a shared layer, a model inside, and operations."""
    source, target = keras.Input((None, 3), name="source"), keras.Input((None, 3), name="target")
    shared = L.Dense(4, name="shared")
    _, *states = L.LSTM(6, return_state=True, name="encoder")(shared(source))
    decoded = L.LSTM(6, return_sequences=True, name="decoder")(shared(target), initial_state=states)
    inner = keras.Sequential([keras.Input((None, 6)), L.Dense(5), L.Dense(2)], name="inner")
    last = inner(decoded)[:, -1] * 2.0
    return keras.Model([source, target], [last, keras.ops.mean(decoded, axis=1)], name="graph")


def trained() -> keras.Model:
    """A model inside, a layer with a generator of seeds, and an optimizer with variables of its own."""
    inner = keras.Sequential([L.Dense(4), L.Dropout(0.5)], name="inner")
    model = keras.Sequential([keras.Input((5, 3)), L.Bidirectional(L.LSTM(4)), inner, L.Dense(1)], name="trained")
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    return model


@keras.saving.register_keras_serializable("mine")
class Attending(L.Layer):
    """A class of one's own, with a weight and a layer inside."""

    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1], 3), name="scale")
        self.dense = L.Dense(5)
        self.dense.build(shape)

    def call(self, x):
        return keras.ops.sum(self.dense(x), axis=1) * keras.ops.sum(self.scale)

    def compute_output_shape(self, shape):
        return (shape[0], 5)


def own() -> keras.Model:
    """A layer of a class of one's own between two of Keras's."""
    inputs = keras.Input((7, 4))
    x = Attending(name="attending")(L.LSTM(6, return_sequences=True)(inputs))
    return keras.Model(inputs, L.Dense(2)(x), name="own")


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    keras.utils.set_random_seed(0)
    for make in (chain, graph, own):
        model = make()
        (FOLDER / f"{model.name}.json").write_text(model.to_json(), encoding="utf-8")
        model.save(FOLDER / f"{model.name}.keras")
        model.save(FOLDER / f"{model.name}.h5")
    trained().save_weights(FOLDER / "trained.weights.h5")


if __name__ == "__main__":
    main()
