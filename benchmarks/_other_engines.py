"""What the batching engine is measured against, beside one request at a time: PEFT's mixed batch and transformers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from peft import PeftModel
from transformers import ContinuousBatchingConfig, GenerationConfig

from bots.engine import Request
from styles.base_model import BaseModel, load_tokenizer, load_weights
from styles.rendering import Renderer


@dataclass(frozen=True, slots=True)
class Batch:
    """What one run took, and how many tokens it said."""

    wall: float
    processor: float
    tokens: int


class MixedBatch:
    """PEFT with one adapter per row: all requests in one padded batch, as long as the longest answer."""

    def __init__(self, base: BaseModel, chats: Sequence[Request], *, dtype: str) -> None:
        self._renderer = Renderer(load_tokenizer(base))
        self._model: Any = load_weights(base, dtype=dtype, device="cpu").eval()
        for voice in {chat.voice.reference: chat.voice for chat in chats if chat.voice}.values():
            name = voice.reference.replace("@", "-")
            if isinstance(self._model, PeftModel):
                self._model.load_adapter(str(voice.path), adapter_name=name)
            else:
                self._model = PeftModel.from_pretrained(self._model, str(voice.path), adapter_name=name).eval()

    def run(self, chats: Sequence[Request]) -> Batch:
        prompts = [self._renderer.prompt(chat.messages) for chat in chats]
        longest = max(len(prompt) for prompt in prompts)
        ids = torch.tensor([[0] * (longest - len(prompt)) + prompt for prompt in prompts])
        mask = torch.tensor([[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts])
        names = [chat.voice.reference.replace("@", "-") if chat.voice else "__base__" for chat in chats]
        most = max(chat.sampling.max_tokens for chat in chats)
        wall, processor = time.perf_counter(), time.process_time()
        with torch.inference_mode():
            self._model.generate(
                input_ids=ids, attention_mask=mask, adapter_names=names, max_new_tokens=most, do_sample=False
            )
        taken = time.perf_counter() - wall, time.process_time() - processor
        return Batch(*taken, sum(chat.sampling.max_tokens for chat in chats))


class ContinuousBatch:
    """transformers' own continuous batching, which serves the base model only."""

    def __init__(self, base: BaseModel, *, dtype: str) -> None:
        self._renderer = Renderer(load_tokenizer(base))
        model: Any = load_weights(base, dtype=dtype, device="cpu").eval()
        settings = ContinuousBatchingConfig(
            page_size=256, num_blocks=64, max_batch_tokens=1024, max_requests_per_batch=32, use_cuda_graph=False,
            use_async_batching=False, allow_block_sharing=False,
        )  # fmt: skip
        greedy = GenerationConfig(do_sample=False, eos_token_id=-1, max_new_tokens=64, pad_token_id=0)
        self._manager = model.init_continuous_batching(generation_config=greedy, continuous_batching_config=settings)
        self._manager.start()
        self._answered([list(range(5, 40))], [4])

    def run(self, chats: Sequence[Request]) -> Batch:
        prompts = [self._renderer.prompt(chat.messages) for chat in chats]
        wall, processor = time.perf_counter(), time.process_time()
        said = self._answered(prompts, [chat.sampling.max_tokens for chat in chats])
        return Batch(time.perf_counter() - wall, time.process_time() - processor, said)

    def close(self) -> None:
        self._manager.stop(block=True, timeout=10)
        self._manager.destroy()

    def _answered(self, prompts: Sequence[list[int]], most: Sequence[int]) -> int:
        for number, (prompt, limit) in enumerate(zip(prompts, most, strict=True)):
            self._manager.add_request(prompt, request_id=f"{time.monotonic_ns()}-{number}", max_new_tokens=limit)
        waiting, said = len(prompts), 0
        while waiting:
            result = self._manager.get_result(timeout=1)
            if result is None and self._manager.background_thread_status.fatal_error:
                raise SystemExit("transformers' continuous batching died")
            if result is not None and result.is_finished():
                waiting, said = waiting - 1, said + len(result.generated_tokens)
        return said
