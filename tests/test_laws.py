"""Laws that hold for every model, whatever its sizes: of params, of shapes, of products, of the forms of a spec."""

from math import prod
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lstmcalc
from lstmcalc.errors import Source
from lstmcalc.layers.catalogue import find
from lstmcalc.models.model import BuiltModel
from lstmcalc.sources import model_of_text

sizes = st.integers(1, 40)
some = settings(max_examples=60, deadline=None)
Item = dict[str, Any]

RECURRENT = ("LSTM", "GRU", "SimpleRNN")
CLOSED_FORMS = (*RECURRENT, "CuDNNLSTM", "CuDNNGRU", "Dense", "Embedding")


@st.composite
def sequence_layers(draw: st.DrawFn) -> Item:
    """A layer that takes a sequence and gives one with the same number of timesteps."""
    units = draw(sizes)
    recurrent = {draw(st.sampled_from(RECURRENT)): {"units": units, "return_sequences": True}}
    return draw(
        st.sampled_from(
            [
                recurrent,
                {"Bidirectional": {**recurrent, "merge_mode": draw(st.sampled_from(["concat", "sum"]))}},
                {"TimeDistributed": {"Dense": units}},
                {"Dense": {"units": units, "use_bias": draw(st.booleans())}},
                {"Conv1D": {"filters": units, "kernel_size": 3, "padding": "same"}},
                {"Dropout": 0.5},
                {"LayerNormalization": {}},
                {"Activation": "relu"},
                {"Masking": {}},
                {"Sequential": [{"Dense": units}, recurrent]},
            ]
        )
    )


stacks = st.lists(sequence_layers(), min_size=1, max_size=4)


def stacked(items: list[Item], timesteps: int | None, features: int, batch: int | None = None) -> BuiltModel:
    return lstmcalc.from_dict({"input": {"shape": [timesteps, features], "batch": batch}, "layers": items})


def macs(model: BuiltModel) -> int:
    """The multiply-accumulates of one sample: the sum over the matrix products of all layers."""
    products = model.products(tuple(tensor.shape for tensor in model.inputs))
    assert products is not None
    return sum(prod(product.factors) for product in products)


# Params.


@given(stacks, sizes, sizes | st.none(), sizes | st.none(), sizes | st.none())
@some
def test_params_do_not_depend_on_timesteps_or_samples(
    items: list[Item], features: int, one: int | None, other: int | None, batch: int | None
) -> None:
    first, second = stacked(items, one, features), stacked(items, other, features, batch)
    assert first.count_params() == second.count_params()
    assert [weight.shape for weight in first.all_weights()] == [weight.shape for weight in second.all_weights()]


@given(stacks, sizes)
@some
def test_the_params_of_a_model_are_the_sum_over_its_layers(items: list[Item], features: int) -> None:
    model = stacked(items, None, features)
    assert model.count_params() == sum(placed.params for placed in model.placed)


@given(st.sampled_from(RECURRENT), sizes, sizes, st.booleans())
@some
def test_bidirectional_doubles_the_params(name: str, units: int, features: int, use_bias: bool) -> None:
    item = {name: {"units": units, "use_bias": use_bias}}
    both = stacked([{"Bidirectional": item}], None, features)
    assert both.count_params() == 2 * stacked([item], None, features).count_params()
    assert both.output_shape == (None, 2 * units)


@given(sizes, sizes, sizes)
@some
def test_a_dense_layer_on_each_timestep_is_a_dense_layer(units: int, timesteps: int, features: int) -> None:
    dense = stacked([{"Dense": units}], timesteps, features)
    wrapped = stacked([{"TimeDistributed": {"Dense": units}}], timesteps, features)
    assert dense.output_shape == wrapped.output_shape == (None, timesteps, units)
    assert dense.count_params() == wrapped.count_params() == features * units + units
    assert macs(dense) == macs(wrapped) == timesteps * features * units


def claims(name: str) -> list[tuple[dict[str, Any], str]]:
    """The closed forms that a layer declares, each with the arguments that it is for."""
    layer = find(name)
    assert layer is not None and layer.closed_form.formula is not None
    others = [({case.argument: case.value}, case.formula) for case in layer.closed_form.otherwise]
    return [({}, layer.closed_form.formula), *others]


@pytest.mark.parametrize("name", CLOSED_FORMS)
@given(units=sizes, features=sizes, words=sizes)
@some
def test_the_closed_form_that_a_layer_claims_is_the_sum_over_its_weights(
    name: str, units: int, features: int, words: int
) -> None:
    for arguments, formula in claims(name):
        names = {"units": units, "features": features, "input_dim": words, "output_dim": units}
        sizes_of = {"input_dim": words, "output_dim": units} if name == "Embedding" else {"units": units}
        shape = [None] if name == "Embedding" else [None, features]
        model = lstmcalc.from_dict({"input": shape, "layers": [{name: {**sizes_of, **arguments}}]})
        assert model.count_params() == eval(formula, {}, names), formula


