"""The conversation store: what was said, what people thought of it and what they handed in, kept in one database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from types import TracebackType

from conversations import archive, consent, feedback, pending, people, source_ledger, statistics, submissions, talk
from conversations.alarms import Alarms
from conversations.archive import Added
from conversations.blind_votes import BlindVotes
from conversations.consent import Unwilling
from conversations.coverage import Coverage
from conversations.database import Database
from conversations.directory import Directory
from conversations.erasures import Erasures
from conversations.live_replies import LiveReplies
from conversations.messages import Conversation, Feedback, Message, Submission, SubmissionState
from conversations.originals import Originals
from conversations.pending import Arrival
from conversations.pending_store import PendingStore
from conversations.people import Erasure
from conversations.quarantine import Quarantine
from conversations.reviews import Reviews
from conversations.sealing import Sealing
from conversations.sources import Basis, Source
from conversations.statistics import Holding, Stats
from conversations.submissions import Decision
from conversations.tables import as_message, storable

__all__ = ["Added", "ConversationStore", "Decision", "Erasure", "Holding", "Stats", "open_store"]


_now = partial(datetime.now, UTC)
_unsealed = partial(Sealing, None)


def open_store(
    url: str, now: Callable[[], datetime] = _now, *, sealing: Callable[[], Sealing] = _unsealed
) -> ConversationStore:
    """Open the store at `sqlite:///path` (`sqlite://`: in memory) or `postgresql+psycopg://…`, migrated as needed.

    Several processes may open the same one at once. `sealing` opens originals when somebody is forgotten. Raises
    StoreError when the server cannot be reached, the file is no database or cannot be written, or the schema is newer
    than this program.
    """
    return ConversationStore(Database(url), now, sealing=sealing)


class ConversationStore:
    """Everything said; each call is one transaction, and what it wrote is on disk when it returns.

    Calls block and may come from any thread: from async code, use `asyncio.to_thread`. Text is kept as given, except
    that NUL and lone surrogates become U+FFFD, for PostgreSQL can hold neither. Times come back in UTC. Any call
    raises StoreError when the database fails.
    """

    def __init__(
        self, database: Database, now: Callable[[], datetime], *, sealing: Callable[[], Sealing] = _unsealed
    ) -> None:
        self._database, self._now, self._sealing = database, now, sealing
        self.directory = Directory(database)
        self.pending = PendingStore(database, now=now)
        self.alarms = Alarms(database, now=now)
        self.quarantine = Quarantine(database, now=now)
        self.erasures = Erasures(database)
        self.reviews = Reviews(database, now=now)
        self.blind_votes = BlindVotes(database, now=now)
        self.live = LiveReplies(database, now=now)

    def __enter__(self) -> ConversationStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def database(self) -> Database:
        """The database itself, for other stores beside this one."""
        return self._database

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def originals(self, sealing: Sealing) -> Originals:
        """Imported conversations as they were before redaction."""
        return Originals(self._database, now=self._now, sealing=sealing)

    # Whole conversations

    def add_source(self, source: Source) -> None:
        """Put the source in, or overwrite what is known of the one with its id; one that was denied stays denied."""
        with self._database.writing() as connection:
            source_ledger.save(connection, source)

    def sources(self, style: str | None = None) -> list[Source]:
        """All sources, or those of the style, oldest first."""
        with self._database.reading() as connection:
            return archive.sources(connection, style=style)

    def sources_of(self, conversation: str) -> list[Source]:
        """Every source that brought the conversation; one imported for two styles has one of each."""
        with self._database.reading() as connection:
            return archive.sources(connection, style=None, conversation=conversation)

    def source(self, source: str) -> Source:
        """The source with the id, or the only one whose id begins so. Raises NotFound."""
        with self._database.reading() as connection:
            return source_ledger.one(connection, source)

    def allow_source(
        self,
        source: str,
        *,
        who: str,
        basis: Basis | None = None,
        owner: str = "",
        licence: str = "",
        captured_live: bool = False,
    ) -> Source:
        """Let a source be learned from and write that into the audit.

        Raises StoreError when its basis or owner is not known, or when it was captured live and `captured_live` does
        not say so.
        """
        with self._database.writing() as connection:
            return source_ledger.allow(
                connection,
                source,
                basis=basis,
                owner=storable(owner),
                licence=storable(licence),
                live=captured_live,
                who=storable(who),
                now=self._now(),
            )

    def deny_source(self, source: str, *, who: str, reason: str = "") -> Source:
        """Learn nothing more from a source, also when it is imported again, and write that into the audit."""
        with self._database.writing() as connection:
            return source_ledger.deny(connection, source, reason=storable(reason), who=storable(who), now=self._now())

    def add_conversations(
        self, conversations: Iterable[Conversation], *, source: Source, coverage: Coverage | None = None
    ) -> Added:
        """Take conversations in under the source, which is put in as well; say how many were new to its style.

        Idempotent by conversation id: the same content again changes nothing, other content replaces the messages.
        Conversations that were erased, or in which an erased person wrote, stay out and are counted. Batches of 500
        are one transaction each, so an import that is stopped is finished by running it again. With `coverage`, filled
        while they are read, older imports undo nothing of newer ones.
        """
        self.add_source(source)
        return archive.take_in(self._database, conversations, source=source, now=self._now, coverage=coverage)

    def conversations(
        self, style: str | None, *, trainable_only: bool = False, one_sided: bool = False
    ) -> Iterator[Conversation]:
        """The conversations of the style (None: of all), by id, read as they are asked for.

        `trainable_only` leaves out those without a source that has a basis and is allowed for training, and those
        in which somebody wrote who opted out. `source` of each names the source that lets it in. `one_sided` leaves
        only those in which nobody asks.
        """
        return archive.stream(self._database, style=style, trainable_only=trainable_only, one_sided=one_sided)

    def conversation(self, conversation: str) -> Conversation:
        """The conversation with the id. Raises NotFound."""
        with self._database.reading() as connection:
            return archive.one(connection, conversation)

    def count(self, style: str | None = None) -> int:
        """How many conversations there are."""
        with self._database.reading() as connection:
            return statistics.count(connection, style=style)

    def stats(self, style: str | None = None) -> Stats:
        """What the store holds, by style and kind of source, with feedback and submissions counted."""
        with self._database.reading() as connection:
            return statistics.stats(connection, style=style)

    # Live talk

    def keep_exchange(
        self, platform: str, place: str, *, style: str, asked: Sequence[Message], reply: Message
    ) -> Message:
        """Keep what was asked and the reply to it at once; the reply as stored."""
        with self._database.writing() as connection:
            now = self._now()
            opened = talk.open_conversation(connection, platform, place=place, style=style, now=now)
            for message in asked:
                talk.append(connection, opened, message=message, now=now)
            return talk.append(connection, opened, message=reply, now=now)

    def open_conversation(self, platform: str, place: str, *, style: str) -> str:
        """The id of the conversation at a place (channel or thread key); always the same for the same three words.

        What is said live is never trained on by itself: the source made for it has no basis.
        """
        with self._database.writing() as connection:
            return talk.open_conversation(connection, platform, place=place, style=style, now=self._now())

    def has_talk(self, platform: str, place: str) -> bool:
        """Whether a conversation was begun at the place."""
        with self._database.reading() as connection:
            return talk.has_talk(connection, platform, place=place)

    def recent_talks(self, platform: str, *, since: datetime, most: int) -> list[tuple[str, str]]:
        """Places where somebody talked since then, latest first, and the id of the last thing a person said there."""
        with self._database.reading() as connection:
            return talk.recent(connection, platform, since=since, most=most)

    def accept(self, platform: str, place: str, *, style: str, message: Message) -> bool:
        """Keep what a person says at a place, and claim `message:ID` for it; False when it was claimed before.

        One transaction: a message is either kept and claimed, or it may come again. Anybody may answer it.
        """
        arrival = Arrival(platform, place, style, message, owner="", until=self._now())
        return self.pending.accept([arrival], limit=1)[0] is not None

    def append(self, conversation_id: str, message: Message) -> Message:
        """Keep the message as the newest of the conversation; returns it as stored, with an id and a time.

        A message whose id the conversation already has is not stored again. Raises NotFound for an unknown
        conversation, also for one that was erased meanwhile.
        """
        with self._database.writing() as connection:
            return talk.append(connection, conversation_id, message=message, now=self._now())

    def history(self, conversation_id: str, limit: int) -> tuple[Message, ...]:
        """The last messages of the conversation, oldest first, in the order they were appended."""
        with self._database.reading() as connection:
            return talk.history(connection, conversation_id, limit=limit)

    def message(self, message: str) -> tuple[str, Message]:
        """The message with the id, and the id of its conversation. Raises NotFound."""
        with self._database.reading() as connection:
            row = talk.find(connection, message)
            return row.conversation_id, as_message(row)

    def edit_message(self, message: str, content: str) -> bool:
        """Replace the text of the message, which its person changed; False when there is none."""
        with self._database.writing() as connection:
            return talk.edit_message(connection, message, content=content)

    def delete_message(self, message: str) -> bool:
        """Delete the message and the feedback on it; False when there is none."""
        with self._database.writing() as connection:
            pending.drop(connection, message)
            return talk.delete_message(connection, message)

    def claim_event(self, platform: str, event: str) -> bool:
        """True for exactly one of all who claim the event, over threads and processes."""
        with self._database.writing() as connection:
            return talk.claim_event(connection, platform, event=event, now=self._now())

    def claimed(self, platform: str, events: Sequence[str]) -> set[str]:
        """Those of the events that somebody claimed; not more than a few hundred at once."""
        with self._database.reading() as connection:
            return talk.claimed(connection, platform, events=events)

    def release_event(self, platform: str, event: str) -> None:
        """Let the event be claimed again, because handling it failed."""
        with self._database.writing() as connection:
            talk.release_event(connection, platform, event=event)

    # Feedback

    def give_feedback(self, given: Feedback) -> None:
        """Keep what the person thinks of the reply; parts left None stay as the person said before.

        The voice is taken from the stored reply. Raises StoreError when the reply is unknown or not the assistant's.
        """
        with self._database.writing() as connection:
            feedback.give(connection, given, now=self._now())

    def take_back_feedback(self, reply: str, person: str) -> bool:
        """Delete what the person thinks of the reply; False when there is nothing."""
        with self._database.writing() as connection:
            return feedback.take_back(connection, reply, person=person)

    def feedback(self, style: str | None = None, reply: str | None = None) -> list[Feedback]:
        """All feedback, or that of a style or on a reply, oldest first."""
        with self._database.reading() as connection:
            return feedback.listed(connection, style=style, reply=reply)

    # Submissions

    def submit(self, submission: Submission, *, consent: str = "") -> Submission:
        """Keep the submission, always as waiting; returns it as stored. `consent` is what its person agreed to.

        One whose id is known changes nothing, unless its person had withdrawn it: then it waits again.
        """
        with self._database.writing() as connection:
            return submissions.submit(connection, submission, consent=consent, now=self._now())

    def submissions(
        self, style: str | None = None, state: SubmissionState | None = None, person: str | None = None
    ) -> list[Submission]:
        """Submissions, oldest first."""
        with self._database.reading() as connection:
            return submissions.listed(connection, style=style, state=state, person=person)

    def submission(self, submission: str) -> Submission:
        """The submission with the id, or the only one whose id begins so. Raises NotFound."""
        with self._database.reading() as connection:
            return submissions.one(connection, submission)

    def decide(
        self,
        submission: str,
        *,
        state: SubmissionState,
        reviewer: str,
        note: str = "",
        messages: Sequence[Message] | None = None,
    ) -> Submission:
        """Approve, reject, withdraw or (with `messages`) edit a submission, and write that into the audit.

        Raises StoreError when its own person would approve it (but for the local user "terminal"), or when it was
        withdrawn before; NotFound when the id, or the beginning of one, names none or several.
        """
        with self._database.writing() as connection:
            return submissions.decide(
                connection,
                submission,
                state=state,
                reviewer=storable(reviewer),
                note=storable(note),
                messages=messages,
                now=self._now(),
            )

    def audit(self, subject: str | None = None) -> list[Decision]:
        """Every decision and erasure in order, or those about one submission."""
        with self._database.reading() as connection:
            return submissions.audit(connection, subject=subject)

    def record(self, who: str, what: str, subject: str, **details: object) -> None:
        """Write into the audit what somebody with a privilege did."""
        with self._database.writing() as connection:
            submissions.record(connection, who=who, what=what, subject=subject, details=details, now=self._now())

    # People

    def forget(self, person: str, *, dry_run: bool = False) -> Erasure:
        """Erase what the person wrote: whole conversations they took part in, their submissions and feedback.

        Submissions of others go too when they quote the person or improve a reply in such a conversation. Keyed
        hashes stay behind, so that importing the same logs again does not bring the person back. Raises SettingsError
        when originals of others may name the person and the key that opens them is missing.
        """
        if dry_run:
            with self._database.reading() as connection:
                return people.survey(connection, person, sealing=self._sealing())
        with self._database.writing() as connection:
            pending.forget_quotes(connection, person)
            erasure = people.forget(connection, person, sealing=self._sealing(), now=self._now())
        self._database.wipe()
        return erasure

    def opt_out(self, person: str) -> None:
        """Never again give out, as trainable, a conversation in which the person wrote."""
        with self._database.writing() as connection:
            consent.opt_out(connection, person, now=self._now())

    def opt_in(self, person: str) -> None:
        """Undo `opt_out`."""
        with self._database.writing() as connection:
            consent.opt_in(connection, person)

    def opt_out_channel(self, channel: str) -> None:
        """Learn nothing from a channel, by its name or its id, wherever it is. Raises StoreError for a path."""
        with self._database.writing() as connection:
            consent.channel_out(connection, channel, now=self._now())

    def has_channel(self, channel: str) -> bool:
        """Whether anything that is kept comes from a channel of that name or id."""
        with self._database.reading() as connection:
            return consent.has_channel(connection, channel)

    def opt_in_channel(self, channel: str) -> None:
        """Undo `opt_out_channel`."""
        with self._database.writing() as connection:
            consent.channel_in(connection, channel)

    def unwilling(self) -> Unwilling:
        """Everybody, and every channel, that opted out."""
        with self._database.reading() as connection:
            return consent.unwilling(connection)

    def opted_out(self, person: str) -> bool:
        return (people := self.unwilling().people).of_person(person) in people.found
