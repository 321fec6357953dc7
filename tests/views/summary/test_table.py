"""Keras's table: its text as Keras printed it, and the laws of the named departures."""

import re

import msgspec
import pytest
from drawn import ANSI, MODELS, boxed_lines, recorded_model, render, rows_of, styled, totals_of
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

import lstmcalc
from lstmcalc.facts.summary import Total, summarize
from lstmcalc.views.fields import COLUMNS, readable_memory_size
from lstmcalc.views.summary.look import SummaryLook
from lstmcalc.views.summary.table import show

CASES = [(name, int(width)) for name, model in MODELS.items() for width in model["texts"]]
PARAMS = 2  # the column of numbers
BROKEN_BY_KERAS = {(name, width) for name, width in CASES if width < 80}


def ours(name: str, width: int) -> str:
    return render(recorded_model(name), width, **MODELS[name]["options"])


def has_broken_numbers(table: str) -> bool:
    return any(len(row[PARAMS]) > 1 for row in rows_of(table))


@pytest.mark.parametrize(("name", "width"), CASES)
def test_the_table_is_kerass_where_keras_breaks_no_number(name, width):
    keras = MODELS[name]["texts"][str(width)]
    if has_broken_numbers(keras):
        assert not has_broken_numbers(ours(name, width))
    else:
        assert ours(name, width) == keras


@pytest.mark.parametrize(("name", "width"), CASES)
def test_every_cell_says_what_it_says_in_keras_wherever_its_lines_break(name, width):
    def said(table: str) -> list[list[str]]:
        return [["".join("".join(cell).split()) for cell in row] for row in rows_of(table)]

    assert said(ours(name, width)) == said(MODELS[name]["texts"][str(width)])


def test_keras_breaks_numbers_in_narrow_tables_only_so_that_most_are_compared_whole():
    broken = {each for each in CASES if has_broken_numbers(MODELS[each[0]]["texts"][str(each[1])])}
    assert broken and broken <= BROKEN_BY_KERAS


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("show_trainable", [False, True])
def test_at_every_width_the_table_is_so_wide_and_breaks_no_number_and_adds_up(name, show_trainable):
    model = recorded_model(name)
    for width in range(40, 201):
        table = render(model, width, True, show_trainable)
        assert {cell_len(line) for line in boxed_lines(table)} == {width}, width
        assert not has_broken_numbers(table), width
        if width > 60:
            assert added_up(table) == totals_of(table)[0], width


def added_up(table: str) -> int:
    """The column of numbers added again; rows of layers inside say their part without being added."""
    at_top = [row for row in rows_of(table) if not row[0][0].startswith("└")]
    return sum(int("".join(row[PARAMS]).removesuffix("(shared)").replace(",", "")) for row in at_top)


