"""Arguments and input shapes for the layers that other modules here have no strategy for: core, reshaping, merging.

`LAYERS` has a strategy for each class that is held against Keras on arrays: of its arguments by
name, and of the inputs' shapes, samples first.
"""

from typing import Any

import convolution_layers
import other_layers
import signal_layers
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from other_layers import KNOWN_SIZE, NUMBER, RATE, UNITS, Drawn, Shape, layer, shapes

from lstmcalc.layers.arguments import ACTIVATIONS

KNOWN = shapes(2, 5, KNOWN_SIZE)
NAMES = st.sampled_from([name for name in ACTIVATIONS if name != "threshold"])
LORA: dict[str, SearchStrategy[Any]] = {"lora_rank": st.sampled_from([None, 1, 3]), "lora_alpha": st.just(2)}


@st.composite
def _reshape(draw: DrawFn) -> Drawn:
    given, [shape] = draw(layer(KNOWN))
    sizes = list(draw(st.permutations(shape[1:])))
    if len(sizes) > 1 and draw(st.booleans()):
        sizes = [sizes[0] * sizes[1], *sizes[2:]]
    if draw(st.booleans()):
        sizes[draw(st.integers(0, len(sizes) - 1))] = -1
    return given | {"target_shape": sizes}, [shape]


@st.composite
def _permute(draw: DrawFn) -> Drawn:
    given, [shape] = draw(layer(shapes(1, 5)))
    return given | {"dims": draw(st.permutations(range(1, len(shape))))}, [shape]


@st.composite
def _merged(draw: DrawFn, least: int = 1, most: int = 4) -> Drawn:
    """Inputs of one shape, or of shapes that broadcast; now and then one with an axis less."""
    shape = draw(shapes(2, 4, KNOWN_SIZE))
    inputs: list[Shape] = [shape] * draw(st.integers(least, most))
    for number in range(len(inputs)):
        which = draw(st.integers(0, 5))
        if which == 0:
            axis = draw(st.integers(1, len(shape) - 1))
            inputs[number] = (*shape[:axis], 1, *shape[axis + 1 :])
        elif which == 1:
            inputs[number] = (shape[0], *shape[2:])
    return {}, inputs


@st.composite
def _concatenated(draw: DrawFn) -> Drawn:
    shape = draw(shapes(2, 4, KNOWN_SIZE))
    axis = draw(st.integers(1, len(shape) - 1))
    sizes = draw(st.lists(KNOWN_SIZE, min_size=1, max_size=3))
    written = draw(st.sampled_from([axis, axis - len(shape)]))
    return {"axis": written}, [(*shape[:axis], size, *shape[axis + 1 :]) for size in sizes]


@st.composite
def _dotted(draw: DrawFn) -> Drawn:
    samples, size = draw(other_layers.SAMPLES), draw(KNOWN_SIZE)
    axes, inputs = [], []
    for others in draw(st.lists(st.lists(KNOWN_SIZE, max_size=2), min_size=2, max_size=2)):
        axis = draw(st.integers(1, len(others) + 1))
        inputs.append((samples, *others[: axis - 1], size, *others[axis - 1 :]))
        axes.append(draw(st.sampled_from([axis, axis - len(others) - 2])))
    return {"axes": axes, "normalize": draw(st.booleans())}, inputs


def _dropped(rank: int | None, **options: SearchStrategy[Any]) -> SearchStrategy[Drawn]:
    drawn = layer(shapes(1, 5) if rank is None else shapes(rank, rank), {"rate": RATE}, **options)
    return drawn.map(lambda each: ({key: each[0][key] for key in each[0] if key not in ("trainable",)}, each[1]))


SPECTRAL: dict[str, dict[str, Any]] = {
    "Dense": {"units": 3},
    "EinsumDense": {"equation": "...x,xy->...y", "output_shape": 5, "bias_axes": "y"},
    "Embedding": {"input_dim": 9, "output_dim": 2},
    "Conv1D": {"filters": 3, "kernel_size": 2, "padding": "same"},
}


@st.composite
def _equation(draw: DrawFn) -> Drawn:
    """An equation, its output's sizes, and an input that fits both."""
    forms = [
        *(
            ("ab,bc->ac", (3, 4), [5], "c"),
            ("abc,cd->abd", (2, 3, 4), [None, 5], "d"),
            ("abc,bc->abc", None, [3, 4], "b"),
        ),
        *(
            ("abc,cde->abde", None, [3, 2, 5], "de"),
            ("abc,bde->adec", None, [2, 5, 4], "e"),
            ("...x,xy->...y", None, 5, "y"),
        ),
        *(
            ("abde,dec->abc", (2, 3, 4, 5), [3, 6], "c"),
            ("ab...,bc->ac...", None, [4], "c"),
            ("abcd,dbe->ace", None, [4, 6], "e"),
        ),
    ]
    equation, shape, output, bias = draw(st.sampled_from(forms))
    rank = len(equation.split(",")[0].replace(".", "")) + 2 * ("..." in equation)
    wanted = shape or (2, 3, 4, 5)[: min(rank, 3 if "..." in equation else rank)]
    options = {"activation": st.sampled_from([None, "gelu"]), "bias_axes": st.sampled_from([None, bias]), **LORA}
    given, _ = draw(layer(st.just(wanted), **options))
    return {"equation": equation, "output_shape": output, **given}, [wanted]


