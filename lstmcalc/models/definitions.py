"""A definition becomes a layer, and a Spec a Blueprint: all layers are made, and none has been called."""

from typing import Any

import msgspec

from lstmcalc.errors import ModelError, Place, Problem, Problems, Refusal
from lstmcalc.formats.items import read_definition
from lstmcalc.formats.spec import Definition, Saved, Spec
from lstmcalc.formats.values import Mapping, Scalar, Sequence, Value, kind_of, plain
from lstmcalc.layers.arguments import BOOLEAN, DTYPE
from lstmcalc.layers.base import CELL, CELLS, LAYER, OPTIONAL_LAYER, Argument, Layer, arguments_of
from lstmcalc.layers.catalogue import MODELS, find
from lstmcalc.layers.history import FIRST_SHAPES
from lstmcalc.limits import NESTING
from lstmcalc.models.binding import (
    bind,
    has_older_words,
    is_refused,
    layer_help,
    read_argument,
    read_name,
    read_value,
    refuse_missing,
    unknown_class,
)
from lstmcalc.models.blueprint import Blueprint, Made, is_graph, model_kind, refuse_sequential
from lstmcalc.models.context import Making
from lstmcalc.reference.keys import DIALECTS, INPUTS

HOLD_LAYERS = (LAYER, OPTIONAL_LAYER, CELL, CELLS)


def make_model(
    spec: Spec, making: Making, dtype: str, name: str | None, trainable: bool = True, frozen: bool = False
) -> Blueprint:
    """A model whose layers are all made; those at fault are None, their problems kept."""
    problems = making.problems
    known_faults = len(problems.found)
    problems.found.extend(spec.problems)
    dtype = _dtype_of(spec, problems) or dtype
    made = Maker(making, spec, dtype, frozen).make_all()
    is_inside = making.depth > 0
    if spec.kind == "sequential" and is_graph(spec, is_inside):
        refuse_sequential(spec, problems, is_inside)
    return Blueprint(
        name=name or "",
        trainable=trainable,
        is_frozen=frozen,
        dtype=dtype,
        kind=model_kind(spec, made),
        spec=spec,
        made=made,
        is_faulty=len(problems.found) > known_faults,
        is_inside=is_inside,
    )


def _dtype_of(spec: Spec, problems: Problems) -> str | None:
    """The dtype that a spec gives its weights, None when it gives none; a wrong one is kept as a problem."""
    if spec.dtype is None:
        return None
    try:
        return None if plain(spec.dtype) is None else str(DTYPE.read(plain(spec.dtype)))
    except Refusal as refusal:
        problems.add(f"dtype {refusal.message}", spec.dtype.place, help=refusal.help)
    return None


