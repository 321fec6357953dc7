"""Every mistake in its words: what was found, what is taken, what to do, and where.

A » in a spec stands before the character that a problem points at, in the order of the problems.
"""

from pathlib import Path
from typing import NamedTuple

import pytest

import lstmcalc
from lstmcalc.errors import ModelError, Place, Problem, Source, did_you_mean, shown
from lstmcalc.limits import PROBLEMS


class Wrong(NamedTuple):
    """One problem as it is expected."""

    message: str
    help: str | None = None
    layer: str | None = None


ITEM = "write '- Flatten', '- LSTM: 5', '- LSTM: {units: 5}' or '- \"LSTM(5)\"'"
ALIGN = "items of one list, and keys of one mapping, begin in the same column"
LAST_OUTPUT = "lstm gives only its last output; add return_sequences: true to keep the timesteps"
DTYPES = (
    "float16, float32, float64, bfloat16, int8, int16, int32, int64, uint8, uint16, uint32, uint64, bool, "
    "mixed_float16, mixed_bfloat16"
)
INPUT_DTYPES = (
    "float16, float32, float64, bfloat16, bool, string, int8, int16, int32, int64, uint8, uint16, uint32, uint64"
)


def chain(items: str) -> str:
    """A spec of one input of 5 timesteps and 1 feature with these layers."""
    return "input: [5, 1]\nlayers:\n" + items


