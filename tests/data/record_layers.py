"""Records what layers of live Keras are and give, so that the suite can compare where Keras is not installed.

    PYTHONPATH=tests/parity:tests python tests/data/record_layers.py

Writes keras_layers.json beside itself. Arguments and shapes are drawn by the strategies of tests/parity/, always the
same ones; weights and inputs are those of tests/waves.py. Of each layer: its outputs' shapes and dtypes, its weights,
some numbers of what it gives where it is run, or that Keras refuses it. Then chains of recurrent layers with masks,
initial states and states that are kept. And of every class its arguments with their defaults, none where one is
needed, and the class that a name means.
"""

import inspect
import json
import warnings
from pathlib import Path
from typing import Any

import conftest  # noqa: F401 - live Keras on its NumPy backend, as the parity tests have it
import convolution_layers
import forward_layers
import keras
import numpy as np
import one_layer
import other_layers
import recurrent_models
import run_layer
import signal_layers
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy
from waves import Array, indices, sequences, some, waves, weights

from lstmcalc.layers.arguments import ACTIVATIONS

FILE = Path(__file__).with_name("keras_layers.json")
FACTS, RUNS, CHAINS = 14, 12, 60  # how many are drawn: of each class, of each class that is run, and of chains
Drawn = tuple[dict[str, Any], list[tuple[int | None, ...]]]


# Cases that are rarely drawn: margins, gaps and crops that hide where nothing is left over.
CHOSEN: dict[str, list[Drawn]] = {
    "Conv1DTranspose": [
        ({"filters": 2, "kernel_size": 3, "strides": 2, "padding": padding, "output_padding": more}, [(2, 4, 3)])
        for padding in ("valid", "same")
        for more in (0, 1)
    ],
    "Conv2DTranspose": [
        ({"filters": 2, "kernel_size": [3, 2], "strides": [2, 3], "padding": padding, **more}, [(1, 3, 2, 2)])
        for padding in ("valid", "same")
        for more in ({"output_padding": [1, 0]}, {"output_padding": [0, 2]}, {}, {"data_format": "channels_first"})
    ]
    + [({"filters": 2, "kernel_size": 3, "dilation_rate": 2, "padding": "same"}, [(1, 4, 5, 2)])],
    "Conv1D": [
        ({"filters": 2, "kernel_size": 3, "padding": "causal", "dilation_rate": 2}, [(2, 7, 3)]),
        ({"filters": 4, "kernel_size": 2, "strides": 3, "groups": 2, "padding": "same"}, [(2, 8, 4)]),
        ({"filters": 3, "kernel_size": 1, "strides": 2}, [(2, 7, 3)]),
        ({"filters": 3, "kernel_size": 1, "data_format": "channels_first"}, [(2, 3, 5)]),
    ],
    "Conv2D": [
        ({"filters": 2, "kernel_size": [2, 3], "strides": [2, 1], "padding": "same"}, [(1, 5, 4, 2)]),
        ({"filters": 2, "kernel_size": 2, "dilation_rate": [1, 2]}, [(1, 4, 5, 2)]),
    ],
    "DepthwiseConv2D": [
        ({"kernel_size": [2, 3], "depth_multiplier": 2, "dilation_rate": [2, 1]}, [(1, 5, 4, 2)]),
        ({"kernel_size": 3, "strides": 2, "padding": "same", "data_format": "channels_first"}, [(1, 2, 5, 6)]),
    ],
    "Resizing": [
        ({"height": height, "width": 3, "interpolation": interpolation, "antialias": antialias, **how}, [(1, 5, 7, 1)])
        for interpolation in ("bilinear", "bicubic", "nearest", "lanczos3", "lanczos5")
        for antialias in (False, True)
        for height, how in ((3, {}), (8, {}), (2, {"crop_to_aspect_ratio": True}), (2, {"pad_to_aspect_ratio": True}))
    ],
    "UpSampling2D": [
        ({"size": [2, 3], "interpolation": interpolation}, [(1, 3, 2, 1)])
        for interpolation in ("bilinear", "bicubic", "lanczos3", "lanczos5")
    ],
    "CenterCrop": [({"height": 2, "width": 3}, [(1, 5, 4, 1)]), ({"height": 4, "width": 6}, [(1, 3, 2, 1)])],
    # At the bounds of what they take, and beyond.
    "ELU": [({"alpha": alpha}, [(2, 4)]) for alpha in (0, -0.5, 2)],
    "LeakyReLU": [({"negative_slope": slope}, [(2, 4)]) for slope in (0, -0.5, 1)],  # above 1 backends differ
    "ReLU": [
        ({name: bound}, [(2, 4)])
        for name in ("max_value", "negative_slope", "threshold")
        for bound in (0, -0.5, 0.5, None)
    ],
    "Dropout": [({"rate": rate}, [(2, 4)]) for rate in (0, 1, 1.5, -0.5)],
    "GaussianDropout": [({"rate": rate}, [(2, 4)]) for rate in (0, 1, 1.5, -0.5)],
    "GaussianNoise": [({"stddev": stddev}, [(2, 4)]) for stddev in (0, 1, 1.5, -0.5)],
    "RepeatVector": [({"n": n}, [(2, 4)]) for n in (1, 0, -1)],
    "Permute": [({"dims": dims}, [(2, 3, 4)]) for dims in ([1, 2], [2, 1], [0, 1], [1, 1], [2, 3], [1], [1, 2, 3])],
    "Reshape": [({"target_shape": sizes}, [(2, 3, 4)]) for sizes in ([12], [-1], [6, -1], [5, -1], [-1, -1], [13])],
    "Cropping1D": [({"cropping": sizes}, [(2, 5, 3)]) for sizes in (1, 2, 3, [2, 2], [3, 2], [0, 4])],
    "ZeroPadding1D": [({"padding": sizes}, [(2, 5, 3)]) for sizes in (0, 1, [0, 2], [3, 0])],
    "Dot": [
        ({"axes": axes, "normalize": normalize}, [(2, 3, 4), (2, 4, 3)])
        for axes in (1, 2, [1, 2], [2, 1], -1, 0, 3)
        for normalize in (False, True)
    ],
    "Activation": [({"activation": name}, [(2, 4)]) for name in ACTIVATIONS if name != "threshold"],
}


