"""What `lstmcalc layers` says of each layer, whole: `pytest --rewrite` writes it anew; read what changed."""

from pathlib import Path

import pytest

from lstmcalc import cli
from lstmcalc.layers.catalogue import FAMILIES

EXPECTED = Path(__file__).parents[1] / "data" / "layers"


@pytest.mark.parametrize("family", FAMILIES)
def test_the_page_of_each_layer(capsys, compare_golden, family):
    for name in FAMILIES[family]:
        assert cli.run(["layers", name, "--width", "80"]) == 0
    compare_golden(capsys.readouterr().out, EXPECTED / f"{family}.txt")


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_the_list_of_layers(capsys, compare_golden, form):
    assert cli.run(["layers", "--format", form]) == 0
    compare_golden(capsys.readouterr().out, EXPECTED / f"list_{form}.txt")
