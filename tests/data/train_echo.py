"""Trains the echo model of `specs/echo.yaml` with real Keras, and writes the files that stand beside it.

Run from the project's folder, with Keras and JAX installed (other backends give other
numbers): python tests/data/train_echo.py
"""

import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"

import keras
import numpy as np

SPECS = Path(__file__).parents[2] / "specs"
LENGTH, UNITS, EPOCHS = 5, 5, 8000


def main() -> None:
    keras.utils.set_random_seed(1)
    sequence = np.array([number / LENGTH for number in range(LENGTH)], np.float32)
    x = sequence.reshape(1, LENGTH, 1)  # samples, timesteps, features
    model = keras.Sequential(
        [
            keras.Input((LENGTH, 1)),
            keras.layers.LSTM(UNITS, return_sequences=True),
            keras.layers.TimeDistributed(keras.layers.Dense(1)),
        ]
    )
    rate = keras.optimizers.schedules.CosineDecay(0.02, EPOCHS)
    model.compile(loss="mean_squared_error", optimizer=keras.optimizers.Adam(rate))
    model.fit(x, x, epochs=EPOCHS, batch_size=1, verbose=0)
    result = model.predict(x, batch_size=1, verbose=0)
    for value in result[0, :, 0]:
        print(f"{value:.1f}")
    print(f"Keras {keras.__version__}, at most {np.abs(result - x).max():.2g} from the input")
    model.save_weights(SPECS / "echo.weights.h5")
    np.save(SPECS / "echo_input.npy", x)
    np.save(SPECS / "echo_expect.npy", result)


if __name__ == "__main__":
    main()
