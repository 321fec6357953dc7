"""The gates of a recurrent layer, read off its weights, and what other libraries would count for it."""

import msgspec

from lstmcalc.layers.base import Layer, Weight
from lstmcalc.questions.arithmetic import Equation, Form, equation, times

# Letter and name of each gate, in the order of Keras's columns.
GATES = {
    4: (("i", "input gate"), ("f", "forget gate"), ("c", "candidate"), ("o", "output gate")),
    3: (("z", "update gate"), ("r", "reset gate"), ("h", "candidate")),
    1: (("h", "candidate"),),
}
FAMILIES = {4: "LSTM", 3: "GRU", 1: "RNN"}

# What others have: their name, and how many biases a gate has there for a Keras layer with biases, and without.
ELSEWHERE: dict[str, tuple[tuple[str, int, int], ...]] = {
    "LSTM": (
        ("PyTorch nn.LSTM", 2, 0),
        ("cuDNN LSTM", 2, 0),
        ("ONNX LSTM", 2, 0),
        ("Flax LSTMCell", 1, 1),
    ),
    "GRU": (
        ("PyTorch nn.GRU", 2, 0),
        ("cuDNN GRU", 2, 0),
        ("ONNX GRU", 2, 0),
    ),
    "RNN": (
        ("PyTorch nn.RNN", 2, 0),
        ("cuDNN RNN", 2, 0),
        ("ONNX RNN", 2, 0),
        ("Flax SimpleCell", 1, 1),
    ),
}
# A GRU of Flax: a bias for each gate, and one more where the candidate takes the state in (flax.linen.GRUCell).
FLAX_GRU = "Flax GRUCell"


class Gate(msgspec.Struct, frozen=True):
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
    """The gates of a layer and what they weigh.

    `sees` is what one gate sees, [h, x]; `window` the positions that a ConvLSTM sees at
    once, empty for others; `biases` how many biases a gate has, 0, 1 or 2.
    """

    family: str
    units: int
    features: int
    window: tuple[int, ...]
    biases: int
    gates: tuple[Gate, ...]
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


def recurrence_of(layer: Layer, weights: tuple[Weight, ...]) -> Recurrence | None:
    """The gates of a layer, by its own weights; None for a layer that has none."""
    from lstmcalc.layers.cells import Cell
    from lstmcalc.layers.convolutional_recurrent import ConvLSTM
    from lstmcalc.layers.recurrent import Gated

    if not isinstance(layer, Cell | ConvLSTM | Gated):
        return None
    kernel, recurrent_kernel, *bias = weights
    *window, features, columns = kernel.shape
    units = recurrent_kernel.shape[-2]
    number = columns // units
    biases = sum(weight.params for weight in bias) // columns
    matrix = equation(_seen(window, units, features) + f" * {units}", kernel.params // number + _part(recurrent_kernel))
    seen = matrix.value // units
    gate_bias = None if not biases else times((units,) if biases == 1 else (biases, units))
    params = sum(weight.params for weight in weights)
    found = Recurrence(
        family=FAMILIES[number],
        units=units,
        features=features,
        window=tuple(window),
        biases=biases,
        gates=_gates(layer, number, units),
        sees=equation(_seen(window, units, features) if window else f"{units} + {features}", seen),
        matrix=times((seen, units)),
        bias=gate_bias,
        gate=equation(f"{matrix.value} + {gate_bias.value}" if gate_bias else f"{matrix.value}", params // number),
        params=params,
        forms=(),
        conventions=(),
    )
    return msgspec.structs.replace(found, forms=_forms(found), conventions=_conventions(layer, found))


def _part(recurrent_kernel: Weight) -> int:
    """What one gate has of the recurrent kernel, which has as many columns for a gate as it has rows."""
    units, columns = recurrent_kernel.shape[-2:]
    return recurrent_kernel.params // (columns // units)


def _seen(window: list[int], units: int, features: int) -> str:
    """`5 + 1`, or of a ConvLSTM `3 * 3 * (32 + 1)`."""
    return " * ".join(map(str, (*window, f"({units} + {features})")))


def _gates(layer: Layer, number: int, units: int) -> tuple[Gate, ...]:
    """The gates; the candidate has the layer's activation, the others the recurrent one (sigmoid in cuDNN)."""
    activation = activation_name(getattr(layer, "activation", "tanh"))
    recurrent = activation_name(getattr(layer, "recurrent_activation", "sigmoid"))
    return tuple(
        Gate(letter, name, activation if name == "candidate" else recurrent, n * units, (n + 1) * units - 1)
        for n, (letter, name) in enumerate(GATES[number])
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


def _conventions(layer: Layer, found: Recurrence) -> tuple[Convention, ...]:
    number = len(found.gates)
    if found.window:
        rows = [("Flax ConvLSTMCell", 2 if found.biases else 0)]
    else:
        rows = [(name, each if found.biases else without) for name, each, without in ELSEWHERE[found.family]]
    if layer.class_name == "CuDNNLSTM":
        rows.insert(0, ("Keras LSTM", 1))
    elif found.family == "GRU" and found.biases:
        other = "reset_after=False" if found.biases == 2 else "reset_after=True"
        rows.insert(0, (f"GRU, {other}", 3 - found.biases))
    conventions = [
        Convention(name, biases * number, equation(found.counted(biases), _with(found, biases * number)))
        for name, biases in rows
    ]
    if found.family == "GRU":
        text = f"{found.counted(1)} + {found.units}"
        conventions.append(Convention(FLAX_GRU, number + 1, equation(text, _with(found, number + 1))))
    return tuple(conventions)


def _with(found: Recurrence, biases: int) -> int:
    """The params of the layer if its gates had so many biases together."""
    return found.params + (biases - found.biases * len(found.gates)) * found.units
