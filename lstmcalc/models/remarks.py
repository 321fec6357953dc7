"""What is noted of a call: what its layers say of themselves, and a `trainable` that freezes nothing."""

from collections.abc import Iterator

from lstmcalc.errors import Note, Place
from lstmcalc.models.blueprint import Made
from lstmcalc.models.model import BuiltModel, Placed


def notes_of_call(placed: Placed, made: Made, place: Place) -> Iterator[Note]:
    """The notes of a layer that was called, and of the layers inside it; those of a model inside were kept by it.

    `place` is that of the call, for what stands at no argument.
    """
    layer = placed.layer
    if not layer.trainable and not layer.is_frozen and _holds_trainable(placed):
        yield _freezes_nothing(placed, _place_of(made, "trainable") or place)
    if isinstance(layer, BuiltModel):
        yield from layer.notes
        return
    for remark in layer.remarks(placed.input_shapes):
        yield Note(remark.message, _place_of(made, remark.argument) or place, layer.name, remark.help)
    inner_made = _made_inside(made)
    for number, inner in enumerate(placed.inner):
        # What stands for two layers, as that of a Bidirectional does, was made once.
        of_inner = inner_made[min(number, len(inner_made) - 1)] if inner_made else made
        yield from notes_of_call(inner, of_inner, of_inner.definition.place if inner_made else place)


def _holds_trainable(placed: Placed) -> bool:
    """Whether training changes weights of layers inside it."""
    own = {id(weight) for weight in placed.own}
    return any(weight.trainable and id(weight) not in own for weight in placed.weights)


def _freezes_nothing(placed: Placed, place: Place) -> Note:
    layer = placed.layer
    weights = sum(weight.params for weight in placed.weights if weight.trainable)
    return Note(
        f"trainable: false among the arguments of {layer.class_name} freezes none of the layers inside, "
        f"as Keras has it: {weights:,} of their params are trained",
        place,
        layer.name,
        f"beside the class, in line with '{layer.class_name}', it freezes them all; "
        "in an expression, give it to the layers inside",
    )


def _place_of(made: Made, argument: str | None) -> Place | None:
    """Where an argument stands: its value, or of a model inside its key."""
    if argument is None:
        return None
    keys = {str(key.value): value.place for key, value in made.definition.kwargs}
    return made.places.get(argument, keys.get(argument))


def _made_inside(made: Made) -> tuple[Made, ...]:
    """What was made of the layers inside, in their order."""
    return tuple(layer for _, inside in made.inner for layer in (inside if isinstance(inside, tuple) else (inside,)))
