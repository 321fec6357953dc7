"""Variables: `$units`, `$(units // 2)`, `$$`, `vars` and the values that are given for them."""

from pathlib import Path
from typing import Any

import pytest
from reading import facts, model, problems

import lstmcalc
from lstmcalc.limits import DIGITS

CHAIN = "input: [5, 1]\nlayers:\n"


def units(text: str, variables: str = "{units: 128}", given: dict[str, Any] | None = None) -> int:
    """The units of the one Dense layer whose value is `text`."""
    found = model(f"vars: {variables}\n{CHAIN}  - Dense: {text}\n", given).layers[0].units  # type: ignore[attr-defined]
    assert isinstance(found, int)
    return found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$units", 128),
        ("$(units)", 128),
        ("$(units // 2)", 64),
        ("$(units + 1)", 129),
        ("$(units - 1)", 127),
        ("$(2 * units)", 256),
        ("$(units % 100)", 28),
        ("$((units + 2) * (units - 127))", 130),
        ("$(units - 8 - 20)", 100),
        ("$(units // 8 * 3)", 48),
        ("$(1 + 2 * 3)", 7),
        ("$(-units + 130)", 2),
        ("$(--units)", 128),
        ("'$units'", 128),
        ('"$(units // 2)"', 64),
        ("{units: $units}", 128),
        ("{units: $(units // 2)}", 64),
    ],
)
def test_a_variable_or_arithmetic_stands_for_a_whole_scalar(text: str, value: int) -> None:
    assert units(text) == value


def test_a_variable_stands_unquoted_in_a_list() -> None:
    found = model("vars: {n: 6}\ninput: [$n, $(n // 2)]\nlayers: [{Reshape: [$(n // 2), $n]}]")
    assert (found.input_shape, found.output_shape) == ((None, 6, 3), (None, 3, 6))


def test_a_variable_is_of_any_scalar_kind_or_a_list() -> None:
    text = (
        "vars: {units: 4, name: x, keep: true, rate: 0.5, shape: [5, 1], nothing: null}\n"
        "input: $shape\n"
        "layers:\n  - LSTM: {units: $units, return_sequences: $keep, dropout: $rate, seed: $nothing}\n    name: $name\n"
        "outputs: $name\n"
    )
    found = model(text)
    assert (found.output_shape, found.output_refs) == ((None, 5, 4), ("x",))


def test_a_variable_stands_wherever_a_value_stands() -> None:
    text = (
        "vars: {kind: functional, name: m, n: 2, where: input_layer, frozen: false, dtype: float16, shape: [5, 1]}\n"
        "name: $name\nkind: $kind\ndtype: $dtype\ninput: {shape: $shape, batch: $n}\n"
        "layers:\n  - Dense: 1\n    repeat: $n\n    from: $where\n    trainable: $frozen\n"
    )
    plain = (
        "name: m\nkind: functional\ndtype: float16\ninput: {shape: [5, 1], batch: 2}\n"
        "layers:\n  - Dense: 1\n    repeat: 2\n    from: input_layer\n    trainable: false\n"
    )
    assert facts(model(text)) == facts(model(plain))


def test_two_dollars_are_a_plain_dollar() -> None:
    found = model(CHAIN + "  - Flatten:\n    name: $$x\n")
    assert found.layers[0].name == "$x"


def test_a_dollar_inside_a_text_is_a_dollar() -> None:
    assert model(CHAIN + "  - Flatten:\n    name: a$x\n").layers[0].name == "a$x"


def test_a_variable_sees_those_above_it() -> None:
    assert units("$c", "{a: 3, b: $(a * 2), c: $(a + b)}") == 9


def test_an_expression_inside_a_spec_sees_its_variables() -> None:
    found = model("vars: {units: 128}\n" + CHAIN + '  - "Dense(units // 2)"\n  - Sequential: ["Dense(units)"]\n')
    assert [weight.shape for weight in found.all_weights()] == [(1, 64), (64,), (64, 128), (128,)]


def test_a_wrapped_expression_sees_the_variables() -> None:
    found = model("vars: {units: 3}\n" + CHAIN + '  - TimeDistributed: {layer: "Dense(units)"}\n')
    assert found.output_shape == (None, 5, 3)


def test_a_given_value_replaces_that_of_the_spec() -> None:
    assert units("$units", given={"units": 256}) == 256
    assert units("$half", "{units: 128, half: $(units // 2)}", {"units": 256}) == 128


def test_a_given_value_may_use_the_variables_above() -> None:
    assert units("$b", "{a: 3, b: 1}", {"b": "$(a * 2)"}) == 6


