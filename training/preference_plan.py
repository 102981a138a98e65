"""The plan of preference training: which of DPO and KTO the data can carry, and with what numbers."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from training.plan import CPU_TOKENS_PER_BATCH, GPU_TOKENS_PER_BATCH, Machine
from training.recipe import Method, Prefer, Recipe

Kind = Literal["dpo", "kto"]

SMALL = 50_000_000  # parameters below which a base wants a higher rate
_RATES: dict[Kind, float] = {"dpo": 1e-5, "kto": 2e-5}  # ten times those of full tuning
_SMALL_RATES: dict[Kind, float] = {"dpo": 3e-4, "kto": 5e-4}


@dataclass(frozen=True, slots=True)
class Supply:
    """How much there is to learn preferences from, on the training side."""

    pairs: int = 0
    up: int = 0
    down: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """Which preference trainings follow SFT, in order, and why."""

    method: Method
    kinds: tuple[Kind, ...]
    reason: str

    @property
    def words(self) -> str:
        done = " then ".join(["SFT", *(kind.upper() for kind in self.kinds)])
        return f"{done}: {self.reason}"


def choose(method: Method, supply: Supply, prefer: Prefer) -> Choice:
    """What a recipe's method comes to with this data. `auto` takes whatever there is enough of: KTO, then DPO."""
    if method == "sft":
        return Choice(method, (), "the recipe asks for nothing else.")
    wanted: tuple[Kind, ...] = {"sft+dpo": ("dpo",), "sft+kto": ("kto",)}.get(method, ("kto", "dpo"))  # type: ignore[assignment]
    enough: dict[Kind, bool] = {
        "dpo": supply.pairs >= prefer.pairs_at_least,
        "kto": min(supply.up, supply.down) >= prefer.votes_at_least,
    }
    told = [_told(kind, supply, prefer, enough=enough[kind]) for kind in wanted]
    return Choice(method, tuple(kind for kind in wanted if enough[kind]), "; ".join(told) + ".")


def _told(kind: Kind, supply: Supply, prefer: Prefer, *, enough: bool) -> str:
    verdict = "enough" if enough else "too few"
    if kind == "dpo":
        return (
            f"{supply.pairs} pairs of a better and a worse reply are {verdict} for DPO ({prefer.pairs_at_least} needed)"
        )
    if not supply.up and supply.down:
        return f"{supply.down} thumbs down and none up: blame alone never trains"
    return (
        f"{supply.up} replies with thumbs up and {supply.down} with thumbs down are {verdict} for KTO "
        f"({prefer.votes_at_least} of each needed)"
    )


@dataclass(frozen=True, slots=True)
class PreferencePlan:
    """The numbers of one preference training; equal plans on equal data give equal voices."""

    kind: Kind
    rows: int
    wanted: int  # of the rows of KTO: replies with thumbs up
    left_out: int  # too long, or of one batch too many
    tokens: int
    epochs: int
    steps: int
    rows_per_step: int
    batch: int
    accumulation: int
    learning_rate: float
    warmup_steps: int
    scheduler: str
    beta: float
    sft_weight: float
    desirable_weight: float
    undesirable_weight: float
    max_tokens: int
    seed: int
    machine: Machine
    base_digest: str
    parameters: int  # of the base model
    start: str  # digest of the adapter that it begins with, and that it is held against
    data: str

    early_stopping = False  # one pass over little data; the gate decides whether it was worth it

    @property
    def hash(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]

    @property
    def memory_gib(self) -> float:
        """About how much memory the run takes: weights, the adapter with its optimizer, activations of one batch.

        There is no second model: the reference is two numbers a row.
        """
        width = 2 if self.machine.dtype == "bfloat16" else 4
        hidden = (self.parameters / 12) ** (1 / 3) * 8  # the usual shape: depth grows with width
        activations = self.batch * 2 * self.tokens / self.rows * hidden * 34 * width
        return float((self.parameters * (width + 0.3) + activations) / 2**30 + 0.6)

    def lines(self) -> list[str]:
        """The plan for people to read."""
        m = self.machine
        what = "pairs of a better and a worse reply" if self.kind == "dpo" else f"voted replies, {self.wanted} wanted"
        weights = (
            f"sigmoid loss and {self.sft_weight:g} of the better reply's own"
            if self.kind == "dpo"
            else f"weights {self.desirable_weight:g} for wanted, {self.undesirable_weight:g} for unwanted"
        )
        return [
            f"{self.kind.upper()} on {self.rows} {what}, {self.tokens:,} tokens",
            f"{self.epochs} epochs, {self.steps} steps, {self.rows_per_step} rows a step",
            f"learning rate {self.learning_rate:g}, {self.scheduler}, beta {self.beta:g}, {weights}",
            f"{m.device}, {m.dtype}, {m.threads} threads, seed {self.seed}, about {self.memory_gib:.1f} GiB",
        ]


