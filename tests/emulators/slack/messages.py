"""The messages of a workspace, as Slack would show them."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import Final

from tests.emulators.slack.records import Json

_INTERNAL: Final = frozenset({"streaming", "streamed", "started", "mode", "channel"})
_CODE: Final = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
_MASS_MENTION: Final = re.compile(r"<!(channel|here|everyone|subteam\^\w+)")


class MessageStore:
    """Messages by channel, and the ephemeral ones that only one person sees."""

    def __init__(self) -> None:
        self.by_channel: defaultdict[str, list[Json]] = defaultdict(list)
        self.ephemerals: list[Json] = []

    def find(self, channel: str, ts: str | None) -> Json:
        """The message; KeyError when there is none."""
        for message in self.by_channel[channel]:
            if message["ts"] == ts:
                return message
        raise KeyError(f"no message {ts} in {channel}")

    def find_seen(self, channel: str, ts: str) -> Json:
        """The message or ephemeral message that somebody sees there."""
        seen = next((m for m in self.ephemerals if m["ts"] == ts), None)
        return seen or self.find(channel, ts)

    def thread(self, channel: str, ts: str) -> list[Json]:
        return [m for m in self.by_channel[channel] if m["ts"] == ts or m.get("thread_ts") == ts]

    def from_bots(self, channel: str, thread_ts: str | None = None) -> list[Json]:
        posted = [m for m in self.by_channel[channel] if m.get("bot_id")]
        return posted if thread_ts is None else [m for m in posted if m.get("thread_ts") == thread_ts]

    def discard(self, channel: str, ts: str | None) -> None:
        self.by_channel[channel] = [m for m in self.by_channel[channel] if m["ts"] != ts]
        self.ephemerals[:] = [m for m in self.ephemerals if m["ts"] != ts]

    def public(self, message: Json) -> Json:
        """The message as the API shows it, with its thread counted."""
        shown = {key: value for key, value in message.items() if key not in _INTERNAL}
        if message.get("streamed"):
            shown["text"] = message["streamed"]
        ts = message["ts"]
        replies = [m for m in self.by_channel[message["channel"]] if m.get("thread_ts") == ts and m["ts"] != ts]
        if replies:
            people = sorted({reply.get("user", "") for reply in replies})
            shown |= {"thread_ts": ts, "reply_count": len(replies), "latest_reply": replies[-1]["ts"]}
            shown |= {"reply_users": people}
        return shown


def text_of(message: Json) -> str:
    """What a reader sees: streamed text, then the text of the blocks, else `text`."""
    parts = [message.get("streamed", ""), *(_block_text(block) for block in message.get("blocks") or [])]
    return "\n".join(part for part in parts if part) or message.get("text") or ""


def mass_mentions(message: Json) -> list[str]:
    """`channel`, `here`, `everyone` or a user group, wherever it would ring outside of code."""
    blocks = json.dumps(message.get("blocks") or [], ensure_ascii=False)
    body = " ".join([message.get("text") or "", message.get("streamed") or "", blocks])
    return sorted(set(_MASS_MENTION.findall(_CODE.sub("", body))))


def _block_text(block: Json) -> str:
    text = block.get("text")
    if isinstance(text, str):
        return text
    return "" if block["type"] == "rich_text" else str((text or {}).get("text", ""))
