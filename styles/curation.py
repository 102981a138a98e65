"""Curation: conversations in, examples out, and a stored reason for each that stays out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from conversations.errors import CurationRefused
from conversations.messages import Conversation, Message, conversation_id
from conversations.privacy import Redactor, find_private
from conversations.roster import NameFinder
from conversations.sources import Source
from styles.examples import Example, is_target
from styles.style import Style

_EVER = datetime(1970, 1, 1, tzinfo=UTC)

RULES = 1  # goes up whenever the built-in steps decide otherwise


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers and words that the built-in steps go by."""

    banned: tuple[str, ...] = ()
    reply_words_at_most: int = 200
    turn_characters_at_most: int = 4_000
    messages_at_most: int = 16  # longer conversations are cut into several examples
    same_reply_at_most: int = 3
    special_tokens: tuple[str, ...] = ()  # those of the base model, besides the ones that everybody knows

    @classmethod
    def of(cls, style: Style) -> Limits:
        """What the style itself says about banned words and length."""
        return cls(banned=style.banned, reply_words_at_most=style.length.words_at_most)


@dataclass(frozen=True, slots=True)
class Draft:
    """An example in the making. `source` is None where nobody said why the conversation may be learned from."""

    id: str
    conversation_id: str
    messages: tuple[Message, ...]
    place: str = ""
    source: Source | None = None
    reviewer: str | None = None
    redactions: Mapping[str, int] = field(default_factory=dict)
    known_since: datetime = _EVER

    def drop(self, reason: str, sentence: str) -> Dropped:
        """Leave this draft out: a reason to count by, and a sentence for people that quotes nothing private."""
        return Dropped("", reason, sentence, self.id, self.conversation_id, self.place)

    def mute(self, turns: Iterable[int], *, reason: str, sentence: str) -> Draft | Dropped:
        """Keep these turns as context but do not learn them; a draft without a turn to learn is dropped."""
        muted = set(turns)
        messages = [replace(m, trainable=m.trainable and i not in muted) for i, m in enumerate(self.messages)]
        while messages and not is_target(messages[-1]):
            messages.pop()
        return replace(self, messages=tuple(messages)) if messages else self.drop(reason, sentence)


@dataclass(frozen=True, slots=True)
class Dropped:
    """A draft that stays out: by which step, why, and where it came from."""

    step: str
    reason: str
    sentence: str
    id: str
    conversation_id: str
    place: str


class CurationStep(Protocol):
    """A plain function of a batch with a name: for each draft it gives back a draft with its id, or `draft.drop(…)`.

    The batch is everything that is left, oldest conversations first. An exception stops curation.
    """

    @property
    def name(self) -> str: ...

    def __call__(self, batch: Sequence[Draft], /) -> Sequence[Draft | Dropped]: ...


@dataclass(frozen=True, slots=True)
class Step:
    """A curation step made of a name and a function of the whole batch."""

    name: str
    run: Callable[[Sequence[Draft]], Sequence[Draft | Dropped]]

    def __call__(self, batch: Sequence[Draft], /) -> Sequence[Draft | Dropped]:
        return self.run(batch)


def each(name: str, decide: Callable[[Draft], Draft | Dropped]) -> Step:
    """A curation step that looks at one draft at a time."""
    return Step(name, lambda batch: [decide(draft) for draft in batch])


@dataclass(frozen=True, slots=True)
class StepCount:
    """What one step did: what came in, what it changed, and what it dropped by reason."""

    step: str
    came_in: int
    changed: int
    dropped: Mapping[str, int]

    @property
    def kept(self) -> int:
        return self.came_in - sum(self.dropped.values())


@dataclass(frozen=True, slots=True)
class Curated:
    """Everything that came of a curation; `came_in` drafts are `examples` and `dropped` together."""

    examples: tuple[Example, ...]
    dropped: tuple[Dropped, ...]
    changed: Mapping[str, tuple[str, ...]]  # ids of changed examples, by step
    counts: tuple[StepCount, ...]
    conversations: int
    came_in: int
    sources: tuple[Source, ...]
    settings: Mapping[str, Any]

    @property
    def alarms(self) -> tuple[Dropped, ...]:
        """Drops that somebody has to act upon: keys and passwords that stand in the logs."""
        return tuple(dropped for dropped in self.dropped if dropped.reason == "secret")

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
        return dict(Counter(dropped.reason for dropped in self.dropped).most_common())

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
    pseudonym: Callable[[str], str] = lambda person: f"person-{conversation_id('author', person)[:8]}",
    watch: Callable[[StepCount], None] = lambda count: None,
) -> Curated:
    """Run the steps over all conversations, then look through the outcome once more.

    `sources` by id say what may be learned from; `reviewers` by conversation id say who approved it. Raises
    `CurationRefused` if a step fails, if anything private is left, or if nothing is.
    """
    given = list(conversations)
    drafts = _drafts(given, limits, sources=sources, roster=roster, reviewers=reviewers or {})
    left, passes = drafts, list[_Pass]()
    for step in steps:
        passes.append(_run(step, left, roster=roster))
        left = passes[-1].kept
        watch(passes[-1].count)
    if not left:
        raise CurationRefused(_nothing_left(len(drafts), [done.count for done in passes]))
    examples = tuple(_example(draft, pseudonym) for draft in left)
    _look_again(examples, roster)
    return Curated(
        examples=examples,
        dropped=tuple(dropped for done in passes for dropped in done.dropped),
        changed={done.count.step: done.changed for done in passes},
        counts=tuple(done.count for done in passes),
        conversations=len(given),
        came_in=len(drafts),
        sources=_used(left, roster),
        settings={"rules": RULES, "limits": asdict(limits), "steps": [step.name for step in steps]},
    )


