"""Scripts that build random models: read here, they are the models that Keras has when it runs them."""

import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import keras
import pytest
from descriptions import Model
from facts import differences, keras_facts, our_facts
from hypothesis import assume, given, note, settings
from hypothesis import strategies as st
from live import Build
from models import any_model
from styles import STYLES
from tables import takes_a_name_for_markup

import lstmcalc
from lstmcalc.models.model import BuiltModel
from lstmcalc.models.unbuild import Saying, unbuild
from lstmcalc.models.walk import walk

SAID: Counter[str] = Counter()


def outline_of(description: Model, folder: Path) -> Any:
    """How the model of a description is written, in Keras 3's layers."""
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
        assume(not any("let it pass" in each.message for each in model.notes))
        # Of models inside and masks together, Keras names the layers of a script in an order that is not followed here.
        layers = [placed.layer for _, placed in walk(model.placed)]
        makes_masks = any(getattr(each, "mask_zero", each.class_name == "Masking") for each in layers)
        assume(not (makes_masks and any(isinstance(each, BuiltModel) for each in layers)))
        return unbuild(model, Saying(today=True, no_masks=True)).outline
    except lstmcalc.ModelError:  # which other tests are about
        assume(False)


@given(any_model, st.sampled_from(sorted(STYLES)))
@settings(max_examples=2 * settings().max_examples)
def test_a_script_says_what_keras_builds(
    tmp_path_factory: pytest.TempPathFactory, description: Model, style: str
) -> None:
    folder = tmp_path_factory.mktemp("script")
    text = STYLES[style](outline_of(description, folder))
    assume(text is not None)
    note(text)
    keras.backend.clear_session()
    names: dict[str, Any] = {"__name__": "__main__"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec(compile(text, "<script>", "exec"), names)
        except Exception:  # as names that Keras gives twice, or masks that fail
            SAID["Keras fails"] += 1
            return
    (folder / "train.py").write_text(text, encoding="utf-8")
    ours = lstmcalc.load(folder / "train.py")
    SAID["the same"] += 1
    wrong = differences(keras_facts(names["model"]), our_facts(ours))
    assert [each for each in wrong if ".operations[" not in each] == []


def test_most_scripts_were_compared() -> None:
    assert SAID["the same"] > 5 * SAID["Keras fails"], SAID
