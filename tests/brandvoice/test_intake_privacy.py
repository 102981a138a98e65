"""What an import does about people: names kept, originals apart, nobody brought back, nothing allowed again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from brandvoice.intake import Intake, import_path
from conversations.errors import NotFound, SettingsError, StoreError
from conversations.importers import BUILTIN_IMPORTERS
from conversations.sealing import Sealing
from conversations.store import ConversationStore, open_store

PEOPLE = [
    {"id": "U1", "name": "alind", "real_name": "Anna Lind"},
    {"id": "U2", "name": "crew", "real_name": "Crew"},
    {"id": "U3", "name": "tberg", "real_name": "Tomas Berglund"},
]
KEY = Fernet.generate_key().decode()


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """A Slack export: Anna asks, Tomas asks and names Anna."""
    folder = tmp_path / "export"
    (folder / "general").mkdir(parents=True)
    (folder / "users.json").write_text(json.dumps(PEOPLE))
    (folder / "channels.json").write_text(json.dumps([{"id": "C1", "name": "general"}]))
    said = [("U1", "Where is my tea? a@shop.test"), ("U2", "On its way!"), ("U3", "Anna Lind sent me"), ("U2", "Hi!")]
    rows = [
        {"type": "message", "user": user, "text": text, "ts": f"17000{n // 2}{n % 2}000.000100"}
        for n, (user, text) in enumerate(said)
    ]
    (folder / "general" / "2023-11-14.json").write_text(json.dumps(rows))
    return folder


@pytest.fixture
def store(tmp_path: Path) -> ConversationStore:
    return open_store(f"sqlite:///{tmp_path}/brandvoice.db")


def take_in(export: Path, store: ConversationStore, *, sealing: Sealing | None = None, licence: str = "") -> Intake:
    return import_path(
        export,
        store=store,
        importers=BUILTIN_IMPORTERS,
        style="tea",
        basis="consent",
        speakers=("crew",),
        owner="Kim",
        licence=licence,
        originals=store.originals(sealing) if sealing else None,
    )


def texts(store: ConversationStore) -> set[str]:
    return {message.content for conversation in store.conversations("tea") for message in conversation.messages}


def test_an_import_keeps_the_names_of_its_people(export: Path, store: ConversationStore) -> None:
    assert take_in(export, store).people == 3
    assert set(store.directory.names("tea")["U1"]) == {"alind", "Anna Lind"}
    assert store.directory.names("harbor") == {}


def test_what_is_redacted_at_import_has_its_original_apart_and_sealed(
    export: Path, store: ConversationStore, tmp_path: Path
) -> None:
    take_in(export, store, sealing=Sealing(KEY))
    assert texts(store) == {"Where is my tea? <EMAIL_1>", "On its way!", "<NAME_1> sent me", "Hi!"}
    kept = store.originals(Sealing(KEY))
    said = [kept.show(c.id)["messages"][0]["content"] for c in store.conversations("tea")]
    assert sorted(said) == ["Anna Lind sent me", "Where is my tea? a@shop.test"]
    store.close()
    files = b"".join(path.read_bytes() for path in tmp_path.glob("brandvoice.db*"))
    assert b"a@shop.test" not in files


def test_originals_cannot_be_read_without_the_key_and_are_gone_once_purged(
    export: Path, store: ConversationStore
) -> None:
    take_in(export, store, sealing=Sealing(KEY))
    (conversation, *_) = store.conversations("tea")
    with pytest.raises(SettingsError, match="Set BRANDVOICE_STORE_KEY to the key of that time"):
        store.originals(Sealing(None)).show(conversation.id)
    with pytest.raises(SettingsError, match="Set the key it was encrypted with"):
        store.originals(Sealing(Fernet.generate_key().decode())).show(conversation.id)
    assert store.originals(Sealing(None)).purge() == 2
    with pytest.raises(NotFound, match="no original"):
        store.originals(Sealing(KEY)).show(conversation.id)


def test_the_same_import_again_changes_nothing(export: Path, store: ConversationStore) -> None:
    take_in(export, store, sealing=Sealing(KEY))
    again = take_in(export, store, sealing=Sealing(KEY))
    assert (again.added, again.updated, again.unchanged) == (0, 0, 2)


def test_who_was_forgotten_does_not_come_back_by_what_others_say(export: Path, store: ConversationStore) -> None:
    take_in(export, store)
    store.forget(store.directory.resolve("anna lind").id)
    again = take_in(export, store)
    assert (again.erased, again.names_hidden) == (1, 1)
    assert "<NAME> sent me" in texts(store)
    assert "Lind" not in repr([*texts(store), store.directory.names()])


def test_a_source_that_was_denied_stays_denied_when_it_is_imported_again(
    export: Path, store: ConversationStore
) -> None:
    take_in(export, store, licence="CC-BY-4.0")
    (source,) = store.sources("tea")
    assert (source.owner, source.licence, source.live, source.missing) == ("Kim", "CC-BY-4.0", False, ())
    store.deny_source(source.id, who="ops", reason="wrong export")
    take_in(export, store)
    (source,) = store.sources("tea")
    assert (source.train_allowed, source.licence) == (False, "CC-BY-4.0")
    allowed = store.allow_source(source.id[:8], who="ops", basis="contract")
    assert (allowed.train_allowed, allowed.basis) == (True, "contract")
    assert [(d.who, d.what) for d in store.audit(source.id)] == [("ops", "source denied"), ("ops", "source allowed")]


def test_what_was_captured_live_is_not_allowed_by_the_way(store: ConversationStore) -> None:
    store.open_conversation("slack", "C1", style="tea")
    (source,) = store.sources("tea")
    assert (source.live, source.train_allowed, source.missing) == (True, False, ("owner", "basis"))
    with pytest.raises(StoreError, match="was captured live"):
        store.allow_source(source.id, who="ops", basis="consent", owner="Kim")
    with pytest.raises(StoreError, match=r"has no basis and no owner. Say it: --basis … --owner …"):
        store.allow_source(source.id, who="ops", captured_live=True)
    assert store.allow_source(source.id, who="ops", basis="consent", owner="Kim", captured_live=True).train_allowed
