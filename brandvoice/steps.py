"""The steps of a round as operations on a workspace; commands and rounds share them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version as library_version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from brandvoice.plugins import Offers
from brandvoice.preferences import prefer
from brandvoice.rounds import Round
from conversations.errors import NotFound, SettingsError
from styles.dataset import DatasetVersion, list_datasets, load_dataset
from styles.exports import export_lines
from styles.voices import Manifest, VoiceVersion

if TYPE_CHECKING:
    from brandvoice.workspace import Workspace
    from training.progress import Progress, Watcher
    from training.recipe import Recipe
    from training.sft import Trained

LIBRARIES = ("torch", "transformers", "peft", "trl", "datasets", "tokenizers", "safetensors")
CHANGEABLE = ("epochs", "examples_per_step", "learning_rate_multiplier", "seed")


def find_recipe(workspace: Workspace, name: str, *, offers: Offers) -> Recipe:
    """A recipe of the workspace, of a plugin, or one that ships with brandvoice."""
    from training.recipe import load_recipe

    offered = {recipe.name: recipe for recipe in offers.list("recipes")}
    return offered[name] if name in offered else load_recipe(name, folder=workspace.recipes_folder)


def train_voice(
    workspace: Workspace,
    round_: Round,
    *,
    offers: Offers,
    folder: Path,
    tell: Callable[..., None] = lambda *_, **__: None,
) -> VoiceVersion:
    """Train a round's voice and publish it as a candidate; a voice that this round published already is returned.

    `tell(message, **facts)` hears of the plan and, now and then, how far it is.
    """
    from styles.base_model import load_tokenizer

    registry = workspace.voices
    published = [v for v in registry.versions(round_.style) if v.manifest.round == round_.id]
    if published:
        return published[0]
    recipe = _changed(find_recipe(workspace, round_.recipe, offers=offers), round_)
    dataset = load_dataset(workspace.data, round_.style, round_.dataset or "latest")
    elsewhere = workspace.settings.style(round_.style).trainer
    if elsewhere != "local":
        adapter = _train_elsewhere(
            workspace, round_, recipe=recipe, dataset=dataset, offers=offers, folder=folder, tell=tell
        )
        made = Made(recipe, dataset, adapter, load_tokenizer(workspace.base_model()), None, {"trainer": elsewhere})
        return _publish(workspace, round_, made)
    made = _train_here(workspace, round_, recipe=recipe, dataset=dataset, folder=folder, tell=tell)
    return _publish(workspace, round_, made)


def _train_here(
    workspace: Workspace,
    round_: Round,
    *,
    recipe: Recipe,
    dataset: DatasetVersion,
    folder: Path,
    tell: Callable[..., None],
) -> Made:
    """SFT on this machine, then what the feedback can carry; says what it will take, and what it took."""
    from brandvoice.display import Announcer, TrainingDisplay
    from brandvoice.preflight import expect
    from brandvoice.rented import expect_here
    from training.general import replay_talks
    from training.machine import find_machine
    from training.sft import Task, prepare, train

    base = workspace.base_model()
    expect_here(recipe, style=round_.style)
    messages = {part: [e.messages for e in dataset.examples(part)] for part in ("train", "holdout")}
    start = _start(workspace, recipe, style=round_.style)
    task = Task(
        base,
        recipe,
        dataset.manifest.hash,
        messages["train"],
        messages["holdout"],
        start=start.path if start else None,
        halvings=int(round_.options.get("halvings", 0)),
        replay=replay_talks(recipe.replay, base, brand=len(messages["train"]), seed=recipe.seed, folder=workspace.root),
    )
    prepared = prepare(task, find_machine(workspace.settings.model.device))
    expected = expect(workspace, prepared, style=round_.style)
    tell(
        f"Expected: {expected['minutes']:g} minutes, {expected['memory_gib']:g} GiB of memory"
        + (f", cost {expected['cost']:g}." if expected["cost"] else "."),
        **expected,
    )
    announcer = Announcer(prepared.plan, tell)
    with TrainingDisplay(prepared.plan) as display:
        trained = train(prepared, run_dir=folder / "training", watch=_both(display.watch, announcer.watch))
    preferred = prefer(
        trained.adapter,
        base=base,
        recipe=recipe,
        dataset=dataset,
        folder=folder,
        device=workspace.settings.model.device,
        watch=announcer.watch,
        tell=tell,
        halvings=task.halvings,
    )
    if trained.is_stock:
        tell(f"{base.name} is no architecture that the faster arithmetic is proven for: it trained as TRL alone does.")
    facts = {
        "plan": trained.plan.hash,
        "start": start.reference if start else "base",
        "replay_share": round(trained.plan.replayed / trained.plan.examples, 3),  # of general conversations
        "steps": trained.plan.steps,
        "tokens": trained.plan.tokens * trained.plan.epochs,
        "holdout_loss": trained.holdout_loss,
        "seconds": round(trained.seconds, 1),
        "tokens_per_second": round(trained.tokens_per_second),
        **_took(trained, expected, price=workspace.settings.style(round_.style).price_per_hour, tell=tell),
        **preferred.facts,
    }
    return Made(recipe, dataset, preferred.adapter, prepared.tokenizer, trained.template_hash, facts)


def _took(
    trained: Trained, expected: Mapping[str, float], *, price: float, tell: Callable[..., None]
) -> dict[str, Any]:
    """What the training took, beside what was expected of it."""
    minutes = trained.seconds / 60
    took = {"minutes": minutes, "memory_gib": trained.memory_gib, "cost": minutes / 60 * price}
    took = {name: round(value, 2) for name, value in took.items()}
    tell(
        f"Training took {took['minutes']:g} minutes ({expected['minutes']:g} expected) "
        f"and {took['memory_gib']:g} GiB of memory ({expected['memory_gib']:g} expected).",
        took=took,
        expected=dict(expected),
    )
    return {"took": took, "expected": dict(expected)}


@dataclass(frozen=True, slots=True)
class Made:
    """What a training made: the folder of the LoRA adapter, and what there is to know about it."""

    recipe: Recipe
    dataset: DatasetVersion
    adapter: Path
    tokenizer: Any
    template_hash: str | None
    training: Mapping[str, Any]


def _publish(workspace: Workspace, round_: Round, made: Made) -> VoiceVersion:
    """Stage the voice's files with its manifest and card, then let them appear at once."""
    from styles.rendering import Renderer

    registry, base = workspace.voices, workspace.base_model()
    registry.clean(round_.style)
    staging = registry.stage(round_.style)
    for path in made.adapter.iterdir():
        shutil.copy2(path, staging)
    made.tokenizer.save_pretrained(staging)
    current = registry.current(round_.style)
    manifest = Manifest(
        style=round_.style,
        number=0,
        base=base.name,
        base_revision=base.revision,
        base_digest=base.digest,
        dataset=made.dataset.manifest.hash,
        recipe=made.recipe.model_dump(mode="json"),
        seed=made.recipe.seed,
        template_hash=made.template_hash or Renderer(made.tokenizer).hash,
        libraries={name: library_version(name) for name in LIBRARIES},
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        parent=current.manifest.number if current else None,
        round=round_.id,
        training=made.training,
    )
    (staging / "README.md").write_text(_model_card(manifest, made.dataset), encoding="utf-8")
    return registry.publish(staging, manifest)


