"""A script as a MODEL: the models that it builds, and which of them is meant."""

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from lstmcalc.errors import ModelError, NoModelFound, Note, Place, Problem, Source, did_you_mean, shown
from lstmcalc.formats.spec import Spec
from lstmcalc.scripts.interpreter import Interpreter, Returned, Stopped, parsed
from lstmcalc.scripts.recording import LayerRecord, ModelRecord, Recording, asking
from lstmcalc.scripts.values import DottedValue, FunctionValue, ScopeOfNames

FRAMEWORKS = {"torch": "PyTorch", "flax": "Flax", "jax": "JAX", "mxnet": "MXNet", "paddle": "Paddle"}
# What pasted Keras may use without an import.
PASTED = {
    "keras": "keras",
    "tf": "tensorflow",
    "tensorflow": "tensorflow",
    "layers": "keras.layers",
    "models": "keras.models",
    "np": "numpy",
}
FIRST = {"input_shape", "batch_input_shape", "input_dim", "batch_shape"}  # what a first layer says of its input
LISTED = 10  # models named in a message


class Choice(msgspec.Struct, frozen=True):
    """What is said beside a script: which model, and the shape that a subclassed one is called on, samples first."""

    model: str | None = None
    input_shape: tuple[int | None, ...] | None = None
    dialect: str | None = None
    is_pasted: bool = False


def spec_of_script(
    sources: Sequence[Source],
    given: Mapping[str, Any],
    choice: Choice,
    read_module: Callable[[str], Source | None],
) -> Spec:
    """The Spec of a model that a script builds. Raises ModelError."""
    recording = Recording()
    reading = Interpreter(sources[0] if sources else Source("script", ""), recording, given, read_module)
    scope = ScopeOfNames()
    if choice.is_pasted:
        scope.names |= {name: DottedValue(path) for name, path in PASTED.items()}
        scope.stars += ["keras.layers", "keras.models", "keras"]
    scope.names["__name__"] = "__main__"
    unread: ModelError | None = None
    for source in sources:
        reading.source = source
        try:
            tree = parsed(source)
        except ModelError as error:
            if len(sources) == 1:
                raise
            unread = error  # a cell that cannot be read stops none of the others
            continue
        try:
            reading.run(tree.body, scope)
        except Stopped:
            break
        except Returned:
            continue
    _try_functions(reading)
    _place_instances(reading, choice)
    recording.dialect = choice.dialect or reading.keras.dialect
    try:
        model, notes = _chosen(reading, choice, sources[0] if sources else None)
    except NoModelFound:
        if unread is not None:
            raise unread from None
        raise
    _refuse_unused(reading, given)
    _give_input(model, choice)
    reading.keras.resolve(model)
    spec = recording.spec(model)
    notes += [
        Note(
            f"{each.text} is not known, and taken for any length", each.place, help=f'--set "{each.text}=..." gives it'
        )
        for each in recording.replaced.values()
    ]
    return msgspec.structs.replace(spec, notes=tuple(notes), asks=tuple(map(asking, recording.replaced.values())))


def _try_functions(reading: Interpreter) -> None:
    """Follow the functions that nobody calls, where nothing else makes a model: their parameters can be set."""
    if any(not each.is_empty for each in reading.recording.models) or reading.keras.unplaced:
        return
    for function in reading.functions:
        if id(function.node) not in reading.called:
            _try(reading, function, [])
    for each in list(reading.classes):
        methods = [value for value in each.scope.names.values() if isinstance(value, FunctionValue)]
        left = [value for value in methods if value.name[:2] != "__" and id(value.node) not in reading.called]
        if each.paths() or not left:
            continue
        try:
            instance = reading.make_instance(each, [], {}, left[0].node)
        except (ModelError, Stopped):
            continue
        for method in left:
            _try(reading, method, [instance])


def _try(reading: Interpreter, function: FunctionValue, args: list[Any]) -> None:
    """Follow a function; the models that it makes are called by its name."""
    models = {id(each) for each in reading.recording.models if not each.is_empty}
    try:
        found = reading.call_function(function, args, {}, function.node)
    except (ModelError, Stopped):
        return
    if isinstance(found, ModelRecord):
        reading.keras.use(found)
    for model in reading.recording.models:
        if id(model) not in models and not model.is_empty:
            model.title = function.name


def _place_instances(reading: Interpreter, choice: Choice) -> None:
    """Call the subclassed models that were not called, on the shape that is given."""
    for instance in reading.keras.unplaced:
        if "__model__" not in instance.attributes and choice.input_shape is not None:
            reading.keras.build_instance(instance, list(choice.input_shape), ast.Pass())


