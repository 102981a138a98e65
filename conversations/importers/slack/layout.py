"""Where in a Slack export which file lies.

Format: https://slack.com/help/articles/220556107-How-to-read-Slack-data-exports
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath

from conversations.importers.archive import READ_FAULTS, Files
from conversations.importers.cutting import first_byte, utf8
from conversations.importers.importer import Limits, Refused
from conversations.importers.records import HEAD, Record, printable, read_list

CHANNEL_LISTS = ("channels.json", "groups.json", "dms.json", "mpims.json")
PEOPLE_LISTS = ("users.json", "org_users.json")

# Lists of things that are no messages: of integrations, canvases, flags, files.
_OTHER = ("integration_logs.json", "canvases.json", "content_flags.json", "lists.json", "file_conversations.json")
_DAY = re.compile(r"(?P<folder>[^/]+)/\d{4}-\d{2}-\d{2}\.json")
_TEXT_EXPORT = re.compile(r"(channels|dms)/.+\.txt", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Layout:
    """The names of an export's files: `days` by the folder of their channel, in order of date."""

    people: tuple[str, ...]
    channels: tuple[str, ...]
    days: Mapping[str, tuple[str, ...]]
    strangers: tuple[str, ...]
    text_export: bool


def find_layout(names: Sequence[str]) -> Layout:
    """What lies where; the export may lie in a folder of its own, as it does when somebody packed it again."""
    root = _root(names)
    inside = {name[len(root) :]: name for name in names if name.startswith(root)}
    days: dict[str, list[str]] = {}
    for short in sorted(inside):
        if match := _DAY.fullmatch(short):
            days.setdefault(match["folder"], []).append(inside[short])
    known = {*CHANNEL_LISTS, *PEOPLE_LISTS, *_OTHER}
    return Layout(
        people=tuple(inside[name] for name in PEOPLE_LISTS if name in inside),
        channels=tuple(inside[name] for name in CHANNEL_LISTS if name in inside),
        days={folder: tuple(files) for folder, files in days.items()},
        strangers=tuple(
            name
            for short, name in inside.items()
            if short not in known and not _DAY.fullmatch(short) and _visible(short)
        ),
        text_export=any(_TEXT_EXPORT.fullmatch(short) for short in inside),
    )


def is_export(files: Files) -> bool:
    """Whether these files are an export, by its lists or, where they are missing, by what its first day holds."""
    layout = find_layout(files.names)
    if layout.text_export or (layout.people and layout.channels) or not layout.days:
        return layout.text_export or bool(layout.people and layout.channels)
    first = next(iter(layout.days.values()))[0]
    head = islice(read_entries(files, first, shown="", cap=Limits().record_bytes), HEAD)
    return any(isinstance(record, Record) and "ts" in record.value for record in head)


def read_entries(files: Files, name: str, *, shown: str, cap: int) -> Iterator[Record | Refused]:
    """The objects of one file of the export, which holds one JSON list."""
    place = f"{shown}/{printable(name)}"
    try:
        with files.open(name) as stream:
            first = first_byte(utf8(stream))
        if first != b"[":
            yield Refused(place, "holds no list of messages" if first else "is empty")
            return
        with files.open(name) as stream:
            yield from read_list(utf8(stream), shown=place, cap=cap)
    except READ_FAULTS as fault:
        yield Refused(place, f"is broken, and only what stands before the break was read ({fault})")


def _root(names: Sequence[str]) -> str:
    """The folder of the export inside the archive: where the lists lie, else above the folders of the days."""
    lists = [name for name in names if PurePosixPath(name).name in (*CHANNEL_LISTS, *PEOPLE_LISTS) and _visible(name)]
    days = [str(PurePosixPath(name).parent) for name in names if _DAY.fullmatch("/".join(name.split("/")[-2:]))]
    folders = [name.rpartition("/")[0] for name in (*lists, *days)]
    root = min(folders, key=lambda folder: (folder.count("/") + bool(folder), folder), default="")
    return f"{root}/" if root else ""


def _visible(name: str) -> bool:
    return not any(part.startswith((".", "__MACOSX")) for part in name.split("/"))
