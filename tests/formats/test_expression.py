"""Expressions: Python call syntax, literals and variables, parsed and never evaluated."""

from typing import Any

import pytest
from reading import facts, model

import lstmcalc
from lstmcalc.errors import ModelError, Source
from lstmcalc.formats.expression import read_expression
from lstmcalc.formats.values import Constructor, Plain, plain
from lstmcalc.limits import EXPRESSION, NESTING


def parse(text: str, **given: Any) -> dict[str, Any]:
    return facts(lstmcalc.parse(text, set=given))


def argument(text: str) -> Plain:
    """The value of the one argument of a call."""
    (call,) = read_expression(f"A({text})", Source("<expression>", f"A({text})").place)
    assert isinstance(call, Constructor)
    return plain(call.args[0])


def refused(text: str) -> str:
    with pytest.raises(ModelError) as caught:
        lstmcalc.parse(text)
    return str(caught.value).removeprefix("<expression>:")


def test_layers_stand_from_left_to_right() -> None:
    spec = "input: [5, 1]\nlayers:\n  - LSTM: {units: 5, return_sequences: true}\n  - TimeDistributed: {Dense: 1}\n"
    assert parse("Input(5, 1) | LSTM(5, return_sequences=True) | TimeDistributed(Dense(1))") == facts(model(spec))


@pytest.mark.parametrize(
    "written",
    [
        *("Input((5, 1))", "Input([5, 1])", "Input(shape=(5, 1))", "Input(shape=[5, 1])", "InputLayer(5, 1)"),
        *("keras.Input(5, 1)", "tf.keras.layers.Input(shape=(5,1))", "Input(5, 1, dtype='float32')"),
        *("Input(batch_shape=(None, 5, 1))", "InputLayer(batch_input_shape=(None, 5, 1))", "Input((5, 1), None)"),
        "InputLayer(input_shape=(5, 1))",
    ],
)
def test_an_input_is_the_same_in_each_of_its_forms(written: str) -> None:
    assert parse(f"{written} | LSTM(5)") == parse("Input(5, 1) | LSTM(5)")


def test_an_input_of_one_axis_needs_no_tuple() -> None:
    assert lstmcalc.parse("Input(8) | Dense(1)").input_shape == (None, 8)
    assert lstmcalc.parse("Input((8,)) | Dense(1)").input_shape == (None, 8)


def test_an_input_has_a_name_a_dtype_and_a_batch() -> None:
    (found,) = lstmcalc.parse("Input((5,), 32, 'int32', name='words') | Embedding(9, 2)").inputs
    assert (found.operation.name, found.dtype, found.shape) == ("words", "int32", (32, 5))


def test_a_layer_with_its_own_input_shape_is_a_model() -> None:
    found = lstmcalc.parse("LSTM(128, input_shape=(10, 300))")
    assert (found.input_shape, found.count_params()) == ((None, 10, 300), 4 * ((300 + 128) * 128 + 128))


def test_a_class_without_arguments_needs_no_parentheses() -> None:
    assert parse("Input(5, 1) | Flatten | Dense(1)") == parse("Input(5, 1) | Flatten() | Dense(1)")


def test_of_a_dotted_name_the_last_word_counts() -> None:
    assert parse("Input(5, 1) | keras.layers.LSTM(5, activation=tf.nn.relu)") == parse(
        "Input(5, 1) | LSTM(5, activation='relu')"
    )


def test_line_breaks_and_spaces_are_free() -> None:
    assert parse("\n  Input( 5 ,1 )\n  |LSTM (\n5,\n)\n") == parse("Input(5, 1) | LSTM(5)")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(
            ("5", 5),
            ("-5", -5),
            ("+5", 5),
            ("--5", 5),
            ("0", 0),
            ("1_000", 1000),
            ("5.0", 5.0),
            (".5", 0.5),
            ("5.", 5.0),
        ),
        *(("1e3", 1000.0), ("-1.5e-1", -0.15), ("1_0.5", 10.5), ("True", True), ("False", False), ("None", None)),
        *(("true", True), ("false", False), ("null", None), ("'a'", "a"), ('"a"', "a"), ("'a\\'b\\n'", "a'b\n")),
        *(
            ("(1, 2)", [1, 2]),
            ("[1, 2]", [1, 2]),
            ("(1,)", [1]),
            ("()", []),
            ("[]", []),
            ("(1)", 1),
            ("[1, 2, ]", [1, 2]),
        ),
        *(("{'a': 1, 'b': [2]}", {"a": 1, "b": [2]}), ("{}", {}), ("keras.activations.relu", "relu")),
        ("l2(l2=0.1)", {"class_name": "l2", "config": {"l2": 0.1}}),
    ],
)
def test_a_literal_is_that_of_python_or_of_yaml(text: str, value: Plain) -> None:
    assert argument(text) == value
    assert type(argument(text)) is type(value)


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("l2(0.1)", "l2(l2=0.1)"),
        ("keras.regularizers.L1L2(0.1, 0.2)", "L1L2(l1=0.1, l2=0.2)"),
        ("l1_l2(0.1, l2=0.2)", "l1_l2(l1=0.1, l2=0.2)"),
        ("L1()", "L1()"),
    ],
)
def test_an_object_of_kerass_takes_arguments_by_their_place(short: str, full: str) -> None:
    by_place, by_name = (
        lstmcalc.parse(f"Input(5, 1) | LSTM(5, kernel_regularizer={each})").layers[0].kernel_regularizer  # type: ignore[attr-defined]
        for each in (short, full)
    )
    assert by_place == by_name


