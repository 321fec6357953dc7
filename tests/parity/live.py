"""A description becomes a Keras model: each layer is made and called in the order in which a script would."""

import warnings
from typing import Any

import keras
from descriptions import ATTENTION, TAKE_A_LIST, Call, Input, Layer, Model, Path, Ref

Names = dict[Path, str]


class Build:
    """A live model, or the error that Keras raised on the way; and the names that its layers have until there."""

    def __init__(self, description: Model) -> None:
        self.names: Names = {}
        self.frozen: list[Any] = []
        self.model: keras.Model | None = None
        self.error: Exception | None = None
        keras.backend.clear_session()
        keras.config.set_dtype_policy(description.dtype or "float32")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.model = self._model(description, ())
                # Again, for what a layer made inside itself only when it was built.
                for layer in self.frozen:
                    layer.trainable = False
                # A Sequential that is given no input is never built.
                if not self.model.built:
                    raise ValueError("the model has no input")
        except Exception as error:  # whatever Keras raises is its refusal
            self.error = error
        finally:
            keras.config.set_dtype_policy("float32")

    def _model(self, model: Model, path: Path) -> keras.Model:
        return self._sequential(model, path) if model.kind == "sequential" else self._functional(model, path)

    def _sequential(self, model: Model, path: Path) -> keras.Model:
        layers: list[Any] = self._inputs(model, path)
        layers += [self._layer(layer, (*path, number)) for number, layer in model.layers]
        return keras.Sequential(layers, **_model_arguments(model))

    def _functional(self, model: Model, path: Path) -> keras.Model:
        inputs = self._inputs(model, path)
        outputs: dict[int, list[Any]] = {-1 - number: [tensor] for number, tensor in enumerate(inputs)}
        layers: dict[int, Any] = {}
        for number, call in enumerate(model.calls):
            if isinstance(call.layer, int):
                layers[number] = layers[call.layer]
                outputs[number] = _call(layers[number], call, (number - 1, 0), outputs)
                continue
            for layer in [layer for each, layer in model.layers if each == number]:
                is_first = number not in layers
                layers[number] = self._layer(layer, (*path, number))
                given = call if is_first else Call(layer, ((number, 0),))
                outputs[number] = _call(layers[number], given, (number - 1, 0), outputs)
        wanted = model.outputs
        if wanted is None:
            last = len(model.calls) - 1
            wanted = tuple((last, position) for position in range(len(outputs[last])))
        return keras.Model(_one_or_all(inputs), _one_or_all(_tensors(wanted, outputs)), **_model_arguments(model))

    def _inputs(self, model: Model, path: Path) -> list[Any]:
        inputs = [_input(each) for each in model.inputs]
        for number, tensor in enumerate(inputs):
            self.names[(*path, -1 - number)] = tensor._keras_history.operation.name
        return inputs

    def _layer(self, layer: Layer, path: Path) -> Any:
        made = self._made(layer, path)
        self.names[path] = made.name
        if layer.frozen:
            made.trainable = False
            self.frozen.append(made)
        return made

    def _made(self, layer: Layer, path: Path) -> Any:
        if layer.model is not None:
            return self._model(layer.model, path)
        arguments = dict(layer.arguments)
        if layer.name is not None:
            arguments["name"] = layer.name
        if layer.wrapped is not None:
            arguments["layer"] = self._layer(layer.wrapped, (*path, "layer"))
        if layer.backward is not None:
            arguments["backward_layer"] = self._layer(layer.backward, (*path, "backward_layer"))
        return getattr(keras.layers, layer.class_name)(**arguments)


def _input(each: Input) -> Any:
    return keras.Input(each.shape, batch_size=each.batch, dtype=each.dtype, name=each.name)


def _model_arguments(model: Model) -> dict[str, Any]:
    arguments = {"name": model.name, "trainable": model.trainable}
    return {key: value for key, value in arguments.items() if value is not None}


def _call(layer: Any, call: Call, above: Ref, outputs: dict[int, list[Any]]) -> list[Any]:
    tensors = _tensors(call.inputs or (above,), outputs)
    states = {"initial_state": _tensors(call.states, outputs)} if call.states else {}
    name = type(layer).__name__
    if name in ATTENTION and name not in TAKE_A_LIST:
        result = layer(*tensors)
    else:
        takes_list = len(tensors) > 1 or (name in TAKE_A_LIST and call.is_list)
        result = layer(tensors if takes_list else tensors[0], **states)
    return list(result) if isinstance(result, (list, tuple)) else [result]


def _tensors(refs: tuple[Ref, ...], outputs: dict[int, list[Any]]) -> list[Any]:
    return [outputs[call][position] for call, position in refs]


def _one_or_all(tensors: list[Any]) -> Any:
    return tensors[0] if len(tensors) == 1 else tensors
