"""How much memory a run takes, and how much there is."""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from math import prod
from pathlib import Path

import msgspec

from lstmcalc.layers.base import Product
from lstmcalc.models.model import BuiltModel
from lstmcalc.reference.sizes import readable_bytes
from lstmcalc.shapes import Shape, Shapes

BYTES = {"float32": 4, "float64": 8}
CGROUP = Path("/sys/fs/cgroup")


class Memory(msgspec.Struct, frozen=True):
    """The bytes that a run takes at its peak: the weights, and what is computed."""

    weights: int
    arrays: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.arrays

    @property
    def words(self) -> str:
        """`about 504 B of memory: 104 B of weights and 400 B of arrays`."""
        parts = f"{readable_bytes(self.weights)} of weights and {readable_bytes(self.arrays)} of arrays"
        return f"about {readable_bytes(self.total)} of memory: {parts}"


def estimate_memory(model: BuiltModel, shapes: Shapes, dtype: str) -> Memory:
    """About what a run on inputs of these shapes takes.

    Weights are held in their own dtype and in that of the computation, where these
    differ. At each call, what later calls need is there, what comes out, and the largest
    product that the layer makes on the way.
    """
    size = BYTES[dtype]
    weights = model.all_weights()
    bits = sum(each.bits + (0 if each.dtype == dtype else 8 * size * each.params) for each in weights)
    return Memory(bits // 8, size * _peak(model, shapes))


def _peak(model: BuiltModel, shapes: Shapes) -> int:
    """The most scalars that are there at once, weights aside."""
    known: dict[int, Shape] = {id(tensor): shape for tensor, shape in zip(model.inputs, shapes, strict=True)}
    uses = Counter(id(tensor) for node in model.calls() for tensor in node.inputs)
    uses.update(id(tensor) for tensor in model.outputs)
    alive = peak = sum(map(_count, shapes))
    for node in model.calls():
        layer = node.called
        given = tuple(known[id(tensor)] for tensor in node.called_on)
        outputs = layer.output_shapes(given)
        known |= {id(tensor): shape for tensor, shape in zip(node.outputs, outputs, strict=True)}
        alive += sum(map(_count, outputs))
        within = _peak(layer, given) if isinstance(layer, BuiltModel) else _largest(layer.products(given), given)
        peak = max(peak, alive + within)
        for tensor in node.inputs:
            uses[id(tensor)] -= 1
            if not uses[id(tensor)] and id(tensor) in known:
                alive -= _count(known[id(tensor)])
    return peak


def _largest(products: Sequence[Product] | None, given: Shapes) -> int:
    """About what a layer makes on the way: the factors of its largest product without the last.

    They are the gates of all timesteps, the windows of a convolution, the scores of an attention.
    """
    samples = given[0][0] or 1
    return samples * max((prod(product.factors[:-1]) for product in products or ()), default=0)


def _count(shape: Shape) -> int:
    return prod(size or 1 for size in shape)


def available() -> int | None:
    """The bytes that a process can still take, None where the system does not say."""
    known = [number for number in map(_tried, (_of_linux, _of_cgroup)) if number is not None]
    return min(known) if known else _tried(_of_posix)


def _tried(read: Callable[[], int | None]) -> int | None:
    with suppress(OSError, ValueError, AttributeError, IndexError):
        return read()
    return None


def _of_linux() -> int | None:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _of_cgroup() -> int | None:
    """What the container leaves, page cache counted as free."""
    limit = (CGROUP / "memory.max").read_text().strip()
    if limit == "max":
        return None
    stat = dict(line.split() for line in (CGROUP / "memory.stat").read_text().splitlines())
    return int(limit) - int((CGROUP / "memory.current").read_text()) + int(stat.get("inactive_file", 0))


def _of_posix() -> int | None:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
