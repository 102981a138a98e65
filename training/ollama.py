"""Ollama: the Modelfile beside an exported model, with the chat template as Ollama writes it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conversations.errors import VoiceRefused

ARCHITECTURES = (
    "Llama",
    "Mistral",
    "Gemma",
    "Phi3",
)  # whose safetensors `ollama create` reads (docs: Importing a model)
_WORDS = {"system": "Qsystemq", "user": "Quserq", "assistant": "Qassistantq"}


@dataclass(frozen=True, slots=True)
class Turns:
    """A chat template that is made of turns: what stands before and after each role's text."""

    begin: str
    around: dict[str, tuple[str, str]]
    ask: str  # what asks for the reply

    def render(self, messages: list[dict[str, str]]) -> str:
        said = "".join(f"{self.around[m['role']][0]}{m['content']}{self.around[m['role']][1]}" for m in messages)
        return f"{self.begin}{said}{self.ask}"


def write_modelfile(folder: Path, *, bos: str | None = None) -> Path:
    """Write `Modelfile` into an exported model's folder: `ollama create NAME -f Modelfile` takes it from there.

    Raises VoiceRefused for an architecture that Ollama does not read, and for a chat template that cannot be said in
    its words: another template would be another voice.
    """
    from transformers import AutoTokenizer

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    named = (config.get("architectures") or ["?"])[0]
    if not named.startswith(ARCHITECTURES):
        known = ", ".join(ARCHITECTURES)
        raise VoiceRefused(
            f"Ollama does not read {named} from safetensors (it reads {known}). Export without --format."
        )
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    turns = find_turns(tokenizer)
    begin = turns.begin.removeprefix(bos or tokenizer.bos_token or "\0")  # Ollama puts that one there by itself
    lines = ["FROM .", f'TEMPLATE """{template(turns, begin=begin)}"""']
    lines += [f"PARAMETER stop {json.dumps(stop)}" for stop in _stops(tokenizer, turns)]
    if length := config.get("max_position_embeddings"):
        lines.append(f"PARAMETER num_ctx {min(int(length), 8192)}")
    path = folder / "Modelfile"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def find_turns(tokenizer: Any) -> Turns:
    """The template as turns, tried on conversations of all shapes. Raises VoiceRefused where it is not that simple."""
    turns = _guess(tokenizer)
    for shape in _shapes():
        messages = [{"role": role, "content": f"{role} says {i}"} for i, role in enumerate(shape)]
        if turns is None or turns.render(messages) != _rendered(tokenizer, messages, ask=True):
            raise VoiceRefused(
                "The chat template of this model depends on more than whose turn it is, and Ollama cannot be told that "
                "faithfully. Export without --format, and serve it with vLLM or transformers."
            )
    return turns  # type: ignore[return-value]


def template(turns: Turns, *, begin: str) -> str:
    """The turns as a template of Go, on one line."""
    roles = [f'if eq .Role "{role}"' for role in turns.around]
    cases = [
        f"{{{{ {'else ' if i else ''}{test} }}}}{_text(before)}{{{{ .Content }}}}{_text(after)}"
        for i, (test, (before, after)) in enumerate(zip(roles, turns.around.values(), strict=True))
    ]
    return f"{_text(begin)}{{{{ range .Messages }}}}{''.join(cases)}{{{{ end }}}}{{{{ end }}}}{_text(turns.ask)}"


def _text(literal: str) -> str:
    """Literal text in Go's words, so that line breaks and braces mean nothing else."""
    return f"{{{{ {json.dumps(literal, ensure_ascii=False)} }}}}" if literal else ""


def _guess(tokenizer: Any) -> Turns | None:
    user, assistant, system = ({"role": role, "content": word} for role, word in _split())
    one = _rendered(tokenizer, [user])
    two = _rendered(tokenizer, [user, assistant])
    three = _rendered(tokenizer, [user, assistant, user])
    asked = _rendered(tokenizer, [user], ask=True)
    if not (two.startswith(one) and three.startswith(two) and asked.startswith(one)):
        return None
    around = {"user": _parted(three[len(two) :], "user"), "assistant": _parted(two[len(one) :], "assistant")}
    if None in around.values():
        return None
    before, after = around["user"] or ("", "")
    whole = f"{before}{_WORDS['user']}{after}"
    begin = one.removesuffix(whole)
    told = _rendered(tokenizer, [system, user])
    if not one.endswith(whole) or not (told.startswith(begin) and told.endswith(whole)):
        return None
    around["system"] = _parted(told[len(begin) : len(told) - len(whole)], "system")
    found = {role: pair for role, pair in around.items() if pair is not None}
    return Turns(begin, found, asked[len(one) :]) if len(found) == len(_WORDS) else None


def _split() -> list[tuple[str, str]]:
    return [(role, _WORDS[role]) for role in ("user", "assistant", "system")]


def _parted(text: str, role: str) -> tuple[str, str] | None:
    before, found, after = text.partition(_WORDS[role])
    return (before, after) if found else None


def _rendered(tokenizer: Any, messages: list[dict[str, str]], *, ask: bool = False) -> str:
    return str(tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=ask))


def _shapes() -> list[tuple[str, ...]]:
    """Roles of conversations that end with a user, with and without instructions, of up to five turns."""
    talks = [("user", *("assistant", "user") * turns) for turns in range(3)]
    return [(*start, *talk) for start in ((), ("system",)) for talk in talks]


def _stops(tokenizer: Any, turns: Turns) -> list[str]:
    closing = turns.around["assistant"][1].strip()
    return list(dict.fromkeys(stop for stop in (tokenizer.eos_token, closing) if stop))
