"""The review desk: what waits for a reviewer, everything that helps to decide, and the decisions themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from conversations.errors import BrandvoiceError, CurationRefused, NotFound, StoreError
from conversations.messages import Message, Submission, conversation_id
from conversations.privacy import Redacted, Redactor
from conversations.quarantine import Quarantined
from conversations.reviews import DISAGREED, Judgement, Kind, Verdict
from conversations.roster import NameFinder
from conversations.store import ConversationStore
from conversations.submissions import LOCAL_PERSON
from styles.agreement import Agreement, agreement
from styles.bench import Judge
from styles.checks import Check, style_checks
from styles.dataset import DatasetVersion, load_dataset
from styles.drafts import CurationStep, Draft, Step
from styles.examples import is_target
from styles.reviewers import Reviewer, reviewers_of
from styles.style import Style
from styles.wording import folded

NEIGHBOURS = 3
COMPARED = 5_000  # examples of the newest dataset
_NOT_ASKED = ("basis",)  # of a source, which submissions have by their consent
SECOND_OPINIONS = 10  # one of so many decided items is offered to a second reviewer


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An example that is learned already and looks like the item; 1 is the same text."""

    likeness: float
    prompt: str
    reply: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """One item of the queue, before anybody looks at it closely."""

    id: str
    kind: Kind
    second: bool = False  # somebody else decided already; their verdict is not shown
    held: Quarantined | None = None  # what a draft is in quarantine for
    shown: Submission | None = None

    @property
    def known(self) -> str:
        """What is searched first: who, where, why, and the text of a submission."""
        told = [self.id, self.kind, "second" if self.second else ""]
        if self.held:
            told += [self.held.step, self.held.reason, self.held.sentence, self.held.place, *self.held.evidence]
        if self.shown:
            told += [self.shown.person, self.shown.note or "", *(m.content for m in self.shown.messages)]
        return " ".join(told).casefold()

    def repeats(self, other: Waiting) -> bool:
        """Whether both are first looked at, and end with the same reply or are held back for the same words."""
        if self.id == other.id or self.second or other.second:
            return False
        if self.held and other.held:
            return (self.held.reason, list(self.held.evidence)) == (other.held.reason, list(other.held.evidence))
        if self.shown and other.shown and self.shown.messages and other.shown.messages:
            return folded(self.shown.messages[-1].content) == folded(other.shown.messages[-1].content)
        return False


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """One item as a reviewer sees it: `messages` are redacted, as curation would redact them."""

    id: str
    kind: Kind
    why: tuple[str, ...]
    evidence: tuple[str, ...]
    messages: tuple[Message, ...]
    hidden: Mapping[str, int]
    scores: Mapping[str, tuple[float, str]]
    neighbours: tuple[Neighbour, ...]
    foreseen: str = ""  # why curation would not learn it as it is
    shown: Submission | None = None
    held: Quarantined | None = None

    @property
    def reply(self) -> str:
        return self.messages[-1].content if self.messages else ""


