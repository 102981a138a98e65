"""The split: which conversations are trained on, and which are held out to measure with."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from conversations.errors import CurationRefused
from styles.examples import Example
from styles.wording import folded, plain

Part = Literal["train", "holdout"]

_NEAR = 0.5  # as in curation
_FEWEST_WORDS = 12
_ENOUGH_AUTHORS = 20
_AUTHOR_SHARE = 0.1
AUTHOR = "\0author "


@dataclass(frozen=True, slots=True)
class Split:
    """How much is held out: `share` of the conversations, and of small sets `at_least` (but not over a quarter)."""

    share: float = 0.15
    at_least: int = 5


def split_examples(examples: Sequence[Example], split: Split) -> dict[str, Part]:
    """The part of each conversation by its id.

    Conversations that share a reply, that are nearly the same, or (with twenty authors and more) are by one author hang
    together, so that nothing that is measured was trained on. A group is held out if the stable hash of each leader's
    id says so; its leaders are those that nothing tied to an older conversation when they came in. So a conversation
    stays on its side when younger ones are added, unless one of them ties it to a trained one: then it is trained on
    as well, where `styles.holdout` does not know better. None goes from training to holdout, once `at_least` are held
    out. Raises `CurationRefused` if nothing can be held out.
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
        count = len(ties_of(examples))
        told = "there is 1 conversation" if count == 1 else f"all {count} conversations share replies or an author"
        raise CurationRefused(
            f"Nothing can be held out to measure with: {told}. Import more conversations with different replies."
        )
    return {
        conversation: "holdout" if group in chosen else "train"
        for group, (conversations, _) in groups.items()
        for conversation in conversations
    }


def _groups(examples: Sequence[Example]) -> dict[str, tuple[list[str], list[str]]]:
    """Conversations that have something in common: all of them and their leaders, by the id of the oldest."""
    replies = ties_of(examples)
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


def ties_of(examples: Sequence[Example]) -> dict[str, set[str]]:
    """What each conversation can have in common with others (replies, near copies, an author), the oldest first."""
    found: dict[str, set[str]] = {}
    ordered = sorted(examples, key=lambda example: (example.known_since, example.id))
    for example in ordered:
        found.setdefault(example.conversation_id, set()).update(replies_of(example))
    for conversation, key in (*_near_copies(ordered), *_authors(ordered)):
        found[conversation].add(key)
    return found


def replies_of(example: Example) -> set[str]:
    """What is learned of it, for comparing; a full stop more or less is the same reply."""
    return {plain(message.content) or folded(message.content) for message in example.targets}


def _near_copies(ordered: Sequence[Example]) -> list[tuple[str, str]]:
    """A key for each conversation that nearly says what another one says; older ones keep theirs when others come."""
    from styles.similarity import Sketches, members

    texts = [(example.conversation_id, text) for example in ordered if (text := _text(example))]
    sketches = Sketches()
    sketches.add([text for _, text in texts])
    clusters = members(sketches.clusters(_NEAR))
    return [(texts[number][0], f"\0near {head}") for head, numbers in clusters.items() for number in numbers]


def _text(example: Example) -> str:
    text = plain(" ".join(message.content for message in example.messages))
    return text if text.count(" ") >= _FEWEST_WORDS - 1 else ""


def _authors(ordered: Sequence[Example]) -> Iterator[tuple[str, str]]:
    """A key for each author, from where enough of them are known; none of whom wrote much of it all by then.

    Only older conversations decide whether an author counts, so nothing changes for them when others come.
    """
    wrote: Counter[str] = Counter()
    for number, example in enumerate(ordered, start=1):
        if example.author:
            wrote[example.author] += 1
            if len(wrote) >= _ENOUGH_AUTHORS and wrote[example.author] <= max(2, _AUTHOR_SHARE * number):
                yield example.conversation_id, AUTHOR + example.author


def leaks(examples: Sequence[Example], sides: Mapping[str, Part]) -> dict[str, str]:
    """Ids of trained examples that say, or nearly say, what one that is held out says; with the id of that one."""
    held = [example for example in examples if sides[example.conversation_id] == "holdout"]
    trained = [example for example in examples if sides[example.conversation_id] == "train"]
    said = {reply: example.id for example in held for reply in sorted(replies_of(example))}
    found = {e.id: said[reply] for e in trained for reply in sorted(replies_of(e)) if reply in said}
    return {**_near_leaks(trained, held), **found}


def _near_leaks(trained: Sequence[Example], held: Sequence[Example]) -> dict[str, str]:
    from styles.similarity import Sketches

    known = [(example.id, text) for example in held if (text := _text(example))]
    asked = [(example.id, text) for example in trained if (text := _text(example))]
    if not known or not asked:
        return {}
    sketches = Sketches()
    sketches.add([text for _, text in known])
    numbers, shares = sketches.index().nearest([text for _, text in asked])
    found = zip(asked, numbers, shares, strict=True)
    return {name: known[int(number)][0] for (name, _), number, share in found if share >= _NEAR}


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
