"""Dressing: examples whose placeholders are made up into values that read like real ones and belong to nobody."""

from __future__ import annotations

from dataclasses import replace

from conversations.errors import CurationRefused
from conversations.roster import NameFinder
from conversations.surrogates import Surrogates
from styles.curation import Curated
from styles.examples import Example
from styles.preferences import Preference, Preferences


def dress(curated: Curated, *, key: bytes, names: NameFinder | None = None) -> Curated:
    """The same examples with surrogates, and looked through once more. Raises `CurationRefused` if anything leaks."""
    dressers: dict[str, Surrogates] = {}
    examples = []
    for example in curated.examples:
        dresser = dressers.setdefault(example.conversation_id, Surrogates(key, example.conversation_id, names))
        examples.append(_dressed(example, dresser))
    settings = {**curated.settings, "replace": "surrogates"}
    return replace(curated, examples=tuple(examples), settings=settings)


def dress_preferences(stated: Preferences, *, key: bytes, names: NameFinder | None = None) -> Preferences:
    """The same pairs and votes with the surrogates that the examples of their conversations have."""
    return replace(stated, rows=tuple(_dressed_preference(row, key, names) for row in stated.rows))


def _dressed_preference(row: Preference, key: bytes, names: NameFinder | None) -> Preference:
    dresser = Surrogates(key, row.example_id or row.conversation_id, names)
    prompt = tuple(replace(message, content=dresser.dress(message.content)) for message in row.prompt)
    chosen, rejected = (None if reply is None else dresser.dress(reply) for reply in (row.chosen, row.rejected))
    if any(dresser.leaks(text) for text in (*(m.content for m in prompt), chosen or "", rejected or "")):
        raise CurationRefused(
            f"Preference {row.id} ({row.place}) holds something private beside its surrogates. No dataset was made; "
            'set [privacy] replace = "placeholders", and report it.'
        )
    return replace(row, prompt=prompt, chosen=chosen, rejected=rejected)


def _dressed(example: Example, dresser: Surrogates) -> Example:
    messages = tuple(replace(message, content=dresser.dress(message.content)) for message in example.messages)
    if any(dresser.leaks(message.content) for message in messages):
        raise CurationRefused(
            f"Example {example.id} ({example.place}) holds something private beside its surrogates. No dataset was "
            'made; set [privacy] replace = "placeholders", and report it.'
        )
    return replace(example, messages=messages)
