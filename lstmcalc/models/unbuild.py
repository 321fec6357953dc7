"""From a Model back to how it is written: its layers and calls, what is as by default left out."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from lstmcalc.errors import Note, Problems, Refusal
from lstmcalc.formats.outline import CallOutline, InputOutline, LayerOutline, Outline, TensorRef
from lstmcalc.layers.arguments import ACTIVATIONS, OLDER_ACTIVATIONS, Rule
from lstmcalc.layers.base import Argument, Layer, Names, Tensor, Weight, arguments_of, rules_of, snake_case
from lstmcalc.layers.stated import Declared, Lambda
from lstmcalc.models.graph import Node
from lstmcalc.models.model import BuiltModel
from lstmcalc.models.objects import keras_object
from lstmcalc.models.walk import walk

COMMON_RULES = {name: rules_of(Layer)[name] for name in ("autocast", "activity_regularizer")}


MULTIPLIED = "weights 1.2 times as large make up for it: convert --to keras writes such"


class Unbuilt(msgspec.Struct, frozen=True):
    """How a model is written, and what is lost of it; whether its layers are the same, or some stand for older ones."""

    outline: Outline
    is_same: bool = True
    notes: tuple[Note, ...] = ()


class Saying(msgspec.Struct, frozen=True):
    """How a model is to be written: with Keras 3's layers alone, with all names, without the masks that follow."""

    today: bool = False
    all_named: bool = False
    no_masks: bool = False


def unbuild(model: BuiltModel, wanted: Saying) -> Unbuilt:
    """How a model is written, with the names that Keras would give left out.

    Raises ModelError, naming the layers that it has not.
    """
    naming = _Naming(wanted)
    if not wanted.all_named:
        naming.model(model)
    unbuilding = _Unbuilding(model, wanted, naming)
    outline = unbuilding.model(model)
    unbuilding.problems.raise_found()
    return Unbuilt(outline, unbuilding.is_same, tuple(unbuilding.problems.notes))


