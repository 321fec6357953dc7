"""Random models that live Keras saved, converted: what comes of them is the same model in Keras and here."""

import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from descriptions import Model
from facts import differences, keras_facts, our_facts
from hypothesis import assume, given, note, settings
from hypothesis import strategies as st
from live import Build
from models import any_model
from tables import takes_a_name_for_markup

import lstmcalc
from lstmcalc.models.walk import walk
from lstmcalc.questions.convert import convert, convert_weights

SAID: Counter[str] = Counter()
SOME, FEW = 2 * settings().max_examples // 5, settings().max_examples // 5


def saved(description: Model, folder: Path) -> Any:
    """The model that we read of what Keras saved of a description."""
    built = Build(description)
    assume(built.error is None and not takes_a_name_for_markup(built.model))
    try:
        text = built.model.to_json()
    except Exception:  # what Keras itself cannot save
        assume(False)
    path = folder / "saved.json"
    path.write_text(text, encoding="utf-8")
    try:
        model = lstmcalc.load(path)
    except lstmcalc.ModelError:  # which test_live_saved.py is about
        assume(False)
    assume(not any("let it pass" in each.message for each in model.notes))
    return model


def written(model: Any, form: str) -> str | None:
    """The model in another form; None where that cannot say it."""
    try:
        return convert(model, form).text
    except lstmcalc.ModelError as error:
        note(str(error))
        SAID[f"{form}: refused"] += 1
        assert "bug" not in str(error)
        return None


def hold(wanted: Any, got: Any, form: str, but: str = ".operations[") -> None:
    SAID[f"{form}: the same"] += 1
    assert [each for each in differences(wanted, got) if ".operations[" not in each and but not in each] == []


@given(any_model)
def test_yaml_says_the_same_model(tmp_path_factory: pytest.TempPathFactory, description: Model) -> None:
    folder = tmp_path_factory.mktemp("converted")
    model = saved(description, folder)
    text = written(model, "yaml")
    if text is None:
        return
    note(text)
    (folder / "model.yaml").write_text(text, encoding="utf-8")
    again = lstmcalc.load(folder / "model.yaml")
    hold(our_facts(model), our_facts(again), "yaml")
    assert convert(again, "yaml").text == text


@given(any_model)
@settings(max_examples=SOME)
def test_json_is_loaded_by_keras_as_the_same_model(
    tmp_path_factory: pytest.TempPathFactory, description: Model
) -> None:
    model = saved(description, tmp_path_factory.mktemp("converted"))
    text = written(model, "keras-json")
    if text is None:
        return
    note(text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loaded = keras.models.model_from_json(text)
    # What says that a Sequential is not trained itself, Keras drops when it loads one.
    hold(keras_facts(loaded), our_facts(model), "keras-json", ".trainable: Keras has True, we have False")


@given(any_model)
@settings(max_examples=SOME)
def test_python_builds_the_same_model_in_keras(tmp_path_factory: pytest.TempPathFactory, description: Model) -> None:
    model = saved(description, tmp_path_factory.mktemp("converted"))
    text = written(model, "python")
    if text is None:
        return
    note(text)
    keras.backend.clear_session()
    names: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(text, "<converted>", "exec"), names)
    hold(keras_facts(names["model"]), our_facts(model), "python")


@given(any_model, st.integers(0, 2**32))
@settings(max_examples=FEW)
def test_a_keras_file_predicts_the_same_in_keras(
    tmp_path_factory: pytest.TempPathFactory, description: Model, seed: int
) -> None:
    pytest.importorskip("h5py")
    folder = tmp_path_factory.mktemp("converted")
    model = saved(description, folder)
    assume(all(each.dtype != "bool" for each in model.inputs))  # of which NumPy's Keras adds and divides otherwise
    assume(all(placed.layer.dtype == "float32" for _, placed in walk(model.placed)))
    random = np.random.default_rng(seed)
    weights = {
        name: [random.uniform(0.05, 1, each.shape).astype(each.dtype) for each in arrays]
        for name, arrays in model.get_weights().items()
    }
    inputs = [inputs_of(each, random) for each in model.inputs]
    try:
        convert_weights(model, str(folder / "model.keras"), weights)
        wanted = model.predict(inputs if len(inputs) > 1 else inputs[0], weights=weights)
    except lstmcalc.ModelError as error:
        note(str(error))
        assert "bug" not in str(error)
        return
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        loaded = keras.models.load_model(folder / "model.keras")
        try:
            got = loaded(inputs if len(inputs) > 1 else inputs[0])
        except Exception:  # what Keras fails on when it runs
            assume(False)
    SAID["keras: the same"] += 1
    for ours, theirs in zip(_listed(wanted), _listed(got), strict=True):
        assert ours.shape == np.shape(theirs)
        largest = max(float(np.nanmax(np.abs(ours), initial=0)), 1e-30)
        np.testing.assert_allclose(np.asarray(theirs, ours.dtype), ours, atol=2e-2 * largest, rtol=2e-2)


def inputs_of(tensor: Any, random: np.random.Generator) -> Any:
    """Numbers for an input, which may be indices: all below 1."""
    shape = [2 if axis == 0 and size is None else 3 if size is None else size for axis, size in enumerate(tensor.shape)]
    return random.uniform(0.1, 0.9, shape).astype("float32" if "float" in tensor.dtype else tensor.dtype)


def _listed(outputs: Any) -> list[Any]:
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]


def test_most_models_were_compared() -> None:
    same = {form: SAID[f"{form}: the same"] for form in ("yaml", "keras-json", "python", "keras")}
    assert min(same.values()) > 0
    assert sum(same.values()) > 10 * (SAID.total() - sum(same.values())), SAID
