"""A description becomes a spec: the dictionary that `lstmcalc.from_dict` reads."""

from typing import Any

from descriptions import RECURRENT, Call, Input, Layer, Model, Path, Ref, has_main_output, layer_of_call, output_count

FIRST_ARGUMENTS = {"Dense": "units", "LSTM": "units", "GRU": "units", "SimpleRNN": "units", "Activation": "activation"}
STATES = {"LSTM": ("h", "c"), "GRU": ("state",), "SimpleRNN": ("state",)}


def spec_of(model: Model, names: dict[Path, str]) -> dict[str, Any]:
    """The spec of a description; `names` are those of the layers that have none of their own, by place."""
    return _Writer(names).model(model, (), is_top=True)


class _Writer:
    """Writes one model; keeps the names that Keras gave."""

    def __init__(self, names: dict[Path, str]) -> None:
        self.names = names

    def model(self, model: Model, path: Path, is_top: bool = False) -> dict[str, Any]:
        spec: dict[str, Any] = {}
        if model.name is not None and is_top:
            spec["name"] = model.name
        if model.dtype is not None and is_top:
            spec["dtype"] = model.dtype
        items = [self._item(model, number, path) for number in range(len(model.calls))]
        if model.form == "item" and len(model.inputs) == 1:
            items.insert(0, {"Input": _input_call(model.inputs[0])})
        elif len(model.inputs) == 1 and model.inputs[0].name is None:
            spec["input"] = _input(model.inputs[0])
        elif model.inputs:
            spec["inputs"] = {each.name: _input(each) for each in model.inputs}
        spec["layers"] = items
        if model.outputs is not None:
            spec["outputs"] = [self._reference(ref, model, path) for ref in model.outputs]
        if is_top and _needs_kind(model):
            spec["kind"] = model.kind
        return spec

    def _item(self, model: Model, number: int, path: Path) -> Any:
        call = model.calls[number]
        item: Any
        if isinstance(call.layer, int):
            item = {"reuse": self._name(call.layer, model, path), "name": f"call {number}"}
        else:
            item = self.layer(call.layer, (*path, number))
        beside: dict[str, Any] = {}
        if call.inputs:
            references = [self._reference(ref, model, path) for ref in call.inputs]
            beside["from"] = references if len(references) > 1 or call.is_list else references[0]
        if call.states:
            states = [self._reference(ref, model, path) for ref in call.states]
            beside["initial_state"] = states if len(states) > 1 else states[0]
        if call.repeat > 1:
            beside["repeat"] = call.repeat
        if beside and isinstance(item, str):
            item = {item: None} if "(" not in item else self.layer(call.layer, (*path, number), "mapping")
        return {**item, **beside} if beside else item

    def layer(self, layer: Layer, path: Path, form: str | None = None) -> Any:
        """One layer in the form that it asks for, where that form can say it."""
        form = form or layer.form
        if layer.model is not None:
            return self._inner_model(layer, path)
        name = layer.name if layer.name is not None else None
        if form == "call" and not layer.frozen and not _is_beside(layer.wrapped) and not _is_beside(layer.backward):
            return self.expression(layer, path)
        arguments = dict(layer.arguments)
        beside: dict[str, Any] = {"trainable": False} if layer.frozen else {}
        if name is not None:
            (beside if form == "beside" else arguments)["name"] = name
        if layer.wrapped is not None:
            written = self.layer(layer.wrapped, (*path, "layer"))
            is_plain = isinstance(written, dict) and len(written) == 1 and form != "full"
            arguments = {**written, **arguments} if is_plain else {"layer": written, **arguments}
        if layer.backward is not None:
            arguments["backward_layer"] = self.layer(layer.backward, (*path, "backward_layer"))
        first = FIRST_ARGUMENTS.get(layer.class_name)
        if form == "short" and list(arguments) == [first] and arguments[first] is not None:
            return {layer.class_name: arguments[first], **beside}
        if form == "short" and not arguments and not beside:
            return layer.class_name
        return {layer.class_name: arguments or None, **beside}

    def expression(self, layer: Layer, path: Path) -> str:
        """`LSTM(5, return_sequences=True)`."""
        parts = []
        if layer.wrapped is not None:
            parts.append(self.expression(layer.wrapped, (*path, "layer")))
        if layer.backward is not None:
            parts.append(f"backward_layer={self.expression(layer.backward, (*path, 'backward_layer'))}")
        arguments = dict(layer.arguments)
        first = FIRST_ARGUMENTS.get(layer.class_name)
        if first in arguments:
            parts.append(repr(arguments.pop(first)))
        if layer.name is not None:
            arguments["name"] = layer.name
        return f"{layer.class_name}({', '.join(parts + [f'{key}={value!r}' for key, value in arguments.items()])})"

    def _inner_model(self, layer: Layer, path: Path) -> dict[str, Any]:
        model = layer.model
        assert model is not None
        spec = self.model(model, path)
        beside = {"trainable": False} if layer.frozen else {}
        if model.kind == "functional":
            if model.name is not None:
                (beside if layer.form == "beside" else spec)["name"] = model.name
            return {"Model": spec, **beside}
        if layer.form == "short" and set(spec) == {"layers"} and model.name is None and model.trainable is None:
            return {"Sequential": spec["layers"], **beside}
        if model.name is not None:
            (beside if layer.form == "beside" else spec)["name"] = model.name
        if model.trainable is not None:
            spec["trainable"] = model.trainable
        return {"Sequential": spec, **beside}

    def _name(self, number: int, model: Model, path: Path) -> str:
        call = model.calls[number]
        if isinstance(call.layer, int):
            return f"call {number}"
        return self.names.get((*path, number)) or call.layer.name or f"never made {number}"

    def _reference(self, ref: Ref, model: Model, path: Path) -> str:
        number, position = ref
        if number < 0:
            return self.names.get((*path, number)) or model.inputs[-1 - number].name or "never made"
        layer = layer_of_call(model, number)
        name = self._name(number, model, path)
        if position == 0 and has_main_output(layer):
            return name
        return f"{name}.{_state(layer, position)}"