class _Unbuilding:
    """A model while it is written: the layers that were, and what is at fault."""

    def __init__(self, model: BuiltModel, wanted: Saying, naming: "_Naming") -> None:
        self.today = wanted.today
        self.no_masks = wanted.no_masks
        self.file = model.file
        self.naming = naming
        self.automatic = naming.automatic
        self.placed = {id(placed.layer): placed for _, placed in walk(model.placed)}
        self.made: dict[int, LayerOutline] = {}
        self.problems = Problems()
        self.is_same = True

    def model(self, model: BuiltModel) -> Outline:
        """A model, or one inside it."""
        refs = {id(tensor): TensorRef(number) for number, tensor in enumerate(model.inputs)}
        calls: list[CallOutline] = []
        counts: dict[int, int] = {}
        for node in _calls(model, self.no_masks):
            number = counts.get(id(node.operation), 0)
            counts[id(node.operation)] = number + 1
            calls.append(self.call(node, refs, model.dtype, number))
            for output, tensor in enumerate(node.outputs):
                refs[id(tensor)] = TensorRef(len(model.inputs) + len(calls) - 1, output)
        return Outline(
            model.name,
            model.kind,
            tuple(self.input(each) for each in model.inputs),
            tuple(calls),
            tuple(refs[id(each)] for each in model.outputs),
            model.dtype,
            id(model) not in self.automatic,
            model.trainable,
        )

    def input(self, tensor: Tensor) -> InputOutline:
        """An input of a model."""
        is_named = id(tensor.operation) not in self.automatic
        return InputOutline(tensor.operation.name, tensor.shape, tensor.dtype, is_named)

    def call(self, node: Node, refs: Mapping[int, TensorRef], dtype: str, number: int) -> CallOutline:
        """One call of a layer."""
        layer, called = node.operation, node.called
        assert isinstance(layer, Layer)
        makes = id(layer) not in self.made
        if makes:
            self.made[id(layer)] = self.layer(layer, node, dtype)
        defaults = _defaults(type(called))
        given = {
            name: _plain(rule.write(getattr(called, name)))
            for name, rule in called.call_arguments.items()
            if name in defaults and getattr(called, name) != defaults[name]
        }
        constants: tuple[tuple[str, Any], ...] = ()
        if called.is_operation and not called.call_arguments.keys().isdisjoint(called.call_inputs):
            constants = tuple((name, given.get(name)) for name in called.call_inputs)
        names_of_outputs = layer.output_names
        suffixes = [f".{names_of_outputs[i] or i}" for i in range(len(node.outputs))]
        if layer.has_main_output:
            suffixes[0] = ""
        else:
            suffixes[0] = ".0"
        return CallOutline(
            self.made[id(layer)],
            makes,
            tuple(refs[id(tensor)] for tensor in node.called_on),
            layer.takes_list or isinstance(layer, BuiltModel) or (layer.is_operation and "xs" in layer.call_inputs),
            tuple(refs[id(tensor)] for tensor in node.states),
            {
                name: tuple(None if each is None else refs[id(each)] for each in masks)
                for name, masks in _masks(node, self.no_masks).items()
            },
            given,
            tuple(tensor.shape for tensor in node.outputs),
            tuple(tensor.dtype for tensor in node.outputs),
            tuple(suffixes),
            constants,
            number,
        )

    def layer(self, layer: Layer, node: Node | None, dtype: str) -> LayerOutline:
        """A layer, called by a node where it stands in no other layer."""
        if isinstance(layer, BuiltModel):
            inner = self.model(layer)
            is_frozen = self._is_frozen(layer)
            return LayerOutline(
                "Sequential" if layer.kind == "Sequential" else "Functional",
                layer.name,
                is_named=id(layer) not in self.automatic,
                trainable=layer.trainable,
                is_frozen=is_frozen,
                dtype=layer.dtype,
                model=inner,
                module="keras",
            )
        meant = self.of_today(layer) if self.today else layer
        meant = self.naming.written(meant)
        stated = self._stated(meant, node)
        arguments = stated if stated is not None else dict(self._arguments(meant, dtype))
        if "dtype" in layer.common and "dtype" not in arguments and layer.dtype != dtype:
            arguments["dtype"] = layer.dtype
        declared = arguments_of(type(meant))
        return LayerOutline(
            _class_of(meant, stated),
            layer.name,
            arguments,
            next(iter(declared), None),
            id(layer) not in self.automatic,
            layer.trainable,
            self._is_frozen(layer),
            layer.dtype,
            common=meant.common,
            module=_module(meant),
            is_operation=layer.is_operation,
            function=f"ops.{snake_case(layer.class_name)}" if layer.is_operation else "",
            defaults={each.name: _plain(each.default) for each in declared.values()} if meant.is_loaded_whole else {},
        )

    def _is_frozen(self, layer: Layer) -> bool:
        """Whether neither it is trained nor what is inside it."""
        placed = self.placed.get(id(layer))
        if placed is None or layer.trainable:
            return layer.is_frozen
        return all(not each.layer.trainable for _, each in walk((placed,)))

    def of_today(self, layer: Layer) -> Layer:
        """The layer of Keras 3 that computes the same; what has none is a problem."""
        try:
            today = layer.of_today()
        except Refusal as refusal:
            self.problems.add(refusal.message, None, layer.name, refusal.help)
            return layer
        self.is_same &= today.layer is layer
        if today.note is not None:
            self.problems.notes.append(Note(today.note, file=self.file, layer=layer.name))
        return today.layer

    def _arguments(self, layer: Layer, dtype: str) -> Iterator[tuple[str, Any]]:
        """The arguments that are not as by default."""
        arguments = arguments_of(type(layer))
        defaults = _defaults(type(layer))
        for argument in arguments.values():
            value = getattr(layer, argument.field)
            if argument.name in layer.call_arguments or (argument.name == "name" and not value):
                continue
            if argument.required or not _is_same(argument, value, argument.default):
                yield argument.name, self._value(argument.name, argument.rule, value, layer, dtype)
        for name, rule in {**COMMON_RULES, **layer.keywords}.items():
            if name not in arguments and name in defaults and getattr(layer, name) != defaults[name]:
                yield name, self._value(name, rule, getattr(layer, name), layer, dtype)

    def _value(self, argument: str, rule: Rule, value: Any, layer: Layer, dtype: str) -> Any:
        if isinstance(value, Layer):
            return self._inside(value, dtype)
        if isinstance(value, tuple) and value and all(isinstance(each, Layer) for each in value):
            return [self._inside(each, dtype) for each in value]
        found = keras_object(rule.objects, value)
        if found is not None:
            return found
        if self.today and isinstance(value, str) and value in OLDER_ACTIVATIONS:
            is_made_up_for = argument in layer.replaceable
            help = MULTIPLIED if is_made_up_for else "its outputs are other numbers there"
            message = f"{argument}: the hard_sigmoid of Keras 3 is another function, of slope 1/6 instead of 0.2"
            self.problems.notes.append(Note(message, file=self.file, layer=layer.name, help=help))
            return "hard_sigmoid"
        return _plain(rule.write(value))

    def _inside(self, layer: Layer, dtype: str) -> LayerOutline:
        if id(layer) in self.made:
            self.problems.add("stands in another layer too, which cannot be written", None, layer.name)
        found = self.made[id(layer)] = self.layer(layer, None, dtype)
        return found

    def _stated(self, layer: Layer, node: Node | None) -> dict[str, Any] | None:
        """The arguments of a layer that is known by its shapes alone; None for another."""
        if not (layer.is_stated or isinstance(layer, Lambda)):
            return None
        if self.today:
            message = f"{layer.class_name} is known by its shape alone: it cannot be written for Keras"
            self.problems.add(message, None, layer.name, "write it as a class in Python, and leave it out here")
            return {}
        if not isinstance(layer, Declared):
            return None
        if node is None:
            self.problems.add(f"{layer.class_name} inside another layer cannot be written", None, layer.name)
            return {}
        shapes = [list(tensor.shape[1:]) for tensor in node.outputs]
        arguments: dict[str, Any] = {"output_shape": shapes[0] if len(shapes) == 1 else shapes}
        weights = layer.weights(node.input_shapes)
        if layer.class_name != "Lambda" or weights:
            arguments = {"class": layer.class_name, **arguments}
        if weights:
            arguments["weights"] = {each.name: _stated_weight(each) for each in weights}
        return arguments


