from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from brandvoice.erasure import erase_person
from brandvoice.initial import create_workspace
from brandvoice.plugins import load_plugins
from brandvoice.steps import curate_style
from brandvoice.workspace import Workspace
from conversations.errors import CurationRefused
from conversations.messages import Conversation, Message
from conversations.sources import Source
from styles.dataset import load_dataset

SOURCE = Source("s", "tea", "openai", "chats", "consent", True, datetime(2026, 1, 1, tzinfo=UTC), owner="Kim")


def talk(number: int, author: str) -> Conversation:
    asked = Message("user", f"Where is parcel {number}?", author=author)
    return Conversation(f"c{number}", (asked, Message("assistant", f"Parcel {number} is on its way to you.")))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    create_workspace(tmp_path)
    (tmp_path / "styles" / "tea.toml").write_text('name = "tea"\nabout = "A shop that sells tea."\n')
    made = Workspace(tmp_path)
    with made.open_store() as store:
        store.add_conversations([talk(n, "mara" if n % 10 == 0 else "tom") for n in range(40)], source=SOURCE)
    return made


def test_a_forgotten_person_is_in_no_dataset_and_does_not_come_back(workspace: Workspace) -> None:
    version, _ = curate_style(workspace, "tea", offers=load_plugins())
    with workspace.open_store() as store:
        survey = erase_person(workspace, store, "mara", dry_run=True)
        assert (survey.conversations, survey.datasets) == (4, (version.reference,))
        assert version.examples("train")  # a dry run erases nothing
        proof = erase_person(workspace, store, "mara", dry_run=False)
        assert proof == replace(survey, dry_run=False)
        with pytest.raises(CurationRefused, match="were erased on somebody's request"):
            load_dataset(workspace.data, "tea", version.hash).examples("train")
        added = store.add_conversations([talk(0, "mara"), talk(1, "tom")], source=SOURCE)
        assert (added.erased, added.added) == (1, 0)
    fresh, _ = curate_style(workspace, "tea", offers=load_plugins())
    kept = {e.conversation_id for part in ("train", "holdout") for e in fresh.examples(part)}  # type: ignore[arg-type]
    assert kept == {f"c{n}" for n in range(40) if n % 10}


def test_the_proof_names_nobody(workspace: Workspace) -> None:
    curate_style(workspace, "tea", offers=load_plugins())
    with workspace.open_store() as store:
        assert "mara" not in "\n".join(erase_person(workspace, store, "mara", dry_run=False).lines())
