"""Operations between layers, as Keras 3 saves them in a graph: the same shapes, dtypes and numbers as live Keras."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

import lstmcalc
from lstmcalc.layers.operations import OPERATIONS

Make = Callable[[Any, Any], Any]

# What each makes of two tensors of (None, 4, 6), positive numbers below 1.
CASES: dict[str, Make] = {
    "a timestep": lambda x, z: x[:, 0],
    "the last features": lambda x, z: x[:, -1, :3],
    "a new axis": lambda x, z: x[:, None],
    "the first features": lambda x, z: x[..., 0],
    "every second": lambda x, z: x[:, ::2, 1:-1],
    "a number first": lambda x, z: 1.0 - x,
    "a number second": lambda x, z: x * 2,
    "Add": lambda x, z: x + z,
    "Subtract": lambda x, z: x - z,
    "Multiply": lambda x, z: ops.multiply(x, z),
    "Divide": lambda x, z: x / (z + 1),
    "Power": lambda x, z: x**2,
    "Maximum": lambda x, z: ops.maximum(x, z),
    "Minimum": lambda x, z: ops.minimum(x, 0.5),
    "Mod": lambda x, z: ops.mod(x, 0.3),
    "FloorDivide": lambda x, z: x // 0.3,
    "Greater": lambda x, z: x > z,
    "LessEqual": lambda x, z: x <= 0.5,
    "Equal": lambda x, z: ops.equal(x, z),
    "LogicalAnd": lambda x, z: ops.logical_and(x > 0.5, z > 0.5),
    "Where": lambda x, z: ops.where(x > 0.5, x, z),
    "Where with numbers": lambda x, z: ops.where(x > 0.5, 1.0, z),
    "Mean": lambda x, z: ops.mean(x, axis=1),
    "Mean of all axes but one": lambda x, z: ops.mean(x, axis=(1, 2), keepdims=True),
    "Sum": lambda x, z: ops.sum(x, axis=-1),
    "Max": lambda x, z: ops.max(x, axis=-1, keepdims=True),
    "Min": lambda x, z: ops.min(x, axis=1),
    "Prod": lambda x, z: ops.prod(x, axis=1),
    "Std": lambda x, z: ops.std(x, axis=1),
    "Var": lambda x, z: ops.var(x, axis=1),
    "Any": lambda x, z: ops.any(x > 0.9, axis=1),
    "All": lambda x, z: ops.all(x > 0.1, axis=1),
    "Argmax": lambda x, z: ops.argmax(x, axis=-1),
    "Argmin": lambda x, z: ops.argmin(x, axis=1),
    "Logsumexp": lambda x, z: ops.logsumexp(x, axis=-1),
    "Normalize": lambda x, z: ops.normalize(x, axis=-1),
    "Concatenate": lambda x, z: ops.concatenate([x, z], axis=-1),
    "Stack": lambda x, z: ops.stack([x, z], axis=1),
    "Split": lambda x, z: ops.split(x, 2, axis=-1)[1],
    "Split at places": lambda x, z: ops.split(x, [1, 4], axis=-1)[2],
    "Reshape": lambda x, z: ops.reshape(x, (-1, 24)),
    "Transpose": lambda x, z: ops.transpose(x, (0, 2, 1)),
    "Swapaxes": lambda x, z: ops.swapaxes(x, 1, 2),
    "Moveaxis": lambda x, z: ops.moveaxis(x, 1, 2),
    "ExpandDims": lambda x, z: ops.expand_dims(x, 1),
    "Squeeze": lambda x, z: ops.squeeze(ops.expand_dims(x, 1), 1),
    "Tile": lambda x, z: ops.tile(x, [1, 2, 1]),
    "Repeat": lambda x, z: ops.repeat(x, 2, axis=1),
    "Flip": lambda x, z: ops.flip(x, 1),
    "Roll": lambda x, z: ops.roll(x, 1, axis=1),
    "Pad": lambda x, z: ops.pad(x, [[0, 0], [1, 2], [0, 0]]),
    "Take": lambda x, z: ops.take(x, [0, 2], axis=1),
    "Cumsum": lambda x, z: ops.cumsum(x, axis=1),
    "TopK": lambda x, z: ops.top_k(x, 2)[0],
    "Matmul": lambda x, z: ops.matmul(x, ops.transpose(z, (0, 2, 1))),
    "Einsum": lambda x, z: ops.einsum("bij,bkj->bik", x, z),
    "Cast": lambda x, z: ops.cast(x * 9, "int32"),
    "OneHot": lambda x, z: ops.one_hot(ops.cast(x * 3, "int32"), 3),
    "Clip": lambda x, z: ops.clip(x, 0.2, 0.7),
    "ZerosLike": lambda x, z: ops.zeros_like(x),
    "Gelu by its own formula": lambda x, z: ops.gelu(x, approximate=False),
    "Softmax along an axis": lambda x, z: ops.softmax(x, axis=1),
    "OnesLike": lambda x, z: ops.ones_like(x),
    **{
        name: lambda x, z, called=called: getattr(ops, called)(x)
        for name, called in (
            *(("Absolute", "absolute"), ("Negative", "negative"), ("Exp", "exp"), ("Expm1", "expm1")),
            *(("Log", "log"), ("Log1p", "log1p"), ("Log2", "log2"), ("Log10", "log10"), ("Sqrt", "sqrt")),
            *(("Square", "square"), ("Rsqrt", "rsqrt"), ("Reciprocal", "reciprocal"), ("Sign", "sign")),
            *(("Sin", "sin"), ("Cos", "cos"), ("Tan", "tan"), ("Tanh", "tanh"), ("Sinh", "sinh"), ("Cosh", "cosh")),
            *(("Arcsin", "arcsin"), ("Arccos", "arccos"), ("Arctan", "arctan"), ("Floor", "floor"), ("Ceil", "ceil")),
            *(("Round", "round"), ("Isnan", "isnan"), ("Relu", "relu"), ("Relu6", "relu6"), ("Sigmoid", "sigmoid")),
            *(("Silu", "silu"), ("Softplus", "softplus"), ("Softsign", "softsign"), ("Selu", "selu")),
            *(("Elu", "elu"), ("Gelu", "gelu"), ("LeakyRelu", "leaky_relu"), ("Softmax", "softmax")),
            *(("LogSoftmax", "log_softmax"), ("HardSigmoid", "hard_sigmoid"), ("LogSigmoid", "log_sigmoid")),
        )
    },
}


@pytest.mark.parametrize("name", CASES)
def test_an_operation_is_as_in_keras(name: str, tmp_path: Path) -> None:
    keras.backend.clear_session()
    inputs = [keras.Input((4, 6), name="x"), keras.Input((4, 6), name="z")]
    given = CASES[name](*inputs)
    model = keras.Model(inputs, [given, inputs[1] + 0.0])
    path = tmp_path / "model.json"
    path.write_text(model.to_json(), encoding="utf-8")
    ours = lstmcalc.load(str(path))
    assert ours.output_shape[0] == tuple(given.shape)
    draw = np.random.default_rng(0)
    arrays = [draw.uniform(0.05, 0.95, (3, 4, 6)).astype("float32") for _ in inputs]
    wanted = np.asarray(model(arrays)[0])
    found = ours.predict(arrays, weights={})[0]
    assert found.shape == wanted.shape
    assert found.dtype.kind == wanted.dtype.kind
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)


def test_most_operations_are_drawn_here() -> None:
    assert len(CASES.keys() & OPERATIONS.keys()) > len(OPERATIONS) // 2
