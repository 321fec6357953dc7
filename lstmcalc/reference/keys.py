"""The keys of a spec, each said once: readers take them, the schema prints them."""

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
