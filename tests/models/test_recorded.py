"""Random models are what live Keras was recorded to say of them: their tables, their refusals and their outputs.

`python tests/data/record_models.py`, where Keras is installed, writes the answers again.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from drawn import cells_of, totals_of
from waves import hold, indices, sequences, weights

import lstmcalc

DATA = Path(__file__).parents[1] / "data"
RECORDED = json.loads((DATA / "keras_models.json").read_text(encoding="utf-8"))
TABLES, RUNS = RECORDED["tables"], RECORDED["runs"]
WIDE = 1000  # no cell folds
SCALE = 0.5  # of the weights


@pytest.mark.parametrize("entry", TABLES, ids=range(len(TABLES)))
def test_the_table_of_a_model_has_the_cells_and_the_totals_of_keras(
    entry: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    if "refused" in entry:
        with pytest.raises(lstmcalc.ModelError):
            lstmcalc.from_dict(entry["spec"])
        return
    lstmcalc.from_dict(entry["spec"]).summary(line_length=WIDE, expand_nested=True, show_trainable=True)
    table = capsys.readouterr().out
    assert (cells_of(table), totals_of(table)) == (entry["cells"], entry["totals"])


def test_a_model_that_keras_refuses_is_refused_in_words_that_were_reviewed(
    compare_golden: Callable[[str, Path], None],
) -> None:
    """`pytest --rewrite` writes them anew; read what changed."""
    lines = []
    for entry in TABLES:
        if "refused" in entry:
            with pytest.raises(lstmcalc.ModelError) as refused:
                lstmcalc.from_dict(entry["spec"])
            lines += [json.dumps(entry["spec"]), *(f"    {line}" for line in str(refused.value).splitlines())]
    compare_golden("\n".join([*lines, ""]), DATA / "refused_models.txt")


@pytest.mark.parametrize("entry", RUNS, ids=range(len(RUNS)))
def test_a_model_gives_what_it_gives_in_keras(entry: dict[str, Any]) -> None:
    model = lstmcalc.from_dict(entry["spec"])
    x = [
        indices(shape, limit, place) if limit else sequences(shape, place)
        for place, (shape, limit) in enumerate(zip(entry["shapes"], entry["limits"], strict=True))
    ]
    given = {
        layer["name"]: weights([(each["name"], each["shape"]) for each in layer["weights"]], SCALE)
        for layer in model.to_dict()["layers"]
        if layer["weights"]
    }
    hold(model.predict(x, weights=given), entry["numbers"])


def test_most_models_are_taken_and_some_are_refused() -> None:
    refused = sum("refused" in entry for entry in TABLES)
    assert 40 < refused < len(TABLES) / 2
    assert len(RUNS) > 80
