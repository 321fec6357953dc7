"""Which module knows which layer; a family is imported when one of its layers is in use."""

from functools import cache
from importlib import import_module

from lstmcalc.layers.base import Layer

FAMILIES: dict[str, tuple[str, ...]] = {
    "core": ("Dense", "Embedding", "Masking", "Activation"),
    "recurrent": ("LSTM", "GRU", "SimpleRNN", "CuDNNLSTM", "CuDNNGRU"),
    "wrappers": ("TimeDistributed", "Bidirectional"),
    "reshaping": ("Flatten", "Reshape", "RepeatVector", "Permute"),
    "regularization": (
        "Dropout",
        "SpatialDropout1D",
        "GaussianNoise",
        "GaussianDropout",
        "AlphaDropout",
        "ActivityRegularization",
    ),
    "merging": ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot"),
    "stated": ("Lambda", "Custom"),
}
# Read by the builder itself, since they hold layers or stand for an input.
MODELS = ("Sequential", "Model")
INPUTS = ("Input", "InputLayer")

MODULES = {name: family for family, names in FAMILIES.items() for name in names}
KNOWN = (*MODULES, *MODELS, *INPUTS)


@cache
def find(class_name: str) -> type[Layer] | None:
    """The layer of that class name, None when it is not known."""
    module = MODULES.get(class_name)
    if module is None:
        return None
    found: type[Layer] = getattr(import_module(f"lstmcalc.layers.{module}"), class_name)
    return found