LAYERS = {
    "an argument that the layer does not have": (
        chain("  - LSTM: {»unit: 5}"),
        [Wrong("LSTM has no argument 'unit'", "did you mean 'units'?")],
    ),
    "an argument like no other": (
        chain("  - LSTM: {units: 5, »colour: red}"),
        [Wrong("LSTM has no argument 'colour'", "'lstmcalc layers LSTM' lists what it takes")],
    ),
    "an argument of a layer with few": (
        chain("  - Flatten: {»colour: red}"),
        [Wrong("Flatten has no argument 'colour'", "it takes data_format")],
    ),
    "an argument in capitals, which reads like a wrapped layer": (
        chain("  - LSTM: {»Units: 5}"),
        [Wrong("LSTM has no argument 'Units'", "did you mean 'units'?")],
    ),
    "a negative number": (chain("  - Dense: »-5"), [Wrong("Dense: units must be at least 1, but is -5")]),
    "zero": (chain("  - Dense: {units: »0}"), [Wrong("Dense: units must be at least 1, but is 0")]),
    "a float where an integer is due": (
        chain("  - Dense: »5.0"),
        [Wrong("Dense: units must be a whole number, but is 5.0", "write 5")],
    ),
    "an exponent where an integer is due": (
        chain("  - Dense: »1e3"),
        [Wrong("Dense: units must be a whole number, but is 1000.0", "write 1000")],
    ),
    "a number in quotes": (
        chain("  - Dense: »'5'"),
        [Wrong("Dense: units must be a whole number, but is '5'", "write 5, without quotes or underscores")],
    ),
    "a boolean where an integer is due": (
        chain("  - Dense: »true"),
        [Wrong("Dense: units must be a whole number, but is true")],
    ),
    "a time of YAML 1.1": (
        chain("  - Dense: »12:30"),
        [Wrong("Dense: units must be a whole number, but is '12:30'")],
    ),
    "a leading zero": (
        chain("  - Dense: »007"),
        [
            Wrong(
                "the integer 007 has a leading zero, which some readers take for octal",
                "write it without the zero, or in quotes if it is a string",
            )
        ],
    ),
    "not a number": (chain("  - Dense: ».nan"), [Wrong("Dense: units must be a whole number, but is .nan")]),
    "more units than a dimension may have": (
        chain("  - Dense: »2147483648"),
        [Wrong("Dense: units must be at most 2,147,483,647, but is 2147483648")],
    ),
    "a number of 41 digits": (
        chain(f"  - Dense: »1{'0' * 40}"),
        [Wrong("Dense: units must be at most 2,147,483,647, but is a number of 41 digits")],
    ),
    "a number of 5001 digits": (
        chain(f"  - Dense: »1{'0' * 5000}"),
        [Wrong("a number of 5001 characters is too long: at most 100 are taken")],
    ),
    "a missing argument": (
        chain("  - »Dense"),
        [Wrong("Dense needs 'units', a whole number of at least 1")],
    ),
    "several arguments in a list": (
        chain("  - Embedding: »[3, 4]"),
        [
            Wrong(
                "Embedding: input_dim must be a whole number, but is [3, 4]",
                "several arguments stand in a mapping: {input_dim: 3, output_dim: 4}",
            )
        ],
    ),
    "a yes of YAML 1.1": (
        chain("  - LSTM: {units: 5, return_sequences: »yes}"),
        [
            Wrong(
                "LSTM: return_sequences must be true or false, but is 'yes'",
                "YAML 1.2 has no 'on' and 'yes': write true or false",
            )
        ],
    ),
    "an activation that is misspelled": (
        chain("  - LSTM: {units: 5, activation: »tahn}"),
        [Wrong("LSTM: activation must be the name of an activation, but is 'tahn'", "did you mean 'tanh'?")],
    ),
    "a regularizer like no other": (
        chain("  - LSTM: {units: 5, kernel_regularizer: »xyz}"),
        [
            Wrong(
                "LSTM: kernel_regularizer must be the name of a regularizer, but is 'xyz'",
                "taken are: l1, l1l2, l2, orthogonal_regularizer, regularizer",
            )
        ],
    ),
    "a rate beyond 1": (
        chain("  - Dropout: »50"),
        [Wrong("Dropout: rate must be a number from 0 to 1, but is 50")],
    ),
    "a small number in quotes": (
        "input: [5, 3]\nlayers:\n  - LayerNormalization: {epsilon: »'1e-6'}",
        [
            Wrong(
                "LayerNormalization: epsilon must be a number, but is '1e-6'",
                "write 1e-6, without quotes or underscores",
            )
        ],
    ),
    "one of a few words": (
        chain("  - Bidirectional: {LSTM: 5, merge_mode: »add}"),
        [Wrong("Bidirectional: merge_mode must be one of sum, mul, ave, concat, null, but is 'add'")],
    ),
    "one entry of a list": (
        chain("  - Reshape: [5, »x]"),
        [Wrong("Reshape: target_shape[1] must be a whole number, but is 'x'")],
    ),
    "one entry of a mapping": (
        chain("  - Custom: {class: Mine, output_shape: [3], weights: {kernel: [2, 3], bias: [»-1]}}"),
        [Wrong("Custom: weights bias[0] must be at least 1, but is -1")],
    ),
    "arguments that do not go together": (
        chain("  - Permute: »[1, 1]"),
        [
            Wrong(
                "Permute: dims must name each axis from 1 to 2 once, but is [1, 1]",
                "the samples axis is 0 and stays where it is",
            )
        ],
    ),
    "a layer that is misspelled": (
        chain("  - »LSTMM: 5"),
        [Wrong("the layer 'LSTMM' is not known", "did you mean 'LSTM'?")],
    ),
    "a layer in lower case": (
        chain("  - »lstm: 5"),
        [Wrong("the layer 'lstm' is not known", "did you mean 'LSTM'?")],
    ),
    "a layer of one's own": (
        chain("  - »MyOwn: 5"),
        [
            Wrong(
                "the layer 'MyOwn' is not known",
                "a layer of your own is stated: 'Custom: {class: MyOwn, output_shape: [...], weights: {...}}'",
            )
        ],
    ),
    "a layer of one's own that is named after Keras's": (
        chain("  - »MyAttention: 5"),
        [
            Wrong(
                "the layer 'MyAttention' is not known",
                "did you mean 'Attention'? a layer of your own is stated: "
                "'Custom: {class: MyAttention, output_shape: [...], weights: {...}}'",
            )
        ],
    ),
    "no space after the colon": (
        chain("  - »LSTM:5"),
        [Wrong("the layer 'LSTM:5' is not known", "a space stands after the colon: 'LSTM: ...'")],
    ),
    "no colon after the class": (
        chain("  - »LSTM 5"),
        [Wrong("the layer 'LSTM 5' is not known", "a colon stands after the class: 'LSTM: ...'")],
    ),
    "a number as a layer": (
        chain("  - »5"),
        [Wrong("a layer must be a class name or a mapping with one, not the number 5", ITEM)],
    ),
    "a list as a layer": (
        chain("  - »[LSTM]"),
        [Wrong("a layer must be a class name or a mapping with one, not a list", ITEM)],
    ),
    "null as a layer": (
        chain("  - »null"),
        [Wrong("a layer must be a class name or a mapping with one, not null", ITEM)],
    ),
    "an item without a class": (
        chain("  - »name: x\n"),
        [Wrong("an item has a class key, like 'LSTM', or 'reuse'", ITEM)],
    ),
    "an item of two layers": (
        chain("  - LSTM: 5\n    »Dense: 3"),
        [Wrong("an item is one layer, but 'Dense' stands beside 'LSTM'", "begin each layer with '- '")],
    ),
    "a sibling that is misspelled": (
        chain("  - LSTM: 5\n    »nme: x"),
        [Wrong("a layer has no key 'nme' beside 'LSTM'", "did you mean 'name'?")],
    ),
    "an argument beside its class": (
        chain("  - LSTM: 5\n    »return_sequences: true"),
        [
            Wrong(
                "a layer has no key 'return_sequences' beside 'LSTM'",
                "arguments of LSTM stand inside it: 'LSTM: {return_sequences: ...}'",
            )
        ],
    ),
    "a sibling among the arguments": (
        chain("  - LSTM:\n      units: 5\n      »from: x"),
        [
            Wrong(
                "'from' is no argument of LSTM: it stands beside the class key",
                "write '- LSTM: ...' and below it, in line with 'LSTM', 'from: ...'",
            )
        ],
    ),
    "a name that is given twice": (
        chain("  - LSTM: {units: 5, name: a}\n    name: »b"),
        [Wrong("'name' is given twice: beside the class and among its arguments", "leave one of them out")],
    ),
    "trainable that is given twice": (
        chain("  - LSTM: {units: 5, trainable: false}\n    trainable: »false"),
        [Wrong("'trainable' is given twice: beside the class and among its arguments", "leave one of them out")],
    ),
    "a name with a slash": (
        chain("  - LSTM: 5\n    name: »a/b"),
        [Wrong("a name must be not empty, without '/' and of printable characters, but is 'a/b'")],
    ),
    "a number as a name": (
        chain("  - LSTM: 5\n    name: »5"),
        [Wrong("a name must be a string, but is 5", "put it in quotes")],
    ),
    "a name for two layers": (
        chain("  - Flatten:\n    name: a\n  - Flatten:\n    name: »a"),
        [Wrong("the name 'a' is used twice: each layer has its own", "give one of them another name")],
    ),
    "a repeat of nothing": (
        chain("  - Flatten:\n    repeat: »0"),
        [Wrong("'repeat' must be a whole number of at least 1, not the number 0")],
    ),
    "a repeat beyond the limit": (
        chain("  - Flatten:\n    repeat: »1000000000"),
        [Wrong("a model has at most 100,000 layers, but this makes 1,000,000,000")],
    ),
    "a wrapper around nothing": (
        chain("  - »TimeDistributed"),
        [Wrong("TimeDistributed needs 'layer', a layer", "write 'TimeDistributed: {Dense: 1}'")],
    ),
    "a wrapper around a number": (
        chain("  - TimeDistributed: »5"),
        [
            Wrong(
                "TimeDistributed: layer must be a layer, not the number 5",
                "write 'TimeDistributed: {Dense: 1}'",
            )
        ],
    ),
    "a wrapper around two layers": (
        chain("  - Bidirectional: {LSTM: 5, »GRU: 5}"),
        [Wrong("Bidirectional takes one layer, but 'GRU' is a second one")],
    ),
    "a layer in two directions that has none": (
        chain("  - Bidirectional: {»Dense: 5}"),
        [
            Wrong(
                "Bidirectional takes a recurrent layer, but layer is Dense",
                "recurrent are LSTM, GRU and SimpleRNN",
            )
        ],
    ),
    "a mistake inside a wrapper": (
        chain("  - Bidirectional: {LSTM: {units: 5, »unit: 3}}"),
        [Wrong("LSTM has no argument 'unit'", "did you mean 'units'?")],
    ),
    "an input inside a wrapper": (
        chain("  - TimeDistributed: {»Input: [5]}"),
        [Wrong("an Input cannot stand inside another layer")],
    ),
}

