"""Keys, files and jobs of the HTTP API, over both databases."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from conversations.api_jobs import ApiJobStore
from conversations.api_keys import ApiKeyStore, digest_of
from conversations.errors import NotFound, SettingsError, StoreError
from conversations.messages import Message
from conversations.store import ConversationStore
from conversations.uploads import FileStore


def test_a_key_is_known_by_its_digest_until_it_is_revoked(store: ConversationStore) -> None:
    keys = ApiKeyStore(store.database)
    key, secret = keys.add("shop", "curator", per_minute=5)
    assert keys.active() == [key]
    assert (key.digest, key.per_minute, key.publishable) == (digest_of(secret), 5, False)
    assert keys.revoke(key.id).id == key.id
    assert keys.active() == []
    assert [k.revoked_at is not None for k in keys.all()] == [True]


def test_a_publishable_key_needs_its_pages(store: ConversationStore) -> None:
    keys = ApiKeyStore(store.database)
    for role, origins in (("member", ()), ("operator", ("https://shop.example",))):
        with pytest.raises(SettingsError, match="publishable"):
            keys.add("page", role, publishable=True, origins=origins)  # type: ignore[arg-type]
    page, _ = keys.add("page", "member", publishable=True, origins=("https://shop.example",))
    assert keys.all() == [page]


def test_a_name_that_several_keys_have_revokes_none(store: ConversationStore) -> None:
    keys = ApiKeyStore(store.database)
    keys.add("shop", "member")
    keys.add("shop", "member")
    with pytest.raises(NotFound, match="More than one key"):
        keys.revoke("shop")


def test_a_file_is_there_with_its_bytes_or_not_at_all(store: ConversationStore, tmp_path: Path) -> None:
    files = FileStore(store.database, tmp_path / "uploads")
    file = files.save(io.BytesIO(b"abc" * 1_000_000), filename="a\0.jsonl", purpose="fine-tune", owner="http/key_1")
    assert (file.bytes, file.filename) == (3_000_000, "a\ufffd.jsonl")
    assert files.get(file.id) == file
    assert files.path(file).read_bytes() == b"abc" * 1_000_000

    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(28, "No space left on device")

    with pytest.raises(StoreError, match="No space left"):
        files.save(Broken(), filename="b", purpose="fine-tune", owner="x")
    assert files.all() == [file]
    assert [path.name for path in (tmp_path / "uploads").iterdir()] == [file.id]
    files.path(file).unlink()
    with pytest.raises(StoreError, match="Upload it again"):
        files.path(file)
    files.delete(file.id)
    with pytest.raises(NotFound):
        files.get(file.id)


def test_the_same_wish_is_the_same_job_for_half_a_minute(store: ConversationStore) -> None:
    now = [datetime(2026, 3, 1, tzinfo=UTC)]
    jobs = ApiJobStore(store.database, now=lambda: now[0])
    asked = {"model": "harbor", "metadata": {"a": "ä"}}
    job = jobs.add("round-1", asked=asked, owner="anna")
    assert jobs.get(job.id) == job
    assert jobs.same_just_now(asked, "anna") == job
    assert jobs.same_just_now(asked, "ben") is None
    assert jobs.same_just_now({**asked, "seed": 1}, "anna") is None
    now[0] += timedelta(seconds=31)
    assert jobs.same_just_now(asked, "anna") is None
    second = jobs.add("round-2", asked=asked, owner="anna")
    assert jobs.all() == [second, job]
    with pytest.raises(NotFound):
        jobs.get("ftjob-nothing")


def test_an_exchange_is_kept_whole(store: ConversationStore) -> None:
    reply = Message("assistant", "Ahoy", id="chatcmpl-1", voice="harbor@3")
    asked = [Message("user", "Hi", author="http/key_1/anna")]
    kept = store.keep_exchange("http", "key_1/chat", style="harbor", asked=asked, reply=reply)
    assert (kept.id, kept.voice) == ("chatcmpl-1", "harbor@3")
    (conversation,) = store.conversations("harbor")
    assert [m.content for m in conversation.messages] == ["Hi", "Ahoy"]
    assert list(store.conversations("harbor", trainable_only=True)) == []
