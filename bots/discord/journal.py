"""The journal: answers under way, on disk, so that the next start ends in the same messages what this one began."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from bots.discord.places import place_of
from conversations.errors import NotFound

_ENDING: Final = ".json"
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Entry:
    """An answer under way: the ids of its messages in Discord, and what keeps Discord from taking one of them twice."""

    question: str
    place: str
    nonce: str
    messages: list[int] = field(default_factory=list)


class Journal:
    """One small file for each answer under way."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def begin(self, question: str, place: str) -> Entry:
        """The entry of a question: the one that an earlier process left, or a new one."""
        return await asyncio.to_thread(self._begin, question, place)

    async def add(self, entry: Entry, message: int) -> None:
        """Note a message of the answer."""
        entry.messages.append(message)
        await asyncio.to_thread(self._save, entry)

    async def end(self, entry: Entry) -> None:
        """The answer is delivered."""
        await asyncio.to_thread(self._path(entry.question).unlink, missing_ok=True)

    async def left(self) -> list[Entry]:
        """What an earlier process did not end."""
        return await asyncio.to_thread(self._left)

    def _begin(self, question: str, place: str) -> Entry:
        path = self._path(question)
        entry = _read(path) if path.is_file() else None
        if entry is None:
            entry = Entry(question, place, secrets.token_hex(10))
            self._save(entry)
        return entry

    def _left(self) -> list[Entry]:
        entries = (_read(path) for path in sorted(self._folder.glob(f"*{_ENDING}")))
        return [entry for entry in entries if entry is not None]

    def _save(self, entry: Entry) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(entry.question)
        draft = path.with_suffix(".part")
        draft.write_text(json.dumps(asdict(entry)), encoding="utf-8")
        draft.replace(path)

    def _path(self, question: str) -> Path:
        return self._folder / f"{question.replace('/', '-')}{_ENDING}"


def _read(path: Path) -> Entry | None:
    try:
        entry = Entry(**json.loads(path.read_text(encoding="utf-8")))
        place_of(entry.place)
    except (OSError, ValueError, TypeError, NotFound) as error:
        log.warning("%s is left out: %s", path, error)
        path.unlink(missing_ok=True)
        return None
    return entry
