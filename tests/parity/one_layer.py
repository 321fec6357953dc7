"""One layer called once, in live Keras and here: who takes it, what it gives and what it weighs."""

import os
import warnings
from typing import Any

import keras
import msgspec
from other_layers import CELL_OPTIONS, OF_THE_CALL, Drawn, Shape

import lstmcalc

EXAMPLES = int(os.environ.get("LSTMCALC_PARITY_EXAMPLES", "60"))  # of each class
TAKE_A_LIST = ("Attention", "AdditiveAttention")
CELLS = (*CELL_OPTIONS, "StackedRNNCells")


class Facts(msgspec.Struct, frozen=True):
    """What is compared of a layer that was called."""

    name: str
    outputs: tuple[tuple[Shape, str], ...]
    weights: tuple[tuple[str, tuple[int, ...], bool, str], ...]
    trainable: int


def in_keras(class_name: str, drawn: Drawn, wrapper: str | None = None) -> Facts | Exception:
    """The facts of the live layer, or what Keras raised."""
    keras.backend.clear_session()
    given, shapes = drawn
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tensors = [keras.Input(batch_shape=shape) for shape in shapes]
            of_the_call = {key: value for key, value in given.items() if key in OF_THE_CALL}
            made = _live(class_name, {key: value for key, value in given.items() if key not in OF_THE_CALL})
            if wrapper:
                made = getattr(keras.layers, wrapper)(made)
            outputs = made(tensors, **of_the_call) if class_name in TAKE_A_LIST else made(*tensors, **of_the_call)
            flat = keras.tree.flatten(outputs)
            keras.Model(tensors, flat)
    except Exception as error:  # whatever Keras raises is its refusal
        return error
    weights = tuple((each.name, tuple(each.shape), each.trainable, str(each.dtype)) for each in made.weights)
    model_weights = sum(each.trainable for each in made.weights)
    return Facts(made.name, tuple((tuple(each.shape), str(each.dtype)) for each in flat), weights, model_weights)


def _live(class_name: str, given: dict[str, Any]) -> Any:
    return getattr(keras.layers, class_name)(**{key: _live_value(value) for key, value in given.items()})


def _live_value(value: Any) -> Any:
    if isinstance(value, list):
        return [_live_value(each) for each in value]
    if isinstance(value, dict) and len(value) == 1 and next(iter(value)) in CELLS:
        ((name, given),) = value.items()
        return _live(name, given)
    return value


def here(class_name: str, drawn: Drawn, wrapper: str | None = None) -> Facts | lstmcalc.ModelError:
    """The facts of the same layer here, or the error."""
    given, shapes = drawn
    names = [f"input {i}" for i in range(len(shapes))]
    inputs = {
        name: {"shape": list(axes), "batch": samples} for name, (samples, *axes) in zip(names, shapes, strict=True)
    }
    item = {class_name: given}
    if wrapper:
        item = {wrapper: {"layer": item}}
    is_list = len(names) > 1 or class_name in TAKE_A_LIST
    spec = {"inputs": inputs, "layers": [{**item, "from": names if is_list else names[0]}]}
    try:
        model = lstmcalc.from_dict(spec)
    except lstmcalc.ModelError as error:
        return error
    (placed,) = model.placed
    weights = tuple((each.name, each.shape, each.trainable, each.dtype) for each in model.all_weights())
    outputs = tuple((each.shape, each.dtype) for each in model.outputs)
    return Facts(placed.layer.name, outputs, weights, sum(each.trainable for each in model.all_weights()))


def hold_against_keras(class_name: str, drawn: Drawn, wrapper: str | None = None) -> None:
    """Fail where one refuses what the other takes, or where they differ in a fact."""
    theirs, ours = in_keras(class_name, drawn, wrapper), here(class_name, drawn, wrapper)
    if isinstance(theirs, Exception):
        assert isinstance(ours, lstmcalc.ModelError), f"Keras refuses: {theirs}"
    elif isinstance(ours, lstmcalc.ModelError):
        given, shapes = drawn
        seen = [(samples, *axes[1:]) for samples, *axes in shapes] if wrapper == "TimeDistributed" else shapes
        assert is_nonsense(class_name, (given, seen)), f"we refuse: {ours}"
    else:
        assert ours == theirs