def _give_input(model: ModelRecord, choice: Choice) -> None:
    """Tell a Sequential without an input what it is called on. Raises ModelError where nothing says it."""
    if model.kind != "Sequential" or not model.layers or model.built_on is not None:
        return
    first = model.layers[0]
    while first.model is not None and first.model.kind == "Sequential" and first.model.layers:
        first = first.model.layers[0]
    if first.is_input or first.model is not None or first.class_name == "Embedding":
        return
    if not FIRST.isdisjoint(first.kwargs):
        return
    if choice.input_shape is not None:
        model.built_on = list(choice.input_shape)
        return
    inside = [*first.args, *(value for value, _ in first.kwargs.values())]
    if any(isinstance(each, LayerRecord) and not FIRST.isdisjoint(each.kwargs) for each in inside):
        return
    message = f"the model {shown(model.title or model.name)} does not say what it is called on"
    help = 'say it: --input-shape "(None, 28, 28)", samples first'
    raise ModelError(Problem(message, model.place, help=help))


def _chosen(reading: Interpreter, choice: Choice, source: Source | None) -> tuple[ModelRecord, list[Note]]:
    """The model that is meant, and what is to be said of the others. Raises ModelError."""
    models = [each for each in reading.recording.models if not each.is_empty or each.doubts]
    if not models:
        raise _no_model(reading, source)
    if choice.model is not None:
        found = [each for each in models if choice.model in _names_of(each)]
        if not found:
            names = [each.title or each.name for each in models]
            help = did_you_mean(choice.model, names) or f"there are {_listed(models)}"
            raise ModelError(Problem(f"no model is called {shown(choice.model)}", models[0].place, help=help))
        return found[-1], []
    inside = _inside(reading, models)
    outer = [each for each in models if id(each) not in inside and (each.used or not each.is_held)]
    if not outer and any("__model__" not in each.attributes for each in reading.keras.unplaced):
        raise _no_model(reading, source)
    outer = outer or models
    used = [each for each in outer if each.used]
    model = max(used, key=lambda each: each.used) if used else max(outer, key=lambda each: each.order)
    if len(outer) == 1:
        return model, []
    others = [each for each in outer if each is not model]
    message = f"of {len(outer)} models this is {_called(model)}; the others are {_listed(others)}"
    return model, [Note(message, model.place, help="--model NAME, or its line, chooses")]


def _inside(reading: Interpreter, models: Sequence[ModelRecord]) -> set[int]:
    """The identities of the models that stand in others."""
    found: set[int] = set()
    waiting = list(models)
    while waiting:
        layers = reading.keras.layers_of(waiting.pop())
        held = [value for each in layers for value in (*each.args, *(value for value, _ in each.kwargs.values()))]
        inner = [each.model for each in layers if each.model is not None]
        inner += [each for each in held if isinstance(each, ModelRecord)]
        waiting += [each for each in inner if id(each) not in found]
        found |= {id(each) for each in inner}
    return found


def _names_of(model: ModelRecord) -> tuple[str, ...]:
    return model.title, model.name, str(model.place.line)


def _called(model: ModelRecord) -> str:
    return f"{shown(model.title or model.name)} of line {model.place.line}"


def _listed(models: Sequence[ModelRecord]) -> str:
    named = [_called(each) for each in models[:LISTED]]
    more = [f"{len(models) - LISTED} more"] if len(models) > LISTED else []
    return ", ".join((*named, *more))


def _no_model(reading: Interpreter, source: Source | None) -> ModelError:
    """What is said of a script in which no model was found."""
    place = None if source is None else Place(source)
    for instance in reading.keras.unplaced:
        name = "" if instance.of is None else instance.of.name
        help = 'say what it is called on: --input-shape "(None, 28, 28)", samples first'
        return ModelError(
            Problem(f"the model {name} is not called on a shape that is known", _place(instance), help=help)
        )
    other = FRAMEWORKS.get(reading.keras.other or "")
    if other is not None:
        message = f"is a script for {other}, whose models are not read"
        return ModelError(Problem(message, place, help="write the model as a spec: lstmcalc help spec"))
    if reading.doubted:
        return ModelError([asking(each) for each in list(reading.doubted.values())[:LISTED]])
    message = "builds no Keras model that is found"
    help = "models are made with keras.Sequential and keras.Model"
    return NoModelFound(Problem(message, place, help=help))


def _place(instance: Any) -> Place:
    found: Place = instance.attributes["__place__"]
    return found


def _refuse_unused(reading: Interpreter, given: Mapping[str, Any]) -> None:
    """Refuse what is given and named nowhere. Raises ModelError."""
    for name in given:
        if name not in reading.asked:
            message = f"--set gives {shown(name)}, which the script does not ask for"
            help = "give a name that it assigns, a parameter, or an expression as it writes it"
            raise ModelError(Problem(message, Place(reading.source), help=help))
