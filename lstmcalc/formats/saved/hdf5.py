"""The config in HDF5 that Keras wrote."""

from typing import BinaryIO

import msgspec

from lstmcalc.containers.hdf5 import open_hdf5
from lstmcalc.errors import ModelError, Problem
from lstmcalc.formats.saved.config import Config
from lstmcalc.formats.saved.model import spec_of_saved
from lstmcalc.formats.spec import Spec
from lstmcalc.formats.weights import IN_MODEL, holds_weights

MODEL_CONFIG = "model_config"  # an attribute


def spec_of_hdf5(path: str, file: BinaryIO) -> Spec:
    """The model of an HDF5 file that `model.save` of Keras 1, 2 or tf.keras wrote. Raises ModelError."""
    with open_hdf5(path, file) as root:
        text = root.text(MODEL_CONFIG)
        version = root.text("keras_version")
        if text is None:
            message = "is HDF5 of something else than a Keras model: no model_config stands in it"
            raise ModelError(Problem(message, file=path, help="save the model itself: model.save(...)"))
        has_weights = root.group(IN_MODEL) is not None
    spec = spec_of_saved(Config(path, text, inside=MODEL_CONFIG).value(), version)
    return msgspec.structs.replace(spec, holds_weights=has_weights)


def holds_weights_alone(path: str, file: BinaryIO) -> bool:
    """Whether an HDF5 file holds the weights of a Keras model, and not the model. Raises ModelError."""
    with open_hdf5(path, file) as root:
        return MODEL_CONFIG not in root.attributes() and holds_weights(root)
