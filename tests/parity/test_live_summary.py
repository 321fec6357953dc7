"""The summary of a random model is, character for character, what Keras prints."""

from descriptions import Model
from drawn import render
from hypothesis import assume, given, note
from hypothesis import strategies as st
from live import Build
from models import any_model
from refusals import is_deliberate
from tables import breaks_a_number, has_two_shapes, keras_table, takes_a_name_for_markup, without_shapes
from written import spec_of

import lstmcalc

WIDE = 1000  # no cell folds


@given(any_model, st.integers(40, 200), st.booleans(), st.booleans())
def test_the_table_is_that_of_keras(description: Model, width: int, expand_nested: bool, show_trainable: bool) -> None:
    keras = Build(description)
    assume(keras.error is None and not takes_a_name_for_markup(keras.model))
    spec = spec_of(description, keras.names)
    note(f"spec: {spec}")
    try:
        ours = lstmcalc.from_dict(spec)
    except lstmcalc.ModelError as error:
        assert is_deliberate(error, description)
        return
    options = {"expand_nested": expand_nested, "show_trainable": show_trainable}
    if has_two_shapes(keras.model):
        assert without_shapes(render(ours, WIDE, **options)) == without_shapes(
            keras_table(keras.model, WIDE, **options)
        )
        return
    table = keras_table(keras.model, width, **options)
    width = WIDE if breaks_a_number(table) else width
    assert render(ours, width, **options) == keras_table(keras.model, width, **options)
