"""Exports of DiscordChatExporter that the tests make up."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

NOON = datetime(2024, 3, 5, 12, tzinfo=UTC)
ANNA, BEN, DESK = ("1001", "anna"), ("1002", "ben"), ("1003", "Harbor Desk")

Entry = dict[str, object]


def account(who: tuple[str, str], **more: object) -> Entry:
    name = {"id": who[0], "name": who[1], "discriminator": "0000", "nickname": who[1], "isBot": False}
    return name | {"roles": [], **more}


def said(number: int, minutes: float, who: tuple[str, str], text: object, **more: object) -> Entry:
    """What somebody says, so many minutes after noon."""
    moment = (NOON + timedelta(minutes=minutes)).isoformat()
    message: Entry = {"id": str(9000 + number), "type": "Default", "timestamp": moment, "timestampEdited": None}
    message |= {"isPinned": False, "content": text, "author": account(who), "attachments": [], "embeds": []}
    return message | {"stickers": [], "reactions": [], "mentions": [], **more}


def reply(number: int, minutes: float, who: tuple[str, str], text: str, *, to: int, **more: object) -> Entry:
    reference = {"messageId": str(9000 + to), "channelId": "70", "guildId": "7"}
    return said(number, minutes, who, text, type="Reply", reference=reference, **more)


def channel(*messages: object, id: str = "70", **more: object) -> Entry:  # noqa: A002
    place = {"id": id, "type": "GuildTextChat", "categoryId": "60", "category": "Shop", "name": "help", "topic": None}
    return {
        "guild": {"id": "7", "name": "Harbor", "iconUrl": ""},
        "channel": place | more,
        "dateRange": {"after": None, "before": None},
        "exportedAt": NOON.isoformat(),
        "messages": list(messages),
        "messageCount": len(messages),
    }


def write(path: Path, content: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2), encoding="utf-8")
    return path
