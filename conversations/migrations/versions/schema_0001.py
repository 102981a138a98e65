"""The first schema, and the key that makes marks of people."""

import secrets
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# Written out here and not taken from conversations.tables: a migration never changes, the tables do.
text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
time = sa.DateTime(timezone=True)


def upgrade() -> None:
    _conversations()
    _messages("messages", owner="conversation_id", owners="conversations")
    _opinions()
    _messages("submission_messages", owner="submission_id", owners="submissions")
    _ledgers()
    _people()


def _table(name: str, *columns: sa.Column[Any], key: tuple[str, ...]) -> None:
    op.create_table(name, *columns, sa.PrimaryKeyConstraint(*key, name=f"pk_{name}"))


def _index(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(f"ix_{table}_{column}", table, [column])


def _belongs(table: str, *, column: str, owners: str, ondelete: str | None = "CASCADE") -> sa.Column[Any]:
    owner = sa.ForeignKey(f"{owners}.id", name=f"fk_{table}_{column}", ondelete=ondelete)
    return sa.Column(column, text, owner, nullable=False)


def _conversations() -> None:
    _table(
        "sources",
        sa.Column("id", text, nullable=False),
        sa.Column("style", text, nullable=False),
        sa.Column("kind", text, nullable=False),
        sa.Column("name", text, nullable=False),
        sa.Column("basis", text),
        sa.Column("train_allowed", sa.Boolean, nullable=False),
        sa.Column("added_at", time, nullable=False),
        sa.Column("owner", text, nullable=False),
        key=("id",),
    )
    _index("sources", "style")
    _table(
        "conversations",
        sa.Column("id", text, nullable=False),
        sa.Column("place", text, nullable=False),
        sa.Column("fingerprint", text, nullable=False),
        sa.Column("added_at", time, nullable=False),
        sa.Column("changed_at", time, nullable=False),
        key=("id",),
    )
    _table(
        "conversation_sources",
        _belongs("conversation_sources", column="conversation_id", owners="conversations"),
        _belongs("conversation_sources", column="source_id", owners="sources", ondelete=None),
        key=("conversation_id", "source_id"),
    )
    _index("conversation_sources", "source_id")


def _messages(name: str, *, owner: str, owners: str) -> None:
    _table(
        name,
        _belongs(name, column=owner, owners=owners),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("id", text),
        sa.Column("role", text, nullable=False),
        sa.Column("content", text, nullable=False),
        sa.Column("author", text),
        sa.Column("sent_at", time),
        sa.Column("voice", text),
        sa.Column("trainable", sa.Boolean, nullable=False),
        key=(owner, "position"),
    )
    _index(name, "id", "author")


def _opinions() -> None:
    _table(
        "feedback",
        sa.Column("reply", text, nullable=False),
        sa.Column("person", text, nullable=False),
        _belongs("feedback", column="conversation_id", owners="conversations"),
        sa.Column("thumb", text),
        sa.Column("reason", text),
        sa.Column("comment", text),
        sa.Column("better_answer", text),
        sa.Column("voice", text),
        sa.Column("given_at", time, nullable=False),
        key=("reply", "person"),
    )
    _index("feedback", "conversation_id")
    _table(
        "submissions",
        sa.Column("id", text, nullable=False),
        sa.Column("style", text, nullable=False),
        sa.Column("person", text, nullable=False),
        sa.Column("state", text, nullable=False),
        sa.Column("replaces", text),
        sa.Column("reviewer", text),
        sa.Column("note", text),
        sa.Column("submitted_at", time, nullable=False),
        key=("id",),
    )
    _index("submissions", "style", "person", "state")


def _ledgers() -> None:
    _table(
        "audit",
        sa.Column("number", sa.Integer, nullable=False, autoincrement=True),
        sa.Column("who", text, nullable=False),
        sa.Column("what", text, nullable=False),
        sa.Column("subject", text, nullable=False),
        sa.Column("at", time, nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
        key=("number",),
    )
    _index("audit", "who", "subject")
    _table(
        "events",
        sa.Column("platform", text, nullable=False),
        sa.Column("event", text, nullable=False),
        sa.Column("claimed_at", time, nullable=False),
        key=("platform", "event"),
    )


def _people() -> None:
    for name, moment in (("tombstones", "erased_at"), ("opt_outs", "since")):
        _table(name, sa.Column("mark", text, nullable=False), sa.Column(moment, time, nullable=False), key=("mark",))
    columns = (sa.Column("name", text, nullable=False), sa.Column("value", text, nullable=False))
    _table("keys", *columns, key=("name",))
    keys = sa.table("keys", sa.column("name", sa.Text), sa.column("value", sa.Text))
    op.bulk_insert(keys, [{"name": "people", "value": secrets.token_hex(32)}])
