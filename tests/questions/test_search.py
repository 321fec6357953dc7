"""Searching: the answer is the one that trying every value gives, and says what it rests on."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lstmcalc
from lstmcalc.errors import ModelError, Problem
from lstmcalc.facts.summary import summarize, totals
from lstmcalc.questions.budget import Held, Limit
from lstmcalc.questions.search import GROWS, NEITHER, SHRINKS, Probe, Search, points_of
from lstmcalc.sources import Template, variables_of
from lstmcalc.views.solve.words import answer

LIMIT = Limit("params", 1000, "1k", option="--max-params")


def search(count, low=1, high=2**31 - 1, wants_least=False):
    def attempt(value):
        number = count(value)
        if number is None:
            return Probe(value, error=ModelError(Problem("no model")))
        return Probe(value, (Held(LIMIT, number),))

    return Search(attempt, low, high, wants_least).solution("k")


def test_the_largest_value_fits_and_the_next_does_not():
    found = search(lambda value: 4 * ((1 + value) * value + value))
    assert (found.value, found.trend) == (14, GROWS)
    assert [(each.value, each.fits) for each in found.proof] == [(14, True), (15, False)]
    assert found.tried < 100


def test_the_smallest_value_of_what_shrinks():
    found = search(lambda value: 10_000 // value, wants_least=True)
    assert (found.value, found.trend) == (10, SHRINKS)
    assert [(each.value, each.fits) for each in found.proof] == [(10, True), (9, False)]


def test_the_smallest_value_of_what_grows_is_the_first_one():
    found = search(lambda value: value, wants_least=True)
    assert (found.value, [each.value for each in found.proof]) == (1, [1])


def test_none_fits_says_which_comes_closest():
    found = search(lambda value: 2000 + value)
    assert (found.value, found.proof[0].value, found.proof[0].fits) == (None, 1, False)


def test_what_comes_closest_is_told_by_shares_of_the_limits_and_not_by_numbers():
    few = Limit("size", 10, "10", option="--max-size")
    # With 1 the params are 50% over their limit and with 2 only 10%, but then the size is 90% over its own.
    over = {1: (1500, 10), 2: (1100, 19)}
    attempt = lambda value: Probe(value, (Held(LIMIT, over[value][0]), Held(few, over[value][1])))  # noqa: E731
    found = Search(attempt, 1, 2, False).solution("units")
    assert (found.value, found.proof[0].value) == (None, 1)


def test_a_value_that_changes_nothing_may_be_the_largest_allowed():
    found = search(lambda value: 5, high=300)
    assert (found.value, [each.value for each in found.proof]) == (300, [300])


def test_what_is_not_monotonic_is_tried_value_by_value():
    found = search(lambda value: 100 * (value % 64), high=500)
    assert (found.value, found.trend, found.tried, found.high) == (458, NEITHER, 500, 500)
    assert search(lambda value: 100 * (value % 64)).high == 10_000


def test_values_without_a_model_do_not_fit():
    assert search(lambda value: value if value <= 77 else None).value == 77
    found = search(lambda value: value if value % 8 == 0 else None, low=1, high=200)
    assert (found.value, found.trend) == (200, NEITHER)


def test_values_without_a_model_may_stand_at_both_ends():
    count = lambda value: 3 * value if 5 <= value < 20_000_000 else None  # noqa: E731
    found = search(count, low=-3)
    assert (found.value, found.trend, found.is_cut) == (333, GROWS, False)
    found = search(count, low=-3, wants_least=True)
    assert (found.value, [each.value for each in found.proof]) == (5, [5, 4])
    count = lambda value: 20_000_000 // value if 0 < value < 40_000_000 else None  # noqa: E731
    found = search(count, low=0)
    assert (found.value, found.trend) == (39_999_999, SHRINKS)
    assert search(count, low=0, wants_least=True).value == 19_981  # 20,000,000 // 19,981 = 1000


def test_an_answer_that_holds_for_a_part_of_what_was_allowed_says_so():
    found = search(lambda value: 100 * (value % 64), high=10_001)
    assert (found.value, found.high, found.is_cut) == (9994, 10_000, True)
    assert answer(found) == "k = 9994 is the largest value up to 10,000 that keeps every budget."
    assert not search(lambda value: 100 * (value % 64), high=10_000).is_cut
    found = search(lambda value: 2000 + value % 64)
    assert answer(found) == "No value of k up to 10,000 keeps every budget."


def test_where_no_value_gives_a_model_its_error_is_told():
    with pytest.raises(ModelError, match="no model"):
        search(lambda value: None, high=100)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(0, 2000), min_size=1, max_size=60),
    st.booleans(),
    st.sampled_from([None, False, True]),
    st.integers(0, 9),
    st.integers(0, 9),
)
def test_the_answer_is_that_of_trying_every_value(counts, wants_least, is_reversed, faulty_before, faulty_after):
    if is_reversed is not None:
        counts.sort(reverse=is_reversed)
    is_ordered = counts in (sorted(counts), sorted(counts, reverse=True))
    values = [*[None] * faulty_before, *counts, *[None] * faulty_after]
    fitting = [value for value, count in enumerate(values, 1) if count is not None and count <= 1000]
    wanted = None if not fitting else fitting[0] if wants_least else fitting[-1]
    found = search(lambda value: values[value - 1], high=len(values), wants_least=wants_least)
    if found.trend == NEITHER or is_ordered:
        assert found.value == wanted


# Sweeps.


def points(model, **choices):
    template = Template(model)
    listed = {name: [(str(value), variables_of({name: value})[name]) for value in values]
              for name, values in choices.items()}  # fmt: skip
    return list(points_of(lambda given: template.spec_and_model(given)[1], listed, {}, None))


def test_the_last_variable_changes_fastest():
    found = points("Input(5, 1) | LSTM(units) | Dense(k)", units=[5, 6], k=[1, 2])
    assert [each.values for each in found] == [("5", "1"), ("5", "2"), ("6", "1"), ("6", "2")]
    assert [each.params for each in found] == [146, 152, 192 + 7, 192 + 14]


def test_the_totals_of_a_sweep_are_those_of_the_summary():
    for name in ("siamese", "transformer_block", "unknown_timesteps", "bidirectional_tagger"):
        model = lstmcalc.load(f"{__file__.rpartition('/')[0]}/../../specs/{name}.yaml")
        summary = summarize(model, "float16")
        assert totals(model, "float16") == (summary.total, summary.trainable, summary.macs)


def test_a_combination_without_a_model_is_a_row_with_its_reason():
    found = points("Input(5, 1) | LSTM(units)", units=[0, 5])
    assert found[0].error.message == "LSTM: units must be at least 1, but is 0"
    assert found[1].params == 140
    with pytest.raises(ModelError):
        points("Input(5, 1) | LSTM(units)", units=[0, -1])


def test_a_sweep_takes_ten_thousand_combinations():
    values = list(range(1, 101))
    assert len(points("Input(5, 1) | LSTM(units) | Dense(k)", units=values, k=values)) == 10_000
