"""Slack exports that the tests make up."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

ANNA, BEN, MIA, DESK, BOT = "U0ANNA", "U0BEN", "U0MIA", "U0DESK", "U0BOT"
NOON = 1_600_000_000

Entry = dict[str, object]


def user(id: str, name: str, **more: object) -> Entry:  # noqa: A002
    profile = {"real_name": more.pop("real_name", ""), "display_name": more.pop("display_name", "")}
    return {"id": id, "name": name, "team_id": "T1", "profile": profile, "is_bot": False, **more}


USERS = [
    user(ANNA, "anna", real_name="Anna Abel"),
    user(BEN, "ben", display_name="Benno"),
    user(MIA, "mia", deleted=True),
    user(DESK, "desk", real_name="Harbor Desk"),
    user(BOT, "harborbot", is_bot=True),
]
CHANNELS = [{"id": "C0GEN", "name": "general"}, {"id": "C0SHOP", "name": "shop"}]


def ts(seconds: float) -> str:
    return f"{NOON + seconds:.6f}"


def said(seconds: float, author: str | None, text: str | None, **more: object) -> Entry:
    """What somebody says, so many seconds after noon."""
    return {"type": "message", "user": author, "text": text, "ts": ts(seconds), **more}


def reply(seconds: float, author: str, text: str, *, to: float, **more: object) -> Entry:
    """What somebody says in the thread of the message that was sent at `to`."""
    return said(seconds, author, text, thread_ts=ts(to), **more)


def export_files(*messages: object, users: object = USERS, **files: object) -> dict[str, object]:
    """The files of an export with these messages in #general on one day; `files` are further ones by name."""
    found: dict[str, object] = {"channels.json": CHANNELS, "general/2020-09-13.json": list(messages)}
    return found | ({"users.json": users} if users is not None else {}) | files


def pack(path: Path, files: Mapping[str, object]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, as_bytes(content))
    return path


def unpack(folder: Path, files: Mapping[str, object]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(as_bytes(content))
    return folder


def export(path: Path, *messages: object, **more: object) -> Path:
    return pack(path / "export.zip", export_files(*messages, **more))


def as_bytes(content: object) -> bytes:
    return content if isinstance(content, bytes) else json.dumps(content).encode()
