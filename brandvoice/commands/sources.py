"""Commands on sources: where conversations came from, and whether they may be learned from."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from brandvoice.commands.context import operator, workspace_of
from brandvoice.output import Json, print_facts, print_rows, say

group = typer.Typer(help="Where conversations came from, and why they may be learned from.", no_args_is_help=True)

SourceId = Annotated[str, typer.Argument(metavar="SOURCE", help="Its id, or the beginning of it.")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="sources")


@group.command("list")
def list_sources(
    context: typer.Context, style: Annotated[str | None, typer.Argument()] = None, as_json: Json = False
) -> None:
    """Every source with its owner, basis and date; those captured live are never learned from by themselves."""
    with workspace_of(context).open_store() as store:
        found = store.sources(style)
    rows = [
        {
            "id": s.id if as_json else s.id[:10],
            "style": s.style,
            "kind": s.kind,
            "name": s.name,
            "owner": s.owner or None,
            "basis": s.basis,
            "licence": s.licence or None,
            "added": s.added_at.isoformat()[:10],
            "live": s.live if as_json else ("live" if s.live else None),
            "train": s.train_allowed if as_json else ("yes" if s.train_allowed else "no"),
        }
        for s in found
    ]
    print_rows(rows, as_json=as_json, empty="No sources yet. Import some: brandvoice import PATH --style S --basis B")


@group.command()
def show(context: typer.Context, source: SourceId, as_json: Json = False) -> None:
    """One source, and who let it be learned from or not."""
    from dataclasses import asdict

    with workspace_of(context).open_store() as store:
        found = store.source(source)
        history = store.audit(found.id)
    facts: dict[str, Any] = asdict(found) | {"missing": list(found.missing)}
    decided = [{"at": d.at.isoformat()[:16], "who": d.who, "what": d.what, **d.details} for d in history]
    print_facts(facts | ({"decisions": decided} if as_json else {}), as_json=as_json)
    if not as_json:
        for row in decided:
            say(f"{row['at']}  {row['who']}: {row['what']} {row.get('reason', '')}".rstrip())


@group.command()
def allow(
    context: typer.Context,
    source: SourceId,
    basis: Annotated[
        str | None, typer.Option(help="consent, contract, legitimate-interest or own-content (default: as it is).")
    ] = None,
    owner: Annotated[str, typer.Option(help="Who answers for it (default: as it is).")] = "",
    licence: Annotated[str, typer.Option(help="Under which licence, where there is one.")] = "",
    captured_live: Annotated[
        bool, typer.Option("--captured-live", help="Yes, also where it was captured while people talked.")
    ] = False,
) -> None:
    """Let the next dataset learn from a source; a basis and an owner are needed."""
    from conversations.errors import StoreError
    from conversations.sources import BASES

    if basis is not None and basis not in BASES:
        raise StoreError(f'"{basis}" is not a basis. Say why it may be learned from: {", ".join(BASES)}.')
    with workspace_of(context).open_store() as store:
        found = store.allow_source(
            source,
            who=operator(),
            basis=basis,
            owner=owner,
            licence=licence,
            captured_live=captured_live,
        )
    say(f"{found.name} may be learned from: {found.basis}, {found.owner} answers for it.")


@group.command()
def deny(
    context: typer.Context, source: SourceId, reason: Annotated[str, typer.Option(help="Why, for the audit.")] = ""
) -> None:
    """Learn nothing more from a source, also when it is imported again."""
    with workspace_of(context).open_store() as store:
        found = store.deny_source(source, who=operator(), reason=reason)
    say(f"{found.name} is not learned from any more. Older datasets still hold it: brandvoice curate {found.style}")
