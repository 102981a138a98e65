"""Preferences of a style: pairs and votes cleaned like every example, with where each came from."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from conversations.errors import CurationRefused
from conversations.messages import Message
from conversations.preferences import PreferencePair
from conversations.privacy import find_private
from conversations.roster import NameFinder
from conversations.sources import Source
from styles.curation import CurationStep, Draft, Dropped, Limits, Step, each
from styles.defence import quarantine_instructions
from styles.examples import digest_of
from styles.passing import pass_steps
from styles.quality import mute_toxic, repair_text
from styles.split import Part, Split, bucket
from styles.steps import (
    check_basis,
    hide_private,
    order_roles,
    refuse_banned_words,
    refuse_empty_turns,
    refuse_hidden_text,
    refuse_long_turns,
    refuse_secrets,
)
from styles.voting import Count, VotingRules
from styles.wording import folded

TYPO = 0.05  # share of a reply that must change before an edit says anything about style
_ANY_LENGTH = 100_000
RULES = 1  # goes up whenever pairs or votes are decided otherwise


@dataclass(frozen=True, slots=True)
class Claim:
    """A pair or a vote on its way in: its prompt, the reply that is wanted, the one that is not, or both.

    `conversation_id` is where the prompt was said and `example_id` the example made of the same better answer, if
    there is one; `weight` is how much of a vote counts.
    """

    id: str
    conversation_id: str
    prompt: tuple[Message, ...]
    chosen: str | None
    rejected: str | None
    source: str | None
    place: str = ""
    example_id: str | None = None
    weight: float = 1.0
    voice: str | None = None
    author: str | None = None
    reviewer: str | None = None
    people: int = 1

    @classmethod
    def of(cls, pair: PreferencePair) -> Claim:
        return cls(
            pair.id,
            pair.conversation_id,
            pair.prompt,
            pair.chosen,
            pair.rejected,
            pair.source,
            place=pair.place,
            voice=pair.voice,
            author=pair.author,
        )


@dataclass(frozen=True, slots=True)
class Preference:
    """One row of `preferences.parquet` (both replies) or of `votes.parquet` (one of them)."""

    id: str
    conversation_id: str
    part: Part
    prompt: tuple[Message, ...]
    chosen: str | None
    rejected: str | None
    weight: float = 1.0
    place: str = ""
    source: str = ""
    basis: str = ""
    voice: str | None = None
    author: str | None = None
    reviewer: str | None = None
    people: int = 1
    example_id: str | None = None
    redactions: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_pair(self) -> bool:
        return self.chosen is not None and self.rejected is not None

    @property
    def label(self) -> bool:
        """Of a vote: whether people want the reply."""
        return self.chosen is not None

    @property
    def completion(self) -> str:
        """Of a vote: the reply that it is about."""
        return (self.chosen if self.chosen is not None else self.rejected) or ""

    @property
    def digest(self) -> str:
        """16 hex digits over what is learned, on what basis, and on which side of the split."""
        turns = [(message.role, message.content) for message in self.prompt]
        said = [self.chosen, self.rejected, self.weight, self.voice]
        return digest_of([self.id, self.conversation_id, self.part, turns, said, self.basis])


@dataclass(frozen=True, slots=True)
class Preferences:
    """Everything that feedback and pairs led to, and what stayed out."""

    rows: tuple[Preference, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)  # claims and votes, by reason
    dropped: tuple[Dropped, ...] = ()
    count: Count = field(default_factory=Count)
    rules: VotingRules = field(default_factory=VotingRules)

    @property
    def pairs(self) -> tuple[Preference, ...]:
        return tuple(row for row in self.rows if row.is_pair)

    @property
    def votes(self) -> tuple[Preference, ...]:
        return tuple(row for row in self.rows if not row.is_pair)

    def digest(self) -> list[Any]:
        """What a dataset's hash covers of them; empty where there are none."""
        return [RULES, *sorted(row.digest for row in self.rows)] if self.rows else []

    def facts(self) -> dict[str, Any]:
        """What a manifest says of them; empty where nobody said anything."""
        if not (self.rows or self.left_out or self.count.reasons or self.count.quarantined):
            return {}
        return {
            "pairs": _by_part(self.pairs),
            "votes": {**_by_part(self.votes), "up": sum(v.label for v in self.votes)},
            "left_out": dict(sorted(self.left_out.items())),
            "reasons": dict(self.count.reasons),
            "unhappy_weight": round(self.count.unhappy_weight, 3),
            "quarantined": [quarantine.sentence for quarantine in self.count.quarantined],
            "rules": {"version": RULES, **asdict(self.rules)},
        }