SHAPES = {
    "a sequence that a layer above did not keep": (
        chain("  - LSTM: 5\n  - »LSTM: {units: 8}"),
        [
            Wrong(
                "LSTM takes 3 axes (samples, timesteps, features), but its input has 2: (None, 5)",
                LAST_OUTPUT,
                "lstm_1",
            )
        ],
    ),
    "a sequence that a layer further above did not keep": (
        chain("  - LSTM: 5\n  - Dropout: 0.5\n  - »TimeDistributed: {Dense: 1}"),
        [
            Wrong(
                "TimeDistributed takes at least 3 axes (samples, timesteps, ...), but its input has 2: (None, 5)",
                LAST_OUTPUT,
                "time_distributed",
            )
        ],
    ),
    "an input without timesteps": (
        "input: [8]\nlayers:\n  - »LSTM: 5",
        [
            Wrong(
                "LSTM takes 3 axes (samples, timesteps, features), but its input has 2: (None, 8)",
                "an input is [timesteps, features]: [8, 1], or [null, 8] for any number of timesteps",
                "lstm",
            )
        ],
    ),
    "features that nobody knows": (
        "input: [5, null]\nlayers:\n  - »Dense: 5",
        [
            Wrong(
                "Dense needs to know its features, but its input is (None, 5, None)",
                "weights are made for a fixed number of features: give that axis of the input a number "
                "(--timesteps N binds unknown timesteps)",
                "dense",
            )
        ],
    ),
    "a target of another size": (
        chain("  - Reshape: »[3, 4]"),
        [
            Wrong(
                "Reshape cannot make (3, 4) of (None, 5, 1): a sample has 5 scalars, the target 12",
                None,
                "reshape",
            )
        ],
    ),
    "axes that do not meet": (
        "inputs: {a: [5, 1], b: [4, 2]}\nlayers:\n  - »Concatenate:\n    from: [a, b]",
        [
            Wrong(
                "Concatenate takes inputs that agree in every axis but -1, but has (None, 5, 1), (None, 4, 2)",
                None,
                "concatenate",
            )
        ],
    ),
    "a list where one is taken": (
        "inputs: {a: [5, 1], b: [5, 1]}\nlayers:\n  - »Dense: 5\n    from: [a, b]",
        [Wrong("Dense takes 1 input, but has 2", None, "dense")],
    ),
    "one where a list is taken": (
        "inputs: {a: [5, 1], b: [5, 1]}\nlayers:\n  - »Add:\n    from: a",
        [Wrong("Add takes a list of inputs", "name them: 'from: [a, b]'", "add")],
    ),
    "states of another size": (
        "inputs: {a: [5, 1], s: [4]}\nlayers:\n  - LSTM: 5\n    from: a\n    initial_state: »[s, s]",
        [Wrong("the initial state_h must be (None, 5), but is (None, 4)", None, "lstm")],
    ),
    "states of another number": (
        "inputs: {a: [5, 1], s: [4]}\nlayers:\n  - LSTM: 4\n    from: a\n    initial_state: »s",
        [Wrong("LSTM takes 2 initial states (state_h, state_c), but has 1", None, "lstm")],
    ),
    "states of a layer that keeps none": (
        "inputs: {a: [5, 1], s: [4]}\nlayers:\n  - Dense: 4\n    from: a\n    initial_state: »s",
        [Wrong("Dense takes no initial_state", "recurrent layers and Bidirectional do", "dense")],
    ),
    "a shared layer on an input of another size": (
        "inputs: {a: [5, 1], b: [5, 2]}\n"
        "layers:\n  - LSTM: 5\n    name: x\n    from: a\n  - name: y\n    »reuse: x\n    from: b\n"
        "outputs: [x, y]",
        [
            Wrong(
                "LSTM has a kernel of (1, 20), made for an input of (None, 5, 1), which does not fit (None, 5, 2)",
                None,
                "x",
            )
        ],
    ),
    "a model inside on an input of another shape": (
        chain("  - »Model: {input: [5, 2], layers: [{LSTM: 5}]}"),
        [Wrong("the model takes (None, 5, 2), but its input is (None, 5, 1)", None, "functional")],
    ),
    "a stateful layer without a batch": (
        chain("  - »LSTM: {units: 5, stateful: true}"),
        [
            Wrong(
                "LSTM is stateful, which needs a fixed number of samples, but its input is (None, 5, 1)",
                "give the input a batch: 'input: {shape: [5, 1], batch: 32}', or --batch 32",
                "lstm",
            )
        ],
    ),
}

