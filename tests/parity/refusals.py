"""What is refused on purpose though Keras takes it, each with its reason."""

import re

from descriptions import Model, calls_again, distributes

from lstmcalc import ModelError

DELIBERATE = {
    r"^(?!Functional|Sequential)\w+ takes 1 input, but has ": "a layer for one tensor on a list: some let it pass",
    r"^Bidirectional with merge_mode \w+ takes layers of one number of units": "Keras fails when it runs",
    r"^Bidirectional with return_state takes layers of the same": "Keras gives fewer outputs than its forward pass",
    r"^Concatenate along axis -?\d+ needs more axes": "Keras gives a single input back whatever the axis",
    r"^axes: -?\d+ is the samples axis of": "Keras warns of it in its documentation, and fails when it runs",
    r"^axes: -?\d+ is no axis of": "Keras takes the remainder of a negative axis, -3 for an axis of 2",
    r"^the model takes \(.*, but its input is": "an axis of 1 more or less, whose shapes Keras gets wrong",
    r"^the model takes 1 input, but has": "a Sequential without an input, whose layers Keras calls on a list",
    r"^\w*Attention takes tensors of one rank, at least 3": "Keras fails when it runs, or gives another shape",
    r"^MultiHeadAttention attends over axes between samples and features": "Keras fails when it runs",
    r"^MultiHeadAttention gives no scores over the samples": "Keras gives a shape that its forward pass does not have",
    r"^Bidirectional hands half of its initial states": "Keras fails when it runs",
    r"^\w*Attention takes a list of inputs": "a Sequential without an input, whose attention Keras calls on a list",
    r"above has several outputs, and no 'from' says which": "a repeated layer without a main output",
    r"takes \d+ initial states? \(": "states of another number: Keras fails when it runs",
    r"^the initial \w+ must be": "a state of another size: Keras fails when it runs",
    r"^\w*Attention takes query and key of one number": "Keras fails when it runs",
    r"^\w*Attention takes a key for each value, but has": "Keras fails when it runs",
}
# What Keras looks at in the first call of a layer alone.
AGAIN = {
    r"made for an input of .*, which does not fit": "a layer called again with other features",
    r"^Dot takes axes of one size": "a Dot called again on tensors that do not fit",
    r"takes inputs of one number of samples": "a merging layer called again on tensors of two numbers of samples",
    r"^Concatenate takes inputs (that agree|of one rank)": "a Concatenate called again on tensors that do not fit",
    r"^\w*Attention takes tensors of": "attention called again on tensors that do not fit",
}
# What Keras does not look at inside a TimeDistributed.
INSIDE = {
    r"^\w+ takes (at least )?\d ax.s ": "a layer on another number of axes than it takes",
}


# Where Keras fails for a fault of its own.
FAULTS = {
    r"^Output with path .* is not connected to `inputs`": "a model inside that gives its own input, called on others",
}


def is_fault(error: Exception) -> bool:
    """Whether Keras refuses what it should take."""
    return any(re.search(pattern, str(error)) for pattern in FAULTS)


def is_deliberate(error: ModelError, description: Model) -> bool:
    """Whether every problem of a refusal is one that is listed here."""
    listed = list(DELIBERATE)
    listed += AGAIN if calls_again(description) else ()
    listed += INSIDE if distributes(description) else ()
    return all(any(re.search(pattern, problem.message) for pattern in listed) for problem in error.problems)
