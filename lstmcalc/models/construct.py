"""An item becomes a layer: its class is looked up, its arguments are bound and checked."""

import re
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from typing import Any

import msgspec

from lstmcalc.errors import ModelError, Place, Problem, Problems, Refusal, closest, did_you_mean, shown
from lstmcalc.formats.spec import BESIDE_THE_CLASS, Item, read_item
from lstmcalc.formats.values import Mapping, Scalar, Sequence, Value, kind_of, plain
from lstmcalc.formats.variables import Scope
from lstmcalc.layers.arguments import BOOLEAN, NAME, POLICY, REGULARIZER, Rule
from lstmcalc.layers.base import CELL, CELLS, LAYER, OPTIONAL_LAYER, Argument, Layer, Names, arguments_of
from lstmcalc.layers.catalogue import INPUTS, KNOWN, MODELS, find
from lstmcalc.layers.history import FIRST_SHAPES, refuse_older
from lstmcalc.layers.objects import object_arguments

WRAPPED = (LAYER, CELL, CELLS)
COMMON_RULES = {
    "name": NAME.or_none(),
    "trainable": BOOLEAN,
    "dtype": POLICY.or_none(),
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
        self.scope = Scope({})
        self.known_faults = len(problems.found)

    @abstractmethod
    def make_model(self, item: Item, name: str | None, trainable: bool, frozen: bool) -> Layer | None:
        """The layer of a `Sequential:` or `Model:` item."""

    @abstractmethod
    def count(self, more: int, place: Place, ahead: int = 0) -> int:
        """Count layers, and give how many there are. Raises ModelError when more come than `limits.LAYERS`."""

    @property
    def is_faulty(self) -> bool:
        """Whether a problem of this model was kept."""
        return len(self.problems.found) > self.known_faults

    def caught(self) -> AbstractContextManager[None]:
        """A block whose ModelError is kept."""
        return self.problems.caught()

    def make_all(self, item: Item) -> list[Made]:
        """The layers of an item: one, or `repeat` of them; none when it is faulty, with the problems kept."""
        before = len(self.problems.found)
        made: list[Made] = []
        with self.caught():
            if item.problems:
                raise ModelError(item.problems)
            times = self._times(item)
            explicit = self._explicit_name(item)
            layers = self.count(0, item.place)
            for number in range(times):
                name = explicit if explicit is None or number == 0 else f"{explicit}_{number}"
                layer = self.make(item, name)
                if layer is None:
                    return []
                made.append(layer)
                if number == 0 and times > 1:  # a model inside has layers of its own, which repeat with it
                    inside = self.count(0, item.place) - layers
                    self.count(0, item.siblings["repeat"].place, inside * (times - 1))
        return made if len(self.problems.found) == before else []

    def _times(self, item: Item) -> int:
        value = item.siblings.get("repeat")
        times: Any = 1 if value is None else plain(value)
        if isinstance(times, bool) or not isinstance(times, int) or times < 1:
            assert value is not None
            message = f"'repeat' must be a whole number of at least 1, not {kind_of(value)}"
            raise ModelError(Problem(message, value.place))
        if times > 1 and "initial_state" in item.siblings:
            message = "'repeat' and 'initial_state' cannot stand together: which of the layers takes the states?"
            assert value is not None
            raise ModelError(Problem(message, value.place, help="write the layers one by one"))
        self.count(times, item.place if value is None else value.place)
        return times

    def _explicit_name(self, item: Item) -> str | None:
        sibling = item.siblings.get("name")
        argument = next((value for key, value in item.kwargs if key.value == "name"), None)
        if sibling is not None and argument is not None:
            message = "'name' is given twice: beside the class and among its arguments"
            raise ModelError(Problem(message, sibling.place, help="leave one of them out"))
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
            raise ModelError(Problem("an Input cannot stand inside another layer", item.place))
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
            message = "'trainable' is given twice: beside the class and among its arguments"
            raise ModelError(Problem(message, value.place, help="leave one of them out"))
        return not self._read(BOOLEAN, value, f"{item.class_name}: trainable")

    def _trainable_argument(self, item: Item) -> bool:
        value = next((value for key, value in item.kwargs if key.value == "trainable"), None)
        return True if value is None else bool(self._read(BOOLEAN, value, f"{item.class_name}: trainable"))

    def _unknown_class(self, item: Item) -> ModelError:
        name = item.class_name
        from lstmcalc.layers.refused import REFUSED

        reason = REFUSED.get(name)
        if reason:
            return ModelError(Problem(f"the layer {shown(name)} is not taken: {reason}", item.place))
        return ModelError(Problem(f"the layer {shown(name)} is not known", item.place, help=_class_help(name)))

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
        if problems.found and _is_list_of_arguments(item, arguments):
            first, help = problems.found[0], _mapping_help(item, arguments)
            raise ModelError(Problem(first.message, first.place, first.layer, help))
        helps = {problem.help for problem in problems.found}
        for argument in arguments.values():
            is_misspelled = f"did you mean '{argument.name}'?" in helps
            if argument.required and argument.name not in given and not is_misspelled:
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
            is_bare = refusal.message.startswith(f"{refusal.argument} ")
            message = f"{layer.__name__}: {refusal.message}" if is_bare else refusal.message
            raise ModelError(Problem(message, place, help=refusal.help)) from None
        return made

    def _bind(
        self, layer: type[Layer], item: Item, arguments: dict[str, Argument]
    ) -> tuple[dict[str, Value], Problems]:
        """The values by argument, as Python binds a call; problems of the call itself are kept."""
        problems = Problems()
        wrapped = _capitalised_argument(item, arguments)
        if wrapped is not None:
            problems.found.append(_unknown_argument(layer, str(wrapped.value), wrapped.place, arguments))
            item = msgspec.structs.replace(item, args=())
        given: dict[str, Value] = dict(zip(arguments, item.args, strict=False))
        if len(item.args) > len(arguments):
            extra = item.args[len(arguments)]
            count = len(arguments)
            takes = f"{count} argument{'s' if count != 1 else ''}" if count else "no arguments"
            problems.add(f"{layer.__name__} takes {takes}, but has {len(item.args)}", extra.place)
        for key, value in item.kwargs:
            name = str(key.value)
            if name in given:
                problems.add(f"{layer.__name__} has the argument {shown(name)} twice", key.place)
            elif self._takes(layer, name, arguments):
                given[name] = value
            else:
                problems.found.append(_unknown_argument(layer, name, key.place, arguments))
            if problems.are_enough:
                break
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
        item = read_item(value, self.scope)
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
            return rule.read(plain(value, object_arguments))
        except Refusal as refusal:
            where = "".join(f"[{step}]" if isinstance(step, int) else f" {step}" for step in refusal.inside)
            place = _inside(value, refusal.inside).place
            raise ModelError(Problem(f"{what}{where} {refusal.message}", place, help=refusal.help)) from None


def _inside(value: Value, steps: tuple[int | str, ...]) -> Value:
    """The part of a value that a Refusal is about."""
    for step in steps:
        if isinstance(step, int) and isinstance(value, Sequence):
            value = value.items[step]
        elif isinstance(value, Mapping):
            value = next((item for key, item in value.entries if str(key.value) == step), value)
    return value


def _unknown_argument(layer: type[Layer], name: str, place: Place, arguments: dict[str, Argument]) -> Problem:
    help = did_you_mean(name, (*arguments, *layer.common, *layer.keywords))
    if not help and 0 < len(arguments) <= 8:
        help = f"it takes {', '.join(arguments)}"
    elif not help:
        help = f"'lstmcalc layers {layer.__name__}' lists what it takes" if arguments else "it takes no arguments"
    return Problem(f"{layer.__name__} has no argument {shown(name)}", place, help=help)


def _capitalised_argument(item: Item, arguments: dict[str, Argument]) -> Scalar | None:
    """The key that was read as a wrapped layer, of a class that wraps none: `LSTM: {Units: 5}`."""
    first = next(iter(arguments.values()), None)
    if len(item.args) != 1 or not isinstance(item.args[0], Mapping) or (first and first.rule in WRAPPED):
        return None
    keys = [key for key, _ in item.args[0].entries]
    return keys[0] if len(keys) == 1 and str(keys[0].value)[:1].isupper() else None


def _class_help(name: str) -> str:
    word, rest = re.fullmatch(r"(\w*)(.*)", name, re.DOTALL).groups()  # type: ignore[union-attr]
    if word in KNOWN and rest.startswith(":"):
        return f"a space stands after the colon: '{word}: ...'"
    if word in KNOWN and rest.startswith(" "):
        return f"a colon stands after the class: '{word}: ...'"
    found = closest(name, KNOWN)
    if not name.isidentifier():
        return f"did you mean '{found}'?" if found else "a layer is a class of Keras's, as in 'LSTM: 5'"
    stated = f"a layer of your own is stated: 'Custom: {{class: {name}, output_shape: [...], weights: {{...}}}}'"
    is_own = found is None or (found.lower() in name.lower() and len(name) > len(found) + 1)
    return f"did you mean '{found}'? {stated}" if found and is_own else stated if is_own else f"did you mean '{found}'?"


def _is_list_of_arguments(item: Item, arguments: dict[str, Argument]) -> bool:
    """Whether several arguments stand in a list, `Embedding: [3, 4]`, where one was expected."""
    listed = item.args[0] if len(item.args) == 1 and not item.kwargs else None
    return isinstance(listed, Sequence) and 1 < len(listed.items) <= len(arguments)


def _mapping_help(item: Item, arguments: dict[str, Argument]) -> str:
    values = plain(item.args[0])
    assert isinstance(values, list)
    named = ", ".join(f"{name}: {shown(value)}" for name, value in zip(arguments, values, strict=False))
    return f"several arguments stand in a mapping: {{{named}}}"


def _first_argument_help(layer: type[Layer], arguments: dict[str, Argument]) -> str | None:
    first = next(iter(arguments.values()))
    return _layer_help(layer) if first.rule in WRAPPED else None


def _layer_help(layer: type[Layer]) -> str:
    name, units = layer.inner_example
    inner = f"{{{name}: {units}}}"
    is_list = next(iter(arguments_of(layer).values())).rule is CELLS
    return f"write '{layer.__name__}: {f'[{inner}]' if is_list else inner}'"