def _state(layer: Layer, position: int) -> str:
    """A state by its name where the layer is written in a short form, by its number elsewhere."""
    if layer.class_name in RECURRENT and layer.form == "short":
        name = STATES[layer.class_name][position - 1]
        return name if name == "state" else f"state_{name}"
    return str(position)


def _is_beside(layer: Layer | None) -> bool:
    if layer is None:
        return False
    return layer.frozen or layer.model is not None or _is_beside(layer.wrapped) or _is_beside(layer.backward)


def _needs_kind(model: Model) -> bool:
    """Whether a chain has to say that it is one: a layer of it has several outputs; or a graph, without its marks."""
    has_several = any(isinstance(call.layer, Layer) and output_count(call.layer) > 1 for call in model.calls)
    if model.kind == "sequential":
        return has_several
    has_marks = any(isinstance(call.layer, int) or call.inputs or call.states for call in model.calls)
    is_named = model.form == "input" and model.inputs[0].name is not None
    return model.form == "item" or not (has_several or has_marks or is_named or model.outputs is not None)


def _input(each: Input) -> Any:
    if each.batch is None and each.dtype is None:
        return list(each.shape)
    spec: dict[str, Any] = {"shape": list(each.shape)}
    if each.batch is not None:
        spec["batch"] = each.batch
    if each.dtype is not None:
        spec["dtype"] = each.dtype
    return spec


def _input_call(each: Input) -> dict[str, Any]:
    given = {"shape": list(each.shape), "batch_size": each.batch, "dtype": each.dtype, "name": each.name}
    return {key: value for key, value in given.items() if value is not None}


__all__ = ["Call", "spec_of"]