def make_preference_plan(
    recipe: Recipe,
    kind: Kind,
    *,
    lengths: Sequence[int],
    wanted: Sequence[float],
    unwanted: Sequence[float],
    left_out: int,
    parameters: int,
    machine: Machine,
    base_digest: str,
    start: str,
    data: str,
    halvings: int = 0,
) -> PreferencePlan:
    """Work out every `auto`. `lengths` are tokens per row (of a pair: both replies); the weights of votes by side."""
    prefer, n = recipe.prefer, len(lengths)
    per_step = min(8 if n < 500 else 16, n)
    batch = _batch(kind, per_step, lengths, machine, halvings=halvings)
    steps = prefer.epochs * math.ceil(n / per_step)
    asked = prefer.dpo_learning_rate if kind == "dpo" else prefer.kto_learning_rate
    rate = (_SMALL_RATES if parameters < SMALL else _RATES)[kind] if asked == "auto" else asked
    desirable, undesirable = balance(sum(wanted), sum(unwanted), ratio=prefer.balance)
    return PreferencePlan(
        kind=kind,
        rows=n,
        wanted=len(wanted),
        left_out=left_out,
        tokens=sum(lengths),
        epochs=prefer.epochs,
        steps=steps,
        rows_per_step=per_step,
        batch=batch,
        accumulation=per_step // batch,
        learning_rate=rate,
        warmup_steps=round(steps * recipe.warmup_share),
        scheduler=recipe.scheduler,
        beta=prefer.beta,
        sft_weight=prefer.sft_weight,
        desirable_weight=desirable,
        undesirable_weight=undesirable,
        max_tokens=recipe.max_tokens,
        seed=recipe.seed,
        machine=machine,
        base_digest=base_digest,
        parameters=parameters,
        start=start,
        data=data,
    )


def _batch(kind: Kind, per_step: int, lengths: Sequence[int], machine: Machine, *, halvings: int) -> int:
    """The largest divisor of `per_step` whose batch fits the device's token budget, then halved as often as asked.

    KTO compares the rows of a batch with each other: its batches have no fewer than four, or two once memory ran out.
    """
    budget = CPU_TOKENS_PER_BATCH if machine.device == "cpu" else GPU_TOKENS_PER_BATCH
    longest = sorted(lengths)[int(len(lengths) * 0.95)]
    smallest = 1 if kind == "dpo" else 2 if halvings else 4
    most = max(smallest, min(per_step, budget // longest) // 2 ** min(halvings, 8))
    fitting = [d for d in range(1, per_step + 1) if per_step % d == 0 and smallest <= d <= most]
    return max(fitting, default=per_step)


def balance(wanted: float, unwanted: float, *, ratio: float) -> tuple[float, float]:
    """KTO's weights of wanted and unwanted rows, so that all wanted ones together weigh `ratio` times all others.

    The larger side is weighed down, so that no row ever counts more than once. Eq. 8 of arXiv 2402.01306.
    """
    if not wanted or not unwanted:
        return 1.0, 1.0
    desirable = ratio * unwanted / wanted
    return (round(desirable, 6), 1.0) if desirable <= 1 else (1.0, round(1 / desirable, 6))
