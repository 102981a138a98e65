"""Intake: one path read by the importer that fits and put into the store, with an account of every record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from conversations.archive import BATCH, Added
from conversations.coverage import Coverage
from conversations.errors import ImportRefused
from conversations.importers import DATE_ORDERS, Covered, Importer, Refused, Request, Skipped, find_importer, read_path
from conversations.messages import Conversation, conversation_id
from conversations.person import Person
from conversations.privacy import Redactor, without_names
from conversations.roster import Names, Roster
from conversations.sources import BASES, Source

if TYPE_CHECKING:
    from conversations.coverage import Doubt
    from conversations.directory import Directory
    from conversations.importers import DateOrder, Outcome
    from conversations.originals import Originals
    from conversations.store import ConversationStore

CLOCKS_DIFFER = timedelta(days=1)  # a message from later than this is dated wrongly
READ_AHEAD = 10_000  # what is read at most before something is stored
SHOWN = 20  # refusals printed in full; --json has all of them


@dataclass(frozen=True, slots=True)
class Intake:
    """What became of one path. `read` counts conversations that could be read, also where nothing was stored."""

    path: str
    read: int
    added: int
    updated: int
    unchanged: int
    erased: int
    refused: tuple[Refused, ...] = ()
    skipped: dict[str, int] = field(default_factory=dict)
    dry_run: bool = False
    people: int = 0  # whom the file names
    names_hidden: int = 0  # conversations that spoke of somebody who asked to be forgotten
    messages: int = 0  # in the conversations read
    answers: int = 0  # of these, what the brand wrote
    one_sided: int = 0  # conversations in which nobody asks
    withdrawn: int = 0  # conversations that hold what was deleted where it was said
    deleted: int = 0  # conversations left out, for a newer import told that something in them was deleted
    doubts: tuple[Doubt, ...] = ()
    notes: tuple[str, ...] = ()  # how something was read

    def lines(self) -> list[str]:
        """The account for people."""
        lines = [f"{self.path}: {_counted(self.read, 'conversation')} read{self._share}"]
        if self.dry_run:
            lines.append(f"  {self.read:,} would come in; nothing was stored (--dry-run)")
        else:
            lines.append(f"  {self.added:,} came in, {self.updated:,} updated, {self.unchanged:,} known already")
        if self.erased:
            lines.append(f"  {self.erased} left out because somebody in them asked to be forgotten")
        lines += self._deletions
        if self.names_hidden:
            lines.append(f"  {self.names_hidden} spoke of somebody who asked to be forgotten; the names were taken out")
        if self.one_sided:
            lines.append(
                f"  {self.one_sided:,} of them {'holds' if self.one_sided == 1 else 'hold'} only what the brand wrote: "
                "`brandvoice styles profile` measures that, and no dataset is made of it (no-user)"
            )
        lines += [f"  {note}" for note in self.notes]
        often_first = sorted(self.skipped.items(), key=lambda one: -one[1])
        lines += [f"  {count:,} left out: {reason}" for reason, count in often_first]
        if self.refused:
            lines.append(f"  {len(self.refused):,} refused:")
            lines += [f"    {r.place}: {r.reason}" for r in self.refused[:SHOWN]]
        if len(self.refused) > SHOWN:
            lines.append(f"    and {len(self.refused) - SHOWN:,} more (--json lists them all)")
        return lines

    @property
    def _deletions(self) -> list[str]:
        lines = []
        if self.withdrawn:
            verb = "would be withdrawn" if self.dry_run else "withdrawn"
            what = "something in it" if self.withdrawn == 1 else "something in them"
            lines.append(f"  {_counted(self.withdrawn, 'conversation')} {verb}: {what} was deleted where it was said")
        if self.deleted:
            lines.append(f"  {self.deleted:,} left out: something in them was deleted since, as a newer import told")
        lines += (
            f"  {doubt.channel.rstrip('/')}: {doubt.missing:,} of the {doubt.known:,} messages known from that time "
            "are not in it. It looks like a part of the channel, so nothing was withdrawn; if all of that was deleted, "
            "take it out with `brandvoice forget`"
            for doubt in self.doubts
        )
        return lines

    @property
    def _share(self) -> str:
        if not self.messages:
            return ""
        return f", {_counted(self.messages, 'message')}, {self.answers:,} of them the brand's"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def import_path(
    path: Path,
    *,
    store: ConversationStore,
    importers: Sequence[Importer],
    style: str,
    basis: str,
    format_name: str = "auto",
    speakers: tuple[str, ...] = (),
    known_speakers: Mapping[str, tuple[str, ...]] | None = None,
    columns: tuple[str, ...] = (),
    dates: str = "auto",
    owner: str = "",
    licence: str = "",
    originals: Originals | None = None,
    dry_run: bool = False,
    now: datetime | None = None,
    tell: Callable[[int], None] = lambda read: None,
) -> Intake:
    """Import one file or folder. Records that cannot be read are listed and the rest goes in.

    With `originals`, these keep what was said as it was, and the store gets it redacted. `tell` hears now and then how
    many conversations have been read.
    """
    if basis not in BASES:
        raise ImportRefused(f'"{basis}" is not a basis. Say why these may be learned from: {", ".join(BASES)}.')
    source = Source(
        id=conversation_id("source", style, str(path.resolve())),
        style=style,
        kind=_kind(path, importers, format_name, columns),
        name=path.name,
        basis=basis,
        train_allowed=True,
        added_at=now or datetime.now(UTC),
        owner=owner,
        licence=licence,
    )
    coverage = Coverage(store.database)
    account = _Account(store.directory, None if dry_run else source, originals, coverage=coverage, tell=tell)
    request = Request(
        path,
        speakers=speakers,
        known_speakers=_checked(known_speakers or {}, importers, style=style),
        columns=columns,
        dates=_date_order(dates),
        latest=source.added_at + CLOCKS_DIFFER,
    )
    outcomes = _begun(read_path(request, importers, format=format_name))
    conversations = account.conversations(outcomes)
    if dry_run:
        for _ in conversations:
            pass
        added, withdrawn = Added(), coverage.stale
    else:
        added = store.add_conversations(conversations, source=source, coverage=coverage)
        withdrawn = coverage.withdraw(source, now=source.added_at)
    return account.told(path, added, withdrawn=withdrawn, dry_run=dry_run)


def _begun(outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
    """The same, read as far as a conversation: what is refused as a whole is so before the store has a source of it."""
    first: list[Outcome] = []
    for outcome in islice(outcomes, READ_AHEAD):
        first.append(outcome)
        if isinstance(outcome, Conversation | Covered):  # what is covered is asked while its file is open
            break
    return chain(first, outcomes)


def _checked(
    known: Mapping[str, tuple[str, ...]], importers: Sequence[Importer], *, style: str
) -> Mapping[str, tuple[str, ...]]:
    formats = [importer.name for importer in importers]
    if strange := [name for name in known if name not in formats]:
        key = f"[styles.{style}.speakers]"
        raise ImportRefused(f'{key} names the format "{strange[0]}". There are: {", ".join(formats)}.')
    return known


def _date_order(dates: str) -> DateOrder | None:
    if dates not in ("auto", *DATE_ORDERS):
        raise ImportRefused(f'--dates is "{dates}", and can be auto, {", ".join(DATE_ORDERS)}.')
    return next((order for order in DATE_ORDERS if order == dates), None)


def _kind(path: Path, importers: Sequence[Importer], format_name: str, columns: Sequence[str]) -> str:
    """The name of the format of a file or an export; "folder" for a folder of several files."""
    try:
        return find_importer(path, importers, format=format_name, columns=columns).name
    except ImportRefused:
        if path.is_dir():
            return "folder"
        raise


class _Account:
    """Counts what passes by, and keeps the names of people before what they said."""

    def __init__(
        self,
        directory: Directory,
        source: Source | None,
        originals: Originals | None,
        *,
        coverage: Coverage,
        tell: Callable[[int], None],
    ) -> None:
        self._coverage, self._tell = coverage, tell
        self.read = 0
        self.names_hidden = 0
        self.messages = 0
        self.answers = 0
        self.one_sided = 0
        self.refused: list[Refused] = []
        self.skipped: Counter[str] = Counter()
        self.notes: Counter[str] = Counter()
        self.people: dict[str, dict[str, None]] = {}  # names by id, each once
        self._directory = directory
        self._source = source
        self._waiting: list[Person] = []
        self._is_erased = directory.erased()
        self._erased: dict[str, tuple[str, ...]] = {}
        self._roster: Roster | None = None
        self._originals = originals
        self._kept: list[Conversation] = []
        self._known = directory.roster() if originals else Roster.of([])
        self._recent: Names | None = None

    def conversations(self, outcomes: Iterable[Outcome]) -> Iterator[Conversation]:
        for outcome in outcomes:
            if isinstance(outcome, Refused):
                self.refused.append(outcome)
            elif isinstance(outcome, Skipped):
                (self.notes if outcome.note else self.skipped)[outcome.reason] += 1
            elif isinstance(outcome, Person):
                self._meet(outcome)
            elif isinstance(outcome, Covered):
                self._coverage.take(outcome)
            else:
                self._coverage.met(outcome.id)
                self.read += 1
                self.messages += len(outcome.messages)
                self.answers += sum(message.role == "assistant" for message in outcome.messages)
                self.one_sided += not any(message.role == "user" for message in outcome.messages)
                if self.read % BATCH == 0:  # the store writes these together, so their people have to be there first
                    self._note()
                    self._tell(self.read)
                yield self._redacted(self._without_the_erased(outcome))
        self._note()

    def told(self, path: Path, added: Added, *, withdrawn: int, dry_run: bool) -> Intake:
        """The account of all that passed by, once it did."""
        return Intake(
            str(path),
            self.read,
            *(added.added, added.updated, added.unchanged, added.erased),
            tuple(self.refused),
            dict(self.skipped),
            dry_run=dry_run,
            people=len(self.people),
            names_hidden=0 if dry_run else self.names_hidden,
            messages=self.messages,
            answers=self.answers,
            one_sided=self.one_sided,
            withdrawn=withdrawn,
            deleted=added.deleted,
            doubts=tuple(self._coverage.doubts),
            notes=tuple(self.notes),
        )

    def _meet(self, person: Person) -> None:
        known = self.people.setdefault(person.id, {})
        if known.keys() >= set(person.names):
            return
        known.update(dict.fromkeys(person.names))
        if self._is_erased(person.id):
            self._erased[person.id] = tuple(known)
            self._roster = Roster.of_people(self._erased.items())
        else:
            self._waiting.append(person)
            self._recent = None

    def _note(self) -> None:
        if self._waiting and self._source:
            self._directory.note(self._source.id, self._waiting)
            self._known = self._directory.roster() if self._originals else self._known
        if self._originals and self._source:
            self._originals.keep(self._coverage.living(self._kept), source=self._source.id)
        self._waiting.clear()
        self._kept.clear()
        self._recent = None

    def _redacted(self, conversation: Conversation) -> Conversation:
        if self._originals is None:
            return conversation
        self._kept.append(conversation)
        if self._recent is None:  # whom the store does not know yet
            recent = Roster.of_people((p.id, p.names) for p in self._waiting)
            self._recent = Names(self._known, (recent.find,))
        redactor = Redactor(self._recent, texts=[message.content for message in conversation.messages])
        said = tuple(replace(m, content=redactor.redact(m.content).text) for m in conversation.messages)
        return replace(conversation, messages=said)

    def _without_the_erased(self, conversation: Conversation) -> Conversation:
        if self._roster is None:
            return conversation
        hidden = without_names(conversation, self._roster)
        self.names_hidden += hidden != conversation
        return hidden
