"""Output: what people wrote is shown by a terminal, and never obeyed by it."""

from __future__ import annotations

import pytest

from brandvoice.output import complain, print_facts, print_rows, say

OBEYED = "\x1b]0;owned\x07 \x1b[2J \x9b31m \x7f \r \u202etxt.exe \u2066 \u2028 \ud800"


def test_nothing_that_people_wrote_is_obeyed_by_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    say(f"said: {OBEYED}")
    complain(f"refused: {OBEYED}")
    print_rows([{"place": OBEYED}], as_json=False, empty="")
    print_facts({"place": OBEYED}, as_json=False)
    for told in capsys.readouterr():
        assert "owned" in told
        assert not {character for character in OBEYED if not character.isprintable()} & set(told)


def test_what_people_usually_write_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    usual = "Ça va ? C\u2019est 5\u202f000\u00a0€ \N{WOMAN}\u200d\N{PERSONAL COMPUTER} \u05e9\u05dc\u200f!\tone\ntwo"
    say(usual)
    assert capsys.readouterr().out == f"{usual}\n"


def test_lines_of_another_system_are_lines(capsys: pytest.CaptureFixture[str]) -> None:
    say("one\r\ntwo")
    assert capsys.readouterr().out == "one\ntwo\n"
