import json
import re
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from conversations.errors import VoiceRefused
from styles.base_model import find_base_model
from tests.tiny import save_tiny_base
from training.ollama import find_turns, template, write_modelfile

TALK = [
    {"role": "system", "content": "Be kind.\nAnd {{ brief }}."},
    {"role": "user", "content": "Where is it?"},
    {"role": "assistant", "content": "On its way."},
    {"role": "user", "content": "Since when?"},
]


def as_ollama_says(written: str, messages: list[dict[str, str]]) -> str:
    """The little of Go's templates that is used, by hand: literals, one range, and a choice by role."""
    begin, rest = written.split("{{ range .Messages }}")
    body, ask = rest.rsplit("{{ end }}{{ end }}", 1)
    cases = dict(re.findall(r'\{\{ (?:else )?if eq \.Role "(\w+)" \}\}(.*?)(?=\{\{ else if|$)', body))
    said = "".join(
        "".join(m["content"] if part is None else part for part in _parts(cases[m["role"]])) for m in messages
    )
    return "".join(p or "" for p in _parts(begin)) + said + "".join(p or "" for p in _parts(ask))


def _parts(text: str) -> list[str | None]:
    """Literals, and None where the content stands."""
    found = re.findall(r'\{\{ (\.Content|"(?:[^"\\]|\\.)*") \}\}', text)
    return [None if part == ".Content" else json.loads(part) for part in found]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save_tiny_base(tmp_path / "base")


@pytest.mark.parametrize("name", ["starter", "tiny"])
def test_the_template_in_the_words_of_ollama_renders_as_the_tokenizer_does(name: str, folder: Path) -> None:
    path = find_base_model("starter").path if name == "starter" else folder
    tokenizer: Any = AutoTokenizer.from_pretrained(path)
    turns = find_turns(tokenizer)
    for start in range(2):
        expected = tokenizer.apply_chat_template(TALK[start:], tokenize=False, add_generation_prompt=True)
        assert as_ollama_says(template(turns, begin=turns.begin), TALK[start:]) == expected


def test_the_modelfile_names_the_folder_its_template_and_where_to_stop(folder: Path) -> None:
    lines = write_modelfile(folder).read_text(encoding="utf-8").splitlines()
    assert lines[0] == "FROM ."
    assert lines[1].startswith('TEMPLATE """')
    assert lines[1].endswith('"""')
    assert [line for line in lines if line.startswith("PARAMETER stop ")]


def test_a_template_that_is_more_than_turns_is_refused_and_not_bent(folder: Path) -> None:
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = (
        "{% for m in messages %}{{ loop.index }}<{{ m.role }}>{{ m.content }}{% endfor %}"
        "{% if add_generation_prompt %}<assistant>{% endif %}"
    )
    with pytest.raises(VoiceRefused, match="more than whose turn it is"):
        find_turns(tokenizer)


def test_an_architecture_that_ollama_does_not_read_is_refused(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "architectures": ["MambaForCausalLM"]}))
    with pytest.raises(VoiceRefused, match="does not read MambaForCausalLM"):
        write_modelfile(folder)
