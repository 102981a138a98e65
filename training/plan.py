"""The plan: a recipe, the data and the machine turned into the concrete numbers of one run."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from training.memory import Shape, wants_checkpointing
from training.recipe import Recipe

CPU_TOKENS_PER_BATCH = 2_048  # more gains nothing on a CPU and costs memory
GPU_TOKENS_PER_BATCH = 16_384
_TUNING = {"lora": "", "qlora": "base in 4 bits, ", "full": "linear layers in full, kept as "}


@dataclass(frozen=True, slots=True)
class Machine:
    """What a run can count on."""

    device: Literal["cpu", "cuda"]
    dtype: Literal["float32", "bfloat16"]
    threads: int
    gpus: int = 0
    varlen: bool = False  # torch has attention over packed rows for this GPU


@dataclass(frozen=True, slots=True)
class Plan:
    """The numbers of one run; equal plans on equal data give equal voices."""

    examples: int
    replayed: int  # of the examples: general conversations, against forgetting
    tokens: int
    target_tokens: int
    epochs: int
    steps: int
    examples_per_step: int
    batch: int
    accumulation: int
    learning_rate: float
    optimizer: str
    weight_decay: float
    warmup_steps: int
    scheduler: str
    tuning: str
    lora_rank: int
    lora_alpha: int
    lora_targets: str
    max_tokens: int
    early_stopping: bool
    packing: bool
    checkpointing: bool  # of gradients
    processes: int
    sharding: str
    longest: int  # tokens of the longest example
    seed: int
    machine: Machine
    base_digest: str
    data: str
    start: str = "base"  # or the digest of the LoRA adapter that training goes on from

    @property
    def hash(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]

    @property
    def _replay(self) -> str:
        return f" and {self.replayed} general conversations against forgetting" if self.replayed else ""

    def lines(self) -> list[str]:
        """The plan for people to read."""
        m = self.machine
        examples = f"{self.examples - self.replayed} examples{self._replay}"
        return [
            f"{examples}, {self.tokens:,} tokens, {self.target_tokens:,} of them answers",
            f"{self.epochs} epochs, {self.steps} steps, {self.examples_per_step} examples a step",
            _TUNING[self.tuning] + f"LoRA rank {self.lora_rank}, alpha {self.lora_alpha}, {self.lora_targets}",
            f"{self.optimizer}, learning rate {self.learning_rate:g}, {self.scheduler}",
            f"{m.device}, {m.dtype}, {m.threads} threads, seed {self.seed}{self._spread}",
        ]

    @property
    def _spread(self) -> str:
        spread = f", {self.processes} processes" if self.processes > 1 else ""
        spread += ", sharded" if self.sharding != "none" else ""
        by_row = "" if self.machine.varlen else " (row by row: torch has no attention for packed rows here)"
        spread += f", packed{by_row}" if self.packing else ""
        return spread + (", activations computed again" if self.checkpointing else "")


def make_plan(
    recipe: Recipe,
    *,
    lengths: Sequence[int],
    target_tokens: int,
    parameters: int,
    machine: Machine,
    base_digest: str,
    data: str,
    start: str = "base",
    halvings: int = 0,
    replayed: int = 0,
    shape: Shape | None = None,
    memory: float = math.inf,
) -> Plan:
    """Work out every `auto`. `lengths` are tokens per example, `parameters` those of the base model; the last
    `replayed` examples are general ones.

    `memory` is all that the device has, in GiB; with the base model's `shape` it decides on gradient checkpointing.
    `halvings` says how often memory ran out: the batch is divided by two so often, and accumulation makes up for it.

    The rules: small sets need more passes; LoRA wants about ten times the rate of full tuning and few examples a
    step; a base of some million parameters wants a higher rate still.
    """
    n = len(lengths)
    brand = n - replayed
    per_step = _examples_per_step(brand) if recipe.examples_per_step == "auto" else recipe.examples_per_step
    per_step = min(per_step, n)
    epochs = _epochs(brand) if recipe.epochs == "auto" else recipe.epochs
    steps = epochs * math.ceil(n / per_step)
    rate = _learning_rate(parameters, steps) if recipe.learning_rate == "auto" else recipe.learning_rate
    if recipe.tuning == "full" and recipe.learning_rate == "auto":
        rate /= 10  # LoRA wants about ten times the rate of full tuning
    processes = _processes(recipe, machine)
    per_step = math.ceil(per_step / processes) * processes  # every process has as many
    share = per_step // processes
    batch = _halved(_batch(share, lengths, machine), share, halvings)
    longest = max(lengths, default=1)
    width = 2 if machine.dtype == "bfloat16" else 4
    fills = shape is not None and wants_checkpointing(shape, tokens=batch * longest, width=width, memory_gib=memory)
    return Plan(
        examples=n,
        replayed=replayed,
        tokens=sum(lengths),
        target_tokens=target_tokens,
        epochs=epochs,
        steps=steps,
        examples_per_step=per_step,
        batch=batch,
        accumulation=share // batch,
        learning_rate=rate * recipe.learning_rate_multiplier,
        optimizer=recipe.optimizer,
        weight_decay=recipe.weight_decay,
        warmup_steps=round(steps * recipe.warmup_share),
        scheduler=recipe.scheduler,
        tuning=recipe.tuning,
        lora_rank=recipe.lora.rank,
        lora_alpha=recipe.lora.alpha,
        lora_targets=recipe.lora.targets,
        max_tokens=recipe.max_tokens,
        early_stopping=recipe.early_stopping,
        packing=machine.varlen if recipe.packing == "auto" else recipe.packing,
        checkpointing=fills if recipe.gradient_checkpointing == "auto" else recipe.gradient_checkpointing,
        processes=processes,
        sharding=recipe.sharding if processes > 1 else "none",
        longest=longest,
        seed=recipe.seed,
        machine=machine,
        base_digest=base_digest,
        data=data,
        start=start,
    )


def _processes(recipe: Recipe, machine: Machine) -> int:
    if recipe.launch == "local":
        return 1
    return max(1, machine.gpus) if recipe.processes == "auto" else recipe.processes


def _epochs(examples: int) -> int:
    if examples < 300:
        return 5
    return 3 if examples <= 1500 else 2


def _examples_per_step(examples: int) -> int:
    if examples < 500:
        return 8
    return 16 if examples <= 3000 else 32


def _learning_rate(parameters: int, steps: int) -> float:
    if parameters < 50_000_000:
        return 3e-3
    if parameters >= 14_000_000_000:
        return 1e-4
    return 3e-4 if steps < 100 else 2e-4


def _batch(per_step: int, lengths: Sequence[int], machine: Machine) -> int:
    """The largest divisor of `per_step` whose longest batch fits the token budget of the device."""
    budget = CPU_TOKENS_PER_BATCH if machine.device == "cpu" else GPU_TOKENS_PER_BATCH
    longest = sorted(lengths)[int(len(lengths) * 0.95)] if lengths else 1
    fitting = [d for d in range(1, per_step + 1) if per_step % d == 0 and d * longest <= budget]
    return max(fitting, default=1)


def _halved(batch: int, per_step: int, halvings: int) -> int:
    """The largest divisor of `per_step` that is at most the batch divided by two so often."""
    most = max(1, batch // 2**halvings)
    return max(d for d in range(1, most + 1) if per_step % d == 0)
