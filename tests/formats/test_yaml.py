"""YAML: what it means, what it refuses, and where each value stands."""

from collections.abc import Callable

import pytest
import yaml
from reading import facts, model, problems

import lstmcalc.formats.yaml as reader
from lstmcalc.errors import ModelError, Place, Source
from lstmcalc.formats.values import Mapping, Plain, Scalar, Sequence, Value, plain
from lstmcalc.formats.yaml import read_yaml
from lstmcalc.limits import NESTING, NODES

CHAIN = "input: [5, 1]\nlayers:\n"


def read(text: str) -> Value:
    return read_yaml(Source("spec", text))


def value(text: str) -> Plain:
    return plain(read(text))


def refused(text: str) -> str:
    with pytest.raises(ModelError) as caught:
        read(text)
    (problem,) = caught.value.problems
    return f"{problem}".removeprefix("spec:")


def at(place: Place) -> tuple[int, int]:
    return place.line, place.column


# What it means.


def test_scalars_lists_and_mappings_become_values() -> None:
    assert value("a: [1, 2.5, true, null, x]\nb: {c: ~}") == {"a": [1, 2.5, True, None, "x"], "b": {"c": None}}


@pytest.mark.parametrize("text", ["'5'", '"5"', "!!str 5", "! 5", "|-\n  5", ">-\n  5"])
def test_what_is_quoted_is_a_string(text: str) -> None:
    assert value(text) == "5"


def test_tags_of_the_core_schema_are_taken() -> None:
    text = "[!!int 5, !!float 5, !!bool true, !!null ~, !!str ~, !!seq [1], !!map {a: 1}]"
    assert value(text) == [5, 5.0, True, None, "~", [1], {"a": 1}]


def test_an_anchor_names_a_value_and_an_alias_repeats_it() -> None:
    assert value("a: &x [1, {b: 2}]\nc: *x\nd: [*x, *x]")["d"] == [[1, {"b": 2}]] * 2  # type: ignore[index, call-overload]


def test_an_alias_means_the_last_anchor_of_its_name_above() -> None:
    assert value("[&a 1, *a, &a 2, *a]") == [1, 1, 2, 2]


def test_a_merge_gives_the_keys_that_a_mapping_does_not_have() -> None:
    assert value("a: &a {x: 1, y: 2}\nb: {y: 3, <<: *a}") == {"a": {"x": 1, "y": 2}, "b": {"y": 3, "x": 1}}


def test_the_first_of_several_merged_mappings_wins() -> None:
    assert value("- &a {x: 1}\n- &b {x: 2, y: 2}\n- {<<: [*a, *b]}")[2] == {"x": 1, "y": 2}  # type: ignore[index, call-overload]


def test_a_quoted_merge_key_is_a_key() -> None:
    assert value("'<<': {a: 1}") == {"<<": {"a": 1}}


def test_anchors_aliases_and_merges_make_layers() -> None:
    text = (
        CHAIN
        + "  - LSTM: &small {units: 3, return_sequences: true}\n  - LSTM: *small\n  - LSTM: {<<: *small, units: 4}\n"
    )
    expanded = CHAIN + "".join(f"  - LSTM: {{units: {units}, return_sequences: true}}\n" for units in (3, 3, 4))
    assert facts(model(text)) == facts(model(expanded))


def test_a_comment_is_nothing_even_the_one_for_editors() -> None:
    text = "# yaml-language-server: $schema=spec.json\n" + CHAIN + "  - LSTM: 5  # units\n"
    assert facts(model(text)) == facts(model(CHAIN + "  - LSTM: 5"))


def test_a_byte_order_mark_a_version_and_an_end_may_stand_around_the_document() -> None:
    assert value("%YAML 1.2\n---\na: 1\n...\n") == {"a": 1}


def test_lines_may_end_as_in_windows() -> None:
    assert value("a: 1\r\nb:\r\n  - 2\r\n") == {"a": 1, "b": [2]}


def test_an_escape_may_be_a_line_break() -> None:
    assert value('"a\\nb\\x41\\u0042\\U0001F600"') == "a\nbAB\U0001f600"


# Where it stands.


def test_every_value_has_its_place() -> None:
    root = read("a: 1\nb:\n  - x\n  - {c: 'y'}\n")
    assert isinstance(root, Mapping)
    (key_a, one), (key_b, items) = root.entries
    assert isinstance(items, Sequence)
    x, inner = items.items
    assert isinstance(inner, Mapping)
    ((key_c, y),) = inner.entries
    places = [root, key_a, one, key_b, items, x, inner, key_c, y]
    assert [at(each.place) for each in places] == [
        *((1, 1), (1, 1), (1, 4), (2, 1), (3, 3), (3, 5), (4, 5), (4, 6), (4, 9)),
    ]