@st.composite
def _headed(draw: DrawFn, needed: dict[str, SearchStrategy[Any]], is_grouped: bool) -> Drawn:
    """Query and value, now and then a key, that fit each other."""
    others = [] if is_grouped else draw(st.lists(st.integers(1, 3), max_size=1))
    steps, timesteps, features, values, keys = draw(st.lists(st.integers(1, 5), min_size=5, max_size=5))
    query, value = (2, *others, steps, features), (2, *others, timesteps, features if is_grouped else values)
    inputs = [query, value, (*value[:-1], keys)] if draw(st.booleans()) else [query, value]
    options = {**other_layers.OF_THE_CALL, "use_gate": st.booleans(), "use_bias": st.booleans(), "dropout": RATE}
    options |= {"sliding_window": st.sampled_from([None, 1, 3])}
    if not is_grouped:
        options |= {"value_dim": UNITS, "output_shape": st.sampled_from([3, [2, 3]])}
        options |= {"attention_axes": st.sampled_from([[1, 2], [2], 1] if others else [1, [-2]])}
    return draw(st.fixed_dictionaries(needed, optional=options)), inputs


@st.composite
def _grouped(draw: DrawFn) -> Drawn:
    groups, rank = draw(st.integers(1, 3)), draw(st.integers(2, 5))
    axis, shape = (
        draw(st.integers(1, rank - 1)),
        [2, *draw(st.lists(st.integers(1, 4), min_size=rank - 1, max_size=rank - 1))],
    )
    shape[axis] = groups * draw(st.integers(1, 3))
    written = {
        "axis": draw(st.sampled_from([axis, axis - rank])),
        "groups": draw(st.sampled_from([groups, groups, -1])),
    }
    given = draw(st.fixed_dictionaries({}, optional={"center": st.booleans(), "scale": st.booleans()}))
    return {**written, **given}, [tuple(shape)]


FITTING: dict[str, SearchStrategy[Drawn]] = {
    "EinsumDense": _equation(),
    "MultiHeadAttention": _headed({"num_heads": UNITS, "key_dim": UNITS}, False),
    "GroupQueryAttention": _headed(
        {"head_dim": UNITS, "num_query_heads": st.just(4), "num_key_value_heads": st.sampled_from([1, 2, 4])}, True
    ),
    "GroupNormalization": _grouped(),
}
MORE: dict[str, SearchStrategy[Drawn]] = {
    "Dense": layer(KNOWN, {"units": st.sampled_from([2, 4, 6])}, activation=NAMES, use_bias=st.booleans(), **LORA),
    "Embedding": layer(shapes(1, 4), {"input_dim": UNITS, "output_dim": UNITS}, mask_zero=st.booleans(), **LORA),
    "Masking": layer(shapes(2, 5), mask_value=NUMBER),
    "Activation": layer(shapes(2, 5, st.sampled_from([2, 4, 6])), {"activation": NAMES}),
    "Flatten": layer(shapes(1, 5), data_format=other_layers.DATA_FORMAT),
    "Reshape": _reshape(),
    "RepeatVector": layer(shapes(2, 2), {"n": UNITS}),
    "Permute": _permute(),
    "Add": _merged(),
    "Subtract": _merged(2, 2),
    "Multiply": _merged(),
    "Average": _merged(),
    "Maximum": _merged(),
    "Minimum": _merged(),
    "Concatenate": _concatenated(),
    "Dot": _dotted(),
    "Dropout": _dropped(None),
    "SpatialDropout1D": _dropped(3),
    "GaussianDropout": _dropped(None),
    "AlphaDropout": _dropped(None),
    "GaussianNoise": layer(shapes(1, 5), {"stddev": RATE}),
    "ActivityRegularization": layer(shapes(1, 5), l1=st.just(0.1)),
    "SpectralNormalization": st.tuples(
        st.sampled_from(sorted(SPECTRAL)).map(lambda name: {"layer": {name: SPECTRAL[name]}}),
        shapes(3, 3, KNOWN_SIZE).map(lambda shape: [shape]),
    ),
}


def _on_axes(name: str, strategy: SearchStrategy[convolution_layers.Drawn]) -> SearchStrategy[Drawn]:
    """The same with a list of one shape; a padding is drawn where there is one, since margins hide in the numbers."""
    slides = name in convolution_layers.CONVOLUTION or name.startswith(("MaxPooling", "AveragePooling"))
    padding = st.sampled_from([{"padding": "valid"}, {"padding": "same"}]) if slides else st.just({})
    return st.tuples(strategy, padding).map(lambda drawn: (drawn[1] | drawn[0][0], [drawn[0][1]]))


ON_AXES: dict[str, SearchStrategy[Drawn]] = {
    name: _on_axes(name, strategy)
    for name, strategy in convolution_layers.LAYERS.items()
    if name not in convolution_layers.CONVOLUTIONAL_RECURRENT
}
ON_ANY = {name: drawn for name, drawn in other_layers.LAYERS.items() if name not in other_layers.RECURRENT}
OF_SIGNALS = {name: drawn for name, drawn in signal_layers.LAYERS.items() if name not in signal_layers.OF_NO_RUN}
LAYERS: dict[str, SearchStrategy[Drawn]] = {**MORE, **ON_AXES, **ON_ANY, **OF_SIGNALS}
LAYERS |= {name: LAYERS[name] | fitting for name, fitting in FITTING.items()}


def filled(shape: Shape) -> tuple[int, ...]:
    """A shape with numbers for what it leaves open."""
    samples, *axes = shape
    return (samples or 2, *(axis or 4 for axis in axes))
