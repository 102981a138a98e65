"""Slack as a platform: connects, listens, and answers until it is cancelled."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ClientSession, ClientTimeout
from slack_bolt.async_app import AsyncApp

from bots.announcing import EVERY, Announcer
from bots.approvals import Approvals
from bots.assistant import Assistant
from bots.contributions import Contributions
from bots.slack.answers import Answers
from bots.slack.app import make_app
from bots.slack.ballots import Ballots
from bots.slack.clients import make_client
from bots.slack.credentials import Credentials, Mode
from bots.slack.desk import Desk
from bots.slack.failures import SLACK_FAILURES, reason
from bots.slack.listeners import add_listeners
from bots.slack.many_teams import ManyTeams
from bots.slack.people import People
from bots.slack.places import PLATFORM
from bots.slack.rounds import Rounds, SlackBoard, channel_name
from bots.slack.sockets import PATIENCE, Sockets
from bots.slack.teams import Teams, one_team
from bots.slack.web import served
from conversations.errors import SettingsError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Options:
    """What `[slack]` and `[http]` say."""

    mode: Mode = "socket"
    channels: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    port: int = 3000
    installations: Path = Path("slack")
    patience: float = PATIENCE
    approvers: tuple[str, ...] = ()
    approvals: str = ""  # the channel in which rounds are decided; with many workspaces TEAM/CHANNEL
    votes: str = ""  # the channel for blind votes, named likewise
    every: float = EVERY  # seconds between two looks for news of rounds


class Slack:
    """One Slack app, in one workspace or in many."""

    name = PLATFORM

    def __init__(
        self, credentials: Credentials, options: Options | None = None, *, approvals: Approvals | None = None
    ) -> None:
        """With `approvals`, news of rounds are told and people named there decide about them."""
        self._credentials = credentials
        self._approvals = approvals
        self._options = options or Options()
        self.address = ""  # where it listens, once it does
        self.sockets: Sockets | None = None

    async def run(self, assistant: Assistant, contributions: Contributions) -> None:
        """Serve until cancelled; messages that an earlier process left unanswered come first."""
        credentials, options = self._credentials, self._options
        credentials.check(options.mode)
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(ClientSession(timeout=ClientTimeout(total=30)))
            app, teams = await self._connectable(session)
            answers = Answers(assistant, teams)
            people = People(approvers=options.approvers)
            desk = Desk(assistant, contributions, teams, people, answers)
            if self._approvals is not None:
                announcer = self._announce(app, desk, self._approvals)
                stack.push_async_callback(self._approvals.close)
                telling = asyncio.create_task(announcer.run(), name="news of rounds")
                stack.callback(telling.cancel)
            add_listeners(app, desk, channels=options.channels)
            stack.push_async_callback(answers.close)
            await answers.catch_up()
            watch = asyncio.create_task(answers.watch(), name="leftovers")
            stack.callback(watch.cancel)
            by_http = options.mode == "http"
            if by_http or credentials.many_workspaces:
                server = served(app, host=options.host, port=options.port, takes_events=by_http)
                self.address = await stack.enter_async_context(server)
                log.info("Slack: listening on %s", self.address)
            if by_http:
                await asyncio.Event().wait()
            self.sockets = Sockets(app, str(credentials.app_token), patience=options.patience)
            await self.sockets.run()

    def _announce(self, app: AsyncApp, desk: Desk, approvals: Approvals) -> Announcer:
        chosen, votes = self._options.approvals, self._options.votes
        for key, channel in (("approvals", chosen), ("votes", votes)):
            if channel and "/" not in channel and self._credentials.many_workspaces:
                raise SettingsError(
                    f'[slack] {key} = "{channel}" does not say in which workspace. '
                    f'Write the id of that before: "T0123/{channel}".'
                )
        announcer = Announcer(
            approvals,
            SlackBoard(desk.teams, chosen, votes=votes),
            channel=channel_name(chosen),
            votes=channel_name(votes),
            people=PLATFORM,
            failures=SLACK_FAILURES,
            reason=reason,
            every=self._options.every,
        )
        Rounds(desk, approvals, announcer, channel=chosen).add_to(app)
        Ballots(desk, channel=votes).add_to(app)
        return announcer

    async def _connectable(self, session: ClientSession) -> tuple[AsyncApp, Teams]:
        credentials, folder = self._credentials, self._options.installations
        client = make_client(None, api_url=credentials.api_url, session=session)
        if not credentials.many_workspaces:
            team = await one_team(credentials, session)
            return make_app(client, team, signing_secret=credentials.signing_secret), team
        teams = ManyTeams(credentials, folder, session=session)
        oauth = teams.oauth_settings(folder)
        app = make_app(client, teams, signing_secret=credentials.signing_secret, oauth=oauth)
        teams.add_to(app)
        return app, teams
