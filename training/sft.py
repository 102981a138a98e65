"""Supervised fine-tuning of a LoRA adapter with TRL, on tokens and labels that our renderer made."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from conversations.errors import TrainingRefused, TrainingStopped
from conversations.messages import Message
from styles.base_model import BaseModel, load_tokenizer
from styles.rendering import Rendered, Renderer
from styles.voices import file_digest
from training.checkpoints import CheckpointStore
from training.machine import Peak, total_memory
from training.memory import memory_gib, shape_of
from training.plan import Machine, Plan, make_plan
from training.progress import Progress, Watcher
from training.recipe import Recipe

ENOUGH_KEPT = 0.8  # of the change that full tuning made, by squares
ADAPTER_FILES = ("adapter_model.safetensors", "adapter_config.json")


@dataclass(frozen=True, slots=True)
class Task:
    """What to train: a base model, a recipe and the conversations of one dataset version (named by its hash)."""

    base: BaseModel
    recipe: Recipe
    data: str
    train: Sequence[Sequence[Message]]
    holdout: Sequence[Sequence[Message]]
    start: Path | None = None  # a LoRA adapter to go on from; None: a new one
    halvings: int = 0  # how often memory ran out before
    replay: Sequence[Sequence[Message]] = ()  # general conversations, against forgetting


@dataclass(frozen=True, slots=True)
class Trained:
    """A finished run: the folder with the LoRA adapter, and what there is to know about how it came to be."""

    adapter: Path
    plan: Plan
    template_hash: str
    holdout_loss: float | None
    seconds: float
    tokens_per_second: float
    steps: int  # that were made: fewer than planned where the run stopped early or ran out of time
    out_of_time: bool
    is_stock: bool = False  # the faster arithmetic did not fit the base model, so TRL's own was used
    memory_gib: float = 0.0  # at its fullest


@dataclass(frozen=True, slots=True)
class Fitted:
    """How a run went, or how far it came: said by the process that trained."""

    holdout_loss: float | None
    seconds: float
    tokens_per_second: float
    steps: int
    interrupted: bool
    out_of_time: bool
    is_stock: bool
    memory_gib: float  # at its fullest


@dataclass(frozen=True, slots=True)
class Prepared:
    """A task rendered and planned; nothing has been trained yet."""

    task: Task
    tokenizer: Any
    renderer: Renderer
    train: list[Rendered]
    holdout: list[Rendered]
    plan: Plan


def prepare(task: Task, machine: Machine) -> Prepared:
    """Render every example and make the plan; refuses data that the run could not learn from."""
    _expect_reporters(task.recipe)
    tokenizer = load_tokenizer(task.base)
    renderer = Renderer(tokenizer)
    train = _render(renderer, task.train, limit=task.recipe.max_tokens)
    holdout = _render(renderer, task.holdout, limit=task.recipe.max_tokens)
    needed = task.recipe.min_examples
    if len(train) < needed:
        raise TrainingRefused(
            f"{len(train)} usable training examples, but the recipe needs {needed}. "
            "Import or approve more conversations, or lower min_examples in the recipe."
        )
    replay = _render(renderer, task.replay, limit=task.recipe.max_tokens)
    train += replay
    parameters = count_parameters(task.base)
    shape = shape_of(task.base.path, parameters=parameters)
    plan = make_plan(
        task.recipe,
        lengths=[len(r.token_ids) for r in train],
        replayed=len(replay),
        target_tokens=sum(r.target_count for r in train),
        parameters=parameters,
        machine=machine,
        base_digest=task.base.digest,
        data=task.data,
        start=file_digest(task.start / ADAPTER_FILES[0]) if task.start else "base",
        halvings=task.halvings,
        shape=shape,
        memory=total_memory(machine),
    )
    _expect_memory(task.recipe, memory_gib(plan, shape))
    return Prepared(task, tokenizer, renderer, train, holdout, plan)


def preview(prepared: Prepared) -> str:
    """The first training example as the model will see it; what is trained on stands in «guillemets»."""
    pieces = prepared.renderer.preview(prepared.task.train[0])
    return "".join(f"«{text}»" if trained else text for text, trained in pieces)


def train(prepared: Prepared, *, run_dir: Path, watch: Watcher) -> Trained:
    """Train to the end of the plan, from the newest whole checkpoint in `run_dir` if there is one."""
    plan = prepared.plan
    run_dir.mkdir(parents=True, exist_ok=True)
    (run_dir / "preview.txt").write_text(preview(prepared) + "\n", encoding="utf-8")
    newest = _store(prepared, run_dir).newest()
    if newest is None:
        shutil.rmtree(run_dir / "best", ignore_errors=True)
    go_on = newest.path if newest else None
    if plan.processes > 1:
        from training.distributed import run_processes

        fitted = run_processes(prepared, run_dir=run_dir, newest=go_on, watch=watch)
    else:
        fitted = fit(prepared, run_dir=run_dir, newest=go_on, watch=watch)
    if fitted.interrupted:
        raise TrainingStopped(f"Stopped at step {fitted.steps} of {plan.steps}; the checkpoint is saved.")
    return Trained(
        run_dir / "adapter",
        plan,
        prepared.renderer.hash,
        fitted.holdout_loss,
        fitted.seconds,
        fitted.tokens_per_second,
        steps=fitted.steps,
        out_of_time=fitted.out_of_time,
        is_stock=fitted.is_stock,
        memory_gib=fitted.memory_gib,
    )


def fit(
    prepared: Prepared,
    *,
    run_dir: Path,
    newest: Path | None,
    watch: Watcher = lambda progress: None,
    follow: Callable[[Callable[[], None]], None] = lambda ask_to_stop: None,
) -> Fitted:
    """Train in this process, which may be one of several, and leave the adapter in `run_dir/adapter`.

    `follow` is handed what asks for a stop at the next checkpoint.
    """
    import torch
    from transformers import set_seed

    plan = prepared.plan
    torch.set_num_threads(plan.machine.threads)
    set_seed(plan.seed)
    began = time.monotonic()
    with quiet(), Peak(plan.machine) as peak:
        trainer = _make_trainer(prepared, run_dir=run_dir, store=_store(prepared, run_dir), watch=watch)
        follow(trainer.ask_to_stop)
        trainer.train(resume_from_checkpoint=str(newest) if newest else None)
    loss = None
    if trainer.is_world_process_zero() and not trainer.interrupted:
        keep = _extract if plan.tuning == "full" else _keep_adapter
        loss = keep(trainer, prepared, run_dir, early_stopping=plan.early_stopping and bool(prepared.holdout))
    return Fitted(
        loss,
        seconds=time.monotonic() - began,
        tokens_per_second=trainer.tokens_per_second,
        steps=trainer.state.global_step,
        interrupted=trainer.interrupted,
        out_of_time=trainer.out_of_time,
        is_stock=trainer.is_stock,
        memory_gib=peak.gib,
    )


def _store(prepared: Prepared, run_dir: Path) -> CheckpointStore:
    keep = prepared.task.recipe.checkpoint.keep
    return CheckpointStore(run_dir / "checkpoints", plan_hash=prepared.plan.hash, keep=keep)


def _expect_reporters(recipe: Recipe) -> None:
    missing = [name for name in recipe.reporters if find_spec(name) is None]
    if missing:
        raise TrainingRefused(
            f"The recipe {recipe.name} reports to {' and '.join(missing)}, which is not installed here. "
            f"Run: pip install {' '.join(missing)}, or take it out of reporters."
        )


def _expect_memory(recipe: Recipe, needed: float) -> None:
    most = recipe.limits.memory_gb
    if most is not None and needed > most:
        raise TrainingRefused(
            f"Training needs about {needed:.1f} GiB of memory, more than limits.memory_gb = {most:g} of the recipe "
            f"{recipe.name} allows. Take a smaller base model, fewer max_tokens or gradient_checkpointing = true."
        )


def _render(renderer: Renderer, conversations: Sequence[Sequence[Message]], *, limit: int) -> list[Rendered]:
    """The conversations that have something to learn within the limit, rendered."""
    rendered = [renderer.render(messages, limit=limit) for messages in conversations]
    if rendered and not any(r.target_count for r in rendered):
        raise TrainingRefused(
            "No example has a trainable word of the brand. Check the roles of the imported conversations (--speaker)."
        )
    return [r for r in rendered if r.target_count]


def count_parameters(base: BaseModel) -> int:
    """Parameters as the weight files declare them, without loading one."""
    from safetensors import safe_open

    total = 0
    for path in base.path.glob("*.safetensors"):
        with safe_open(path, framework="pt") as opened:
            for name in opened.keys():  # noqa: SIM118 - not a mapping
                size = 1
                for side in opened.get_slice(name).get_shape():
                    size *= side
                total += size
    return total


def _make_trainer(prepared: Prepared, *, run_dir: Path, store: CheckpointStore, watch: Watcher) -> Any:
    from training.trainer import StyleTrainer, training_arguments
    from training.tuning import tunable_model

    plan = prepared.plan
    model = tunable_model(prepared.task.base, plan, start=prepared.task.start)
    return StyleTrainer(
        model,
        args=training_arguments(
            plan, run_dir=run_dir, has_holdout=bool(prepared.holdout), reporters=prepared.task.recipe.reporters
        ),
        train=prepared.train,
        holdout=prepared.holdout,
        tokenizer=prepared.tokenizer,
        plan=plan,
        store=store,
        recipe=prepared.task.recipe,
        watch=watch,
        run_dir=run_dir,
    )


def _keep_adapter(trainer: Any, prepared: Prepared, run_dir: Path, *, early_stopping: bool) -> float | None:
    """Leave the adapter of the best epoch (or of the last) in `run_dir/adapter`; its holdout loss."""
    target = run_dir / "adapter"
    shutil.rmtree(target, ignore_errors=True)
    best = run_dir / "best"
    if early_stopping and best.is_dir():
        shutil.copytree(best, target)
        loss = json.loads((target / "best.json").read_text())["holdout_loss"]
        (target / "best.json").unlink()
    else:
        trainer.model.save_pretrained(target)
        loss = trainer.holdout_loss
    for path in target.iterdir():
        if path.name not in ADAPTER_FILES:
            path.unlink()
    return float(loss) if loss is not None else None


def _extract(trainer: Any, prepared: Prepared, run_dir: Path, *, early_stopping: bool) -> float | None:
    """Leave what full tuning changed, as a LoRA adapter in `run_dir/adapter`; the adapter's own loss."""
    from safetensors.torch import load_file

    from training.likelihood import losses, mean_loss
    from training.tuning import extract_adapter

    best = run_dir / "best" / "model.safetensors"
    tuned = load_file(best) if early_stopping and best.is_file() else trainer.model.state_dict()
    target = run_dir / "adapter"
    shutil.rmtree(target, ignore_errors=True)
    kept = extract_adapter(tuned, prepared.task.base, prepared.plan, target=target)
    if kept < ENOUGH_KEPT:
        warnings.warn(
            f"The adapter of rank {prepared.plan.lora_rank} keeps {kept:.0%} of what full tuning changed; "
            "a higher rank keeps more.",
            stacklevel=2,
        )
    return mean_loss(losses(prepared.task.base, target, prepared.holdout, prepared.plan.machine))


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without the chatter of the libraries underneath; our own watcher says what happens."""
    import datasets
    from transformers.utils import logging

    before = logging.get_verbosity()
    logging.set_verbosity_error()
    datasets.disable_progress_bars()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            logging.set_verbosity(before)
            datasets.enable_progress_bars()


__all__ = ["Prepared", "Progress", "Task", "Trained", "prepare", "preview", "train"]