TOP = {
    "an empty spec": ("»", [Wrong("there is nothing in it: a spec has 'input' and 'layers'")]),
    "a spec of comments": ("»# nothing\n", [Wrong("there is nothing in it: a spec has 'input' and 'layers'")]),
    "an expression in a file": (
        "»Input(5, 1) | LSTM(5)",
        [
            Wrong(
                "a spec is a mapping with 'input' and 'layers', not the string 'Input(5, 1) | LSTM(5)'",
                "an expression stands on the command line itself, in quotes",
            )
        ],
    ),
    "a list as a spec": ("»- LSTM: 5", [Wrong("a spec is a mapping with 'input' and 'layers', not a list")]),
    "a key that is misspelled": (
        "input: [5, 1]\n»layer:\n  - LSTM: 5",
        [Wrong("a spec has no key 'layer'", "did you mean 'layers'?")],
    ),
    "a key like no other": (
        "»colour: red\n" + chain("  - LSTM: 5"),
        [
            Wrong(
                "a spec has no key 'colour'",
                "taken are: name, kind, input, inputs, layers, outputs, vars, budget, dtype",
            )
        ],
    ),
    "no layers": (
        "»input: [5, 1]",
        [
            Wrong(
                "a spec needs 'layers', the list of its layers",
                "write 'layers:' and below it '- Flatten', '- LSTM: 5', '- LSTM: {units: 5}' or '- \"LSTM(5)\"'",
            )
        ],
    ),
    "layers that are no list": (
        "input: [5, 1]\nlayers:\n  »LSTM: 5",
        [Wrong("'layers' must be a list, one item a layer, not a mapping", "begin each layer with '- '")],
    ),
    "an empty list of layers": (
        "input: [5, 1]\nlayers: »[]",
        [Wrong("'layers' is empty: a model has at least one layer", ITEM)],
    ),
    "no input": (
        "»layers:\n  - LSTM: 5",
        [
            Wrong(
                "the model has no input",
                "write 'input: [timesteps, features]' (in an expression 'Input(timesteps, features) | ...'), "
                "or input_shape in the first layer",
            )
        ],
    ),
    "an input in parentheses": (
        "input: »(5, 1)\nlayers:\n  - LSTM: 5",
        [
            Wrong(
                "an input's shape is a list like [timesteps, features], not the string '(5, 1)'",
                "write [5, 1]",
            )
        ],
    ),
    "an input of one number": (
        "input: »5\nlayers:\n  - Dense: 5",
        [
            Wrong(
                "an input's shape is a list like [timesteps, features], not the number 5",
                "write [5]",
            )
        ],
    ),
    "a size of 0": (
        "input: [»0, 1]\nlayers:\n  - LSTM: 5",
        [Wrong("a size of the input's shape must be at least 1, but is 0")],
    ),
    "a size that is a float": (
        "input: [»5.0, 1]\nlayers:\n  - LSTM: 5",
        [Wrong("a size of the input's shape must be a whole number or null, not the number 5.0", "write 5")],
    ),
    "an input with a key that is misspelled": (
        "input: {shape: [5, 1], »batch_size: 3}\nlayers:\n  - LSTM: 5",
        [Wrong("an input has no key 'batch_size'", "did you mean 'batch'?")],
    ),
    "several inputs in the place of one": (
        "input: »{a: [5, 1], b: [5, 1]}\nlayers:\n  - LSTM: 5",
        [
            Wrong(
                "an input is a shape, or a mapping with 'shape', not a mapping with 'a'",
                "write [5, 1] or {shape: [5, 1]}; several inputs with their names stand under 'inputs'",
            )
        ],
    ),
    "an input's dtype": (
        "input: {shape: [5, 1], dtype: »int31}\nlayers:\n  - LSTM: 5",
        [Wrong(f"an input's dtype is one of {INPUT_DTYPES}, not the string 'int31'", "did you mean 'int32'?")],
    ),
    "input and inputs": (
        "input: [5, 1]\ninputs: »{a: [5, 1]}\nlayers:\n  - LSTM: 5",
        [Wrong("'input' and 'inputs' cannot stand together", "state one input in 'input', several in 'inputs'")],
    ),
    "an input twice": (
        chain("  - »Input: [5, 1]\n  - LSTM: 5"),
        [Wrong("the model has an 'input' and an Input layer: one of them is too many")],
    ),
    "inputs without names": (
        "inputs: »[5, 1]\nlayers:\n  - LSTM: 5",
        [
            Wrong(
                "'inputs' must be a mapping from names to inputs, not a list",
                "write 'inputs: {a: [5, 1], b: [3]}'; one input without a name is 'input: [5, 1]'",
            )
        ],
    ),
    "a first layer's own shape that is another": (
        chain("  - LSTM: {units: 5, input_shape: »[5, 2]}"),
        [
            Wrong(
                "LSTM says that its input is (None, 5, 2), but the model's is (None, 5, 1)",
                "state the input once",
            )
        ],
    ),
    "timesteps of a first layer without its features": (
        "layers:\n  - LSTM: {units: 5, input_length: »5}",
        [Wrong("LSTM: input_length needs input_dim, the features, beside it")],
    ),
    "a kind like no other": (
        "kind: »model\n" + chain("  - LSTM: 5"),
        [Wrong("'kind' must be sequential or functional, not 'model'")],
    ),
    "a sequential model with outputs": (
        "kind: sequential\noutputs: »lstm\n" + chain("  - LSTM: 5\n    from: »input_layer"),
        [
            Wrong(
                "a sequential model has no 'outputs': each layer takes the one above",
                "leave it out, or say 'kind: functional'",
            ),
            Wrong(
                "a sequential model has no 'from': each layer takes the one above",
                "leave it out, or say 'kind: functional'",
            ),
        ],
    ),
    "a dtype that is misspelled": (
        "dtype: »float31\n" + chain("  - LSTM: 5"),
        [Wrong(f"dtype must be one of {DTYPES}, but is 'float31'", "did you mean 'float32'?")],
    ),
    "a number as the model's name": (
        "name: »5\n" + chain("  - LSTM: 5"),
        [Wrong("'name' must be a name without '/', not the number 5", "put it in quotes")],
    ),
}

GRAPHS = {
    "a reference to nothing": (
        chain("  - LSTM: 5\n    from: »x"),
        [Wrong("'x' names nothing above", "above are: input_layer")],
    ),
    "a reference to a name that is misspelled": (
        "inputs: {question: [5, 1]}\nlayers:\n  - LSTM: 5\n    from: »qestion",
        [Wrong("'qestion' names nothing above", "did you mean 'question'?")],
    ),
    "a reference to what stands below": (
        chain("  - Dense: 1\n    from: »below\n  - Dense: 1\n    name: below"),
        [Wrong("'below' names nothing above", "it stands here or below: a reference names something above it")],
    ),
    "a reference of a layer to itself": (
        chain("  - Dense: 1\n    name: loop\n    from: »loop"),
        [Wrong("'loop' names nothing above", "it stands here or below: a reference names something above it")],
    ),
    "a reference to a state that is not returned": (
        "outputs: [lstm, »lstm.state_h]\n" + chain("  - LSTM: 5"),
        [
            Wrong(
                "'lstm' has no output 'state_h'",
                "it has one output, 'lstm'; return_state: true gives its states too",
            )
        ],
    ),
    "a reference to a state that the layer does not have": (
        "outputs: »gru.state_h\n" + chain("  - GRU: {units: 5, return_state: true}"),
        [Wrong("'gru' has no output 'state_h'", "its outputs are gru.0, gru.state")],
    ),
    "a reference to two outputs": (
        "outputs: »both\n" + chain("  - Bidirectional: {LSTM: 5, merge_mode: null}\n    name: both"),
        [Wrong("'both' has several outputs: which is meant?", "its outputs are both.0, both.1")],
    ),
    "an item below two outputs": (
        chain("  - Bidirectional: {LSTM: 5, merge_mode: null}\n    name: both\n  - »Dense: 1"),
        [
            Wrong(
                "both above has several outputs, and no 'from' says which is meant",
                "its outputs are both.0, both.1",
                "dense",
            )
        ],
    ),
    "a mapping as a reference": (
        chain("  - LSTM: 5\n    from: »{a: 1}"),
        [Wrong("'from' takes the name of what stands above, not a mapping")],
    ),
    "a list of no references": (
        chain("  - Add:\n    from: »[]"),
        [Wrong("'from' is an empty list", "name what stands above, or leave 'from' out")],
    ),
    "a first layer below several inputs": (
        "inputs: {a: [5, 1], b: [5, 1]}\nlayers:\n  - »LSTM: 5",
        [
            Wrong(
                "the model has several inputs, and no 'from' says which is meant",
                "the inputs are: a, b",
                "lstm",
            )
        ],
    ),
    "an item that no output depends on": (
        "inputs: {a: [5, 1]}\nlayers:\n  - »Dense: 5\n  - LSTM: 5\n    from: a",
        [
            Wrong(
                "no output depends on it",
                "add it to 'outputs', name it in a 'from' below, or leave it out",
                "dense",
            )
        ],
    ),
    "the reuse of nothing": (
        chain("  - Dense: 1\n    name: one\n  - reuse: »two"),
        [Wrong("'two' is no layer above", "the layers above are: one")],
    ),
    "the reuse of an input": (
        "inputs: {a: [5]}\nlayers:\n  - reuse: »a",
        [Wrong("'a' is no layer above", "no layer stands above")],
    ),
    "the reuse of two layers": (
        chain("  - Dense: 1\n    name: one\n  - reuse: »[one, one]"),
        [Wrong("'reuse' takes one name, not a list")],
    ),
    "a reuse with arguments": (
        chain("  - Dense: 1\n    name: one\n  - reuse: one\n    »units: 3"),
        [
            Wrong(
                "a layer has no key 'units' beside 'reuse'",
                "'reuse' calls the layer above as it is: it takes no arguments",
            )
        ],
    ),
    "a reuse that repeats": (
        chain("  - Dense: 1\n    name: one\n  - reuse: one\n    repeat: »2"),
        [Wrong("'repeat' and 'reuse' cannot stand together: the one makes new layers, the other none")],
    ),
    "a reuse that is frozen": (
        chain("  - Dense: 1\n    name: one\n  - reuse: one\n    trainable: »false"),
        [Wrong("'trainable' and 'reuse' cannot stand together: it stands where the layer is first")],
    ),
    "repeated layers with initial states": (
        "inputs: {a: [5, 1], s: [4]}\nlayers:\n  - GRU: 4\n    from: a\n    initial_state: s\n    repeat: »2",
        [
            Wrong(
                "'repeat' and 'initial_state' cannot stand together: which of the layers takes the states?",
                "write the layers one by one",
            )
        ],
    ),
}

