"""How many params models have, all or a part of them."""

from collections.abc import Iterable

import msgspec

from lstmcalc.sources import Reading, made_of_each


class Counts(msgspec.Struct, frozen=True):
    """The params of MODEL arguments."""

    models: tuple[tuple[str, int], ...]

    @property
    def total(self) -> int:
        """Those of all of them."""
        return sum(count for _, count in self.models)


def count(sources: Iterable[str], trainable: bool | None, reading: Reading) -> Counts:
    """The params of each: all, or those alone whose being trainable is `trainable`. Raises ModelError."""

    def of_one(source: str) -> tuple[str, int]:
        weights = reading.model(source).all_weights()
        return source, sum(each.params for each in weights if trainable is None or each.trainable == trainable)

    return Counts(tuple(made_of_each(sources, of_one)))
