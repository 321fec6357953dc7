"""An Outline as Python that builds the model with Keras 3."""

import keyword
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lstmcalc.formats.outline import CallOutline, InputOutline, KerasObject, LayerOutline, Outline, TensorRef

WIDTH = 100  # characters of a line, as far as its values allow
INDENT = "    "
RESERVED = ("keras", "layers", "ops", "model")


def write_python(outline: Outline, notes: Sequence[str] = ()) -> str:
    """The text of a module that builds the model as `model`."""
    writing = _Lines()
    writing.model(outline, "model", is_top=True)
    uses = [each for each in ("layers", "ops") if any(f"{each}." in line for line in writing.lines)]
    imports = ["import keras", *([f"from keras import {', '.join(uses)}"] if uses else [])]
    return "\n".join([*(f"# {note}" for note in notes), *imports, "", *writing.lines]) + "\n"


def holds_graph_in_chain(outline: Outline) -> bool:
    """Whether a Functional stands in a Sequential: its lines stand before those of the Sequential around it.

    Keras then names layers in another order than the model has them.
    """
    models = list(_models_in(outline))
    if outline.kind == "Sequential" and any(each.kind != "Sequential" for each in models):
        return True
    return any(map(holds_graph_in_chain, models))


def _models_in(outline: Outline) -> Iterator[Outline]:
    """The models inside a model, those in wrappers too."""
    waiting = [call.layer for call in outline.calls]
    while waiting:
        layer = waiting.pop()
        if layer.model is not None:
            yield layer.model
        waiting += layer.inside()


