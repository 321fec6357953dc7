"""An item becomes a layer: its class is looked up, its arguments are bound and checked."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from lstmcalc.errors import ModelError, Place, Problem, Problems, Refusal, did_you_mean
from lstmcalc.layers.arguments import BOOLEAN, DTYPE, NAME, REGULARIZER, Rule
from lstmcalc.layers.base import CELL, CELLS, LAYER, OPTIONAL_LAYER, Argument, Layer, Names, arguments_of
from lstmcalc.layers.catalogue import INPUTS, KNOWN, MODELS, find
from lstmcalc.layers.history import FIRST_SHAPES, refuse_older
from lstmcalc.limits import LAYERS
from lstmcalc.spec.spec import BESIDE_THE_CLASS, Item, read_item
from lstmcalc.spec.values import Scalar, Sequence, Value, kind_of, plain

COMMON_RULES = {
    "name": NAME.or_none(),
    "trainable": BOOLEAN,
    "dtype": DTYPE.or_none(),
    "autocast": BOOLEAN,
    "activity_regularizer": REGULARIZER,
}


class Made(msgspec.Struct, frozen=True, eq=False):
    """A layer that an item made, where its arguments stand, and what it says of a first input."""

    layer: Layer
    item: Item
    places: dict[str, Place]
    older: dict[str, Any]


class Construction(ABC):
    """Makes layers of items; keeps the problems that it finds."""

    def __init__(self, names: Names, problems: Problems, dtype: str, frozen: bool) -> None:
        self.names = names
        self.problems = problems
        self.dtype = dtype
        self.frozen = frozen
        self.first_fault: Place | None = None
        self.made_layers = 0

    @abstractmethod
    def make_model(self, item: Item, name: str | None, trainable: bool, frozen: bool) -> Layer | None:
        """The layer of a `Sequential:` or `Model:` item."""

    @property
    def _are_faulty(self) -> bool:
        return bool(self.problems.found)

    @contextmanager
    def caught(self) -> Iterator[None]:
        """A block whose ModelError is kept."""
        before = len(self.problems.found)
        with self.problems.caught():
            yield
        if len(self.problems.found) > before and self.first_fault is None:
            self.first_fault = self.problems.found[before].place

    def make_all(self, item: Item) -> list[Made]:
        """The layers of an item: one, or `repeat` of them; none when it is faulty, with the problems kept."""
        before = len(self.problems.found)
        made: list[Made] = []
        with self.caught():
            times = self._times(item)
            explicit = self._explicit_name(item)
            for number in range(times):
                name = explicit if explicit is None or number == 0 else f"{explicit}_{number}"
                layer = self.make(item, name)
                if layer is None:
                    break
                made.append(layer)
        if len(self.problems.found) > before:
            self.first_fault = self.first_fault or item.place
            return []
        return made

    def _times(self, item: Item) -> int:
        value = item.siblings.get("repeat")
        times: Any = 1 if value is None else plain(value)
        if isinstance(times, bool) or not isinstance(times, int) or times < 1:
            assert value is not None
            raise ModelError(
                Problem(f"'repeat' must be a whole number of at least 1, not {kind_of(value)}", value.place)
            )
        if times > 1 and "initial_state" in item.siblings:
            message = "'repeat' and 'initial_state' cannot stand together: which of the layers takes the states?"
            raise ModelError(Problem(message, item.place, help="write the layers one by one"))
        self.made_layers += times
        if self.made_layers > LAYERS:
            place = item.place if value is None else value.place
            raise ModelError(
                Problem(f"a model has at most {LAYERS:,} layers, but this makes {self.made_layers:,}", place)
            )
        return times

    def _explicit_name(self, item: Item) -> str | None:
        sibling = item.siblings.get("name")
        argument = next((value for key, value in item.kwargs if key.value == "name"), None)
        if sibling is not None and argument is not None and item.class_name != "Model":
            raise ModelError(
                Problem("the name is given twice: beside the class and among its arguments", argument.place)
            )
        value = sibling if sibling is not None else argument
        if value is None or (isinstance(value, Scalar) and value.value is None):
            return None
        return self.read_name(value)

    def read_name(self, value: Value) -> str:
        """A layer's name. Raises ModelError."""
        try:
            return str(NAME.read(plain(value)))
        except Refusal as refusal:
            raise ModelError(Problem(f"a name {refusal.message}", value.place, help=refusal.help)) from None

    def make(self, item: Item, name: str | None = None, frozen: bool = False) -> Made | None:
        """The layer of one item; None when it is faulty. Raises ModelError."""
        frozen = frozen or self.frozen or self._is_frozen(item)
        if item.reuse is not None:
            raise ModelError(Problem("'reuse' cannot stand inside another layer", item.place))
        if item.class_name in INPUTS:
            raise ModelError(Problem("an Input is no layer inside another", item.place))
        if item.class_name in MODELS:
            trainable = not frozen and self._trainable_argument(item)
            model = self.make_model(item, name, trainable, frozen)
            return None if model is None else Made(model, item, {}, {})
        layer = find(item.class_name)
        if layer is None:
            raise self._unknown_class(item)
        return self._made(layer, item, name, frozen)

    def _is_frozen(self, item: Item) -> bool:
        """Whether `trainable: false` stands beside the class: then all its weights are non-trainable."""
        value = item.siblings.get("trainable")
        if value is None:
            return False
        if any(key.value == "trainable" for key, _ in item.kwargs):
            raise ModelError(
                Problem("'trainable' is given twice: beside the class and among its arguments", value.place)
            )
        return not self._read(BOOLEAN, value, f"{item.class_name}: trainable")

    def _trainable_argument(self, item: Item) -> bool:
        value = next((value for key, value in item.kwargs if key.value == "trainable"), None)
        return True if value is None else bool(self._read(BOOLEAN, value, f"{item.class_name}: trainable"))

    def _unknown_class(self, item: Item) -> ModelError:
        name = item.class_name
        from lstmcalc.layers.refused import REFUSED

        reason = REFUSED.get(name)
        if reason:
            return ModelError(Problem(f"the layer '{name}' is not taken: {reason}", item.place))
        help = did_you_mean(name, KNOWN)
        if not help:
            help = (
                "a layer of your own is stated: "
                f"'Custom: {{class: {name}, output_shape: [...], weights: {{kernel: [...]}}}}'"
            )
        return ModelError(Problem(f"the layer '{name}' is not known", item.place, help=help))

    def _made(self, layer: type[Layer], item: Item, name: str | None, frozen: bool) -> Made:
        arguments = arguments_of(layer)
        given, problems = self._bind(layer, item, arguments)
        places = {key: value.place for key, value in given.items()}
        values: dict[str, Any] = {}
        older: dict[str, Any] = {}
        for key, value in given.items():
            with problems.caught():
                if key in arguments:
                    argument = arguments[key]
                    values[argument.field] = self._argument(layer, argument, value, frozen)
                elif key in FIRST_SHAPES:
                    older[key] = plain(value)
                elif key in layer.keywords:
                    values[key] = self._read(layer.keywords[key], value, f"{layer.__name__}: {key}")
                elif key in COMMON_RULES:
                    values[key] = self._common(layer, key, value)
                else:
                    self._older(layer, key, value)
        if name is None:
            name, values["number"] = self.names.numbered(str(values.get("class_", layer.__name__)))
        for argument in arguments.values():
            if argument.required and argument.name not in given:
                message = f"{layer.__name__} needs '{argument.name}', {argument.rule.takes}"
                problems.add(message, item.place, help=_first_argument_help(layer, arguments))
        problems.raise_found()
        values["name"] = name
        values["dtype"] = values.get("dtype") or self.dtype
        if frozen:
            values["trainable"], values["is_frozen"] = False, True
        return Made(self._checked(layer, values, item, places), item, places, older)

    def _checked(self, layer: type[Layer], values: dict[str, Any], item: Item, places: dict[str, Place]) -> Layer:
        made = layer(**values)
        try:
            made.check()
        except Refusal as refusal:
            place = places.get(refusal.argument or "", item.place)
            raise ModelError(Problem(refusal.message, place, help=refusal.help)) from None
        return made

    def _bind(
        self, layer: type[Layer], item: Item, arguments: dict[str, Argument]
    ) -> tuple[dict[str, Value], Problems]:
        """The values by argument, as Python binds a call; problems of the call itself are kept."""
        problems = Problems()
        given: dict[str, Value] = dict(zip(arguments, item.args, strict=False))
        if len(item.args) > len(arguments):
            extra = item.args[len(arguments)]
            count = len(arguments)
            takes = f"{count} argument{'s' if count != 1 else ''}" if count else "no arguments"
            problems.add(f"{layer.__name__} takes {takes}, but has {len(item.args)}", extra.place)
        for key, value in item.kwargs:
            name = str(key.value)
            if name in given:
                problems.add(f"{layer.__name__} has the argument '{name}' twice", key.place)
            elif self._takes(layer, name, arguments):
                given[name] = value
            else:
                problems.found.append(_unknown_argument(layer, name, key.place, arguments))
        return given, problems

    def _takes(self, layer: type[Layer], name: str, arguments: dict[str, Argument]) -> bool:
        if name in arguments or name in FIRST_SHAPES or name in layer.common or name in layer.keywords:
            return True
        return name in ("weights", "implementation") or (name == "time_major" and layer.first_axis_is_time)

    def _argument(self, layer: type[Layer], argument: Argument, value: Value, frozen: bool) -> Any:
        if argument.rule is CELLS and isinstance(value, Sequence):
            return tuple(self._inner(layer, argument, each, frozen) for each in value.items)
        if argument.rule is CELL and isinstance(value, Sequence):
            made = self.make(Item("StackedRNNCells", value.place, (value,)), frozen=frozen)
            return None if made is None else made.layer
        if argument.rule in (LAYER, OPTIONAL_LAYER, CELL):
            return self._inner(layer, argument, value, frozen)
        return self._read(argument.rule, value, f"{layer.__name__}: {argument.name}")

    def _inner(self, layer: type[Layer], argument: Argument, value: Value, frozen: bool) -> Layer | None:
        if isinstance(value, Scalar) and value.value is None:
            if argument.rule is OPTIONAL_LAYER:
                return None
            message = f"{layer.__name__} needs '{argument.name}', a layer"
            raise ModelError(Problem(message, value.place))
        if isinstance(value, Scalar) and not isinstance(value.value, str):
            message = f"{layer.__name__}: {argument.name} must be a layer, not {kind_of(value)}"
            raise ModelError(Problem(message, value.place, help=_layer_help(layer)))
        item = read_item(value)
        for key in BESIDE_THE_CLASS:
            if key in item.siblings:
                message = f"'{key}' cannot stand inside {layer.__name__}"
                raise ModelError(Problem(message, item.siblings[key].place, help=f"put it beside '{layer.__name__}'"))
        before = len(self.problems.found)
        made = self.make(item, self._explicit_name(item), frozen)
        if made is None:
            raise ModelError(self.problems.found[before:])
        return made.layer

    def _common(self, layer: type[Layer], name: str, value: Value) -> Any:
        return self._read(COMMON_RULES[name], value, f"{layer.__name__}: {name}")

    def _older(self, layer: type[Layer], name: str, value: Value) -> None:
        try:
            if refuse_older(layer, name, plain(value)):
                return
        except Refusal as refusal:
            raise ModelError(Problem(f"{layer.__name__}: {refusal.message}", value.place, help=refusal.help)) from None
        raise ModelError(Problem(f"{layer.__name__}: {name} cannot be {kind_of(value)}", value.place))

    def _read(self, rule: Rule, value: Value, what: str) -> Any:
        try:
            return rule.read(plain(value))
        except Refusal as refusal:
            raise ModelError(Problem(f"{what} {refusal.message}", value.place, help=refusal.help)) from None


def _unknown_argument(layer: type[Layer], name: str, place: Place, arguments: dict[str, Argument]) -> Problem:
    known = [*arguments, *layer.common]
    help = did_you_mean(name, known)
    if not help and arguments:
        help = f"it takes {', '.join(arguments)}"
    return Problem(f"{layer.__name__} has no argument '{name}'", place, help=help)


def _first_argument_help(layer: type[Layer], arguments: dict[str, Argument]) -> str | None:
    first = next(iter(arguments.values()))
    return _layer_help(layer) if first.rule in (LAYER, CELL, CELLS) else None


def _layer_help(layer: type[Layer]) -> str:
    name = layer.__name__
    examples = {"Bidirectional": "{LSTM: 64}", "RNN": "{LSTMCell: 64}", "StackedRNNCells": "[{LSTMCell: 64}]"}
    return f"write '{name}: {examples.get(name, '{Dense: 1}')}'"
