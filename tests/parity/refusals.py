"""What is refused on purpose though Keras takes it, each with its reason."""

import re

from descriptions import Model, calls_again

from lstmcalc import ModelError

DELIBERATE = {
    r" takes 1 input, but has ": "a layer for one tensor on a list of them: only some of Keras's let it pass, unnoticed",
    r"^Bidirectional takes layers of one number of units": "Keras gives a shape that its forward pass does not have",
    r"^axes: -?\d+ is no axis of": "Keras takes the remainder of a negative axis, -3 for an axis of 2",
    r"takes \d+ initial states \(": "states of another number: Keras fails when it runs",
    r"^the initial \w+ must be": "a state of another size: Keras fails when it runs",
}


# What Keras looks at in the first call of a layer alone.
AGAIN = {
    r"^Dot takes axes of one size": "a Dot called again on tensors that do not fit",
    r"^Concatenate takes inputs that agree": "a Concatenate called again on tensors that do not fit",
}


def is_deliberate(error: ModelError, description: Model) -> bool:
    """Whether every problem of a refusal is one that is listed here."""
    listed = [*DELIBERATE, *AGAIN] if calls_again(description) else list(DELIBERATE)
    return all(any(re.search(pattern, problem.message) for pattern in listed) for problem in error.problems)
