"""Rounds on disk: what each did, where it stands, and the lock that keeps two from one style."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

from conversations.errors import NotFound, RoundRefused

State = Literal["queued", "curated", "trained", "evaluated", "waiting", "promoted", "rejected", "failed", "cancelled"]

FINISHED: frozenset[State] = frozenset({"waiting", "promoted", "rejected", "cancelled"})


@dataclass(frozen=True, slots=True)
class Round:
    """One pass round the loop. `dataset` and `voice` are what its finished steps made, so that none is done twice."""

    id: str
    style: str
    state: State
    until: Literal["trained", "promoted"]
    recipe: str
    started_at: str
    dataset: str | None = None
    voice: int | None = None
    reason: str = ""


class RoundStore:
    """Rounds as folders `ID/round.json` under one root; every change is written whole and synced."""

    def __init__(self, root: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.root = root
        self._now = now

    def folder(self, round_id: str) -> Path:
        return self.root / round_id

    def start(self, style: str, *, recipe: str, until: Literal["trained", "promoted"]) -> Round:
        stamp = self._now().strftime("%Y%m%d-%H%M%S")
        taken = {p.name for p in self.root.glob(f"{style}-{stamp}*")} if self.root.is_dir() else set()
        name = next(
            n for n in (f"{style}-{stamp}{s}" for s in ("", *map("-{}".format, range(2, 100)))) if n not in taken
        )
        self.folder(name).mkdir(parents=True)
        return self.save(Round(name, style, "queued", until, recipe, self._now().isoformat(timespec="seconds")))

    def save(self, round_: Round) -> Round:
        path = self.folder(round_.id) / "round.json"
        part = path.with_suffix(".part")
        with part.open("w", encoding="utf-8") as opened:
            json.dump(asdict(round_), opened, indent=2, ensure_ascii=False)
            opened.flush()
            os.fsync(opened.fileno())
        part.replace(path)
        return round_

    def advance(self, round_: Round, **changes: Any) -> Round:
        return self.save(replace(round_, **changes))

    def load(self, round_id: str) -> Round:
        path = self.folder(round_id) / "round.json"
        if "/" in round_id or not path.is_file():
            known = ", ".join(r.id for r in self.all()[-5:]) or "none yet"
            raise NotFound(f'There is no round "{round_id}". The latest: {known}.')
        return Round(**json.loads(path.read_text(encoding="utf-8")))

    def decided(self, round_id: str | None, *, state: State, reason: str) -> None:
        """Note what a person decided about the voice of a round that waits for it."""
        if round_id and (self.folder(round_id) / "round.json").is_file():
            self.advance(self.load(round_id), state=state, reason=reason)

    def all(self, style: str | None = None) -> list[Round]:
        """Every round, oldest first."""
        paths = sorted(self.root.glob("*/round.json")) if self.root.is_dir() else []
        rounds = [Round(**json.loads(p.read_text(encoding="utf-8"))) for p in paths]
        return sorted((r for r in rounds if style in {None, r.style}), key=lambda r: r.started_at)

    @contextlib.contextmanager
    def lock(self, style: str) -> Iterator[None]:
        """Hold the style: a second round of it is refused. The system lets go when the holder dies."""
        self.root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.root / f".{style}.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout as error:
            raise RoundRefused(
                f"A round of {style} is running already. See it with: brandvoice rounds list {style}"
            ) from error
        try:
            yield
        finally:
            lock.release()
