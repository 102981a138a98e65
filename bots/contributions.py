"""Contributions: what people give back — votes, better answers, submissions, uploads — and how they take it back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from conversations.errors import LimitReached, NotFound, StoreError
from conversations.importers import Importer, Refused, Request, Skipped, read_path
from conversations.messages import Conversation, Feedback, Message, Submission, conversation_id
from conversations.people import Erasure
from conversations.privacy import Redactor
from conversations.roster import NameFinder
from conversations.store import ConversationStore

WHOLE = 1_000  # messages of a conversation that a submission may hold
UPLOAD_ROWS = 2_000  # conversations that one upload may hold
CONSENT = (
    "By submitting you agree that this text may be used to train the brand's assistant. "
    "Names, e-mail addresses and numbers that we recognise are replaced first, and a person reviews it. "
    "You can withdraw it at any time."
)


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be kept of a submission: messages with private values replaced, and how many of which kind."""

    messages: tuple[Message, ...]
    replaced: dict[str, int]

    @property
    def sentence(self) -> str:
        if not self.replaced:
            return "Nothing private was recognised in it."
        kinds = sorted(self.replaced.items())
        found = ", ".join(f"{count} {kind.lower()}{'' if count == 1 else 's'}" for kind, count in kinds)
        told = f"Replaced before it is kept: {found}."
        return f"{told} Change a key or password that others have seen." if "KEY" in self.replaced else told


@dataclass(frozen=True, slots=True)
class Upload:
    """What an uploaded file holds; nothing is kept before it is confirmed."""

    conversations: tuple[Conversation, ...]
    refused: tuple[Refused, ...]
    skipped: int

    @property
    def sentence(self) -> str:
        read, refused = len(self.conversations), len(self.refused)
        many = "conversations" if read != 1 else "conversation"
        return f"{read} {many} can be read, {refused} row{'s are' if refused != 1 else ' is'} refused."


