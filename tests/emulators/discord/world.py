"""Everything that exists in this Discord, behind one lock."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.emulators.discord.address import Address
from tests.emulators.discord.answers import Answers
from tests.emulators.discord.attachments import Attachments
from tests.emulators.discord.calls import Calls
from tests.emulators.discord.channels import Channels
from tests.emulators.discord.commands import Commands
from tests.emulators.discord.drafts import Drafts
from tests.emulators.discord.events import Events
from tests.emulators.discord.ids import Ids
from tests.emulators.discord.interactions import Interactions
from tests.emulators.discord.messages import Messages
from tests.emulators.discord.modals import Modals
from tests.emulators.discord.people import People
from tests.emulators.discord.rules import Rules
from tests.emulators.discord.server import Server
from tests.emulators.discord.sessions import Sessions


class World:
    """Hold `changed` to look at the world from several sides; use `change()` to alter it and wake who waits."""

    def __init__(self, rules: Rules, address: Address, server: Server) -> None:
        self.rules = rules
        self.address = address
        self.changed = threading.Condition(threading.RLock())
        self.calls = Calls()
        self.typing: list[tuple[str, float]] = []  # (channel, time.monotonic())
        self.ids = Ids()
        self.people = People(self.ids)
        self.channels = Channels(self.ids, self.people)
        self.attachments = Attachments(self.ids, address)
        self.messages = Messages(self.ids, self.people, self.channels)
        self.commands = Commands(self.ids, self.people, self.channels)
        self.modals = Modals(self.attachments)
        self.sessions = Sessions(server, self.changed)
        self.events = Events(self.sessions, self.people, channels=self.channels, messages=self.messages)
        self.drafts = Drafts(self.people, self.channels, messages=self.messages, attachments=self.attachments)
        self.interactions = Interactions(
            rules,
            self.ids,
            people=self.people,
            channels=self.channels,
            messages=self.messages,
            events=self.events,
            server=server,
            changed=self.changed,
        )
        self.answers = Answers(
            self.people,
            self.channels,
            messages=self.messages,
            drafts=self.drafts,
            modals=self.modals,
            events=self.events,
        )

    @contextmanager
    def change(self) -> Iterator[None]:
        with self.changed:
            yield
            self.changed.notify_all()
