"""Initial weights: what Keras's initializers give, from one seed."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstmcalc.arrays.samples import check_seed
from lstmcalc.errors import ModelError, Problem, Refusal, shown
from lstmcalc.kernels.spectra import WINDOWS, window_of
from lstmcalc.layers.base import Weight, snake_case
from lstmcalc.models.model import BuiltModel
from lstmcalc.models.walk import join_path, walk
from lstmcalc.shapes import format_shape

Array = NDArray[Any]
Shape = tuple[int, ...]
Draw = Callable[[int], Array]

LARGEST = 1e38  # of what a config may state: float32 has no number much above
CHUNK = 2**20  # numbers drawn at once; NumPy draws them in float64
NORMAL_BEYOND_TWO = 0.87962566103423978  # the standard deviation of a normal that is cut at two of its own

SCALED: dict[str, tuple[float, str, str]] = {
    "glorot_uniform": (1.0, "fan_avg", "uniform"),
    "glorot_normal": (1.0, "fan_avg", "truncated_normal"),
    "he_uniform": (2.0, "fan_in", "uniform"),
    "he_normal": (2.0, "fan_in", "truncated_normal"),
    "lecun_uniform": (1.0, "fan_in", "uniform"),
    "lecun_normal": (1.0, "fan_in", "truncated_normal"),
}
SHORT = {
    "normal": "random_normal",
    "uniform": "random_uniform",
    "one": "ones",
    "zero": "zeros",
    "identity_initializer": "identity",
    "orthogonal_initializer": "orthogonal",
    "stft_initializer": "stft",
}


def initial_weights(model: BuiltModel, seed: int = 0) -> dict[int, Array]:
    """Every weight of a model as its initializer makes it, by the identity of the `Weight`.

    The same seed gives the same weights; each weight has a stream of its own, so that a
    layer added at the end changes none before it. Raises ModelError for an initializer
    that cannot be run, and for a seed that is no whole number from 0.
    """
    check_seed(seed)
    found: dict[int, Array] = {}
    for path, weight in ((path, weight) for path, placed in walk(model.placed) for weight in placed.own):
        if id(weight) in found:
            continue
        try:
            with np.errstate(over="ignore"):  # a number too large for float16 is infinite there, as in Keras
                found[id(weight)] = initial(weight, (int(seed), len(found)))
        except Refusal as refusal:
            raise ModelError(Problem(refusal.message, layer=join_path(path), help=refusal.help)) from None
    return found


def initial(weight: Weight, seed: tuple[int, ...]) -> Array:
    """A weight as Keras initializes it, in its dtype (bfloat16 in float32)."""
    dtype = np.dtype("float32" if weight.dtype == "bfloat16" else weight.dtype)
    if weight.ones is not None:
        start, stop = weight.ones
        (length,) = weight.shape
        sizes = (start, length - stop)
        before, after = (make(weight.initializer, (size,), (*seed, part), dtype) for part, size in enumerate(sizes))
        return np.concatenate([before, np.ones(stop - start, dtype), after])
    array = make(weight.initializer, weight.shape, seed, dtype, weight.fan_axes)
    return np.sqrt(array) if weight.is_root else array


def make(
    value: Any,
    shape: Shape,
    seed: tuple[int, ...],
    dtype: "np.dtype[Any]",
    fan_axes: tuple[tuple[int, ...], tuple[int, ...]] | None = None,
) -> Array:
    """What an initializer of Keras gives: its name, or `{class_name: ..., config: ...}`.

    A seed in its config takes the place of `seed`, and gives what Keras's NumPy backend
    gives for it. Raises Refusal for one that cannot be run.
    """
    name, config = (value, {}) if isinstance(value, str) else (value["class_name"], value["config"])
    kind = snake_case(name)
    kind = SHORT.get(kind, kind)
    own = config.get("seed")
    rng = np.random.default_rng((own, 0) if isinstance(own, int) and own >= 0 else seed)
    match kind:
        case "zeros" | "ones":
            return np.full(shape, kind == "ones", dtype)
        case "constant":
            return np.full(shape, _number(config, "value", 0.0), dtype)
        case "identity":
            rows, columns = shape
            return np.asarray(_number(config, "gain", 1.0) * np.eye(rows, columns), dtype)
        case "stft":
            return _stft(shape, dtype, config)
        case "random_normal" | "truncated_normal":
            mean, stddev = _number(config, "mean", 0.0), _number(config, "stddev", 0.05)
            return _filled(shape, dtype, _normal(rng, mean, stddev, kind == "truncated_normal"))
        case "random_uniform":
            low, high = _limits(config)
            return _filled(shape, dtype, lambda count: rng.uniform(low, high, count))
        case "orthogonal":
            return _orthogonal(shape, dtype, rng, _number(config, "gain", 1.0))
        case "variance_scaling":
            scale = _number(config, "scale", 1.0)
            how = config.get("mode", "fan_in"), config.get("distribution", "truncated_normal")
            return _scaled(scale, *how, shape, dtype, rng, _axes_of(config, shape) or fan_axes)
        case _ if kind in SCALED:
            return _scaled(*SCALED[kind], shape, dtype, rng, _axes_of(config, shape) or fan_axes)
    raise Refusal(f"the initializer {name} is not known to lstmcalc", "give the weights with --weights, or another one")


def _number(config: dict[str, Any], key: str, default: float) -> float:
    value = config.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refusal(f"an initializer's {key} must be a number, but is {shown(value)}")
    if not abs(value) <= LARGEST:
        raise Refusal(f"an initializer's {key} must be from {-LARGEST:g} to {LARGEST:g}, but is {shown(value)}")
    if key == "stddev" and value < 0:
        raise Refusal(f"an initializer's stddev must be at least 0, but is {shown(value)}")
    return value


def _limits(config: dict[str, Any]) -> tuple[float, float]:
    low, high = _number(config, "minval", -0.05), _number(config, "maxval", 0.05)
    if low > high:
        raise Refusal(f"an initializer's minval must be at most its maxval, but is {shown(low)} beside {shown(high)}")
    return low, high


def _axes_of(config: dict[str, Any], shape: Shape) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    given = config.get("input_axes"), config.get("output_axes")
    if None in given:
        return None
    taken = range(-len(shape), len(shape))
    for axes in given:
        if not isinstance(axes, list | tuple) or not all(type(axis) is int and axis in taken for axis in axes):
            raise Refusal(
                f"an initializer's input_axes and output_axes are lists of axes of {format_shape(shape)}, "
                f"but one is {shown(axes)}"
            )
    into, out = given
    return tuple(into or ()), tuple(out or ())


def fans(shape: Shape, axes: tuple[tuple[int, ...], tuple[int, ...]] | None = None) -> tuple[int, int]:
    """How many scalars go into an output of a kernel, and out of an input: `compute_fans` of Keras."""
    if axes is not None:
        into, out = (math.prod(shape[axis] for axis in each) for each in axes)
        return into, out
    if len(shape) < 2:
        return (shape[0], shape[0]) if shape else (1, 1)
    *positions, inputs, outputs = shape
    reach = math.prod(positions)
    return inputs * reach, outputs * reach


def _scaled(
    scale: float,
    mode: str,
    distribution: str,
    shape: Shape,
    dtype: "np.dtype[Any]",
    rng: np.random.Generator,
    axes: tuple[tuple[int, ...], tuple[int, ...]] | None,
) -> Array:
    """Numbers of the variance `scale / fan` (Keras's VarianceScaling)."""
    into, out = fans(shape, axes)
    modes = {"fan_in": into, "fan_out": out, "fan_avg": (into + out) / 2}
    distributions = ("uniform", "truncated_normal", "normal", "untruncated_normal")
    if mode not in tuple(modes) or str(distribution).lower() not in distributions or scale <= 0:
        raise Refusal(
            "VarianceScaling takes a scale above 0, a mode of fan_in, fan_out and fan_avg and a distribution of "
            f"{', '.join(distributions)}, but has {shown(scale)}, {shown(mode)} and {shown(distribution)}"
        )
    variance = scale / max(1.0, modes[mode])
    match distribution.lower():
        case "uniform":
            limit = math.sqrt(3 * variance)
            return _filled(shape, dtype, lambda count: rng.uniform(-limit, limit, count))
        case "untruncated_normal":
            return _filled(shape, dtype, _normal(rng, 0.0, math.sqrt(variance), is_cut=False))
    return _filled(shape, dtype, _normal(rng, 0.0, math.sqrt(variance) / NORMAL_BEYOND_TWO, is_cut=True))


def _normal(rng: np.random.Generator, mean: float, stddev: float, is_cut: bool) -> Draw:
    """Normal numbers, those beyond two standard deviations left out where `is_cut`: then fewer than asked for."""

    def draw(count: int) -> Array:
        numbers = rng.normal(mean, stddev, count)
        if not is_cut:
            return numbers
        return numbers[(numbers >= mean - 2 * stddev) & (numbers <= mean + 2 * stddev)]

    return draw


def _filled(shape: Shape, dtype: "np.dtype[Any]", draw: Draw) -> Array:
    """An array of what is drawn, a chunk at a time, in the order in which one large draw gives it."""
    array = np.empty(math.prod(shape), dtype)
    filled = 0
    while filled < array.size:
        drawn = draw(min(CHUNK, array.size))[: array.size - filled]
        array[filled : filled + drawn.size] = drawn
        filled += drawn.size
    return array.reshape(shape)


def _orthogonal(shape: Shape, dtype: "np.dtype[Any]", rng: np.random.Generator, gain: float) -> Array:
    """Columns (rows, where these are fewer) of length `gain` that stand at right angles, by a QR decomposition."""
    rows, columns = math.prod(shape[:-1]), shape[-1]
    precise = np.promote_types(dtype, np.float32)
    drawn = _filled((max(rows, columns), min(rows, columns)), precise, lambda count: rng.normal(size=count))
    q, r = np.linalg.qr(drawn)
    q *= np.sign(np.diag(r))
    return (gain * (q.T if rows < columns else q).reshape(shape)).astype(dtype)


def _stft(shape: Shape, dtype: "np.dtype[Any]", config: dict[str, Any]) -> Array:
    """The real or the imaginary part of a short-time Fourier transform (Keras's STFT), with the commonest windows."""
    length, _, bands = shape
    window, scaling = config.get("window", "hann"), config.get("scaling", "density")
    is_list = isinstance(window, list | tuple) and len(window) == length
    if not (window is None or is_list or (isinstance(window, str) and window in WINDOWS)) or bands < 2:
        raise Refusal(
            f"the initializer STFT takes the windows hann and hamming, or {length} numbers, but has {shown(window)}"
        )
    time, frequency = np.arange(length)[:, None, None], np.arange(bands) / (2 * (bands - 1))
    angle = -2 * np.pi * time * frequency
    kernel = np.cos(angle) if config.get("side", "real") == "real" else np.sin(angle)
    if window is not None:
        heights = window_of(window, length, is_periodic=bool(config.get("periodic", False)))
        scales = {"density": np.sqrt(np.sum(heights**2)), "spectrum": np.sum(np.abs(heights))}
        kernel = kernel * heights[:, None, None] / scales.get(scaling, 1.0)
    return np.broadcast_to(kernel, shape).astype(dtype)
