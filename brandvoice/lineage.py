"""Lineage: what a version learned from, from its recipe down to the messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from brandvoice.output import print_json, say
from conversations.errors import NotFound
from styles.dataset import load_dataset
from styles.voices import parse_reference

if TYPE_CHECKING:
    from brandvoice.workspace import Workspace
    from styles.examples import Example


def lineage(workspace: Workspace, reference: str) -> dict[str, Any]:
    """Version, parents, round and dataset; each example with its source, basis, reviewer and messages."""
    style, number = parse_reference(reference)
    version = workspace.voices.version(style, number)
    manifest = version.manifest
    dataset = load_dataset(workspace.data, style, manifest.dataset)
    examples = [] if dataset.is_erased else dataset.examples("train")
    with workspace.open_store() as store:
        sources = {s.id: s for s in store.sources(style)}
    return {
        "voice": version.reference,
        "round": manifest.round,
        "base": f"{manifest.base} ({manifest.base_revision})",
        "parents": _parents(workspace, style, manifest.parent),
        "dataset": manifest.dataset,
        "erased": dataset.is_erased,
        "sources": [
            {"id": id_, "name": s.name, "kind": s.kind, "basis": s.basis, "owner": s.owner}
            for id_, s in sources.items()
            if any(e.source == id_ for e in examples)
        ],
        "examples": [_example(e) for e in examples],
    }


def _parents(workspace: Workspace, style: str, number: int | None) -> list[str]:
    """Who spoke when each was trained, back to the first."""
    found: list[str] = []
    while number:
        found.append(f"{style}@{number}")
        try:
            number = workspace.voices.version(style, number).manifest.parent
        except NotFound:  # deleted since
            break
    return found


def _example(example: Example) -> dict[str, Any]:
    return {
        "id": example.id,
        "conversation": example.conversation_id,
        "place": example.place,
        "source": example.source,
        "basis": example.basis,
        "author": example.author,
        "reviewer": example.reviewer,
        "redactions": dict(example.redactions),
        "messages": [{"role": m.role, "content": m.content, "id": m.id} for m in example.messages],
    }


def show_lineage(workspace: Workspace, reference: str, *, as_json: bool) -> None:
    found = lineage(workspace, reference)
    if as_json:
        print_json(found)
        return
    say(f"{found['voice']}  base {found['base']}  round {found['round'] or '-'}  dataset {found['dataset'][:12]}")
    if found["parents"]:
        say(f"  before it spoke: {', '.join(found['parents'])}")
    for source in found["sources"]:
        say(f"  source {source['name']} ({source['kind']}, basis {source['basis']}, of {source['owner']})")
    if found["erased"]:
        say("  Its examples were erased, because somebody in them asked to be forgotten.")
    for example in found["examples"]:
        say(f"  {example['id']}  {example['place']}  conversation {example['conversation']}  {example['basis']}")
        for message in example["messages"]:
            say(f"      {message['role']}: {' '.join(message['content'].split())[:90]}")
