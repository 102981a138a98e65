"""Commands on voices: what there is, which one speaks, and taking it back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from brandvoice.commands.context import operator, workspace_of
from brandvoice.output import Json, print_facts, print_json, print_rows, say
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
def show(
    context: typer.Context,
    reference: Reference,
    lineage: Annotated[
        bool, typer.Option("--lineage", help="What it learned from, down to the messages, instead.")
    ] = False,
    as_json: Json = False,
) -> None:
    """The manifest of one version: where it came from, its scores and its history."""
    if lineage:
        from brandvoice.lineage import show_lineage

        show_lineage(workspace_of(context), reference, as_json=as_json)
        return
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
def compare(
    context: typer.Context,
    one: Reference,
    other: Reference,
    answers: Annotated[
        int | None,
        typer.Option(min=0, help="Let both answer so many holdout prompts now; else those of their evaluations."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Two versions side by side: scores, settings, what changed in the data, and answers to the same prompts."""
    from brandvoice.comparison import compare_voices

    compared = compare_voices(workspace_of(context), one, other, answers=answers)
    if as_json:
        print_json(compared)
        return
    print_rows(compared.rows, as_json=False, empty="")
    for line in compared.lines():
        say(line)


@group.command()
def report(context: typer.Context, reference: Reference) -> None:
    """Write a version's report again with what is known by now: votes, live replies, changes of the data."""
    from brandvoice.around import renew_report

    say(f"report: {renew_report(workspace_of(context), reference)}")


@group.command()
def canary(
    context: typer.Context,
    reference: Annotated[str, typer.Argument(metavar="STYLE[@VERSION]")],
    share: Annotated[float | None, typer.Option(min=0.0, max=1.0, help="Of listeners who hear it.")] = None,
    by: Annotated[str, typer.Option(help="What is drawn: conversation, person or channel.")] = "person",
    shadow: Annotated[bool, typer.Option(help="It answers the others too; nobody is shown that.")] = False,
    end: Annotated[bool, typer.Option("--end", help="End the trial undecided.")] = False,
    as_json: Json = False,
) -> None:
    """Let a share of people hear a candidate (--share 0.1), or say how the one that is heard stands."""
    from brandvoice.commands.canary import end_canary, show_canary, start_canary

    workspace = workspace_of(context)
    if end:
        end_canary(workspace, reference)
    elif share is not None or shadow:
        start_canary(workspace, reference, share=share or 0.0, by=by, shadow=shadow)
    else:
        show_canary(workspace, reference, as_json=as_json)


@group.command()
def delete(
    context: typer.Context, reference: Reference, reason: Annotated[str, typer.Option(help="Why; kept for ever.")]
) -> None:
    """Delete the files of a version for good. Its manifest stays behind, and its number is not used again."""
    workspace_of(context).voices.delete(*parse_reference(reference), who=operator(), reason=reason)
    say(f"{reference} is deleted.")


@group.command()
def prune(
    context: typer.Context,
    style: str,
    keep: Annotated[int, typer.Option(min=0, help="How many of the newest to keep.")] = 5,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
) -> None:
    """Delete retired and rejected versions but the newest ones."""
    registry = workspace_of(context).voices
    over = [v for v in registry.versions(style) if v.state in {"retired", "rejected"}]
    for version in over[: len(over) - keep if keep else None] if len(over) > keep else []:
        if not dry_run:
            reason = f"pruned: {keep} of the versions that are not used any more are kept"
            registry.delete(style, version.manifest.number, who=operator(), reason=reason)
        say(f"{version.reference} ({version.state}) {'would be' if dry_run else 'is'} deleted.")
    if len(over) <= keep:
        say(f"{style} has {len(over)} retired and rejected versions, and {keep} are kept: nothing to delete.")


@group.command()
def promote(context: typer.Context, reference: Reference, reason: Reason = "") -> None:
    """Let a version speak from the next message on. One that the gate refused needs a reason."""
    from brandvoice.cleaning import is_affected
    from brandvoice.decisions import override, passed

    registry = workspace_of(context).voices
    style, number = parse_reference(reference)
    version = registry.version(style, number)
    if is_affected(workspace_of(context), version) and not reason.strip():
        raise VoiceRefused(
            f"{reference} learned from somebody who asked to be forgotten. Train a new one: brandvoice round {style}. "
            "To promote it all the same, say why: --reason TEXT"
        )
    if not passed(version):
        override(workspace_of(context), version, who=operator(), reason=reason)
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
    context: typer.Context,
    reference: Reference,
    folder: Annotated[Path, typer.Argument(help="A new folder.")],
    form: Annotated[
        str, typer.Option("--format", help="transformers, or ollama: with a Modelfile for `ollama create`.")
    ] = "transformers",
) -> None:
    """Write a version as an ordinary model that plain transformers loads: the adapter merged into the base."""
    from training.export import export_merged
    from training.ollama import write_modelfile

    if form not in {"transformers", "ollama"}:
        raise VoiceRefused(f'There is no format "{form}". Formats: transformers, ollama (which makes GGUF by itself).')
    workspace = workspace_of(context)
    export_merged(workspace.voices.version(*parse_reference(reference)), workspace.base_model(), folder)
    say(f"{reference} is in {folder}.")
    if form == "ollama":
        write_modelfile(folder)
        say(f"Give it to Ollama: ollama create {reference.replace('@', '-')} -f {folder / 'Modelfile'}")


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
