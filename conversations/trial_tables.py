"""The tables of blind votes, of the scores of live replies, and of answers that a shadow gave to nobody."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Float, ForeignKey, Table

from conversations.tables import StoredText, UtcTime, metadata


def _reply_columns() -> list[Column[object]]:
    return [
        Column("reply", StoredText, primary_key=True),
        Column(
            "conversation_id",
            StoredText,
            ForeignKey("conversations.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        Column("style", StoredText, nullable=False, index=True),
        Column("voice", StoredText, nullable=False),
        Column("at", UtcTime, nullable=False),
    ]


live_scores = Table(
    "live_scores",
    metadata,
    *_reply_columns(),
    Column("score", Float, nullable=False),
    Column("findings", JSON, nullable=False),  # score by check, for those that fell short
)

shadows = Table(
    "shadows",
    metadata,
    *_reply_columns(),  # `reply` is the one that was shown
    Column("content", StoredText, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("score", Float),
)

blind_pairs = Table(
    "blind_pairs",
    metadata,
    Column("id", StoredText, primary_key=True),
    Column("style", StoredText, nullable=False, index=True),
    Column("one", StoredText, nullable=False),
    Column("other", StoredText, nullable=False),
    Column("conversation_id", StoredText, index=True),  # whose prompt it is, for erasure
    Column("prompt", JSON, nullable=False),
    Column("one_text", StoredText, nullable=False),
    Column("other_text", StoredText, nullable=False),
    Column("made_at", UtcTime, nullable=False),
)

blind_votes = Table(
    "blind_votes",
    metadata,
    Column("pair", StoredText, ForeignKey("blind_pairs.id", ondelete="CASCADE"), primary_key=True),
    Column("person", StoredText, primary_key=True, index=True),
    Column("choice", StoredText, nullable=False),  # one, other or tie
    Column("left", StoredText, nullable=False),  # which of them stood first: one or other
    Column("at", UtcTime, nullable=False),
)
