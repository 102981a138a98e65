"""Slack as a platform: connects, listens, and answers until it is cancelled."""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ClientSession, ClientTimeout

from bots.assistant import Assistant
from bots.contributions import Contributions
from bots.slack.answers import Answers
from bots.slack.app import make_app
from bots.slack.clients import make_client
from bots.slack.credentials import Credentials, Mode
from bots.slack.desk import Desk
from bots.slack.listeners import add_listeners
from bots.slack.people import People
from bots.slack.places import PLATFORM
from bots.slack.sockets import Sockets
from bots.slack.teams import one_team

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Options:
    """What `[slack]` and `[http]` say."""

    mode: Mode = "socket"
    channels: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    port: int = 3000
    installations: Path = Path("slack")


class Slack:
    """One Slack app, in one workspace or in many."""

    name = PLATFORM

    def __init__(self, credentials: Credentials, options: Options | None = None) -> None:
        self._credentials = credentials
        self._options = options or Options()

    async def run(self, assistant: Assistant, contributions: Contributions) -> None:
        """Serve until cancelled; messages that an earlier process left unanswered come first."""
        credentials, options = self._credentials, self._options
        credentials.check(options.mode)
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(ClientSession(timeout=ClientTimeout(total=30)))
            teams = await one_team(credentials, session)
            client = make_client(credentials.bot_token, api_url=credentials.api_url, session=session)
            app = make_app(client, teams, signing_secret=credentials.signing_secret)
            answers = Answers(assistant, teams)
            desk = Desk(assistant, contributions, teams, People(), answers)
            add_listeners(app, desk, channels=options.channels)
            stack.push_async_callback(answers.close)
            await answers.catch_up()
            await Sockets(app, str(credentials.app_token)).run()
