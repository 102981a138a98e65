"""Gathering: what people said of replies, out of the store, as claims to curate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from conversations.consent import Unwilling
from conversations.errors import NotFound
from conversations.messages import Feedback, Submission
from conversations.preferences import PreferencePair
from conversations.store import ConversationStore
from styles.preferences import Claim
from styles.voting import Ballot, Count, VotingRules, count_votes

CONTEXT = 16  # messages before a reply that make its prompt
PAIRS_PER_PERSON = 200  # the newest ones


@dataclass(frozen=True, slots=True)
class Gathered:
    """Claims of one style, and the count that those of votes come from."""

    claims: tuple[Claim, ...]
    count: Count


def gather(
    store: ConversationStore,
    style: str,
    *,
    speaking: Collection[str],
    rules: VotingRules,
    submissions_source: str,
    votes_source: str,
    imported: Iterable[PreferencePair] = (),
) -> Gathered:
    """Every approved better answer with the reply it replaces, and every voted reply of the voices `speaking`.

    Replies of nobody knows which voice, votes of people who do not want to be learned from, and prompts in which one
    of those wrote stay out. `imported` pairs come with sources of their own.
    """
    left_out: Counter[str] = Counter()
    unwilling = store.unwilling()
    approved = store.submissions(style=style, state="approved")
    pairs = list(_pairs(store, approved, style=style, source=submissions_source, unwilling=unwilling, out=left_out))
    others = [Claim.of(pair) for pair in imported if _sound(pair, left_out)]
    given = _valid_votes(store.feedback(style), style=style, speaking=speaking, unwilling=unwilling, out=left_out)
    count = count_votes(given, rules)
    votes = list(_votes(store, count.ballots, source=votes_source, unwilling=unwilling, out=left_out))
    together = Counter(count.left_out)
    together.update(left_out)
    return Gathered((*_capped(pairs, together), *others, *votes), replace(count, left_out=dict(together)))


def _pairs(
    store: ConversationStore,
    approved: Sequence[Submission],
    *,
    style: str,
    source: str,
    unwilling: Unwilling,
    out: Counter[str],
) -> Iterator[Claim]:
    """Oldest first."""
    for submission in approved:
        if not submission.replaces:
            continue
        try:
            conversation, reply = store.message(submission.replaces)
            said = store.conversation(conversation)
        except NotFound:
            out["reply-gone"] += 1
            continue
        prompt, better = submission.messages[:-1], submission.messages[-1]
        if not _is_of(reply.voice, style):
            out["other-voice"] += 1
        elif unwilling.person(submission) or unwilling.cover(replace(said, messages=(*said.messages, *prompt))):
            out["opted-out"] += 1
        elif not prompt or prompt[-1].role != "user":
            out["no-prompt"] += 1
        else:
            yield Claim(
                submission.id,
                conversation,
                prompt,
                better.content,
                reply.content,
                source,
                place=f"submission:{submission.id[:10]}",
                example_id=submission.id,
                voice=reply.voice,
                author=submission.person,
                reviewer=submission.reviewer,
                people=2,
            )


def _capped(pairs: Sequence[Claim], out: Counter[str]) -> list[Claim]:
    """Of one author only the newest, so that no voice is that of one busy person."""
    seen: Counter[str | None] = Counter()
    kept: list[Claim] = []
    for pair in reversed(pairs):
        seen[pair.author] += 1
        if seen[pair.author] > PAIRS_PER_PERSON:
            out["author-cap"] += 1
        else:
            kept.append(pair)
    return kept[::-1]


def _sound(pair: PreferencePair, out: Counter[str]) -> bool:
    if pair.fault:
        out["unusable-pair"] += 1
    return not pair.fault


def _valid_votes(
    given: Iterable[Feedback], *, style: str, speaking: Collection[str], unwilling: Unwilling, out: Counter[str]
) -> list[Feedback]:
    valid = []
    for feedback in given:
        if not feedback.thumb:
            continue
        if not _is_of(feedback.voice, style) or feedback.voice not in speaking:
            out["other-voice"] += 1
        elif unwilling.people.of_person(feedback.person) in unwilling.people.found:
            out["opted-out"] += 1
        else:
            valid.append(feedback)
    return valid


def _votes(
    store: ConversationStore, ballots: Iterable[Ballot], *, source: str, unwilling: Unwilling, out: Counter[str]
) -> Iterator[Claim]:
    for ballot in ballots:
        try:
            conversation, reply = store.message(ballot.reply)
            said = store.conversation(conversation)
        except NotFound:  # erased meanwhile
            out["reply-gone"] += 1
            continue
        before = next((i for i, message in enumerate(said.messages) if message.id == reply.id), 0)
        prompt = said.messages[max(0, before - CONTEXT) : before]
        if unwilling.cover(said):
            out["opted-out"] += 1
        elif not prompt or prompt[-1].role != "user":
            out["no-prompt"] += 1
        else:
            yield Claim(
                ballot.reply,
                conversation,
                prompt,
                reply.content if ballot.label else None,
                None if ballot.label else reply.content,
                source,
                place=f"reply:{ballot.reply[:10]}",
                weight=ballot.weight,
                voice=reply.voice,
                people=len(ballot.people),
            )


def _is_of(voice: str | None, style: str) -> bool:
    return bool(voice) and str(voice).rpartition("@")[0] == style
