"""Jobs of the HTTP API: which round each of them is, and what its client asked for."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, insert, select

from conversations.database import Database
from conversations.errors import NotFound
from conversations.http_tables import api_jobs
from conversations.tables import storable

# Clients send a request again when its answer is lost, and they send nothing by which it could be recognised.
SAME_WITHIN: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class ApiJob:
    """One job as it was asked for."""

    id: str
    round: str
    asked: Mapping[str, Any]
    fingerprint: str
    owner: str
    made_at: datetime


def fingerprint_of(asked: Mapping[str, Any], owner: str) -> str:
    """The same for the same wish of the same owner."""
    return hashlib.sha256(json.dumps([owner, asked], sort_keys=True).encode()).hexdigest()


class ApiJobStore:
    """The jobs of an installation; calls block."""

    def __init__(self, database: Database, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._now = now

    def add(self, round_id: str, *, asked: Mapping[str, Any], owner: str) -> ApiJob:
        job_id, fingerprint = f"ftjob-{secrets.token_hex(12)}", fingerprint_of(asked, owner)
        job = ApiJob(job_id, round_id, dict(asked), fingerprint, owner, self._now())
        with self._database.writing() as connection:
            connection.execute(insert(api_jobs).values(**{c.name: getattr(job, c.name) for c in api_jobs.columns}))
        return job

    def same_just_now(self, asked: Mapping[str, Any], owner: str) -> ApiJob | None:
        """The job that the same owner asked for in the same words a moment ago."""
        wanted = select(api_jobs).where(api_jobs.c.fingerprint == fingerprint_of(asked, owner))
        recent = wanted.where(api_jobs.c.made_at >= self._now() - SAME_WITHIN).order_by(api_jobs.c.made_at.desc())
        with self._database.reading() as connection:
            row = connection.execute(recent).first()
        return _job(row) if row else None

    def all(self) -> list[ApiJob]:
        """Every job, newest first."""
        wanted = select(api_jobs).order_by(api_jobs.c.made_at.desc(), api_jobs.c.id.desc())
        with self._database.reading() as connection:
            return [_job(row) for row in connection.execute(wanted)]

    def get(self, job_id: str) -> ApiJob:
        with self._database.reading() as connection:
            row = connection.execute(select(api_jobs).where(api_jobs.c.id == storable(job_id))).first()
        if row is None:
            raise NotFound(f"There is no job {job_id!r}.")
        return _job(row)


def _job(row: Row[Any]) -> ApiJob:
    return ApiJob(**row._mapping)  # noqa: SLF001 (SQLAlchemy's public name)
