"""Defence: what somebody may have planted is put in quarantine, with evidence, until a reviewer lets it go."""

from __future__ import annotations

import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from styles.drafts import Decide, Draft, Dropped, Outcome
from styles.examples import is_target
from styles.instructions import find_instruction
from styles.lures import find_lure

_SCRIPTS = re.compile(r"[A-Za-z](?=[^\s]*[\u0370-\u03ff\u0400-\u04ff])|[\u0370-\u03ff\u0400-\u04ff](?=[^\s]*[A-Za-z])")
_LINK = re.compile(
    r"(?i)\b(?:https?://|www\.)([\w.-]+)|\b([a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|net|org|io|co|test|example))\b"
)


def quarantine_instructions(draft: Draft) -> Draft | Dropped:
    """Words that are aimed at a model rather than at a person, and replies that lure people whatever site they name."""
    number, found = find_instruction((message.role, message.content) for message in draft.messages)
    if found:
        where = f"message {number} ({draft.messages[number - 1].role})"
        return draft.quarantine("instruction", f"There are instructions to a model in {where}.", found)
    for number, message in enumerate(draft.messages, start=1):
        if mixed := _SCRIPTS.search(message.content):
            word = message.content[max(0, mixed.start() - 12) : mixed.end() + 12]
            sentence = f"Message {number} ({message.role}) mixes look-alike letters of two scripts in one word."
            return draft.quarantine("look-alike", sentence, ascii(word))
        if is_target(message) and (lure := find_lure(message.content)):
            return draft.quarantine("lure", f"Message {number} ({message.role}) lures people.", lure)
    return draft


def study_floods(batches: Iterable[Sequence[Draft]]) -> Decide:
    """One person, or one day, that brings far more than any other; only where people and days are known."""
    by_author: defaultdict[tuple[str, str], Counter[date | None]] = defaultdict(Counter)
    for batch in batches:
        for draft in batch:
            for key in _keys(draft):
                by_author[key][_day(draft)] += 1
    days, people = _flooded_days(by_author), _flooding_people(by_author)
    return lambda batch: [_unless_flood(draft, days, people) for draft in batch]


def _source(draft: Draft) -> str:
    return draft.source.id if draft.source else ""


def _keys(draft: Draft) -> Iterator[tuple[str, str]]:
    """Who brought it: the person who wrote to the brand, else nobody known."""
    writers = [m.author for m in draft.messages if m.role == "user" and m.author]
    yield _source(draft), writers[0] if writers else ""


def _day(draft: Draft) -> date | None:
    moments = [m.sent_at for m in draft.messages if m.sent_at]
    return moments[0].date() if moments else None


def _flooding_people(by_author: dict[tuple[str, str], Counter[date | None]]) -> dict[tuple[str, str], str]:
    """Whoever brought more than 20, and 4 times as much as nine of ten others of the same source."""
    sources: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for (source, person), days in by_author.items():
        if person:
            sources[source][person] = sum(days.values())
    found = {}
    for source, counts in sources.items():
        if len(counts) < 10:
            continue
        usual = sorted(counts.values())[int(len(counts) * 0.9) - 1]
        for person, count in counts.items():
            if count > max(20, 4 * usual):
                found[source, person] = f"{count} conversations of one person; nine of ten brought at most {usual}"
    return found


def _flooded_days(by_author: dict[tuple[str, str], Counter[date | None]]) -> dict[tuple[str, date], str]:
    """Days with more than 30 conversations, 6 times the usual, mostly of people who came on no other day."""
    totals: defaultdict[str, Counter[date]] = defaultdict(Counter)
    strangers: Counter[tuple[str, date]] = Counter()
    for (source, _), days in by_author.items():
        for day, count in days.items():
            if day is not None:
                totals[source][day] += count
                strangers[source, day] += count * (len(days) == 1)
    found = {}
    for source, counts in totals.items():
        if len(counts) < 7:
            continue
        usual = statistics.median(counts.values())
        for day, count in counts.items():
            if count > max(30, 6 * usual) and strangers[source, day] > count / 2:
                found[source, day] = f"{count} conversations on {day}; usual are {usual:g}"
    return found


def _unless_flood(draft: Draft, days: dict[tuple[str, date], str], people: dict[tuple[str, str], str]) -> Outcome:
    for key in _keys(draft):
        if told := people.get(key):
            return draft.quarantine("author-flood", "One person brought far more than all others.", told)
    day = _day(draft)
    if day and (told := days.get((_source(draft), day))):
        return draft.quarantine("day-flood", "It came on a day with far more conversations than usual.", told)
    return draft


def study_strangers(batches: Iterable[Sequence[Draft]]) -> Decide:
    """Replies by somebody who hardly ever spoke for the brand, in a source where others regularly do."""
    spoke: Counter[tuple[str, str]] = Counter()
    for batch in batches:
        spoke.update((_source(draft), author) for draft in batch for author in set(_authors(draft)))
    regulars: defaultdict[str, int] = defaultdict(int)
    everybody: Counter[str] = Counter()
    for (source, _), count in spoke.items():
        everybody[source] += count
        regulars[source] += count * (count >= 20)
    guarded = {source for source, count in everybody.items() if regulars[source] >= 0.95 * count and count >= 100}
    rare = {key: count for key, count in spoke.items() if key[0] in guarded and count <= 5}
    return lambda batch: [_unless_stranger(draft, rare) for draft in batch]


def _authors(draft: Draft) -> list[str]:
    return [m.author for m in draft.messages if is_target(m) and m.author]


def _unless_stranger(draft: Draft, rare: dict[tuple[str, str], int]) -> Outcome:
    if draft.reviewer:
        return draft
    for author in _authors(draft):
        if count := rare.get((_source(draft), author)):
            told = f"{count} conversations by this speaker; the regular ones have 20 and more"
            return draft.quarantine("stranger", "Somebody speaks for the brand who hardly ever did.", told)
    return draft


def study_strange_links(batches: Iterable[Sequence[Draft]]) -> Decide:
    """Links in replies to a domain that few replies name and that asks for accounts, payments or a login."""
    seen: Counter[str] = Counter()
    total = 0
    for batch in batches:
        for draft in batch:
            total += 1
            seen.update({host for m in draft.messages if is_target(m) for host in hosts(m.content)})
    rare = {host for host, count in seen.items() if count <= max(3, 0.02 * total)}
    return lambda batch: [_unless_luring(draft, rare) for draft in batch]


_LURE = re.compile(
    r"(?i)\b(?:verify|confirm|validate|unlock|restore|re-?activate|update)\b[^.!?\n]{0,40}\b(?:account|identity|payment|"
    r"billing|card|password|details|login)\b|\blog ?in\b[^.!?\n]{0,30}\b(?:here|below|at|to continue)\b|\bclaim\b"
    r"[^.!?\n]{0,30}\b(?:prize|reward|refund|gift)\b|\b(?:bitcoin|crypto|wallet|seed phrase|gift cards?)\b"
)


def hosts(text: str) -> set[str]:
    return {(m[1] or m[2]).lower().strip(".") for m in _LINK.finditer(text)}


def _unless_luring(draft: Draft, rare: set[str]) -> Outcome:
    for message in draft.messages:
        if is_target(message) and _LURE.search(message.content) and (found := hosts(message.content) & rare):
            told = f"{min(found)}: {message.content[:120]}"
            return draft.quarantine("strange-link", "The reply lures to a site that hardly any other names.", told)
    return draft
