"""The inputs of a model: what its spec states, with what the command line binds."""

import msgspec

from lstmcalc.errors import ModelError, Place, Problem, did_you_mean, is_name, shown
from lstmcalc.formats.inputs import StatedInput, read_input, read_input_call
from lstmcalc.formats.spec import Call, Definition, Spec
from lstmcalc.formats.values import Scalar
from lstmcalc.layers.base import Tensor
from lstmcalc.models.calls import Calls
from lstmcalc.models.context import Calling
from lstmcalc.models.graph import InputLayer, Node
from lstmcalc.models.known import Known, Meaning
from lstmcalc.shapes import Shape, format_shape


class Inputs:
    """The inputs so far. Those of the outermost model (`is_top`) are what `--timesteps` and `--batch` bind."""

    def __init__(self, calling: Calling, spec: Spec, known: Known, calls: Calls, is_top: bool) -> None:
        self.names = calling.names
        self.bindings = calling.bindings
        self.problems = calling.problems
        self.spec = spec
        self.known = known
        self.calls = calls
        self.is_top = is_top
        self.tensors: list[Tensor] = []

    def stated(self) -> list[StatedInput]:
        """What the spec says of its inputs, each problem kept."""
        stated: list[StatedInput] = []
        for each in self.spec.inputs:
            with self.problems.caught():
                stated.append(read_input(each.value, None if each.name is None else self._input_name(each.name)))
        self.known.has_faulty_inputs |= len(stated) < len(self.spec.inputs)
        return stated

    def _input_name(self, key: Scalar) -> str:
        name = key.text if not isinstance(key.value, str) else key.value
        if not is_name(name):
            message = f"an input's name must be a name without '/', but is {shown(name)}"
            raise ModelError(Problem(message, key.place))
        return name

    def read(self, definition: Definition, call: Call) -> StatedInput | None:
        """What an Input among the layers states, None when it is at fault."""
        with self.problems.caught():
            if definition.problems:
                raise ModelError(definition.problems)
            for key, place in _beside(definition, call).items():
                raise ModelError(Problem(f"an Input has no '{key}': nothing is called", place))
            stated = read_input_call(definition.place, definition.args, definition.kwargs)
            name = definition.name
            if isinstance(name, Scalar) and name.value is not None:
                return msgspec.structs.replace(stated, name=self._input_name(name))
            return stated
        self.known.has_faulty_inputs = True
        return None

    def add(self, stated: StatedInput) -> Tensor:
        """One more input of the model."""
        name, number = (stated.name, None) if stated.name else self.names.give_numbered("InputLayer")
        self.known.refuse_twice(name, stated.place)
        shape = self._bound_shape(stated.shape, name) if self.is_top else stated.shape
        layer = InputLayer(name=name, number=number, dtype="float32")
        tensor = Tensor(shape, stated.dtype, layer, 0, 0)
        self.calls.table[id(layer), 0] = Node(layer, 0, (), (tensor,))
        self.known.meanings[name] = Meaning(layer, (tensor,))
        self.tensors.append(tensor)
        return tensor

    def _bound_shape(self, shape: Shape, name: str) -> Shape:
        bindings = self.bindings
        samples = bindings.batch or (shape[0] if shape else None)
        if name in bindings.timesteps:
            self._refuse_known_timesteps(shape, name)
        timesteps = bindings.timesteps.get(name, bindings.timesteps.get(None))
        if len(shape) < 2 or shape[1] is not None or timesteps is None:
            return (samples, *shape[1:])
        return (samples, timesteps, *shape[2:])

    def _refuse_known_timesteps(self, shape: Shape, name: str) -> None:
        if len(shape) < 2 or shape[1] is not None:
            found = f"--timesteps binds unknown timesteps, but the input '{name}' is {format_shape(shape)}"
            self.problems.add(found, self.spec.place)

    def refuse_unknown_bindings(self) -> None:
        """Keep a problem for each input that `--timesteps` names and the model does not have."""
        names = [tensor.operation.name for tensor in self.tensors]
        for name in self.bindings.timesteps:
            if self.is_top and name is not None and name not in names:
                help = did_you_mean(name, names) or f"the inputs are: {', '.join(names)}"
                self.problems.add(f"--timesteps names '{name}', which is no input", self.spec.place, help=help)


def _beside(definition: Definition, call: Call) -> dict[str, Place]:
    """What stands beside an Input and says how a layer is made or called, by key."""
    values = {"from": call.inputs, **call.arguments, "trainable": definition.trainable}
    found = {key: value.place for key, value in values.items() if value is not None}
    return found if definition.repeat is None else {**found, "repeat": definition.repeat.place}
