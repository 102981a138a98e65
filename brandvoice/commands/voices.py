"""Commands on voices: what there is, which one speaks, and taking it back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from brandvoice.commands.context import operator, workspace_of
from brandvoice.output import Json, print_facts, print_rows, say
from conversations.errors import VoiceRefused
from styles.voices import PROMPTED, VoiceVersion, parse_reference

group = typer.Typer(help="Voice versions: list, compare, promote, reject, roll back.", no_args_is_help=True)

Reference = Annotated[str, typer.Argument(metavar="STYLE@VERSION")]
Reason = Annotated[str, typer.Option(help="Why; kept in the history.")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="voices")


@group.command("list")
def list_voices(
    context: typer.Context, style: Annotated[str | None, typer.Argument()] = None, as_json: Json = False
) -> None:
    """Every voice version and its state."""
    from brandvoice.cleaning import is_affected

    workspace = workspace_of(context)
    registry = workspace.voices
    versions = [v for name in ([style] if style else registry.styles()) for v in registry.versions(name)]
    rows = [_row(v, affected=is_affected(workspace, v)) for v in versions]
    print_rows(rows, as_json=as_json, empty="No voices yet. Train one: brandvoice round STYLE")


@group.command()
def show(context: typer.Context, reference: Reference, as_json: Json = False) -> None:
    """The manifest of one version: where it came from, its scores and its history."""
    from dataclasses import asdict

    from brandvoice.cleaning import is_affected

    registry = workspace_of(context).voices
    style, number = parse_reference(reference)
    version = registry.version(style, number)
    history = [asdict(d) for d in registry.history(style) if d.number == number]
    facts = {"voice": version.reference, "state": version.state, "path": str(version.path), **asdict(version.manifest)}
    affected = "by an erasure: it learned from somebody who asked to be forgotten since"
    if is_affected(workspace_of(context), version):
        facts["affected"] = affected
    print_facts({**facts, "history": history}, as_json=as_json)


@group.command()
def compare(context: typer.Context, one: Reference, other: Reference, as_json: Json = False) -> None:
    """Two versions side by side: data, recipe and scores."""
    registry = workspace_of(context).voices
    versions = [registry.version(*parse_reference(r)) for r in (one, other)]
    facts = [_comparable(v) for v in versions]
    names = list(dict.fromkeys([*facts[0], *facts[1]]))
    rows = [{"what": n, one: facts[0].get(n), other: facts[1].get(n)} for n in names]
    print_rows(rows, as_json=as_json, empty="")


@group.command()
def promote(context: typer.Context, reference: Reference, reason: Reason = "") -> None:
    """Let a version speak from the next message on. One that the gate refused needs a reason."""
    from brandvoice.cleaning import is_affected

    registry = workspace_of(context).voices
    style, number = parse_reference(reference)
    version = registry.version(style, number)
    verdict = version.manifest.scores.get("verdict", {})
    if not verdict.get("passed") and not reason:
        why = verdict.get("words") or "It has not been evaluated."
        raise VoiceRefused(
            f"The gate did not pass {reference}. {why} To promote it all the same, say why: --reason TEXT"
        )
    if is_affected(workspace_of(context), version) and not reason:
        raise VoiceRefused(
            f"{reference} learned from somebody who asked to be forgotten. Train a new one: brandvoice round {style}. "
            "To promote it all the same, say why: --reason TEXT"
        )
    registry.promote(style, number, who=operator(), reason=reason)
    _note(context, version, state="promoted", reason=reason)
    say(f"{reference} speaks now.")


@group.command()
def reject(context: typer.Context, reference: Reference, reason: Reason = "rejected by hand") -> None:
    """Mark a candidate as not wanted."""
    style, number = parse_reference(reference)
    version = workspace_of(context).voices.reject(style, number, who=operator(), reason=reason)
    _note(context, version, state="rejected", reason=reason)
    say(f"{reference} is rejected.")


@group.command()
def rollback(context: typer.Context, style: str, reason: Reason = "") -> None:
    """Let the previous voice speak again."""
    number = workspace_of(context).voices.rollback(style, who=operator(), reason=reason)
    spoken = f"{style}@{number}" if number != PROMPTED else f"the base model with the guide of {style} ({style}@0)"
    say(f"{spoken} speaks now.")


def _note(
    context: typer.Context, version: VoiceVersion, *, state: Literal["promoted", "rejected"], reason: str
) -> None:
    """Tell the round that made a version what became of it."""
    from brandvoice.decisions import tell_submitters

    workspace = workspace_of(context)
    with workspace.open_rounds() as rounds:
        rounds.decided(version.manifest.round, state=state, reason=reason or f"{state} by {operator()}")
        if state == "promoted":
            tell_submitters(workspace, rounds, version)


@group.command()
def export(
    context: typer.Context, reference: Reference, folder: Annotated[Path, typer.Argument(help="A new folder.")]
) -> None:
    """Write a version as an ordinary model that plain transformers loads: the adapter merged into the base."""
    from training.export import export_merged

    workspace = workspace_of(context)
    export_merged(workspace.voices.version(*parse_reference(reference)), workspace.base_model(), folder)
    say(f"{reference} is in {folder}.")


@group.command()
def push(
    context: typer.Context,
    reference: Reference,
    repository: Annotated[
        str, typer.Argument(metavar="OWNER/NAME", help="Made as a private repository if it is not there.")
    ],
) -> None:
    """Upload a version to a Hugging Face hub (HF_TOKEN opens it; HF_ENDPOINT names another hub)."""
    import os

    from brandvoice.settings import secret
    from training.export import push_adapter

    version = workspace_of(context).voices.version(*parse_reference(reference))
    address = push_adapter(version, repository, token=secret("HF_TOKEN"), endpoint=os.environ.get("HF_ENDPOINT"))
    say(f"{reference} is at {address}.")


def _row(version: VoiceVersion, *, affected: bool) -> dict[str, Any]:
    manifest, scores = version.manifest, version.manifest.scores
    return {
        "voice": version.reference,
        "state": version.state,
        "style score": scores.get("style_score"),
        "perplexity": scores.get("perplexity"),
        "dataset": manifest.dataset[:12],
        "base": manifest.base,
        "trained": manifest.created_at[:16],
        "affected": "by an erasure" if affected else None,
    }


def _comparable(version: VoiceVersion) -> dict[str, Any]:
    manifest = version.manifest
    facts = {"state": version.state, "trained": manifest.created_at, "base": manifest.base, "dataset": manifest.dataset}
    recipe = {f"recipe.{k}": v for k, v in manifest.recipe.items()}
    scores = {f"score.{k}": v for k, v in manifest.scores.items() if isinstance(v, int | float)}
    return {**facts, **recipe, **{k: v for k, v in manifest.training.items() if not isinstance(v, dict)}, **scores}
