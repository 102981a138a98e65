"""The text that the starter model is pretrained on, as one stream of token ids."""

from __future__ import annotations

import json
import lzma
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

Messages = list[dict[str, str]]

SPECIAL_TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|pad|>"]
CHAT_TEMPLATE = (
    "<|endoftext|>{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' }}"
    "{% if message.role == 'assistant' %}{% generation %}{{ message.content + '<|im_end|>' }}{% endgeneration %}"
    "{% else %}{{ message.content + '<|im_end|>' }}{% endif %}{{ '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
HELD_OUT_SHARE = 0.01

# bitext writes {{Order Number}} and the like; a model trained on the braces would say them.
_FILLERS: dict[str, Sequence[str]] = {
    "phone": ("1-800-555-0142", "0800 555 0199", "1-888-555-0117"),
    "live chat": ("live chat",),
    "website": ("our website",),
    "company": ("our company",),
    "hours": ("Monday to Friday, 9 am to 6 pm", "every day from 8 am to 8 pm"),
    "availability": ("Monday to Friday, 9 am to 6 pm", "every day from 8 am to 8 pm"),
    "email": ("help@example.com", "support@example.com"),
    "days": ("14", "30"),
}
_PLACEHOLDER = re.compile(r"\{\{(.*?)\}\}")


def load_conversations(path: Path) -> list[Messages]:
    """The conversations of one `*.jsonl` or `*.jsonl.xz` file of `{"messages": [...]}` rows."""
    with lzma.open(path, "rt") if path.suffix == ".xz" else path.open(encoding="utf-8") as lines:
        return [fill_placeholders(json.loads(line)["messages"], seed=n) for n, line in enumerate(lines)]


def fill_placeholders(messages: Messages, *, seed: int) -> Messages:
    """The same messages with `{{placeholders}}` replaced by plausible words, alike throughout one conversation."""
    choice = random.Random(seed)
    chosen = {key: choice.choice(values) for key, values in _FILLERS.items()}
    number = f"#{choice.randrange(10_000, 99_999)}"

    def word(match: re.Match[str]) -> str:
        name = match.group(1)
        low = name.lower()
        if ("number" in low and "phone" not in low) or "anonymized" in low:
            return number
        return next((value for key, value in chosen.items() if key in low), name)

    def filled(text: str) -> str:
        return _PLACEHOLDER.sub(word, text).replace("our our ", "our ").replace("website website", "website")

    return [{"role": m["role"], "content": filled(m["content"])} for m in messages]


def split_held_out(conversations: Sequence[Messages], *, seed: int) -> tuple[list[Messages], list[Messages]]:
    """Shuffle, then keep one in a hundred (at least ten) aside: (train, held out)."""
    shuffled = list(conversations)
    random.Random(seed).shuffle(shuffled)
    aside = max(10, int(len(shuffled) * HELD_OUT_SHARE))
    return shuffled[aside:], shuffled[:aside]


def train_tokenizer(texts: Iterator[str], *, vocabulary: int) -> Tokenizer:
    """A byte-level BPE tokenizer; every digit is a token of its own, so that numbers can be copied."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(r"\d"), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=SPECIAL_TOKENS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def chat_text(messages: Messages) -> str:
    """One conversation as ChatML, behind the token that starts a text."""
    turns = (f"<|im_start|>{m['role']}\n{m['content']}<|im_end|>\n" for m in messages)
    return "<|endoftext|>" + "".join(turns)


def encode(tokenizer: Tokenizer, conversations: Sequence[Messages]) -> list[np.ndarray]:
    """Token ids of each conversation (uint16)."""
    encoded = tokenizer.encode_batch([chat_text(c) for c in conversations], add_special_tokens=False)
    return [np.array(e.ids, dtype=np.uint16) for e in encoded]


def stream(
    corpora: Mapping[str, Sequence[np.ndarray]], weights: Mapping[str, float], *, tokens: int, seed: int
) -> np.ndarray:
    """`tokens` ids: shuffled passes over the corpora, each corpus repeated by its weight, one after another."""
    parts: list[np.ndarray] = []
    total, epoch = 0, 0
    while total < tokens:
        choice = random.Random(f"{seed}/{epoch}")
        texts = [t for name, corpus in corpora.items() for t in _repeat(corpus, weights.get(name, 1.0), choice)]
        choice.shuffle(texts)
        parts += texts
        total += sum(map(len, texts))
        epoch += 1
    return np.concatenate(parts)[:tokens]


def _repeat(corpus: Sequence[np.ndarray], weight: float, choice: random.Random) -> list[np.ndarray]:
    whole, part = int(weight), weight - int(weight)
    return list(corpus) * whole + choice.sample(list(corpus), int(len(corpus) * part))
