"""What a model is run on: the given arrays held against the model's inputs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstmcalc.errors import ModelError, Problem, did_you_mean
from lstmcalc.layers.base import Tensor
from lstmcalc.models.model import BuiltModel
from lstmcalc.shapes import Shape, agree, format_shape

Array = NDArray[Any]
DTYPES = ("float32", "float64")  # of a computation


def arrange_inputs(model: BuiltModel, x: Any, dtype: str) -> tuple[Array, ...]:
    """The arrays of the inputs in the model's order, from an array, a list in that order or `{name: array}`.

    Floats come in `dtype`. As in Keras, a last axis of size 1 may be missing or left over.
    Raises ModelError for what does not fit.
    """
    check_dtype(dtype)
    given = _by_position(model, x)
    arrays = tuple(_fitting(tensor, array, dtype) for tensor, array in zip(model.inputs, given, strict=True))
    samples = {tensor.operation.name: len(array) for tensor, array in zip(model.inputs, arrays, strict=True)}
    if len(set(samples.values())) > 1:
        counts = ", ".join(f"'{name}' has {count}" for name, count in samples.items())
        raise ModelError(Problem(f"the inputs take one number of samples, but {counts}"))
    if 0 in samples.values():
        raise ModelError(Problem("a model is run on at least one sample, but the input has none"))
    return arrays


def check_dtype(dtype: str) -> None:
    """Refuse a dtype that no model is run in. Raises ModelError."""
    if dtype not in DTYPES:
        raise ModelError(Problem(f"a model is run in {' or '.join(DTYPES)}, not in {dtype!r}"))


def _by_position(model: BuiltModel, x: Any) -> Sequence[Any]:
    names = [tensor.operation.name for tensor in model.inputs]
    listed = ", ".join(names)
    if isinstance(x, Mapping):
        for name in x:
            if name not in names:
                help = did_you_mean(str(name), names) or f"the inputs are: {listed}"
                raise ModelError(Problem(f"the model has no input '{name}'", help=help))
        for name in names:
            if name not in x:
                raise ModelError(Problem(f"the input '{name}' is missing", help=f"the inputs are: {listed}"))
        return [x[name] for name in names]
    if len(names) == 1 and not (isinstance(x, list | tuple) and not x):
        is_list = isinstance(x, list | tuple) and len(x) == 1 and isinstance(x[0], np.ndarray)
        return [x[0] if is_list else x]
    if isinstance(x, list | tuple) and len(x) == len(names):
        return x
    wanted = "1 input" if len(names) == 1 else f"{len(names)} inputs"
    found = f"a list of {len(x)}" if isinstance(x, list | tuple) else "one array"
    raise ModelError(
        Problem(f"the model takes {wanted}, but has {found}", help=f"give a list or a mapping of: {listed}")
    )


def _fitting(tensor: Tensor, value: Any, dtype: str) -> Array:
    name, wanted = tensor.operation.name, tensor.shape
    try:
        array = np.asarray(value)
    except ValueError:
        raise ModelError(Problem(f"the input '{name}' takes an array, but has lists of several lengths")) from None
    array = _of_rank(array, wanted)
    if not agree(array.shape, wanted):
        help = f"samples come first: give an array of {format_shape(wanted)}"
        raise ModelError(
            Problem(
                f"the input '{name}' takes {format_shape(wanted)}, but the array is {format_shape(array.shape)}",
                help=help,
            )
        )
    return _of_dtype(name, array, tensor.dtype, dtype)


def _of_rank(array: Array, wanted: Shape) -> Array:
    """The array with a last axis of size 1 added or left out, as `keras.Model` does it."""
    if array.ndim == len(wanted) + 1 and array.shape[-1] == 1:
        return array[..., 0]
    if array.ndim == len(wanted) - 1 and wanted[-1] == 1:
        return array[..., None]
    return array


def _of_dtype(name: str, array: Array, declared: str, dtype: str) -> Array:
    if declared == "string":
        if array.dtype.kind not in "UO":
            raise ModelError(Problem(f"the input '{name}' takes strings, but has {array.dtype}"))
        return array
    if "float" in declared and array.dtype == dtype:
        return np.ascontiguousarray(array)
    if array.dtype.kind not in "fiub":
        raise ModelError(Problem(f"the input '{name}' takes numbers, but has {array.dtype}"))
    if "float" in declared:
        with np.errstate(over="ignore"):
            return np.ascontiguousarray(array, dtype)
    if array.dtype.kind == "f" and not np.array_equal(array, np.trunc(array)):
        raise ModelError(Problem(f"the input '{name}' takes {declared}, but has numbers that are not whole"))
    _check_range(name, array, declared)
    return np.ascontiguousarray(array, declared)


def _check_range(name: str, array: Array, declared: str) -> None:
    """Refuse whole numbers that the dtype of the input does not hold, and would make others of. Raises ModelError."""
    if declared == "bool" or array.dtype.kind == "b" or not array.size:
        return
    least, most = array.min(), array.max()
    taken = np.iinfo(declared)
    if least < taken.min or most > taken.max:
        message = (
            f"the input '{name}' takes {declared}, from {taken.min} to {taken.max}, but goes from {least} to {most}"
        )
        raise ModelError(Problem(message))
