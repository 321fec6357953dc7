"""The keys of a spec, each said once: readers take them, the schema prints them."""

from lstmcalc.layers.catalogue import INPUTS

# Of the top of a file, and of a model inside another.
TOP_LEVEL = ("name", "kind", "input", "inputs", "layers", "outputs", "vars", "budget", "dtype", "dialect")
INSIDE = (*(key for key in TOP_LEVEL if key not in ("vars", "budget", "dialect")), "trainable")

# Whose meaning a word has where they differ: Keras 1, the Keras package 2.0 to 2.2, and Keras 3.
DIALECTS = ("keras1", "keras2", "keras3")

# What a call may be given beside its inputs: references to tensors, and what the class takes when it is called.
MASKS = ("mask", "query_mask", "value_mask", "key_mask", "attention_mask")
CALL_TENSORS = ("initial_state", *MASKS)
CALL_FLAGS = ("use_causal_mask", "return_attention_scores")
CALL_ARGUMENTS = (*CALL_TENSORS, *CALL_FLAGS)

# Beside a class: of the layer itself, of how often it is made, and of its call.
SIBLINGS = ("name", "from", "initial_state", "trainable", "repeat", *MASKS, *CALL_FLAGS)
OF_THE_LAYER = ("name", "trainable")
# What no class has as an argument of its own.
NEVER_ARGUMENTS = ("from", "initial_state", "repeat", "reuse")

# The dtypes of an input.
DTYPES = (
    *("float16", "float32", "float64", "bfloat16", "bool", "string"),
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
)

# What can have a limit in a budget, and what it is called.
METRICS = {
    "params": "params",
    "trainable_params": "trainable params",
    "size": "size",
    "macs": "MACs",
    "state": "recurrent state",
    "activations": "activations",
}
IN_BYTES = ("size", "state", "activations")

__all__ = [
    "CALL_ARGUMENTS",
    "CALL_FLAGS",
    "CALL_TENSORS",
    "DIALECTS",
    "DTYPES",
    "INPUTS",
    "INSIDE",
    "IN_BYTES",
    "MASKS",
    "METRICS",
    "NEVER_ARGUMENTS",
    "OF_THE_LAYER",
    "SIBLINGS",
    "TOP_LEVEL",
]
