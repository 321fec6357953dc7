"""Random models are the same in live Keras and here: names, order, shapes, weights, counts."""

from pathlib import Path

import pytest
import yaml
from descriptions import Model
from facts import differences, keras_facts, our_facts
from hypothesis import given, note, settings
from live import Build
from models import any_model, functional_models, sequential, wrong_models
from refusals import is_deliberate, is_fault
from written import spec_of

import lstmcalc

FEW = settings().max_examples // 5


def hold_against_keras(description: Model) -> None:
    """Build both, and fail where one refuses what the other takes, or where a fact differs."""
    keras = Build(description)
    spec = spec_of(description, keras.names)
    note(f"spec: {spec}")
    if keras.error is not None and is_fault(keras.error):
        try:
            lstmcalc.from_dict(spec)
        except lstmcalc.ModelError as error:  # of something else
            assert is_deliberate(error, description), f"Keras fails by its own fault, and we refuse: {error}"
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


@given(wrong_models)
def test_a_model_is_refused_when_keras_refuses_it(description: Model) -> None:
    hold_against_keras(description)


@given(any_model)
@settings(max_examples=FEW)
def test_a_model_is_the_same_from_a_file(tmp_path_factory: pytest.TempPathFactory, description: Model) -> None:
    keras = Build(description)
    spec = {"name": "m", **spec_of(description, keras.names)}
    try:
        direct = lstmcalc.from_dict(spec)
    except lstmcalc.ModelError:
        return
    file: Path = tmp_path_factory.mktemp("specs") / "m.yaml"
    file.write_text(yaml.safe_dump(spec, sort_keys=False, allow_unicode=True), encoding="utf-8")
    assert our_facts(lstmcalc.load(str(file))) == our_facts(direct)
