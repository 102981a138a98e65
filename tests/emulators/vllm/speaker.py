"""The model behind the stand-in: plain transformers and PEFT, token by token."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer


@dataclass(frozen=True, slots=True)
class Said:
    """One token, the logarithm of its chance, and those of the likeliest by their text."""

    token: int
    logprob: float
    likeliest: dict[str, float]


class Speaker:
    """Answers with a base model and any adapter folder; everything is computed anew for every token."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tokenizer = AutoTokenizer.from_pretrained(path)
        self._models: dict[str | None, Any] = {None: self._load()}
        self._lock = threading.Lock()

    @property
    def vocabulary(self) -> int:
        return int(self._models[None].get_input_embeddings().weight.shape[0])

    def speak(self, prompt: list[int], adapter: str | None, *, top: int, options: dict[str, Any]) -> Iterator[Said]:
        """Tokens without end; temperature 0 is greedy, other temperatures draw with the seed."""
        with self._lock:
            if adapter not in self._models:
                self._models[adapter] = PeftModel.from_pretrained(self._load(), adapter).eval()
        source = torch.Generator().manual_seed(options.get("seed") or 0)
        tokens = list(prompt)
        while True:
            with torch.inference_mode():
                scores = self._models[adapter](input_ids=torch.tensor([tokens])).logits[0, -1].float()
            chances = scores.log_softmax(-1)
            if options.get("temperature", 1.0) == 0:
                token = int(scores.argmax())
            else:
                token = int(torch.multinomial((scores / options["temperature"]).softmax(-1), 1, generator=source))
            best = chances.topk(max(top, 1))
            pairs = zip(best.indices.tolist(), best.values.tolist(), strict=True)
            likeliest: dict[str, float] = {}
            for other, chance in pairs:  # half characters look alike; the likeliest stands for them
                likeliest.setdefault(self.tokenizer.decode([other]), chance)
            yield Said(token, float(chances[token]), likeliest if top else {})
            tokens.append(token)

    def _load(self) -> Any:
        return AutoModelForCausalLM.from_pretrained(self.path, dtype="float32").eval()
