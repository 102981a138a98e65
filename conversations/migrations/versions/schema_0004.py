"""Licence and origin of sources; names of people, originals, alarms, erasures and reviews."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
time = sa.DateTime(timezone=True)


def upgrade() -> None:
    _sources()
    _people()
    _originals()
    _alarms()
    _erasures()
    _reviews()
    _quarantine()


def _table(name: str, *columns: sa.Column[Any], key: tuple[str, ...]) -> None:
    op.create_table(name, *columns, sa.PrimaryKeyConstraint(*key, name=f"pk_{name}"))


def _index(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(f"ix_{table}_{column}", table, [column])


def _needed(name: str, kind: Any = text) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _number() -> sa.Column[Any]:
    return sa.Column("number", sa.Integer, nullable=False, autoincrement=True)


def _sources() -> None:
    op.add_column("sources", sa.Column("licence", text, nullable=False, server_default=sa.text("''")))
    op.add_column("sources", sa.Column("live", sa.Boolean, nullable=False, server_default=sa.false()))
    # What was captured live has no fingerprint, which only an import computes.
    op.execute(
        "UPDATE sources SET live = true WHERE id IN (SELECT l.source_id FROM conversation_sources l "
        "JOIN conversations c ON c.id = l.conversation_id WHERE c.fingerprint = '')"
    )


def _people() -> None:
    owner = sa.ForeignKey("sources.id", name="fk_people_source_id", ondelete="CASCADE")
    source = sa.Column("source_id", text, owner, nullable=False)
    columns = (source, *map(_needed, ("person", "folded", "name")))
    _table("people", *columns, key=("source_id", "person", "folded"))
    _index("people", "person", "folded")
    _table("channel_opt_outs", _needed("channel"), _needed("since", time), key=("channel",))


def _originals() -> None:
    _table(
        "originals",
        _needed("conversation_id"),
        _needed("source_id"),
        _needed("kept_at", time),
        _needed("sealed", sa.Boolean),
        _needed("content", sa.LargeBinary),
        key=("conversation_id",),
    )
    _index("originals", "source_id", "kept_at")


def _alarms() -> None:
    _table(
        "alarms",
        *map(_needed, ("conversation_id", "style", "place", "sentence")),
        _needed("found_at", time),
        sa.Column("settled_at", time),
        sa.Column("settled_by", text),
        key=("conversation_id",),
    )
    _index("alarms", "style")


def _erasures() -> None:
    _table(
        "erasures",
        _number(),
        _needed("id"),
        _needed("at", time),
        _needed("marks", sa.JSON),
        sa.Column("digest", text),
        _needed("facts", sa.JSON),
        key=("number",),
    )
    _index("erasures", "id")


def _reviews() -> None:
    _table(
        "reviews",
        _number(),
        *map(_needed, ("style", "item", "kind", "reviewer", "verdict", "reason")),
        _needed("at", time),
        _needed("before", sa.JSON),
        *map(_needed, ("before_hash", "after_hash")),
        _needed("undone", sa.Boolean),
        key=("number",),
    )
    _index("reviews", "style", "item", "reviewer")


def _quarantine() -> None:
    told = ("style", "id", "conversation_id", "content", "place", "step", "reason", "sentence")
    _table(
        "quarantine",
        *map(_needed, told),
        _needed("evidence", sa.JSON),
        _needed("state"),
        _needed("found_at", time),
        sa.Column("reviewer", text),
        sa.Column("note", text),
        sa.Column("decided_at", time),
        key=("style", "id"),
    )
    _index("quarantine", "conversation_id")
