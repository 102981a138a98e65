"""The front of the emulated Discord: all that a test does with it and asks it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import ParamSpec, TypeVar

from aiohttp import web

from tests.emulators.discord.address import Address
from tests.emulators.discord.calls import Call
from tests.emulators.discord.faults import Faults
from tests.emulators.discord.gateway import Gateway
from tests.emulators.discord.gestures import Gestures
from tests.emulators.discord.messages import text_of
from tests.emulators.discord.permissions import USER_PERMISSIONS, Intent, Permission
from tests.emulators.discord.rates import RateLimits
from tests.emulators.discord.ready import Greeting
from tests.emulators.discord.rest import Rest
from tests.emulators.discord.rules import Rules
from tests.emulators.discord.server import Server
from tests.emulators.discord.waits import Waits
from tests.emulators.discord.wire import Json
from tests.emulators.discord.world import World

P = ParamSpec("P")
R = TypeVar("R")


class DiscordEmulator:
    """Every synchronous method may be called from any thread; from async code use `await emulator.a(method, ...)`.

    It begins with the guild "G1", its channels "C1" and "C2", the members "ann", "bob" and "root" (who may manage
    the guild and holds `admin_role`), and the direct messages "Dann", "Dbob" and "Droot". `shards` is what Discord
    recommends, `privileged` are the intents enabled in the portal, `deadline` is that of a first answer.
    """

    def __init__(
        self,
        *,
        token: str = "emul-token",
        privileged: int = Intent.MESSAGE_CONTENT,
        heartbeat: float = 41.25,
        deadline: float = 3.0,
        token_lifetime: float = 900.0,
        limits: bool = True,
        shards: int = 1,
    ) -> None:
        self.rules = Rules(token, privileged, heartbeat, deadline, token_lifetime, limits, shards)
        self.emulator_errors: list[str] = []  # stays empty, or the emulator or the bot's requests are broken
        self._address = Address()
        self._server = Server(self.emulator_errors)
        self._world = World(self.rules, self._address, self._server)
        self._rates = RateLimits(self.rules)
        self._faults = Faults()
        self._populate()
        self._gateway = self._build_gateway()
        self._rest = Rest(self._world, self._faults, rates=self._rates, errors=self.emulator_errors)
        self._offer_world()
        self._offer_gestures()
        self._offer_faults()
        self._offer_waits()

    def start(self, port: int = 0) -> DiscordEmulator:
        """Listen in a thread of its own; a stopped emulator may start again, on the same port too."""
        routes = [
            web.get("/gateway/", self._gateway.connect),
            web.get("/cdn/{id}/{name}", self._world.attachments.download),
            web.route("*", "/api/v10/{path:.*}", self._rest.answer),
        ]
        self._address.port = self._server.start(routes, port)
        return self

    def stop(self) -> None:
        self._server.stop()

    def __enter__(self) -> DiscordEmulator:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def a(self, method: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a method that waits without holding up the event loop."""
        return await asyncio.to_thread(method, *args, **kwargs)

    @property
    def token(self) -> str:
        return self.rules.token

    @property
    def port(self) -> int:
        return self._address.port

    @property
    def api_url(self) -> str:
        return self._address.api_url

    @property
    def gateway_url(self) -> str:
        return self._address.gateway_url

    @property
    def command_syncs(self) -> int:
        return self._world.commands.syncs

    @property
    def limits(self) -> bool:
        return self.rules.limits

    @limits.setter
    def limits(self, enforced: bool) -> None:
        self.rules.limits = enforced

    def patch(self) -> AbstractContextManager[None]:
        """Point this process's discord.py here."""
        return self._address.patched()

    def settings(self) -> dict[str, str]:
        """Environment for a program that reads DISCORD_TOKEN, DISCORD_API_URL and DISCORD_GATEWAY_URL itself."""
        return self._address.settings(self.token)

    def env(self, folder: str | Path) -> dict[str, str]:
        """Environment that points any other process's discord.py here; a sitecustomize is written to `folder`."""
        return self._address.sitecustomized(Path(folder), self.token)

    def calls(self, method: str | None = None, route: str | None = None) -> list[Call]:
        """The requests of the bot; `route` has {} for ids, e.g. "/channels/{}/messages"."""
        with self._world.changed:
            return self._world.calls.matching(method, route)

    def message(self, message: str) -> Json:
        """A message by its id, ephemeral ones too; KeyError if there is none."""
        with self._world.changed:
            return self._world.messages.find(message)

    def bot_messages(self, channel: str) -> list[Json]:
        """What the bot said in a channel, thread or DM."""
        with self._world.changed:
            return self._world.messages.by_bot(self.id(channel))

    def threads(self, channel: str) -> list[Json]:
        with self._world.changed:
            return self._world.channels.threads(channel)

    def _populate(self) -> None:
        people, channels = self._world.people, self._world.channels
        self.guild_id = people.add_guild("G1", "emul")
        self.everyone = self.guild_id
        self.bot_id = self.app_id = people.bot_id
        people.add_member("ann")
        people.add_member("bob")
        self.admin_role = people.add_role("curators")
        people.add_member("root", roles=[self.admin_role], permissions=USER_PERMISSIONS | Permission.MANAGE_GUILD)
        channels.add("C1", "general")
        channels.add("C2", "random")
        for name in ("ann", "bob", "root"):
            channels.add_dm(f"D{name}", name)

    def _build_gateway(self) -> Gateway:
        world = self._world
        owner = world.ids.of("root")
        return Gateway(
            self.rules,
            world.people,
            sessions=world.sessions,
            greeting=Greeting(world.people, world.channels, owner=owner, address=self._address),
            changed=world.changed,
            errors=self.emulator_errors,
        )

    def _offer_world(self) -> None:
        """What exists, and what happened; a test may clear the lists."""
        world = self._world
        self.id, self.names, self.snowflake = world.ids.of, world.ids.names, world.ids.fresh
        self.users, self.guilds, self.members = world.people.users, world.people.guilds, world.people.members
        self.add_user, self.add_guild = world.people.add_user, world.people.add_guild
        self.add_role, self.add_member = world.people.add_role, world.people.add_member
        self.channels = world.channels.by_id
        self.add_channel, self.add_dm, self.bot_may = world.channels.add, world.channels.add_dm, world.channels.bot_may
        self.messages, self.ephemerals = world.messages.by_channel, world.messages.ephemerals
        self.view, self.text_of = world.messages.view, text_of
        self.attachments = world.attachments.by_id
        self.commands = world.commands.by_id
        self.interactions = world.interactions.by_id
        self.modals = world.modals.open
        self.sessions = world.sessions.by_id
        self.all_calls = world.calls.made
        self.typing = world.typing
        self.pings = world.drafts.pings
        self.user_errors = world.interactions.failures
        self.rate_hits = self._rates.hits
        self.gateway_log = self._gateway.log

    def _offer_gestures(self) -> None:
        gestures = Gestures(self._world)
        self.user_says, self.user_edits, self.user_deletes = gestures.says, gestures.edits, gestures.deletes
        self.react, self.click, self.submit_modal = gestures.reacts, gestures.clicks, gestures.submits_modal
        self.slash, self.autocomplete = gestures.types_slash, gestures.begins_option
        self.context_menu = gestures.uses_menu

    def _offer_faults(self) -> None:
        sessions = self._world.sessions
        self.drop, self.ask_reconnect, self.invalidate = sessions.drop, sessions.ask_reconnect, sessions.invalidate
        self.fail_next = self._faults.fail_next

    def _offer_waits(self) -> None:
        waits = Waits(self._world)
        self.wait_for, self.wait_ready, self.wait_call = waits.until, waits.ready, waits.call
        self.wait_reply, self.wait_thread, self.wait_private = waits.reply, waits.thread, waits.private
        self.wait_modal, self.wait_answer, self.settle = waits.modal, waits.answer, waits.settle