def is_nonsense(class_name: str, drawn: Drawn) -> bool:
    """Whether Keras takes it, though no forward pass of it can run, or none that anybody can mean."""
    given, shapes = drawn
    return any(rule(class_name, given, shapes) for rule in NONSENSE)


def _an_axis_twice(class_name: str, given: dict[str, Any], shapes: list[Shape]) -> bool:
    axes, rank = given.get("axis"), len(shapes[0])
    return isinstance(axes, list) and len({axis % rank for axis in axes}) < len(axes)


def _an_axis_that_softmax_has_not(class_name: str, given: dict[str, Any], shapes: list[Shape]) -> bool:
    axis, rank = given.get("axis", -1), len(shapes[0])
    axes = [axis] if isinstance(axis, int) else axis
    return class_name == "Softmax" and (not axes or any(not -rank <= each < rank for each in axes))


def _attention_over_what_is_no_sequence(class_name: str, given: dict[str, Any], shapes: list[Shape]) -> bool:
    return "Attention" in class_name and (min(map(len, shapes)) < 3 or len({len(shape) for shape in shapes}) > 1)


def _attention_of_tensors_that_do_not_fit(class_name: str, given: dict[str, Any], shapes: list[Shape]) -> bool:
    if class_name not in TAKE_A_LIST:
        return False
    query, value, key = shapes[0], shapes[1], shapes[-1]
    differ = any(a != b and None not in (a, b) for a, b in zip(value[1:-1], key[1:-1], strict=True))
    return differ or (query[-1] != key[-1] and None not in (query[-1], key[-1]))


def _attention_over_no_axis_or_a_wrong_one(class_name: str, given: dict[str, Any], shapes: list[Shape]) -> bool:
    written, rank = given.get("attention_axes"), len(shapes[0])
    if class_name != "MultiHeadAttention":
        return False
    if written is None:
        return False
    axes = [axis + rank if axis < 0 else axis for axis in ([written] if isinstance(written, int) else written)]
    if not axes or not all(0 < axis < rank - 1 for axis in axes):
        return True
    others = [axis for axis in range(1, rank - 1) if axis not in axes]
    query, value = shapes[:2]
    return any(query[axis] != value[axis] and None not in (query[axis], value[axis]) for axis in others)


def _a_mask_as_input(class_name: str, given: dict[str, Any], shapes: list[Shape]) -> bool:
    return "Attention" in class_name and len(shapes) > 3


def _a_slope_that_alpha_replaces(class_name: str, given: dict[str, Any], shapes: list[Shape]) -> bool:
    return class_name == "LeakyReLU" and "alpha" in given and given.get("negative_slope", 0) < 0


def _scores_of_flash_attention(class_name: str, given: dict[str, Any], shapes: list[Shape]) -> bool:
    return bool(given.get("flash_attention") and given.get("return_attention_scores"))


def _groups_of_queries_of_another_rank(class_name: str, given: dict[str, Any], shapes: list[Shape]) -> bool:
    return class_name == "GroupQueryAttention" and any(len(shape) != 3 for shape in shapes)


def _an_rnn_over_what_is_no_sequence(class_name: str, given: dict[str, Any], shapes: list[Shape]) -> bool:
    return class_name == "RNN" and len(shapes[0]) != 3


def _an_equation_of_another_rank(class_name: str, given: dict[str, Any], shapes: list[Shape]) -> bool:
    if class_name != "EinsumDense":
        return False
    before, after = given["equation"].split("->")
    term, output = before.split(",")[0].replace(".", ""), after.replace(".", "")
    sizes = given["output_shape"] if isinstance(given["output_shape"], list) else [given["output_shape"]]
    elided = len(shapes[0]) - len(term) if given["equation"].startswith("...") else 0
    is_fit = len(term) == len(shapes[0]) or (len(term) < len(shapes[0]) and "..." in before)
    has_twice = any(len(set(each)) < len(each) for each in (term, output))
    return not is_fit or has_twice or len(sizes) + 1 != len(output) + (elided > 0)


NONSENSE = (
    _a_mask_as_input,
    _a_slope_that_alpha_replaces,
    _an_axis_twice,
    _an_axis_that_softmax_has_not,
    _attention_over_what_is_no_sequence,
    _attention_of_tensors_that_do_not_fit,
    _attention_over_no_axis_or_a_wrong_one,
    _scores_of_flash_attention,
    _groups_of_queries_of_another_rank,
    _an_rnn_over_what_is_no_sequence,
    _an_equation_of_another_rank,
)
