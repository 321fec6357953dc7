"""Arrays to try a model on, where nobody gave any: sizes for its unknown axes, and random numbers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstmcalc.errors import ModelError, Problem, Refusal
from lstmcalc.models.model import BuiltModel, Placed
from lstmcalc.shapes import Shape, Shapes, format_shape

Array = NDArray[Any]

SAMPLES = 2  # so that one sample that leaks into the other is seen
SIZES = (5, 16, 64, 256)  # of unknown axes, the first that the model can take
INDICES = 10  # integers below it, where no Embedding says how many there are
WORDS = ("the", "cat", "sat on", "a mat", "")


def size_inputs(model: BuiltModel) -> Shapes:
    """The shapes of the inputs with every unknown axis given a size. Raises ModelError where none of `SIZES` fits."""
    refusal = Refusal("")
    for size in SIZES:
        shapes = tuple(_filled(tensor.shape, size) for tensor in model.inputs)
        try:
            model.output_shapes(shapes)
            return shapes
        except Refusal as found:
            refusal = found
    shapes = tuple(tensor.shape for tensor in model.inputs)
    listed = ", ".join(map(format_shape, shapes))
    message = f"the unknown axes of its inputs ({listed}) were given sizes of {SIZES[0]} to {SIZES[-1]}, and none fits"
    help = f"--timesteps N binds the timesteps, --input FILE all of them: {refusal.message}"
    raise ModelError(Problem(message, help=help))


def _filled(shape: Shape, size: int) -> Shape:
    samples, *axes = shape
    return (samples or SAMPLES, *(axis or size for axis in axes))


def check_seed(seed: int) -> None:
    """Refuse what no random number comes of. Raises ModelError."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ModelError(Problem(f"a seed is a whole number from 0, not {seed!r}"))


def random_inputs(model: BuiltModel, shapes: Shapes, seed: int) -> tuple[Array, ...]:
    """Random arrays for the inputs: normal numbers, and whole ones where they are indices of an Embedding."""
    limits = index_limits(model)
    arrays = []
    for position, (tensor, shape) in enumerate(zip(model.inputs, shapes, strict=True)):
        rng = np.random.default_rng((seed, position))
        sizes = tuple(size for size in shape if size is not None)
        arrays.append(_random(rng, sizes, tensor.dtype, limits[position]))
    return tuple(arrays)


def _random(rng: np.random.Generator, shape: tuple[int, ...], dtype: str, limit: int | None) -> Array:
    if dtype == "string":
        return rng.choice(WORDS, shape)
    if dtype == "bool":
        return rng.random(shape) < 0.5
    if limit is not None or "float" not in dtype:
        return rng.integers(0, limit or INDICES, shape)
    return rng.standard_normal(shape, np.float32)


def index_limits(model: BuiltModel) -> list[int | None]:
    """For each input, what its indices must stay below: the fewest entries of an Embedding that it goes into.

    It is followed through layers without weights, and into the layers inside.
    """
    limits: list[int | None] = [None] * len(model.inputs)
    sources: dict[int, set[int]] = {id(tensor): {position} for position, tensor in enumerate(model.inputs)}
    placed = {id(each.layer): each for each in model.placed}
    for node in model.calls():
        tensors = node.called_on
        for number, tensor in enumerate(tensors):
            positions = sources.get(id(tensor), set())
            limit = _limit(placed[id(node.operation)], number) if positions else None
            for position in positions:
                limits[position] = _least(limits[position], limit)
        if not placed[id(node.operation)].weights:
            reached = set().union(*(sources.get(id(tensor), set()) for tensor in tensors))
            sources |= {id(tensor): reached for tensor in node.outputs}
    return limits


def _limit(placed: Placed, number: int) -> int | None:
    """What the indices that go into a layer as its input of that number must stay below."""
    layer = placed.layer
    if isinstance(layer, BuiltModel):
        return index_limits(layer)[number]
    return _least(layer.index_limit, *(_limit(each, 0) for each in placed.inner[:1]))


def _least(*limits: int | None) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)


def pick_arrays(given: dict[str, Any]) -> Any:
    """Arrays of a file as `predict` takes them: by name, or in order where the names are positions."""
    in_order = positions(given)
    if in_order is None:
        return given
    return in_order[0] if len(in_order) == 1 else in_order


def positions(given: dict[str, Any]) -> list[Any] | None:
    """The arrays in order where their names are positions (`0`, or NumPy's `arr_0`), None where they are not."""
    numbers = {name.removeprefix("arr_"): array for name, array in given.items()}
    wanted = [str(position) for position in range(len(numbers))]
    return [numbers[name] for name in wanted] if sorted(numbers) == sorted(wanted) else None
