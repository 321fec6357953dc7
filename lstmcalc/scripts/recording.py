"""What a script made and called, in its order: layers, tensors and models, and the Spec of one of them."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from lstmcalc.errors import ModelError, Place, Problem, Problems
from lstmcalc.formats.spec import Call, Definition, Saved, Spec
from lstmcalc.formats.values import CallOutput, Constructor, Mapping, Scalar, Value
from lstmcalc.formats.values import Sequence as ListValue
from lstmcalc.layers.base import Names
from lstmcalc.layers.catalogue import ALIASES, INPUTS
from lstmcalc.models.build import build
from lstmcalc.models.graph import node_of
from lstmcalc.models.model import BuiltModel
from lstmcalc.scripts.values import ArrayValue, InstanceValue, ObjectValue, UnknownValue
from lstmcalc.shapes import Shape

# What layers name inside when they are called first.
NAMED_INSIDE = dict.fromkeys(("MultiHeadAttention", "GroupedQueryAttention"), ("Softmax", "Dropout"))
SHAPES = ("shape", "input_shape", "batch_shape", "batch_input_shape")  # arguments whose timesteps may be unknown
LENGTHS = ("input_length", "batch_size")


class LayerRecord:
    """A layer that was made: its class, its arguments, where, and its calls so far. One with a `model` is a model."""

    def __init__(
        self,
        class_name: str,
        args: Sequence[Any],
        kwargs: dict[str, tuple[Any, Place]],
        place: Place,
        name: str,
        order: int,
        model: "ModelRecord | None" = None,
    ) -> None:
        self.class_name = class_name
        self.args = args
        self.kwargs = kwargs
        self.place = place
        self.name = name
        self.order = order
        self.model = model
        self.trainable = True
        self.is_named = True
        self.is_own = False  # of a class of the script
        self.outputs = 1  # of a Custom
        self.calls: list[CallRecord] = []
        self.instance: InstanceValue | None = None  # of a class of the script
        self.function: Any = None  # of a Lambda, and the shape that it says
        self.shape: Any = None

    @property
    def is_input(self) -> bool:
        """Whether it stands for an input."""
        return self.class_name in INPUTS


class CallRecord:
    """A call of a layer: on which tensors, with what, where, and the how manieth of all it was."""

    def __init__(
        self,
        layer: LayerRecord,
        inputs: "list[TensorValue]",
        is_list: bool,
        arguments: dict[str, Any],
        place: Place,
        order: int,
        made: int,
    ) -> None:
        self.layer = layer
        self.inputs = inputs
        self.is_list = is_list
        self.arguments = arguments
        self.place = place
        self.order = order
        self.made = made

    def tensors(self) -> "Iterator[TensorValue]":
        """All tensors that it is given."""
        yield from self.inputs
        for value in self.arguments.values():
            yield from (
                each for each in (value if isinstance(value, list) else [value]) if isinstance(each, TensorValue)
            )


class TensorValue:
    """What a call gives, one of its outputs."""

    def __init__(self, call: CallRecord, output: int = 0) -> None:
        self.call = call
        self.output = output


class ModelRecord:
    """A model: a Sequential of layers so far, or a graph from inputs to outputs.

    `used` is the order of the last thing that was done with it (compile, fit, summary), 0 for none. `doubts` are
    the conditions that nobody knows and that it depends on.
    """

    def __init__(self, kind: str, name: str, place: Place, order: int, title: str = "") -> None:
        self.kind = kind
        self.name = name
        self.title = title  # the variable or class that it is called by
        self.place = place
        self.order = order
        self.layers: list[LayerRecord] = []
        self.inputs: list[TensorValue] = []
        self.outputs: list[TensorValue] = []
        self.built_on: Any = None
        self.trainable = True
        self.is_named = True
        self.says_trainable = True  # among its arguments, which says nothing of its layers
        self.used = 0
        self.doubts: list[UnknownValue] = []
        self.as_layer: LayerRecord | None = None
        self.is_held = False  # by a layer or a model of the author's own

    @property
    def is_empty(self) -> bool:
        """Whether it is a Sequential that has no layer yet."""
        return self.kind == "Sequential" and not self.layers


class Recording:
    """All that was made, in its order; names are given as Keras gives them in that order."""

    def __init__(self) -> None:
        self.names = Names()
        self.count = 0
        self.models: list[ModelRecord] = []
        self.replaced: dict[str, UnknownValue] = {}  # unknowns that stand for None, by their texts
        self.dialect: str | None = None
        self.automatic: list[LayerRecord] = []  # those that Keras names

    @contextmanager
    def aside(self) -> Iterator[None]:
        """What is made while the block runs only shows a shape, and takes no names."""
        counts, models, automatic = dict(self.names.counts), list(self.models), list(self.automatic)
        try:
            yield
        finally:
            self.names.counts, self.models[:], self.automatic[:] = counts, models, automatic

    def next(self) -> int:
        """The order of what is made or called now."""
        self.count += 1
        return self.count

    def make(
        self, class_name: str, args: Sequence[Any], kwargs: dict[str, tuple[Any, Place]], place: Place
    ) -> LayerRecord:
        """A layer that is made now."""
        given = kwargs.get("name", (None, place))[0]
        kind = class_name.removeprefix("ops.")
        kind = "InputLayer" if kind in INPUTS else ALIASES.get(kind, kind)
        is_named = isinstance(given, str) and bool(given)
        name = str(given) if is_named else self.names.give(kind)
        others = {key: each for key, each in kwargs.items() if key != "name"}
        layer = LayerRecord(class_name, args, others, place, name, self.next())
        layer.is_named = is_named
        if not is_named:
            self.automatic.append(layer)
        return layer

    def call(
        self, layer: LayerRecord, inputs: list[TensorValue], is_list: bool, arguments: dict[str, Any], place: Place
    ) -> CallRecord:
        """A call that is made now; some layers name layers of their own when they are called first."""
        if not layer.calls:
            for kind in NAMED_INSIDE.get(layer.class_name, ()):
                self.names.give(kind)
            chain = layer.model.layers if layer.model is not None and layer.model.kind == "Sequential" else []
            if chain and not chain[0].is_input:
                self.names.give("InputLayer")
                self.names.give("Functional")
        found = CallRecord(layer, inputs, is_list, arguments, place, self.next(), self.count)
        layer.calls.append(found)
        return found

    def rebuild(self, model: ModelRecord) -> None:
        """A Sequential that knows its input keeps a Functional inside, which takes a name each time it is made."""
        if not model.layers or model.kind != "Sequential":
            return
        first = model.layers[0]
        is_built = first.is_input or not {"input_shape", "batch_input_shape"}.isdisjoint(first.kwargs)
        if is_built and len(model.layers) > first.is_input:
            self.names.give("Functional")

    def as_layer(self, model: ModelRecord) -> LayerRecord:
        """A model as a layer of another."""
        if model.as_layer is None:
            class_name = "Sequential" if model.kind == "Sequential" else "Model"
            model.as_layer = LayerRecord(class_name, (), {}, model.place, model.name, model.order, model)
            model.as_layer.is_named = model.is_named
        return model.as_layer

    # What can be known before all is read.

    def built(self, outputs: list[TensorValue], inputs: list[TensorValue] | None = None) -> BuiltModel:
        """The model that ends with some tensors. Raises ModelError."""
        model = ModelRecord("Functional", "", outputs[0].call.place, 0)
        model.outputs = outputs
        model.inputs = self.inputs_of(outputs) if inputs is None else inputs
        return build(self.spec(model, is_part=True))

    def shape_of(self, tensor: TensorValue) -> Shape:
        """The shape of a tensor, samples first. Raises ModelError."""
        if tensor.call.layer.is_input:
            return build_input_shape(self, tensor)
        shape = self.built([tensor]).output_shape
        assert isinstance(shape, tuple)
        return shape

    def count_outputs(self, call: CallRecord) -> int:
        """How many tensors a call gives. Raises ModelError."""
        layer = call.layer
        if layer.model is not None and layer.model.kind != "Sequential":
            return max(1, len(layer.model.outputs))
        if not may_give_several(layer, call):
            return 1
        model = self.built([TensorValue(call)])
        return len(node_of(model.outputs[0], model.table).outputs)

    def inputs_of(self, outputs: list[TensorValue]) -> list[TensorValue]:
        """The inputs that tensors come from, in the order in which they were made."""
        found = {id(call): call for call in self.reached(outputs, set()) if call.layer.is_input}
        return [TensorValue(call) for call in sorted(found.values(), key=lambda call: call.order)]

    def reached(self, outputs: list[TensorValue], stops: set[int]) -> list[CallRecord]:
        """The calls that tensors come from, as far as those whose identities stop it, in their order."""
        found: dict[int, CallRecord] = {}
        waiting = [tensor.call for tensor in outputs]
        while waiting:
            call = waiting.pop()
            if id(call) in found:
                continue
            found[id(call)] = call
            if id(call) not in stops:
                waiting += [tensor.call for tensor in call.tensors()]
        return sorted(found.values(), key=lambda call: call.order)

    # The Spec of a model.

    def spec(self, model: ModelRecord, is_part: bool = False) -> Spec:
        """A model as it was written; a part of one has what names it likes.

        Raises ModelError, naming all that only a run would know.
        """
        writing = _SpecWriting(self)
        writing.count(model)
        writing.names_itself = is_part or writing.is_all(model)
        spec = writing.spec(model)
        missing = list(writing.missing())
        if missing and self.replaced and not is_part and not self._is_built_on(model):
            missing += [each for each in map(asking, self.replaced.values()) if each not in missing]
        if missing:
            raise ModelError(sorted(missing, key=lambda each: each.place.line if each.place is not None else 0))
        return spec

    def _is_built_on(self, model: ModelRecord) -> bool:
        """Whether a model can be built with its lengths unknown, whatever the other unknowns are."""
        writing = _SpecWriting(self)
        writing.guess = 2
        writing.count(model)
        try:
            build(writing.spec(model))
        except ModelError:
            return False
        return True


def asking(unknown: UnknownValue) -> Problem:
    """What is asked for, and what to type."""
    help = f'give it: --set "{unknown.text}=..."'
    return Problem(f"only a run would know {unknown.text}", unknown.place, help=help)


def may_give_several(layer: LayerRecord, call: CallRecord) -> bool:
    """Whether a call may give more than one tensor."""
    if layer.model is not None:
        return bool(layer.model.layers) and may_give_several(layer.model.layers[-1], call)
    if layer.class_name in ("ops.Split", "ops.TopK") or call.arguments.get("return_attention_scores"):
        return True
    values = [value for value, _ in layer.kwargs.values()]
    inner = [value for value in (*layer.args, *values) if isinstance(value, LayerRecord)]
    returns = layer.kwargs.get("return_state", (False, None))[0]
    no_merge = layer.class_name == "Bidirectional" and layer.kwargs.get("merge_mode", ("concat", None))[0] is None
    return bool(returns) or no_merge or any(may_give_several(each, call) for each in inner)


def build_input_shape(recording: Recording, tensor: TensorValue) -> Shape:
    """The shape of an input. Raises ModelError."""
    with recording.aside():
        layer = recording.make("Identity", (), {}, tensor.call.place)
    call = CallRecord(layer, [tensor], False, {}, tensor.call.place, recording.count, recording.count)
    shape = recording.built([TensorValue(call)]).output_shape
    assert isinstance(shape, tuple)
    return shape


class _SpecWriting:
    """A Spec, and those of the models inside it, while they are put together."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.problems = Problems()
        self.unknown: dict[str, UnknownValue] = {}
        self.models_of: dict[int, set[int]] = {}
        self.all_layers: list[LayerRecord] = []
        self.shared: dict[int, int] = {}
        self.counted: set[int] = set()
        self.guess: int | None = None  # what stands for each unknown, where only its being known matters
        self.names_itself = False  # whether names come as Keras gives them to these layers alone

    def is_all(self, model: ModelRecord) -> bool:
        """Whether the script made no other layer and no other model that took a name, nor one inside another.

        Then names come as they do when the model is built, with those that Keras gives to masks in between.
        """
        if model.kind == "Sequential" or any(layer.model is not None for layer in self.all_layers):
            return False
        if any(not each.is_named and id(each) not in self.counted for each in self.recording.models):
            return False
        held: set[int] = set(self.models_of)
        waiting = list(self.all_layers)
        while waiting:
            layer = waiting.pop()
            held.add(id(layer))
            for value in (*layer.args, *(value for value, _ in layer.kwargs.values())):
                listed = value if isinstance(value, (list, tuple)) else [value]
                waiting += [each for each in listed if isinstance(each, LayerRecord) and id(each) not in held]
        return all(id(each) in held for each in self.recording.automatic)

    def count(self, model: ModelRecord) -> None:
        """Note which layers stand in which models: one that stands in several is one layer."""
        if id(model) in self.counted:
            return
        self.counted.add(id(model))
        for layer in self.layers_of(model):
            self.all_layers.append(layer)
            self.models_of.setdefault(id(layer), set()).add(id(model))
            if layer.model is not None:
                self.count(layer.model)

    def layers_of(self, model: ModelRecord) -> list[LayerRecord]:
        """The layers of a model, each once."""
        if model.kind == "Sequential":
            return model.layers
        calls = self.calls_of(model)
        return list({id(call.layer): call.layer for call in calls}.values())

    def calls_of(self, model: ModelRecord) -> list[CallRecord]:
        """The calls of a graph, its inputs included."""
        reached = self.recording.reached(model.outputs, {id(tensor.call) for tensor in model.inputs})
        unused = {id(tensor.call): tensor.call for tensor in model.inputs}
        for call in reached:
            unused.pop(id(call), None)
        return sorted((*reached, *unused.values()), key=lambda call: call.order)

    def spec(self, model: ModelRecord) -> Spec:
        """The Spec of a model."""
        for each in model.doubts:
            self.unknown.setdefault(each.text, each)
        made = self._chain(model) if model.kind == "Sequential" else self._graph(model)
        name = None if self.names_itself and not model.is_named else model.name or None
        return msgspec.structs.replace(made, name=name, dialect=self.recording.dialect)

    def missing(self) -> Iterator[Problem]:
        """What only a run would know, each once."""
        yield from map(asking, self.unknown.values())

    def _chain(self, model: ModelRecord) -> Spec:
        layers = list(model.layers)
        definitions = [self.definition(each, model) for each in layers]
        if model.built_on is not None and (not layers or not layers[0].is_input):
            given = (Scalar("batch_shape", model.place), self.value(model.built_on, model.place, "batch_shape"))
            definitions.insert(0, Definition("InputLayer", model.place, (), (given,)))
        calls = [Call(number, each.place, len(definitions)) for number, each in enumerate(definitions)]
        return Spec(model.place, tuple(definitions), tuple(calls), kind="sequential")

    def _graph(self, model: ModelRecord) -> Spec:
        calls = self.calls_of(model)
        stops = {id(tensor.call) for tensor in model.inputs}
        made: dict[int, tuple[int, CallRecord]] = {}  # by what is made: when, and for which call first
        for call in calls:
            is_input = id(call) in stops and not call.layer.is_input
            key = id(call) if is_input else id(call.layer)
            made.setdefault(key, (call.order if is_input else call.layer.order, call))
        keys = sorted(made, key=lambda key: made[key][0])
        numbers = {key: number for number, key in enumerate(keys)}
        orders = [made[key][0] for key in keys]
        definitions = [self._made(key, made[key][1], model) for key in keys]
        written: list[Call] = []
        number_of: dict[int, int] = {}
        for call in calls:
            is_input = id(call) in stops and not call.layer.is_input
            number_of[id(call)] = len(written)
            inputs: Value | None = None
            if not call.layer.is_input and not is_input:
                tensors = [self._output(each, number_of) for each in call.inputs]
                inputs = tensors[0] if len(tensors) == 1 and not call.is_list else ListValue(tuple(tensors), call.place)
            given = {} if is_input else call.arguments
            arguments = {name: self._argument(each, number_of, call.place) for name, each in given.items()}
            number = numbers[id(call) if is_input else id(call.layer)]
            made_by_then = max(number + 1, bisect_left(orders, call.order))
            written.append(Call(number, call.place, made_by_then, inputs, arguments))
        outputs = ListValue(tuple(self._output(each, number_of) for each in model.outputs), model.place)
        return Spec(
            model.place,
            tuple(definitions),
            tuple(written),
            kind="functional",
            outputs=outputs,
            input_calls=tuple(number_of[id(each.call)] for each in model.inputs if id(each.call) in number_of),
        )

    def _made(self, key: int, call: CallRecord, model: ModelRecord) -> Definition:
        return self.definition(call.layer, model) if key == id(call.layer) else self._input_at(call)

    def _input_at(self, call: CallRecord) -> Definition:
        """An input in the place of a tensor that is none."""
        shape = ListValue(
            tuple(Scalar(size, call.place) for size in self.recording.shape_of(TensorValue(call))), call.place
        )
        return Definition("InputLayer", call.place, (), ((Scalar("batch_shape", call.place), shape),))

    def _output(self, tensor: TensorValue, number_of: dict[int, int]) -> Value:
        number = number_of.get(id(tensor.call))
        if number is None:
            message = f"{tensor.call.layer.name} comes from an input that the model does not have"
            raise ModelError(Problem(message, tensor.call.place, help="name all inputs: keras.Model([a, b], ...)"))
        return CallOutput(number, tensor.output, tensor.call.place)

    def _argument(self, value: Any, number_of: dict[int, int], place: Place) -> Value:
        if isinstance(value, TensorValue):
            return self._output(value, number_of)
        if isinstance(value, list):
            return ListValue(tuple(self._argument(each, number_of, place) for each in value), place)
        found: Value = self.value(value, place)
        return found

    def definition(self, layer: LayerRecord, model: ModelRecord | None) -> Definition:
        """A layer as it was written."""
        place = layer.place
        is_named = layer.is_named or not self.names_itself
        name = Scalar(layer.name, place) if is_named and layer.name else None
        shared = None
        if model is not None and len(self.models_of.get(id(layer), ())) > 1 and not layer.is_input:
            shared = Saved(shared=self.shared.setdefault(id(layer), len(self.shared)))
        trainable = Scalar(False, place) if not layer.trainable and not layer.is_input else None
        if layer.model is not None:
            if not layer.model.trainable:
                trainable = Scalar(False, place)
            kind = "Sequential" if layer.model.kind == "Sequential" else "Model"
            inner = self.spec(layer.model)
            said = () if layer.model.says_trainable else ((Scalar("trainable", place), Scalar(False, place)),)
            said = () if trainable is not None else said
            return Definition(kind, place, (), said, name, trainable, saved=shared, model=inner)
        if layer.class_name == "Lambda" and "output_shape" not in layer.kwargs:
            shared = Saved()  # what a saved one is told by: a declaration, or the sentence that asks for one
        if layer.is_own:
            shared = Saved(is_own=True)
        args = tuple(self.value(each, place) for each in layer.args)
        kwargs = tuple(
            (Scalar(key, at), self.value(value, at, key)) for key, (value, at) in layer.kwargs.items() if key != "name"
        )
        return Definition(layer.class_name, place, args, kwargs, name, trainable, saved=shared)

    def value(self, value: Any, place: Place, argument: str = "") -> Any:
        """A value of an argument."""
        if isinstance(value, UnknownValue):
            if argument in LENGTHS:
                self.recording.replaced[value.text] = value
                return Scalar(None, place)
            self.unknown.setdefault(value.text, value)
            return Scalar(self.guess, place)
        if isinstance(value, LayerRecord):
            return self.definition(value, None)
        if isinstance(value, ModelRecord):
            return self.definition(self.recording.as_layer(value), None)
        if isinstance(value, ObjectValue):
            known = {key: each for key, each in value.config.items() if not isinstance(each, UnknownValue)}
            config = tuple((Scalar(key, place), self.value(each, place)) for key, each in known.items())
            return Constructor(value.class_name, (), config, place)
        if isinstance(value, (list, tuple)):
            return ListValue(tuple(self._sizes(list(value), place, argument)), place)
        if isinstance(value, dict):
            return Mapping(
                tuple((Scalar(str(key), place), self.value(each, place)) for key, each in value.items()), place
            )
        if isinstance(value, ArrayValue):
            return ListValue((), place)
        if value is None or isinstance(value, (bool, int, float, str)):
            return Scalar(value, place, repr(value))
        return Scalar(str(getattr(value, "text", type(value).__name__)), place)

    def _sizes(self, values: list[Any], place: Place, argument: str) -> Iterator[Any]:
        """The entries of a list; in a shape those of samples and timesteps may be unknown."""
        first = 1 if argument.startswith("batch") else 0
        for number, each in enumerate(values):
            is_free = number < first or (number == first and argument in SHAPES)
            if isinstance(each, UnknownValue) and argument in SHAPES and is_free:
                self.recording.replaced[each.text] = each
                yield Scalar(None, place)
            else:
                yield self.value(each, place)
