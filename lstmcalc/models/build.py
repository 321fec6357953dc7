"""From a Spec to a Model in two steps: all layers are made, then they are called; names come in Keras's order."""

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec

from lstmcalc.errors import Problems, merge_notes, shown
from lstmcalc.formats.spec import Spec
from lstmcalc.layers.base import Layer, Names
from lstmcalc.models.blueprint import Blueprint, Made, is_graph
from lstmcalc.models.chain import Waiting, call_chain
from lstmcalc.models.context import Bindings, Calling, Faulty, Making
from lstmcalc.models.definitions import make_model
from lstmcalc.models.known import Known
from lstmcalc.models.model import BuiltModel

if TYPE_CHECKING:
    from lstmcalc.formats.customs import Declarations


def build(
    spec: Spec, bindings: Bindings | None = None, file: str | None = None, customs: "Declarations | None" = None
) -> BuiltModel:
    """The Model of a Spec; `customs` say what layers are that nobody knows.

    Raises ModelError with every mistake that can be found together.
    """
    problems = Problems()
    holds_weights = spec.holds_weights and file is not None
    making = Making(problems, customs, file if holds_weights else None)
    if file is not None:
        making.files.append(os.path.realpath(file))
    model: BuiltModel | Waiting | None = None
    with suppress(Faulty):
        blueprint = make_model(spec, making, "float32", spec.name)
        model = call_blueprint(blueprint, Calling(Names(), problems, bindings or Bindings()), is_top=True)
    if isinstance(model, Waiting):
        stated = "'input: [timesteps, features]' (in an expression 'Input(timesteps, features) | ...')"
        help = f"write {stated}, or input_shape in the first layer"
        if spec.is_saved:
            help = "it was saved before it was built: call it on data, or give it an Input, and save it again"
        problems.add("the model has no input", spec.place, help=help)
    problems.raise_found()
    for name in making.customs.keys() - making.declared:
        problems.note(f"--custom declares {shown(name)}, which is no layer of this model", spec.place)
    assert isinstance(model, BuiltModel)
    return msgspec.structs.replace(
        model, file=file, holds_weights=holds_weights, notes=merge_notes((*spec.notes, *problems.notes))
    )


def call_blueprint(
    blueprint: Blueprint, calling: Calling, is_top: bool = False, around: Known | None = None
) -> BuiltModel | Waiting:
    """The model of layers that were made; a Sequential without an input waits. Raises Faulty.

    `around` are the names of the model that it stands in, whose layers it may share.
    """

    def name_layer(made: Made, known: Known) -> Layer | None:
        try:
            return give_name(made, calling, known)
        except Faulty:
            return None

    if blueprint.kind == "Functional":
        from lstmcalc.models.network import call_network  # most models are chains

        return call_network(blueprint, name_layer, calling, is_top, around)
    if is_graph(blueprint.spec, blueprint.is_inside):  # which no Sequential can be: said when its layers were made
        raise Faulty
    return call_chain(blueprint, name_layer, calling, is_top, around)


def give_name(made: Made, calling: Calling, known: Known) -> Layer:
    """The layer with its name and those of the layers inside it, which come first. Raises Faulty.

    A model inside may share the layers that are `known` around it.
    """
    layer = made.layer
    if isinstance(layer, Blueprint):
        return call_blueprint(layer, calling, around=None if layer.is_closed else known)
    changed: dict[str, Any] = {field: _give_names(inner, calling, known) for field, inner in made.inner}
    if not layer.name:
        changed["name"], changed["number"] = calling.names.give_numbered(layer.class_name)
    return msgspec.structs.replace(layer, **changed) if changed else layer


def _give_names(inner: Made | tuple[Made, ...], calling: Calling, known: Known) -> Layer | tuple[Layer, ...]:
    if isinstance(inner, tuple):
        return tuple(give_name(made, calling, known) for made in inner)
    return give_name(inner, calling, known)