def test_the_closed_form_of_an_lstm_is_the_one_that_people_know() -> None:
    assert claims("LSTM") == [({}, "4*((features+units)*units+units)")]


def test_both_forms_of_a_gru_are_claimed() -> None:
    assert [arguments for arguments, _ in claims("GRU")] == [{}, {"reset_after": False}]


# Products.


@given(stacks, sizes, st.tuples(sizes, sizes, sizes))
@some
def test_multiply_accumulates_are_linear_in_the_timesteps(
    items: list[Item], features: int, timesteps: tuple[int, int, int]
) -> None:
    one, two, three = timesteps
    at_one, at_two, at_three = (macs(stacked(items, each, features)) for each in timesteps)
    assert (at_three - at_one) * (two - one) == (at_two - at_one) * (three - one)


@given(st.sampled_from(RECURRENT), sizes, sizes, sizes)
@some
def test_twice_the_timesteps_are_twice_the_multiply_accumulates(
    name: str, units: int, features: int, timesteps: int
) -> None:
    once, twice = (stacked([{name: units}], each, features) for each in (timesteps, 2 * timesteps))
    assert 0 < 2 * macs(once) == macs(twice)


@given(sizes, sizes, sizes)
@some
def test_an_lstm_multiplies_its_kernels_at_each_timestep(units: int, features: int, timesteps: int) -> None:
    assert macs(stacked([{"LSTM": units}], timesteps, features)) == timesteps * 4 * units * (features + units)


@given(sizes, sizes, sizes, sizes)
@some
def test_multiply_accumulates_do_not_depend_on_the_batch(units: int, features: int, timesteps: int, batch: int) -> None:
    items = [{"LSTM": units}]
    assert macs(stacked(items, timesteps, features)) == macs(stacked(items, timesteps, features, batch))


# The forms of a spec.


def listed(model: BuiltModel) -> list[object]:
    """What two models have in common when they are the same."""
    return [
        (model.input_shape, model.output_shape, model.output_refs),
        *((each.layer.name, each.layer.class_name, [weight.shape for weight in each.weights]) for each in model.placed),
    ]


@given(sequence_layers(), sizes, st.integers(1, 5))
@some
def test_repeated_layers_are_so_many_layers(item: Item, features: int, times: int) -> None:
    repeated = stacked([{**item, "repeat": times}], None, features)
    assert listed(repeated) == listed(stacked([item] * times, None, features))


def as_yaml(value: Any) -> str:
    """A value of a spec in YAML's flow style, its strings bare."""
    match value:
        case dict():
            return "{" + ", ".join(f"{key}: {as_yaml(each)}" for key, each in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(as_yaml, value)) + "]"
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def as_call(item: Item) -> str:
    """An item as a call of the layer's class."""
    ((name, value),) = item.items()
    if not isinstance(value, dict):
        return f"{name}({as_argument(value)})"
    return f"{name}({', '.join(as_keyword(key, each) for key, each in value.items())})"


def as_keyword(key: str, value: Any) -> str:
    return as_call({key: value}) if key[0].isupper() else f"{key}={as_argument(value)}"


def as_argument(value: Any) -> str:
    return f"[{', '.join(map(as_call, value))}]" if isinstance(value, list) else repr(value)


@given(stacks, sizes, sizes | st.none())
@some
def test_a_spec_an_expression_and_a_dictionary_are_the_same_model(
    items: list[Item], features: int, timesteps: int | None
) -> None:
    expected = listed(stacked(items, timesteps, features))
    text = f"input: [{as_yaml(timesteps)}, {features}]\nlayers:\n" + "".join(f"  - {as_yaml(each)}\n" for each in items)
    expression = " | ".join([f"Input({timesteps}, {features})", *map(as_call, items)])
    calls = [as_call(each) for each in items]
    assert listed(lstmcalc.parse(expression)) == expected
    assert listed(lstmcalc.from_dict({"input": [timesteps, features], "layers": calls})) == expected
    assert listed(model_of_text(Source("model.yaml", text))) == expected


BYTES = {
    **dict.fromkeys(("float16", "bfloat16"), 2),
    **dict.fromkeys(("float32", "mixed_float16", "mixed_bfloat16"), 4),
    "float64": 8,
}


@pytest.mark.parametrize("dtype", BYTES)
def test_weights_take_the_bytes_of_their_dtype(dtype: str) -> None:
    spec = {"input": [5], "dtype": dtype, "layers": [{"Dense": 3}]}
    assert lstmcalc.from_dict(spec).to_dict()["size_bytes"] == (5 + 1) * 3 * BYTES[dtype]