def test_a_bare_name_is_a_variable() -> None:
    assert parse("Input(5, n) | LSTM(units, return_sequences=keep)", units=8, n=3, keep=True) == parse(
        "Input(5, 3) | LSTM(8, return_sequences=True)"
    )


def test_a_variable_may_have_its_dollar() -> None:
    assert parse("Input(5, 1) | LSTM($units)", units=8) == parse("Input(5, 1) | LSTM(8)")
    assert parse("Input(5, 1) | LSTM($(units * 2))", units=4) == parse("Input(5, 1) | LSTM(8)")


def test_arithmetic_is_that_of_python() -> None:
    assert parse("Input(5, 1) | LSTM((units + 3) * 2 - 20 // 3 % 4)", units=1) == parse("Input(5, 1) | LSTM(6)")


def test_a_variable_in_a_string_is_a_string() -> None:
    assert lstmcalc.parse("Input(5, 1) | LSTM(5, name='$units')").layers[0].name == "$units"


def test_a_model_inside_is_a_list_of_calls() -> None:
    spec = "input: [5, 1]\nlayers:\n  - Sequential: [{Dense: 3}, Flatten]\n  - Dense: 1\n"
    assert parse("Input(5, 1) | Sequential([Dense(3), Flatten()]) | Dense(1)") == facts(model(spec))


def test_a_model_inside_has_keywords() -> None:
    found = lstmcalc.parse("Input(5, 1) | Model(input=[5, 1], layers=[LSTM(3)], name='inner')")
    assert [layer.name for layer in found.layers] == ["inner"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Input(5, 1) | LSTM(05)", "1:20: the integer 05 has a leading zero, or an underscore too many"),
        ("Input(5, 1) | LSTM(5_)", "1:20: the integer 5_ has a leading zero, or an underscore too many"),
        ("Input(5, 1) | LSTM(5_.5)", "1:20: 5_.5 is no number"),
        ("Input(5, 1) | LSTM(0x10)", "1:21: here stands 'x10', where ')' was expected"),
        ("Input(5, 1) | LSTM(5) if x else y", "1:23: here stands 'if', where '|' or the end was expected"),
        ("Input(5, 1) | LSTM(*args)", "1:20: here stands '*', where a value was expected"),
        ("Input(5, 1) | LSTM(units==5)", "1:25: here stands '=', where ')' was expected"),
        ("Input(5, 1) | LSTM(x[0])", "1:21: here stands '[', where ')' was expected"),
        ("Input(5, 1) | LSTM(f'5')", "1:21: here stands \"'5'\", where ')' was expected"),
        ("Input(5, 1) | LSTM(5);", "1:22: here stands ';', where '|' or the end was expected"),
        ("Input(5, 1) | LSTM(5) # five", "1:23: here stands '#', where '|' or the end was expected"),
        ("Input(5, 1) | LSTM($5)", "1:21: here stands '5', where a variable's name was expected"),
        ("Input(5, 1) | 5", "1:15: here stands '5', where a layer, like LSTM(5), was expected"),
        ("Input(5, 1) | LSTM({a: 1})", "1:21: a key must be a string in quotes"),
        ("Input(5, 1) | LSTM({'a': 1, 'a': 2})", "1:29: the key 'a' stands twice"),
        ("", "1:1: here is the end, where a layer, like LSTM(5), was expected"),
        ("Input(٣, 1) | LSTM(5)", "1:7: here stands '٣', where a value was expected"),
    ],
)
def test_what_is_no_expression_is_refused(text: str, says: str) -> None:
    assert refused(text) == says


def test_nothing_is_evaluated() -> None:
    assert "where '|' or the end was expected" in refused("__import__('os').system('echo evaluated')")
    assert refused("Input(5, 1) | LSTM(open('x'))").startswith("1:25: open takes no argument without a name")


def test_parentheses_nest_as_deep_as_the_limit() -> None:
    assert argument("(" * (NESTING - 1) + "5" + ")" * (NESTING - 1)) == 5
    assert refused(f"Dense({'(' * NESTING}5{')' * NESTING})") == (
        f"1:{len('Dense(') + NESTING + 1}: nested more than {NESTING} levels deep"
    )


def test_an_expression_is_as_long_as_the_limit() -> None:
    text = "Input(5, 1) | Flatten"
    assert lstmcalc.parse(text + " " * (EXPRESSION - len(text))).output_shape == (None, 5)
    assert refused(text + " " * (EXPRESSION - len(text) + 1)).startswith(
        "1:1: an expression has at most 131,072 characters"
    )


def test_a_mistake_in_a_quoted_item_is_placed_inside_its_quotes() -> None:
    for item, column in (('"LSTM(5, unit=3)"', 14), ("LSTM(5, unit=3)", 13), ("'LSTM(5, unit=3)'", 14)):
        with pytest.raises(ModelError) as caught:
            model(f"input: [5, 1]\nlayers:\n  - {item}\n")
        assert (caught.value.line, caught.value.column) == (3, column)


def test_a_mistake_in_an_item_of_several_lines_is_placed_at_the_item() -> None:
    with pytest.raises(ModelError) as caught:
        model("input: [5, 1]\nlayers:\n  - >-\n    LSTM(5,\n    unit=3)\n")
    assert (caught.value.line, caught.value.column) == (3, 5)
