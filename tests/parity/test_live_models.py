"""Random models are the same in live Keras and here: names, order, shapes, weights, counts."""

import pytest
from descriptions import Model
from facts import differences, keras_facts, our_facts
from hypothesis import given, note
from live import Build
from models import functional_models, sequential
from refusals import is_deliberate, is_fault
from written import spec_of

import lstmcalc


def hold_against_keras(description: Model) -> None:
    """Build both, and fail where one refuses what the other takes, or where a fact differs."""
    keras = Build(description)
    spec = spec_of(description, keras.names)
    note(f"spec: {spec}")
    if keras.error is not None and is_fault(keras.error):
        lstmcalc.from_dict(spec)
        return
    if keras.error is not None:
        note(f"Keras: {type(keras.error).__name__}: {keras.error}")
        with pytest.raises(lstmcalc.ModelError):
            lstmcalc.from_dict(spec)
        return
    try:
        ours = lstmcalc.from_dict(spec)
    except lstmcalc.ModelError as error:
        assert is_deliberate(error, description), f"Keras takes what we refuse: {error}"
        return
    assert differences(keras_facts(keras.model), our_facts(ours)) == []


@given(sequential())
def test_a_sequential_model_is_as_in_keras(description: Model) -> None:
    hold_against_keras(description)


@given(functional_models())
def test_a_functional_model_is_as_in_keras(description: Model) -> None:
    hold_against_keras(description)
