"""Roughly which shapes a layer gives, so that most models that are drawn fit together; the truth is Keras's."""

from math import prod
from typing import Any

from descriptions import RECURRENT, Layer, Model

Shape = tuple[int | None, ...]


def guess(layer: Layer, inputs: list[Shape]) -> list[Shape] | None:
    """The shapes of the outputs; None when the layer can hardly take the inputs."""
    try:
        outputs = _guess(layer, inputs)
        return outputs if all(size is None or size > 0 for shape in outputs or [] for size in shape) else None
    except (IndexError, TypeError, ValueError, KeyError, ZeroDivisionError):
        return None


def _guess(layer: Layer, inputs: list[Shape]) -> list[Shape] | None:
    name, given, first = layer.class_name, layer.arguments, inputs[0]
    if layer.model is not None:
        return guess_model(layer.model, inputs)
    if name in RECURRENT:
        return _recurrent(layer, first)
    match name:
        case "Dense":
            return [(*first[:-1], given["units"])] if len(first) > 1 and first[-1] else None
        case "Embedding":
            return [(*first, given["output_dim"])]
        case "Flatten":
            return [(first[0], None if None in first[1:] else prod(first[1:]))]
        case "RepeatVector":
            return [(first[0], given["n"], first[1])] if len(first) == 2 else None
        case "Permute":
            return [(first[0], *(first[axis] for axis in given["dims"]))]
        case "Reshape":
            return [_reshape(given["target_shape"], first)]
        case "TimeDistributed":
            return _time_distributed(layer, first)
        case "Bidirectional":
            return _bidirectional(layer, first)
        case "Concatenate":
            axis = given.get("axis", -1)
            sizes = [shape[axis] for shape in inputs]
            joined = list(first)
            joined[axis] = None if None in sizes else sum(sizes)
            return [tuple(joined)]
        case "Dot":
            return [_dot(given["axes"], *inputs)]
        case "Conv1D" | "Conv2D":
            sizes = [_strided(size, given, given["kernel_size"], "same") for size in first[1:-1]]
            return [(first[0], *sizes, given["filters"])]
        case "MaxPooling1D" | "AveragePooling1D" | "MaxPooling2D":
            size = given.get("pool_size", 2)
            sizes = [_strided(axis, {"strides": size, **given}, size, "valid") for axis in first[1:-1]]
            return [(first[0], *sizes, first[-1])]
        case "GlobalAveragePooling1D" | "GlobalMaxPooling1D" | "GlobalAveragePooling2D":
            return [(first[0], first[-1])]
        case "UpSampling1D":
            return [(first[0], first[1] and first[1] * given.get("size", 2), first[2])]
        case "ZeroPadding1D" | "Cropping1D":
            more = 2 if name == "ZeroPadding1D" else -2
            return [(first[0], first[1] and first[1] + more, first[2])]
        case "Attention" | "AdditiveAttention":
            return [(*first[:-1], inputs[1][-1])]
        case "Add" | "Subtract" | "Multiply" | "Average" | "Maximum" | "Minimum":
            return [_broadcast(inputs)]
    return [first]


def _recurrent(layer: Layer, shape: Shape) -> list[Shape] | None:
    samples, timesteps, features = shape
    given = layer.arguments
    if features is None or (given.get("stateful") and samples is None):
        return None
    units = given["units"]
    output: Shape = (samples, timesteps, units) if given.get("return_sequences") else (samples, units)
    states = 2 if layer.class_name == "LSTM" else 1
    return [output, *[(samples, units)] * states] if given.get("return_state") else [output]


def _bidirectional(layer: Layer, shape: Shape) -> list[Shape] | None:
    assert layer.wrapped is not None
    outputs = _recurrent(layer.wrapped, shape)
    if outputs is None:
        return None
    output, *states = outputs
    mode = layer.arguments.get("merge_mode", "concat")
    if mode is None:
        return [output, output, *states, *states]
    *axes, units = output
    return [(*axes, 2 * units if mode == "concat" else units), *states, *states]


def _time_distributed(layer: Layer, shape: Shape) -> list[Shape] | None:
    if len(shape) < 3 or layer.wrapped is None:
        return None
    outputs = guess(layer.wrapped, [(shape[0], *shape[2:])])
    return None if outputs is None or len(outputs) != 1 else [(shape[0], shape[1], *outputs[0][1:])]


def _strided(size: int | None, given: dict[str, Any], window: int, padding: str) -> int | None:
    if size is None:
        return None
    strides = given.get("strides", 1)
    steps = size if given.get("padding", padding) != "valid" else size - window + 1
    if steps < 1:
        raise ValueError
    return -(-steps // strides)


def _reshape(target: list[int], shape: Shape) -> Shape:
    if None in shape[1:]:
        return (shape[0], *(None if size == -1 else size for size in target))
    rest = prod(shape[1:]) // prod(size for size in target if size != -1)
    return (shape[0], *(rest if size == -1 else size for size in target))


def _dot(axes: int | list[int], first: Shape, second: Shape) -> Shape:
    i, j = (axes, axes) if isinstance(axes, int) else axes
    i, j = i % len(first), j % len(second)
    joined = (*first[:i], *first[i + 1 :], *second[1:j], *second[j + 1 :])
    return joined if len(joined) > 1 else (*joined, 1)


def _broadcast(shapes: list[Shape]) -> Shape:
    rank = max(len(shape) for shape in shapes)
    wide = [(shape[0], *(1,) * (rank - len(shape)), *shape[1:]) for shape in shapes]
    return tuple(None if None in sizes else max(sizes) for sizes in zip(*wide, strict=True))


def guess_repeated(layer: Layer, inputs: list[Shape], times: int) -> list[Shape] | None:
    """The shapes that so many such layers give, one above another."""
    outputs = guess(layer, inputs)
    for _ in range(times - 1):
        outputs = guess(layer, outputs[:1]) if outputs else None
    return outputs


def guess_model(model: Model, inputs: list[Shape] | None = None) -> list[Shape] | None:
    """The shapes of a model's outputs, on its own inputs or on others."""
    given = inputs or [(each.batch, *each.shape) for each in model.inputs]
    if model.kind == "sequential":
        current: list[Shape] | None = given
        for _, layer in model.layers:
            current = guess(layer, current) if current else None
        return current
    shapes = guess_calls(model, given)
    if shapes is None:
        return None
    outputs = model.outputs
    if outputs is None:
        return shapes[len(model.calls) - 1]
    return [shapes[call][position] for call, position in outputs]


def guess_calls(model: Model, inputs: list[Shape]) -> dict[int, list[Shape]] | None:
    """The outputs of every call of a functional model, by the number of the call."""
    shapes: dict[int, list[Shape]] = {-1 - number: [shape] for number, shape in enumerate(inputs)}
    for number, call in enumerate(model.calls):
        layer = call.layer
        while isinstance(layer, int):
            layer = model.calls[layer].layer
        refs = call.inputs or ((number - 1, 0),)
        outputs = guess_repeated(layer, [shapes[source][position] for source, position in refs], call.repeat)
        if outputs is None:
            return None
        shapes[number] = outputs
    return shapes
