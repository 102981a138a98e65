"""Commands on privacy: originals, alarms, proofs of erasures, and who does not want to be learned from."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from brandvoice.commands.context import operator, workspace_of
from brandvoice.output import Json, print_json, print_rows, say

STILL_READ = (
    "Another program is reading the database, so the deleted words may stand in its files until that one ends. "
    "End it, then run this again."
)

NO_SUCH_PERSON = (
    'But nobody is known as "{}" so far. Ahead of an import only an id counts, never a name (Slack: U0123…; Discord: '
    "discord/123…): check the spelling, and say it again once their messages are here."
)
NO_SUCH_CHANNEL = 'But nothing here comes from a channel "{}" so far: check the spelling.'

group = typer.Typer(help="Originals, alarms, opt-outs, and proofs of erasures.", no_args_is_help=True)

Person = Annotated[str | None, typer.Option("--person", help="An id of a platform, or a name that an import brought.")]
Channel = Annotated[str | None, typer.Option("--channel", help="The name or the id of a channel.")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="privacy")


@group.command()
def originals(
    context: typer.Context,
    conversation: Annotated[str | None, typer.Argument(help="Show one conversation as it was imported.")] = None,
    as_json: Json = False,
) -> None:
    """Conversations as they were imported, kept apart where `[privacy] redact_at_import` is on."""
    workspace = workspace_of(context)
    with workspace.open_store() as store:
        kept = store.originals(workspace.sealing())
        if conversation is not None:
            print_json(kept.show(conversation))
            return
        rows = [
            {"source": k.source, "originals": k.originals, "sealed": k.sealed, "bytes": k.bytes, "oldest": k.oldest}
            for k in kept.kept()
        ]
    print_rows(rows, as_json=as_json, empty="No originals are kept.")


@group.command()
def purge(
    context: typer.Context,
    before: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="Only those kept before that day, in UTC.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="Only those of a source.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
) -> None:
    """Delete originals for good; what the store holds, which is redacted, stays."""
    if before is None and source is None and not everything:
        raise typer.BadParameter("say which originals: --before YYYY-MM-DD, --source SOURCE or --all")
    moment = _day(before) if before is not None else None
    workspace = workspace_of(context)
    with workspace.open_store() as store:
        named = store.source(source).id if source else None
        count = store.originals(workspace.sealing()).purge(before=moment, source=named)
        wiped = store.database.wipe()
    say("1 original is deleted." if count == 1 else f"{count} originals are deleted.")
    if not wiped:
        say(STILL_READ)


@group.command()
def alarms(
    context: typer.Context,
    settled: Annotated[bool, typer.Option("--all", help="Also those that are settled.")] = False,
    as_json: Json = False,
) -> None:
    """Keys and passwords that curation came upon, where they stand, until somebody has replaced them."""
    with workspace_of(context).open_store() as store:
        found = store.alarms.listed(settled=settled)
    if as_json:
        print_json(found)
        return
    rows = [
        {"conversation": a.conversation_id, "style": a.style, "place": a.place, "what": a.sentence, "by": a.settled_by}
        for a in found
    ]
    print_rows(rows, as_json=False, empty="No alarm is open.")


@group.command()
def settle(context: typer.Context, conversation: str) -> None:
    """Say that the key or password in a conversation was replaced where it is used."""
    with workspace_of(context).open_store() as store:
        count = store.alarms.settle(conversation, who=operator())
    say(f"{count} settled.")


@group.command("opt-out")
def opt_out(context: typer.Context, person: Person = None, channel: Channel = None) -> None:
    """Learn nothing from a person, or from a channel, any more."""
    with workspace_of(context).open_store() as store:
        strange = []
        if channel is not None:
            store.opt_out_channel(channel)
            strange += [] if store.has_channel(channel) else [NO_SUCH_CHANNEL.format(channel)]
        if person is not None:
            known = store.directory.resolve(person).id
            store.opt_out(known)
            strange += [] if store.directory.knows(known) else [NO_SUCH_PERSON.format(person)]
    _said(person, channel, "is not learned from any more. Older datasets still hold it; curate anew.")
    for sentence in strange:
        say(sentence)


@group.command("opt-in")
def opt_in(context: typer.Context, person: Person = None, channel: Channel = None) -> None:
    """Undo an opt-out."""
    with workspace_of(context).open_store() as store:
        if channel is not None:
            store.opt_in_channel(channel)
        if person is not None:
            store.opt_in(store.directory.resolve(person).id)
    _said(person, channel, "may be learned from again.")


@group.command()
def proofs(context: typer.Context, as_json: Json = False) -> None:
    """Every erasure: when it was, what it removed, and the hash of its proof."""
    from brandvoice.erasure import finish_erasures

    workspace = workspace_of(context)
    with workspace.open_store() as store:
        finish_erasures(workspace, store)
        found = store.erasures.listed()
    if as_json:
        print_json(found)
        return
    rows = [
        {
            "erasure": e.id,
            "at": e.at.isoformat()[:16],
            "conversations": e.facts.get("conversations"),
            "datasets": len(e.facts.get("datasets", ())),
            "voices": ", ".join(e.facts.get("voices", ())) or None,
            "sha256": (e.digest or "")[:16],
        }
        for e in found
    ]
    print_rows(rows, as_json=False, empty="Nobody was forgotten yet.")


@group.command()
def verify(
    context: typer.Context,
    proof: Annotated[Path, typer.Argument(help="An erasure by its id, or a file as those of data/erasures.")],
) -> None:
    """Check that the proof of an erasure is the one that this workspace wrote."""
    from brandvoice.erasure import verify_proof

    workspace = workspace_of(context)
    kept = workspace.data / "erasures" / f"{proof.name}.json"
    file = kept if kept.is_file() and not proof.is_file() else proof
    with workspace.open_store() as store:
        say(f"{verify_proof(store, file)}: unaltered, and known here.")


def _day(written: str) -> datetime:
    try:
        return datetime.strptime(written, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise typer.BadParameter(f'--before: "{written}" is no day. Write it as 2026-01-31.') from error


def _said(person: str | None, channel: str | None, what: str) -> None:
    if person is None and channel is None:
        raise typer.BadParameter("say whom: --person PERSON or --channel CHANNEL")
    for name in (person, channel):
        if name is not None:
            say(f"{name} {what}")