def test_columns_count_characters() -> None:
    root = read("名前: [é, 😀, x]")
    assert isinstance(root, Mapping)
    items = root.entries[0][1]
    assert isinstance(items, Sequence)
    assert [at(item.place) for item in items.items] == [(1, 6), (1, 9), (1, 12)]


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\x85", "\u2028"])
def test_lines_are_counted_as_the_parser_counts_them(line_break: str) -> None:
    with pytest.raises(ModelError) as caught:
        read(f"a: 1{line_break}b: 2{line_break}a: 3")
    place = caught.value.problems[0].place
    assert place is not None
    assert (at(place), place.source.line(place.line)) == ((3, 1), "a: 3")


def test_a_scalar_keeps_what_was_written() -> None:
    found = read("0x1F")
    assert isinstance(found, Scalar)
    assert (found.value, found.text, found.is_plain) == (31, "0x1F", True)


# What it refuses.


@pytest.mark.parametrize("text", ["", "\n\n", "# a\n", "---\n", "---\n...\n"])
def test_no_document_is_refused(text: str) -> None:
    assert refused(text) == "1:1: there is nothing in it: a spec has 'input' and 'layers'"


def test_a_second_document_is_refused() -> None:
    assert refused("a: 1\n---\nb: 2") == "2:1: a second document begins here: one model is one document"


@pytest.mark.parametrize(("text", "column"), [("{a: 1, a: 2}", 8), ("{a: 1, 'a': 2}", 8), ("{5: 1, 0x5: 2}", 8)])
def test_a_key_twice_is_refused(text: str, column: int) -> None:
    key = text[column - 1 :].split(":")[0].strip("'")
    assert refused(text) == f"1:{column}: the key '{key}' stands twice: first in line 1"


def test_a_merge_twice_is_a_key_twice() -> None:
    assert refused("<<: {a: 1}\n<<: {b: 1}") == "2:1: the key '<<' stands twice: first in line 1"


def test_keys_of_different_kinds_are_different() -> None:
    assert read("{1: a, true: b, '1': c, 1.0: d, ~: e, .nan: f}")


def test_a_tab_is_refused_where_it_indents() -> None:
    assert refused("a:\n\tb: 1") == "2:1: not YAML: a tab stands where YAML wants spaces (replace the tab with spaces)"


def test_a_tab_between_a_key_and_its_value_is_taken() -> None:
    assert value("a:\t1") == {"a": 1}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('"\\q"', "this escape is unknown (write \\\\ for a backslash, or put single quotes around)"),
        ('"\\xZZ"', "this escape is not followed by its digits"),
        ('"\\ud800"', "this escape stands for no character"),
    ],
)
def test_a_bad_escape_is_refused(text: str, says: str) -> None:
    assert refused(text).split(": ", 2)[2] == says


def test_an_alias_that_contains_itself_is_refused() -> None:
    assert refused("&a [*a]") == "1:5: the alias '*a' contains itself"
    assert refused("&a {b: {c: *a}}") == "1:12: the alias '*a' contains itself"


def test_an_alias_without_an_anchor_above_is_refused() -> None:
    assert refused("[*a, &a 1]") == "1:2: the alias '*a' has no anchor '&a' above it"


@pytest.mark.parametrize("tag", ["!!python/object:os.system", "!!timestamp", "!!set", "!own", "!!binary"])
def test_a_tag_that_makes_an_object_is_refused(tag: str) -> None:
    assert refused(f"{tag} x") == f"1:1: the tag '{tag}' is not taken: a model is data, and makes no objects"
    assert refused(f"{tag} [x]") == f"1:1: the tag '{tag}' is not taken: a model is data, and makes no objects"


def test_a_list_or_a_mapping_is_no_key() -> None:
    assert refused("{[a]: 1}") == "1:2: a key must be a word, not a list or a mapping"


@pytest.mark.parametrize("nest", [lambda n: "[" * n + "]" * n, lambda n: "{a: " * (n - 1) + "1" + "}" * (n - 1)])
def test_values_nest_as_deep_as_the_limit(nest: Callable[[int], str]) -> None:
    read(nest(NESTING))
    assert refused(nest(NESTING + 1)).endswith(f": nested more than {NESTING} levels deep")


class Shallow(yaml.Loader):
    """A parser with a limit of its own for brackets in brackets, which it tells of before it gives an event."""

    def fetch_flow_collection_start(self, TokenClass: type) -> None:
        if self.flow_level > NESTING:
            raise yaml.scanner.ScannerError("while it reads on", self.get_mark(), "too deep for me", self.get_mark())
        super().fetch_flow_collection_start(TokenClass)


PARSERS = [reader.Parser, yaml.Loader, Shallow]


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("[" * 100_000, NESTING + 1),
        ("[" * 5000 + "]" * 5000, NESTING + 1),
        ("[{" * 5000, NESTING + 1),
        ('[\' [\', "]\\"[", b, ' * 5000, 18 * (NESTING - 1) + 2),
        ("[" * NESTING + "a", NESTING + 1),
        ("# [\n[#[\n" + "[" * 5000, NESTING),
    ],
)
def test_nesting_is_refused_in_our_words_before_a_parser_refuses_it(
    parser: type, text: str, column: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "Parser", parser)
    assert refused(text).split(":", 1)[1] == f"{column}: nested more than {NESTING} levels deep"


