"""Rounds with their lease and events, and the news that people are to hear."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
time = sa.DateTime(timezone=True)


def upgrade() -> None:
    _rounds()
    _round_events()
    _news()


def _table(name: str, *columns: sa.Column[Any], key: tuple[str, ...]) -> None:
    op.create_table(name, *columns, sa.PrimaryKeyConstraint(*key, name=f"pk_{name}"))


def _needed(name: str, kind: Any = text) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _rounds() -> None:
    _table(
        "rounds",
        *map(_needed, ("id", "style", "state", "until", "recipe", "origin", "asked_by")),
        _needed("started_at", time),
        _needed("changed_at", time),
        sa.Column("due_at", time),
        sa.Column("dataset", text),
        sa.Column("voice", sa.Integer),
        _needed("reason"),
        _needed("paused", sa.Boolean),
        sa.Column("not_before", time),
        sa.Column("owner", text),
        sa.Column("leased_until", time),
        _needed("attempts", sa.JSON),
        _needed("options", sa.JSON),
        _needed("training_seconds", sa.Float),
        key=("id",),
    )
    op.create_index("ix_rounds_style", "rounds", ["style"])
    op.create_index("ix_rounds_state", "rounds", ["state"])
    op.create_index("ix_rounds_due", "rounds", ["style", "due_at"], unique=True)


def _round_events() -> None:
    owner = sa.ForeignKey("rounds.id", name="fk_round_events_round", ondelete="CASCADE")
    _table(
        "round_events",
        sa.Column("number", sa.Integer, nullable=False, autoincrement=True),
        sa.Column("round", text, owner, nullable=False),
        _needed("at", time),
        _needed("kind"),
        _needed("message"),
        _needed("details", sa.JSON),
        key=("number",),
    )
    op.create_index("ix_round_events_round", "round_events", ["round"])


def _news() -> None:
    _table(
        "news",
        sa.Column("number", sa.Integer, nullable=False, autoincrement=True),
        *map(_needed, ("key", "kind", "style")),
        sa.Column("round", text),
        sa.Column("person", text),
        _needed("at", time),
        _needed("facts", sa.JSON),
        key=("number",),
    )
    op.create_index("ix_news_key", "news", ["key"], unique=True)
    op.create_index("ix_news_person", "news", ["person"])
    _table("news_channels", _needed("channel"), _needed("since", time), key=("channel",))
    owner = sa.ForeignKey("news.number", name="fk_news_deliveries_news", ondelete="CASCADE")
    _table(
        "news_deliveries",
        sa.Column("news", sa.Integer, owner, nullable=False),
        _needed("channel"),
        _needed("tries", sa.Integer),
        sa.Column("again_at", time),
        sa.Column("done_at", time),
        sa.Column("receipt", text),
        sa.Column("fault", text),
        key=("news", "channel"),
    )
