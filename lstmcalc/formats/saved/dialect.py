"""Which Keras saved a model, and so whose meaning its words have."""

from lstmcalc.formats.values import Mapping, Scalar, Sequence, Value

KERAS1, KERAS2, KERAS3 = "keras1", "keras2", "keras3"
# What only the configs of Keras 1 have among a layer's arguments.
WORDS_OF_KERAS_1 = frozenset(
    ("nb_filter", "border_mode", "inner_activation", "inner_init", "W_regularizer", "dim_ordering", "consume_less")
)


def dialect_of(root: Mapping, version: str | None = None) -> str:
    """The dialect that a saved model is written in: by its version, else by the form of what it holds.

    tf.keras 2 is keras2 here: what a config leaves out means what it meant there.
    """
    found = root.get("keras_version")
    if version is None and isinstance(found, Scalar):
        version = str(found.value)
    if version and version[:1] in "0123":
        return KERAS1 if version[0] in "01" else KERAS2 if version[0] == "2" else KERAS3
    if root.get("module") is not None or root.get("registered_name") is not None:
        return KERAS3
    return KERAS1 if _has_words_of_keras_1(root) else KERAS2


def _has_words_of_keras_1(root: Mapping) -> bool:
    config = root.get("config")
    layers = config.get("layers") if isinstance(config, Mapping) else config
    if not isinstance(layers, Sequence):
        return False
    return any(_is_of_keras_1(each) for each in layers.items)


def _is_of_keras_1(layer: Value) -> bool:
    config = layer.get("config") if isinstance(layer, Mapping) else None
    if not isinstance(config, Mapping):
        return False
    keys = {str(key.value) for key, _ in config.entries}
    return bool(keys & WORDS_OF_KERAS_1) or ("output_dim" in keys and "init" in keys) or "bias" in keys
