"""The names above an item, and what references to them mean."""

import re
from collections.abc import Sequence
from functools import cached_property
from itertools import islice

import msgspec

from lstmcalc.errors import ModelError, Place, Problem, Problems, closest, did_you_mean, shown
from lstmcalc.formats.references import Reference, References
from lstmcalc.formats.spec import Definition, Repeat, Spec
from lstmcalc.formats.values import CallOutput, Mapping, Scalar, Value
from lstmcalc.layers.base import Layer, Names, Tensor, snake_case
from lstmcalc.layers.catalogue import KNOWN
from lstmcalc.models.calls import Called


class Meaning(msgspec.Struct, frozen=True, eq=False):
    """What a name above means: the outputs of one call, None when the layer is at fault; `layer` as it was called."""

    layer: Layer | None
    outputs: tuple[Tensor, ...] | None
    called: Called | None = None

    def output(self, which: str) -> Tensor | None:
        """The output of that state name or number, None when there is none."""
        if self.layer is None or self.outputs is None:
            return None
        if which.isascii() and which.isdigit() and len(which) < 10 and int(which) < len(self.outputs):
            return self.outputs[int(which)]
        names = self.layer.output_names
        return self.outputs[names.index(which)] if which in names else None


class Known:
    """The inputs and layers above an item, by name; those of the model `around` may be shared.

    A call without a name of its own, of a layer that is reused, stands under `name@number`,
    which no reference names by chance.
    """

    def __init__(self, spec: Spec, problems: Problems, around: "Known | None" = None) -> None:
        self.spec = spec
        self.problems = problems
        self.around = around
        # What a `reuse` of the group that is called reuses, by its name: what it means before its first call.
        self.reused: dict[str, str] = {}
        self.firsts: dict[str, Meaning] = {}
        self.meanings: dict[str, Meaning] = {}
        self.has_unnamed_faults = False
        self.has_faulty_inputs = bool(spec.problems) and not spec.inputs
        self.given: list[Meaning] = []  # by each call so far

    def find(self, name: str) -> Meaning | None:
        """What a name means now: of what is repeated, its last call."""
        meaning = self.meanings.get(name)
        if meaning is None:
            meaning = self.meanings.get(self.reused.get(name, name))
        return self.firsts.get(name) if meaning is None else meaning

    def repeat(self, name: str, repeat: Repeat | None, meaning: Meaning) -> None:
        """One more copy of what is repeated: the name of the first means the last of them, and `x_0` the first."""
        if repeat is not None:
            self.meanings[name] = meaning
            self.firsts.setdefault(f"{name}_0", meaning)

    def resolve_all(self, references: References) -> tuple[Tensor, ...] | None:
        """The tensors of references; None when one of them is a faulty layer's. Raises ModelError."""
        tensors: list[Tensor] = []
        problems = Problems()
        for reference in references.items:
            with problems.caught():
                found = self._resolve(reference)
                if found is not None:
                    tensors.append(found)
            if problems.are_enough:
                break
        problems.raise_found()
        return tuple(tensors) if len(tensors) == len(references.items) else None

    def _resolve(self, reference: Reference | CallOutput) -> Tensor | None:
        if isinstance(reference, CallOutput):
            return self._output(reference)
        name, which = reference.text, ""
        meaning = self.find(name)
        if meaning is None and "." in name:
            name, which = name.rsplit(".", 1)
            meaning = self.find(name)
        if meaning is None and self.may_be_faulty(reference.text):
            return None
        if meaning is None:
            raise self._unknown_reference(reference)
        if meaning.outputs is None or meaning.layer is None:
            return None
        if not which:
            if meaning.layer.has_main_output:
                return meaning.outputs[0]
            help = f"its outputs are {list_outputs(name, meaning.outputs)}"
            raise ModelError(Problem(f"{shown(name)} has several outputs: which is meant?", reference.place, help=help))
        found = meaning.output(which)
        if found is None:
            given = [label or str(i) for i, label in enumerate(meaning.layer.output_names)]
            help = f"its outputs are {', '.join(f'{name}.{each}' for each in given)}"
            if len(given) == 1:
                help = f"it has one output, '{name}'"
                help += "; return_state: true gives its states too" if meaning.layer.state_names else ""
            raise ModelError(Problem(f"{shown(name)} has no output {shown(which)}", reference.place, help=help))
        return found

    def _output(self, reference: CallOutput) -> Tensor | None:
        """The tensor of a call that was made before."""
        outputs = self.given[reference.call].outputs
        if outputs is not None and not 0 <= reference.index < len(outputs):
            message = f"output {reference.index} is named of a call that gives {len(outputs)}"
            raise ModelError(Problem(message, reference.place))
        return None if outputs is None else outputs[reference.index]

    def may_be_faulty(self, name: str) -> bool:
        """Whether a name that nothing has may be that of an input, or of an unnamed item, at fault."""
        if self.has_faulty_inputs:
            return True
        prefix = re.sub(r"(_\d+)?(\..*)?$", "", name)
        return self.has_unnamed_faults and prefix in {snake_case(each) for each in (*KNOWN, "Functional")}

    def _unknown_reference(self, reference: Reference) -> ModelError:
        name = reference.text
        above = self.above()
        if {name, name.rsplit(".", 1)[0]} & self._written_names:
            help: str | None = "it stands here or below: a reference names something above it"
        else:
            help = did_you_mean(name, above)
        if help is None:
            help = f"above are: {', '.join(above[:20])}" if above else "nothing stands above"
        return ModelError(Problem(f"{shown(name)} names nothing above", reference.place, help=help))

    @cached_property
    def _written_names(self) -> set[object]:
        """The names that stand beside a class, above or below."""
        written = (*(each.name for each in self.spec.definitions), *(each.name for each in self.spec.calls))
        return {value.value for value in written if isinstance(value, Scalar)}

    def refuse_twice(self, name: str, place: Place) -> None:
        if name in self.meanings and not (self.meanings[name].layer is None and self.meanings[name].outputs is None):
            message = f"the name {shown(name)} is used twice: each layer has its own"
            self.problems.add(message, place, help="give one of them another name")

    def add_faulty(self, definition: Definition, names: Names, before: dict[str, int]) -> Meaning:
        """What stands for a definition at fault, under the name that it would have.

        `before` are the names given by then: a model inside took its own before it was found to be at fault.
        """
        meaning = Meaning(None, None)
        name = _written_name(definition)
        if isinstance(name, Scalar) and isinstance(name.value, str):
            self.meanings.setdefault(name.value, meaning)
            return meaning
        class_name = definition.class_name
        class_name = class_name if class_name in KNOWN else closest(class_name, KNOWN) or ""
        class_name = "Functional" if class_name == "Model" else class_name
        if class_name:
            if names.counts == before:
                names.give(class_name)
            count = names.counts.get(snake_case(class_name), 1) - 1
            self.meanings.setdefault(f"{snake_case(class_name)}_{count}" if count else snake_case(class_name), meaning)
        self.has_unnamed_faults = True
        return meaning

    def above(self) -> list[str]:
        """The names that a reference may mean, the first thousand of them."""
        return [each for each in islice(self.meanings, 1000) if "@" not in each]


def _written_name(definition: Definition) -> Value | None:
    """The name that stands beside a class, among its arguments, or in the model that it takes."""
    if definition.name is not None:
        return definition.name
    given = {str(key.value): value for key, value in definition.kwargs}
    first = definition.args[0] if definition.args else None
    return given.get("name", first.get("name") if isinstance(first, Mapping) else None)


def references_to(layer: Layer, name: str, outputs: tuple[Tensor, ...]) -> tuple[str, ...]:
    """How a spec refers to each output of a layer."""
    names = layer.output_names
    main = name if layer.has_main_output else f"{name}.0"
    return (main, *(f"{name}.{names[i] or i}" for i in range(1, len(outputs))))


def list_outputs(name: str, outputs: Sequence[Tensor]) -> str:
    """References to outputs by number, for a message."""
    return ", ".join(f"{name}.{i}" for i in range(len(outputs)))
