"""Arguments and input shapes for the layers on images that act in training, and for spectrograms.

`LAYERS` has a strategy for each class: of its arguments by name, and of the input's shape, samples first. `OF_NO_RUN`
are those that are not run here.
"""

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from other_layers import SAMPLES, SEED, SIZE, Drawn, Options, layer

FORMAT = st.sampled_from([None, "channels_last", "channels_first"])
RANGE = st.sampled_from([[0, 255], [0, 1], [-1.0, 1.0]])
SHARE = st.sampled_from([0, 0.2, 1, [0, 0.5]])
BETWEEN = st.sampled_from(["bilinear", "nearest"])
MOVED: Options = {
    "fill_mode": st.sampled_from(["constant", "reflect", "wrap", "nearest"]),
    "interpolation": BETWEEN,
    "fill_value": st.sampled_from([0.0, 0.5]),
}
SEEDED: Options = {"seed": SEED, "data_format": FORMAT, "dtype": st.sampled_from(["float16", "float64"])}
IMAGE = st.tuples(SAMPLES, SIZE, SIZE, st.integers(1, 4))
COLORED = st.tuples(SAMPLES, SIZE, SIZE, st.just(3))
FACTOR = {"factor": SHARE}


def _on_images(
    needed: Options | None = None, shape: SearchStrategy[Any] = IMAGE, seeded: Options = SEEDED, **options: Any
) -> SearchStrategy[Drawn]:
    return layer(shape, needed, **seeded, **options)


@st.composite
def _cropped(draw: DrawFn) -> Drawn:
    """An image of the size that is asked for: of others Keras 3 infers one shape, and gives another."""
    samples, height, width, channels = draw(st.tuples(SAMPLES, *[st.integers(1, 6)] * 3))
    given = draw(st.fixed_dictionaries({}, optional={"seed": SEED, "data_format": FORMAT}))
    first = given.get("data_format") == "channels_first"
    shape = (samples, channels, height, width) if first else (samples, height, width, channels)
    return {"height": height, "width": width, **given}, [shape]


AUGMENTATION: dict[str, SearchStrategy[Drawn]] = {
    "AugMix": _on_images(value_range=RANGE, num_chains=st.integers(1, 3), factor=SHARE, interpolation=BETWEEN),
    "AutoContrast": _on_images(value_range=RANGE, seeded={"dtype": SEEDED["dtype"]}),
    "ContrastLimitedAdaptiveHistogramEqualization": _on_images(
        value_range=RANGE, clip_limit=st.just(2.0), tile_grid_size=st.just([4, 4]), seeded={"data_format": FORMAT}
    ),
    "CutMix": _on_images(factor=SHARE),
    "MixUp": _on_images(alpha=st.just(0.3)),
    "RandAugment": _on_images(value_range=RANGE, num_ops=st.integers(1, 3), factor=SHARE, interpolation=BETWEEN),
    "RandomBrightness": _on_images(FACTOR, value_range=RANGE),
    "RandomColorDegeneration": _on_images(FACTOR, COLORED, {"seed": SEED}, value_range=RANGE),
    "RandomColorJitter": _on_images(brightness_factor=SHARE, hue_factor=SHARE, contrast_factor=st.none()),
    "RandomContrast": _on_images(FACTOR, value_range=RANGE),
    "RandomCrop": _cropped(),
    "RandomElasticTransform": _on_images(factor=SHARE, scale=SHARE, value_range=RANGE, **MOVED),
    "RandomErasing": _on_images(factor=SHARE, scale=st.just([0.1, 0.2]), fill_value=st.sampled_from([None, 0.5])),
    "RandomFlip": _on_images(mode=st.sampled_from(["horizontal", "vertical", "horizontal_and_vertical"])),
    "RandomGaussianBlur": _on_images(factor=SHARE, kernel_size=st.sampled_from([3, [3, 5]]), sigma=st.just(0.5)),
    "RandomGrayscale": _on_images(factor=st.sampled_from([0, 0.5, 1])),
    "RandomHue": _on_images(FACTOR, value_range=RANGE),
    "RandomInvert": _on_images(factor=SHARE, value_range=RANGE),
    "RandomPerspective": _on_images(factor=SHARE, scale=st.just(0.5), interpolation=BETWEEN),
    "RandomPosterization": _on_images({"factor": st.integers(1, 8)}, value_range=RANGE),
    "RandomRotation": _on_images(FACTOR, **MOVED),
    "RandomSaturation": _on_images(FACTOR, value_range=RANGE),
    "RandomSharpness": _on_images(FACTOR, value_range=RANGE),
    "RandomShear": _on_images(x_factor=SHARE, y_factor=SHARE, **MOVED),
    "RandomTranslation": _on_images({"height_factor": SHARE, "width_factor": SHARE}, **MOVED),
    "RandomZoom": _on_images({"height_factor": SHARE}, width_factor=st.sampled_from([None, 0.1]), **MOVED),
    "Solarization": _on_images(addition_factor=SHARE, threshold_factor=SHARE, value_range=RANGE),
}


@st.composite
def _mel(draw: DrawFn) -> Drawn:
    length = draw(st.sampled_from([4, 8, 16]))
    options: Options = {
        "sequence_stride": st.integers(1, 9),
        "sequence_length": st.sampled_from([None, 2, length, 20]),
        "window": st.sampled_from([None, "hann", "hamming"]),
        "num_mel_bins": st.integers(1, 5),
        "min_freq": st.sampled_from([0.0, 50.0]),
        "max_freq": st.sampled_from([None, 4000.0]),
        "power_to_db": st.booleans(),
        "top_db": st.sampled_from([80.0, 3.0]),
        "mag_exp": st.sampled_from([1.0, 2.0]),
        "ref_power": st.sampled_from([1.0, 0.5]),
    }
    given = draw(st.fixed_dictionaries({}, optional=options))
    samples, signal = draw(SAMPLES), draw(st.one_of(st.none(), st.integers(10, 60)))
    return {"fft_length": length, **given}, [(samples, signal)]


@st.composite
def _stft(draw: DrawFn) -> Drawn:
    length = draw(st.integers(1, 9))
    options: Options = {
        "mode": st.sampled_from(["log", "magnitude", "psd", "real", "imag", "stft"]),
        "frame_step": st.sampled_from([None, 1, 2, 5]),
        "fft_length": st.sampled_from([None, 8, 12, 16]),
        "window": st.sampled_from([None, "hann", "hamming"]),
        "periodic": st.booleans(),
        "scaling": st.sampled_from([None, "density", "spectrum"]),
        "padding": st.sampled_from(["valid", "same"]),
        "expand_dims": st.booleans(),
        "data_format": FORMAT,
        "trainable": st.booleans(),
    }
    given = draw(st.fixed_dictionaries({}, optional=options))
    samples, channels, signal = draw(SAMPLES), draw(st.integers(1, 3)), draw(st.sampled_from([None, 4, 9, 20, 33]))
    first = given.get("data_format") == "channels_first"
    return {"frame_length": length, **given}, [(samples, channels, signal) if first else (samples, signal, channels)]


SPECTRA: dict[str, SearchStrategy[Drawn]] = {"MelSpectrogram": _mel(), "STFTSpectrogram": _stft()}
LAYERS = {**AUGMENTATION, **SPECTRA}
OF_NO_RUN = ("ContrastLimitedAdaptiveHistogramEqualization",)
