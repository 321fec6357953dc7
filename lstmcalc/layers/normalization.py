"""Layers that bring their input to one mean, one variance, one length or one scale."""

from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from lstmcalc.errors import Refusal
from lstmcalc.layers.arguments import (
    BOOLEAN,
    Boolean,
    ChannelAxis,
    Constraint,
    Groups,
    Initializer,
    Integer,
    Number,
    Numbers,
    OneOrMoreAxes,
    OptionalAxes,
    OptionalMapping,
    OptionalNumbers,
    Positive,
    Regularizer,
    Rule,
    numbers_shape,
)
from lstmcalc.layers.base import Layer, Names, Product, Ran, Running, Weight, Wrapped, floats
from lstmcalc.layers.core import PassesMask
from lstmcalc.layers.declared import FEATURES_LAST, ClosedForm, Tensors, When
from lstmcalc.shapes import Shape, Shapes, broadcast, format_shape, known

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

EPSILON = 1e-7  # `keras.backend.epsilon()`


def axes_of(axis: int | tuple[int, ...], shape: Shape, who: str) -> tuple[int, ...]:
    """The axes that are meant, from the front, in the order in which they are written."""
    written = (axis,) if isinstance(axis, int) else axis
    for each in written:
        if not -len(shape) <= each < len(shape):
            raise Refusal(f"{who} has no axis {each} to work on: its input is {format_shape(shape)}", argument="axis")
    axes = tuple(each % len(shape) for each in written)
    if len(set(axes)) < len(axes):
        raise Refusal(f"{who} takes each axis once, but axis is {list(written)}", argument="axis")
    return axes


def sizes_of(axis: int | tuple[int, ...], shape: Shape, who: str) -> tuple[int, ...]:
    """The sizes of the axes that weights are made for; a list of axes is sorted as it is written, as in Keras."""
    if isinstance(axis, int):
        called = "features" if axis in (-1, len(shape) - 1) else f"axis {axis}"
        return tuple(known(shape, each, who, called) for each in axes_of(axis, shape, who))
    return tuple(known(shape, each, who, f"axis {each}") for each in axes_of(tuple(sorted(axis)), shape, who))


class Scaled(PassesMask, frozen=True, eq=False, kw_only=True):
    """What layers have in common that multiply what they normalized by a gamma and add a beta."""

    axis: OneOrMoreAxes = -1
    center: Boolean = True
    scale: Boolean = True

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        if not self.scale and not self.center:
            return ()
        shape = sizes_of(self.axis, inputs[0], self.class_name)
        gamma = (self.weight("gamma", *shape),) if self.scale else ()
        beta = (self.weight("beta", *shape),) if self.center else ()
        return (*gamma, *beta)

    def output_shapes(self, inputs: Shapes) -> Shapes:
        axes_of(self.axis, inputs[0], self.class_name)
        return (inputs[0],)

    def scaled(self, run: Running, y: "Array") -> Ran:
        """What was normalized, times gamma, plus beta."""
        from lstmcalc.kernels.normalization import along

        axes = axes_of(self.axis, y.shape, self.class_name)
        if self.scale:
            y = y * along(run.weight("gamma"), axes, y.ndim)
        if self.center:
            y = y + along(run.weight("beta"), axes, y.ndim)
        return Ran((y,), run.masks)


def _in_kind_of_input(run: Running, ran: Ran) -> Ran:
    """What came, in the dtype of the input: of integers Keras gives integers, rounded towards 0."""
    (x,), (y,) = run.inputs, ran.outputs
    return ran if x.dtype.kind == "f" else Ran((y.astype(x.dtype).astype(y.dtype),), ran.masks)


