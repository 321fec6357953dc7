"""An Outline as the config that Keras 3 loads: `keras.models.model_from_json`, and `config.json` of a .keras file."""

from collections.abc import Mapping
from typing import Any

import msgspec

from lstmcalc.errors import ModelError, Problem
from lstmcalc.formats.outline import CallOutline, KerasObject, LayerOutline, Outline, TensorRef

Config = dict[str, Any]


def keras_config(outline: Outline) -> Config:
    """The config of a model. Raises ModelError for what Keras's config cannot say."""
    return _model(outline, outline.name, outline.trainable)


def write_keras_json(outline: Outline) -> str:
    """The text of a config. Raises ModelError."""
    return msgspec.json.format(msgspec.json.encode(keras_config(outline)), indent=2).decode() + "\n"


def _model(outline: Outline, name: str, trainable: bool) -> Config:
    common = {"name": name, "trainable": trainable, "dtype": _dtype(outline.dtype)}
    if outline.kind == "Sequential":
        layers = [_input(outline, 0), *(_layer(call.layer) for call in outline.calls)]
        if not all(call.makes for call in outline.calls):
            raise _shared(next(call.layer for call in outline.calls if not call.makes))
        given = next((call for call in outline.calls if call.arguments or call.masks or call.states), None)
        if given is not None:
            raise _not_in_config(given)
        config = {**common, "layers": layers}
        return {
            **_object("keras", "Sequential", config),
            "build_config": {"input_shape": list(outline.inputs[0].shape)},
        }
    return _object("keras.src.models.functional", "Functional", {**common, **_Nodes(outline).config()})


def _object(module: str, class_name: str, config: Config) -> Config:
    return {"module": module, "class_name": class_name, "config": config, "registered_name": None}


def _input(outline: Outline, number: int) -> Config:
    given = outline.inputs[number]
    config = {"batch_shape": list(given.shape), "dtype": given.dtype, "sparse": False, "name": given.name}
    return _object("keras.layers", "InputLayer", config)


def _dtype(name: str) -> Config:
    return _object("keras", "DTypePolicy", {"name": name})


def _layer(layer: LayerOutline) -> Config:
    if layer.model is not None:
        return _model(layer.model, layer.name, layer.trainable)
    arguments = {
        name: _value(value) for name, value in {**layer.defaults, **layer.arguments}.items() if name != "dtype"
    }
    if layer.is_operation:
        dtype = {"dtype": layer.arguments["dtype"]} if "dtype" in layer.arguments else {}
        return _object(layer.module, layer.class_name.rpartition(".")[2], {"name": layer.name, **arguments, **dtype})
    common = {"name": layer.name, "trainable": layer.trainable, "dtype": _dtype(layer.dtype)}
    config = {**{name: value for name, value in common.items() if name in layer.common}, **arguments}
    return _object(layer.module, layer.class_name, config)


def _value(value: Any) -> Any:
    if isinstance(value, LayerOutline):
        return _layer(value)
    if isinstance(value, KerasObject):
        return _object(
            f"keras.{value.module}", value.class_name, {key: _value(each) for key, each in value.config.items()}
        )
    if isinstance(value, list):
        return [_value(each) for each in value]
    if isinstance(value, Mapping):
        return {key: _value(each) for key, each in value.items()}
    return value


class _Nodes:
    """A Functional model: its layers with a node for each call."""

    def __init__(self, outline: Outline) -> None:
        self.outline = outline
        self.calls: dict[int, list[CallOutline]] = {}
        for call in outline.calls:
            self.calls.setdefault(id(call.layer), []).append(call)

    def config(self) -> Config:
        """Its layers, inputs and outputs."""
        layers = [
            {**_input(self.outline, number), "name": each.name, "inbound_nodes": []}
            for number, each in enumerate(self.outline.inputs)
        ]
        for calls in self.calls.values():
            layer = calls[0].layer
            if not calls[0].makes:
                raise _shared(layer)
            layers.append({**_layer(layer), "name": layer.name, "inbound_nodes": [self._node(call) for call in calls]})
        inputs = [[each.name, 0, 0] for each in self.outline.inputs]
        outputs = [self._output(each) for each in self.outline.outputs]
        return {
            "layers": layers,
            "input_layers": inputs[0] if len(inputs) == 1 else inputs,
            "output_layers": outputs[0] if len(outputs) == 1 else outputs,
        }

    def _output(self, ref: TensorRef) -> list[Any]:
        """An output of the model: here Keras counts the calls of a Functional model from 1, its own being the first."""
        name, number, output = self._history(ref)
        call = self.outline.calls[ref.node - len(self.outline.inputs)] if ref.node >= len(self.outline.inputs) else None
        model = None if call is None else call.layer.model
        return [name, number + (model is not None and model.kind != "Sequential"), output]

    def _history(self, ref: TensorRef) -> list[Any]:
        if ref.node < len(self.outline.inputs):
            return [self.outline.inputs[ref.node].name, 0, 0]
        call = self.outline.calls[ref.node - len(self.outline.inputs)]
        return [call.layer.name, call.number, ref.output]

    def _tensor(self, ref: TensorRef) -> Config:
        config = {
            "shape": list(self.outline.shape_of(ref)),
            "dtype": self.outline.dtype_of(ref),
            "keras_history": self._history(ref),
        }
        return {"class_name": "__keras_tensor__", "config": config}

    def _node(self, call: CallOutline) -> Config:
        tensors: list[Any] = [self._tensor(each) for each in call.inputs]
        if call.constants:
            left = iter(tensors)
            given = [(name, _constant(value)) for name, value in call.constants]
            # A number that Keras takes by name alone stands among the keywords.
            args = [next(left, None) if value is None else value for _, value in given]
            args += list(left)
            while args and args[-1] is None:
                args.pop()
            kwargs: Config = {}
        else:
            args = [tensors] if call.takes_list and (len(tensors) > 1 or call.layer.model is None) else tensors
            kwargs = {}
        names = {name for name, _ in call.constants}
        kwargs |= {name: _value(value) for name, value in call.arguments.items() if name not in names}
        if call.states:
            states = [self._tensor(each) for each in call.states]
            kwargs["initial_state"] = states[0] if len(states) == 1 else states
        for name, masks in call.masks.items():
            masked = [None if each is None else self._tensor(each) for each in masks]
            kwargs[name] = masked[0] if len(masked) == 1 and not (name == "mask" and call.takes_list) else masked
        return {"args": args, "kwargs": kwargs}


def _constant(value: Any) -> Any:
    """A number or brackets as Keras writes what an operation is called on."""
    if isinstance(value, list):
        return [_constant(each) for each in value]
    if value == "...":
        return {"class_name": "__ellipsis__", "config": {}}
    if isinstance(value, str) and ":" in value:
        bounds = [int(each) if each else None for each in value.split(":")]
        start, stop, step = (*bounds, None)[:3]
        return {"class_name": "__slice__", "config": {"start": start, "stop": stop, "step": step}}
    return value


def _shared(layer: LayerOutline) -> ModelError:
    message = f"the layer '{layer.name}' stands in a model and in one inside it, which Keras's config cannot say"
    return ModelError(Problem(message, layer=layer.name, help="convert it to Python or to YAML"))


def _not_in_config(call: CallOutline) -> ModelError:
    message = "is called with arguments of the call, which a Sequential's config cannot say"
    return ModelError(Problem(message, layer=call.layer.name, help="make the model functional"))
