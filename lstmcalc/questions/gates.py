"""What a recurrent layer does at a timestep: its gates, what they weigh, and what other libraries would count."""

import msgspec

from lstmcalc.layers.base import Layer, Weight
from lstmcalc.layers.declared import Elsewhere, Gating
from lstmcalc.questions.arithmetic import Equation, Form, equation, times

READS = "It reads a sequence one timestep after the other and keeps "
CALLED = "An RNN calls it on one timestep of a sequence after the other, and it keeps "
# What layers have that take no such argument, as those of cuDNN.
USUAL = {"activation": "tanh", "recurrent_activation": "sigmoid"}


class Role(msgspec.Struct, frozen=True):
    """One gate: its letter, its name, what it decides, and its activation."""

    letter: str
    name: str
    decides: str
    activation: str
    is_candidate: bool


class Timestep(msgspec.Struct, frozen=True):
    """What is done at each timestep.

    `steps` are labels with what is worked out, `story` says it in words, `lesson` why others
    count otherwise; it may be empty.
    """

    story: str
    gates: tuple[Role, ...]
    steps: tuple[tuple[str, str], ...]
    lesson: str


class GateColumns(msgspec.Struct, frozen=True):
    """One gate: its letter, its name, its activation, and which columns of the weights are its own, from 0."""

    letter: str
    name: str
    activation: str
    first_column: int
    last_column: int


class Convention(msgspec.Struct, frozen=True):
    """What someone else counts for the same layer; `biases` are those of all gates, in vectors of `units`."""

    name: str
    biases: int
    arithmetic: Equation


class Recurrence(msgspec.Struct, frozen=True, kw_only=True):
    """The matrices of a layer's gates.

    `sees` is what one gate sees, [h, x]; `window` the positions that a ConvLSTM sees at
    once, empty for others; `biases` how many biases a gate has, 0, 1 or 2.
    """

    family: str
    units: int
    features: int
    window: tuple[int, ...]
    biases: int
    gates: tuple[GateColumns, ...]
    sees: Equation
    matrix: Equation
    bias: Equation | None
    gate: Equation
    params: int
    forms: tuple[Form, ...]
    conventions: tuple[Convention, ...]

    @property
    def closed(self) -> Equation:
        """`4 * ((1 + 5) * 5 + 5) = 140`."""
        return equation(self.counted(self.biases), self.params)

    def counted(self, biases: int) -> str:
        """The closed form with its numbers, of gates that have so many biases."""
        matrix = " * ".join(map(str, (*self.window, f"({self.features} + {self.units})", self.units)))
        bias = {0: "", 1: f" + {self.units}"}.get(biases, f" + {biases} * {self.units}")
        return f"{len(self.gates)} * ({matrix}{bias})" if len(self.gates) > 1 else f"{matrix}{bias}"


class _Arguments(dict[str, str]):
    """What stands in the steps of a layer: {activation} for its activation, {bias} where it has one."""

    def __init__(self, layer: Layer, has_bias: bool) -> None:
        super().__init__(bias=" + bias" if has_bias else "")
        self.layer = layer

    def __missing__(self, name: str) -> str:
        return _activation(self.layer, name)


def timestep_of(layer: Layer, weights: tuple[Weight, ...], is_cell: bool) -> Timestep | None:
    """What a layer does at each timestep, as it declares it; None for a layer that says nothing of it."""
    gating = layer.gating
    if gating is None:
        return None
    arguments = _Arguments(layer, any(weight.name == "bias" for weight in weights))
    return Timestep(
        story=gating.story.format(reads=CALLED if is_cell else READS) or _story(layer, is_cell),
        gates=tuple(
            Role(gate.letter, gate.name, gate.decides, _activation(layer, gate.activation), gate.is_candidate)
            for gate in gating.gates
        ),
        steps=tuple((label, text.format_map(arguments)) for label, text in gating.steps),
        lesson=gating.lesson,
    )


def _story(layer: Layer, is_cell: bool) -> str:
    """What is true of every recurrent layer."""
    names = layer.state_names
    kept = "its state" if len(names) == 1 else f"its states, {' and '.join(names)}"
    made = "a new state is made of the old one" if len(names) == 1 else "new states are made of the old ones"
    return f"{CALLED if is_cell else READS}what it has read in {kept}. At each timestep {made} and of what it reads, x."


def _activation(layer: Layer, name: str) -> str:
    """The activation that an argument has; its usual one where a layer has no such argument, or `name` itself."""
    if hasattr(layer, name):
        return activation_name(getattr(layer, name))
    return USUAL.get(name, name)


