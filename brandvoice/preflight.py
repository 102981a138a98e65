"""The preflight of a round: what it will take, said before anything starts, and refused where it cannot work."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conversations.errors import BrandvoiceError
from training.machine import find_machine, total_memory
from training.memory import memory_gib, shape_of
from training.plan import make_plan
from training.sft import count_parameters

if TYPE_CHECKING:
    from brandvoice.plugins import Offers
    from brandvoice.round_settings import RoundSettings
    from brandvoice.round_store import RoundStore
    from brandvoice.workspace import Workspace
    from training.plan import Machine
    from training.recipe import Recipe
    from training.sft import Prepared

LETTERS_PER_TOKEN = 3.2  # of the starter's and of larger tokenizers, on the safe side
TRAIN_SHARE = 0.8  # of the conversations; the rest is holdout, or dropped
CPU_FLOPS, GPU_FLOPS = 4e9, 4e13  # that training reaches on one thread, and on one GPU, where no voice tells the speed
FREE_DISK = 2**29


@dataclass(frozen=True, slots=True)
class Preflight:
    """An estimate of one round. `refusals` say in sentences what cannot work; empty: it may start."""

    examples: int
    tokens: int
    minutes: float
    memory_gib: float
    cost: float
    refusals: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        cost = f", cost {self.cost:.2f}" if self.cost else ""
        return (
            f"About {self.examples} examples, {self.tokens:,} tokens, {self.minutes:.0f} minutes of training, "
            f"{self.memory_gib:.1f} GiB of memory{cost}."
        )

    def facts(self) -> dict[str, Any]:
        return asdict(self)


def fly(workspace: Workspace, rounds: RoundStore, style: str, *, recipe: str, offers: Offers) -> Preflight:
    """Estimate a round of a style from what the store holds now; nothing is trained or changed."""
    from brandvoice.steps import find_recipe

    settings = workspace.settings.style(style)
    try:
        workspace.style(style)
        numbers = find_recipe(workspace, recipe, offers=offers)
        base = workspace.base_model()
        machine = find_machine(workspace.settings.model.device)
    except BrandvoiceError as error:
        return Preflight(0, 0, 0.0, 0.0, 0.0, (str(error),))
    lengths = _lengths(workspace, style)
    if not lengths:
        return Preflight(0, 0, 0.0, 0.0, 0.0, (f"There is no conversation that {style} may learn from.",))
    parameters = count_parameters(base)
    shape = shape_of(base.path, parameters=parameters)
    plan = make_plan(
        numbers,
        lengths=[min(n, numbers.max_tokens) for n in lengths],
        target_tokens=sum(lengths) // 2,
        parameters=parameters,
        machine=machine,
        base_digest=base.digest,
        data="",
        shape=shape,
        memory=total_memory(machine),
    )
    tokens = plan.tokens * plan.epochs
    minutes = tokens / _speed(workspace, style, base_digest=base.digest, machine=machine, parameters=parameters) / 60
    memory = memory_gib(plan, shape)
    cost = minutes / 60 * settings.price_per_hour
    refusals = [
        *_too_few(plan.examples, numbers.min_examples),
        *_too_little(memory, _free_memory_gib(machine)),
        *_over_limit(memory, numbers),
        *_no_disk(workspace),
        *over_budget(settings, used_hours=used_hours(rounds, settings, style), needed_hours=minutes / 60),
    ]
    return Preflight(plan.examples, tokens, minutes, memory, cost, tuple(refusals))


def expect(workspace: Workspace, prepared: Prepared, *, style: str) -> dict[str, float]:
    """Minutes, memory and cost that a planned training will take, for its events and its voice."""
    plan, base = prepared.plan, prepared.task.base
    parameters = count_parameters(base)
    speed = _speed(workspace, style, base_digest=base.digest, machine=plan.machine, parameters=parameters)
    minutes = plan.tokens * plan.epochs / speed / 60
    memory = memory_gib(plan, shape_of(base.path, parameters=parameters))
    cost = minutes / 60 * workspace.settings.style(style).price_per_hour
    return {"minutes": round(minutes, 2), "memory_gib": round(memory, 2), "cost": round(cost, 2)}


def used_hours(rounds: RoundStore, settings: RoundSettings, style: str) -> float:
    """Hours that the style's rounds of this month trained; the month is the one on the style's clocks."""
    return rounds.training_seconds(style, since=month_begin(settings, rounds.now())) / 3600


def month_begin(settings: RoundSettings, moment: datetime) -> datetime:
    return moment.astimezone(settings.zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def over_budget(settings: RoundSettings, *, used_hours: float, needed_hours: float) -> list[str]:
    """Why the month's budget does not allow so many more hours, in hours and in money."""
    total = used_hours + needed_hours
    refusals = []
    if settings.budget_hours and total > settings.budget_hours:
        refusals.append(
            f"The month's budget is {settings.budget_hours:g} hours of training (budget_hours): "
            f"{used_hours:.2f} are used, {needed_hours:.2f} more are needed."
        )
    price = settings.price_per_hour
    if settings.budget and price and total * price > settings.budget:
        refusals.append(
            f"The month's budget is {settings.budget:g} (budget): {used_hours * price:.2f} is spent, "
            f"{needed_hours * price:.2f} more is needed."
        )
    return refusals


