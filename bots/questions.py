"""Questions: what people asked and we owe an answer to, over crashes and over processes."""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from bots.presence import BEAT, LEASE, Presence
from conversations.errors import StoreError
from conversations.messages import Message
from conversations.pending import Arrival, Pending, Quote, Talk
from conversations.store import ConversationStore

HELD = 1_000  # conversations that are kept in memory from the moment a message came in until it is answered


class Questions:
    """Accepts questions, and knows which of them this process, and nobody else, answers."""

    def __init__(
        self, store: ConversationStore, *, history: int, now: Callable[[], datetime], presence: Presence | None = None
    ) -> None:
        self._store = store
        self._history = history
        self._now = now
        self.presence = presence or Presence()
        self._arrivals: list[tuple[Arrival, asyncio.Future[Talk | None]]] = []
        self._accepting: asyncio.Task[None] | None = None
        self._held: OrderedDict[str, Talk] = OrderedDict()
        self._mine: set[tuple[str, str]] = set()
        self._beat: asyncio.Task[None] | None = None

    async def accept(
        self, platform: str, place: str, *, style: str, message: Message, quotes: Sequence[Quote] = ()
    ) -> bool:
        """Keep a question; False if it was accepted before. Those that arrive together are written together."""
        arrival = self._arrival(platform, place, style=style, message=message, quotes=quotes)
        taken: asyncio.Future[Talk | None] = asyncio.get_running_loop().create_future()
        self._arrivals.append((arrival, taken))
        if self._accepting is None or self._accepting.done():
            self._accepting = asyncio.create_task(self._accept_all(), name="accepting")
        talk = await taken
        if talk is None:
            return False
        self._hold(str(message.id), talk)
        self._own(platform, str(message.id))
        return True

    async def ask_again(self, platform: str, place: str, *, style: str, message: Message, replaces: str) -> bool:
        """Owe another answer to a question, in place of a reply; False when it is owed already."""
        arrival = self._arrival(platform, place, style=style, message=message)
        conversation, _ = await asyncio.to_thread(self._store.message, replaces)
        self.presence.begin()
        asked = await asyncio.to_thread(
            self._store.pending.ask_again, arrival, conversation=conversation, replaces=replaces
        )
        if asked:
            self._own(platform, str(message.id))
        return asked

    async def talk(self, platform: str, place: str, *, style: str, message: str) -> Talk:
        """What was said up to a question and since; what came in with it is at hand, as long as nothing changed."""
        held = self._held.pop(message, None)
        if held is not None:
            return held
        conversation = await asyncio.to_thread(self._store.open_conversation, platform, place, style=style)
        return await asyncio.to_thread(self._store.pending.talk, conversation, self._history)

    async def left_over(self, platform: str, *, recent: timedelta) -> list[Pending]:
        """Take over what others left: their process has ended, or gave no sign of life for the length of a lease."""
        self.presence.begin()
        taken = await asyncio.to_thread(self._take_over, platform, recent)
        for left in taken:
            self._own(platform, str(left.message.id))
        return taken

    async def finish(self, platform: str, message: str, *, conversation: str, reply: Message) -> Message | None:
        """Store the reply; None when it is not ours to give any more, or the question is gone."""
        stored = await asyncio.to_thread(
            self._store.pending.finish, platform, message, owner=self.presence.owner, reply=reply
        )
        for other in [other for other, talk in self._held.items() if talk.conversation == conversation]:
            del self._held[other]  # it has to be shown this reply
        return stored

    async def end(self, platform: str, message: str) -> None:
        """The answer is delivered, or its person knows that there is none."""
        await asyncio.to_thread(self._store.pending.end, platform, message, owner=self.presence.owner)

    def leave(self, platform: str, message: str) -> None:
        """No more is done about it by this process."""
        self._mine.discard((platform, message))
        self._held.pop(message, None)

    def changed(self) -> None:
        """Some message was changed or deleted: nothing that is held is sure any more."""
        self._held.clear()

    async def close(self) -> None:
        """Leave what is not answered to others, at once."""
        for task in (self._beat, self._accepting):
            if task is not None:
                task.cancel()
                await asyncio.wait({task})
        if self._beat is not None:  # there was a question once
            with contextlib.suppress(StoreError):
                await asyncio.to_thread(self._store.pending.renew, self.presence.owner, until=self._now())
        self.presence.end()

    def _arrival(
        self, platform: str, place: str, *, style: str, message: Message, quotes: Sequence[Quote] = ()
    ) -> Arrival:
        owner, until = self.presence.owner, self._now() + LEASE
        return Arrival(platform, place, style, message, owner, until, tuple(quotes))

    async def _accept_all(self) -> None:
        """Write what has arrived, and what arrives meanwhile, in as few transactions as possible."""
        while self._arrivals:
            batch, self._arrivals = self._arrivals, []
            fault = "The message could not be kept. Please send it again."
            try:
                talks = await asyncio.to_thread(self._write, [arrival for arrival, _ in batch])
                for (_, taken), talk in zip(batch, talks, strict=True):
                    if not taken.done():
                        taken.set_result(talk)
            except StoreError as error:
                fault = str(error)
            finally:
                for _, taken in batch:
                    if not taken.done():
                        taken.set_exception(StoreError(fault))

    def _write(self, arrivals: Sequence[Arrival]) -> list[Talk | None]:
        self.presence.begin()
        return self._store.pending.accept(arrivals, limit=self._history)

    def _take_over(self, platform: str, recent: timedelta) -> list[Pending]:
        now = self._now()
        listed = self._store.pending.listed(platform)
        for left in listed:
            name, is_mine = str(left.message.id), left.owner == self.presence.owner
            if is_mine and (platform, name) not in self._mine and now - left.asked_at > recent:
                self._store.pending.end(platform, name, owner=left.owner)
        others = [left for left in listed if left.owner != self.presence.owner]
        gone = {owner: self.presence.is_gone(owner) for owner in {left.owner for left in others}}
        taken = []
        for left in others:
            if not (left.until <= now if gone[left.owner] is None else gone[left.owner]):
                continue
            if now - left.asked_at > recent and not left.shown:
                self._store.pending.end(platform, str(left.message.id), owner=left.owner)
            elif self._store.pending.take_over(left, owner=self.presence.owner, until=now + LEASE):
                taken.append(left)
        for owner in (owner for owner, is_gone in gone.items() if is_gone):
            self._store.pending.renew(owner, until=now)  # what it left on other platforms needs no file to be found
            self.presence.clear(owner)
        return taken

    def _hold(self, message: str, talk: Talk) -> None:
        self._held[message] = talk
        if len(self._held) > HELD:
            self._held.popitem(last=False)

    def _own(self, platform: str, message: str) -> None:
        self._mine.add((platform, message))
        if self._beat is None or self._beat.done():
            self._beat = asyncio.create_task(self._keep_alive(), name="signs of life")

    async def _keep_alive(self) -> None:
        """As long as we owe answers, say now and then that they will come."""
        while self._mine:
            await asyncio.sleep(BEAT)
            with contextlib.suppress(StoreError):
                await asyncio.to_thread(self._store.pending.renew, self.presence.owner, until=self._now() + LEASE)
