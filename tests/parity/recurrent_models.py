"""Chains of recurrent layers, with masks, initial states and states that are kept: drawn, and made in live Keras.

A chain is written as a spec writes it; `Chain.in_keras` makes the same of live layers.
"""

from typing import TYPE_CHECKING, Any

import msgspec
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

if TYPE_CHECKING:
    import keras

Item = dict[str, Any]
Shape = tuple[int, ...]

OFTEN = st.sampled_from([False, False, True])
UNITS = st.integers(1, 5)
ACTIVATION = st.sampled_from(["tanh"] * 5 + ["sigmoid", "relu", "linear", "softsign", "elu", "hard_sigmoid", "softmax"])
GATE = st.sampled_from(["sigmoid"] * 5 + ["hard_sigmoid", "tanh", "softmax"])
STATES = {"LSTM": 2, "GRU": 1, "SimpleRNN": 1, "LSTMCell": 2, "GRUCell": 1, "SimpleRNNCell": 1}
CELLS = ("LSTMCell", "GRUCell", "SimpleRNNCell")
INSIDE = ("layer", "backward_layer", "cell", "cells")


class Chain(msgspec.Struct, frozen=True):
    """Layers one after the other; `states` are the sizes of the initial states of some, by position."""

    shape: Shape
    items: list[Item]
    states: dict[int, list[Shape]]
    indices: int | None
    is_stateful: bool

    def spec(self) -> dict[str, Any]:
        """What `lstmcalc.from_dict` reads."""
        samples, *axes = self.shape
        inputs: dict[str, Any] = {"x": {"shape": axes, "batch": samples}}
        if self.indices:
            inputs["x"]["dtype"] = "int32"
        layers = []
        for number, item in enumerate(self.items):
            ((class_name, given),) = item.items()
            entry: dict[str, Any] = {class_name: given, "name": f"layer_{number}"}
            if not number:
                entry["from"] = "x"
            if number in self.states:
                entry["initial_state"] = []
                for position, sizes in enumerate(self.states[number]):
                    name = f"state_{number}_{position}"
                    inputs[name] = {"shape": list(sizes[1:]), "batch": samples}
                    entry["initial_state"].append(name)
            layers.append(entry)
        return {"inputs": inputs, "layers": layers}

    def in_keras(self, dtype: str) -> "keras.Model":
        """The live model. Raises whatever Keras does."""
        import keras

        x = keras.Input(batch_shape=self.shape, dtype="int32" if self.indices else dtype)
        inputs, tensor = [x], x
        for number, item in enumerate(self.items):
            layer = _live(item, name=f"layer_{number}")
            given = {}
            if number in self.states:
                given["initial_state"] = [keras.Input(batch_shape=sizes, dtype=dtype) for sizes in self.states[number]]
                inputs += given["initial_state"]
            tensor = layer(tensor, **given)
        outputs = list(tensor) if isinstance(tensor, (tuple, list)) else tensor
        return keras.Model(inputs if len(inputs) > 1 else x, outputs)


def _live(item: Item, **more: Any) -> Any:
    import keras

    ((class_name, given),) = item.items()
    arguments = {key: _inside(value) if key in INSIDE else value for key, value in given.items()}
    return getattr(keras.layers, class_name)(**arguments, **more)


def _inside(value: Any) -> Any:
    return [_live(each) for each in value] if isinstance(value, list) else _live(value)


@st.composite
def _plain(draw: DrawFn, class_name: str, units: int | None = None) -> dict[str, Any]:
    """The arguments of LSTM, GRU, SimpleRNN and their cells that decide what a step computes."""
    given = {"units": units or draw(UNITS), "activation": draw(ACTIVATION), "use_bias": draw(st.booleans())}
    if not class_name.startswith("SimpleRNN"):
        given["recurrent_activation"] = draw(GATE)
    if class_name.startswith("GRU"):
        given["reset_after"] = draw(st.booleans())
    return given


