"""The emulator: a local Slack that a test starts, acts in, breaks, waits for and looks at."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import ParamSpec, TypeVar

from tests.emulators.slack import events, frames
from tests.emulators.slack.api import WebApi
from tests.emulators.slack.courier import Courier
from tests.emulators.slack.environment import environment
from tests.emulators.slack.faults import Faults
from tests.emulators.slack.interactions import Interactions
from tests.emulators.slack.journal import Journal
from tests.emulators.slack.loop import LoopThread
from tests.emulators.slack.messages import text_of
from tests.emulators.slack.modals import Modals
from tests.emulators.slack.pages import Pages
from tests.emulators.slack.people import People
from tests.emulators.slack.records import Call, Envelope, Json
from tests.emulators.slack.server import Server
from tests.emulators.slack.settings import App, Rules
from tests.emulators.slack.waits import Waits
from tests.emulators.slack.workspace import Workspace, furnish

P = ParamSpec("P")
R = TypeVar("R")


class SlackEmulator:
    """A strict Slack on 127.0.0.1: Web API, Socket Mode, signed HTTP delivery and OAuth.

    It runs in a thread of its own, so the bot under test may live in the test's event loop, in another thread or in
    another process. The real slack_sdk and slack_bolt talk to it unchanged:

        with SlackEmulator() as slack:
            client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)   # or the variables of slack.env()
            ...                                                                      # start the bot
            slack.wait_connected()
            question = slack.user_says("C1", "U1", f"<@{slack.bot_user}> hello")
            reply = slack.wait_reply("C1", question["ts"])
            slack.click("C1", reply["ts"], "U1", "feedback", value="good")
            assert slack.user_errors == slack.pings == slack.violations == slack.emulator_errors == []

    Strict about: tokens and scopes, subscriptions (`apply_manifest`), limits of texts, blocks and views, one-shot
    triggers, the state, size and lifetime of streams, `chat.update` on own messages only, acknowledgement in time and
    redelivery (same event id, `retry_attempt`), both `app_mention` and `message` for one mention, echo of the bot's own
    messages, access to files, paging, rates (noted in `rate_violations`; refused with 429 when `enforce_rates`).

    A workspace holds the people U1 ann, U2 bob and UADMIN, the channels C1, C2 and the private G1, and direct messages
    DU1, DU2, DUADMIN. Every method is thread safe and blocks; from async code: `await slack.a(slack.wait_reply, …)`.
    """

    def __init__(
        self,
        *,
        bot_token: str = "xoxb-emul-1",
        app_token: str = "xapp-emul-1",
        signing_secret: str = "emul-signing-secret",
        team: str = "T1",
        app_id: str = "A1",
        bot_user: str = "UBOT",
        bot_id: str = "BBOT",
        ack_timeout: float = 3.0,
        redeliver_after: tuple[float, ...] = (0.0, 60.0, 300.0),
        trigger_lifetime: float = 3.0,
        stream_lifetime: float = 300.0,
        stream_limit: int = 12_000,
        enforce_rates: bool = False,
        distributed: bool = False,
        echo_own: bool = True,
    ) -> None:
        self.app = App(bot_token, app_token, signing_secret, team, app_id, bot_user, bot_id)
        self.rules = Rules(
            ack_timeout=ack_timeout,
            redeliver_after=redeliver_after,
            trigger_lifetime=trigger_lifetime,
            stream_lifetime=stream_lifetime,
            stream_limit=stream_limit,
            enforce_rates=enforce_rates,
            distributed=distributed,
            echo_own=echo_own,
        )
        self._build()

    def _build(self) -> None:
        self.journal = Journal()
        self._loop = LoopThread("slack-emulator")
        self._courier = Courier(self.app, self.rules, journal=self.journal, loop=self._loop)
        self.workspace = Workspace(self.app, self.rules, journal=self.journal, courier=self._courier)
        furnish(self.workspace)
        self._name_identity()
        self._name_records()
        self._name_actions()
        self._name_waits()
        api, pages = WebApi(self.workspace, self._name_faults()), Pages(self.workspace)
        self._server = Server(api, pages, courier=self._courier, loop=self._loop)

    def _name_identity(self) -> None:
        self.bot_token, self.app_token = self.app.bot_token, self.app.app_token
        self.signing_secret = self.app.signing_secret
        self.team, self.app_id = self.app.team, self.app.app_id
        self.bot_user, self.bot_id = self.app.bot_user, self.app.bot_id

    def _name_records(self) -> None:
        """What a test looks at."""
        journal, workspace = self.journal, self.workspace
        self.all_calls, self.envelopes = journal.calls, journal.envelopes
        self.pings = journal.pings  # (ts, "channel" | "here" | "everyone" | subteam) that a message of the bot rang
        self.violations = journal.violations  # Slack accepts it, but a good bot does not do it
        self.rate_violations = journal.rate_violations
        self.user_errors = journal.user_errors  # what a person would have seen as an error of the app
        self.emulator_errors = journal.emulator_errors  # should stay empty
        self.messages, self.ephemerals = workspace.messages.by_channel, workspace.messages.ephemerals
        self.views, self.view_stack, self.homes = workspace.views.by_id, workspace.views.stacks, workspace.views.homes
        self.prompts, self.statuses, self.sessions = workspace.prompts, workspace.statuses, workspace.sessions
        self.users, self.usergroups = workspace.users, workspace.usergroups
        self.channels, self.teams = workspace.channels, workspace.teams
        self.files, self.tokens = workspace.files, workspace.tokens

    def _name_actions(self) -> None:
        """What people do, and who there is."""
        people, interactions, modals = People(self.workspace), Interactions(self.workspace), Modals(self.workspace)
        self.user_says, self.user_edits, self.user_deletes = people.says, people.edits, people.deletes
        self.react, self.open_home, self.stop_session = people.react, people.open_home, people.stop_session
        self.click, self.click_view = interactions.click, interactions.click_view
        self.message_shortcut, self.global_shortcut = interactions.message_shortcut, interactions.global_shortcut
        self.slash = interactions.slash
        self.submit_view, self.close_view = modals.submit, modals.close
        self.add_user, self.add_channel = self.workspace.add_user, self.workspace.add_channel
        self.add_team, self.oauth_code = self.workspace.add_team, self.workspace.oauth_code
        self.add_file = self.workspace.add_file

    def _name_waits(self) -> None:
        waits = Waits(self.workspace)
        self.wait_for, self.settle = self.journal.wait_for, waits.settle
        self.wait_connected, self.wait_ack, self.wait_delivered = waits.connected, waits.ack, waits.delivered
        self.wait_call, self.wait_reply, self.wait_view = waits.call, waits.reply, waits.view

    def _name_faults(self) -> Faults:
        faults = Faults(self.workspace, self._courier.sockets, loop=self._loop)
        self.fail_next, self.expire_token = faults.fail_next, faults.expire_token
        self.drop_sockets, self.disconnect = faults.drop_sockets, faults.disconnect
        return faults

    def start(self, port: int = 0) -> SlackEmulator:
        self.workspace.address = self._server.start(port)
        return self

    def stop(self) -> None:
        self._server.stop()

    def __enter__(self) -> SlackEmulator:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def api_url(self) -> str:
        """What slack_sdk takes as `base_url`."""
        return f"{self.workspace.address}/api/"

    @property
    def port(self) -> int:
        return int(self.workspace.address.rpartition(":")[2])

    def env(self, folder: str | Path | None = None) -> dict[str, str]:
        """Environment for a bot in another process; with `folder`, for one that has no setting for the address."""
        return environment(self.app, self.api_url, folder=None if folder is None else Path(folder))

    async def a(self, blocking: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run one of the blocking methods without blocking the caller's event loop."""
        return await asyncio.to_thread(blocking, *args, **kwargs)

    def apply_manifest(self, manifest: Json) -> None:
        """Grant exactly the scopes and deliver exactly the events, commands and shortcuts of an app manifest."""
        self.workspace.grants.apply(manifest)

    @property
    def manifest(self) -> Json | None:
        return self.workspace.grants.manifest

    @manifest.setter
    def manifest(self, manifest: Json | None) -> None:
        """Declare features and settings, and leave scopes and events as they are."""
        self.workspace.grants.manifest = manifest

    @property
    def scopes(self) -> set[str] | None:
        """What the app was granted; None is everything."""
        return self.workspace.grants.scopes

    @scopes.setter
    def scopes(self, scopes: set[str] | None) -> None:
        self.workspace.grants.scopes = scopes

    @property
    def bot_events(self) -> set[str] | None:
        """What the app is subscribed to; None is everything."""
        return self.workspace.grants.bot_events

    @bot_events.setter
    def bot_events(self, bot_events: set[str] | None) -> None:
        self.workspace.grants.bot_events = bot_events

    @property
    def enforce_rates(self) -> bool:
        """Whether a call above its rate is refused with 429; it is noted in any case."""
        return self.rules.enforce_rates

    @enforce_rates.setter
    def enforce_rates(self, enforce: bool) -> None:
        self.rules.enforce_rates = enforce

    @property
    def connections(self) -> int:
        """Socket Mode connections opened so far."""
        return self._courier.sockets.opened

    def use_http(self, url: str) -> None:
        """Deliver by signed POST to `url` (Events API and interactivity) instead of Socket Mode."""
        self._courier.webhook_url = url

    def sign(self, body: str, at: int | None = None, secret: str | None = None) -> dict[str, str]:
        """Headers of a request signed as Slack signs (`at` and `secret` to forge a stale or a wrong one)."""
        return frames.signature(secret or self.signing_secret, body, at=int(time.time()) if at is None else at)

    def event(self, event: Json, *, event_id: str | None = None, team: str | None = None) -> Envelope | None:
        """Deliver any Events API event; None when the manifest does not subscribe to it."""
        return events.deliver_event(self.workspace, event, event_id=event_id, team=team)

    def deliver_again(self, envelope: Envelope, reason: str = "timeout") -> None:
        """Redeliver as Slack's retry does: a new envelope, the same event id."""
        self._courier.deliver_again(envelope, reason)

    def calls(self, method: str | None = None) -> list[Call]:
        """The bot's calls so far, of one method or of all."""
        with self.journal.changed:
            return [call for call in self.all_calls if method in (None, call.method)]

    def message(self, channel: str, ts: str) -> Json:
        return self.workspace.messages.find(channel, ts)

    def thread(self, channel: str, ts: str) -> list[Json]:
        with self.journal.changed:
            return self.workspace.messages.thread(channel, ts)

    def bot_messages(self, channel: str, thread_ts: str | None = None) -> list[Json]:
        with self.journal.changed:
            return self.workspace.messages.from_bots(channel, thread_ts)

    @staticmethod
    def text_of(message: Json) -> str:
        """What a reader sees: streamed text, then the text of the blocks, else `text`."""
        return text_of(message)
