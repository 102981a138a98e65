"""Pretrain the starter model: `python -m training.starter.pretrain CORPORA OUT`, resumable at any moment."""

from __future__ import annotations

import argparse
import json
import os
import time
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from training.starter import corpus
from training.starter.network import Network, Shape, llama_config


@dataclass(frozen=True, slots=True)
class Phase:
    """One stretch of pretraining with its own sequence length, corpus weights and learning rates."""

    name: str
    tokens: int
    sequence: int
    batch: int
    start_rate: float
    end_rate: float
    weights: Mapping[str, float]

    @property
    def steps(self) -> int:
        return self.tokens // (self.sequence * self.batch)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpora", type=Path, help="folder of *.jsonl or *.jsonl.xz conversations")
    parser.add_argument("out", type=Path, help="folder for the tokenizer, checkpoints and the model")
    parser.add_argument("--config", type=Path, default=Path(__file__).with_name("pretrain.toml"))
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    config = tomllib.loads(arguments.config.read_text())
    arguments.out.mkdir(parents=True, exist_ok=True)
    run(config, corpora=arguments.corpora, out=arguments.out)


def run(config: Mapping[str, Any], *, corpora: Path, out: Path) -> None:
    """Train every phase that is not finished yet, then save the model for `transformers`."""
    tokenizer, train, held_out = prepare(
        corpora, out=out, vocabulary=config["shape"]["vocabulary"], seed=config["seed"]
    )
    torch.manual_seed(config["seed"])
    trainer = Trainer(Network(Shape(**config["shape"])), muon_rate=config["muon_rate"])
    trainer.load(out / "checkpoint.pt")
    for phase in (Phase(**p) for p in config["phases"]):
        if phase.name in trainer.finished:
            continue
        tokens = corpus.stream(train, phase.weights, tokens=phase.tokens, seed=config["seed"])
        trainer.train(phase, tokens, held_out, checkpoint=out / "checkpoint.pt", log=out / "log.jsonl")
    save_model(trainer.network, tokenizer, out / "model")


def prepare(
    folder: Path, *, out: Path, vocabulary: int, seed: int
) -> tuple[Tokenizer, dict[str, list[np.ndarray]], dict[str, list[np.ndarray]]]:
    """The tokenizer (trained once, then kept) and the token ids of every corpus: (tokenizer, train, held out)."""
    names = sorted(folder.glob("*.jsonl*"))
    splits = {
        path.name.split(".")[0]: corpus.split_held_out(corpus.load_conversations(path), seed=seed) for path in names
    }
    saved = out / "tokenizer.json"
    if not saved.exists():
        written = (m["content"] for part, _ in splits.values() for c in part for m in c)
        corpus.train_tokenizer(written, vocabulary=vocabulary).save(str(saved))
    tokenizer = Tokenizer.from_file(str(saved))
    train = {name: corpus.encode(tokenizer, split[0]) for name, split in splits.items()}
    held_out = {name: corpus.encode(tokenizer, split[1]) for name, split in splits.items()}
    for name, texts in train.items():
        print(f"{name:24} {len(texts):6} conversations {sum(map(len, texts)):9} tokens", flush=True)
    return tokenizer, train, held_out