def curate_preferences(
    claims: Iterable[Claim],
    limits: Limits,
    *,
    sources: Mapping[str, Source],
    sides: Mapping[str, Part],
    split: Split | None = None,
    steps: Sequence[CurationStep] = (),
    roster: NameFinder | None = None,
    pseudonym: Callable[[str], str] = str,
    count: Count | None = None,
    rules: VotingRules | None = None,
) -> Preferences:
    """Clean pairs and votes by the rules of examples, put each on a side, and look through the outcome once more.

    `sides` are the sides of the dataset's examples, which those of the same conversation share; `steps` are those of
    plugins. Raises `CurationRefused` if a step fails or anything private is left.
    """
    given = {claim.id: claim for claim in claims}
    kept, dropped = _cleaned(given.values(), limits, sources=sources, steps=steps, roster=roster)
    left_out = Counter(drop.reason for drop in {drop.id[:-1]: drop for drop in dropped}.values())
    counted = count or Count()
    left_out.update(counted.left_out)
    rows: list[Preference] = []
    known: set[tuple[str, str | None, str | None]] = set()
    for name in sorted(kept):
        row, reason = _row(given[name], kept[name], pseudonym), ""
        content = (_said(row.prompt), _folded(row.chosen), _folded(row.rejected))
        if content in known:
            reason = "duplicate"
        elif row.is_pair:
            reason = _unclear(str(row.chosen), str(row.rejected))
        if reason:
            left_out[reason] += 1
            continue
        known.add(content)
        rows.append(row)
    placed = _placed(rows, sides, split or Split())
    left_out["reply-of-the-holdout"] = len(rows) - len(placed)
    _look_again(placed, roster)
    out = {reason: number for reason, number in left_out.items() if number}
    return Preferences(tuple(placed), out, tuple(dropped), counted, rules or VotingRules())


def _cleaned(
    claims: Iterable[Claim],
    limits: Limits,
    *,
    sources: Mapping[str, Source],
    steps: Sequence[CurationStep],
    roster: NameFinder | None,
) -> tuple[dict[str, dict[bool, Draft]], list[Dropped]]:
    """By claim, its replies as drafts after all steps; a claim of which one reply falls out falls out whole."""
    wanted = {
        claim.id: {w for w, r in ((True, claim.chosen), (False, claim.rejected)) if r is not None} for claim in claims
    }
    drafts = [_draft(claim, sources.get(claim.source or ""), wanted=w) for claim in claims for w in wanted[claim.id]]
    left, dropped = pass_steps(sorted(drafts, key=lambda draft: draft.id), _both_sides(limits, roster), roster=roster)
    chosen, fallen = pass_steps([d for d in left if d.id[-1] == "+"], _wanted_side(limits), roster=roster)
    dropped += fallen
    rejected, fallen = pass_steps([d for d in left if d.id[-1] == "-"], _other_side(limits), roster=roster)
    dropped += fallen
    last, fallen = pass_steps([*chosen, *rejected], steps, roster=roster)
    dropped += fallen
    by_claim: dict[str, dict[bool, Draft]] = {}
    for draft in last:
        by_claim.setdefault(draft.id[:-1], {})[draft.id[-1] == "+"] = draft
    return {name: found for name, found in by_claim.items() if found.keys() == wanted[name]}, dropped


def _draft(claim: Claim, source: Source | None, *, wanted: bool) -> Draft:
    reply = claim.chosen if wanted else claim.rejected
    context = tuple(replace(m, trainable=False, voice=None) for m in claim.prompt)
    messages = (*context, Message("assistant", reply or ""))
    return Draft(f"{claim.id}{'+' if wanted else '-'}", claim.conversation_id, messages, claim.place, source)


def _both_sides(limits: Limits, roster: NameFinder | None) -> list[CurationStep]:
    return [
        each("basis", check_basis),
        each("roles", order_roles),
        each("empty turns", refuse_empty_turns),
        each("encoding", repair_text),
        each("secrets", refuse_secrets),
        Step("privacy", lambda batch: hide_private(batch, roster)),
        each("hidden text", lambda draft: refuse_hidden_text(draft, limits)),
        each("instructions", quarantine_instructions),
    ]


