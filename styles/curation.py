"""Curation: conversations in, examples out, and a stored reason for each that stays out."""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from conversations.errors import CurationRefused
from conversations.messages import Conversation, Message, conversation_id
from conversations.privacy import Redactor, find_private, may_hold_private
from conversations.roster import NameFinder
from conversations.sources import Source
from styles.bench import Bench, Contents, Judge, Tell
from styles.chunks import CHUNK, Chunks, in_chunks, lines_of, oldest_first
from styles.drafts import EVER, CurationStep, Draft, Dropped, Step, Survey, each
from styles.examples import Example, is_target
from styles.fates import Fates, Records, StepCount
from styles.fingerprints import fingerprint
from styles.style import Style
from styles.topics import Sample

__all__ = [
    "Curated",
    "CurationStep",
    "Draft",
    "Dropped",
    "Limits",
    "Step",
    "StepCount",
    "Survey",
    "curate",
    "each",
    "held",
    "workbench",
]

_SAMPLE = 3_000  # questions that are kept to tell what people ask about
RULES = 6  # goes up whenever the built-in steps decide otherwise


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers and words that the built-in steps go by."""

    banned: tuple[str, ...] = ()
    reply_words_at_most: int = 200
    turn_characters_at_most: int = 4_000
    messages_at_most: int = 16  # longer conversations are cut into several examples
    same_reply_at_most: int = 3
    special_tokens: tuple[str, ...] = ()  # those of the base model, besides the ones that everybody knows
    language: str = "en"
    near_copy_from: float = 0.5  # share of runs of five characters that two texts have in common
    same_template_at_most: int = 10
    examples_at_most: int = 20_000
    speaker_share_at_most: float = 0.35
    topic_share_at_most: float = 0.35

    @classmethod
    def of(cls, style: Style, **chosen: Any) -> Limits:
        """What the style itself says about banned words, length and language, and what the workspace chose."""
        told = {"banned": style.banned, "reply_words_at_most": style.length.words_at_most}
        return cls(**{**told, "language": style.language[:2], **chosen})


@dataclass(frozen=True, slots=True)
class Curated:
    """Everything that came of a curation; `came_in` drafts are `examples` and `dropped` together."""

    examples: tuple[Example, ...]
    dropped: Collection[Dropped]
    changed: Mapping[str, Collection[str]]  # ids of changed examples, by step
    counts: tuple[StepCount, ...]
    conversations: int
    came_in: int
    sources: tuple[Source, ...]
    settings: Mapping[str, Any]
    asked: tuple[str, ...] = ()  # what people asked, a sample of everything that came in

    @property
    def alarms(self) -> tuple[Dropped, ...]:
        """Drops that somebody has to act upon: keys and passwords that stand in the logs."""
        return tuple(dropped for dropped in self.dropped if dropped.reason == "secret")

    @property
    def quarantined(self) -> tuple[Dropped, ...]:
        """Drafts that wait for a reviewer, each with its evidence."""
        return tuple(dropped for dropped in self.dropped if dropped.quarantined)

    @property
    def redactions(self) -> dict[str, int]:
        """How many values of each kind were replaced in the examples."""
        total: Counter[str] = Counter()
        for example in self.examples:
            total.update(example.redactions)
        return dict(sorted(total.items()))

    @property
    def reasons(self) -> dict[str, int]:
        """How many drafts were dropped for each reason, the commonest first."""
        total: Counter[str] = Counter()
        for count in self.counts:
            total.update(count.dropped)
        return dict(total.most_common())

    def table(self) -> list[dict[str, str | int]]:
        """One row for each step, to print."""
        return table_of(self.counts)


def curate(
    conversations: Iterable[Conversation],
    limits: Limits,
    *,
    sources: Mapping[str, Source],
    steps: Sequence[CurationStep],
    roster: NameFinder | None = None,
    reviewers: Mapping[str, str] | None = None,
    released: Contents | None = None,
    rejected: Contents | None = None,
    pseudonym: Callable[[str], str] = lambda person: f"person-{conversation_id('author', person)[:8]}",
    watch: Callable[[StepCount], None] = lambda count: None,
    tell: Tell = lambda stage: None,
    folder: Path | None = None,
    processes: int = 1,
) -> Curated:
    """Run the steps over all conversations, then look through the outcome once more.

    `sources` by id say what may be learned from; `reviewers` by conversation id say who approved it; `released` and
    `rejected` say what reviewers decided of what was in quarantine. With a `folder`, drafts are kept there instead of
    in memory, and a curation that was killed goes on where it was; see `workbench`. Raises `CurationRefused` if a step
    fails, if anything private is left, or if nothing is.
    """
    names = [step.name for step in steps]
    settings = {"rules": RULES, "limits": asdict(limits), "steps": names}
    judge = Judge(sources, roster, released or {}, rejected or {})
    with Bench(judge, steps, folder, processes=processes, tell=tell) as bench:
        taken = _Intake(limits, sources=sources, roster=roster, reviewers=reviewers or {}, told=bench.has_read)
        chunks = taken.chunks(conversations, folder)
        key = fingerprint([taken.digest, settings, judge.released, judge.rejected, roster]) if folder else ""
        left = bench.run(chunks, key=key, watch=watch)
    counts = bench.fates.count(names)
    if not left.drafts:
        raise CurationRefused(_nothing_left(taken.drafts, counts))
    examples = tuple(_example(draft, pseudonym) for batch in left for draft in batch)
    look_again(examples, roster)
    return Curated(
        examples=examples,
        dropped=_all_dropped(bench.fates, names, counts, in_memory=folder is None),
        changed=_all_changed(bench.fates, counts, in_memory=folder is None),
        counts=tuple(counts),
        conversations=taken.conversations,
        came_in=taken.drafts,
        sources=_used((draft for batch in left for draft in batch), roster),
        settings=settings,
        asked=tuple(_hidden(taken.asked.texts, roster)),
    )


def held(curated: Curated) -> Curated:
    """The same in memory, apart from the files that it was read from."""
    changed = {step: tuple(names) for step, names in curated.changed.items()}
    return replace(curated, dropped=curated.quarantined + curated.alarms, changed=changed)


@contextmanager
def workbench(folder: Path) -> Iterator[Path]:
    """A folder for one curation at a time; what is in it goes when that ends well, and stays to go on with if not.

    Raises `CurationRefused` while another process works there.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder.with_suffix(".lock"), timeout=1):
            yield folder
            shutil.rmtree(folder, ignore_errors=True)
    except Timeout as error:
        raise CurationRefused(f"Another process is curating in {folder.parent}. Wait for it, or stop it.") from error


