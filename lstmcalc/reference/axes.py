"""The axes that a layer declares, in the order in which its data format puts them."""

from lstmcalc.layers.base import Layer
from lstmcalc.layers.declared import Axes, Tensors, channels_first

FORMAT = "data_format"


def named_axes(layer: Layer, tensors: Tensors) -> tuple[Axes, ...]:
    """The names of the axes of each tensor that the layer takes, or gives."""
    is_first = getattr(layer, FORMAT, None) == "channels_first"
    return tuple(map(channels_first, tensors.axes)) if is_first else tensors.axes
