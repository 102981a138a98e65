"""Messages that wait for their answer, who gives it, and the text that people quoted when they asked."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
time = sa.DateTime(timezone=True)


def upgrade() -> None:
    conversation = sa.ForeignKey("conversations.id", name="fk_pending_conversation_id", ondelete="CASCADE")
    op.create_table(
        "pending",
        sa.Column("platform", text, nullable=False),
        sa.Column("message", text, nullable=False),
        sa.Column("conversation_id", text, conversation, nullable=False),
        sa.Column("style", text, nullable=False),
        sa.Column("place", text, nullable=False),
        sa.Column("asked_at", time, nullable=False),
        sa.Column("owner", text, nullable=False),
        sa.Column("until", time, nullable=False),
        sa.Column("replaces", text),
        sa.Column("reply", text),
        sa.Column("shown", text),
        sa.PrimaryKeyConstraint("platform", "message", name="pk_pending"),
    )
    op.create_index("ix_pending_conversation_id", "pending", ["conversation_id"])
    op.create_index("ix_pending_owner", "pending", ["owner"])
    conversation = sa.ForeignKey("conversations.id", name="fk_quotes_conversation_id", ondelete="CASCADE")
    op.create_table(
        "quotes",
        sa.Column("conversation_id", text, conversation, nullable=False),
        sa.Column("message", text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("author", text),
        sa.Column("content", text, nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "message", "number", name="pk_quotes"),
    )
    op.create_index("ix_quotes_author", "quotes", ["author"])
