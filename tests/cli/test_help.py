"""The manual on a terminal: laid out in its width, whole, and coloured only where that is wanted."""

import re

import pytest

from lstmcalc import cli, manual

WORD = re.compile(r"[A-Za-z]{4,}")


def printed(capsys, *args):
    assert cli.run(["help", *args]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("name", manual.PAGES)
def test_a_page_in_a_pipe_is_the_page_as_it_stands(capsys, name):
    assert printed(capsys, name) == manual.page(name).text


@pytest.mark.parametrize("width", [40, 60, 100])
@pytest.mark.parametrize("name", manual.PAGES)
def test_a_page_on_a_terminal_has_its_width_and_its_words(capsys, name, width):
    shown = printed(capsys, name, "--width", str(width), "--color", "never")
    assert max(map(len, shown.splitlines())) <= width
    assert "\x1b" not in shown
    prose = re.sub(r"^```.*?^```$|^\|.*?$", "", manual.page(name).text, flags=re.DOTALL | re.MULTILINE)
    words = {word for word in WORD.findall(re.sub(r"[|`*_()/.#-]", " ", prose)) if len(word) < 9}
    found = re.sub(r"\s+", "", shown)
    assert [word for word in words if word not in found] == []


@pytest.mark.parametrize("width", [40, 60, 100])
def test_a_drawn_table_is_cut_off_and_what_else_stands_in_a_block_goes_on_below(capsys, width):
    block = re.findall(r"^```console\n(.*?)^```", manual.page("check").text, re.DOTALL | re.MULTILINE)[0]
    shown = [line.strip() for line in printed(capsys, "check", "--width", str(width)).splitlines()]
    for line in block.splitlines():
        room = width - 2
        if line.startswith(("┏", "┃", "┡", "│", "├", "└")):
            assert (line if len(line) <= room else line[: room - 1] + "…") in shown
    assert "exit code $?" in " ".join(shown)
    assert "(1,048,576 B)" in " ".join(shown)


def test_a_page_is_coloured_where_that_is_wanted(capsys):
    assert "\x1b[" in printed(capsys, "spec", "--color", "always")


def test_the_list_has_every_page(capsys):
    shown = printed(capsys)
    assert re.findall(r"^- `(\w+)`: ", shown, re.MULTILINE) == list(manual.PAGES)


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_the_help_of_a_command_names_its_page(capsys, name):
    assert cli.run([name, "--help"]) == 0
    assert f"lstmcalc help {name}" in capsys.readouterr().out
