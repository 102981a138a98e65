"""Preferences of a workspace: feedback gathered for a dataset, and a voice taught by it after SFT."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conversations.preferences import imported_pairs
from conversations.sources import Source
from styles.preferences import Preferences
from styles.split import Part

if TYPE_CHECKING:
    from brandvoice.plugins import Offers
    from brandvoice.workspace import Workspace
    from conversations.roster import NameFinder
    from conversations.store import ConversationStore
    from styles.base_model import BaseModel
    from styles.curation import Limits
    from styles.dataset import DatasetVersion
    from training.preference_plan import Choice
    from training.progress import Watcher
    from training.recipe import Recipe


def preferences_of(
    workspace: Workspace,
    store: ConversationStore,
    style: str,
    *,
    limits: Limits,
    sources: Mapping[str, Source],
    handed_in: Source,
    names: NameFinder,
    offers: Offers,
) -> Callable[[Mapping[str, Part]], Preferences]:
    """What people said of this style's replies, ready to be put on the sides of a dataset's split."""
    from styles.dressing import dress_preferences
    from styles.gathering import gather
    from styles.preferences import curate_preferences
    from styles.voting import VotingRules

    rules = VotingRules(people_per_side=workspace.settings.style(style).min_voters)
    voted = _votes_source(style)
    gathered = gather(
        store,
        style,
        speaking=_speaking(workspace, style),
        rules=rules,
        submissions_source=handed_in.id,
        votes_source=voted.id,
        imported=imported_pairs(store, style),
    )

    def place(sides: Mapping[str, Part]) -> Preferences:
        stated = curate_preferences(
            gathered.claims,
            limits,
            sources={**sources, voted.id: voted},
            sides=sides,
            steps=offers.list("curation_steps"),
            roster=names,
            count=gathered.count,
            rules=rules,
        )
        if workspace.settings.privacy.replace != "surrogates":
            return stated
        return dress_preferences(stated, key=key, names=names)

    key = store.directory.key("surrogates") if workspace.settings.privacy.replace == "surrogates" else b""
    return place


def _speaking(workspace: Workspace, style: str) -> set[str]:
    """The voices whose replies are on policy: the current one and the one before it."""
    current = workspace.voices.current(style)
    previous = [v for v in workspace.voices.versions(style) if v.state == "previous"]
    numbers = {current.manifest.number if current else 0, *(v.manifest.number for v in previous)}
    if current and not previous:
        numbers.add(0)  # before the first voice the base model spoke
    return {f"{style}@{number}" for number in numbers}


def _votes_source(style: str) -> Source:
    """Votes are given on the assistant's own replies by people who were told what for."""
    since = datetime(2000, 1, 1, tzinfo=UTC)
    return Source(f"votes-{style}", style, "feedback", "votes", "consent", True, since, owner="whoever voted")


@dataclass(frozen=True, slots=True)
class Preferred:
    """The adapter after preference training (the one from before, if there was none) and what to say of it."""

    adapter: Path
    choice: Choice
    facts: Mapping[str, Any] = field(default_factory=dict)


def prefer(
    adapter: Path,
    *,
    base: BaseModel,
    recipe: Recipe,
    dataset: DatasetVersion,
    folder: Path,
    device: str,
    watch: Watcher,
    tell: Callable[..., None],
    halvings: int = 0,
) -> Preferred:
    """Teach an adapter what people prefer, as far as the recipe asks for it and the data can carry it.

    Each training keeps its checkpoints in a folder of its own under `folder`, so that a killed round goes on in it.
    """
    from training.machine import find_machine
    from training.preference import PreferenceTask, prepare_preference, train_preference
    from training.preference_plan import Supply, choose

    votes, pairs = dataset.votes("train"), dataset.pairs("train")
    up = sum(vote.label for vote in votes)
    choice = choose(recipe.method, Supply(pairs=len(pairs), up=up, down=len(votes) - up), recipe.prefer)
    if recipe.method == "sft":
        return Preferred(adapter, choice)
    tell(choice.words, method=recipe.method, kinds=list(choice.kinds))
    made, stages = adapter, dict[str, Any]()
    for kind in choice.kinds:
        rows = {"kto": votes, "dpo": pairs}[kind]
        task = PreferenceTask(base, recipe, kind, dataset.manifest.hash, rows, made, halvings=halvings)
        prepared = prepare_preference(task, find_machine(device))
        tell(f"Training: {'; '.join(prepared.plan.lines())}", steps=prepared.plan.steps, batch=prepared.plan.batch)
        done = train_preference(prepared, run_dir=folder / kind, watch=watch)
        made = done.adapter
        stages[kind] = {
            "plan": done.plan.hash,
            "rows": done.plan.rows,
            "left_out": done.plan.left_out,
            "steps": done.steps,
            "loss": round(done.loss, 4),
            "seconds": round(done.seconds, 1),
            "fast": done.is_fast,
        }
    measured = _measured(adapter, made, base=base, recipe=recipe, dataset=dataset, device=device) if stages else {}
    return Preferred(made, choice, {"method": choice.words, "preference": {**stages, **measured}})


def _measured(
    before: Path, after: Path, *, base: BaseModel, recipe: Recipe, dataset: DatasetVersion, device: str
) -> dict[str, Any]:
    """How held-out pairs are ranked before and after; empty where none is held out."""
    from styles.base_model import load_tokenizer
    from styles.rendering import Renderer
    from training.bootstrap import gain
    from training.likelihood import Likelihood
    from training.machine import find_machine
    from training.preference import Measured, measure_pairs

    pairs = dataset.pairs("holdout")
    if not pairs:
        return {}
    likelihood, renderer = Likelihood(base, find_machine(device)), Renderer(load_tokenizer(base))
    found: Sequence[Measured | None] = [
        measure_pairs(likelihood, renderer, pairs, adapter=adapter, limit=recipe.max_tokens)
        for adapter in (before, after)
    ]
    first, last = found
    if first is None or last is None:
        return {}
    gained = gain(last.margins, first.margins, clusters=last.clusters)
    ranges = {"margin_gain": gained, "wins_before": first.wins, "wins_after": last.wins}
    told = {name: [round(x, 4) for x in (i.mean, i.low, i.high)] for name, i in ranges.items() if i}
    return {"holdout_pairs": len(last.margins), **told}
