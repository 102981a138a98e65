"""Uploads: a file of examples, looked at first and handed in when its person says so."""

from __future__ import annotations

import asyncio
import secrets
import time
from pathlib import Path
from typing import Final

import discord

from bots.contributions import CONSENT, Upload
from bots.discord import texts
from bots.discord.buttons import OnPress, row
from bots.discord.desk import Desk
from bots.discord.failures import DISCORD_FAILURES
from bots.discord.listening import Press, defer, replace_press, tell
from bots.discord.markup import escaped, shortened
from conversations.errors import ImportRefused, LimitReached, NotFound

MOST_BYTES: Final = 5 * 2**20
KEPT: Final = 3_600.0  # seconds that a file waits to be confirmed
_ENDINGS: Final = (".jsonl", ".json")
_FAULTS: Final = 10  # shown of all the rows that are refused


class Uploads:
    """A file that was looked at waits on disk under a random name, so that a restart does not lose it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._folder = desk.folder / "uploads"

    def presses(self) -> dict[str, OnPress]:
        return {"load": self._hand_in, "unload": self._discard}

    async def look_at(self, press: Press, file: discord.Attachment) -> None:
        """Say what is in a file, row errors with their lines, and offer to hand it in."""
        await defer(press)
        self._desk.contributor(press)
        self._desk.style_in(press)
        ending = _ending(file)
        try:
            content = await asyncio.wait_for(file.read(), timeout=60)
        except DISCORD_FAILURES as failure:
            raise ImportRefused("I could not fetch that file. Please send it again.") from failure
        token = secrets.token_hex(12)
        path = self._folder / f"{press.user.id}-{token}{ending}"
        await asyncio.to_thread(self._save, path, content)
        try:
            upload = await self._read(path, file.filename)
        except ImportRefused:
            path.unlink(missing_ok=True)
            raise
        if not upload.conversations:
            path.unlink(missing_ok=True)
            await tell(press, f"{_found(upload, path, file.filename)}\nNothing of it can be handed in.")
            return
        view = row(("load", token), ("unload", token))
        await tell(press, f"{_found(upload, path, file.filename)}\n-# {CONSENT}", view=view)

    async def _hand_in(self, press: Press, token: str) -> None:
        await press.response.defer()
        giver = self._desk.contributor(press)
        path = self._file_of(press, token)
        upload = await self._read(path, path.name)
        kept = await self._desk.contributions.submit_upload(upload, style=self._desk.style_in(press), person=giver)
        path.unlink(missing_ok=True)
        first = f" The first is `{kept[0].id[:10]}`." if kept else ""
        await replace_press(
            press, f"Thank you. {len(kept)} examples are kept and wait for review by somebody else.{first}"
        )

    async def _discard(self, press: Press, token: str) -> None:
        self._file_of(press, token).unlink(missing_ok=True)
        await replace_press(press, "Nothing was kept of that file.")

    async def _read(self, path: Path, name: str) -> Upload:
        try:
            return await self._desk.contributions.read_upload(path)
        except ImportRefused as refused:
            raise ImportRefused(str(refused).replace(str(path), name).replace(path.name, name)) from refused

    def _file_of(self, press: Press, token: str) -> Path:
        """The file of this person under the token. Raises NotFound."""
        self._forget_old()
        found = [path for path in self._folder.glob(f"{press.user.id}-{token}.*") if path.suffix in _ENDINGS]
        if not found:
            raise NotFound(texts.EXPIRED)
        return found[0]

    def _save(self, path: Path, content: bytes) -> None:
        self._forget_old()
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_bytes(content)
        path.chmod(0o600)

    def _forget_old(self) -> None:
        for path in self._folder.glob("*"):
            if time.time() - path.stat().st_mtime > KEPT:
                path.unlink(missing_ok=True)


def _ending(file: discord.Attachment) -> str:
    """What the file ends with. Raises for what is no file of examples, or is too large."""
    ending = Path(file.filename).suffix.lower()
    if ending not in _ENDINGS:
        raise ImportRefused(f"I read {' and '.join(_ENDINGS)} files. {escaped(shortened(file.filename, 80))} is none.")
    if file.size > MOST_BYTES:
        raise LimitReached(
            f"That file is larger than {MOST_BYTES // 2**20} MB. Split it, or ask whoever runs me to import it."
        )
    return ending


def _found(upload: Upload, path: Path, name: str) -> str:
    lines = [upload.sentence]
    for refused in upload.refused[:_FAULTS]:
        place = refused.place.replace(str(path), name).replace(path.name, name)
        lines.append(f"• {escaped(shortened(place, 60))}: {escaped(shortened(refused.reason, 100))}")
    if len(upload.refused) > _FAULTS:
        lines.append(f"… and {len(upload.refused) - _FAULTS} more.")
    return shortened("\n".join(lines), 1_700)
