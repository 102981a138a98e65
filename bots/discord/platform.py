"""Discord as a platform: connects, listens, and answers until it is cancelled."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import discord
from aiohttp import ClientError

from bots.announcing import EVERY as LOOK_EVERY
from bots.announcing import Announcer
from bots.approvals import Approvals
from bots.assistant import Assistant
from bots.contributions import Contributions
from bots.discord.address import point_at
from bots.discord.again import Again
from bots.discord.answers import Answers
from bots.discord.ballots import Ballots
from bots.discord.client import IDENTIFY_PAUSE, Client
from bots.discord.commands import add_commands, add_menus, sync_if_changed
from bots.discord.desk import Desk
from bots.discord.examples import Examples
from bots.discord.failures import DISCORD_FAILURES, reason
from bots.discord.inbox import Inbox
from bots.discord.missed import Missed
from bots.discord.places import PLATFORM
from bots.discord.privacy import Privacy
from bots.discord.rounds import DiscordBoard, Rounds, channel_name
from bots.discord.uploads import Uploads
from bots.discord.votes import Votes
from bots.discord.ways import Ways
from bots.discord.writer import EVERY
from conversations.errors import SettingsError

PORTAL = "https://discord.com/developers/applications"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Options:
    """What `[discord]` says; `folder` outlives a restart. `every`, `pause` and `look_every` are for tests."""

    folder: Path
    guilds: tuple[str, ...] = ()
    message_content: bool = False
    api_url: str | None = None
    gateway_url: str | None = None
    every: float = EVERY
    pause: float = IDENTIFY_PAUSE
    approver_roles: tuple[str, ...] = ()
    approvals: str = ""  # the channel in which rounds are decided
    votes: str = ""  # the channel for blind votes
    look_every: float = LOOK_EVERY


class Discord:
    """One Discord application with its bot, in any number of servers."""

    name = PLATFORM

    def __init__(self, token: str, options: Options, *, approvals: Approvals | None = None) -> None:
        """With `approvals`, news of rounds are told and people with the approvers' roles decide about them."""
        self._token = token
        self._approvals = approvals
        self._options = options

    async def run(self, assistant: Assistant, contributions: Contributions) -> None:
        """Serve until cancelled; messages that an earlier process left unanswered come first."""
        options = self._options
        point_at(api_url=options.api_url, gateway_url=options.gateway_url)
        options.folder.mkdir(parents=True, exist_ok=True)
        client = Client(
            message_content=options.message_content,
            pause=options.pause,
            fixed_gateway=options.gateway_url is not None,
        )
        answers = Answers(assistant, ways=Ways(client), every=options.every)
        desk = Desk(
            assistant,
            contributions,
            answers,
            frozenset(options.guilds),
            options.folder,
            frozenset(options.approver_roles),
        )
        connect(client, desk)
        async with AsyncExitStack() as stack:
            if self._approvals is not None:
                announcer = announce(client, desk, self._approvals, options)
                stack.push_async_callback(self._approvals.close)
                telling = asyncio.create_task(_tell(client, announcer), name="news of rounds")
                stack.callback(telling.cancel)
            await stack.enter_async_context(client)
            work = asyncio.create_task(client.start(self._token), name="discord.py")
            watch = asyncio.create_task(_watch(client, answers), name="leftovers")
            stack.push_async_callback(_end, work)
            stack.push_async_callback(answers.close)
            stack.callback(watch.cancel)
            await asyncio.wait({work})
            _raise_plainly(work)


def connect(client: Client, desk: Desk) -> None:
    """Tell the client what to do about everything that people can do."""
    votes, examples, privacy, uploads, again = Votes(desk), Examples(desk), Privacy(desk), Uploads(desk), Again(desk)
    client.inbox = Inbox(desk, client)
    client.missed = Missed(client, desk, client.inbox)
    for presses in (votes, examples, privacy, uploads, again):
        client.on_press |= presses.presses()
    client.on_form |= votes.forms() | examples.forms()
    add_commands(client.tree, desk, uploads=uploads, privacy=privacy)
    add_menus(client.tree, examples=examples, votes=votes)

    async def sync() -> None:
        record = desk.folder / "commands.sha256"
        await sync_if_changed(client.tree, record, application=client.application_id)

    client.at_start += [sync]


def announce(client: Client, desk: Desk, approvals: Approvals, options: Options) -> Announcer:
    """Who tells news of rounds; what is pressed under their cards is taken."""
    announcer = Announcer(
        approvals,
        DiscordBoard(client, options.approvals, votes=options.votes),
        channel=channel_name(options.approvals),
        votes=channel_name(options.votes),
        people=PLATFORM,
        failures=DISCORD_FAILURES,
        reason=reason,
        every=options.look_every,
    )
    rounds = Rounds(desk, approvals, announcer, channel=options.approvals)
    client.on_press |= rounds.presses() | Ballots(desk, channel=options.votes).presses()
    client.on_form |= rounds.forms()
    return announcer


async def _tell(client: Client, announcer: Announcer) -> None:
    await client.is_set_up.wait()
    await announcer.run()


async def _watch(client: Client, answers: Answers) -> None:
    await client.is_set_up.wait()
    await answers.watch()


def refused_token() -> SettingsError:
    return SettingsError(f"Discord refuses DISCORD_TOKEN. Copy it anew: {PORTAL} > your app > Bot > Reset Token.")


def refused_intent() -> SettingsError:
    return SettingsError(
        "Discord does not grant the Message Content intent, which [discord] message_content = true asks for. "
        f"Switch it on: {PORTAL} > your app > Bot > Privileged Gateway Intents > Message Content Intent > Save "
        "(from 10,000 users on, Discord has to approve it). Or set message_content = false: mentions, replies and "
        "direct messages work without it."
    )


def cannot_be_reached(failure: BaseException) -> SettingsError:
    return SettingsError(f"Discord cannot be reached at {discord.http.Route.BASE}: {reason(failure)}.")


async def _end(work: asyncio.Task[None]) -> None:
    """Cancel until it is so: on Python 3.11 `asyncio.wait_for`, which discord.py connects with, can lose a cancel."""
    while not work.done():
        work.cancel()
        await asyncio.wait({work}, timeout=1)


def _raise_plainly(work: asyncio.Task[None]) -> None:
    """Say why discord.py came to an end, which it should not."""
    try:
        work.result()
    except discord.LoginFailure as error:
        raise refused_token() from error
    except discord.PrivilegedIntentsRequired as error:
        raise refused_intent() from error
    except discord.ConnectionClosed as error:
        if error.code == 4004:
            raise refused_token() from error
        raise SettingsError(f"Discord ended the connection (code {error.code}). Please try again.") from error
    except (discord.HTTPException, discord.GatewayNotFound, ClientError, OSError) as error:
        raise cannot_be_reached(error) from error
    raise SettingsError("Discord ended the connection. Please start again.")