class _Lines:
    """The lines so far, and the variables that are taken."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.taken: set[str] = set(RESERVED)
        self.variables: dict[int, str] = {}  # of layers that are called more than once

    def variable(self, wanted: str) -> str:
        """A variable that is free, called like something."""
        word = re.sub(r"\W", "_", wanted, flags=re.ASCII).strip("_").lower() or "x"
        if not word[0].isalpha() or keyword.iskeyword(word):
            word = f"x_{word}"
        name, number = word, 1
        while name in self.taken:
            number += 1
            name = f"{word}_{number}"
        self.taken.add(name)
        return name

    def model(self, outline: Outline, variable: str, is_top: bool = False) -> None:
        """The lines that build a model, whose variable it is."""
        if outline.kind == "Sequential":
            self.lines += _wrapped(f"{variable} = ", self._sequential(outline, self._more(outline)))
        else:
            self._functional(outline, variable)

    def _more(self, outline: Outline) -> list[str]:
        more = [f"name={_literal(outline.name)}"] if outline.is_named else []
        return more + ([] if outline.trainable else ["trainable=False"])

    def _sequential(self, outline: Outline, more: Sequence[str]) -> "PythonCall":
        first = PythonCall("keras.Input", _input(outline.inputs[0]))
        layers = ChainLayers([first, *(self._layer(call.layer) for call in outline.calls)])
        return PythonCall("keras.Sequential", [layers, *more])

    def _layer(self, layer: LayerOutline) -> "PythonCall | str":
        """What makes a layer; the variable of one that is made."""
        if id(layer) in self.variables:
            return self.variables[id(layer)]
        if layer.model is not None:
            if layer.model.kind == "Sequential":
                return self._sequential(layer.model, _named(layer))
            variable = self.variable(layer.name)
            self.model(layer.model, variable)
            if not layer.trainable:
                self.lines.append(f"{variable}.trainable = False")
            self.variables[id(layer)] = variable
            return variable
        arguments: list[Any] = []
        for number, (name, value) in enumerate(layer.arguments.items()):
            written = self._value(value)
            is_first = number == 0 and name == layer.first
            arguments.append(written if is_first else (name, written))
        if layer.dtype != "float32" and "dtype" not in layer.arguments:
            arguments.append(("dtype", _literal(layer.dtype)))
        return PythonCall(f"layers.{layer.class_name}", [*arguments, *_named(layer)])

    def _value(self, value: Any) -> "PythonCall | str | list[Any]":
        if isinstance(value, LayerOutline):
            return self._layer(value)
        if isinstance(value, KerasObject):
            if not value.config:
                return _literal(value.short)
            config = [(name, _literal(each)) for name, each in value.config.items()]
            return PythonCall(f"keras.{value.module}.{value.class_name}", config)
        if isinstance(value, list) and value and isinstance(value[0], LayerOutline):
            return [self._layer(each) for each in value]
        return _literal(tuple(value)) if _is_flat(value) else _literal(value)

    # A graph: a line for each call.

    def _functional(self, outline: Outline, variable: str) -> None:
        names = [self.variable(each.name if each.is_named else "inputs") for each in outline.inputs]
        for name, each in zip(names, outline.inputs, strict=True):
            self.lines += _wrapped(f"{name} = ", PythonCall("keras.Input", _input(each)))
        tensors = [[name] for name in names]
        again = {id(call.layer) for call in outline.calls if call.number}
        for call in outline.calls:
            tensors.append(self._call(call, tensors, call.makes and id(call.layer) in again))
        inputs = names[0] if len(names) == 1 else [*names]
        outputs = [tensors[each.node][each.output] for each in outline.outputs]
        given: list[Any] = [inputs, outputs[0] if len(outputs) == 1 else outputs, *self._more(outline)]
        self.lines += _wrapped(f"{variable} = ", PythonCall("keras.Model", given))

    def _call(self, call: CallOutline, tensors: list[list[str]], is_kept: bool) -> list[str]:
        """The variables of what a call gives."""
        layer = call.layer

        def tensor(ref: TensorRef) -> str:
            return tensors[ref.node][ref.output]

        inputs = [tensor(each) for each in call.inputs]
        if layer.is_operation:
            written: PythonCall | str = _operation(call, inputs)
        else:
            made = self._layer(layer)
            if is_kept and isinstance(made, PythonCall):
                kept = self.variable(f"{layer.name}_layer")
                self.lines += _wrapped(f"{kept} = ", made)
                self.variables[id(layer)] = made = kept
            is_list = call.takes_list and (len(inputs) > 1 or layer.model is None)
            given: list[Any] = [inputs] if is_list else [*inputs]
            if call.states:
                states = [tensor(each) for each in call.states]
                given.append(("initial_state", states[0] if len(states) == 1 else states))
            for name, masks in call.masks.items():
                masked = ["None" if each is None else tensor(each) for each in masks]
                alone = len(masked) == 1 and not (name == "mask" and call.takes_list)
                given.append((name, masked[0] if alone else masked))
            given += [(name, _literal(value)) for name, value in call.arguments.items()]
            written = PythonCall(made, given)
        count = len(call.shapes)
        wanted = layer.name if count == 1 and not call.number else f"{layer.name}_{call.number + 1}"
        names = [self.variable(wanted)] if count == 1 else self._outputs(call)
        self.lines += _wrapped(f"{', '.join(names)} = ", written)
        return names

    def _outputs(self, call: CallOutline) -> list[str]:
        """A variable for each of several outputs."""
        found = []
        for number, suffix in enumerate(call.suffixes):
            word = suffix[1:] if suffix and not suffix[1:].isdecimal() else str(number) if number else ""
            found.append(self.variable(f"{call.layer.name}_{word}" if word else call.layer.name))
        return found


class ChainLayers(list[Any]):
    """The layers of a Sequential, which take a line each."""


class PythonCall:
    """A call with its arguments: text, names with text, lists and calls."""

    def __init__(self, called: "PythonCall | str", arguments: Sequence[Any]) -> None:
        self.called = called
        self.arguments = arguments

    def __str__(self) -> str:
        return f"{self.called}({', '.join(map(_text, self.arguments))})"


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return f"{value[0]}={_text(value[1])}"
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    return str(value)


def _wrapped(before: str, value: Any, after: str = "", indent: str = "") -> list[str]:
    """A value behind some text, in one line where that is short enough, else each argument in its own."""
    line = f"{indent}{before}{_text(value)}{after}"
    if (len(line) <= WIDTH and not _holds_chain(value)) or not isinstance(value, PythonCall | list):
        return [line]
    if isinstance(value, list):
        inner = [each for item in value for each in _wrapped("", item, ",", indent + INDENT)]
        return [f"{indent}{before}[", *inner, f"{indent}]{after}"]
    called = str(value.called)
    if isinstance(value.called, PythonCall):  # `Layer(...)(x)`: the arguments of the layer are the longer ones
        if len(f"{indent}{before}{called}(") <= WIDTH and not _holds_chain(value.called):
            return _arguments(f"{indent}{before}{called}(", value, after, indent)
        head = _wrapped(before, value.called, "", indent)
        return [*head[:-1], f"{head[-1]}({', '.join(map(_text, value.arguments))}){after}"]
    return _arguments(f"{indent}{before}{called}(", value, after, indent)


def _arguments(before: str, call: PythonCall, after: str, indent: str) -> list[str]:
    """A call with each argument in a line of its own."""
    lines = [before]
    for each in call.arguments:
        name, own = each if isinstance(each, tuple) else ("", each)
        lines += _wrapped(f"{name}=" if name else "", own, ",", indent + INDENT)
    return [*lines, f"{indent}){after}"]


def _holds_chain(value: Any) -> bool:
    """Whether the layers of a Sequential stand in it."""
    if isinstance(value, tuple):
        return _holds_chain(value[1])
    if isinstance(value, list):
        return isinstance(value, ChainLayers) or any(map(_holds_chain, value))
    return isinstance(value, PythonCall) and (_holds_chain(value.called) or any(map(_holds_chain, value.arguments)))


def _input(given: InputOutline) -> list[Any]:
    samples, *shape = given.shape
    arguments: list[Any] = [_literal(tuple(shape))]
    if samples is not None:
        arguments.append(("batch_size", _literal(samples)))
    if given.dtype != "float32":
        arguments.append(("dtype", _literal(given.dtype)))
    return arguments + ([("name", _literal(given.name))] if given.is_named else [])


def _named(layer: LayerOutline) -> list[Any]:
    """What stands last in a layer: whether it is trained, and its name."""
    more: list[Any] = [] if layer.trainable else [("trainable", "False")]
    return more + ([("name", _literal(layer.name))] if layer.is_named else [])


def _literal(value: Any) -> str:
    """A value as Python has it, strings in double quotes."""
    if isinstance(value, str):
        text = repr(value)
        return f'"{text[1:-1]}"' if text[0] == "'" and '"' not in text else text
    if isinstance(value, list | tuple):
        parts = [_literal(each) for each in value]
        is_tuple = isinstance(value, tuple)
        inside = ", ".join(parts) + ("," if is_tuple and len(parts) == 1 else "")
        return f"({inside})" if is_tuple else f"[{inside}]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_literal(key)}: {_literal(each)}" for key, each in value.items()) + "}"
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    return repr(value)


def _is_flat(value: Any) -> bool:
    return isinstance(value, list) and not any(isinstance(each, list | Mapping) for each in value)


def _operation(call: CallOutline, inputs: Sequence[str]) -> "PythonCall | str":
    """A function of `keras.ops`, or the brackets that stand for GetItem."""
    layer = call.layer
    name = layer.class_name.rpartition(".")[2]
    if name == "GetItem":
        (_, _), (_, key) = call.constants
        keys = key if isinstance(key, list) else [key]
        return f"{inputs[0]}[{', '.join(map(_key, keys))}]"
    left = iter(inputs)
    given: list[Any]
    if call.constants:
        given = [next(left, "None") if value is None else _literal(value) for _, value in call.constants] + list(left)
    else:
        given = [list(inputs)] if call.takes_list else list(inputs)
    named = {name for name, _ in call.constants}
    given += [
        (key, _literal(value)) for key, value in {**layer.arguments, **call.arguments}.items() if key not in named
    ]
    return PythonCall(layer.function, given)


def _key(entry: Any) -> str:
    return "None" if entry is None else str(entry)
