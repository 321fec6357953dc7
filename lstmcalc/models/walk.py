"""The one walk over a model: every layer with its path, those inside it below it."""

from collections.abc import Callable, Iterable, Iterator

from lstmcalc.models.model import Placed

Path = tuple[str, ...]  # the names of the layers around a layer, and its own


def always(placed: Placed) -> bool:
    """Every layer is opened."""
    return True


def walk(
    placed: Iterable[Placed], opens: Callable[[Placed], bool] = always, above: Path = ()
) -> Iterator[tuple[Path, Placed]]:
    """Every layer in Keras's order, each followed by those inside it, of models and wrappers, where `opens` says so."""
    for each in placed:
        path = (*above, each.layer.name)
        yield path, each
        if opens(each):
            yield from walk(each.inner, opens, path)


def join_path(path: Path) -> str:
    """`encoder/lstm`: a path as people write it, and as states and arrays are named by it."""
    return "/".join(path)
