"""Layers that audio models begin with: a signal becomes the strength of its frequencies over time."""

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from lstmcalc.errors import Refusal, shown
from lstmcalc.layers.arguments import (
    NUMBERS,
    TEXT,
    Boolean,
    DataFormat,
    ExactPadding,
    Number,
    OptionalNumber,
    OptionalPositive,
    Positive,
    Rule,
    choice_rule,
    numbers_shape,
)
from lstmcalc.layers.base import Layer, Product, Ran, Running, Weight, floats, product_of
from lstmcalc.layers.declared import ClosedForm, Example, Size, Tensors, When
from lstmcalc.layers.spatial import Spatial
from lstmcalc.shapes import Shapes, known, require_rank

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


def _window(value: Any) -> Any:
    return TEXT.read(value) if isinstance(value, str) else NUMBERS.read(value)


Window = Annotated[Any, Rule("the name of a window or its values", {"type": ["string", "array"]}, _window).or_none()]
Mode = Annotated[str, choice_rule(["log", "magnitude", "psd", "real", "imag", "angle", "stft"])]
Scale = Annotated[str | None, choice_rule(["density", "spectrum", None])]


class MelSpectrogram(Layer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The strength of `num_mel_bins` bands of frequencies, as the ear has them, over time."
    source: ClassVar[str] = "keras.layers.MelSpectrogram"
    takes: ClassVar[Tensors] = Tensors((("samples", "length"),))
    gives: ClassVar[Tensors] = Tensors(
        (("samples", "num_mel_bins", "timesteps"),), "{}, with (length+sequence_stride+1)//sequence_stride timesteps"
    )

    fft_length: Positive = 2048
    sequence_stride: Positive = 512
    sequence_length: OptionalPositive = None
    window: Window = "hann"
    sampling_rate: Positive = 16000
    num_mel_bins: Positive = 128
    min_freq: Number = 20.0
    max_freq: OptionalNumber = None
    power_to_db: Boolean = True
    top_db: Number = 80.0
    mag_exp: Number = 2.0
    min_power: Number = 1e-10
    ref_power: Number = 1.0

    @property
    def length(self) -> int:
        """How much of the signal the window sees at once."""
        return self.sequence_length or self.fft_length

    def check(self) -> None:
        if self.fft_length < self.length:
            raise Refusal(
                f"MelSpectrogram: sequence_length must be at most fft_length ({self.fft_length}), but is {self.length}",
                argument="sequence_length",
            )
        if isinstance(self.window, str) and self.window not in ("hann", "hamming"):
            message = f"MelSpectrogram: window must be hann, hamming or a list of numbers, but is {shown(self.window)}"
            raise Refusal(message, argument="window")
        if isinstance(self.window, tuple) and numbers_shape(self.window) != (self.length,):
            message = f"MelSpectrogram: window must be a list of {self.length} numbers, one for each value that it sees"
            raise Refusal(message, argument="window")

    def output_shapes(self, inputs: Shapes) -> Shapes:
        require_rank(inputs[0], 2, "MelSpectrogram")
        samples, length = inputs[0]
        stride = self.sequence_stride
        return ((samples, self.num_mel_bins, None if length is None else (length + stride + 1) // stride),)

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.spectra import decibels, mel_matrix, strengths, window_of

        (x,) = run.inputs
        dtype = "float64" if run.dtype == "float64" else "float32"
        margin = self.fft_length // 2
        frames = (x.shape[1] + 2 * margin - self.fft_length) // self.sequence_stride + 1
        inferred = (x.shape[1] + self.sequence_stride + 1) // self.sequence_stride
        if frames != inferred:
            raise Refusal(
                f"MelSpectrogram cannot be run on {x.shape[1]} values: Keras 3 infers {inferred} timesteps, but gives "
                f"{frames}",
                "take an even fft_length, and a length that is no multiple of sequence_stride less 1",
            )
        seen = self.fft_length if self.window is None else self.length  # no window is none at the margins either
        heights = window_of(self.window, seen)
        y = strengths(x.astype(dtype), heights, self.fft_length, self.sequence_stride) ** self.mag_exp
        highest = self.max_freq or int(self.sampling_rate / 2)
        y = y @ mel_matrix(self.num_mel_bins, y.shape[-1], self.sampling_rate, self.min_freq, highest).astype(dtype)
        if self.power_to_db:
            y = decibels(y, self.min_power, self.ref_power, self.top_db)
        return Ran((y.swapaxes(-1, -2).astype(run.dtype),))


class STFTSpectrogram(Spatial, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A short-time Fourier transform of each channel, by kernels that may be trained."
    source: ClassVar[str] = "keras.layers.STFTSpectrogram"
    takes: ClassVar[Tensors] = Tensors((("samples", "length", "channels"),))
    gives: ClassVar[Tensors] = Tensors(
        (("samples", "timesteps", "features"),),
        "{} with the channels' fft_length//2+1 frequencies one after the other, twice as many with mode stft; with "
        "expand_dims (samples, timesteps, frequencies, channels)",
    )
    closed_form: ClassVar[ClosedForm] = ClosedForm(
        "2*frame_length*(fft_length//2+1)",
        "{}: a real and an imaginary part, of which the modes real and imag have one",
        (
            When("mode", "real", "frame_length*(fft_length//2+1)"),
            When("mode", "imag", "frame_length*(fft_length//2+1)"),
        ),
        null={"fft_length": "transformed"},
    )
    example: ClassVar[Example] = Example(
        {"frame_length": Size("frame_length", 7), "fft_length": Size("fft_length", 16), "frame_step": 3}
    )
    has_kernel: ClassVar[bool] = True

    mode: Mode = "log"
    frame_length: Positive = 256
    frame_step: OptionalPositive = None
    fft_length: OptionalPositive = None
    window: Window = "hann"
    periodic: Boolean = False
    scaling: Scale = "density"
    padding: ExactPadding = "valid"
    expand_dims: Boolean = False
    data_format: DataFormat = None

    @property
    def channels_called(self) -> str:
        return "channels"

    @property
    def step(self) -> int:
        """How far the frame moves."""
        return self.frame_step or self.frame_length // 2

    @property
    def transformed(self) -> int:
        """The length that a transform has: of the next power of 2 where none is given."""
        return self.fft_length or 1 << (self.frame_length - 1).bit_length()

    @property
    def frequencies(self) -> int:
        """How many a kernel has."""
        return self.transformed // 2 + 1

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of complex numbers that there is a kernel for."""
        return tuple(part for part, other in (("real", "imag"), ("imag", "real")) if self.mode != other)

    def check(self) -> None:
        if self.frame_step is not None and self.frame_step > self.frame_length:
            raise Refusal(
                f"STFTSpectrogram: frame_step must be at most frame_length ({self.frame_length}), but is "
                f"{self.frame_step}",
                argument="frame_step",
            )
        if self.fft_length is not None and self.fft_length < self.frame_length:
            raise Refusal(
                f"STFTSpectrogram: fft_length must be at least frame_length ({self.frame_length}), but is "
                f"{self.fft_length}",
                argument="fft_length",
            )
        if not self.step:
            raise Refusal("STFTSpectrogram: a frame_length of 1 needs a frame_step of 1", argument="frame_step")

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        self._channels(inputs)
        config = {"window": self.window, "scaling": self.scaling, "periodic": self.periodic}
        return tuple(
            self.weight(
                f"{part}_kernel",
                self.frame_length,
                1,
                self.frequencies,
                initializer={"class_name": "STFT", "config": {"side": part, **config}},
            )
            for part in self.parts
        )

    def output_shapes(self, inputs: Shapes) -> Shapes:
        channels = self._channels(inputs)
        samples, (length,), _ = self.split(inputs[0])
        frequencies = self.frequencies * (2 if self.mode == "stft" else 1)
        frames = self._frames(length)
        if self.expand_dims:
            return (self.join(samples, (frames, frequencies), channels),)
        return (self.join(samples, (frames,), channels * frequencies),)

    def _channels(self, inputs: Shapes) -> int:
        self.split(inputs[0])
        return known(inputs[0], 1 if self.channels_come_first else -1, "STFTSpectrogram")

    def _frames(self, length: int | None) -> int | None:
        if length is None:
            return None
        if self.padding == "same":
            return -(-length // self.step)
        if length < self.frame_length:
            raise Refusal(
                f"STFTSpectrogram: the input is {length} long, but a frame is {self.frame_length}",
                "give more of the signal, or padding same",
            )
        return (length - self.frame_length) // self.step + 1

    def products(self, inputs: Shapes) -> tuple[Product, ...]:
        _, (length,), _ = self.split(inputs[0])
        one = product_of(self._frames(length), self._channels(inputs), self.frame_length, self.frequencies)
        return (one,) * len(self.parts)

    def forward(self, run: Running) -> Ran:
        import numpy as np

        from lstmcalc.kernels.convolution import convolve
        from lstmcalc.kernels.spectra import of_mode

        (x,) = floats(run)
        x = x if self.channels_come_first else x.swapaxes(1, 2)
        samples, channels, length = x.shape
        flat = x.reshape(samples * channels, length, 1)
        parts = {
            part: convolve(flat, run.weight(f"{part}_kernel"), (self.step,), self.padding, (1,)).reshape(
                samples, channels, -1, self.frequencies
            )
            for part in self.parts
        }
        y = of_mode(self.mode, parts)  # samples, channels, frames, frequencies
        if self.expand_dims:
            return Ran((y if self.channels_come_first else y.transpose(0, 2, 3, 1),))
        y = np.swapaxes(y, 2, 3).reshape(samples, channels * y.shape[-1], y.shape[2])
        return Ran((y if self.channels_come_first else y.swapaxes(1, 2),))