def _all_dropped(
    fates: Fates, steps: Sequence[str], counts: Sequence[StepCount], *, in_memory: bool
) -> Collection[Dropped]:
    def read() -> Iterator[Dropped]:
        return (dropped for step in steps for fate in fates.of(step) for dropped in fate.dropped)

    return tuple(read()) if in_memory else Records(sum(count.came_in - count.kept for count in counts), read)


def _all_changed(fates: Fates, counts: Sequence[StepCount], *, in_memory: bool) -> Mapping[str, Collection[str]]:
    def reader(step: str) -> Callable[[], Iterator[str]]:
        return lambda: (name for fate in fates.of(step) for name in fate.changed)

    if in_memory:
        return {count.step: tuple(reader(count.step)()) for count in counts}
    return {count.step: Records(count.changed, reader(count.step)) for count in counts}


def table_of(counts: Iterable[StepCount]) -> list[dict[str, str | int]]:
    return [
        {
            "step": count.step,
            "in": count.came_in,
            "changed": count.changed,
            "dropped": count.came_in - count.kept - count.quarantined,
            "quarantined": count.quarantined,
            "kept": count.kept,
            "reasons": ", ".join(f"{reason} {number}" for reason, number in count.dropped.items()),
        }
        for count in counts
    ]


class _Intake:
    """Conversations cut into drafts, oldest first, and a hash over all of them."""

    def __init__(
        self,
        limits: Limits,
        *,
        sources: Mapping[str, Source],
        roster: NameFinder | None,
        reviewers: Mapping[str, str],
        told: Callable[[int], None],
    ) -> None:
        self._limits, self._sources, self._roster, self._reviewers = limits, sources, roster, reviewers
        self._told = told  # how many conversations have been read
        self.conversations = self.drafts = 0
        self._hash = hashlib.sha256(repr(sorted(sources.items())).encode())
        self.asked = Sample(_SAMPLE)

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()

    def chunks(self, conversations: Iterable[Conversation], folder: Path | None) -> Chunks:
        place = folder / "all" if folder else None
        if place:
            place.mkdir(parents=True, exist_ok=True)
        chunks = Chunks(self._sources, place)
        for batch in in_chunks(self._numbered(oldest_first(self._cut(conversations), self._sources, place))):
            self.drafts += len(batch)
            for draft in batch:
                self.asked.add(next((m.content[:400] for m in draft.messages if m.role == "user"), ""))
            lines = lines_of(batch) if place else b""
            self._hash.update(lines)
            chunks.add(batch, lines)
        return chunks

    def _cut(self, conversations: Iterable[Conversation]) -> Iterator[Draft]:
        coming = iter(conversations)
        while some := list(islice(coming, CHUNK)):
            self.conversations += len(some)
            places = _hidden([conversation.place for conversation in some], self._roster)
            for conversation, place in zip(some, places, strict=True):
                source = self._sources.get(conversation.source or "")
                since = _known_since(conversation, source)
                reviewer = self._reviewers.get(conversation.id)
                for said in _parts(conversation.messages, self._limits.messages_at_most):
                    yield Draft(conversation.id, conversation.id, said, place, source, reviewer, {}, since)
            self._told(self.conversations)

    def _numbered(self, drafts: Iterable[Draft]) -> Iterator[Draft]:
        seen, again = set[int](), Counter[str]()
        for draft in drafts:
            name = int.from_bytes(hashlib.blake2b(draft.id.encode(), digest_size=8).digest(), "big")
            if name in seen:
                again[draft.id] += 1
                yield replace(draft, id=f"{draft.id}/{again[draft.id] + 1}")
            else:
                seen.add(name)
                yield draft