def _lengths(workspace: Workspace, style: str) -> list[int]:
    """Tokens per conversation that would be trained on, by their letters."""
    with workspace.open_store() as store:
        talks = [c.messages for c in store.conversations(style, trainable_only=True)]
        talks += [s.messages for s in store.submissions(style=style, state="approved")]
    lengths = [int(sum(len(m.content) for m in talk) / LETTERS_PER_TOKEN) + 4 * len(talk) for talk in talks]
    return sorted(lengths)[: max(1, round(len(lengths) * TRAIN_SHARE))] if lengths else []


def _speed(workspace: Workspace, style: str, *, base_digest: str, machine: Machine, parameters: int) -> float:
    """Tokens a second: as the newest voice on this base model reached, else by the machine's rough power."""
    measured = [
        float(v.manifest.training["tokens_per_second"])
        for v in workspace.voices.versions(style)
        if v.manifest.base_digest == base_digest and v.manifest.training.get("tokens_per_second")
    ]
    if measured:
        return measured[-1]
    power = GPU_FLOPS if machine.device == "cuda" else CPU_FLOPS * machine.threads
    return power / (6 * parameters)


def _free_memory_gib(machine: Machine) -> float:
    if machine.device == "cuda":
        import torch

        return float(torch.cuda.mem_get_info()[0]) / 2**30
    available = re.search(r"MemAvailable:\s+(\d+) kB", _meminfo())  # with what the system would give back
    if available:
        return int(available[1]) / 2**20
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30


def _meminfo() -> str:
    path = Path("/proc/meminfo")
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _too_few(examples: int, needed: int) -> Sequence[str]:
    if examples >= needed:
        return ()
    return (f"About {examples} examples, but the recipe needs {needed} (min_examples). Import or approve more.",)


def _too_little(memory: float, free: float) -> Sequence[str]:
    if memory <= free:
        return ()
    return (
        f"Training needs about {memory:.1f} GiB of memory, and {free:.1f} GiB are free. Take a smaller base model.",
    )


def _over_limit(memory: float, recipe: Recipe) -> Sequence[str]:
    most = recipe.limits.memory_gb
    if most is None or memory <= most:
        return ()
    return (f"Training needs about {memory:.1f} GiB of memory; the recipe allows {most:g} (limits.memory_gb).",)


def _no_disk(workspace: Workspace) -> Sequence[str]:
    free = shutil.disk_usage(workspace.data if workspace.data.is_dir() else workspace.root).free
    return () if free >= FREE_DISK else (f"The disk of {workspace.data} has {free // 2**20} MiB left; make room.",)


def next_month_begin(settings: RoundSettings, moment: datetime) -> datetime:
    return month_begin(settings, month_begin(settings, moment) + timedelta(days=32))
