"""What Keras saved, as it is meant today: arguments in the forms of every Keras, and calls in the words of a spec."""

import msgspec

from lstmcalc.errors import ModelError, Place, Problem, Problems, shown
from lstmcalc.formats.spec import Call, Definition
from lstmcalc.formats.values import CallOutput, Mapping, Scalar, Sequence, Value
from lstmcalc.layers.base import Layer
from lstmcalc.layers.catalogue import MODULES, OPERATION, find_operation
from lstmcalc.models.binding import takes
from lstmcalc.reference.keys import CALL_ARGUMENTS, DIALECTS, MASKS

Arguments = tuple[tuple[Scalar, Value], ...]

# What configs of layers hold that makes no difference to what a layer is: of any class, and of one.
WITHOUT_MEANING = frozenset(
    (
        *("name", "trainable", "dtype", "autocast", "experimental_autocast", "input_dtype", "dynamic", "custom_name"),
        *("implementation", "consume_less", "unroll", "time_major", "zero_output_for_mask", "num_constants"),
        *("ragged", "sparse", "input_spec", "batch_input_shape", "batch_shape", "build_config", "inbound_nodes"),
        *("fused", "virtual_batch_size", "adjustment", "noise_shape", "quantization_config"),
        *("rng_type", "force_generator"),
        *("mode_type", "output_shape_type", "output_mask_type", "output_mask", "arguments"),
    )
)
_OF_KERNEL = ("kernel_initializer", "kernel_regularizer", "kernel_constraint")
OF_CLASS: dict[str, tuple[str, ...]] = {
    "Embedding": ("input_length", "dropout", "init", "weights"),
    "Activation": ("alpha",),
    # What tf.keras saved of what they are derived from, a convolution.
    **dict.fromkeys(("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"), ("groups",)),
    **dict.fromkeys(("SeparableConv1D", "SeparableConv2D"), ("groups", *_OF_KERNEL)),
    **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D"), ("groups", "filters", *_OF_KERNEL)),
    "MultiHeadAttention": ("query_shape", "key_shape", "value_shape", "softmax_robust_masking"),
}


def _is_meaningless(layer: type[Layer], name: str) -> bool:
    """Whether an argument that the layer does not take makes no difference where Keras saved it."""
    return name in WITHOUT_MEANING or name in OF_CLASS.get(layer.__name__, ())


def as_operation(definition: Definition, dialect: str | None) -> Definition:
    """The definition of an operation under its name: HDF5 files of Keras 3 do not say of which module a class is.

    A layer's config says whether it is trained, and that of an operation does not. Other Kerases save none.
    """
    name = definition.class_name
    says_trainable = any(key.value == "trainable" for key, _ in definition.kwargs)
    if dialect != DIALECTS[-1] or says_trainable or not _may_be_operation(definition):
        return definition
    if find_operation(name) is None:
        return definition
    return msgspec.structs.replace(definition, class_name=f"{OPERATION}{name}")


def _may_be_operation(definition: Definition) -> bool:
    """Whether a class is none of the layers, or its config has nothing that the config of each layer has."""
    return definition.class_name not in MODULES or all(key.value != "dtype" for key, _ in definition.kwargs)


def note_time_major(definition: Definition, problems: Problems) -> None:
    """Note a recurrent layer that has the timesteps before the samples, which no layer of Keras 3 has."""
    for key, value in definition.kwargs:
        if key.value == "time_major" and isinstance(value, Scalar) and value.value is True:
            message = "time_major is true: its params are counted, its shapes told as if it were false"
            problems.note(f"{definition.class_name}: {message}", value.place)


def meant_arguments(layer: type[Layer], definition: Definition, problems: Problems) -> Definition:
    """The definition without what makes no difference, and what of a Keras that is not known here, with a note.

    Raises ModelError for a class that is another than it seems.
    """
    unknown = [
        key
        for key, _ in definition.kwargs
        if not takes(layer, str(key.value)) and not _is_meaningless(layer, str(key.value))
    ]
    if unknown and not (definition.saved is not None and definition.saved.is_keras):
        raise ModelError(_unlike(layer, str(unknown[0].value), unknown[0].place))
    for key in unknown:
        message = (
            f"{layer.__name__} has an argument {shown(str(key.value))} that no Keras known here has: it is left out"
        )
        problems.note(message, key.place)
    kept = tuple((key, value) for key, value in definition.kwargs if takes(layer, str(key.value)))
    return msgspec.structs.replace(definition, kwargs=_turned_around(kept) if layer.has_twins else kept)


