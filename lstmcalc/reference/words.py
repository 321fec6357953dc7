"""What a layer declares, as text."""

from lstmcalc.layers.base import Layer, arguments_of
from lstmcalc.layers.declared import Axes, ClosedForm, Tensors, channels_first
from lstmcalc.reference.axes import FORMAT


def sentence_of(layer: type[Layer]) -> str:
    """The one sentence that says what a layer is; its name where it has none."""
    return layer.sentence or f"{layer.__name__}."


def source_of(layer: type[Layer]) -> str:
    """The paper and the class in Keras of a layer, or where its class is."""
    return layer.source or f"{layer.__module__}.{layer.__qualname__}"


def input_words(layer: Layer) -> str:
    """What goes into a layer: `(samples, timesteps, features)`, and the other order where it takes one."""
    text = _words(layer.takes, layer)
    if FORMAT not in arguments_of(type(layer)) or not layer.takes.axes or "..." in layer.takes.axes[0]:
        return text
    return f"{text}; with {FORMAT} channels_first {_axes(channels_first(layer.takes.axes[0]))}"


def output_words(layer: Layer) -> str:
    """What comes out of a layer: `(samples, units); state`."""
    return _words(layer.gives, layer)


def _words(tensors: Tensors, layer: Layer) -> str:
    written = [_axes(axes) for axes in tensors.axes]
    words = tensors.words.format(*written, states=" and ".join(layer.state_names)) if tensors.words else written[0]
    return f"{words} of {tensors.of}" if tensors.of else words


def _axes(axes: Axes) -> str:
    """`(samples, timesteps, features)`, and `(samples,)` of one."""
    return f"({axes[0]},)" if len(axes) == 1 else f"({', '.join(axes)})"


def params_words(closed: ClosedForm) -> str:
    """The closed form with its words, and what it is for other arguments."""
    written = [f"{'' if closed.formula is None else closed.formula}{closed.words}"]
    for case in closed.otherwise:
        value = "" if case.value is True else f" {str(case.value).lower()}"
        written.append(f"with {case.argument}{value} {case.formula}")
    return "; ".join(written)
