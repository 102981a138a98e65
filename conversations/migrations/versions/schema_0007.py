"""What imports cover of channels, and which messages were deleted where they were said."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
time = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "covered_channels",
        sa.Column("channel", text, nullable=False),
        sa.Column("newest", time, nullable=False),
        sa.Column("since", time, nullable=False),
        sa.PrimaryKeyConstraint("channel", name="pk_covered_channels"),
    )
    op.create_table(
        "deleted_messages",
        sa.Column("id", text, nullable=False),
        sa.Column("at", time, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deleted_messages"),
    )
