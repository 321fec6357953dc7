"""A model with its weights as a .keras file, which Keras 3 loads."""

import io
from collections.abc import Mapping

import msgspec
import numpy as np

from lstmcalc.arrays.hdf5 import write_hdf5
from lstmcalc.arrays.weights import Array
from lstmcalc.containers.archives import write_archive
from lstmcalc.errors import ModelError, Problem
from lstmcalc.formats.saved.members import CONFIG, METADATA, WEIGHTS
from lstmcalc.models.model import BuiltModel, Placed, unique
from lstmcalc.models.walk import walk

VERSION = "3.0.0"  # of Keras, from which on it takes what is written here


def write_keras(path: str, model: BuiltModel, config: str, today: BuiltModel, arrays: Mapping[int, Array]) -> None:
    """Write the weights of a model, by identity, for the same model in Keras 3's layers. Raises ModelError."""
    weights = io.BytesIO()
    write_hdf5(today, path, _of_today(model, today, arrays), weights)
    metadata = msgspec.json.encode({"keras_version": VERSION})
    write_archive(path, {METADATA: metadata, CONFIG: config.encode(), WEIGHTS: weights.getvalue()})


def _of_today(model: BuiltModel, today: BuiltModel, arrays: Mapping[int, Array]) -> dict[int, Array]:
    """The arrays by the identity of the weights of the model in Keras 3's layers."""
    found: dict[int, Array] = {}
    _add(model.placed, today.placed, arrays, found)
    missing = [weight for weight in today.all_weights() if id(weight) not in found]
    if missing:
        raise ModelError(Problem(f"no numbers are known of {missing[0].name}", file=model.file))
    return found


def _add(
    before: tuple[Placed, ...], after: tuple[Placed, ...], arrays: Mapping[int, Array], found: dict[int, Array]
) -> None:
    named = {each.layer.name: each for each in after}
    for old in before:
        new = named[old.layer.name]
        if isinstance(old.layer, BuiltModel):
            _add(old.inner, new.inner, arrays, found)
            continue
        given = _weights_of_today(old, arrays)
        for weight, array in zip(unique(new.weights), given, strict=True):
            found[id(weight)] = array


def _weights_of_today(placed: Placed, arrays: Mapping[int, Array]) -> list[Array]:
    """The weights of a layer in Keras 3's layers; those inside it are each translated by its own layer."""
    own = {id(weight): arrays[id(weight)] for weight in unique(placed.weights)}
    for _, each in walk((placed,)):
        if not each.own:
            continue
        after = each.layer.weights_of_today([own[id(weight)] for weight in each.own])
        own |= {id(weight): array for weight, array in zip(each.own, after, strict=True)}
    return [np.asarray(own[id(weight)]) for weight in unique(placed.weights)]
