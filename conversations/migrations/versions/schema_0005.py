"""Tables for HTTP keys, files and jobs."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
time = sa.DateTime(timezone=True)


def upgrade() -> None:
    _table(
        "api_keys",
        _words("id", "name", "role", "digest"),
        sa.Column("publishable", sa.Boolean, nullable=False),
        sa.Column("origins", sa.JSON, nullable=False),
        sa.Column("per_minute", sa.Integer, nullable=False),
        sa.Column("made_at", time, nullable=False),
        sa.Column("revoked_at", time),
    )
    _table(
        "api_files",
        _words("id", "filename", "purpose", "digest", "owner"),
        sa.Column("bytes", sa.Integer, nullable=False),
        sa.Column("made_at", time, nullable=False),
    )
    _table(
        "api_jobs",
        _words("id", "round", "fingerprint", "owner"),
        sa.Column("asked", sa.JSON, nullable=False),
        sa.Column("made_at", time, nullable=False),
    )
    for table, column in (("api_keys", "digest"), ("api_jobs", "round"), ("api_jobs", "fingerprint")):
        op.create_index(f"ix_{table}_{column}", table, [column])


def _words(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, text, nullable=False) for name in names]


def _table(name: str, words: list[sa.Column[Any]], *columns: sa.Column[Any]) -> None:
    op.create_table(name, *words, *columns, sa.PrimaryKeyConstraint("id", name=f"pk_{name}"))