def _changed(recipe: Recipe, round_: Round) -> Recipe:
    """The recipe with the numbers that were asked for with the round."""
    asked = {name: round_.options[name] for name in CHANGEABLE if name in round_.options}
    return type(recipe).model_validate({**recipe.model_dump(), **asked}) if asked else recipe


def _train_elsewhere(
    workspace: Workspace,
    round_: Round,
    *,
    recipe: Recipe,
    dataset: DatasetVersion,
    offers: Offers,
    folder: Path,
    tell: Callable[..., None],
) -> Path:
    """The LoRA adapter that the style's own trainer made. Raises TrainedElsewhere where it cannot be had."""
    from brandvoice.remote_training import write_task

    name, offered = workspace.settings.style(round_.style).trainer, offers.table("trainers")
    if name not in offered:
        known = ", ".join(sorted(offered))
        raise SettingsError(f'[styles.{round_.style}] trainer = "{name}" is not known. Trainers here: local, {known}.')
    task = write_task(
        dataset,
        style=round_.style,
        round_id=round_.id,
        seed=recipe.seed,
        epochs=recipe.epochs,
        folder=folder / "remote",
    )
    made: Path = offered[name](workspace).train(task, tell=tell)
    return made


def _both(one: Watcher, other: Watcher) -> Watcher:
    def watch(progress: Progress) -> None:
        one(progress)
        other(progress)

    return watch


def _start(workspace: Workspace, recipe: Recipe, *, style: str) -> VoiceVersion | None:
    """The voice whose LoRA adapter training goes on from; None begins a new one on the base model.

    A voice with another base model or another shape, or one that learned from an erased person, is not gone on from.
    """
    current = workspace.voices.current(style)
    if recipe.start == "base" or current is None:
        return None
    manifest, base = current.manifest, workspace.base_model()
    erased = {d.hash for d in list_datasets(workspace.data, style) if d.is_erased}
    same_shape = manifest.recipe.get("lora") == recipe.lora.model_dump(mode="json")
    fits = manifest.base_digest == base.digest and same_shape and manifest.dataset not in erased
    return current if fits else None


def _model_card(manifest: Manifest, dataset: DatasetVersion) -> str:
    return "\n".join(
        [
            "---",
            f"base_model: {manifest.base}",
            "library_name: peft",
            "tags: [lora, brand-voice]",
            "---",
            f"# The voice of {manifest.style}",
            "",
            f"A LoRA adapter trained by brandvoice on {dataset.train_count} examples of the style `{manifest.style}`,",
            f"dataset `{manifest.dataset}`, with the loss on the brand's words only.",
            "",
            f"- base model: {manifest.base} ({manifest.base_revision}, files {manifest.base_digest})",
            f"- renderer: {manifest.template_hash}; a runtime that renders otherwise is not this voice",
            f"- seed {manifest.seed}, {manifest.training.get('steps', '?')} steps",
            f"- holdout loss: {manifest.training.get('holdout_loss')} nats per token",
            *_resources(manifest.training),
            "",
            "Its scores are in voice.json; the evaluation report is kept with the round.",
            "",
        ]
    )


def _resources(training: Mapping[str, Any]) -> list[str]:
    took, expected = training.get("took"), training.get("expected")
    if not took or not expected:
        return []
    said = f"{took['minutes']:g} minutes ({expected['minutes']:g} expected)"
    memory = f"{took['memory_gib']:g} GiB of memory ({expected['memory_gib']:g} expected)"
    return [f"- training took {said} and {memory}"]


def export_dataset(
    workspace: Workspace, style: str, *, version: str, part: str, target: Path, form: str = "openai"
) -> int:
    """Write one part of a dataset version as JSON lines of a form, whole or not at all; returns how many."""
    lines = export_lines(load_dataset(workspace.data, style, version), part, form=form)
    if target.is_dir() or not target.parent.is_dir():
        raise NotFound(f"{target} cannot be written: name a file in a folder that is there.")
    begun = target.with_name(f".{target.name}.part")
    begun.write_text(lines, encoding="utf-8")
    begun.replace(target)
    return lines.count("\n")
