"""What live Keras saves of random models is read here as the same models: as JSON, `.keras` and HDF5."""

import warnings
from collections.abc import Callable
from pathlib import Path

import keras
import pytest
from descriptions import Model
from drawn import render
from facts import differences, keras_facts, our_facts
from hypothesis import assume, given, note, settings
from live import Build
from models import any_model
from refusals import is_deliberate
from tables import has_two_shapes, keras_table, takes_a_name_for_markup, without_shapes

import lstmcalc
from lstmcalc.questions.summary import summary_of
from lstmcalc.sources import Reading

WIDE = 1000  # no cell folds
# Of 1,000 in all: 500 as JSON, 200 as each file, and 100 as weights alone.
SOME, FEW = 2 * settings().max_examples // 5, settings().max_examples // 5


def as_json(model: keras.Model, folder: Path) -> Path:
    path = folder / "model.json"
    path.write_text(model.to_json(), encoding="utf-8")
    return path


def as_keras(model: keras.Model, folder: Path) -> Path:
    path = folder / "model.keras"
    model.save(path)
    return path


def as_hdf5(model: keras.Model, folder: Path) -> Path:
    path = folder / "model.h5"
    model.save(path)
    return path


def again(model: keras.Model) -> keras.Model | None:
    """What Keras itself loads of what it saved; None where it fails: it names calls that it did not save."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return keras.models.model_from_json(model.to_json())
        except Exception:
            return None


def hold_against_keras(description: Model, save: Callable[[keras.Model, Path], Path], folder: Path) -> None:
    """Save what Keras built, and fail where what is read of it differs."""
    built = Build(description)
    assume(built.error is None and not takes_a_name_for_markup(built.model))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            path = save(built.model, folder)
        except Exception:  # what Keras itself cannot save
            assume(False)
    note(f"config: {built.model.to_json()}")
    try:
        ours = lstmcalc.load(str(path))
    except lstmcalc.ModelError as error:
        refuses = is_deliberate(error, description) or again(built.model) is None
        assert refuses, f"Keras saved what we refuse: {error}"
        return
    model, found = built.model, our_facts(ours)
    wrong = differences(keras_facts(model), found)
    if (
        wrong
    ):  # what Keras does not save, autocast and what is frozen inside a layer, is not there again in Keras either
        loaded = again(model)
        assert loaded is not None
        model = loaded
        wrong = [each for each in differences(keras_facts(model), found) if not each.startswith(".operations")]
    assert wrong == []
    if save is not as_json:  # the table follows from the same graph
        return
    wanted, shown = keras_table(model, WIDE), render(ours, WIDE)
    if has_two_shapes(model):
        wanted, shown = without_shapes(wanted), without_shapes(shown)
    assert shown == wanted


@given(any_model)
def test_a_model_is_the_same_as_json(tmp_path_factory: pytest.TempPathFactory, description: Model) -> None:
    hold_against_keras(description, as_json, tmp_path_factory.mktemp("saved"))


@given(any_model)
@settings(max_examples=SOME)
def test_a_model_is_the_same_as_a_keras_file(tmp_path_factory: pytest.TempPathFactory, description: Model) -> None:
    hold_against_keras(description, as_keras, tmp_path_factory.mktemp("saved"))


@given(any_model)
@settings(max_examples=SOME)
def test_a_model_is_the_same_as_hdf5(tmp_path_factory: pytest.TempPathFactory, description: Model) -> None:
    hold_against_keras(description, as_hdf5, tmp_path_factory.mktemp("saved"))


@given(any_model)
@settings(max_examples=FEW)
def test_the_weights_alone_are_as_many(tmp_path_factory: pytest.TempPathFactory, description: Model) -> None:
    built = Build(description)
    assume(built.error is None)
    assume(not any("lora" in each.name for each in built.model.weights))  # which Keras adds to others when it saves
    path = tmp_path_factory.mktemp("saved") / "model.weights.h5"
    try:
        built.model.save_weights(path)
    except Exception:  # what Keras itself cannot save
        assume(False)
    summary = summary_of(str(path), Reading())
    assert summary.total.params == built.model.count_params()
    shapes = sorted(weight.shape for row in summary.rows for weight in row.weights)
    assert shapes == sorted(tuple(each.shape) for each in built.model.weights)
