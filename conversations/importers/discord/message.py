"""One message of a file of DiscordChatExporter: something said, with who is named in it, or why it is left out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from datetime import datetime

from conversations.importers.discord.export import Channel, moment_of
from conversations.importers.drafts import UnfitError, words
from conversations.importers.extent import Extent, Seen
from conversations.importers.importer import Refused, Skipped
from conversations.importers.records import JsonObject, Record, short
from conversations.importers.said import Said
from conversations.importers.spool import Entry
from conversations.person import Person

_TALK = ("Default", "Reply")
_MARKUP = re.compile(r"<(?:@[!&]?(?P<person>\d+)|a?(?P<emoji>:\w+:)\d+)>")
_WEBHOOK = "0000"  # what stands for the discriminator of bots that have no account


def read_message(channel: Channel, record: Record, *, speakers: AbstractSet[str]) -> Entry | Skipped | Refused:
    """What a message holds. A bot is skipped unless `speakers`, in small letters, name it."""
    try:
        return _read(channel, record, speakers=speakers)
    except UnfitError as fault:
        return Refused(record.place, str(fault))


def people_of(entry: JsonObject) -> Iterator[Person]:
    """Everybody whom a message names: who wrote it, and who is mentioned."""
    mentioned = entry.get("mentions")
    for account in (entry.get("author"), *(mentioned if isinstance(mentioned, list) else ())):
        if isinstance(account, dict) and (person := _person(account)):
            yield person


def _read(channel: Channel, record: Record, *, speakers: AbstractSet[str]) -> Entry | Skipped:
    entry, place = record.value, record.place
    if entry.get("type") not in _TALK:
        return Skipped(place, f"a notice of Discord ({_kind(entry.get('type'))})")
    account = entry.get("author")
    author = _person(account) if isinstance(account, dict) else None
    if author is None:
        raise UnfitError("names no author")
    if author.bot and speakers.isdisjoint({author.id, author.id.removeprefix("discord/"), *_small(author.names)}):
        return Skipped(place, "written by a bot")
    if _is_forwarded(entry):
        return Skipped(place, "forwarded from elsewhere")
    text = _text(entry, bot=author.bot)
    if not text:
        has_file = any(entry.get(key) for key in ("attachments", "embeds", "stickers"))
        return Skipped(place, "a file without words" if has_file else "no words")
    edited = entry.get("timestampEdited")
    return Entry(
        channel=channel.room,
        said=Said(
            id=f"{channel.inside}{_id(entry)}",
            sent_at=moment_of(entry.get("timestamp"), what="`timestamp`"),
            author=author.id,
            text=text,
            place=place,
            thread=channel.id if channel.is_thread else None,
            to=_spoken_to(entry, text),
        ),
        link=_link(entry, channel),
        edited_at=None if edited is None else moment_of(edited, what="`timestampEdited`"),
    )


def _person(account: JsonObject) -> Person | None:
    identity, name = account.get("id"), account.get("name")
    if not isinstance(identity, str) or not identity:
        return None
    bot = account.get("isBot") is True
    if bot and account.get("discriminator") == _WEBHOOK and isinstance(name, str):
        identity = f"{identity}/{name}"  # one webhook may speak under many names
    names = (account.get("nickname"), name)
    said = (name.strip() for name in names if isinstance(name, str) and name.strip())
    return Person(f"discord/{identity}", tuple(dict.fromkeys(said)), bot=bot)


def _small(names: Iterable[str]) -> Iterator[str]:
    return (name.casefold() for name in names)


def _kind(value: object) -> str:
    return value if isinstance(value, str) and re.fullmatch(r"\w{1,40}", value) else short(value)


def _is_forwarded(entry: JsonObject) -> bool:
    reference = entry.get("reference")
    return bool(entry.get("forwardedMessage")) or (isinstance(reference, dict) and reference.get("type") == "Forward")


def _text(entry: JsonObject, *, bot: bool) -> str:
    content = entry.get("content")
    text = words("" if content is None else content, what="its content")
    if not text and bot:  # what bots say in a frame; under the words of people it is only the preview of a link
        text = "\n".join(_framed(entry.get("embeds")))
    if "<" not in text:
        return text
    return unmarked(text, {person.id.removeprefix("discord/"): person.mention for person in people_of(entry)})


def unmarked(text: str, names: Mapping[str, str]) -> str:
    """The text with people by the names of their ids, and emoji by theirs."""
    return _MARKUP.sub(lambda found: found["emoji"] or f"@{names.get(found['person']) or 'somebody'}", text).strip()


def _spoken_to(entry: JsonObject, text: str) -> str | None:
    """Whom a message begins by naming."""
    if not text.startswith("@"):
        return None
    named = (person for person in people_of(entry) if any(text.startswith(f"@{name}") for name in person.names))
    return next((person.id for person in named), None)


def _framed(embeds: object) -> Iterator[str]:
    for embed in embeds if isinstance(embeds, list) else ():
        if isinstance(embed, dict):
            lines = (embed.get(key) for key in ("title", "description"))
            yield from (words(line, what="an embed") for line in lines if isinstance(line, str) and line.strip())


def extend(extent: Extent, channel: Channel, record: Record, *, latest: datetime | None) -> Iterator[Seen]:
    """Take in one record; one that is no entry is noted by its id, and one without makes the extent unknown."""
    extent.channel, extent.inside, extent.taken = channel.room, channel.inside, channel.taken
    try:
        identity = _id(record.value)
    except UnfitError:
        extent.whole = False
        return
    with suppress(UnfitError):
        extent.reach(moment_of(record.value.get("timestamp"), what="`timestamp`"), latest=latest)
    yield Seen(channel.room, f"{channel.inside}{identity}")


def _id(entry: JsonObject) -> str:
    identity = entry.get("id")
    if not isinstance(identity, str) or not identity or "/" in identity:
        raise UnfitError(f"its `id` is {short(identity)}, not the id of a message")
    return identity


def _link(entry: JsonObject, channel: Channel) -> str | None:
    reference = entry.get("reference")
    if entry.get("type") != "Reply" or not isinstance(reference, dict):
        return None
    answered, where = reference.get("messageId"), reference.get("channelId")
    if not isinstance(answered, str) or where not in (None, channel.id, channel.room):
        return None
    return answered if where == channel.room else f"{channel.inside}{answered}"
