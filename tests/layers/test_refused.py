"""What is not taken is refused by name, with its reason; what has another name is known by it."""

import pytest

import lstmcalc
from lstmcalc.layers.catalogue import ALIASES, MODULES, find
from lstmcalc.layers.refused import REFUSED


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_says_its_reason(name: str) -> None:
    with pytest.raises(lstmcalc.ModelError) as refused:
        lstmcalc.from_dict({"input": [5, 1], "layers": [name]})
    assert refused.value.message == f"the layer '{name}' is not taken: {REFUSED[name]}"


def test_nothing_is_both_known_and_refused() -> None:
    assert not set(REFUSED) & {*MODULES, *ALIASES}


@pytest.mark.parametrize("alias", ALIASES)
def test_an_alias_means_the_layer_of_keras_3(alias: str) -> None:
    layer = find(alias)
    assert layer is not None
    assert layer is find(ALIASES[alias])
    assert layer.__name__ == ALIASES[alias]


def test_an_alias_is_shown_and_named_as_keras_3_does() -> None:
    made = lstmcalc.parse("Input(7, 5) | Convolution1D(3, 2) | MaxPool1D()")
    assert [layer.class_name for layer in made.layers] == ["Conv1D", "MaxPooling1D"]
    assert [layer.name for layer in made.layers] == ["conv1d", "max_pooling1d"]
