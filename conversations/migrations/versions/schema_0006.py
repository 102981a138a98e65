"""Blind votes, the scores of live replies, and answers that a shadow gave to nobody."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
time = sa.DateTime(timezone=True)


def upgrade() -> None:
    _replies("live_scores", _needed("score", sa.Float), _needed("findings", sa.JSON))
    _replies("shadows", _needed("content"), _needed("seconds", sa.Float), sa.Column("score", sa.Float))
    _blind_votes()


def _needed(name: str, kind: Any = text) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _replies(name: str, *columns: sa.Column[Any]) -> None:
    conversation = sa.ForeignKey("conversations.id", name=f"fk_{name}_conversation_id", ondelete="CASCADE")
    op.create_table(
        name,
        _needed("reply"),
        sa.Column("conversation_id", text, conversation, nullable=False),
        _needed("style"),
        _needed("voice"),
        _needed("at", time),
        *columns,
        sa.PrimaryKeyConstraint("reply", name=f"pk_{name}"),
    )
    for column in ("conversation_id", "style"):
        op.create_index(f"ix_{name}_{column}", name, [column])


def _blind_votes() -> None:
    op.create_table(
        "blind_pairs",
        *map(_needed, ("id", "style", "one", "other")),
        sa.Column("conversation_id", text),
        _needed("prompt", sa.JSON),
        *map(_needed, ("one_text", "other_text")),
        _needed("made_at", time),
        sa.PrimaryKeyConstraint("id", name="pk_blind_pairs"),
    )
    for column in ("style", "conversation_id"):
        op.create_index(f"ix_blind_pairs_{column}", "blind_pairs", [column])
    pair = sa.ForeignKey("blind_pairs.id", name="fk_blind_votes_pair", ondelete="CASCADE")
    op.create_table(
        "blind_votes",
        sa.Column("pair", text, pair, nullable=False),
        _needed("person"),
        _needed("choice"),
        _needed("left"),
        _needed("at", time),
        sa.PrimaryKeyConstraint("pair", "person", name="pk_blind_votes"),
    )
    op.create_index("ix_blind_votes_person", "blind_votes", ["person"])