def recurrence_of(layer: Layer, weights: tuple[Weight, ...]) -> Recurrence | None:
    """The matrices of a layer's gates, by its own weights.

    None for a layer that declares no gates, or whose weights are others than matrices of
    `features + units` by `units`, side by side, and biases.
    """
    gating = layer.gating
    names = [weight.name for weight in weights]
    if gating is None or names not in (["kernel", "recurrent_kernel"], ["kernel", "recurrent_kernel", "bias"]):
        return None
    kernel, recurrent_kernel, *bias = weights
    *window, features, columns = kernel.shape
    number = len(gating.gates)
    units = columns // number
    biases, rest = divmod(sum(weight.params for weight in bias), columns)
    if recurrent_kernel.shape != (*window, units, number * units) or rest:
        return None
    matrix = equation(_seen(window, units, features) + f" * {units}", kernel.params // number + _part(recurrent_kernel))
    seen = matrix.value // units
    gate_bias = None if not biases else times((units,) if biases == 1 else (biases, units))
    params = sum(weight.params for weight in weights)
    found = Recurrence(
        family=gating.family or layer.class_name,
        units=units,
        features=features,
        window=tuple(window),
        biases=biases,
        gates=_columns(layer, gating, units),
        sees=equation(_seen(window, units, features) if window else f"{units} + {features}", seen),
        matrix=times((seen, units)),
        bias=gate_bias,
        gate=equation(f"{matrix.value} + {gate_bias.value}" if gate_bias else f"{matrix.value}", params // number),
        params=params,
        forms=(),
        conventions=(),
    )
    conventions = tuple(
        _convention(found, elsewhere) for elsewhere in gating.elsewhere if elsewhere.beside in (None, biases)
    )
    return msgspec.structs.replace(found, forms=_forms(found), conventions=conventions)


def _part(recurrent_kernel: Weight) -> int:
    """What one gate has of the recurrent kernel, which has as many columns for a gate as it has rows."""
    units, columns = recurrent_kernel.shape[-2:]
    return recurrent_kernel.params // (columns // units)


def _seen(window: list[int], units: int, features: int) -> str:
    """`5 + 1`, or of a ConvLSTM `3 * 3 * (32 + 1)`."""
    return " * ".join(map(str, (*window, f"({units} + {features})")))


def _columns(layer: Layer, gating: Gating, units: int) -> tuple[GateColumns, ...]:
    return tuple(
        GateColumns(gate.letter, gate.name, _activation(layer, gate.activation), n * units, (n + 1) * units - 1)
        for n, gate in enumerate(gating.gates)
    )


def activation_name(activation: object) -> str:
    """The name of an activation as a layer holds it: a name, null, or an object with its class."""
    if isinstance(activation, dict):
        activation = activation.get("class_name")
    return "linear" if activation is None else str(activation)


def _forms(found: Recurrence) -> tuple[Form, ...]:
    """The other ways in which people write the same count."""
    number, units, features = len(found.gates), found.units, found.features
    before = f"{number} * " if number > 1 else ""
    forms = []
    if number > 1:
        inside = f"{found.matrix.value} + {found.bias.value}" if found.bias else f"{found.matrix.value}"
        name = "gates * (matrix + bias)" if found.bias else "gates * matrix"
        forms.append(Form(name, equation(f"{before}({inside})" if found.bias else before + inside, found.params)))
    if not found.window:
        seen, said = f"{features}", "inputs"
        if found.biases:
            seen, said = f"({features} + {found.biases})", f"(inputs+{found.biases})"
        written = f"{said}*outputs + outputs^2"
        inside = f"{seen} * {units} + {units}^2"
        formula = f"{number}*({written})" if number > 1 else written
        forms.append(Form(formula, equation(f"{before}({inside})" if number > 1 else inside, found.params)))
    return tuple(forms)


def _convention(found: Recurrence, elsewhere: Elsewhere) -> Convention:
    """What the layer would have with the biases of another library."""
    number = len(found.gates)
    each = elsewhere.biases if found.biases else elsewhere.without
    biases = each * number + elsewhere.more
    text = found.counted(each)
    if elsewhere.more:
        text += f" + {found.units}" if elsewhere.more == 1 else f" + {elsewhere.more} * {found.units}"
    params = found.params + (biases - found.biases * number) * found.units
    return Convention(elsewhere.library, biases, equation(text, params))
