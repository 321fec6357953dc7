"""A verification before it is run: how many things it will tell of."""

import pytest
from drawn import MODELS, recorded_model

from lstmcalc.arrays.run import ForwardError
from lstmcalc.arrays.trial import Request, prepare, run_trial
from lstmcalc.errors import ModelError


@pytest.mark.parametrize("name", [name for name in MODELS if name != "big_numbers"])  # 3 minutes of arithmetic
def test_as_many_steps_are_told_of_as_were_said(name):
    trial = prepare(recorded_model(name), Request())
    told: list[str] = []
    try:
        run_trial(trial, told.append)
    except ForwardError:
        raise
    except ModelError:
        pytest.skip("a layer of it cannot be run")
    assert len(told) == trial.steps
