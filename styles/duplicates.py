"""Duplicates: conversations that say the same, and replies that are given again and again."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Sequence

from styles.drafts import Decide, Draft, Outcome
from styles.examples import is_target
from styles.numbering import Names, firsts, ranks
from styles.wording import folded, plain


def study_duplicates(batches: Iterable[Sequence[Draft]]) -> Decide:
    """Of equal conversations the oldest stays; the same reply to the same words is learned once."""
    names, contents, answers = Names(), array("Q"), array("Q")
    for batch in batches:
        names.add(draft.id for draft in batch)
        for draft in batch:
            said = [_said(message.content) for message in draft.messages]
            roles = [message.role for message in draft.messages]
            contents.append(_print(*roles, *said))
            answers.extend(_print(said[turn - 1], said[turn]) for turn in _targets(draft))
    older, is_known = enumerate(memoryview(firsts(contents))), iter(memoryview(ranks(answers) > 0))
    sentence = "Older examples give the same reply to the same words."

    def decide(draft: Draft) -> Outcome:
        number, first = next(older)
        repeated = [turn for turn in _targets(draft) if next(is_known)]
        if first != number:
            return draft.drop("duplicate-conversation", f"It says the same as {names[first]}.")
        return draft.mute(repeated, reason="duplicate-reply", sentence=sentence) if repeated else draft

    return lambda batch: [decide(draft) for draft in batch]


def study_canned_replies(batches: Iterable[Sequence[Draft]], *, at_most: int) -> Decide:
    """However many prompts it answers, one and the same reply is learned a few times only."""
    replies = array("Q")
    for batch in batches:
        for draft in batch:
            replies.extend(_print(_said(draft.messages[turn].content)) for turn in _targets(draft))
    is_surplus = iter(memoryview(ranks(replies) >= at_most))
    sentence = f"{at_most} older examples have the same reply, which is enough."

    def decide(draft: Draft) -> Outcome:
        surplus = [turn for turn in _targets(draft) if next(is_surplus)]
        return draft.mute(surplus, reason="canned-reply", sentence=sentence) if surplus else draft

    return lambda batch: [decide(draft) for draft in batch]


def _said(text: str) -> str:
    """A text for comparing; a full stop more or less says the same."""
    return plain(text) or folded(text)


def _targets(draft: Draft) -> list[int]:
    """The places of the turns to be learned."""
    return [turn for turn, message in enumerate(draft.messages) if is_target(message)]


def _print(*texts: str) -> int:
    """What is kept of texts to know them again: 8 bytes, for there may be a million."""
    said = "\0".join(texts).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(said, digest_size=8).digest(), "little")