class BatchNormalization(Scaled, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Mean 0 and variance 1 of each feature over the samples."
    source: ClassVar[str] = "Ioffe, Szegedy 2015; keras.layers.BatchNormalization"
    takes: ClassVar[Tensors] = Tensors((FEATURES_LAST,))
    closed_form: ClassVar[ClosedForm] = ClosedForm(
        "4*features",
        ", of which the moving mean and variance, 2*features, are not trained",
        (When("renorm", True, "7*features"),),
    )
    mask_arguments: ClassVar[tuple[str, ...]] = ("mask",)
    of_training: ClassVar[tuple[str, ...]] = ("moving_stddev", "renorm_mean", "renorm_stddev")

    axis: ChannelAxis = -1
    momentum: Number = 0.99
    epsilon: Number = 1e-3
    center: Boolean = True
    scale: Boolean = True
    beta_initializer: Initializer = "zeros"
    gamma_initializer: Initializer = "ones"
    moving_mean_initializer: Initializer = "zeros"
    moving_variance_initializer: Initializer = "ones"
    beta_regularizer: Regularizer = None
    gamma_regularizer: Regularizer = None
    beta_constraint: Constraint = None
    gamma_constraint: Constraint = None
    renorm: Boolean = False
    renorm_clipping: OptionalMapping = None
    renorm_momentum: Number = 0.99
    synchronized: Boolean = False

    def check(self) -> None:
        if self.renorm:
            _check_clipping(self.renorm_clipping or {})

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        shape = sizes_of(self.axis, inputs[0], "BatchNormalization")
        moving = (self.weight(name, *shape, trainable=False) for name in ("moving_mean", "moving_variance"))
        return (*super().weights(inputs), *moving, *(self._renorm(shape) if self.renorm else ()))

    def _renorm(self, shape: tuple[int, ...]) -> tuple[Weight, ...]:
        """What renorm compares a batch with: made as the moving mean is, and as the root of the moving variance."""
        mean, variance = "moving_mean_initializer", "moving_variance_initializer"
        return (
            self.weight("moving_stddev", *shape, trainable=False, initializer=variance, is_root=True),
            self.weight("renorm_mean", *shape, trainable=False, initializer=mean),
            self.weight("renorm_stddev", *shape, trainable=False, initializer=variance, is_root=True),
        )

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.normalization import along, reciprocal_root

        (x,), (mask,) = floats(run), run.masks
        if mask is not None and mask.ndim != x.ndim - 1:
            raise Refusal(
                f"BatchNormalization takes a mask of one axis less than its input, but the mask is "
                f"{format_shape(mask.shape)} and the input {format_shape(x.shape)}",
                "Keras 3 fails on it too: let no mask reach this layer",
            )
        axes = axes_of(self.axis, x.shape, "BatchNormalization")
        mean, variance = (along(run.weight(name), axes, x.ndim) for name in ("moving_mean", "moving_variance"))
        return self.scaled(run, (x - mean) * reciprocal_root(variance + self.epsilon))


def _check_clipping(clipping: dict[str, Any]) -> None:
    unknown = set(clipping) - {"rmax", "rmin", "dmax"}
    if unknown:
        found = ", ".join(sorted(unknown))
        raise Refusal(f"renorm_clipping takes rmax, rmin and dmax, but has {found}", argument="renorm_clipping")
    rmin, rmax, dmax = (clipping.get(name) for name in ("rmin", "rmax", "dmax"))
    if rmin is not None and rmax is not None and rmax < rmin:
        raise Refusal(f"rmax must be at least rmin, but is {rmax} beside {rmin}", argument="renorm_clipping")
    if dmax is not None and dmax < 0:
        raise Refusal(f"dmax must be at least 0, but is {dmax}", argument="renorm_clipping")


class LayerNormalization(Scaled, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Mean 0 and variance 1 over the features, for each sample."
    source: ClassVar[str] = "Ba et al. 2016; keras.layers.LayerNormalization"
    takes: ClassVar[Tensors] = Tensors((FEATURES_LAST,))
    closed_form: ClassVar[ClosedForm] = ClosedForm("2*features")
    ignores_autocast: ClassVar[bool] = True
    keywords: ClassVar[dict[str, Rule]] = {"rms_scaling": BOOLEAN}

    axis: OneOrMoreAxes = -1
    epsilon: Number = 1e-3
    center: Boolean = True
    scale: Boolean = True
    beta_initializer: Initializer = "zeros"
    gamma_initializer: Initializer = "ones"
    beta_regularizer: Regularizer = None
    gamma_regularizer: Regularizer = None
    beta_constraint: Constraint = None
    gamma_constraint: Constraint = None
    rms_scaling: bool = False

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        if not self.rms_scaling:
            return super().weights(inputs)
        return (self.weight("gamma", *sizes_of(self.axis, inputs[0], "LayerNormalization")),)

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.normalization import along, by_variance, standardize

        (x,) = floats(run)
        axes = axes_of(self.axis, x.shape, "LayerNormalization")
        if not self.rms_scaling:
            return _in_kind_of_input(run, self.scaled(run, standardize(x, axes, self.epsilon)))
        y = by_variance(x, axes, self.epsilon) * along(run.weight("gamma"), axes, x.ndim)
        return _in_kind_of_input(run, Ran((y,), run.masks))


class GroupNormalization(Scaled, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Mean 0 and variance 1 over groups of features, for each sample."
    source: ClassVar[str] = "Wu and He 2018; keras.layers.GroupNormalization"
    takes: ClassVar[Tensors] = Tensors(
        (FEATURES_LAST,), "{}, features a multiple of groups; with groups -1 each feature is a group"
    )
    closed_form: ClassVar[ClosedForm] = ClosedForm("2*features")
    ignores_autocast: ClassVar[bool] = True

    groups: Groups = 32
    axis: Integer = -1
    epsilon: Number = 1e-3
    center: Boolean = True
    scale: Boolean = True
    beta_initializer: Initializer = "zeros"
    gamma_initializer: Initializer = "ones"
    beta_regularizer: Regularizer = None
    gamma_regularizer: Regularizer = None
    beta_constraint: Constraint = None
    gamma_constraint: Constraint = None

    def check(self) -> None:
        if self.groups == 0:
            raise Refusal("groups must be at least 1, or -1 for a group of each feature, but is 0", argument="groups")

    def output_shapes(self, inputs: Shapes) -> Shapes:
        (features,) = sizes_of(self.axis, inputs[0], "GroupNormalization")
        if self.groups != -1 and features % self.groups:
            raise Refusal(
                f"GroupNormalization parts features into groups of one size, but has {features} features "
                f"and {self.groups} groups",
                "choose a number of groups that divides the features, or -1 for a group of each",
                "groups",
            )
        return (inputs[0],)

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.normalization import standardize_groups

        (x,) = floats(run)
        (axis,) = axes_of(self.axis, x.shape, "GroupNormalization")
        if axis == 0:
            raise Refusal("GroupNormalization parts the features into groups, but axis 0 is the samples", None, "axis")
        groups = x.shape[axis] if self.groups == -1 else self.groups
        return _in_kind_of_input(run, self.scaled(run, standardize_groups(x, axis, groups, self.epsilon)))


class RMSNormalization(Layer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Root mean square 1 over the features, for each sample."
    source: ClassVar[str] = "Zhang and Sennrich 2019; keras.layers.RMSNormalization"
    takes: ClassVar[Tensors] = Tensors((FEATURES_LAST,))
    closed_form: ClassVar[ClosedForm] = ClosedForm("features")

    axis: OneOrMoreAxes = -1
    epsilon: Number = 1e-6

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        return (self.weight("scale", *sizes_of(self.axis, inputs[0], "RMSNormalization"), initializer="ones"),)

    def output_shapes(self, inputs: Shapes) -> Shapes:
        sizes_of(self.axis, inputs[0], "RMSNormalization")
        return (inputs[0],)

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.normalization import by_root_mean_square

        (x,) = floats(run)
        scale = run.weight("scale")
        if broadcast(x.shape, scale.shape) != x.shape:
            raise Refusal(
                f"RMSNormalization cannot be run with axis {self.axis}: Keras 3 multiplies the last axes by its scale, "
                f"{format_shape(scale.shape)}, which {format_shape(x.shape)} does not fit",
                argument="axis",
            )
        axes = axes_of(self.axis, x.shape, "RMSNormalization")
        return _in_kind_of_input(run, Ran((by_root_mean_square(x, axes, self.epsilon) * scale,)))


class UnitNormalization(PassesMask, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Length 1 over the features, for each sample."
    source: ClassVar[str] = "keras.layers.UnitNormalization"
    takes: ClassVar[Tensors] = Tensors((FEATURES_LAST,))

    axis: OneOrMoreAxes = -1

    def output_shapes(self, inputs: Shapes) -> Shapes:
        axes_of(self.axis, inputs[0], "UnitNormalization")
        return (inputs[0],)

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.products import unit_length

        (x,) = floats(run)
        return Ran((unit_length(x, axes_of(self.axis, x.shape, "UnitNormalization")),), run.masks)


class SpectralNormalization(Layer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A layer whose kernel is kept at spectral norm 1."
    source: ClassVar[str] = "Miyato et al. 2018; keras.layers.SpectralNormalization"
    takes: ClassVar[Tensors] = Tensors(words="what the layer takes")
    gives: ClassVar[Tensors] = Tensors(words="what the layer gives")
    closed_form: ClassVar[ClosedForm] = ClosedForm(
        None, "those of the layer, and one for each column of its kernel, which is not trained"
    )
    of_training: ClassVar[tuple[str, ...]] = ("vector_u",)

    layer: Wrapped
    power_iterations: Positive = 1

    def saved_weights(self, own: tuple[Weight, ...], inner: tuple[Weight, ...]) -> tuple[Weight, ...]:
        return (*self._own_kernel(inner), *own)

    def _own_kernel(self, inner: tuple[Weight, ...]) -> tuple[Weight, ...]:
        """The kernel, which Keras makes the wrapper's own; with LoRA it is no weight but a sum of some."""
        return () if self._innermost.saved_sums else inner[:1]

    @property
    def _innermost(self) -> Layer:
        """The layer whose kernel it is, where one SpectralNormalization stands in another."""
        return self.layer._innermost if isinstance(self.layer, SpectralNormalization) else self.layer

    def inner(self, inputs: Shapes) -> tuple[tuple[Layer, Shapes], ...]:
        return ((self.layer, inputs),)

    def bind(self, inputs: Shapes, names: Names) -> Layer:
        layer = self.layer.bind(inputs, names)
        return self if layer is self.layer else msgspec.structs.replace(self, layer=layer)

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        kernel = self._kernel(inputs)
        normal = {"class_name": "TruncatedNormal", "config": {"stddev": 0.02}}
        shape = (1, kernel.shape[-1])
        return (self.weight("vector_u", *shape, trainable=False, dtype=kernel.dtype, initializer=normal),)

    def arrange_weights(self, own: tuple[Weight, ...], inner: tuple[Weight, ...]) -> tuple[Weight, ...]:
        kernel = self._own_kernel(inner)
        return (*kernel, *own, *inner[len(kernel) :])

    def _kernel(self, inputs: Shapes) -> Weight:
        layer = self._innermost
        if layer.has_kernel:
            return layer.weights(inputs)[0]
        raise Refusal(
            f"SpectralNormalization takes a layer with a kernel or embeddings, but {self.layer.class_name} has none",
            "Dense, EinsumDense, Embedding and the convolutions have one",
            "layer",
        )

    def output_shapes(self, inputs: Shapes) -> Shapes:
        self._kernel(inputs)
        return self.layer.output_shapes(inputs)

    def products(self, inputs: Shapes) -> tuple[Product, ...] | None:
        return self.layer.products(inputs)

    def forward(self, run: Running) -> Ran:
        """The layer itself, whose kernel training left normalized, in the dtype of the input."""
        (x,) = run.inputs
        (y,) = run.inner(0, run.inputs, run.masks).outputs
        return Ran((y.astype(x.dtype, copy=False),))


class Normalization(PassesMask, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Mean 0 and variance 1 of the data that it was adapted to, for each feature."
    source: ClassVar[str] = "keras.layers.Normalization"
    takes: ClassVar[Tensors] = Tensors((FEATURES_LAST,))
    closed_form: ClassVar[ClosedForm] = ClosedForm("2*features+1", ", not trained; 0 when mean and variance are given")
    of_training: ClassVar[tuple[str, ...]] = ("count",)

    axis: OptionalAxes = -1
    mean: OptionalNumbers = None
    variance: OptionalNumbers = None
    invert: Boolean = False

    @property
    def axes(self) -> tuple[int, ...]:
        """The axes that keep a mean and a variance each."""
        return (self.axis,) if isinstance(self.axis, int) else self.axis or ()

    def check(self) -> None:
        if (self.mean is None) != (self.variance is None):
            missing = "mean" if self.mean is None else "variance"
            raise Refusal(f"mean and variance go together, but {missing} is missing", argument=missing)
        mean, variance = numbers_shape(self.mean), numbers_shape(self.variance)
        if mean != variance:
            raise Refusal(
                f"mean and variance must have one shape, but have {format_shape(mean)} and {format_shape(variance)}",
                argument="variance",
            )
        if len(mean) > len(self.axes):
            raise Refusal(f"mean has {len(mean)} axes, more than axis names ({len(self.axes)})", argument="mean")

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        if self.mean is not None:
            return ()
        shape = self._sizes(inputs[0])
        return (
            self.weight("mean", *shape, trainable=False, initializer="zeros"),
            self.weight("variance", *shape, trainable=False, initializer="ones"),
            self.weight("count", trainable=False, dtype="int32", initializer="zeros"),
        )

    def output_shapes(self, inputs: Shapes) -> Shapes:
        sizes = self._sizes(inputs[0])
        given = numbers_shape(self.mean)
        for size, number in zip(reversed(sizes), reversed(given), strict=False):
            if number not in (1, size):
                raise Refusal(
                    f"mean has the shape {format_shape(given)}, but the input has {format_shape(sizes)} in its place",
                    argument="mean",
                )
        return (inputs[0],)

    def forward(self, run: Running) -> Ran:
        import numpy as np

        (x,) = floats(run)
        with np.errstate(invalid="ignore"):
            mean, deviation = self._statistic(run, x, "mean"), np.sqrt(self._statistic(run, x, "variance"))
        deviation = np.maximum(deviation, x.dtype.type(EPSILON))
        return Ran((mean + x * deviation if self.invert else (x - mean) / deviation,), run.masks)

    def _statistic(self, run: Running, x: "Array", name: str) -> "Array":
        """The mean or the variance, given or adapted, as it broadcasts with the input."""
        import numpy as np

        from lstmcalc.kernels.normalization import along

        axes = sorted(axes_of(self.axes, x.shape, "Normalization"))
        given = getattr(self, name)
        numbers = run.weight(name) if given is None else np.asarray(given, x.dtype)
        return along(numbers, tuple(axes[len(axes) - numbers.ndim :]), x.ndim)

    def _sizes(self, shape: Shape) -> tuple[int, ...]:
        axes = sorted(axes_of(self.axes, shape, "Normalization"))
        return tuple(known(shape, axis, "Normalization", f"axis {axis}") for axis in axes)


class Rescaling(PassesMask, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Its input times `scale`, plus `offset`."
    source: ClassVar[str] = "keras.layers.Rescaling"
    is_loaded_whole: ClassVar[bool] = True

    scale: Numbers
    offset: Numbers = 0.0

    def forward(self, run: Running) -> Ran:
        import numpy as np

        (x,) = floats(run)
        scale, offset = np.asarray(self.scale, x.dtype), np.asarray(self.offset, x.dtype)
        for name, numbers in (("scale", scale), ("offset", offset)):
            if broadcast(x.shape, numbers.shape) != x.shape:
                raise Refusal(
                    f"{name} has the shape {format_shape(numbers.shape)}, but the input is {format_shape(x.shape)}",
                    argument=name,
                )
        return Ran((x * scale + offset,), run.masks)
