"""Tiny chat models and voices, made on the spot."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from bots.engine import Engine, Request, Sampling
from conversations.messages import Message
from styles.base_model import BaseModel, find_base_model, load_tokenizer
from styles.rendering import Renderer
from styles.voices import Manifest, VoiceRegistry, VoiceVersion

LINEARS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
SPECIAL = ["<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]
TEMPLATE = (
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def tiny_tokenizer() -> PreTrainedTokenizerFast:
    """Every byte is a token, so that random models write half characters too."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: number for number, token in enumerate([*SPECIAL, *alphabet])}
    backend = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, eos_token="<|end|>", additional_special_tokens=SPECIAL[1:], chat_template=TEMPLATE
    )


def tiny_base(folder: Path, *, seed: int = 0, config: Any = None) -> BaseModel:
    """A random model on disk whose greedy answers do not repeat themselves at once."""
    tokenizer = tiny_tokenizer()
    torch.manual_seed(seed)
    config = config or LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        initializer_range=0.4,
        eos_token_id=tokenizer.eos_token_id,
        tie_word_embeddings=False,
    )
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return find_base_model(str(folder))


class Voices:
    """Random voices on a base model, in a registry."""

    def __init__(self, base: BaseModel, root: Path) -> None:
        self.base = base
        self.registry = VoiceRegistry(root)
        self.renderer = Renderer(load_tokenizer(base))

    def make(self, style: str, *, seed: int = 1, **changes: Any) -> VoiceVersion:
        """A version whose adapter says something; `changes` are settings of LoRA."""
        staging = self.registry.stage(style)
        torch.manual_seed(seed)
        settings = {"r": 4, "lora_alpha": 8, "target_modules": LINEARS, "init_lora_weights": False} | changes
        model = get_peft_model(self._model(), LoraConfig(**settings))
        model.save_pretrained(staging)
        return self.publish(style, staging)

    def publish(self, style: str, staging: Path, **changes: Any) -> VoiceVersion:
        facts = {
            "style": style, "number": 0, "base": self.base.name, "base_revision": self.base.revision,
            "base_digest": self.base.digest, "dataset": "none", "recipe": {}, "seed": 1,
            "template_hash": self.renderer.hash, "libraries": {}, "created_at": "2026-01-01T00:00:00+00:00",
        }  # fmt: skip
        return self.registry.publish(staging, Manifest(**(facts | changes)))

    def plain(self, voice: VoiceVersion | None, messages: tuple[Message, ...], *, max_tokens: int) -> str:
        """What `transformers.generate` and PEFT answer, greedily and alone."""
        model: Any = self._model()
        if voice is not None:
            model = PeftModel.from_pretrained(model, str(voice.path)).eval()
        prompt = torch.tensor([self.renderer.prompt(messages)])
        with torch.inference_mode():
            said = model.generate(
                input_ids=prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=max_tokens, do_sample=False
            )
        return self.renderer.decode(said[0, prompt.shape[1] :].tolist())

    def _model(self) -> LlamaForCausalLM:
        return AutoModelForCausalLM.from_pretrained(self.base.path, dtype="float32").eval()


def asked(text: str, *, system: str | None = None) -> tuple[Message, ...]:
    opening = (Message("system", system),) if system else ()
    return (*opening, Message("user", text))


async def answer(engine: Engine, request: Request) -> str:
    """The answer exactly as streamed."""
    return "".join([piece async for piece in engine.stream(request)])


async def answers(engine: Engine, *requests: Request) -> list[str]:
    return list(await asyncio.gather(*(answer(engine, request) for request in requests)))


def greedy(max_tokens: int = 24, **options: Any) -> Sampling:
    return Sampling(max_tokens=max_tokens, **options)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread does."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - the model's thread has no event to wait for
            await asyncio.sleep(0.001)


def resident_bytes() -> int:
    """Bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
