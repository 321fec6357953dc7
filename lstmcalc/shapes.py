"""A shape is a tuple of ints and Nones, samples first; how shapes are named, joined and printed."""

from math import prod

from lstmcalc.errors import Refusal

Shape = tuple[int | None, ...]
Shapes = tuple[Shape, ...]

AXES = {
    1: "(samples,)",
    2: "(samples, features)",
    3: "(samples, timesteps, features)",
}


def format_shape(shape: Shape) -> str:
    """`(None, 5, 1)`, written as Keras's summary writes it: `(None)` where Python has a comma."""
    return "(" + ", ".join(map(str, shape)) + ")"


def require_rank(shape: Shape, rank: int, who: str, help: str | None = None) -> None:
    """Refuse a shape of another number of axes than `rank`."""
    if len(shape) != rank:
        axes = AXES.get(rank, "")
        raise Refusal(
            f"{who} takes {rank} axes{' ' + axes if axes else ''}, "
            f"but its input has {len(shape)}: {format_shape(shape)}",
            help,
        )


def require_min_rank(shape: Shape, rank: int, who: str) -> None:
    """Refuse a shape of fewer axes than `rank`."""
    if len(shape) < rank:
        axes = "axis" if rank == 1 else "axes"
        raise Refusal(f"{who} takes at least {rank} {axes}, but its input has {len(shape)}: {format_shape(shape)}")


def known(shape: Shape, axis: int, who: str, called: str = "features") -> int:
    """The size of an axis that weights are made for; refuse an unknown one."""
    size = shape[axis]
    if size is None:
        raise Refusal(
            f"{who} needs to know its {called}, but its input is {format_shape(shape)}",
            "weights are made for a fixed number of "
            f"{called}: give that axis of the input a number (--timesteps N binds unknown timesteps)",
        )
    return size


def product(shape: Shape) -> int | None:
    """How many scalars a shape holds, None when an axis is unknown."""
    return None if None in shape else prod(size for size in shape if size is not None)


def agree(a: Shape, b: Shape) -> bool:
    """Whether two shapes can be the same one, None standing for any size."""
    return len(a) == len(b) and all(x is None or y is None or x == y for x, y in zip(a, b, strict=True))


def broadcast(a: Shape, b: Shape) -> Shape | None:
    """The shape that two shapes make together, aligned at their last axes; None when they do not fit.

    An unknown axis stays unknown, as in `keras.layers.Add`.
    """
    if len(a) < len(b):
        a, b = b, a
    joined = list(a[: len(a) - len(b)])
    for x, y in zip(a[len(a) - len(b) :], b, strict=True):
        if x is None or y is None:
            joined.append(None)
        elif x == y or y == 1:
            joined.append(x)
        elif x == 1:
            joined.append(y)
        else:
            return None
    return tuple(joined)
