"""The same model in another form: YAML, Keras's JSON, Python, or a .keras file with its weights."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from lstmcalc.errors import ModelError, Note, Problem, merge_notes, shown
from lstmcalc.formats.spec import Spec
from lstmcalc.models.model import BuiltModel
from lstmcalc.models.unbuild import Saying, Unbuilt, unbuild
from lstmcalc.models.walk import join_path, walk
from lstmcalc.sources import Content, Reading

FORMS = ("yaml", "keras-json", "python", "keras")
# Names that Keras gives and masks that follow need not be said, where they come again.
SHORTEST_FIRST = (Saying(no_masks=True), Saying(), Saying(all_named=True, no_masks=True), Saying(all_named=True))
AGAIN = "this is a bug of the writer: please report the model"


class Converted(msgspec.Struct, frozen=True):
    """The text of a model in another form, and what is lost or changed in it."""

    text: str
    notes: tuple[Note, ...] = ()


def convert(model: BuiltModel, form: str, spec: Spec | None = None) -> Converted:
    """A model as YAML, as Keras's JSON or as Python; `spec` is what it was made of, where it was.

    What is written is read again and held against the model, but for Python, which nothing here runs. Raises
    ModelError for what cannot be said in that form.
    """
    lost = [*_lost(model, spec)]
    if form == "yaml":
        text, _ = _as_yaml(model, [f"not in this file: {each}" for each in lost])
        return Converted(text, model.notes)
    unbuilt = unbuild(model, Saying(today=True))
    notes = merge_notes((*model.notes, *unbuilt.notes, *(Note(each, file=model.file) for each in lost)))
    if form == "python":
        from lstmcalc.formats.writing.python import holds_graph_in_chain, write_python

        wanted = _wanted_in_python(model)
        if holds_graph_in_chain(unbuilt.outline):
            wanted = msgspec.structs.replace(wanted, all_named=True)
        unbuilt = unbuild(model, wanted)
        return Converted(write_python(unbuilt.outline), notes)
    return Converted(as_keras_json(model, unbuilt)[0], notes)


def convert_weights(
    model: BuiltModel, path: str, weights: "str | Mapping[str, Sequence[Any]] | None" = None
) -> tuple[Note, ...]:
    """Write a .keras file that Keras 3 loads, with weights, the model's own where none are given; what is noted of it.

    Raises ModelError.
    """
    from lstmcalc.arrays.convert import write_keras
    from lstmcalc.arrays.weights import by_identity, load_weights

    if weights is None and not model.holds_weights:
        help = "--weights FILE: .npz, .weights.h5, .keras or .h5"
        raise ModelError(Problem("has no weights to write", file=model.file or model.name, help=help))
    unbuilt = unbuild(model, Saying(today=True))
    config, today = as_keras_json(model, unbuilt)
    if weights is None or isinstance(weights, str):
        arrays = load_weights(model, weights or model.file or "")
    else:
        arrays = by_identity(model, weights)
    write_keras(path, model, config, today, arrays)
    return merge_notes((*model.notes, *unbuilt.notes))


def as_keras_json(model: BuiltModel, unbuilt: Unbuilt) -> tuple[str, BuiltModel]:
    """A model as the config that Keras 3 loads, and the model that it is then. Raises ModelError."""
    from lstmcalc.formats.writing.keras_config import write_keras_json

    text = write_keras_json(unbuilt.outline)
    return text, _held(model, text, "config.json", unbuilt.is_same)


def _as_yaml(model: BuiltModel, comments: list[str]) -> tuple[str, Saying]:
    """The YAML of a model that says the least of those that are read as the same model, and how it is written."""
    from lstmcalc.formats.writing.yaml import write_yaml

    refused: ModelError | None = None
    for wanted in SHORTEST_FIRST:
        text = write_yaml(unbuild(model, wanted).outline, comments)
        try:
            _held(model, text, "model.yaml")
        except ModelError as error:
            refused = error
        else:
            return text, wanted
    assert refused is not None
    raise refused


def _wanted_in_python(model: BuiltModel) -> Saying:
    """How Python says the least: as YAML does, since both make layers in the order of their calls."""
    try:
        wanted = _as_yaml(model, [])[1]
    except ModelError:
        wanted = SHORTEST_FIRST[-1]
    return msgspec.structs.replace(wanted, today=True)


def _lost(model: BuiltModel, spec: Spec | None) -> list[str]:
    """What of the source has no place in any form."""
    lost = []
    if model.holds_weights:
        lost.append("the weights of the source (convert --to keras writes them)")
    if spec is not None and spec.budget is not None:
        lost.append("the budget of the source")
    if spec is not None and spec.scope.known:
        names = ", ".join(spec.scope.known)
        lost.append(f"the variables of the source ({names}): their values stand in their places")
    return lost


# Held against the model.


def _held(model: BuiltModel, text: str, name: str, is_same: bool = True) -> BuiltModel:
    """The model that a text says. Raises ModelError where that cannot be read, or is another.

    One that `is_same` has as many params in each layer too.
    """
    data = text.encode()
    content = Content(name, None, lambda most: data)
    try:
        found = Reading(notes=False).model(content)
    except ModelError as error:
        problem = error.problems[0]
        message = f"cannot be written so that it says the same: {problem.message}"
        raise ModelError(Problem(message, layer=problem.layer, help=problem.help, file=model.file)) from None
    wanted, got = _facts(model, is_same), _facts(found, is_same)
    for path, fact in wanted.items():
        if got.get(path) != fact:
            there = f"is {got[path]}" if path in got else "is not there"
            message = f"what was written is another model: {shown(path or 'the model')} is {fact}, and {there}"
            raise ModelError(Problem(message, help=AGAIN, file=model.file))
    return found


def _facts(model: BuiltModel, is_same: bool) -> Mapping[str, Any]:
    """What must be the same: the params of each layer, what it is called on, what the model takes and gives.

    Where layers were replaced by others that compute the same, their classes and params may differ.
    """
    facts: dict[str, Any] = {}
    for path, placed in walk(model.placed):
        if not placed.layer.is_operation and (is_same or len(path) == 1):
            calls = [[(each.operation.name, each.tensor_index) for each in node.called_on] for node in placed.calls]
            facts[join_path(path)] = (placed.params if is_same else None, calls)
    operations = [(each.name, each.class_name if is_same else None) for each in model.order.operations]
    inputs = [(each.operation.name, each.shape, each.dtype) for each in model.inputs]
    return facts | {"": (operations, inputs, [each.shape for each in model.outputs])}
