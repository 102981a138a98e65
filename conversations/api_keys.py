"""Keys of the HTTP API: made once, shown once, and kept only as a hash."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from sqlalchemy import Row, insert, select, update

from conversations.database import Database
from conversations.errors import NotFound, SettingsError
from conversations.http_tables import api_keys

Role = Literal["member", "curator", "operator"]
ROLES: tuple[Role, ...] = get_args(Role)  # each may do what those before it may

PREFIX = "bv-"
PUBLISHABLE_PREFIX = "bv-pub-"
SHORTEST = 16  # characters of a key that somebody thought up


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known of a key. A publishable one stands in web pages: it may chat from its origins and nothing more."""

    id: str
    name: str
    role: Role
    digest: str
    publishable: bool = False
    origins: tuple[str, ...] = ()
    per_minute: int = 0  # requests; 0: what the settings say
    made_at: datetime | None = None
    revoked_at: datetime | None = None


def digest_of(secret: str) -> str:
    """What a key is known by. Keys are long and random, so that a plain SHA-256 cannot be turned back."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class ApiKeyStore:
    """The keys of an installation; calls block."""

    def __init__(self, database: Database, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._now = now

    def add(
        self, name: str, role: Role, *, publishable: bool = False, origins: Sequence[str] = (), per_minute: int = 0
    ) -> tuple[ApiKey, str]:
        """A new key and its secret, which nobody can ask for again."""
        if publishable and (role != "member" or not origins):
            raise SettingsError("A publishable key is a member's and needs the origins of the pages it stands in.")
        secret = (PUBLISHABLE_PREFIX if publishable else PREFIX) + secrets.token_urlsafe(32)
        key = ApiKey(
            id=f"key_{secrets.token_hex(6)}",
            name=name,
            role=role,
            digest=digest_of(secret),
            publishable=publishable,
            origins=tuple(origins),
            per_minute=per_minute,
            made_at=self._now(),
        )
        with self._database.writing() as connection:
            connection.execute(insert(api_keys).values(**_row(key)))
        return key, secret

    def all(self) -> list[ApiKey]:
        """Every key, also revoked ones, oldest first."""
        with self._database.reading() as connection:
            return [_key(row) for row in connection.execute(select(api_keys).order_by(api_keys.c.made_at))]

    def active(self) -> list[ApiKey]:
        return [key for key in self.all() if key.revoked_at is None]

    def revoke(self, named: str) -> ApiKey:
        """End a key by its id or its name. Raises NotFound, also when several keys have the name."""
        found = [key for key in self.active() if named in (key.id, key.name)]
        if len(found) != 1:
            known = ", ".join(f"{key.id} ({key.name})" for key in self.active()) or "none"
            how_many = "No key" if not found else "More than one key"
            raise NotFound(f'{how_many} is called "{named}". Keys in use: {known}.')
        with self._database.writing() as connection:
            ended = update(api_keys).where(api_keys.c.id == found[0].id).values(revoked_at=self._now())
            connection.execute(ended)
        return found[0]


def keys_of_environment(text: str) -> list[ApiKey]:
    """The keys in `BRANDVOICE_API_KEYS`: `KEY`, `ROLE:KEY` or `NAME:ROLE:KEY`, separated by commas or blanks.

    A key without a role is a member's. Raises SettingsError, which never quotes a key.
    """
    return [_of_environment(word, number) for number, word in enumerate(text.replace(",", " ").split(), start=1)]


def _of_environment(word: str, number: int) -> ApiKey:
    *before, secret = word.split(":")
    role = before[-1] if before else "member"
    if role not in ROLES or len(before) > 2:
        raise SettingsError(
            f"Key {number} in BRANDVOICE_API_KEYS is not KEY, ROLE:KEY or NAME:ROLE:KEY. Roles: {', '.join(ROLES)}."
        )
    if len(secret) < SHORTEST:
        raise SettingsError(
            f"Key {number} in BRANDVOICE_API_KEYS has {len(secret)} characters; it needs at least {SHORTEST}. "
            "`brandvoice keys add` makes good ones."
        )
    digest = digest_of(secret)
    name = before[0] if len(before) == 2 else f"environment {number}"
    return ApiKey(f"env_{digest[:12]}", name, ROLES[ROLES.index(role)], digest)


def _row(key: ApiKey) -> dict[str, Any]:
    return {column.name: getattr(key, column.name) for column in api_keys.columns} | {"origins": list(key.origins)}


def _key(row: Row[Any]) -> ApiKey:
    return ApiKey(**{**row._mapping, "origins": tuple(row.origins)})  # noqa: SLF001 (SQLAlchemy's public name)
