"""Preference training: a LoRA adapter taught by TRL's DPO or KTO what people want, and the measure of that."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conversations.errors import TrainingRefused, TrainingStopped
from styles.base_model import BaseModel, load_tokenizer, load_weights
from styles.preferences import Preference
from styles.rendering import Renderer
from styles.voices import file_digest
from training.bootstrap import Interval, interval
from training.checkpoints import CheckpointStore
from training.likelihood import Likelihood
from training.plan import Machine
from training.preference_plan import Kind, PreferencePlan, make_preference_plan
from training.preference_rows import Row, render_reply, render_rows, vote_order
from training.progress import Watcher
from training.recipe import Recipe
from training.sft import ADAPTER_FILES, count_parameters, quiet


@dataclass(frozen=True, slots=True)
class PreferenceTask:
    """What to train: the adapter to begin with, and the pairs (DPO) or votes (KTO) of one dataset version."""

    base: BaseModel
    recipe: Recipe
    kind: Kind
    data: str
    train: Sequence[Preference]
    start: Path
    halvings: int = 0  # how often memory ran out before


@dataclass(frozen=True, slots=True)
class PreparedPreference:
    """A task rendered, ordered and planned; nothing has been trained yet."""

    task: PreferenceTask
    tokenizer: Any
    rows: list[Row]
    plan: PreferencePlan


@dataclass(frozen=True, slots=True)
class Preferred:
    """A finished run: the folder with the LoRA adapter. `is_fast` is false where TRL's own output layer was used."""

    adapter: Path
    plan: PreferencePlan
    steps: int
    seconds: float
    loss: float
    is_fast: bool


@dataclass(frozen=True, slots=True)
class Measured:
    """How an adapter ranks pairs: nats by which the chosen reply is likelier, per token, and how often it is."""

    margins: tuple[float, ...]  # per pair
    clusters: tuple[str, ...]  # the conversation of each
    margin: Interval
    wins: Interval


def prepare_preference(task: PreferenceTask, machine: Machine) -> PreparedPreference:
    """Render every row and make the plan; refuses data that nothing can be learned from."""
    tokenizer = load_tokenizer(task.base)
    renderer = Renderer(tokenizer)
    newest = list(task.train)[-task.recipe.prefer.rows_at_most :]
    rows, left_out = render_rows(renderer, newest, limit=task.recipe.max_tokens)
    plan = _plan(task, rows, left_out, machine)
    if task.kind == "kto":
        order = vote_order(rows, batch=plan.batch, seed=plan.seed)
        left_out += len(rows) - len(order)
        rows = [rows[i] for i in order]
        plan = _plan(task, rows, left_out, machine)
    return PreparedPreference(task, tokenizer, rows, plan)


def train_preference(prepared: PreparedPreference, *, run_dir: Path, watch: Watcher) -> Preferred:
    """Train to the end of the plan, from the newest whole checkpoint in `run_dir` if there is one."""
    import torch
    from transformers import set_seed

    plan = prepared.plan
    torch.set_num_threads(plan.machine.threads)
    set_seed(plan.seed)
    run_dir.mkdir(parents=True, exist_ok=True)
    store = CheckpointStore(run_dir / "checkpoints", plan_hash=plan.hash, keep=prepared.task.recipe.checkpoint.keep)
    newest = store.newest()
    began = time.monotonic()
    with quiet():
        trainer = make_trainer(prepared, run_dir=run_dir, store=store, watch=watch)
        with trainer.run.watching.signals():
            done = trainer.train(resume_from_checkpoint=str(newest.path) if newest else None)
    if trainer.run.watching.stop_asked:
        raise TrainingStopped(f"Stopped at step {trainer.state.global_step} of {plan.steps}; the checkpoint is saved.")
    adapter = _keep_adapter(trainer.model, run_dir)
    steps = trainer.state.global_step
    return Preferred(adapter, plan, steps, time.monotonic() - began, done.training_loss, trainer.run.is_fast)


def measure_pairs(
    likelihood: Likelihood, renderer: Renderer, pairs: Sequence[Preference], *, adapter: Path | None, limit: int
) -> Measured | None:
    """How an adapter (None: the base model) ranks pairs, with bootstrap intervals by conversation; None for none."""
    fitting: list[Preference] = []
    rendered = []
    for pair in pairs:
        both = [render_reply(renderer, pair.prompt, str(reply)) for reply in (pair.chosen, pair.rejected)]
        if all(one.target_count and len(one.token_ids) <= limit for one in both):
            fitting.append(pair)
            rendered += both
    losses = [loss.nats / loss.tokens for loss in likelihood.losses(rendered, adapter=adapter)]
    margins = [bad - good for good, bad in zip(losses[::2], losses[1::2], strict=True)]
    clusters = tuple(pair.conversation_id for pair in fitting)
    margin = interval(margins, clusters=clusters)
    wins = interval([float(value > 0) for value in margins], clusters=clusters)
    return Measured(tuple(margins), clusters, margin, wins) if margin and wins else None


def _plan(task: PreferenceTask, rows: Sequence[Row], left_out: int, machine: Machine) -> PreferencePlan:
    sides = {label: [row.weight for row in rows if row.label is label] for label in (True, False)}
    if len(rows) < 2 or (task.kind == "kto" and not all(sides.values())):
        wanted = "pairs" if task.kind == "dpo" else "replies with thumbs up and as many with thumbs down"
        raise TrainingRefused(
            f"{len(rows)} usable rows are too few for {task.kind.upper()} ({left_out} left out as too long). It needs "
            f"{wanted} of at most {task.recipe.max_tokens} tokens; collect more, or train with method sft."
        )
    return make_preference_plan(
        task.recipe,
        task.kind,
        lengths=[row.length for row in rows],
        wanted=sides[True],
        unwanted=sides[False],
        left_out=left_out,
        parameters=count_parameters(task.base),
        machine=machine,
        base_digest=task.base.digest,
        start=file_digest(task.start / ADAPTER_FILES[0]),
        data=task.data,
        halvings=task.halvings,
    )


def make_trainer(prepared: PreparedPreference, *, run_dir: Path, store: CheckpointStore, watch: Watcher) -> Any:
    """TRL's trainer for a prepared task, finished for a run."""
    from peft import PeftModel

    from training.attention import register_attention
    from training.preference_trainer import PairTrainer, Run, VoteTrainer
    from training.watching import Watching

    plan, recipe = prepared.plan, prepared.task.recipe
    model = load_weights(prepared.task.base, dtype=plan.machine.dtype, device=plan.machine.device)
    if plan.machine.device == "cpu":
        model.set_attn_implementation(register_attention())
    model = PeftModel.from_pretrained(model, prepared.task.start, is_trainable=True)
    watching = Watching(plan, tokens=plan.tokens, watch=watch, recipe=recipe, run_dir=run_dir)
    run = Run(
        plan,
        tokenizer=prepared.tokenizer,
        store=store,
        watching=watching,
        run_dir=run_dir,
        reporters=recipe.reporters,
    )
    return (PairTrainer if plan.kind == "dpo" else VoteTrainer)(model, prepared.rows, run=run)


def _keep_adapter(model: Any, run_dir: Path) -> Path:
    """Only the adapter that learned, in `run_dir/adapter`."""
    target = run_dir / "adapter"
    shutil.rmtree(target, ignore_errors=True)
    model.save_pretrained(target)
    for path in target.iterdir():
        if path.name not in ADAPTER_FILES:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return target