class Trainer:
    """bf16 network, fp32 masters; Muon for the matrices of the layers, AdamW for embeddings and norms."""

    def __init__(self, network: Network, *, muon_rate: float) -> None:
        self.network = network.to(torch.bfloat16)
        self.compiled = torch.compile(network)
        self.masters = [nn.Parameter(p.detach().float().clone()) for p in network.parameters()]
        names = [name for name, _ in network.named_parameters()]
        pairs = list(zip(names, self.masters, strict=True))
        matrices = [p for name, p in pairs if p.dim() == 2 and "embed" not in name]
        others = [p for name, p in pairs if p.dim() != 2 or "embed" in name]
        self.optimizers: list[torch.optim.Optimizer] = [
            torch.optim.Muon(matrices, lr=muon_rate, weight_decay=0.05, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(others, lr=3e-3, betas=(0.9, 0.95), weight_decay=0.01, fused=True),
        ]
        self.rates = [optimizer.param_groups[0]["lr"] for optimizer in self.optimizers]
        self.finished: list[str] = []
        self.step = 0
        self.tokens = 0
        self.best = float("inf")

    def train(
        self, phase: Phase, tokens: np.ndarray, held_out: Mapping[str, list[np.ndarray]], *, checkpoint: Path, log: Path
    ) -> None:
        """Run one phase to its end, from the step where an earlier run left it."""
        began, since = time.monotonic(), self.step
        for block in blocks(tokens, phase, first=self.step):
            loss = self.update(block, factor=rate_factor(phase, self.step))
            self.step += 1
            self.tokens += block.numel()
            if self.step % 50 == 0:
                speed = (self.step - since) * phase.batch * phase.sequence / (time.monotonic() - began)
                print(f"{phase.name} {self.step}/{phase.steps} loss {loss:.3f} {speed:.0f} tokens/s", flush=True)
            if self.step % 250 == 0:
                self.report(phase, held_out, log)
                self.save(checkpoint)
        self.report(phase, held_out, log)
        self.finished.append(phase.name)
        self.step = 0
        self.save(checkpoint)

    def update(self, block: Tensor, *, factor: float) -> float:
        """One optimiser step on a [batch, sequence] block; returns its loss."""
        loss = self.compiled(block)
        loss.backward()
        parameters = list(self.network.parameters())
        with torch.no_grad():
            for master, parameter in zip(self.masters, parameters, strict=True):
                assert parameter.grad is not None
                master.grad = parameter.grad.float()
                parameter.grad = None
            nn.utils.clip_grad_norm_(self.masters, 1.0)
            for optimizer, rate in zip(self.optimizers, self.rates, strict=True):
                optimizer.param_groups[0]["lr"] = rate * factor
                optimizer.step()
            for master, parameter in zip(self.masters, parameters, strict=True):
                parameter.copy_(master)
        return float(loss.detach())

    def report(self, phase: Phase, held_out: Mapping[str, list[np.ndarray]], log: Path) -> None:
        losses = {name: self.held_out_loss(texts, phase) for name, texts in held_out.items()}
        count = {name: sum(map(len, texts)) for name, texts in held_out.items()}
        mean = sum(losses[n] * count[n] for n in losses) / sum(count.values())
        self.best = min(self.best, mean)
        line = {"phase": phase.name, "step": self.step, "tokens": self.tokens, "held_out": mean, "corpora": losses}
        print(json.dumps(line), flush=True)
        with log.open("a") as lines:
            lines.write(json.dumps(line) + "\n")

    @torch.no_grad()
    def held_out_loss(self, texts: list[np.ndarray], phase: Phase) -> float:
        """Nats per token over the first blocks of a held-out corpus."""
        ids = np.concatenate(texts)
        length = min(256, len(ids))
        rows = min(48, len(ids) // length)
        block = torch.from_numpy(ids[: rows * length].astype(np.int64)).view(rows, length)
        return float(self.network(block))

    def save(self, path: Path) -> None:
        state = {
            "masters": [m.detach() for m in self.masters],
            "optimizers": [o.state_dict() for o in self.optimizers],
            **{key: getattr(self, key) for key in ("finished", "step", "tokens", "best")},
        }
        part = path.with_suffix(".part")
        torch.save(state, part)
        part.replace(path)

    def load(self, path: Path) -> None:
        if not path.exists():
            return
        state = torch.load(path, weights_only=True)
        with torch.no_grad():
            for master, parameter, saved in zip(self.masters, self.network.parameters(), state["masters"], strict=True):
                master.copy_(saved)
                parameter.copy_(saved)
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        for key in ("finished", "step", "tokens", "best"):
            setattr(self, key, state[key])


def blocks(tokens: np.ndarray, phase: Phase, *, first: int) -> Iterator[Tensor]:
    size = phase.batch * phase.sequence
    for step in range(first, phase.steps):
        block = tokens[step * size : (step + 1) * size].astype(np.int64)
        yield torch.from_numpy(block).view(phase.batch, phase.sequence)


def rate_factor(phase: Phase, step: int) -> float:
    """Linear warm-up over 100 steps on the way from `start_rate` to `end_rate`."""
    progress = step / phase.steps
    level = phase.start_rate + (phase.end_rate - phase.start_rate) * progress
    return level * min(1.0, (step + 1) / 100) if phase.start_rate == 1.0 and step < 100 else level


def save_model(network: Network, tokenizer: Tokenizer, out: Path) -> None:
    """Write the network as a bf16 `LlamaForCausalLM` with its tokenizer and chat template."""
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    roles = {"bos_token": "<|endoftext|>", "eos_token": "<|im_end|>", "pad_token": "<|pad|>"}
    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **roles)
    wrapped.chat_template = corpus.CHAT_TEMPLATE
    wrapped.model_max_length = network.shape.context
    ids = {f"{name}_token_id": getattr(wrapped, f"{name}_token_id") for name in ("bos", "eos", "pad")}
    model = LlamaForCausalLM(LlamaConfig(**llama_config(network.shape), **ids)).to(torch.bfloat16)
    missing, unexpected = model.model.load_state_dict(network.state_dict(), strict=False)
    assert not missing, missing
    assert not unexpected, unexpected
    model.save_pretrained(out)
    wrapped.save_pretrained(out)


if __name__ == "__main__":
    main()