class Contributions:
    """Takes what people give. Everything waits for review by somebody else before it is learned from."""

    def __init__(
        self,
        store: ConversationStore,
        *,
        importers: Sequence[Importer] = (),
        names: Callable[[], NameFinder | None] = lambda: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.store = store
        self.importers = importers
        self._names = names
        self._now = now

    async def feedback(self, feedback: Feedback) -> Submission | None:
        """Keep what a person thinks of a reply; a better answer also becomes a submission, which is returned."""
        if feedback.better_answer:
            await self._check_consent(feedback.person)
        timed = replace(feedback, given_at=feedback.given_at or self._now())
        await asyncio.to_thread(self.store.give_feedback, timed)
        if not timed.better_answer:
            return None
        conversation, reply = await asyncio.to_thread(self.store.message, timed.reply)
        messages = await self.conversation_up_to(conversation, str(reply.id))
        better = Message("assistant", timed.better_answer, author=timed.person)
        style = await self.style_of(conversation)
        return await self.submit((*messages[:-1], better), style=style, person=timed.person, replaces=timed.reply)

    async def take_back_vote(self, reply: str, person: str) -> bool:
        return await asyncio.to_thread(self.store.take_back_feedback, reply, person)

    async def reply_at(self, reply: str, *, platform: str, within: str) -> tuple[str, Message]:
        """A reply of the assistant, and its conversation, if that is at a place that begins with `within`.

        Ids come back from people's clients and may be forged: one from another channel or workspace is not found.
        """
        gone = NotFound("That answer is not there any more.")
        try:
            conversation, message = await asyncio.to_thread(self.store.message, reply)
            place = (await asyncio.to_thread(self.store.conversation, conversation)).place
        except NotFound as unknown:
            raise gone from unknown
        if message.role != "assistant" or not place.startswith(f"{platform}:{within}"):
            raise gone
        return conversation, message

    async def conversation_up_to(self, conversation: str, reply: str) -> tuple[Message, ...]:
        """The messages of a conversation up to a reply, that one included."""
        history = await asyncio.to_thread(self.store.history, conversation, WHOLE)
        end = next((i for i, m in enumerate(history) if m.id == reply), None)
        if end is None:
            raise NotFound("That answer is not there any more.")
        return history[: end + 1]

    async def style_of(self, conversation: str) -> str:
        return (await asyncio.to_thread(self.store.sources_of, conversation))[0].style

    def preview(self, messages: Sequence[Message]) -> Preview:
        """The messages as they would be kept; blocks, for the names of everybody known may have to be read."""
        redactor = Redactor(self._names(), texts=[message.content for message in messages])
        shown, replaced = [], dict[str, int]()
        for message in messages:
            redacted = redactor.redact(message.content)
            shown.append(replace(message, content=redacted.text))
            for kind, count in redacted.counts.items():
                replaced[kind] = replaced.get(kind, 0) + count
        return Preview(tuple(shown), replaced)

    async def submit(
        self, messages: Sequence[Message], *, style: str, person: str, replaces: str | None = None
    ) -> Submission:
        """Hand in messages as an example; private values are replaced. It waits for review; its id is the receipt."""
        if not any(m.role == "assistant" for m in messages) or messages[-1].role != "assistant":
            raise StoreError("An example has to end with a reply. Choose the reply you want to hand in.")
        await self._check_consent(person)
        kept = (await asyncio.to_thread(self.preview, messages)).messages
        receipt = conversation_id("submission", style, person, *(m.content for m in kept))
        submission = Submission(receipt, style, person, kept, replaces=replaces, submitted_at=self._now())
        return await asyncio.to_thread(lambda: self.store.submit(submission, consent=CONSENT))

    async def read_upload(self, path: Path) -> Upload:
        """Check an uploaded file; raises `ImportRefused` when nothing of it can be read."""
        return await asyncio.to_thread(self._read_upload, path)

    def _read_upload(self, path: Path) -> Upload:
        conversations: list[Conversation] = []
        refused: list[Refused] = []
        skipped = 0
        for outcome in read_path(Request(path), [i for i in self.importers if not i.needs_speakers]):
            if isinstance(outcome, Refused):
                refused.append(outcome)
            elif isinstance(outcome, Skipped):
                skipped += 1
            elif isinstance(outcome, Conversation):
                conversations.append(outcome)
            if len(conversations) > UPLOAD_ROWS:
                raise LimitReached(
                    f"The file has more than {UPLOAD_ROWS} conversations. Split it, or use brandvoice import."
                )
        return Upload(tuple(conversations), tuple(refused), skipped)

    async def submit_upload(self, upload: Upload, *, style: str, person: str) -> list[Submission]:
        return [await self.submit(c.messages, style=style, person=person) for c in upload.conversations]

    async def mine(self, person: str) -> list[Submission]:
        """What a person handed in, newest last."""
        return await asyncio.to_thread(self.store.submissions, None, None, person)

    async def to_review(self, style: str, *, by: str) -> int:
        """How many submissions to a style wait for somebody's review; nobody reviews their own."""
        waiting = await asyncio.to_thread(self.store.submissions, style, "waiting")
        return sum(submission.person != by for submission in waiting)

    async def withdraw(self, submission: str, person: str) -> Submission:
        """Take one's own submission back. Somebody else's is not found."""
        found = await asyncio.to_thread(self.store.submission, submission)
        if found.person != person:
            raise NotFound("There is no such submission of yours.")
        return await asyncio.to_thread(
            lambda: self.store.decide(found.id, state="withdrawn", reviewer=person, note="withdrawn by its person")
        )

    async def opted_out(self, person: str) -> bool:
        return await asyncio.to_thread(self.store.opted_out, person)

    async def _check_consent(self, person: str) -> None:
        if await self.opted_out(person):
            raise StoreError("You have opted out of having your text used. Opt in again before you submit.")

    async def opt_out(self, person: str) -> None:
        await asyncio.to_thread(self.store.opt_out, person)

    async def opt_in(self, person: str) -> None:
        await asyncio.to_thread(self.store.opt_in, person)

    async def forget(self, person: str) -> Erasure:
        """Erase everything of a person."""
        return await asyncio.to_thread(self.store.forget, person)
