"""A layer as Keras saved it: its class and its config become a definition, whichever Keras it was."""

from lstmcalc.errors import ModelError, Problem, shown
from lstmcalc.formats.spec import Definition, Saved
from lstmcalc.formats.values import Mapping, Scalar, Sequence, Value, kind_of
from lstmcalc.reference.keys import INPUTS

# Modules of Keras's own classes; of a class that somebody else wrote it is another, or none with a registered name.
KERAS_MODULES = ("keras", "tensorflow.keras", "tensorflow.python.keras", "tf_keras", "tensorflow.python.ops")
OPERATIONS = ("keras.src.ops.", "keras.ops")
# What Python and NumPy call dtypes, in old configs of inputs.
DTYPES = {"float": "float32", "double": "float64", "int": "int32", "long": "int64", "half": "float16"}
OF_AN_INPUT = ("trainable", "custom_name", "_keras_history", "input_tensor", "type_spec")
# Classes that hold layers as an argument and are no models.
HOLD_LAYERS = ("Merge", "StackedRNNCells")


def read_layer(value: Value) -> Definition:
    """The definition of a saved layer, or of a saved model, which is its one argument. Raises ModelError."""
    class_name, config = _class_and_config(value)
    assert isinstance(value, Mapping)
    is_own = _is_own(value, class_name)
    says_keras = not is_own and _text(value, "module") is not None
    saved = Saved(is_own, _built_on(value), _shared(value), is_keras=says_keras)
    short = class_name.rsplit(">", 1)[-1]
    name = value.get("name")
    if name is None and isinstance(config, Mapping):
        name = config.get("name")
    kind = kind_of_model(short, config)
    if kind is not None:
        given = config.entries if isinstance(config, Mapping) else ()
        trainable = tuple(entry for entry in given if entry[0].value == "trainable")
        return Definition(kind, value.place, (value,), trainable, name, saved=saved)
    assert isinstance(config, Mapping)
    module = _text(value, "module") or ""
    short = f"ops.{short}" if module.startswith(OPERATIONS) else short
    kwargs = tuple((key, each) for key, each in config.entries if key.value != "name")
    if short in INPUTS:
        kwargs = tuple((key, _dtype(each)) for key, each in kwargs if key.value not in OF_AN_INPUT)
    return Definition(short, value.place, (), kwargs, name, saved=saved)


def _dtype(value: Value) -> Value:
    """A dtype by the name that it has today; other values as they are."""
    name = DTYPES.get(value.value) if isinstance(value, Scalar) and isinstance(value.value, str) else None
    return value if name is None else Scalar(name, value.place, name)


def _class_and_config(value: Value) -> tuple[str, Mapping | Sequence]:
    if not isinstance(value, Mapping):
        raise ModelError(Problem(f"a saved layer is a mapping with its class_name, not {kind_of(value)}", value.place))
    class_name, config = value.get("class_name"), value.get("config")
    if not isinstance(class_name, Scalar) or not isinstance(class_name.value, str):
        raise ModelError(Problem("a saved layer has no class_name", value.place))
    if not isinstance(config, Mapping) and not (isinstance(config, Sequence) and class_name.value == "Sequential"):
        found = "none" if config is None else kind_of(config)
        message = f"the config of {shown(class_name.value)} must be a mapping, not {found}"
        raise ModelError(Problem(message, value.place))
    return class_name.value, config


def kind_of_model(class_name: str, config: Mapping | Sequence) -> str | None:
    """`Model` or `Sequential` of what is a model, also of a class of its author's that is derived from one."""
    if isinstance(config, Sequence):
        return "Sequential"
    layers = config.get("layers")
    if not isinstance(layers, Sequence) or class_name in HOLD_LAYERS:
        return "Sequential" if class_name == "Sequential" else None
    if config.get("input_layers") is not None and config.get("output_layers") is not None:
        return "Model"
    holds_layers = all(isinstance(each, Mapping) and each.get("class_name") is not None for each in layers.items)
    return "Sequential" if class_name == "Sequential" or (layers.items and holds_layers) else None


def _is_own(value: Mapping, class_name: str) -> bool:
    """Whether the class is one that its author wrote, as far as the file says it."""
    if ">" in class_name:
        return True
    registered, module = _text(value, "registered_name"), _text(value, "module")
    if module is not None:
        return not any(module == each or module.startswith(f"{each}.") for each in KERAS_MODULES)
    return registered is not None and registered != class_name


def _text(value: Mapping, key: str) -> str | None:
    found = value.get(key)
    return found.value if isinstance(found, Scalar) and isinstance(found.value, str) else None


def _built_on(value: Mapping) -> Value | None:
    build = value.get("build_config")
    return build.get("input_shape") if isinstance(build, Mapping) else None


def _shared(value: Mapping) -> int | None:
    found = value.get("shared_object_id")
    return found.value if isinstance(found, Scalar) and type(found.value) is int else None