def _class_of(layer: Layer, stated: Mapping[str, Any] | None) -> str:
    if isinstance(layer, Declared):
        return "Custom" if stated and "class" in stated else "Lambda"
    return type(layer).__name__


def _stated_weight(weight: Weight) -> Any:
    shape = list(weight.shape)
    return shape if weight.trainable else {"shape": shape, "trainable": False}


def _module(layer: Layer) -> str:
    return layer.module if layer.is_operation else "keras.layers"  # type: ignore[attr-defined]


def _defaults(layer: type[Layer]) -> dict[str, Any]:
    return dict(zip(reversed(layer.__struct_fields__), reversed(layer.__struct_defaults__), strict=False))


def _is_same(argument: Argument, value: Any, default: Any) -> bool:
    """Whether a value is the default; False and 0 are two."""
    if isinstance(value, bool) is not isinstance(default, bool):
        return False
    if value == default or (default is None and value == "linear" and "linear" in _names(argument.rule)):
        return True
    own = keras_object(argument.rule.objects, value)
    return own is not None and own == keras_object(argument.rule.objects, default)


def _names(rule: Rule) -> tuple[str, ...]:
    """The names of functions that an argument takes, of which linear is none."""
    return ACTIVATIONS if rule.objects == "an activation" else ()


def _plain(value: Any) -> Any:
    """A value as lists, mappings and scalars."""
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return value


# Masks that follow by themselves.


def _masks(node: Node, no_masks: bool) -> dict[str, tuple[Tensor | None, ...]]:
    """The masks of a call; without those that operations make, as Keras saves the ones that it makes itself."""
    made = (each for masks in node.masks.values() for each in masks if each is not None)
    if no_masks and all(isinstance(each.operation, Layer) and each.operation.is_operation for each in made):
        return {}
    return node.masks


def _calls(model: BuiltModel, no_masks: bool) -> list[Node]:
    """The calls of a model, without those that make nothing but such masks."""
    calls = list(model.calls())
    if not no_masks or not any(node.masks for node in calls):
        return calls
    by_tensor = {id(tensor): node for node in calls for tensor in node.outputs}
    needed: set[int] = set()
    waiting = [id(tensor) for tensor in model.outputs]
    while waiting:
        node = by_tensor.get(waiting.pop())
        if node is None or id(node) in needed:
            continue
        needed.add(id(node))
        masks = (each for masks in _masks(node, True).values() for each in masks if each is not None)
        waiting += map(id, (*node.called_on, *node.states, *masks))
    return [node for node in calls if id(node) in needed]


# Names that Keras would give.


class _Naming:
    """The names that Keras gives while a model is made in the order of its calls, layers inside first.

    `automatic` are the identities of the layers, models and inputs that have them.
    """

    def __init__(self, wanted: Saying) -> None:
        self.no_masks = wanted.no_masks
        self.names = Names()
        self.automatic: set[int] = set()
        self.seen: set[int] = set()
        self.as_written: dict[int, tuple[Layer, Layer]] = {}

    def written(self, layer: Layer) -> Layer:
        """A layer as it is written, the same one each time."""
        if id(layer) not in self.as_written:
            self.as_written[id(layer)] = layer, layer.as_written()
        return self.as_written[id(layer)][1]

    def model(self, model: BuiltModel) -> None:
        """The layers of a model, and then the model itself."""
        for tensor in model.inputs:
            self._compare(tensor.operation, "InputLayer", tensor.operation.name)
        calls = _calls(model, self.no_masks)
        if model.kind == "Sequential":  # which names all of its layers before it calls one
            called = [node for node in calls if self._layer(node.operation)]
            self._compare(model, model.kind, model.name)
            for node in called:
                self._call(node)
            self.names.give("Functional")
            return
        for node in calls:
            if self._layer(node.operation):
                self._call(node)
        self._compare(model, model.kind, model.name)

    def _call(self, node: Node) -> None:
        """Some layers name layers of their own when they are called."""
        assert isinstance(node.operation, Layer)
        node.operation.bind(node.input_shapes, self.names)

    def _layer(self, layer: object) -> bool:
        """Name a layer and those inside it; whether it had no name yet."""
        if id(layer) in self.seen or not isinstance(layer, Layer):
            return False
        self.seen.add(id(layer))
        if isinstance(layer, BuiltModel):
            self.model(layer)
            return True
        written = self.written(layer)
        for field in written.__struct_fields__:
            value = getattr(written, field)
            for each in value if isinstance(value, tuple) else (value,):
                if isinstance(each, Layer):
                    self._layer(each)
        self._compare(layer, layer.class_name, layer.name)
        return True

    def _compare(self, layer: Any, class_name: str, name: str) -> None:
        if self.names.peek(class_name) == name:
            self.names.give(class_name)
            self.automatic.add(id(layer))
