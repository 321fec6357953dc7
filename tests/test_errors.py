"""Every mistake in its words: what was found, what is taken, what to do, and where.

The models and what is printed of each stand in data/errors/. A new case is its name and its model, in the form of those
above it; `pytest tests/test_errors.py --rewrite` writes what is printed now, to be reviewed in the diff.
"""

from pathlib import Path
from typing import NamedTuple

import pytest

import lstmcalc
from lstmcalc import cli
from lstmcalc.errors import ModelError, Place, Problem, Source, did_you_mean, shown
from lstmcalc.limits import PROBLEMS

CASES = Path(__file__).parent / "data" / "errors"
LAST_OUTPUT = "lstm gives only its last output; add return_sequences: true to keep the timesteps"


def chain(items: str) -> str:
    """A spec of one input of 5 timesteps and 1 feature with these layers."""
    return "input: [5, 1]\nlayers:\n" + items


class Case(NamedTuple):
    """A model with a mistake, and what is printed of it."""

    group: str
    name: str
    text: str
    printed: str


def cases_of(group: str) -> list[Case]:
    """The cases of a file: a line `==== name`, the model, a line `----`, and what is printed."""
    found = []
    for part in f"\n{(CASES / f'{group}.txt').read_text(encoding='utf-8')}".split("\n==== ")[1:]:
        name, _, rest = part.partition("\n")
        text, separator, printed = rest.partition("\n----\n")
        found.append(Case(group, name, text if separator else text.removesuffix("\n"), printed))  # of a new case ""
    return found


def write_printed(case: Case, printed: str) -> None:
    """Put what is printed now in the place of what was printed before, and leave the other cases as they are."""
    now = [each._replace(printed=printed) if each.name == case.name else each for each in cases_of(case.group)]
    text = "\n".join(f"==== {name}\n{text}\n----\n{printed}" for _, name, text, printed in now)
    (CASES / f"{case.group}.txt").write_text(text, encoding="utf-8")


GROUPS = sorted(path.stem for path in CASES.glob("*.txt"))
ALL = [case for group in GROUPS for case in cases_of(group)]


@pytest.mark.parametrize("case", ALL, ids=[f"{case.group}: {case.name}" for case in ALL])
def test_a_mistake_is_said_in_its_words_at_its_place(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], rewrite: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("model.yaml").write_text(case.text, encoding="utf-8")
    assert cli.run(["count", case.text if case.group == "expressions" else "model.yaml"]) == 2
    printed = capsys.readouterr()
    if rewrite:
        write_printed(case, printed.err)
        return
    assert (printed.out, printed.err) == ("", case.printed)


def test_each_case_has_a_name_of_its_own_and_something_printed() -> None:
    cases = [case for group in GROUPS for case in cases_of(group)]
    assert GROUPS and len({(case.group, case.name) for case in cases}) == len(cases)
    assert all(case.printed for case in cases)


