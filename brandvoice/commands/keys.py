"""Commands on the keys of the HTTP API: add, list, revoke."""

from __future__ import annotations

import getpass
from typing import Annotated, Literal

import typer

from brandvoice.commands.context import workspace_of
from brandvoice.output import Json, print_json, print_rows, say

group = typer.Typer(help="Keys of the HTTP API: add, list, revoke.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="keys")


@group.command()
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for, such as the name of the program.")],
    role: Annotated[
        Literal["member", "curator", "operator"],
        typer.Option(help="member: chat and feedback; curator: also review; operator: also files and jobs."),
    ] = "member",
    origin: Annotated[
        list[str] | None,
        typer.Option(help="For the widget: a publishable key that works in pages of this origin only; repeatable."),
    ] = None,
    per_minute: Annotated[int, typer.Option(min=0, help="Requests in a minute; 0: what [http] says.")] = 0,
    as_json: Json = False,
) -> None:
    """Make a key and show it, this once."""
    from conversations.api_keys import ApiKeyStore

    origins = [o.rstrip("/") for o in origin or ()]
    with workspace_of(context).open_store() as store:
        keys = ApiKeyStore(store.database)
        key, secret = keys.add(name, role, publishable=bool(origins), origins=origins, per_minute=per_minute)
        store.record(getpass.getuser(), "key added", key.id, name=name, role=role, origins=origins)
    if as_json:
        print_json({"id": key.id, "name": key.name, "role": key.role, "origins": origins, "key": secret})
        return
    say(f"{key.id} ({role}): keep it safe, it is not shown again.")
    say(secret)


@group.command("list")
def list_keys(context: typer.Context, as_json: Json = False) -> None:
    """Every key, without the secrets, which nobody has."""
    from brandvoice.http import environment_keys
    from conversations.api_keys import ApiKeyStore

    with workspace_of(context).open_store() as store:
        keys = [*environment_keys(), *ApiKeyStore(store.database).all()]
    rows = [
        {
            "key": key.id,
            "name": key.name,
            "role": "publishable" if key.publishable else key.role,
            "origins": " ".join(key.origins),
            "per minute": key.per_minute or None,
            "made": key.made_at and key.made_at.isoformat(timespec="minutes"),
            "revoked": key.revoked_at and key.revoked_at.isoformat(timespec="minutes"),
        }
        for key in keys
    ]
    print_rows(rows, as_json=as_json, empty="No keys yet. Make one: brandvoice keys add NAME --role operator")


@group.command()
def revoke(
    context: typer.Context,
    named: Annotated[str, typer.Argument(metavar="KEY", help="Its id, or its name.")],
    as_json: Json = False,
) -> None:
    """End a key; running servers notice within a second."""
    from conversations.api_keys import ApiKeyStore

    with workspace_of(context).open_store() as store:
        key = ApiKeyStore(store.database).revoke(named)
        store.record(getpass.getuser(), "key revoked", key.id, name=key.name)
    if as_json:
        print_json({"id": key.id, "name": key.name, "revoked": True})
    else:
        say(f"{key.id} ({key.name}) is revoked.")