@st.composite
def _cell(draw: DrawFn) -> Any:
    name = draw(st.sampled_from(CELLS))
    return {name: draw(_plain(name))}


def _around(draw: DrawFn, sequences: bool, is_last: bool, stateful: bool, can_unroll: bool = True) -> dict[str, Any]:
    """The arguments that decide how steps are repeated."""
    return {
        "return_sequences": sequences,
        "return_state": is_last and draw(st.booleans()) and not stateful,
        "go_backwards": draw(OFTEN),
        "stateful": stateful,
        "unroll": can_unroll and draw(OFTEN),
        "zero_output_for_mask": draw(OFTEN),
    }


@st.composite
def recurrent(
    draw: DrawFn, sequences: bool, is_last: bool, stateful: bool, can_unroll: bool = True
) -> tuple[Item, list[int]]:
    """A recurrent layer, and the sizes of its states where it can be given them."""
    class_name = draw(st.sampled_from(["LSTM", "LSTM", "GRU", "GRU", "SimpleRNN", "RNN", "Bidirectional"]))
    if class_name == "Bidirectional":
        return draw(bidirectional(sequences, is_last, stateful, can_unroll))
    around = _around(draw, sequences, is_last, stateful, can_unroll)
    if class_name == "RNN":
        if draw(st.booleans()):
            cells = draw(st.lists(_cell(), min_size=2, max_size=3))
            return {
                "RNN": {"cell": draw(st.sampled_from([cells, {"StackedRNNCells": {"cells": cells}}])), **around}
            }, []
        cell = draw(_cell())
        ((name, given),) = cell.items()
        return {"RNN": {"cell": cell, **around}}, [given["units"]] * STATES[name]
    given = {**draw(_plain(class_name)), **around}
    return {class_name: given}, [given["units"]] * STATES[class_name]


@st.composite
def bidirectional(
    draw: DrawFn, sequences: bool, is_last: bool, stateful: bool, can_unroll: bool
) -> tuple[Item, list[int]]:
    """A layer in two directions, and the sizes of its states."""
    name = draw(st.sampled_from(["LSTM", "GRU", "SimpleRNN"]))
    around = _around(draw, sequences, is_last, stateful, can_unroll)
    inside = {**draw(_plain(name)), **around}
    mode = draw(st.sampled_from(["concat", "sum", "mul", "ave", *([None] if is_last else [])]))
    sizes = [inside["units"]] * STATES[name]
    if not draw(OFTEN):
        inside["go_backwards"] = False
        return {"Bidirectional": {"layer": {name: inside}, "merge_mode": mode}}, sizes * 2
    kinds = [each for each in ("LSTM", "GRU", "SimpleRNN") if each == name or not around["return_state"]]
    other = draw(st.sampled_from(kinds))
    back = {**draw(_plain(other, inside["units"])), **around, "go_backwards": not inside["go_backwards"]}
    wrapped = {"layer": {name: inside}, "backward_layer": {other: back}, "merge_mode": mode}
    return {"Bidirectional": wrapped}, sizes + [inside["units"]] * STATES[other]


@st.composite
def sequences(draw: DrawFn) -> Chain:
    """One to three layers over a sequence of vectors."""
    samples, timesteps, features = draw(st.integers(1, 4)), draw(st.integers(1, 7)), draw(st.integers(1, 4))
    front = draw(st.sampled_from(["", "Masking", "Masking", "Embedding"]))
    is_stateful = draw(OFTEN)
    items, states, indices = _front(front, features)
    shape: Shape = (samples, timesteps) if indices else (samples, timesteps, features)
    count = draw(st.integers(1, 3))
    for number in range(count):
        is_last = number == count - 1
        if draw(st.integers(0, 4)) == 0 and not is_last:
            items.append({"TimeDistributed": {"layer": {"Dense": {"units": draw(UNITS), "activation": "tanh"}}}})
            continue
        stateful = is_stateful and draw(st.booleans())
        item, sizes = draw(recurrent(not is_last or draw(st.booleans()), is_last, stateful))
        if sizes and draw(OFTEN):
            states[len(items)] = [(samples, size) for size in sizes]
        items.append(item)
    return Chain(shape, items, states, indices, is_stateful)