def test_what_is_no_yaml_is_said_where_it_nests_as_deep_as_the_limit() -> None:
    text = "[" * NESTING + "]" * NESTING + "]"
    assert refused(text) == f"1:{2 * NESTING + 1}: not YAML: a document begins where none can"


def test_aliases_nest_as_deep_as_the_limit() -> None:
    half = NESTING // 2
    inner = f"- &a {'[' * half}{']' * half}\n- "
    read(inner + "[" * (half - 1) + "*a" + "]" * (half - 1))
    assert refused(inner + "[" * half + "*a" + "]" * half) == (f"2:{3 + half}: nested more than {NESTING} levels deep")


def test_aliases_multiply_up_to_the_limit() -> None:
    line = f"- &a [{', '.join(['1'] * 999)}]\n"  # 1000 values
    times = NODES // 1000 - 2
    read(line + f"- [{', '.join(['*a'] * (times - 1))}]\n")
    assert refused(line + f"- [{', '.join(['*a'] * (times + 2))}]\n").endswith(
        f": more than {NODES:,} values, aliases followed"
    )


# With and without libyaml.

TEXTS = [
    "a: [1, {b: 'x'}, \"y\\n\", *z]".replace(", *z", ""),
    "- &a 1\n- *a\n- ? b\n  : c\n",
    "名: |\n  x\n  y\nb: >-\n  z\n",
    *(
        "a: [1\nb: 2",
        "a: {b: 1",
        "a: 'x",
        'a: "\\q"',
        "a:\n\tb",
        "a: @",
        "a: b: c",
        "- a\n b",
        "a\nb: 1",
        "a: 1\n b: 2",
    ),
    *(
        "a:\n - b\n- c",
        "a: [1 2: 3, ]]",
        "*",
        "&",
        "!x!y z",
        "a: 'x' y",
        "{a: 1}}",
        "a: |x\n y",
        "%YAML 1.1\n---\n--- a",
    ),
    *("[", "]", "}", ",", "a: ]", "- - a\n  b", "a: - b", "--- a\n... b", "? [a]\n: b", "[a, , b]", "'a' 'b'", "\x01"),
]


def outcome(text: str) -> object:
    try:
        return plain(read(text))
    except ModelError as error:
        return str(error)


@pytest.mark.parametrize("text", TEXTS)
def test_the_parser_without_libyaml_says_the_same(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with_libyaml = outcome(text)
    monkeypatch.setattr(reader, "Parser", yaml.Loader)
    assert outcome(text) == with_libyaml


def speaking_otherwise(parser: type) -> type:
    """A parser that makes the same complaints at the same places, in other words."""

    class Parser:
        def __init__(self, text: str) -> None:
            self.parser = parser(text)

        def get_event(self) -> object:
            try:
                return self.parser.get_event()
            except yaml.MarkedYAMLError as error:
                context = error.context and "quelque part"
                raise type(error)(context, error.context_mark, "ce n'est pas bon", error.problem_mark) from None

        def dispose(self) -> None:
            self.parser.dispose()

    return Parser


@pytest.mark.parametrize("parser", [reader.Parser, yaml.Loader])
@pytest.mark.parametrize("text", [*TEXTS, "a: !x!", "a: |\n  \t\n -", "'a'\nb: 1", "!a b\nc: 1", '"\\uD8"'])
def test_no_sentence_is_made_of_the_parsers_words(text: str, parser: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "Parser", parser)
    said = outcome(text)
    monkeypatch.setattr(reader, "Parser", speaking_otherwise(parser))
    assert outcome(text) == said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (": 1", "1:1: not YAML: a ':' stands where no key can be"),
        ("[a, :]", "1:5: not YAML: a ':' stands where no key can be"),
        ("a: | b", "1:6: not YAML: after | or > the line ends"),
        ("a: !x!", "1:7: not YAML: this tag is not taken: a model is data, and makes no objects"),
        (
            "a: 1\n'b'\nc: 2",
            "2:1: not YAML: a key begins here, but no ':' follows it (write 'key: value', with a space after "
            "the colon)",
        ),
        ("'a''", "1:1: not YAML: the string that begins here has no end (close it with ')"),
        ("*é", "1:2: not YAML: an anchor or an alias needs a name, of letters and digits (put the value in quotes)"),
    ],
)
def test_what_is_no_yaml_is_told_by_what_stands_there(text: str, says: str) -> None:
    assert refused(text) == says


def test_a_spec_that_is_no_yaml_is_one_problem() -> None:
    assert problems("layers:\n  - LSTM\n    name: x") == [
        "3:9: not YAML: a ':' stands where no key can be "
        "(an item with keys beside it is written with a colon: '- LSTM:')"
    ]
