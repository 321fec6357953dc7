"""Operations of TensorFlow in the graphs of tf.keras, `TFOpLambda` and `SlicingOpLambda`, as those of `keras.ops`."""

from typing import Any

import msgspec

from lstmcalc.formats.saved.nodes import NodeData, holds_tensors
from lstmcalc.formats.spec import Definition
from lstmcalc.formats.values import Scalar, Sequence, Value

CLASSES = ("TFOpLambda", "SlicingOpLambda")
# What TensorFlow calls a function and, in their order, its arguments, each with what `keras.ops` calls it; nothing for
# one that changes neither shapes nor numbers here.
_TWO = "x=x1 y=x2"
_REDUCED = "input_tensor=x axis keepdims keep_dims=keepdims"
FUNCTIONS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("math.add", "__operators__.add", "add"), ("Add", _TWO)),
    **dict.fromkeys(("math.subtract", "__operators__.sub", "subtract"), ("Subtract", _TWO)),
    **dict.fromkeys(("math.multiply", "__operators__.mul", "multiply"), ("Multiply", _TWO)),
    **dict.fromkeys(("math.divide", "math.truediv", "truediv", "__operators__.truediv"), ("TrueDivide", _TWO)),
    **dict.fromkeys(("math.pow", "pow"), ("Power", _TWO)),
    **dict.fromkeys(("math.maximum", "maximum"), ("Maximum", _TWO)),
    **dict.fromkeys(("math.minimum", "minimum"), ("Minimum", _TWO)),
    **{f"math.{name}": (op, _TWO) for name, op in (("greater", "Greater"), ("less", "Less"), ("equal", "Equal"))},
    **{
        f"math.{name}": (op, _TWO)
        for name, op in (
            ("greater_equal", "GreaterEqual"),
            ("less_equal", "LessEqual"),
            ("not_equal", "NotEqual"),
            ("logical_and", "LogicalAnd"),
            ("logical_or", "LogicalOr"),
            *(("floormod", "Mod"), ("floordiv", "FloorDivide")),
        )
    },
    **{
        f"{prefix}reduce_{name}": (op, _REDUCED)
        for prefix in ("math.", "")
        for name, op in (
            *(("mean", "Mean"), ("sum", "Sum"), ("max", "Max"), ("min", "Min"), ("prod", "Prod")),
            *(("std", "Std"), ("variance", "Var"), ("any", "Any"), ("all", "All"), ("logsumexp", "Logsumexp")),
        )
    },
    **dict.fromkeys(("floor_div", "math.floor_div"), ("FloorDivide", _TWO)),
    **dict.fromkeys(("norm", "linalg.norm"), ("Norm", "tensor=x ord axis keepdims keep_dims=keepdims")),
    **dict.fromkeys(("math.atan2", "atan2"), ("Arctan2", "y=x1 x=x2")),
    "math.reduce_euclidean_norm": ("Norm", _REDUCED),
    **{f"{prefix}cumsum": ("Cumsum", "x axis") for prefix in ("math.", "")},
    "math.cumprod": ("Cumprod", "x axis"),
    "roll": ("Roll", "input=x shift axis"),
    "math.top_k": ("TopK", "input=x k sorted"),
    **{f"math.{name}": (op, "input=x axis") for name, op in (("argmax", "Argmax"), ("argmin", "Argmin"))},
    **{
        f"{prefix}{name}": (op, "x")
        for prefix in ("math.", "nn.", "")
        for name, op in (
            *(("exp", "Exp"), ("log", "Log"), ("log1p", "Log1p"), ("sqrt", "Sqrt"), ("rsqrt", "Rsqrt")),
            *(("square", "Square"), ("abs", "Absolute"), ("negative", "Negative"), ("sign", "Sign")),
            *(("sin", "Sin"), ("cos", "Cos"), ("floor", "Floor"), ("ceil", "Ceil"), ("round", "Round")),
            *(("tanh", "Tanh"), ("sigmoid", "Sigmoid"), ("softsign", "Softsign"), ("reciprocal", "Reciprocal")),
            *(("logical_not", "LogicalNot"), ("expm1", "Expm1"), ("log_sigmoid", "LogSigmoid"), ("rint", "Round")),
            *(("tan", "Tan"), ("sinh", "Sinh"), ("cosh", "Cosh"), ("asin", "Arcsin"), ("acos", "Arccos")),
            *(("atan", "Arctan"), ("asinh", "Arcsinh"), ("acosh", "Arccosh"), ("atanh", "Arctanh")),
            *(("is_nan", "Isnan"), ("is_finite", "Isfinite"), ("is_inf", "Isinf")),
        )
    },
    **{f"nn.{name}": (op, "features=x") for name, op in (("relu", "Relu"), ("relu6", "Relu6"), ("elu", "Elu"))},
    **{f"nn.{name}": (op, "features=x") for name, op in (("selu", "Selu"), ("silu", "Silu"), ("swish", "Silu"))},
    **dict.fromkeys(("math.softplus", "nn.softplus"), ("Softplus", "features=x")),
    "nn.leaky_relu": ("LeakyRelu", "features=x alpha=negative_slope"),
    "nn.gelu": ("Gelu", "features=x approximate"),
    "nn.softmax": ("Softmax", "logits=x axis"),
    "nn.log_softmax": ("LogSoftmax", "logits=x axis"),
    **dict.fromkeys(("math.l2_normalize", "nn.l2_normalize", "linalg.l2_normalize"), ("Normalize", "x axis epsilon=")),
    "concat": ("Concatenate", "values=xs axis"),
    "stack": ("Stack", "values=xs axis"),
    "split": ("Split", "value=x num_or_size_splits=indices_or_sections axis num="),
    "reshape": ("Reshape", "tensor=x shape=newshape"),
    "transpose": ("Transpose", "a=x perm=axes conjugate="),
    "expand_dims": ("ExpandDims", "input=x axis"),
    "squeeze": ("Squeeze", "input=x axis squeeze_dims=axis"),
    "tile": ("Tile", "input=x multiples=repeats"),
    "repeat": ("Repeat", "input=x repeats axis"),
    "reverse": ("Flip", "tensor=x axis"),
    "cast": ("Cast", "x dtype"),
    "one_hot": ("OneHot", "indices=x depth=num_classes on_value= off_value= axis dtype"),
    "clip_by_value": ("Clip", "t=x clip_value_min=x_min clip_value_max=x_max"),
    "zeros_like": ("ZerosLike", "input=x dtype layout="),
    "ones_like": ("OnesLike", "input=x dtype layout="),
    "identity": ("Copy", "input=x"),
    "stop_gradient": ("StopGradient", "input=x"),
    "where": ("Where", "condition x=x1 y=x2"),
    "gather": ("Take", "params=x indices validate_indices= axis batch_dims="),
    **dict.fromkeys(("linalg.matmul", "matmul"), ("Matmul", "a=x1 b=x2 transpose_a transpose_b")),
    "pad": ("Pad", "tensor=x paddings=pad_width mode constant_values"),
    "__operators__.getitem": ("GetItem", "x slice_spec=key"),
}


