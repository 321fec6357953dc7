"""Models as people write them are the same in live Keras and here, and print the same table."""

from typing import Any

import keras
import pytest
import yaml
from facts import differences, keras_facts, our_facts
from tables import breaks_a_number, has_two_shapes, keras_table, without_shapes
from written_models import MODELS

import lstmcalc
from lstmcalc.model import Model
from lstmcalc.views.table import render

WIDTHS = (60, 88, 108, 133)
WIDE = 1000  # no cell folds


@pytest.fixture(params=MODELS)
def pair(request: pytest.FixtureRequest) -> tuple[Any, Model]:
    build, spec = MODELS[request.param]
    keras.backend.clear_session()
    live = build()
    return live, lstmcalc.from_dict(yaml.safe_load(f"name: {live.name}\n{spec}" if "\nname:" not in spec else spec))


def test_a_model_as_people_write_it_is_as_in_keras(pair: tuple[Any, Model]) -> None:
    live, ours = pair
    assert differences(keras_facts(live), our_facts(ours)) == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("options", [{}, {"expand_nested": True, "show_trainable": True}])
def test_its_table_is_that_of_keras(pair: tuple[Any, Model], width: int, options: dict[str, bool]) -> None:
    live, ours = pair
    width = WIDE if breaks_a_number(keras_table(live, width, **options)) else width
    theirs, mine = keras_table(live, width, **options), render(ours, width, **options)
    if has_two_shapes(live):
        assert without_shapes(mine) == without_shapes(theirs)
    else:
        assert mine == theirs