@pytest.mark.parametrize(("given", "value"), [("256", 256), ("0x10", 16), (" 7 ", 7), (7, 7)])
def test_a_given_string_is_read_as_the_spec_would_be(given: object, value: int) -> None:
    assert units("$units", given={"units": given}) == value


def test_a_given_string_in_quotes_is_a_string() -> None:
    assert problems(f"vars: {{units: 1}}\n{CHAIN}  - Dense: $units", {"units": "'256'"}) == [
        "4:12: Dense: units must be a whole number, but is '256' (write 256, without quotes or underscores)"
    ]


def test_values_are_given_for_a_file(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(f"vars: {{units: 1}}\n{CHAIN}  - Dense: $units", encoding="utf-8")
    assert lstmcalc.load(str(path), set={"units": 256}).output_shape == (None, 5, 256)


def test_values_are_given_for_a_dictionary() -> None:
    spec = {"vars": {"units": 1}, "input": [5, 1], "layers": [{"Dense": "$units"}]}
    assert lstmcalc.from_dict(spec, set={"units": 256}).output_shape == (None, 5, 256)


def test_values_are_given_for_an_expression() -> None:
    assert lstmcalc.parse("Input(n, 1) | LSTM(units * 2)", set={"units": 8, "n": 5}).output_shape == (None, 16)


def test_a_value_is_given_as_a_list() -> None:
    assert lstmcalc.parse("Input(shape) | Flatten()", set={"shape": [5, 2]}).output_shape == (None, 10)


def test_a_value_for_no_variable_of_an_expression_is_refused() -> None:
    with pytest.raises(lstmcalc.ModelError) as caught:
        lstmcalc.parse("Input(5, 1) | LSTM(units)", set={"units": 8, "unit": 3})
    assert str(caught.value) == (
        "--set gives 'unit', which is no variable of this model (it has: units) (did you mean 'units'?)"
    )


def test_a_value_that_is_empty_is_refused() -> None:
    with pytest.raises(lstmcalc.ModelError) as caught:
        lstmcalc.parse("Input(5, 1) | LSTM(units)", set={"units": ""})
    assert str(caught.value) == "--set units:1:1: --set gives 'units' no value"


def test_a_mapping_is_no_value_of_a_variable() -> None:
    with pytest.raises(lstmcalc.ModelError) as caught:
        lstmcalc.parse("Input(5, 1) | LSTM(units)", set={"units": {"a": 1}})
    assert str(caught.value) == (
        "--set units:1:1: a variable is a number, a string, true, false, null or a list of these, not a mapping"
    )


def test_a_variable_of_no_value_anywhere_is_named_once_for_each_use() -> None:
    assert problems(CHAIN + "  - Dense: {units: $a, name: $b}\n  - Dense: $a\n") == [
        "3:20: the variable 'a' has no value (give it a value: --set a=..., or under 'vars')",
        "3:30: the variable 'b' has no value (give it a value: --set b=..., or under 'vars')",
        "4:12: the variable 'a' has no value (give it a value: --set a=..., or under 'vars')",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("$(units // 0)", "3:23: division by zero"),
        ("$(units % 0)", "3:22: division by zero"),
        (
            "$(units / 2)",
            "3:20: arithmetic takes + - * // % and parentheses, not '/' (whole numbers are divided by //: 64 // 2)",
        ),
        ("$(units ** 2)", "3:20: arithmetic takes + - * // % and parentheses, not '**' (write it out: 8 * 8)"),
        ("$(units + 'a')", "3:22: arithmetic takes whole numbers, not the string 'a'"),
        ("$(units + [1])", "3:22: arithmetic takes whole numbers, not a list"),
        ("$([units])", "3:14: arithmetic takes whole numbers, not a list"),
        ("$(units < 2)", "3:20: here stands '<', where ')' was expected"),
        ("$(units) 5 ()", "3:21: here stands '5', where the end of the arithmetic was expected"),
    ],
)
def test_arithmetic_takes_whole_numbers_and_gives_one(text: str, says: str) -> None:
    assert problems(f"vars: {{units: 128}}\nlayers:\n  - Dense: {text}\ninput: [5, 1]\n") == [says]


def test_a_result_is_as_long_as_a_number_may_be() -> None:
    digits = "9" * (DIGITS // 2)
    assert problems(f"{CHAIN}  - Dense: $({digits} * {digits} * 1000)") == [
        f"3:14: the result has more than {DIGITS} digits"
    ]