class Maker:
    """Makes the layers of one spec's definitions; keeps the problems that it finds."""

    def __init__(self, making: Making, spec: Spec, dtype: str, frozen: bool) -> None:
        self.making = making
        self.problems = making.problems
        self.spec = spec
        self.dtype = dtype
        self.frozen = frozen

    def make_all(self) -> tuple[Made | None, ...]:
        """What was made of each definition; None for one at fault, and for an input."""
        made: list[Made | None] = []
        for definition in self.spec.definitions:
            repeat = definition.repeat
            if definition.class_name in INPUTS or self.problems.are_enough:
                made.append(None)
            elif repeat is not None and repeat.number:
                made.append(self._make_again(definition, made[repeat.first]))
            else:
                made.append(self._make_first(definition))
        return tuple(made)

    def _make_first(self, definition: Definition) -> Made | None:
        """The layer of a definition, or the first of those that its `repeat` makes.

        What is wrong inside a model inside is kept, and the model is there: more may be found when it is called.
        """
        repeat = definition.repeat
        with self.problems.caught():
            if definition.problems:
                raise ModelError(definition.problems)
            times, place = (repeat.times, repeat.place) if repeat is not None else (1, definition.place)
            self.making.count(times, place)
            layers = self.making.layers
            made = self.make(definition)
            # A model inside has layers of its own, which repeat with it.
            self.making.count(0, place, (self.making.layers - layers) * (times - 1))
            return made
        return None

    def _make_again(self, definition: Definition, before: Made | None) -> Made | None:
        """One more of the layers that a `repeat` makes: what is wrong with it was said of the first."""
        if before is None:
            return None
        with self.problems.caught():
            return self.make(definition)
        return None

    def make(self, definition: Definition, frozen: bool = False) -> Made:
        """The layer of one definition. Raises ModelError."""
        frozen = frozen or self.frozen or self._is_frozen(definition)
        if definition.class_name in INPUTS:
            raise ModelError(Problem("an Input cannot stand inside another layer", definition.place))
        name = self._explicit_name(definition)
        if definition.class_name in MODELS:
            trainable = not frozen and self._trainable_argument(definition)
            return Made(self._make_model(definition, name, trainable, frozen), definition)
        declared = self._declared(definition, name, frozen)
        if declared is not None:
            return declared
        if definition.saved is not None and definition.saved.is_own:
            return self._of_file(definition, name, frozen)
        if definition.saved is not None:
            from lstmcalc.models.saved import as_operation, note_time_major

            note_time_major(definition, self.problems)
            definition = as_operation(definition, self.spec.dialect)
        definition = self._in_words_of_today(definition)
        layer = find(definition.class_name)
        if layer is None:
            return self._of_file(definition, name, frozen)
        if definition.saved is not None:
            from lstmcalc.models.saved import meant_arguments

            definition = meant_arguments(layer, definition, self.problems)
        return self._make_layer(layer, definition, name, frozen)

    def _declared(self, definition: Definition, name: str | None, frozen: bool) -> Made | None:
        """The layer that is declared on the command line, or a saved Lambda; None for any other. Raises ModelError."""
        customs = self.making.customs
        if not customs and not (definition.saved is not None and definition.class_name == "Lambda"):
            return None
        from lstmcalc.layers.stated import Custom
        from lstmcalc.models.declared import declared_layer, stated_lambda, statement_of

        found = customs.get(name or "") or customs.get(definition.class_name)
        if found is not None:
            self.making.declared.add(found.name)
        if found is not None and found.statement is not None:
            return self._make_layer(Custom, statement_of(found.statement, definition), name, frozen)
        if found is not None:
            layer = declared_layer(found, definition, name, self.dtype, frozen, self.making)
            return Made(layer, definition)
        return stated_lambda(definition, name, self.dtype) if definition.saved is not None else None

    def _of_file(self, definition: Definition, name: str | None, frozen: bool) -> Made:
        """A layer that nobody knows, where the file says what it gives and what it holds. Raises ModelError."""
        if definition.saved is not None and (definition.saved.is_own or not is_refused(definition.class_name)):
            from lstmcalc.models.declared import layer_of_file, params_in_file

            layer = layer_of_file(definition, name, self.dtype, frozen, self.making)
            if layer is not None:
                return Made(layer, definition)
            raise unknown_class(definition, params_in_file(name, self.making))
        raise unknown_class(definition)

    def _in_words_of_today(self, definition: Definition) -> Definition:
        """The definition in Keras 3's words; most have no others. Raises ModelError."""
        if not has_older_words(definition, self.spec.dialect):
            return definition
        from lstmcalc.models.dialects import translate

        translated = translate(definition, self.spec.dialect or DIALECTS[-1])
        if translated.note is not None:
            self.problems.note(translated.note[0], definition.place, help=translated.note[1])
        return translated.definition

    def _make_model(self, definition: Definition, name: str | None, trainable: bool, frozen: bool) -> Blueprint:
        """The model of a `Sequential:` or `Model:` item. Raises ModelError."""
        making = self.making
        if making.depth >= NESTING:
            message = f"models inside models are more than {NESTING} levels deep"
            raise ModelError(Problem(message, definition.place))
        from lstmcalc.models.inner import inner_spec, layers_of_file  # most models hold none

        with making.inside(None):
            spec, path = inner_spec(definition, self.spec, making)
        if path is not None:
            making.count(0, definition.place, layers_of_file(path, making))
        with making.inside(path):
            model = make_model(spec, making, self.dtype, name or spec.name, trainable, frozen)
        return model if path is None else msgspec.structs.replace(model, is_closed=True)

    def _explicit_name(self, definition: Definition) -> str | None:
        """The name that stands beside the class or among its arguments: `x`, and `x_1` of the next that repeats it."""
        sibling = definition.name
        argument = next((value for key, value in definition.kwargs if key.value == "name"), None)
        if sibling is not None and argument is not None:
            message = "'name' is given twice: beside the class and among its arguments"
            raise ModelError(Problem(message, sibling.place, help="leave one of them out"))
        value = sibling if sibling is not None else argument
        if value is None or (isinstance(value, Scalar) and value.value is None):
            return None
        name = str(plain(value)) if definition.saved is not None else read_name(value)
        number = 0 if definition.repeat is None else definition.repeat.number
        return f"{name}_{number}" if number else name

    def _is_frozen(self, definition: Definition) -> bool:
        """Whether `trainable: false` stands beside the class: then all its weights are non-trainable.

        Before Keras 3 it meant the same among the arguments.
        """
        value = definition.trainable
        if value is None:
            is_older = definition.saved is not None and self.spec.dialect in DIALECTS[:-1]
            return is_older and not self._trainable_argument(definition)
        if any(key.value == "trainable" for key, _ in definition.kwargs):
            message = "'trainable' is given twice: beside the class and among its arguments"
            raise ModelError(Problem(message, value.place, help="leave one of them out"))
        return not read_value(BOOLEAN, value, f"{definition.class_name}: trainable")

    def _trainable_argument(self, definition: Definition) -> bool:
        entries = definition.kwargs
        if definition.class_name == "Model" and definition.args and isinstance(definition.args[0], Mapping):
            entries = definition.args[0].entries  # the keys of the model inside are its arguments
        value = next((value for key, value in entries if key.value == "trainable"), None)
        return True if value is None else bool(read_value(BOOLEAN, value, f"{definition.class_name}: trainable"))

    def _make_layer(self, layer: type[Layer], definition: Definition, name: str | None, frozen: bool) -> Made:
        arguments = arguments_of(layer)
        given, problems = bind(layer, definition, arguments)
        inner: list[tuple[str, Made | tuple[Made, ...]]] = []
        values: dict[str, Any] = {}
        older: dict[str, Any] = {}
        for key, value in given.items():
            with problems.caught():
                if key in arguments and arguments[key].rule in HOLD_LAYERS:
                    found = self._make_inner(layer, arguments[key], value, frozen)
                    inner += [] if found is None else [(arguments[key].field, found)]
                elif key in FIRST_SHAPES and key not in arguments:
                    older[key] = plain(value)
                else:
                    values |= read_argument(layer, key, value, arguments, definition)
        refuse_missing(layer, definition, given, arguments, problems)
        problems.raise_found()
        of_call = {key: values.pop(key) for key in layer.call_arguments if key in values}
        values |= {field: _layers_of(made) for field, made in inner}
        values |= {"name": name or "", "dtype": values.get("dtype") or self.dtype}
        if frozen:
            values |= {"trainable": False, "is_frozen": True}
        places = {key: value.place for key, value in given.items()}
        return Made(_checked(layer, values, definition, places), definition, places, older, of_call, tuple(inner))

    def _make_inner(
        self, layer: type[Layer], argument: Argument, value: Value, frozen: bool
    ) -> "Made | tuple[Made, ...] | None":
        """What is made of the layers inside a layer; None where there may be none. Raises ModelError."""
        if argument.rule is CELLS and isinstance(value, Sequence):
            return tuple(self._make_inside(layer, argument, each, frozen) for each in value.items)
        if argument.rule is CELL and isinstance(value, Sequence):
            saved = Saved() if self.spec.is_saved else None
            return self.make(Definition("StackedRNNCells", value.place, (value,), saved=saved), frozen)
        if argument.rule is OPTIONAL_LAYER and isinstance(value, Scalar) and value.value is None:
            return None
        if argument.rule is CELLS:
            return ()
        return self._make_inside(layer, argument, value, frozen)

    def _make_inside(self, layer: type[Layer], argument: Argument, value: Value, frozen: bool) -> Made:
        if isinstance(value, Scalar) and value.value is None:
            raise ModelError(Problem(f"{layer.__name__} needs '{argument.name}', a layer", value.place))
        if isinstance(value, Scalar) and not isinstance(value.value, str):
            message = f"{layer.__name__}: {argument.name} must be a layer, not {kind_of(value)}"
            raise ModelError(Problem(message, value.place, help=layer_help(layer)))
        return self.make(self._read_inside(layer, value), frozen)

    def _read_inside(self, layer: type[Layer], value: Value) -> Definition:
        """The definition of a layer that stands inside another; a script's is one. Raises ModelError."""
        if isinstance(value, Definition):
            return value
        if self.spec.is_saved:
            from lstmcalc.formats.saved.layers import read_layer

            return read_layer(value)
        return read_definition(value, self.spec.scope, layer.__name__)


def _layers_of(made: Made | tuple[Made, ...]) -> "Layer | tuple[Layer, ...]":
    return tuple(each.layer for each in made) if isinstance(made, tuple) else made.layer


def _checked(layer: type[Layer], values: dict[str, Any], definition: Definition, places: dict[str, Place]) -> Layer:
    """The layer, whose arguments go together. Raises ModelError."""
    made = layer(**values)
    try:
        made.check()
    except Refusal as refusal:
        place = places.get(refusal.argument or "", definition.place)
        is_bare = refusal.message.startswith(f"{refusal.argument} ")
        message = f"{layer.__name__}: {refusal.message}" if is_bare else refusal.message
        raise ModelError(Problem(message, place, help=refusal.help)) from None
    return made
