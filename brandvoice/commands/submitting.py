"""Commands of somebody who hands in examples: add with a preview and consent, list what is theirs, withdraw."""

from __future__ import annotations

import asyncio
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from brandvoice.commands.context import operator, workspace_of
from brandvoice.commands.reviewing import submissions
from brandvoice.output import Json, print_json, print_rows, say

if TYPE_CHECKING:
    from bots.contributions import Contributions, Upload
    from conversations.messages import Message

SHOWN = 3  # conversations of the preview

As = Annotated[str, typer.Option("--as", help="Who hands in (default: the name of the account).")]


def add_to(app: typer.Typer) -> None:
    """Its commands belong to the group of submissions, which is added already."""


@submissions.command()
def add(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="Conversations as JSON: OpenAI chat, ShareGPT, Alpaca, or prompts and completions.")
    ],
    style: Annotated[str, typer.Option(help="The style they are examples of.")],
    consent: Annotated[bool, typer.Option("--consent", help="Agree without being asked.")] = False,
    preview: Annotated[bool, typer.Option("--preview", help="Only show all of it as it would be kept.")] = False,
    person: As = "",
    as_json: Json = False,
) -> None:
    """Hand in conversations: shows them as they would be kept, asks for consent, and gives a receipt for each."""
    from bots.contributions import CONSENT, Contributions
    from brandvoice.everybody import Everybody
    from brandvoice.plugins import load_plugins
    from conversations.errors import ImportRefused, StoreError

    workspace = workspace_of(context)
    workspace.style(style)
    with workspace.open_store() as store:
        offers = load_plugins()
        everybody = Everybody(workspace, store, offers=offers)
        contributions = Contributions(store, importers=offers.list("importers"), names=everybody)
        upload = asyncio.run(contributions.read_upload(file))
        if not upload.conversations:
            raise ImportRefused(f"{upload.sentence} {_first_refusal(upload)}".strip())
        if preview or not as_json:
            _preview(contributions, upload, shown=len(upload.conversations) if preview else SHOWN)
        if preview:
            return
        if not as_json:
            say(CONSENT)
        if not consent and not _agrees(as_json):
            raise StoreError("Nothing was handed in.")
        kept = asyncio.run(contributions.submit_upload(upload, style=style, person=person or operator()))
    if as_json:
        print_json([{"receipt": s.id, "state": s.state} for s in kept])
        return
    for submission in kept:
        say(f"receipt {submission.id}  {submission.state}")
    by = f" --as {shlex.quote(person)}" if person else ""
    many = "Each waits" if len(kept) > 1 else "It waits"
    say(f"\n{many} for review by somebody else. What became of it: brandvoice submissions mine{by}")
    say(f"To take one back: brandvoice submissions withdraw {kept[0].id[:10]}{by}")


def _agrees(as_json: bool) -> bool:
    try:
        return typer.confirm("Do you agree, and may you hand this in?", err=as_json)
    except typer.Abort:  # nobody is there to answer
        say("")
        return False


@submissions.command()
def mine(context: typer.Context, person: As = "", as_json: Json = False) -> None:
    """What you handed in, and what became of it."""
    with workspace_of(context).open_store() as store:
        found = store.submissions(person=person or operator())
    rows = [
        {
            "receipt": s.id if as_json else s.id[:10],
            "style": s.style,
            "state": s.state,
            "last message": s.messages[-1].content if s.messages else "",
            "note": s.note,
        }
        for s in found
    ]
    print_rows(rows, as_json=as_json, empty="You have handed in nothing.")


@submissions.command()
def withdraw(context: typer.Context, receipt: str, person: As = "") -> None:
    """Take back what you handed in; the next dataset does not hold it."""
    from bots.contributions import Contributions

    with workspace_of(context).open_store() as store:
        before = store.submission(receipt).state
        found = asyncio.run(Contributions(store).withdraw(receipt, person or operator()))
    say(f"{found.id[:10]} is withdrawn.")
    if before == "approved":
        say(f"It was approved; the next dataset leaves it out: brandvoice curate {found.style}")


def _preview(contributions: Contributions, upload: Upload, *, shown: int) -> None:
    say(upload.sentence)
    for refused in upload.refused[:SHOWN]:
        say(f"{refused.place}: {refused.reason}")
    for conversation in upload.conversations[:shown]:
        preview = contributions.preview(conversation.messages)
        say("")
        for message in preview.messages:
            say(_line(message))
        say(f"  ({preview.sentence})")
    if len(upload.conversations) > shown:
        say(f"\n… and {len(upload.conversations) - shown} more like these (--preview shows them all)")
    say("")


def _line(message: Message) -> str:
    return f"  {message.role}: {message.content}"


def _first_refusal(upload: Upload) -> str:
    return f"{upload.refused[0].place}: {upload.refused[0].reason}" if upload.refused else ""
