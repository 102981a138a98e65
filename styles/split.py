"""The split: which conversations are trained on, and which are held out to measure with."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from conversations.errors import CurationRefused
from styles.examples import Example
from styles.wording import folded

Part = Literal["train", "holdout"]


@dataclass(frozen=True, slots=True)
class Split:
    """How much is held out: `share` of the conversations, and of small sets `at_least` (but not over a quarter)."""

    share: float = 0.15
    at_least: int = 5


def split_examples(examples: Sequence[Example], split: Split) -> dict[str, Part]:
    """The part of each conversation by its id.

    Conversations that share a reply hang together, so that no reply that is measured was trained on, whatever its
    prompt. A group is held out if the stable hash of each leader's id says so; its leaders are those that shared no
    reply with an older conversation when they came in. So a conversation stays on its side when younger ones are
    added, unless one of them ties it to a trained one: then it is trained on as well. None goes from training to
    holdout, once `at_least` are held out. Raises `CurationRefused` if nothing can be held out.
    """
    groups = _groups(examples)
    heights = {group: max(map(bucket, leaders)) for group, (_, leaders) in groups.items()}
    enough = min(split.at_least, len(groups) // 4) or 1
    chosen = {group for group, height in heights.items() if height < split.share}
    for group in sorted(heights, key=lambda group: (heights[group], group)):
        if sum(len(groups[one][0]) for one in chosen) >= enough:
            break
        chosen.add(group)
    if not chosen or len(chosen) == len(groups):
        raise CurationRefused(
            f"Nothing can be held out to measure with: the {len(groups)} groups of conversations that share no reply "
            "are too few. Import more conversations with different replies."
        )
    return {
        conversation: "holdout" if group in chosen else "train"
        for group, (conversations, _) in groups.items()
        for conversation in conversations
    }


def _groups(examples: Sequence[Example]) -> dict[str, tuple[list[str], list[str]]]:
    """Conversations tied by equal replies: all of them and their leaders, by the id of the oldest."""
    replies: dict[str, set[str]] = {}
    for example in sorted(examples, key=lambda example: (example.known_since, example.id)):
        said = {folded(message.content) for message in example.targets}
        replies.setdefault(example.conversation_id, set()).update(said)
    ties = _Ties(replies)
    leaders: set[str] = set()
    first_with: dict[str, str] = {}
    for conversation, said in replies.items():
        known = [first_with[reply] for reply in sorted(said) if reply in first_with]
        if not known:
            leaders.add(conversation)
        for other in known:
            ties.tie(other, conversation)
        first_with.update((reply, conversation) for reply in said if reply not in first_with)
    groups: dict[str, tuple[list[str], list[str]]] = {}
    for conversation in replies:
        members, led = groups.setdefault(ties.head(conversation), ([], []))
        members.append(conversation)
        led += [conversation] * (conversation in leaders)
    return groups


class _Ties:
    """Disjoint sets; the head of each is the one that came first."""

    def __init__(self, members: Iterable[str]) -> None:
        self._order = {member: place for place, member in enumerate(members)}
        self._above = {member: member for member in self._order}

    def head(self, member: str) -> str:
        while self._above[member] != member:
            self._above[member] = self._above[self._above[member]]
            member = self._above[member]
        return member

    def tie(self, one: str, other: str) -> None:
        older, younger = sorted((self.head(one), self.head(other)), key=self._order.__getitem__)
        self._above[younger] = older


def bucket(conversation: str) -> float:
    """A number from 0 to 1 that a conversation keeps for good."""
    digest = hashlib.sha256(conversation.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:6]) / 2**48