def _front(front: str, features: int) -> tuple[list[Item], dict[int, list[Shape]], int | None]:
    if front == "Masking":
        return [{"Masking": {"mask_value": 0.0}}], {}, None
    if front == "Embedding":
        return [{"Embedding": {"input_dim": 4, "output_dim": features, "mask_zero": True}}], {}, 4
    return [], {}, None


@st.composite
def of_sequences(draw: DrawFn) -> Chain:
    """A layer over each of a sequence of sequences, and one over what that gives."""
    shape = (draw(st.integers(1, 3)), draw(st.integers(1, 4)), draw(st.integers(1, 4)), draw(st.integers(1, 3)))
    items: list[Item] = [{"Masking": {"mask_value": 0.0}}] if draw(st.booleans()) else []
    stateful = draw(OFTEN)
    inside, _ = draw(recurrent(draw(st.booleans()), False, stateful))
    returns_sequences = next(iter(inside.values())).get("return_sequences")
    if returns_sequences is None:
        returns_sequences = next(iter(inside["Bidirectional"]["layer"].values()))["return_sequences"]
    items.append({"TimeDistributed": {"layer": inside}})
    if not returns_sequences and draw(st.booleans()):
        # not unrolled: the masks of three axes that come here would widen Keras's outputs
        item, _ = draw(recurrent(draw(st.booleans()), True, False, can_unroll=False))
        items.append(item)
    return Chain(shape, items, {}, None, stateful)


@st.composite
def convolutional(draw: DrawFn) -> Chain:
    """A ConvLSTM, alone or in two directions."""
    rank = draw(st.integers(1, 3))
    samples, timesteps, channels = draw(st.integers(1, 3)), draw(st.integers(1, 4)), draw(st.integers(1, 3))
    axes = tuple(draw(st.integers(3, 5)) for _ in range(rank))
    first = draw(OFTEN)
    given: dict[str, Any] = {
        "filters": draw(st.integers(1, 3)),
        "kernel_size": [draw(st.integers(1, 3)) for _ in range(rank)],
        "padding": draw(st.sampled_from(["valid", "same"])),
        "data_format": "channels_first" if first else "channels_last",
        "activation": draw(ACTIVATION),
        "recurrent_activation": draw(GATE),
        "use_bias": draw(st.booleans()),
    }
    if draw(st.booleans()):
        given[draw(st.sampled_from(["strides", "dilation_rate"]))] = draw(st.integers(1, 2))
    stateful, sequences = draw(OFTEN), draw(st.booleans())
    given |= {key: value for key, value in _around(draw, sequences, True, stateful).items() if key != "unroll"}
    name = f"ConvLSTM{rank}D"
    if draw(OFTEN):
        given["go_backwards"] = False
        item = {"Bidirectional": {"layer": {name: given}, "merge_mode": draw(st.sampled_from(["concat", "sum", None]))}}
    else:
        item = {name: given}
    size = (channels, *axes) if first else (*axes, channels)
    if draw(OFTEN) and not first and rank == 1:
        # of one sample: the NumPy backend of Keras 3.15 lays the masks of several along the wrong axis
        (axis,) = axes
        embedding = {"Embedding": {"input_dim": 4, "output_dim": axis * channels, "mask_zero": True}}
        reshape = {"TimeDistributed": {"layer": {"Reshape": {"target_shape": [axis, channels]}}}}
        return Chain((1, timesteps), [embedding, reshape, item], {}, 4, stateful)
    return Chain((samples, timesteps, *size), [item], {}, None, stateful)