def _wanted_side(limits: Limits) -> list[CurationStep]:
    return [
        each("length", lambda draft: refuse_long_turns(draft, limits)),
        each("banned words", lambda draft: refuse_banned_words(draft, limits)),
        each("toxicity", mute_toxic),
    ]


def _other_side(limits: Limits) -> list[CurationStep]:
    """A reply that nobody wants may well be too long or say what the style bans."""
    roomy = replace(limits, reply_words_at_most=_ANY_LENGTH)
    return [each("length", lambda draft: refuse_long_turns(draft, roomy))]


def _row(claim: Claim, drafts: Mapping[bool, Draft], pseudonym: Callable[[str], str]) -> Preference:
    any_draft = next(iter(drafts.values()))
    replies = {wanted: draft.messages[-1].content for wanted, draft in drafts.items()}
    source = any_draft.source
    return Preference(
        id=claim.id,
        conversation_id=claim.conversation_id,
        part="train",
        prompt=tuple(Message(m.role, m.content, trainable=False) for m in any_draft.messages[:-1]),
        chosen=replies.get(True),
        rejected=replies.get(False),
        weight=claim.weight,
        place=any_draft.place,
        source=source.id if source else "",
        basis=(source.basis or "") if source else "",
        voice=claim.voice,
        author=pseudonym(claim.author) if claim.author else None,
        reviewer=pseudonym(claim.reviewer) if claim.reviewer else None,
        people=claim.people,
        example_id=claim.example_id,
        redactions=dict(sorted(any_draft.redactions.items())),
    )


def _unclear(chosen: str, rejected: str) -> str:
    """Why a pair says nothing about style; empty if it does."""
    if folded(chosen) == folded(rejected):
        return "same-reply"
    alike = difflib.SequenceMatcher(None, chosen, rejected, autojunk=False).ratio()
    return "only-a-typo" if 1 - alike < TYPO else ""


def _placed(rows: Sequence[Preference], sides: Mapping[str, Part], split: Split) -> list[Preference]:
    """Each row on a side: that of its example, else that of its conversation, else by the hash of its conversation.

    What is wanted there must not be trained on while an equal reply is held out.
    """
    by_conversation: dict[str, Part] = {}
    for row in rows:
        side = sides.get(row.example_id or "") or sides.get(row.conversation_id)
        if side and by_conversation.get(row.conversation_id) != "train":
            by_conversation[row.conversation_id] = side
    placed = []
    for row in rows:
        hashed: Part = "holdout" if bucket(row.conversation_id) < split.share else "train"
        part = sides.get(row.example_id or "") or by_conversation.get(row.conversation_id) or hashed
        placed.append(replace(row, part=part))
    held = {folded(row.chosen) for row in placed if row.part == "holdout" and row.chosen}
    return [r for r in placed if not (r.part == "train" and r.chosen and folded(r.chosen) in held)]


def _look_again(rows: Iterable[Preference], roster: NameFinder | None) -> None:
    for row in rows:
        if not row.prompt or row.prompt[-1].role != "user" or not row.basis:
            raise CurationRefused(
                f"Preference {row.id} ({row.place}) came out of curation without a prompt or a basis. No dataset was "
                "made; leave the plugin's step out that changed it."
            )
        texts = [row.place, row.chosen or "", row.rejected or "", *(message.content for message in row.prompt)]
        for finding in (finding for text in texts for finding in find_private(text, roster=roster)):
            raise CurationRefused(
                f"Preference {row.id} ({row.place}) still holds something private after curation: {finding.kind}, "
                f"{finding.rule}. No dataset was made; a step left it or put it in."
            )


def _said(prompt: Sequence[Message]) -> str:
    return "\x1f".join(f"{message.role}\x1e{folded(message.content)}" for message in prompt)


def _folded(reply: str | None) -> str | None:
    return None if reply is None else folded(reply)


def _by_part(rows: Sequence[Preference]) -> dict[str, int]:
    parts = Counter(row.part for row in rows)
    return {"train": parts["train"], "holdout": parts["holdout"]}
