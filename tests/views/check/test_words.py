"""A budget that was held, in words: nothing that is rounded hides what is exceeded."""

import lstmcalc
from lstmcalc.views.check.words import amounts, share


def test_rounding_hides_no_overrun():
    model = "Input(1024) | Dense(1023, use_bias=False)"  # 1,047,552 params
    (found,) = lstmcalc.parse(model).check({"size": 4_190_207})
    assert found.actual == 4_190_208
    assert amounts(found) == ("4,190,207 B", "4,190,208 B")
    assert share(found.actual, found.limit.most) == "100.00002%"
    assert share(99_999, 100_000) == "99.999%"
    assert share(10**30 + 1, 10**30) == "over 100%"
    assert share(10**30 - 1, 10**30) == "under 100%"
    assert share(5, 5) == "100.0%"
    assert share(5, 0) == "-"
