"""The inbox: which messages are for us, and keeping them before Slack is told that they arrived."""

from __future__ import annotations

import asyncio
import logging
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from slack_bolt.async_app import AsyncApp, AsyncBoltContext

from bots.assistant import Incoming
from bots.slack import texts
from bots.slack.blocks import Json
from bots.slack.desk import Desk
from bots.slack.failures import SLACK_FAILURES, reason
from bots.slack.places import PLATFORM, Place, Question, question_of
from bots.slack.teams import Team
from bots.slack.telling import tell, tell_privately
from bots.slack.uploads import Uploads, upload_in
from conversations.errors import BrandvoiceError, NotFound, StoreError
from conversations.pending import Quote

_WRITTEN: Final = (None, "file_share", "thread_broadcast")  # subtypes of messages that people write
_MENTION: Final = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
_REMEMBERED: Final = 10_000  # ids of messages; the store remembers them all, this only saves asking it
_SHARED: Final = 5  # messages that somebody shares at once
_ROOT_WITHIN: Final = 1.0  # seconds; Slack waits three for our acknowledgement
_YOUNG: Final = 5.0  # seconds; what begins a thread may come to another process, or after what follows it
_LOOKS: Final = (0.1, 0.3, 0.6)  # seconds between looks whether a young thread is ours
_ENTITIES: Final = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """A new message for us: to be answered, with a file to be looked at, or only to be told something."""

    team: Team
    question: Question
    incoming: Incoming | None = None
    file: Json | None = None
    told: str = ""