@pytest.mark.parametrize("params", [10**3 - 1, 10**6 - 1, 10**6, 10**9, 2**31 * 1000], ids=lambda params: f"{params:,}")
@pytest.mark.parametrize("width", [40, 41, 60, 80])
def test_a_number_of_any_length_stands_in_one_line(params, width):
    factors = (params, 1) if params < 2**31 else (2**31 // 2, params // (2**31 // 2))
    embedding = {"input_dim": factors[0], "output_dim": factors[1]}
    spec = {"input": {"shape": [None], "dtype": "int32"}, "layers": [{"Embedding": embedding}]}
    table = render(lstmcalc.from_dict(spec), width, False, True)
    assert f" {params:,} │" in table
    assert {len(line) for line in boxed_lines(table)} == {width}


# Sharing.

FEATURES = 3


@st.composite
def specs(draw):
    """A graph of layers that keep (timesteps, 3), so that any may be called again anywhere."""
    layers, names = [], []
    for number in range(draw(st.integers(1, 6))):
        name = f"{draw(st.sampled_from(['layer', 'ein_sehr_langer_name', '層', '🙂']))}_{number}"
        kind = draw(st.sampled_from(["Dense", "LSTM", "GRU", "Dropout", "Bidirectional", "Sequential", "reuse"]))
        frozen = {"trainable": False} if draw(st.booleans()) else {}
        if kind == "reuse" and names:
            layers.append({"reuse": draw(st.sampled_from(names)), "name": name})
            continue
        names.append(name)
        layers.append({**layer(kind, draw), "name": name, **frozen})
    return {"inputs": {"x": [draw(st.integers(1, 9)), FEATURES]}, "layers": layers}


def layer(kind, draw):
    recurrent = {"units": FEATURES, "return_sequences": True}
    match kind:
        case "LSTM" | "GRU":
            return {kind: recurrent}
        case "Dropout":
            return {"Dropout": 0.5}
        case "Bidirectional":
            return {"Bidirectional": {"LSTM": recurrent, "merge_mode": "sum"}}
        case "Sequential":
            units = draw(st.integers(1, 5000))
            return {"Sequential": [{"Dense": units}, {"LSTM": recurrent}]}
    return {"Dense": FEATURES}


@settings(max_examples=150, deadline=None)
@given(specs(), st.integers(40, 200), st.booleans(), st.booleans())
def test_the_column_adds_up_to_the_total_whatever_is_called_again(spec, width, expand_nested, show_trainable):
    model = lstmcalc.from_dict(spec)
    table = render(model, width, expand_nested, show_trainable)
    assert {cell_len(line) for line in boxed_lines(table)} == {width}
    total, trainable, frozen = totals_of(table)
    assert total == trainable + frozen == model.count_params()
    assert added_up(render(model, 200, expand_nested, show_trainable)) == total


def test_a_layer_called_on_several_shapes_shows_the_shape_of_each_call():
    spec = {
        "inputs": {"short": [4, 3], "long": [9, 3]},
        "layers": [
            {"Dense": 7, "name": "shared", "from": "short"},
            {"reuse": "shared", "from": "long", "name": "second"},
            {"Flatten": None, "from": "shared", "name": "a"},
            {"Flatten": None, "from": "second", "name": "b"},
            {"Concatenate": None, "from": ["a", "b"]},
        ],
    }
    (row,) = [row for row in rows_of(render(lstmcalc.from_dict(spec), 200)) if row[0] == ["shared (Dense)"]]
    assert row[1:] == [["(None, 4, 7), (None, 9, 7)"], ["28"], ["short[0][0], long[0][0]"]]


def with_shared(count):
    """Two rows that own the same first weights, which no spec can say but a saved model can."""
    model = lstmcalc.from_dict({"input": [3], "layers": [{"Dense": 3}, {"Dense": 3}, {"Dense": 1}]})
    first, second, last = model.placed
    shared = msgspec.structs.replace(second, weights=(*first.weights[:count], *second.weights[count:]))
    return msgspec.structs.replace(model, placed=(first, shared, last))


def test_a_row_whose_weights_an_earlier_row_counted_says_0_shared():
    table = render(with_shared(2), 88)
    assert [row[PARAMS] for row in rows_of(table)] == [["12"], ["0 (shared)"], ["4"]]
    assert totals_of(table)[0] == 12 + 4


def test_a_row_of_which_one_weight_was_counted_says_the_rest():
    table = render(with_shared(1), 88)
    assert [row[PARAMS] for row in rows_of(table)] == [["12"], ["3"], ["4"]]
    assert totals_of(table)[0] == 12 + 3 + 4


# Names.


def test_a_name_that_would_steer_the_terminal_is_spelled_out():
    model = msgspec.structs.replace(lstmcalc.parse("Input(3) | Dense(1)"), name="\u202egnp\x1b[2J")
    assert render(model).startswith('Model: "\\u202egnp\\x1b[2J"\n')


# Colours.


@pytest.mark.parametrize("name", [name for name in MODELS if "colored" in MODELS[name]])
def test_every_character_has_the_colour_that_it_has_in_keras(name):
    look = SummaryLook(width=88, color=True, **MODELS[name]["options"])
    colored = "".join(f"{line}\n" for line in show(summarize(recorded_model(name)), look))
    assert styled(colored) == styled(MODELS[name]["colored"])


@pytest.mark.parametrize("columns", [None, COLUMNS])
@pytest.mark.parametrize("name", MODELS)
def test_colours_change_nothing_but_colours(name, columns):
    look = SummaryLook(width=100, expand_nested=True, show_trainable=True, show_weights=True, columns=columns)
    summary = summarize(recorded_model(name))
    plain = list(show(summary, look))
    colored = list(show(summary, msgspec.structs.replace(look, color=True)))
    assert [ANSI.sub("", line) for line in colored] == plain
    assert colored != plain


# Boxes of ASCII.


def test_boxes_of_ascii_say_the_same_in_ascii():
    look = SummaryLook(width=88, expand_nested=True)
    summary = summarize(recorded_model("nested"))
    boxes = "\n".join(show(summary, look))
    ascii_only = "\n".join(show(summary, msgspec.structs.replace(look, ascii_only=True)))
    assert ascii_only.isascii()
    rules = str.maketrans("┏━┳┓┃┡╇┩│├─┼┤└┴┘", "+--+||-+||-+|+-+")
    assert re.sub(r"[-+|`]", " ", ascii_only) == re.sub(r"[-+|`]", " ", boxes.replace("└ ", "` ").translate(rules))


# Columns of one's own choice.


def test_the_chosen_columns_stand_in_the_order_in_which_they_were_named():
    look = SummaryLook(width=100, columns=("params", "share", "macs", "size", "input_shape", "class", "name"))
    table = "\n".join(show(summarize(lstmcalc.parse("Input(5, 1) | LSTM(5) | Dense(1)")), look))
    assert "Param # ┃ Share ┃ MACs ┃  Size ┃ Input Shape  ┃ Type  ┃ Layer" in table
    assert [[cell[0] for cell in row] for row in rows_of(table)] == [
        # 5 timesteps * 4 gates * 5 units * (1 + 5); 140 of 146 params
        ["140", "95.9%", "600", "560 B", "(None, 5, 1)", "LSTM", "lstm"],
        ["6", "4.1%", "5", "24 B", "(None, 5)", "Dense", "dense"],
    ]


def test_unknown_timesteps_make_macs_a_number_per_timestep():
    look = SummaryLook(width=100, columns=("name", "macs"))
    table = "\n".join(show(summarize(lstmcalc.parse("Input(None, 1) | LSTM(5) | Dense(1)")), look))
    assert [row[1] for row in rows_of(table)] == [["120/timestep"], ["5"]]


@pytest.mark.parametrize("name", MODELS)
def test_chosen_columns_fit_the_width_where_headings_and_numbers_leave_room(name):
    summary = summarize(recorded_model(name))
    for width in range(60, 140, 7):
        look = SummaryLook(
            width=width, expand_nested=True, show_weights=True, columns=("name", "class", "output_shape", "params")
        )
        widths = {cell_len(line) for line in boxed_lines("\n".join(show(summary, look)))}
        assert len(widths) == 1 and max(widths) <= width


def test_no_word_of_a_heading_is_broken_where_the_columns_are_too_many():
    look = SummaryLook(width=40, columns=COLUMNS)
    table = "\n".join(show(summarize(recorded_model("nested")), look))
    for word in ("Layer", "Type", "Input", "Output", "Shape", "Param", "Trainable", "MACs", "Size", "Connected"):
        assert re.search(rf" {word} ", table), word


# A row per weight.


def test_show_weights_adds_a_row_per_weight_with_its_shape_and_its_layer_inside():
    look = SummaryLook(width=100, show_weights=True)
    model = lstmcalc.parse("Input(5, 1) | Bidirectional(LSTM(5)) | Dense(1)")
    rows = rows_of("\n".join(show(summarize(model), look)))
    assert [[cell[0] for cell in row] for row in rows] == [
        ["bidirectional (Bidirectional)", "(None, 10)", "280"],
        ["forward_lstm/kernel", "(1, 20)", "20"],
        ["forward_lstm/recurrent_kernel", "(5, 20)", "100"],
        ["forward_lstm/bias", "(20)", "20"],
        ["backward_lstm/kernel", "(1, 20)", "20"],
        ["backward_lstm/recurrent_kernel", "(5, 20)", "100"],
        ["backward_lstm/bias", "(20)", "20"],
        ["dense (Dense)", "(None, 1)", "11"],
        ["kernel", "(10, 1)", "10"],
        ["bias", "(1)", "1"],
    ]


def test_the_weights_of_an_opened_model_stand_under_its_layers_alone():
    model = recorded_model("nested")
    for expand_nested in (False, True):
        look = SummaryLook(width=200, expand_nested=expand_nested, show_weights=True)
        rows = rows_of("\n".join(show(summarize(model), look)))
        assert sum(row[0][0].endswith("kernel") for row in rows) == 2 + 2 + 1 + 1  # forward, backward, dense, dense_1


# Sizes.


@pytest.mark.parametrize(
    ("params", "text"),
    [(0, "0.00 B"), (146, "584.00 B"), (256, "1.00 KB"), (262144, "1.00 MB")],
)
def test_kerass_sizes_have_two_digits_and_call_1024_bytes_a_kb(params, text):
    assert readable_memory_size(Total(params, params * 32)) == text


def test_a_dtype_changes_the_sizes_and_no_number():
    model = recorded_model("many_to_many")
    lines = [line for line in show(summarize(model, "int8"), SummaryLook(width=88)) if "params:" in line]
    assert lines[0] == " Total params: 146 (146.00 B)"
    (lstm, dense) = summarize(model, "float16").layers
    assert (lstm.size_bytes, dense.size_bytes) == (140 * 2, 6 * 2)
