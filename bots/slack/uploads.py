"""Uploads: a file of examples, sent in direct messages, looked at first and handed in when its person says so."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import ClientTimeout
from slack_bolt.async_app import AsyncApp, AsyncBoltContext

from bots.contributions import CONSENT, Upload
from bots.slack.blocks import Json, actions, button, section, small
from bots.slack.desk import Desk
from bots.slack.failures import SLACK_FAILURES, reason
from bots.slack.listening import channel_of, refusals_told
from bots.slack.markup import escaped
from bots.slack.places import Question
from bots.slack.teams import Team
from bots.slack.telling import tell
from conversations.errors import BrandvoiceError, ImportRefused, LimitReached, NotFound

HAND_IN: Final = "brandvoice_hand_in"
DISCARD: Final = "brandvoice_discard"
MOST_BYTES: Final = 5 * 2**20
_NAMES: Final = (".jsonl", ".json", ".csv")
_HOSTS: Final = (".slack.com", ".slack-edge.com", ".slack-files.com")
_UNSAFE: Final = re.compile(r"[^\w.-]")
_LONGEST: Final = 60  # characters of a file's name
_FAULTS: Final = 10  # shown of all the rows that are refused
_TIME: Final = ClientTimeout(total=60)


def upload_in(event: Json) -> Json | None:
    """The first file of a message that could hold examples."""
    files: Sequence[Json] = event.get("files") or []
    return next((file for file in files if str(file.get("name") or "").lower().endswith(_NAMES)), None)


class Uploads:
    """Nothing is kept between looking and handing in but Slack's own file, so a restart loses nothing."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, app: AsyncApp) -> None:
        app.action(HAND_IN)(self._hand_in)
        app.action(DISCARD)(self._discard)

    async def look_at(self, team: Team, question: Question, file: Json) -> None:
        """Say what is in a file, row errors with their lines, and offer to hand it in."""
        try:
            await self._desk.contributor(team, question.user)
            upload = await self._read(team, question.user, str(file["id"]))
        except BrandvoiceError as error:
            await tell(team, question, str(error))
            return
        except SLACK_FAILURES as failure:
            await tell(team, question, f"I could not fetch that file ({reason(failure)}). Please send it again.")
            return
        await tell(team, question, upload.sentence, blocks=_found(upload, str(file["id"])))

    async def _hand_in(self, ack: Any, body: Json, context: AsyncBoltContext) -> None:
        await ack()
        team, channel, user = await self._desk.team(context), channel_of(body), body["user"]["id"]
        async with refusals_told(team, body):
            giver = await self._desk.contributor(team, user)
            style = self._desk.style_in(team, channel, user)
            await self._replace(team, body, "Handing in…")
            upload = await self._read(team, user, str(body["actions"][0].get("value")))
            kept = await self._desk.contributions.submit_upload(upload, style=style, person=giver)
            first = f" The first is {kept[0].id[:10]}." if kept else ""
            text = f"Thank you. {len(kept)} examples are kept and wait for review by somebody else.{first}"
            await self._replace(team, body, text)

    async def _discard(self, ack: Any, body: Json, context: AsyncBoltContext) -> None:
        await ack()
        team = await self._desk.team(context)
        async with refusals_told(team, body):
            await self._replace(team, body, "Nothing was kept of that file.")

    async def _replace(self, team: Team, body: Json, text: str) -> None:
        ts = body["message"]["ts"]
        await team.client.chat_update(channel=channel_of(body), ts=ts, text=text, blocks=[section(escaped(text))])

    async def _read(self, team: Team, user: str, file_id: str) -> Upload:
        file = await self._file_of(team, user, file_id)
        content = await _download(team, file)
        with tempfile.TemporaryDirectory(prefix="brandvoice-upload-") as folder:
            path = Path(folder) / (_UNSAFE.sub("_", str(file.get("name") or ""))[-_LONGEST:].lstrip(".") or "file")
            await asyncio.to_thread(path.write_bytes, content)
            try:
                return await self._desk.contributions.read_upload(path)
            except ImportRefused as refused:
                raise ImportRefused(str(refused).replace(str(path), path.name)) from refused

    async def _file_of(self, team: Team, user: str, file_id: str) -> Json:
        """What Slack says of the file: ids come from clients, and files from elsewhere hold no address."""
        try:
            answer = await team.client.files_info(file=file_id)
        except SLACK_FAILURES as failure:
            raise NotFound(f"I cannot see that file ({reason(failure)}). Please send it again.") from failure
        file: Json = answer["file"]
        if file.get("user") != user:
            raise NotFound("Only whoever sent a file can hand it in.")
        if int(file.get("size") or 0) > MOST_BYTES:
            raise LimitReached(_too_large())
        return file


async def _download(team: Team, file: Json) -> bytes:
    address = str(file.get("url_private_download") or file.get("url_private") or "")
    if not _is_slacks(address, team):
        raise NotFound("That file is not kept by Slack itself. Please send it as a file.")
    assert team.client.session is not None, "clients share a session"
    headers = {"Authorization": f"Bearer {team.client.token}"}
    async with team.client.session.get(address, headers=headers, proxy=team.client.proxy, timeout=_TIME) as response:
        # Slack answers an app that may not read a file with its login page and status 200.
        if response.status != 200 or response.content_type == "text/html":
            raise ImportRefused("I may not read that file. Whoever runs me has to give the app the scope files:read.")
        content = bytearray()
        async for chunk in response.content.iter_chunked(2**16):
            content += chunk
            if len(content) > MOST_BYTES:
                raise LimitReached(_too_large())
    if content.lstrip()[:1] == b"<":
        raise ImportRefused("That is a web page, not a file of examples. Please send a .jsonl file.")
    return bytes(content)


def _is_slacks(address: str, team: Team) -> bool:
    """Our token goes to Slack and to nobody else."""
    own, asked = urlsplit(team.client.base_url), urlsplit(address)
    if (asked.scheme, asked.netloc) == (own.scheme, own.netloc):
        return True
    return asked.scheme == "https" and (asked.hostname or "").endswith(_HOSTS)


def _too_large() -> str:
    return f"That file is larger than {MOST_BYTES // 2**20} MB. Split it, or ask whoever runs me to import it."


def _found(upload: Upload, file_id: str) -> list[Json]:
    blocks = [section(escaped(upload.sentence))]
    if upload.refused:
        shown = [f"• {escaped(row.place)}: {escaped(row.reason)}" for row in upload.refused[:_FAULTS]]
        more = len(upload.refused) - len(shown)
        blocks.append(section("\n".join([*shown, *([f"… and {more} more."] if more else [])])))
    if not upload.conversations:
        return [*blocks, small("Nothing of it can be handed in.")]
    hand_in = button(f"Hand in {len(upload.conversations)}", HAND_IN, value=file_id, style="primary")
    return [*blocks, small(CONSENT), actions(hand_in, button("Discard", DISCARD, value=file_id))]
