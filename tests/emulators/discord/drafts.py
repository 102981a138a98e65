"""What a request makes of a message: its checks against the limits, and its notifications."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.emulators.discord.attachments import Attachments
from tests.emulators.discord.channels import Channels
from tests.emulators.discord.components import check_components, number
from tests.emulators.discord.errors import ApiError, form_error, too_long
from tests.emulators.discord.mentions import AllowedMentions, notified, without_code
from tests.emulators.discord.messages import COMPONENTS_V2, EPHEMERAL, Messages, text_of
from tests.emulators.discord.people import People
from tests.emulators.discord.wire import Files, Json, now

CONTENT, EMBEDS, EMBED_TEXT, DESCRIPTION = 2000, 10, 6000, 4096


@dataclass(frozen=True, slots=True)
class Draft:
    """The body and uploads of a request; a webhook's is an answer to an interaction."""

    body: Mapping[str, Any]
    files: Files = field(default_factory=dict)
    webhook: bool = False


@dataclass(frozen=True, slots=True)
class Parts:
    """What a message would consist of after a draft."""

    content: str
    embeds: list[Json]
    components: list[Json]
    flags: int

    @classmethod
    def new(cls, body: Mapping[str, Any]) -> Parts:
        lists = body.get("embeds") or [], body.get("components") or []
        return cls(body.get("content") or "", *lists, body.get("flags") or 0)

    @classmethod
    def edited(cls, message: Json, body: Mapping[str, Any]) -> Parts:
        """What a body does not name stays; nor can an edit take these two flags away."""
        sticky = message["flags"] & (EPHEMERAL | COMPONENTS_V2)
        flags = (body.get("flags") or message["flags"]) | sticky
        merged = {key: message[key] for key in ("content", "embeds", "components")} | dict(body) | {"flags": flags}
        return cls.new(merged)

    @property
    def v2(self) -> bool:
        return bool(self.flags & COMPONENTS_V2)

    def check(self) -> None:
        if len(self.content) > CONTENT:
            raise too_long("content", CONTENT)
        self._check_embeds()
        if self.v2 and (self.content or self.embeds):
            message = "The 'content' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
            raise form_error("content", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", message)
        check_components(self.components, v2=self.v2)

    def _check_embeds(self) -> None:
        text = sum(len(each.get("description") or "") + len(each.get("title") or "") for each in self.embeds)
        if len(self.embeds) > EMBEDS or text > EMBED_TEXT:
            raise form_error("embeds", "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {EMBED_TEXT}")
        if any(len(each.get("description") or "") > DESCRIPTION for each in self.embeds):
            raise too_long("embeds.0.description", DESCRIPTION)


class Drafts:
    """`pings` lists (message id, whom it notified)."""

    def __init__(self, people: People, channels: Channels, *, messages: Messages, attachments: Attachments) -> None:
        self._people = people
        self._channels = channels
        self._messages = messages
        self._attachments = attachments
        self.pings: list[tuple[str, str]] = []

    def write(self, message: Json, draft: Draft) -> None:
        """Fill a new message, or refuse; and notify."""
        self._fill(message, Parts.new(draft.body), draft, kept=[])
        self._notify(message, draft)

    def rewrite(self, message: Json, draft: Draft) -> None:
        """Edit a message, or refuse. Edits notify nobody."""
        self._fill(message, Parts.edited(message, draft.body), draft, kept=message["attachments"])
        message |= {"edited_timestamp": now(), "_edits": message.get("_edits", 0) + 1}

    def _fill(self, message: Json, parts: Parts, draft: Draft, *, kept: list[Json]) -> None:
        parts.check()
        extra = draft.files or kept or draft.body.get("sticker_ids") or draft.body.get("poll")
        if not (parts.content or parts.embeds or extra or (parts.v2 and parts.components)):
            raise ApiError(400, 50006, "Cannot send an empty message")
        number(parts.components)
        message |= {
            "content": parts.content,
            "embeds": parts.embeds,
            "components": parts.components,
            "flags": parts.flags,
            "attachments": kept + [self._attachments.add(*file) for file in draft.files.values()],
        }
        message |= self._messages.mentions(self._channels.by_id[message["channel_id"]], spoken_text(message))

    def _notify(self, message: Json, draft: Draft) -> None:
        allowed = AllowedMentions.of(dict(draft.body), webhook=draft.webhook)
        bot = self._channels.by_id[message["channel_id"]]["_bot"]
        whom = notified(message, spoken_text(message), allowed, people=self._people, bot_permissions=bot)
        message["mention_everyone"] = bool({"everyone", "here"} & set(whom))
        replied = message.get("referenced_message")
        if replied and allowed.replied_user:
            message["mentions"] = [*message["mentions"], replied["author"]]
            whom.append(f"user:{replied['author']['id']}")
        self.pings += [(message["id"], each) for each in whom]


def spoken_text(message: Json) -> str:
    """The text in which mentions count: not that of embeds, not code."""
    return without_code(text_of(message | {"embeds": []}))
