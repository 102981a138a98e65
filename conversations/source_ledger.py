"""The source ledger: what is known of each source, and who let it be learned from or not."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from conversations import tables
from conversations.database import upsert
from conversations.errors import NotFound, StoreError
from conversations.sources import Basis, Source

COLUMNS = ("id", "style", "kind", "name", "basis", "train_allowed", "added_at", "owner", "licence", "live")


def save(connection: Connection, source: Source) -> None:
    """Put the source in, or bring what is known of it up to date.

    A source that was denied stays denied, and what is left open of owner and licence stays as it was: importing the
    same file again decides nothing.
    """
    table = tables.sources
    known = connection.execute(select(table).where(table.c.id == source.id).with_for_update()).mappings().first()
    row = {name: getattr(source, name) for name in COLUMNS}
    if known is not None:
        row["train_allowed"] = row["train_allowed"] and known["train_allowed"]
        row |= {name: row[name] or known[name] for name in ("owner", "licence")}
    upsert(connection, table, row=row)


def one(connection: Connection, source: str) -> Source:
    """The source with the id, or the only one whose id begins so."""
    table = tables.sources
    begins = func.substr(table.c.id, 1, len(source)) == source
    rows = connection.execute(select(table).where(begins).order_by(table.c.id)).mappings().all() if source else []
    exact = [row for row in rows if row["id"] == source]
    found = exact or rows
    if len(found) != 1:
        several = f"Several sources begin with {source!r}. Write more of it."
        raise NotFound(several if found else f"There is no source {source!r}. `brandvoice sources list` names them.")
    return Source(**found[0])


def allow(
    connection: Connection,
    source: str,
    *,
    basis: Basis | None,
    owner: str,
    licence: str,
    live: bool,
    who: str,
    now: datetime,
) -> Source:
    """Let the source be learned from; what is given is written down with it. Raises `StoreError` if it is not whole."""
    found = one(connection, source)
    if found.live and not live:
        raise StoreError(
            f"Source {found.id[:10]} ({found.name}) was captured live. The terms of Slack and Discord restrict "
            "training on such text; what people hand in is the way. If you may learn from it nevertheless, say so: "
            "--captured-live"
        )
    known = {"basis": basis or found.basis, "owner": owner or found.owner, "licence": licence or found.licence}
    missing = [name for name in ("basis", "owner") if not known[name]]
    if missing:
        options = " ".join(f"--{name} …" for name in missing)
        raise StoreError(f"Source {found.id[:10]} ({found.name}) has no {' and no '.join(missing)}. Say it: {options}")
    return _change(connection, found, {**known, "train_allowed": True}, what="allowed", who=who, reason="", now=now)


def deny(connection: Connection, source: str, *, reason: str, who: str, now: datetime) -> Source:
    """Never again learn from the source, also when it is imported again, until somebody allows it."""
    found = one(connection, source)
    return _change(connection, found, {"train_allowed": False}, what="denied", who=who, reason=reason, now=now)


def _change(
    connection: Connection, found: Source, values: dict[str, object], *, what: str, who: str, reason: str, now: datetime
) -> Source:
    table = tables.sources
    connection.execute(update(table).where(table.c.id == found.id).values(**values))
    changed = {name: value for name, value in values.items() if value != getattr(found, name)}
    details = {"source": found.id, "changed": changed, "reason": reason}
    row = {"who": who, "what": f"source {what}", "subject": found.id, "at": now, "details": details}
    connection.execute(insert(tables.audit).values(**row))
    return one(connection, found.id)
