"""The one walk over facts: each layer with its own row, beside the walk over the model."""

import pytest
from drawn import MODELS, recorded_model

from lstmcalc.facts.summary import summarize
from lstmcalc.facts.walk import parts, walk_parts
from lstmcalc.models.walk import walk


@pytest.mark.parametrize("name", MODELS)
def test_it_meets_the_layers_of_the_model_with_their_own_facts(name):
    model = recorded_model(name)
    found = list(walk_parts(parts(summarize(model), model)))
    assert [(part.path, id(part.placed)) for part in found] == [(path, id(each)) for path, each in walk(model.placed)]
    for part in found:
        assert part.placed is not None
        assert part.row.name == part.path[-1] == part.placed.layer.name
        assert part.row.class_name == part.placed.layer.class_name
        assert part.row.params == part.placed.params


@pytest.mark.parametrize("name", MODELS)
def test_without_the_model_it_meets_the_same_rows(name):
    model = recorded_model(name)
    summary = summarize(model)
    known, alone = (list(walk_parts(parts(summary, each))) for each in (model, None))
    assert [(part.path, part.row) for part in alone] == [(part.path, part.row) for part in known]
    assert {part.placed for part in alone} == {None}