MODELS = {
    "a Sequential of a number": (
        chain("  - Sequential: »5"),
        [
            Wrong(
                "Sequential takes a list of layers, not the number 5",
                "write 'Sequential: [...]' or 'Sequential: {layers: [...]}'",
            )
        ],
    ),
    "a Sequential of nothing": (
        chain("  - »Sequential"),
        [
            Wrong(
                "Sequential takes a list of layers",
                "write 'Sequential: [...]' or 'Sequential: {layers: [...]}'",
            )
        ],
    ),
    "an argument of a Sequential that is misspelled": (
        chain("  - Sequential: {»layer: [Flatten]}"),
        [Wrong("Sequential has no argument 'layer'", "did you mean 'layers'?")],
    ),
    "a Model of a number": (
        chain("  - Model: »5"),
        [
            Wrong(
                "Model takes a model or a path to one, not the number 5",
                "write 'Model: {inputs: ..., layers: ..., outputs: ...}' or 'Model: path/to/other.yaml'",
            )
        ],
    ),
    "a Model without an input": (
        chain("  - Model: »{layers: [Flatten]}"),
        [Wrong("the model has no input", "write 'input: [timesteps, features]' or 'inputs:'")],
    ),
    "a Model with variables of its own": (
        chain("  - Model: {»vars: {units: 5}, input: [5, 1], layers: [Flatten]}"),
        [Wrong("'vars' stands at the top of a file, not in a model inside another")],
    ),
    "a Model with two names": (
        chain("  - Model: {name: a, input: [5, 1], layers: [Flatten]}\n    name: »b"),
        [Wrong("'name' is given twice: beside the class and among its arguments", "leave one of them out")],
    ),
    "a file that is not there": (
        chain("  - Model: »other.yaml"),
        [Wrong("the model 'other.yaml' cannot be read: no such file or directory")],
    ),
    "a file that contains itself": (
        chain("  - Model: »model.yaml"),
        [Wrong("the model 'model.yaml' contains itself")],
    ),
}

VARIABLES = {
    "a variable without a value": (
        chain("  - LSTM: »$units"),
        [Wrong("the variable 'units' has no value", "give it a value: --set units=..., or under 'vars'")],
    ),
    "a variable that is misspelled": (
        "vars: {units: 1}\n" + chain("  - LSTM: »$unit"),
        [Wrong("the variable 'unit' has no value (known: units)", "did you mean 'units'?")],
    ),
    "a variable in an expression": (
        chain('  - "LSTM(»units)"'),
        [
            Wrong(
                "the variable 'units' has no value",
                "give it a value: --set units=..., or under 'vars'; a string stands in quotes: 'units'",
            )
        ],
    ),
    "a class as a variable of an expression": (
        chain('  - "TimeDistributed(»Dense)"'),
        [Wrong("the variable 'Dense' has no value", "a layer inside another has its parentheses: Dense(...)")],
    ),
    "a variable of one below": (
        "vars: {a: »$b, b: 1}\n" + chain("  - LSTM: $a"),
        [Wrong("a variable sees those above it, and 'b' is none of them")],
    ),
    "a variable of itself": (
        "vars: {a: »$a}\n" + chain("  - LSTM: $a"),
        [Wrong("a variable sees those above it, and 'a' is none of them")],
    ),
    "a mapping as a variable": (
        "vars: {a: »{b: 1}}\n" + chain("  - LSTM: $a"),
        [Wrong("a variable is a number, a string, true, false, null or a list of these, not a mapping")],
    ),
    "a variable's name with a space": (
        "vars: {»a b: 1}\n" + chain("  - LSTM: 5"),
        [Wrong("'a b' cannot be a variable's name: letters, digits and _")],
    ),
    "variables in a list": (
        "vars: »[a]\n" + chain("  - LSTM: 5"),
        [Wrong("'vars' must be a mapping from names to values, not a list")],
    ),
    "a dollar in a text": (
        chain("  - LSTM: »$units + 1"),
        [
            Wrong(
                "'$units + 1' is no variable: '$name' or '$(name // 2)' stands alone",
                "write '$$' for a plain dollar",
            )
        ],
    ),
    "a division by zero": (
        "vars: {a: 1}\n" + chain("  - LSTM: $(a // (»a - 1))"),
        [Wrong("division by zero")],
    ),
    "a division that gives a float": (
        "vars: {a: 1}\n" + chain("  - LSTM: $(a »/ 2)"),
        [Wrong("arithmetic takes + - * // % and parentheses, not '/'")],
    ),
    "arithmetic with a float": (
        "vars: {a: 1}\n" + chain("  - LSTM: $(a + »1.5)"),
        [Wrong("arithmetic takes whole numbers, not the number 1.5")],
    ),
    "arithmetic in quotes that is cut short": (
        "vars: {a: 1}\n" + chain('  - LSTM: "$(a +»)"'),
        [Wrong("here stands ')', where a value was expected")],
    ),
    "a result out of bounds, at the arithmetic's beginning": (
        "vars: {a: 1}\n" + chain("  - LSTM: »$(a - 5)"),
        [Wrong("LSTM: units must be at least 1, but is -4")],
    ),
}

