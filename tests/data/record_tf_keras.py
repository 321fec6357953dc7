"""Saves a small model with live tf-keras (Keras 2 on TensorFlow), for tests/formats/test_saved_by_tf_keras.py.

python tests/data/record_tf_keras.py, where `tf-keras` is installed, records it anew in saved_by_tf_keras/: as JSON,
HDF5, `.keras`, the metadata of a SavedModel, and weights alone; with an input and what the model gives for it.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras
from tf_keras import layers as L

FOLDER = Path(__file__).parent / "saved_by_tf_keras"


def graph() -> tf_keras.Model:
    """States handed on, a shared layer, a model inside, layers that save what they are derived from, and operations."""
    source, target = tf_keras.Input((None, 3), name="source"), tf_keras.Input((None, 3), name="target")
    shared = L.Dense(4, name="shared")
    _, *states = L.LSTM(3, return_state=True, name="encoder")(shared(source))
    decoded = L.LSTM(3, return_sequences=True, name="decoder")(shared(target), initial_state=states)
    inner = tf_keras.Sequential([tf_keras.Input((None, 3)), L.Dense(2), L.BatchNormalization()], name="inner")
    frozen = L.Bidirectional(L.GRU(2, return_sequences=True), name="frozen", trainable=False)(inner(decoded))
    attended = L.MultiHeadAttention(2, 3, name="attention")(frozen, frozen)
    filtered = L.SeparableConv1D(3, 2, padding="causal", name="filtered")(attended)
    last = tf.concat([filtered[:, -1] * 2.0, tf.reduce_mean(decoded, axis=1)], axis=-1)
    return tf_keras.Model([source, target], tf.nn.relu(last) - 1.0, name="graph")


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    tf_keras.utils.set_random_seed(0)
    model = graph()
    (FOLDER / "graph.json").write_text(model.to_json(), encoding="utf-8")
    for suffix in ("h5", "keras"):
        model.save(FOLDER / f"graph.{suffix}")
    model.save_weights(FOLDER / "graph.weights.h5")
    model.save_weights(FOLDER / "graph_weights.h5")
    whole = FOLDER / "whole"
    model.save(whole, save_format="tf")
    (FOLDER / "folder").mkdir(exist_ok=True)
    for name in ("keras_metadata.pb",):  # the graph of TensorFlow beside it is not read
        shutil.copy(whole / name, FOLDER / "folder" / name)
    (FOLDER / "folder" / "saved_model.pb").write_bytes(b"")
    shutil.rmtree(whole)
    inputs = [np.sin(np.arange(2 * 5 * 3) * scale).reshape(2, 5, 3).astype("float32") for scale in (1.0, 0.7)]
    trainable = sum(int(np.prod(each.shape)) for each in model.trainable_weights)
    said = {
        "version": tf_keras.__version__,
        "params": model.count_params(),
        "trainable_params": trainable,
        "inputs": [each.tolist() for each in inputs],
        "output": model.predict(inputs, verbose=0).tolist(),
    }
    (FOLDER / "graph_run.json").write_text(json.dumps(said), encoding="utf-8")


if __name__ == "__main__":
    main()
