"""The inbox: which messages are for us, and keeping them before Slack is told that they arrived."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from slack_bolt.async_app import AsyncApp, AsyncBoltContext

from bots.assistant import Assistant, Incoming
from bots.slack.answers import Answers
from bots.slack.blocks import Json
from bots.slack.places import PLATFORM, Question, question_of
from bots.slack.teams import Team, Teams
from bots.slack.telling import tell
from conversations.errors import BrandvoiceError, StoreError

_WRITTEN: Final = (None, "file_share", "thread_broadcast")  # subtypes of messages that people write
_MENTION: Final = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
_ENTITIES: Final = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """A new message for us: to be answered, or only to be told something."""

    team: Team
    question: Question
    incoming: Incoming
    told: str | None = None


class Inbox:
    """Takes `message` and `app_mention` events; one mention is both, and either may come several times."""

    def __init__(self, assistant: Assistant, answers: Answers, teams: Teams, *, channels: tuple[str, ...]) -> None:
        self._assistant = assistant
        self._answers = answers
        self._teams = teams
        self._channels = frozenset(channels)

    def add_to(self, app: AsyncApp) -> None:
        # bolt acknowledges an event before its listener runs, and after the middleware.
        app.use(self._keep)
        app.event("app_mention")(self._take)
        app.event("message")(self._take)

    async def _keep(self, body: Json, context: AsyncBoltContext, next: Callable[[], Awaitable[Any]]) -> None:  # noqa: A002
        event = body.get("event") or {}
        if body.get("type") == "event_callback" and event.get("type") in ("message", "app_mention"):
            team = await self._teams.find(str(context.team_id), enterprise=context.enterprise_id)
            context["kept"] = await self._kept(event, team)
        await next()

    async def _take(self, context: AsyncBoltContext) -> None:
        kept: Kept | None = context.get("kept")
        if kept is None:
            return
        if kept.told is None:
            self._answers.begin(kept.team, kept.question, kept.incoming)
        else:
            await tell(kept.team, kept.question, kept.told)

    async def _kept(self, event: Json, team: Team) -> Kept | None:
        if not _is_written(event) or not await self._is_for_us(event, team):
            return None
        question = question_of(event, team.id)
        text = plain_text(str(event.get("text") or ""), team)
        place = question.place
        incoming = Incoming(PLATFORM, place.channel, str(place), place.person(question.user), text, question.id)
        told = None
        try:
            if not await self._assistant.accept(incoming):
                return None
        except StoreError:
            raise  # not acknowledged, so that Slack brings it again
        except BrandvoiceError as error:
            told = str(error)
        return Kept(team, question, incoming, told)

    async def _is_for_us(self, event: Json, team: Team) -> bool:
        return event.get("channel_type") == "im" or team.mention in str(event.get("text"))


def plain_text(text: str, team: Team) -> str:
    """What somebody wrote, as they see it: without our mention, without Slack's escapes."""
    text = text.replace(team.mention, " ")
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text.strip()


def _is_written(event: Json) -> bool:
    return event.get("subtype") in _WRITTEN and not event.get("bot_id") and bool(event.get("user"))