YAML = {
    "a class without its colon above a sibling": (
        chain("  - LSTM\n    name»: x"),
        [
            Wrong(
                "not YAML: a ':' stands where no key can be",
                "an item with keys beside it is written with a colon: '- LSTM:'",
            )
        ],
    ),
    "a tab": (
        chain("»\t- LSTM: 5"),
        [Wrong("not YAML: a tab stands where YAML wants spaces", "replace the tab with spaces")],
    ),
    "a bracket that is not closed": (
        "input: »[5, 1\nlayers:\n  - LSTM: 5",
        [Wrong("not YAML: this '[' is not closed", "close it with ']'")],
    ),
    "a brace that is not closed": (
        chain("  - LSTM: »{units: 5"),
        [Wrong("not YAML: this '{' is not closed", "close it with '}'")],
    ),
    "a comma that is missing": (
        chain('  - LSTM: {units: 5, name: "a" »units: 6}'),
        [
            Wrong(
                "not YAML: ',' or '}' was expected before this",
                "the '{' of line 3, column 11 is still open",
            )
        ],
    ),
    "a string that is not closed": (
        chain('  - LSTM: »"abc'),
        [Wrong("not YAML: the string that begins here has no end", 'close it with "')],
    ),
    "a bad escape": (
        chain('  - LSTM: "»\\q"'),
        [Wrong("not YAML: this escape is unknown", "write \\\\ for a backslash, or put single quotes around")],
    ),
    "an item further left": (
        chain("  - LSTM: 5\n »- Dense: 4"),
        [Wrong("not YAML: this does not stand in line with what is above it", ALIGN)],
    ),
    "an item further right": (
        "input: [5, 1]\nlayers:\n - LSTM: 5\n  »- Dense: 4",
        [Wrong("not YAML: this does not stand in line with what is above it", ALIGN)],
    ),
    "a word after a value": (
        chain("  - LSTM: {units: 5} »6"),
        [Wrong("not YAML: the value has ended, and this cannot follow it")],
    ),
    "no space after a colon in braces": (
        chain("  - LSTM: {units: 5, name»:[a]}"),
        [
            Wrong(
                "not YAML: a ':' inside a word",
                "write 'key: value', with a space, or put the value in quotes",
            )
        ],
    ),
    "a line that begins with a percent sign": (
        "%»(5)\n" + chain("  - LSTM: 5"),
        [
            Wrong(
                "not YAML: a line that begins with % is a directive, and this is none",
                "put the value in quotes",
            )
        ],
    ),
    "a character that begins nothing": (
        chain("  - LSTM: »@five"),
        [Wrong("not YAML: the character '@' cannot begin a value", "put the value in quotes")],
    ),
    "a key twice": (
        chain("  - LSTM: {units: 5, »units: 6}"),
        [Wrong("the key 'units' stands twice: first in line 3")],
    ),
    "a key that is a list": (
        chain("  - ? »[a]\n    : 5"),
        [Wrong("a key must be a word, not a list or a mapping")],
    ),
    "an alias that contains itself": (
        "input: [5, 1]\nlayers: &a\n  - LSTM: 5\n  - »*a",
        [Wrong("the alias '*a' contains itself")],
    ),
    "an alias of nothing": (
        chain("  - »*a"),
        [Wrong("the alias '*a' has no anchor '&a' above it")],
    ),
    "a merge of a number": (
        chain("  - <<: »5"),
        [Wrong("'<<' takes a mapping, or a list of mappings")],
    ),
    "a tag that makes an object": (
        chain("  - LSTM: »!!python/name:os.system x"),
        [Wrong("the tag '!!python/name:os.system' is not taken: a spec is data, and makes no objects")],
    ),
    "a value that does not fit its tag": (
        chain("  - LSTM: »!!int five"),
        [Wrong("'five' does not fit its tag !!int")],
    ),
    "a second document": (
        chain("  - LSTM: 5\n»---\na: 1"),
        [Wrong("a second document begins here: one model is one document")],
    ),
}

EXPRESSIONS = {
    "a parenthesis that is not closed": (
        "Input(5, 1) | LSTM(5»",
        [Wrong("here is the end, where ')' was expected")],
    ),
    "no bar between two layers": (
        "Input(5, 1) »LSTM(5)",
        [Wrong("here stands 'LSTM', where '|' or the end was expected")],
    ),
    "a bar before nothing": (
        "Input(5, 1) |»",
        [Wrong("here is the end, where a layer, like LSTM(5), was expected")],
    ),
    "a call of a layer": (
        "Input(5, 1) | Dense(2)»(3)",
        [Wrong("here stands '(', where '|' or the end was expected")],
    ),
    "a string without an end": (
        "Input(5, 1) | LSTM(»'5)",
        [Wrong("the string that begins here has no end", "close it with '")],
    ),
    "an escape in a string": (
        "Input(5, 1) | LSTM(5, name='a»\\q')",
        [Wrong("the escape \\q is not taken in a string", "taken are \\n \\t \\\\ \\' \\\"")],
    ),
    "an argument twice": (
        "Input(5, 1) | LSTM(5, dropout=0.5, »dropout=0.5)",
        [Wrong("'LSTM' has the argument 'dropout' twice")],
    ),
    "an argument by place and by name": (
        "Input(5, 1) | LSTM(5, »units=4)",
        [Wrong("LSTM has the argument 'units' twice")],
    ),
    "a place after a name": (
        "Input(5, 1) | LSTM(units=5, »'tanh')",
        [Wrong("an argument without a name stands after one with a name")],
    ),
    "too many arguments": (
        "Input(5, 1) | Flatten(None, »2)",
        [Wrong("Flatten takes 1 argument, but has 2")],
    ),
    "code": (
        "__import__('os')».system('ls')",
        [Wrong("here stands '.', where '|' or the end was expected")],
    ),
    "a layer in lower case in a pipe": (
        "Input(5, 1) | »lstm(5)",
        [Wrong("the layer 'lstm' is not known", "did you mean 'LSTM'?")],
    ),
    "an input that is not the first": (
        "Input(5, 1) | LSTM(5) | »Input(3)",
        [Wrong("an Input stands before every layer, not after one")],
    ),
    "no input in a pipe": (
        "»LSTM(5)",
        [
            Wrong(
                "the model has no input",
                "write 'input: [timesteps, features]' (in an expression 'Input(timesteps, features) | ...'), "
                "or input_shape in the first layer",
            )
        ],
    ),
    "a lambda": (
        "Input(5, 1) | Lambda(»lambda x: 2 * x)",
        [
            Wrong(
                "a function is not read, since nothing here is evaluated",
                "a Lambda is stated by what it gives: Lambda(output_shape=(64,))",
            )
        ],
    ),
    "an Input with its shape in two spellings": (
        "InputLayer(shape=(5, 1), »input_shape=(5, 1)) | LSTM(5)",
        [Wrong("Input has the argument 'shape' twice")],
    ),
    "an Input without a shape": (
        "»Input() | LSTM(5)",
        [Wrong("Input needs its shape", "write Input(5, 1) or 'Input: [5, 1]'")],
    ),
    "an Input with an argument that is misspelled": (
        "Input(»shap=(5, 1)) | LSTM(5)",
        [Wrong("Input has no argument 'shap'", "did you mean 'shape'?")],
    ),
    "an Input of two shapes": (
        "Input(shape=(5, 1), batch_shape=»(1, 5, 1)) | LSTM(5)",
        [Wrong("Input takes shape or batch_shape, not both")],
    ),
    "an object without the names of its arguments": (
        "Input(5, 1) | LSTM(5, kernel_regularizer=own(»0.01))",
        [
            Wrong(
                "own takes no argument without a name here, but has 1",
                "write each argument with its name, name=value",
            )
        ],
    ),
    "an object with more arguments than it takes": (
        "Input(5, 1) | LSTM(5, kernel_regularizer=l2(0.01, »0.02))",
        [
            Wrong(
                "l2 takes 1 argument without a name here, but has 2",
                "write each argument with its name, name=value",
            )
        ],
    ),
    "an object with an argument twice": (
        "Input(5, 1) | LSTM(5, kernel_regularizer=l2(0.01, »l2=0.02))",
        [Wrong("l2 has the argument 'l2' twice")],
    ),
    "a mistake in the second line": (
        "Input(5, 1)\n| LSTM(5, »unit=3)",
        [Wrong("LSTM has no argument 'unit'", "did you mean 'units'?")],
    ),
}