def drawn_from(strategy: SearchStrategy[Any], count: int) -> list[Any]:
    """The first examples of a strategy, each once."""
    found: list[Any] = []

    @seed(0)
    @settings(
        max_examples=2 * count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(example: Any) -> None:
        if example not in found:
            found.append(example)

    collect()
    return found[:count]


def facts_of(class_name: str, drawn: Drawn) -> dict[str, Any] | None:
    """What the layer is, or that Keras refuses it; None for what nobody can mean."""
    arguments, shapes = drawn
    entry: dict[str, Any] = {"arguments": arguments, "inputs": shapes}
    facts = one_layer.in_keras(class_name, drawn)
    if isinstance(facts, Exception):
        return entry | {"refused": True}
    if one_layer.is_nonsense(class_name, drawn) or (class_name, arguments, shapes[0]) in convolution_layers.NONSENSE:
        return None
    shapes, dtypes = zip(*facts.outputs, strict=True)
    return entry | {"outputs": shapes, "dtypes": dtypes, "weights": facts.weights}


def run_of(class_name: str, drawn: Drawn) -> dict[str, Any] | None:
    """What the layer is, and gives on waves; None where it does not run, and for what nobody can mean."""
    case = run_layer.Case(class_name, drawn, 0, (), "float32")
    if one_layer.is_nonsense(class_name, (case.given, case.shapes)):
        return None
    entry: dict[str, Any] = {"arguments": case.given, "inputs": case.shapes}
    limit = limit_of(class_name, case.given)
    case.inputs = [
        indices(shape, limit, number) if limit else waves(shape, number) for number, shape in enumerate(case.shapes)
    ]
    made: list[tuple[str, Array]] = []

    def weight(live: Any) -> Array:
        made.append((live.name, live.shape))
        return np.asarray(weights(made)[-1], live.dtype)

    case._weight = weight  # type: ignore[method-assign]
    try:
        outputs, _ = case.in_keras()
    except Exception:  # whatever Keras raises is its refusal: of the layer, or of a run
        return None if hasattr(case, "values") else entry | {"refused": True}
    if not all(np.isfinite(each).all() for each in outputs):
        return None
    shapes = [each.shape for each in outputs]  # their dtypes are those of the NumPy backend
    facts = [(each.name, each.shape, each.trainable, str(each.dtype)) for each in case.live.weights]
    return entry | {"outputs": shapes, "weights": facts, "limit": limit, "numbers": [some(each) for each in outputs]}


def limit_of(class_name: str, arguments: dict[str, Any]) -> int | None:
    """Below what the indices are that the layer reads, or None."""
    inside = arguments.get("layer", {class_name: arguments})
    ((name, given),) = inside.items()
    return max(given.get("input_dim", given.get("num_tokens", 9)), 1) if name in run_layer.INDICES else None


def chain_of(chain: recurrent_models.Chain) -> dict[str, Any] | None:
    """What a chain gives on sequences with gaps, twice where states are kept; None where Keras refuses it."""
    keras.backend.clear_session()
    sizes = [each for states in chain.states.values() for each in states]
    try:
        model = chain.in_keras("float32")
        model.set_weights(weights([(each.name, each.shape) for each in model.weights], 0.4))
        runs = []
        for number in range(2 if chain.is_stateful else 1):
            x = indices(chain.shape, chain.indices, number) if chain.indices else sequences(chain.shape, number)
            inputs = [x, *(waves(each, 10 + place) for place, each in enumerate(sizes))]
            outputs = model(inputs if len(inputs) > 1 else inputs[0])
            runs.append([some(each) for each in keras.tree.flatten(outputs)])
    except Exception:  # whatever Keras raises is its refusal
        return None
    return {"spec": chain.spec(), "limit": chain.indices, "runs": runs}


def layers() -> dict[str, list[dict[str, Any]]]:
    """The entries of every class."""
    found: dict[str, list[dict[str, Any]]] = {}
    strategies = {**other_layers.LAYERS, **signal_layers.LAYERS} | {
        name: convolution_layers.of_any_rank(name).map(lambda drawn: (drawn[0], [drawn[1]]))
        for name in convolution_layers.LAYERS
    }
    for class_name in sorted({*strategies, *forward_layers.LAYERS}):
        entries = []
        if class_name in strategies:
            entries += [facts_of(class_name, each) for each in drawn_from(strategies[class_name], FACTS)]
        if class_name in forward_layers.LAYERS:
            drawn = drawn_from(forward_layers.LAYERS[class_name], RUNS)
            entries += [run_of(class_name, each) for each in [*drawn, *CHOSEN.get(class_name, [])]]
        found[class_name] = [each for each in entries if each is not None]
    return found


def chains() -> list[dict[str, Any]]:
    """The entries of chains."""
    strategies = (recurrent_models.sequences(), recurrent_models.of_sequences(), recurrent_models.convolutional())
    entries = [chain_of(each) for strategy in strategies for each in drawn_from(strategy, CHAINS)]
    return [each for each in entries if each is not None]


def signatures() -> dict[str, list[list[Any]]]:
    """The arguments of every class: each its name, and in a list of its own the default that it has."""
    found = {}
    for class_name in sorted(name for name in dir(keras.layers) if name[0].isupper()):
        parameters = inspect.signature(getattr(keras.layers, class_name)).parameters.values()
        named = [each for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]
        found[class_name] = [[each.name, [] if each.default is each.empty else [each.default]] for each in named]
    return found


def main() -> None:
    """Write the file, one entry a line."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        by_class, recurrent = layers(), chains()
    lines = [f'{{"versions": {json.dumps({"keras": keras.__version__})},', '"layers": {']
    for class_name, entries in by_class.items():
        lines += [f'"{class_name}": [', ",\n".join(map(json.dumps, entries)), "],"]
    lines[-1] = "]},"
    lines += ['"chains": [', ",\n".join(map(json.dumps, recurrent)), "],", '"signatures": {']
    lines += [",\n".join(f"{json.dumps(name)}: {json.dumps(each)}" for name, each in signatures().items()), "},"]
    names = {name: getattr(keras.layers, name).__name__ for name in signatures()}
    lines += [f'"names": {json.dumps(names)}}}']
    FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
