"""One record of a Slack export: something said, a change of it, or a reason to leave it out.

Format: https://docs.slack.dev/reference/events/message and real exports, which hold more than is documented.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime

from conversations.importers.drafts import UnfitError, words
from conversations.importers.importer import Refused, Skipped
from conversations.importers.records import JsonObject, Record, kind, short
from conversations.importers.said import Said
from conversations.importers.slack.people import Directory, names_of
from conversations.importers.slack.text import attachment_text, block_text, comment_of_upload, plain, spoken_to
from conversations.person import Person

_TALK = (None, "me_message", "thread_broadcast", "file_share", "bot_message")
_PLACES = ("channel", "group")
_EVENTS = ("join", "leave", "name", "topic", "purpose", "archive", "unarchive", "posting_permissions")
_NOTICES = {
    *(f"{place}_{event}" for place in _PLACES for event in _EVENTS),
    *("channel_convert_to_private", "channel_convert_to_public", "channel_canvas_updated"),
    *("pinned_item", "unpinned_item", "reminder_add", "reminder_delete", "tombstone"),
    *("bot_add", "bot_remove", "bot_enable", "bot_disable", "app_conversation_join"),
    *("huddle_thread", "sh_room_created", "sh_room_shared", "file_comment", "file_mention"),
    *("joiner_notification", "joiner_notification_for_inviter", "ekm_access_denied", "message_replied"),
}
_GONE = ("tombstone", "message_deleted")
_TIMESTAMP = re.compile(r"(\d{1,11})(?:\.(\d{1,6}))?")
_NOBODY = "U00"  # a fault of Slack's export: such messages have no author


@dataclass(frozen=True, slots=True)
class Edited:
    """The last wording of a message; exports that keep all versions hold one record per edit."""

    said: Said
    place: str


@dataclass(frozen=True, slots=True)
class Deleted:
    """A message that was deleted, by its `ts`: its author took it back."""

    ts: str
    place: str


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a record. A bot is known by its user, else by its bot id, else by the name it posts under."""

    id: str
    bot: bool
    names: tuple[str, ...] = ()

    def person(self) -> Person:
        return Person(self.id, self.names, bot=self.bot)


def read_said(
    record: Record, directory: Directory, *, brand: AbstractSet[str]
) -> Said | Edited | Deleted | Skipped | Refused:
    """What one record holds. A bot is skipped unless `brand` names it."""
    try:
        return _read(record, directory, brand=brand)
    except UnfitError as fault:
        return Refused(record.place, str(fault))


def is_talk(entry: JsonObject) -> bool:
    """Whether a record is of a kind that holds what people say."""
    return entry.get("type") in (None, "message") and entry.get("subtype") in _TALK


def sent_at(entry: JsonObject) -> datetime | None:
    """The time of a record, where it says one."""
    try:
        return _timestamp(entry.get("ts"), what="`ts`")[1]
    except UnfitError:
        return None


def stands_for(entry: JsonObject) -> tuple[str, datetime] | None:
    """Id and time of the message of which a record shows that it is there; none where it tells of a deletion.

    Raises `UnfitError` where the record does not say which message it is.
    """
    subtype = entry.get("subtype")
    if subtype in _GONE:
        return None
    inner = entry.get("message") if subtype == "message_changed" else entry
    return _timestamp(inner.get("ts") if isinstance(inner, dict) else None, what="`ts`")


def author_of(entry: JsonObject, directory: Directory) -> Author | None:
    """Who wrote a record, or None where it does not say."""
    user, bot_id, username = (_text(entry, key) for key in ("user", "bot_id", "username"))
    names = names_of(*(value for key in ("user_profile", "bot_profile") if isinstance(value := entry.get(key), dict)))
    if bot_id or entry.get("subtype") == "bot_message" or directory.is_bot(user):
        author = (user if directory.is_bot(user) else "") or bot_id or username
        return Author(author, bot=True, names=tuple(filter(None, (username, *names)))) if author else None
    return Author(user, bot=False, names=names) if user else None


def _read(
    record: Record, directory: Directory, *, brand: AbstractSet[str]
) -> Said | Edited | Deleted | Skipped | Refused:
    entry, place = record.value, record.place
    subtype = entry.get("subtype")
    if subtype == "message_deleted":
        return Deleted(_deleted_ts(entry), place)
    if subtype == "message_changed" and isinstance(inner := entry.get("message"), dict) and is_talk(inner):
        said = _read(Record(place, inner), directory, brand=brand)
        return Edited(said, place) if isinstance(said, Said) else said
    if isinstance(subtype, str) and subtype in _NOTICES:
        return Skipped(place, f"a notice of Slack ({subtype})")
    if not is_talk(entry):
        raise UnfitError(f"is of an unknown kind (type {short(entry.get('type'))}, subtype {short(subtype)})")
    author = author_of(entry, directory)
    if author is None or author.id == _NOBODY:
        raise UnfitError(
            "names no author" if author is None else f"was written by {_NOBODY}, which is a fault of the export"
        )
    if author.bot and author.id not in brand:
        return Skipped(place, "written by a bot")
    return _said(record, author, directory, brand=author.id in brand)


def _said(record: Record, author: Author, directory: Directory, *, brand: bool) -> Said | Skipped:
    entry = record.value
    raw = entry.get("text")
    if raw is not None and not isinstance(raw, str):
        raise UnfitError(f"its text is {kind(raw)}, not text")
    raw = raw or ""
    if entry.get("subtype") == "file_share":
        raw = comment_of_upload(raw)
    shown = plain(raw, directory) or block_text(entry.get("blocks"), directory)
    text = words(shown or attachment_text(entry.get("attachments"), directory), what="its text")
    ts, sent_at = _timestamp(entry.get("ts"), what="`ts`")
    if not text:
        return Skipped(record.place, "a file without words" if _has_file(entry) else "no words")
    return Said(
        id=ts,
        sent_at=sent_at,
        author=author.id,
        text=text,
        place=record.place,
        brand=brand,
        thread=None if entry.get("thread_ts") is None else _timestamp(entry["thread_ts"], what="`thread_ts`")[0],
        to=spoken_to(raw),
    )


def _has_file(entry: JsonObject) -> bool:
    return entry.get("subtype") == "file_share" or bool(entry.get("files") or entry.get("file"))


def _deleted_ts(entry: JsonObject) -> str:
    previous = entry.get("previous_message")
    fallback = previous.get("ts") if isinstance(previous, dict) else None
    return _timestamp(entry.get("deleted_ts", fallback), what="`deleted_ts`")[0]


def _timestamp(value: object, *, what: str) -> tuple[str, datetime]:
    """A time of Slack in its one spelling, which is also the id of the message in its channel."""
    if isinstance(value, float):
        value = f"{value:.6f}"
    match = _TIMESTAMP.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise UnfitError(f"{what} is {short(value)}, not a time")
    seconds, fraction = match[1], (match[2] or "").ljust(6, "0")
    return f"{seconds}.{fraction}", datetime.fromtimestamp(int(seconds), UTC).replace(microsecond=int(fraction))


def _text(entry: JsonObject, key: str) -> str:
    value = entry.get(key)
    return value.strip() if isinstance(value, str) else ""