# What a function takes for an argument that is not there, where the operation takes something else.
DEFAULTS: dict[str, dict[str, Any]] = {
    "nn.gelu": {"approximate": False},
    **{name: {"axis": 0} for name in ("gather", "math.argmax", "math.argmin", "stack", "math.cumsum", "cumsum")},
    "math.cumprod": {"axis": 0},
}
REVERSED = ("exclusive", "reverse")  # of cumulative sums, which no operation has


def as_operation(definition: Definition, data: NodeData) -> tuple[Definition, NodeData]:
    """The operation of `keras.ops` that one of TensorFlow is, and its call; one that is none under its own name."""
    function = next((value for key, value in definition.kwargs if key.value == "function"), None)
    called = str(function.value) if isinstance(function, Scalar) else "__operators__.getitem"
    short = called.removeprefix("compat.v1.").removeprefix("tf.")
    found = FUNCTIONS.get(short)
    unknown = msgspec.structs.replace(definition, class_name=f"tf.{called}"), data
    if found is None or any(_is_true(data.arguments.get(key)) for key in REVERSED):
        return unknown
    operation, words = found
    parameters = {old: new if equals else old for old, equals, new in (each.partition("=") for each in words.split())}
    given = _given(data, parameters)
    for key, value in DEFAULTS.get(short, {}).items():
        given.setdefault(key, Scalar(value, definition.place, str(value)))
    if operation == "Pad" and isinstance(mode := given.get("mode"), Scalar):
        given["mode"] = Scalar(str(mode.value).lower(), mode.place, mode.text)
    named = {
        key: value for key, value in given.items() if key.startswith("x") or key in ("condition", "indices", "key")
    }
    fixed = {key: value for key, value in given.items() if key not in named or (operation == "Clip" and key != "x")}
    if any(map(holds_tensors, fixed.values())):  # a shape that is computed
        return unknown
    entries = tuple((Scalar(key, value.place, key), value) for key, value in fixed.items())
    changed = msgspec.structs.replace(definition, class_name=f"ops.{operation}", kwargs=entries)
    inputs = [value for key, value in named.items() if key not in fixed]
    if operation in ("Concatenate", "Stack", "Matmul"):
        listed = inputs[0] if len(inputs) == 1 else Sequence(tuple(inputs), definition.place)
        return changed, NodeData(listed)
    arguments = {key: value for key, value in named.items() if key not in fixed}
    return changed, NodeData(Sequence((), definition.place), arguments)


def _given(data: NodeData, parameters: dict[str, str]) -> dict[str, Value]:
    """What the call has for each argument of the operation; its first argument is what the layer was called on."""
    first = next(iter(parameters.values()))
    given = {first: data.value}
    for key, value in data.arguments.items():
        meant = parameters.get(key, "")
        is_null = isinstance(value, Scalar) and value.value is None
        if meant and not is_null and (meant not in given or holds_tensors(value)):
            given[meant] = value
    return given


def _is_true(value: Value | None) -> bool:
    return isinstance(value, Scalar) and value.value is True