class ReviewDesk:
    """Reviewing one style as one reviewer; a terminal, HTTP or chat may stand in front of it. Calls block.

    Everything is kept at once, so whoever stops goes on where they were.
    """

    def __init__(
        self,
        store: ConversationStore,
        style: Style,
        *,
        data_dir: Path,
        reviewer: str,
        names: NameFinder | None = None,
        steps: Iterable[CurationStep] = (),
    ) -> None:
        """`steps` are those of curation, so that it can be told what they would say; only local ones are asked."""
        self._steps = [s for s in steps if isinstance(s, Step) and s.local and s.name not in _NOT_ASKED]
        self._store = store
        self._style = style
        self._data = data_dir
        self._names = names
        self._risks: dict[str, float] = {}
        self._texts: dict[str, str] = {}  # of drafts in quarantine that were searched
        self.reviewer = reviewer

    def queue(self) -> list[Waiting]:
        """What waits for this reviewer, oldest first: submissions of others, drafts in quarantine, second opinions."""
        known = [s for s in self._store.submissions(self._style.name) if not self._is_mine(s)]
        first = [Waiting(s.id, "submission", shown=s) for s in known if s.state == "waiting"]
        held = self._store.quarantine.listed(self._style.name)
        quarantined = [Waiting(row.id, "quarantine", held=row) for row in held]
        decided = {s.id: s for s in known if s.state in ("approved", "rejected")}
        second = [Waiting(i, "submission", True, shown=decided[i]) for i in self._second_opinions() if i in decided]
        return [*first, *quarantined, *second]

    def mentions(self, waiting: Waiting, words: str) -> bool:
        """Whether each of the words stands in the text of an item, or in what is known of it: who, where, why."""
        missing = [word for word in words.casefold().split() if word not in waiting.known]
        return not missing or (waiting.held is not None and all(word in self._said(waiting.held) for word in missing))

    def find(self, submission: str) -> ReviewItem:
        """One submission by its id or the beginning of it, without neighbours. Raises `NotFound`."""
        found = self._store.submission(submission)
        decided = any(v.reviewer != self.reviewer for v in self._store.reviews.listed(item=found.id))
        return self._item(Waiting(found.id, "submission", decided), found.messages, why=(), shown=found, near=False)

    def risk(self, waiting: Waiting) -> float:
        """How much speaks against an item, to look at the worst first: what is held back, what curation would not
        take, private values, and what the checks find."""
        if waiting.id not in self._risks:
            self._risks[waiting.id] = self._risk(waiting)
        return self._risks[waiting.id]

    def _risk(self, waiting: Waiting) -> float:
        if waiting.held is not None:
            return 3.0
        assert waiting.shown is not None, "a submission comes with what was handed in"
        reply = waiting.shown.messages[-1].content if waiting.shown.messages else ""
        short = sum(1.0 - float(found.score) for _, found in self._checked(reply))
        return 2.0 * bool(self._foreseen(waiting.shown)) + short / (1 + short)

    def _is_mine(self, submission: Submission) -> bool:
        """Whether this reviewer handed it in, so that somebody else must decide."""
        return submission.person == self.reviewer != LOCAL_PERSON

    def look(self, waiting: Waiting) -> ReviewItem:
        """Everything about one item. Raises `NotFound` if it went away meanwhile."""
        if waiting.held is None:
            submission = self._store.submission(waiting.id)
            return self._item(waiting, submission.messages, why=self._why(submission, waiting), shown=submission)
        held = waiting.held
        why = (f'The step "{held.step}" put it into quarantine ({held.reason}).', held.sentence)
        return self._item(waiting, self._messages_of(held.conversation_id), why=why, evidence=tuple(held.evidence))

    def approve(self, item: ReviewItem, note: str = "") -> Verdict:
        return self._judge(item, "approve", reason=note.strip())

    def reject(self, item: ReviewItem, reason: str) -> Verdict:
        """Keep it out. Raises `StoreError` without a reason."""
        if not reason.strip():
            raise StoreError("Say why it is rejected: whoever handed it in will read it.")
        return self._judge(item, "reject", reason=reason.strip())

    def edit(self, item: ReviewItem, reply: str) -> Verdict:
        """Approve a submission with a better last reply, in which private values are replaced."""
        if item.shown is None:
            raise StoreError("A draft in quarantine is let out as it is, or not at all; it cannot be edited.")
        if not reply.strip():
            raise StoreError("The reply is empty. Reject it instead, or write one.")
        *others, last = item.shown.messages
        better = replace(last, content=self.hide(item, reply.strip()).text)
        return self._judge(item, "edit", messages=(*others, better))

    def hide(self, item: ReviewItem, reply: str) -> Redacted:
        """A reply as it would be kept: with placeholders that continue those of the conversation."""
        return Redactor(self._names, texts=[message.content for message in item.messages]).redact(reply)

    def reasons(self) -> list[str]:
        """What this reviewer gave as reasons, the newest last, each once."""
        given = (v.reason for v in self._store.reviews.listed(self._style.name) if v.reviewer == self.reviewer)
        return list(dict.fromkeys(list(filter(None, given))[::-1]))[::-1]

    def undo(self) -> Verdict:
        """Take this reviewer's newest verdict back. Raises `NotFound` where there is none."""
        return self._store.reviews.undo(self._style.name, reviewer=self.reviewer)

    def agreement(self) -> Agreement:
        """How far the first two reviewers of each item agree: to learn it, or not."""
        by_item = defaultdict[str, dict[str, bool]](dict)
        for verdict in self._store.reviews.listed(self._style.name):
            by_item[verdict.item].setdefault(verdict.reviewer, verdict.accepts)
        firsts = (list(verdicts.values())[:2] for verdicts in by_item.values() if len(verdicts) > 1)
        return agreement([(one, other) for one, other in firsts])

    def reviewers(self) -> list[Reviewer]:
        """How much everybody decided of this style, and at what pace."""
        return reviewers_of(self._store.reviews.listed(self._style.name))

    def _judge(
        self, item: ReviewItem, verdict: Judgement, *, reason: str = "", messages: Sequence[Message] | None = None
    ) -> Verdict:
        reviews = self._store.reviews
        if item.held is not None:
            return reviews.release(item.held, verdict, reviewer=self.reviewer, reason=reason)
        assert item.shown is not None, "an item is one or the other"
        return reviews.judge(item.shown, verdict, reviewer=self.reviewer, reason=reason, messages=messages)

    def _item(
        self,
        waiting: Waiting,
        messages: Sequence[Message],
        *,
        why: tuple[str, ...],
        evidence: tuple[str, ...] = (),
        shown: Submission | None = None,
        near: bool = True,
    ) -> ReviewItem:
        redactor = Redactor(self._names, texts=[message.content for message in messages])
        hidden = [redactor.redact(message.content) for message in messages]
        redacted = tuple(replace(m, content=h.text) for m, h in zip(messages, hidden, strict=True))
        kinds: dict[str, int] = {kind: sum(h.counts.get(kind, 0) for h in hidden) for h in hidden for kind in h.counts}
        reply = next((m.content for m in reversed(redacted) if is_target(m)), "")
        scores = {check.name: (found.score, found.evidence or "") for check, found in self._checked(reply)}
        return ReviewItem(
            waiting.id,
            waiting.kind,
            why,
            evidence,
            redacted,
            kinds,
            scores,
            self._neighbours(" ".join(m.content for m in redacted[-2:])) if near else (),
            self._foreseen(shown) if shown else "",
            shown,
            waiting.held,
        )

    def _foreseen(self, shown: Submission) -> str:
        """What curation would say of a submission as it is, by the steps that look at one conversation alone."""
        last = len(shown.messages) - 1
        said = tuple(
            replace(m, trainable=m.trainable and (i == last or not shown.replaces))
            for i, m in enumerate(shown.messages)
        )
        draft = Draft(shown.id, shown.id, said, reviewer=self.reviewer)
        try:
            _, fates = Judge({}, self._names).work(self._steps, [draft])
        except CurationRefused as refusal:  # a step of a plugin fails at it
            return f"Curation would stop at it. {refusal}"
        for dropped in (dropped for fate in fates for dropped in fate.dropped):
            does = "hold it back" if dropped.quarantined else "leave it out"
            return f"Curation would {does} ({dropped.step}): {dropped.sentence}"
        return ""

    def _checked(self, reply: str) -> list[tuple[Check, Any]]:
        return [(check, check(reply)) for check in style_checks(self._style)]

    def _why(self, submission: Submission, waiting: Waiting) -> tuple[str, ...]:
        kind = "A better answer, written" if submission.replaces else "A conversation, handed in"
        on = f" on {submission.submitted_at:%Y-%m-%d}" if submission.submitted_at else ""
        told = [f"{kind} by {submission.person}{on}."]
        if submission.replaces:
            told.append(self._replaced(submission.replaces))
        if waiting.second:
            told.append("A second opinion: somebody else has decided, and you do not see how.")
        elif submission.note == DISAGREED:
            verdicts = self._store.reviews.listed(self._style.name, item=submission.id)
            said = (f"{v.reviewer}: {v.verdict}{f' ({v.reason})' if v.reason else ''}" for v in verdicts)
            told.append(f"Two reviewers disagreed about it: {', '.join(said)}. What is decided now stands.")
        elif submission.note:
            told.append(f"Note: {submission.note}")
        return tuple(told)

    def _replaced(self, reply: str) -> str:
        try:
            _, before = self._store.message(reply)
        except NotFound:
            return "The answer that it replaces is not there any more."
        return f"Instead of: {Redactor(self._names).redact(before.content).text}"

    def _said(self, held: Quarantined) -> str:
        if held.conversation_id not in self._texts:
            try:
                said = " ".join(message.content for message in self._messages_of(held.conversation_id))
            except NotFound:  # it was erased or withdrawn meanwhile
                said = ""
            self._texts[held.conversation_id] = said.casefold()
        return self._texts[held.conversation_id]

    def _messages_of(self, conversation: str) -> tuple[Message, ...]:
        try:
            return self._store.conversation(conversation).messages
        except NotFound:
            return self._store.submission(conversation).messages

    def _second_opinions(self) -> list[str]:
        """A stable tenth of what one other reviewer decided."""
        by_item = defaultdict[str, list[Verdict]](list)
        for verdict in self._store.reviews.listed(self._style.name):
            by_item[verdict.item].append(verdict)
        return [
            item
            for item, verdicts in by_item.items()
            if len(verdicts) == 1
            and verdicts[0].kind == "submission"
            and verdicts[0].reviewer != self.reviewer
            and is_sampled(item)
        ]

    @cached_property
    def _dataset(self) -> DatasetVersion | None:
        try:
            found = load_dataset(self._data, self._style.name)
        except BrandvoiceError:
            return None
        return None if found.is_erased else found

    @cached_property
    def _learned(self) -> tuple[Any, Any, list[tuple[str, str]]] | None:
        """A vectorizer, the examples of the newest dataset as vectors, and their last turns."""
        turns = [(e.messages[-2].content, e.messages[-1].content) for e in self._examples() if len(e.messages) > 1]
        if not turns:
            return None
        from sklearn.feature_extraction.text import TfidfVectorizer

        vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, max_features=100_000)
        return vectorizer, vectorizer.fit_transform(" ".join(turn) for turn in turns), turns

    def _examples(self) -> list[Any]:
        try:
            return self._dataset.examples("train")[:COMPARED] if self._dataset else []
        except BrandvoiceError:  # damaged or erased: reviewing goes on without neighbours
            return []

    def _neighbours(self, text: str) -> tuple[Neighbour, ...]:
        if self._learned is None:
            return ()
        vectorizer, known, turns = self._learned
        likeness = (known @ vectorizer.transform([text]).T).toarray().ravel()
        nearest = sorted(range(len(turns)), key=lambda n: -likeness[n])[:NEIGHBOURS]
        return tuple(Neighbour(float(likeness[n]), *turns[n]) for n in nearest if likeness[n] > 0.05)


def is_sampled(item: str) -> bool:
    """Whether an item is one of those that two people judge; its id alone decides."""
    return int(conversation_id("second opinion", item)[:8], 16) % SECOND_OPINIONS == 0