def _turned_around(kwargs: Arguments) -> Arguments:
    """The arguments of a Bidirectional whose first layer goes backwards: Keras 2 had the second go forwards then."""
    given = {str(key.value): value for key, value in kwargs}
    first, second = given.get("layer"), given.get("backward_layer")
    if not isinstance(first, Mapping) or (second is not None and not _is_null(second)):
        return kwargs
    config = first.get("config")
    goes = config.get("go_backwards") if isinstance(config, Mapping) else None
    if not isinstance(config, Mapping) or not isinstance(goes, Scalar) or goes.value is not True:
        return kwargs
    name = config.get("name")
    other = f"backward_{name.value}" if isinstance(name, Scalar) else "backward"
    changed = _with(_with(config, "go_backwards", Scalar(False, goes.place)), "name", Scalar(other, config.place))
    key = Scalar("backward_layer", first.place, "backward_layer")
    kept = tuple(entry for entry in kwargs if entry[0].value != "backward_layer")
    return (*kept, (key, _with(first, "config", changed)))


def _with(mapping: Mapping, key: str, value: Value) -> Mapping:
    """A mapping with another value of a key."""
    kept = tuple(entry for entry in mapping.entries if entry[0].value != key)
    return Mapping((*kept, (Scalar(key, mapping.place, key), value)), mapping.place)


def _is_null(value: Value) -> bool:
    return isinstance(value, Scalar) and value.value is None


def _unlike(layer: type[Layer], name: str, place: Place) -> Problem:
    """The problem of an argument that no Keras's class of that name ever had: it is another class of that name."""
    message = f"{layer.__name__} has an argument {shown(name)} that Keras's has not: it is a class of the author's own"
    help = f'declare it: --custom {layer.__name__}=identity, or --custom "{layer.__name__}=(None, 64), PARAMS"'
    return Problem(message, place, help=help)


# Calls.


def call_in_words_of_today(call: Call, layer: Layer) -> Call:
    """A saved call as a spec would write it. Raises ModelError.

    Inputs that were given by name stand after the others; of a recurrent layer that was called on
    several tensors, those after the first are its initial states.
    """
    if layer.call_arguments.keys() & set(layer.call_inputs):
        return _call_on_numbers(call, layer)
    inputs, arguments = _with_named(call, _tensors_of(call) if layer.is_stated else layer.call_inputs)
    tensors = list(inputs.items) if isinstance(inputs, Sequence) else [inputs]
    states = layer.state_names
    if states and len(tensors) > 1 and not layer.takes_list and "initial_state" not in arguments:
        arguments = {**arguments, "initial_state": Sequence(tuple(tensors[1:]), call.place)}
        inputs = tensors[0]
    for each in tensors:
        if isinstance(each, Scalar | Mapping):
            message = f"{layer.class_name} is called on a value that stands in the file, which only operations take"
            raise ModelError(Problem(message, call.place, layer.name))
    kept = {key: value for key, value in arguments.items() if key in CALL_ARGUMENTS and _is_meant(layer, key)}
    for key, value in arguments.items():
        if key not in kept and isinstance(value, CallOutput | Sequence) and _holds_tensors(value) and key not in MASKS:
            raise ModelError(Problem(f"{layer.class_name} takes no {shown(key)}", call.place, layer.name))
    return msgspec.structs.replace(call, inputs=inputs, arguments=kept)


def _call_on_numbers(call: Call, layer: Layer) -> Call:
    """A call of an operation on tensors and on numbers, which become arguments."""
    assert call.inputs is not None
    is_one = not isinstance(call.inputs, Sequence) or not _holds_tensors(call.inputs)
    listed = [call.inputs] if is_one else list(call.inputs.items)  # type: ignore[union-attr]
    given = dict(zip(layer.call_inputs, listed, strict=False)) | call.arguments
    named = {name: given[name] for name in layer.call_inputs if name in given}
    tensors = tuple(value for value in named.values() if isinstance(value, CallOutput))
    arguments = {name: value for name, value in given.items() if not isinstance(value, CallOutput)}
    inputs = tensors[0] if len(tensors) == 1 else Sequence(tensors, call.place)
    kept = {name: value for name, value in arguments.items() if name in layer.call_arguments}
    return msgspec.structs.replace(call, inputs=inputs, arguments=kept)


def _tensors_of(call: Call) -> tuple[str, ...]:
    """The arguments of a call that are tensors, which any layer may take that nobody knows."""
    return tuple(name for name, value in call.arguments.items() if _holds_tensors(value) and name not in MASKS)


def _with_named(call: Call, names: tuple[str, ...]) -> tuple[Value, dict[str, Value]]:
    """The inputs of a call with those of these names, and its other arguments."""
    assert call.inputs is not None
    arguments = dict(call.arguments)
    named = [arguments.pop(name) for name in names if name in arguments]
    if not named:
        return call.inputs, arguments
    before = call.inputs.items if isinstance(call.inputs, Sequence) else (call.inputs,)
    every = (*before, *named)
    return every[0] if len(every) == 1 else Sequence(every, call.place), arguments


def _is_meant(layer: Layer, key: str) -> bool:
    """Whether the layer takes an argument of a call: Keras passes masks to all, and only some look at them."""
    if key in MASKS:
        return key in layer.mask_arguments
    return key == "initial_state" or key in layer.call_arguments


def _holds_tensors(value: Value) -> bool:
    if isinstance(value, Sequence):
        return any(map(_holds_tensors, value.items))
    return isinstance(value, CallOutput)
