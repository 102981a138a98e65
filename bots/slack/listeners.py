"""Listeners: everything that people can do in Slack, in the order in which the app looks for who takes it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from slack_bolt.async_app import AsyncApp

from bots.slack.again import Again
from bots.slack.commands import Commands
from bots.slack.desk import Desk
from bots.slack.examples import Examples
from bots.slack.home import Home
from bots.slack.inbox import Inbox
from bots.slack.uploads import Uploads
from bots.slack.votes import Votes

_ANYTHING: Final = re.compile(".*")


def add_listeners(app: AsyncApp, desk: Desk, *, channels: Sequence[str]) -> None:
    """Put all of them into the app."""
    uploads = Uploads(desk)
    Inbox(desk, uploads, channels=channels).add_to(app)
    for listener in (uploads, Votes(desk), Examples(desk), Again(desk), Home(desk), Commands(desk)):
        listener.add_to(app)
    _acknowledge_the_rest(app)


def _acknowledge_the_rest(app: AsyncApp) -> None:
    """Slack brings what nobody acknowledges again and again, or shows people an error."""
    app.event(_ANYTHING)(_nothing)
    for listen in (app.action, app.command, app.shortcut, app.view, app.view_closed, app.options):
        listen(_ANYTHING)(_acknowledge)


async def _nothing() -> None:
    return


async def _acknowledge(ack: Any) -> None:
    await ack()
