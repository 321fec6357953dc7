"""Spectra of signals, as keras/src/layers/preprocessing/mel_spectrogram.py and stft_spectrogram.py compute them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

WINDOWS = {"hann": np.hanning, "hamming": np.hamming}
MEL_BREAK_HERTZ, MEL_HIGH_Q = 700.0, 1127.0  # of the Hidden Markov Model Toolkit
LEAST = 1e-7  # Keras's epsilon


def window_of(given: Any, length: int, is_periodic: bool = True) -> Array:
    """The heights of a window by its name or by themselves; all 1 for None."""
    if given is None or (isinstance(given, str) and length == 1):
        return np.ones(length)
    if not isinstance(given, str):
        return np.asarray(given, "float64")
    heights: Array = WINDOWS[given](length + is_periodic)[:length]
    return heights


def strengths(x: Array, heights: Array, fft_length: int, stride: int) -> Array:
    """`(samples, length)` to `(samples, frames, frequencies)`: how strong each is in frames around every stride."""
    margin = fft_length // 2
    x = np.pad(x, [(0, 0), (margin, margin)], mode="reflect")
    before = (fft_length - len(heights)) // 2
    heights = np.pad(heights, (before, fft_length - len(heights) - before)).astype(x.dtype)
    frames = np.lib.stride_tricks.sliding_window_view(x, fft_length, axis=-1)[:, ::stride]
    return np.abs(np.fft.rfft(frames * heights, axis=-1)).astype(x.dtype)


def mel_matrix(bins: int, frequencies: int, rate: float, lowest: float, highest: float) -> Array:
    """`(frequencies, bins)`: how much each frequency belongs to each band of the mel scale."""

    def mel(hertz: Any) -> Any:
        return MEL_HIGH_Q * np.log(1 + np.asarray(hertz) / MEL_BREAK_HERTZ)

    places = mel(np.linspace(0, rate / 2, frequencies)[1:])[:, None]
    edges = np.linspace(mel(lowest), mel(highest), bins + 2)
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    shares = np.maximum(0, np.minimum((places - low) / (middle - low), (high - places) / (high - middle)))
    padded: Array = np.pad(shares, [(1, 0), (0, 0)])  # the lowest frequency is none
    return padded


def decibels(x: Array, least: float, reference: float, range_db: float) -> Array:
    """Power in decibels, none further than `range_db` below the highest of all samples."""
    y: Array = 10 * np.log10(np.maximum(x, least)) - 10 * np.log10(max(abs(reference), least))
    loud: Array = np.maximum(y, y.max() - range_db)
    return loud.astype(x.dtype)


def of_mode(mode: str, parts: Mapping[str, Array]) -> Array:
    """What STFTSpectrogram gives of the parts of a transform, frequencies last."""
    if mode in ("real", "imag"):
        return parts[mode]
    real, imaginary = parts["real"], parts["imag"]
    if mode == "angle":
        angle: Array = np.arctan2(imaginary, real)
        return angle
    if mode == "stft":
        return np.concatenate([real, imaginary], axis=-1)
    power: Array = np.square(real) + np.square(imaginary)
    if mode == "psd":
        middle = np.zeros_like(power)
        middle[..., 1:-1] = power[..., 1:-1]
        return power + middle
    magnitude: Array = np.sqrt(np.maximum(power, power.dtype.type(LEAST)))
    if mode == "log":
        np.log(np.maximum(magnitude, magnitude.dtype.type(LEAST)), out=magnitude)
    return magnitude
