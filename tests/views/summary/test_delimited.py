"""CSV and Markdown, read back."""

import csv
import io
import re

import pytest
from drawn import MODELS, recorded_model

import lstmcalc
from lstmcalc.facts.summary import summarize
from lstmcalc.views.fields import COLUMNS
from lstmcalc.views.summary import csv as csv_view
from lstmcalc.views.summary import markdown as markdown_view
from lstmcalc.views.summary.look import SummaryLook
from lstmcalc.views.summary.markdown import MARKDOWN_COLUMNS

CELL = re.compile(r"(?<!\\)\|")


def csv_text(summary, columns, **chosen):
    return "".join(f"{line}\n" for line in csv_view.show(summary, SummaryLook(columns=columns, **chosen)))


def markdown_text(summary, columns, **chosen):
    return "".join(f"{line}\n" for line in markdown_view.show(summary, SummaryLook(columns=columns, **chosen)))


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def read_markdown(text: str) -> list[list[str]]:
    """The fields of a Markdown table, without its headings."""
    rows = [CELL.split(line)[1:-1] for line in text.splitlines() if line.startswith("|")]
    return [[re.sub(r"\\(.)", r"\1", field.strip()) for field in row] for row in rows[2:]]


@pytest.mark.parametrize("name", MODELS)
def test_the_params_of_the_csv_add_up_to_the_total(name):
    summary = summarize(recorded_model(name))
    rows = read_csv(csv_text(summary, None, expand_nested=False, show_weights=False))
    assert sum(int(row["params"]) for row in rows) == summary.total.params
    assert [row["name"] for row in rows] == [row.name for row in summary.layers]
    assert sum(int(row["size"]) for row in rows) == summary.total.size_bytes


def test_a_line_of_csv_has_bare_numbers_and_shapes_as_keras_prints_them():
    summary = summarize(lstmcalc.parse("Input(5, 1) | LSTM(500)"))
    (row,) = read_csv(csv_text(summary, None, expand_nested=False, show_weights=False))
    assert row == {
        "name": "lstm",
        "class": "LSTM",
        "input_shape": "(None, 5, 1)",
        "output_shape": "(None, 500)",
        "params": str(4 * 500 * (1 + 500 + 1)),
        "trainable": "true",
        "macs": str(5 * 4 * 500 * (1 + 500)),
        "size": str(4 * 4 * 500 * (1 + 500 + 1)),
        "share": "1.000000",
        "connected": "input_layer",
    }


def test_an_unknown_number_is_empty_in_csv():
    summary = summarize(lstmcalc.parse("Input(None, 1) | LSTM(5)"))
    (row,) = read_csv(csv_text(summary, ("name", "macs"), expand_nested=False, show_weights=False))
    assert row == {"name": "lstm", "macs": ""}


def test_names_of_layers_and_weights_inside_have_those_above_before_them():
    summary = summarize(recorded_model("nested"))
    rows = read_csv(csv_text(summary, None, expand_nested=True, show_weights=True))
    params = {row["name"]: int(row["params"]) for row in rows}
    assert params["encoder"] == params["encoder/bidirectional"] + params["encoder/dense"]
    assert params["encoder/bidirectional/backward_lstm/recurrent_kernel"] == 4 * 32 * 32
    assert len(params) == len(rows)


@pytest.mark.parametrize("columns", [COLUMNS, ("params", "name")])
@pytest.mark.parametrize("name", MODELS)
def test_each_line_of_csv_and_markdown_has_all_chosen_columns(name, columns):
    summary = summarize(recorded_model(name))
    lines = list(csv.reader(io.StringIO(csv_text(summary, columns, expand_nested=True, show_weights=True))))
    assert lines[0] == list(columns)
    assert {len(line) for line in lines} == {len(columns)}
    rows = read_markdown(markdown_text(summary, columns, expand_nested=True, show_weights=True))
    assert {len(row) for row in rows} == {len(columns)}


def test_a_name_that_is_csv_comes_back_as_it_was():
    name = 'a "b", c; d'
    summary = summarize(lstmcalc.from_dict({"input": [3], "layers": [{"Dense": 1, "name": name}]}))
    (row,) = read_csv(csv_text(summary, None, expand_nested=False, show_weights=False))
    assert row["name"] == name


def test_markdown_has_a_row_per_layer_and_the_totals_below():
    summary = summarize(recorded_model("encoder_decoder"))
    text = markdown_text(summary, None, expand_nested=False, show_weights=False)
    assert text.startswith(
        "### encoder\\_decoder\n\n| Layer | Type | Output Shape | Param # |\n| --- | --- | --- | ---: |\n"
    )
    rows = read_markdown(text)
    assert [row[0] for row in rows] == ["source", "target", "encoder", "decoder", "characters"]
    assert sum(int(row[-1].replace(",", "")) for row in rows) == summary.total.params
    assert "Total params: **718,173** (2.74 MB)  \nTrainable params: 718,173 (2.74 MB)  \nNon" in text


def test_a_name_that_is_markdown_is_shown_and_not_obeyed():
    name = "a|b*c*<img src=x>`d`[e](f)"
    summary = summarize(lstmcalc.from_dict({"input": [3], "layers": [{"Dense": 1, "name": name}]}))
    text = markdown_text(summary, MARKDOWN_COLUMNS, expand_nested=False, show_weights=False)
    assert read_markdown(text)[-1][0] == name
    assert "<img" not in text.replace("\\<", "") and "](" not in text.replace("\\]", "")
