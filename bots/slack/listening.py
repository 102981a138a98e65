"""Listening: what presses, shortcuts and forms have in common, and plain sentences when one is refused."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bots.slack.blocks import Json, modal, section
from bots.slack.failures import SLACK_FAILURES, reason
from bots.slack.markup import escaped
from bots.slack.teams import Team
from bots.slack.telling import tell_privately
from conversations.errors import BrandvoiceError

log = logging.getLogger(__name__)


def channel_of(body: Json) -> str:
    """Where a press or shortcut happened."""
    return str((body.get("channel") or {}).get("id") or (body.get("container") or {}).get("channel_id") or "")


def thread_of(body: Json) -> str:
    """The thread of the message that was pressed; empty outside of threads."""
    message, container = body.get("message") or {}, body.get("container") or {}
    return str(message.get("thread_ts") or container.get("thread_ts") or "")


@asynccontextmanager
async def refusals_told(team: Team, body: Json) -> AsyncIterator[None]:
    """Whoever pressed is told in private why it was refused."""
    try:
        yield
    except BrandvoiceError as error:
        await _tell_presser(team, body, str(error))
    except SLACK_FAILURES as failure:
        log.warning("a press in %s failed: %s", channel_of(body), reason(failure))
        await _tell_presser(team, body, "Slack did not take that. Please try again.")


@asynccontextmanager
async def view_refusals_shown(ack: Any) -> AsyncIterator[None]:
    """Whoever sent a form is shown in its stead why it was refused."""
    try:
        yield
    except BrandvoiceError as error:
        notice = modal("brandvoice_notice", "Not possible", [section(escaped(str(error)))], submit=None)
        await ack(response_action="update", view=notice)
    except SLACK_FAILURES as failure:
        log.warning("a form failed: %s", reason(failure))
        await ack()


async def answer_press(team: Team, body: Json, text: str) -> None:
    """Put a text in the stead of the private message whose button was pressed."""
    await respond(team, body, {"replace_original": True, "text": escaped(text)})


async def respond(team: Team, body: Json, answer: Json) -> None:
    """Answer over the address that came with a press, shortcut or command."""
    assert team.client.session is not None, "clients share a session"
    async with team.client.session.post(body["response_url"], json=answer, proxy=team.client.proxy) as response:
        if response.status != 200:
            log.warning("an answer to a press was refused with status %s", response.status)


async def _tell_presser(team: Team, body: Json, sentence: str) -> None:
    await tell_privately(team, channel_of(body), body["user"]["id"], text=sentence, thread=thread_of(body) or None)