TOGETHER = {
    "mistakes of every part of a spec": (
        "»colour: red\n"
        "kind: »model\n"
        "input: [5, »-1]\n"
        "vars: {a: »$b}\n"
        "dtype: »float31\n"
        "layers:\n"
        "  - LSTM: {»unit: 5, dropout: »2}\n"
        "  - »Dens: 5\n"
        "  - Dense: 5\n"
        "    »nme: x\n"
        "  - 'Dense(+»)'\n"
        "  - Dense: »$c\n",
        [
            Wrong(
                "a spec has no key 'colour'",
                "taken are: name, kind, input, inputs, layers, outputs, vars, budget, dtype",
            ),
            Wrong("'kind' must be sequential or functional, not 'model'"),
            Wrong("a size of the input's shape must be at least 1, but is -1"),
            Wrong("the variable 'b' has no value", "give it a value: --set b=..., or under 'vars'"),
            Wrong(f"dtype must be one of {DTYPES}, but is 'float31'", "did you mean 'float32'?"),
            Wrong("LSTM has no argument 'unit'", "did you mean 'units'?"),
            Wrong("LSTM: dropout must be a number from 0 to 1, but is 2"),
            Wrong("the layer 'Dens' is not known", "did you mean 'Dense'?"),
            Wrong("a layer has no key 'nme' beside 'Dense'", "did you mean 'name'?"),
            Wrong("here stands ')', where a value was expected"),
            Wrong("the variable 'c' has no value", "give it a value: --set c=..., or under 'vars'"),
        ],
    ),
    "a shape above a faulty layer, and an argument below both": (
        chain("  - LSTM: 5\n  - »LSTM: 5\n  - Dense: »-1\n  - LSTM: 5"),
        [
            Wrong(
                "LSTM takes 3 axes (samples, timesteps, features), but its input has 2: (None, 5)",
                LAST_OUTPUT,
                "lstm_1",
            ),
            Wrong("Dense: units must be at least 1, but is -1"),
        ],
    ),
    "a faulty layer, and none of what depends on it": (
        "inputs: {a: [5, 1], b: [5]}\n"
        "layers:\n"
        "  - LSTM: »-5\n"
        "    from: a\n"
        "    name: x\n"
        "  - LSTM: 5\n"
        "    from: x\n"
        "  - reuse: x\n"
        "    from: b\n"
        "  - Add:\n"
        "    from: [x, b]\n"
        "  - »Add:\n"
        "    from: b\n",
        [
            Wrong("LSTM: units must be at least 1, but is -5"),
            Wrong("Add takes a list of inputs", "name them: 'from: [a, b]'", "add_1"),
        ],
    ),
    "a faulty input, and none of what depends on it": (
        "inputs: {a: [5, »0], b: [5]}\nlayers:\n  - LSTM: 5\n    from: a\n  - Dense: »0\n    from: b\n",
        [
            Wrong("a size of the input's shape must be at least 1, but is 0"),
            Wrong("Dense: units must be at least 1, but is 0"),
        ],
    ),
    "a faulty layer without a name, and none of its number": (
        chain("  - »LSTMM: 5\n  - LSTM: 5\n    from: input_layer\n  - Add:\n    from: [lstm, lstm_1]"),
        [Wrong("the layer 'LSTMM' is not known", "did you mean 'LSTM'?")],
    ),
    "a model at fault inside, which gives fewer names": (
        "inputs: {a: [3, 1], b: [3]}\nlayers:\n"
        "  - Sequential: [{LSTM: 1}, {Model: {input: [1], layers: [{ReLU: , name: x}], outputs: [x, x]}}, »ReLU]\n"
        "    from: a\n  - Model: {input: [3], layers: [ReLU]}\n    from: b\noutputs: [functional_2]",
        [Wrong("ReLU takes 1 input, but has 2", layer="re_lu")],
    ),
    "every reference of a list": (
        chain("  - Add:\n    from: [»x, »y, input_layer]"),
        [
            Wrong("'x' names nothing above", "above are: input_layer"),
            Wrong("'y' names nothing above", "above are: input_layer"),
        ],
    ),
    "a mistake inside a model, and one of its own": (
        chain("  - Sequential: {layers: [{LSTM: {»unit: 5}}], »colour: red}"),
        [
            Wrong("LSTM has no argument 'unit'", "did you mean 'units'?"),
            Wrong("Sequential has no argument 'colour'", "it takes layers, input, name, trainable"),
        ],
    ),
    "a mistake in what turns out to be a graph, once": (
        chain("  - LSTM: {units: 5, return_state: true}\n  - Dense: »-1"),
        [Wrong("Dense: units must be at least 1, but is -1")],
    ),
    "one faulty variable, and none of its uses": (
        "vars: {a: »{b: 1}}\n" + chain("  - LSTM: $a\n  - Dense: $a\n"),
        [Wrong("a variable is a number, a string, true, false, null or a list of these, not a mapping")],
    ),
}

FILES = LAYERS | SHAPES | TOP | GRAPHS | MODELS | VARIABLES | YAML | TOGETHER