def test_an_error_has_what_its_first_problem_has(tmp_path: Path) -> None:
    path = tmp_path / "model.yaml"
    path.write_text(chain("  - LSTM: 5\n  - LSTM: 5\n  - Dense: -1\n"), encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        lstmcalc.load(str(path))
    error = caught.value
    assert (error.message, error.help, error.layer) == (
        "LSTM takes 3 axes (samples, timesteps, features), but its input has 2: (None, 5)",
        LAST_OUTPUT,
        "lstm_1",
    )
    assert (error.file, error.line, error.column) == (str(path), 4, 5)


def test_an_error_as_text_has_a_line_for_each_problem() -> None:
    with pytest.raises(ModelError) as caught:
        lstmcalc.parse("Input(5, 1) | Dense(0) | Dens(1)")
    assert str(caught.value) == (
        "<expression>:1:21: Dense: units must be at least 1, but is 0\n"
        "<expression>:1:26: the layer 'Dens' is not known (did you mean 'Dense'?)"
    )


def test_an_error_of_an_expression_has_a_line_and_no_file() -> None:
    with pytest.raises(ModelError) as caught:
        lstmcalc.parse("Input(5, 1) | Dense(0)")
    assert (caught.value.file, caught.value.line, caught.value.column) == (None, 1, 21)


def test_an_error_without_a_place_still_has_its_file() -> None:
    with pytest.raises(ModelError) as caught:
        lstmcalc.load("no/such/model.yaml")
    assert (caught.value.file, caught.value.line) == ("no/such/model.yaml", None)
    assert str(caught.value) == "no/such/model.yaml: cannot be read: no such file or directory"


def test_a_value_for_a_variable_that_the_model_does_not_have_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.yaml"
    path.write_text("vars: {units: 5}\n" + chain("  - LSTM: $units"), encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        lstmcalc.load(str(path), set={"unit": 3})
    (problem,) = caught.value.problems
    assert problem.message == "--set gives 'unit', which is no variable of this model (it has: units)"
    assert (problem.help, problem.where) == ("did you mean 'units'?", str(path))


def test_a_mistake_in_a_value_is_placed_in_that_value() -> None:
    with pytest.raises(ModelError) as caught:
        lstmcalc.parse("Input(5, 1) | LSTM(units)", set={"units": "[1"})
    assert str(caught.value) == "--set units:1:1: not YAML: this '[' is not closed (close it with ']')"


def test_a_mistake_in_another_file_is_placed_in_that_file(tmp_path: Path) -> None:
    (tmp_path / "inner.yaml").write_text(chain("  - LSTM: {unit: 5}\n"), encoding="utf-8")
    (tmp_path / "outer.yaml").write_text(chain("  - Model: inner.yaml\n"), encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        lstmcalc.load(str(tmp_path / "outer.yaml"))
    (problem,) = caught.value.problems
    assert problem.where == f"{tmp_path / 'inner.yaml'}:3:12"


@pytest.mark.parametrize("item", ["Dense: 0", "5", "Dense: $x"])
def test_no_more_problems_are_reported_than_a_person_reads(item: str, tmp_path: Path) -> None:
    path = tmp_path / "model.yaml"
    path.write_text(chain(f"  - {item}\n" * 1000), encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        lstmcalc.load(str(path))
    *first, last = caught.value.problems
    assert [each.place.line for each in first if each.place] == list(range(3, 3 + PROBLEMS))
    assert last.message == f"there are more problems than these {PROBLEMS}"


def test_problems_are_sorted_by_line_and_then_by_column() -> None:
    source = Source("m", "")
    places = [(10, 1), (2, 9), (2, 10), (9, 3)]
    error = ModelError(Problem("x", Place(source, line, column)) for line, column in places)
    assert [(each.place.line, each.place.column) for each in error.problems if each.place] == sorted(places)


def test_a_line_of_a_source_has_no_line_break() -> None:
    source = Source("m", "one\r\ntwo\nthree\rfour\u2028five")
    assert [source.line(number) for number in range(7)] == ["", "one", "two", "three", "four", "five", ""]


def test_a_place_of_a_source_and_its_offset_say_the_same() -> None:
    source = Source("m", "one\r\ntwo\nthree")
    for offset in range(len(source.text)):
        assert source.offset(source.place(offset)) == offset


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "null"),
        (True, "true"),
        (5, "5"),
        (10**19, "10000000000000000000"),
        (10**20, "a number of 21 digits"),
        (-(10**99), "a number of 100 digits"),
        (10**100, "a number of more than 100 digits"),
        (5.0, "5.0"),
        (float("nan"), ".nan"),
        (float("-inf"), "-.inf"),
        ("a'b", '"a\'b"'),
        ("a\nb", "'a\\nb'"),
        ("x" * 90, "'" + "x" * 49 + "..." + "x" * 19 + "'"),
        ([1, None], "[1, null]"),
        ({"a": [True]}, "{a: [true]}"),
    ],
)
def test_a_value_is_quoted_in_yamls_words_and_cut_when_long(value: object, words: str) -> None:
    assert shown(value) == words


def test_a_suggestion_is_like_the_word_in_any_case() -> None:
    assert did_you_mean("DENS", ["Dense", "LSTM"]) == "did you mean 'Dense'?"
    assert did_you_mean("xyz", ["Dense", "LSTM"]) is None
    assert did_you_mean("Dense" * 1000, ["Dense"]) is None