def _hidden(texts: Sequence[str], roster: NameFinder | None) -> list[str]:
    """Texts without private values, each for itself."""
    passed = may_hold_private(texts, roster)
    return [Redactor(roster).redact(text).text if held else text for text, held in zip(texts, passed, strict=True)]


def _known_since(conversation: Conversation, source: Source | None) -> datetime:
    sent = [message.sent_at for message in conversation.messages[:1] if message.sent_at]
    moments = [*sent, *([source.added_at] if source else [])]
    return max((m if m.tzinfo else m.replace(tzinfo=UTC) for m in moments), default=EVER)


def _parts(messages: tuple[Message, ...], at_most: int) -> Iterator[tuple[Message, ...]]:
    """Cut a long conversation where a user speaks after the brand; each part stands for itself."""
    start = 0
    for place in range(1, len(messages)):
        is_turn = messages[place].role == "user" and messages[place - 1].role == "assistant"
        if is_turn and place - start >= at_most - 1:
            yield messages[start:place]
            start = place
    yield messages[start:]


def _example(draft: Draft, pseudonym: Callable[[str], str]) -> Example:
    authors = [message.author for message in draft.messages if is_target(message) and message.author]
    return Example(
        id=draft.id,
        conversation_id=draft.conversation_id,
        messages=tuple(Message(m.role, m.content, trainable=is_target(m)) for m in draft.messages),
        place=draft.place,
        source=draft.source.id if draft.source else "",
        basis=(draft.source.basis or "") if draft.source else "",
        author=pseudonym(authors[0]) if authors else None,
        reviewer=pseudonym(draft.reviewer) if draft.reviewer else None,
        redactions=dict(sorted(draft.redactions.items())),
        known_since=draft.known_since.isoformat(),
    )


def look_again(examples: Sequence[Example], roster: NameFinder | None = None) -> None:
    """Refuse examples that cannot be learned, or that hold something private. Raises `CurationRefused`."""
    for start in range(0, len(examples), CHUNK):
        _look_through(examples[start : start + CHUNK], roster)


def _look_through(examples: Sequence[Example], roster: NameFinder | None) -> None:
    texts = [text for e in examples for text in (e.place, *(message.content for message in e.messages))]
    passed = iter(may_hold_private(texts, roster))
    for example in examples:
        if not example.targets or example.messages[0].role != "user" or not example.basis:
            raise CurationRefused(
                f"Example {example.id} ({example.place}) came out of curation without a prompt, a reply to learn or a "
                "basis. No dataset was made; put the built-in steps back."
            )
        for text in (example.place, *(message.content for message in example.messages)):
            for finding in find_private(text, roster=roster) if next(passed) else ():
                raise CurationRefused(
                    f"Example {example.id} ({example.place}) still holds something private after curation: "
                    f"{finding.kind}, {finding.rule}. No dataset was made; a step left it or put it in."
                )


def _used(drafts: Iterable[Draft], roster: NameFinder | None) -> tuple[Source, ...]:
    """The sources of the drafts, with names hidden: a file may be named after whom somebody talked to."""
    used = {draft.source.id: draft.source for draft in drafts if draft.source}
    return tuple(replace(s, name=Redactor(roster).redact(s.name).text, owner="") for _, s in sorted(used.items()))


def _nothing_left(came_in: int, counts: Sequence[StepCount]) -> str:
    if not came_in:
        return "There is nothing to curate: no conversations of this style. Import some: brandvoice import PATH"
    lines = [
        f"  {count.step}: {count.came_in} in, {count.came_in - count.kept} dropped ({row['reasons']})"
        for count, row in zip(counts, table_of(counts), strict=True)
        if count.dropped
    ]
    told = "\n".join(lines)
    return f"Nothing is left of {came_in} conversations, so there is no dataset. Dropped, step by step:\n{told}"