def table_of(counts: Iterable[StepCount]) -> list[dict[str, str | int]]:
    return [
        {
            "step": count.step,
            "in": count.came_in,
            "changed": count.changed,
            "dropped": count.came_in - count.kept,
            "kept": count.kept,
            "reasons": ", ".join(f"{reason} {number}" for reason, number in count.dropped.items()),
        }
        for count in counts
    ]


def _drafts(
    conversations: Sequence[Conversation],
    limits: Limits,
    *,
    sources: Mapping[str, Source],
    roster: NameFinder | None,
    reviewers: Mapping[str, str],
) -> list[Draft]:
    drafts: list[Draft] = []
    seen: Counter[str] = Counter()
    dated = [(_known_since(c, sources.get(c.source or "")), c) for c in conversations]
    for since, conversation in sorted(dated, key=lambda row: (row[0], row[1].id, row[1].place)):
        reviewer = reviewers.get(conversation.id)
        source = sources.get(conversation.source or "")
        place = Redactor(roster).redact(conversation.place).text
        for messages in _parts(conversation.messages, limits.messages_at_most):
            seen[conversation.id] += 1
            number = seen[conversation.id]
            name = conversation.id if number == 1 else f"{conversation.id}/{number}"
            drafts.append(Draft(name, conversation.id, messages, place, source, reviewer, {}, since))
    return drafts


def _known_since(conversation: Conversation, source: Source | None) -> datetime:
    sent = [message.sent_at for message in conversation.messages[:1] if message.sent_at]
    moments = [*sent, *([source.added_at] if source else [])]
    return max((m if m.tzinfo else m.replace(tzinfo=UTC) for m in moments), default=_EVER)


def _parts(messages: tuple[Message, ...], at_most: int) -> Iterator[tuple[Message, ...]]:
    """Cut a long conversation where a user speaks after the brand; each part stands for itself."""
    start = 0
    for place in range(1, len(messages)):
        is_turn = messages[place].role == "user" and messages[place - 1].role == "assistant"
        if is_turn and place - start >= at_most - 1:
            yield messages[start:place]
            start = place
    yield messages[start:]


@dataclass(frozen=True, slots=True)
class _Pass:
    kept: list[Draft]
    dropped: list[Dropped]
    changed: tuple[str, ...]
    count: StepCount


def _run(step: CurationStep, batch: list[Draft], *, roster: NameFinder | None) -> _Pass:
    outcomes = _outcomes(step, batch)
    kept = [outcome for outcome in outcomes if isinstance(outcome, Draft)]
    fallen = [outcome for outcome in outcomes if isinstance(outcome, Dropped)]
    before = {draft.id: draft for draft in batch}
    if sorted([*(draft.id for draft in kept), *(drop.id for drop in fallen)]) != sorted(before):
        raise CurationRefused(
            f'The curation step "{step.name}" did not give back each of its {len(batch)} drafts exactly once, kept or '
            "dropped. No dataset was made; mend the step or leave its plugin out."
        )
    changed = tuple(draft.id for draft in kept if draft != before[draft.id])
    hidden = Redactor(roster)
    dropped = [replace(d, step=step.name, sentence=hidden.redact(d.sentence).text) for d in fallen]
    reasons = dict(Counter(drop.reason for drop in dropped).most_common())
    return _Pass(kept, dropped, changed, StepCount(step.name, len(batch), len(changed), reasons))


def _outcomes(step: CurationStep, batch: Sequence[Draft]) -> list[Draft | Dropped]:
    try:
        return list(step(batch))
    except Exception as error:
        where = _culprit(step, batch)
        raise CurationRefused(
            f'The curation step "{step.name}" failed at {where}: {type(error).__name__}: {error}. '
            "No dataset was made; mend the step, leave its plugin out, or remove the conversation."
        ) from error


def _culprit(step: CurationStep, batch: Sequence[Draft]) -> str:
    for draft in batch:
        try:
            list(step([draft]))
        except Exception:  # noqa: BLE001 - whatever a plugin raises, the row that it raises for is wanted
            return f"conversation {draft.conversation_id} ({draft.place or 'no place'})"
    return f"no single conversation, only at all {len(batch)} together"


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
        known_since=draft.known_since.isoformat(timespec="seconds"),
    )


def _look_again(examples: Iterable[Example], roster: NameFinder | None) -> None:
    for example in examples:
        if not example.targets or example.messages[0].role != "user" or not example.basis:
            raise CurationRefused(
                f"Example {example.id} ({example.place}) came out of curation without a prompt, a reply to learn or a "
                "basis. No dataset was made; put the built-in steps back."
            )
        for text in (example.place, *(message.content for message in example.messages)):
            for finding in find_private(text, roster=roster):
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
