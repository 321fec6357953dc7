"""What layers on sequences, images and volumes share: spatial axes, with the channels before or after them."""

from typing import ClassVar, TypeVar

from lstmcalc.errors import Refusal
from lstmcalc.layers.arguments import DataFormat
from lstmcalc.layers.base import Layer
from lstmcalc.layers.declared import Example, Size
from lstmcalc.shapes import Shape, format_shape

AXES = {1: ("timesteps",), 2: ("height", "width"), 3: ("depth", "height", "width")}
# By the number of spatial axes, a kernel whose sizes are told apart in a formula.
KERNELS = {
    rank: Example({"kernel_size": sizes, "padding": "same"}, said="padding same, strides 1")
    for rank, sizes in {
        1: (Size("kernel_size", 3),),
        2: (Size("kernel_height", 3), Size("kernel_width", 5)),
        3: (Size("kernel_depth", 3), Size("kernel_height", 5), Size("kernel_width", 7)),
    }.items()
}
Sizes = int | tuple[int, ...]
T = TypeVar("T")


class Spatial(Layer, frozen=True, eq=False, kw_only=True):
    """A layer on `rank` spatial axes between the samples and the channels."""

    rank: ClassVar[int] = 1

    data_format: DataFormat = None

    @property
    def channels_come_first(self) -> bool:
        """Whether the channels stand before the spatial axes."""
        return self.data_format == "channels_first"

    @property
    def channels_called(self) -> str:
        """The word for the channels: a sequence has features."""
        return "features" if self.rank == 1 else "channels"

    def split(self, shape: Shape) -> tuple[int | None, Shape, int | None]:
        """Samples, spatial axes and channels of a shape. Refuses another number of axes."""
        require_axes(self, shape, in_order(AXES[self.rank], self.channels_called, self.channels_come_first))
        return split(shape, self.channels_come_first)

    def join(self, samples: int | None, axes: Shape, channels: int | None) -> Shape:
        """The shape of samples, spatial axes and channels."""
        return (samples, *in_order(axes, channels, self.channels_come_first))

    def sizes(self, argument: str) -> tuple[int, ...]:
        """An argument's number for each spatial axis."""
        return each_axis(getattr(self, argument), self.rank)

    def check_sizes(self, *arguments: str) -> None:
        """Refuse lists that have not a number for each spatial axis."""
        for argument in arguments:
            check_sizes(self, argument, self.rank)


def in_order(axes: tuple[T, ...], channels: T, channels_come_first: bool) -> tuple[T, ...]:
    """The spatial axes with the channels before or after them."""
    return (channels, *axes) if channels_come_first else (*axes, channels)


def split(shape: Shape, channels_come_first: bool) -> tuple[int | None, Shape, int | None]:
    """Samples, spatial axes and channels of a shape."""
    samples, *axes = shape
    channels = axes.pop(0 if channels_come_first else -1)
    return samples, tuple(axes), channels


def require_axes(layer: Layer, shape: Shape, names: tuple[str, ...]) -> None:
    """Refuse a shape that has not the named axes after the samples."""
    rank = len(names) + 1
    if len(shape) == rank:
        return
    help = None
    if len(shape) == rank - 1 and None not in shape[1:] and names[-1] in ("features", "channels"):
        sizes = ", ".join(map(str, shape[1:]))
        help = f"an axis of 1 for the {names[-1]} comes with 'Reshape: {{target_shape: [{sizes}, 1]}}'"
    elif len(shape) == rank + 1:
        help = f"for each timestep on its own it is 'TimeDistributed: {{{layer.class_name}: ...}}'"
    raise Refusal(
        f"{layer.class_name} takes {rank} axes (samples, {', '.join(names)}), "
        f"but its input has {len(shape)}: {format_shape(shape)}",
        help,
    )


def each_axis(sizes: Sizes, rank: int) -> tuple[int, ...]:
    """A number for each axis: the one that stands for all of them, or the list."""
    return (sizes,) * rank if isinstance(sizes, int) else sizes


def check_sizes(layer: Layer, argument: str, rank: int) -> None:
    """Refuse a list that has not `rank` numbers."""
    sizes = getattr(layer, argument)
    if isinstance(sizes, tuple) and len(sizes) != rank:
        numbers = "a list of 1 number" if rank == 1 else f"a list of {rank} numbers"
        raise Refusal(
            f"{layer.class_name}: {argument} must be a number or {numbers}, but is {list(sizes)}", argument=argument
        )


def positions(
    layer: Layer, argument: str, axes: Shape, window: tuple[int, ...], strides: tuple[int, ...], padding: str
) -> Shape:
    """Where a window stops on its way over the axes, at steps of `strides`; `argument` is what makes its size.

    Without padding the window stays inside, and an axis that is shorter is refused;
    padding `same` and `causal` let it start at every stride.
    """
    found: list[int | None] = []
    for axis, size, stride in zip(axes, window, strides, strict=True):
        if axis is None:
            found.append(None)
        elif padding != "valid":
            found.append(-(-axis // stride))
        elif size <= axis:
            found.append((axis - size) // stride + 1)
        else:
            raise Refusal(
                f"{layer.class_name} takes at least {_counted(window)} without padding, "
                f"but its input has {_counted(axes)}",
                f"take a smaller {argument}, or padding: same",
                argument,
            )
    return tuple(found)


def _counted(axes: Shape) -> str:
    return f"{' x '.join(map(str, axes))} positions"
