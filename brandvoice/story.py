"""Stories: where a row of a dataset comes from, what was done to it, and what learned from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from conversations.coverage import WITHDRAWN
from conversations.errors import NotFound
from styles.dataset import PARTS, DatasetVersion, list_datasets
from styles.examples import Example, is_target

if TYPE_CHECKING:
    from brandvoice.workspace import Workspace
    from conversations.sources import Source
    from conversations.store import ConversationStore

TRAINED, HELD, OUT, WAITS = "trained on", "held out", "left out", "quarantined"
_FATES = {"train": TRAINED, "holdout": HELD}
_MOST = 20  # rows that are told at once


@dataclass(frozen=True, slots=True)
class Story:
    """One row of a dataset version, kept or left out; `fates` are what became of it in every version, oldest first."""

    id: str
    dataset: str
    fate: str
    conversation_id: str
    place: str
    source: Mapping[str, Any]
    known_since: str = ""
    author: str | None = None
    reviewer: str | None = None
    redactions: Mapping[str, int] | None = None
    changed_by: Sequence[str] = ()
    step: str = ""
    reason: str = ""
    sentence: str = ""
    evidence: Sequence[str] = ()
    messages: Sequence[Mapping[str, Any]] = ()
    fates: Sequence[Mapping[str, str]] = ()
    voices: Sequence[str] = ()

    def lines(self) -> Iterator[str]:
        """For people."""
        yield f"{self.id} is {self.fate} in {self.dataset}"
        yield from (f"  {name:<11} {text}" for name, text in self._facts() if text)
        for message in self.messages:
            learned = "" if message["role"] != "assistant" or message["learned"] else " (not learned)"
            yield f"  | {message['role']}{learned}: {' '.join(str(message['content']).split())}"

    def _facts(self) -> Iterator[tuple[str, str]]:
        if self.reason:
            yield "why", f"{self.reason} ({self.step}): {self.sentence}"
        yield from (("evidence", line) for line in self.evidence)
        yield "from", f"{self.place}, conversation {self.conversation_id}"
        yield "source", ", ".join(f"{name} {value}" for name, value in self.source.items() if value)
        yield "known since", self.known_since[:16].replace("1970-01-01T00:00", "")
        yield "spoken by", self.author or ""
        yield "approved by", self.reviewer or ""
        yield "changed by", ", ".join(self.changed_by)
        yield "hidden", ", ".join(f"{kind} {count}" for kind, count in (self.redactions or {}).items())
        others = [told for told in self.fates if told["dataset"] not in self.dataset]
        yield from (("elsewhere", f"{told['fate']} in {told['dataset']}, made {told['made']}") for told in others)
        yield "learned by", ", ".join(self.voices)
        if self.fate == WAITS:
            yield "next", f"brandvoice quarantine show {self.dataset.partition('/')[0]} {self.id}"
        elif self.fate == OUT:
            yield "text", f"brandvoice conversations show {self.conversation_id}"


def explain(workspace: Workspace, version: DatasetVersion, wanted: str) -> list[Story]:
    """The stories of the rows that a name fits: the id of a row or of a conversation, the beginning of one, or a place.

    Raises `NotFound` where the version has none, with what is known of it otherwise.
    """
    style = version.manifest.style
    found = sorted([*_kept(version, wanted), *_dropped(version, wanted)], key=lambda story: story.id)
    if not found:
        raise NotFound(_nowhere(workspace, version, wanted))
    if len(found) > _MOST:
        raise NotFound(f'"{wanted}" fits {len(found)} rows of {version.reference}. Give more of it.')
    with workspace.open_store() as store:
        sources = {source.id: source for source in store.sources(style)}
        by_conversation = {name: store.sources_of(name) for name in {one.conversation_id for one in found}}
    versions = [one for one in list_datasets(workspace.data, style) if not one.is_erased]
    places = [(one, _fates(one, {story.id for story in found})) for one in versions]
    registry = workspace.voices
    learned = {v.reference: v.manifest.dataset for v in registry.versions(style)}
    return [
        replace(
            one,
            source=_source(one, sources, by_conversation[one.conversation_id]),
            fates=[
                {"dataset": v.hash, "made": v.manifest.created_at[:16], "fate": fates[one.id]}
                for v, fates in places
                if one.id in fates
            ],
            voices=[
                voice
                for voice, dataset in learned.items()
                for v, fates in places
                if v.hash == dataset and fates.get(one.id) == TRAINED
            ],
        )
        for one in found
    ]


def _fits(wanted: str, row: str, conversation: str, place: str) -> bool:
    return bool(wanted) and (row.startswith(wanted) or conversation.startswith(wanted) or place == wanted)


def _kept(version: DatasetVersion, wanted: str) -> Iterator[Story]:
    for part in PARTS:
        for example in version.examples(part):
            if _fits(wanted, example.id, example.conversation_id, example.place):
                yield _of_example(example, version, _FATES[part])


def _of_example(example: Example, version: DatasetVersion, fate: str) -> Story:
    messages = [{"role": m.role, "content": m.content, "learned": is_target(m)} for m in example.messages]
    return Story(
        example.id,
        version.reference,
        fate,
        example.conversation_id,
        example.place,
        {"id": example.source, "basis": example.basis},
        example.known_since,
        example.author,
        example.reviewer,
        dict(example.redactions),
        example.changed_by,
        messages=messages,
    )


def _dropped(version: DatasetVersion, wanted: str) -> Iterator[Story]:
    for row in version.dropped():
        if _fits(wanted, row["id"], row["conversation_id"], row["place"]):
            told = {name: row[name] for name in ("step", "reason", "sentence", "evidence")}
            fate = WAITS if row["quarantined"] else OUT
            yield Story(row["id"], version.reference, fate, row["conversation_id"], row["place"], {}, **told)


def _fates(version: DatasetVersion, names: set[str]) -> dict[str, str]:
    """What became of some rows in a version."""
    told = {row["id"]: f"{OUT} by {row['step']}" for row in version.dropped() if row["id"] in names}
    return told | {name: _FATES[part] for part in PARTS for name in version.row_ids(part) if name in names}


def _source(story: Story, sources: Mapping[str, Source], others: Sequence[Source]) -> dict[str, Any]:
    source = sources.get(story.source.get("id", "")) or next(iter(others), None)
    if source is None:
        return dict(story.source)
    facts = {name: getattr(source, name) for name in ("name", "kind", "owner", "licence")}
    return {**facts, "basis": story.source.get("basis") or source.basis, "id": source.id}


def why_gone(store: ConversationStore) -> Callable[[str], str]:
    """Why a conversation or submission that was learned from is not there any more, in a sentence."""
    is_erased = store.erasures.covers()

    def told(conversation: str) -> str:
        if is_erased(conversation):
            return "somebody in it asked to be forgotten"
        try:
            submission = store.submission(conversation)
        except NotFound:
            return _kept_or_deleted(store, conversation)
        if submission.state == "withdrawn":
            return "whoever handed it in took it back"
        return f"what was handed in is {submission.state} now"

    return told


def _kept_or_deleted(store: ConversationStore, conversation: str) -> str:
    try:
        store.conversation(conversation)
    except NotFound:
        reasons = [d.details["reason"] for d in store.audit(conversation) if d.what == WITHDRAWN]
        return f"it was withdrawn, for {reasons[-1]}" if reasons else "its conversation was deleted from the store"
    return "its conversation is there, but is cut otherwise, or is of another style now"


def _nowhere(workspace: Workspace, version: DatasetVersion, wanted: str) -> str:
    """What is known of a row that a version does not have."""
    style, said = version.manifest.style, f'Dataset {version.reference} knows no row "{wanted}"'
    others = [one for one in list_datasets(workspace.data, style) if not one.is_erased and one.hash != version.hash]
    for other in reversed(others):
        if next(iter((*_kept(other, wanted), *_dropped(other, wanted))), None):
            return f"{said}, but {other.hash} does: brandvoice datasets explain {style} {wanted} {other.hash}"
    with workspace.open_store() as store:
        if store.erasures.covers()(wanted):
            return f"{said}: somebody in it asked to be forgotten."
        if any(c.id.startswith(wanted) for c in store.conversations(style)):
            return f"{said}: it came in since. Make a new dataset: brandvoice curate {style}"
    return f"{said}, and the store knows no such conversation. Look for it: brandvoice datasets rows {style}"
