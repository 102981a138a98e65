"""Telling people something that is no answer: in a thread, or where only they see it."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from typing import Any, Final

from bots.slack.blocks import Json
from bots.slack.failures import SLACK_FAILURES, reason
from bots.slack.markup import escaped
from bots.slack.places import Question
from bots.slack.teams import Team

QUIET: Final[dict[str, Any]] = {"unfurl_links": False, "unfurl_media": False}
log = logging.getLogger(__name__)


async def tell(team: Team, question: Question, sentence: str, *, blocks: Sequence[Json] | None = None) -> None:
    """Say something in the thread of a message."""
    place = question.place
    try:
        await team.client.chat_postMessage(
            channel=place.channel, thread_ts=place.thread, text=escaped(sentence), blocks=blocks, **QUIET
        )
    except SLACK_FAILURES as failure:
        log.error("%s could not be told something: %s", place, reason(failure))  # noqa: TRY400


async def tell_privately(
    team: Team, channel: str, user: str, *, text: str, thread: str | None = None, blocks: Sequence[Json] | None = None
) -> None:
    """Say something that only one person sees: at the place, or in direct messages where that is not possible."""
    with contextlib.suppress(*SLACK_FAILURES):
        await team.client.chat_postEphemeral(
            channel=channel, user=user, thread_ts=thread, text=escaped(text), blocks=blocks
        )
        return
    try:
        await team.client.chat_postMessage(channel=user, text=escaped(text), blocks=blocks, **QUIET)
    except SLACK_FAILURES as failure:
        log.error("somebody in %s could not be told something: %s", channel, reason(failure))  # noqa: TRY400
