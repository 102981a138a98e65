"""Reads what comes out of Discord, a file, a folder or a zip, as one import, so that replies are found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from conversations.errors import ImportRefused
from conversations.importers.archive import Files, may_be_log, open_files, place_of
from conversations.importers.chatlog import ChatLog
from conversations.importers.discord.export import Channel, is_export, read_export
from conversations.importers.discord.message import extend, people_of, read_message
from conversations.importers.discord.package import channels_of, read_package
from conversations.importers.extent import Extent, Seen
from conversations.importers.importer import Limits, Outcome, Refused, Request, Skipped
from conversations.importers.records import Record
from conversations.importers.spool import Entry
from conversations.person import Person


@dataclass(frozen=True, slots=True)
class DiscordImporter:
    """The importer of what DiscordChatExporter writes as JSON, parts and threads beside each other, and of packages."""

    name: str = "discord"
    shape: str = (
        "channels of Discord as DiscordChatExporter writes them (JSON), one file, a folder or a zip; "
        "or the data package that Discord sends to a person"
    )
    needs_speakers: bool = True

    def recognises(self, path: Path) -> bool:
        try:
            with open_files(path, shown=path.name, limits=Limits()) as files:
                names = _candidates(files)
                mixed = any(may_be_log(name) and _is_beside(name) and name not in names for name in files.names)
                whole = bool(names) and not mixed and all(is_export(files, name) for name in names)
                return whole or bool(channels_of(files.names))
        except (ImportRefused, OSError):
            return False

    def read(self, request: Request) -> Iterator[Outcome]:
        with open_files(request.path, shown=request.shown, limits=request.limits) as files:
            yield from files.faults
            if channels_of(files.names):
                yield from ChatLog(request, "discord", one_sided=True).read(read_package(files, request))
            else:
                yield from ChatLog(request, "discord").read(_entries(files, request))


def _candidates(files: Files) -> list[str]:
    """The files that may hold messages."""
    return [name for name in files.names if not name or (_is_json(name) and _is_beside(name))]


def _is_json(name: str) -> bool:
    return may_be_log(name) and name.casefold().endswith(".json")


def _is_beside(name: str) -> bool:
    """Not in one of the folders `…_Files`, in which the exporter keeps what was sent."""
    return not any(folder.endswith("_Files") for folder in PurePosixPath(name).parts)


def _entries(files: Files, request: Request) -> Iterator[Entry | Refused | Skipped | Person | Seen | Extent]:
    for name in _candidates(files):
        yield from _File(request, intact=not files.faults).entries(files, name)


class _File:
    """One file of one channel, with what it covers."""

    def __init__(self, request: Request, *, intact: bool) -> None:
        self._request = request
        self._speakers = {name.strip().removeprefix("@").casefold() for name in request.speakers}
        self._extent = Extent(whole=intact)

    def entries(self, files: Files, name: str) -> Iterator[Entry | Refused | Skipped | Person | Seen | Extent]:
        ended = False
        place, cap = place_of(name, shown=self._request.shown), self._request.limits.record_bytes
        for found in read_export(files, name, place=place, cap=cap):
            if isinstance(found, Refused):
                self._extent.whole = False
                yield found
            elif isinstance(found, Channel):
                ended = True
            else:
                yield from self._message(*found)
        self._extent.whole &= ended
        yield self._extent

    def _message(self, channel: Channel, record: Record) -> Iterator[Entry | Refused | Skipped | Person | Seen]:
        yield from people_of(record.value)
        message = read_message(channel, record, speakers=self._speakers)
        seen = list(extend(self._extent, channel, record, latest=self._request.latest))
        yield from [] if isinstance(message, Entry) else seen
        yield message