def marked(text: str) -> tuple[str, list[tuple[int, int]]]:
    """A text without its »s, and the lines and columns where they stood."""
    places = []
    for number, line in enumerate(text.split("\n"), start=1):
        parts = line.split("»")
        places += [(number, len("".join(parts[:i])) + 1) for i in range(1, len(parts))]
    return text.replace("»", ""), places


def check(error: ModelError, places: list[tuple[int, int]], expected: list[Wrong], source: str) -> None:
    assert [Wrong(each.message, each.help, each.layer) for each in error.problems] == expected
    assert [(each.place.line, each.place.column) for each in error.problems if each.place] == places
    assert {each.place.source.name for each in error.problems if each.place} == {source}


@pytest.mark.parametrize("case", FILES)
def test_a_mistake_in_a_spec_is_said_in_its_words_at_its_place(case: str, tmp_path: Path) -> None:
    text, expected = FILES[case]
    plain, places = marked(text)
    path = tmp_path / "model.yaml"
    path.write_text(plain, encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        lstmcalc.load(str(path))
    check(caught.value, places, expected, str(path))


@pytest.mark.parametrize("case", EXPRESSIONS)
def test_a_mistake_in_an_expression_is_said_in_its_words_at_its_place(case: str) -> None:
    text, expected = EXPRESSIONS[case]
    plain, places = marked(text)
    with pytest.raises(ModelError) as caught:
        lstmcalc.parse(plain)
    check(caught.value, places, expected, "<expression>")


def test_an_error_has_what_its_first_problem_has(tmp_path: Path) -> None:
    path = tmp_path / "model.yaml"
    path.write_text(chain("  - LSTM: 5\n  - LSTM: 5\n  - Dense: -1\n"), encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        lstmcalc.load(str(path))
    error = caught.value
    assert (error.message, error.help, error.layer) == (
        "LSTM takes 3 axes (samples, timesteps, features), but its input has 2: (None, 5)",
        LAST_OUTPUT,
        "lstm_1",
    )
    assert (error.file, error.line, error.column) == (str(path), 4, 5)


def test_an_error_as_text_has_a_line_for_each_problem() -> None:
    with pytest.raises(ModelError) as caught:
        lstmcalc.parse("Input(5, 1) | Dense(0) | Dens(1)")
    assert str(caught.value) == (
        "<expression>:1:21: Dense: units must be at least 1, but is 0\n"
        "<expression>:1:26: the layer 'Dens' is not known (did you mean 'Dense'?)"
    )


def test_an_error_of_an_expression_has_a_line_and_no_file() -> None:
    with pytest.raises(ModelError) as caught:
        lstmcalc.parse("Input(5, 1) | Dense(0)")
    assert (caught.value.file, caught.value.line, caught.value.column) == (None, 1, 21)


def test_an_error_without_a_place_still_has_its_file() -> None:
    with pytest.raises(ModelError) as caught:
        lstmcalc.load("no/such/model.yaml")
    assert (caught.value.file, caught.value.line) == ("no/such/model.yaml", None)
    assert str(caught.value) == "no/such/model.yaml: cannot be read: no such file or directory"


def test_a_value_for_a_variable_that_the_model_does_not_have_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.yaml"
    path.write_text("vars: {units: 5}\n" + chain("  - LSTM: $units"), encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        lstmcalc.load(str(path), set={"unit": 3})
    (problem,) = caught.value.problems
    assert problem.message == "--set gives 'unit', which is no variable of this model (it has: units)"
    assert (problem.help, problem.where) == ("did you mean 'units'?", str(path))


def test_a_mistake_in_a_value_is_placed_in_that_value() -> None:
    with pytest.raises(ModelError) as caught:
        lstmcalc.parse("Input(5, 1) | LSTM(units)", set={"units": "[1"})
    assert str(caught.value) == "--set units:1:1: not YAML: this '[' is not closed (close it with ']')"


def test_a_mistake_in_another_file_is_placed_in_that_file(tmp_path: Path) -> None:
    (tmp_path / "inner.yaml").write_text(chain("  - LSTM: {unit: 5}\n"), encoding="utf-8")
    (tmp_path / "outer.yaml").write_text(chain("  - Model: inner.yaml\n"), encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        lstmcalc.load(str(tmp_path / "outer.yaml"))
    (problem,) = caught.value.problems
    assert problem.where == f"{tmp_path / 'inner.yaml'}:3:12"


@pytest.mark.parametrize("item", ["Dense: 0", "5", "Dense: $x"])
def test_no_more_problems_are_reported_than_a_person_reads(item: str, tmp_path: Path) -> None:
    path = tmp_path / "model.yaml"
    path.write_text(chain(f"  - {item}\n" * 1000), encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        lstmcalc.load(str(path))
    *first, last = caught.value.problems
    assert [each.place.line for each in first if each.place] == list(range(3, 3 + PROBLEMS))
    assert last.message == f"there are more problems than these {PROBLEMS}"


def test_problems_are_sorted_by_line_and_then_by_column() -> None:
    source = Source("m", "")
    places = [(10, 1), (2, 9), (2, 10), (9, 3)]
    error = ModelError(Problem("x", Place(source, line, column)) for line, column in places)
    assert [(each.place.line, each.place.column) for each in error.problems if each.place] == sorted(places)


def test_a_line_of_a_source_has_no_line_break() -> None:
    source = Source("m", "one\r\ntwo\nthree\rfour\u2028five")
    assert [source.line(number) for number in range(7)] == ["", "one", "two", "three", "four", "five", ""]


def test_a_place_of_a_source_and_its_offset_say_the_same() -> None:
    source = Source("m", "one\r\ntwo\nthree")
    for offset in range(len(source.text)):
        assert source.offset(source.place(offset)) == offset


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "null"),
        (True, "true"),
        (5, "5"),
        (10**19, "10000000000000000000"),
        (10**20, "a number of 21 digits"),
        (-(10**99), "a number of 100 digits"),
        (10**100, "a number of more than 100 digits"),
        (5.0, "5.0"),
        (float("nan"), ".nan"),
        (float("-inf"), "-.inf"),
        ("a'b", '"a\'b"'),
        ("a\nb", "'a\\nb'"),
        ("x" * 90, "'" + "x" * 49 + "..." + "x" * 19 + "'"),
        ([1, None], "[1, null]"),
        ({"a": [True]}, "{a: [true]}"),
    ],
)
def test_a_value_is_quoted_in_yamls_words_and_cut_when_long(value: object, words: str) -> None:
    assert shown(value) == words


def test_a_suggestion_is_like_the_word_in_any_case() -> None:
    assert did_you_mean("DENS", ["Dense", "LSTM"]) == "did you mean 'Dense'?"
    assert did_you_mean("xyz", ["Dense", "LSTM"]) is None
    assert did_you_mean("Dense" * 1000, ["Dense"]) is None
