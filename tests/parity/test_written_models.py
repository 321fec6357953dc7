"""Models as people write them are the same in live Keras and here, and print the same table."""

import warnings
from functools import cache
from pathlib import Path
from typing import Any

import keras
import pytest
from drawn import render
from facts import differences, keras_facts, our_facts
from tables import breaks_a_number, has_two_shapes, keras_table, without_shapes
from written_models import MODELS

import lstmcalc
from lstmcalc.models.model import BuiltModel

WIDTHS = (60, 88, 108, 133)
WIDE = 1000  # no cell folds


@cache
def live(name: str) -> Any:
    keras.backend.clear_session()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return MODELS[name][0]()


@pytest.fixture
def ours(name: str, tmp_path: Path) -> BuiltModel:
    spec = MODELS[name][1]
    path = tmp_path / f"{live(name).name}.yaml"
    path.write_text(spec, encoding="utf-8")
    return lstmcalc.load(str(path))


@pytest.mark.parametrize("name", MODELS)
def test_a_model_as_people_write_it_is_as_in_keras(name: str, ours: BuiltModel) -> None:
    assert differences(keras_facts(live(name)), our_facts(ours)) == []


@pytest.mark.parametrize("options", [{}, {"expand_nested": True, "show_trainable": True}])
@pytest.mark.parametrize("name", MODELS)
def test_its_table_is_that_of_keras(name: str, ours: BuiltModel, options: dict[str, bool]) -> None:
    for wanted in WIDTHS:
        width = WIDE if breaks_a_number(keras_table(live(name), wanted, **options)) else wanted
        theirs, mine = keras_table(live(name), width, **options), render(ours, width, **options)
        if has_two_shapes(live(name)):
            assert without_shapes(mine) == without_shapes(theirs)
        else:
            assert mine == theirs
