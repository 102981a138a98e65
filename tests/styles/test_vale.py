import time
from pathlib import Path

import pytest

from conversations.errors import SettingsError
from styles.checks import summarise
from styles.vale import ValeRule, load_vale_rule, load_vale_rules


def rule(folder: Path, text: str, *, name: str = "Rule") -> ValeRule:
    path = folder / "brand" / f"{name}.yml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return load_vale_rule(path)


HEDGING = """\
extends: existence
message: "Do not hedge: '%s'"
level: error
ignorecase: true
tokens:
  - perhaps
  - '(?:kind|sort) of'
"""


def test_existence_finds_whole_words(tmp_path: Path) -> None:
    check = rule(tmp_path, HEDGING, name="Hedging")
    assert check.name == "brand.Hedging"
    assert check("Perhaps it is sort of fine.").evidence == "Do not hedge: 'Perhaps'"
    assert check("Perhaps it is sort of fine.").score == pytest.approx(0.1353, abs=1e-3)
    assert check("All perhapses are fine.").score == 1.0


def test_a_rule_is_a_check_like_any_other(tmp_path: Path) -> None:
    summary = summarise(rule(tmp_path, HEDGING), ["fine", "perhaps"])
    assert (summary.failed, summary.sentence) == (1, "Do not hedge: 'perhaps' in 1 of 2 replies")


@pytest.mark.parametrize(
    ("text", "bad", "evidence", "good"),
    [
        (
            "extends: substitution\nmessage: \"Say '%s', not '%s'\"\nignorecase: true\nswap:\n  utili[sz]e: use\n",
            "Utilise the lamp",
            "Say 'use', not 'Utilise'",
            "use the lamp",
        ),
        (
            "extends: occurrence\nmessage: 'Too many exclamation marks'\ntoken: '!'\nmax: 1\n",
            "yes! yes!",
            "Too many exclamation marks",
            "yes!",
        ),
        ("extends: occurrence\nmessage: '%s emoji'\ntoken: ⚡\nmin: 1\n", "plain", "0 emoji", "bright ⚡"),
        (
            "extends: occurrence\nmessage: 'Long sentence'\nscope: sentence\ntoken: '\\b\\w+\\b'\nmax: 3\n",
            "One two. One two three four.",
            "Long sentence",
            "One two three. One two three.",
        ),
        (
            "extends: repetition\nmessage: \"'%s' is repeated\"\nalpha: true\ntokens:\n  - '[^\\s]+'\n",
            "it is is so",
            "'is' is repeated",
            "1 1 is it",
        ),
        (
            "extends: consistency\nmessage: 'Inconsistent: %s'\neither:\n  colour: color\n",
            "colour and color",
            "Inconsistent: color",
            "colour and colour",
        ),
        (
            (
                "extends: conditional\nmessage: \"'%s' is not explained\"\nnonword: true\n"
                "first: '\\b([A-Z]{3,5})\\b'\nsecond: '\\(([A-Z]{3,5})\\)'\n"
            ),
            "The ABC is here",
            "'ABC' is not explained",
            "All Bright Cables (ABC): the ABC",
        ),
        (
            "extends: capitalization\nmessage: \"'%s' has capitals\"\nmatch: $lower\nexceptions: [OK]\n",
            "Yes",
            "'Yes' has capitals",
            "OK, fine",
        ),
        ("extends: existence\nmessage: 'No %s'\nraw:\n  - 'a{2}'\n  - 'b'\n", "xaabx", "No aab", "ab"),
        ("extends: existence\nmessage: 'No %s'\nnonword: true\ntokens: ['\\$\\$']\n", "cost $$", "No $$", "cost $"),
        ("extends: existence\nmessage: 'No %s'\ntokens: [Foo, foo]\nexceptions: [Foo]\n", "foo", "No foo", "Foo"),
    ],
)
def test_every_supported_kind_finds_what_it_should(
    text: str, bad: str, evidence: str, good: str, tmp_path: Path
) -> None:
    check = rule(tmp_path, text)
    assert check(bad).evidence == evidence
    assert check(bad).score < 1.0
    assert check(good).score == 1.0


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("message: x\n", 1, 'extends: "None" is not supported'),
        ("message: x\nextends: spelling\n", 2, 'extends: "spelling" is not supported'),
        ("extends: [existence]\n", 1, "is not supported"),
        ("extends: existence\ntokens: [a]\naction:\n  name: remove\n", 3, "action: is not a key of existence"),
        ("extends: existence\nlevel: fatal\ntokens: [a]\n", 2, '"fatal" is not one of suggestion'),
        ("extends: existence\nscope: heading\ntokens: [a]\n", 2, '"heading" is not supported'),
        ("extends: existence\n\ntokens:\n  - 'a('\n", 3, "is not a pattern"),
        ("extends: existence\ntokens: word\n", 2, "has to be a list of texts"),
        ("extends: existence\nmessage: x\n", 1, "existence needs raw or tokens"),
        ("extends: occurrence\ntoken: a\n", 2, "needs a min or a max"),
        ("extends: occurrence\ntoken: a\nmax: many\n", 3, "has to be a number of times"),
        ("extends: substitution\nswap: [a]\n", 2, "has to be a table of texts"),
        ("extends: conditional\nfirst: a\n", 1, "conditional needs"),
        ("extends: existence\ntokens: [a\nmessage: 'x'\n", 3, "is not valid YAML"),
        ("- a\n- b\n", 1, "is not a Vale rule"),
        ("", 1, "is not a Vale rule"),
        ("extends: existence\nmessage: [1]\ntokens: [a]\n", 2, "has to be text"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_line(text: str, line: int, said: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        rule(tmp_path, text)
    assert str(refused.value).startswith(f"{tmp_path / 'brand' / 'Rule.yml'}:{line}: ")
    assert said in str(refused.value)


def test_the_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("extends: nothing\n")
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "c.yml").write_text(HEDGING)
    with pytest.raises(SettingsError) as refused:
        load_vale_rules(tmp_path)
    assert len(str(refused.value).splitlines()) == 2
    (tmp_path / "a.yml").unlink()
    (tmp_path / "b.yaml").unlink()
    assert [one.name for one in load_vale_rules(tmp_path)] == [f"{tmp_path.name}.c"]


def test_a_pattern_that_never_ends_is_given_up(tmp_path: Path) -> None:
    check = rule(tmp_path, "extends: existence\nmessage: x\nnonword: true\ntokens: ['(a|a)+$']\n")
    began = time.monotonic()
    assert check("a" * 40 + "!").score == 1.0
    assert time.monotonic() - began < 2