class Inbox:
    """Takes `message` and `app_mention` events; one mention is both, and either may come several times."""

    def __init__(self, desk: Desk, uploads: Uploads, *, channels: Sequence[str]) -> None:
        self._desk = desk
        self._uploads = uploads
        self._channels = frozenset(channels)
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._arriving: set[str] = set()  # messages for us that are not kept yet

    def add_to(self, app: AsyncApp) -> None:
        # bolt acknowledges an event before its listener runs, but after the middleware.
        app.use(self._keep)
        app.event("app_mention")(self._take)
        app.event("message")(self._take)
        app.event("agent_session_stopped")(self._stop)

    async def _keep(self, body: Json, context: AsyncBoltContext, next: Callable[[], Awaitable[Any]]) -> None:  # noqa: A002
        event = body.get("event") or {}
        if body.get("type") == "event_callback" and event.get("type") in ("message", "app_mention"):
            team = await self._desk.team(context)
            context["kept"] = await self._kept(event, team)
        await next()

    async def _take(self, context: AsyncBoltContext) -> None:
        kept: Kept | None = context.get("kept")
        if kept is None:
            return
        if kept.incoming is not None:
            self._desk.answers.begin(kept.team, kept.question, kept.incoming)
        elif kept.file is not None:
            await self._uploads.look_at(kept.team, kept.question, kept.file)
        elif kept.question.is_direct:
            await tell(kept.team, kept.question, kept.told)
        else:
            question = kept.question
            # Slack shows nobody a private line in a thread that does not exist yet.
            thread = question.place.thread if question.place.thread != question.ts else None
            await tell_privately(kept.team, question.place.channel, question.user, text=kept.told, thread=thread)

    async def _stop(self, event: Json, context: AsyncBoltContext) -> None:
        team = await self._desk.team(context)
        self._desk.answers.stop(Place(team.id, str(event.get("channel")), str(event.get("thread_ts"))))

    async def _kept(self, event: Json, team: Team) -> Kept | None:
        if event.get("subtype") in ("message_changed", "message_deleted"):
            await self._change(event, team)
        if not _is_written(event) or not await self._is_for_us(event, team):
            return None
        question = question_of(event, team.id)
        if question.id in self._seen:
            return None
        self._seen[question.id] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        self._arriving.add(question.id)
        try:
            return await self._taken(event, question, team)
        except BaseException:  # not acknowledged, so that Slack brings it again
            self._seen.pop(question.id, None)
            raise
        finally:
            self._arriving.discard(question.id)

    async def _taken(self, event: Json, question: Question, team: Team) -> Kept | None:
        file = upload_in(event) if question.is_direct else None
        if file is not None:
            return Kept(team, question, file=file) if await self._is_new(question) else None
        quotes = shared_in(event, team)
        if not question.is_direct and question.place.thread != question.ts:
            quotes = (*await self._root(question, team), *quotes)
        return await self._accepted(question, team, plain_text(str(event.get("text") or ""), team), quotes)

    async def _root(self, question: Question, team: Team) -> tuple[Quote, ...]:
        """What a thread of other people begins with, when we are first asked in it."""
        place = question.place
        if place.message(place.thread) in self._arriving:
            return ()
        if await asyncio.to_thread(self._desk.store.has_talk, PLATFORM, str(place)):
            return ()
        try:
            async with asyncio.timeout(_ROOT_WITHIN):
                answer = await team.client.conversations_replies(channel=place.channel, ts=place.thread, limit=1)
        except SLACK_FAILURES as failure:
            log.info("the beginning of %s stays unread: %s", place, reason(failure))
            return ()
        roots = [said for said in answer.get("messages") or [] if said.get("ts") == place.thread]
        return tuple(
            Quote(plain_text(str(said["text"]), team), place.person(str(said["user"])) if said.get("user") else None)
            for said in roots
            if said.get("text") and said.get("user") != team.bot_user
        )

    async def _accepted(self, question: Question, team: Team, text: str, quotes: tuple[Quote, ...] = ()) -> Kept | None:
        place = question.place
        incoming = Incoming(
            PLATFORM, place.channel, str(place), place.person(question.user), text, question.id, quotes=quotes
        )
        told = "" if _MENTION.sub("", text).strip() else texts.HELP
        if not question.is_direct and self._channels and place.channel not in self._channels:
            told = texts.NOT_HERE
        try:
            if not told:
                return Kept(team, question, incoming) if await self._desk.assistant.accept(incoming) else None
        except StoreError:
            raise
        except BrandvoiceError as error:
            told = str(error)
        return Kept(team, question, told=told) if await self._is_new(question) else None

    async def _is_for_us(self, event: Json, team: Team) -> bool:
        """Direct messages, mentions, and what is said to us in a thread that somebody began with us."""
        if event.get("channel_type") == "im":
            return True
        mentioned = set(_MENTION.findall(str(event.get("text") or "")))
        if mentioned or not event.get("thread_ts"):
            return team.bot_user in mentioned
        begun_by = f"{team.id}/{event['channel']}/{event['thread_ts']}"
        if await self._is_ours(begun_by):
            return True
        for wait in _LOOKS if _is_young(event) else ():
            await asyncio.sleep(wait)
            if await self._is_ours(begun_by):
                return True
        return False

    async def _is_ours(self, message: str) -> bool:
        """Whether somebody began a thread with this message to us; it may be that we are just keeping it."""
        return message in self._arriving or await self._is_known(message)

    async def _is_known(self, message: str) -> bool:
        try:
            await asyncio.to_thread(self._desk.store.message, message)
        except NotFound:
            return False
        return True

    async def _is_new(self, question: Question) -> bool:
        return await asyncio.to_thread(self._desk.store.claim_event, PLATFORM, f"told:{question.id}")

    async def _change(self, event: Json, team: Team) -> None:
        """Somebody changed or deleted a message: what we have of it changes, or goes."""
        before, after = event.get("previous_message") or {}, event.get("message") or {}
        channel = f"{team.id}/{event.get('channel')}"
        if event["subtype"] == "message_deleted":
            ts = event.get("deleted_ts") or before.get("ts")
            await self._desk.assistant.deleted(PLATFORM, f"{channel}/{ts}")
        elif after.get("text") != before.get("text") and not after.get("bot_id"):
            text = plain_text(str(after.get("text") or ""), team)
            await self._desk.assistant.changed(PLATFORM, f"{channel}/{after.get('ts')}", text)


def plain_text(text: str, team: Team) -> str:
    """What somebody wrote, as they see it: without our mention, without Slack's escapes."""
    text = _MENTION.sub(lambda found: "" if found[1] == team.bot_user else found[0], text)
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text.strip()


def shared_in(event: Json, team: Team) -> tuple[Quote, ...]:
    """Messages of others that somebody shared with theirs."""
    shared = [a for a in event.get("attachments") or [] if a.get("is_msg_unfurl") or a.get("is_share")]
    return tuple(
        Quote(plain_text(str(a["text"]), team), f"{team.id}/{a['author_id']}" if a.get("author_id") else None)
        for a in shared[:_SHARED]
        if a.get("text")
    )


def _is_young(event: Json) -> bool:
    """Whether the thread of a message was begun just before it: a `ts` is a time."""
    try:
        return float(event["ts"]) - float(event["thread_ts"]) < _YOUNG
    except ValueError:
        return False


def _is_written(event: Json) -> bool:
    is_whole = all(isinstance(event.get(key), str) and event[key] for key in ("user", "channel", "ts"))
    return is_whole and event.get("subtype") in _WRITTEN and not event.get("bot_id")
