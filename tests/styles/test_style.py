from pathlib import Path

import pytest

from conversations.errors import NotFound, SettingsError
from styles.style import Style, guide, load_style, load_styles


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_style_with_three_faults_names_all_three_at_once(tmp_path: Path) -> None:
    path = write(tmp_path, "x.toml", 'name = "No Good"\nabout = "short"\ncolour = "red"\n')
    with pytest.raises(SettingsError) as refused:
        load_style(path)
    text = str(refused.value)
    assert "3 faults" in text
    assert all(key in text for key in ("name:", "about:", "colour: is not a known key"))


def test_broken_toml_is_refused_with_the_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="line 1"):
        load_style(write(tmp_path, "x.toml", "name = \n"))


def test_a_file_that_is_not_utf8_says_so(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b'name = "x"\nabout = "caf\xe9"')
    with pytest.raises(SettingsError, match="not UTF-8"):
        load_style(path)


def test_a_missing_style_file_says_which(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"nix\.toml"):
        load_style(tmp_path / "nix.toml")


def test_a_style_in_a_file_of_another_name_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "a.toml", 'name = "b"\nabout = "A shop that sells tea."')
    with pytest.raises(SettingsError, match=r"Rename the file to b\.toml"):
        load_styles(tmp_path)


def test_lengths_the_wrong_way_round_are_refused(tmp_path: Path) -> None:
    text = 'name = "a"\nabout = "A shop that sells tea."\n[length]\nwords_at_least = 9\nwords_at_most = 3\n'
    with pytest.raises(SettingsError, match="words_at_least is larger"):
        load_style(write(tmp_path, "a.toml", text))


def test_the_guide_tells_a_bare_model_everything_that_was_written_down() -> None:
    style = Style.model_validate(
        {
            "name": "a",
            "about": "A shop that sells tea.",
            "do": ["Be brief."],
            "dont": ["Shout."],
            "banned": ["cheap"],
            "greeting": "Hello",
            "sign_off": "Yours",
            "emoji": {"allowed": ["🍵"], "at_most": 1},
        }
    )
    text = guide(style)
    for words in ("A shop that sells tea.", "- Be brief.", "- Shout.", "cheap", "Hello", "Yours", "🍵"):
        assert words in text
