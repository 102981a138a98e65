"""Callers: who holds which key, and what a role may do."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request

from bots.http.errors import Refused
from conversations.api_keys import ROLES, ApiKey, ApiKeyStore, Role, digest_of
from conversations.submissions import LOCAL_PERSON

STALE: Final = 1.0  # seconds after which the keys are read again: so long a revoked key still works
HASTE: Final = 0.1  # the same for somebody whom the keys do not know: theirs may be a new one

# The first line that fits says which role may; a publishable key reaches only what is marked so.
_MAY: Final[tuple[tuple[str, Role, bool], ...]] = (
    ("/v1/chat/", "member", True),
    ("/v1/feedback", "member", True),
    ("/v1/submissions", "member", True),
    ("/v1/me", "member", True),
    ("/v1/models", "member", True),
    ("/v1/review", "curator", False),
    ("/v1/", "operator", False),
    ("/metrics", "operator", False),
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever sent a request. Without a key it is somebody at this machine, where no key was ever made."""

    key: ApiKey | None = None

    @property
    def id(self) -> str:
        return self.key.id if self.key else "local"

    @property
    def who(self) -> str:
        """How the audit calls them."""
        return f"http/{self.key.id}" if self.key else LOCAL_PERSON

    @property
    def role(self) -> Role:
        return self.key.role if self.key else "operator"

    @property
    def is_publishable(self) -> bool:
        return self.key is not None and self.key.publishable

    def may(self, role: Role) -> bool:
        return ROLES.index(self.role) >= ROLES.index(role)

    def person(self, user: str | None) -> str:
        """Whom a request speaks for. What a page calls its visitor is that visitor's secret, so it is hashed."""
        if self.is_publishable and not user:
            raise Refused(400, "With a publishable key, say who the visitor is in `user`.", param="user")
        if self.is_publishable:
            return f"http/{self.id}/{hashlib.sha256(str(user).encode('utf-8', 'replace')).hexdigest()[:24]}"
        return f"http/{self.id}/{user}" if user else self.who


class KeyRing:
    """The keys that open, read again from the store when they are stale."""

    def __init__(
        self, store: ApiKeyStore, fixed: Sequence[ApiKey] = (), *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._fixed = tuple(fixed)
        self._clock = clock
        self._lock = asyncio.Lock()
        self._read_at = float("-inf")
        self._opening: dict[str, ApiKey] = {}
        self._origins: frozenset[str] = frozenset()
        self.is_closed = True  # whether a key was ever made; once one was, nobody gets in without

    async def find(self, secret: str) -> ApiKey | None:
        digest = digest_of(secret)
        await self.refresh()
        if digest not in self._opening:
            await self.refresh(HASTE)
        return self._opening.get(digest)

    async def knows_origin(self, origin: str) -> bool:
        """Whether some publishable key stands in pages of an origin."""
        await self.refresh()
        if origin not in self._origins:
            await self.refresh(HASTE)
        return origin in self._origins

    async def refresh(self, stale: float = STALE) -> None:
        """Raises StoreError when the keys cannot be read: nobody gets in then."""
        async with self._lock:
            if self._clock() - self._read_at < stale:
                return
            stored = await asyncio.to_thread(self._store.all)
            opening = [*self._fixed, *(key for key in stored if key.revoked_at is None)]
            self._opening = {key.digest: key for key in opening}
            self._origins = frozenset(origin for key in opening for origin in key.origins)
            self.is_closed = bool(self._fixed or stored)
            self._read_at = self._clock()

    @property
    def count(self) -> int:
        return len(self._opening)


def check_may(caller: Caller, path: str) -> None:
    """Refuse what a role may not do."""
    for beginning, role, publishable in _MAY:
        if not path.startswith(beginning):
            continue
        if caller.is_publishable and not publishable:
            raise Refused(403, "A publishable key may only chat and give feedback.", code="insufficient_role")
        if not caller.may(role):
            raise Refused(403, f"This needs a key with the role {role}.", code="insufficient_role")
        return


def needs_key(path: str) -> bool:
    """Whether a path is behind the door; health, the widget and the documentation are not."""
    return any(path.startswith(beginning) for beginning, _, _ in _MAY)


async def _caller(request: Request) -> Caller:
    found: Caller = request.state.caller
    return found


CallerOf = Annotated[Caller, Depends(_caller)]
