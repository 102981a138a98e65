"""Commands on conversations: import, look, forget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from brandvoice.commands.context import operator, workspace_of
from brandvoice.output import Json, print_facts, print_json, print_rows, say
from conversations.errors import ImportRefused, NotFound

if TYPE_CHECKING:
    from conversations.directory import Known

group = typer.Typer(help="What the store holds.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.command("import")(import_)
    app.command()(forget)
    app.add_typer(group, name="conversations")


def import_(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…")],
    style: Annotated[str, typer.Option(help="The style these conversations are for.")],
    basis: Annotated[
        str, typer.Option(help="Why they may be learned from: consent, contract, legitimate-interest, own-content.")
    ],
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            help="auto finds it by content; or slack, discord, telegram, whatsapp, openai, sharegpt, alpaca, "
            "prompt-completion, csv.",
        ),
    ] = "auto",
    speaker: Annotated[
        list[str] | None,
        typer.Option(
            help="Whose messages are the brand's, by name or id (repeatable); without it those of "
            "[styles.STYLE.speakers] in brandvoice.toml."
        ),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            help="Of a table: FIELD=COLUMN, as in text=body (repeatable); or zendesk, intercom, twcs, or a TOML file."
        ),
    ] = None,
    dates: Annotated[
        str, typer.Option(help="The order of day and month where a file leaves it open: dmy, mdy, ymd.")
    ] = "auto",
    owner: Annotated[str, typer.Option(help="Who answers for this source (default: whoever imports it).")] = "",
    licence: Annotated[str, typer.Option(help="Under which licence, where there is one.")] = "",
    dry_run: Annotated[bool, typer.Option(help="Say what would come in; store nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Logs into the store; says what came in, what was refused, and why."""
    from brandvoice.display import CountDisplay
    from brandvoice.intake import Intake, import_path
    from brandvoice.plugins import load_plugins

    workspace = workspace_of(context)
    workspace.style(style)
    importers = load_plugins().list("importers")
    results: list[Intake] = []
    with workspace.open_store() as store, CountDisplay("conversations") as display:
        redacts = workspace.settings.privacy.redact_at_import
        originals = store.originals(workspace.sealing()) if redacts else None
        results += [
            import_path(
                path,
                store=store,
                importers=importers,
                style=style,
                basis=basis,
                format_name=format_,
                speakers=tuple(speaker or ()),
                known_speakers=workspace.settings.style(style).speakers,
                columns=tuple(column or ()),
                dates=dates,
                owner=owner or operator(),
                licence=licence,
                originals=originals,
                dry_run=dry_run,
                tell=partial(display.show, path.name),
            )
            for path in paths
        ]
    if as_json:
        print_json(results)
    else:
        for result in results:
            for line in result.lines():
                say(line)
    if not any(r.read for r in results):
        raise ImportRefused("Nothing could be imported.")


@group.command("list")
def list_conversations(
    context: typer.Context,
    style: Annotated[str, typer.Argument(metavar="STYLE")],
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    as_json: Json = False,
) -> None:
    """Conversations of a style, with their first line."""
    from itertools import islice

    workspace = workspace_of(context)
    with workspace.open_store() as store:
        found = list(islice(store.conversations(style), limit))
    if not found:
        workspace.style(style)
    rows = [
        {"id": c.id, "messages": len(c.messages), "place": c.place, "first": c.messages[0].content}
        for c in found
        if c.messages
    ]
    print_rows(
        rows,
        as_json=as_json,
        empty=f"No conversations for {style}. Import some: brandvoice import PATH --style {style} --basis …",
    )


@group.command()
def show(context: typer.Context, conversation: str, as_json: Json = False) -> None:
    """One conversation, message by message."""
    with workspace_of(context).open_store() as store:
        found = store.conversation(conversation)
    if as_json:
        print_json(found)
        return
    say(f"{found.id}  {found.place}")
    for message in found.messages:
        spoken = f" ({message.voice})" if message.voice else ""
        say(f"{message.role}{spoken}: {message.content}")


@group.command()
def stats(context: typer.Context, style: Annotated[str | None, typer.Argument()] = None, as_json: Json = False) -> None:
    """How much there is, by style and source."""
    from dataclasses import asdict

    workspace = workspace_of(context)
    with workspace.open_store() as store:
        held = store.stats(style)
    if style is not None and not held.holdings:
        workspace.style(style)
    if as_json:
        print_json(held)
        return
    print_rows([asdict(h) for h in held.holdings], as_json=False, empty="The store is empty.")
    say("")
    print_rows(
        [{**asdict(s), "train": "yes" if s.train else "no"} for s in held.sources],
        as_json=False,
        empty="There is no source.",
    )
    say("")
    print_facts({"feedback": _counted(held.feedback), "submissions": _counted(held.submissions)}, as_json=False)


def forget(
    context: typer.Context,
    person: Annotated[
        str, typer.Argument(help="The id that conversations have as author, or a name or handle of an import.")
    ],
    dry_run: Annotated[bool, typer.Option(help="Say what would be erased; erase nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Erase a person from conversations, submissions and datasets; names the voices that learned from them."""
    from brandvoice.commands.privacy import STILL_READ
    from brandvoice.erasure import erase_person

    workspace = workspace_of(context)
    with workspace.open_store() as store:
        known = store.directory.resolve(person)
        proof = erase_person(workspace, store, known.id, dry_run=dry_run)
        was_erased = store.directory.erased()(known.id)
        alike = () if proof.found or was_erased else store.directory.alike(person)
        wiped = dry_run or store.database.wipe()
    if not (proof.found or was_erased):
        raise NotFound(
            f'Nothing of "{person}" was found, and nothing was erased. People are known by the ids of their platform '
            "(Slack: U0123…; Discord: discord/123…), which `brandvoice conversations show ID --json` gives as authors, "
            f"and by the names that imports brought.{_alike(alike)}"
        )
    if as_json:
        print_json(proof)
        return
    if known.id != person:
        say(f"{person} is {known.shown}")
    if not proof.found:
        say(f"{person} was forgotten before, and nothing of them has come in since.")
        return
    for line in proof.lines():
        say(line)
    if not wiped:
        say(STILL_READ)


def _counted(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {what.replace('_', ' ')}" for what, count in numbers.items() if count) or "none"


def _alike(people: Sequence[Known]) -> str:
    return "\nSomebody with a name like it:\n" + "\n".join(f"  {one.shown}" for one in people) if people else ""
