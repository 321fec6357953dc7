"""A model whose layers are made and not yet called: what each definition made, and which kind of model it will be."""

from typing import Any, ClassVar

import msgspec

from lstmcalc.errors import Place, Problems
from lstmcalc.formats.spec import Call, Definition, Spec
from lstmcalc.formats.values import Scalar, Sequence
from lstmcalc.layers.base import Layer
from lstmcalc.limits import PROBLEMS
from lstmcalc.reference.keys import CALL_FLAGS, CALL_TENSORS, INPUTS


class Made(msgspec.Struct, frozen=True, eq=False):
    """A layer that a definition made. It has no name yet, unless one was written.

    `places` are where its arguments stand, in the order in which they were written; `older`
    what they say of a first input; `of_call` what stands among them and belongs to its call.
    `inner` is what was made of the layers inside it, by the field that holds them.
    """

    layer: Layer
    definition: Definition
    places: dict[str, Place] = {}
    older: dict[str, Any] = {}
    of_call: dict[str, Any] = {}
    inner: tuple[tuple[str, "Made | tuple[Made, ...]"], ...] = ()


class Blueprint(Layer, frozen=True, eq=False, kw_only=True):
    """A model whose layers are made, and not yet called.

    It stands for the model where a layer is due. `made` has what was made of each
    definition, None for an input and for one at fault. One that `is_inside` another may
    share its layers, unless it is of a file of its own, which `is_closed`.
    """

    kind: str
    spec: Spec
    made: tuple[Made | None, ...]
    is_faulty: bool = False
    is_inside: bool = False
    is_closed: bool = False

    mask_arguments: ClassVar[tuple[str, ...]] = ("mask",)
    inputs_taken: ClassVar[tuple[int, int | None]] = (1, None)

    @property
    def class_name(self) -> str:
        return self.kind

    @property
    def output_names(self) -> tuple[str | None, ...]:
        return (None,) * _number_of_outputs(self.kind, self.spec, self.made)


def model_kind(spec: Spec, made: tuple[Made | None, ...]) -> str:
    """Sequential or Functional, as the spec says or as its layers need it."""
    if spec.kind == "sequential":
        return "Sequential"
    is_chain = not is_graph(spec) and all(each is None or _outputs_of(each) == 1 for each in made)
    return "Sequential" if is_chain else "Functional"


def is_graph(spec: Spec, is_inside: bool = False) -> bool:
    """Whether a spec has what no Sequential can have, or says that it is none.

    A Sequential inside a model may have layers of that.
    """
    if spec.kind == "functional" or spec.names_inputs or spec.outputs is not None:
        return True
    inputs = [number for number, each in enumerate(spec.definitions) if each.class_name in INPUTS]
    if inputs not in ([], [0]):
        return True
    return any(_is_of_graph(call, is_inside and spec.kind == "sequential") for call in spec.calls)


def _is_of_graph(call: Call, may_share: bool) -> bool:
    names_tensors = any(key in CALL_TENSORS for key in call.arguments)
    reuses = not isinstance(call.layer, int) and (not may_share or call.name is not None)
    return reuses or call.inputs is not None or names_tensors


def refuse_sequential(spec: Spec, problems: Problems, is_inside: bool = False) -> None:
    """Keep a problem for each thing in a spec that no sequential model has, at its place."""
    culprits = [("inputs", spec.inputs[0].name.place)] if spec.inputs and spec.inputs[0].name else []
    if spec.outputs is not None:
        culprits.append(("outputs", spec.outputs.place))
    for call in spec.calls:
        if call.inputs is not None:
            culprits.append(("from", call.inputs.place))
        culprits += [(key, call.arguments[key].place) for key in CALL_TENSORS if key in call.arguments]
        if not isinstance(call.layer, int) and not is_inside:
            culprits.append(("reuse", call.place))
        elif not isinstance(call.layer, int) and call.name is not None:
            culprits.append(("name", call.name.place))
    culprits += [(each.class_name, each.place) for each in spec.definitions[1:] if each.class_name in INPUTS]
    for key, place in culprits[:PROBLEMS]:
        message = f"a sequential model has no '{key}': each layer takes the one above"
        problems.add(message, place, help="leave it out, or say 'kind: functional'")


def _number_of_outputs(kind: str, spec: Spec, made: tuple[Made | None, ...]) -> int:
    """How many outputs the model will have, as far as that can be told before its layers are called."""
    if kind == "Functional" and spec.outputs is not None:
        return len(spec.outputs.items) if isinstance(spec.outputs, Sequence) else 1
    last = spec.calls[-1] if spec.calls else None
    if last is None:
        return 1
    if isinstance(last.layer, int):
        return _outputs_of(made[last.layer], last)
    return max((_outputs_of(each, last) for each in _meant(last.layer, made)), default=1)


def _meant(reference: Any, made: tuple[Made | None, ...]) -> list[Made]:
    """The layers that a `reuse` may mean while only some have names: the one of that name, else those without one."""
    text = str(reference.value) if isinstance(reference, Scalar) else ""
    known = [each for each in made if each is not None]
    return [each for each in known if each.layer.name == text] or [each for each in known if not each.layer.name]


def _outputs_of(made: Made | None, call: Call | None = None) -> int:
    if made is None:
        return 1
    beside = call.arguments if call is not None else {}
    flags = {key: beside[key] for key in CALL_FLAGS if key in beside and key in made.layer.call_arguments}
    stated = {key: isinstance(value, Scalar) and value.value is True for key, value in flags.items()}
    return len(made.layer.called_with(made.of_call | stated).output_names)
