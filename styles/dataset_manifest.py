"""The manifest of a dataset version: its hash, its counts, its sources and what every step did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from styles.curation import Curated
from styles.dataset_card import NOT_COVERED
from styles.examples import Example, digest_of
from styles.preferences import Preferences
from styles.quality import count_languages
from styles.split import Part, Split

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a dataset version is and where it came from; `files` are the sha256 of its other files."""

    hash: str
    style: str
    created_at: str
    parent: str | None
    conversations: int
    train: Mapping[str, int]  # examples, conversations, targets
    holdout: Mapping[str, int]
    split: Mapping[str, Any]
    settings: Mapping[str, Any]
    settings_hash: str
    sources: Sequence[Mapping[str, Any]]  # id, kind, name, basis, licence, examples
    steps: Sequence[Mapping[str, Any]]  # step, in, changed, dropped, quarantined, kept, reasons
    dropped: Mapping[str, int]  # by reason
    redactions: Mapping[str, int]  # by kind
    not_covered: Sequence[str]
    files: Mapping[str, str]
    schema: int = SCHEMA
    languages: Mapping[str, int] = field(default_factory=dict)  # examples by language; "" where that is not sure
    preferences: Mapping[str, Any] = field(default_factory=dict)  # pairs and votes; empty: nobody said anything
    speakers: Mapping[str, int] = field(default_factory=dict)  # examples by the pseudonym of who speaks; "" is unknown
    erasures: int = 0  # people who were erased from the store before it was made


def manifest_of(
    curated: Curated,
    split: Split,
    parts: Mapping[Part, Sequence[Example]],
    *,
    stated: Preferences,
    style: str,
    digest: str,
    now: datetime,
    parent: str | None,
    erasures: int,
) -> Manifest:
    """What there is to say of a curation whose examples are on their sides; its files are not known yet."""
    return Manifest(
        hash=digest,
        style=style,
        created_at=now.isoformat(),
        parent=parent,
        conversations=curated.conversations,
        train=_counts(parts["train"]),
        holdout=_counts(parts["holdout"]),
        split=asdict(split),
        settings=curated.settings,
        settings_hash=digest_of(curated.settings),
        sources=_sources(curated),
        steps=curated.table(),
        dropped=curated.reasons,
        redactions=curated.redactions,
        not_covered=NOT_COVERED,
        files={},
        languages=count_languages(curated.examples),
        preferences=stated.facts(),
        speakers=dict(Counter(example.author or "" for example in curated.examples).most_common()),
        erasures=erasures,
    )


def _sources(curated: Curated) -> list[dict[str, Any]]:
    by_source = Counter(example.source for example in curated.examples)
    facts = ("id", "kind", "name", "basis", "licence")
    return [{**{fact: getattr(s, fact) for fact in facts}, "examples": by_source[s.id]} for s in curated.sources]


def _counts(examples: Sequence[Example]) -> dict[str, int]:
    return {
        "examples": len(examples),
        "conversations": len({example.conversation_id for example in examples}),
        "targets": sum(len(example.targets) for example in examples),
    }
