"""Likelihood: how well a model expects the brand's words, with and without an adapter."""

from __future__ import annotations

import contextlib
import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conversations.errors import VoiceRefused
from styles.base_model import BaseModel, load_weights
from styles.rendering import IGNORED, Rendered
from training.batches import pad
from training.plan import CPU_TOKENS_PER_BATCH, GPU_TOKENS_PER_BATCH, Machine


@dataclass(frozen=True, slots=True)
class Loss:
    """What it cost to predict the labelled tokens of one conversation, in nats."""

    nats: float
    tokens: int

    @property
    def per_token(self) -> float:
        return self.nats / self.tokens if self.tokens else math.nan


def losses(base: BaseModel, adapter: Path | None, rendered: Sequence[Rendered], machine: Machine) -> list[Loss]:
    """The loss of every rendered conversation, in the given order."""
    return Likelihood(base, machine).losses(rendered, adapter=adapter)


def mean_loss(measured: Sequence[Loss]) -> float | None:
    """Nats per token over all of them; None when nothing finite was measured."""
    tokens = sum(loss.tokens for loss in measured)
    mean = sum(loss.nats for loss in measured) / tokens if tokens else math.nan
    return mean if math.isfinite(mean) else None


class Likelihood:
    """A loaded base model; adapters are added to it when first asked for, so that it is loaded once."""

    def __init__(self, base: BaseModel, machine: Machine) -> None:
        import torch

        torch.set_num_threads(machine.threads)
        self._machine = machine
        self._model = load_weights(base, dtype=machine.dtype, device=machine.device).eval()
        self._adapters: set[str] = set()
        self.context: int = self._model.config.get_text_config().max_position_embeddings

    def losses(self, rendered: Sequence[Rendered], *, adapter: Path | None = None) -> list[Loss]:
        """The loss of every rendered conversation under the base model, or under it with an adapter."""
        measured: list[Loss] = [Loss(0.0, 0)] * len(rendered)
        with self._speaking_with(adapter):
            for rows in _batches(rendered, self._machine):
                for row, loss in zip(rows, self._measure([rendered[i] for i in rows]), strict=True):
                    measured[row] = loss
        return measured

    def surprises(self, rendered: Sequence[Rendered], *, adapter: Path | None = None) -> list[list[float]]:
        """For every labelled token, by how many nats another one was likelier; 0 where it was the likeliest itself."""
        measured: list[list[float]] = [[] for _ in rendered]
        with self._speaking_with(adapter):
            for rows in _batches(rendered, self._machine):
                for row, gaps in zip(rows, self._gaps([rendered[i] for i in rows]), strict=True):
                    measured[row] = gaps
        return measured

    def merge(self, adapter: Path) -> None:
        """Put an adapter into the weights for good, as an exported voice has it; the base model is gone then."""
        self._model.set_adapter(self._load(adapter))
        self._model = self._model.merge_and_unload()
        self._adapters.clear()

    @contextlib.contextmanager
    def _speaking_with(self, adapter: Path | None) -> Iterator[None]:
        if adapter is not None:
            name = self._load(adapter)
            self._model.set_adapter(name)
            yield
        elif self._adapters:
            with self._model.disable_adapter():
                yield
        else:
            yield

    def _load(self, adapter: Path) -> str:
        """PEFT's name for an adapter on disk, loaded now if it was not."""
        from peft import PeftModel
        from safetensors import SafetensorError

        if not (adapter / "adapter_model.safetensors").is_file():
            raise VoiceRefused(f"{adapter} holds no adapter_model.safetensors, so its likelihood cannot be measured.")
        name = hashlib.sha256(str(adapter.resolve()).encode()).hexdigest()[:12]
        if name in self._adapters:
            return name
        try:
            if self._adapters:
                self._model.load_adapter(adapter, adapter_name=name, use_safetensors=True)
            else:
                self._model = PeftModel.from_pretrained(self._model, adapter, adapter_name=name, use_safetensors=True)
        except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
            raise VoiceRefused(f"The adapter in {adapter} does not fit the base model: {error}") from error
        self._model.eval()
        self._adapters.add(name)
        return name

    def _measure(self, rows: Sequence[Rendered]) -> list[Loss]:
        """One batch. Only positions that some row has a label for go through the output layer."""
        import torch.nn.functional as F

        found = self._logits(rows)
        if found is None:
            return [Loss(0.0, 0) for _ in rows]
        logits, chosen = found
        nats = F.cross_entropy(logits.transpose(1, 2), chosen, ignore_index=IGNORED, reduction="none")
        totals, counts = nats.sum(1).tolist(), (chosen != IGNORED).sum(1).tolist()
        return [Loss(total, count) for total, count in zip(totals, counts, strict=True)]

    def _gaps(self, rows: Sequence[Rendered]) -> list[list[float]]:
        found = self._logits(rows)
        if found is None:
            return [[] for _ in rows]
        logits, chosen = found
        said = logits.gather(2, chosen.clamp(min=0).unsqueeze(2)).squeeze(2)
        gaps = logits.max(2).values - said
        return [gap[told].tolist() for gap, told in zip(gaps, chosen != IGNORED, strict=True)]

    def _logits(self, rows: Sequence[Rendered]) -> tuple[Any, Any] | None:
        """Logits and labels at the positions that some row has a label for; None where no row has any."""
        import torch

        padded = pad([{"input_ids": r.token_ids, "labels": r.labels} for r in rows], pad_token=0)
        targets = padded["labels"][:, 1:]
        wanted = (targets != IGNORED).any(0).nonzero().squeeze(1)
        if not len(wanted):
            return None
        device = self._machine.device
        with torch.inference_mode():
            # No attention mask: with padding on the right no real position can see a padded one.
            output = self._model(
                input_ids=padded["input_ids"].to(device), logits_to_keep=wanted.to(device), use_cache=False
            )
        return output.logits.float(), targets[:, wanted].to(device)


def _batches(rendered: Sequence[Rendered], machine: Machine) -> Iterator[list[int]]:
    """Places of conversations of like length, with no more tokens together than the device takes well."""
    budget = CPU_TOKENS_PER_BATCH if machine.device == "cpu" else GPU_TOKENS_PER_BATCH
    batch: list[int] = []
    for i in sorted(range(len(rendered)), key=lambda i: len(rendered[i].token_ids)):
        if batch and (len(batch) + 1) * len(rendered[i].token_ids) > budget:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch
